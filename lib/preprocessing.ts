/**
 * What is done to data before it is learned from (the article's `preprocessing`, and scikit-learn's).
 *
 * @module
 */

import { checkCount, checkFinite, checkLabelCount, checkLabels, checkOptions } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import * as elementwise from "./kernels/elementwise.ts";
import { sumSquaredDistances } from "./kernels/reductions.ts";
import { newFloat64 } from "./kernels/memory.ts";
import { checkMatrix, Matrix } from "./matrix.ts";
import { RandomState } from "./random.ts";

/** A list that gives its own kind from `slice` and can be written to: an array or a typed array. */
export type MutableList =
  | number[]
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int32Array
  | Float64Array;

/**
 * `num` numbers (50 if not said) evenly spaced from `start` to `stop`, both included. NumPy: `linspace`.
 *
 * @throws {ValueError} Where a bound is not finite, or `num` no count.
 *
 * @example
 * ```ts
 * import { linspace } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linspace(-10, 10, 5), Float64Array.of(-10, -5, 0, 5, 10));
 * ```
 */
export function linspace(start: number, stop: number, num = 50): Float64Array {
  checkCount("linspace", arguments.length, 3);
  if (!Number.isFinite(start) || !Number.isFinite(stop)) {
    throw new ValueError(`linspace: start and stop must be finite, got ${start} and ${stop}`);
  }
  if (!Number.isInteger(num) || num < 0) {
    throw new ValueError(
      `linspace: num must be a whole number, not negative, got ${describe(num)}`,
    );
  }
  const range = stop - start, intervals = Math.max(1, num - 1), step = range / intervals;
  const at = (i: number) => step === 0 ? i / intervals * range : i * step; // where step underflows
  const result = Float64Array.from({ length: num }, (_, i) => at(i) + start);
  if (num > 1) result[num - 1] = stop; // not start + (num - 1) * step, which may round
  return result;
}

/**
 * The rows of X and their labels in one random order. Article: `shuffle_data`.
 *
 * The order is `RandomState(randomSeed).permutation(X.rows)`, NumPy's; the seed is 42 if not said, as that of
 * {@linkcode NNClassifier}.
 *
 * @throws {ShapeError} Where there is not one label a row.
 * @throws {ValueError} Where the seed is no whole number from 0 to 2^32 - 1.
 *
 * @example
 * ```ts
 * import { Matrix, shuffleData } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0], [10], [20], [30]]);
 * const [shuffled, labels] = shuffleData(X, [0, 1, 2, 3]);
 * assertEquals(shuffled.toArray(), [[10], [30], [0], [20]]);
 * assertEquals(labels, [1, 3, 0, 2]);
 * ```
 */
export function shuffleData<Y extends MutableList>(
  X: Matrix,
  y: Y,
  options: { randomSeed?: number } = {},
): [X: Matrix, y: Y] {
  checkCount("shuffleData", arguments.length, 3);
  checkOptions("shuffleData", options, ["randomSeed"]);
  const { randomSeed = 42 } = options;
  checkMatrix("shuffleData", X);
  checkLabelCount("shuffleData", X, y);
  const order = new RandomState(randomSeed).permutation(X.rows);
  const labels = y.slice() as Y;
  for (let i = 0; i < order.length; i++) labels[i] = y[order[i]];
  return [X.take(order), labels];
}

/**
 * One row a label, all zeros but a one in the label's column. Article: `one_hot`.
 *
 * @param y Labels, whole numbers from 0 to nClasses - 1.
 * @returns y.length x nClasses
 * @throws {ValueError} Where a label is none of these.
 *
 * @example
 * ```ts
 * import { oneHot } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(oneHot([2, 0], 3).toArray(), [[0, 0, 1], [1, 0, 0]]);
 * ```
 */
export function oneHot(y: ArrayLike<number>, nClasses: number): Matrix {
  checkCount("oneHot", arguments.length, 2);
  if (!Number.isInteger(nClasses) || nClasses < 1) {
    throw new ValueError(
      `oneHot: nClasses must be a whole number above 0, got ${describe(nClasses)}`,
    );
  }
  checkLabels("oneHot", y, nClasses);
  const result = Matrix.zeros([y.length, nClasses]);
  for (let i = 0; i < y.length; i++) result.data[i * nClasses + y[i]] = 1;
  return result;
}

