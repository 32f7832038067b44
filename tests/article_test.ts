/** The article's numbers: what `deno task article` prints, NumPy's figures, and the bits that `data/` holds. */

import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { evaluate, loadSplit, makeNetwork, type Settings } from "../cli/training/experiment.ts";
import { sha256 } from "../lib/sha256.ts";
import {
  backgroundRows,
  digitRows,
  formatLedger,
  isAsItShouldBe,
  row,
  runRows,
  xorRows,
} from "../cli/article/ledger.ts";
import { findStandardRun, STANDARD_RUNS } from "../cli/training/standard_runs.ts";
import { learnXor } from "../cli/article/xor.ts";
import type { NNClassifier } from "../lib/mod.ts";
import { hashWeights, sigmoid } from "../lib/mod.ts";
import { fixture, matrixOf, relativeDistance } from "./helpers.ts";
import { runTask } from "./train_command.ts";
import published from "../data/article.json" with { type: "json" };

const [rawRun, standardisedRun, ...longRuns] = STANDARD_RUNS;
const rawSplit = await loadSplit(rawRun.settings);
const raw = makeNetwork(rawRun.settings, rawSplit);
const firstStep = raw.backpropStep(rawSplit.trainX.slice(0, 20), rawSplit.trainY.subarray(0, 20));
const firstWeights = raw.weights;
raw.fit(rawSplit.trainX, rawSplit.trainY);

Deno.test("XOR: the first six error sums print as the article's, the rest is rounding", () => {
  for (const row of xorRows()) assert(row.holds, `${row.what}: ${row.ours}, not ${row.article}`);
});

Deno.test("XOR: the error sums are NumPy's until they are noise", () => {
  const { error_sums, outputs, start } = fixture("xor");
  const { errorSums, prediction } = learnXor();
  // 50,000 steps amplify the order of the sums; above 1e-8 they leave 11 digits alone
  assertLess(relativeDistance(errorSums.slice(0, 6), error_sums.slice(0, 6)), 1e-11);
  assertLess(Math.abs(prediction.at(0, 0) - outputs[1]), 1e-12);
  // of what has not learned yet: [0, 1] takes the second row of the first weights
  const first = sigmoid(matrixOf([start.w_hidden[1]])).dot(matrixOf(start.w_output));
  assertEquals(learnXor(0), { errorSums: [], prediction: first });
});

Deno.test("raw pixels: first weights and first minibatch are NumPy's", () => {
  const { start, first_minibatch } = fixture("raw");
  const [w1, w2] = firstWeights.map(({ data }) => Float64Array.from(data));
  assertEquals(sha256(new Uint8Array(w1.buffer)), start.w1_sha256_float64_le);
  assertEquals(sha256(new Uint8Array(w2.buffer)), start.w2_sha256_float64_le);
  const { error, gradients: [grad1, grad2] } = firstStep;
  assertLess(Math.abs(error / first_minibatch.error - 1), 1e-12);
  assertLess(Math.abs(grad1.sum() / first_minibatch.grad1_sum - 1), 1e-12);
  assertLess(Math.abs(grad1.abs().sum() / first_minibatch.grad1_abs_sum - 1), 1e-12);
  assertLess(relativeDistance(grad2.data, first_minibatch.grad2.flat()), 1e-12);
});

Deno.test("raw pixels: the first epoch's error is NumPy's, the next two as far as NumPy agrees with itself", () => {
  // Rounding errors grow tenfold every few steps here: after the third epoch NumPy's own BLAS kernels are 3e-5 apart,
  // and sums taken strictly from left to right, as the kernel contract wants, have larger rounding errors than theirs.
  const [first, second, third] = fixture("raw").error_first_3_epochs;
  assertLess(Math.abs(raw.errors[0] / first - 1), 1e-9);
  assertLess(Math.abs(raw.errors[1] / second - 1), 1e-5);
  assertLess(Math.abs(raw.errors[2] / third - 1), 1e-4);
});

Deno.test("raw pixels: NumPy that sums in our order, with our exp, gives our bits after three epochs", () => {
  const figures = fixture("in_our_order");
  // the reported error alone has NumPy's own log and order in it: a few ulp
  assertLess(relativeDistance(raw.errors.slice(0, 3), figures.error_first_3_epochs), 1e-14);
  const settings = { ...rawRun.settings, epochs: 3 };
  const net = makeNetwork(settings, rawSplit).fit(rawSplit.trainX, rawSplit.trainY);
  assertEquals(hashWeights(net.weights), figures.weights_sha256_after_3_epochs);
});

/** Compares a trained network with what `data/runs.json` says of it. */
function assertStandard(run: typeof rawRun, net: NNClassifier, split: typeof rawSplit) {
  const { trainCorrect, testCorrect, predictions } = evaluate(net, split);
  assertEquals([trainCorrect, testCorrect], [run.trainCorrect, run.testCorrect]);
  assertEquals(sha256(predictions), run.predictionsSha256);
  assertEquals(hashWeights(net.weights), run.weightsSha256);
}

