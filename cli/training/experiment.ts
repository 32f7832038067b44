/**
 * One experiment of the article's kind: load pictures, shuffle them, train on the first few, count how many of the
 * rest are right. `deno task train` runs one, `deno task article` all of the article's, `deno task records` the long ones.
 */

import { rethrowUnless } from "../../lib/errors.ts";
import { loadMnist, type Mnist } from "../../lib/mnist.ts";
import {
  type ActivationName,
  distort,
  type DistortOptions,
  type Epoch,
  type InitialWeightsName,
  type Matrix,
  MinMaxScaler,
  NNClassifier,
  type OutputName,
  type PenaltyName,
  Pipeline,
  type RECOMMENDED,
  scale,
  type ScheduleName,
  shuffleData,
  StandardScaler,
} from "../../lib/mod.ts";
import { classifierOf } from "../../lib/pipeline.ts";
import { columnStatistics, standardize } from "../../lib/preprocessing.ts";
import { InterruptedError } from "../shared/command.ts";
import { UsageError } from "../shared/options.ts";

/** The settings of the article's first network: the defaults of `deno task train`. */
export const ARTICLE = {
  /** A folder of IDX files, or nothing for MNIST. */
  data: undefined as string | undefined,
  /** How many pictures are learned from. */
  trainSize: 500 as number | "all",
  /** Whether the test files are the test set. Else it is the rest of the training files, where there is one. */
  testSet: false,
  /** How many pictures of the training files are held back, to choose by. */
  validation: 0,
  /** After how many epochs without a better validation training ends; 0 is never. */
  patience: 0,
  hidden: [50] as readonly number[],
  activation: ["sigmoid"] as readonly ActivationName[],
  output: "sigmoid" as OutputName,
  initialWeights: "uniform" as InitialWeightsName,
  epochs: 300,
  learningRate: 0.001,
  schedule: "constant" as ScheduleName,
  momentum: 0,
  reduction: "sum" as "sum" | "mean",
  batches: 25,
  /** The rows of a minibatch, instead of `batches`; 0 is not said. */
  batchSize: 0,
  shuffle: false,
  l1: 0,
  l2: 0.5,
  penalty: "article" as PenaltyName,
  seed: 42,
  shuffleSeed: 42,
  /** Whether pixels are standardised, each set by its own means and deviations. */
  scale: false,
  /** By what pixels are scaled that belongs to the model: pixels / 255, or each by the training set's statistics. */
  scaler: "none" as "none" | "pixels" | "standard",
  /** How each epoch's pictures are distorted, if they are. */
  distort: undefined as Omit<DistortOptions, "shape" | "randomSeed" | "threads"> | undefined,
};

/** The settings of an experiment. */
export type Settings = Readonly<typeof ARTICLE>;

/** Those of them that make a network and its training. */
export type NetworkSettings = Pick<
  Settings,
  | ("hidden" | "activation" | "output" | "initialWeights" | "epochs" | "learningRate")
  | ("schedule" | "momentum" | "reduction" | "batches" | "batchSize" | "shuffle")
  | ("l1" | "l2" | "penalty" | "seed" | "patience")
>;

/** Pictures and labels: a training set and a test set. */
export interface Split {
  /** The training pictures as the network takes them, one a row. */
  readonly trainX: Matrix;
  readonly trainY: Uint8Array;
  /** The pictures that are held back, and their labels. */
  readonly validation: readonly [X: Matrix, y: Uint8Array] | undefined;
  /**
   * The test pictures `from` to `to` as the network takes them, one a row. There are `testY.length`. They stay bytes
   * until they are asked for: standardised all at once, 59,500 pictures would take 356 MiB.
   */
  readonly testRows: (from: number, to: number) => Matrix;
  /** How many test pictures are best asked for at a time. */
  readonly testBlock: number;
  readonly testY: Uint8Array;
  readonly nClasses: number;
  readonly imageShape: readonly [height: number, width: number];
  /** Where the test pictures come from. */
  readonly testFrom: "the rest" | "the test files";
}

