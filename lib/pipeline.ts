/**
 * A scaler and a classifier as one model, in front of them what reads a table if there is one: what is learned of the
 * training data serves new data. scikit-learn: `Pipeline`.
 *
 * @module
 */

import { checkCount } from "./checks.ts";
import { checkChecksums, type Checksums, withChecksums } from "./checksums.ts";
import { describe, DivergenceError, ShapeError } from "./errors.ts";
import type { Label, Labels } from "./labels.ts";
import type { Matrix } from "./matrix.ts";
import { NNClassifier, type NNClassifierJSON } from "./nn/classifier.ts";
import type { TrainOptions } from "./nn/options.ts";
import type { ComputeOptions } from "./nn/threads.ts";
import type { Epoch } from "./nn/training.ts";
import { ScaledRows, Scaler, scalerFromJSON, type ScalerJSON } from "./scalers.ts";
import { type Table, TableVectorizer, type TableVectorizerJSON } from "./table.ts";

/** How a pipeline is trained: {@linkcode TrainOptions}, with rows that are not scaled yet. */
export interface PipelineTrainOptions<L extends Label = number>
  extends Omit<TrainOptions<L>, "validation"> {
  /** Rows and labels to be judged by after each epoch. */
  validation?: readonly [X: Matrix | Table, y: ArrayLike<L>];
}

/** A pipeline as JSON holds it. */
export interface PipelineJSON<L extends Label = number> {
  /** Tells the file from others. */
  format: "@scratch/nn Pipeline";
  /** The version of this form. */
  version: 1 | 2 | 3;
  /** The scaler, then the classifier; before them the vectorizer, where it takes tables. */
  steps:
    | [ScalerJSON, NNClassifierJSON<L>]
    | [TableVectorizerJSON, ScalerJSON, NNClassifierJSON<L>];
  /** The SHA-256 of each part; before version 3 there is none. */
  sha256?: Checksums;
}

/** The steps of a {@linkcode Pipeline}. */
export type PipelineSteps<L extends Label = number> =
  | readonly [scaler: Scaler, classifier: NNClassifier<L>]
  | readonly [vectorizer: TableVectorizer, scaler: Scaler, classifier: NNClassifier<L>];

const FORMAT = "@scratch/nn Pipeline";

/**
 * A scaler, and a classifier of what it gives: one model, which takes data as it is. The data is scaled minibatch by
 * minibatch, never all at once. With a {@linkcode TableVectorizer} in front it takes tables in place of matrices.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier, Pipeline, RECOMMENDED, StandardScaler } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[1900, 0.1], [1910, 0.3], [1950, 0.2], [1990, 0.4]]), y = [0, 0, 1, 1];
 * const model = new Pipeline([new StandardScaler(), new NNClassifier(RECOMMENDED)]).fit(X, y);
 * const copy = Pipeline.fromJSON(JSON.parse(JSON.stringify(model)));
 * assertEquals(copy.predict(Matrix.from([[1905, 0.2], [1970, 0.2]])), Int32Array.of(0, 1));
 * ```
 *
 * @example A table
 * ```ts
 * import { NNClassifier, Pipeline, RECOMMENDED, StandardScaler, TableVectorizer } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const table = [{ age: 3, sex: "male" }, { age: 8, sex: "female" }, { age: 50, sex: "male" }];
 * const model = new Pipeline([
 *   new TableVectorizer(),
 *   new StandardScaler(),
 *   new NNClassifier<string>(RECOMMENDED),
 * ]);
 * model.fit(table, ["child", "child", "adult"]);
 * assertEquals(model.predict([{ sex: "male", age: 44 }]), ["adult"]);
 * ```
 */
export class Pipeline<L extends Label = number> {
  /** What reads the table, where there is one. */
  readonly vectorizer: TableVectorizer | undefined;
  /** The scaler. */
  readonly scaler: Scaler;
  /** The classifier, with its options, errors and weights. */
  readonly classifier: NNClassifier<L>;