Deno.test("raw pixels: the trained weights have the bits that data/runs.json says, and end in NumPy's range", () => {
  assertStandard(rawRun, raw, rawSplit);
  const [low, high] = rawRun.numpy.test;
  const accuracy = rawRun.testCorrect / rawSplit.testY.length * 100;
  assert(low <= accuracy && accuracy <= high);
});

Deno.test("standardised pixels: NumPy's 59,500 predictions, its error curve, and the bits of data/runs.json", async () => {
  const figures = fixture("standardised");
  const split = await loadSplit(standardisedRun.settings);
  const net = makeNetwork(standardisedRun.settings, split).fit(split.trainX, split.trainY);
  assertStandard(standardisedRun, net, split);
  const { testCorrect, predictions } = evaluate(net, split);
  assertEquals(testCorrect, 50457);
  assertEquals(sha256(predictions), figures.predict_sha256_uint8);
  assertEquals([...predictions.subarray(0, 20)], figures.predict_first_20);
  assertEquals(net.score(split.trainX, split.trainY), figures.train_accuracy);
  // rounding errors do not grow here: what is left is the order of the sums, well below 1e-9
  assertLess(relativeDistance(net.errors, figures.error_), 1e-9);
  const [w1, w2] = net.weights;
  assertLess(relativeDistance(w1.row(0).data.subarray(0, 8), figures.w1_row_0_first_8), 1e-9);
  assertLess(relativeDistance(w2.data, figures.w2.flat()), 1e-9);
  assertLess(Math.abs(w1.sum() - figures.w1_sum), 1e-9);
  assertLess(Math.abs(w1.abs().sum() / figures.w1_abs_sum - 1), 1e-9);
  const probabilities = net.predictProba(split.testRows(1, 2));
  assertLess(relativeDistance(probabilities.data, figures.predict_proba_row_1), 1e-9);
});

for (const run of longRuns) {
  Deno.test(`${run.name}: the bits that data/runs.json says`, async () => {
    const split = await loadSplit(run.settings);
    const net = makeNetwork(run.settings, split).fit(split.trainX, split.trainY);
    assertStandard(run, net, split);
  });
}

Deno.test("data/README.md shows the ledger as it is", () => {
  const percent = (run: typeof rawRun) => ({
    train: run.trainCorrect / rawSplit.trainY.length * 100,
    test: run.testCorrect / rawSplit.testY.length * 100,
  });
  const rows = [
    ...backgroundRows(),
    ...xorRows(),
    ...runRows(rawRun, percent(rawRun)),
    ...digitRows(raw, rawSplit),
    ...STANDARD_RUNS.slice(1).flatMap((run) => runRows(run, percent(run))),
  ];
  for (const row of rows) assert(row.holds, row.what);
  const readme = Deno.readTextFileSync(new URL("../data/README.md", import.meta.url));
  assertStringIncludes(readme, formatLedger(rows));
});

Deno.test("half of the hidden slopes are exactly 0 on raw pixels", () => {
  const { net: [hidden] } = raw.forward(rawSplit.trainX);
  const dead = hidden.map((z) => sigmoid(z) * (1 - sigmoid(z)) === 0 ? 1 : 0).mean();
  assert(dead > 0.3 && dead < 0.7, `${dead}`);
});

Deno.test("a number holds to its rounding, and one that does not fails the whole", () => {
  const { id, article } = published.rows.find(({ agreement }) => agreement === "to rounding")!;
  const off = (x: number) => row(id, String(Number(article) + x));
  assertEquals([0, 5e-14, 2e-13].map((x) => off(x).holds), [true, true, false]);
  assert(isAsItShouldBe([off(0)], []));
  assert(!isAsItShouldBe([off(0), off(1e-12)], []));
  assert(!isAsItShouldBe([off(0)], ["a run"]));
});

Deno.test("where NumPy's own kernels differ, a number holds between the lowest and the highest of theirs", () => {
  const run = STANDARD_RUNS.find(({ numpy: { test: [low, high] } }) => low !== high)!;
  const [low, high] = run.numpy.test;
  const holds = (test: number) => runRows(run, { train: run.numpy.train[0], test }).at(-1)!.holds;
  assertEquals([low - 0.01, low, high, high + 0.01].map(holds), [false, true, true, false]);
});

Deno.test("a number that rounding decides holds where it is one of NumPy's", () => {
  const holds = (id: string, values: string[]) => values.map((value) => row(id, value).holds);
  const { numpy } = published.rows.find(({ id }) => id === "probability")!;
  const [low, high] = numpy.split(" to ");
  assertEquals(holds("probability", ["0.16", low, "0.17", high, "0.2"]), [
    ...[false, true, true, true, false],
  ]);
  assertEquals(holds("idx70", ["0", "5", "3"]), [true, true, false]); // 0, or 5
});

