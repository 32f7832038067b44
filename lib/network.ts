/**
 * The network: forward, error, backward, update, for any depth, in the article's notation.
 *
 * Every layer is fully connected and ends in a sigmoid. With x the R rows of a minibatch, [1 x] the same with a
 * column of ones for the biases, and y the wanted outputs, R x classes, a step of the article's network with one
 * hidden layer is
 *
 *     netHidden = [1 x] w1                    R x hidden          forward
 *     actHidden = sigmoid(netHidden)
 *     netOut    = [1 actHidden] w2            R x classes
 *     actOut    = sigmoid(netOut)
 *     sigma3    = actOut - y                  R x classes         backward
 *     sigma2    = (sigma3 w2^T, bias row dropped) * actHidden (1 - actHidden)
 *     grad1     = [1 x]^T sigma2              (features + 1) x hidden
 *     grad2     = [1 actHidden]^T sigma3      (hidden + 1) x classes
 *     w -= learningRate (grad + (l1 + l2) w)  but no penalty for the biases
 *
 * and a deeper one has more of the same. (`tests/network_test.ts` has it as twenty lines on `Matrix`, and demands the
 * same bits.) The article's own w are the transposes of these.
 *
 * **What is descended is not what is reported**, here as in the article. The gradients are those of the full
 * cross-entropy, -y log(a) - (1 - y) log(1 - a), summed over rows and classes, plus (l1 + l2) / 2 times the sum of
 * w^2 without biases: there sigma3 = a - y. The reported error leaves out the half with 1 - y, is halved and averaged
 * over the classes, and its L1 term is of |w|, with biases.
 *
 * Numbers live in buffers that are made once and written over for each minibatch; the shape of each stands beside
 * it. Products run over the inputs that are not zero (`kernels/sparse.ts`). What an option may be, what X may hold,
 * epochs and minibatches: all that is the business of `classifier.ts`.
 *
 * @module
 */

import { Matrix } from "./matrix.ts";
import { sigmoid, timesSlope } from "./kernels/activation.ts";
import { log } from "./kernels/elementary.ts";
import { sumAbsolutes, sumSquares } from "./kernels/reductions.ts";
import * as kernels from "./kernels/sparse.ts";
import { emptyNonZeros, listNonZeros, type NonZeros, transposeNonZeros } from "./kernels/sparse.ts";

/** One layer's weights, and the buffers of the minibatch that passes through. R is the minibatch's rows. */
interface Layer {
  readonly inputs: number;
  readonly units: number;
  /** (inputs + 1) x units: row 0 the biases, row k + 1 from input k. The article's w, transposed. */
  readonly w: Float64Array;
  /** R x inputs: what comes in from below, as the list of its non-zeros. */
  x: NonZeros;
  /** R x units: x w, before the sigmoid. */
  net: Float64Array;
  /** R x units: sigmoid(net). */
  act: Float64Array;
  /** R x units: the derivative with respect to net of what is descended. The article's sigma2, sigma3. */
  sigma: Float64Array;
}

/** The weights of a network, and room for one minibatch on its way through. */
export class Network {
  /** Features, hidden units of each layer, classes: `[784, 50, 10]`. */
  readonly sizes: readonly number[];
  /** The layers from the first hidden one to the output. */
  readonly layers: readonly Layer[];
  /** The rows that the buffers have room for, and those of the minibatch that is in them. */
  #room = 0;
  #rows = 0;
  /** The lists of a hidden layer's activations by column. */
  #xT: NonZeros = emptyNonZeros(0, 0);
  /** One number for each unit of a layer: a row of a gradient, or sums. */
  readonly #perUnit: Float64Array;

  /**
   * @param sizes The number of units from the features to the classes.
   * @param weights Each layer's, (inputs + 1) x units; they are changed by {@linkcode Network.update}.
   */
  constructor(sizes: readonly number[], weights: readonly Float64Array[]) {
    this.sizes = sizes;
    const none = new Float64Array(0);
    this.layers = weights.map((w, l) => ({
      inputs: sizes[l],
      units: sizes[l + 1],
      w,
      x: emptyNonZeros(0, 0),
      net: none,
      act: none,
      sigma: none,
    }));
    this.#perUnit = new Float64Array(Math.max(...sizes.slice(1)));
  }

  /** The last layer: one unit a class. */
  get output(): Layer {
    return this.layers[this.layers.length - 1];
  }

  /** A copy of each layer's weights in the article's orientation, units x (inputs + 1). */
  get weights(): Matrix[] {
    return this.layers.map(({ w, inputs, units }) =>
      Matrix.fromArray(w.slice(), [inputs + 1, units]).T
    );
  }

