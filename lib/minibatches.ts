/**
 * The minibatches of a training set, as the lists of non-zeros that the network's kernels take: by row for the way
 * forward, by column for the update.
 *
 * They are listed once where that fits into memory, and anew for each epoch where not. The bits are the same.
 *
 * @module
 */

import {
  countNonZeros,
  emptyNonZeros,
  listNonZeros,
  type NonZeros,
  transposeNonZeros,
} from "./kernels/sparse.ts";
import type { Matrix } from "./matrix.ts";
import { splitBounds } from "./preprocessing.ts";

/** One minibatch. */
export interface Minibatch {
  /** The position of its first row in the training set. */
  readonly from: number;
  /** Its non-zeros by row: rows x features. */
  readonly x: NonZeros;
  /** Its non-zeros by column: features x rows. */
  readonly xT: NonZeros;
}

/** How many bytes of lists are kept. */
const MAX_KEPT = 200e6;
/** A value and an index, by row and by column; and where a row or a column begins. */
const BYTES_PER_NON_ZERO = 24, BYTES_PER_START = 4;

/** The minibatches of X, cut as NumPy's `array_split` cuts. */
export class Minibatches {
  readonly #X: Matrix;
  readonly #bounds: number[];
  readonly #kept: Minibatch[] | undefined;
  /** Where a minibatch is listed that is not kept. */
  readonly #room: { x: NonZeros; xT: NonZeros } | undefined;

  /** Counts the non-zeros of X, and lists them where they are few enough. */
  constructor(X: Matrix, nBatches: number, maxKept: number = MAX_KEPT) {
    this.#X = X;
    this.#bounds = splitBounds(X.rows, nBatches);
    const counts = Array.from(
      { length: nBatches },
      (_, b) => countNonZeros(X.data, this.#bounds[b] * X.cols, this.#bounds[b + 1] * X.cols),
    );
    const total = counts.reduce((sum, count) => sum + count, 0);
    const bytes = BYTES_PER_NON_ZERO * total + BYTES_PER_START * (X.rows + nBatches * X.cols);
    if (bytes <= maxKept) {
      this.#kept = counts.map((count, b) => this.#list(b, this.#roomFor(count)));
    } else {
      this.#room = this.#roomFor(counts.reduce((a, b) => Math.max(a, b)));
    }
  }

  /** The rows of the largest minibatch: the first. */
  get maxRows(): number {
    return this.#bounds[1];
  }

  /** The minibatches in their order. Each is to be used before the next is asked for. */
  *[Symbol.iterator](): Generator<Minibatch> {
    for (let b = 0; b < this.#bounds.length - 1; b++) {
      yield this.#kept ? this.#kept[b] : this.#list(b, this.#room!);
    }
  }

  #roomFor(count: number): { x: NonZeros; xT: NonZeros } {
    const rows = this.maxRows, { cols } = this.#X;
    return { x: emptyNonZeros(rows, cols, count), xT: emptyNonZeros(cols, rows, count) };
  }

  #list(b: number, { x, xT }: { x: NonZeros; xT: NonZeros }): Minibatch {
    const from = this.#bounds[b], rows = this.#bounds[b + 1] - from, { cols, data } = this.#X;
    listNonZeros(rows, cols, data, from * cols, x);
    transposeNonZeros(x, xT);
    return { from, x, xT };
  }
}
