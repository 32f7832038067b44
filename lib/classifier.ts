/**
 * `NNClassifier`: the article's class. Options, training, prediction, scoring; the algorithm itself is in `network.ts`.
 *
 * @module
 */

import { checkFinite, checkLabelCount, checkLabels, checkMatrix } from "./checks.ts";
import { describe, DivergenceError, NotFittedError, ShapeError, ValueError } from "./errors.ts";
import { softmax } from "./functions.ts";
import { alone, InputReader, type Inputs } from "./inputs.ts";
import { inRoom } from "./kernels/memory.ts";
import { Matrix, type MatrixJSON } from "./matrix.ts";
import { Minibatches } from "./minibatches.ts";
import { Network } from "./network.ts";
import { RandomState } from "./random.ts";
import { Team } from "./threads.ts";

/** What an {@linkcode NNClassifier} is made of. All but the first two have the article's defaults. */
export interface NNClassifierOptions {
  /** The number of features, the columns of X. */
  nFeatures: number;
  /** The number of classes; labels go from 0 to nClasses - 1. */
  nClasses: number;
  /** The number of hidden units; a list makes the network deep: `[250, 50]`. Default: 30. */
  nHiddenUnits?: number | readonly number[];
  /** The weight of the L1 penalty, as the article has it: its gradient is w. Default: 0. */
  l1?: number;
  /** The weight of the L2 penalty. Default: 0. */
  l2?: number;
  /** How often the training set is gone through. Default: 500. */
  epochs?: number;
  /** How far a step goes down the gradient. Default: 0.01. */
  learningRate?: number;
  /** Into how many minibatches an epoch is cut, a step each. Default: 1. */
  nBatches?: number;
  /** The seed of the first weights, 0 to 2^32 - 1. Default: 42. */
  randomSeed?: number;
}

/** All options, as {@linkcode NNClassifier.getParams} gives them. */
export type NNClassifierParams = Required<NNClassifierOptions>;

/** How a training is carried out. It changes how long it takes, and no bit of what comes out. */
export interface TrainingOptions {
  /**
   * Threads to train with; 1 is the default. More pay for large minibatches alone, and where there is less to do one
   * thread does it. They are workers: they need permission to read, or import, the library's files, and a thread
   * that may wait, which a browser's main thread may not. A training with threads is to be ended: by its last epoch,
   * by `break`, or by the generator's `return()`.
   */
  threads?: number;
}

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

const DEFAULTS = {
  nHiddenUnits: 30,
  l1: 0,
  l2: 0,
  epochs: 500,
  learningRate: 0.01,
  nBatches: 1,
  randomSeed: 42,
};

type Constraint = readonly [expected: string, holds: (x: unknown) => boolean];

const isCount = (x: unknown) => Number.isSafeInteger(x) && x as number >= 1;
const isNumber = (x: unknown) => typeof x === "number" && Number.isFinite(x);
const COUNT: Constraint = ["a whole number above 0", isCount];
const PENALTY: Constraint = [
  "a finite number, not negative",
  (x) => isNumber(x) && x as number >= 0,
];

/** What each option may be. */
const CONSTRAINTS: Record<keyof NNClassifierOptions, Constraint> = {
  nFeatures: COUNT,
  nClasses: COUNT,
  nHiddenUnits: [
    "a whole number above 0, or a list of them",
    (x) => isCount(x) || (Array.isArray(x) && x.length > 0 && x.every(isCount)),
  ],
  l1: PENALTY,
  l2: PENALTY,
  epochs: COUNT,
  learningRate: ["a finite number above 0", (x) => isNumber(x) && x as number > 0],
  nBatches: COUNT,
  randomSeed: [
    "a whole number from 0 to 2**32 - 1",
    (x) => Number.isSafeInteger(x) && x as number >= 0 && x as number < 2 ** 32,
  ],
};

/** Half a gigabyte of them, and as much again for each copy. */
const MAX_WEIGHTS = 2 ** 26;

