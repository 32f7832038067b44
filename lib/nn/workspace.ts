/**
 * The buffers of a network: its weights, and room for one minibatch on its way through, in the kernels' memory. They are
 * made once for a training or a prediction, and written over by each minibatch.
 *
 * @module
 */

import { Arena } from "../kernels/memory.ts";
import { sigmoid } from "./activations.ts";
import type { Layer } from "./layer.ts";

/** The weights of each layer, (inputs + 1) x units. */
export type Weights = readonly Float64Array[];

/** What a workspace is for. */
export interface WorkspaceOptions {
  /** The rows of the largest minibatch. */
  readonly rows: number;
  /** Threads of the update; 0 where there is only a forward pass. Default: 0. */
  readonly updateThreads?: number;
  /** Whether the weights are used where they are, in the kernels' memory. Default: they are copied. */
  readonly sharesWeights?: boolean;
}

const NONE = new Float64Array(0);

/** The layers of a network, with their buffers. */
export class Workspace {
  readonly layers: readonly Layer[];
  readonly #arena = new Arena();

  /** For features, hidden units of each layer, classes: `sizes` [784, 50, 10]. */
  constructor(
    sizes: readonly number[],
    weights: Weights,
    { rows, updateThreads = 0, sharesWeights = false }: WorkspaceOptions,
  ) {
    const arena = this.#arena;
    const columns = arena.int32(Math.max(...sizes));
    for (let j = 0; j < columns.length; j++) columns[j] = j;
    const layers: Layer[] = [];
    for (const [l, weight] of weights.entries()) {
      const inputs = sizes[l], units = sizes[l + 1];
      const forUpdate = (length: number) => arena.float64(updateThreads > 0 ? length : 0);
      const w = sharesWeights ? weight : arena.float64(weight.length);
      if (!sharesWeights) w.set(weight);
      layers.push({
        ...{ inputs, units, w, activation: sigmoid },
        // the first layer's input comes with each minibatch; the others' is the output of the layer below
        x: { rows: 0, columns: columns.subarray(0, inputs), data: layers.at(-1)?.act ?? NONE },
        net: arena.float64(rows * units),
        act: arena.float64(rows * units),
        sigma: forUpdate(rows * units),
        wT: forUpdate(l === 0 ? 0 : (units + 1) * inputs),
        columns: columns.subarray(0, units),
        biasGradient: forUpdate(units),
        squares: forUpdate(units),
        partSquares: forUpdate(units * updateThreads),
      });
    }
    this.layers = layers;
  }

  /** Whether all weights are finite numbers. */
  get isFinite(): boolean {
    return this.layers.every(({ w }) => w.every(Number.isFinite));
  }

  /** Frees the memory: the layers must not be used any more. */
  release(): void {
    this.#arena.release();
  }
}
