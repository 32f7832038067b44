/**
 * The output layer: where the backward pass begins, and the error that is reported.
 *
 * @module
 */

import { log } from "../kernels/elementary.ts";
import type { Layer } from "./layer.ts";

/** The penalties of a network's weights. */
export interface Penalty {
  /** l1 / 2 times the sum of |w|, with the biases: as the article has it. */
  readonly l1: number;
  /** l2 / 2 times the sum of w^2, without the biases. */
  readonly l2: number;
}

/** An output layer's derivative and error. The class of row r is `labels[first + r]`. */
export interface Output {
  /** sigma = the derivative of the descended error with respect to net. */
  backward(layer: Layer, labels: Int32Array, first: number): void;
  /** The error that is reported of a minibatch. */
  error(layer: Layer, labels: Int32Array, first: number, penalty: Penalty): number;
}

/**
 * The article's: sigmoid units, one a class.
 *
 * The error descended is the full cross-entropy, -y log(act) - (1 - y) log(1 - act), summed over rows and classes: its
 * derivative and the sigmoid's cancel to act - y. The error reported leaves out the half with 1 - y, and is half the
 * mean over the classes of each class's sum, with both penalties added to each class.
 */
export const articleOutput: Output = {
  backward({ x: { rows }, units: classes, act, sigma }, labels, first) {
    for (let r = 0, n = 0; r < rows; r++) {
      for (let c = 0; c < classes; c++, n++) sigma[n] = act[n] - (labels[first + r] === c ? 1 : 0);
    }
  },

  error({ x: { rows }, units: classes, act }, labels, first, penalty) {
    const logSums = Array<number>(classes).fill(0); // of the outputs that should be 1
    for (let r = 0; r < rows; r++) {
      const c = labels[first + r];
      logSums[c] += log(act[r * classes + c]);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += -logSums[c] + penalty.l1 + penalty.l2;
    return 0.5 * (sum / classes);
  },
};