/** What is trained: a classifier, with a scaler in front of it where the settings name one. */
export type Model = NNClassifier | Pipeline;

/** The outcome of an experiment. */
export interface Result {
  readonly trainCorrect: number;
  readonly testCorrect: number;
  /** How many of those that were held back. */
  readonly validationCorrect: number | undefined;
  /** The class of each test picture. */
  readonly predictions: Uint8Array<ArrayBuffer>;
}

/**
 * Loads, shuffles and cuts as the article does: the first `trainSize` pictures of the training files, in the order of
 * the shuffle seed, are the training set, the last `validation` are held back, the rest is the test set. Where there is
 * no rest, or `testSet` says so, the test files are.
 */
export async function loadSplit(settings: Settings): Promise<Split> {
  const { data, shuffleSeed, scale: isScaled, testSet } = settings;
  const { images, labels, imageShape } = await load("train", data);
  const validation = settings.validation < 1
    ? Math.round(settings.validation * images.rows)
    : settings.validation;
  const there = images.rows - validation;
  const trainSize = settings.trainSize === "all" ? there : settings.trainSize;
  if (there < 1) {
    throw new UsageError(
      `--validation ${validation} leaves nothing of the ${images.rows} pictures that there are; choose fewer`,
    );
  }
  if (trainSize > there) {
    const rest = validation > 0 ? ` when --validation ${validation} are held back` : "";
    throw new UsageError(
      `--train-size ${trainSize} is more than the ${there} pictures that there are${rest}; choose fewer`,
    );
  }
  const [X, y] = shuffleData(images, labels, { randomSeed: shuffleSeed });
  const hasRest = trainSize < there && !testSet;
  const test = hasRest
    ? { images: X.slice(trainSize, there), labels: y.subarray(trainSize, there), imageShape }
    : await load("test", data, testSet ? "" : "; a smaller --train-size leaves some to test on");
  const [shape, testShape] = [imageShape, test.imageShape].map((shape) => shape.join(" x "));
  if (testShape !== shape) {
    throw new UsageError(
      `the test pictures are of ${testShape}, the training pictures of ${shape}`,
    );
  }
  if (test.images.rows === 0) throw new UsageError("there are no pictures to test on");
  const trainX = X.slice(0, trainSize), heldBack = X.slice(there);
  const statistics = isScaled ? columnStatistics(test.images) : undefined;
  const largest = (largest: number, label: number) => Math.max(largest, label);
  return {
    trainX: isScaled ? scale(trainX) : trainX,
    trainY: y.subarray(0, trainSize),
    validation: validation > 0
      ? [isScaled ? scale(heldBack) : heldBack, y.subarray(there)]
      : undefined,
    testRows: (from, to) => {
      const rows = test.images.slice(from, to);
      return statistics ? standardize(rows, statistics) : rows;
    },
    // of pixels that are standardised larger blocks are more garbage than V8 collects in time
    testBlock: statistics ? 256 : 8192,
    testY: test.labels,
    nClasses: test.labels.reduce(largest, y.reduce(largest, 0)) + 1,
    imageShape,
    testFrom: hasRest ? "the rest" : "the test files",
  };
}

/** The pictures of a folder, or MNIST's. */
async function load(
  split: "train" | "test",
  dir: string | undefined,
  advice = "",
): Promise<Mnist> {
  try {
    return await loadMnist({ split, dir });
  } catch (error) {
    rethrowUnless(error, Deno.errors.NotFound);
    throw new UsageError(error.message.replace("loadMnist: ", "--data: ") + advice);
  }
}

/** The settings as the library's options. */
export function optionsOfNetwork(settings: NetworkSettings): typeof RECOMMENDED {
  const { hidden, epochs, learningRate, batches, batchSize, l1, l2, seed } = settings;
  const { activation, output, initialWeights, schedule, momentum, reduction, shuffle, penalty } =
    settings;
  return {
    nHiddenUnits: hidden,
    activation: activation.length === 1 ? activation[0] : activation,
    ...(batchSize > 0 ? { batchSize } : { nBatches: batches }),
    ...{ output, initialWeights, epochs, learningRate, schedule, momentum, reduction, shuffle },
    ...{ l1, l2, penalty, randomSeed: seed },
  };
}