  /** Makes room for minibatches of up to `rows` rows. */
  reserve(rows: number): void {
    if (rows <= this.#room) return;
    this.#room = rows;
    this.layers.forEach((layer, l) => {
      const { inputs, units } = layer;
      if (l > 0) layer.x = emptyNonZeros(rows, inputs); // the first layer's comes with the minibatch
      layer.net = new Float64Array(rows * units);
      layer.act = new Float64Array(rows * units);
      layer.sigma = new Float64Array(rows * units);
    });
    this.#xT = emptyNonZeros(Math.max(...this.sizes.slice(1, -1)), rows);
  }

  /** Forward: net = [1 x] w and act = sigmoid(net), layer by layer; what one gives is what the next one gets. */
  forward(x: NonZeros): void {
    this.reserve(x.rows);
    this.#rows = x.rows;
    this.layers.forEach((layer, l) => {
      if (l === 0) layer.x = x;
      else listNonZeros(x.rows, layer.inputs, this.layers[l - 1].act, 0, layer.x);
      kernels.forward(layer.x, layer.w, layer.units, layer.net);
      sigmoid(x.rows * layer.units, layer.net, layer.act);
    });
  }

  /**
   * The error of the minibatch that went forward, as the article counts it: half the mean over the classes of
   * each class's cross-entropy, with both penalties added once a class: so half of each penalty in all.
   *
   * @param labels The class of each row, from position `from` on.
   */
  error(labels: Int32Array, from: number, l1: number, l2: number): number {
    const { act, units: classes } = this.output;
    const logSums = new Float64Array(classes); // of the outputs that should be 1
    for (let r = 0; r < this.#rows; r++) {
      const c = labels[from + r];
      logSums[c] += log(act[r * classes + c]);
    }
    const l1Term = this.#l1Penalty(l1), l2Term = this.#l2Penalty(l2);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += -logSums[c] + l1Term + l2Term;
    return 0.5 * (sum / classes);
  }

  /** Both penalties on the weights. */
  penalty(l1: number, l2: number): number {
    return this.#l1Penalty(l1) + this.#l2Penalty(l2);
  }

  /** Whether all weights are finite numbers. */
  get isFinite(): boolean {
    return this.layers.every(({ w }) => w.every(Number.isFinite));
  }

  /**
   * Backward: sigma = act - y at the output, where the derivatives of the full cross-entropy and of the sigmoid
   * cancel; below it sigma = (sigma above) w^T times the slope act (1 - act).
   */
  backward(labels: Int32Array, from: number): void {
    const { act, sigma, units: classes } = this.output;
    for (let r = 0, n = 0; r < this.#rows; r++) {
      for (let c = 0; c < classes; c++, n++) sigma[n] = act[n] - (labels[from + r] === c ? 1 : 0);
    }
    for (let l = this.layers.length - 1; l > 0; l--) {
      const { inputs, units, w, sigma } = this.layers[l];
      const below = this.layers[l - 1];
      kernels.backward(this.#rows, inputs, units, sigma, w, below.sigma);
      timesSlope(this.#rows * inputs, below.act, below.sigma);
    }
  }

  /**
   * Gradient descent: w -= rate (gradient + lambda w) in every layer, gradient = [1 x]^T sigma.
   *
   * @param xT The minibatch's own non-zeros by column, features x R.
   */
  update(xT: NonZeros, lambda: number, rate: number): void {
    this.layers.forEach((layer, l) => {
      const { x, w, sigma, units } = layer;
      if (l > 0) transposeNonZeros(x, this.#xT);
      kernels.update(l === 0 ? xT : this.#xT, sigma, w, units, lambda, rate, this.#perUnit);
    });
  }

  /**
   * The gradients that {@linkcode Network.update} would descend, with lambda w, without a step. They come from the
   * same kernel: a step of rate -1 from weights of 0 leads to 0 - (-1) gradient, which is the gradient.
   */
  gradients(xT: NonZeros, lambda: number): Float64Array[] {
    return this.layers.map(({ x, w, sigma, units }, l) => {
      if (l > 0) transposeNonZeros(x, this.#xT);
      const gradient = new Float64Array(w.length);
      kernels.update(l === 0 ? xT : this.#xT, sigma, gradient, units, 0, -1, this.#perUnit);
      for (let n = units; n < w.length; n++) gradient[n] += lambda * w[n];
      return gradient;
    });
  }

  /** How many units of a layer have a slope of exactly 0 on every row of the minibatch: they no longer learn. */
  saturated(layer: Layer): number {
    let count = 0;
    for (let h = 0; h < layer.units; h++) {
      let r = 0;
      while (r < this.#rows && isFlat(layer.act[r * layer.units + h])) r++;
      if (r === this.#rows) count++;
    }
    return count;
  }

  /** l1 / 2 times the sum of |w|, with the biases: as the article has it. */
  #l1Penalty(l1: number): number {
    if (l1 === 0) return 0;
    let sum = 0;
    for (const { w, units, inputs } of this.layers) {
      sum += sumAbsolutes(inputs + 1, units, w, 0, this.#perUnit);
    }
    return l1 / 2 * sum;
  }

  /** l2 / 2 times the sum of w^2, without the biases. */
  #l2Penalty(l2: number): number {
    if (l2 === 0) return 0;
    let sum = 0;
    for (const { w, units, inputs } of this.layers) {
      sum += sumSquares(inputs, units, w, units, this.#perUnit);
    }
    return l2 / 2 * sum;
  }
}

/** Whether the sigmoid's slope is 0 there, or no number. */
function isFlat(act: number): boolean {
  return !(act * (1 - act) > 0);
}
