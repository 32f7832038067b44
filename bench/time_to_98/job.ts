/** What the TypeScript sides of "time to 98.0 %" share: their arguments, MNIST, the epochs, the report. */

import { peakMiB } from "../measure.ts";

const [path, seed, threads, settings] = Deno.args;

/** The folder of MNIST's four files. */
export const folder: string = path;
/** What everything random starts from. */
export const SEED = Number(seed);
/** How many threads may compute. */
export const THREADS = Number(threads);
/** Whether the network and the minibatches are those that all sides have: two epochs are timed then. */
const isSame = settings === "same";

// where a library starts a worker for each core, this is what it sees
Object.defineProperty(navigator, "hardwareConcurrency", { value: THREADS });

// libraries shuffle by Math.random, which has no seed: this is mulberry32
let state = SEED;
Math.random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let x = Math.imul(state ^ (state >>> 15), state | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
};

/** The settings that the fourth argument names, or the first ones. */
export function choose<T>(all: Readonly<Record<string, T>>): T {
  return all[settings ?? Object.keys(all)[0]];
}

/** The pixels from 0 to 1, row by row, and the labels. */
export async function readMnist(
  split: "train" | "t10k",
): Promise<{ X: Float32Array<ArrayBuffer>; y: Int32Array<ArrayBuffer> }> {
  const images = await Deno.readFile(`${folder}/${split}-images-idx3-ubyte`);
  const labels = await Deno.readFile(`${folder}/${split}-labels-idx1-ubyte`);
  const X = new Float32Array(images.subarray(16));
  for (let i = 0; i < X.length; i++) X[i] /= 255;
  return { X, y: new Int32Array(labels.subarray(8)) };
}

/** Trains and tests until 9,800 of the 10,000 are right, or for `limit` epochs, and prints what `bench.ts` reads. */
export async function until98(
  { trainEpoch, predict, labels, limit }: {
    trainEpoch: () => Promise<void>;
    predict: () => Promise<ArrayLike<number>>;
    labels: Int32Array;
    limit: number;
  },
): Promise<void> {
  const right: number[] = [], epochSeconds: number[] = [];
  const last = isSame ? 2 : limit;
  while (right.length < last && (right.at(-1) ?? 0) < 9800) {
    const start = performance.now();
    await trainEpoch();
    epochSeconds.push((performance.now() - start) / 1000);
    const predicted = await predict();
    right.push(labels.reduce((n, label, i) => n + Number(label === predicted[i]), 0));
  }
  const result = {
    reached: right.at(-1)! >= 9800,
    epochs: right.length,
    accuracies: right.map((n) => n / 10_000),
    epochSeconds,
  };
  // performance.now() counts from the start of the process
  console.log(JSON.stringify({ seconds: performance.now() / 1000, result, peakMiB: peakMiB() }));
}
