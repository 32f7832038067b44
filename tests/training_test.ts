/** Epochs: validation, patience, schedules, the orders of the rows, and trainings that go on. */

import { Script } from "node:vm";
import { assert, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import {
  type Epoch,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  type NNClassifierOptions,
  NotFittedError,
  oneHot,
  RandomState,
  RECOMMENDED,
  ScaledRows,
  StandardScaler,
  ValueError,
  withChecksums,
} from "../lib/mod.ts";
import { log } from "../lib/kernels/elementary.ts";
import { orderOf } from "../lib/nn/weights.ts";
import { callAfterStep, isBetter as isBetterThan } from "../lib/nn/training.ts";
import { SCHEDULES } from "../lib/nn/schedules.ts";
import { bits, randomMatrix } from "./helpers.ts";

/** Three noisy clouds: X of four columns, and labels. */
function clouds(rows: number, seed: number): { X: Matrix; y: number[] } {
  const rng = new RandomState(seed);
  const y = rng.randint(0, 3, rows);
  const X = randomMatrix(rng, rows, 4, 0).map((x, i, j) => x + (y[i] === j ? 2.5 : 0));
  return { X, y };
}

const { X, y } = clouds(60, 1), held = clouds(40, 2);
const validation = [held.X, held.y] as const;

const OPTIONS: NNClassifierOptions = {
  ...RECOMMENDED,
  ...{ nFeatures: 4, nClasses: 3, nHiddenUnits: 12, epochs: 9, batchSize: 8 },
};

const weightBits = (net: NNClassifier) => net.weights.map(({ data }) => bits(data));

Deno.test("as many calls of partialFit as there are epochs give the bits of one fit, also by way of JSON", () => {
  for (const schedule of ["constant", "linear", "cosine"] as const) {
    const options = { ...OPTIONS, schedule };
    const fitted = new NNClassifier(options).fit(X, y, { validation });
    let net = new NNClassifier(options);
    for (let epoch = 1; epoch <= 9; epoch++) {
      net.partialFit(X, y, { validation });
      const json = JSON.parse(JSON.stringify(net));
      const goesOn = epoch < 9 || schedule === "constant";
      assertEquals("velocity" in json, goesOn, "a training that can go on has its momentum");
      net = NNClassifier.fromJSON(json);
    }
    assertEquals(weightBits(net), weightBits(fitted));
    assertEquals(net.errors, fitted.errors);
    assertEquals(net.validation, fitted.validation);
    assertEquals(JSON.stringify(net), JSON.stringify(fitted));
  }
});

Deno.test("a training that is broken off goes on by partialFit where it was", () => {
  const whole = new NNClassifier(OPTIONS).fit(X, y);
  const net = new NNClassifier(OPTIONS);
  for (const { epoch } of net.train(X, y)) if (epoch === 4) break;
  for (let epoch = 5; epoch <= 9; epoch++) net.partialFit(X, y);
  assertEquals(weightBits(net), weightBits(whole));
});

Deno.test("a model that is saved between two epochs goes on to the same bits, and so does partialFit there", () => {
  const whole = new NNClassifier(OPTIONS).fit(X, y);
  const net = new NNClassifier(OPTIONS);
  let copy: NNClassifier | undefined;
  for (const { epoch } of net.train(X, y)) {
    if (epoch === 4) copy = NNClassifier.fromJSON(JSON.parse(JSON.stringify(net)));
  }
  for (let epoch = 5; epoch <= 9; epoch++) copy!.partialFit(X, y);
  assertEquals(weightBits(copy!), weightBits(whole));
  const other = new NNClassifier(OPTIONS), epochs = other.train(X, y);
  for (let epoch = 1; epoch <= 3; epoch++) epochs.next();
  for (let epoch = 4; epoch <= 9; epoch++) other.partialFit(X, y);
  assertEquals(weightBits(other), weightBits(whole));
});

Deno.test("with a constant rate nothing ends: fit and then partialFit are one longer fit", () => {
  const constant = { ...OPTIONS, schedule: "constant" } as const;
  const net = new NNClassifier({ ...constant, epochs: 4 }).fit(X, y).partialFit(X, y);
  assertEquals(weightBits(net), weightBits(new NNClassifier({ ...constant, epochs: 5 }).fit(X, y)));
});

Deno.test("a validation whose error is infinite is kept in JSON", () => {
  const far = [Matrix.from([[-1e300, 0, 0, 0]]), [0]] as const; // an output of exactly 0
  const net = new NNClassifier({ nFeatures: 4, nClasses: 3, nHiddenUnits: [], epochs: 2 });
  net.weights = net.weights.map((w) => w.map((_, __, k) => k === 1 ? 1 : 0));
  net.fit(X, y, { validation: far });
  assertEquals(net.validation.map(({ error }) => error), [Infinity, Infinity]);
  const copy = NNClassifier.fromJSON(JSON.parse(JSON.stringify(net)));
  assertEquals(copy.validation, net.validation);
});

Deno.test("a training with patience that diverges leaves its best epoch, which can be asked", () => {
  const wild = { ...OPTIONS, output: "sigmoid", schedule: "constant", learningRate: 1 } as const;
  const net = new NNClassifier({ ...wild, epochs: 500 });
  const [first] = net.train(X, y, { validation, patience: 500 });
  assertThrows(() => net.fit(X, y, { validation, patience: 500 }), Error, "diverged");
  assert(net.bestEpoch! >= 1 && first.epoch === 1);
  assertEquals(net.score(held.X, held.y), net.validation[net.bestEpoch! - 1].accuracy);
});

Deno.test("what becomes of an epoch that was given out does not matter to the model", () => {
  const options = { validation, patience: 9 }, untouched = new NNClassifier(OPTIONS);
  const net = new NNClassifier(OPTIONS);
  for (const _ of untouched.train(X, y, options));
  for (const { validation } of net.train(X, y, options)) {
    Object.assign(validation!, { error: 0, accuracy: 1 });
  }
  assertEquals(JSON.stringify(net), JSON.stringify(untouched));
});

Deno.test("partialFit says where a schedule is at its end; a constant one has none", () => {
  const net = new NNClassifier(OPTIONS).fit(X, y);
  assertThrows(
    () => net.partialFit(X, y),
    ValueError,
    'partialFit: after 9 epochs the cosine schedule has come to its end; choose more epochs, or put its weights into a new network with schedule: "constant"',
  );
  assertEquals(
    new NNClassifier({ ...OPTIONS, schedule: "constant" }).fit(X, y).partialFit(X, y).errors.length,
    10,
  );
});

Deno.test("each epoch says how the validation rows are predicted: their error, and the share that is right", () => {
  const net = new NNClassifier({ ...OPTIONS, l1: 0.01, l2: 0.02 });
  const epochs: Epoch[] = [];
  for (const epoch of net.train(X, y, { validation })) {
    epochs.push(epoch);
    const { error, accuracy } = epoch.validation!;
    assertEquals(accuracy, net.score(held.X, held.y));
    const probabilities = net.predictProba(held.X), Y = oneHot(held.y, 3);
    const loss = -probabilities.map((p, i, c) => Y.at(i, c) === 1 ? log(p) : 0).sum() / 40;
    const sumOf = (f: (w: number) => number) =>
      net.weights.map((w) => w.map((x, _, k) => k === 0 ? 0 : f(x)).sum()).reduce((a, b) => a + b);
    const expected = loss + 0.01 * sumOf(Math.abs) + 0.02 / 2 * sumOf((w) => w * w);
    assertLess(Math.abs(error / expected - 1), 1e-14); // summed in another order
  }
  assertEquals(epochs.map(({ epoch }) => epoch), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(net.errors, epochs.map(({ error }) => error));
  assertEquals(net.validation, epochs.map(({ validation }) => validation!));
  assertEquals(net.bestEpoch, undefined);
});

Deno.test("the training set as validation has the article's error, of as many rows as a minibatch has", () => {
  const options = { nFeatures: 4, nClasses: 3, nHiddenUnits: 5, epochs: 1, learningRate: 1e-300 };
  const article = { ...options, l1: 0.1, l2: 0.2, nBatches: 7 }; // of 9 rows, and of 8
  const net = new NNClassifier(article);
  const [epoch] = net.train(X, y, { validation: [X, y] });
  assertLess(Math.abs(epoch.validation!.error / epoch.error - 1), 1e-14); // the weights stay
});

Deno.test("patience ends a training and keeps the weights of its best epoch", () => {
  const overfitting = { ...OPTIONS, schedule: "constant", epochs: 60, learningRate: 0.3 } as const;
  const curve = new NNClassifier(overfitting).fit(X, y, { validation }).validation;
  const isBetter = (a: number, b: number) =>
    curve[a].accuracy > curve[b].accuracy ||
    (curve[a].accuracy === curve[b].accuracy && curve[a].error < curve[b].error);
  const bestOf = (epochs: number) =>
    Array.from({ length: epochs }, (_, e) => e).reduce((best, e) => isBetter(e, best) ? e : best);

  const net = new NNClassifier(overfitting).fit(X, y, { validation, patience: 5 });
  const ended = net.errors.length;
  assert(ended < 60, "this one begins to overfit");
  assertEquals(net.validation, curve.slice(0, ended));
  assertEquals(net.bestEpoch, bestOf(ended) + 1);
  assertEquals(ended, net.bestEpoch! + 5);
  const upToBest = new NNClassifier({ ...overfitting, epochs: net.bestEpoch! }).fit(X, y);
  assertEquals(weightBits(net), weightBits(upToBest));
  assertEquals(net.score(held.X, held.y), curve[net.bestEpoch! - 1].accuracy);
  const copy = NNClassifier.fromJSON(JSON.parse(JSON.stringify(net)));
  assertEquals([copy.bestEpoch, copy.validation], [net.bestEpoch, net.validation]);

  assertEquals("velocity" in net.toJSON(), false, "a momentum of later weights");
  const [a, b] = [{ accuracy: 0.5, error: 1 }, { accuracy: 0.5, error: 1 }];
  assertEquals(isBetterThan(a, b), false, "of equal epochs the first");

  const patient = new NNClassifier(overfitting).fit(X, y, { validation, patience: 60 });
  assertEquals(patient.errors.length, 60);
  assertEquals(patient.bestEpoch, bestOf(60) + 1, "also where the patience was not used up");
});

Deno.test("each epoch has an order of its own, by the seed and the number of the epoch", () => {
  const orders = [0, 1, 2].map((epoch) => [...orderOf(42, epoch, 50)]);
  for (const order of orders) {
    assertEquals(order.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  }
  assertEquals(new Set(orders.map(String)).size, 3);
  // NumPy: RandomState((42 + 0x9e3779b9) % 2**32).permutation(6)
  assertEquals([...orderOf(42, 0, 6)], [5, 4, 1, 0, 2, 3]);
  const fit = (shuffle: boolean) =>
    weightBits(new NNClassifier({ ...OPTIONS, shuffle, epochs: 1 }).fit(X, y));
  const order = orderOf(42, 0, 60);
  const shuffled = new NNClassifier({ ...OPTIONS, shuffle: false, epochs: 1 })
    .fit(X.take(order), Array.from(order, (i) => y[i]));
  assertEquals(fit(true), weightBits(shuffled));
});

Deno.test("schedules go from 1 down to 0", () => {
  assertEquals([0, 0.25, 0.5, 0.75].map(SCHEDULES.linear), [1, 0.75, 0.5, 0.25]);
  assertEquals([0, 1].map(SCHEDULES.cosine), [1, 0]);
  for (const progress of [0.1, 0.37, 0.5, 0.9]) {
    const expected = (1 + Math.cos(Math.PI * progress)) / 2; // to the last bits of the engine's cosine
    assertLess(Math.abs(SCHEDULES.cosine(progress) - expected), 2e-16);
  }
});

Deno.test("no schedule asks the engine for its cosine, which has other bits in others", () => {
  const { cos } = Math;
  Math.cos = () => NaN;
  try {
    assertEquals(SCHEDULES.cosine(0.5), 0.5);
  } finally {
    Math.cos = cos;
  }
});

Deno.test("minibatches of a size have what is left in the last one", () => {
  const sizes = { ...OPTIONS, batchSize: 25, shuffle: false, epochs: 1, momentum: 0 };
  const net = new NNClassifier({ ...sizes, schedule: "constant" }).fit(X, y);
  const byHand = new NNClassifier({ ...sizes, schedule: "constant", batchSize: 60 });
  for (const [from, to] of [[0, 25], [25, 50], [50, 60]]) {
    byHand.partialFit(X.slice(from, to), y.slice(from, to));
  }
  assertEquals(weightBits(net), weightBits(byHand));
});

Deno.test("rows that are scaled as they are read give the bits of the scaled matrix, bytes too", () => {
  const rng = new RandomState(6);
  const bytes = rng.randint(0, 256, [60, 4]).map((x) => x < 100 ? 0 : x).astype("uint8");
  const dense = bytes.map((x) => x + 1).astype("uint8"); // more than 60 % are not 0, but for a column's first
  dense.data[0] =
    dense.data[5] =
    dense.data[10] =
    dense.data[15] =
      0;
  const gappy = dense.map((x, _, j) => j === 1 ? 0 : x).astype("uint8"); // a column is left out
  const bright = bytes.map((x) => Math.min(255, x + 1)).astype("uint8"); // no column has a 0
  const scalers = [
    () => new StandardScaler(),
    () => new MinMaxScaler(),
    () => new MinMaxScaler({ perFeature: false }),
  ];
  for (
    const [matrix, make] of [X, bytes, dense, gappy, bright].flatMap((m) =>
      scalers.map((s) => [m, s] as const)
    )
  ) {
    const scaler = make().fit(matrix), scaled = scaler.transform(matrix);
    const rows = new ScaledRows(matrix, scaler);
    const a = new NNClassifier(OPTIONS).fit(rows, y, { validation: [rows, y] });
    const b = new NNClassifier(OPTIONS).fit(scaled, y, { validation: [scaled, y] });
    assertEquals(weightBits(a), weightBits(b));
    assertEquals(a.validation, b.validation);
    assertEquals(a.predictProba(rows, { threads: 2 }), b.predictProba(scaled));
    assertEquals(a.backpropStep(rows, y), b.backpropStep(scaled, y));
    assertEquals(a.forward(rows), b.forward(scaled));
    assertEquals(a.score(rows, y), b.score(scaled, y));
  }
});

Deno.test("softmax gives probabilities, and with no hidden layer it is softmax regression", () => {
  const net = new NNClassifier({ ...OPTIONS, nHiddenUnits: [], epochs: 40 }).fit(X, y);
  assertEquals(net.weights.map(({ shape }) => shape), [[3, 5]]);
  const probabilities = net.predictProba(held.X);
  for (const sum of probabilities.sum({ axis: 1 }).data) assertLess(Math.abs(sum - 1), 1e-15);
  assertEquals(probabilities.argmax({ axis: 1 }), net.predict(held.X));
  assert(net.score(held.X, held.y) > 0.7, String(net.score(held.X, held.y)));
});

Deno.test("what a training is given is checked before it begins", () => {
  const net = new NNClassifier(OPTIONS);
  const refuses = (options: unknown, kind: new (message: string) => Error, message: string) =>
    assertThrows(() => net.fit(X, y, options as never), kind, message);
  refuses(
    { patience: 3 },
    ValueError,
    "fit: patience needs rows to be judged by: validation: [X, y]",
  );
  for (const patience of [0, 1.5, "3"]) {
    const message = `fit: patience must be a whole number above 0, got ${JSON.stringify(patience)}`;
    refuses({ validation, patience }, ValueError, message);
  }
  refuses(
    { validation: X },
    TypeError,
    "fit: validation must be [X, y], got a matrix of shape (60, 4)",
  );
  refuses({ validation: [X, y, y] }, TypeError, "fit: validation must be [X, y], got [a matrix");
  refuses({ validation: [X, [1]] }, Error, "fit: validation: 60 rows need as many labels, got 1");
  refuses({ valid: 1 }, ValueError, "the options are threads, validation, patience");
  assertThrows(
    () => net.partialFit(X, y, { validation, patience: 1 } as never),
    ValueError,
    'partialFit: there is no option "patience"; the options are threads, validation',
  );
  assertEquals(net.errors, []);
});

Deno.test("a model of the first version is read, with the article's options", () => {
  const { params, ...json } = new NNClassifier({ nFeatures: 4, nClasses: 3, epochs: 3 }).fit(X, y)
    .toJSON();
  const { nFeatures, nClasses, nHiddenUnits, l1, l2, epochs, learningRate, nBatches, randomSeed } =
    params;
  const old = { nFeatures, nClasses, nHiddenUnits, l1, l2, epochs, learningRate, nBatches };
  const net = NNClassifier.fromJSON(
    withChecksums({ ...json, version: 1, params: { ...old, randomSeed } as never }),
  );
  assertEquals(net.getParams(), params);
  for (const name of [...Object.keys(old), "randomSeed"]) {
    const lacking = { ...old, randomSeed, [name]: undefined } as never;
    assertThrows(
      () => NNClassifier.fromJSON(withChecksums({ ...json, version: 1, params: lacking })),
      TypeError,
      `the model's params lack ${name}`,
    );
  }
  assertThrows(
    () =>
      NNClassifier.fromJSON(
        withChecksums({ ...json, version: 2, params: { ...old, randomSeed } as never }),
      ),
    TypeError,
    "the model's params lack activation",
  );
});

Deno.test("a program that is stopped within an epoch leaves the model as after its last whole one, and training can go on", () => {
  const rng = new RandomState(5);
  const X = rng.uniform(-1, 1, [400, 60]), y = rng.randint(0, 4, [1, 400]).data;
  const options = {
    ...{ nFeatures: 60, nClasses: 4, nHiddenUnits: 80, nBatches: 40, epochs: 10_000 },
    ...{ learningRate: 0.001, momentum: 0.5, shuffle: true },
  };
  let longest = 0;
  for (const milliseconds of [15, 40, 70]) {
    const net = new NNClassifier(options);
    (globalThis as Record<string, unknown>).trainForever = () => net.fit(X, y);
    // it ends the program between any two instructions, and runs no `finally`: as a notebook's Stop does
    const script = new Script("trainForever()");
    assertThrows(() => script.runInThisContext({ timeout: milliseconds }), Error, "timed out");
    const epochs = net.errors.length;
    const twin = new NNClassifier(options);
    const training = twin.train(X, y);
    for (let epoch = 0; epoch < epochs; epoch++) training.next();
    assertEquals(net.weights, twin.weights);
    longest = Math.max(longest, epochs);
    if (epochs === 0) continue;
    training.return();
    assertEquals(net.predict(X), twin.predict(X));
    assertEquals(net.partialFit(X, y).weights, twin.partialFit(X, y).weights);
  }
  delete (globalThis as Record<string, unknown>).trainForever;
  assertGreater(longest, 0);
});

Deno.test("an epoch that fails within leaves weights and momentum as after the last whole one", () => {
  const net = new NNClassifier(OPTIONS), twin = new NNClassifier(OPTIONS);
  for (const { epoch } of twin.train(X, y)) if (epoch === 2) break;
  let steps = 0;
  callAfterStep(() => {
    if (++steps > 2 * 8 + 5) throw new Error("stopped"); // of eight minibatches an epoch
  });
  try {
    assertThrows(() => net.fit(X, y), Error, "stopped");
  } finally {
    callAfterStep(() => {});
  }
  assertEquals(JSON.stringify(net), JSON.stringify(twin));
});

Deno.test("a model that is trained anew predicts nothing before its first epoch has ended", () => {
  const net = new NNClassifier(OPTIONS).fit(X, y);
  callAfterStep(() => {
    throw new Error("stopped");
  });
  try {
    assertThrows(() => net.fit(X, y), Error, "stopped");
  } finally {
    callAfterStep(() => {});
  }
  assertEquals(net.weights, new NNClassifier(OPTIONS).weights);
  assertThrows(() => net.predict(X), NotFittedError);
  assertEquals(net.fit(X, y).errors.length, OPTIONS.epochs);
});

Deno.test("a program that is stopped while the validation rows are read has as many validations as errors", () => {
  const many = randomMatrix(new RandomState(7), 20_000, 4, 0);
  const rows = [many, Array.from({ length: 20_000 }, () => 0)] as const;
  for (let i = 0; i < 8; i++) {
    const net = new NNClassifier({ ...OPTIONS, epochs: 10_000 });
    (globalThis as Record<string, unknown>).trainForever = () =>
      net.fit(X, y, { validation: rows });
    const script = new Script("trainForever()");
    assertThrows(() => script.runInThisContext({ timeout: 12 + 5 * i }), Error, "timed out");
    assertEquals(net.validation.length, net.errors.length);
  }
  delete (globalThis as Record<string, unknown>).trainForever;
});
