/** StandardScaler, MinMaxScaler, and Pipeline: scikit-learn's figures, and what goes with a classifier. */

import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  Matrix,
  MinMaxScaler,
  NNClassifier,
  NotFittedError,
  Pipeline,
  RandomState,
  RECOMMENDED,
  ScaledRows,
  ShapeError,
  StandardScaler,
  TableVectorizer,
  ValueError,
  withChecksums,
} from "../lib/mod.ts";
import { bits, fixture, randomMatrix, relativeDistance } from "./helpers.ts";

Deno.test("both scalers have scikit-learn's numbers to the last bit, for columns of every kind", () => {
  for (const { X, new: rows, feature_range, standard, minmax } of fixture("scalers")) {
    const m = Matrix.from(X), fresh = Matrix.from(rows);
    // NumPy sums a single column in pairs, several columns row after row, as we do
    const isSingle = m.cols === 1;
    const same = (found: ArrayLike<number>, expected: number[]) => {
      const withoutSigns = (x: ArrayLike<number>) => bits(Array.from(x, (v) => v + 0)); // of zeros
      if (!isSingle) assertEquals(withoutSigns(found), withoutSigns(expected));
    };
    const s = new StandardScaler().fit(m);
    same(s.mean, standard.mean);
    same(s.scale, standard.scale);
    same(s.transform(fresh).data, standard.transform);
    same(s.inverseTransform(fresh).data, standard.inverse_transform);
    if (isSingle) assertLess(relativeDistance(s.scale, standard.scale), 1e-14);
    const mm = new MinMaxScaler({ featureRange: feature_range }).fit(m);
    assertEquals([...mm.scale, ...mm.min], [...minmax.scale, ...minmax.min]);
    assertEquals([...mm.transform(fresh).data], minmax.transform);
    assertEquals([...mm.inverseTransform(fresh).data], minmax.inverse_transform);
  }
});

Deno.test("what a scaler has learned is given out as a copy", () => {
  const X = randomMatrix(new RandomState(7), 20, 3);
  const standard = new StandardScaler().fit(X), range = new MinMaxScaler().fit(X);
  const [scaled, ranged] = [standard.transform(X), range.transform(X)];
  for (const learned of [standard.mean, standard.scale, range.scale, range.min]) learned.fill(9);
  assertEquals([standard.transform(X), range.transform(X)], [scaled, ranged]);
});

Deno.test("a range is copied when it is given, and when it is given out", () => {
  const featureRange: [number, number] = [-1, 2], scaler = new MinMaxScaler({ featureRange });
  featureRange[0] = 0;
  (scaler.getParams().featureRange as [number, number])[1] = 9;
  const params = { featureRange: [-1, 2], perFeature: true };
  assertEquals([scaler.getParams(), scaler.clone().getParams()], [params, params]);
});

Deno.test("where a 0 does not stay 0 in all columns, rows that are scaled as they are read have no factors", () => {
  const y = [0, 1, 1], options = { nFeatures: 2, nClasses: 2, epochs: 2 };
  const factorsOf = (rows: number[][]) => {
    const X = Matrix.from(rows), scaler = new MinMaxScaler().fit(X);
    const read = new ScaledRows(X, scaler);
    const [one, other] = [read, scaler.transform(X)].map((rows) =>
      new NNClassifier(options).fit(rows, y).weights
    );
    assertEquals(one, other);
    return read.scaling.factors;
  };
  assertEquals(factorsOf([[0, 2], [0, 0], [4, 0]]), Float64Array.of(0.25, 0.5));
  assertEquals(factorsOf([[0, 3], [0, 1], [4, 1]]), undefined);
  assertEquals(factorsOf([[1, 3], [1, 1], [4, 1]]), undefined);
});

Deno.test("what was scaled comes back", () => {
  const X = randomMatrix(new RandomState(7), 20, 3);
  for (const scaler of [new StandardScaler(), new MinMaxScaler({ featureRange: [-2, 5] })]) {
    const back = scaler.fit(X).inverseTransform(scaler.transform(X));
    assertLess(relativeDistance(back.data, X.data, 1), 1e-15); // two roundings
  }
});

