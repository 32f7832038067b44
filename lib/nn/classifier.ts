/**
 * `NNClassifier`: the article's class. Training, prediction, scoring; the algorithm itself is in `network.ts`.
 *
 * @module
 */

import { checkCount, checkFinite } from "../checks.ts";
import { checkChecksums, type Checksums, withChecksums } from "../checksums.ts";
import { describe, NotFittedError, ShapeError, ValueError } from "../errors.ts";
import { softmax } from "../functions.ts";
import { withArena } from "../kernels/memory.ts";
import type { Label, Labels } from "../labels.ts";
import { checkMatrix, Matrix, type MatrixJSON } from "../matrix.ts";
import { InputReader, type Inputs, matrixOf, type Rows } from "./inputs.ts";
import { Known, knownFrom, learn } from "./known.ts";
import { Network } from "./network.ts";
import {
  architectureOf,
  checkParams,
  checkPatience,
  checkSavedParams,
  copyOf,
  type NNClassifierOptions,
  type NNClassifierParams,
  objectiveOf,
  type TrainOptions,
} from "./options.ts";
import { countRight, type Outputs, predictOutputs } from "./prediction.ts";
import { checkThreads, type ComputeOptions, singleThread } from "./threads.ts";
import {
  type Epoch,
  type Learned,
  takeBack,
  trainedAnew,
  trainEpochs,
  type TrainingJob,
  type TrainingState,
  type Validation,
  velocityOf,
} from "./training.ts";
import { drawWeights } from "./weights.ts";
import { copies, type Weights, Workspace } from "./workspace.ts";

/** What each layer computes for some rows: {@linkcode NNClassifier.forward}. */
export interface Activations {
  /** Each layer's net inputs, rows x units. The article's `net_hidden` and `net_out`, transposed. */
  net: Matrix[];
  /** Each layer's activations, rows x units. The article's `act_hidden` and `act_out`, transposed, without bias. */
  act: Matrix[];
}

/** A trained model as JSON holds it. */
export interface NNClassifierJSON<L extends Label = number> {
  /** Tells the file from others. */
  format: "@scratch/nn NNClassifier";
  /** The version of this form. */
  version: 1 | 2 | 3 | 4;
  /** All options. Before version 3 there are no `classes`. */
  params: NNClassifierParams<L>;
  /** How many features there are, where the options leave it open and a training has learned it. */
  nFeatures?: number;
  /** The classes, in the same case. */
  classes?: L[];
  /** Each layer's weights, units x (inputs + 1); none where it is not known yet how many. */
  weights: MatrixJSON[];
  /** What the last step moved the weights by, where a training with momentum is not at its end. */
  velocity?: MatrixJSON[];
  /** The weights that training starts from, where they are not those that the seed draws. */
  startWeights?: MatrixJSON[];
  /** Whether predictions can be made. */
  isFitted: boolean;
  /** The error of each epoch. */
  errors: number[];
  /** The validation of each epoch that had one; an infinite error, which JSON lacks, is null. */
  validation?: { error: number | null; accuracy: number }[];
  /** The epoch that the weights are of, where patience chose it. */
  bestEpoch?: number;
  /** The best epoch so far, and its weights, of a training with patience that is not at its end. */
  best?: {
    epoch: number;
    validation: { error: number | null; accuracy: number };
    weights: MatrixJSON[];
  };
  /** The SHA-256 of each part; before version 4 there is none. */
  sha256?: Checksums;
}

const FORMAT = "@scratch/nn NNClassifier";

