/**
 * The minibatches of a training set, in the kernels' memory: read once where they stay the same and fit into memory, and
 * anew for each epoch where not. The bits are the same.
 *
 * @module
 */

import { Arena, wasm } from "../kernels/memory.ts";
import { splitBounds } from "../preprocessing.ts";
import { bytesOf, InputReader, type Inputs, matrixOf, type Rows } from "./inputs.ts";

/** One minibatch. */
export interface Minibatch {
  /** The position of its first row in the epoch. */
  readonly first: number;
  /** Its rows. */
  readonly x: Inputs;
}

/**
 * How many bytes of minibatches are kept: MNIST's 60,000 training pictures take 230 MB. With less memory than usual, a
 * quarter of it.
 */
const MAX_KEPT = Math.min(1e9, (wasm?.maxBytes ?? Infinity) / 4);

/** Into what an epoch is cut. */
export interface Cut {
  /** So many minibatches, as equal as can be. */
  readonly nBatches: number;
  /** Or minibatches of so many rows, of which the last has what is left. */
  readonly batchSize: number | null;
}

/** Where the minibatches begin and end: rising positions from 0 to `rows`. */
export function batchBounds(rows: number, { nBatches, batchSize }: Cut): number[] {
  if (batchSize === null) return splitBounds(rows, nBatches);
  const count = Math.ceil(rows / batchSize);
  return Array.from({ length: count + 1 }, (_, b) => Math.min(b * batchSize, rows));
}

/** The minibatches of X. */
export class Minibatches {
  /** How many there are. */
  readonly count: number;
  /** The rows of the largest minibatch, the first. */
  readonly maxRows: number;
  /** The rows of a minibatch on the mean. */
  readonly meanRows: number;
  readonly #bounds: number[];
  readonly #reader: InputReader;
  readonly #arena = new Arena();
  readonly #kept: Minibatch[] = [];
  readonly #maxKept: number;
  #bytesKept = 0;

  /** Reads nothing yet. */
  constructor(X: Rows, cut: Cut, maxKept: number = MAX_KEPT) {
    this.#bounds = batchBounds(matrixOf(X).rows, cut);
    this.count = this.#bounds.length - 1;
    this.maxRows = this.#bounds[1];
    this.meanRows = this.#bounds[this.count] / this.count;
    this.#reader = new InputReader(X, this.maxRows);
    this.#maxKept = maxKept;
  }

  /**
   * The minibatches of an epoch: the rows as they come, or in the order of their numbers. Each is to be used before the
   * next is asked for.
   */
  *epoch(order?: Int32Array): Generator<Minibatch> {
    for (let b = 0; b < this.count; b++) {
      if (!order && b < this.#kept.length) {
        yield this.#kept[b];
        continue;
      }
      const isKept = !order && b === this.#kept.length && this.#bytesKept < this.#maxKept;
      const arena = isKept ? this.#arena : new Arena();
      try {
        const first = this.#bounds[b];
        const minibatch = {
          first,
          x: this.#reader.read(first, this.#bounds[b + 1], arena, { order }),
        };
        if (isKept) {
          this.#bytesKept += bytesOf(minibatch.x);
          this.#kept.push(minibatch);
        }
        yield minibatch;
      } finally {
        if (!isKept) arena.release();
      }
    }
  }

  /** Frees their memory. */
  release(): void {
    this.#reader.release();
    this.#arena.release();
    this.#kept.length = 0;
  }
}
