/**
 * The main job for other libraries: its data and its first weights, as plain arrays, and how a run is reported.
 *
 * All of them do the same: forward, the article's error, backward and the update, in every minibatch, by their own
 * operations, with weights (inputs + 1) x units, so that no transpose is needed but that of the inputs.
 */

import { loadMnist } from "../../lib/mnist.ts";
import { NNClassifier, oneHot, shuffleData } from "../../lib/mod.ts";
import { peakMiB } from "../measure.ts";

export const LEARNING_RATE = 0.001, L2 = 0.5, CLASSES = 10;

/** One minibatch: 20 rows of pixels after a one for the bias, 20 x 785, and what is wanted, 20 x 10. */
export interface Minibatch {
  readonly X: number[][];
  readonly Y: number[][];
}

/** The 25 minibatches of the first 500 digits, and the article's first weights. */
export async function loadJob(): Promise<{ batches: Minibatch[]; w1: number[][]; w2: number[][] }> {
  const { images, labels } = await loadMnist({ split: "train" });
  const [X, y] = shuffleData(images, labels, { randomSeed: 42 });
  const batches = Array.from({ length: 25 }, (_, b) => ({
    X: X.slice(20 * b, 20 * b + 20).toArray().map((row) => [1, ...row]),
    Y: oneHot(y.subarray(20 * b, 20 * b + 20), CLASSES).toArray(),
  }));
  const net = new NNClassifier({
    nFeatures: 784,
    nClasses: CLASSES,
    nHiddenUnits: 50,
    randomSeed: 42,
  });
  const [w1, w2] = net.weights.map((w) => w.T.toArray());
  return { batches, w1, w2 };
}

/** A matrix like w with l2 in all rows but the first, which holds the biases: times w, what decays. */
export function decay(w: number[][]): number[][] {
  return w.map((row, i) => row.map(() => i === 0 ? 0 : L2));
}

/** How many epochs are asked for. */
export const epochs = Number(Deno.args[0] ?? 300);

/** Prints what `bench.ts` reads. */
export function report(milliseconds: number, errors: number[]): void {
  console.log(JSON.stringify({ seconds: milliseconds / 1000, errors, peakMiB: peakMiB() }));
}
