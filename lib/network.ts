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
 * Numbers live in lists that are made once and written over for each minibatch; the shape of each stands beside it.
 * The products are those of `inputs.ts`. What an option may be, what X may hold, epochs and minibatches: all that is
 * the business of `classifier.ts`.
 *
 * @module
 */

import { alone, backward, type DenseInputs, type Inputs, type Products } from "./inputs.ts";
import { log } from "./kernels/elementary.ts";
import { kernels } from "./kernels/kernels.ts";
import { inRoom, Room } from "./kernels/memory.ts";
import { Matrix } from "./matrix.ts";

/** One layer's weights, and the lists of the minibatch that passes through. R is the minibatch's rows. */
interface Layer {
  readonly inputs: number;
  readonly units: number;
  /** (inputs + 1) x units: row 0 the biases, row k + 1 from input k. The article's w, transposed. */
  w: Float64Array;
  /** R x inputs: what comes in from below. */
  x: Inputs;
  /** R x units: x w, before the sigmoid. */
  net: Float64Array;
  /** R x units: sigmoid(net). */
  act: Float64Array;
  /** R x units: the derivative with respect to net of what is descended. The article's sigma2, sigma3. */
  sigma: Float64Array;
  /** (units + 1) x inputs: w the other way round, for the way back. The first layer needs none. */
  wT: Float64Array;
  /** units: a sum for each unit, over its weights. */
  sums: Float64Array;
  /** Who computes its products. */
  products: Products;
}

const NOTHING = new Float64Array(0);
/** What a layer has beside its weights while there is no room. */
const EMPTY = {
  x: { rows: 0, inputs: 0, columns: new Int32Array(0), value: NOTHING, isKept: false },
  net: NOTHING,
  act: NOTHING,
  sigma: NOTHING,
  wT: NOTHING,
  sums: NOTHING,
};

/**
 * The weights of a network, and room for one minibatch on its way through. {@linkcode Network.reserve} takes the room,
 * and moves the weights into the kernels' memory; {@linkcode Network.release} gives it back.
 */
export class Network {
  /** Features, hidden units of each layer, classes: `[784, 50, 10]`. */
  readonly sizes: readonly number[];
  /** The layers from the first hidden one to the output. */
  readonly layers: readonly Layer[];
  /** Where the lists are; how many rows they have room for; and how many the minibatch has that is in them. */
  #room: Room | undefined;
  #maxRows = 0;
  #rows = 0;
  /** The penalties on the weights that the minibatch met. */
  #l1Term = 0;
  #l2Term = 0;
  /** 0, 1, 2, …: all columns. */
  #columns: Int32Array = new Int32Array(0);
  /** One number a class. */
  readonly #logSums: Float64Array;

