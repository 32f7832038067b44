/** The standard runs of `data/runs.json`, with all their settings. */

import runs from "../../data/runs.json" with { type: "json" };
import { ARTICLE, type Settings } from "./experiment.ts";

/** One run whose outcome is known, to the last bit of its weights. */
export interface StandardRun {
  readonly name: string;
  readonly settings: Settings;
  /** The accuracies that the article printed, in percent. */
  readonly article: { readonly train?: string; readonly test?: string };
  /** The lowest and the highest accuracy under NumPy's BLAS kernels, in percent. */
  readonly numpy: { readonly train: readonly number[]; readonly test: readonly number[] };
  readonly note: string;
  readonly trainCorrect: number;
  readonly testCorrect: number;
  readonly weightsSha256: string;
  readonly predictionsSha256: string;
}

/** The article's three networks, and the one that it leaves to its reader. */
export const STANDARD_RUNS: readonly StandardRun[] = runs.runs.map((run) => ({
  ...run,
  settings: { ...ARTICLE, ...run.settings },
}));

/** The standard run with these settings, if there is one. */
export function findStandardRun(settings: Settings): StandardRun | undefined {
  const names = Object.keys(ARTICLE) as (keyof Settings)[];
  return STANDARD_RUNS.find((run) =>
    names.every((name) => String(run.settings[name]) === String(settings[name]))
  );
}
