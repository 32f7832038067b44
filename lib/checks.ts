/**
 * The checks that several of the library's functions make of what they are given. `name` is the function that a
 * message begins with.
 *
 * @module
 */

import { describe, ShapeError, ValueError } from "./errors.ts";
import { Matrix } from "./matrix.ts";

/** Throws where the options are no object, or have a name that is not known. */
export function checkOptions(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${name}: expected options { ${known.join(", ")} }, got ${describe(options)}`,
    );
  }
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) {
      throw new ValueError(
        `${name}: there is no option ${describe(option)}; the options are ${known.join(", ")}`,
      );
    }
  }
}

/** Throws unless x is a matrix. */
export function checkMatrix(name: string, x: unknown): asserts x is Matrix {
  if (!(x instanceof Matrix)) throw new TypeError(`${name}: expected a Matrix, got ${describe(x)}`);
}

/** Throws where an element is NaN or infinite. */
export function checkFinite(name: string, X: Matrix): void {
  if (X.dtype === "uint8") return;
  const { data } = X;
  let sum = 0; // of zeros, and NaN where one of them is none
  for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
  if (sum !== 0) {
    const wrong = data.findIndex((x) => !Number.isFinite(x));
    throw new ValueError(
      `${name}: expected finite numbers, got ${X.data[wrong]} ` +
        `at [${Math.floor(wrong / X.cols)}, ${wrong % X.cols}]`,
    );
  }
}

/** Throws unless there is one label a row. */
export function checkLabelCount(name: string, X: Matrix, y: ArrayLike<number>): void {
  if (y?.length !== X.rows) {
    const got = typeof y?.length === "number" ? String(y.length) : describe(y);
    throw new ShapeError(`${name}: ${X.rows} rows need as many labels, got ${got}`);
  }
}

/** Throws unless every label is a whole number from 0 to nClasses - 1. */
export function checkLabels(name: string, y: ArrayLike<number>, nClasses: number): void {
  if (typeof y?.length !== "number") {
    throw new TypeError(`${name}: expected a list of labels, got ${describe(y)}`);
  }
  for (let i = 0; i < y.length; i++) {
    if (!Number.isInteger(y[i]) || y[i] < 0 || y[i] >= nClasses) {
      throw new ValueError(
        `${name}: a label must be a whole number from 0 to ${nClasses - 1}, got ${
          describe(y[i])
        } at position ${i}`,
      );
    }
  }
}
