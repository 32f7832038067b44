import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import {
  DivergenceError,
  Matrix,
  NNClassifier,
  type NNClassifierOptions,
  NotFittedError,
  RandomState,
  RECOMMENDED,
  recommendedFor,
  ShapeError,
  ValueError,
  withChecksums,
} from "../lib/mod.ts";
import { randomMatrix } from "./helpers.ts";

const open = { nHiddenUnits: 5, epochs: 6, learningRate: 0.1, nBatches: 4 };
const options: NNClassifierOptions = { nFeatures: 4, nClasses: 3, ...open };
const rng = new RandomState(51);
const X = randomMatrix(rng, 22, 4), y = rng.randint(0, 3, 22);

Deno.test("fit is train to its end, and gives the model itself", () => {
  const fitted = new NNClassifier(options);
  assert(fitted.fit(X, y) === fitted);
  const trained = new NNClassifier(options);
  const epochs = [...trained.train(X, y)];
  assertEquals(trained.weights, fitted.weights);
  assertEquals(epochs.map(({ epoch }) => epoch), [1, 2, 3, 4, 5, 6]);
  assertEquals(epochs.map(({ error }) => error), fitted.errors);
});

Deno.test("fitting again gives the same model again", () => {
  const net = new NNClassifier(options).fit(X, y);
  const { weights, errors } = net;
  net.fit(X, y);
  assertEquals(net.weights, weights);
  assertEquals(net.errors, errors);
});

Deno.test("partialFit goes on from where it is: so many of them are one fit", () => {
  const net = new NNClassifier(options);
  for (let epoch = 0; epoch < 6; epoch++) net.partialFit(X, y);
  const fitted = new NNClassifier(options).fit(X, y);
  assertEquals(net.weights, fitted.weights);
  assertEquals(net.errors, fitted.errors);
});

Deno.test("training can be stopped at any epoch, and what was learned can be used", () => {
  const net = new NNClassifier(options);
  for (const { epoch } of net.train(X, y)) if (epoch === 3) break;
  assertEquals(net.errors.length, 3);
  assertEquals(net.weights, new NNClassifier({ ...options, epochs: 3 }).fit(X, y).weights);
  assertEquals(net.predict(X).length, 22);
});

Deno.test("train checks what it is given when it is called, not when the first epoch is asked for", () => {
  assertThrows(() => new NNClassifier(options).train(X, [0]), ShapeError);
});

Deno.test("weights of one's own are what training starts from, and training again starts from them again", () => {
  const drawn = new NNClassifier(options);
  const net = new NNClassifier({ ...options, randomSeed: 7 });
  assertNotEquals(net.weights, drawn.weights);
  net.weights = drawn.weights;
  net.predict(X); // they can be used at once
  assertEquals(net.fit(X, y).weights, drawn.fit(X, y).weights);
  assertEquals(net.fit(X, y).weights, drawn.weights);
});

Deno.test("weights that were set are copied: what happens to them, or to their model, afterwards does not matter", () => {
  const source = new NNClassifier({ ...options, randomSeed: 3 }).fit(X, y);
  const net = new NNClassifier(options);
  const { weights } = source;
  net.weights = weights;
  const fitted = net.fit(X, y).weights;
  source.partialFit(X, y);
  weights[0].T.data.fill(0);
  weights[0].data.fill(0);
  assertEquals(net.fit(X, y).weights, fitted);
});

Deno.test("weights that were set keep their features and classes, whatever a training has", () => {
  const net = new NNClassifier<string>(open).fit(X, named), { weights } = net;
  net.weights = weights;
  net.fit(X, named.map((label) => label === "low" ? "high" : label));
  assertEquals(net.classes, ["high", "low", "middle"]);
  assertThrows(
    () => net.fit(Matrix.ones([22, 5]), named),
    ShapeError,
    "fit: X of shape (22, 5) should have 4 columns",
  );
});

Deno.test("setting weights forgets the errors of the training before", () => {
  const net = new NNClassifier(options).fit(X, y);
  net.weights = net.weights.map((w) => w.multiply(1));
  assertEquals(net.errors, []);
});

Deno.test("options that are null are refused by name", () => {
  const net = new NNClassifier(options);
  for (const f of [() => net.fit(X, y, null as never), () => net.train(X, y, null as never)]) {
    assertThrows(f, TypeError, "expected options { ");
  }
});

Deno.test("weights and errors that are given out are copies", () => {
  const net = new NNClassifier(options).fit(X, y);
  const before = net.weights;
  net.weights[0].data.fill(0);
  net.weights[0].T.data.fill(0); // a transpose is kept, and must not be the network's own memory
  net.errors.push(1);
  assertEquals(net.weights, before);
  const judged = new NNClassifier(options).fit(X, y, { validation: [X, y] });
  const validation = structuredClone(judged.validation);
  judged.validation[0].accuracy = 2;
  judged.validation.pop();
  assertEquals(judged.validation, validation);
  const { T } = before[0], rows = T.toArray();
  net.partialFit(X, y);
  assertEquals(T.toArray(), rows, "a snapshot stays what it was");
  net.fit(X, y);
  assertEquals(net.errors.length, 6);
  assertEquals(before.map((w) => w.shape), [[5, 5], [3, 6]]);
});

Deno.test("training does not depend on what happens to X and y afterwards, and does not change them", () => {
  const data = Float64Array.from(X.data), labels = Int32Array.from(y);
  const net = new NNClassifier(options);
  const epochs = net.train(Matrix.fromArray(data, X.shape), labels);
  epochs.next();
  assertEquals(data, X.data);
  data.fill(9);
  labels.fill(0);
  for (const _ of epochs);
  assertEquals(net.weights, new NNClassifier(options).fit(X, y).weights);
});