Deno.test("deno task article prints the ledger, and ends with 1 where a number or a run is not what it should be", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-article-" });
  const root = new URL("../", import.meta.url);
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const other = JSON.stringify(published).replace('"0.00214401', '"0.00214402');
  await Deno.writeTextFile(`${folder}/article.json`, other);
  /** With the first run alone: the others take minutes. */
  const article = async (run: typeof rawRun, isOther: boolean, ...args: string[]) => {
    const runs = `export const STANDARD_RUNS = [${JSON.stringify(run)}];`;
    await Deno.writeTextFile(`${folder}/runs.ts`, runs);
    const map = {
      ...{ ...imports, [`${root}cli/training/standard_runs.ts`]: `file://${folder}/runs.ts` },
      ...(isOther && { [`${root}data/article.json`]: `file://${folder}/article.json` }),
    };
    await Deno.writeTextFile(`${folder}/map.json`, JSON.stringify({ imports: map }));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--no-lock", `--import-map=${folder}/map.json`]
        .concat(`${root}cli/article.ts`, args),
      env: { NO_COLOR: "1" },
    }).output();
    const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, printed, said };
  };
  const accuracies = {
    train: rawRun.trainCorrect / rawSplit.trainY.length * 100,
    test: rawRun.testCorrect / rawSplit.testY.length * 100,
  };
  const rows = [
    ...[...backgroundRows(), ...xorRows(), ...runRows(rawRun, accuracies)],
    ...digitRows(raw, rawSplit),
  ];
  const ledger = formatLedger(rows);
  assertEquals(await article(rawRun, false, "--quiet"), {
    ...{ code: 0, said: "" },
    printed:
      `${ledger}\n\nAll weights and predictions have the SHA-256 that data/runs.json says.\n`,
  });
  for (const changed of ["weightsSha256", "predictionsSha256"]) {
    const { code, printed, said } = await article({ ...rawRun, [changed]: "0" }, false);
    const verdict = `Other bits than in data/runs.json: ${rawRun.name}.`;
    assertEquals([code, printed], [1, `${ledger}\n\n${verdict}\n`]);
    assertMatch(said, new RegExp(`^${rawRun.name}:\\nepoch 30/300 `));
  }
  const { code, printed } = await article(rawRun, true, "--quiet");
  assertEquals(code, 1);
  assertMatch(printed, /^softmax.*DIFFERS \(expected: exact\)$/m);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("where all of NumPy's kernels agree, an accuracy holds if it is the article's, or theirs where it has none", () => {
  const holds = (run: typeof rawRun, train: number, test: number) =>
    runRows(run, { train, test }).map(({ agreement, holds }) => [agreement, holds]);
  const run = { ...standardisedRun, numpy: { train: [98, 98], test: [84.8, 84.8] } };
  const both = { ...run, article: { train: "98.00", test: "84.80" } };
  assertEquals(holds(both, 98, 84.804), [["exact", true], ["exact", true]]);
  assertEquals(holds(both, 98.01, 84.81), [["exact", false], ["exact", false]]);
  assertEquals(holds({ ...both, article: { test: "84.81" } }, 98, 84.8), [["exact", false]]);
  assertEquals(holds({ ...both, article: {} }, 98, 84.79), [["exact", true], ["exact", false]]);
});

Deno.test("deno task article --help says what it runs, and how its words are meant", async () => {
  const { code, stdout } = await runTask("article", ["--help"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^Runs every experiment of the article "Neural Network from Scratch \| /);
  assertMatch(stdout, /\n {2}--quiet +no progress\n/);
  assertStringIncludes(
    stdout,
    "\n\nAgreement:\n" +
      "  exact        ours is the article's number (or NumPy's, where the article has none)\n" +
      "  to rounding  equal but for the noise below the last digit of a float64\n" +
      "  chaotic      decided by rounding errors: NumPy's own kernels differ as much\n",
  );
});

Deno.test("a run is a standard one where all its settings are that one's, whoever made them", () => {
  for (const run of STANDARD_RUNS) {
    const { settings } = run;
    assertEquals(findStandardRun(structuredClone(settings)), run);
    for (const name of Object.keys(settings) as (keyof Settings)[]) {
      assertEquals(findStandardRun({ ...settings, [name]: "other" }), undefined, name);
    }
    assertEquals(findStandardRun({ ...settings, hidden: [50, 250] }), undefined);
    assertEquals(findStandardRun({ ...settings, epochs: settings.epochs + 1 }), undefined);
    const scaled = findStandardRun({ ...settings, scale: true });
    assertEquals(scaled?.name, `${settings.hidden} units, standardised`);
  }
});

Deno.test("a row of the ledger that does not hold says so, and what was expected", () => {
  const [row] = backgroundRows();
  const other = { ...row, what: "a row", ours: "3", agreement: "exact" as const, holds: false };
  assertMatch(formatLedger([row, other]), /\na row .* 3 {11}DIFFERS \(expected: exact\)\n/);
});