  /**
   * Of these two or three steps. They may be fitted already.
   *
   * @throws {TypeError} Where they are not a scaler and a classifier, or a vectorizer and these.
   * @throws {ShapeError} Where the scaler has learned from other columns than the classifier takes.
   */
  constructor(steps: PipelineSteps<L>) {
    checkCount("Pipeline", arguments.length, 1);
    const list: readonly unknown[] = Array.isArray(steps) ? steps : [];
    const [vectorizer, scaler, classifier] = list.length === 2 ? [undefined, ...list] : list;
    if (
      list.length > 3 || !(vectorizer === undefined || vectorizer instanceof TableVectorizer) ||
      !(scaler instanceof Scaler) || !(classifier instanceof NNClassifier)
    ) {
      throw new TypeError(
        "Pipeline: expected [a StandardScaler or MinMaxScaler, an NNClassifier], perhaps with a TableVectorizer " +
          `before them, got ${describe(steps)}`,
      );
    }
    const { nFeatures } = scaler, needed = classifier.nFeatures;
    if (nFeatures !== undefined && needed !== undefined && nFeatures !== needed) {
      throw new ShapeError(
        `Pipeline: the scaler has learned from ${nFeatures} columns, the classifier takes ${needed}`,
      );
    }
    this.vectorizer = vectorizer;
    this.scaler = scaler;
    this.classifier = classifier;
  }

  /**
   * Fits the vectorizer, if there is one, and the scaler, then trains the classifier. Where the data is refused, all stay as
   * they were.
   *
   * @throws As {@linkcode TableVectorizer.fit} and {@linkcode NNClassifier.fit}.
   */
  fit(X: Matrix | Table, y: ArrayLike<L>, options: PipelineTrainOptions<L> = {}): this {
    checkCount("fit", arguments.length, 3);
    const [front, rows, rowOptions] = this.#fitted("fit", X, options);
    try {
      this.classifier.fit(rows, y, rowOptions);
    } catch (error) {
      if (error instanceof DivergenceError) this.#adopt(front); // the data was not refused
      throw error;
    }
    this.#adopt(front);
    return this;
  }

  /**
   * {@linkcode Pipeline.fit} one epoch at a time. Data is checked at once; the model is what it was until the first epoch
   * is asked for.
   *
   * @throws As {@linkcode NNClassifier.train}.
   */
  train(
    X: Matrix | Table,
    y: ArrayLike<L>,
    options: PipelineTrainOptions<L> = {},
  ): Generator<Epoch, void, void> {
    checkCount("train", arguments.length, 3);
    const [front, rows, rowOptions] = this.#fitted("train", X, options);
    return this.#trainAnew(front, this.classifier.train(rows, y, rowOptions));
  }

