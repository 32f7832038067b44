/**
 * The input of a layer in the form that is faster: sparse or dense. Both give the same bits.
 *
 * A zero adds nothing to a sum, so leaving it out keeps every bit, and of MNIST's raw pixels 81 % are zero. Sparse rows
 * need an index with each number, though, and dense ones are computed two at a time: so the sparse form wins where less
 * than {@linkcode DENSE_FROM} of the numbers are not zero. Columns that are all zero count for neither form:
 * standardised pixels are full but for the frame around the digits, which stays empty.
 *
 * @module
 */

import type { Csr, Kernels } from "../kernels/contract.ts";
import { kernels } from "../kernels/kernels.ts";
import { Arena } from "../kernels/memory.ts";
import type { Matrix } from "../matrix.ts";

/** From which share of numbers other than zero on the dense form is faster (bench/README.md has the measurement). */
const DENSE_FROM = 0.6;

/** R rows of inputs without their zeros. */
export interface SparseInputs {
  rows: number;
  /** How many numbers are not zero. */
  readonly nonzeros: number;
  /** R x inputs by rows, for the forward pass. */
  readonly csr: Csr;
  /** R x inputs by columns, for the update. */
  readonly csc: Csr | undefined;
}

/** R rows of inputs, dense over those columns that are not all zero. */
export interface DenseInputs {
  rows: number;
  /** These columns, rising. */
  readonly columns: Int32Array;
  /** R x columns.length. */
  readonly data: Float64Array;
}

/** R rows of inputs. */
export type Inputs = SparseInputs | DenseInputs;

/** Whether the inputs are in the dense form. */
export function isDense(x: Inputs): x is DenseInputs {
  return "columns" in x;
}

/** How many numbers a product with x reads. */
export function nonzeros(x: Inputs): number {
  return isDense(x) ? x.rows * x.columns.length : x.nonzeros;
}

/** How many bytes x takes. */
export function bytesOf(x: Inputs): number {
  const arrays = isDense(x) ? [x.columns, x.data] : [x.csr, x.csc ?? {}].flatMap(Object.values);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** How {@linkcode InputReader.read} reads. */
export interface ReadOptions {
  /** Whether for an update too, not for the forward pass alone. Default: true. */
  readonly forUpdate?: boolean;
  /** Who converts the rows. */
  readonly k?: Kernels;
}

/** Reads rows of a matrix as they are needed: until then bytes stay bytes, where they are. */
export class InputReader {
  readonly #X: Matrix;
  readonly #arena = new Arena();
  /** Rows of X on their way: the kernels read their own memory alone. */
  readonly #block: Uint8Array | Float64Array;
  readonly #isActive: Uint8Array;

  /** For up to `maxRows` rows of X at a time. */
  constructor(X: Matrix, maxRows: number) {
    this.#X = X;
    const size = maxRows * X.cols;
    this.#block = X.dtype === "uint8" ? this.#arena.uint8(size) : this.#arena.float64(size);
    this.#isActive = this.#arena.uint8(X.cols);
  }

  /** Rows `from` to `to` of X, in arrays of `arena`. */
  read(
    from: number,
    to: number,
    arena: Arena,
    { forUpdate = true, k = kernels }: ReadOptions = {},
  ): Inputs {
    const { cols } = this.#X;
    const rows = to - from, block = this.#block, isActive = this.#isActive.fill(0);
    block.set(this.#X.data.subarray(from * cols, to * cols));
    const isBytes = block instanceof Uint8Array;
    const count = isBytes
      ? kernels.countNonzeroBytes(rows, cols, block, isActive)
      : kernels.countNonzero(rows, cols, block, isActive);
    const active = isActive.reduce((sum, is) => sum + is, 0);
    if (count >= DENSE_FROM * rows * active) return this.#dense(rows, active, arena);

    const csr = emptyCsr(arena, rows, count);
    const { indptr, indices, data } = csr;
    if (isBytes) k.csrFromBytes(rows, cols, block, indptr, indices, data);
    else k.csrFromDense(rows, cols, block, indptr, indices, data);
    if (!forUpdate) return { rows, nonzeros: count, csr, csc: undefined };
    const csc = emptyCsr(arena, cols, count);
    k.csrToCsc(rows, cols, indptr, indices, data, csc.indptr, csc.indices, csc.data);
    return { rows, nonzeros: count, csr, csc };
  }

  /** Frees its memory. */
  release(): void {
    this.#arena.release();
  }

  #dense(rows: number, active: number, arena: Arena): DenseInputs {
    const { cols } = this.#X, block = this.#block;
    const columns = arena.int32(active), data = arena.float64(rows * active);
    for (let j = 0, n = 0; j < cols; j++) if (this.#isActive[j]) columns[n++] = j;
    if (active === cols) {
      data.set(block.subarray(0, rows * cols));
    } else if (block instanceof Float64Array) {
      kernels.packColumns(rows, cols, block, active, columns, data);
    } else {
      for (let i = 0, n = 0; i < rows; i++) {
        for (let j = 0; j < active; j++) data[n++] = block[i * cols + columns[j]];
      }
    }
    return { rows, columns, data };
  }
}

/** Room for `count` elements in `rows` rows, and for the eight more that `csrFromBytes` needs. */
function emptyCsr(arena: Arena, rows: number, count: number): Csr {
  return {
    indptr: arena.int32(rows + 1),
    indices: arena.int32(count + 8),
    data: arena.float64(count + 8),
  };
}
