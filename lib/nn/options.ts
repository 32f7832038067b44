/**
 * What an `NNClassifier` is made of: its options, each with its default and with what it may be, in one table.
 *
 * @module
 */

import { checkOptions } from "../checks.ts";
import { describe, ValueError } from "../errors.ts";
import { MAX_THREADS } from "./threads.ts";

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
  /**
   * How far a step goes down the gradient. The gradient is *summed* over the rows of a minibatch, not averaged: twice
   * as many rows make steps twice as long. Default: 0.01.
   */
  learningRate?: number;
  /**
   * Into how many minibatches an epoch is cut, a step each. Rows keep their order, in every epoch: shuffle them first.
   * Default: 1.
   */
  nBatches?: number;
  /** The seed of the first weights, 0 to 2^32 - 1. Default: 42. */
  randomSeed?: number;
}

/** All options, as {@linkcode NNClassifier.getParams} gives them. */
export type NNClassifierParams = Required<NNClassifierOptions>;

/** How a training or a prediction is carried out. It changes how long it takes, and no bit of the result. */
export interface ComputeOptions {
  /**
   * How many threads may compute, 1 to 64; passes that are too small for more are computed by one. The others are
   * workers: there are some in Deno, in Bun and in a worker of a page that is cross-origin isolated; elsewhere, as in
   * Node.js, one thread computes everything. In a browser they start only when the caller waits for something: as in a
   * loop around `train` with an `await` in it. They need no permission. Default: 1.
   */
  threads?: number;
}

const isCount = (x: unknown) => Number.isSafeInteger(x) && x as number >= 1;
const isNumber = (x: unknown) => typeof x === "number" && Number.isFinite(x);

interface Constraint {
  readonly default?: number;
  readonly expected: string;
  readonly holds: (x: unknown) => boolean;
}

const COUNT = { expected: "a whole number above 0", holds: isCount };
const PENALTY = {
  expected: "a finite number, not negative",
  holds: (x: unknown) => isNumber(x) && x as number >= 0,
};

/** What each option may be, and what it is where it is not given. */
const CONSTRAINTS: Record<keyof NNClassifierOptions, Constraint> = {
  nFeatures: COUNT,
  nClasses: COUNT,
  nHiddenUnits: {
    default: 30,
    expected: "a whole number above 0, or a list of them",
    holds: (x) => isCount(x) || (Array.isArray(x) && x.length > 0 && x.every(isCount)),
  },
  l1: { default: 0, ...PENALTY },
  l2: { default: 0, ...PENALTY },
  epochs: { default: 500, ...COUNT },
  learningRate: {
    default: 0.01,
    expected: "a finite number above 0",
    holds: (x) => isNumber(x) && x as number > 0,
  },
  nBatches: { default: 1, ...COUNT },
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
export function checkParams(name: string, options: NNClassifierOptions): NNClassifierParams {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${name}: expected options { nFeatures, nClasses, … }, got ${describe(options)}`,
    );
  }
  checkOptions(name, options, NAMES);
  const params = Object.fromEntries(
    NAMES.map((option) => {
      const given = options[option];
      return [option, given === undefined ? CONSTRAINTS[option].default : given];
    }),
  ) as unknown as NNClassifierParams;
  for (const option of NAMES) {
    const { expected, holds } = CONSTRAINTS[option];
    if (!holds(params[option])) {
      throw new ValueError(
        `${name}: ${option} must be ${expected}, got ${describe(params[option])}`,
      );
    }
  }
  const sizes = sizesOf(params);
  const nWeights = sizes.slice(1).reduce((sum, units, l) => sum + units * (sizes[l] + 1), 0);
  if (nWeights > MAX_WEIGHTS) {
    throw new ValueError(
      `${name}: layers of ${sizes.join(", ")} units need ${nWeights} weights; ` +
        `at most ${MAX_WEIGHTS} can be had`,
    );
  }
  return copyOf(params);
}

/** The same of a saved model, where no option may be missing. */
export function checkSavedParams(name: string, params: NNClassifierParams): NNClassifierParams {
  const missing = NAMES.find((option) => params?.[option] === undefined);
  if (missing) throw new TypeError(`${name}: the model's params lack ${missing}`);
  return checkParams(name, params);
}

/** A copy that shares no list with the original. */
export function copyOf(params: NNClassifierParams): NNClassifierParams {
  const { nHiddenUnits } = params;
  return {
    ...params,
    nHiddenUnits: typeof nHiddenUnits === "number" ? nHiddenUnits : [...nHiddenUnits],
  };
}

/** Features, hidden units of each layer, classes: `[784, 50, 10]`. */
export function sizesOf({ nFeatures, nHiddenUnits, nClasses }: NNClassifierParams): number[] {
  return [nFeatures, ...[nHiddenUnits].flat(), nClasses];
}

/** How many threads the options ask for. */
export function checkThreads(name: string, options: ComputeOptions): number {
  checkOptions(name, options, ["threads"]);
  const { threads = 1 } = options;
  if (!isCount(threads) || threads > MAX_THREADS) {
    throw new ValueError(
      `${name}: threads must be a whole number from 1 to ${MAX_THREADS}, got ${describe(threads)}`,
    );
  }
  return threads;
}
