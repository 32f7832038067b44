/**
 * Our side of the benchmark: one job in a process of its own. `bench.ts` says what each job is.
 *
 * Usage: deno run -A bench/ours.ts JOB [NUMBER …]; prints one line of JSON, as `numpy_jobs.py` does.
 */

import { learnXor } from "../cli/article/xor.ts";
import { loadMnist } from "../lib/mnist.ts";
import {
  hashWeights,
  type Matrix,
  NNClassifier,
  RandomState,
  scale,
  shuffleData,
} from "../lib/mod.ts";
import { median, peakMiB } from "./measure.ts";

/** Seconds of the job itself, and what came out of it. */
type Outcome = [seconds: number, result: Record<string, unknown>];

async function readMnist(): Promise<[X: Matrix, y: Uint8Array]> {
  const { images, labels } = await loadMnist({ split: "train" });
  return shuffleData(images, labels, { randomSeed: 42 });
}

function network({ units = 50, epochs = 300, rate = 0.001, batches = 25 } = {}): NNClassifier {
  return new NNClassifier({
    nFeatures: 784,
    nClasses: 10,
    nHiddenUnits: units,
    l2: 0.5,
    epochs,
    learningRate: rate,
    nBatches: batches,
    randomSeed: 42,
  });
}

function timed<T>(work: () => T): [seconds: number, result: T] {
  const start = performance.now();
  const result = work();
  return [(performance.now() - start) / 1000, result];
}

function fit(X: Matrix, y: Uint8Array, options = {}): Outcome {
  const net = network(options);
  const [seconds] = timed(() => net.fit(X.slice(0, 500), y.subarray(0, 500)));
  const weightsSha256 = hashWeights(net.weights);
  return [seconds, { first: net.errors[0], last: net.errors.at(-1), weightsSha256 }];
}

const JOBS: Record<string, (...numbers: number[]) => Promise<Outcome> | Outcome> = {
  async main(epochs = 300) {
    return fit(...await readMnist(), { epochs });
  },

  async whole() {
    const [X, y] = await readMnist();
    const train = X.slice(0, 500), test = X.slice(500);
    const net = network().fit(train, y.subarray(0, 500));
    const right = Math.round(net.score(test, y.subarray(500)) * test.rows);
    return [0, { right, trainRight: Math.round(net.score(train, y.subarray(0, 500)) * 500) }];
  },

  async standardised() {
    const [X, y] = await readMnist();
    return fit(scale(X.slice(0, 500)), y);
  },

  async wide() {
    return fit(...await readMnist(), { units: 250, epochs: 500 });
  },

  /** The median time of an epoch, without the first, which reads the pictures. */
  async epochs(rows = 59500, units = 50, batches = 25, epochs = 6, threads = 1) {
    const [X, y] = await readMnist();
    const net = network({ units, epochs, rate: 1e-5, batches });
    const times: number[] = [];
    const training = net.train(X.slice(0, rows), y.subarray(0, rows), { threads });
    for (let done = false; !done;) {
      const [seconds, step] = timed(() => training.next());
      done = step.done === true;
      if (!done) times.push(seconds);
    }
    const total = times.reduce((sum, time) => sum + time, 0);
    const weightsSha256 = hashWeights(net.weights);
    return [median(times.slice(1)), { first: net.errors[0], total, weightsSha256 }];
  },

  async predict() {
    const [X] = await readMnist();
    const net = network();
    net.weights = [...net.weights];
    const [seconds, labels] = timed(() => net.predict(X.slice(500)));
    const counts = Array<number>(10).fill(0);
    for (const label of labels) counts[label]++;
    return [seconds, { counts }];
  },

  xor() {
    const [seconds, { errorSums }] = timed(() => learnXor());
    return [seconds, { sums: errorSums.slice(0, 6) }];
  },

  dot(size = 1024) {
    const rng = new RandomState(1);
    const a = rng.uniform(-1, 1, [size, size]), b = rng.uniform(-1, 1, [size, size]);
    const times = Array.from({ length: 9 }, () => timed(() => a.dot(b))[0]);
    const every97th = Array.from({ length: Math.ceil(size / 97) }, (_, i) => 97 * i);
    return [median(times), { sum: a.dot(b).take(every97th).sum() }];
  },
};

const [job, ...numbers] = Deno.args;
const [seconds, result] = await JOBS[job](...numbers.map(Number));
console.log(JSON.stringify({ seconds, result, peakMiB: peakMiB() }));
