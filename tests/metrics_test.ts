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
  assertEquals(new LabelEncoder<number>().fit([10, 9, -1]).classes, [-1, 9, 10]);
  assertEquals(new LabelEncoder<boolean>().fit([true, false]).classes, [false, true]);
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
  refuses(
    () => encoder.inverseTransform([2]),
    "inverseTransform: expected a number from 0 to 1, got 2",
  );
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
});

Deno.test("a split that cannot be made says why", () => {
  const X = Matrix.from([[1], [2], [3], [4]]), y = ["a", "a", "a", "b"];
  const refuses = (options: Parameters<typeof trainTestSplit>[2], message: string) =>
    assertThrows(() => trainTestSplit(X, y, options), ValueError, message);
  refuses(
    { stratify: true },
    'trainTestSplit: the class "b" has one row; it needs two, one for each part',
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
  assertThrows(
    () => classificationReport([0, 1], [0, 1], { targetNames: ["a"] }),
    ValueError,
    "classificationReport: 2 classes need as many targetNames, got 1",
  );
  assertThrows(
    () => confusionMatrix([0, 1], [0]),
    ShapeError,
    "confusionMatrix: 2 true labels need as many predictions, one or more, got 1",
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
  assertThrows(() => logLoss([2], half), ValueError, "logLoss");
  assertThrows(
    () => logLoss([0], Matrix.from([[1.5, 0]])),
    ValueError,
    "logLoss: a probability must be between 0 and 1, got 1.5 in row 0",
  );
});
