/** Models as safetensors files: our own, and those of PyTorch and scikit-learn, both ways. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  FileFormatError,
  fromSafetensors,
  type Label,
  labelsOf,
  MinMaxScaler,
  NNClassifier,
  NotFittedError,
  Pipeline,
  RandomState,
  readSafetensors,
  StandardScaler,
  type Table,
  TableVectorizer,
  toSafetensors,
  ValueError,
  writeSafetensors,
} from "../lib/mod.ts";
import { fixture, matrixOf, relativeDistance } from "./helpers.ts";

const CLASSES = ["low", "middle", "high"];

/** A table with numbers, categories and missing cells. */
const TABLE: Table = Array.from({ length: 30 }, (_, i) => ({
  ...{ age: i % 7 === 3 ? "" : String(20 + (7 * i) % 40), sex: i % 3 === 0 ? "male" : "female" },
  ...{
    port: i % 5 === 4 ? null : "SCQ"[i % 3],
    survived: i % 3 === 0 || i % 4 === 1 ? "no" : "yes",
  },
}));

/** Models of ours that scikit-learn can have too. Their bytes are in the fixture, where scikit-learn has read them. */
function ourModels(): Record<string, NNClassifier<Label> | Pipeline<Label>> {
  const rng = new RandomState(5), X = rng.normal(0, 2, [30, 3]);
  const y = Array.from({ length: 30 }, (_, i) => X.at(i, 0) > 1 ? 2 : X.at(i, 1) > 0 ? 1 : 0);
  const options = { output: "softmax", activation: "relu", epochs: 20, learningRate: 0.1 } as const;
  const texts = y.map((label) => CLASSES[label]);
  const net = new NNClassifier<Label>({ ...options, nHiddenUnits: [5, 4] });
  const two = new NNClassifier<Label>({ ...options, activation: "tanh", classes: ["no", "yes"] });
  const bare = new NNClassifier<Label>({ ...options, nHiddenUnits: [] });
  const table = [
    new TableVectorizer({ target: "survived", impute: "mean", handleUnknown: "ignore" }),
    new StandardScaler({ skipBinary: true }),
    new NNClassifier<Label>(options),
  ] as const;
  const pixels = [
    new MinMaxScaler({ perFeature: false }),
    new NNClassifier<Label>({ ...options, classes: ["middle", "low", "high"] }),
  ] as const;
  return {
    bare: bare.fit(X, y),
    pipeline: new Pipeline<Label>([new StandardScaler(), net]).fit(X, texts),
    pixels: new Pipeline(pixels).fit(X, texts),
    table: new Pipeline(table).fit(TABLE, labelsOf(TABLE, "survived")),
    two: two.fit(X, y.map((label) => label > 0 ? "yes" : "no")),
  };
}

// make_exchange.py calls `deno run -A exchange_test.ts FOLDER`
for (const folder of Deno.args) {
  Deno.writeTextFileSync(`${folder}/table.json`, JSON.stringify(TABLE));
  for (const [name, model] of Object.entries(ourModels())) {
    Deno.writeFileSync(`${folder}/${name}.safetensors`, toSafetensors(model));
  }
}

const fromBase64 = (text: string) => Uint8Array.fromBase64(text);

Deno.test("a model is the same after a journey, with its classes, its scaler and its table", () => {
  const table = [{ x: "1", kind: "a" }, { x: "5", kind: "b" }, { x: "2", kind: "a" }, {
    x: "7",
    kind: "b",
  }];
  const y = ["no", "yes", "no", "yes"];
  const model = new Pipeline<string>([
    new TableVectorizer(),
    new MinMaxScaler(),
    new NNClassifier<string>({ nHiddenUnits: [4, 3], momentum: 0.9, epochs: 5 }),
  ]).fit(table, y);
  const bytes = toSafetensors(model);
  const copy = fromSafetensors<string>(bytes) as Pipeline<string>;
  assertEquals(copy.predictProba(table), model.predictProba(table));
  assertEquals(copy.predict(table), model.predict(table));
  assertEquals([copy.errors, copy.classifier.getParams()], [
    model.errors,
    model.classifier.getParams(),
  ]);
  assertEquals(toSafetensors(copy), bytes);
  const { tensors } = readSafetensors(bytes);
  assertEquals(
    Object.entries(tensors).map(([name, { shape }]) => [name, shape]),
    [
      ["0.bias", [4]],
      ["0.weight", [4, 3]],
      ["2.bias", [3]],
      ["2.weight", [3, 4]],
      ["4.bias", [2]],
      ["4.weight", [2, 3]],
    ],
  );
  assertEquals(tensors["0.bias"].data, model.classifier.weights[0].T.row(0).data);
});

