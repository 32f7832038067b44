/**
 * `Matrix`: two-dimensional, row-major, never changed by an operation. The names and the meaning are
 * NumPy's; the bits are our own promise: see the order of {@linkcode Matrix.dot} and {@linkcode Matrix.sum}.
 *
 * It is no tensor library: two dimensions, float64 for numbers and uint8 for pixels, no views with strides.
 *
 * @module
 */

import { checkCount, checkOptions } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import { arrayHtml, arrayRepr, arrayStr } from "./format.ts";
import * as reductions from "./kernels/reductions.ts";
import { dot } from "./kernels/matmul.ts";
import * as elementwise from "./kernels/elementwise.ts";
import { newFloat64 } from "./kernels/memory.ts";

/** The type of a matrix's elements: numbers, or bytes such as pixels. */
export type DType = "float64" | "uint8";

/** Rows and columns, as in NumPy's `shape`. */
export type Shape = readonly [rows: number, cols: number];

/** 0 works down the columns and gives a row; 1 works along the rows and gives a column. */
export type Axis = 0 | 1;

/** What {@linkcode Matrix.toJSON} gives: numbers as they are, those that JSON lacks by their names. */
export interface MatrixJSON {
  /** Rows and columns. */
  shape: Shape;
  /** The type of the elements. */
  dtype: DType;
  /** The elements, row after row. */
  data: (number | "NaN" | "Infinity" | "-Infinity" | "-0")[];
}

/**
 * A matrix of float64 or uint8 numbers.
 *
 * Operations give new matrices and leave their operands alone. Results are float64, whatever the
 * operands are. All methods throw a `TypeError` where a matrix, or another argument, is something else, or where there
 * are too many; and a {@linkcode ValueError} where there is no such option or axis.
 *
 * @example The matrices of the article
 * ```ts
 * import { Matrix } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const m1 = Matrix.from([[1, 2, 3], [2, 3, 4]]);
 * const m2 = Matrix.from([[3, 2, 1], [4, 3, 2]]);
 *
 * assertEquals(m1.shape, [2, 3]);
 * assertEquals(m2.T.toArray(), [[3, 4], [2, 3], [1, 2]]);
 * assertEquals(m1.dot(m2.T).toArray(), [[10, 16], [16, 25]]);
 * assertEquals(m1.multiply(m2).toArray(), [[3, 4, 3], [8, 9, 8]]);
 * ```
 */
export class Matrix {
  /**
   * The elements, row after row. To be read: a change here would be seen by every matrix that shares them. Small
   * matrices' lists lie in one common `ArrayBuffer`: use `data`, not `data.buffer`.
   */
  readonly data: Float64Array | Uint8Array;
  /** The number of rows. */
  readonly rows: number;
  /** The number of columns. */
  readonly cols: number;
  #transpose: Matrix | undefined;

  private constructor(data: Float64Array | Uint8Array, rows: number, cols: number) {
    if (typeof cols !== "number") { // types are not checked where a program runs
      throw new TypeError("new Matrix: use Matrix.from([[1, 2], [3, 4]]) or Matrix.fromArray");
    }
    this.data = data;
    this.rows = rows;
    this.cols = cols;
  }

  // --- making ------------------------------------------------------------------------------------

