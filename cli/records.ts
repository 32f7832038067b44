/**
 * `deno task records`: the long runs. For each preset five seeds on MNIST's own 60,000 / 10,000, and what each of its
 * parts brings, on validation digits. Writes `data/records.json`, and the small model of `data/models/` with its card.
 */

import { hashWeights, Pipeline, withChecksums } from "../lib/mod.ts";
import { classifierOf } from "../lib/pipeline.ts";
import { runCommand } from "./shared/command.ts";
import { flag, type Parsed, text, UsageError, wholeNumber } from "./shared/options.ts";
import { seconds } from "./shared/progress.ts";
import {
  ARTICLE,
  evaluate,
  loadSplit,
  makeModel,
  type Settings,
  train,
} from "./training/experiment.ts";
import { DISTORTION, type PresetName, PRESETS, ROAD, SHORT } from "./training/presets.ts";
import { meanAndSpread, type Run, run, runAll } from "./training/runs.ts";

const FILE = new URL("../data/records.json", import.meta.url);
/** The model that is kept. */
export const MODEL = new URL("../data/models/digits.json", import.meta.url);

const SEEDS = [42, 43, 44, 45, 46];

/** Accuracies of several seeds, in percent. */
export interface Accuracies {
  readonly mean: number;
  /** The standard deviation. */
  readonly spread: number;
  readonly runs: readonly number[];
}

/** What is kept of a preset. */
export interface PresetRecord {
  readonly settings: Settings;
  /** Of MNIST's 10,000 test digits. */
  readonly test: Accuracies;
  /** Of 5,000 digits that were held back from the 60,000: the first seeds. */
  readonly validation: Accuracies;
  readonly epochs: number;
  /** Of a run, one thread, two runs at a time. */
  readonly seconds: number[];
  /** Of seed 42. */
  readonly weightsSha256: string;
  readonly predictionsSha256: string;
  /** The same with 1,000 digits and two epochs: what the tests repeat. */
  readonly short: { readonly weightsSha256: string };
  /** The validation accuracy without one of its parts, in percent, and how far that is from the whole. */
  readonly ablation?: readonly Ablation[];
}

/** A preset without one of its parts. */
export interface Ablation {
  readonly without: string;
  readonly changed: Readonly<Record<string, unknown>>;
  readonly validation: Accuracies;
  readonly difference: number;
}

/** A step of the road to 99 %, five seeds. */
export interface StepRecord {
  readonly name: string;
  /** All settings, those of the steps before as well. */
  readonly settings: Settings;
  /** Of MNIST's 10,000 test digits. */
  readonly test: Accuracies;
  /** Of a run, one thread: the median. */
  readonly seconds: number;
}

/** All records. */
export interface Records {
  readonly about: string;
  readonly road: readonly StepRecord[];
  readonly presets: Partial<Record<PresetName, PresetRecord>>;
}

/** The parts of the presets, and what stands in their place without them. */
export const PARTS: readonly {
  name: string;
  changed: Partial<Settings>;
  of: readonly PresetName[];
}[] = [
  { name: "the schedule", changed: { schedule: "constant" }, of: ["nielsen", "best"] },
  { name: "momentum", changed: { momentum: 0 }, of: ["nielsen", "best"] },
  { name: "a new order each epoch", changed: { shuffle: false }, of: ["nielsen", "best"] },
  { name: "softmax", changed: { output: "sigmoid" }, of: ["nielsen", "best"] },
  { name: "scaled first weights", changed: { initialWeights: "uniform" }, of: ["nielsen", "best"] },
  { name: "ReLU", changed: { activation: ["sigmoid"], initialWeights: "glorot" }, of: ["best"] },
  {
    name: "ReLU, but tanh",
    changed: { activation: ["tanh"], initialWeights: "glorot" },
    of: ["best"],
  },
  { name: "L2", changed: { l2: 0 }, of: ["nielsen", "best"] },
  { name: "L2, but with L1", changed: { l2: 0, l1: 5e-6 }, of: ["best"] },
  { name: "a second hidden layer", changed: { hidden: [800] }, of: ["best"] },
  { name: "most of its units", changed: { hidden: [100] }, of: ["best"] },
  { name: "9 of 10 digits", changed: { trainSize: 5500 }, of: ["best"] },
  { name: "small minibatches", changed: { batchSize: 1000 }, of: ["nielsen", "best"] },
  { name: "distortions", changed: { distort: undefined }, of: ["distorted"] },
  {
    name: "elastic distortions",
    changed: { distort: { ...DISTORTION, elastic: undefined } },
    of: ["distorted"],
  },
  {
    name: "turns, scales, shears and shifts",
    changed: { distort: { elastic: DISTORTION.elastic } },
    of: ["distorted"],
  },
  { name: "a second hidden layer", changed: { hidden: [800] }, of: ["distorted"] },
];

