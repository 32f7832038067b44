/**
 * How good predictions are: counted, reported, and as a loss.
 *
 * @module
 */

import { checkCount, checkLabels, checkOptions } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import { log } from "./kernels/elementary.ts";
import { classesOf, type Label } from "./labels.ts";
import { checkMatrix, Matrix } from "./matrix.ts";

/**
 * How often each class (rows) was taken for each (columns). scikit-learn: `confusion_matrix`.
 *
 * @returns classes x classes, the classes of both lists in NumPy's order.
 * @throws {ShapeError} Where there are not as many predictions as labels.
 * @throws {ValueError} Where there are none, or they are of several types.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const matrix = confusionMatrix(["cat", "dog", "dog"], ["cat", "dog", "cat"]);
 * assertEquals(matrix.toArray(), [[1, 0], [1, 1]]);
 * ```
 */
export function confusionMatrix<L extends Label>(
  yTrue: ArrayLike<L>,
  yPredicted: ArrayLike<L>,
): Matrix {
  checkCount("confusionMatrix", arguments.length, 2);
  const classes = classesOfBoth("confusionMatrix", yTrue, yPredicted);
  return countPairs(classes, yTrue, yPredicted);
}

/** What a report says beside the numbers. */
export interface ReportOptions {
  /** The names of the classes, in their order. Default: the classes themselves. */
  targetNames?: readonly string[];
  /** Digits after the point. Default: 2. */
  digits?: number;
}

/**
 * Precision, recall, their harmonic mean F1 and the number of rows of each class, as a table of text. A share of nothing is
 * 0. scikit-learn: `classification_report`, to the letter; but where nothing at all is right, scikit-learn writes the
 * numbers of rows with a point.
 *
 * @throws As {@linkcode confusionMatrix}, and where there are not as many names as classes.
 *
 * @example
 * ```ts
 * import { classificationReport } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const report = classificationReport(["cat", "dog", "dog"], ["cat", "dog", "cat"]);
 * assertEquals(report.split("\n")[2], "         cat       0.50      1.00      0.67         1");
 * ```
 */
export function classificationReport<L extends Label>(
  yTrue: ArrayLike<L>,
  yPredicted: ArrayLike<L>,
  options: ReportOptions = {},
): string {
  checkCount("classificationReport", arguments.length, 3);
  checkOptions("classificationReport", options, ["targetNames", "digits"]);
  const classes = classesOfBoth("classificationReport", yTrue, yPredicted);
  const { targetNames = classes.map(nameOf), digits = 2 } = options;
  if (targetNames.length !== classes.length) {
    throw new ValueError(
      `classificationReport: ${classes.length} classes need as many targetNames, got ${targetNames.length}`,
    );
  }
  const counts = countPairs(classes, yTrue, yPredicted);
  const supports = counts.sum({ axis: 1 }).data, predictions = counts.sum({ axis: 0 }).data;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const share = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  const rows = classes.map((_, c) => {
    const right = counts.at(c, c), support = supports[c], predicted = predictions[c];
    // F1 is 2 precision recall / (precision + recall), which is this without the roundings
    const f1 = share(2 * right, support + predicted);
    return { scores: [share(right, predicted), share(right, support), f1], support };
  });
  const total = yTrue.length;
  const mean = (score: number) => sum(rows.map(({ scores }) => scores[score])) / rows.length;
  const weighted = (score: number) =>
    sum(rows.map(({ scores, support }) => scores[score] * support)) / total;
  const accuracy = sum(classes.map((_, c) => counts.at(c, c))) / total;

  const width = Math.max(...targetNames.map(lengthOf), "weighted avg".length, digits);
  const line = (name: string, cells: readonly string[]) =>
    `${" ".repeat(width - lengthOf(name))}${name} ${
      cells.map((cell) => ` ${cell.padStart(9)}`).join("")
    }\n`;
  const scored = (name: string, scores: readonly number[], support: number) =>
    line(name, [...scores.map((score) => fixed(score, digits)), String(support)]);
  return line("", ["precision", "recall", "f1-score", "support"]) + "\n" +
    rows.map(({ scores, support }, c) => scored(targetNames[c], scores, support)).join("") + "\n" +
    line("accuracy", ["", "", fixed(accuracy, digits), String(total)]) +
    scored("macro avg", [0, 1, 2].map(mean), total) +
    scored("weighted avg", [0, 1, 2].map(weighted), total);
}

