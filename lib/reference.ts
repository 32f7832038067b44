/**
 * The whole algorithm, on matrices that are never changed: the article's network, for any depth and all options, as one
 * would write it in NumPy. It is slow and plain, and to be read first. `nn/network.ts` is the fast one; it gives the same
 * bits, which the tests demand for random networks.
 *
 * Weights are the article's: units x (inputs + 1), the biases in the first column. R is the rows of a minibatch.
 *
 * @module
 */

import { crossEntropy, l1Penalty, l2Penalty, sigmoid, softmax } from "./functions.ts";
import { log, tanh } from "./kernels/elementary.ts";
import { Matrix } from "./matrix.ts";
import type { ActivationName } from "./nn/activations.ts";
import { batchBounds } from "./nn/minibatches.ts";
import type { NNClassifierParams } from "./nn/options.ts";
import { SCHEDULES } from "./nn/schedules.ts";
import { drawWeights, orderOf } from "./nn/weights.ts";
import { oneHot } from "./preprocessing.ts";

/**
 * Trains a network as `new NNClassifier(options).fit(X, y)` does.
 *
 * @param X n x nFeatures.
 * @param y n labels.
 * @param options All options, as `getParams()` gives them, with nClasses.
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
  params: NNClassifierParams,
): { weights: Matrix[]; errors: number[] } {
  const { nHiddenUnits, nClasses, epochs, randomSeed, l1, l2, momentum } = params;
  const sizes = [X.cols, nHiddenUnits, nClasses!].flat(), depth = sizes.length - 1;
  const weights = drawWeights(sizes, params.initialWeights, randomSeed);
  const velocity = weights.map((w) => Matrix.zeros(w.shape));
  const names = [params.activation].flat() as ActivationName[]; // one for all hidden layers, or one for each
  const hidden = Array.from({ length: depth - 1 }, (_, l) => ACTIVATIONS[names[l] ?? names[0]]);
  const isExact = params.penalty === "exact";
  const errors: number[] = [];

  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = params.shuffle ? orderOf(randomSeed, epoch, X.rows) : y.map((_, i) => i);
    const bounds = batchBounds(X.rows, params), nBatches = bounds.length - 1;
    let sum = 0;
    for (let b = 0; b < nBatches; b++) {
      const rows = [...order.slice(bounds[b], bounds[b + 1])];
      const Y = oneHot(rows.map((row) => y[row]), nClasses!); // R x classes

      // forward: the output of one layer, after a column of ones for the biases, is the input of the next
      const inputs = [addBias(X.take(rows))], acts: Matrix[] = [];
      let net = X;
      weights.forEach((w, l) => {
        net = inputs[l].dot(w.T); // R x units
        const f = l < depth - 1 ? hidden[l].f : params.output === "softmax" ? softmax : sigmoid;
        acts.push(f(net));
        inputs.push(addBias(acts[l]));
      });

      // error: of the article half the mean over the classes, the penalties added to each
      const output = acts.at(-1)!, R = params.reduction === "mean" ? rows.length : 1;
      const penalty = isExact ? 0 : 1;
      if (params.output === "softmax") {
        sum += logLoss(net, output, Y) / R +
          0.5 * (l1Penalty(penalty * l1, ...weights) + l2Penalty(penalty * l2, ...weights));
      } else {
        const errorOfClass = crossEntropy(output.T, Y.T).divide(R) // classes x 1
          .add(l1Penalty(penalty * l1, ...weights)).add(l2Penalty(penalty * l2, ...weights));
        sum += 0.5 * errorOfClass.mean();
      }

      // backward: the gradient of each layer's weights, from the output down
      let sigma = output.subtract(Y); // R x units
      const gradients: Matrix[] = [];
      for (let l = depth - 1; l >= 0; l--) {
        gradients[l] = sigma.T.dot(inputs[l]); // units x (inputs + 1)
        if (l === 0) break;
        sigma = withoutBias(sigma.dot(weights[l])).multiply(acts[l - 1].map(hidden[l - 1].slope));
      }

      // update: a step down the gradient, with a penalty for all weights but the biases
      const progress = (epoch + b / nBatches) / epochs;
      const rate = params.learningRate * SCHEDULES[params.schedule](progress) / R;
      weights.forEach((w, l) => {
        const lambda = (isExact ? l2 : l1 + l2) * R, sign = (isExact ? l1 : 0) * R;
        const decay = w.map((x, _unit, k) => k === 0 ? 0 : lambda * x);
        const pull = w.map((x, _unit, k) => k === 0 ? 0 : sign * Math.sign(x));
        const move = gradients[l].add(decay).add(pull).multiply(rate);
        velocity[l] = velocity[l].multiply(momentum).subtract(move);
        weights[l] = w.add(velocity[l]);
      });
    }
    const penalty = isExact
      ? 2 * l1Penalty(l1, ...weights.map(withoutBias)) + l2Penalty(l2, ...weights)
      : 0;
    errors.push(sum / nBatches + penalty);
  }
  return { weights, errors };
}

/** The activations of hidden layers: f, and f'(net) of act = f(net). */
const ACTIVATIONS = {
  sigmoid: { f: (net: Matrix) => sigmoid(net), slope: (a: number) => a * (1 - a) },
  tanh: { f: (net: Matrix) => net.map(tanh), slope: (a: number) => 1 - a * a },
  relu: { f: (net: Matrix) => net.map((x) => Math.max(x, 0)), slope: (a: number) => a > 0 ? 1 : 0 },
};

/** The cross-entropy -log(act) of each row's class, summed, in a form that stays finite where act is 0. */
function logLoss(net: Matrix, act: Matrix, Y: Matrix): number {
  let sum = 0;
  for (let r = 0; r < net.rows; r++) {
    const [nets, acts] = [net.row(r), act.row(r)];
    const right = Y.row(r).argmax();
    sum += nets.max() - nets.at(0, right) - log(acts.max());
  }
  return sum;
}

/** [1 x]: R x (inputs + 1). */
function addBias(x: Matrix): Matrix {
  return Matrix.hstack([Matrix.ones([x.rows, 1]), x]);
}

/** All columns but the first. */
function withoutBias(m: Matrix): Matrix {
  return m.T.slice(1).T;
}
