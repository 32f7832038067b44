/**
 * One fully connected layer, and its three passes: forward, backward, update. Each is a few kernels; what these compute,
 * and in which order they add, is said in `../kernels/contract.ts`. A pass may be shared out among threads.
 *
 * @module
 */

import type { Kernels } from "../kernels/contract.ts";
import { kernels } from "../kernels/kernels.ts";
import type { Activation } from "./activations.ts";
import { type Inputs, isDense, nonzeros } from "./inputs.ts";
import type { Backend } from "./threads.ts";

/** A layer's weights, and its buffers for one minibatch of R rows. */
export interface Layer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
  /** (inputs + 1) x units: row 0 the biases, row k + 1 from input k. The article's w, transposed. */
  readonly w: Float64Array;
  /** R x inputs: the input, sparse or dense. */
  x: Inputs;
  /** R x units: [1 x] w, before the activation. */
  readonly net: Float64Array;
  /** R x units: f(net). */
  readonly act: Float64Array;
  /** R x units: the derivative of the descended error with respect to net. The article's sigma2, sigma3. */
  readonly sigma: Float64Array;
  /** (units + 1) x inputs: w transposed, for the backward pass. The first layer needs none. */
  readonly wT: Float64Array;
  /** 0, 1, …, units - 1: the columns of sigma, for the backward pass. */
  readonly columns: Int32Array;
  /** units: the sum of sigma's rows. */
  readonly biasGradient: Float64Array;
  /** units: each unit's sum of w^2, without the bias. */
  readonly squares: Float64Array;
  /** threads x units: what the kernels write for \`squares\` where a part of the inputs is theirs. It is not used. */
  readonly partSquares: Float64Array;
}

/** Forward: net = [1 x] w, act = f(net). */
export function forward({ x, units, w, net, act, activation }: Layer, backend: Backend): void {
  const forwardRows = (k: Kernels, from: number, to: number) => {
    if (isDense(x)) k.forwardDense(from, to, units, x.columns.length, x.columns, x.data, w, net);
    else k.forwardSparse(from, to, units, x.csr.indptr, x.csr.indices, x.csr.data, w, net);
    activation.forward(k, from * units, to * units, net, act);
  };
  backend.split(backend.maxParts(nonzeros(x) * units), x.rows, forwardRows);
}

/** Backward: below.sigma = (sigma w^T, without the bias) * f'(below.net). */
export function backward(layer: Layer, below: Layer, backend: Backend): void {
  const { x, inputs, units, w, wT, columns, sigma } = layer;
  kernels.transposeWeights(inputs, units, w, wT);
  const backwardRows = (k: Kernels, from: number, to: number) => {
    k.forwardDense(from, to, inputs, units, columns, sigma, wT, below.sigma); // units to inputs
    below.activation.backward(k, from * inputs, to * inputs, below.act, below.sigma);
  };
  backend.split(backend.maxParts(x.rows * inputs * units), x.rows, backwardRows);
}

/**
 * Update: w -= rate ([1 x]^T sigma + lambda w), without lambda for the biases. Before that, `squares` becomes each
 * unit's sum of w^2.
 */
export function update(layer: Layer, lambda: number, rate: number, backend: Backend): void {
  const { x, inputs, units, sigma, w, biasGradient, squares, partSquares } = layer;
  kernels.addColumns(x.rows, units, sigma, biasGradient.fill(0));
  for (let h = 0; h < units; h++) w[h] -= rate * biasGradient[h];

  const parts = backend.maxParts(nonzeros(x) * units);
  // squares are summed over all inputs in their order: where threads share the inputs, before they begin
  if (parts > 1) kernels.addSquares(inputs, units, w.subarray(units), squares.fill(0));
  const updateInputs = (k: Kernels, from: number, to: number, part: number) => {
    const s = parts > 1 ? partSquares.subarray(part * units) : squares;
    if (isDense(x)) {
      const { rows, columns, data } = x, count = columns.length;
      k.updateDense(from, to, rows, units, count, columns, data, sigma, w, lambda, rate, s);
    } else {
      const { indptr, indices, data } = x.csc!;
      k.updateSparse(from, to, units, indptr, indices, data, sigma, w, lambda, rate, s);
    }
  };
  backend.split(parts, inputs, updateInputs, isDense(x) ? undefined : x.csc!.indptr);
}
