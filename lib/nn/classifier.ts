/**
 * `NNClassifier`: the article's class. Training, prediction, scoring; the algorithm itself is in `network.ts`.
 *
 * @module
 */

import { checkCount, checkFinite, checkLabelCount, checkLabels } from "../checks.ts";
import { describe, NotFittedError, ShapeError, ValueError } from "../errors.ts";
import { softmax } from "../functions.ts";
import { withArena } from "../kernels/memory.ts";
import { checkMatrix, Matrix, type MatrixJSON } from "../matrix.ts";
import { RandomState } from "../random.ts";
import { divergence } from "./divergence.ts";
import { InputReader, type Inputs } from "./inputs.ts";
import { Minibatches } from "./minibatches.ts";
import { Network } from "./network.ts";
import {
  checkParams,
  checkSavedParams,
  checkThreads,
  type ComputeOptions,
  copyOf,
  type NNClassifierOptions,
  type NNClassifierParams,
  sizesOf,
} from "./options.ts";
import { predictOutputs } from "./prediction.ts";
import { makeBackend, singleThread } from "./threads.ts";
import { type Weights, Workspace } from "./workspace.ts";

/** One epoch of training: its number, from 1, and the mean error of its minibatches. */
export interface Epoch {
  /** Counted from 1. */
  epoch: number;
  /**
   * The mean of the minibatches' errors. The error of a minibatch is the article's: half the mean over the classes
   * of the cross-entropy, *summed* over the rows, plus the penalties. So it grows with the rows of a minibatch.
   */
  error: number;
}

/** What each layer computes for some rows: {@linkcode NNClassifier.forward}. */
export interface Activations {
  /** Each layer's net inputs, rows x units. The article's `net_hidden` and `net_out`, transposed. */
  net: Matrix[];
  /** Each layer's activations, rows x units. The article's `act_hidden` and `act_out`, transposed, without bias. */
  act: Matrix[];
}

/** A trained model as JSON holds it. */
export interface NNClassifierJSON {
  /** Tells the file from others. */
  format: "@scratch/nn NNClassifier";
  /** The version of this form. */
  version: 1;
  /** All options. */
  params: NNClassifierParams;
  /** Each layer's weights, units x (inputs + 1). */
  weights: MatrixJSON[];
  /** The weights that training starts from, where they are not those that the seed draws. */
  startWeights?: MatrixJSON[];
  /** Whether predictions can be made. */
  isFitted: boolean;
  /** The error of each epoch. */
  errors: number[];
}

const FORMAT = "@scratch/nn NNClassifier";

/**
 * A neural network that classifies: sigmoid units, trained by backpropagation in minibatches. Article: `NNClassifier`.
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
 */
export class NNClassifier {
  readonly #params: NNClassifierParams;
  /** Features, hidden units of each layer, classes. */
  readonly #sizes: readonly number[];
  /** Where training starts from, where that was put in place of what the seed draws. */
  #start: Weights | undefined;
  /** Where it is; drawn when they are first asked for. */
  #weights: Weights | undefined;
  /** The training that is under way: its weights are the model's. */
  #training: Workspace | undefined;
  #errors: number[] = [];
  #isFitted = false;

  /**
   * Checks the options. The first weights are drawn from the seed.
   *
   * @throws {ValueError} Where an option is not what it may be, or there is none of that name.
   */
  constructor(options: NNClassifierOptions) {
    checkCount("NNClassifier", arguments.length, 1);
    this.#params = checkParams("NNClassifier", options);
    this.#sizes = sizesOf(this.#params);
  }

  // --- training ----------------------------------------------------------------------------------

  /**
   * Trains for all epochs, from the first weights on: those drawn from the seed, or those put into `weights`. So the
   * same call gives the same model again, as in scikit-learn; the article's `fit` goes on from where it is, which
   * is {@linkcode NNClassifier.partialFit} here.
   *
   * @param X n x nFeatures, finite numbers or bytes.
   * @param y n labels from 0 to nClasses - 1.
   * @param options How many threads.
   * @throws {ShapeError} Where X has other columns than nFeatures, or no rows, or there are not as many labels.
   * @throws {ValueError} Where an element is not finite, a label is none of the classes, or an option is unknown.
   * @throws {DivergenceError} Where the error of an epoch is no longer a finite number.
   */
  fit(X: Matrix, y: ArrayLike<number>, options: ComputeOptions = {}): this {
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
    X: Matrix,
    y: ArrayLike<number>,
    options: ComputeOptions = {},
  ): Generator<Epoch, void, void> {
    checkCount("train", arguments.length, 3);
    return this.#train("train", X, y, options);
  }

