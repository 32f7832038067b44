/**
 * The functions of a neural network: the sigmoid, the softmax, the error and its penalties (the article's
 * `math_utils`).
 *
 * @module
 */

import { checkCount } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import { map } from "./kernels/reductions.ts";
import { sigmoid as sigmoidOf } from "./kernels/elementary.ts";
import { newFloat64 } from "./kernels/memory.ts";
import { checkMatrix, Matrix } from "./matrix.ts";

/**
 * The sigmoid 1 / (1 + e^-x) of a number, or of each element of a list or a matrix. Article: `sigmoid`;
 * SciPy: `expit`.
 *
 * It takes no heed of more arguments, as `Math.exp`: so `list.map(sigmoid)` works.
 *
 * @throws {TypeError} Where x is none of the three.
 *
 * @example
 * ```ts
 * import { Matrix, sigmoid } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sigmoid(0), 0.5);
 * assertEquals(sigmoid(Matrix.from([[-1000, 0, 1000]])).toArray(), [[0, 0.5, 1]]);
 * ```
 */
export function sigmoid(x: number): number;
/** Of each element of a list. */
export function sigmoid(x: Float64Array): Float64Array;
/** Of each element of a matrix. */
export function sigmoid(x: Matrix): Matrix;
/** Any of the three forms. */
export function sigmoid(x: number | Float64Array | Matrix): number | Float64Array | Matrix {
  return sigmoidOfAny("sigmoid", x);
}

/**
 * The derivative of the sigmoid at x: s(x) (1 - s(x)), at most 1/4. Article: `sigmoid_prime`.
 *
 * It takes the net input x, not the activation s(x).
 *
 * @throws {TypeError} Where x is none of the three.
 *
 * @example
 * ```ts
 * import { sigmoidPrime } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sigmoidPrime(0), 0.25);
 * ```
 */
export function sigmoidPrime(x: number): number;
/** At each element of a list. */
export function sigmoidPrime(x: Float64Array): Float64Array;
/** At each element of a matrix. */
export function sigmoidPrime(x: Matrix): Matrix;
/** Any of the three forms. */
export function sigmoidPrime(x: number | Float64Array | Matrix): number | Float64Array | Matrix {
  const s = sigmoidOfAny("sigmoidPrime", x);
  if (typeof s === "number") return s * (1 - s);
  const data = s instanceof Matrix ? s.data : s; // nobody else's: changed in place
  for (let i = 0; i < data.length; i++) data[i] *= 1 - data[i];
  return s;
}

/**
 * The softmax of each row: e^z divided by the row's sum of e^z, so that a row sums to 1. Article: `softmax`.
 *
 * The row's largest element is subtracted first, which changes nothing but that e^z cannot overflow.
 *
 * @throws {ShapeError} Where there are no columns.
 *
 * @example The article's row
 * ```ts
 * import { Matrix, softmax } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const p = softmax(Matrix.from([[2, 4, 6, 8]]));
 * assertEquals(String(p), "[[0.00214401 0.0158422  0.11705891 0.86495488]]");
 * ```
 */
export function softmax(z: Matrix): Matrix {
  checkCount("softmax", arguments.length, 1);
  checkMatrix("softmax", z);
  if (z.cols === 0) {
    throw new ShapeError(`softmax: the matrix of shape (${z.rows}, 0) has no columns`);
  }
  const e = z.subtract(z.max({ axis: 1 })).exp();
  return e.divide(e.sum({ axis: 1 }));
}

/**
 * The cross-entropy of each row, minus the sum of y log(output), as a column. Article: `cross_entropy`.
 *
 * It is the article's: without the half (1 - y) log(1 - output). A zero in y adds 0, whatever the output.
 *
 * @param output Probabilities, n x classes.
 * @param y What they should be, n x classes.
 * @returns n x 1
 * @throws {ShapeError} Where the shapes differ.
 *
 * @example
 * ```ts
 * import { crossEntropy, Matrix } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const output = Matrix.from([[0.25, 0.75], [1, 0]]);
 * const y = Matrix.from([[0, 1], [1, 0]]);
 * assertEquals(String(crossEntropy(output, y)), "[[0.28768207]\n [0.        ]]");
 * ```
 */