  *#trainAnew(front: Front, epochs: Generator<Epoch, void, void>): Generator<Epoch, void, void> {
    this.#adopt(front); // with the first epoch that is asked for
    yield* epochs;
  }

  /** Steps like this one's, fitted to X; X as they give it, and the options. This one's are left alone. */
  #fitted(
    name: string,
    X: Matrix | Table,
    options: PipelineTrainOptions<L>,
  ): [front: Front, rows: ScaledRows, options: TrainOptions<L>] {
    const vectorizer = this.vectorizer?.clone().fit(X as Table);
    const matrix = vectorizer ? vectorizer.matrixOf(name, X as Table) : X as Matrix;
    const front = { vectorizer, scaler: this.scaler.clone().fit(matrix) };
    return [front, new ScaledRows(matrix, front.scaler), scaledOptions(name, options, front)];
  }

  #adopt({ vectorizer, scaler }: Front): void {
    if (vectorizer) this.vectorizer?.adopt(vectorizer);
    this.scaler.adopt(scaler);
  }

  /**
   * One more epoch. The other steps stay as they were fitted: by `fit`, by `train`, or by themselves.
   *
   * @throws As {@linkcode NNClassifier.partialFit}; {@linkcode NotFittedError} where the other steps are not fitted.
   */
  partialFit(
    X: Matrix | Table,
    y: ArrayLike<L>,
    options: Omit<PipelineTrainOptions<L>, "patience" | "resume"> = {},
  ): this {
    checkCount("partialFit", arguments.length, 3);
    const name = "partialFit", rows = scaledBy(this, name, X);
    this.classifier.partialFit(rows, y, scaledOptions(name, options, this));
    return this;
  }

  /** {@linkcode NNClassifier.predict}. */
  predict(X: Matrix | Table, options: ComputeOptions = {}): Labels<L> {
    checkCount("predict", arguments.length, 2);
    return this.classifier.predict(scaledBy(this, "predict", X), options);
  }

  /** {@linkcode NNClassifier.predictProba}. */
  predictProba(X: Matrix | Table, options: ComputeOptions = {}): Matrix {
    checkCount("predictProba", arguments.length, 2);
    return this.classifier.predictProba(scaledBy(this, "predictProba", X), options);
  }

  /** {@linkcode NNClassifier.score}. */
  score(X: Matrix | Table, y: ArrayLike<L>, options: ComputeOptions = {}): number {
    checkCount("score", arguments.length, 3);
    return this.classifier.score(scaledBy(this, "score", X), y, options);
  }

  /** The classes, in the order of their probabilities: {@linkcode NNClassifier.classes}. */
  get classes(): L[] {
    return this.classifier.classes;
  }

  /** The classifier's errors: of each epoch so far. */
  get errors(): number[] {
    return this.classifier.errors;
  }

  /** The whole model, as `JSON.stringify` writes it. */
  toJSON(): PipelineJSON<L> {
    const scaler = this.scaler.toJSON(), classifier = this.classifier.toJSON();
    return withChecksums<PipelineJSON<L>>({
      ...{ format: FORMAT, version: 3 },
      steps: this.vectorizer
        ? [this.vectorizer.toJSON(), scaler, classifier]
        : [scaler, classifier],
    });
  }

  /**
   * The model that {@linkcode Pipeline.toJSON} wrote. Whoever calls it knows the type L of its labels; `Label` is any.
   *
   * @throws As the steps' own `fromJSON`, and as the constructor.
   */
  static fromJSON<L extends Label = number>(json: PipelineJSON<L>): Pipeline<L> {
    checkCount("Pipeline.fromJSON", arguments.length, 1);
    const { format, version, steps } = json ?? {};
    const isPipeline = format === FORMAT && [1, 2, 3].includes(version) &&
      Array.isArray(steps) && (steps.length === 2 || steps.length === 3);
    if (!isPipeline) {
      const got = typeof json === "string"
        ? "a string: JSON.parse it first"
        : `format ${describe(format)}, version ${describe(version)}`;
      throw new TypeError(
        `Pipeline.fromJSON: expected a model as toJSON gives it, version 1 to 3, got ${got}`,
      );
    }
    checkChecksums("Pipeline.fromJSON", json, version > 2);
    const [vectorizer, scalerJSON, classifier] = steps.length === 3 ? steps : [undefined, ...steps];
    const scaler = scalerFromJSON(scalerJSON);
    const net = NNClassifier.fromJSON<L>(classifier);
    return new Pipeline(
      vectorizer ? [TableVectorizer.fromJSON(vectorizer), scaler, net] : [scaler, net],
    );
  }

  /** The steps. */
  toString(): string {
    const front = this.vectorizer ? `${this.vectorizer}, ` : "";
    return `Pipeline(${front}${this.scaler}, ${this.classifier})`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The classifier of a model. For the library's own use. */
export function classifierOf<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
): NNClassifier<L> {
  return model instanceof Pipeline ? model.classifier : model;
}

/** The steps in front of the classifier. */
type Front = Pick<Pipeline, "vectorizer" | "scaler">;

/** The rows as the classifier gets them. `name` is what a message begins with. */
function scaledBy({ vectorizer, scaler }: Front, name: string, X: Matrix | Table): ScaledRows {
  const matrix = vectorizer ? vectorizer.matrixOf(name, X as Table) : X as Matrix;
  scaler.scalingFor(name, matrix);
  return new ScaledRows(matrix, scaler);
}

/** The options with validation rows as the classifier gets them. What is wrong with them the classifier says. */
function scaledOptions<L extends Label>(
  name: string,
  options: PipelineTrainOptions<L>,
  front: Front,
): TrainOptions<L> {
  const validation = options?.validation;
  if (!Array.isArray(validation) || validation.length !== 2) return options as TrainOptions<L>;
  return {
    ...options,
    validation: [scaledBy(front, `${name}: validation`, validation[0]), validation[1]],
  };
}
