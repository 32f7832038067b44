/** Refuses a training that needs more memory than there is before it begins, with the figure. */

import { wasm } from "../lib/kernels/memory.ts";
import { batchBounds } from "../lib/nn/minibatches.ts";
import { architectureOf, type KnownParams } from "../lib/nn/options.ts";
import { workspaceBytes } from "../lib/nn/workspace.ts";
import { type NetworkSettings, optionsOfNetwork } from "./experiment.ts";
import { refuse } from "./options.ts";

/** What is learned from. */
export interface Job {
  readonly rows: number;
  readonly inputs: number;
  readonly classes: number;
  readonly threads: number;
}

/** Where the weights are besides the kernels' memory: the model, the epoch's first ones, the best, and a copy in the making. */
const COPIES = 4;

/** Throws where the kernels, or this machine, have less memory than the training needs. */
export function checkMemory(settings: NetworkSettings, job: Job, machine = machineBytes()): void {
  const { momentum, batches, batchSize } = settings, { inputs, threads } = job;
  const options = optionsOfNetwork(settings);
  const architecture = architectureOf(
    { ...options, nFeatures: inputs, nClasses: job.classes } as unknown as KnownParams,
  );
  const { sizes } = architecture;
  const cut = { nBatches: batches, batchSize: batchSize > 0 ? batchSize : null };
  const rows = batchBounds(job.rows, cut)[1];
  const weights = sizes.slice(1).reduce((sum, units, l) => sum + units * (sizes[l] + 1), 0);
  const kernels = workspaceBytes(architecture, {
    ...{ rows, updateThreads: threads, velocity: momentum > 0 ? [] : undefined },
  }) + 8 * rows * inputs; // and the minibatch itself
  const advice = "smaller minibatches (--batch-size) or fewer units (--hidden) need less";
  const most = wasm?.maxBytes ?? Infinity;
  refuse(
    kernels > most,
    `minibatches of ${rows} need ${gigabytes(kernels)}, and the kernels have ${
      gigabytes(most)
    }: ${advice}`,
  );
  const all = kernels + 8 * weights * COPIES;
  refuse(
    all > machine,
    `this training needs ${gigabytes(all)}, and this machine has ${gigabytes(machine)}: ${advice}`,
  );
}

/** What the machine has, where the permission to ask is there: nobody is to be asked for that. */
function machineBytes(): number {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? Deno.systemMemoryInfo().total : Infinity;
}

/** 14403200000 -> "14.4 GB" */
function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