  /**
   * A float64 matrix of the given rows, all of one length. NumPy: `array`.
   *
   * @throws {TypeError} Where there are no rows, or something in them is no number.
   * @throws {ShapeError} Where the rows are of several lengths.
   *
   * @example
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(String(Matrix.from([[1, 2.5], [3, 4]])), "[[1.  2.5]\n [3.  4. ]]");
   * ```
   */
  static from(rows: ArrayLike<ArrayLike<number>>): Matrix {
    checkCount("Matrix.from", arguments.length, 1);
    if (!isArrayLike(rows)) {
      throw new TypeError(
        `Matrix.from: expected rows of numbers, [[1, 2], [3, 4]], got ${describe(rows)}`,
      );
    }
    const cols = rows.length > 0 && isArrayLike(rows[0]) ? rows[0].length : 0;
    const data = newFloat64(rows.length * cols);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (!isArrayLike(row)) {
        throw new TypeError(
          `Matrix.from: expected rows of numbers, [[1, 2], [3, 4]], got ${
            describe(row)
          } for row ${i}`,
        );
      }
      if (row.length !== cols) {
        throw new ShapeError(
          `Matrix.from: rows must be of one length: row 0 has ${cols} and row ${i} has ${row.length}`,
        );
      }
      for (let j = 0; j < cols; j++) {
        if (typeof row[j] !== "number") {
          throw new TypeError(
            `Matrix.from: expected a number at [${i}, ${j}], got ${describe(row[j])}`,
          );
        }
        data[i * cols + j] = row[j];
      }
    }
    return new Matrix(data, rows.length, cols);
  }

  /**
   * The matrix over a flat list of elements, row after row. A `Float64Array` becomes float64 and a
   * `Uint8Array` uint8, **without a copy**: do not write to it afterwards. Any other list is copied to float64.
   *
   * @throws {TypeError} Where `data` is no list, or something in it no number.
   * @throws {ShapeError} Where that is not a valid shape, or has another number of elements.
   *
   * @example
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const pixels = Matrix.fromArray(Uint8Array.of(0, 127, 255, 64), [2, 2]);
   * assertEquals(pixels.dtype, "uint8");
   * assertEquals(pixels.at(1, 0), 255);
   * ```
   */
  static fromArray(data: ArrayLike<number>, shape: Shape): Matrix {
    checkCount("Matrix.fromArray", arguments.length, 2);
    const [rows, cols] = checkShape("Matrix.fromArray", shape);
    if (!isArrayLike(data)) {
      throw new TypeError(`Matrix.fromArray: expected a list of numbers, got ${describe(data)}`);
    }
    if (data.length !== rows * cols) {
      throw new ShapeError(
        `Matrix.fromArray: shape (${rows}, ${cols}) needs ${
          rows * cols
        } elements, got ${data.length}`,
      );
    }
    if (data instanceof Float64Array || data instanceof Uint8Array) {
      return new Matrix(data, rows, cols);
    }
    for (let i = 0; i < data.length; i++) {
      if (typeof data[i] !== "number") {
        throw new TypeError(
          `Matrix.fromArray: expected a number at ${i}, got ${describe(data[i])}`,
        );
      }
    }
    return new Matrix(Float64Array.from(data), rows, cols);
  }

  /**
   * All zeros. NumPy: `zeros`.
   *
   * @throws {ShapeError} Where that is not a valid shape.
   */
  static zeros(shape: Shape): Matrix {
    const [rows, cols] = checkShape("Matrix.zeros", shape, arguments.length);
    return new Matrix(newFloat64(rows * cols), rows, cols);
  }

  /**
   * All ones. NumPy: `ones`.
   *
   * @throws {ShapeError} Where that is not a valid shape.
   */
  static ones(shape: Shape): Matrix {
    const [rows, cols] = checkShape("Matrix.ones", shape, arguments.length);
    return new Matrix(newFloat64(rows * cols).fill(1), rows, cols);
  }

  /**
   * The n x n matrix with ones on its diagonal. NumPy: `identity`.
   *
   * @throws {ShapeError} Where n is no whole number from 0 on.
   */
  static identity(n: number): Matrix {
    checkShape("Matrix.identity", [n, n], arguments.length);
    const result = new Matrix(newFloat64(n * n), n, n);
    for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
    return result;
  }

  /**
   * Matrices side by side; they have the same number of rows. NumPy: `hstack`.
   *
   * @throws {ShapeError} Where their rows differ.
   *
   * @example A bias column before the features
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const X = Matrix.from([[5, 6], [7, 8]]);
   * assertEquals(Matrix.hstack([Matrix.ones([2, 1]), X]).toArray(), [[1, 5, 6], [1, 7, 8]]);
   * ```
   */
  static hstack(matrices: readonly Matrix[]): Matrix {
    const first = checkStack("hstack", arguments.length, matrices, "rows");
    const cols = matrices.reduce((sum, m) => sum + m.cols, 0);
    const data = newData(first.rows * cols, ...matrices);
    let offset = 0;
    for (const m of matrices) {
      for (let i = 0; i < m.rows; i++) {
        data.set(m.data.subarray(i * m.cols, (i + 1) * m.cols), i * cols + offset);
      }
      offset += m.cols;
    }
    return new Matrix(data, first.rows, cols);
  }

  /**
   * Matrices one below the other; they have the same number of columns. NumPy: `vstack`.
   *
   * @throws {ShapeError} Where their columns differ.
   */
  static vstack(matrices: readonly Matrix[]): Matrix {
    const first = checkStack("vstack", arguments.length, matrices, "cols");
    const rows = matrices.reduce((sum, m) => sum + m.rows, 0);
    const data = newData(rows * first.cols, ...matrices);
    let offset = 0;
    for (const m of matrices) {
      data.set(m.data, offset);
      offset += m.data.length;
    }
    return new Matrix(data, rows, first.cols);
  }

  /**
   * The matrix that {@linkcode Matrix.toJSON} wrote, bit for bit.
   *
   * @throws {TypeError} Where it is something else.
   * @throws {ShapeError} Where the shape has another number of elements.
   * @throws {ValueError} Where an element of a uint8 matrix is no byte.
   */
  static fromJSON(json: MatrixJSON): Matrix {
    checkCount("Matrix.fromJSON", arguments.length, 1);
    const { shape, dtype, data } = json ?? {};
    if (
      !Array.isArray(shape) || !Array.isArray(data) || (dtype !== "float64" && dtype !== "uint8")
    ) {
      throw new TypeError("Matrix.fromJSON: expected { shape, dtype, data }, as toJSON gives it");
    }
    const numbers = data.map((x: unknown) => typeof x === "string" ? NAMED[x] ?? x : x) as number[];
    const matrix = Matrix.fromArray(numbers, shape as unknown as Shape);
    return matrix.astype(dtype);
  }

  // --- looking -----------------------------------------------------------------------------------

  /** Rows and columns. NumPy: `shape`. */
  get shape(): Shape {
    return [this.rows, this.cols];
  }

  /** The type of the elements. NumPy: `dtype`. */
  get dtype(): DType {
    return this.data instanceof Uint8Array ? "uint8" : "float64";
  }

  /**
   * The element in row i, column j; negative positions count from the end. NumPy: `m[i, j]`.
   *
   * @throws {RangeError} Where a position is outside.
   */
  at(i: number, j: number): number {
    checkCount("at", arguments.length, 2);
    return this.data[
      checkIndex("at", "row", i, this.rows) * this.cols + checkIndex("at", "column", j, this.cols)
    ];
  }

  /**
   * Row i as a matrix of one row, sharing its elements; a negative i counts from the end. NumPy: `m[[i]]`.
   *
   * @throws {RangeError} Where i is outside.
   */
  row(i: number): Matrix {
    checkCount("row", arguments.length, 1);
    const r = checkIndex("row", "row", i, this.rows);
    return new Matrix(this.data.subarray(r * this.cols, (r + 1) * this.cols), 1, this.cols);
  }

  /**
   * The rows from `start` up to, but not including, `end`, sharing their elements. Negative positions count
   * from the end, and positions outside are moved to it, as in NumPy's `m[start:end]`.
   *
   * @throws {TypeError} Where a position is no whole number.
   */
  slice(start = 0, end: number = this.rows): Matrix {
    checkCount("slice", arguments.length, 2);
    if (!Number.isInteger(start) || !Number.isInteger(end)) {
      throw new TypeError(`slice: expected whole numbers, got ${start} and ${end}`);
    }
    const clamp = (i: number) => Math.min(Math.max(i < 0 ? i + this.rows : i, 0), this.rows);
    const from = clamp(start);
    const to = Math.max(from, clamp(end));
    return new Matrix(this.data.subarray(from * this.cols, to * this.cols), to - from, this.cols);
  }

  /**
   * The rows at the given positions, in their order; a row can come twice. NumPy: `take(indices, axis=0)`, `m[indices]`.
   *
   * @throws {RangeError} Where a position is outside.
   */
  take(indices: ArrayLike<number>): Matrix {
    checkCount("take", arguments.length, 1);
    if (!isArrayLike(indices)) {
      throw new TypeError(`take: expected a list of positions, got ${describe(indices)}`);
    }
    const { cols } = this;
    const data = newData(indices.length * cols, this);
    for (let n = 0; n < indices.length; n++) {
      const r = checkIndex("take", "row", indices[n], this.rows);
      data.set(this.data.subarray(r * cols, (r + 1) * cols), n * cols);
    }
    return new Matrix(data, indices.length, cols);
  }

  /** The transpose: rows become columns. It is copied once and kept, and `m.T.T` is `m`. NumPy: `T`. */
  get T(): Matrix {
    if (!this.#transpose) {
      // a row and a column have their elements in the same order
      const data = this.rows === 1 || this.cols === 1 ? this.data : transposed(this);
      this.#transpose = new Matrix(data, this.cols, this.rows);
      this.#transpose.#transpose = this;
    }
    return this.#transpose;
  }

  /**
   * The same elements in another shape, shared; one of the two numbers can be -1, for the number that is left.
   * NumPy: `reshape`.
   *
   * @throws {ShapeError} Where the new shape has another number of elements, or -1 leaves a choice.
   */
  reshape(shape: Shape): Matrix {
    checkCount("reshape", arguments.length, 1);
    const size = this.data.length;
    if (!Array.isArray(shape) || shape.length !== 2) {
      throw new ShapeError(`reshape: expected [rows, cols], got ${describe(shape)}`);
    }
    let [rows, cols] = shape;
    if (rows < 0) rows = size / cols; // any negative number, as in NumPy
    else if (cols < 0) cols = size / rows;
    if (!isCount(rows) || !isCount(cols) || rows * cols !== size) {
      throw new ShapeError(
        `reshape: cannot make shape ${text(shape)} of shape ${text(this.shape)}, ${size} elements`,
      );
    }
    return new Matrix(this.data, rows, cols);
  }

  /**
   * The same numbers as another type. To uint8 only whole numbers from 0 to 255 can go: NumPy would
   * wrap others around without a word. NumPy: `astype`.
   *
   * @throws {TypeError} Where there is no such type.
   * @throws {ValueError} Where a number does not fit.
   */
  astype(dtype: DType): Matrix {
    checkCount("astype", arguments.length, 1);
    if (dtype !== "float64" && dtype !== "uint8") {
      throw new TypeError(`astype: expected "float64" or "uint8", got ${describe(dtype)}`);
    }
    if (dtype === this.dtype) return this;
    if (dtype === "float64") {
      return new Matrix(Float64Array.from(this.data), this.rows, this.cols);
    }
    const data = Uint8Array.from(this.data);
    const wrong = this.data.findIndex((x, i) => x !== data[i]);
    if (wrong >= 0) {
      throw new ValueError(
        `astype: ${this.data[wrong]} at [${Math.floor(wrong / this.cols)}, ${
          wrong % this.cols
        }] is no whole number from 0 to 255`,
      );
    }
    return new Matrix(data, this.rows, this.cols);
  }

  // --- computing ---------------------------------------------------------------------------------

  /**
   * The matrix product. NumPy: `dot`, `@`.
   *
   * Each element is the sum over k from left to right, starting at +0, every product and every sum rounded:
   * the same bits as the three loops of the textbook, on every machine.
   *
   * @param other A matrix with as many rows as this one has columns.
   * @returns rows x other.cols
   * @throws {ShapeError} `dot: shapes (2, 3) and (4, 2) not aligned: 3 (dim 1) != 4 (dim 0)`
   */
  dot(other: Matrix): Matrix {
    checkCount("dot", arguments.length, 1);
    checkMatrix("dot", other);
    if (this.cols !== other.rows) {
      throw new ShapeError(
        `dot: shapes ${text(this.shape)} and ${text(other.shape)} not aligned: ` +
          `${this.cols} (dim 1) != ${other.rows} (dim 0)`,
      );
    }
    const out = newFloat64(this.rows * other.cols);
    dot(this.rows, this.cols, other.cols, this.data, other.data, out);
    return new Matrix(out, this.rows, other.cols);
  }

  /**
   * Element by element, with a matrix of the same shape, a row, a column or a number: NumPy's
   * broadcasting in two dimensions. NumPy: `add`, `+`.
   *
   * @throws {ShapeError} `add: shapes (2, 3) and (4, 2) cannot be broadcast together`
   *
   * @example A row is added to each row, a column to each column
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * assertEquals(m.add(1).toArray(), [[2, 3], [4, 5]]);
   * assertEquals(m.add(Matrix.from([[10, 20]])).toArray(), [[11, 22], [13, 24]]);
   * assertEquals(m.add(Matrix.from([[10], [20]])).toArray(), [[11, 12], [23, 24]]);
   * ```
   */
  add(other: Matrix | number): Matrix {
    return this.#broadcast("add", arguments.length, other, elementwise.add);
  }

  /** Element by element, as {@linkcode Matrix.add}. NumPy: `subtract`, `-`. */
  subtract(other: Matrix | number): Matrix {
    return this.#broadcast("subtract", arguments.length, other, elementwise.subtract);
  }

  /** Element by element, as {@linkcode Matrix.add}; the matrix product is `dot`. NumPy: `multiply`, `*`. */
  multiply(other: Matrix | number): Matrix {
    return this.#broadcast("multiply", arguments.length, other, elementwise.multiply);
  }

  /** Element by element, as {@linkcode Matrix.add}. NumPy: `divide`, `/`. */
  divide(other: Matrix | number): Matrix {
    return this.#broadcast("divide", arguments.length, other, elementwise.divide);
  }

  /** `f(x, i, j)` of each element x and its row and column. */
  map(f: (x: number, i: number, j: number) => number): Matrix {
    checkCount("map", arguments.length, 1);
    const { data, rows, cols } = this;
    const out = newFloat64(data.length);
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) out[n] = f(data[n], i, j);
    }
    return new Matrix(out, rows, cols);
  }

  /** e to the power of each element, within 1 ulp, the same bits everywhere. NumPy: `exp`. */
  exp(): Matrix {
    return this.#through("exp", arguments.length);
  }

  /** The natural logarithm of each element, within 1 ulp, the same bits everywhere. NumPy: `log`. */
  log(): Matrix {
    return this.#through("log", arguments.length);
  }

  /** The absolute value of each element. NumPy: `abs`. */
  abs(): Matrix {
    checkCount("abs", arguments.length, 0);
    const { data, rows, cols } = this;
    const out = newFloat64(data.length);
    for (let n = 0; n < data.length; n++) out[n] = Math.abs(data[n]);
    return new Matrix(out, rows, cols);
  }

  // --- reducing ----------------------------------------------------------------------------------

  /**
   * The sum of all elements, or with `{ axis: 0 }` of each column (a row, 1 x cols), with `{ axis: 1 }` of each
   * row (a column, rows x 1). NumPy: `sum(axis, keepdims=True)`.
   *
   * The order is fixed: a column from top to bottom, a row from left to right, each from +0; the sum of all
   * is the sum of the columns' sums from left to right.
   *
   * @example
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * assertEquals(m.sum(), 10);
   * assertEquals(m.sum({ axis: 0 }).toArray(), [[4, 6]]);
   * assertEquals(m.sum({ axis: 1 }).toArray(), [[3], [7]]);
   * ```
   */
  sum(): number;
  /** Along one axis. */
  sum(options: { axis: Axis }): Matrix;
  /** Either form. */
  sum(options?: { axis?: Axis }): number | Matrix {
    const { data, rows, cols } = this;
    const axis = checkAxis("sum", arguments.length, options);
    if (axis === 1) {
      const out = newFloat64(rows);
      reductions.sumRows(rows, cols, data, out);
      return new Matrix(out, rows, 1);
    }
    const out = newFloat64(cols);
    reductions.sumColumns(rows, cols, data, out);
    return axis === 0 ? new Matrix(out, 1, cols) : out.reduce((sum, x) => sum + x, 0);
  }

  /**
   * The mean: the sum, in its order, divided by the count. NumPy: `mean(axis, keepdims=True)`.
   *
   * @throws {ShapeError} Where there is nothing to take it of.
   */
  mean(): number;
  /** Along one axis. */
  mean(options: { axis: Axis }): Matrix;
  /** Either form. */
  mean(options?: { axis?: Axis }): number | Matrix {
    const axis = checkAxis("mean", arguments.length, options);
    checkNotEmpty("mean", this, axis);
    if (axis === undefined) return this.sum() / this.data.length;
    return this.sum({ axis }).divide(this.shape[axis]);
  }

  /**
   * The standard deviation: the root of the mean of the squared distances from the mean, of the elements
   * themselves, not of a population they stand for. NumPy: `std(axis, keepdims=True)`, ddof = 0.
   *
   * @throws {ShapeError} Where there is nothing to take it of.
   */
  std(): number;
  /** Along one axis. */
  std(options: { axis: Axis }): Matrix;
  /** Either form. */
  std(options?: { axis?: Axis }): number | Matrix {
    const { data, rows, cols } = this;
    const axis = checkAxis("std", arguments.length, options);
    checkNotEmpty("std", this, axis);
    if (axis === 1) {
      const means = this.mean({ axis }).data, out = newFloat64(rows);
      for (let i = 0, n = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++, n++) {
          const distance = data[n] - means[i];
          out[i] += distance * distance;
        }
        out[i] = Math.sqrt(out[i] / cols);
      }
      return new Matrix(out, rows, 1);
    }
    const mean = axis === 0 ? this.mean({ axis }).data : newFloat64(cols).fill(this.mean());
    const squares = newFloat64(cols);
    reductions.sumSquaredDistances(rows, cols, data, mean, squares);
    if (axis === undefined) return Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / data.length);
    return new Matrix(squares, 1, cols).divide(rows).map(Math.sqrt);
  }

  /**
   * The smallest element; NaN where there is one. NumPy: `min(axis, keepdims=True)`.
   *
   * @throws {ShapeError} Where there is nothing to take it of.
   */
  min(): number;
  /** Along one axis. */
  min(options: { axis: Axis }): Matrix;
  /** Either form. */
  min(options?: { axis?: Axis }): number | Matrix {
    return this.#extreme("min", checkAxis("min", arguments.length, options), Infinity, Math.min);
  }

  /**
   * The largest element; NaN where there is one. NumPy: `max(axis, keepdims=True)`.
   *
   * @throws {ShapeError} Where there is nothing to take it of.
   */
  max(): number;
  /** Along one axis. */
  max(options: { axis: Axis }): Matrix;
  /** Either form. */
  max(options?: { axis?: Axis }): number | Matrix {
    return this.#extreme("max", checkAxis("max", arguments.length, options), -Infinity, Math.max);
  }

  /**
   * The position of the largest element: of each column (`{ axis: 0 }`), of each row (`{ axis: 1 }`), or in the
   * flat list of all. The first of equals; the first NaN where there is one. NumPy: `argmax`.
   *
   * @throws {ShapeError} Where there is nothing to take it of.
   *
   * @example The most probable class of each row
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const p = Matrix.from([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]);
   * assertEquals(p.argmax({ axis: 1 }), Int32Array.of(1, 0));
   * ```
   */
  argmax(): number;
  /** Along one axis. */
  argmax(options: { axis: Axis }): Int32Array;
  /** Either form. */
  argmax(options?: { axis?: Axis }): number | Int32Array {
    const { data, rows, cols } = this;
    const axis = checkAxis("argmax", arguments.length, options);
    checkNotEmpty("argmax", this, axis);
    if (axis === 0) return argmaxColumns(rows, cols, data);
    const length = axis === undefined ? data.length : cols;
    const found = new Int32Array(axis === undefined ? 1 : rows);
    for (let i = 0; i < found.length; i++) found[i] = argmax(data, i * length, (i + 1) * length);
    return axis === undefined ? found[0] : found;
  }

  // --- comparing and writing ---------------------------------------------------------------------

  /** Whether the other matrix has the same shape and the same numbers; NaN equals NaN, -0 equals 0. NumPy: `array_equal(equal_nan=True)`. */
  equals(other: Matrix): boolean {
    checkCount("equals", arguments.length, 1);
    checkMatrix("equals", other);
    return this.rows === other.rows && this.cols === other.cols &&
      this.data.every((x, i) => {
        const y = other.data[i];
        return x === y || (Number.isNaN(x) && Number.isNaN(y));
      });
  }

  /**
   * The rows one after the other, each a list that shares its elements with the matrix: `for (const row of X)`, as in
   * NumPy, whose rows have one dimension. `X.row(i)` is a row as a matrix.
   *
   * @example
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const sums: number[] = [];
   * for (const [x, y] of Matrix.from([[1, 2], [3, 4]])) sums.push(x + y);
   * assertEquals(sums, [3, 7]);
   * ```
   */
  *[Symbol.iterator](): Generator<Float64Array | Uint8Array, void> {
    const { data, rows, cols } = this;
    for (let i = 0; i < rows; i++) yield data.subarray(i * cols, (i + 1) * cols);
  }

  /** The elements as an array of rows. NumPy: `tolist`. */
  toArray(): number[][] {
    checkCount("toArray", arguments.length, 0);
    return Array.from(this, (row) => Array.from(row));
  }

  /** What `JSON.stringify` writes; {@linkcode Matrix.fromJSON} gives the matrix back, bit for bit. */
  toJSON(): MatrixJSON {
    const data = Array.from(this.data, (x) => {
      if (Number.isFinite(x) && !Object.is(x, -0)) return x;
      return (Object.is(x, -0) ? "-0" : String(x)) as "NaN" | "Infinity" | "-Infinity" | "-0";
    });
    return { shape: [this.rows, this.cols], dtype: this.dtype, data };
  }

  /**
   * The text that NumPy's `str` gives.
   *
   * @example
   * ```ts
   * import { Matrix } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(Matrix.from([[1 / 3, 100]]).toString(), "[[  0.33333333 100.        ]]");
   * ```
   */
  toString(): string {
    return arrayStr(this);
  }

  /** `${X}` is the text; there is no number that `X * 2` or `-X` could mean. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint !== "number") return this.toString();
    throw new TypeError("a Matrix is no number: use add, subtract, multiply, divide or dot");
  }

  /** `console.log` in Deno: the text that NumPy's `repr` gives. */
  [Symbol.for("Deno.customInspect")](): string {
    return arrayRepr(this);
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return arrayRepr(this);
  }

  /** What a notebook shows: a table, and where there is no HTML the text that NumPy's `repr` gives. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/html": arrayHtml(this), "text/plain": arrayRepr(this) };
  }

  /** One operation with a number or a matrix, whose only row, column or element serves for all. */
  #broadcast(
    name: string,
    count: number,
    other: Matrix | number,
    operation: elementwise.Elementwise,
  ): Matrix {
    checkCount(name, count, 1);
    const { data: x, rows: m, cols: n } = this;
    if (typeof other === "number") {
      const out = newFloat64(x.length);
      NUMBER[0] = other;
      operation(m, n, x, n, 1, NUMBER, 0, 0, out);
      return new Matrix(out, m, n);
    }
    checkMatrix(name, other);
    const { data: y, rows: p, cols: q } = other;
    if ((m !== p && m !== 1 && p !== 1) || (n !== q && n !== 1 && q !== 1)) {
      throw new ShapeError(
        `${name}: shapes ${text(this.shape)} and ${text(other.shape)} cannot be broadcast together`,
      );
    }
    const rows = m === 1 ? p : m, cols = n === 1 ? q : n;
    const out = newFloat64(rows * cols);
    const xRow = m === 1 ? 0 : n, xCol = n === 1 ? 0 : 1;
    const yRow = p === 1 ? 0 : q, yCol = q === 1 ? 0 : 1;
    operation(rows, cols, x, xRow, xCol, y, yRow, yCol, out);
    return new Matrix(out, rows, cols);
  }

  #through(name: "exp" | "log", count: number): Matrix {
    checkCount(name, count, 0);
    const out = newFloat64(this.data.length);
    reductions.map(name, this.data, out);
    return new Matrix(out, this.rows, this.cols);
  }

  /** The smallest or the largest: `f` gives it of two. */
  #extreme(
    name: string,
    axis: Axis | undefined,
    start: number,
    f: (a: number, b: number) => number,
  ): number | Matrix {
    const { data, rows, cols } = this;
    checkNotEmpty(name, this, axis);
    if (axis === undefined) {
      let found = start;
      for (let n = 0; n < data.length; n++) found = f(found, data[n]);
      return found;
    }
    const out = newFloat64(axis === 0 ? cols : rows).fill(start);
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) {
        const k = axis === 0 ? j : i;
        out[k] = f(out[k], data[n]);
      }
    }
    return axis === 0 ? new Matrix(out, 1, cols) : new Matrix(out, rows, 1);
  }
}

