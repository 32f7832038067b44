/** A training that is kept as JSON after any epoch, and goes on from there, ends as one that was never interrupted. */

import { assertEquals, assertThrows } from "@std/assert";
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

Deno.test("resume is true or false, and other rows than the model's are refused", () => {
  const model = new NNClassifier<Label>(RICH).fit(X, y);
  const message = 'fit: resume must be true or false, got "yes"';
  assertThrows(() => model.fit(X, y, { resume: "yes" as never }), ValueError, message);
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
  refuses({ ...json.best, epoch: 2 }, "the model lacks its best");
  refuses(null, "the model lacks its best");
  refuses({ epoch: 1 }, "expected a list of matrices for best, got undefined");
  refuses(
    { epoch: 1, weights: json.best.weights.slice(1) },
    "best: 3 layers need as many matrices",
  );
});
