/**
 * Activations, the functions of a layer's units: each with its forward and its backward pass. To add one is to add a
 * record here, and its two kernels.
 *
 * @module
 */

import type { Kernels } from "../kernels/contract.ts";

/** A function f of a layer's units, for the rows `from` to `to` of its buffers, R x units. */
export interface OutputActivation {
  /** act = f(net). */
  forward(k: Kernels, from: number, to: number, layer: Units): void;
}

/** The same of a hidden layer, with its derivative. */
export interface Activation extends OutputActivation {
  /** sigma *= f'(net), which is computed from act = f(net). */
  backward(k: Kernels, from: number, to: number, layer: Units): void;
  /** f'(net) of one unit, of its act = f(net). */
  slope(act: number): number;
}

/** What an activation takes of a layer. */
export interface Units {
  readonly units: number;
  readonly net: Float64Array;
  readonly act: Float64Array;
  readonly sigma: Float64Array;
}

/** The name of a hidden layer's activation. */
export type ActivationName = "sigmoid" | "tanh" | "relu";

/** Those of hidden layers, by their names. */
export const ACTIVATIONS: Readonly<Record<ActivationName, Activation>> = {
  /** f(x) = 1 / (1 + e^-x), f'(x) = f(x) (1 - f(x)). */
  sigmoid: {
    forward: (k, from, to, { units, net, act }) => k.sigmoid(from * units, to * units, net, act),
    backward: (k, from, to, { units, act, sigma }) =>
      k.sigmoidBackward(from * units, to * units, act, sigma),
    slope: (act) => act * (1 - act),
  },
  /** f(x) = tanh x, f'(x) = 1 - f(x)^2. */
  tanh: {
    forward: (k, from, to, { units, net, act }) => k.tanh(from * units, to * units, net, act),
    backward: (k, from, to, { units, act, sigma }) =>
      k.tanhBackward(from * units, to * units, act, sigma),
    slope: (act) => 1 - act * act,
  },
  /** f(x) = max(x, 0), f'(x) = 1 above 0, else 0. */
  relu: {
    forward: (k, from, to, { units, net, act }) => k.relu(from * units, to * units, net, act),
    backward: (k, from, to, { units, act, sigma }) =>
      k.reluBackward(from * units, to * units, act, sigma),
    slope: (act) => act > 0 ? 1 : 0,
  },
};