/** The options of all reductions. */
const OPTIONS = ["axis"];

/** Where an operation finds its operand that is a number. */
const NUMBER = new Float64Array(1);

/** So many rows are transposed at a time: they stay in the first cache, also where a row has 1024 elements. */
const STRIP = 16;

/** The elements of m, column after column. */
function transposed(m: Matrix): Float64Array | Uint8Array {
  const { data, rows, cols } = m;
  const out = newData(data.length, m);
  for (let top = 0; top < rows; top += STRIP) {
    const bottom = Math.min(top + STRIP, rows);
    for (let j = 0; j < cols; j++) {
      for (let i = top; i < bottom; i++) out[j * rows + i] = data[i * cols + j];
    }
  }
  return out;
}

/** The position of the largest of x[from ... to - 1], counted from `from`. */
function argmax(x: Float64Array | Uint8Array, from: number, to: number): number {
  let best = from;
  for (let k = from; k < to;) {
    const y = x[best];
    if (k + 3 < to && x[k] <= y && x[k + 1] <= y && x[k + 2] <= y && x[k + 3] <= y) k += 4;
    else if (x[k] <= y) k++;
    else if (Number.isNaN(x[k])) return k - from;
    else best = k++;
  }
  return best - from;
}

/** The position of the largest of each column, row by row, as the elements lie. */
function argmaxColumns(rows: number, cols: number, x: Float64Array | Uint8Array): Int32Array {
  const found = new Int32Array(cols);
  const largest = Float64Array.from(x.subarray(0, cols));
  for (let i = 1, n = cols; i < rows; i++) {
    for (let j = 0; j < cols; j++, n++) {
      if (x[n] <= largest[j] || Number.isNaN(largest[j])) continue;
      found[j] = i;
      largest[j] = x[n];
    }
  }
  return found;
}

