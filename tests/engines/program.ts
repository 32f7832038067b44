/**
 * The program that `deno task engines` runs in every engine: it trains small networks, the article's and others, with one
 * thread and with two, and reports the SHA-256 of all their weights and predictions.
 *
 * Engines have no MNIST, so the inputs are drawn: sparse bytes, as raw pixels are, and standardised numbers. The report
 * goes to stdout; a browser has none, and sends it to the server that the page came from.
 */

import {
  distort,
  kernelsInUse,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  Pipeline,
  RandomState,
  RECOMMENDED,
  scale,
  StandardScaler,
  trainAsync,
} from "../../lib/mod.ts";
import { countWakes } from "./wakes.ts";

/** The report of one engine. */
export interface Report {
  readonly kernels: string;
  readonly reason: string;
  /** How many threads were at work when two were asked for. */
  readonly threads: number;
  /** Where `trainAsync` trained: in a worker, or on the calling thread. */
  readonly async: "worker" | "here";
  readonly sha256: string;
  readonly seconds: number;
}

/** No multiples of what the kernels take at once; minibatches are large enough for two threads. */
const ROWS = 1203, FEATURES = 197, CLASSES = 7, UNITS = [83, 19];

function makeInputs(): { X: Matrix; y: number[] }[] {
  const rng = new RandomState(42);
  const size = ROWS * FEATURES;
  const isInk = rng.random(size);
  const bytes = Uint8Array.from(rng.randint(0, 256, size), (byte, i) => isInk[i] < 0.2 ? byte : 0);
  const raw = Matrix.fromArray(bytes, [ROWS, FEATURES]);
  const dense = scale(rng.uniform(-3, 5, [ROWS, FEATURES]));
  return [raw, dense].map((X) => ({
    X,
    y: Array.from(X.dot(rng.uniform(-1, 1, [FEATURES, CLASSES])).argmax({ axis: 1 })),
  }));
}

/** All weights, probabilities and predictions of one training on each kind of inputs. */
async function train(threads: number): Promise<Float64Array<ArrayBuffer>> {
  const numbers: number[] = [];
  for (const { X, y } of makeInputs()) {
    const net = new NNClassifier({
      nFeatures: FEATURES,
      nClasses: CLASSES,
      nHiddenUnits: UNITS,
      epochs: 12,
      learningRate: 0.001,
      nBatches: 2,
      l1: 0.1,
      l2: 0.5,
      randomSeed: 42,
    });
    for (const _epoch of net.train(X, y, { threads })) {
      // a browser starts no worker while this thread computes, and a busy machine starts one late
      if (threads > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const { data } of [...net.weights, net.predictProba(X)]) numbers.push(...data);
    numbers.push(...net.predict(X));
  }
  return Float64Array.from([...numbers, ...trainOthers(threads)]);
}

/** The same of pipelines with the other options, which learn from distorted pictures. */
function trainOthers(threads: number): number[] {
  const numbers: number[] = [];
  const [{ X, y }] = makeInputs();
  for (const scaler of [new StandardScaler(), new MinMaxScaler({ perFeature: false })]) {
    const net = new NNClassifier({
      ...RECOMMENDED,
      ...{ nFeatures: FEATURES, nClasses: CLASSES, nHiddenUnits: UNITS, epochs: 3, batchSize: 400 },
      ...{ activation: ["relu", "tanh"], initialWeights: "glorot", l1: 1e-3 },
    });
    const model = new Pipeline([scaler.fit(X), net]);
    for (let epoch = 0; epoch < 3; epoch++) {
      const pictures = distort(X, {
        ...{ shape: [1, FEATURES], rotation: 3, scale: 0.1, shear: 0.1, shift: 2 },
        ...{ elastic: { alpha: 8, sigma: 3 }, randomSeed: epoch, threads },
      });
      model.partialFit(pictures, y, { threads, validation: [X, y] });
    }
    for (const { data } of [...net.weights, model.predictProba(X)]) numbers.push(...data);
    numbers.push(...net.errors, ...net.validation.map(({ error }) => error));
  }
  return numbers;
}

/** Trains by `trainAsync`: the bits must be those of `fit`, and an abort must leave the last epoch. Says where it trained. */
async function trainAside(): Promise<Report["async"]> {
  const [, { X, y }] = makeInputs();
  const make = (epochs: number) =>
    new NNClassifier({ nHiddenUnits: UNITS, epochs, learningRate: 0.001, nBatches: 7 });
  const plain = make(2).fit(X, y), net = make(2);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  for await (const _epoch of trainAsync(net, X, y));
  clearInterval(timer);
  if (!net.weights.every((w, l) => w.equals(plain.weights[l]))) {
    throw new Error("trainAsync gives other bits than fit");
  }
  const controller = new AbortController(), endless = make(1_000_000);
  let given = 0;
  try {
    for await (const { epoch } of trainAsync(endless, X, y, { signal: controller.signal })) {
      given = epoch;
      setTimeout(() => controller.abort(), 20);
    }
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
  if (given === 0 || endless.errors.length !== given) {
    throw new Error(`an abort after epoch ${given} left ${endless.errors.length}`);
  }
  return turns > 4 ? "worker" : "here"; // here there is a turn after each epoch
}

async function sha256(numbers: Float64Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", numbers));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function report(): Promise<Report> {
  const start = performance.now();
  const hash = await sha256(await train(1));
  const seconds = (performance.now() - start) / 1000;
  const wakes = countWakes();
  // on a machine that is busy a worker may come when all is done: then once more
  for (let tries = 0; tries < 5 && wakes.count === 0; tries++) {
    if (await sha256(await train(2)) !== hash) {
      throw new Error("two threads give other bits than one");
    }
    if (kernelsInUse().kernels === "plain") break; // there are no threads
  }
  return {
    ...kernelsInUse(),
    threads: wakes.count > 0 ? 2 : 1,
    async: await trainAside(),
    ...{ sha256: hash, seconds },
  };
}

// no top-level await: not every bundler's default target has it
report().catch((error) => ({ error: String(error) })).then((result) => {
  const text = JSON.stringify(result);
  if (globalThis.location === undefined) console.log(text);
  else fetch("/report", { method: "POST", body: text });
});
