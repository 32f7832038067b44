/** The sigmoid and its slope, over lists: an activation and its derivative side by side. */

import { sigmoid as sigmoidOf } from "./elementary.ts";

/** act = sigmoid(net), for n numbers. */
export function sigmoid(n: number, net: Float64Array, act: Float64Array): void {
  for (let i = 0; i < n; i++) act[i] = sigmoidOf(net[i]);
}

/** sigma *= act (1 - act), the slope of the sigmoid where it gives act, for n numbers. */
export function timesSlope(n: number, act: Float64Array, sigma: Float64Array): void {
  for (let i = 0; i < n; i++) sigma[i] *= act[i] * (1 - act[i]);
}