Deno.test("the first weights are NumPy's, layer after layer", () => {
  const net = new NNClassifier({ ...options, nHiddenUnits: [3, 2], randomSeed: 0 });
  const rng = new RandomState(0);
  for (const w of net.weights) assertEquals(w, rng.uniform(-1, 1, w.shape));
  assertEquals(net.weights.map((w) => w.shape), [[3, 5], [2, 4], [3, 3]]);
});

Deno.test("predictions do not depend on how many rows are asked at once", () => {
  const net = new NNClassifier(options).fit(X, y);
  const many = randomMatrix(rng, 600, 4); // more than two blocks
  const all = net.predictProba(many);
  for (const i of [0, 255, 256, 511, 512, 599]) {
    assertEquals(net.predictProba(many.row(i)), all.row(i));
    assertEquals(net.predict(many.row(i))[0], net.predict(many)[i]);
  }
});

Deno.test("predict takes the largest net output, predictProba the softmax of activations, score counts", () => {
  const net = new NNClassifier(options).fit(X, y);
  const { net: [, netOut], act: [, actOut] } = net.forward(X);
  assertEquals(net.predict(X), netOut.argmax({ axis: 1 }));
  const e = actOut.subtract(actOut.max({ axis: 1 })).exp();
  assertEquals(net.predictProba(X), e.divide(e.sum({ axis: 1 })));
  const right = [...net.predict(X)].filter((label, i) => label === y[i]).length;
  assertEquals(net.score(X, y), right / 22);
});

Deno.test("outputs that are all 1 differ in their net inputs: the largest of these is predicted, scored and validated", () => {
  const one = Matrix.from([[0]]), options = { nFeatures: 1, nClasses: 3, nHiddenUnits: [] };
  const net = new NNClassifier({ ...options, epochs: 1, learningRate: 1e-12 });
  net.weights = [Matrix.from([[40, 0], [50, 0], [45, 0]])];
  assertEquals(net.forward(one).act[0].toArray(), [[1, 1, 1]]);
  assertEquals([...net.predict(one)], [1]);
  assertEquals([net.score(one, [1]), net.score(one, [0])], [1, 0]);
  const [{ validation }] = net.train(one, [1], { validation: [one, [1]] });
  assertEquals(validation?.accuracy, 1);
});

Deno.test("a penalty of 0 is 0, also where the weights are too large for their sums", () => {
  const zero = Matrix.from([[0]]), options = { nFeatures: 1, nClasses: 2, nHiddenUnits: 2 };
  for (const penalty of ["article", "exact"] as const) {
    const net = new NNClassifier({ ...options, penalty, epochs: 1, learningRate: 1e-300 });
    const huge = Matrix.from([[0, 1e308], [0, 1e308]]); // an input of 0 does not see them
    net.weights = [huge, Matrix.from([[0, 0, 0], [0, 0, 0]])];
    assertEquals(net.backpropStep(zero, [0]).error, Math.LN2 / 4);
    assertEquals(net.fit(zero, [0]).errors, [Math.LN2 / 4]);
    for (const given of [{ l1: 1e-9 }, { l2: 1e-9 }]) {
      const penalized = new NNClassifier({ ...options, penalty, ...given });
      penalized.weights = net.weights;
      assertEquals(penalized.backpropStep(zero, [0]).error, Infinity);
    }
  }
});

Deno.test("no probability of ten classes is above e / (e + 9)", () => {
  const ten = new NNClassifier({ nFeatures: 4, nClasses: 10, epochs: 50, learningRate: 1 });
  const p = ten.fit(X, y).predictProba(X);
  assert(p.max() <= Math.E / (Math.E + 9) + 1e-15);
});

Deno.test("bytes and the same numbers as float64 train to the same bits", () => {
  const pixels = rng.randint(0, 256, [22, 4]).astype("uint8");
  const a = new NNClassifier(options).fit(pixels, Uint8Array.from(y));
  const b = new NNClassifier(options).fit(pixels.astype("float64"), y);
  assertEquals(a.weights, b.weights);
});

Deno.test("one feature, one class, one unit, one row: the smallest network trains", () => {
  const net = new NNClassifier({ nFeatures: 1, nClasses: 1, nHiddenUnits: 1, epochs: 2 });
  net.fit(Matrix.from([[0]]), [0]);
  assertEquals([...net.predict(Matrix.from([[3]]))], [0]);
});

Deno.test("JSON gives the model back, to the bit, and it trains on the same way", () => {
  const net = new NNClassifier({ ...options, nHiddenUnits: [4, 3] }).fit(X, y);
  const copy = NNClassifier.fromJSON(JSON.parse(JSON.stringify(net)));
  assertEquals(copy.weights, net.weights);
  assertEquals(copy.errors, net.errors);
  assertEquals(copy.getParams(), net.getParams());
  assertEquals(copy.predictProba(X), net.predictProba(X));
  assertEquals(copy.partialFit(X, y).weights, net.partialFit(X, y).weights);
  const unfitted = NNClassifier.fromJSON(JSON.parse(JSON.stringify(new NNClassifier(options))));
  assertThrows(() => unfitted.predict(X), NotFittedError);
  const json = net.toJSON(), { errors } = net, read = NNClassifier.fromJSON(json);
  json.errors.push(1);
  assertEquals(read.errors, errors);
  assertEquals( // what there is not is not in it
    Object.keys(new NNClassifier(options).fit(X, y).toJSON()),
    ["format", "version", "params", "weights", "isFitted", "errors", "sha256"],
  );
});

