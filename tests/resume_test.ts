/** A training that is kept as JSON after any epoch, and goes on from there, ends as one that was never interrupted. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Label,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  type NNClassifierOptions,
  Pipeline,
  RandomState,
  StandardScaler,
  TableVectorizer,
  ValueError,
  withChecksums,
} from "../lib/mod.ts";
import { randomMatrix } from "./helpers.ts";

const rng = new RandomState(3);
const X = randomMatrix(rng, 40, 5), y = Array.from({ length: 40 }, () => rng.randint(0, 3));
const validation = [
  randomMatrix(rng, 15, 5),
  Array.from({ length: 15 }, () => rng.randint(0, 3)),
] as const;
const table = X.toArray().map(([a, b], i) => ({ a, b, c: i % 3 === 0 ? "x" : "y" }));

type Model = NNClassifier<Label> | Pipeline<Label>;

const BASE: NNClassifierOptions<Label> = {
  nHiddenUnits: 4,
  epochs: 9,
  nBatches: 4,
  learningRate: 0.05,
};
const RICH: NNClassifierOptions<Label> = {
  ...BASE,
  ...{
    nHiddenUnits: [4, 3],
    activation: "tanh",
    output: "softmax",
    reduction: "mean",
    momentum: 0.9,
  },
  ...{
    shuffle: true,
    schedule: "cosine",
    l1: 0.001,
    l2: 0.01,
    penalty: "exact",
    learningRate: 0.5,
  },
};

const CASES: Record<string, { make: () => Model; X: unknown; options?: object }> = {
  "the article's": { make: () => new NNClassifier(BASE), X },
  "momentum, a schedule, new orders": { make: () => new NNClassifier(RICH), X },
  "validation": { make: () => new NNClassifier(RICH), X, options: { validation } },
  "patience that never ends it": {
    make: () => new NNClassifier(RICH),
    X,
    options: { validation, patience: 9 },
  },
  "patience that ends it": {
    make: () => new NNClassifier({ ...RICH, schedule: "constant", epochs: 30 }),
    X,
    options: { validation, patience: 2 },
  },
  "two threads": { make: () => new NNClassifier(RICH), X, options: { threads: 2 } },
  "first weights that were put in": {
    make: () => {
      const net = new NNClassifier<Label>({ ...RICH, nFeatures: 5, nClasses: 3 });
      net.weights = net.weights.map((w) => w.multiply(2));
      return net;
    },
    X,
  },
  "a scaler": { make: () => new Pipeline<Label>([new MinMaxScaler(), new NNClassifier(RICH)]), X },
  "a table": {
    make: () =>
      new Pipeline<Label>([
        new TableVectorizer(),
        new StandardScaler({ skipBinary: true }),
        new NNClassifier(RICH),
      ]),
    X: table,
  },
};

function read(text: string): Model {
  const json = JSON.parse(text);
  return json.steps ? Pipeline.fromJSON<Label>(json) : NNClassifier.fromJSON<Label>(json);
}

for (const [name, { make, X, options = {} }] of Object.entries(CASES)) {
  Deno.test(`${name}: kept after each epoch, and gone on with, it ends with the same model`, () => {
    const kept: string[] = [], whole = make();
    for (const _ of whole.train(X as never, y, options)) kept.push(JSON.stringify(whole));
    const expected = JSON.stringify(whole);
    for (const [i, text] of kept.entries()) {
      const model = read(text), epochs: number[] = [];
      assertEquals(JSON.stringify(model), text);
      for (const { epoch } of model.train(X as never, y, { ...options, resume: true })) {
        epochs.push(epoch);
      }
      assertEquals(JSON.stringify(model), expected, `after epoch ${i + 1}`);
      assertEquals(epochs, kept.map((_, k) => k + 1).slice(i + 1));
      model.fit(X as never, y, { ...options, resume: true }); // there is no more to learn
      assertEquals(JSON.stringify(model), expected);
    }
  });
}

Deno.test("a training that is interrupted again and again, after one epoch each, is the same", () => {
  const whole = new NNClassifier<Label>(RICH).fit(X, y, { validation, patience: 9 });
  let text = JSON.stringify(new NNClassifier<Label>(RICH));
  for (let i = 0; i < 20; i++) {
    const model = read(text) as NNClassifier<Label>;
    for (const _ of model.train(X, y, { validation, patience: 9, resume: true })) {
      text = JSON.stringify(model);
      break;
    }
    if (model.errors.length === 9 && model.bestEpoch) text = JSON.stringify(model);
  }
  const model = read(text) as NNClassifier<Label>;
  assertEquals(
    JSON.stringify(model.fit(X, y, { validation, patience: 9, resume: true })),
    JSON.stringify(whole),
  );
});

Deno.test("resume goes on after partialFit too, and without it fit begins anew", () => {
  const whole = new NNClassifier<Label>(RICH).fit(X, y);
  const model = new NNClassifier<Label>({ ...RICH, classes: [0, 1, 2] }).partialFit(X, y)
    .partialFit(X, y);
  assertEquals(model.fit(X, y, { resume: true }).weights, whole.weights);
  assertEquals(model.fit(X, y).weights, whole.weights);
});

Deno.test("patience after epochs without validation chooses the best of the others", () => {
  const make = () =>
    new NNClassifier<Label>({ ...RICH, schedule: "constant", epochs: 12, classes: [0, 1, 2] });
  const model = make();
  for (let i = 0; i < 3; i++) model.partialFit(X, y);
  const options = { validation, patience: 9, resume: true } as const, kept: string[] = [];
  for (const _ of model.train(X, y, options)) kept.push(JSON.stringify(model));
  const accuracies = model.validation.map(({ accuracy }) => accuracy);
  assertEquals(accuracies[model.bestEpoch! - 4], Math.max(...accuracies));
  for (const text of kept) {
    const again = read(text) as NNClassifier<Label>;
    assertEquals(JSON.stringify(again.fit(X, y, options)), JSON.stringify(model));
  }
});

Deno.test("a validation that is no number is the worst there is, also through JSON", () => {
  const row = [1e308, -1e308, 1e308, -1e308, 1e308];
  const huge = [Matrix.from([row, row.map((x) => -x), row]), [0, 1, 2]] as const;
  const make = () =>
    new NNClassifier<Label>({
      ...BASE,
      ...{ activation: "relu", output: "softmax", reduction: "mean", l2: 0.01, penalty: "exact" },
    });
  const options = { validation: huge, patience: 3 }, whole = make(), kept: string[] = [];
  for (const _ of whole.train(X, y, options)) kept.push(JSON.stringify(whole));
  assert(whole.validation.some(({ error }) => error === Infinity));
  assert(whole.validation.every(({ error }) => !Number.isNaN(error)));
  for (const text of kept) {
    const again = (read(text) as NNClassifier<Label>).fit(X, y, { ...options, resume: true });
    assertEquals(JSON.stringify(again), JSON.stringify(whole));
  }
});

Deno.test("resume counts the epochs when it begins, and needs the patience that the training began with", () => {
  const make = () =>
    new NNClassifier<Label>({ ...RICH, epochs: 6, schedule: "constant", classes: [0, 1, 2] });
  const model = make().partialFit(X, y), training = model.train(X, y, { resume: true });
  model.partialFit(X, y).partialFit(X, y);
  assertEquals([...training].length, 3);
  const late = model.train(X, y, { resume: true });
  model.fit(X, y);
  assertThrows(() => late.next(), Error, "train: the model was trained anew"); // what it resumes is gone
  const stopped = make().fit(X, y, { validation, patience: 1 });
  assert(stopped.bestEpoch !== undefined);
  assertEquals(stopped.partialFit(X, y).bestEpoch, undefined); // the weights are of another epoch
  const under = make();
  let text = "";
  for (const _ of under.train(X, y, { validation, patience: 5 })) text ||= JSON.stringify(under);
  assertThrows(
    () => (read(text) as NNClassifier<Label>).fit(X, y, { resume: true }),
    ValueError,
    "fit: the training began with patience: say it, and validation, again",
  );
  assertEquals((read(text) as NNClassifier<Label>).fit(X, y).errors.length, 6); // anew, it needs none
});

Deno.test("resume is true or false, and other rows than the model's are refused", () => {
  const model = new NNClassifier<Label>(RICH).fit(X, y);
  for (const [resume, shown] of [["yes", '"yes"'], [0, "0"], [null, "null"]]) {
    const message = `fit: resume must be true or false, got ${shown}`;
    assertThrows(() => model.fit(X, y, { resume: resume as never }), ValueError, message);
  }
  assertThrows(() => model.fit(Matrix.ones([40, 6]), y, { resume: true }), Error, "6");
  assertThrows(() => model.fit(X, y.map((k) => k + 7), { resume: true }), Error, "label");
  assertThrows(() => model.partialFit(X, y, { resume: true } as never), ValueError, '"resume"');
});

Deno.test("a best epoch that a file cannot have is refused", () => {
  const model = new NNClassifier<Label>(RICH);
  // deno-lint-ignore no-explicit-any
  let json: any;
  for (const _ of model.train(X, y, { validation, patience: 3 })) {
    json ??= JSON.parse(JSON.stringify(model));
  }
  const refuses = (best: unknown, message: string) =>
    assertThrows(() => NNClassifier.fromJSON(withChecksums({ ...json, best })), Error, message);
  const { validation: seen, weights } = json.best, lacks = "the model lacks its best";
  for (const epoch of [0, 0.5, 2]) refuses({ ...json.best, epoch }, lacks);
  refuses({ ...json.best, validation: { error: 1, accuracy: 2 } }, lacks);
  refuses(null, lacks);
  refuses({ epoch: 1, validation: seen }, "expected a list of matrices for best, got undefined");
  refuses(
    { epoch: 1, validation: seen, weights: weights.slice(1) },
    "best: 3 layers need as many matrices",
  );
});
