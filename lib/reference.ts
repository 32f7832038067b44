/**
 * The whole algorithm, on matrices that are never changed: the article's network, for any depth, as one would write it in
 * NumPy. It is slow and plain, and to be read first. `nn/network.ts` is the fast one; it gives the same bits, which the
 * tests demand for random networks.
 *
 * Weights are the article's: units x (inputs + 1), the biases in the first column. R is the rows of a minibatch.
 *
 * @module
 */

import { crossEntropy, l1Penalty, l2Penalty, sigmoid } from "./functions.ts";
import { Matrix } from "./matrix.ts";
import type { NNClassifierParams } from "./nn/options.ts";
import { arraySplit, oneHot } from "./preprocessing.ts";
import { RandomState } from "./random.ts";

/**
 * Trains a network as `new NNClassifier(options).fit(X, y)` does.
 *
 * @param X n x nFeatures.
 * @param y n labels.
 * @param options All options, as `getParams()` gives them.
 * @returns Each layer's weights, and the error of each epoch.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier } from "@scratch/nn";
 * import { referenceFit } from "@scratch/nn/reference";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]), y = [0, 1, 1, 0];
 * const net = new NNClassifier({ nFeatures: 2, nClasses: 2, nHiddenUnits: 3, epochs: 20 }).fit(X, y);
 * assertEquals(referenceFit(X, y, net.getParams()).weights, net.weights);
 * ```
 */
export function referenceFit(
  X: Matrix,
  y: number[],
  { nFeatures, nHiddenUnits, nClasses, l1, l2, epochs, learningRate, nBatches, randomSeed }:
    NNClassifierParams,
): { weights: Matrix[]; errors: number[] } {
  const rng = new RandomState(randomSeed);
  const sizes = [nFeatures, nHiddenUnits, nClasses].flat();
  const weights = sizes.slice(1).map((units, l) => rng.uniform(-1, 1, [units, sizes[l] + 1]));
  const errors: number[] = [];

  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0;
    const batches = arraySplit(X, nBatches), labels = arraySplit(y, nBatches);
    batches.forEach((batch, b) => {
      const Y = oneHot(labels[b], nClasses); // R x classes

      // forward: the output of one layer, after a column of ones for the biases, is the input of the next
      const inputs = [addBias(batch)], acts: Matrix[] = [];
      for (const w of weights) {
        const act = sigmoid(inputs.at(-1)!.dot(w.T)); // R x units
        acts.push(act);
        inputs.push(addBias(act));
      }

      // error: half the mean over the classes, the penalties added to each
      const output = acts.at(-1)!;
      const errorOfClass = crossEntropy(output.T, Y.T) // classes x 1
        .add(l1Penalty(l1, ...weights)).add(l2Penalty(l2, ...weights));
      sum += 0.5 * errorOfClass.mean();

      // backward: the gradient of each layer's weights, from the output down
      let sigma = output.subtract(Y); // R x units
      const gradients: Matrix[] = [];
      for (let l = weights.length - 1; l >= 0; l--) {
        gradients[l] = sigma.T.dot(inputs[l]); // units x (inputs + 1)
        if (l === 0) break;
        const slope = acts[l - 1].map((a) => a * (1 - a));
        sigma = withoutBias(sigma.dot(weights[l])).multiply(slope);
      }

      // update: a step down the gradient, with a penalty for all weights but the biases
      weights.forEach((w, l) => {
        const penalty = w.map((x, _unit, k) => k === 0 ? 0 : (l1 + l2) * x);
        weights[l] = w.subtract(gradients[l].add(penalty).multiply(learningRate));
      });
    });
    errors.push(sum / nBatches);
  }
  return { weights, errors };
}

/** [1 x]: R x (inputs + 1). */
function addBias(x: Matrix): Matrix {
  return Matrix.hstack([Matrix.ones([x.rows, 1]), x]);
}

/** All columns but the first. */
function withoutBias(m: Matrix): Matrix {
  return m.T.slice(1).T;
}
