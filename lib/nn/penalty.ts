/**
 * Penalties of large weights: what they add to the gradient, and to the error that is reported.
 *
 * @module
 */

import { kernels } from "../kernels/kernels.ts";
import type { Layer } from "./layer.ts";

/** The penalties of a network's weights. */
export interface Penalty {
  /** Of l1. */
  readonly l1: number;
  /** Of l2. */
  readonly l2: number;
}

/** No penalty. */
export const NO_PENALTY: Penalty = { l1: 0, l2: 0 };

/** A kind of penalties. */
export interface PenaltyKind {
  /** The gradient that a step adds, lambda w + l1 sign(w), without the biases. */
  gradient(l1: number, l2: number): { readonly lambda: number; readonly l1: number };
  /** The factor of l1 times the sum of |w|. */
  readonly l1Factor: number;
  /** Whether |w| is summed with the biases. */
  readonly l1HasBiases: boolean;
  /**
   * Whether the penalty is part of each minibatch's error, added once for each class, as in the article. Else it is that
   * of the weights at the end of the epoch, added once.
   */
  readonly isOfEachMinibatch: boolean;
}

/** The name of a kind of penalties. */
export type PenaltyName = "article" | "exact";

/** The kinds, by their names. */
export const PENALTIES: Readonly<Record<PenaltyName, PenaltyKind>> = {
  /** The article's: the gradient of the L1 term is w, as that of the L2 term; the error has l1 / 2 times |w|. */
  article: {
    gradient: (l1, l2) => ({ lambda: l1 + l2, l1: 0 }),
    l1Factor: 0.5,
    l1HasBiases: true,
    isOfEachMinibatch: true,
  },
  /** l1 times the sum of |w|, l2 / 2 times the sum of w^2, both without biases, and their true gradients. */
  exact: {
    gradient: (l1, l2) => ({ lambda: l2, l1 }),
    l1Factor: 1,
    l1HasBiases: false,
    isOfEachMinibatch: false,
  },
};

/** l1 times the sum of |w|, as the kind has it. */
export function l1Penalty(layers: readonly Layer[], l1: number, kind: PenaltyKind): number {
  if (l1 === 0) return 0; // not 0 times infinity
  for (const { w, units, inputs, squares } of layers) {
    if (kind.l1HasBiases) kernels.addAbsolutes(inputs + 1, units, w, squares.fill(0));
    else kernels.addAbsolutes(inputs, units, w.subarray(units), squares.fill(0));
  }
  return kind.l1Factor * l1 * sumOfSquares(layers);
}

/** l2 / 2 times the sum of w^2 without the biases. */
export function l2Penalty(layers: readonly Layer[], l2: number): number {
  if (l2 === 0) return 0;
  for (const { w, units, inputs, squares } of layers) {
    kernels.addSquares(inputs, units, w.subarray(units), squares.fill(0));
  }
  return l2 / 2 * sumOfSquares(layers);
}

/** The sum of the layers' `squares`: each layer's from left to right, then the layers'. */
export function sumOfSquares(layers: readonly Layer[]): number {
  let total = 0;
  for (const { squares, units } of layers) {
    let sum = 0;
    for (let h = 0; h < units; h++) sum += squares[h];
    total += sum;
  }
  return total;
}
