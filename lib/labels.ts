/**
 * Labels of any kind: their classes in NumPy's order, and their numbers.
 *
 * @module
 */

import { checkCount } from "./checks.ts";
import { describe, describeSome, NotFittedError, ValueError } from "./errors.ts";

/** What a row can be labelled with: all labels of a data set are of one type. */
export type Label = string | number | boolean;

/** Labels as predictions have them: whole numbers in an `Int32Array`, others in a list. */
export type Labels<L extends Label> = [L] extends [number] ? Int32Array
  : [Extract<L, number>] extends [never] ? L[]
  : Int32Array | Exclude<L, number>[];

/**
 * The classes that occur, sorted as NumPy sorts: numbers by size, texts by their code points, false before true. NumPy:
 * `unique`.
 *
 * @throws {ValueError} Where a label is none, or they are of several types.
 */
export function classesOf<L extends Label>(name: string, y: ArrayLike<L>): L[] {
  const classes = [...new Set(Array.from(y))];
  const types = classes.map((label) => typeof label), [first] = types;
  classes.forEach((label, i) => {
    const isLabel = types[i] === "string" || types[i] === "boolean" || Number.isFinite(label);
    if (!isLabel) {
      throw new ValueError(
        `${name}: a label must be a text, a finite number or a boolean, got ${describe(label)}`,
      );
    }
    if (types[i] !== first) {
      throw new ValueError(
        `${name}: labels must be of one type, got ${describe(classes[0])} and ${describe(label)}`,
      );
    }
  });
  return classes.sort((a, b) =>
    typeof a === "string" ? byCodePoint(a, b as string) : Number(a) - Number(b)
  );
}

/** As NumPy and Python compare texts; JavaScript's own order is by halves of code points. */
function byCodePoint(a: string, b: string): number {
  const [as, bs] = [[...a], [...b]];
  const n = Math.min(as.length, bs.length);
  for (let i = 0; i < n; i++) {
    const difference = as[i].codePointAt(0)! - bs[i].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return as.length - bs.length;
}

/**
 * Numbers labels from 0 on, in the order of their classes, and gives them back. scikit-learn: `LabelEncoder`.
 *
 * @example
 * ```ts
 * import { LabelEncoder } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = new LabelEncoder<string>();
 * assertEquals(encoder.fitTransform(["virginica", "setosa", "virginica"]), Int32Array.of(1, 0, 1));
 * assertEquals(encoder.classes, ["setosa", "virginica"]);
 * assertEquals(encoder.inverseTransform([0]), ["setosa"]);
 * ```
 */
export class LabelEncoder<L extends Label = Label> {
  #numbers: Map<L, number> | undefined;

  /** The classes, sorted: their positions are their numbers. scikit-learn: `classes_`. */
  get classes(): L[] {
    return [...this.#fitted("classes").keys()];
  }

  /**
   * Learns the classes.
   *
   * @throws {ValueError} Where there is no label, one is none, or they are of several types.
   */
  fit(y: ArrayLike<L>): this {
    checkCount("fit", arguments.length, 1);
    if (y.length === 0) throw new ValueError("fit: expected one label or more, got none");
    this.#numbers = numbered(classesOf("fit", y));
    return this;
  }

  /**
   * The number of each label.
   *
   * @throws {NotFittedError} Before `fit`.
   * @throws {ValueError} Where a label is none of the classes.
   */
  transform(y: ArrayLike<L>): Int32Array {
    checkCount("transform", arguments.length, 1);
    return numbersOf("transform", y, this.#fitted("transform"));
  }

  /** `fit`, and then `transform`. */
  fitTransform(y: ArrayLike<L>): Int32Array {
    checkCount("fitTransform", arguments.length, 1);
    return this.fit(y).transform(y);
  }

  /**
   * The label of each number.
   *
   * @throws {NotFittedError} Before `fit`.
   * @throws {ValueError} Where a number is none of a class.
   */
  inverseTransform(numbers: ArrayLike<number>): L[] {
    checkCount("inverseTransform", arguments.length, 1);
    const classes = [...this.#fitted("inverseTransform").keys()];
    return Array.from(numbers, (number) => {
      if (!Number.isInteger(number) || number < 0 || number >= classes.length) {
        throw new ValueError(
          `inverseTransform: expected a number from 0 to ${classes.length - 1}, got ${
            describe(number)
          }`,
        );
      }
      return classes[number];
    });
  }

  #fitted(name: string): Map<L, number> {
    if (!this.#numbers) {
      throw new NotFittedError(`${name}: the labels are not known yet; call fit first`);
    }
    return this.#numbers;
  }
}

/** The number of each class: its position. */
export function numbered<L extends Label>(classes: readonly L[]): Map<L, number> {
  return new Map(classes.map((label, i) => [label, i]));
}

/** The number of each label. Throws where one is none of the classes; `name` is what its message begins with. */
export function numbersOf<L extends Label>(
  name: string,
  y: ArrayLike<L>,
  numbers: ReadonlyMap<L, number>,
): Int32Array {
  return Int32Array.from(y, (label) => {
    const number = numbers.get(label);
    if (number === undefined) {
      throw new ValueError(
        `${name}: ${describe(label)} is none of the classes ${describeSome([...numbers.keys()])}`,
      );
    }
    return number;
  });
}
