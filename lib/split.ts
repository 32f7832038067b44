/**
 * A part to learn from, and a part to be tested on.
 *
 * @module
 */

import { checkCount, checkLabelCount, checkOptions } from "./checks.ts";
import { describe, ValueError } from "./errors.ts";
import { classesOf, type Label } from "./labels.ts";
import { checkMatrix, Matrix } from "./matrix.ts";
import { RandomState } from "./random.ts";

/** How {@linkcode trainTestSplit} cuts. */
export interface SplitOptions {
  /** The share of the rows to be tested on, below 1, or how many. Default: 0.25. */
  testSize?: number;
  /** Whether each class has the same share in both parts. Default: false. */
  stratify?: boolean;
  /** 0 to 2^32 - 1. Default: 42. */
  randomSeed?: number;
}

/**
 * Cuts rows and their labels into a part to learn from and a part to be tested on, in random order. scikit-learn:
 * `train_test_split(X, y, random_state=seed, stratify=y)`, with the same rows in the same order.
 *
 * @param X n x features, or a list of n rows, such as a table.
 * @param y n labels of any kind.
 * @returns The training rows, the test rows, the training labels, the test labels.
 * @throws {ShapeError} Where there are not as many labels as rows.
 * @throws {ValueError} Where a part would have no rows; and, stratified, where a class has one row, or a part has fewer
 * rows than there are classes.
 *
 * @example
 * ```ts
 * import { Matrix, trainTestSplit } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0], [1], [2], [3], [4], [5], [6], [7]]);
 * const y = ["a", "a", "a", "a", "b", "b", "b", "b"];
 * const [XTrain, XTest, yTrain, yTest] = trainTestSplit(X, y, { stratify: true });
 * assertEquals([XTrain.rows, XTest.rows], [6, 2]);
 * assertEquals(yTrain.toSorted(), ["a", "a", "a", "b", "b", "b"]);
 * assertEquals(yTest.toSorted(), ["a", "b"]);
 * ```
 */
export function trainTestSplit<L extends Label>(
  X: Matrix,
  y: ArrayLike<L>,
  options?: SplitOptions,
): [XTrain: Matrix, XTest: Matrix, yTrain: L[], yTest: L[]];
/** Of a list of rows, such as a table. */
export function trainTestSplit<L extends Label, R>(
  X: readonly R[],
  y: ArrayLike<L>,
  options?: SplitOptions,
): [XTrain: R[], XTest: R[], yTrain: L[], yTest: L[]];
/** Either form. */
export function trainTestSplit<L extends Label>(
  X: Matrix | readonly unknown[],
  y: ArrayLike<L>,
  options: SplitOptions = {},
): [XTrain: unknown, XTest: unknown, yTrain: L[], yTest: L[]] {
  checkCount("trainTestSplit", arguments.length, 3);
  checkOptions("trainTestSplit", options, ["testSize", "stratify", "randomSeed"]);
  if (!Array.isArray(X)) checkMatrix("trainTestSplit", X);
  const count = X instanceof Matrix ? X.rows : X.length;
  checkLabelCount("trainTestSplit", { rows: count }, y);
  const { testSize = 0.25, stratify = false, randomSeed = 42 } = options;
  const testRows = countOf(testSize, count);
  const rng = new RandomState(randomSeed);
  const [train, test] = stratify ? stratified(y, testRows, rng) : shuffled(count, testRows, rng);
  const take = (rows: readonly number[]) =>
    X instanceof Matrix ? X.take(rows) : rows.map((row) => X[row]);
  const labels = (rows: readonly number[]) => rows.map((row) => y[row]);
  return [take(train), take(test), labels(train), labels(test)];
}

/** How many rows are tested on: scikit-learn rounds the share up. */
function countOf(testSize: number, rows: number): number {
  const isShare = testSize > 0 && testSize < 1,
    isCount = Number.isInteger(testSize) && testSize >= 1;
  if (!isShare && !isCount) {
    throw new ValueError(
      `trainTestSplit: testSize must be a share between 0 and 1, or a whole number of rows, got ${
        describe(testSize)
      }`,
    );
  }
  const count = isShare ? Math.ceil(testSize * rows) : testSize;
  if (count >= rows) {
    throw new ValueError(
      `trainTestSplit: ${count} of ${rows} rows held back leave none to learn from; choose a smaller testSize`,
    );
  }
  return count;
}

function shuffled(rows: number, testRows: number, rng: RandomState): [number[], number[]] {
  const order = Array.from(rng.permutation(rows));
  return [order.slice(testRows), order.slice(0, testRows)];
}

/** scikit-learn's `StratifiedShuffleSplit`, draw by draw. */
function stratified<L extends Label>(
  y: ArrayLike<L>,
  testRows: number,
  rng: RandomState,
): [number[], number[]] {
  const classes = classesOf("trainTestSplit", y);
  const rowsOf = new Map(classes.map((label): [L, number[]] => [label, []]));
  for (let row = 0; row < y.length; row++) rowsOf.get(y[row])!.push(row);
  const counts = classes.map((label) => rowsOf.get(label)!.length);
  const alone = counts.indexOf(1);
  if (alone >= 0) {
    throw new ValueError(
      `trainTestSplit: the class ${
        describe(classes[alone])
      } has one row; it needs two, one for each part`,
    );
  }
  const trainRows = y.length - testRows;
  for (const [part, rows] of [["training", trainRows], ["test", testRows]] as const) {
    if (rows < classes.length) {
      throw new ValueError(
        `trainTestSplit: the ${part} part has ${rows} rows for ${classes.length} classes; choose another testSize`,
      );
    }
  }
  const ofTrain = approximateMode(counts, trainRows, rng);
  const ofTest = approximateMode(counts.map((count, i) => count - ofTrain[i]), testRows, rng);
  const train: number[] = [], test: number[] = [];
  classes.forEach((label, i) => {
    const rows = rowsOf.get(label)!;
    const order = Array.from(rng.permutation(rows.length), (k) => rows[k]);
    train.push(...order.slice(0, ofTrain[i]));
    test.push(...order.slice(ofTrain[i], ofTrain[i] + ofTest[i]));
  });
  const shuffle = (rows: number[]) => Array.from(rng.permutation(rows.length), (k) => rows[k]);
  return [shuffle(train), shuffle(test)];
}

/** How many of each class are most probable in so many draws; ties are broken at random. scikit-learn: `_approximate_mode`. */
function approximateMode(counts: readonly number[], draws: number, rng: RandomState): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  const continuous = counts.map((count) => count / total * draws);
  const mode = continuous.map(Math.floor);
  let missing = draws - mode.reduce((a, b) => a + b, 0);
  const remainders = continuous.map((x, i) => x - mode[i]);
  for (const value of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (missing <= 0) break;
    const tied = remainders.flatMap((remainder, i) => remainder === value ? [i] : []);
    const added = Math.min(tied.length, missing);
    for (const k of rng.choice(tied.length, added, { replace: false })) mode[tied[k]]++;
    missing -= added;
  }
  return mode;
}