/**
 * Each column standardised: its mean subtracted, then divided by its standard deviation. scikit-learn: `scale`, and with
 * `by` `StandardScaler().fit(by).transform(X)`.
 *
 * A constant column is divided by 1. As there, that is for `scale` a column whose deviation is below 10 machine epsilons
 * eps; and `scale` takes away a mean above 1e-8 that rounding left behind. For `by` it is one whose variance is not
 * above n eps variance + (n mean eps)^2, over n rows: no more than rounding can make of a constant.
 *
 * @param X The rows to scale.
 * @param options `by`: the rows whose means and deviations are used, if not those of X. New data is scaled by the data
 * that the model was trained on.
 * @throws {ShapeError} Where the columns differ, or there are no rows to take means of.
 * @throws {ValueError} Where a number is not finite, or those of `by` are too far apart for a deviation.
 *
 * @example
 * ```ts
 * import { Matrix, scale } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[1, 5], [3, 5]]);
 * assertEquals(scale(X).toArray(), [[-1, 0], [1, 0]]);
 * assertEquals(scale(Matrix.from([[4, 6]]), { by: X }).toArray(), [[2, 1]]);
 * ```
 */
export function scale(X: Matrix, options: { by?: Matrix } = {}): Matrix {
  checkCount("scale", arguments.length, 2);
  checkOptions("scale", options, ["by"]);
  const { by } = options;
  for (const m of by === undefined ? [X] : [X, by]) {
    checkMatrix("scale", m);
    checkFinite("scale", m);
  }
  const { rows, cols } = X;
  if (by !== undefined && by.cols !== cols) {
    throw new ShapeError(
      `scale: shapes (${rows}, ${cols}) and (${by.rows}, ${by.cols}) differ in their columns`,
    );
  }
  if (by !== undefined) {
    const statistics = columnStatistics(by), j = statistics.scale.indexOf(Infinity);
    if (j >= 0) {
      throw new ValueError(`scale: column ${j} of by has numbers too far apart to be scaled`);
    }
    return standardize(X, statistics);
  }
  const deviation = X.std({ axis: 0 }).data.map(nearZeroToOne);
  const out = new Float64Array(X.data.length); // worked on in place: X may be large
  withEachRow(elementwise.subtract, X, X.mean({ axis: 0 }).data, out);
  const scaled = Matrix.fromArray(out, [rows, cols]);
  subtractMeans(scaled);
  withEachRow(elementwise.divide, scaled, deviation, out);
  subtractMeans(scaled);
  return scaled;
}

/** By what each column is standardised: scikit-learn's `StandardScaler.mean_` and `scale_`. */
export interface ColumnStatistics {
  /** The column's mean, which is subtracted. */
  readonly mean: Float64Array;
  /** The column's standard deviation, which is divided by; 1 where the column is constant. */
  readonly scale: Float64Array;
}

/**
 * The statistics of the columns, as `StandardScaler().fit(by)` has them. `by` is finite. For the library's own use.
 *
 * `standardize(X, columnStatistics(X))` is `scale(X)`, to the bit, where X is of bytes and has a million rows at most:
 * sums of bytes are exact, so that a constant column has the variance 0 and every other one 1 / 2n at least, and the
 * mean that rounding leaves behind stays below 1e-8, before the division and after it.
 */
export function columnStatistics(by: Matrix): ColumnStatistics {
  const { data, rows, cols } = by;
  const mean = Float64Array.from(by.mean({ axis: 0 }).data);
  const variance = new Float64Array(cols);
  sumSquaredDistances(rows, cols, data, mean, variance);
  if (data instanceof Float64Array) {
    // the mean is rounded: the squares of the distances from it are too large by its error's square (Chan, Golub and
    // LeVeque's correction)
    const rest = new Float64Array(cols);
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) rest[j] += data[n] - mean[j];
    }
    for (let j = 0; j < cols; j++) variance[j] -= rest[j] * rest[j] / rows;
  }
  const scale = variance.map((squares, j) => {
    const variance = squares / rows;
    const error = rows * mean[j] * Number.EPSILON;
    const isConstant = variance < Infinity && // an infinite one is within any share of itself
      variance <= rows * Number.EPSILON * variance + error * error;
    return isConstant ? 1 : Math.sqrt(variance);
  });
  return { mean, scale };
}

/**
 * (X - mean) / scale, column by column, for as many columns. For the library's own use: some rows at a time come out as
 * all at once.
 */
export function standardize(X: Matrix, statistics: ColumnStatistics): Matrix {
  const out = newFloat64(X.data.length);
  standardizeRows(X.data, statistics, out);
  return Matrix.fromArray(out, X.shape);
}

