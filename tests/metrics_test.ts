/** Labels of any kind, splits, reports and losses: scikit-learn's, to the letter. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  classificationReport,
  confusionMatrix,
  type Label,
  LabelEncoder,
  logLoss,
  Matrix,
  NotFittedError,
  ShapeError,
  trainTestSplit,
  ValueError,
} from "../lib/mod.ts";
import { fixture } from "./helpers.ts";

const { splits, reports, losses, texts } = fixture("metrics");

Deno.test("classes are sorted as NumPy sorts: texts by code point, numbers by size, false before true", () => {
  const encoder = new LabelEncoder<string>();
  assertEquals(Array.from(encoder.fitTransform(texts.labels)), texts.numbers);
  assertEquals(encoder.classes, texts.classes);
  assertEquals(encoder.inverseTransform(texts.numbers), texts.labels);
  assertEquals(new LabelEncoder().fit(["\u{1d4b3}", "\uff5e"]).classes, ["\uff5e", "\u{1d4b3}"]);
  assertEquals(new LabelEncoder<number>().fit([10, 9, -1]).classes, [-1, 9, 10]);
  assertEquals(new LabelEncoder<boolean>().fit([true, false]).classes, [false, true]);
});

Deno.test("an encoder that is fitted again has the new classes alone, and gives copies of them", () => {
  const encoder = new LabelEncoder<string>().fit(["b", "ab", "a"]);
  encoder.classes.push("c");
  assertEquals(encoder.classes, ["a", "ab", "b"]);
  assertEquals(encoder.fit(["z", "b"]).classes, ["b", "z"]);
  assertEquals(encoder.transform(["z", "b", "z"]), Int32Array.of(1, 0, 1));
});

Deno.test("labels that are none, of several types, or unknown are refused by name", () => {
  const encoder = new LabelEncoder();
  const refuses = (call: () => unknown, message: string) => assertThrows(call, ValueError, message);
  assertThrows(
    () => encoder.transform(["a"]),
    NotFittedError,
    "transform: the labels are not known yet; call fit first",
  );
  assertThrows(() => encoder.classes, NotFittedError, "classes: the labels are not known yet");
  assertThrows(
    () => encoder.inverseTransform([]),
    NotFittedError,
    "inverseTransform: the labels are not known yet",
  );
  refuses(() => encoder.fit([]), "fit: expected one label or more, got none");
  refuses(() => encoder.fit(["a", 1]), 'fit: labels must be of one type, got "a" and 1');
  refuses(
    () => encoder.fit([NaN]),
    "fit: a label must be a text, a finite number or a boolean, got NaN",
  );
  refuses(
    () => encoder.fit([null as unknown as string]),
    "a label must be a text, a finite number or a boolean, got null",
  );
  encoder.fit(["a", "b"]);
  refuses(() => encoder.transform(["c"]), 'transform: "c" is none of the classes "a", "b"');
  for (const number of [2, -1, 0.5]) {
    refuses(
      () => encoder.inverseTransform([number]),
      `inverseTransform: expected a number from 0 to 1, got ${number}`,
    );
  }
  encoder.fit(Array.from({ length: 12 }, (_, i) => i));
  refuses(() => encoder.transform([12]), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
  const ten = new LabelEncoder().fit(Array.from({ length: 10 }, (_, i) => i));
  const { message } = assertThrows(() => ten.transform([12]), ValueError);
  assert(message.endsWith("0, 1, 2, 3, 4, 5, 6, 7, 8, 9"), message);
});

Deno.test("a split has scikit-learn's rows in scikit-learn's order, with strata and without", () => {
  for (const { y, testSize, stratify, seed, train, test } of splits) {
    const X = Matrix.fromArray(Float64Array.from(y, (_, i) => i), [y.length, 1]);
    const options = { testSize, stratify, randomSeed: seed };
    const [XTrain, XTest, yTrain, yTest] = trainTestSplit<Label>(X, y, options);
    assertEquals([Array.from(XTrain.data), Array.from(XTest.data)], [train, test]);
    assertEquals(yTrain, train.map((row: number) => y[row]));
    assertEquals(yTest, test.map((row: number) => y[row]));
  }
  // as many rows as classes will do, and bytes stay bytes
  const bytes = Matrix.fromArray(Uint8Array.of(1, 2, 3, 4), [4, 1]), ab = ["a", "b", "a", "b"];
  const [half, other, ...labels] = trainTestSplit(bytes, ab, { stratify: true, testSize: 2 });
  assertEquals(labels.map((y) => y.toSorted()), [["a", "b"], ["a", "b"]]);
  assertEquals([half.dtype, other.dtype], ["uint8", "uint8"]);
  // scikit-learn 1.9: train_test_split(np.arange(9), random_state=42), without strata
  const [train, test] = trainTestSplit([0, 1, 2, 3, 4, 5, 6, 7, 8], Array.from("aaaaaabbb"));
  assertEquals([train, test], [[0, 8, 2, 4, 3, 6], [7, 1, 5]]);
});

Deno.test("a split that cannot be made says why", () => {
  const X = Matrix.from([[1], [2], [3], [4]]), y = ["a", "a", "a", "b"];
  const refuses = (options: Parameters<typeof trainTestSplit>[2], message: string) =>
    assertThrows(() => trainTestSplit(X, y, options), ValueError, message);
  refuses(
    { stratify: true },
    'trainTestSplit: the class "b" has one row; it needs two, one for each part',
  );
  assertThrows(
    () => trainTestSplit(X, ["a", "a", "c", "b"], { stratify: true }),
    ValueError,
    'trainTestSplit: the class "b" has one row',
  );
  assertThrows(
    () => trainTestSplit(X, ["a", "a", 1, 1], { stratify: true }),
    ValueError,
    'trainTestSplit: labels must be of one type, got "a" and 1',
  );
  assertThrows(
    () => trainTestSplit(X, ["a", "a", "b", "b"], { stratify: true, testSize: 3 }),
    ValueError,
    "trainTestSplit: the training part has 1 rows for 2 classes; choose another testSize",
  );
  refuses(
    { testSize: 4 },
    "trainTestSplit: 4 of 4 rows held back leave none to learn from; choose a smaller testSize",
  );
  for (const testSize of [0, 1.5, -1, NaN]) {
    refuses(
      { testSize },
      `testSize must be a share between 0 and 1, or a whole number of rows, got ${testSize}`,
    );
  }
  assertThrows(
    () => trainTestSplit(X, ["a", "a", "b", "b"], { stratify: true, testSize: 1 }),
    ValueError,
    "trainTestSplit: the test part has 1 rows for 2 classes; choose another testSize",
  );
  assertThrows(
    () => trainTestSplit(X, ["a"]),
    ShapeError,
    "trainTestSplit: 4 rows need as many labels, got 1",
  );
});

Deno.test("reports are scikit-learn's to the letter, confusions its counts", () => {
  for (const { yTrue, yPredicted, digits, matrix, report } of reports) {
    assertEquals(confusionMatrix<Label>(yTrue, yPredicted).toArray(), matrix);
    assertEquals(classificationReport<Label>(yTrue, yPredicted, { digits }), report);
  }
  // printed by scikit-learn 1.9: names are as wide as the digits are many
  const [header, , first] = classificationReport([0, 1, 1], [0, 1, 0], { digits: 14 }).split("\n");
  assertEquals(header, "                precision    recall  f1-score   support");
  assertEquals(
    first,
    "             0  0.50000000000000 1.00000000000000 0.66666666666667         1",
  );
  const named = classificationReport([0, 1], [0, 1], { targetNames: ["a rather long name", "b"] });
  assert(named.includes("\na rather long name       1.00"));
  // next to half way, and half way: an average is a sum, divided; F1 is rounded once
  const lines = (yTrue: number[], yPredicted: number[]) =>
    classificationReport(yTrue, yPredicted, { digits: 1 }).split("\n");
  assertEquals([
    lines([0, 0, 1, 1, 1], [0, 1, 1, 1, 1]).at(-2),
    lines([0, 1, 1, 1, 1], [0, 0, 0, 0, 1]).at(-2),
    lines([0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]).at(3),
  ], [
    "weighted avg        0.8       0.8       0.8         5",
    "weighted avg        0.8       0.4       0.4         5",
    "           1        1.0       0.6       0.8         5",
  ]);
  const wide = "𝒳".repeat(13); // as many code points as it takes columns
  const [, , ofWide] = classificationReport([0, 1], [0, 1], { targetNames: [wide, "b"] }).split(
    "\n",
  );
  assertEquals(ofWide, `${wide}       1.00      1.00      1.00         1`);
  for (const targetNames of [["a"], ["a", "b", "c"]]) {
    assertThrows(
      () => classificationReport([0, 1], [0, 1], { targetNames }),
      ValueError,
      `classificationReport: 2 classes need as many targetNames, got ${targetNames.length}`,
    );
  }
  assertThrows(
    () => confusionMatrix([0, 1], [0]),
    ShapeError,
    "confusionMatrix: 2 true labels need as many predictions, one or more, got 1",
  );
  assertThrows(
    () => classificationReport([], []),
    ShapeError,
    "classificationReport: 0 true labels need as many predictions, one or more, got 0",
  );
});

Deno.test("the log loss is scikit-learn's, also of probabilities that are exactly 0", () => {
  for (const { y, p, loss } of losses) {
    const ours = logLoss(y, Matrix.from(p));
    assert(Math.abs(ours - loss) <= 4e-15 * loss + 1e-16, `${ours} ${loss}`); // its sum has another order
  }
  const sure = logLoss([0], Matrix.from([[1, 0]])); // there 2.220446049250313e-16, -log(1 - eps)
  assert(sure > 2.2e-16 && sure < 2.3e-16, `${sure}`);
  const half = Matrix.from([[0.5, 0.5]]);
  assertThrows(
    () => logLoss([0, 1], half),
    ShapeError,
    "logLoss: 2 labels need as many rows of probabilities, one or more, got 1",
  );
  assertThrows(
    () => logLoss([0], Matrix.vstack([half, half])),
    ShapeError,
    "logLoss: 1 labels need as many rows of probabilities, one or more, got 2",
  );
  assertThrows(
    () => logLoss([], Matrix.zeros([0, 2])),
    ShapeError,
    "logLoss: 0 labels need as many rows of probabilities, one or more, got 0",
  );
  assertThrows(
    () => logLoss([2], half),
    ValueError,
    "logLoss: a label must be a whole number from 0 to 1, got 2 at position 0",
  );
  for (const p of [1.5, -0.5, NaN]) {
    assertThrows(
      () => logLoss([1, 0], Matrix.from([[0, 1], [p, 0]])),
      ValueError,
      `logLoss: a probability must be between 0 and 1, got ${p} in row 1`,
    );
  }
});

Deno.test("unknown options, misplaced ones and arguments too many are refused", () => {
  const X = Matrix.ones([4, 2]), y = [0, 1, 0, 1];
  const given = { trainTestSplit, confusionMatrix, classificationReport, logLoss };
  const call = given as unknown as Record<keyof typeof given, (...args: unknown[]) => unknown>;
  const type = (f: () => unknown, message: string) => assertThrows(f, TypeError, message);
  const value = (f: () => unknown, message: string) => assertThrows(f, ValueError, message);
  type(() => call.trainTestSplit(X, y, {}, 1), "trainTestSplit: expected at most 3 arguments, got");
  type(() => call.confusionMatrix(y, y, y), "confusionMatrix: expected at most 2 arguments, got 3");
  type(
    () => call.classificationReport(y, y, {}, 2),
    "classificationReport: expected at most 3 arguments, got 4",
  );
  type(() => call.logLoss([0], Matrix.ones([1, 1]), 1), "logLoss: expected at most 2 arguments");
  type(
    () => call.trainTestSplit(X, y, 0.5),
    "trainTestSplit: expected options { testSize, stratify, randomSeed }, got 0.5",
  );
  value(
    () => call.trainTestSplit(X, y, { seed: 1 }),
    'trainTestSplit: there is no option "seed"; the options are testSize, stratify, randomSeed',
  );
  value(
    () => call.classificationReport(y, y, { names: ["a", "b"] }),
    'classificationReport: there is no option "names"; the options are targetNames, digits',
  );
  const encoder = new LabelEncoder();
  const of = encoder as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["fit", "transform", "fitTransform", "inverseTransform"]) {
    type(() => of[name](["a"], 1), `${name}: expected at most 1 argument, got 2`);
  }
  assertThrows(() => encoder.classes, NotFittedError); // nothing was learned of it
  type(() => call.trainTestSplit("rows", y), 'trainTestSplit: expected a Matrix, got "rows"');
  type(() => call.logLoss([0], [[1]]), "logLoss: expected a Matrix, got [[1]]");
});