  #train(
    name: string,
    X: Matrix,
    y: ArrayLike<number>,
    options: ComputeOptions,
  ): Generator<Epoch, void, void> {
    const threads = checkThreads(name, options);
    const { nBatches, epochs } = this.#params;
    const labels = this.#check(name, X, y);
    if (nBatches > X.rows) {
      throw new ValueError(
        `${name}: ${X.rows} rows cannot be cut into ${nBatches} minibatches; choose nBatches up to ${X.rows}`,
      );
    }
    const restart = () => this.#reset(this.#start);
    return this.#epochs(X, labels, { nBatches, epochs, threads }, restart);
  }

  /**
   * One more epoch from where the weights are, in `nBatches` minibatches or, of fewer rows, one a row.
   * scikit-learn: `partial_fit`.
   *
   * @throws As {@linkcode NNClassifier.fit}.
   */
  partialFit(X: Matrix, y: ArrayLike<number>, options: ComputeOptions = {}): this {
    checkCount("partialFit", arguments.length, 3);
    const threads = checkThreads("partialFit", options);
    const labels = this.#check("partialFit", X, y);
    const nBatches = Math.min(this.#params.nBatches, X.rows);
    for (const _ of this.#epochs(X, labels, { nBatches, epochs: 1, threads }));
    return this;
  }

  *#epochs(
    X: Matrix,
    labels: Int32Array,
    { nBatches, epochs, threads }: { nBatches: number; epochs: number; threads: number },
    restart?: () => void,
  ): Generator<Epoch, void, void> {
    restart?.();
    const { l1, l2, learningRate } = this.#params;
    const errors = this.#errors;
    const batches = new Minibatches(X, nBatches);
    const workspace = this.#workspace({ rows: batches.maxRows, updateThreads: threads });
    const network = new Network(workspace.layers, makeBackend(threads));
    this.#training = workspace;
    this.#weights = workspace.layers.map(({ w }) => w);
    try {
      for (let i = 0; i < epochs; i++) {
        let sum = 0;
        for (const { first, x } of batches) {
          network.forward(x);
          network.backward(labels, first);
          const penalty = network.update(l1, l2, learningRate);
          sum += network.error(labels, first, penalty);
        }
        const error = sum / nBatches;
        // a step that breaks the weights shows in the next epoch's error; after the last one, nothing else would tell
        const isLast = i === epochs - 1;
        if (!Number.isFinite(error) || (isLast && !workspace.isFinite)) {
          this.#isFitted = false;
          throw divergence(network, this.#params, { epoch: errors.length + 1, error });
        }
        this.#isFitted = true;
        errors.push(error);
        yield { epoch: errors.length, error };
        if (this.#training !== workspace) {
          throw new Error(
            "train: the model was trained anew, or its weights were set, while this training was under way",
          );
        }
      }
    } finally {
      if (this.#training === workspace) {
        if (!workspace.isFinite) this.#isFitted = false; // also where the caller broke off
        this.#weights = copies(workspace.layers.map(({ w }) => w));
        this.#training = undefined;
      }
      workspace.release();
      batches.release();
    }
  }

  // --- using -------------------------------------------------------------------------------------

  /**
   * The class of each row: that of the largest net output. Article: `predict`.
   *
   * @param X n x nFeatures.
   * @param options How many threads.
   * @returns n labels.
   * @throws {NotFittedError} Before `fit`.
   * @throws {ShapeError} Where X has other columns than nFeatures, or no rows.
   * @throws {ValueError} Where an element is not finite, or an option is unknown.
   */
  predict(X: Matrix, options: ComputeOptions = {}): Int32Array {
    checkCount("predict", arguments.length, 2);
    return this.#outputs("predict", X, "net", options).argmax({ axis: 1 });
  }

  /**
   * The probability of each class for each row: the softmax of the activations, n x nClasses. Article: `predict_proba`.
   *
   * The activations are between 0 and 1, so no class of ten can have more than e / (e + 9), 23.2 %.
   *
   * @throws As {@linkcode NNClassifier.predict}.
   */
  predictProba(X: Matrix, options: ComputeOptions = {}): Matrix {
    checkCount("predictProba", arguments.length, 2);
    return softmax(this.#outputs("predictProba", X, "act", options));
  }

  /**
   * The share of rows whose class is predicted right, 0 to 1. Article: `score`.
   *
   * @throws As {@linkcode NNClassifier.predict}, and where the labels do not fit.
   */
  score(X: Matrix, y: ArrayLike<number>, options: ComputeOptions = {}): number {
    checkCount("score", arguments.length, 3);
    checkMatrix("score", X);
    checkLabelCount("score", X, y);
    checkLabels("score", y, this.#params.nClasses);
    const outputs = this.#outputs("score", X, "net", options);
    const predicted = outputs.argmax({ axis: 1 });
    return predicted.reduce((right, label, i) => right + (label === y[i] ? 1 : 0), 0) / X.rows;
  }

  // --- looking inside ----------------------------------------------------------------------------

  /** The mean error of each epoch so far. Article: `error_`; scikit-learn: `loss_curve_`. */
  get errors(): number[] {
    return [...this.#errors];
  }

  /** A copy of each layer's weights, units x (inputs + 1), the biases first. Article: `w1`, `w2`. */
  get weights(): Matrix[] {
    return this.#articleForm(this.#currentWeights());
  }

  /**
   * Puts other weights in place of those that were drawn or learned. Training starts from them; predictions can be
   * made with them at once.
   *
   * @param weights One matrix a layer, units x (inputs + 1).
   * @throws {ShapeError} Where a matrix is missing, or its shape is not that of its layer.
   * @throws {ValueError} Where a weight is not finite.
   */
  set weights(weights: readonly Matrix[]) {
    this.#start = this.#checkWeights("weights", weights).map(featureMajor);
    this.#reset(this.#start);
    this.#isFitted = true;
  }

  /** All options, with their defaults. scikit-learn: `get_params`. */
  getParams(): NNClassifierParams {
    return copyOf(this.#params);
  }

  /**
   * What each layer computes for the rows of X. Article: `_forward`. It also works before training.
   *
   * @throws {ShapeError} Where X has other columns than nFeatures, or no rows.
   */
  forward(X: Matrix): Activations {
    checkCount("forward", arguments.length, 1);
    this.#checkX("forward", X);
    return this.#withNetwork(X, (network, x) => {
      network.forward(x);
      const matrix = (data: Float64Array, units: number) =>
        Matrix.fromArray(data.slice(0, X.rows * units), [X.rows, units]);
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
   * The gradients are not those of this error, as they are not in the article: see `network.ts`. They are those of the
   * full cross-entropy, summed over rows and classes, plus (l1 + l2) / 2 times the sum of squares without the biases.
   *
   * @returns `error`, and for each layer its gradient, units x (inputs + 1), as `weights` has them.
   * @throws As {@linkcode NNClassifier.fit}.
   */
  backpropStep(X: Matrix, y: ArrayLike<number>): { error: number; gradients: Matrix[] } {
    checkCount("backpropStep", arguments.length, 2);
    const labels = this.#check("backpropStep", X, y);
    const { l1, l2 } = this.#params;
    return this.#withNetwork(X, (network, x) => {
      network.forward(x);
      network.backward(labels, 0);
      const error = network.error(labels, 0, network.penalty(l1, l2));
      return { error, gradients: this.#articleForm(network.gradients(l1, l2)) };
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
  toJSON(): NNClassifierJSON {
    const matrices = (weights: readonly Matrix[]) => weights.map((w) => w.toJSON());
    return {
      format: FORMAT,
      version: 1,
      params: this.getParams(),
      weights: matrices(this.weights),
      ...(this.#start ? { startWeights: matrices(this.#articleForm(this.#start)) } : {}),
      isFitted: this.#isFitted,
      errors: this.errors,
    };
  }

  /**
   * The model that {@linkcode NNClassifier.toJSON} wrote: it predicts, and trains, as the original does.
   *
   * @throws {TypeError} Where that is no model, or a part of one is missing.
   * @throws {ShapeError} Where a layer's weights have another shape than the options say.
   * @throws {ValueError} Where an option is not what it may be, or a weight is not finite, as after a training that
   * diverged.
   */
  static fromJSON(json: NNClassifierJSON): NNClassifier {
    checkCount("NNClassifier.fromJSON", arguments.length, 1);
    const name = "NNClassifier.fromJSON";
    const { format, version, params, weights, startWeights, isFitted, errors } = json ?? {};
    if (format !== FORMAT || version !== 1) {
      const got = typeof json === "string"
        ? "a string: JSON.parse it first"
        : `format ${describe(format)}, version ${describe(version)}`;
      throw new TypeError(`${name}: expected a model as toJSON gives it, version 1, got ${got}`);
    }
    const has = {
      weights: Array.isArray(weights),
      isFitted: typeof isFitted === "boolean",
      errors: Array.isArray(errors) && errors.every((error) => Number.isFinite(error)),
    };
    const lacking = Object.entries(has).filter(([, isThere]) => !isThere).map(([part]) => part);
    if (lacking.length > 0) {
      throw new TypeError(`${name}: the model lacks its ${lacking.join(", ")}`);
    }
    const net = new NNClassifier(checkSavedParams(name, params));
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
    net.#weights = read("weights", weights);
    net.#isFitted = isFitted;
    net.#errors = [...errors];
    return net;
  }

  /** The layers, the options, and how far it is trained. */
  toString(): string {
    const { nFeatures: _, nHiddenUnits: __, nClasses: ___, ...options } = this.#params;
    const settings = Object.entries(options).map(([name, value]) => `${name}: ${value}`).join(", ");
    const state = this.#errors.length > 0
      ? `${this.#errors.length} epochs trained, error ${this.#errors.at(-1)!.toPrecision(5)}`
      : this.#isFitted
      ? "with weights of its own"
      : "not trained";
    return `NNClassifier(${this.#sizes.join(" -> ")}; ${settings}; ${state})`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  // --- inside ------------------------------------------------------------------------------------

  /** Forgets what was learned, and ends a training that is under way. */
  #reset(weights: Weights | undefined): void {
    this.#weights = weights && copies(weights);
    this.#training = undefined;
    this.#errors = [];
    this.#isFitted = false;
  }

  #currentWeights(): Weights {
    return this.#weights ??= this.#drawWeights();
  }

  /** Drawn uniformly from [-1, 1), layer after layer, in the article's order: units x (inputs + 1). */
  #drawWeights(): Weights {
    const rng = new RandomState(this.#params.randomSeed);
    return this.#sizes.slice(1).map((units, l) =>
      featureMajor(rng.uniform(-1, 1, [units, this.#sizes[l] + 1]))
    );
  }

  /** Copies of weights, or of gradients, units x (inputs + 1). */
  #articleForm(weights: Weights): Matrix[] {
    return weights.map((w, l) =>
      Matrix.fromArray(w.slice(), [this.#sizes[l] + 1, this.#sizes[l + 1]]).T
    );
  }

  #workspace(options: { rows: number; updateThreads?: number }): Workspace {
    return new Workspace(this.#sizes, this.#currentWeights(), options);
  }

  /** Hands all rows of X to a network with the same weights, for as long as `use` takes. */
  #withNetwork<T>(X: Matrix, use: (network: Network, x: Inputs) => T): T {
    const workspace = this.#workspace({ rows: X.rows, updateThreads: 1 });
    const reader = new InputReader(X, X.rows);
    try {
      const network = new Network(workspace.layers, singleThread());
      return withArena((arena) => use(network, reader.read(0, X.rows, arena)));
    } finally {
      workspace.release();
      reader.release();
    }
  }

  /** The output layer's net inputs or activations for the rows of X, n x nClasses. */
  #outputs(name: string, X: Matrix, which: "net" | "act", options: ComputeOptions): Matrix {
    const threads = checkThreads(name, options);
    if (!this.#isFitted) {
      throw new NotFittedError(`${name}: the model is not trained yet; call fit(X, y) first`);
    }
    this.#checkX(name, X);
    return predictOutputs(X, this.#sizes, this.#currentWeights(), which, threads);
  }

  // --- checks ------------------------------------------------------------------------------------

  #check(name: string, X: Matrix, y: ArrayLike<number>): Int32Array {
    this.#checkX(name, X);
    checkLabelCount(name, X, y);
    checkLabels(name, y, this.#params.nClasses);
    return Int32Array.from(y);
  }

  #checkX(name: string, X: Matrix): void {
    checkMatrix(name, X);
    const { nFeatures } = this.#params;
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

  #checkWeights(name: string, weights: readonly Matrix[]): readonly Matrix[] {
    const sizes = this.#sizes;
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

function copies(weights: Weights): Weights {
  return weights.map((w) => w.slice());
}

/** A copy of weights in the article's orientation, units x (inputs + 1), in the network's: (inputs + 1) x units. */
function featureMajor(w: Matrix): Float64Array {
  return Float64Array.from(w.T.data);
}
