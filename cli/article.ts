/**
 * `deno task article`: runs every experiment of the article, and the one that it leaves to its reader, and prints the
 * ledger: the article's number, NumPy's, ours, and how far they agree. It ends with 1 where they agree less than
 * they should, or where a run does not give the bits that `data/runs.json` has.
 */

import { hashWeights } from "../lib/mod.ts";
import { sha256 } from "../lib/sha256.ts";
import {
  backgroundRows,
  digitRows,
  formatLedger,
  isAsItShouldBe,
  type Row,
  runRows,
  xorRows,
} from "./article/ledger.ts";
import { print, runCommand } from "./shared/command.ts";
import { flag } from "./shared/options.ts";
import { Progress } from "./shared/progress.ts";
import { evaluate, loadSplit, makeNetwork, train } from "./training/experiment.ts";
import { STANDARD_RUNS } from "./training/standard_runs.ts";

async function main({ quiet }: { quiet: boolean }): Promise<number> {
  const rows: Row[] = [...backgroundRows(), ...xorRows()];
  const changed: string[] = [];
  for (const [i, run] of STANDARD_RUNS.entries()) {
    if (!quiet) console.error(`${run.name}:`);
    const split = await loadSplit(run.settings);
    const net = makeNetwork(run.settings, split);
    const progress = quiet ? undefined : new Progress(run.settings.epochs);
    await train(net, split, run.settings, { onEpoch: (epoch) => progress?.update(epoch) });
    progress?.end();
    const { trainCorrect, testCorrect, predictions } = evaluate(net, split);
    rows.push(...runRows(run, {
      train: trainCorrect / split.trainY.length * 100,
      test: testCorrect / split.testY.length * 100,
    }));
    if (i === 0) rows.push(...digitRows(net, split));
    const isSame = hashWeights(net.weights) === run.weightsSha256 &&
      sha256(predictions) === run.predictionsSha256;
    if (!isSame) changed.push(run.name);
  }
  const verdict = changed.length > 0
    ? `Other bits than in data/runs.json: ${changed.join("; ")}.`
    : "All weights and predictions have the SHA-256 that data/runs.json says.";
  print(`${formatLedger(rows)}\n\n${verdict}\n`);
  return isAsItShouldBe(rows, changed) ? 0 : 1;
}

await runCommand({
  name: "article",
  summary:
    `Runs every experiment of the article "Neural Network from Scratch | TensorFlow for Hackers
(Part IV)" and prints its numbers beside NumPy's and ours. It takes half a minute, or a few minutes.`,
  options: { quiet: flag("no progress") },
  notes: [`Agreement:
  exact        ours is the article's number (or NumPy's, where the article has none)
  to rounding  equal but for the noise below the last digit of a float64
  chaotic      decided by rounding errors: NumPy's own kernels differ as much`],
  main,
});
