/**
 * The network: forward, backward, update, for any depth and any activations, in the article's notation.
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
 * and a deeper one has more of the same; with another activation f, f' stands in place of actHidden (1 - actHidden). The
 * article's own w are the transposes of these. `../reference.ts` has the same in some seventy lines on `Matrix`: read it
 * first. The tests demand the same bits of both.
 *
 * **The error that is descended is not the error that is reported**, here as in the article. Its gradients are those of
 * the full cross-entropy, plus (l1 + l2) / 2 times the sum of w^2 without biases. The reported error leaves out half of
 * the cross-entropy, and its L1 term is of |w|, with biases. With `output: "softmax"` and `penalty: "exact"` the two are
 * one (`output.ts`, `penalty.ts`).
 *
 * The passes of one layer are in `layer.ts`, the buffers in `workspace.ts`. What an option may be, what X may hold,
 * epochs and minibatches: all that is in `classifier.ts`.
 *
 * @module
 */

import { STEP } from "../kernels/contract.ts";
import { withArena } from "../kernels/memory.ts";
import { backward, forwardAll, type Layer, update } from "./layer.ts";
import type { Minibatch } from "./minibatches.ts";
import { type Output, outputSigma } from "./output.ts";
import {
  l1Penalty,
  l2Penalty,
  NO_PENALTY,
  type Penalty,
  type PenaltyKind,
  sumOfSquares,
} from "./penalty.ts";
import { type Backend, singleThread } from "./threads.ts";

const STEP_ENTRIES = Object.entries(STEP) as [keyof typeof STEP, number][];

/** What is descended, and what is reported. */
export interface Objective {
  readonly output: Output;
  readonly penalty: PenaltyKind;
  readonly l1: number;
  readonly l2: number;
  /** Whether the error, and its gradient, is the mean over a minibatch's rows. Else it is the sum. */
  readonly isMean: boolean;
}

/** The layers of a network, its objective, and who computes its passes. */
export class Network {
  /** From the first hidden layer to the output. */
  readonly layers: readonly Layer[];
  readonly #objective: Objective;
  readonly #backend: Backend;

  /** A network over the layers of a workspace. */
  constructor(layers: readonly Layer[], objective: Objective, backend: Backend) {
    this.layers = layers;
    this.#objective = objective;
    this.#backend = backend;
  }

  /** The last layer: one unit a class. */
  get output(): Layer {
    return this.layers[this.layers.length - 1];
  }

  /** Forward, layer by layer: the output of one is the input of the next. */
  forward(x: Minibatch["x"]): void {
    forwardAll(this.layers, x, this.#backend);
  }

  /** Backward: sigma of the output layer, then of each layer below. The labels are those from position `first` on. */
  backward(labels: Int32Array, first: number): void {
    outputSigma({ ...this.output, rows: this.output.x.rows }, labels, first);
    for (let l = this.layers.length - 1; l > 0; l--) {
      backward(this.layers[l], this.layers[l - 1], this.#backend);
    }
  }

  /**
   * Gradient descent: w -= rate (gradient + penalty's gradient), with momentum. Returns the penalty of the weights before
   * the step where it is a part of the minibatch's error.
   */
  update(rate: number, momentum: number): Penalty {
    const { penalty, l1, l2 } = this.#objective;
    const { lambda, l1: sign } = penalty.gradient(l1, l2), divisor = this.#divisor;
    const squares = penalty.isOfEachMinibatch && l2 !== 0 ? 1 : 0;
    // the gradient of a mean is the sum's over the rows: so rate / rows, and the penalties times the rows
    const decay = { lambda: lambda * divisor, l1: sign * divisor };
    this.#setStep({ rate: rate / divisor, ...decay, momentum, squares });
    const l1Term = penalty.isOfEachMinibatch ? l1Penalty(this.layers, l1, penalty) : 0;
    for (const layer of this.layers) update(layer, this.#backend);
    return { l1: l1Term, l2: squares === 0 ? 0 : l2 / 2 * sumOfSquares(this.layers) };
  }

  /** A step: forward, backward, update. Returns the minibatch's error. */
  step({ x, first }: Minibatch, labels: Int32Array, rate: number, momentum: number): number {
    this.forward(x);
    this.backward(labels, first);
    const penalty = this.update(rate, momentum);
    return this.error(labels, first, penalty);
  }

  /** The error of the minibatch that went forward. */
  error(labels: Int32Array, first: number, penalty: Penalty = NO_PENALTY): number {
    const { x: { rows }, units, net, act } = this.output;
    const divisor = this.#divisor;
    return this.#objective.output.error({ rows, units, net, act }, labels, first, divisor, penalty);
  }

  /** The penalty of the weights as they are. */
  penalty(): Penalty {
    const { penalty, l1, l2 } = this.#objective;
    return { l1: l1Penalty(this.layers, l1, penalty), l2: l2Penalty(this.layers, l2) };
  }

  /** The same, where it is a part of each minibatch's error. */
  minibatchPenalty(): Penalty {
    return this.#objective.penalty.isOfEachMinibatch ? this.penalty() : NO_PENALTY;
  }

  /** The same, where it is added to the error of an epoch; else 0. */
  epochPenalty(): number {
    if (this.#objective.penalty.isOfEachMinibatch) return 0;
    const { l1, l2 } = this.penalty();
    return l1 + l2;
  }

  /**
   * The gradients that {@linkcode Network.update} would descend, with the penalties', (inputs + 1) x units each. They
   * come from the same kernels: a step of rate -1 from weights of 0 leads to 0 - (-1) gradient, which is the gradient.
   */
  gradients(): Float64Array[] {
    const { penalty, l1, l2 } = this.#objective;
    const { lambda, l1: sign } = penalty.gradient(l1, l2), divisor = this.#divisor;
    this.#setStep({ rate: -1, lambda: 0, l1: 0, momentum: 0, squares: 0 });
    return withArena((arena) =>
      this.layers.map((layer) => {
        const fromZero = arena.float64(layer.w.length).fill(0);
        update({ ...layer, w: fromZero }, singleThread());
        const penalized = (w: number) => lambda * w + (sign === 0 ? 0 : sign * Math.sign(w));
        return fromZero.map((g, n) => g / divisor + (n < layer.units ? 0 : penalized(layer.w[n])));
      })
    );
  }

  /** By what sums over the rows of the minibatch are divided. */
  get #divisor(): number {
    return this.#objective.isMean ? this.output.x.rows : 1;
  }

  #setStep(numbers: Record<keyof typeof STEP, number>): void {
    const { step } = this.layers[0]; // the layers' own, and one
    for (const [name, place] of STEP_ENTRIES) step[place] = numbers[name];
  }
}
