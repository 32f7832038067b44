/** Refuses a training that needs more memory than there is before it begins, with the figure. */

import { wasm } from "../../lib/kernels/memory.ts";
import { batchBounds } from "../../lib/nn/minibatches.ts";
import { architectureOf, type KnownParams } from "../../lib/nn/options.ts";
import { workspaceBytes } from "../../lib/nn/workspace.ts";
import { isSafetensors } from "../shared/model_file.ts";
import { refuse } from "../shared/options.ts";
import { type NetworkSettings, optionsOfNetwork } from "./experiment.ts";

/** What is learned from. */
export interface Job {
  readonly rows: number;
  readonly inputs: number;
  readonly classes: number;
  readonly threads: number;
  /** Where the model is saved, and the training kept, if they are. */
  readonly save?: string;
  readonly checkpoint?: string;
}

/** A text of V8 has less than 2^29 characters; a weight takes 22 of them at most, with its comma. */
const MOST_IN_JSON = Math.floor(2 ** 29 / 22);

/** Where the weights are besides the kernels' memory: the model, the epoch's first ones, the best, and a copy in the making. */
const COPIES = 4;

/** The bytes that a number takes while a file of JSON is written: in a list, in texts, in the file's bytes. Measured: 75 and 103. */
const WRITTEN = 110;

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
  const kept = 1 + Number(momentum > 0) + Number(settings.patience > 0);
  const isSavedAsJson = job.save !== undefined && !isSafetensors(job.save);
  refuse(
    isSavedAsJson && weights > MOST_IN_JSON,
    `--save: ${
      millions(weights)
    } weights are too many for JSON: choose a name that ends in .safetensors`,
  );
  refuse(
    job.checkpoint !== undefined && kept * weights > MOST_IN_JSON,
    `--checkpoint: ${
      millions(kept * weights)
    } weights, of momentum and of the best epoch too, are too many for one`,
  );
  const most = wasm?.maxBytes ?? Infinity;
  refuse(
    kernels > most,
    `minibatches of ${rows} need ${gigabytes(kernels)}, and the kernels have ${
      gigabytes(most)
    }: ${advice}`,
  );
  const inJson = job.checkpoint !== undefined ? kept * weights : isSavedAsJson ? weights : 0;
  const all = kernels + 8 * weights * (COPIES + (momentum > 0 ? 2 : 0)) + WRITTEN * inJson;
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

/** 27500000 -> "27.5 million" */
function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} million`;
}

/** 14403200000 -> "14.4 GB" */
function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
