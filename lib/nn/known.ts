/**
 * What a model knows of its data: how many features there are, and which classes. Options say it, or `fit` learns it.
 *
 * @module
 */

import { checkFinite, checkLabelCount, checkLabels } from "../checks.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { classesOf, type Label, type Labels, numbered, numbersOf } from "../labels.ts";
import { checkMatrix } from "../matrix.ts";
import { matrixOf, type Rows } from "./inputs.ts";
import {
  checkClasses,
  checkSizes,
  type KnownParams,
  type NNClassifierParams,
  sizesOf,
} from "./options.ts";

/** The data of a model, as far as the model has to know it. */
export class Known<L extends Label> {
  /** The options, with what is known in place of what they leave open. */
  readonly params: KnownParams;
  /** Features, hidden units of each layer, classes. */
  readonly sizes: readonly number[];
  /** The classes and their numbers; nothing where they are the numbers themselves. */
  readonly #numbers: ReadonlyMap<L, number> | undefined;

  /** `classes`: the labels, or how many there are from 0 on. Throws where the network would be too large. */
  constructor(
    name: string,
    params: NNClassifierParams<L>,
    nFeatures: number,
    classes: readonly L[] | number,
  ) {
    const nClasses = typeof classes === "number" ? classes : classes.length;
    this.params = { ...params, nFeatures, nClasses };
    checkSizes(name, this.params);
    this.sizes = sizesOf(this.params);
    const isNamed = typeof classes !== "number" && classes.some((label, i) => label !== i);
    this.#numbers = isNamed ? numbered(classes) : undefined;
  }

  /** The classes, in the order of their numbers. */
  get classes(): L[] {
    if (this.#numbers) return [...this.#numbers.keys()];
    return Array.from({ length: this.params.nClasses }, (_, i) => i as L);
  }

  /** The number of each label. */
  encode(name: string, X: Rows, y: ArrayLike<L>): Int32Array {
    checkLabelCount(name, matrixOf(X), y);
    if (this.#numbers) return numbersOf(name, y, this.#numbers);
    checkLabels(name, y as ArrayLike<number>, this.params.nClasses);
    return Int32Array.from(y as ArrayLike<number>);
  }

  /** The label of each number. */
  decode(numbers: Int32Array): Labels<L> {
    if (!this.#numbers) return numbers as Labels<L>;
    const { classes } = this;
    const label = (number: number) => classes[number];
    const areNumbers = typeof classes[0] === "number";
    return (areNumbers
      ? numbers.map(label as (number: number) => number)
      : Array.from(numbers, label)) as Labels<L>;
  }

  /** Throws unless the rows have the features, and finite numbers. */
  checkX(name: string, rows: Rows): void {
    const X = matrixOf(rows), { nFeatures } = this.params;
    checkMatrix(name, X);
    if (X.cols !== nFeatures) {
      throw new ShapeError(
        `${name}: X of shape (${
          X.shape.join(", ")
        }) should have ${nFeatures} columns, as nFeatures says`,
      );
    }
    if (X.rows === 0) throw new ShapeError(`${name}: X has no rows`);
    checkFinite(name, X);
  }
}

/** What the options alone say; nothing where they leave something open. */
export function knownFrom<L extends Label>(
  name: string,
  params: NNClassifierParams<L>,
): Known<L> | undefined {
  const { nFeatures, nClasses, classes } = params, said = classes ?? nClasses;
  return nFeatures !== null && said !== null ? new Known(name, params, nFeatures, said) : undefined;
}

/** What a training on X and y would know: of what the options leave open it learns the rest. */
export function learn<L extends Label>(
  name: string,
  params: NNClassifierParams<L>,
  X: Rows,
  y: ArrayLike<L>,
): Known<L> {
  const matrix = matrixOf(X), { nFeatures, nClasses, classes } = params;
  checkMatrix(name, matrix);
  checkLabelCount(name, matrix, y);
  const said = classes ?? nClasses ?? classesOf(name, y);
  if (typeof said !== "number" && said !== classes) {
    checkClasses(name, said);
    if (said.length < 2) {
      throw new ValueError(`${name}: y has one class, ${said[0]}; a classifier needs two or more`);
    }
  }
  return new Known(name, params, nFeatures ?? matrix.cols, said);
}
