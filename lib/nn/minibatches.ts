/**
 * The minibatches of a training set, in the kernels' memory: read once where that fits into memory, and anew for each
 * epoch where not. The bits are the same.
 *
 * @module
 */

import { Arena, wasm } from "../kernels/memory.ts";
import type { Matrix } from "../matrix.ts";
import { splitBounds } from "../preprocessing.ts";
import { bytesOf, InputReader, type Inputs } from "./inputs.ts";

/** One minibatch. */
export interface Minibatch {
  /** The position of its first row in the training set. */
  readonly first: number;
  /** Its rows. */
  readonly x: Inputs;
}

/**
 * How many bytes of minibatches are kept: MNIST's 60,000 training pictures take 230 MB. With less memory than usual, a
 * quarter of it.
 */
const MAX_KEPT = Math.min(1e9, (wasm?.maxBytes ?? Infinity) / 4);

/** The minibatches of X, cut as NumPy's `array_split` cuts. */
export class Minibatches {
  /** The rows of the largest minibatch, the first. */
  readonly maxRows: number;
  readonly #bounds: number[];
  readonly #reader: InputReader;
  readonly #arena = new Arena();
  readonly #kept: Minibatch[] = [];
  readonly #maxKept: number;
  #bytesKept = 0;

  /** Reads nothing yet. */
  constructor(X: Matrix, nBatches: number, maxKept: number = MAX_KEPT) {
    this.#bounds = splitBounds(X.rows, nBatches);
    this.maxRows = this.#bounds[1];
    this.#reader = new InputReader(X, this.maxRows);
    this.#maxKept = maxKept;
  }

  /** The minibatches in their order. Each is to be used before the next is asked for. */
  *[Symbol.iterator](): Generator<Minibatch> {
    for (let b = 0; b < this.#bounds.length - 1; b++) {
      if (b < this.#kept.length) {
        yield this.#kept[b];
        continue;
      }
      const isKept = b === this.#kept.length && this.#bytesKept < this.#maxKept;
      const arena = isKept ? this.#arena : new Arena();
      const first = this.#bounds[b];
      const minibatch = { first, x: this.#reader.read(first, this.#bounds[b + 1], arena) };
      if (isKept) {
        this.#bytesKept += bytesOf(minibatch.x);
        this.#kept.push(minibatch);
      }
      yield minibatch;
      if (!isKept) arena.release();
    }
  }

  /** Frees their memory. */
  release(): void {
    this.#reader.release();
    this.#arena.release();
    this.#kept.length = 0;
  }
}
