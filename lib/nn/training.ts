/**
 * Training: epochs of minibatches, the rate of each step, validation and patience. A step itself is in `network.ts`.
 *
 * @module
 */

import { divergence } from "./divergence.ts";
import type { Rows } from "./inputs.ts";
import { type Cut, Minibatches } from "./minibatches.ts";
import { Network } from "./network.ts";
import { architectureOf, type KnownParams, objectiveOf } from "./options.ts";
import { countRight, predictOutputs } from "./prediction.ts";
import { SCHEDULES } from "./schedules.ts";
import { makeBackend } from "./threads.ts";
import { orderOf } from "./weights.ts";
import { areFinite, copies, type Weights, Workspace } from "./workspace.ts";

/** How the validation rows are predicted. */
export interface Validation {
  /**
   * Their error, as that of the training set: the mean over the rows, or, with `reduction: "sum"`, the sum over as many as
   * a minibatch has.
   */
  error: number;
  /** The share of them whose class is predicted right, 0 to 1. */
  accuracy: number;
}

/** One epoch of training: its number, from 1, and the mean error of its minibatches. */
export interface Epoch {
  /** Counted from 1. */
  epoch: number;
  /**
   * The mean of the minibatches' errors. The article's error of a minibatch is half the mean over the classes of the
   * cross-entropy, *summed* over the rows, plus the penalties: so it grows with the rows of a minibatch. The options
   * `output`, `penalty` and `reduction` make it another one.
   */
  error: number;
  /** How the validation rows are predicted after it, where there are any. */
  validation?: Validation;
}

/** What training changes of a model. */
export interface TrainingState {
  weights: Weights;
  /** The momentum: what the last step moved the weights by, where a training can go on. See `velocityOf`. */
  velocity: Weights | undefined;
  /** The error of each epoch. */
  errors: number[];
  /** The validation of each epoch that had one. */
  validation: Validation[];
  /** The epoch that the weights are of, where patience chose it. */
  bestEpoch: number | undefined;
  /** The best epoch so far, and its weights, of a training with patience that is not at its end. */
  best:
    | { readonly epoch: number; readonly validation: Validation; readonly weights: Weights }
    | undefined;
  isFitted: boolean;
  /** The training that is under way: its weights are the model's. */
  workspace: Workspace | undefined;
  /** What the epoch that is under way began with; nothing between two epochs. */
  before: { readonly weights: Weights; readonly velocity: Weights | undefined } | undefined;
}

/** What was learned so far, as another thread can take it over. For the library's own use. */
export interface Learned {
  /** Of each layer, (inputs + 1) x units. */
  readonly weights: readonly Float64Array[];
  /** What the last step moved them by, where there is momentum. */
  readonly velocity: readonly Float64Array[] | undefined;
  /** The epoch that the weights are of, where patience chose it. */
  readonly bestEpoch: number | undefined;
  /** Whether predictions can be made. */
  readonly isFitted: boolean;
}

/** What `trainEpochs` calls after each step: in a worker it throws where the training is to end. */
let afterStep = () => {};

/** Has `f` called after each step of every training of this thread. What it throws ends the training. */
export function callAfterStep(f: () => void): void {
  afterStep = f;
}

/** A training. */
export interface TrainingJob {
  readonly params: KnownParams;
  readonly X: Rows;
  readonly labels: Int32Array;
  readonly validation: { readonly X: Rows; readonly labels: Int32Array } | undefined;
  readonly patience: number;
  readonly cut: Cut;
  readonly epochs: number;
  readonly threads: number;
}

/** What is thrown where two trainings meet. */
export function trainedAnew(): Error {
  return new Error(
    "train: the model was trained anew, or its weights were set, while this training was under way",
  );
}