/**
 * The mean over the rows of minus the logarithm of the probability that the true class was given; a probability counts as
 * 2.2e-16 at least. scikit-learn: `log_loss`.
 *
 * @param yTrue n labels from 0 to the number of classes - 1.
 * @param probabilities n x classes: `net.predictProba(X)`.
 * @throws {ShapeError} Where there are not as many rows as labels.
 * @throws {ValueError} Where a label is none of the classes, or a probability is not between 0 and 1.
 *
 * @example
 * ```ts
 * import { logLoss, Matrix } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(logLoss([0, 1], Matrix.from([[0.5, 0.5], [0.5, 0.5]])), Math.LN2);
 * ```
 */
export function logLoss(yTrue: ArrayLike<number>, probabilities: Matrix): number {
  checkCount("logLoss", arguments.length, 2);
  checkMatrix("logLoss", probabilities);
  const { rows, cols } = probabilities;
  if (yTrue.length !== rows || rows === 0) {
    throw new ShapeError(
      `logLoss: ${yTrue.length} labels need as many rows of probabilities, one or more, got ${rows}`,
    );
  }
  checkLabels("logLoss", yTrue, cols);
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const p = probabilities.at(i, yTrue[i]);
    if (!(p >= 0 && p <= 1)) {
      throw new ValueError(
        `logLoss: a probability must be between 0 and 1, got ${describe(p)} in row ${i}`,
      );
    }
    sum -= log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p)));
  }
  return sum / rows;
}

// --- inside --------------------------------------------------------------------------------------

function classesOfBoth<L extends Label>(
  name: string,
  yTrue: ArrayLike<L>,
  yPredicted: ArrayLike<L>,
): L[] {
  if (yTrue.length !== yPredicted.length || yTrue.length === 0) {
    throw new ShapeError(
      `${name}: ${yTrue.length} true labels need as many predictions, one or more, got ${yPredicted.length}`,
    );
  }
  return classesOf(name, [...Array.from(yTrue), ...Array.from(yPredicted)]);
}

/** How often each class was taken for each. All labels of both lists must be among the classes. */
export function countPairs<L extends Label>(
  classes: readonly L[],
  yTrue: ArrayLike<L>,
  yPredicted: ArrayLike<L>,
): Matrix {
  const numbers = new Map(classes.map((label, i) => [label, i]));
  const counts = new Float64Array(classes.length ** 2);
  for (let i = 0; i < yTrue.length; i++) {
    counts[numbers.get(yTrue[i])! * classes.length + numbers.get(yPredicted[i])!]++;
  }
  return Matrix.fromArray(counts, [classes.length, classes.length]);
}

/** In code points, as Python counts. */
function lengthOf(text: string): number {
  return [...text].length;
}

/** As Python writes it: a boolean with a capital. */
function nameOf(label: Label): string {
  return typeof label === "boolean" ? (label ? "True" : "False") : String(label);
}

/** With so many digits, as Python prints: exactly half way, to the even digit; JavaScript goes up. */
function fixed(x: number, digits: number): string {
  const scaled = x * 10 ** digits;
  // only a number with few binary digits can be half way
  const isHalf = Number.isInteger(x * 2 ** (digits + 1)) && scaled % 1 === 0.5;
  return isHalf && Math.floor(scaled) % 2 === 0
    ? (Math.floor(scaled) / 10 ** digits).toFixed(digits)
    : x.toFixed(digits);
}
