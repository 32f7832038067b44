/**
 * The output layer: its activation, where the backward pass begins, and the error that is reported.
 *
 * Both kinds begin with sigma = act - y, since their derivative and that of their error cancel to it. They differ in how
 * the outputs of a row belong together, and in what is reported.
 *
 * @module
 */

import { log } from "../kernels/elementary.ts";
import { ACTIVATIONS, type OutputActivation, type Units } from "./activations.ts";
import type { Penalty } from "./penalty.ts";

/** A kind of output layer. */
export interface Output extends OutputActivation {
  /**
   * The error of some rows; `divisor` 1 gives their sum, the number of rows their mean. The class of row r is
   * `labels[first + r]`. The penalty is added as the article does it.
   */
  error(
    rows: OutputRows,
    labels: Int32Array,
    first: number,
    divisor: number,
    penalty: Penalty,
  ): number;
}

/** Some rows of an output layer: R x units. */
export type OutputRows = Pick<Units, "units" | "net" | "act"> & { readonly rows: number };

/** The name of a kind of output layer. */
export type OutputName = "sigmoid" | "softmax";

/** The kinds, by their names. */
export const OUTPUTS: Readonly<Record<OutputName, Output>> = {
  /**
   * The article's: sigmoids, one a class, each a question of its own.
   *
   * The error descended is the full cross-entropy, -y log(act) - (1 - y) log(1 - act), summed over rows and classes. The
   * error reported leaves out the half with 1 - y, and is half the mean over the classes of each class's sum, with both
   * penalties added to each class.
   */
  sigmoid: {
    forward: ACTIVATIONS.sigmoid.forward,
    error({ rows, units: classes, act }, labels, first, divisor, penalty) {
      const logSums = Array<number>(classes).fill(0); // of the outputs that should be 1
      for (let r = 0; r < rows; r++) {
        const c = labels[first + r];
        logSums[c] += log(act[r * classes + c]);
      }
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += -logSums[c] / divisor + penalty.l1 + penalty.l2;
      return 0.5 * (sum / classes);
    },
  },

  /** Softmax: probabilities that sum to 1. The error is the cross-entropy, -log(act) of each row's class, summed. */
  softmax: {
    forward: (k, from, to, { units, net, act }) => k.softmax(from, to, units, net, act),
    error({ rows, units: classes, net, act }, labels, first, divisor, penalty) {
      let sum = 0;
      for (let r = 0, n = 0; r < rows; r++, n += classes) {
        // act is e^(net - largest) / s, so the largest is 1 / s: its logarithm is finite, also where act is 0
        let top = n;
        for (let c = 1; c < classes; c++) if (net[n + c] > net[top]) top = n + c;
        sum += net[top] - net[n + labels[first + r]] - log(act[top]);
      }
      return sum / divisor + 0.5 * (penalty.l1 + penalty.l2);
    },
  },
};

/** sigma = act - y: the derivative of the error that is descended, with respect to net. */
export function outputSigma(
  { rows, units: classes, act, sigma }: Units & { readonly rows: number },
  labels: Int32Array,
  first: number,
): void {
  for (let r = 0, n = 0; r < rows; r++) {
    for (let c = 0; c < classes; c++, n++) sigma[n] = act[n] - (labels[first + r] === c ? 1 : 0);
  }
}
