/**
 * What an `NNClassifier` is made of: its options, each with its default and with what it may be, in one table.
 *
 * @module
 */

import { checkCount, checkOptions, isCount } from "../checks.ts";
import { describe, ValueError } from "../errors.ts";
import { classesOf, type Label } from "../labels.ts";
import type { Rows } from "./inputs.ts";
import { type ActivationName, ACTIVATIONS } from "./activations.ts";
import type { Objective } from "./network.ts";
import { type OutputName, OUTPUTS } from "./output.ts";
import { PENALTIES, type PenaltyName } from "./penalty.ts";
import { type ScheduleName, SCHEDULES } from "./schedules.ts";
import type { ComputeOptions } from "./threads.ts";
import { INITIAL_WEIGHTS, type InitialWeightsName } from "./weights.ts";
import type { Architecture } from "./workspace.ts";

/**
 * What an {@linkcode NNClassifier} is made of, labels of type L. What is not said of the data, `fit` learns from it; all
 * else has the article's defaults.
 */
export interface NNClassifierOptions<L extends Label = number> {
  /** The number of features, the columns of X. Default: null, as many as the X of `fit` has. */
  nFeatures?: number | null;
  /** The number of classes; labels go from 0 to nClasses - 1. Default: null, those of `classes`. */
  nClasses?: number | null;
  /**
   * The classes, whose labels are texts, whole numbers or booleans: the columns of `predictProba`, in this order. Default:
   * null, those of the y of `fit`, sorted.
   */
  classes?: readonly L[] | null;
  /**
   * The number of hidden units; a list makes the network deep: `[250, 50]`. An empty list leaves the output layer alone:
   * with `output: "softmax"` that is softmax regression. Default: 30.
   */
  nHiddenUnits?: number | readonly number[];
  /** The activation of the hidden units: "sigmoid", "tanh" or "relu"; a list has one for each layer. Default: "sigmoid". */
  activation?: ActivationName | readonly ActivationName[];
  /**
   * "sigmoid": a sigmoid for each class, as the article has it. "softmax": probabilities that sum to 1, trained by the
   * cross-entropy, which is also what is reported. Default: "sigmoid".
   */
  output?: OutputName;
  /**
   * How the first weights are drawn. "uniform": from -1 to 1, biases too, as in the article. "glorot": uniform within
   * sqrt(6 / (inputs + units)) of 0, for sigmoid and tanh (Glorot 2010). "he": normal with the deviation
   * sqrt(2 / inputs), for ReLU (He 2015). The last two begin with biases of 0. Default: "uniform".
   */
  initialWeights?: InitialWeightsName;
  /** The weight of the L1 penalty. Default: 0. */
  l1?: number;
  /** The weight of the L2 penalty. Default: 0. */
  l2?: number;
  /**
   * "article": the gradient of l1 is w, and the error has the penalties once for each class, halved. "exact": the error
   * has l1 times the sum of |w| and l2 / 2 times the sum of w^2, both without biases, and the true gradients of these are
   * descended. Default: "article".
   */
  penalty?: PenaltyName;
  /** How often the training set is gone through. Default: 500. */
  epochs?: number;
  /** How far a step goes down the gradient: see `reduction`. Default: 0.01. */
  learningRate?: number;
  /**
   * How the learning rate changes: "constant"; "linear", from learningRate down to 0 over all epochs; or "cosine", the same
   * along half a cosine (Loshchilov and Hutter 2017). Default: "constant".
   */
  schedule?: ScheduleName;
  /** How much of the last step is taken again with each step, from 0 up to, but not including, 1. Default: 0. */
  momentum?: number;
  /**
   * Whether the error of a minibatch, and so its gradient, is the "sum" over its rows, as in the article, or their
   * "mean". With the sum, twice as many rows make steps twice as long. Default: "sum".
   */
  reduction?: "sum" | "mean";
  /** Into how many minibatches an epoch is cut, a step each, as equal as can be. Default: 1. */
  nBatches?: number;
  /** The rows of a minibatch, instead of `nBatches`; the last one has what is left. Default: null. */
  batchSize?: number | null;
  /**
   * Whether each epoch has its own order of the rows, drawn from the seed and the number of the epoch. Else rows keep
   * their order: shuffle them first. Default: false.
   */
  shuffle?: boolean;
  /** The seed of the first weights and of the orders, 0 to 2^32 - 1. Default: 42. */
  randomSeed?: number;
}

