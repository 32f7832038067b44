/**
 * NumPy's legacy generator, `numpy.random.RandomState`: the same numbers from the same seed, bit for bit,
 * call after call. It is the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) with NumPy's ways
 * to make floats, normal variates and whole numbers of it.
 *
 * There is no generator without a seed, and no global one: a run depends on its seeds and on nothing else.
 *
 * @module
 */

import { checkCount, checkOptions } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import { log } from "./kernels/elementary.ts";
import { Matrix, type Shape } from "./matrix.ts";

const N = 624;
const M = 397;
const MAX_SEED = 2 ** 32 - 1;

/**
 * A stream of random numbers that equals NumPy's `RandomState(seed)`.
 *
 * What is drawn depends on `shape`: nothing gives one number, a length gives an array, `[rows, cols]`
 * gives a {@linkcode Matrix}. A matrix is filled row by row, as in NumPy.
 *
 * @example The first weights of the article's network
 * ```ts
 * import { RandomState } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const rng = new RandomState(42);
 * const w1 = rng.uniform(-1, 1, [50, 785]);
 * assertEquals(w1.shape, [50, 785]);
 * assertEquals(w1.at(0, 0), -0.250919762305275);
 * ```
 */
export class RandomState {
  /** The state of the twister, and how much of it is used up. */
  readonly #state = new Uint32Array(N);
  #position = N;
  /** Normal variates come in pairs: the second, until it is asked for. */
  #spareNormal: number | undefined;

