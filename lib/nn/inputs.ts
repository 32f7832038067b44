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
import { ScaledRows, type Scaling } from "../scalers.ts";

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

/** How many bytes x takes, which was read for an update. */
export function bytesOf(x: Inputs): number {
  const arrays = isDense(x) ? [x.columns, x.data] : [x.csr, x.csc!].flatMap(Object.values);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Rows to learn from or to predict: as they are, or scaled when they are read. */
export type Rows = Matrix | ScaledRows;

/** The matrix that the rows are of. */
export function matrixOf(X: Rows): Matrix {
  return X instanceof ScaledRows ? X.matrix : X;
}

/** How {@linkcode InputReader.read} reads. */
export interface ReadOptions {
  /** The numbers of the rows, in the order that they are read in: `from` and `to` are positions in it. */
  readonly order?: Int32Array;
  /** Whether for an update too, not for the forward pass alone. Default: true. */
  readonly forUpdate?: boolean;
  /** Who converts the rows. */
  readonly k?: Kernels;
}

/** Reads rows as they are needed: until then bytes stay bytes, where they are. */
export class InputReader {
  readonly #X: Matrix;
  readonly #scaling: Scaling | undefined;
  /** By what the elements that are not 0 are scaled, where a 0 stays 0. */
  readonly #factors: Float64Array | undefined;
  readonly #arena = new Arena();
  /** Rows of X on their way: the kernels read their own memory alone. */
  readonly #block: Uint8Array | Float64Array;
  /** The same before they are scaled; none where `factors` scale them. */
  readonly #unscaled: Uint8Array | Float64Array | undefined;
  readonly #isActive: Uint8Array;

  /** For up to `maxRows` rows of X at a time. */
  constructor(X: Rows, maxRows: number) {
    this.#X = matrixOf(X);
    this.#scaling = X instanceof ScaledRows ? X.scaling : undefined;
    const { cols, dtype } = this.#X, arena = this.#arena, size = maxRows * cols;
    const factors = dtype === "uint8" ? this.#scaling?.factors : undefined;
    const isScaled = this.#scaling && !factors;
    try {
      const blockOf = () => dtype === "uint8" ? arena.uint8(size) : arena.float64(size);
      if (factors) (this.#factors = arena.float64(cols)).set(factors);
      this.#unscaled = isScaled ? blockOf() : undefined;
      this.#block = isScaled ? arena.float64(size) : blockOf();
      this.#isActive = arena.uint8(cols);
    } catch (error) {
      arena.release();
      throw error;
    }
  }

  /** Rows `from` to `to` of X, in arrays of `arena`. */
  read(
    from: number,
    to: number,
    arena: Arena,
    { order, forUpdate = true, k = kernels }: ReadOptions = {},
  ): Inputs {
    const { cols } = this.#X;
    const rows = to - from, block = this.#block, isActive = this.#isActive.fill(0);
    this.#fill(from, to, order);
    const isBytes = block instanceof Uint8Array;
    const count = isBytes
      ? kernels.countNonzeroBytes(rows, cols, block, isActive)
      : kernels.countNonzero(rows, cols, block, isActive);
    let active = 0;
    for (let j = 0; j < cols; j++) active += isActive[j];
    if (count >= DENSE_FROM * rows * active) return this.#dense(rows, active, arena);

    const csr = emptyCsr(arena, rows, count);
    const { indptr, indices, data } = csr;
    if (isBytes) k.csrFromBytes(rows, cols, block, indptr, indices, data);
    else k.csrFromDense(rows, cols, block, indptr, indices, data);
    if (this.#factors) k.scaleColumns(0, count, indices, this.#factors, data);
    if (!forUpdate) return { rows, nonzeros: count, csr, csc: undefined };
    const csc = emptyCsr(arena, cols, count);
    k.csrToCsc(rows, cols, indptr, indices, data, csc.indptr, csc.indices, csc.data);
    return { rows, nonzeros: count, csr, csc };
  }

  /** Frees its memory. */
  release(): void {
    this.#arena.release();
  }

  /** Brings the rows into the block. */
  #fill(from: number, to: number, order: Int32Array | undefined): void {
    const { data, cols } = this.#X, target = this.#unscaled ?? this.#block;
    if (order) {
      for (let i = from, at = 0; i < to; i++, at += cols) {
        target.set(data.subarray(order[i] * cols, (order[i] + 1) * cols), at);
      }
    } else target.set(data.subarray(from * cols, to * cols));
    if (this.#unscaled) {
      const length = (to - from) * cols;
      this.#scaling!.transform(
        target.subarray(0, length),
        this.#block.subarray(0, length) as Float64Array,
      );
    }
  }

  #dense(rows: number, active: number, arena: Arena): DenseInputs {
    const { cols } = this.#X, block = this.#block;
    const columns = arena.int32(active), data = arena.float64(rows * active);
    for (let j = 0, n = 0; j < cols; j++) if (this.#isActive[j]) columns[n++] = j;
    if (this.#factors) {
      for (let i = 0, n = 0; i < rows; i++) {
        for (let j = 0; j < active; j++, n++) {
          data[n] = block[i * cols + columns[j]] * this.#factors[columns[j]];
        }
      }
    } else if (active === cols) {
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

/**
 * The sparse form of a layer's buffer, made anew for each minibatch: of ReLU's outputs more than half are 0, and of what
 * is passed back to them too.
 */
export class Sparsifier {
  readonly #cols: number;
  readonly #isActive: Uint8Array;
  readonly #csr: Csr;
  readonly #csc: Csr | undefined;

  /** For up to `rows` rows of `cols` columns; `forUpdate` by columns too. */
  constructor(arena: Arena, rows: number, cols: number, forUpdate: boolean) {
    this.#cols = cols;
    this.#isActive = arena.uint8(cols);
    const most = Math.ceil(DENSE_FROM * rows * cols); // with more the dense form is faster
    this.#csr = emptyCsr(arena, rows, most);
    this.#csc = forUpdate ? emptyCsr(arena, cols, most) : undefined;
  }

  /** How many bytes one takes. */
  static bytes(rows: number, cols: number, forUpdate: boolean): number {
    const most = Math.ceil(DENSE_FROM * rows * cols) + 8;
    return cols + 4 * (rows + 1) + 12 * most + (forUpdate ? 4 * (cols + 1) + 12 * most : 0);
  }

  /** The rows of x without their zeros, until the next call; nothing where the dense form is faster. */
  read(rows: number, x: Float64Array): SparseInputs | undefined {
    const cols = this.#cols, csr = this.#csr, csc = this.#csc;
    const nonzeros = kernels.countNonzero(rows, cols, x, this.#isActive);
    if (nonzeros >= DENSE_FROM * rows * cols) return undefined;
    const { indptr, indices, data } = csr;
    kernels.csrFromDense(rows, cols, x, indptr, indices, data);
    if (csc) {
      kernels.csrToCsc(rows, cols, indptr, indices, data, csc.indptr, csc.indices, csc.data);
    }
    return { rows, nonzeros, csr, csc };
  }
}