Deno.test("getParams has every option, with the article's defaults", () => {
  assertEquals(new NNClassifier({ nFeatures: 2, nClasses: 2 }).getParams(), {
    nFeatures: 2,
    nClasses: 2,
    classes: null,
    nHiddenUnits: 30,
    activation: "sigmoid",
    output: "sigmoid",
    initialWeights: "uniform",
    l1: 0,
    l2: 0,
    penalty: "article",
    epochs: 500,
    learningRate: 0.01,
    schedule: "constant",
    momentum: 0,
    reduction: "sum",
    nBatches: 1,
    batchSize: null,
    shuffle: false,
    randomSeed: 42,
  });
});

const CLASSES = ["low", "middle", "high"];
const named = y.map((label) => CLASSES[label]);

Deno.test("labels of any kind train the network that their numbers train, and come back from predict", () => {
  const plain = new NNClassifier(options).fit(X, y);
  const net = new NNClassifier<string>({ ...open, classes: CLASSES }).fit(X, named);
  assertEquals(net.weights, plain.weights);
  assertEquals(net.predict(X), Array.from(plain.predict(X), (label) => CLASSES[label]));
  assertEquals(net.score(X, named), plain.score(X, y));
  assertEquals(net.backpropStep(X, named), plain.backpropStep(X, y));
  assertEquals([net.nFeatures, net.classes], [4, CLASSES]);
  const tens = new NNClassifier<number>({ ...open, classes: [10, -20, 30] }).fit(
    X,
    y.map((c) => [10, -20, 30][c]),
  );
  assertEquals(tens.predict(X), plain.predict(X).map((c) => [10, -20, 30][c]));
  const validation = [X, named] as const;
  net.fit(X, named, { validation });
  assertEquals(net.validation.at(-1)!.accuracy, net.score(X, named));
  net.partialFit(X, named, { validation });
  assertEquals(net.validation.length, 7);
});