/** The settings of a preset. */
export function settingsOf(name: PresetName): Settings {
  return { ...ARTICLE, ...PRESETS[name].settings };
}

/** A preset's short form: a second or two. */
export function shortSettings(name: PresetName): Settings {
  return { ...settingsOf(name), ...SHORT };
}

/** The settings after each step of the road. */
export function roadSettings(): Settings[] {
  let settings = ARTICLE;
  return ROAD.map((step) =>
    settings = "preset" in step ? settingsOf(step.preset) : { ...settings, ...step.changed }
  );
}

const OPTIONS = {
  only: text("A[,B…]", "nielsen,best,distorted,small", "only these presets"),
  runs: flag("of what is named the five seeds alone"),
  ablation: flag("the ablation alone: the presets without each of their parts"),
  road: flag("the road to 99 % alone: its steps that are no presets, some minutes"),
  model: flag("the model of data/models alone"),
  atOnce: wholeNumber(navigator.hardwareConcurrency, "how many runs at a time, a thread each"),
};

async function main(
  { only, runs, ablation, road, model, atOnce }: Parsed<typeof OPTIONS>,
): Promise<number> {
  const isAll = !runs && !ablation && !road && !model;
  const names = only.split(",") as PresetName[];
  const unknown = names.find((name) => !Object.hasOwn(PRESETS, name));
  // deno-coverage-ignore-start -- an hour and more of training: the tests run a copy of this module
  if (unknown) throw new UsageError(`--only: there is no preset ${unknown}`);
  for (const name of names) {
    if (runs || isAll) await keepPreset(name, await recordOf(name, atOnce));
    if (ablation || isAll) await keepPreset(name, await ablationOf(name, atOnce));
  }
  if (road || isAll) await keep({ road: await walk(atOnce) });
  if (model || isAll) await keepModel();
  return 0;
  // deno-coverage-ignore-stop
}

// deno-coverage-ignore-start -- as above
/** The five seeds, on all digits. */
async function recordOf(name: PresetName, atOnce: number): Promise<Partial<PresetRecord>> {
  const settings = settingsOf(name);
  const withAll = SEEDS.map((seed) => ({ ...settings, seed }));
  const runs = await runAllNoted(name, withAll, atOnce);
  const short = await run(shortSettings(name));
  return {
    settings,
    test: inPercent(runs.map(({ testAccuracy }) => testAccuracy)),
    epochs: settings.epochs,
    seconds: runs.map(({ seconds }) => Math.round(10 * seconds) / 10),
    weightsSha256: runs[0].weightsSha256,
    predictionsSha256: runs[0].predictionsSha256,
    short: { weightsSha256: short.weightsSha256 },
  };
}

/** What the preset comes to without each of its parts: validation digits, the first seeds. */
async function ablationOf(name: PresetName, atOnce: number): Promise<Partial<PresetRecord>> {
  const parts = PARTS.filter(({ of }) => of.includes(name));
  const seeds = name === "distorted" ? SEEDS.slice(0, 1) : SEEDS.slice(0, 2);
  const jobs = [{}, ...parts.map(({ changed }) => changed)].flatMap((changed) =>
    seeds.map((seed) => ({ ...settingsOf(name), ...HELD_BACK, ...changed, seed }))
  );
  const runs = await runAllNoted(`${name}, without its parts`, jobs, atOnce);
  const accuracies = runs.map(({ validationAccuracy }) => validationAccuracy!);
  const of = (n: number) => inPercent(accuracies.slice(n * seeds.length, (n + 1) * seeds.length));
  const whole = of(0);
  return {
    validation: whole,
    ...(parts.length > 0 && {
      ablation: parts.map(({ name, changed }, n) => {
        const validation = of(n + 1), difference = rounded(validation.mean - whole.mean);
        const written = "distort" in changed ? { distort: changed.distort ?? null } : changed;
        return { without: name, changed: written, validation, difference };
      }),
    }),
  };
}

