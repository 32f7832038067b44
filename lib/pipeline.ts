/**
 * A scaler and a classifier as one model: what is learned of the training data serves new data. scikit-learn: `Pipeline`.
 *
 * @module
 */

import { checkCount } from "./checks.ts";
import { describe, DivergenceError, ShapeError } from "./errors.ts";
import type { Matrix } from "./matrix.ts";
import { NNClassifier, type NNClassifierJSON } from "./nn/classifier.ts";
import type { TrainOptions } from "./nn/options.ts";
import type { ComputeOptions } from "./nn/threads.ts";
import type { Epoch } from "./nn/training.ts";
import { MinMaxScaler, ScaledRows, Scaler, type ScalerJSON, StandardScaler } from "./scalers.ts";

/** How a pipeline is trained: {@linkcode TrainOptions}, with rows that are not scaled yet. */
export interface PipelineTrainOptions extends Omit<TrainOptions, "validation"> {
  /** Rows and labels to be judged by after each epoch. */
  validation?: readonly [X: Matrix, y: ArrayLike<number>];
}

/** A pipeline as JSON holds it. */
export interface PipelineJSON {
  /** Tells the file from others. */
  format: "@scratch/nn Pipeline";
  /** The version of this form. */
  version: 1;
  /** The scaler, then the classifier. */
  steps: [ScalerJSON, NNClassifierJSON];
}

const FORMAT = "@scratch/nn Pipeline";

/**
 * A scaler, and a classifier of what it gives: one model, which takes data as it is. The data is scaled minibatch by
 * minibatch, never all at once.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier, Pipeline, RECOMMENDED, StandardScaler } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[1900, 0.1], [1910, 0.3], [1950, 0.2], [1990, 0.4]]), y = [0, 0, 1, 1];
 * const net = new NNClassifier({ ...RECOMMENDED, nFeatures: 2, nClasses: 2 });
 * const model = new Pipeline([new StandardScaler(), net]).fit(X, y);
 * const copy = Pipeline.fromJSON(JSON.parse(JSON.stringify(model)));
 * assertEquals(copy.predict(Matrix.from([[1905, 0.2], [1970, 0.2]])), Int32Array.of(0, 1));
 * ```
 */
export class Pipeline {
  /** The scaler. */
  readonly scaler: Scaler;
  /** The classifier, with its options, errors and weights. */
  readonly classifier: NNClassifier;

  /**
   * Of these two steps. They may be fitted already.
   *
   * @throws {TypeError} Where they are not a scaler and a classifier.
   * @throws {ShapeError} Where the scaler has learned from other columns than the classifier takes.
   */
  constructor(steps: readonly [scaler: Scaler, classifier: NNClassifier]) {
    checkCount("Pipeline", arguments.length, 1);
    const [scaler, classifier] = Array.isArray(steps) && steps.length === 2 ? steps : [];
    if (!(scaler instanceof Scaler) || !(classifier instanceof NNClassifier)) {
      throw new TypeError(
        `Pipeline: expected [a StandardScaler or MinMaxScaler, an NNClassifier], got ${
          describe(steps)
        }`,
      );
    }
    const { nFeatures } = scaler, needed = classifier.getParams().nFeatures;
    if (nFeatures !== undefined && nFeatures !== needed) {
      throw new ShapeError(
        `Pipeline: the scaler has learned from ${nFeatures} columns, the classifier takes ${needed}`,
      );
    }
    this.scaler = scaler;
    this.classifier = classifier;
  }

  /**
   * Fits the scaler, then trains the classifier. Where the data is refused, both stay as they were.
   *
   * @throws As {@linkcode NNClassifier.fit}.
   */
  fit(X: Matrix, y: ArrayLike<number>, options: PipelineTrainOptions = {}): this {
    checkCount("fit", arguments.length, 3);
    const [scaler, rows, rowOptions] = this.#fitted("fit", X, options);
    try {
      this.classifier.fit(rows, y, rowOptions);
    } catch (error) {
      if (error instanceof DivergenceError) this.scaler.adopt(scaler); // the data was not refused
      throw error;
    }
    this.scaler.adopt(scaler);
    return this;
  }