/**
 * A neural network that classifies, trained by backpropagation in minibatches. Article: `NNClassifier`. Its defaults are
 * the article's: sigmoid units, one hidden layer. {@linkcode RECOMMENDED} has those for other data.
 *
 * Its weights can be read and set: `net.weights`, a matrix for each layer. How many features there are, and which
 * classes, it learns from the data where the options do not say it. L is the type of the labels.
 *
 * The names are scikit-learn's. The same options and data give the same weights, bit for bit, on every machine.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]);
 * const y = [0, 1, 1, 0]; // XOR
 *
 * const net = new NNClassifier({ nFeatures: 2, nClasses: 2, nHiddenUnits: 3, learningRate: 1 });
 * net.fit(X, y);
 * assertEquals(net.predict(X), Int32Array.of(0, 1, 1, 0));
 * ```
 *
 * @example Labels of any kind
 * ```ts
 * import { Matrix, NNClassifier, RECOMMENDED } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const net = new NNClassifier<string>(RECOMMENDED);
 * net.fit(Matrix.from([[0.1], [0.2], [0.8], [0.9]]), ["low", "low", "high", "high"]);
 * assertEquals(net.predict(Matrix.from([[0], [1]])), ["low", "high"]);
 * assertEquals(net.classes, ["high", "low"]); // the columns of predictProba
 * ```
 */
export class NNClassifier<L extends Label = number> {
  readonly #params: NNClassifierParams<L>;
  /** What it knows of its data; nothing before a training where the options leave something open. */
  #known: Known<L> | undefined;
  /** Where training starts from, where that was put in place of what the seed draws. */
  #start: Weights | undefined;
  /** Where it is; made when it is first asked for. */
  #state: TrainingState | undefined;

  /**
   * Checks the options. The first weights are drawn from the seed.
   *
   * @throws {ValueError} Where an option is not what it may be, or there is none of that name.
   */
  constructor(options: NNClassifierOptions<NoInfer<L>> = {}) {
    checkCount("NNClassifier", arguments.length, 1);
    this.#params = checkParams("NNClassifier", options);
    this.#known = knownFrom("NNClassifier", this.#params);
  }

  // --- training ----------------------------------------------------------------------------------