/** The steps of the road, five seeds each; those that are presets have theirs already. */
async function walk(atOnce: number): Promise<StepRecord[]> {
  const { presets } = await readRecords();
  const steps: StepRecord[] = [];
  for (const [i, settings] of roadSettings().entries()) {
    const step = ROAD[i], { name } = step;
    if ("preset" in step) {
      const record = presets[step.preset];
      if (!record) throw new Error(`run deno task records --only ${step.preset} --runs first`);
      steps.push({ name, settings, test: record.test, seconds: median(record.seconds) });
      continue;
    }
    const runs = await runAllNoted(name, SEEDS.map((seed) => ({ ...settings, seed })), atOnce);
    const test = inPercent(runs.map(({ testAccuracy }) => testAccuracy));
    steps.push({ name, settings, test, seconds: median(runs.map(({ seconds }) => seconds)) });
  }
  return steps;
}

function median(seconds: readonly number[]): number {
  const middle = seconds.toSorted((a, b) => a - b)[seconds.length >> 1];
  return Math.round(10 * middle) / 10;
}

/** Trains the small preset, rounds its weights, and writes it with its card. */
async function keepModel(): Promise<void> {
  const settings = settingsOf("small");
  const split = await loadSplit(settings);
  const trained = makeModel(settings, split) as Pipeline;
  console.error(`\nthe model: ${settings.epochs} epochs`);
  await train(trained, split, settings, { threads: navigator.hardwareConcurrency });
  const scaler = trained.scaler.toJSON(), classifier = trained.classifier.toJSON();
  // four digits after the point change no answer worth mentioning, and make the file half as long
  const round = (x: number) => Math.round(x * 1e4) / 1e4 + 0; // JSON has no -0
  const weights = classifier.weights.map((w) => ({ ...w, data: (w.data as number[]).map(round) }));
  const steps = [scaler, withChecksums({ ...classifier, weights })];
  const text = JSON.stringify(withChecksums({ ...trained.toJSON(), steps }));
  const model = Pipeline.fromJSON(JSON.parse(text));
  const { testCorrect } = evaluate(model, split);
  await Deno.mkdir(new URL("./", MODEL), { recursive: true });
  await Deno.writeTextFile(MODEL, text + "\n");
  await Deno.writeTextFile(
    new URL("README.md", MODEL),
    cardOf(text, testCorrect, hashWeights(classifierOf(model).weights)),
  );
}

/** What one should know of the model before one uses it. */
function cardOf(text: string, testCorrect: number, sha256: string): string {
  const { hidden, epochs } = settingsOf("small");
  return `# digits.json

A pipeline that reads handwritten digits: pixels / 255, then a network of 784 inputs, ${hidden} ReLU units and a softmax
over ten classes. \`Pipeline.fromJSON(JSON.parse(text))\` gives it back; it takes pictures of 28 x 28 bytes, 0 for the
paper and 255 for the ink, as MNIST has them.

| | |
| --- | --- |
| test accuracy | ${
    (testCorrect / 100).toFixed(2)
  } %, ${testCorrect} of MNIST's 10,000 test digits |
| learned from | MNIST's 60,000 training digits, distorted anew in each of ${epochs} epochs |
| made by | \`deno task records --model\`: the preset \`small\`, seed 42 |
| weights | rounded to four digits after the point, ${Math.round(text.length / 1000)} kB as JSON |
| SHA-256 of the weights | \`${sha256}\` |

**Limits.** It knows single digits, centred as MNIST's makers did it: the longer side 20 pixels, the centre of mass in
the middle. A letter, two digits or an empty picture get an answer too, and often a sure one: it cannot say "none of
these". The digits were written by Americans, employees of the Census Bureau and students, in the 1990s: a 1 with a long
stroke or a 7 with a bar is rarer there than elsewhere.
`;
}