  /**
   * @param sizes The number of units from the features to the classes.
   * @param weights Each layer's, (inputs + 1) x units. They are taken over.
   */
  constructor(sizes: readonly number[], weights: readonly Float64Array[]) {
    this.sizes = sizes;
    this.layers = weights.map((w, l) => ({
      inputs: sizes[l],
      units: sizes[l + 1],
      w,
      ...EMPTY,
      products: alone,
    }));
    this.#logSums = new Float64Array(sizes[sizes.length - 1]);
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
    if (rows <= this.#maxRows) return;
    const room = new Room();
    const columns = room.int32(Math.max(...this.sizes.slice(1)));
    for (let k = 0; k < columns.length; k++) columns[k] = k;
    this.layers.forEach((layer, l) => {
      const { inputs, units, w } = layer;
      layer.w = room.float64(w.length);
      layer.w.set(w);
      layer.net = room.float64(rows * units);
      layer.act = room.float64(rows * units);
      layer.sigma = room.float64(rows * units);
      layer.sums = room.float64(units);
      if (l === 0) return; // what comes into the first layer comes with the minibatch
      const value = this.layers[l - 1].act;
      layer.x = { rows: 0, inputs, columns: columns.subarray(0, inputs), value, isKept: true };
      layer.wT = room.float64((units + 1) * inputs);
    });
    this.#columns = columns;
    this.#room?.release();
    this.#room = room;
    this.#maxRows = rows;
  }

  /** Gives the room back. The weights stay; what a minibatch left is gone. */
  release(): void {
    for (const layer of this.layers) Object.assign(layer, EMPTY, { w: layer.w.slice() });
    this.#room?.release();
    this.#room = undefined;
    this.#maxRows = 0;
  }

  /** Forward: net = [1 x] w and act = sigmoid(net), layer by layer; what one gives is what the next one gets. */
  forward(x: Inputs): void {
    this.reserve(x.rows);
    this.#rows = x.rows;
    this.layers.forEach((layer, l) => {
      if (l === 0) layer.x = x;
      else (layer.x as DenseInputs).rows = x.rows;
      layer.products.forward(layer.x, layer.units, layer.w, layer.net, layer.act);
    });
  }

  /**
   * Backward: sigma = act - y at the output, where the derivatives of the full cross-entropy and of the sigmoid
   * cancel; below it sigma = (sigma above) w^T times the slope act (1 - act).
   *
   * @param labels The class of each row, from position `from` on.
   */
  backward(labels: Int32Array, from: number): void {
    const { act, sigma, units: classes } = this.output;
    for (let r = 0, n = 0; r < this.#rows; r++) {
      for (let c = 0; c < classes; c++, n++) sigma[n] = act[n] - (labels[from + r] === c ? 1 : 0);
    }
    for (let l = this.layers.length - 1; l > 0; l--) {
      const { inputs, units, w, wT, sigma } = this.layers[l];
      const below = this.layers[l - 1];
      backward(this.#rows, inputs, units, this.#columns, sigma, w, wT, below.sigma);
      kernels.timesSlope(this.#rows * inputs, below.act, below.sigma);
    }
  }

  /**
   * Gradient descent: w -= rate (gradient + (l1 + l2) w) in every layer, gradient = [1 x]^T sigma. Both penalties: the
   * article's L1 has the gradient w too.
   */
  update(l1: number, l2: number, rate: number): void {
    this.#l1Term = l1 / 2 * (l1 && this.#sumOfAbsolutes());
    for (const { products, x, w, sigma, units, sums } of this.layers) {
      products.update(x, units, sigma, w, l1 + l2, rate, sums); // sums: of w^2, which is the penalty's
    }
    this.#l2Term = l2 / 2 * (l2 && this.#totalOfSums());
  }

  /**
   * The error of the minibatch that went forward and was learned from, as the article counts it: half the mean over
   * the classes of each class's cross-entropy, with both penalties added once a class: so half of each penalty in all.
   *
   * @param labels The class of each row, from position `from` on.
   */
  error(labels: Int32Array, from: number): number {
    const { act, units: classes } = this.output;
    const logSums = this.#logSums.fill(0); // of the outputs that should be 1
    for (let r = 0; r < this.#rows; r++) {
      const c = labels[from + r];
      logSums[c] += log(act[r * classes + c]);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += -logSums[c] + this.#l1Term + this.#l2Term;
    return 0.5 * (sum / classes);
  }

  /**
   * The gradients that {@linkcode Network.update} would descend, with the penalties', without a step. They come from
   * the same kernel: a step of rate -1 from weights of 0 leads to 0 - (-1) gradient, which is the gradient.
   */
  gradients(l1: number, l2: number): Float64Array[] {
    this.measurePenalties(l1, l2);
    return inRoom((room) =>
      this.layers.map(({ x, w, sigma, units, sums }) => {
        const fromZero = room.float64(w.length).fill(0);
        alone.update(x, units, sigma, fromZero, 0, -1, sums);
        return fromZero.map((g, n) => n < units ? g : g + (l1 + l2) * w[n]);
      })
    );
  }

  /**
   * Finds both penalties on the weights as they are, for {@linkcode Network.error}, where no step does it on its way.
   *
   * L1 is l1 / 2 times the sum of |w|, with the biases: as the article has it. L2 is l2 / 2 times the sum of w^2,
   * without them. Each unit's weights are added up in their order, then the units, then the layers.
   *
   * @returns Their sum.
   */
  measurePenalties(l1: number, l2: number): number {
    this.#l1Term = l1 / 2 * (l1 && this.#sumOfAbsolutes());
    for (const { w, units, inputs, sums } of this.layers) {
      kernels.addSquares(inputs, units, w.subarray(units), sums.fill(0));
    }
    this.#l2Term = l2 / 2 * (l2 && this.#totalOfSums());
    return this.#l1Term + this.#l2Term;
  }

  /** Whether all weights are finite numbers. */
  get isFinite(): boolean {
    return this.layers.every(({ w }) => w.every(Number.isFinite));
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

  #sumOfAbsolutes(): number {
    for (const { w, units, inputs, sums } of this.layers) {
      kernels.addAbsolutes(inputs + 1, units, w, sums.fill(0));
    }
    return this.#totalOfSums();
  }

  /** The sum of each layer's sums, from left to right, over the layers. */
  #totalOfSums(): number {
    let total = 0;
    for (const { sums, units } of this.layers) {
      let sum = 0;
      for (let h = 0; h < units; h++) sum += sums[h];
      total += sum;
    }
    return total;
  }
}

/** Whether the sigmoid's slope is 0 there, or no number. */
function isFlat(act: number): boolean {
  return !(act * (1 - act) > 0);
}
