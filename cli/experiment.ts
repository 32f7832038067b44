/**
 * One experiment of the article's kind: load pictures, shuffle them, train on the first few, count how many of the
 * rest are right. `deno task train` runs one, `deno task article` all of the article's.
 */

import { loadMnist } from "../lib/mnist.ts";
import { type Matrix, NNClassifier, scale, shuffleData } from "../lib/mod.ts";
import { columnStatistics, standardize } from "../lib/preprocessing.ts";
import { UsageError } from "./options.ts";
import type { Progress } from "./progress.ts";

/** The settings of the article's first network: the defaults of `deno task train`. */
export const ARTICLE = {
  /** A folder of IDX files, or nothing for MNIST. */
  data: undefined as string | undefined,
  trainSize: 500,
  hidden: [50] as readonly number[],
  epochs: 300,
  learningRate: 0.001,
  batches: 25,
  l1: 0,
  l2: 0.5,
  seed: 42,
  shuffleSeed: 42,
  /** Whether pixels are standardised, each set by its own means and deviations. */
  scale: false,
};

/** The settings of an experiment. */
export type Settings = Readonly<typeof ARTICLE>;

/** Pictures and labels: a training set and a test set. */
export interface Split {
  /** The training pictures as the network takes them, one a row. */
  readonly trainX: Matrix;
  readonly trainY: Uint8Array;
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

/** The outcome of an experiment. */
export interface Result {
  readonly trainCorrect: number;
  readonly testCorrect: number;
  /** The class of each test picture. */
  readonly predictions: Uint8Array<ArrayBuffer>;
}

/**
 * Loads, shuffles and cuts as the article does: the first `trainSize` pictures of the training files, in the order of
 * the shuffle seed, are the training set, the rest are the test set. Where there is no rest, the test files are.
 */
export async function loadSplit(
  { data, trainSize, shuffleSeed, scale: isScaled }: Settings,
): Promise<Split> {
  const { images, labels, imageShape } = await loadMnist({ split: "train", dir: data });
  if (trainSize > images.rows) {
    throw new UsageError(
      `--train-size ${trainSize} is more than the ${images.rows} pictures that there are; choose fewer`,
    );
  }
  const [X, y] = shuffleData(images, labels, { randomSeed: shuffleSeed });
  const hasRest = trainSize < X.rows;
  const test = hasRest
    ? { images: X.slice(trainSize), labels: y.subarray(trainSize) }
    : await loadMnist({ split: "test", dir: data });
  if (test.images.cols !== X.cols) {
    throw new UsageError(
      `the test pictures have ${test.images.cols} pixels, the training pictures ${X.cols}`,
    );
  }
  if (test.images.rows === 0) throw new UsageError("there are no pictures to test on");
  const trainX = X.slice(0, trainSize);
  const statistics = isScaled ? columnStatistics(test.images) : undefined;
  const largest = (largest: number, label: number) => Math.max(largest, label);
  return {
    trainX: isScaled ? scale(trainX) : trainX,
    trainY: y.subarray(0, trainSize),
    testRows: (from, to) => {
      const rows = test.images.slice(from, to);
      return statistics ? standardize(rows, statistics) : rows;
    },
    testBlock: statistics ? 256 : test.images.rows, // larger blocks are more garbage than V8 collects in time
    testY: test.labels,
    nClasses: test.labels.reduce(largest, y.reduce(largest, 0)) + 1,
    imageShape,
    testFrom: hasRest ? "the rest" : "the test files",
  };
}

/** The network that the settings ask for. */
export function makeNetwork(
  { hidden, epochs, learningRate, batches, l1, l2, seed }: Settings,
  { trainX, nClasses }: Split,
): NNClassifier {
  return new NNClassifier({
    nFeatures: trainX.cols,
    nClasses,
    nHiddenUnits: hidden,
    epochs,
    learningRate,
    nBatches: batches,
    l1,
    l2,
    randomSeed: seed,
  });
}

/**
 * Trains and shows each epoch to `progress`; ends early once `signal` is aborted. Every now and then the rest of the
 * program gets its turn, so that it can abort.
 */
export async function train(
  net: NNClassifier,
  { trainX, trainY }: Split,
  { threads = 1, progress, signal }: {
    threads?: number;
    progress?: Progress;
    signal?: AbortSignal;
  } = {},
): Promise<void> {
  let rested = performance.now();
  try {
    for (const epoch of net.train(trainX, trainY, { threads })) {
      progress?.update(epoch);
      if (performance.now() - rested > 30) {
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
      if (signal?.aborted) break;
    }
  } finally {
    progress?.end();
  }
}

/** Asks the network for every picture of both sets. */
export function evaluate(
  net: NNClassifier,
  { trainX, trainY, testRows, testBlock, testY }: Split,
  { threads = 1 } = {},
): Result {
  const predictions = new Uint8Array(testY.length);
  const step = testBlock * threads;
  for (let from = 0; from < testY.length; from += step) {
    const to = Math.min(from + step, testY.length);
    predictions.set(net.predict(testRows(from, to), { threads }), from);
  }
  const countRight = (predicted: ArrayLike<number>, y: Uint8Array) =>
    y.reduce((count, label, i) => count + Number(predicted[i] === label), 0);
  return {
    trainCorrect: countRight(net.predict(trainX, { threads }), trainY),
    testCorrect: countRight(predictions, testY),
    predictions,
  };
}

/** The SHA-256 of all weights as float64, little-endian, in the article's order: w1, w2, each units x (inputs + 1). */
export function hashWeights(net: NNClassifier): Promise<string> {
  const numbers = net.weights.flatMap(({ data }) => [...data]);
  const bytes = new DataView(new ArrayBuffer(8 * numbers.length));
  numbers.forEach((x, i) => bytes.setFloat64(8 * i, x, true));
  return sha256(bytes);
}

/** The SHA-256 of some memory, in hexadecimal. */
export async function sha256(x: ArrayBufferView<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", x)).toHex();
}