/** The network that the settings ask for. */
export function makeNetwork(settings: Settings, { trainX, nClasses }: Split): NNClassifier {
  return new NNClassifier({ ...optionsOfNetwork(settings), nFeatures: trainX.cols, nClasses });
}

/** The network, with the scaler in front of it that the settings ask for. */
export function makeModel(settings: Settings, split: Split): Model {
  const net = makeNetwork(settings, split);
  if (settings.scaler === "none") return net;
  const scaler = settings.scaler === "standard"
    ? new StandardScaler()
    : new MinMaxScaler({ perFeature: false });
  return new Pipeline([scaler, net]);
}

/** How a training is carried out. */
export interface TrainingOptions {
  readonly threads?: number;
  /** Is shown each epoch; the next one waits for it. */
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** Trains from where the model is, and shows each epoch; ends early once `signal` is aborted. */
export async function train(
  model: Model,
  split: Split,
  settings: Settings,
  { threads = 1, ...options }: TrainingOptions = {},
): Promise<void> {
  await runEpochs(epochsOf(model, split, settings, threads), options);
}

/**
 * Goes through the epochs until they end, or one is interrupted: then the model is that of the last whole one. Every now
 * and then the rest of the program gets its turn.
 */
export async function runEpochs(
  epochs: Iterable<Epoch>,
  { onEpoch, signal }: TrainingOptions,
): Promise<void> {
  let rested = performance.now();
  try {
    for (const epoch of epochs) {
      await onEpoch?.(epoch);
      if (performance.now() - rested > 30) {
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
      if (signal?.aborted) break;
    }
  } catch (error) {
    rethrowUnless(error, InterruptedError);
  }
}

/** The epochs of a training, with pictures that are distorted anew for each where the settings say so. */
function* epochsOf(
  model: Model,
  { trainX, trainY, validation, imageShape }: Split,
  settings: Settings,
  threads: number,
): Generator<Epoch> {
  const { patience, distort: distortion, epochs, seed } = settings;
  if (!distortion) {
    yield* model.train(trainX, trainY, {
      ...{ threads, validation, resume: true },
      ...(patience > 0 ? { patience } : {}),
    });
    return;
  }
  if (model instanceof Pipeline) model.scaler.fit(trainX);
  const net = classifierOf(model);
  for (let epoch = net.errors.length + 1; epoch <= epochs; epoch++) {
    const randomSeed = (seed + 1_000_003 * epoch) % 2 ** 32; // another one for each seed and epoch
    const X = distort(trainX, { ...distortion, shape: imageShape, randomSeed, threads });
    model.partialFit(X, trainY, { threads, validation });
    yield { epoch, error: net.errors.at(-1)!, validation: net.validation.at(-1) };
  }
}

/** Asks the model for every picture of all sets; after each block of them `onBlock` may end it. */
export function evaluate(
  model: Model,
  { trainX, trainY, validation, testRows, testBlock, testY }: Split,
  { threads = 1, onBlock = () => {} } = {},
): Result {
  const predictions = new Uint8Array(testY.length);
  const step = testBlock * threads;
  for (let from = 0; from < testY.length; from += step) {
    const to = Math.min(from + step, testY.length);
    predictions.set(model.predict(testRows(from, to), { threads }), from);
    onBlock();
  }
  const countRight = (predicted: ArrayLike<number>, y: Uint8Array) =>
    y.reduce((count, label, i) => count + Number(predicted[i] === label), 0);
  return {
    trainCorrect: countRight(model.predict(trainX, { threads }), trainY),
    validationCorrect: validation &&
      countRight(model.predict(validation[0], { threads }), validation[1]),
    testCorrect: countRight(predictions, testY),
    predictions,
  };
}
