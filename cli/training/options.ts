/** The options of `deno task train`, for pictures and for tables. */

import { rethrowUnless } from "../../lib/errors.ts";
import { NNClassifier, ValueError } from "../../lib/mod.ts";
import { ACTIVATIONS } from "../../lib/nn/activations.ts";
import { OUTPUTS } from "../../lib/nn/output.ts";
import { PENALTIES } from "../../lib/nn/penalty.ts";
import { SCHEDULES } from "../../lib/nn/schedules.ts";
import { MAX_THREADS } from "../../lib/nn/threads.ts";
import { INITIAL_WEIGHTS } from "../../lib/nn/weights.ts";
import { messageOf } from "../shared/command.ts";
import {
  choice,
  choices,
  countOrShare,
  dashed,
  flag,
  names,
  type Parsed,
  positiveNumber,
  refuse,
  text,
  UsageError,
  wholeNumber,
  wholeNumberOr,
  wholeNumbers,
} from "../shared/options.ts";
import { ARTICLE, type NetworkSettings, optionsOfNetwork, type Settings } from "./experiment.ts";
import { PRESETS } from "./presets.ts";

const SEEDS = { min: 0, max: 2 ** 32 - 1 };

const keys = <T extends string>(record: Record<T, unknown>) => Object.keys(record) as T[];

export const OPTIONS = {
  csv: text(
    "FILE",
    undefined,
    "the table to learn from, in place of pictures; its first line names the columns; [defaults]\n" +
      "above are others then, see below",
  ),
  target: text("COLUMN", undefined, "the column of the classes"),
  exclude: names(
    "A[,B…]",
    "columns that are not learned from: names, numbers of rows",
  ),
  categories: names("A[,B…]", "columns of numbers that are categories"),
  impute: choice(
    ["none", "mean", "most-frequent"],
    "none",
    "what stands in for missing cells (empty, NA, NaN, null, ?) of numbers; for categories it is\n" +
      "the most frequent one in both cases",
  ),
  columns: names("A,B[,…]", "the names of the columns, if no line has them"),
  testSize: countOrShare(
    0.25,
    "how many rows to test on, or which share of them; 0: none, learn from all",
    "or 0",
  ),
  preset: choice(keys(PRESETS), "article", "settings to begin with, which other options change"),
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
  validation: countOrShare(
    ARTICLE.validation,
    "how many of those that there are to learn from, or which share, are held back, to judge\n" +
      "each epoch by",
    "or 0",
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
    keys(ACTIVATIONS),
    ARTICLE.activation,
    "of the hidden units, one for all layers or one for each",
  ),
  output: choice(keys(OUTPUTS), ARTICLE.output, "of the output units"),
  initialWeights: choice(
    keys(INITIAL_WEIGHTS),
    ARTICLE.initialWeights,
    "how the first weights are drawn",
  ),
  epochs: wholeNumber(ARTICLE.epochs, "how often to go through the training set"),
  learningRate: positiveNumber(
    ARTICLE.learningRate,
    "how far a step goes down the gradient",
    "above 0",
  ),
  schedule: choice(keys(SCHEDULES), ARTICLE.schedule, "how the learning rate changes"),
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
  penalty: choice(keys(PENALTIES), ARTICLE.penalty, "how the penalties are counted"),
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
  save: text(
    "FILE",
    undefined,
    "write the trained model as JSON, or, where the name ends so, as .safetensors; with --csv it\n" +
      "is NAME.model.json if not said, and none writes nothing",
  ),
  checkpoint: text(
    "FILE",
    undefined,
    "keep the training as it is, now and then, in this file, and the one before in FILE.previous",
  ),
  every: wholeNumber(
    undefined,
    "after how many epochs [once five seconds have passed]",
  ),
  resume: flag(
    "go on from the checkpoint, with the options that it was begun with: the result is the same,\n" +
      "to the last bit; where there is none yet, begin",
  ),
  json: flag("print one JSON object on stdout"),
  quiet: flag("nothing on stderr but mistakes"),
};

const DISTORTIONS = ["rotation", "scale", "shear", "shift", "alpha", "sigma"];

/** "rotation=10,alpha=20,sigma=4" as the options of `distort`. */
function parseDistortion(text: string): Settings["distort"] {
  if (text === "none") return undefined;
  const numbers: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [, name = "", value] = part.match(/^(\w+)=(\d+(?:\.\d+)?)$/) ?? [];
    if (!DISTORTIONS.includes(name)) {
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

/** What was given. */
export type Given = Parsed<typeof OPTIONS>;

/** The options that need a table, and those that need pictures. */
export const TABLE_OPTIONS = [
  ...["target", "exclude", "categories", "impute", "columns", "testSize"] as const,
] as const;
export const PICTURE_OPTIONS = [
  ...["data", "trainSize", "testSet", "shuffleSeed", "scale", "distort", "preset"] as const,
] as const;

/** Throws where one of these options was given: is another than its default. */
export function refuseOptions(given: Given, names: readonly (keyof Given)[], why: string): void {
  for (const name of names) {
    const option = OPTIONS[name], standard = "default" in option ? option.default : false;
    refuse(String(given[name]) !== String(standard), `--${dashed(name)} ${why}`);
  }
}

/** The settings of the network and its training, which pictures and tables have in common. */
export function networkSettingsOf(given: Given, batchSizeOfDefaults: number): NetworkSettings {
  const { hidden, activation, output, initialWeights, epochs, learningRate, schedule, momentum } =
    given;
  const { reduction, shuffle, l1, l2, penalty, seed, seeds, patience, validation } = given;
  // --batches is in place of the defaults' size of minibatches, but not of one that is said beside it
  refuse(
    given.batches !== undefined && given.batchSize !== batchSizeOfDefaults,
    `--batches ${given.batches} and --batch-size ${given.batchSize} both cut an epoch: choose one`,
  );
  const batchSize = given.batches === undefined ? given.batchSize : 0;
  const { batches = ARTICLE.batches } = given;
  refuse(
    patience > 0 && validation === 0,
    "--patience needs something to judge by: --validation N",
  );
  refuse(momentum >= 1, `--momentum: expected a number below 1, got "${momentum}"`);
  refuse(
    activation.length > 1 && activation.length !== hidden.length,
    `--activation ${activation}: expected one name, or one for each hidden layer, of which there ${
      hidden.length === 1 ? "is 1" : `are ${hidden.length}`
    }`,
  );
  refuse(
    seed + seeds - 1 > SEEDS.max,
    `--seeds ${seeds}: from --seed ${seed} on they are above ${SEEDS.max}`,
  );
  const settings = {
    ...{ patience, hidden, activation, output, initialWeights, epochs, learningRate, schedule },
    ...{ momentum, reduction, batches, batchSize, shuffle, l1, l2, penalty, seed },
  };
  try {
    new NNClassifier(optionsOfNetwork(settings)); // a network that cannot be had is refused before data are read
  } catch (error) {
    rethrowUnless(error, ValueError);
    const most = messageOf(error).replace(
      /^layers of .* need \d+ weights; /,
      "that is too many weights; ",
    );
    throw new UsageError(`--hidden ${hidden}: ${most}`);
  }
  return settings;
}

/** Whether `--save` names a file: it may be left out, or be "none". */
export function namesFile(save: string | undefined): save is string {
  return save !== undefined && save !== "none";
}
