/**
 * The hot loops: what each computes, and who computes it, `simd.wasm` or, where the engine has no SIMD for
 * WebAssembly, `plain.ts`. The two give the same bits, by a contract that all kernels keep:
 *
 *   Every element of a product is the sum over k from left to right, starting at +0, each product and
 *   each sum rounded to a float64. No fused multiply-add, no other order over k.
 *
 * A kernel may split rows and columns as it likes, never k. So the triple loop of the textbook gives the bits too.
 * Leaving out a term with a factor of 0 keeps them; so does adding it, as long as the other factor is finite. The
 * other reductions have one order as well: a column from top to bottom, a row from left to right, each from +0.
 *
 * Matrices lie row after row in lists of the kernels' memory (`memory.ts`). The weights of a layer are
 * feature-major, (inputs + 1) x units: row 0 the biases, row k + 1 the weights of input k to all units; so every inner
 * loop runs along a row of units. Inputs come in one of two forms:
 *
 * - **lists** of what is not zero (compressed sparse rows): the elements of row i are number `start[i]` to
 *   `start[i + 1] - 1`; `index` has their columns, rising, and `value` their values. Of MNIST's raw pixels 81 % are 0.
 * - **dense**: rows x count numbers, and `columns`, rising, says which inputs these are; the others are all 0.
 */

import { wasm } from "./memory.ts";
import { plain } from "./plain.ts";

/** All kernels. R is the number of rows. */
export interface Kernels {
  /** net = [1 x] w, x in lists by rows. w: (inputs + 1) x units, net: R x units. */
  forwardLists(
    rows: number,
    units: number,
    start: Int32Array,
    index: Int32Array,
    value: Float64Array,
    w: Float64Array,
    net: Float64Array,
  ): void;

  /** net = [1 x] w, x dense, R x count. w: (inputs + 1) x units, net: R x units. */
  forwardDense(
    rows: number,
    units: number,
    count: number,
    columns: Int32Array,
    x: Float64Array,
    w: Float64Array,
    net: Float64Array,
  ): void;

  /** wT = w turned round, with biases of 0: (units + 1) x inputs. With it, going backward is going forward. */
  turnWeights(inputs: number, units: number, w: Float64Array, wT: Float64Array): void;

  /** The biases' part of a step: w[0] -= rate times the sum of sigma's rows. sigma: R x units. */
  updateBiases(
    rows: number,
    units: number,
    sigma: Float64Array,
    w: Float64Array,
    rate: number,
  ): void;

  /**
   * w -= rate (gradient + lambda w) with the gradient x^T sigma, summed over the rows from +0, for `inputs` inputs from
   * number `first` on: one step of gradient descent, rounded as the article's is. On its way it adds up the penalty:
   * `squares` becomes each unit's sum of w^2 before the step, over these inputs in their order.
   *
   * x: in lists by columns, of these inputs; sigma: R x units; w: (all inputs + 1) x units; squares: units.
   */
  updateLists(
    first: number,
    inputs: number,
    units: number,
    start: Int32Array,
    index: Int32Array,
    value: Float64Array,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void;

  /** The same, x dense, by rows, from one of which to the next it is `stride` numbers. */
  updateDense(
    first: number,
    inputs: number,
    rows: number,
    units: number,
    count: number,
    stride: number,
    columns: Int32Array,
    x: Float64Array,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void;

  /** How many elements of x are not 0. isActive[j] becomes 1 where one of them is in column j, and else stays. */
  countNonZeros(rows: number, cols: number, x: Float64Array, isActive: Uint8Array): number;

  /** The same of bytes. */
  countNonZeroBytes(rows: number, cols: number, x: Uint8Array, isActive: Uint8Array): number;

  /** The lists by rows of x. */
  listNonZeros(
    rows: number,
    cols: number,
    x: Float64Array,
    start: Int32Array,
    index: Int32Array,
    value: Float64Array,
  ): void;

  /** The same of bytes; `index` and `value` need room for eight more than there are, to be written over. */
  listNonZeroBytes(
    rows: number,
    cols: number,
    x: Uint8Array,
    start: Int32Array,
    index: Int32Array,
    value: Float64Array,
  ): void;

  /** The lists of the transpose: those by columns, with the rows rising. */
  transposeLists(
    rows: number,
    cols: number,
    start: Int32Array,
    index: Int32Array,
    value: Float64Array,
    startT: Int32Array,
    indexT: Int32Array,
    valueT: Float64Array,
  ): void;

  /** out = the given columns of x, rows x cols. */
  packColumns(
    rows: number,
    cols: number,
    x: Float64Array,
    count: number,
    columns: Int32Array,
    out: Float64Array,
  ): void;

  /** out = e^x, for n numbers. */
  exp(n: number, x: Float64Array, out: Float64Array): void;

  /** out = the natural logarithm of x, for n numbers. */
  log(n: number, x: Float64Array, out: Float64Array): void;

  /** act = sigmoid(net), for n numbers. */
  sigmoid(n: number, net: Float64Array, act: Float64Array): void;

  /** sigma *= act (1 - act), the slope of the sigmoid where it gives act, for n numbers. */
  timesSlope(n: number, act: Float64Array, sigma: Float64Array): void;

  /** sums[j] += column j of x, rows x cols, one element after the other. */
  addColumns(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /** sums[j] += column j of |x|, likewise. */
  addAbsolutes(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /** sums[j] += column j of x^2, likewise. */
  addSquares(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /** sums[j] += (x - mean[j])^2 over column j of x, likewise. */
  addSquaredDistances(
    rows: number,
    cols: number,
    x: Float64Array,
    mean: Float64Array,
    sums: Float64Array,
  ): void;

  /** sums[i] = the sum of row i of x, rows x cols. */
  sumRows(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /**
   * c += a b, for whole tiles: a in panels of 4 rows, b in panels of 4 columns, each panel depth x 4, and c row after
   * row. `rows` and `cols` are multiples of 4.
   */
  addProduct(
    rows: number,
    depth: number,
    cols: number,
    a: Float64Array,
    b: Float64Array,
    c: Float64Array,
  ): void;
}

/** A kernel of WebAssembly takes addresses: this one takes lists, and hands on where they begin. */
function onLists(f: (...args: number[]) => number | void) {
  return (...args: (number | { byteOffset: number })[]) => {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg === "object") args[i] = arg.byteOffset;
    }
    return f(...args as number[]);
  };
}

/** The kernels of `simd.wasm`, for lists in the kernels' memory. */
export const simd: Kernels | undefined = wasm && fromExports(wasm);

function fromExports(wasm: Record<keyof Kernels, (...args: number[]) => number | void>): Kernels {
  const names = Object.keys(plain) as (keyof Kernels)[];
  return Object.fromEntries(
    names.map((name) => [name, onLists(wasm[name])]),
  ) as unknown as Kernels;
}

/** The faster ones of the two. */
export const kernels: Kernels = simd ?? plain;