/** The numbers that JSON lacks, as {@linkcode Matrix.toJSON} names them. */
const NAMED: Record<string, number> = { NaN, Infinity, "-Infinity": -Infinity, "-0": -0 };

/** A new list that can hold the elements of all these matrices. */
function newData(length: number, ...matrices: Matrix[]): Float64Array | Uint8Array {
  return matrices.every((m) => m.dtype === "uint8") ? new Uint8Array(length) : newFloat64(length);
}

// --- checks --------------------------------------------------------------------------------------

function text(shape: Shape): string {
  return `(${shape[0]}, ${shape[1]})`;
}

function isArrayLike(x: unknown): x is ArrayLike<unknown> {
  return typeof x === "object" && x !== null &&
    typeof (x as ArrayLike<unknown>).length === "number";
}

/** Throws unless x is a matrix. */
export function checkMatrix(name: string, x: unknown): asserts x is Matrix {
  if (!(x instanceof Matrix)) throw new TypeError(`${name}: expected a Matrix, got ${describe(x)}`);
}

function checkShape(name: string, shape: Shape, count = 1): Shape {
  checkCount(name, count, 1);
  if (!Array.isArray(shape) || shape.length !== 2 || !isCount(shape[0]) || !isCount(shape[1])) {
    throw new ShapeError(`${name}: expected a shape [rows, cols], got ${describe(shape)}`);
  }
  return shape as unknown as Shape;
}