Deno.test("with skipBinary columns of 0 and 1 stay as they are, and others are standardised", () => {
  const X = Matrix.from([[0, 5, 1, 0, 0], [1, 7, 1, 0, 2], [1, 9, 1, 0, 1]]);
  const scaler = new StandardScaler({ skipBinary: true }).fit(X),
    plain = new StandardScaler().fit(X);
  assertEquals([...scaler.mean], [0, plain.mean[1], 0, 0, plain.mean[4]]);
  assertEquals([...scaler.scale], [1, plain.scale[1], 1, 1, plain.scale[4]]);
  const between = Matrix.from([[0], [0.5], [1]]);
  assertEquals([...scaler.clone().fit(between).mean], [0.5]);
  const copy = StandardScaler.fromJSON(JSON.parse(JSON.stringify(scaler)));
  assertEquals([copy.transform(X), copy.getParams()], [scaler.transform(X), { skipBinary: true }]);
  assertEquals(scaler.clone().fit(X).transform(X), scaler.transform(X));
  const { params: _, ...old } = plain.toJSON(); // as it was before there was an option
  assertEquals(
    StandardScaler.fromJSON(withChecksums({ ...old, params: {} })).transform(X),
    plain.transform(X),
  );
  const message = 'StandardScaler: skipBinary must be true or false, got "yes"';
  assertThrows(() => new StandardScaler({ skipBinary: "yes" } as never), ValueError, message);
});

Deno.test("with perFeature false all columns share one range: pixels / 255", () => {
  const X = Matrix.from([[0, 3], [51, 255]]).astype("uint8");
  const scaler = new MinMaxScaler({ perFeature: false }).fit(X);
  assertEquals(scaler.transform(X).toArray(), [[0, 3 * (1 / 255)], [51 * (1 / 255), 1]]);
  assertEquals([...scaler.scale], [1 / 255, 1 / 255]);
});

Deno.test("a scaler in JSON is the same scaler, fitted or not", () => {
  const X = randomMatrix(new RandomState(8), 9, 3);
  const again = (x: unknown) => JSON.parse(JSON.stringify(x));
  const standard = new StandardScaler().fit(X);
  assertEquals(StandardScaler.fromJSON(again(standard)).transform(X), standard.transform(X));
  const minmax = new MinMaxScaler({ featureRange: [-1, 1], perFeature: false }).fit(X);
  const copy = MinMaxScaler.fromJSON(again(minmax));
  assertEquals([copy.transform(X), copy.getParams()], [minmax.transform(X), minmax.getParams()]);
  const unfitted = MinMaxScaler.fromJSON(again(new MinMaxScaler({ featureRange: [2, 3] })));
  assertEquals(unfitted.getParams(), { featureRange: [2, 3], perFeature: true });
  assertThrows(() => unfitted.transform(X), NotFittedError, "MinMaxScaler: fit it first");
  const refuses = (json: unknown, message: string) =>
    assertThrows(() => StandardScaler.fromJSON(json as never), TypeError, message);
  refuses(again(minmax), "StandardScaler.fromJSON: expected a StandardScaler as toJSON gives it");
  refuses(undefined, "version 1 or 2, got format undefined, version undefined, params undefined");
  refuses({ ...again(standard), params: 3 }, "version 2, params 3");
  refuses({ ...again(standard), version: 3 }, "version 1 or 2, got format");
  const { columns, ...rest } = again(standard);
  refuses(
    withChecksums({ ...rest, columns: { mean: columns.mean } }),
    "expected columns { mean, scale }",
  );
  refuses(
    withChecksums({ ...rest, columns: { ...columns, mean: [1] } }),
    "lists of finite numbers of one length",
  );
  refuses(withChecksums({ ...rest, columns: { mean: [1], scale: [0] } }), "no scale of 0");
  refuses(
    withChecksums({ ...rest, columns: { mean: [1], scale: ["1"] } }),
    "lists of finite numbers",
  );
});

