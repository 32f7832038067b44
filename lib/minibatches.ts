/**
 * The minibatches of a training set, in the kernels' memory.
 *
 * They are read once where that fits into memory, and anew for each epoch where not. The bits are the same.
 *
 * @module
 */

import { bytesOf, InputReader, type Inputs } from "./inputs.ts";
import { Room } from "./kernels/memory.ts";
import type { Matrix } from "./matrix.ts";
import { splitBounds } from "./preprocessing.ts";

/** One minibatch. */
export interface Minibatch {
  /** The position of its first row in the training set. */
  readonly from: number;
  /** Its rows. */
  readonly x: Inputs;
}

/** How many bytes of minibatches are kept: MNIST's 60,000 training pictures take 230 MB. */
const MAX_KEPT = 1e9;

/** The minibatches of X, cut as NumPy's `array_split` cuts. */
export class Minibatches {
  readonly #bounds: number[];
  readonly #reader: InputReader;
  readonly #room = new Room();
  readonly #kept: Minibatch[] = [];
  readonly #maxKept: number;
  #bytesKept = 0;

  /** Reads nothing yet. */
  constructor(X: Matrix, nBatches: number, maxKept: number = MAX_KEPT) {
    this.#bounds = splitBounds(X.rows, nBatches);
    this.#reader = new InputReader(X, this.maxRows);
    this.#maxKept = maxKept;
  }

  /** The rows of the largest minibatch: the first. */
  get maxRows(): number {
    return this.#bounds[1];
  }

  /** The minibatches in their order. Each is to be used before the next is asked for. */
  *[Symbol.iterator](): Generator<Minibatch> {
    for (let b = 0; b < this.#bounds.length - 1; b++) {
      if (b < this.#kept.length) {
        yield this.#kept[b];
      } else if (b === this.#kept.length && this.#bytesKept < this.#maxKept) {
        const minibatch = this.#read(b, this.#room, true);
        this.#bytesKept += bytesOf(minibatch.x);
        this.#kept.push(minibatch);
        yield minibatch;
      } else {
        const room = new Room();
        yield this.#read(b, room, false);
        room.release();
      }
    }
  }

  /** Gives their memory back. */
  release(): void {
    this.#reader.release();
    this.#room.release();
    this.#kept.length = 0;
  }

  #read(b: number, room: Room, isKept: boolean): Minibatch {
    const from = this.#bounds[b], to = this.#bounds[b + 1];
    return { from, x: this.#reader.read(from, to, room, { isKept }) };
  }
}
