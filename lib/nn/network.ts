/**
 * The network: forward, backward, update, for any depth, in the article's notation.
 *
 * Every layer is fully connected. With x the R rows of a minibatch, [1 x] the same with a column of ones for the biases,
 * and y the wanted outputs, R x classes, a step of the article's network with one hidden layer is
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
 * and a deeper one has more of the same. The article's own w are the transposes of these. `../reference.ts` has the same
 * in some forty lines on `Matrix`: read it first. The tests demand the same bits of both.
 *
 * **The error that is descended is not the error that is reported**, here as in the article. The gradients are those of
 * the full cross-entropy, plus (l1 + l2) / 2 times the sum of w^2 without biases. The reported error leaves out half of
 * the cross-entropy, and its L1 term is of |w|, with biases (`output.ts`).
 *
 * The passes of one layer are in `layer.ts`, the buffers in `workspace.ts`. What an option may be, what X may hold,
 * epochs and minibatches: all that is in `classifier.ts`.
 *
 * @module
 */

import { kernels } from "../kernels/kernels.ts";
import { withArena } from "../kernels/memory.ts";
import type { Inputs } from "./inputs.ts";
import { backward, forward, type Layer, update } from "./layer.ts";
import { articleOutput, type Penalty } from "./output.ts";
import { type Backend, singleThread } from "./threads.ts";

/** The layers of a network, and who computes its passes. */
export class Network {
  /** From the first hidden layer to the output. */
  readonly layers: readonly Layer[];
  readonly #backend: Backend;

  /** A network over the layers of a workspace. */
  constructor(layers: readonly Layer[], backend: Backend) {
    this.layers = layers;
    this.#backend = backend;
  }

  /** The last layer: one unit a class. */
  get output(): Layer {
    return this.layers[this.layers.length - 1];
  }

  /** Forward, layer by layer: the output of one is the input of the next. */
  forward(x: Inputs): void {
    this.layers[0].x = x;
    for (const layer of this.layers) {
      layer.x.rows = x.rows;
      forward(layer, this.#backend);
    }
  }

  /** Backward: sigma of the output layer, then of each layer below. The labels are those from position `first` on. */
  backward(labels: Int32Array, first: number): void {
    articleOutput.backward(this.output, labels, first);
    for (let l = this.layers.length - 1; l > 0; l--) {
      backward(this.layers[l], this.layers[l - 1], this.#backend);
    }
  }

  /** Gradient descent: w -= rate (gradient + (l1 + l2) w). Returns the penalty of the weights before the step. */
  update(l1: number, l2: number, rate: number): Penalty {
    const l1Term = this.#l1Term(l1);
    for (const layer of this.layers) update(layer, l1 + l2, rate, this.#backend);
    return { l1: l1Term, l2: term(l2, this.layers) };
  }

  /** The error of the minibatch that went forward, as the article counts it. */
  error(labels: Int32Array, first: number, penalty: Penalty): number {
    return articleOutput.error(this.output, labels, first, penalty);
  }

  /** The penalty of the weights as they are. */
  penalty(l1: number, l2: number): Penalty {
    const l1Term = this.#l1Term(l1);
    for (const { w, units, inputs, squares } of this.layers) {
      kernels.addSquares(inputs, units, w.subarray(units), squares.fill(0));
    }
    return { l1: l1Term, l2: term(l2, this.layers) };
  }

  /**
   * The gradients that {@linkcode Network.update} would descend, with the penalties', (inputs + 1) x units each. They
   * come from the same kernels: a step of rate -1 from weights of 0 leads to 0 - (-1) gradient, which is the gradient.
   */
  gradients(l1: number, l2: number): Float64Array[] {
    return withArena((arena) =>
      this.layers.map((layer) => {
        const fromZero = arena.float64(layer.w.length).fill(0);
        update({ ...layer, w: fromZero }, 0, -1, singleThread());
        return fromZero.map((g, n) => n < layer.units ? g : g + (l1 + l2) * layer.w[n]);
      })
    );
  }

  /** l1 / 2 times the sum of |w|, with the biases. */
  #l1Term(l1: number): number {
    if (l1 === 0) return 0;
    for (const { w, units, inputs, squares } of this.layers) {
      kernels.addAbsolutes(inputs + 1, units, w, squares.fill(0));
    }
    return term(l1, this.layers);
  }
}

/** lambda / 2 times the sum of the layers' `squares`: each layer's from left to right, then the layers'. */
function term(lambda: number, layers: readonly Layer[]): number {
  if (lambda === 0) return 0; // not 0 times infinity
  let total = 0;
  for (const { squares, units } of layers) {
    let sum = 0;
    for (let h = 0; h < units; h++) sum += squares[h];
    total += sum;
  }
  return lambda / 2 * total;
}
