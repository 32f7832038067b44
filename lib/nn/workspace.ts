/**
 * The buffers of a network: its weights, and room for one minibatch on its way through, in the kernels' memory. They are
 * made once for a training or a prediction, and written over by each minibatch.
 *
 * @module
 */

import { STEP } from "../kernels/contract.ts";
import { Arena } from "../kernels/memory.ts";
import { type Activation, ACTIVATIONS, type OutputActivation } from "./activations.ts";
import { type DenseInputs, Sparsifier } from "./inputs.ts";
import type { Layer } from "./layer.ts";

/** The weights of each layer, (inputs + 1) x units. */
export type Weights = readonly Float64Array[];

/** What a network is made of. */
export interface Architecture {
  /** Features, hidden units of each layer, classes: `[784, 50, 10]`. */
  readonly sizes: readonly number[];
  /** Of each layer. */
  readonly activations: readonly (Activation | OutputActivation)[];
}

/** What a workspace is for. */
export interface WorkspaceOptions {
  /** The rows of the largest minibatch. */
  readonly rows: number;
  /** Threads of the update; 0 where there is only a forward pass. Default: 0. */
  readonly updateThreads?: number;
  /** The momentum of each weight, where there is one: copied. */
  readonly velocity?: Weights;
  /** Whether the weights are used where they are, in the kernels' memory. Default: they are copied. */
  readonly sharesWeights?: boolean;
}

const NO_ROWS: DenseInputs = { rows: 0, columns: new Int32Array(0), data: new Float64Array(0) };

/** From how many units on it pays to make a layer's input sparse (bench/README.md). */
const SPARSE_FROM = 64;

/** The layers of a network, with their buffers. */
export class Workspace {
  readonly layers: readonly Layer[];
  readonly #arena = new Arena();

  /** For these weights. */
  constructor(
    { sizes, activations }: Architecture,
    weights: Weights,
    options: WorkspaceOptions,
  ) {
    try {
      this.layers = makeLayers(this.#arena, { sizes, activations }, weights, options);
    } catch (error) {
      this.#arena.release();
      throw error;
    }
  }

  /** Frees the memory: the layers must not be used any more. */
  release(): void {
    this.#arena.release();
  }
}

function makeLayers(
  arena: Arena,
  { sizes, activations }: Architecture,
  weights: Weights,
  { rows, updateThreads = 0, velocity, sharesWeights = false }: WorkspaceOptions,
): Layer[] {
  const step = arena.float64(Object.keys(STEP).length);
  const columns = arena.int32(Math.max(...sizes));
  for (let j = 0; j < columns.length; j++) columns[j] = j;
  const layers: Layer[] = [];
  for (const [l, weight] of weights.entries()) {
    const inputs = sizes[l], units = sizes[l + 1];
    const forUpdate = (length: number) => arena.float64(updateThreads > 0 ? length : 0);
    const w = sharesWeights ? weight : arena.float64(weight.length);
    if (!sharesWeights) w.set(weight);
    // the first layer's input comes with each minibatch; the others' is the output of the layer below
    const data = layers.at(-1)?.act;
    const below = data && { rows: 0, columns: columns.subarray(0, inputs), data };
    // for an update only: elsewhere a pass may be recorded for a worker, and there is nothing to count yet
    const isSparse = (l: number) => updateThreads > 0 && activations[l] === ACTIVATIONS.relu;
    const v = arena.float64(velocity ? weight.length : 0);
    if (velocity) v.set(velocity[l]);
    layers.push({
      ...{ inputs, units, w, v, step, activation: activations[l] },
      ...{ x: NO_ROWS, below },
      sparseBelow: below && units >= SPARSE_FROM && isSparse(l - 1)
        ? new Sparsifier(arena, rows, inputs, true)
        : undefined,
      sparseSigma: below && inputs >= SPARSE_FROM && isSparse(l)
        ? new Sparsifier(arena, rows, units, false)
        : undefined,
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
  return layers;
}

/** Copies of weights, outside of the kernels' memory. */
export function copies(weights: Weights): Weights {
  return weights.map((w) => w.slice());
}

/** Whether all weights are finite numbers. */
export function areFinite(weights: Weights): boolean {
  return weights.every((w) => w.every(Number.isFinite));
}
