/**
 * One fully connected layer, and its three passes: forward, backward, update. Each is a few kernels; what these compute,
 * and in which order they add, is said in `../kernels/contract.ts`. A pass may be shared out among threads.
 *
 * @module
 */

import { type Kernels, STEP } from "../kernels/contract.ts";
import { kernels } from "../kernels/kernels.ts";
import type { Activation, OutputActivation } from "./activations.ts";
import { type DenseInputs, type Inputs, isDense, nonzeros, type Sparsifier } from "./inputs.ts";
import type { Backend } from "./threads.ts";

/** A layer's weights, and its buffers for one minibatch of R rows. */
export interface Layer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation | OutputActivation;
  /** (inputs + 1) x units: row 0 the biases, row k + 1 from input k. The article's w, transposed. */
  readonly w: Float64Array;
  /** (inputs + 1) x units: the momentum, what the last step moved w by. Empty without momentum. */
  readonly v: Float64Array;
  /** The numbers of a step (`STEP`), the same for all layers. */
  readonly step: Float64Array;
  /** R x inputs: the input, sparse or dense. */
  x: Inputs;
  /** R x inputs: the output of the layer below, if there is one. */
  readonly below: DenseInputs | undefined;
  /** What makes it sparse where that can be faster, and what makes sigma so. */
  readonly sparseBelow: Sparsifier | undefined;
  readonly sparseSigma: Sparsifier | undefined;
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
  /** threads x units: what the kernels write for `squares` where a part of the inputs is theirs. It is not used. */
  readonly partSquares: Float64Array;
}

/** Forward: net = [1 x] w, act = f(net). */
export function forward(layer: Layer, backend: Backend): void {
  const { x, units, w, net, activation } = layer;
  const forwardRows = (k: Kernels, from: number, to: number) => {
    if (isDense(x)) k.forwardDense(from, to, units, x.columns.length, x.columns, x.data, w, net);
    else k.forwardSparse(from, to, units, x.csr.indptr, x.csr.indices, x.csr.data, w, net);
    activation.forward(k, from, to, layer);
  };
  backend.split(backend.maxParts(nonzeros(x) * units), x.rows, forwardRows);
}

/** Forward through all layers: the output of one is the input of the next. */
export function forwardAll(layers: readonly Layer[], x: Inputs, backend: Backend): void {
  const { rows } = x;
  for (const layer of layers) {
    const { below, sparseBelow } = layer;
    if (below) below.rows = rows;
    layer.x = below ? sparseBelow?.read(rows, below.data) ?? below : x;
    forward(layer, backend);
  }
}

/** Backward: below.sigma = (sigma w^T, without the bias) * f'(below.net). */
export function backward(layer: Layer, below: Layer, backend: Backend): void {
  const { x: { rows }, inputs, units, w, wT, columns, sigma } = layer;
  const sparse = layer.sparseSigma?.read(rows, sigma);
  const activation = below.activation as Activation; // a hidden layer's
  kernels.transposeWeights(inputs, units, w, wT);
  const backwardRows = (k: Kernels, from: number, to: number) => {
    // from units to inputs
    if (sparse) {
      const { indptr, indices, data } = sparse.csr;
      k.forwardSparse(from, to, inputs, indptr, indices, data, wT, below.sigma);
    } else k.forwardDense(from, to, inputs, units, columns, sigma, wT, below.sigma);
    activation.backward(k, from, to, below);
  };
  const products = (sparse?.nonzeros ?? rows * units) * inputs;
  backend.split(backend.maxParts(products), rows, backwardRows);
}

/**
 * Update: the layer's `step` down the gradient [1 x]^T sigma (`Kernels.updateSparse`), for the biases without a penalty.
 * Where the step wants them, `squares` becomes each unit's sum of w^2 before it.
 */
export function update(layer: Layer, backend: Backend): void {
  const { x, inputs, units, sigma, w, v, step, biasGradient, squares, partSquares } = layer;
  const rate = step[STEP.rate], momentum = step[STEP.momentum];
  kernels.addColumns(x.rows, units, sigma, biasGradient.fill(0));
  for (let h = 0; h < units; h++) {
    const move = rate * biasGradient[h];
    w[h] = momentum === 0 ? w[h] - move : w[h] + (v[h] = momentum * v[h] - move);
  }

  const parts = backend.maxParts(nonzeros(x) * units);
  // squares are summed over all inputs in their order: where threads share the inputs, before they begin
  if (parts > 1 && step[STEP.squares] !== 0) {
    kernels.addSquares(inputs, units, w.subarray(units), squares.fill(0));
  }
  const updateInputs = (k: Kernels, from: number, to: number, part: number) => {
    const s = parts > 1 ? partSquares.subarray(part * units) : squares;
    if (isDense(x)) {
      const { rows, columns, data } = x, count = columns.length;
      k.updateDense(from, to, rows, units, count, columns, data, sigma, w, v, step, s);
    } else {
      const { indptr, indices, data } = x.csc!;
      k.updateSparse(from, to, units, indptr, indices, data, sigma, w, v, step, s);
    }
  };
  backend.split(parts, inputs, updateInputs, isDense(x) ? undefined : x.csc!.indptr);
}