  /**
   * Trains for all epochs, from the first weights on: those drawn from the seed, or those put into `weights`. So the
   * same call gives the same model again, as in scikit-learn; the article's `fit` goes on from where it is, which
   * is {@linkcode NNClassifier.partialFit} here.
   *
   * @param X n x nFeatures, finite numbers or bytes.
   * @param y n labels.
   * @param options How many threads, rows to be validated by, and the patience with them.
   * @throws {ShapeError} Where X has other columns than nFeatures, or no rows, or there are not as many labels.
   * @throws {ValueError} Where an element is not finite, a label is none of the classes, or an option is unknown.
   * @throws {DivergenceError} Where the error of an epoch is no longer a finite number.
   *
   * @example Stop where other rows are no longer predicted better, and keep the best weights
   * ```ts
   * import { Matrix, NNClassifier, RECOMMENDED } from "@scratch/nn";
   * import { assert } from "@std/assert";
   *
   * const X = Matrix.from([[0], [1], [2], [3]]), y = [0, 0, 1, 1];
   * const validation = [Matrix.from([[0.5], [2.5]]), [0, 1]] as const;
   * const net = new NNClassifier({ ...RECOMMENDED, nFeatures: 1, nClasses: 2 });
   * net.fit(X, y, { validation, patience: 10 });
   * assert(net.validation[net.bestEpoch! - 1].accuracy === 1);
   * ```
   */
  fit(X: Rows, y: ArrayLike<L>, options: TrainOptions<L> = {}): this {
    checkCount("fit", arguments.length, 3);
    for (const _ of this.#train("fit", X, y, options));
    return this;
  }

  /**
   * {@linkcode NNClassifier.fit} as a generator, one epoch at a time: progress, early stopping, checkpoints and plots
   * are loops around it. What was learned so far can be used at any time. Data is checked at once; training starts
   * with the first epoch that is asked for.
   *
   * @throws As {@linkcode NNClassifier.fit}; and an `Error` where the model was trained, or its weights were set, between
   * two epochs.
   *
   * @example Stop early
   * ```ts
   * import { Matrix, NNClassifier } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const X = Matrix.from([[0], [1]]), y = [0, 1];
   * const net = new NNClassifier({ nFeatures: 1, nClasses: 2, learningRate: 1 });
   * for (const { epoch, error } of net.train(X, y)) {
   *   if (error < 0.1) break;
   *   if (epoch === 100) break;
   * }
   * assertEquals(net.score(X, y), 1);
   * ```
   */
  train(
    X: Rows,
    y: ArrayLike<L>,
    options: TrainOptions<L> = {},
  ): Generator<Epoch, void, void> {
    checkCount("train", arguments.length, 3);
    return this.#train("train", X, y, options);
  }

  #train(
    name: string,
    X: Rows,
    y: ArrayLike<L>,
    options: TrainOptions<L>,
  ): Generator<Epoch, void, void> {
    const { resume = false } = options ?? {};
    if (typeof resume !== "boolean") {
      throw new ValueError(`${name}: resume must be true or false, got ${describe(resume)}`);
    }
    const isKnown = this.#start || (resume && this.#known); // then their sizes are
    const known = isKnown ? this.#known! : learn(name, this.#params, X, y);
    const job = this.#job(name, known, X, y, options, this.#params.epochs);
    if (resume && this.#current.best && job.patience === Infinity) {
      throw new ValueError(
        `${name}: the training began with patience: say it, and validation, again`,
      );
    }
    const { rows } = matrixOf(X), { nBatches } = job.cut;
    if (nBatches > rows) {
      throw new ValueError(
        `${name}: ${rows} rows cannot be cut into ${nBatches} minibatches; choose nBatches up to ${rows}`,
      );
    }
    return this.#trainFrom(
      resume && this.#known ? this.#state : undefined,
      known,
      this.#start,
      job,
    );
  }

  /** From this state on, or anew. */
  *#trainFrom(
    state: TrainingState | undefined,
    known: Known<L>,
    start: Weights | undefined,
    job: TrainingJob,
  ): Generator<Epoch, void, void> {
    if (this.#start !== start || (state && this.#state !== state)) throw trainedAnew(); // of other sizes, perhaps
    this.#known = known;
    if (!state) this.#reset(start); // with the first epoch that is asked for
    const { bestEpoch, errors } = this.#current;
    if (bestEpoch !== undefined) return; // patience has chosen: there is nothing to go on with
    yield* trainEpochs(this.#current, { ...job, epochs: job.epochs - errors.length });
  }

  /**
   * One more epoch from where the training is, in `nBatches` minibatches or, of fewer rows, one a row. scikit-learn:
   * `partial_fit`. As many calls as `epochs` give the bits of one `fit`: schedule, momentum and the orders of the rows go
   * on. X may be another one each time; so the classes must be known: by an option, or from `fit`.
   *
   * @throws As {@linkcode NNClassifier.fit}; and a {@linkcode ValueError} where the schedule has come to its end.
   */
  partialFit(
    X: Rows,
    y: ArrayLike<L>,
    options: Omit<TrainOptions<L>, "patience" | "resume"> = {},
  ): this {
    checkCount("partialFit", arguments.length, 3);
    const { nClasses, classes } = this.#params;
    if (!this.#known && (classes ?? nClasses) === null) {
      throw new ValueError(
        "partialFit: y may not have all classes; name them in the options: classes, or nClasses",
      );
    }
    const known = this.#known ?? learn("partialFit", this.#params, X, y);
    const { cut, ...job } = this.#job("partialFit", known, X, y, options, 1);
    const { epochs, schedule } = this.#params;
    if (schedule !== "constant" && this.#current.errors.length >= epochs) {
      throw new ValueError(
        `partialFit: after ${epochs} epochs the ${schedule} schedule has come to its end; ` +
          'choose more epochs, or put its weights into a new network with schedule: "constant"',
      );
    }
    if (!this.#known) {
      this.#known = known;
      this.#reset(undefined);
    }
    this.#current.bestEpoch = undefined; // the weights will be of another epoch
    const nBatches = Math.min(cut.nBatches, matrixOf(X).rows);
    for (const _ of trainEpochs(this.#current, { ...job, cut: { ...cut, nBatches } }));
    return this;
  }

  /** Checks what a training is given. */
  #job(
    name: string,
    known: Known<L>,
    X: Rows,
    y: ArrayLike<L>,
    options: TrainOptions<L>,
    epochs: number,
  ): TrainingJob {
    const others = name === "partialFit" ? ["validation"] : ["validation", "patience", "resume"];
    const threads = checkThreads(name, options, others);
    const patience = checkPatience(name, options);
    const labels = check(name, known, X, y);
    const { validation: held } = options;
    if (held !== undefined && !(Array.isArray(held) && held.length === 2)) {
      throw new TypeError(`${name}: validation must be [X, y], got ${describe(held)}`);
    }
    const validation = held && {
      X: held[0],
      labels: check(`${name}: validation`, known, held[0], held[1]),
    };
    const { nBatches, batchSize } = this.#params, cut = { nBatches, batchSize };
    return { params: known.params, X, labels, validation, patience, cut, epochs, threads };
  }

  // --- using -------------------------------------------------------------------------------------

  /**
   * The class of each row: that of the largest net output. Article: `predict`.
   *
   * @param X n x nFeatures.
   * @param options How many threads.
   * @returns n labels: an `Int32Array` of numbers, or a list of others.
   * @throws {NotFittedError} Before `fit`.
   * @throws {ShapeError} Where X has other columns than nFeatures, or no rows.
   * @throws {ValueError} Where an element is not finite, or an option is unknown.
   */
  predict(X: Rows, options: ComputeOptions = {}): Labels<L> {
    checkCount("predict", arguments.length, 2);
    const { net } = this.#outputs("predict", X, options);
    return this.#known!.decode(net.argmax({ axis: 1 }));
  }

  /**
   * The probability of each class for each row, n x nClasses, in the order of `classes`. Article: `predict_proba`.
   *
   * With `output: "softmax"` these are the network's outputs. With sigmoids they are the article's: the softmax of the
   * activations. Those are between 0 and 1, so no class of ten can have more than e / (e + 9), 23.2 %.
   *
   * @throws As {@linkcode NNClassifier.predict}.
   */
  predictProba(X: Rows, options: ComputeOptions = {}): Matrix {
    checkCount("predictProba", arguments.length, 2);
    const { act } = this.#outputs("predictProba", X, options);
    return this.#params.output === "softmax" ? act : softmax(act);
  }

  /**
   * The share of rows whose class is predicted right, 0 to 1. Article: `score`.
   *
   * @throws As {@linkcode NNClassifier.predict}, and where the labels do not fit.
   */
  score(X: Rows, y: ArrayLike<L>, options: ComputeOptions = {}): number {
    checkCount("score", arguments.length, 3);
    const matrix = matrixOf(X);
    checkMatrix("score", matrix);
    const labels = this.#knowing("score").encode("score", X, y);
    return countRight(this.#outputs("score", X, options).net, labels) / matrix.rows;
  }

  // --- looking inside ----------------------------------------------------------------------------

  /** How many features it takes; undefined where that is not known before `fit`. scikit-learn: `n_features_in_`. */
  get nFeatures(): number | undefined {
    return this.#known?.params.nFeatures ?? this.#params.nFeatures ?? undefined;
  }

  /**
   * The classes, in the order of their probabilities. scikit-learn: `classes_`.
   *
   * @throws {NotFittedError} Where they are not known before `fit`.
   */
  get classes(): L[] {
    return this.#knowing("classes").classes;
  }

  /** The mean error of each epoch so far. Article: `error_`; scikit-learn: `loss_curve_`. */
  get errors(): number[] {
    return [...this.#current.errors];
  }

  /** How the validation rows were predicted after each epoch that had some. scikit-learn: `validation_scores_`. */
  get validation(): Validation[] {
    return this.#current.validation.map((epoch) => ({ ...epoch }));
  }

  /** The epoch that the weights are of, counted from 1, where `patience` chose it. */
  get bestEpoch(): number | undefined {
    return this.#current.bestEpoch;
  }

  /**
   * A copy of each layer's weights, units x (inputs + 1), the biases first. Article: `w1`, `w2`.
   *
   * @throws {NotFittedError} Where it is not known before `fit` how many there are.
   */
  get weights(): Matrix[] {
    this.#knowing("weights");
    return this.#articleForm(this.#current.weights);
  }

  /**
   * Puts other weights in place of those that were drawn or learned. Training starts from them; predictions can be
   * made with them at once.
   *
   * @param weights One matrix a layer, units x (inputs + 1).
   * @throws {ShapeError} Where a matrix is missing, or its shape is not that of its layer.
   * @throws {ValueError} Where a weight is not finite.
   * @throws {NotFittedError} Where it is not known before `fit` how many there are.
   */
  set weights(weights: readonly Matrix[]) {
    this.#start = this.#checkWeights("weights", weights).map(featureMajor);
    this.#reset(this.#start);
    this.#current.isFitted = true;
  }

  /** All options, with their defaults. scikit-learn: `get_params`. */
  getParams(): NNClassifierParams<L> {
    return copyOf(this.#params);
  }

  /**
   * What each layer computes for the rows of X. Article: `_forward`. It also works before training.
   *
   * @throws {ShapeError} Where X has other columns than nFeatures, or no rows.
   */
  forward(X: Rows): Activations {
    checkCount("forward", arguments.length, 1);
    this.#knowing("forward").checkX("forward", X);
    return this.#withNetwork(X, (network, x) => {
      network.forward(x);
      const matrix = (data: Float64Array, units: number) =>
        Matrix.fromArray(data.slice(0, x.rows * units), [x.rows, units]);
      return {
        net: network.layers.map(({ net, units }) => matrix(net, units)),
        act: network.layers.map(({ act, units }) => matrix(act, units)),
      };
    });
  }

  /**
   * The error of these rows and the gradients that a step would descend, without taking it. Article:
   * `_backprop_step`.
   *
   * With the article's options the gradients are not those of this error, as they are not in the article: see
   * `network.ts`. They are those of the full cross-entropy, summed over rows and classes, plus (l1 + l2) / 2 times the sum
   * of squares without the biases. With `output: "softmax"` and `penalty: "exact"` they are those of this error.
   *
   * @returns `error`, and for each layer its gradient, units x (inputs + 1), as `weights` has them.
   * @throws As {@linkcode NNClassifier.fit}.
   */
  backpropStep(X: Rows, y: ArrayLike<L>): { error: number; gradients: Matrix[] } {
    checkCount("backpropStep", arguments.length, 2);
    const labels = check("backpropStep", this.#knowing("backpropStep"), X, y);
    return this.#withNetwork(X, (network, x) => {
      network.forward(x);
      network.backward(labels, 0);
      const error = network.error(labels, 0, network.minibatchPenalty()) + network.epochPenalty();
      return { error, gradients: this.#articleForm(network.gradients()) };
    });
  }

  /**
   * The model, trained or not, as `JSON.stringify` writes it. {@linkcode NNClassifier.fromJSON} gives it back, bit for
   * bit.
   *
   * @example
   * ```ts
   * import { Matrix, NNClassifier } from "@scratch/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const X = Matrix.from([[0], [1]]);
   * const net = new NNClassifier({ nFeatures: 1, nClasses: 2, epochs: 3 }).fit(X, [0, 1]);
   * const copy = NNClassifier.fromJSON(JSON.parse(JSON.stringify(net)));
   * assertEquals(copy.predictProba(X), net.predictProba(X));
   * ```
   */
  toJSON(): NNClassifierJSON<L> {
    const matrices = (weights: readonly Matrix[]) => weights.map((w) => w.toJSON());
    const isOpen = !knownFrom("toJSON", this.#params), known = this.#known;
    const { validation, bestEpoch, best, isFitted } = this.#current;
    const velocity = velocityOf(this.#current);
    return withChecksums<NNClassifierJSON<L>>({
      format: FORMAT,
      version: 4,
      params: this.getParams(),
      ...(isOpen && known && { nFeatures: known.params.nFeatures, classes: known.classes }),
      weights: known ? matrices(this.weights) : [],
      ...(velocity && { velocity: matrices(this.#articleForm(velocity)) }),
      ...(this.#start && { startWeights: matrices(this.#articleForm(this.#start)) }),
      isFitted,
      errors: this.errors,
      ...(validation.length > 0 && { validation: validation.map(withoutInfinity) }),
      ...(bestEpoch !== undefined && { bestEpoch }),
      ...(best && {
        best: {
          epoch: best.epoch,
          validation: withoutInfinity(best.validation),
          weights: matrices(this.#articleForm(best.weights)),
        },
      }),
    });
  }

  /**
   * The model that {@linkcode NNClassifier.toJSON} wrote: it predicts, and trains, as the original does. Whoever calls it
   * knows the type L of its labels; `Label` is any.
   *
   * @throws {TypeError} Where that is no model, or a part of one is missing or damaged: its SHA-256 says so.
   * @throws {ShapeError} Where a layer's weights have another shape than the options say.
   * @throws {ValueError} Where an option is not what it may be, or a weight is not finite, as after a training that
   * diverged.
   */
  static fromJSON<L extends Label = number>(json: NNClassifierJSON<L>): NNClassifier<L> {
    checkCount("NNClassifier.fromJSON", arguments.length, 1);
    const name = "NNClassifier.fromJSON";
    const { format, version, params, weights, startWeights, velocity, isFitted, errors } = json ??
      {};
    if (format !== FORMAT || ![1, 2, 3, 4].includes(version)) {
      const got = typeof json === "string"
        ? "a string: JSON.parse it first"
        : `format ${describe(format)}, version ${describe(version)}`;
      throw new TypeError(
        `${name}: expected a model as toJSON gives it, version 1 to 4, got ${got}`,
      );
    }
    checkChecksums(name, json, version > 3);
    const { validation = [], bestEpoch, best, nFeatures, classes } = json;
    const has = {
      weights: Array.isArray(weights),
      isFitted: typeof isFitted === "boolean",
      errors: Array.isArray(errors) && errors.every((error) => Number.isFinite(error)),
      validation: Array.isArray(validation) && validation.length <= (errors?.length ?? 0) &&
        Array.from(validation).every(isValidation),
      bestEpoch: bestEpoch === undefined ||
        (Number.isSafeInteger(bestEpoch) && bestEpoch > 0 && bestEpoch <= errors?.length),
      best: best === undefined ||
        (Number.isSafeInteger(best?.epoch) && best.epoch > 0 && best.epoch <= errors?.length &&
          isValidation(best.validation)),
    };
    const lacking = Object.entries(has).filter(([, isThere]) => !isThere).map(([part]) => part);
    if (lacking.length > 0) {
      throw new TypeError(`${name}: the model lacks its ${lacking.join(", ")}`);
    }
    const net = new NNClassifier<L>(checkSavedParams(name, params, version));
    if (!net.#known) { // what the options leave open
      const said = net.#params, isOpen = said.classes === null && said.nClasses === null;
      const learned = { nFeatures: said.nFeatures ?? nFeatures, ...(isOpen && { classes }) };
      net.#known = knownFrom(name, checkParams(name, { ...said, ...learned }));
    }
    if (!net.#known) {
      if (isFitted || weights.length > 0) {
        throw new TypeError(`${name}: the model lacks its nFeatures, classes`);
      }
      return net;
    }
    const read = (part: string, list: readonly MatrixJSON[]) => {
      if (!Array.isArray(list)) {
        throw new TypeError(
          `${name}: expected a list of matrices for ${part}, got ${describe(list)}`,
        );
      }
      return net.#checkWeights(`${name}: ${part}`, list.map((w) => Matrix.fromJSON(w))).map(
        featureMajor,
      );
    };
    if (startWeights !== undefined) net.#start = read("startWeights", startWeights);
    net.#state = {
      weights: read("weights", weights),
      velocity: velocity === undefined ? undefined : read("velocity", velocity),
      errors: [...errors],
      validation: validation.map(withInfinity),
      best: best && {
        epoch: best.epoch,
        validation: withInfinity(best.validation),
        weights: read("best", best.weights),
      },
      ...{ bestEpoch, isFitted, workspace: undefined, before: undefined },
    };
    return net;
  }

  /** The layers, the options, and how far it is trained. */
  toString(): string {
    const { l1, l2, epochs, learningRate, nBatches, randomSeed, ...others } = this.#params;
    const { nFeatures, nHiddenUnits, nClasses, classes, ...given } = others;
    const plain = checkParams("NNClassifier", { nHiddenUnits });
    const sizes = this.#known?.sizes ??
      [nFeatures ?? "?", nHiddenUnits, classes?.length ?? nClasses ?? "?"].flat();
    const changed = Object.entries(given) // from the article's
      .filter(([name, value]) => value !== plain[name as keyof NNClassifierParams])
      .filter(([name]) => name !== "activation" || sizes.length > 2); // of hidden units
    const settings = Object.entries({ l1, l2, epochs, learningRate, nBatches, randomSeed })
      .filter(([name]) => name !== "nBatches" || given.batchSize === null)
      .concat(changed as [string, number][])
      .map(([name, value]) => `${name}: ${value}`).join(", ");
    const { errors, isFitted } = this.#current;
    const state = errors.length > 0
      ? `${errors.length} epochs trained, error ${errors.at(-1)!.toPrecision(5)}`
      : isFitted
      ? "with weights of its own"
      : "not trained";
    return `NNClassifier(${sizes.join(" -> ")}; ${settings}; ${state})`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  // --- for the library's own use: a training in another thread (train_async.ts) --------------------

  /** The weights that training starts from, where they are not those that the seed draws. */
  get startWeights(): Matrix[] | undefined {
    return this.#start && this.#articleForm(this.#start);
  }

  /** What was learned so far. */
  get learned(): Learned {
    const { weights, bestEpoch, isFitted } = this.#current;
    return { weights: copies(weights), velocity: velocityOf(this.#current), bestEpoch, isFitted };
  }

  /**
   * Forgets what was learned, and takes over what a copy of this model learns elsewhere from data of these features and
   * classes: the function that it returns is told of each epoch, and of the end. That one throws where this model was
   * trained anew, or its weights were set, meanwhile.
   */
  follow(
    nFeatures: number,
    classes: readonly L[],
  ): (learned: Learned, epoch?: Epoch) => void {
    this.#known = new Known("train", this.#params, nFeatures, classes);
    this.#reset([]); // the weights come with the first call
    const state = this.#state!;
    let epochs = 0;
    return (learned, epoch) => {
      if (this.#state !== state || state.errors.length !== epochs) throw trainedAnew();
      Object.assign(state, learned);
      if (!epoch) return;
      epochs = state.errors.push(epoch.error);
      if (epoch.validation) state.validation.push({ ...epoch.validation });
    };
  }

  // --- inside ------------------------------------------------------------------------------------

  /** Forgets what was learned, and ends a training that is under way. */
  #reset(weights: Weights | undefined): void {
    if (this.#state) this.#state.workspace = undefined;
    this.#state = newState(weights ? copies(weights) : this.#drawWeights());
  }

  /** What it knows of its data. Throws before that is known; `name` is what the message begins with. */
  #knowing(name: string): Known<L> {
    if (this.#known) return this.#known;
    throw new NotFittedError(
      `${name}: the model does not know its features and classes yet; call fit(X, y) first`,
    );
  }

  get #current(): TrainingState {
    const state = this.#state ??= newState(this.#drawWeights());
    takeBack(state); // an epoch that never ended
    return state;
  }

  /** None where it is not known how many. */
  #drawWeights(): Weights {
    const { initialWeights, randomSeed } = this.#params;
    return this.#known
      ? drawWeights(this.#known.sizes, initialWeights, randomSeed).map(featureMajor)
      : [];
  }

  /** Copies of weights, or of gradients, units x (inputs + 1). */
  #articleForm(weights: Weights): Matrix[] {
    const { sizes } = this.#known!;
    return weights.map((w, l) => Matrix.fromArray(w.slice(), [sizes[l] + 1, sizes[l + 1]]).T);
  }

  /** Hands all rows of X to a network with the same weights, for as long as `use` takes. */
  #withNetwork<T>(X: Rows, use: (network: Network, x: Inputs) => T): T {
    const { rows } = matrixOf(X), { params } = this.#known!, architecture = architectureOf(params);
    const options = { rows, updateThreads: 1 };
    const workspace = new Workspace(architecture, this.#current.weights, options);
    let reader: InputReader | undefined;
    try {
      reader = new InputReader(X, rows);
      const network = new Network(workspace.layers, objectiveOf(params), singleThread());
      return withArena((arena) => use(network, reader!.read(0, rows, arena)));
    } finally {
      workspace.release();
      reader?.release();
    }
  }

  /** The output layer's net inputs and activations for the rows of X, n x nClasses. */
  #outputs(name: string, X: Rows, options: ComputeOptions): Outputs {
    const threads = checkThreads(name, options);
    const { isFitted, weights } = this.#current;
    if (!isFitted) {
      throw new NotFittedError(`${name}: the model is not trained yet; call fit(X, y) first`);
    }
    const known = this.#known!;
    known.checkX(name, X);
    return predictOutputs(X, architectureOf(known.params), weights, threads);
  }

  // --- checks ------------------------------------------------------------------------------------

  #checkWeights(name: string, weights: readonly Matrix[]): readonly Matrix[] {
    const { sizes } = this.#knowing(name);
    if (!Array.isArray(weights) || weights.length !== sizes.length - 1) {
      throw new ShapeError(
        `${name}: ${sizes.length - 1} layers need as many matrices, got ${weights?.length}`,
      );
    }
    weights.forEach((w, l) => {
      const rows = sizes[l + 1], cols = sizes[l] + 1;
      checkMatrix(name, w);
      if (w.rows !== rows || w.cols !== cols) {
        throw new ShapeError(
          `${name}: layer ${l + 1} needs shape (${rows}, ${cols}), got (${w.shape.join(", ")})`,
        );
      }
      checkFinite(name, w);
    });
    return weights;
  }
}

/** The numbers of the labels of rows that can be learned from. */
function check<L extends Label>(
  name: string,
  known: Known<L>,
  X: Rows,
  y: ArrayLike<L>,
): Int32Array {
  known.checkX(name, X);
  return known.encode(name, X, y);
}

/** As JSON can hold it. */
function withoutInfinity(
  { error, accuracy }: Validation,
): { error: number | null; accuracy: number } {
  return { error: Number.isFinite(error) ? error : null, accuracy };
}

function withInfinity(
  { error, accuracy }: { error: number | null; accuracy: number },
): Validation {
  return { error: error ?? Infinity, accuracy };
}

/** Whether JSON can have that for a validation. */
function isValidation(v: { error: number | null; accuracy: number } | undefined): boolean {
  return (v?.error === null || Number.isFinite(v?.error)) && v!.accuracy >= 0 && v!.accuracy <= 1;
}

/** A model that has learned nothing yet. */
function newState(weights: Weights): TrainingState {
  return {
    ...{ weights, velocity: undefined, errors: [], validation: [], bestEpoch: undefined },
    ...{ best: undefined, isFitted: false, workspace: undefined, before: undefined },
  };
}

/** A copy of weights in the article's orientation, units x (inputs + 1), in the network's: (inputs + 1) x units. */
function featureMajor(w: Matrix): Float64Array {
  return Float64Array.from(w.T.data);
}
