/** Several runs at a time, each in a worker of its own: for `deno task train --seeds` and `deno task records`. */

import { type Epoch, hashWeights } from "../../lib/mod.ts";
import { classifierOf } from "../../lib/pipeline.ts";
import { sha256 } from "../../lib/sha256.ts";
import {
  evaluate,
  loadSplit,
  makeModel,
  type Settings,
  train,
  type TrainingOptions,
} from "./experiment.ts";

/** What is known of a run that has ended. */
export interface Run {
  readonly settings: Settings;
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  readonly trainCorrect: number;
  readonly testCorrect: number;
  readonly validationAccuracy?: number;
  readonly errors: readonly number[];
  /** Of the training alone. */
  readonly seconds: number;
  readonly weightsSha256: string;
  readonly predictionsSha256: string;
}

/** Loads, trains and evaluates. */
export async function run(settings: Settings, options: TrainingOptions = {}): Promise<Run> {
  const split = await loadSplit(settings);
  const model = makeModel(settings, split);
  const start = performance.now();
  await train(model, split, settings, options);
  const seconds = (performance.now() - start) / 1000;
  const { trainCorrect, testCorrect, validationCorrect, predictions } = evaluate(model, split);
  const { errors } = classifierOf(model);
  const { trainY, testY, validation } = split;
  return {
    settings,
    trainAccuracy: trainCorrect / trainY.length,
    testAccuracy: testCorrect / testY.length,
    trainCorrect,
    testCorrect,
    ...(validation && { validationAccuracy: validationCorrect! / validation[1].length }),
    errors,
    seconds,
    weightsSha256: hashWeights(classifierOf(model).weights),
    predictionsSha256: sha256(predictions),
  };
}

/** How several runs are carried out. */
export interface RunsOptions {
  /** How many at a time. */
  readonly atOnce: number;
  /** The threads of each. */
  readonly threads?: number;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** Is shown each epoch, and the position of its run. */
  readonly onEpoch?: (index: number, epoch: Epoch) => void;
  /** Is shown each run that has ended, and its position. */
  readonly onRun?: (index: number, run: Run) => void;
}

/**
 * Carries out all runs, and returns them in their order: what comes out does not depend on how many run at a time. Where
 * it is aborted, only those that had ended.
 */
export async function runAll(
  settings: readonly Settings[],
  { atOnce, threads = 1, signal, onEpoch, onRun }: RunsOptions,
): Promise<Run[]> {
  const runs: Run[] = [];
  let next = 0;
  const work = async () => {
    while (next < settings.length && !signal?.aborted) {
      const index = next++;
      const show = (epoch: Epoch) => onEpoch?.(index, epoch);
      const run = await runInWorker(settings[index], threads, show, signal);
      if (!run) return;
      runs[index] = run;
      onRun?.(index, run);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, settings.length) }, work));
  return runs.filter((run) => run !== undefined);
}

/** The mean, and the standard deviation of a sample; of none both are NaN. */
export function meanAndSpread(x: readonly number[]): { mean: number; spread: number } {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const squares = x.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, spread: x.length === 1 ? 0 : Math.sqrt(squares / Math.max(x.length - 1, 0)) };
}

type FromWorker = { epoch: Epoch } | { run: Run } | { error: string };

function runInWorker(
  settings: Settings,
  threads: number,
  onEpoch: (epoch: Epoch) => void,
  signal?: AbortSignal,
): Promise<Run | undefined> {
  const worker = new Worker(new URL("./run_worker.ts", import.meta.url), { type: "module" });
  return new Promise<Run | undefined>((resolve, reject) => {
    signal?.addEventListener("abort", () => resolve(undefined));
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("epoch" in data) onEpoch(data.epoch);
      else if ("run" in data) resolve(data.run);
      else reject(new Error(data.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage({ settings, threads });
  }).finally(() => worker.terminate());
}
