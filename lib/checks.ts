/**
 * The checks that several of the library's functions make of what they are given. `name` is the function that a
 * message begins with.
 *
 * @module
 */

import { describe, ShapeError, ValueError } from "./errors.ts";

/** Whether x is a whole number above 0. */
export function isCount(x: unknown): x is number {
  return Number.isSafeInteger(x) && x as number >= 1;
}

/** Throws where more arguments came than there are. */
export function checkCount(name: string, count: number, most: number): void {
  if (count > most) {
    const expected = most === 0 ? "no argument" : `at most ${most} argument${most > 1 ? "s" : ""}`;
    throw new TypeError(`${name}: expected ${expected}, got ${count}`);
  }
}

/** Throws unless the options are left out, or an object with no others than those that are known. */
export function checkOptions(name: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  const kind = typeof options === "object" && options !== null ? options.constructor?.name : "";
  if (kind !== "Object" && kind !== undefined) { // which has a prototype of its own, or none
    throw new TypeError(
      `${name}: expected options { ${known.join(", ")} }, got ${describe(options)}`,
    );
  }
  for (const key of Object.keys(options as object)) {
    if (!known.includes(key)) {
      throw new ValueError(
        `${name}: there is no option ${describe(key)}; the options are ${known.join(", ")}`,
      );
    }
  }
}

/** Throws where an element is NaN or infinite. */
export function checkFinite(
  name: string,
  { data, cols }: { readonly data: Float64Array | Uint8Array; readonly cols: number },
): void {
  if (data instanceof Uint8Array) return;
  let sum = 0; // of zeros, and NaN where one of them is none
  for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
  if (sum !== 0) {
    const wrong = data.findIndex((x) => !Number.isFinite(x));
    throw new ValueError(
      `${name}: expected finite numbers, got ${data[wrong]} ` +
        `at [${Math.floor(wrong / cols)}, ${wrong % cols}]`,
    );
  }
}

/** Throws unless there is one label a row. */
export function checkLabelCount(
  name: string,
  { rows }: { readonly rows: number },
  y: ArrayLike<unknown>,
): void {
  if (y?.length !== rows) {
    const got = typeof y?.length === "number" ? String(y.length) : describe(y);
    throw new ShapeError(`${name}: ${rows} rows need as many labels, got ${got}`);
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
