/**
 * One experiment of the article's kind: load pictures, shuffle them, train on the first few, count how many of the
 * rest are right. `deno task train` runs one, `deno task article` all of the article's.
 */

import { loadMnist } from "../lib/mnist.ts";
import { type Epoch, type Matrix, NNClassifier, scale, shuffleData } from "../lib/mod.ts";
import { UsageError } from "./options.ts";

/** What an experiment is about. The command line's options, by their names in code. */
export interface Settings {
  /** A folder of IDX files, or nothing for MNIST. */
  readonly data: string | undefined;
  readonly trainSize: number;
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly learningRate: number;
  readonly batches: number;
  readonly l1: number;
  readonly l2: number;
  readonly seed: number;
  readonly shuffleSeed: number;
  readonly scale: boolean;
}

/** The article's first network. */
export const ARTICLE: Settings = {
  data: undefined,
  trainSize: 500,
  hidden: [50],
  epochs: 300,
  learningRate: 0.001,
  batches: 25,
  l1: 0,
  l2: 0.5,
  seed: 42,
  shuffleSeed: 42,
  scale: false,
};

/** Pictures and labels, cut into those that are learned from and those that are asked. */
export interface Split {
  readonly trainX: Matrix;
  readonly trainY: Uint8Array;
  readonly testX: Matrix;
  readonly testY: Uint8Array;
  readonly nClasses: number;
  readonly imageShape: readonly [height: number, width: number];
  /** Where the test pictures come from. */
  readonly testFrom: "the rest" | "the test files";
}

/** What came out. */
export interface Result {
  readonly net: NNClassifier;
  readonly trainCorrect: number;
  readonly testCorrect: number;
  /** The class of each test picture. */
  readonly predictions: Uint8Array<ArrayBuffer>;
}

/**
 * Loads, shuffles and cuts as the article does: the first `trainSize` pictures of the training files, in the order of
 * the shuffle seed, are learned from, the rest are the test set. Where there is no rest, the test files are.
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
  const prepare = (X: Matrix) => isScaled ? scale(X) : X;
  const largest = (largest: number, label: number) => Math.max(largest, label);
  return {
    trainX: prepare(X.slice(0, trainSize)),
    trainY: y.subarray(0, trainSize),
    testX: prepare(test.images),
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
 * Trains, and hands each epoch to `onEpoch`; ends early once `isStopped` says so. Every now and then the rest of the
 * program gets its turn, so that a signal is heard.
 */
export async function train(
  net: NNClassifier,
  { trainX, trainY }: Split,
  { threads = 1, onEpoch, isStopped = () => false }: {
    threads?: number;
    onEpoch: (epoch: Epoch) => void;
    isStopped?: () => boolean;
  },
): Promise<void> {
  let rested = performance.now();
  for (const epoch of net.train(trainX, trainY, { threads })) {
    onEpoch(epoch);
    if (performance.now() - rested > 30) {
      await new Promise((resolve) => setTimeout(resolve));
      rested = performance.now();
    }
    if (isStopped()) break;
  }
}

/** Asks the network for every picture of both sets. */
export function evaluate(net: NNClassifier, split: Split): Result {
  const predictions = Uint8Array.from(net.predict(split.testX));
  return {
    net,
    trainCorrect: countEqual(net.predict(split.trainX), split.trainY),
    testCorrect: countEqual(predictions, split.testY),
    predictions,
  };
}

function countEqual(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) count++;
  return count;
}

/** The SHA-256 of all weights as float64, little-endian, in the article's order: w1, w2, each units x (inputs + 1). */
export function hashWeights(net: NNClassifier): Promise<string> {
  const numbers = net.weights.map(({ data }) => data);
  const bytes = new Uint8Array(8 * numbers.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const data of numbers) {
    for (const x of data) {
      view.setFloat64(offset, x, true);
      offset += 8;
    }
  }
  return sha256(bytes);
}

/** The SHA-256 of some bytes in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