/** All options, as {@linkcode NNClassifier.getParams} gives them. */
export type NNClassifierParams<L extends Label = number> = Required<NNClassifierOptions<L>>;

/** The same where it is known what the data has. */
export type KnownParams =
  & Omit<NNClassifierParams, "nFeatures" | "nClasses" | "classes">
  & { readonly nFeatures: number; readonly nClasses: number };

/** How a training is carried out. */
export interface TrainOptions<L extends Label = number> extends ComputeOptions {
  /** Rows and labels to be judged by after each epoch, which are not learned from. */
  validation?: readonly [X: Rows, y: ArrayLike<L>];
  /**
   * Training ends after so many epochs without a better validation: more right, or as many and a smaller error. However it
   * ends, also where the caller breaks it off or it diverges, the weights are those of the best epoch.
   */
  patience?: number;
  /**
   * Goes on from where the model is, up to the last of its epochs, rather than from the first weights: with the momentum,
   * the curves, and all that patience has seen. A training that is kept as JSON after an epoch, and goes on from there with
   * the same rows and options, ends with the bits of one that was never interrupted. Default: false.
   */
  resume?: boolean;
}

/**
 * Options that serve for most data, where those of the article serve its reader: 100 ReLU units and softmax, He's first
 * weights, 100 epochs of reshuffled minibatches of 32, a rate of 0.1 that falls to 0 with momentum 0.9, and an exact L2
 * penalty of 0.0001. Inputs should be of the size of 1: put a
 * {@linkcode MinMaxScaler} in front, or, where no column is nearly constant, a {@linkcode StandardScaler}.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier, RECOMMENDED } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]), y = [0, 1, 1, 0];
 * const net = new NNClassifier({ ...RECOMMENDED, epochs: 200 }).fit(X, y);
 * assertEquals(net.predict(X), Int32Array.from(y));
 * ```
 */
export const RECOMMENDED: Readonly<
  Omit<NNClassifierOptions, "nFeatures" | "nClasses" | "classes">
> = Object.freeze({
  nHiddenUnits: 100,
  activation: "relu",
  output: "softmax",
  initialWeights: "he",
  penalty: "exact",
  l2: 1e-4,
  reduction: "mean",
  batchSize: 32,
  shuffle: true,
  learningRate: 0.1,
  momentum: 0.9,
  schedule: "cosine",
  epochs: 100,
});

/**
 * {@linkcode RECOMMENDED} for a table of so many rows to learn from: Glorot's first weights, a rate of 0.05, an L2 penalty
 * of 0.1 / sqrt(rows), and 50,000 / rows epochs, 20 at least and 100 at most. Chosen on eighteen tables of 40 to 50,000
 * rows; `deno task train --csv` trains with it. Inputs should be standardised, but for columns of 0 and 1.
 *
 * @throws {ValueError} Where `rows` is no whole number above 0.
 *
 * @example
 * ```ts
 * import { recommendedFor } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { l2, epochs } = recommendedFor(1000);
 * assertEquals([l2, epochs], [0.00316, 50]);
 * ```
 */
export function recommendedFor(rows: number): typeof RECOMMENDED {
  checkCount("recommendedFor", arguments.length, 1);
  if (!isCount(rows)) {
    throw new ValueError(
      `recommendedFor: rows must be a whole number above 0, got ${describe(rows)}`,
    );
  }
  return {
    ...RECOMMENDED,
    ...{ initialWeights: "glorot", learningRate: 0.05 },
    l2: Number((0.1 / Math.sqrt(rows)).toPrecision(3)), // as a line can say it
    epochs: Math.max(20, Math.min(100, Math.round(50_000 / rows))),
  };
}

const isNumber = (x: unknown) => typeof x === "number" && Number.isFinite(x);

interface Constraint {
  readonly default?: number | string | boolean | null;
  readonly expected: string;
  readonly holds: (x: unknown) => boolean;
}