const HELD_BACK = { validation: 5000 } as const;

function inPercent(x: readonly number[]): Accuracies {
  const { mean, spread } = meanAndSpread(x.map((share) => 100 * share));
  return { mean: rounded(mean), spread: rounded(spread), runs: x.map((s) => rounded(100 * s)) };
}

function rounded(x: number): number {
  return Math.round(1000 * x) / 1000;
}

async function runAllNoted(
  title: string,
  settings: readonly Settings[],
  atOnce: number,
): Promise<Run[]> {
  console.error(`\n${title}: ${settings.length} runs`);
  const start = performance.now();
  return await runAll(settings, {
    atOnce,
    onRun: (index, run) => {
      const accuracy = run.validationAccuracy === undefined
        ? `test ${(100 * run.testAccuracy).toFixed(2)} %`
        : `validation ${(100 * run.validationAccuracy).toFixed(2)} %`;
      console.error(
        `  run ${index + 1}, seed ${settings[index].seed}: ${accuracy} in ${
          seconds(run.seconds)
        }; ${seconds((performance.now() - start) / 1000)} so far`,
      );
    },
  });
}

// deno-coverage-ignore-stop

/** The table that the README has: each preset, what it reads of the 10,000 test digits, and how long a run takes. */
export function presetTable({ presets }: Records): string {
  const rows = Object.entries(presets).map(([name, { settings, test, seconds }]) => {
    const { activation, hidden, distort } = settings;
    const network = [784, ...hidden, 10].join("-");
    const units = activation[0] === "relu" ? "ReLU" : activation[0];
    return [
      `\`${name}\``,
      `${network}, ${units}${distort ? ", distorted digits" : ""}`,
      `${test.mean.toFixed(2)} % ± ${test.spread.toFixed(2)}`,
      `${Math.round(median(seconds))} s`,
    ];
  });
  const cells = [
    ["`--preset`", "network", "test digits right", "a run"],
    ["`article`", "784-50-10, sigmoid, 500 digits", "81.99 %", "1 s"],
    ...rows,
  ];
  const widths = cells[0].map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  const line = (row: string[]) => `| ${row.map((cell, c) => cell.padEnd(widths[c])).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join("\n");
}

// deno-coverage-ignore-start -- as above
/** Adds to what `data/records.json` has of the preset. */
async function keepPreset(name: PresetName, record: Partial<PresetRecord>): Promise<void> {
  const { presets } = await readRecords();
  const all = { ...presets, [name]: { ...presets[name], ...record } };
  const sorted = Object.keys(PRESETS).filter((p) => p in all);
  await keep({ presets: Object.fromEntries(sorted.map((p) => [p, all[p as PresetName]])) });
}

async function readRecords(): Promise<Records> {
  const kept: Partial<Records> = await Deno.readTextFile(FILE).then(JSON.parse, () => ({}));
  return { about: "", road: [], presets: {}, ...kept };
}

/** Writes `data/records.json` anew, with these parts of it. */
async function keep(parts: Partial<Records>): Promise<void> {
  const about =
    "The long runs of `deno task records`: MNIST's own 60,000 training and 10,000 test digits. " +
    "Every choice was made on 5,000 validation digits, held back from the 60,000.";
  const text = JSON.stringify({ ...await readRecords(), ...parts, about }, null, 2);
  await Deno.writeTextFile(FILE, text + "\n");
}
// deno-coverage-ignore-stop

// deno-coverage-ignore-start -- as above
if (import.meta.main) {
  await runCommand({
    name: "records",
    summary:
      `Repeats the long runs that the course and the README speak of, and writes data/records.json. All of them take
an hour or two on two cores.`,
    options: OPTIONS,
    main,
  });
}
// deno-coverage-ignore-stop