Deno.test("what a training would go on from, and what began it, is in no safetensors file", () => {
  const X = new RandomState(4).normal(0, 1, [9, 2]), y = [0, 1, 1, 0, 1, 0, 0, 1, 1];
  const net = new NNClassifier({ nFeatures: 2, nClasses: 2, momentum: 0.9, epochs: 9 });
  const { weights } = net;
  net.weights = weights;
  for (const _ of net.train(X, y, { validation: [X, y], patience: 9 })) {
    const all = Object.keys(net.toJSON());
    const { metadata } = readSafetensors(toSafetensors(net));
    const kept = Object.keys(JSON.parse(metadata["@scratch/nn"]));
    assertEquals(
      all.filter((part) => !kept.includes(part)),
      ["velocity", "startWeights", "best", "sha256"],
    );
    break;
  }
});

Deno.test("the networks of scikit-learn, and its pipelines, predict here as there", () => {
  for (const { file, X, classes, proba, predictions } of fixture("exchange").sklearn) {
    const model = fromSafetensors<Label>(fromBase64(file));
    const x = matrixOf(X);
    assertEquals(Array.from<Label>(model.predict(x)), predictions);
    // sums in another order, and another exp; of two classes scikit-learn takes the one's probability from 1
    assert(relativeDistance(model.predictProba(x).data, proba.flat(), 1e-3) < 1e-11);
    assertEquals((model instanceof Pipeline ? model.classifier : model).classes, classes);
  }
});

Deno.test("the networks of PyTorch predict here as there", () => {
  for (const { file, activation, X, proba, isDouble } of fixture("exchange").torch) {
    const model = fromSafetensors(fromBase64(file), { activation });
    const ours = model.predictProba(matrixOf(X));
    // in float32 PyTorch itself rounds to 6e-8
    assert(relativeDistance(ours.data, proba.flat(), 1e-3) < (isDouble ? 1e-12 : 1e-5));
  }
  const [{ file, X }] = fixture("exchange").torch;
  const named = fromSafetensors<string>(fromBase64(file), { classes: ["a", "b", "c", "d"] });
  assert(named.predict(matrixOf(X)).every((label) => typeof label === "string"));
});

Deno.test("our files are those that scikit-learn has read, and it predicts with them as we do", () => {
  const models = ourModels();
  for (const { name, file, X, proba, predictions } of fixture("exchange").ours) {
    assertEquals(toSafetensors(models[name]).toBase64(), file, name);
    const model = models[name], x = name === "table" ? TABLE : matrixOf(X);
    const asked = model as Pipeline<Label>; // both have the same methods
    assertEquals(Array.from<Label>(asked.predict(x)), predictions, name);
    const net = model instanceof Pipeline ? model.classifier : model;
    const sorted = net.classes.toSorted((a, b) => a < b ? -1 : 1).map((label) =>
      net.classes.indexOf(label)
    );
    const ours = asked.predictProba(x).toArray().flatMap((row) => sorted.map((k) => row[k]));
    // sums in another order, and another exp; of two classes scikit-learn takes the one's probability from 1
    assert(relativeDistance(ours, proba.flat(), 1e-3) < 1e-11, name);
  }
});

