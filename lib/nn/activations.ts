/**
 * Activations, the functions of a layer's units: each with its forward and its backward pass. To add one is to add a
 * record here, and its two kernels.
 *
 * @module
 */

import type { Kernels } from "../kernels/contract.ts";

/** A function f and its derivative, for the elements `from` to `to` of a layer's buffers. */
export interface Activation {
  /** act = f(net). */
  forward(k: Kernels, from: number, to: number, net: Float64Array, act: Float64Array): void;
  /** sigma *= f'(net), which is computed from act = f(net). */
  backward(k: Kernels, from: number, to: number, act: Float64Array, sigma: Float64Array): void;
}

/** f(x) = 1 / (1 + e^-x), f'(x) = f(x) (1 - f(x)). */
export const sigmoid: Activation = {
  forward: (k, from, to, net, act) => k.sigmoid(from, to, net, act),
  backward: (k, from, to, act, sigma) => k.sigmoidBackward(from, to, act, sigma),
};
