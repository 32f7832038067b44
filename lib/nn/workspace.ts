/**
 * The buffers of a network: its weights, and room for one minibatch on its way through, in the kernels' memory. They are
 * made once for a training or a prediction, and written over by each minibatch.
 *
 * @module
 */

import { STEP } from "../kernels/contract.ts";
import { Arena, freeBytes } from "../kernels/memory.ts";
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
    architecture: Architecture,
    weights: Weights,
    options: WorkspaceOptions,
  ) {
    const needed = workspaceBytes(architecture, options), free = freeBytes();
    if (needed > free) {
      throw new RangeError(
        `${options.rows} rows at a time through layers of ${architecture.sizes.join(", ")} units ` +
          `need ${inMegabytes(needed)} of memory, of which the kernels have ${
            inMegabytes(free)
          }; ` +
          "smaller minibatches or fewer units need less",
      );
    }
    try {
      this.layers = makeLayers(this.#arena, architecture, weights, options);
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

/** What a layer needs for a workspace: the lengths of its arrays of float64, and which of its sides are made sparse. */
function needsOf(
  { sizes, activations }: Architecture,
  l: number,
  { rows, updateThreads = 0, velocity, sharesWeights = false }: WorkspaceOptions,
) {
  const inputs = sizes[l], units = sizes[l + 1], weights = (inputs + 1) * units;
  const isUpdated = updateThreads > 0;
  // for an update only: elsewhere a pass may be recorded for a worker, and there is nothing to count yet
  const isSparse = (l: number) => isUpdated && l >= 0 && activations[l] === ACTIVATIONS.relu;
  const lengths = {
    w: sharesWeights ? 0 : weights,
    v: velocity ? weights : 0,
    net: rows * units,
    act: rows * units,
    sigma: isUpdated ? rows * units : 0,
    wT: isUpdated && l > 0 ? (units + 1) * inputs : 0,
    biasGradient: isUpdated ? units : 0,
    squares: isUpdated ? units : 0,
    partSquares: units * updateThreads,
  };
  return {
    ...{ inputs, units, lengths },
    hasSparseBelow: units >= SPARSE_FROM && isSparse(l - 1),
    hasSparseSigma: l > 0 && inputs >= SPARSE_FROM && isSparse(l),
  };
}

/** How many bytes the arrays of a workspace take. */
export function workspaceBytes(architecture: Architecture, options: WorkspaceOptions): number {
  const { sizes } = architecture, { rows } = options;
  let bytes = 8 * Object.keys(STEP).length + 4 * Math.max(...sizes);
  for (let l = 0; l < sizes.length - 1; l++) {
    const needs = needsOf(architecture, l, options), { inputs, units, lengths } = needs;
    for (const length of Object.values(lengths)) bytes += 8 * length;
    if (needs.hasSparseBelow) bytes += Sparsifier.bytes(rows, inputs, true);
    if (needs.hasSparseSigma) bytes += Sparsifier.bytes(rows, units, false);
  }
  return bytes;
}

function makeLayers(
  arena: Arena,
  architecture: Architecture,
  weights: Weights,
  options: WorkspaceOptions,
): Layer[] {
  const { sizes, activations } = architecture, { rows, velocity, sharesWeights } = options;
  const step = arena.float64(Object.keys(STEP).length);
  const columns = arena.int32(Math.max(...sizes));
  for (let j = 0; j < columns.length; j++) columns[j] = j;
  const layers: Layer[] = [];
  for (const [l, weight] of weights.entries()) {
    const needs = needsOf(architecture, l, options), { inputs, units, lengths } = needs;
    const w = sharesWeights ? weight : arena.float64(lengths.w);
    if (!sharesWeights) w.set(weight);
    // the first layer's input comes with each minibatch; the others' is the output of the layer below
    const data = layers.at(-1)?.act;
    const below = data && { rows: 0, columns: columns.subarray(0, inputs), data };
    const v = arena.float64(lengths.v);
    if (velocity) v.set(velocity[l]);
    layers.push({
      ...{ inputs, units, w, v, step, activation: activations[l] },
      ...{ x: NO_ROWS, below },
      sparseBelow: needs.hasSparseBelow ? new Sparsifier(arena, rows, inputs, true) : undefined,
      sparseSigma: needs.hasSparseSigma ? new Sparsifier(arena, rows, units, false) : undefined,
      net: arena.float64(lengths.net),
      act: arena.float64(lengths.act),
      sigma: arena.float64(lengths.sigma),
      wT: arena.float64(lengths.wT),
      columns: columns.subarray(0, units),
      biasGradient: arena.float64(lengths.biasGradient),
      squares: arena.float64(lengths.squares),
      partSquares: arena.float64(lengths.partSquares),
    });
  }
  return layers;
}

/** 123456789 -> "124 MB": never fewer than it is. */
function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en-US")} MB`;
}

/** Copies of weights, outside of the kernels' memory. */
export function copies(weights: Weights): Weights {
  return weights.map((w) => w.slice());
}

/** Whether all weights are finite numbers. */
export function areFinite(weights: Weights): boolean {
  return weights.every((w) => w.every(Number.isFinite));
}
