/**
 * First weights, as the seed draws them; and the hash that tells weights apart.
 *
 * @module
 */

import { Matrix } from "../matrix.ts";
import { RandomState } from "../random.ts";
import { Sha256 } from "../sha256.ts";

/** Draws a layer's weights, units x (inputs + 1), the biases first. */
export type Draw = (rng: RandomState, units: number, inputs: number) => Matrix;

/** The name of a way to draw first weights. */
export type InitialWeightsName = "uniform" | "glorot" | "he";

/** The ways to draw, by their names. */
export const INITIAL_WEIGHTS: Readonly<Record<InitialWeightsName, Draw>> = {
  /** The article's: all from -1 to 1, whatever the size of the layer. */
  uniform: (rng, units, inputs) => rng.uniform(-1, 1, [units, inputs + 1]),
  /** The variance 2 / (inputs + units), which keeps net inputs, and the errors that are passed back, of one size (Glorot and Bengio 2010). */
  glorot(rng, units, inputs) {
    const bound = Math.sqrt(6 / (inputs + units));
    return withoutBiases(rng.uniform(-bound, bound, [units, inputs]));
  },
  /** The variance 2 / inputs: half of ReLU's outputs are 0 (He and others 2015). */
  he: (rng, units, inputs) => withoutBiases(rng.normal(0, Math.sqrt(2 / inputs), [units, inputs])),
};

/** Each layer's first weights, drawn from one stream, from the first layer on. */
export function drawWeights(
  sizes: readonly number[],
  name: InitialWeightsName,
  randomSeed: number,
): Matrix[] {
  const rng = new RandomState(randomSeed);
  return sizes.slice(1).map((units, l) => INITIAL_WEIGHTS[name](rng, units, sizes[l]));
}

/**
 * The order of the rows in an epoch, counted from 0: a permutation for each seed and epoch, so that a training can go on
 * anywhere. NumPy: `RandomState((seed + 0x9e3779b9 (epoch + 1)) % 2**32).permutation(rows)`.
 */
export function orderOf(randomSeed: number, epoch: number, rows: number): Int32Array {
  const seed = (randomSeed + Math.imul(0x9e3779b9, epoch + 1)) >>> 0;
  return new RandomState(seed).permutation(rows);
}

/**
 * The SHA-256 of all weights, in hexadecimal: two networks have the same where every bit of every weight is the same.
 *
 * It is that of float64 numbers, little-endian, w1 first, each matrix row by row: units x (inputs + 1), the bias first, as
 * `net.weights` has them. NumPy: `sha256(w1.tobytes() + w2.tobytes())`.
 *
 * @example
 * ```ts
 * import { hashWeights, Matrix, NNClassifier } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]);
 * const net = new NNClassifier({ nFeatures: 2, nClasses: 2, nHiddenUnits: 3, epochs: 100 });
 * net.fit(X, [0, 1, 1, 0]);
 * assertEquals(hashWeights(net.weights).slice(0, 16), "29bbf811eae185e5"); // on every machine
 * ```
 */
export function hashWeights(weights: readonly Matrix[]): string {
  const hash = new Sha256();
  for (const { data } of weights) hash.updateNumbers(Float64Array.from(data));
  return hash.digest();
}

function withoutBiases(w: Matrix): Matrix {
  return Matrix.hstack([Matrix.zeros([w.rows, 1]), w]);
}