/** out = (x - mean) / scale, for the rows of x. For the library's own use. */
export function standardizeRows(
  x: Float64Array | Uint8Array,
  { mean, scale }: ColumnStatistics,
  out: Float64Array,
): void {
  for (let n = 0; n < x.length;) {
    for (let j = 0; j < mean.length; j++, n++) out[n] = (x[n] - mean[j]) / scale[j];
  }
}

/**
 * Each row divided by its norm: "l2" (the default), the root of the sum of squares; "l1", the sum of absolute
 * values; "max", the largest absolute value. A row of zeros stays. scikit-learn: `normalize`.
 *
 * @throws {ValueError} Where a number is not finite, or the norm none of these.
 *
 * @example
 * ```ts
 * import { Matrix, normalize } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(normalize(Matrix.from([[3, 4], [0, 0]])).toArray(), [[0.6, 0.8], [0, 0]]);
 * ```
 */
export function normalize(
  X: Matrix,
  options: { norm?: "l1" | "l2" | "max" } = {},
): Matrix {
  checkCount("normalize", arguments.length, 2);
  checkOptions("normalize", options, ["norm"]);
  const { norm = "l2" } = options;
  checkMatrix("normalize", X);
  checkFinite("normalize", X);
  const norms: Record<string, () => Matrix> = {
    l1: () => X.abs().sum({ axis: 1 }),
    l2: () => X.multiply(X).sum({ axis: 1 }).map(Math.sqrt),
    max: () => X.abs().max({ axis: 1 }),
  };
  if (!Object.hasOwn(norms, norm)) {
    throw new ValueError(
      `normalize: norm must be "l1", "l2" or "max", got ${describe(norm)}`,
    );
  }
  return X.divide(norms[norm]().map(nearZeroToOne));
}

/**
 * `sections` parts in their order, as equal as can be: the first ones are longer by one where the length does not
 * divide. They share their elements with the whole. NumPy: `array_split`.
 *
 * @throws {ValueError} Where `sections` is no whole number above 0.
 *
 * @example
 * ```ts
 * import { arraySplit } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(arraySplit([0, 1, 2, 3, 4, 5, 6], 3), [[0, 1, 2], [3, 4], [5, 6]]);
 * ```
 */
export function arraySplit(x: Matrix, sections: number): Matrix[];
/** Of a list. */
export function arraySplit<Y extends MutableList>(x: Y, sections: number): Y[];
/** Either form. */
export function arraySplit(
  x: Matrix | MutableList,
  sections: number,
): Matrix[] | MutableList[] {
  checkCount("arraySplit", arguments.length, 2);
  if (!(x instanceof Matrix) && !Array.isArray(x) && !ArrayBuffer.isView(x)) {
    throw new TypeError(`arraySplit: expected a Matrix or a list, got ${describe(x)}`);
  }
  const bounds = splitBounds(x instanceof Matrix ? x.rows : x.length, sections);
  const parts = Array.from({ length: sections }, (_, i) => {
    if (x instanceof Matrix || Array.isArray(x)) return x.slice(bounds[i], bounds[i + 1]);
    return x.subarray(bounds[i], bounds[i + 1]);
  });
  return parts as Matrix[] | MutableList[];
}

/** Where the parts of {@linkcode arraySplit} begin and end: `sections` + 1 positions from 0 to `length`. */
export function splitBounds(length: number, sections: number): number[] {
  if (!Number.isInteger(sections) || sections < 1) {
    throw new ValueError(
      `arraySplit: sections must be a whole number above 0, got ${describe(sections)}`,
    );
  }
  const size = Math.floor(length / sections);
  const longer = length % sections;
  return Array.from({ length: sections + 1 }, (_, i) => i * size + Math.min(i, longer));
}

function nearZeroToOne(x: number): number {
  return x < 10 * Number.EPSILON ? 1 : x;
}

/** out = each row of X - y, or / y. */
function withEachRow(
  operation: elementwise.Elementwise,
  { data, rows, cols }: Matrix,
  y: ArrayLike<number>,
  out: Float64Array,
): void {
  operation(rows, cols, data, cols, 1, y, 0, 1, out);
}

/** Subtracts the columns' means, in place, unless all are 0 up to 1e-8 (NumPy's `allclose`). */
function subtractMeans(X: Matrix): void {
  const mean = X.mean({ axis: 0 }).data;
  if (mean.every((m) => Math.abs(m) <= 1e-8)) return;
  withEachRow(elementwise.subtract, X, mean, X.data as Float64Array);
}
