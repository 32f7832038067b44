/**
 * Why a training diverged: what its error says.
 *
 * @module
 */

import { DivergenceError } from "../errors.ts";
import type { Activation } from "./activations.ts";
import type { Layer } from "./layer.ts";
import type { Network } from "./network.ts";

/** The error of a training whose last epoch has an error that is not finite. */
export function divergence(
  network: Network,
  { epoch, error }: { epoch: number; error: number },
): DivergenceError {
  const { layers } = network;
  const broken = layers.findIndex(({ w }) => !w.every(Number.isFinite));
  const penalty = network.penalty();
  const why = broken >= 0
    ? `layer ${broken + 1} has weights that are not finite`
    : !Number.isFinite(penalty.l1 + penalty.l2)
    ? "the weights are too large for the penalty's sum of squares"
    : `an output of layer ${layers.length} is exactly 0 where it should be 1`;
  const [first] = layers;
  const saturation = layers.length === 1
    ? ""
    : `; ${saturated(first)} of the ${first.units} units of layer 1 are saturated`;
  return new DivergenceError(
    `training diverged in epoch ${epoch}: the error is ${error}; ${why}${saturation}. ` +
      "A smaller learningRate may help, or inputs of the size of 1: scale(X) before fit",
    epoch,
  );
}

/** How many units have a slope of exactly 0, or of no number, on every row of the minibatch: they no longer learn. */
function saturated({ x: { rows }, units, act, activation }: Layer): number {
  const { slope } = activation as Activation; // a hidden layer's
  let count = 0;
  for (let h = 0; h < units; h++) {
    let r = 0;
    while (r < rows && !(slope(act[r * units + h]) > 0)) r++;
    if (r === rows) count++;
  }
  return count;
}