function isCount(n: unknown): boolean {
  return Number.isSafeInteger(n) && n as number >= 0;
}

function checkStack(
  name: string,
  count: number,
  matrices: readonly Matrix[],
  side: "rows" | "cols",
): Matrix {
  checkCount(name, count, 1);
  if (!Array.isArray(matrices) || matrices.length === 0) {
    throw new TypeError(
      `${name}: expected a list of one matrix or more, [a, b], got ${describe(matrices)}`,
    );
  }
  for (const m of matrices) {
    checkMatrix(name, m);
    if (m[side] !== matrices[0][side]) {
      const shapes = `${text(matrices[0].shape)} and ${text(m.shape)}`;
      throw new ShapeError(
        `${name}: shapes ${shapes} differ in their ${side === "rows" ? "rows" : "columns"}`,
      );
    }
  }
  return matrices[0];
}

function checkIndex(name: string, what: string, i: number, length: number): number {
  const index = i < 0 ? i + length : i;
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(
      `${name}: ${what} ${describe(i)} is outside of a matrix with ${length} ${what}s`,
    );
  }
  return index;
}

function checkAxis(
  name: string,
  count: number,
  options: { axis?: Axis } | undefined,
): Axis | undefined {
  checkCount(name, count, 1);
  checkOptions(name, options, OPTIONS);
  const axis = options?.axis;
  if (axis !== undefined && axis !== 0 && axis !== 1) {
    throw new ValueError(`${name}: expected axis 0 or 1, got ${describe(axis)}`);
  }
  return axis;
}

/** Throws where there is nothing to reduce; with an axis, no rows or no columns may be left. */
function checkNotEmpty(name: string, matrix: Matrix, axis?: Axis): void {
  if (axis === undefined ? matrix.data.length === 0 : matrix.shape[axis] === 0) {
    throw new ShapeError(`${name}: the matrix of shape ${text(matrix.shape)} has no elements`);
  }
}