Deno.test("another program's file may say what it likes in its metadata", () => {
  const [{ file, X }] = fixture("exchange").torch;
  const { tensors } = readSafetensors(fromBase64(file)), plain = fromSafetensors(fromBase64(file));
  const others: Record<string, string>[] = [
    { format: "pt" },
    { randomSeed: "42", note: "trained from scratch, to be read by @scratch/nn" },
    { config: '{"nHiddenUnits":3,"randomSeed":1}', sha256: "00" },
    { "@scratch/nnet": "a longer name" },
    { "@scratch.js": "three letters are others than in our name" },
  ];
  for (const metadata of others) {
    const model = fromSafetensors(writeSafetensors(tensors, metadata));
    assertEquals(model.predictProba(matrixOf(X)), plain.predictProba(matrixOf(X)));
  }
  const ours = toSafetensors(ourModels().pixels);
  const { tensors: own, metadata } = readSafetensors(ours);
  const [text] = Object.values(metadata);
  const names = [["@scratch/nm", ""], ["@scratch/nN sha25v", ""], ["other", text]];
  for (const damaged of names.map((pair) => Object.fromEntries([pair]))) {
    assertThrows(
      () => fromSafetensors(writeSafetensors(own, damaged)),
      FileFormatError,
      'fromSafetensors: the file is damaged: its metadata lack "@scratch/nn"',
    );
  }
});

Deno.test("layers follow each other by the numbers in their names", () => {
  const sizes = [2, 5, 4, 6, 3, 7, 4, 5, 3, 6, 4, 2];
  const tensors = sizes.slice(1).flatMap((units, l) => {
    const weight = new RandomState(l).normal(0, 1, [units, sizes[l]]);
    return [[`net.${l}.weight`, weight], [`net.${l}.bias`, {
      shape: [units],
      data: weight.data.slice(0, units),
    }]];
  });
  const model = fromSafetensors(writeSafetensors(Object.fromEntries(tensors))) as NNClassifier;
  assertEquals(model.getParams().nHiddenUnits, sizes.slice(1, -1));
});

Deno.test("layers follow each other by their names where there is no number, or the numbers are equal", () => {
  const layer = (name: string, units: number, inputs: number) => ({
    [`${name}weight`]: { shape: [units, inputs], data: new Float64Array(units * inputs) },
    [`${name}bias`]: { shape: [units], data: new Float64Array(units) },
  });
  for (
    const [first, second] of [["a.", "b."], ["a1.", "a.1."], ["l.", "l.2."], ["l01.", "l1."], [
      "",
      "x.",
    ]]
  ) {
    for (const isTurned of [false, true]) {
      const layers = [layer(first, 3, 4), layer(second, 2, 3)];
      const [a, b] = isTurned ? layers.toReversed() : layers;
      const model = fromSafetensors(writeSafetensors({ ...a, ...b })) as NNClassifier;
      assertEquals(model.getParams().nHiddenUnits, [3]);
    }
  }
});

