/** What all trainings on the command line have in common: Ctrl-C, and how they are described and reported. */

import type { NNClassifier } from "../../lib/mod.ts";
import { callAfterStep } from "../../lib/nn/training.ts";
import { INTERRUPTED } from "../shared/command.ts";
import type { Progress } from "../shared/progress.ts";
import type { NetworkSettings, Settings } from "./experiment.ts";
import { Interrupts } from "./interrupts.ts";
import type { Run } from "./runs.ts";

let interrupts: Interrupts | undefined;

/** Hears Ctrl-C from now on; what comes before the training ends it with its first step. */
export async function hearInterrupts(quiet: boolean): Promise<Interrupts> {
  interrupts ??= new Interrupts(quiet);
  await interrupts.ready;
  return interrupts;
}

/**
 * Trains until that ends, or Ctrl-C is pressed or the process is told to end: then within a step, or, where it waits for
 * others, by the signal. Ends the progress bar either way.
 */
export async function untilInterrupted<T>(
  { scale, scaler, quiet }: Pick<Settings, "scale" | "scaler"> & { quiet: boolean },
  progress: Progress | undefined,
  training: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; isInterrupted: boolean }> {
  const heard = await hearInterrupts(quiet);
  heard.isTraining = true;
  callAfterStep(() => heard.check());
  try {
    const result = await training(heard.signal);
    return { result, isInterrupted: heard.isInterrupted };
  } catch (error) {
    throw withAdvice(error, { scale, scaler });
  } finally {
    callAfterStep(() => {});
    heard.isTraining = false;
    progress?.end();
  }
}

/** An error of a training that diverged advises options instead of the library's. */
function withAdvice(
  error: unknown,
  { scale, scaler }: Pick<Settings, "scale" | "scaler">,
): unknown {
  if (!(error instanceof Error) || !error.message.includes("training diverged")) return error;
  const advice = scale || scaler !== "none"
    ? "a smaller --learning-rate"
    : "a smaller --learning-rate, or --scale,";
  return new Error(`${error.message.split(". ")[0]}. Perhaps ${advice} helps`);
}

/** What is to be done in any case, as to save a model and to print its result: what fails of it is thrown in the end. */
export class Duties {
  #failure: unknown;

  /** Does one. Whether that went well. */
  async do(duty: () => unknown): Promise<boolean> {
    try {
      await duty();
      return true;
    } catch (error) {
      this.#failure ??= error;
      return false;
    }
  }

  /** Throws the first failure. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** The end of a training that was interrupted within its first epoch. */
export function nothingLearned(say: (line: string) => void): number {
  say("Stopped within the first epoch: nothing was learned yet.");
  return INTERRUPTED;
}

/** A table of several seeds, and their mean. */
export function reportSeveral(
  runs: readonly Reported[],
  test: { mean: number; spread: number },
): string {
  const percent = (share: number) => `${(100 * share).toFixed(2).padStart(6)} %`;
  const hasValidation = runs[0].validationAccuracy !== undefined;
  const rows = runs.map((run) => {
    const validation = hasValidation ? `    ${percent(run.validationAccuracy!)}` : "";
    const epochs = String(run.errors.length).padStart(6), time = run.seconds.toFixed(1).padStart(7);
    const seed = String(run.settings.seed).padEnd(8);
    return `${seed} ${percent(run.testAccuracy)}${validation}  ${epochs}  ${time}`;
  });
  return [
    `Seed         Test${hasValidation ? "  Validation" : ""}  Epochs  Seconds`,
    ...rows,
    `Mean     ${percent(test.mean)}, standard deviation ${(100 * test.spread).toFixed(2)} points`,
  ].join("\n");
}

/** Of what runs of several seeds are reported. */
type Reported = Pick<Run, "testAccuracy" | "validationAccuracy" | "errors" | "seconds"> & {
  readonly settings: { readonly seed: number };
};

/** The network and how it is trained, in a line: `Network 784 -> 50 -> 10; 300 epochs of …`. */
export function describeNetwork(
  settings: NetworkSettings,
  inputs: number,
  classes: number,
): string {
  const { activation, output, batchSize, batches, shuffle, momentum, schedule, epochs } = settings;
  const penalties = [["l1", settings.l1], ["l2", settings.l2]]
    .map(([name, value]) => value === 0 ? "" : `, ${name} ${value}`).join("");
  const layers = settings.hidden.map((units, l) => {
    const name = activation[l] ?? activation[0];
    return name === "sigmoid" ? units : `${units} ${name}`;
  });
  const minibatches = batchSize > 0 ? `minibatches of ${batchSize}` : `${batches} minibatches`;
  const last = output === "sigmoid" ? classes : `${classes} ${output}`;
  return `Network ${[inputs, ...layers, last].join(" -> ")}; ` +
    `${epochs} epoch${epochs > 1 ? "s" : ""} of ${minibatches}${shuffle ? ", reshuffled" : ""}, ` +
    `learning rate ${settings.learningRate}${schedule === "constant" ? "" : ` (${schedule})`}` +
    `${momentum === 0 ? "" : `, momentum ${momentum}`}${penalties}.`;
}

/** How a training ended, where that is not its last epoch. */
export function describeEnd(
  { errors, bestEpoch }: Pick<NNClassifier, "errors" | "bestEpoch">,
  { patience, epochs }: NetworkSettings,
  isInterrupted: boolean,
): string[] {
  const ended = errors.length, plural = patience > 1 ? "s" : "";
  const why = ended < epochs && !isInterrupted
    ? `No better validation for ${patience} epoch${plural}: stopped after epoch ${ended} of ${epochs}. `
    : "";
  return [
    ...(isInterrupted ? [`Stopped after epoch ${ended} of ${epochs}.`] : []),
    ...(bestEpoch === undefined
      ? []
      : [`${why}The weights are those of epoch ${bestEpoch}, the best.`]),
  ];
}