Deno.test("what is wrong with a scaler's data or options is said", () => {
  const X = Matrix.ones([2, 3]);
  const scaler = new StandardScaler();
  assertThrows(() => scaler.transform(X), NotFittedError, "it has learned from no data yet");
  assertThrows(() => scaler.mean, NotFittedError, "StandardScaler: fit it first");
  assertThrows(() => scaler.fit(X.slice(0, 0)), ShapeError, "StandardScaler.fit: X has no rows");
  assertThrows(
    () => scaler.fit(X.divide(0)),
    ValueError,
    "StandardScaler.fit: expected finite numbers, got Infinity at [0, 0]",
  );
  assertThrows(
    () => scaler.fit([[1]] as never),
    TypeError,
    "StandardScaler.fit: expected a Matrix",
  );
  assertThrows(
    () => scaler.fit(X).transform(Matrix.ones([1, 2])),
    ShapeError,
    "StandardScaler.transform: X of shape (1, 2) should have 3 columns, as the data of fit",
  );
  assertThrows(
    () => new MinMaxScaler().fit(X).inverseTransform(Matrix.ones([1, 2])),
    ShapeError,
    "MinMaxScaler.inverseTransform: X of shape (1, 2) should have 3 columns, as the data of fit",
  );
  for (const name of ["transform", "inverseTransform"] as const) {
    assertThrows(
      () => scaler[name](Matrix.from([[0, 0, NaN]])),
      ValueError,
      `StandardScaler.${name}: expected finite numbers, got NaN at [0, 2]`,
    );
  }
  assertThrows(
    () => new ScaledRows(Matrix.ones([1, 2]), scaler),
    ShapeError,
    "should have 3 columns",
  );
  const refuses = (options: unknown, message: string) =>
    assertThrows(() => new MinMaxScaler(options as never), ValueError, message);
  refuses({ featureRange: [1, 1] }, "featureRange must be two finite numbers [low, high]");
  refuses({ featureRange: 3 }, "the second larger, got 3");
  refuses({ featureRange: [0, 1, 2] }, "the second larger, got [0, 1, 2]");
  refuses({ featureRange: [0, Infinity] }, "the second larger, got [0, Infinity]");
  refuses({ featureRange: [-Infinity, 0] }, "the second larger, got [-Infinity, 0]");
  refuses({ perFeature: 1 }, "MinMaxScaler: perFeature must be true or false, got 1");
  refuses({ feature: 1 }, 'there is no option "feature"; the options are featureRange, perFeature');
  assertThrows(
    () => new StandardScaler({ with_mean: false } as never),
    ValueError,
    'StandardScaler: there is no option "with_mean"; the options are skipBinary',
  );
});

Deno.test("arguments too many are refused by name, by a scaler and for its rows", () => {
  const X = Matrix.ones([2, 3]);
  for (const Scaler of [StandardScaler, MinMaxScaler]) {
    const { name } = Scaler, scaler = new Scaler().fit(X);
    const given = {
      [name]: (...args: unknown[]) => Reflect.construct(Scaler, args),
      [`${name}.fit`]: scaler.fit.bind(scaler),
      [`${name}.transform`]: scaler.transform.bind(scaler),
      [`${name}.inverseTransform`]: scaler.inverseTransform.bind(scaler),
      [`${name}.fromJSON`]: Scaler.fromJSON,
    };
    for (const [called, call] of Object.entries(given)) {
      const message = `${called}: expected at most 1 argument, got 2`;
      assertThrows(() => (call as (...args: unknown[]) => unknown)({}, 1), TypeError, message);
    }
  }
  assertThrows(
    () => Reflect.construct(ScaledRows, [X, new StandardScaler().fit(X), 1]),
    TypeError,
    "ScaledRows: expected at most 2 arguments, got 3",
  );
});

// --- Pipeline ----------------------------------------------------------------------------------

const rng = new RandomState(9);
const y = rng.randint(0, 3, 60);
const X = randomMatrix(rng, 60, 4, 0).map((x, i, j) => 100 * (x + (y[i] === j ? 3 : 0)) + 1000);
const options = { ...RECOMMENDED, nFeatures: 4, nClasses: 3, nHiddenUnits: 8, epochs: 12 };
const make = () => new Pipeline([new StandardScaler(), new NNClassifier(options)]);

Deno.test("a pipeline is its scaler, then its classifier, to the bit", () => {
  const validation = [X.slice(0, 20), y.slice(0, 20)] as const;
  const scaler = new StandardScaler().fit(X), scaled = scaler.transform(X);
  const net = new NNClassifier(options);
  net.fit(scaled, y, { validation: [scaled.slice(0, 20), y.slice(0, 20)], patience: 3 });
  const model = make().fit(X, y, { validation, patience: 3 });
  assertEquals(model.classifier.weights, net.weights);
  assertEquals(model.classifier.validation, net.validation);
  assertEquals(model.predict(X), net.predict(scaled));
  assertEquals(model.predictProba(X, { threads: 2 }), net.predictProba(scaled));
  assertEquals(model.score(X, y), net.score(scaled, y));
  assert(model.score(X, y) > 0.8, String(model.score(X, y)));
  assertEquals([model.errors, model.classes], [net.errors, [0, 1, 2]]);

  const stepwise = make();
  stepwise.scaler.fit(X);
  for (let epoch = 0; epoch < 12; epoch++) stepwise.partialFit(X, y, { validation });
  const trained = make();
  for (const { epoch } of trained.train(X, y, { validation })) {
    if (epoch === 1) assertEquals(trained.predict(X), trained.classifier.predict(scaled));
  }
  assertEquals(stepwise.classifier.weights, trained.classifier.weights);
  assertEquals(stepwise.classifier.validation, trained.classifier.validation);
});