/** Goes on from where `state` is, for so many epochs. */
export function* trainEpochs(
  state: TrainingState,
  { params, X, labels, validation, patience, cut, epochs, threads }: TrainingJob,
): Generator<Epoch, void, void> {
  const { learningRate, momentum, shuffle, randomSeed } = params;
  const schedule = SCHEDULES[params.schedule];
  const objective = objectiveOf(params), architecture = architectureOf(params);
  let batches: Minibatches | undefined, workspace: Workspace | undefined;
  try {
    batches = new Minibatches(X, cut);
    workspace = new Workspace(architecture, state.weights, {
      rows: batches.maxRows,
      updateThreads: threads,
      velocity: momentum === 0 ? undefined : velocityOf(state) ?? zeros(state.weights),
    });
    const network = new Network(workspace.layers, objective, makeBackend(threads));
    state.workspace = workspace;
    state.weights = workspace.layers.map(({ w }) => w);
    const before = { weights: copies(state.weights), velocity: velocityOf(state) };
    const asMany = objective.isMean ? 1 : batches.meanRows;

    const validate = (X: Rows, labels: Int32Array): Validation => {
      const { net, act } = predictOutputs(X, architecture, state.weights, threads);
      const rows = { rows: net.rows, units: net.cols, net: dataOf(net), act: dataOf(act) };
      const divisor = net.rows / asMany, penalty = network.minibatchPenalty();
      const error = objective.output.error(rows, labels, 0, divisor, penalty) +
        network.epochPenalty();
      // of net inputs that are no numbers either: nothing is worse, and JSON has one word for both
      return {
        error: Number.isNaN(error) ? Infinity : error,
        accuracy: countRight(net, labels) / net.rows,
      };
    };

    for (let i = 0; i < epochs; i++) {
      const done = state.errors.length;
      if (state.best && done - state.best.epoch >= patience) break;
      const order = shuffle ? orderOf(randomSeed, done, labels.length) : undefined;
      const ordered = order ? Int32Array.from(order, (row) => labels[row]) : labels;
      let sum = 0, b = 0;
      before.weights.forEach((w, l) => w.set(workspace!.layers[l].w));
      before.velocity?.forEach((v, l) => v.set(workspace!.layers[l].v));
      state.before = before;
      for (const batch of batches.epoch(order)) {
        const rate = learningRate * schedule((done + b++ / batches.count) / params.epochs);
        sum += network.step(batch, ordered, rate, momentum);
        afterStep();
      }
      const error = sum / batches.count + network.epochPenalty();
      // a step that breaks the weights shows in the next epoch's error; after the last one, nothing else would tell
      const isLast = i === epochs - 1;
      if (!Number.isFinite(error) || (isLast && !areFinite(state.weights))) {
        state.before = undefined; // the weights that broke are what one wants to see
        state.isFitted = false;
        throw divergence(network, { epoch: done + 1, error });
      }
      const epoch: Epoch = { epoch: done + 1, error };
      if (validation) epoch.validation = validate(validation.X, validation.labels);
      // from here on the epoch is a whole one
      state.before = undefined;
      state.isFitted = true;
      state.errors.push(error);
      if (epoch.validation) {
        state.validation.push({ ...epoch.validation });
        if (patience < Infinity && isBetter(epoch.validation, state.best?.validation)) {
          const validation = { ...epoch.validation };
          state.best = { epoch: done + 1, validation, weights: copies(state.weights) };
        }
      }
      yield epoch;
      if (state.workspace !== workspace) {
        throw trainedAnew();
      }
    }
  } finally {
    const isCurrent = workspace !== undefined && state.workspace === workspace;
    takeBack(state);
    if (isCurrent) {
      const { best } = state;
      state.velocity = velocityOf(state);
      state.weights = best?.weights ?? copies(state.weights);
      state.isFitted &&= areFinite(state.weights); // also where the caller broke off
      state.workspace = undefined;
      if (best) {
        state.bestEpoch = best.epoch;
        state.best = undefined;
        state.isFitted = true;
      }
      // the momentum is what a training goes on with, if it can
      const isDone = params.schedule !== "constant" && state.errors.length >= params.epochs;
      if (best || isDone) state.velocity = undefined;
    }
    workspace?.release();
    batches?.release();
  }
}

/**
 * Takes back an epoch that was broken off within: the model is as after its last whole epoch. A program that is stopped
 * from outside, as by Stop in a notebook, does not come to its `finally`; then this is done when the model is used next.
 */
export function takeBack(state: TrainingState): void {
  if (!state.before) return;
  state.weights = state.before.weights;
  state.velocity = state.before.velocity;
  state.before = undefined;
  state.workspace = undefined;
}

/** What the last step moved the weights by: none without momentum. */
export function velocityOf({ workspace, velocity }: TrainingState): Weights | undefined {
  if (!workspace) return velocity;
  const { layers } = workspace;
  return layers[0].v.length > 0 ? copies(layers.map(({ v }) => v)) : undefined;
}

/** More right, or as many and a smaller error. */
export function isBetter(a: Validation, b: Validation | undefined): boolean {
  return !b || a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.error < b.error);
}

function zeros(weights: Weights): Weights {
  return weights.map((w) => new Float64Array(w.length));
}

function dataOf({ data }: { readonly data: Float64Array | Uint8Array }): Float64Array {
  return data as Float64Array;
}