/** More than any machine's processor has good use for here. */
const MAX_THREADS = 64;

/** Predictions are made for so many rows at a time: their buffers stay in the processor's cache. */
const BLOCK_ROWS = 256;

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
  /** Where training starts from: the weights that were drawn, or put in their place. */
  #start: readonly Float64Array[];
  #isStartDrawn = true;
  /** Where it is. */
  #network: Network;
  #errors: number[] = [];
  #isFitted = false;

  /** Checks the options and draws the first weights. */
  constructor(options: NNClassifierOptions) {
    this.#params = checkOptions(options);
    this.#start = this.#drawWeights();
    this.#network = this.#fromStart();
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
   * @throws {DivergenceError} Where the error of an epoch is no longer a finite number.
   */
  fit(X: Matrix, y: ArrayLike<number>, options: TrainingOptions = {}): this {
    for (const _ of this.#train("fit", X, y, options));
    return this;
  }

  /**
   * {@linkcode NNClassifier.fit} as a generator, one epoch at a time: progress, early stopping, checkpoints and plots
   * are loops around it. What was learned so far can be used at any time. Data is checked at once; training starts
   * with the first epoch that is asked for.
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
    options: TrainingOptions = {},
  ): Generator<Epoch, void, void> {
    return this.#train("train", X, y, options);
  }

  #train(
    name: string,
    X: Matrix,
    y: ArrayLike<number>,
    options: TrainingOptions,
  ): Generator<Epoch, void, void> {
    const { threads = 1 } = options ?? {};
    if (!isCount(threads) || threads > MAX_THREADS) {
      throw new ValueError(
        `${name}: threads must be a whole number from 1 to ${MAX_THREADS}, got ${
          describe(threads)
        }`,
      );
    }
    const { nBatches, epochs } = this.#params;
    const labels = this.#prepare(name, X, y, nBatches);
    const start = () => {
      this.#network = this.#fromStart();
      this.#errors = [];
      this.#isFitted = false;
    };
    return this.#epochs(X, labels, { nBatches, epochs, threads }, start);
  }

  /**
   * One more epoch from where the weights are, in `nBatches` minibatches or, of fewer rows, one a row.
   * scikit-learn: `partial_fit`.
   */
  partialFit(X: Matrix, y: ArrayLike<number>): this {
    const nBatches = Math.min(this.#params.nBatches, Math.max(1, X?.rows ?? 1));
    const labels = this.#prepare("partialFit", X, y, nBatches);
    for (const _ of this.#epochs(X, labels, { nBatches, epochs: 1, threads: 1 }));
    return this;
  }

  *#epochs(
    X: Matrix,
    labels: Int32Array,
    { nBatches, epochs, threads }: { nBatches: number; epochs: number; threads: number },
    start?: () => void,
  ): Generator<Epoch, void, void> {
    start?.();
    const { l1, l2, learningRate } = this.#params;
    const network = this.#network;
    const errors = this.#errors;
    const batches = new Minibatches(X, nBatches);
    const [first] = network.layers;
    let team: Team | undefined;
    try {
      network.reserve(batches.maxRows);
      if (threads > 1 && Team.isWorthwhile(batches.maxRows, X.cols, first.units)) {
        team = new Team(threads, first.units);
        first.products = team;
      }
      for (let i = 0; i < epochs; i++) {
        let sum = 0;
        for (const { from, x } of batches) {
          network.forward(x);
          network.backward(labels, from);
          network.update(l1, l2, learningRate);
          sum += network.error(labels, from);
        }
        const error = sum / nBatches;
        // a step that breaks the weights shows in the next epoch's error; after the last one, nothing else would tell
        if (!Number.isFinite(error) || (i === epochs - 1 && !network.isFinite)) {
          this.#isFitted = false;
          throw this.#divergence(network, errors.length + 1, error);
        }
        this.#isFitted = true;
        errors.push(error);
        yield { epoch: errors.length, error };
        if (network !== this.#network) {
          throw new Error(
            "train: the model was trained anew, or its weights were set, while this training was under way",
          );
        }
      }
    } finally {
      first.products = alone;
      team?.end();
      network.release();
      batches.release();
    }
  }

  // --- using -------------------------------------------------------------------------------------

  /**
   * The class of each row: that of the largest net output. Article: `predict`.
   *
   * @param X n x nFeatures.
   * @returns n labels.
   */
  predict(X: Matrix): Int32Array {
    return this.#outputs("predict", X, "net").argmax({ axis: 1 });
  }

  /**
   * The probability of each class for each row: the softmax of the activations, n x nClasses. Article: `predict_proba`.
   *
   * The activations are between 0 and 1, so no class of ten can have more than e / (e + 9), 23.2 %.
   */
  predictProba(X: Matrix): Matrix {
    return softmax(this.#outputs("predictProba", X, "act"));
  }

  /** The share of rows whose class is predicted right, 0 to 1. Article: `score`. */
  score(X: Matrix, y: ArrayLike<number>): number {
    checkMatrix("score", X);
    checkLabelCount("score", X, y);
    checkLabels("score", y, this.#params.nClasses);
    const predicted = this.predict(X);
    return predicted.reduce((right, label, i) => right + (label === y[i] ? 1 : 0), 0) / X.rows;
  }

  // --- looking inside ----------------------------------------------------------------------------

  /** The mean error of each epoch so far. Article: `error_`; scikit-learn: `loss_curve_`. */
  get errors(): number[] {
    return [...this.#errors];
  }

  /** A copy of each layer's weights, units x (inputs + 1), the biases first. Article: `w1`, `w2`. */
  get weights(): Matrix[] {
    return this.#network.weights;
  }

  /**
   * Puts other weights in place of those that were drawn or learned. Training starts from them; predictions can be
   * made with them at once.
   *
   * @param weights One matrix a layer, units x (inputs + 1).
   */
  set weights(weights: readonly Matrix[]) {
    this.#checkWeights(weights);
    this.#start = weights.map(featureMajor);
    this.#isStartDrawn = false;
    this.#network = this.#fromStart();
    this.#errors = [];
    this.#isFitted = true;
  }

  /** All options, with their defaults. scikit-learn: `get_params`. */
  getParams(): NNClassifierParams {
    return copyOf(this.#params);
  }

  /** What each layer computes for the rows of X. Article: `_forward`. It also works before training. */
  forward(X: Matrix): Activations {
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
   */
  backpropStep(X: Matrix, y: ArrayLike<number>): { error: number; gradients: Matrix[] } {
    const labels = this.#check("backpropStep", X, y);
    const { l1, l2 } = this.#params;
    return this.#withNetwork(X, (network, x) => {
      network.forward(x);
      network.backward(labels, 0);
      const gradients = network.gradients(l1, l2).map((gradient, l) => {
        const { inputs, units } = network.layers[l];
        return Matrix.fromArray(gradient, [inputs + 1, units]).T;
      });
      return { error: network.error(labels, 0), gradients };
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
      format: "@scratch/nn NNClassifier",
      version: 1,
      params: this.getParams(),
      weights: matrices(this.weights),
      ...(this.#isStartDrawn ? {} : { startWeights: matrices(this.#fromStart().weights) }),
      isFitted: this.#isFitted,
      errors: this.errors,
    };
  }

  /** The model that {@linkcode NNClassifier.toJSON} wrote: it predicts, and trains, as the original does. */
  static fromJSON(json: NNClassifierJSON): NNClassifier {
    const { format, version, params, weights, startWeights, isFitted, errors } = json ?? {};
    if (format !== "@scratch/nn NNClassifier" || version !== 1) {
      const got = typeof json === "string"
        ? "a string: JSON.parse it first"
        : `format ${describe(format)}, version ${describe(version)}`;
      throw new TypeError(
        `NNClassifier.fromJSON: expected a model as toJSON gives it, version 1, got ${got}`,
      );
    }
    const isNumbers = Array.isArray(errors) && errors.every((error) => Number.isFinite(error));
    if (!Array.isArray(weights) || typeof isFitted !== "boolean" || !isNumbers) {
      throw new TypeError("NNClassifier.fromJSON: the model lacks its weights, isFitted or errors");
    }
    const net = new NNClassifier(params);
    const matrices = (list: readonly MatrixJSON[]) => list.map((w) => Matrix.fromJSON(w));
    if (startWeights) net.weights = matrices(startWeights);
    const trained = matrices(weights);
    net.#checkWeights(trained);
    net.#network = new Network(net.#sizes, trained.map(featureMajor));
    net.#isFitted = isFitted;
    net.#errors = [...errors];
    return net;
  }

  /** `console.log` in Deno: the layers, the options, and how far it is trained. */
  [Symbol.for("Deno.customInspect")](): string {
    const { nFeatures: _, nHiddenUnits: __, nClasses: ___, ...options } = this.#params;
    const settings = Object.entries(options).map(([name, value]) => `${name}: ${value}`).join(", ");
    const state = this.#errors.length > 0
      ? `${this.#errors.length} epochs trained, error ${this.#errors.at(-1)!.toPrecision(5)}`
      : this.#isFitted
      ? "with weights of its own"
      : "not trained";
    return `NNClassifier(${this.#sizes.join(" -> ")}; ${settings}; ${state})`;
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return (this as unknown as Record<symbol, () => string>)[Symbol.for("Deno.customInspect")]();
  }

  // --- inside ------------------------------------------------------------------------------------

  get #sizes(): number[] {
    const { nFeatures, nHiddenUnits, nClasses } = this.#params;
    return [nFeatures, ...[nHiddenUnits].flat(), nClasses];
  }

  #checkWeights(weights: readonly Matrix[]): void {
    const sizes = this.#sizes;
    if (!Array.isArray(weights) || weights.length !== sizes.length - 1) {
      throw new ShapeError(
        `weights: ${sizes.length - 1} layers need as many matrices, got ${weights?.length}`,
      );
    }
    weights.forEach((w, l) => {
      const rows = sizes[l + 1], cols = sizes[l] + 1;
      checkMatrix("weights", w);
      if (w.rows !== rows || w.cols !== cols) {
        throw new ShapeError(
          `weights: layer ${l + 1} needs shape (${rows}, ${cols}), got (${w.shape.join(", ")})`,
        );
      }
      checkFinite("weights", w);
    });
  }

  #fromStart(): Network {
    return new Network(this.#sizes, this.#start.map((w) => w.slice()));
  }

  /** Hands all rows of X to a network with the same weights and room of its own, for as long as `use` takes. */
  #withNetwork<T>(X: Matrix, use: (network: Network, x: Inputs) => T): T {
    const network = this.#copyOfNetwork();
    const reader = new InputReader(X, X.rows);
    try {
      return inRoom((room) => use(network, reader.read(0, X.rows, room)));
    } finally {
      network.release();
      reader.release();
    }
  }

  /** The same weights, to be read; a training may be under way in the other's room. */
  #copyOfNetwork(): Network {
    return new Network(this.#sizes, this.#network.layers.map(({ w }) => w));
  }

  /** Drawn uniformly from [-1, 1), layer after layer, in the article's order: units x (inputs + 1). */
  #drawWeights(): Float64Array[] {
    const rng = new RandomState(this.#params.randomSeed);
    const sizes = this.#sizes;
    return sizes.slice(1).map((units, l) =>
      featureMajor(rng.uniform(-1, 1, [units, sizes[l] + 1]))
    );
  }

  #prepare(
    name: string,
    X: Matrix,
    y: ArrayLike<number>,
    nBatches: number,
  ): Int32Array {
    const labels = this.#check(name, X, y);
    if (nBatches > X.rows) {
      throw new ValueError(
        `${name}: ${X.rows} rows cannot be cut into ${nBatches} minibatches; choose nBatches up to ${X.rows}`,
      );
    }
    return labels;
  }

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

  /** The output layer's net inputs or activations for the rows of X, n x nClasses, block by block. */
  #outputs(name: string, X: Matrix, which: "net" | "act"): Matrix {
    if (!this.#isFitted) {
      throw new NotFittedError(`${name}: the model is not trained yet; call fit(X, y) first`);
    }
    this.#checkX(name, X);
    const { nClasses } = this.#params;
    const out = new Float64Array(X.rows * nClasses);
    const network = this.#copyOfNetwork();
    const reader = new InputReader(X, Math.min(BLOCK_ROWS, X.rows));
    try {
      for (let from = 0; from < X.rows; from += BLOCK_ROWS) {
        const rows = Math.min(BLOCK_ROWS, X.rows - from);
        inRoom((room) =>
          network.forward(reader.read(from, from + rows, room, { forUpdate: false }))
        );
        out.set(network.output[which].subarray(0, rows * nClasses), from * nClasses);
      }
    } finally {
      network.release();
      reader.release();
    }
    return Matrix.fromArray(out, [X.rows, nClasses]);
  }

  #divergence(network: Network, epoch: number, error: number): DivergenceError {
    const { l1, l2 } = this.#params;
    const { layers } = network;
    const broken = layers.findIndex(({ w }) => !w.every(Number.isFinite));
    const why = broken >= 0
      ? `layer ${broken + 1} has weights that are not finite`
      : !Number.isFinite(network.measurePenalties(l1, l2))
      ? "the weights are too large for the penalty's sum of squares"
      : `an output of layer ${layers.length} is exactly 0 where it should be 1`;
    return new DivergenceError(
      `training diverged in epoch ${epoch}: the error is ${error}; ${why}; ` +
        `${network.saturated(layers[0])} of the ${
          layers[0].units
        } units of layer 1 are saturated. ` +
        "A smaller learningRate may help, or scale(X) before fit",
      epoch,
    );
  }
}

/** A copy of weights in the article's orientation, units x (inputs + 1), in the network's: (inputs + 1) x units. */
function featureMajor(w: Matrix): Float64Array {
  return Float64Array.from(w.T.data);
}

function checkOptions(options: NNClassifierOptions): NNClassifierParams {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `NNClassifier: expected options { nFeatures, nClasses, … }, got ${describe(options)}`,
    );
  }
  const known = Object.keys(CONSTRAINTS) as (keyof NNClassifierOptions)[];
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(CONSTRAINTS, name)) {
      throw new ValueError(
        `NNClassifier: there is no option ${describe(name)}; the options are ${known.join(", ")}`,
      );
    }
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const params = { ...DEFAULTS, ...Object.fromEntries(given) } as NNClassifierParams;
  for (const name of known) {
    const [expected, holds] = CONSTRAINTS[name];
    if (!holds(params[name])) {
      throw new ValueError(
        `NNClassifier: ${name} must be ${expected}, got ${describe(params[name])}`,
      );
    }
  }
  const { nHiddenUnits } = params;
  const sizes = [params.nFeatures, ...[nHiddenUnits].flat(), params.nClasses];
  const nWeights = sizes.slice(1).reduce((sum, units, l) => sum + units * (sizes[l] + 1), 0);
  if (nWeights > MAX_WEIGHTS) {
    throw new ValueError(
      `NNClassifier: layers of ${sizes.join(", ")} units need ${nWeights} weights; ` +
        `at most ${MAX_WEIGHTS} can be had`,
    );
  }
  return copyOf(params);
}

/** A copy that shares no list with the original. */
function copyOf(params: NNClassifierParams): NNClassifierParams {
  const { nHiddenUnits } = params;
  return {
    ...params,
    nHiddenUnits: typeof nHiddenUnits === "number" ? nHiddenUnits : [...nHiddenUnits],
  };
}