Deno.test("a pipeline in JSON is one model, ready for new data", () => {
  const model = make().fit(X, y);
  const copy = Pipeline.fromJSON(JSON.parse(JSON.stringify(model)));
  assertEquals(copy.predictProba(X), model.predictProba(X));
  assertEquals(JSON.stringify(copy), JSON.stringify(model));
  const pixels = new Pipeline([new MinMaxScaler({ perFeature: false }), new NNClassifier(options)]);
  pixels.fit(X, y);
  assertEquals(
    Pipeline.fromJSON(JSON.parse(JSON.stringify(pixels))).predict(X),
    pixels.predict(X),
  );
  const refuses = (json: unknown, message: string) =>
    assertThrows(() => Pipeline.fromJSON(json as never), TypeError, message);
  refuses(
    JSON.stringify(model),
    "Pipeline.fromJSON: expected a model as toJSON gives it, version 1 to 3, got a string: JSON.parse it first",
  );
  refuses(model.classifier.toJSON(), 'got format "@scratch/nn NNClassifier", version 4');
  refuses(
    withChecksums({ ...model.toJSON(), steps: [{}, {}] }),
    "MinMaxScaler.fromJSON: expected a MinMaxScaler",
  );
  refuses({ ...model.toJSON(), version: 99 }, "version 99");
  refuses(withChecksums({ ...model.toJSON(), steps: [{}, {}, {}, {}] }), "expected a model as");
  assertEquals(Pipeline.fromJSON(withChecksums({ ...model.toJSON(), version: 1 })).classes, [
    0,
    1,
    2,
  ]);
  refuses(null, "got format undefined, version undefined");
  const other = new NNClassifier({ ...options, nFeatures: 5 }).toJSON();
  const mixed = withChecksums({ ...model.toJSON(), steps: [model.scaler.toJSON(), other] });
  assertThrows(
    () => Pipeline.fromJSON(mixed as never),
    ShapeError,
    "Pipeline: the scaler has learned from 4 columns, the classifier takes 5",
  );
});

Deno.test("a fit that is refused, and a train that is not begun, leave a pipeline as it was", () => {
  const model = make().fit(X, y), before = JSON.stringify(model);
  assertThrows(() => model.fit(X.multiply(1000), [1, 2]), ShapeError);
  assertEquals(JSON.stringify(model), before);
  assertThrows(() => model.fit(Matrix.ones([3, 5]), [0, 1, 2]), ShapeError);
  assertEquals(JSON.stringify(model), before);
  assertThrows(() => model.fit(X.multiply(1000), y, 5 as never), TypeError, "expected options");
  model.train(X.multiply(1000), y);
  assertEquals(JSON.stringify(model), before);
});

Deno.test("rows stay scaled as they were when their scaler is fitted again", () => {
  const scaler = new MinMaxScaler().fit(X), rows = new ScaledRows(X, scaler);
  const before = new NNClassifier(options).fit(rows, y).weights;
  scaler.fit(Matrix.ones([2, 2]));
  assertEquals(new NNClassifier(options).fit(rows, y).weights, before);
  assertThrows(
    () => new ScaledRows(X, {} as never),
    TypeError,
    "ScaledRows: expected a StandardScaler or MinMaxScaler, got an object",
  );
});

Deno.test("numbers that cannot be scaled are refused by fit", () => {
  const refuses = (scaler: StandardScaler | MinMaxScaler, rows: number[][]) =>
    assertThrows(
      () => scaler.fit(Matrix.from(rows)),
      ValueError,
      "column 1 has numbers too far apart to be scaled",
    );
  const X = Matrix.from([[1, 2], [3, 5]]);
  for (const scaler of [new StandardScaler(), new MinMaxScaler()]) {
    const before = scaler.fit(X).transform(X);
    refuses(scaler, [[1, -1.7e308], [2, 1.7e308]]);
    assertEquals(scaler.transform(X), before); // as it was
  }
  refuses(new StandardScaler(), [[1, 1.7e308], [2, 1.7e308]]);
});