Deno.test("what is no network is refused", () => {
  const net = new NNClassifier({ nFeatures: 2, nClasses: 2, nHiddenUnits: 3, epochs: 1 });
  const { tensors, metadata } = readSafetensors(toSafetensors(net));
  const refuses = (
    changed: Record<string, unknown>,
    message: string,
    { data = {}, options = {} }: { data?: Record<string, string>; options?: object } = {},
  ) => {
    const file = Object.fromEntries(
      Object.entries({ ...tensors, ...changed }).filter(([, x]) => x),
    );
    const bytes = writeSafetensors(file as never, data);
    assertThrows(
      () => fromSafetensors(bytes, options),
      FileFormatError,
      `fromSafetensors: the file ${message}`,
    );
  };
  const of = (...shape: number[]) => ({
    shape,
    data: new Float64Array(shape.reduce((a, b) => a * b, 1)),
  });
  refuses(
    { running_mean: of(3) },
    'has "running_mean", which is no weight or bias of a fully connected layer',
  );
  refuses(
    { "0.overweight": of(3) },
    'has "0.overweight", which is no weight or bias of a fully connected layer',
  );
  const each = "should have a weight and a bias for each layer, and has [";
  refuses({ "4.weight": of(2, 2) }, each);
  refuses({ "4.bias": of(2) }, each);
  refuses(Object.fromEntries(Object.keys(tensors).map((name) => [name, undefined])), `${each}]`);
  refuses(
    { "0.weight": of(3, 2, 5) },
    'should have (units, inputs) and (units) for its layer "0.", and has (3, 2, 5) and (3)',
  );
  refuses(
    { "0.bias": of(4) },
    'should have (units, inputs) and (units) for its layer "0.", and has (3, 2) and (4)',
  );
  refuses(
    { "0.bias": of(3, 1) },
    'should have (units, inputs) and (units) for its layer "0.", and has (3, 2) and (3, 1)',
  );
  refuses(
    { "0.bias": undefined, "x.bias": of(3) },
    'should have (units, inputs) and (units) for its layer "0.", and has (3, 2) and (nothing)',
  );
  refuses(
    { "2.weight": of(2, 7) },
    'has a layer "2." of 7 inputs after one of 3 units; layers follow each other by their names: 0., 2.',
  );
  refuses({ "2.weight": of(2, 2) }, 'has a layer "2." of 2 inputs after one of 3 units');
  refuses(
    { "2.weight": of(1, 3), "2.bias": of(1) },
    "has one output; a classifier of two classes has two, the first one with weights and bias 0",
  );
  refuses({}, 'has metadata of "@scratch/nn" that are no JSON', { data: { "@scratch/nn": "{" } });
  for (const given of [{ activation: "tanh" }, { output: "sigmoid" }, { classes: [0, 1] }]) {
    const options = { activation: undefined, ...given }, [name] = Object.keys(given);
    refuses({}, `says its ${name} itself: leave it out`, { data: metadata, options });
  }
  const whole = writeSafetensors(tensors, metadata);
  assertEquals(fromSafetensors(whole, { name: "a file" }).errors, net.errors);
  assertThrows(
    () => fromSafetensors(whole, { name: "net.safetensors", output: "softmax" }),
    FileFormatError,
    "fromSafetensors: net.safetensors says its output itself",
  );
  assertThrows(
    () => fromSafetensors(whole, { outputs: "softmax" } as never),
    ValueError,
    'fromSafetensors: there is no option "outputs"; the options are activation, output, classes, na',
  );
  assertThrows(
    () => Reflect.apply(fromSafetensors, null, [whole, {}, 1]),
    TypeError,
    "fromSafetensors: expected at most 2 arguments, got 3",
  );
  assertThrows(
    () => Reflect.apply(toSafetensors, null, [net, 1]),
    TypeError,
    "toSafetensors: expected at most 1 argument, got 2",
  );
  const wrong = {
    "@scratch/nn": metadata["@scratch/nn"].replace('"nFeatures":2', '"nFeatures":9'),
  };
  assertThrows(
    () => fromSafetensors(writeSafetensors(tensors, wrong)),
    FileFormatError,
    "fromSafetensors: the file lacks its SHA-256",
  );
  const older = { "@scratch/nn": wrong["@scratch/nn"].replace('"version":4', '"version":3') };
  assertThrows(
    () => fromSafetensors(writeSafetensors(tensors, older)),
    Error,
    "NNClassifier.fromJSON: weights: layer 1 needs shape (3, 10), got (3, 3)",
  );
  refuses({ "0.bias": of(3) }, "is damaged: the SHA-256 of its model is ", { data: metadata });
  const { "@scratch/nn": ___, ...nameless } = metadata;
  refuses({}, 'is damaged: its metadata lack "@scratch/nn"', { data: nameless });
  assertThrows(
    () => fromSafetensors(writeSafetensors(tensors, { "@scratch/nn": "3" })),
    TypeError,
    "expected a model",
  );
  for (const steps of ["[]", '"ab"']) {
    const text = `{"format":"@scratch/nn Pipeline","version":2,"steps":${steps}}`;
    assertThrows(
      () => fromSafetensors(writeSafetensors(tensors, { "@scratch/nn": text })),
      TypeError,
      "expected a model",
    );
  }
  assertThrows(
    () => toSafetensors({} as never),
    TypeError,
    "toSafetensors: expected an NNClassifier or a Pipeline",
  );
  assertThrows(
    () => toSafetensors(new NNClassifier({})),
    NotFittedError,
    "weights: the model does not know",
  );
});