export function crossEntropy(output: Matrix, y: Matrix): Matrix {
  checkCount("crossEntropy", arguments.length, 2);
  checkMatrix("crossEntropy", output);
  checkMatrix("crossEntropy", y);
  if (output.rows !== y.rows || output.cols !== y.cols) {
    throw new ShapeError(
      `crossEntropy: shapes (${output.shape.join(", ")}) and (${y.shape.join(", ")}) differ`,
    );
  }
  const { rows, cols } = y;
  const logs = output.log().data;
  const out = newFloat64(rows);
  for (let i = 0, n = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++, n++) if (y.data[n] !== 0) sum += logs[n] * y.data[n];
    out[i] = 0 - sum;
  }
  return Matrix.fromArray(out, [rows, 1]);
}

/**
 * lambda / 2 times the sum of |w| over all weights. Article: `L1_reg`, which counts the bias weights.
 *
 * The order is that of the training error: each row, a unit's weights, from left to right, then the rows' sums.
 *
 * @throws {ValueError} Where lambda is negative or not finite.
 *
 * @example
 * ```ts
 * import { l1Penalty, Matrix } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(l1Penalty(0.5, Matrix.from([[3, -1], [2, -2]])), 2);
 * ```
 */
export function l1Penalty(lambda: number, ...weights: Matrix[]): number {
  return penalty("l1Penalty", lambda, weights, (w) => w.abs());
}

/**
 * lambda / 2 times the sum of w^2 over all weights but the first column, which holds the biases. Article: `L2_reg`.
 *
 * @throws {ValueError} Where lambda is negative or not finite.
 *
 * @example
 * ```ts
 * import { l2Penalty, Matrix } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(l2Penalty(0.5, Matrix.from([[3, -1], [2, -2]])), 1.25);
 * ```
 */
export function l2Penalty(lambda: number, ...weights: Matrix[]): number {
  return penalty("l2Penalty", lambda, weights, (w) => w.map((x, _, j) => j === 0 ? 0 : x * x));
}

/**
 * The most probable class of each row, the position of its largest element (maximum likelihood). Article: `mle`.
 *
 * @throws {ShapeError} Where there are rows and no columns.
 *
 * @example
 * ```ts
 * import { Matrix, mle } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mle(Matrix.from([[0.1, 0.9], [0.8, 0.2]])), Int32Array.of(1, 0));
 * ```
 */
export function mle(probabilities: Matrix): Int32Array {
  checkCount("mle", arguments.length, 1);
  checkMatrix("mle", probabilities);
  return probabilities.argmax({ axis: 1 });
}

function sigmoidOfAny(
  name: string,
  x: number | Float64Array | Matrix,
): number | Float64Array | Matrix {
  if (typeof x === "number") return sigmoidOf(x);
  if (!(x instanceof Float64Array)) checkMatrix(name, x);
  const data = x instanceof Float64Array ? x : x.data;
  const out = newFloat64(data.length);
  map("sigmoid", data, out);
  return x instanceof Float64Array ? out : Matrix.fromArray(out, x.shape);
}

function penalty(
  name: string,
  lambda: number,
  weights: readonly Matrix[],
  terms: (w: Matrix) => Matrix,
): number {
  if (!(lambda >= 0 && lambda < Infinity)) {
    throw new ValueError(
      `${name}: lambda must be finite and not negative, got ${describe(lambda)}`,
    );
  }
  let sum = 0;
  for (const w of weights) {
    checkMatrix(name, w);
    sum += terms(w).sum({ axis: 1 }).sum();
  }
  return lambda === 0 ? 0 : lambda / 2 * sum; // not 0 times infinity
}