Deno.test("console.log of a pipeline shows both of its steps", () => {
  const net = new NNClassifier({ nFeatures: 4, nClasses: 3 });
  const model = new Pipeline([new StandardScaler(), net]);
  assertEquals(Deno.inspect(model), `Pipeline(StandardScaler(not fitted), ${net})`);
  model.scaler.fit(X);
  assertEquals(String(model), `Pipeline(StandardScaler(4 columns), ${net})`);
});

Deno.test("what is wrong with a pipeline is said", () => {
  const refuses = (steps: unknown, message: string) =>
    assertThrows(() => new Pipeline(steps as never), TypeError, message);
  refuses(
    undefined,
    "Pipeline: expected [a StandardScaler or MinMaxScaler, an NNClassifier], perhaps with a TableVectorizer before them, got undefined",
  );
  refuses(
    [new NNClassifier(options), new StandardScaler()],
    "got [an object (NNClassifier), an obj",
  );
  const [scaler, net] = [new StandardScaler().fit(X), new NNClassifier()];
  refuses([new TableVectorizer(), scaler, net, 1], "TableVectorizer before them, got [");
  assertEquals(new Pipeline([scaler, net]).scaler.nFeatures, 4); // the classifier takes any number
  assertThrows(() => make().predict(X), NotFittedError, "StandardScaler: fit it first");
  assertThrows(() => make().partialFit(X, y), NotFittedError, "StandardScaler: fit it first");
  const shape = "X of shape (3, 1) should have 4 columns, as the data of fit";
  const model = make().fit(X, y), wrong = Matrix.ones([3, 1]), labels = [0, 1, 2];
  assertThrows(() => model.predict(wrong), ShapeError, `predict: ${shape}`);
  assertThrows(() => model.predictProba(wrong), ShapeError, `predictProba: ${shape}`);
  assertThrows(() => model.score(wrong, labels), ShapeError, `score: ${shape}`);
  assertThrows(() => model.partialFit(wrong, labels), ShapeError, `partialFit: ${shape}`);
  assertThrows(
    () => model.fit(X, y, { validation: [wrong, labels] }),
    ShapeError,
    `fit: validation: ${shape}`,
  );
  assertThrows(() => model.predict([1] as never), TypeError, "predict: expected a Matrix, got [1]");
  assertThrows(
    () => make().fit(X, y, { validation: X as never }),
    TypeError,
    "fit: validation must be [X, y]",
  );
  assertThrows(
    () => model.fit(X, y, { validation: [X, y, y] as never }),
    TypeError,
    "fit: validation must be [X, y], got [a matrix",
  );
  const option = { thread: 4 } as never, none = 'there is no option "thread"; the options are';
  for (const name of ["fit", "train", "partialFit", "score"] as const) {
    assertThrows(() => model[name](X, y, option), ValueError, `${name}: ${none}`);
  }
  for (const name of ["predict", "predictProba"] as const) {
    assertThrows(() => model[name](X, option), ValueError, `${name}: ${none}`);
  }
});

Deno.test("arguments of a pipeline that are one too many are refused, not ignored", () => {
  const model = make().fit(X, y), { fromJSON } = Pipeline;
  const call = (f: unknown, ...args: unknown[]) => () =>
    Reflect.apply(f as () => unknown, model, args);
  const calls: [name: string, most: string, call: () => unknown][] = [
    ["Pipeline", "1 argument, got 2", () => Reflect.construct(Pipeline, [[], 1])],
    ["Pipeline.fromJSON", "1 argument, got 2", call(fromJSON, {}, 1)],
    ["fit", "3 arguments, got 4", call(model.fit, X, y, {}, 1)],
    ["train", "3 arguments, got 4", call(model.train, X, y, {}, 1)],
    ["partialFit", "3 arguments, got 4", call(model.partialFit, X, y, {}, 1)],
    ["score", "3 arguments, got 4", call(model.score, X, y, {}, 1)],
    ["predict", "2 arguments, got 3", call(model.predict, X, {}, 1)],
    ["predictProba", "2 arguments, got 3", call(model.predictProba, X, {}, 1)],
  ];
  for (const [name, most, f] of calls) {
    assertThrows(f, TypeError, `${name}: expected at most ${most}`);
  }
});