Deno.test("what the options leave open, fit learns from the data: features, and classes in NumPy's order", () => {
  const net = new NNClassifier<string>(open);
  assertEquals([net.nFeatures, net.errors, net.validation], [undefined, [], []]);
  assertEquals(new NNClassifier({ nFeatures: 4 }).nFeatures, 4);
  assertMatch(String(net), /^NNClassifier\(\? -> 5 -> \?; /);
  net.fit(X, named);
  assertEquals([net.nFeatures, net.classes], [4, ["high", "low", "middle"]]);
  assertMatch(String(net), /^NNClassifier\(4 -> 5 -> 3; /);
  assertEquals(net.getParams().classes, null);
  const said = new NNClassifier<string>({ ...open, classes: ["high", "low", "middle"] });
  assertEquals(said.fit(X, named).weights, net.weights);
  assertEquals(
    new NNClassifier(open).fit(X, y).predict(X),
    new NNClassifier(options).fit(X, y).predict(X),
  );
  // other data is learned anew, but not where it is refused, nor before the first epoch
  const other = Matrix.from([[0], [1]]);
  assertThrows(
    () => net.fit(other, ["a", "a"]),
    ValueError,
    "fit: y has one class, a; a classifier",
  );
  net.train(X, y.map((label) => label === 0 ? "a" : "b"));
  assertEquals([net.nFeatures, net.classes.length], [4, 3]);
  const booleans = new NNClassifier<boolean>({ ...open, nBatches: 1 }).fit(other, [true, false]);
  assertEquals([booleans.nFeatures, booleans.classes], [1, [false, true]]);
  assertEquals(booleans.predict(other).every((label) => typeof label === "boolean"), true);
});

Deno.test("weights that are set between train and its first epoch end the training: they may have other sizes", () => {
  const net = new NNClassifier<string>(open).fit(X, named), wide = rng.normal(0, 1, [22, 9]);
  const epochs = net.train(wide, named);
  const { weights } = net;
  net.weights = weights;
  assertThrows(
    () => epochs.next(),
    Error,
    "train: the model was trained anew, or its weights were set",
  );
  assertEquals([net.nFeatures, net.predict(X).length], [4, 22]);
});

Deno.test("a model that does not know its data yet says so", () => {
  const unknown = (use: (net: NNClassifier<string>) => unknown, name: string) =>
    assertThrows(
      () => use(new NNClassifier<string>(open)),
      NotFittedError,
      `${name}: the model does not know its features and classes yet; call fit(X, y) first`,
    );
  unknown((net) => net.weights, "weights");
  unknown((net) => net.weights = [], "weights");
  unknown((net) => net.classes, "classes");
  unknown((net) => net.forward(X), "forward");
  unknown((net) => net.backpropStep(X, named), "backpropStep");
  unknown((net) => net.score(X, named), "score");
  assertThrows(
    () => new NNClassifier(open).predict(X),
    NotFittedError,
    "predict: the model is not",
  );
  assertThrows(
    () => new NNClassifier<string>({ ...open, nFeatures: 4 }).partialFit(X, named),
    ValueError,
    "partialFit: y may not have all classes; name them in the options: classes, or nClasses",
  );
  const net = new NNClassifier<string>({ ...open, classes: CLASSES }).partialFit(X, named);
  assertEquals([net.errors.length, net.nFeatures], [1, 4]);
  assertEquals(new NNClassifier({ ...open, nClasses: 3 }).partialFit(X, y).classes, [0, 1, 2]);
  assertThrows(
    () => new NNClassifier({ ...open, nClasses: 3 }).partialFit(1 as never, y),
    TypeError,
    "partialFit: expected a Matrix, got 1",
  );
});

Deno.test("a class may be the only one where the options say it", () => {
  const net = new NNClassifier<string>(
    { ...options, nFeatures: null, nClasses: null, classes: ["a"] } as never,
  );
  assertEquals([...net.fit(X, y.map(() => "a")).predict(X)], y.map(() => "a"));
});

Deno.test("labels that are numbers must be whole, also those that fit finds", () => {
  const net = new NNClassifier();
  const message = "fit: a number is a class where it is whole and of 32 bits, got 0.5";
  assertThrows(() => net.fit(X, y.map((label) => label / 2)), ValueError, message);
});

Deno.test("a label that is none of the classes is refused, with its classes", () => {
  const net = new NNClassifier<string>({ ...open, classes: CLASSES }).fit(X, named);
  const wrong = named.with(3, "hihg");
  const message = '"hihg" is none of the classes "low", "middle", "high"';
  assertThrows(() => net.fit(X, wrong), ValueError, `fit: ${message}`);
  assertThrows(() => net.score(X, wrong), ValueError, `score: ${message}`);
  assertThrows(
    () => net.fit(X, named, { validation: [X, wrong] }),
    ValueError,
    `fit: validation: ${message}`,
  );
});

Deno.test("features and classes that were learned are in a model's JSON, and older versions are read", () => {
  const copyOf = (net: NNClassifier<string>) =>
    NNClassifier.fromJSON<string>(JSON.parse(JSON.stringify(net)));
  const net = new NNClassifier<string>(open).fit(X, named), copy = copyOf(net);
  assertEquals([copy.classes, copy.nFeatures], [net.classes, 4]);
  assertEquals(copy.predict(X), net.predict(X));
  assertEquals(copy.fit(X, named).weights, net.weights);
  assertEquals(copyOf(new NNClassifier<string>(open)).fit(X, named).weights, net.weights);
  assertEquals("nFeatures" in new NNClassifier(options).toJSON(), false); // the options say it
  const { nFeatures: _, ...without } = net.toJSON();
  for (const part of [{}, { isFitted: false }, { weights: [] }]) {
    assertThrows(
      () => NNClassifier.fromJSON(withChecksums({ ...without, ...part })),
      TypeError,
      "NNClassifier.fromJSON: the model lacks its nFeatures, classes",
    );
  }
  const half = new NNClassifier<string>({ ...open, nFeatures: 4 }).fit(X, named).toJSON();
  const lying = NNClassifier.fromJSON<string>(withChecksums({ ...half, nFeatures: 9 }));
  assertEquals(lying.nFeatures, 4); // what the options say counts
  const said = new NNClassifier({ ...open, nClasses: 3 }).fit(X, y).toJSON();
  const other = NNClassifier.fromJSON(withChecksums({ ...said, classes: [7, 8, 9] }));
  assertEquals(other.classes, [0, 1, 2]);
  const model = new NNClassifier(options).fit(X, y), { classes: __, ...params } = model.getParams();
  const second = NNClassifier.fromJSON(
    withChecksums({ ...model.toJSON(), version: 2, params: params as never }),
  );
  assertEquals(second.predict(X), model.predict(X));
  assertThrows(
    () => NNClassifier.fromJSON(withChecksums({ ...model.toJSON(), params: params as never })),
    TypeError,
    "the model's params lack classes",
  );
});

Deno.test("recommendedFor fits the penalty and the epochs to the rows, within limits", () => {
  const { l2, epochs, ...others } = recommendedFor(400);
  assertEquals([l2, epochs], [0.005, 100]);
  const { l2: _l2, epochs: _epochs, ...same } = RECOMMENDED;
  assertEquals(others, { ...same, initialWeights: "glorot", learningRate: 0.05 });
  assertEquals(
    [1, 1000, 1190, 1200, 1e6].map((rows) => recommendedFor(rows).epochs),
    [100, 50, 42, 42, 20],
  );
  for (const rows of [0, 2.5, 2 ** 53, Infinity]) {
    assertThrows(
      () => recommendedFor(rows),
      ValueError,
      `recommendedFor: rows must be a whole number above 0, got ${rows}`,
    );
  }
  assertEquals(recommendedFor(1000).l2, 0.00316); // to three digits
});

Deno.test("the recommended options are those that their description says, and cannot be changed", () => {
  assertEquals(RECOMMENDED, {
    nHiddenUnits: 100,
    activation: "relu",
    output: "softmax",
    initialWeights: "he",
    penalty: "exact",
    l2: 0.0001,
    reduction: "mean",
    batchSize: 32,
    shuffle: true,
    learningRate: 0.1,
    momentum: 0.9,
    schedule: "cosine",
    epochs: 100,
  });
  assert(Object.isFrozen(RECOMMENDED));
});

Deno.test("the options that are given, and those that are given out, are copied", () => {
  const nHiddenUnits = [4, 3], net = new NNClassifier({ ...options, nHiddenUnits });
  nHiddenUnits[0] = 99;
  (net.getParams().nHiddenUnits as number[])[0] = 99;
  assertEquals(net.getParams().nHiddenUnits, [4, 3]);
});

Deno.test("every option has its limits, and the message says them", () => {
  const refuses = (wrong: Record<string, unknown>, message: string) =>
    assertThrows(() => new NNClassifier({ ...options, ...wrong }), ValueError, message);
  refuses(
    { nFeatures: 0 },
    "NNClassifier: nFeatures must be a whole number above 0, or null, got 0",
  );
  refuses(
    { nClasses: 2.5 },
    "NNClassifier: nClasses must be a whole number above 0, or null, got 2.5",
  );
  refuses({ nHiddenUnits: "5" }, 'must be a whole number above 0, or a list of them, got "5"');
  refuses({ nHiddenUnits: [5, -1] }, "or a list of them, got [5, -1]");
  refuses({ nHiddenUnits: Array(2) }, "nHiddenUnits must be a whole number above 0, or a list of");
  refuses({ activation: Array(1) }, "activation must be ");
  refuses({ l1: -0.1 }, "NNClassifier: l1 must be a finite number, not negative, got -0.1");
  refuses({ l2: Infinity }, "NNClassifier: l2 must be a finite number, not negative, got Infinity");
  refuses({ epochs: "9" }, 'NNClassifier: epochs must be a whole number above 0, got "9"');
  refuses({ learningRate: 0 }, "NNClassifier: learningRate must be a finite number above 0, got 0");
  refuses({ nBatches: NaN }, "NNClassifier: nBatches must be a whole number above 0, got NaN");
  const names = '"sigmoid", "tanh" or "relu", or a list of them';
  refuses({ activation: "ReLU" }, `NNClassifier: activation must be ${names}, got "ReLU"`);
  refuses({ activation: ["relu", "x"] }, `activation must be ${names}, got ["relu", "x"]`);
  refuses(
    { activation: ["relu", "tanh"] },
    'NNClassifier: 1 hidden layer needs as many activations, got ["relu", "tanh"]',
  );
  refuses({ output: "relu" }, 'NNClassifier: output must be "sigmoid" or "softmax", got "relu"');
  refuses(
    { initialWeights: 0 },
    'NNClassifier: initialWeights must be "uniform", "glorot" or "he", got 0',
  );
  refuses({ penalty: "l2" }, 'NNClassifier: penalty must be "article" or "exact", got "l2"');
  refuses(
    { schedule: null },
    'NNClassifier: schedule must be "constant", "linear" or "cosine", got null',
  );
  refuses(
    { momentum: 1 },
    "NNClassifier: momentum must be a number from 0 up to, but not including, 1, got 1",
  );
  refuses({ momentum: -0.1 }, "NNClassifier: momentum must be a number from 0 up to, but not in");
  refuses({ reduction: "max" }, 'NNClassifier: reduction must be "sum" or "mean", got "max"');
  refuses({ batchSize: 0 }, "NNClassifier: batchSize must be a whole number above 0, or null");
  refuses(
    { nBatches: 4, batchSize: 5 },
    "NNClassifier: nBatches 4 and batchSize 5 both cut an epoch: choose one (batchSize: null is none)",
  );
  refuses({ shuffle: 1 }, "NNClassifier: shuffle must be true or false, got 1");
  refuses({ randomSeed: -1 }, "randomSeed must be a whole number from 0 to 2**32 - 1, got -1");
  refuses({ randomSeed: 2 ** 32 }, "randomSeed must be a whole number from 0 to 2**32 - 1, got 42");
  refuses(
    { nHiddenUnits: 1e9 },
    "layers of 4, 1000000000, 3 units need 8000000003 weights; at most 67108864 can be had",
  );
  new NNClassifier({ nFeatures: 8191, nClasses: 8192, nHiddenUnits: [] }); // as many as can be had
  assertThrows( // of data that is not known yet: one feature and one class at least
    () => new NNClassifier({ nHiddenUnits: 22_369_622 }),
    ValueError,
    "NNClassifier: layers of 1, 22369622, 1 units need 67108867 weights",
  );
  refuses(
    { nHidden: 3 },
    'NNClassifier: there is no option "nHidden"; the options are nFeatures, nClasses',
  );
  refuses({ classes: 3 }, "NNClassifier: classes must be a list of labels, or null, got 3");
  refuses({ classes: [] }, "NNClassifier: classes must be one or more, got none");
  refuses({ classes: ["a", "b", "a"] }, 'a class is there twice in ["a", "b", "a"]');
  refuses({ classes: ["a", 1, "b"] }, 'labels must be of one type, got "a" and 1');
  refuses(
    { classes: [0, 0.5, 1] },
    "a number is a class where it is whole and of 32 bits, got 0.5",
  );
  refuses({ classes: [1, 2 ** 31] }, "and of 32 bits, got 2147483648");
  refuses({ classes: [1, -0.5] }, "a number is a class where it is whole and of 32 bits, got -0.5");
  refuses({ classes: ["a", "b"] }, "NNClassifier: nClasses 3 and 2 classes: leave out nClasses");
  refuses({ activation: [] }, "NNClassifier: 1 hidden layer needs as many activations, got []");
  refuses(
    { nHiddenUnits: [3, 2], activation: ["relu"] },
    'NNClassifier: 2 hidden layers need as many activations, got ["relu"]',
  );
  for (const [given, shown] of [[null, "null"], ["relu", '"relu"']]) {
    assertThrows(
      () => new NNClassifier(given as never),
      TypeError,
      `NNClassifier: expected options { nHiddenUnits, epochs, … }, got ${shown}`,
    );
  }
});

Deno.test("data that does not fit is refused before anything is trained", () => {
  const net = new NNClassifier(options);
  assertThrows(() => net.fit(X.slice(0, 0), []), ShapeError, "fit: X has no rows");
  assertThrows(
    () => net.fit(Matrix.ones([3, 5]), [0, 1, 2]),
    ShapeError,
    "fit: X of shape (3, 5) should have 4 columns, as nFeatures says",
  );
  assertThrows(
    () => net.fit(X, y.slice(1)),
    ShapeError,
    "fit: 22 rows need as many labels, got 21",
  );
  assertThrows(
    () => net.fit(X, undefined as never),
    ShapeError,
    "fit: 22 rows need as many labels, got undefined",
  );
  assertThrows(
    () => net.fit(X, y.with(2, 3)),
    ValueError,
    "fit: a label must be a whole number from 0 to 2, got 3 at position 2",
  );
  assertThrows(
    () => net.fit(X.map((x, i) => i === 1 ? NaN : x), y),
    ValueError,
    "fit: expected finite numbers, got NaN at [1, 0]",
  );
  assertThrows(
    () => net.fit(X.slice(0, 3), y.slice(0, 3)),
    ValueError,
    "fit: 3 rows cannot be cut into 4 minibatches; choose nBatches up to 3",
  );
  assertThrows(() => net.fit([[1]] as never, y), TypeError, "fit: expected a Matrix, got [[1]]");
  assertThrows(
    () => net.score([[1]] as never, y),
    TypeError,
    "score: expected a Matrix, got [[1]]",
  );
  assertThrows(
    () => new NNClassifier({ nHiddenUnits: 2 ** 24 }).fit(X, y),
    ValueError,
    "fit: layers of 4, 16777216, 3 units need 134217731 weights",
  );
  assertEquals(net.errors, []);
  net.fit(X, y);
  assertThrows(
    () => net.predict(Matrix.ones([1, 3])),
    ShapeError,
    "predict: X of shape (1, 3) should have 4 columns",
  );
  const narrow = Matrix.ones([1, 3]), shape = "X of shape (1, 3) should have 4 columns";
  assertThrows(() => net.forward(narrow), ShapeError, `forward: ${shape}`);
  assertThrows(() => net.backpropStep(narrow, [0]), ShapeError, `backpropStep: ${shape}`);
  assertThrows(() => net.score(X, [0]), ShapeError, "score: 22 rows need as many labels, got 1");
  assertThrows(() => net.score(X, y.with(0, 7)), ValueError, "score: a label must be");
  assertThrows(
    () => {
      net.weights = [] as never;
    },
    ShapeError,
    "weights: 2 layers need as many matrices, got 0",
  );
  assertThrows(
    () => {
      net.weights = undefined as never;
    },
    ShapeError,
    "weights: 2 layers need as many matrices, got undefined",
  );
  assertThrows(
    () => {
      net.weights = [1, 2] as never;
    },
    TypeError,
    "weights: expected a Matrix, got 1",
  );
  assertThrows(
    () => {
      net.weights = [Matrix.ones([5, 4]), Matrix.ones([3, 6])];
    },
    ShapeError,
    "weights: layer 1 needs shape (5, 5), got (5, 4)",
  );
  assertThrows(
    () => {
      net.weights = [Matrix.ones([5, 5]), Matrix.ones([3, 6]).divide(0)];
    },
    ValueError,
    "weights: expected finite numbers, got Infinity at [0, 0]",
  );
  assertThrows(
    () => NNClassifier.fromJSON({} as never),
    TypeError,
    "expected a model as toJSON gives it, version 1 to 4, got format undefined",
  );
});

Deno.test("arguments that are one too many are refused, not ignored", () => {
  const net = new NNClassifier(options).fit(X, y) as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  const calls: Record<string, [args: unknown[], most: string]> = {
    fit: [[X, y, {}, 1], "at most 3 arguments"],
    train: [[X, y, {}, 1], "at most 3 arguments"],
    partialFit: [[X, y, {}, 1], "at most 3 arguments"],
    score: [[X, y, {}, 1], "at most 3 arguments"],
    predict: [[X, {}, 1], "at most 2 arguments"],
    predictProba: [[X, {}, 1], "at most 2 arguments"],
    backpropStep: [[X, y, 1], "at most 2 arguments"],
    forward: [[X, 1], "at most 1 argument"],
  };
  for (const [name, [args, most]] of Object.entries(calls)) {
    const message = `${name}: expected ${most}, got ${args.length}`;
    assertThrows(() => net[name](...args), TypeError, message);
  }
  const one = "expected at most 1 argument, got 2", { fromJSON } = NNClassifier;
  const others: Record<string, () => unknown> = {
    NNClassifier: () => Reflect.construct(NNClassifier, [{}, 1]),
    "NNClassifier.fromJSON": () => Reflect.apply(fromJSON, null, [{}, 1]),
    recommendedFor: () => Reflect.apply(recommendedFor, null, [1, 2]),
  };
  for (const [name, call] of Object.entries(others)) {
    assertThrows(call, TypeError, `${name}: ${one}`);
  }
  assertThrows(() => net.predict(X, 2), TypeError, "predict: expected options { threads }, got 2");
});

Deno.test("a model that was not trained says so when it is asked", () => {
  const net = new NNClassifier(options);
  for (const ask of ["predict", "predictProba"] as const) {
    assertThrows(
      () => net[ask](X),
      NotFittedError,
      `${ask}: the model is not trained yet; call fit(X, y) first`,
    );
  }
  assertThrows(() => net.score(X, y), NotFittedError);
  net.train(X, y); // not one epoch was asked for
  assertThrows(() => net.predict(X), NotFittedError);
});

Deno.test("training that diverges stops, and says in which epoch, where, and what may help", () => {
  const diverges = (settings: Partial<NNClassifierOptions>, data = X) => {
    const net = new NNClassifier({ ...options, ...settings });
    const error = assertThrows(() => net.fit(data, y), DivergenceError);
    assertEquals(error.epoch, net.errors.length + 1);
    assert(net.errors.every(Number.isFinite));
    assertThrows(() => net.predict(data), NotFittedError);
    return error.message;
  };
  assertMatch(
    diverges({ learningRate: 1e308, nBatches: 1 }),
    /^training diverged in epoch \d: the error is (Infinity|NaN); .+; \d of the 5 units of layer 1 are saturated\. A smaller learningRate may help, or inputs of the size of 1: scale\(X\) before fit$/,
  );
  // the only epoch's error is of the weights before the step that breaks them
  assertMatch(
    diverges({ learningRate: 1.7e308, nBatches: 1, epochs: 1 }),
    /layer [12] has weights that are not finite/,
  );
  const broken = new NNClassifier({ ...options, learningRate: 1.7e308, nBatches: 1, epochs: 1 });
  assertThrows(() => broken.fit(X, y), DivergenceError);
  assert(!broken.weights.every(({ data }) => data.every(Number.isFinite)), "they can be looked at");
  const heavy = new NNClassifier({ ...options, l2: 0.1 });
  heavy.weights = heavy.weights.map((w) => w.multiply(1e200));
  const { message } = assertThrows(() => heavy.fit(X, y), DivergenceError);
  assertMatch(message, /the weights are too large for the penalty's sum of squares/);
  const wide = new NNClassifier({ nFeatures: 1, nClasses: 2, nHiddenUnits: 2, l1: 1e-9 });
  wide.weights = [Matrix.from([[0, 1e308], [0, 1e308]]), Matrix.zeros([2, 3])];
  assertThrows( // their sum is not finite, each of them is
    () => wide.fit(Matrix.from([[0]]), [0]),
    DivergenceError,
    "the weights are too large for the penalty's sum of squares",
  );
  assertMatch(
    diverges({ learningRate: 1e5, nBatches: 1, epochs: 50 }),
    /an output of layer 2 is exactly 0 where it should be 1/,
  );
  assertMatch(
    diverges({ learningRate: 1e308, nBatches: 1, nHiddenUnits: [] }),
    /: the error is (Infinity|NaN); [^;]+\. A smaller learningRate may help/, // no hidden unit is saturated
  );
});

Deno.test("a training that is broken off with weights that are not finite leaves no model to predict with", () => {
  const net = new NNClassifier({ ...options, learningRate: 1.7e308, nBatches: 1, epochs: 5 });
  for (const { epoch } of net.train(X, y)) if (epoch === 1) break;
  assertThrows(() => net.predict(X), NotFittedError);
  assertThrows(
    () => NNClassifier.fromJSON(JSON.parse(JSON.stringify(net))),
    ValueError,
    "NNClassifier.fromJSON: weights: expected finite numbers",
  );
});

Deno.test("saturated counts the units whose slope is 0 on every row", () => {
  const net = new NNClassifier({
    nFeatures: 1,
    nClasses: 2,
    nHiddenUnits: 4,
    epochs: 9,
    learningRate: 1,
  });
  // 1: dead on both rows, at 1; 2: at 0; 3: dead on one; 4: alive
  net.weights = [
    Matrix.from([[50, 900], [-900, 0], [0, 50], [0, 1]]),
    Matrix.from([[-900, 0, 0, 0, 0], [1, 0, 0, 0, 0]]),
  ];
  const error = assertThrows(() => net.fit(Matrix.from([[0], [1]]), [0, 0]), DivergenceError);
  assertMatch(error.message, /; 2 of the 4 units of layer 1 are saturated/);
  const tanh = new NNClassifier({ ...net.getParams(), activation: "tanh" });
  tanh.weights = net.weights;
  assertMatch(
    assertThrows(() => tanh.fit(Matrix.from([[0], [1]]), [0, 0]), DivergenceError).message,
    /; 2 of the 4 units of layer 1 are saturated/,
  );
  const relu = new NNClassifier({ ...net.getParams(), activation: "relu" });
  // 1: below 0 on both rows; 2: at 0 on one of them; 3: above it on one; 4: far below it
  relu.weights = [
    Matrix.from([[-1, 0], [-1, 1], [0, 1], [-1.5e308, -1.5e308]]),
    net.weights[1],
  ];
  assertMatch(
    assertThrows(() => relu.fit(Matrix.from([[0], [1]]), [0, 0]), DivergenceError).message,
    /; 3 of the 4 units of layer 1 are saturated/,
  );
  // a net input of infinity less infinity is no number, and so is its slope
  const nan = new NNClassifier({ ...net.getParams(), nFeatures: 2, nHiddenUnits: 2 });
  nan.weights = [Matrix.from([[0, 1e308, -1e308], [0, 1, 1]]), Matrix.zeros([2, 3])];
  assertMatch(
    assertThrows(() => nan.fit(Matrix.from([[9, 9]]), [0]), DivergenceError).message,
    /; 1 of the 2 units of layer 1 are saturated/,
  );
});

Deno.test("train begins with the first epoch that is asked for: until then the model is what it was", () => {
  const net = new NNClassifier(options).fit(X, y);
  const { weights } = net;
  const epochs = net.train(X, y);
  assertEquals(net.weights, weights);
  assertEquals(net.predict(X).length, 22);
  assertEquals(epochs.next().value, { epoch: 1, error: net.errors[0] });
});

Deno.test("training that goes on after the model was changed under it stops", () => {
  const net = new NNClassifier(options);
  const epochs = net.train(X, y);
  epochs.next();
  net.fit(X, y);
  assertThrows(
    () => epochs.next(),
    Error,
    "train: the model was trained anew, or its weights were set",
  );
  const others = net.train(X, y);
  others.next();
  net.weights = new NNClassifier(options).weights;
  assertThrows(() => others.next(), Error, "while this training was under way");
});

Deno.test("a model from JSON trains again as the original does, from drawn or given weights", () => {
  const copyOf = (net: NNClassifier) => NNClassifier.fromJSON(JSON.parse(JSON.stringify(net)));
  const net = new NNClassifier(options).fit(X, y);
  assertEquals(copyOf(net).fit(X, y).weights, net.weights);
  const given = new NNClassifier(options);
  given.weights = new NNClassifier({ ...options, randomSeed: 8 }).weights;
  assertEquals(copyOf(given).predict(X), given.predict(X));
  given.fit(X, y);
  const copy = copyOf(given);
  assertEquals(copy.weights, given.weights);
  assertEquals(copy.fit(X, y).weights, given.weights);
});

Deno.test("fromJSON refuses what is no whole model", () => {
  const refuses = (json: unknown, message: string) =>
    assertThrows(() => NNClassifier.fromJSON(json as never), TypeError, message);
  const refusesParts = (json: object, message: string) => refuses(withChecksums(json), message);
  const { weights: _, ...rest } = new NNClassifier(options).toJSON();
  refusesParts(rest, "NNClassifier.fromJSON: the model lacks its weights");
  refusesParts(
    { ...rest, weights: [], errors: [null] },
    "NNClassifier.fromJSON: the model lacks its errors",
  );
  for (const errors of [undefined, "", [Infinity]]) {
    refusesParts({ ...rest, weights: [], errors }, "the model lacks its errors");
  }
  refusesParts({ ...rest, weights: [], isFitted: 1 }, "the model lacks its isFitted");
  const { weights, params } = new NNClassifier(options).toJSON();
  const model = { ...rest, weights };
  const { epochs: __, ...noEpochs } = params;
  refusesParts(
    { ...model, params: noEpochs },
    "NNClassifier.fromJSON: the model's params lack epochs",
  );
  refusesParts({ ...model, params: undefined }, "the model's params lack nFeatures");
  refusesParts(
    { ...model, startWeights: 0 },
    "NNClassifier.fromJSON: expected a list of matrices for startWeights, got 0",
  );
  refusesParts(
    { ...model, weights: ["w", "w"] },
    "Matrix.fromJSON: expected { shape, dtype, data }",
  );
  refuses("{}", "got a string: JSON.parse it first");
  refuses(null, "got format undefined, version undefined");
  const validation = [{ error: 1, accuracy: 0.5 }];
  refusesParts({ ...model, validation }, "the model lacks its validation"); // of an epoch that never was
  for (const  of of[{ error: 1, accuracy: 1.5 }, { error: 1, accuracy: -1 }, { error: 1 }, null]) {
    refusesParts({ ...model, errors: [1], validation: [of] }, "the model lacks its validation");
  }
  for (const bestEpoch of [0, 0.5, 2]) {
    refusesParts({ ...model, errors: [1], bestEpoch }, "the model lacks its bestEpoch");
  }
  assertEquals(
    NNClassifier.fromJSON(withChecksums({ ...model, errors: [1], validation, bestEpoch: 1 }))
      .bestEpoch,
    1,
  );
  refuses({ ...model, version: 99 }, 'got format "@scratch/nn NNClassifier", version 99');
  refuses({ ...model, version: "3" }, 'version "3"');
  refuses({ ...model, format: "@scratch/nn Pipeline" }, 'got format "@scratch/nn Pipeline"');
  for (const part of ["weights", "velocity", "startWeights"]) {
    assertThrows(
      () => NNClassifier.fromJSON(withChecksums({ ...model, [part]: [] })),
      ShapeError,
      `NNClassifier.fromJSON: ${part}: 2 layers need as many matrices, got 0`,
    );
  }
  const refusesValue = (params: Record<string, unknown>, message: string) =>
    assertThrows(
      () => NNClassifier.fromJSON(withChecksums({ ...model, params }) as never),
      ValueError,
      message,
    );
  refusesValue({ ...params, randomSeed: null }, "randomSeed must be a whole number from 0 to");
  refusesValue({ ...params, layers: 3 }, 'NNClassifier.fromJSON: there is no option "layers"');
  // 60 million weights: they are not drawn for a file that does not have them
  assertThrows(
    () =>
      NNClassifier.fromJSON(
        withChecksums({ ...model, params: { ...params, nHiddenUnits: 7_500_000 } }),
      ),
    ShapeError,
    "weights: layer 1 needs shape (7500000, 5), got (5, 5)",
  );
});

Deno.test("partialFit takes fewer rows than minibatches, down to one", () => {
  const net = new NNClassifier({ ...options, nBatches: 22 }).fit(X, y);
  const { error } = net.backpropStep(X.row(0), [y[0]]);
  net.partialFit(X.row(0), [y[0]]);
  assertEquals(net.errors.slice(6), [error]);
});

Deno.test("console.log of a model shows its layers, its options and how far it is trained", () => {
  const net = new NNClassifier({ ...options, nHiddenUnits: [5, 2] });
  assertEquals(
    Deno.inspect(net),
    "NNClassifier(4 -> 5 -> 2 -> 3; l1: 0, l2: 0, epochs: 6, learningRate: 0.1, nBatches: 4, randomSeed: 42; not trained)",
  );
  assertEquals(String(net), Deno.inspect(net));
  net.weights = net.weights.map((w) => w.multiply(2));
  assertMatch(String(net), /; with weights of its own\)$/);
  const shown = Deno.inspect(net.fit(X, y)), last = net.errors[5].toPrecision(5);
  assertEquals(shown.split("; ").at(-1), `6 epochs trained, error ${last})`);
  assertMatch(String(new NNClassifier({ batchSize: 8 })), /learningRate: 0.01, randomSeed: 42, ba/);
  const layers = (given: Partial<NNClassifierOptions>) =>
    String(new NNClassifier(given)).match(/\((.*?);/)![1];
  assertEquals(
    [{}, { nClasses: 3 }, { classes: ["a", "b"] }, { nFeatures: 4 }].map((given) =>
      layers(given as never)
    ),
    ["? -> 30 -> ?", "? -> 30 -> 3", "? -> 30 -> 2", "4 -> 30 -> ?"],
  );
  assertEquals(
    String(new NNClassifier<string>({ classes: ["a", "b"] })),
    "NNClassifier(? -> 30 -> 2; l1: 0, l2: 0, epochs: 500, learningRate: 0.01, nBatches: 1, randomSeed: 42; not trained)",
  );
  const activation = "relu"; // of hidden units: without them it means nothing
  assertMatch(String(new NNClassifier({ activation })), /, activation: relu;/);
  assert(!String(new NNClassifier({ activation, nHiddenUnits: [] })).includes("relu"));
});