  /**
   * Starts the stream of `seed`.
   *
   * @throws {ValueError} Where the seed is no whole number from 0 to 2^32 - 1, as in NumPy.
   */
  constructor(seed: number) {
    checkCount("RandomState", arguments.length, 1);
    if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
      throw new ValueError(
        `RandomState: the seed must be a whole number from 0 to 2**32 - 1, got ${describe(seed)}`,
      );
    }
    this.#state[0] = seed;
    for (let i = 1; i < N; i++) {
      const previous = this.#state[i - 1];
      this.#state[i] = Math.imul(previous ^ (previous >>> 30), 1812433253) + i;
    }
  }

  /**
   * Floats from 0 up to, but not including, 1. NumPy: `random_sample`, `random`.
   *
   * @throws {ShapeError} Where the length or the shape is none.
   */
  random(): number;
  /** `length` floats in [0, 1). */
  random(length: number): Float64Array;
  /** A matrix of floats in [0, 1). */
  random(shape: Shape): Matrix;
  /** Any of the three forms. */
  random(shape?: number | Shape): number | Float64Array | Matrix {
    checkCount("random", arguments.length, 1);
    return this.#fill("random", shape, () => this.#nextDouble(), Float64Array);
  }

  /**
   * Floats from `low` up to `high`. NumPy: `uniform`.
   *
   * @throws {ValueError} Where the bounds, or their distance, are not finite.
   * @throws {ShapeError} Where the length or the shape is none.
   */
  uniform(low?: number, high?: number): number;
  /** `length` floats in [low, high). */
  uniform(low: number, high: number, length: number): Float64Array;
  /** A matrix of floats in [low, high). */
  uniform(low: number, high: number, shape: Shape): Matrix;
  /** Any of the three forms. */
  uniform(low = 0, high = 1, shape?: number | Shape): number | Float64Array | Matrix {
    checkCount("uniform", arguments.length, 3);
    if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isFinite(high - low)) {
      throw new ValueError(
        `uniform: low and high must be finite and not too far apart, got ${describe(low)} and ${
          describe(high)
        }`,
      );
    }
    const range = high - low;
    return this.#fill("uniform", shape, () => low + range * this.#nextDouble(), Float64Array);
  }

  /**
   * Normal variates with mean 0 and standard deviation 1, by the polar method. NumPy: `standard_normal`. Equal to
   * NumPy's but for the last bits of the logarithm, which is our own: within 3 ulp.
   *
   * @throws {ShapeError} Where the length or the shape is none.
   */
  standardNormal(): number;
  /** `length` standard normal variates. */
  standardNormal(length: number): Float64Array;
  /** A matrix of standard normal variates. */
  standardNormal(shape: Shape): Matrix;
  /** Any of the three forms. */
  standardNormal(shape?: number | Shape): number | Float64Array | Matrix {
    checkCount("standardNormal", arguments.length, 1);
    return this.#fill("standardNormal", shape, () => this.#nextNormal(), Float64Array);
  }

  /**
   * Normal variates with mean `loc` and standard deviation `scale`. NumPy: `normal`.
   *
   * @throws {ValueError} Where `loc` is not finite, or `scale` negative or not finite.
   * @throws {ShapeError} Where the length or the shape is none.
   */
  normal(loc?: number, scale?: number): number;
  /** `length` normal variates. */
  normal(loc: number, scale: number, length: number): Float64Array;
  /** A matrix of normal variates. */
  normal(loc: number, scale: number, shape: Shape): Matrix;
  /** Any of the three forms. */
  normal(loc = 0, scale = 1, shape?: number | Shape): number | Float64Array | Matrix {
    checkCount("normal", arguments.length, 3);
    if (!Number.isFinite(loc)) throw new ValueError(`normal: loc must be finite, got ${loc}`);
    if (!(scale >= 0 && scale < Infinity)) {
      throw new ValueError(`normal: scale must be finite and not negative, got ${scale}`);
    }
    return this.#fill("normal", shape, () => loc + scale * this.#nextNormal(), Float64Array);
  }

  /**
   * Whole numbers from `low` up to, but not including, `high`; from 0 up to `low` without `high`. NumPy: `randint`. The
   * bounds lie within 2^53 of 0, where every whole number is a float64.
   *
   * @throws {ValueError} Where a bound is no such number, or nothing lies between them (and something is drawn).
   * @throws {ShapeError} Where the length or the shape is none.
   */
  randint(low: number, high?: number): number;
  /** `length` whole numbers in [low, high). */
  randint(low: number, high: number | undefined, length: number): number[];
  /** A matrix of whole numbers in [low, high). */
  randint(low: number, high: number | undefined, shape: Shape): Matrix;
  /** Any of the three forms. */
  randint(low: number, high?: number, shape?: number | Shape): number | number[] | Matrix {
    checkCount("randint", arguments.length, 3);
    const [from, to] = high === undefined ? [0, low] : [low, high];
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
      throw new ValueError(
        `randint: the bounds must be whole numbers, not above 2**53 - 1, got ${
          describe(from)
        } and ${describe(to)}`,
      );
    }
    const isEmpty = [shape].flat().includes(0);
    if (from >= to && !isEmpty) {
      throw new ValueError(`randint: low must be less than high, got ${from} and ${to}`);
    }
    return this.#fill("randint", shape, () => this.#nextInteger(from, to - 1), Array<number>);
  }

  /**
   * The numbers 0 ... n - 1 in random order, or a shuffled copy of a list. NumPy: `permutation`.
   *
   * @throws {ValueError} Where n is no whole number from 0 to 2^31 - 1.
   */
  permutation(n: number): Int32Array;
  /** A shuffled copy. */
  permutation<T>(items: readonly T[]): T[];
  /** Either form. */
  permutation<T>(x: number | readonly T[]): Int32Array | T[] {
    checkCount("permutation", arguments.length, 1);
    if (Array.isArray(x)) return this.shuffle([...x]);
    if (typeof x !== "number" || !Number.isInteger(x) || x < 0 || x >= 2 ** 31) {
      throw new ValueError(
        `permutation: expected a list, or a length from 0 to 2**31 - 1, got ${describe(x)}`,
      );
    }
    return this.shuffle(new Int32Array(x).map((_, i) => i));
  }

  /**
   * Puts the items of an array in random order, **in place**, and returns it. NumPy: `shuffle`.
   * A {@linkcode Matrix} is never changed: `X.take(rng.permutation(X.rows))` shuffles its rows.
   *
   * @throws {TypeError} Where it is no array.
   */
  shuffle<T extends unknown[] | Int32Array | Uint32Array | Uint8Array | Float64Array>(items: T): T {
    checkCount("shuffle", arguments.length, 1);
    if (!Array.isArray(items) && (!ArrayBuffer.isView(items) || items instanceof DataView)) {
      throw new TypeError(
        "shuffle: expected an array, which it changes in place. For the rows of a Matrix: X.take(rng.permutation(X.rows))",
      );
    }
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#nextInteger(0, i);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }

  /**
   * An item of a list, or of 0 ... n - 1; `size` of them in a list. NumPy: `choice`.
   *
   * @param a A list, or a number n that stands for 0 ... n - 1.
   * @param size How many.
   * @param options `replace` (true): whether an item can come twice. `p`: the probability of each
   * item, which must sum to 1.
   * @throws {ValueError} Where there are too few items, or the probabilities are not valid.
   * @throws {ShapeError} Where `size` is no length, or there is not one probability an item.
   */
  choice(a: number, size?: undefined, options?: ChoiceOptions): number;
  /** An item of a list. */
  choice<T>(a: readonly T[], size?: undefined, options?: ChoiceOptions): T;
  /** Some numbers. */
  choice(a: number, size: number, options?: ChoiceOptions): Int32Array;
  /** Some items of a list. */
  choice<T>(a: readonly T[], size: number, options?: ChoiceOptions): T[];
  /** Any of the four forms. */
  choice<T>(
    a: number | readonly T[],
    size?: number,
    options: ChoiceOptions = {},
  ): number | T | Int32Array | T[] {
    checkCount("choice", arguments.length, 3);
    checkOptions("choice", options, ["replace", "p"]);
    const { replace = true, p } = options;
    const n = typeof a === "number" ? a : a?.length;
    const isEmpty = n === 0 && size === 0;
    if (!Number.isInteger(n) || (n < 1 && !isEmpty) || n >= 2 ** 31) {
      throw new ValueError(
        `choice: expected a list that is not empty, or a number from 1 to 2**31 - 1, got ${
          describe(a)
        }`,
      );
    }
    const count = size ?? 1;
    checkLength("choice", count);
    if (!replace && count > n) {
      throw new ValueError(`choice: cannot take ${count} of ${n} without replacement`);
    }
    const indices = p
      ? this.#weightedIndices(n, count, replace, checkProbabilities(p, n, count, replace))
      : replace
      ? this.#draw(new Int32Array(count), () => this.#nextInteger(0, n - 1))
      : this.permutation(n).slice(0, count);
    if (typeof a === "number") return size === undefined ? indices[0] : indices;
    return size === undefined ? a[indices[0]] : Array.from(indices, (i) => a[i]);
  }

  // --- the stream --------------------------------------------------------------------------------

  /** The next 32 bits. */
  #next32(): number {
    if (this.#position === N) this.#twist();
    let y = this.#state[this.#position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
      state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) * 0x9908b0df);
    }
    this.#position = 0;
  }

  /** A float in [0, 1) with 53 random bits. */
  #nextDouble(): number {
    const a = this.#next32() >>> 5;
    const b = this.#next32() >>> 6;
    return (a * 67108864 + b) / 9007199254740992;
  }

  #nextNormal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    let x1: number, x2: number, r2: number;
    do { // a point in the unit circle, but not its centre
      x1 = 2 * this.#nextDouble() - 1;
      x2 = 2 * this.#nextDouble() - 1;
      r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1 || r2 === 0);
    const f = Math.sqrt(-2 * log(r2) / r2);
    this.#spareNormal = f * x1;
    return f * x2;
  }

  /** A whole number from `low` to `high`, both included: masked, and drawn again while it is too large. */
  #nextInteger(low: number, high: number): number {
    const max = high - low;
    if (max === 0) return low;
    let value: number;
    if (max <= 0xffffffff) {
      const mask = 0xffffffff >>> Math.clz32(max);
      do value = (this.#next32() & mask) >>> 0; while (value > max);
      return low + value;
    }
    // the upper 32 bits go to low first: so nothing is rounded, although max may be above 2^53
    const mask = 0xffffffff >>> Math.clz32(Math.floor(max / 2 ** 32));
    do {
      const upper = (this.#next32() & mask) >>> 0;
      value = low + upper * 2 ** 32 + this.#next32();
    } while (value > high);
    return value;
  }

  /** Indices drawn by their probabilities, as `RandomState.choice` draws them. */
  #weightedIndices(n: number, size: number, replace: boolean, p: Float64Array): Int32Array {
    const found: number[] = [];
    while (found.length < size) {
      const uniform = this.random(replace ? size : size - found.length);
      if (!replace) { for (const i of found) p[i] = 0; }
      const cumulative = new Float64Array(n);
      for (let i = 0, sum = 0; i < n; i++) cumulative[i] = sum += p[i];
      for (let i = 0, total = cumulative[n - 1]; i < n; i++) cumulative[i] /= total;
      const drawn = Array.from(uniform, (u) => firstAbove(cumulative, u));
      for (const i of replace ? drawn : new Set(drawn)) found.push(i);
    }
    return Int32Array.from(found);
  }

  /** The list, filled by `draw()`. */
  #draw<List extends Float64Array | Int32Array | number[]>(list: List, draw: () => number): List {
    for (let i = 0; i < list.length; i++) list[i] = draw();
    return list;
  }

  /** One number, a list or a matrix of `draw()`, by what `shape` is. */
  #fill<List extends Float64Array | number[]>(
    name: string,
    shape: number | Shape | undefined,
    draw: () => number,
    List: new (length: number) => List,
  ): number | List | Matrix {
    if (shape === undefined) return draw();
    if (typeof shape === "number") {
      checkLength(name, shape);
      return this.#draw(new List(shape), draw);
    }
    const matrix = Matrix.zeros(shape); // checks the shape
    this.#draw(matrix.data as Float64Array, draw);
    return matrix;
  }
}

