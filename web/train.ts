/** "Train it here": the article's network learns in a worker, its curve grows, and its weights are compared to the bit. */

import { hashWeights, NNClassifier, trainAsync } from "../lib/mod.ts";
import type { Digits, Run } from "./models.ts";
import { byId } from "./page.ts";

/**
 * Trains from the start and shows how far it is. `onEpoch` gets the network as it is, and says what it reads, if anything; a
 * signal ends it.
 */
export async function trainHere(
  { X, y }: Digits,
  run: Run,
  onEpoch: (net: NNClassifier) => number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const net = new NNClassifier(run.options), errors: number[] = [], start = performance.now();
  const { epochs } = net.getParams(), { drawCurve } = await import("./curve.ts");
  const state = byId("article-state"), whole = state.dataset.whole ??= state.textContent!;
  byId("hash").textContent = "";
  byId("hash").classList.remove("same");
  const showNow = () => {
    const reads = onEpoch(net), error = errors.at(-1)!.toPrecision(4);
    byId("curve").replaceChildren(drawCurve(errors, epochs));
    state.textContent = `after epoch ${errors.length} of ${epochs}`;
    byId("progress").textContent = `Epoch ${errors.length} of ${epochs}, error ${error}` +
      (reads === undefined ? "" : `. It reads your digit as ${reads}`);
  };
  // the bundle that this is in is the worker's too: a page's policy then needs no blob:
  const worker = () => new Worker(import.meta.url, { type: "module", name: "nn-training" });
  let shown = 0;
  try {
    for await (const { error } of trainAsync(net, X, y, { signal, worker })) {
      errors.push(error);
      if (performance.now() - shown < 30) continue;
      showNow();
      shown = performance.now();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    byId("progress").textContent =
      `Stopped after epoch ${errors.length} of ${epochs}: the bars are of the network as it is.`;
    return;
  }
  showNow();
  state.textContent = whole;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const right = Math.round(net.score(X, y) * y.length);
  byId("curve").ariaLabel = `The error of each epoch: from ${errors[0].toPrecision(3)} down to ${
    errors.at(-1)!.toPrecision(3)
  }`;
  byId("progress").textContent =
    `${epochs} epochs in ${seconds} s: ${right} of its ${y.length} digits right.`;
  const hash = hashWeights(net.weights);
  const isSame = hash === run.weightsSha256 && right === run.trainCorrect;
  byId("hash").classList.toggle("same", isSame);
  byId("hash").replaceChildren(
    isSame
      ? "The same bits as on every other machine. SHA-256 of all its weights: "
      : `Not the bits that ${run.weightsSha256} stands for. Please report this, with: `,
    Object.assign(document.createElement("code"), { textContent: hash }),
  );
}