const COUNT = { expected: "a whole number above 0", holds: isCount };
const COUNT_OR_NULL = {
  default: null,
  expected: "a whole number above 0, or null",
  holds: (x: unknown) => x === null || isCount(x),
};
const PENALTY = {
  expected: "a finite number, not negative",
  holds: (x: unknown) => isNumber(x) && x as number >= 0,
};

/** One of the names of a record. */
function oneOf(names: readonly string[]): Constraint {
  const quoted = names.map((name) => `"${name}"`);
  return {
    default: names[0], // the article's
    expected: `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`,
    holds: (x) => names.includes(x as string),
  };
}

const ACTIVATION = oneOf(Object.keys(ACTIVATIONS));

/** What each option may be, and what it is where it is not given. */
const CONSTRAINTS: Record<keyof NNClassifierOptions, Constraint> = {
  nFeatures: COUNT_OR_NULL,
  nClasses: COUNT_OR_NULL,
  classes: {
    default: null,
    expected: "a list of labels, or null",
    holds: (x) => x === null || Array.isArray(x),
  },
  nHiddenUnits: {
    default: 30,
    expected: "a whole number above 0, or a list of them",
    holds: (x) => isCount(x) || (Array.isArray(x) && Array.from(x).every(isCount)),
  },
  activation: {
    ...ACTIVATION,
    expected: `${ACTIVATION.expected}, or a list of them`,
    holds: (x) => Array.isArray(x) ? Array.from(x).every(ACTIVATION.holds) : ACTIVATION.holds(x),
  },
  output: oneOf(Object.keys(OUTPUTS)),
  initialWeights: oneOf(Object.keys(INITIAL_WEIGHTS)),
  l1: { default: 0, ...PENALTY },
  l2: { default: 0, ...PENALTY },
  penalty: oneOf(Object.keys(PENALTIES)),
  epochs: { default: 500, ...COUNT },
  learningRate: {
    default: 0.01,
    expected: "a finite number above 0",
    holds: (x) => isNumber(x) && x as number > 0,
  },
  schedule: oneOf(Object.keys(SCHEDULES)),
  momentum: {
    default: 0,
    expected: "a number from 0 up to, but not including, 1",
    holds: (x) => isNumber(x) && x as number >= 0 && x as number < 1,
  },
  reduction: oneOf(["sum", "mean"]),
  nBatches: { default: 1, ...COUNT },
  batchSize: COUNT_OR_NULL,
  shuffle: {
    default: false,
    expected: "true or false",
    holds: (x) => typeof x === "boolean",
  },
  randomSeed: {
    default: 42,
    expected: "a whole number from 0 to 2**32 - 1",
    holds: (x) => Number.isSafeInteger(x) && x as number >= 0 && x as number < 2 ** 32,
  },
};

const NAMES = Object.keys(CONSTRAINTS) as (keyof NNClassifierOptions)[];

/** Half a gigabyte of them, and as much again for each copy. */
const MAX_WEIGHTS = 2 ** 26;