/** How {@linkcode RandomState.choice} draws. */
export interface ChoiceOptions {
  /** Whether an item can be drawn more than once. Default: true. */
  replace?: boolean;
  /** The probability of each item; they must sum to 1. Default: all the same. */
  p?: ArrayLike<number>;
}

function checkLength(name: string, length: number): void {
  if (!Number.isInteger(length) || length < 0) {
    throw new ShapeError(
      `${name}: expected a length or a shape [rows, cols], got ${describe(length)}`,
    );
  }
}

function checkProbabilities(
  p: ArrayLike<number>,
  n: number,
  size: number,
  replace: boolean,
): Float64Array {
  const copy = Float64Array.from(p);
  if (copy.length !== n) {
    throw new ShapeError(
      `choice: ${n} items need ${n} probabilities, got ${copy.length}`,
    );
  }
  if (!copy.every((x) => x >= 0)) throw new ValueError("choice: a probability is negative or NaN");
  const sum = copy.reduce((a, b) => a + b, 0);
  if (!(Math.abs(sum - 1) <= 1.5e-8)) { // NumPy's tolerance: the root of the machine epsilon
    throw new ValueError(`choice: the probabilities must sum to 1, not to ${sum}`);
  }
  const possible = copy.filter((x) => x > 0).length;
  if (!replace && possible < size) {
    throw new ValueError(
      `choice: cannot take ${size} without replacement where only ${possible} have a probability above 0`,
    );
  }
  return copy;
}

/** The first index with sorted[index] > x: NumPy's `searchsorted(x, side="right")`. */
function firstAbove(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] > x) high = middle;
    else low = middle + 1;
  }
  return low;
}
