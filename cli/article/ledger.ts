/**
 * The ledger of the article: each number that it prints, NumPy's, ours, and how far they agree.
 *
 * This file knows what to compute and to compare. Running the long experiments, and printing, is left to its callers.
 */

import article from "../../data/article.json" with { type: "json" };
import { Matrix, mle, type NNClassifier, softmax } from "../../lib/mod.ts";
import type { Split } from "../training/experiment.ts";
import type { StandardRun } from "../training/standard_runs.ts";
import { learnXor } from "./xor.ts";

/** How far ours can be expected to agree with the article's: see `data/article.json`. */
export type Agreement = "exact" | "to rounding" | "chaotic";

/** One line of the ledger. */
export interface Row {
  readonly what: string;
  readonly article: string;
  readonly numpy: string;
  readonly ours: string;
  readonly agreement: Agreement;
  /** Whether ours agrees as far as expected. */
  readonly holds: boolean;
}

/** Below this, the article's XOR sums are noise: a few machine epsilons times what they are sums of. */
const ROUNDING = 1e-13;

/** Softmax and matrices. */
export function backgroundRows(): Row[] {
  const m1 = Matrix.from([[1, 2, 3], [2, 3, 4]]);
  const m2 = Matrix.from([[3, 2, 1], [4, 3, 2]]);
  const shape = ({ rows, cols }: Matrix) => `(${rows}, ${cols})`;
  const whole = (m: Matrix) => oneLine(String(m.astype("uint8")));
  return [
    row("softmax", oneLine(String(softmax(Matrix.from([[2, 4, 6, 8]])))).slice(2, -2)),
    row("m1.shape", shape(m1)),
    row("m2.T", whole(m2.T)),
    row("m2.T.shape", shape(m2.T)),
    row("dot", whole(m1.dot(m2.T))),
    row("multiply", whole(m1.multiply(m2))),
  ];
}

/** The XOR loop: half a second. */
export function xorRows(): Row[] {
  const { errorSums, prediction } = learnXor();
  const printed = (x: number) => String(Matrix.from([[x]])).slice(2, -2);
  return [
    ...errorSums.map((sum, i) => row(`xor.${i}`, printed(sum))),
    row("xor.prediction", String(prediction).slice(2, -2)),
  ];
}

/** What the first network says of single digits. */
export function digitRows(net: NNClassifier, { testRows, testY }: Split): Row[] {
  const first = testRows(0, 5);
  const [predicted] = net.predict(testRows(70, 71));
  // deno-coverage-ignore -- MNIST is checked against its hash: it would be another one
  if (testY[70] !== 5) throw new Error(`test digit 70 should be a 5, and is a ${testY[70]}`);
  return [
    row("probability", net.predictProba(first).at(1, 6).toFixed(8)),
    row("mle", mle(net.predictProba(first)).join(" ")),
    row("predict", net.predict(first).join(" ")),
    row("idx70", String(predicted)),
  ];
}

/** The accuracies of a standard run, in percent. */
export function runRows(
  run: StandardRun,
  { train, test }: { train: number; test: number },
): Row[] {
  const line = (set: "train" | "test", ours: string): Row => {
    const published = run.article[set];
    const [low, high] = run.numpy[set].map((x) => x.toFixed(2));
    const isStable = low === high;
    return {
      what: `${run.name}: ${set} accuracy, %`,
      article: published ?? "",
      numpy: isStable ? low : `${low} to ${high}`,
      ours,
      agreement: isStable ? "exact" : "chaotic",
      holds: isStable
        ? ours === (published ?? low)
        : Number(ours) >= Number(low) && Number(ours) <= Number(high),
    };
  };
  const rows = [line("train", train.toFixed(2)), line("test", test.toFixed(2))];
  return run.article.train === undefined && run.article.test !== undefined ? rows.slice(1) : rows;
}

/** The ledger as text, its columns under each other. */
export function formatLedger(rows: readonly Row[]): string {
  const cells = [
    ["", "article", "NumPy", "ours", "agreement"],
    ...rows.map((r) => [
      r.what,
      r.article,
      r.numpy,
      r.ours,
      r.holds ? r.agreement : `DIFFERS (expected: ${r.agreement})`,
    ]),
  ];
  // the softmax is four numbers: below each other, so that the columns stay narrow
  const lines = cells.flatMap((line) => {
    const parts = line.map((cell) => cell.split(/(?<=0\.\d{6,}) /));
    const height = Math.max(...parts.map((p) => p.length));
    return Array.from({ length: height }, (_, i) => parts.map((p) => p[i] ?? ""));
  });
  const widths = cells[0].map((_, c) => Math.max(...lines.map((line) => line[c].length)));
  return lines
    .map((line) => line.map((cell, c) => cell.padEnd(widths[c])).join("  ").trimEnd())
    .join("\n");
}

/** Whether all is as it should be: each row, and the bits of each run, of which `changed` are those that have others. */
export function isAsItShouldBe(rows: readonly Row[], changed: readonly string[]): boolean {
  return changed.length === 0 && rows.every(({ holds }) => holds);
}

/** A row of data/article.json, and our number. */
export function row(id: string, ours: string): Row {
  const published = article.rows.find((r) => r.id === id);
  // deno-coverage-ignore -- a mistake in data/article.json, which would fail the tests
  if (!published) throw new Error(`data/article.json has no row ${id}`);
  const agreement = published.agreement as Agreement;
  return {
    what: published.what,
    article: published.article,
    numpy: published.numpy,
    ours,
    agreement,
    holds: agreement === "exact"
      ? ours === published.article
      : agreement === "to rounding"
      ? Math.abs(Number(ours) - Number(published.article)) < ROUNDING
      : isWithin(ours, published.numpy),
  };
}

/** Whether a number is one of NumPy's: within "0.16 to 0.19", or one of "0, or 5". */
function isWithin(ours: string, numpy: string): boolean {
  if (!numpy.includes(" to ")) return numpy.split(", or ").includes(ours);
  const [low, high] = numpy.split(" to ").map(Number);
  return Number(ours) >= low && Number(ours) <= high;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