/** All options, checked, with their defaults. `name` is what a message begins with. */
export function checkParams<L extends Label>(
  name: string,
  options: NNClassifierOptions<L>,
): NNClassifierParams<L> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${name}: expected options { nHiddenUnits, epochs, … }, got ${describe(options)}`,
    );
  }
  checkOptions(name, options, NAMES);
  const params = Object.fromEntries(
    NAMES.map((option) => {
      const given = options[option];
      return [option, given === undefined ? CONSTRAINTS[option].default : given];
    }),
  ) as unknown as NNClassifierParams<L>;
  for (const option of NAMES) {
    const { expected, holds } = CONSTRAINTS[option];
    if (!holds(params[option])) {
      throw new ValueError(
        `${name}: ${option} must be ${expected}, got ${describe(params[option])}`,
      );
    }
  }
  const { nBatches, batchSize, activation, nClasses, classes, nHiddenUnits } = params;
  if (batchSize !== null && nBatches > 1) {
    throw new ValueError(
      `${name}: nBatches ${nBatches} and batchSize ${batchSize} both cut an epoch: choose one (batchSize: null is none)`,
    );
  }
  const nHidden = [nHiddenUnits].flat().length;
  if (Array.isArray(activation) && activation.length !== nHidden) {
    const layers = nHidden === 1 ? "1 hidden layer needs" : `${nHidden} hidden layers need`;
    throw new ValueError(
      `${name}: ${layers} as many activations, got ${describe(activation)}`,
    );
  }
  if (classes !== null) checkClasses(name, classes);
  if (classes !== null && nClasses !== null && nClasses !== classes.length) {
    throw new ValueError(
      `${name}: nClasses ${nClasses} and ${classes.length} classes: leave out nClasses`,
    );
  }
  // what is not known yet is one at least
  checkSizes(name, { ...params, nFeatures: params.nFeatures ?? 1, nClasses: nClasses ?? 1 });
  return copyOf(params);
}

/** Throws unless they are classes: one or more, each once, of one type, numbers whole. */
export function checkClasses(name: string, classes: readonly Label[]): void {
  if (classes.length === 0) throw new ValueError(`${name}: classes must be one or more, got none`);
  if (classesOf(name, classes).length < classes.length) {
    throw new ValueError(`${name}: a class is there twice in ${describe(classes)}`);
  }
  const wrong = classes.find((label) => typeof label === "number" && (label | 0) !== label);
  if (wrong !== undefined) {
    throw new ValueError(
      `${name}: a number is a class where it is whole and of 32 bits, got ${wrong}`,
    );
  }
}

/** Throws where the network would be too large. */
export function checkSizes(name: string, params: KnownParams): void {
  const sizes = sizesOf(params);
  const nWeights = sizes.slice(1).reduce((sum, units, l) => sum + units * (sizes[l] + 1), 0);
  if (nWeights > MAX_WEIGHTS) {
    throw new ValueError(
      `${name}: layers of ${sizes.join(", ")} units need ${nWeights} weights; ` +
        `at most ${MAX_WEIGHTS} can be had`,
    );
  }
}

/** The options of the first version of saved models; the others had the values that are the defaults now. */
const VERSION_1: readonly string[] = [
  "nFeatures",
  "nClasses",
  "nHiddenUnits",
  "l1",
  "l2",
  "epochs",
  "learningRate",
  "nBatches",
  "randomSeed",
];

/** The same of a saved model, where no option may be missing. */
export function checkSavedParams<L extends Label>(
  name: string,
  params: NNClassifierParams<L>,
  version: number,
): NNClassifierParams<L> {
  const needed = version === 1
    ? NAMES.filter((option) => VERSION_1.includes(option))
    : NAMES.filter((option) => version > 2 || option !== "classes");
  const missing = needed.find((option) => params?.[option] === undefined);
  if (missing) throw new TypeError(`${name}: the model's params lack ${missing}`);
  return checkParams(name, params);
}

/** A copy that shares no list with the original. */
export function copyOf<P extends object>(params: P): P {
  return structuredClone(params);
}

/** Features, hidden units of each layer, classes: `[784, 50, 10]`. */
export function sizesOf({ nFeatures, nHiddenUnits, nClasses }: KnownParams): number[] {
  return [nFeatures, ...[nHiddenUnits].flat(), nClasses];
}

/** The layers that the options ask for. */
export function architectureOf(params: KnownParams): Architecture {
  const sizes = sizesOf(params), { activation, output } = params;
  const names = typeof activation === "string"
    ? Array<ActivationName>(sizes.length - 2).fill(activation)
    : activation;
  return { sizes, activations: [...names.map((name) => ACTIVATIONS[name]), OUTPUTS[output]] };
}

/** What the options descend and report. */
export function objectiveOf(params: KnownParams): Objective {
  const { output, penalty, l1, l2, reduction } = params;
  return {
    ...{ output: OUTPUTS[output], penalty: PENALTIES[penalty], l1, l2 },
    isMean: reduction === "mean",
  };
}

/** The patience that the options ask for: Infinity where there is none. */
export function checkPatience<L extends Label>(
  name: string,
  { validation, patience }: TrainOptions<L>,
): number {
  if (patience === undefined) return Infinity;
  if (!isCount(patience)) {
    throw new ValueError(
      `${name}: patience must be a whole number above 0, got ${describe(patience)}`,
    );
  }
  if (validation === undefined) {
    throw new ValueError(`${name}: patience needs rows to be judged by: validation: [X, y]`);
  }
  return patience;
}