  /**
   * {@linkcode Pipeline.fit} one epoch at a time. Data is checked at once; the model is what it was until the first epoch
   * is asked for.
   *
   * @throws As {@linkcode NNClassifier.train}.
   */
  train(
    X: Matrix,
    y: ArrayLike<number>,
    options: PipelineTrainOptions = {},
  ): Generator<Epoch, void, void> {
    checkCount("train", arguments.length, 3);
    const [scaler, rows, rowOptions] = this.#fitted("train", X, options);
    const epochs = this.classifier.train(rows, y, rowOptions), own = this.scaler;
    return (function* () {
      own.adopt(scaler);
      yield* epochs;
    })();
  }

  /** A scaler like this one's, fitted to X; X scaled by it, and the options. This one's is left alone. */
  #fitted(
    name: string,
    X: Matrix,
    options: PipelineTrainOptions,
  ): [scaler: Scaler, rows: ScaledRows, options: TrainOptions] {
    const scaler = this.scaler.clone().fit(X);
    return [scaler, new ScaledRows(X, scaler), scaledOptions(name, options, scaler)];
  }

  /**
   * One more epoch. The scaler stays as it was fitted: by `fit`, by `train`, or by itself.
   *
   * @throws As {@linkcode NNClassifier.partialFit}; {@linkcode NotFittedError} where the scaler is not fitted.
   */
  partialFit(
    X: Matrix,
    y: ArrayLike<number>,
    options: Omit<PipelineTrainOptions, "patience"> = {},
  ): this {
    checkCount("partialFit", arguments.length, 3);
    const name = "partialFit", rows = this.#scaled(name, X);
    this.classifier.partialFit(rows, y, scaledOptions(name, options, this.scaler));
    return this;
  }

  /** {@linkcode NNClassifier.predict}. */
  predict(X: Matrix, options: ComputeOptions = {}): Int32Array {
    checkCount("predict", arguments.length, 2);
    return this.classifier.predict(this.#scaled("predict", X), options);
  }

  /** {@linkcode NNClassifier.predictProba}. */
  predictProba(X: Matrix, options: ComputeOptions = {}): Matrix {
    checkCount("predictProba", arguments.length, 2);
    return this.classifier.predictProba(this.#scaled("predictProba", X), options);
  }

  /** {@linkcode NNClassifier.score}. */
  score(X: Matrix, y: ArrayLike<number>, options: ComputeOptions = {}): number {
    checkCount("score", arguments.length, 3);
    return this.classifier.score(this.#scaled("score", X), y, options);
  }

  /** The classifier's errors: of each epoch so far. */
  get errors(): number[] {
    return this.classifier.errors;
  }

  /** The whole model, as `JSON.stringify` writes it. */
  toJSON(): PipelineJSON {
    return { format: FORMAT, version: 1, steps: [this.scaler.toJSON(), this.classifier.toJSON()] };
  }

  /**
   * The model that {@linkcode Pipeline.toJSON} wrote.
   *
   * @throws As the steps' own `fromJSON`, and as the constructor.
   */
  static fromJSON(json: PipelineJSON): Pipeline {
    checkCount("Pipeline.fromJSON", arguments.length, 1);
    const { format, version, steps } = json ?? {};
    if (format !== FORMAT || version !== 1 || !Array.isArray(steps) || steps.length !== 2) {
      const got = typeof json === "string"
        ? "a string: JSON.parse it first"
        : `format ${describe(format)}, version ${describe(version)}`;
      throw new TypeError(
        `Pipeline.fromJSON: expected a model as toJSON gives it, version 1, got ${got}`,
      );
    }
    const [scaler, classifier] = steps;
    const isStandard = scaler?.format === "@scratch/nn StandardScaler";
    return new Pipeline([
      isStandard ? StandardScaler.fromJSON(scaler) : MinMaxScaler.fromJSON(scaler),
      NNClassifier.fromJSON(classifier),
    ]);
  }

  /** The two steps. */
  toString(): string {
    return `Pipeline(${this.scaler}, ${this.classifier})`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #scaled(name: string, X: Matrix): ScaledRows {
    this.scaler.scalingFor(name, X); // with the name of what was called in its messages
    return new ScaledRows(X, this.scaler);
  }
}

/** The options with validation rows that are scaled too. What is wrong with them the classifier says. */
function scaledOptions(name: string, options: PipelineTrainOptions, scaler: Scaler): TrainOptions {
  const validation = options?.validation;
  if (!Array.isArray(validation) || validation.length !== 2) return options;
  scaler.scalingFor(`${name}: validation`, validation[0]);
  return { ...options, validation: [new ScaledRows(validation[0], scaler), validation[1]] };
}
