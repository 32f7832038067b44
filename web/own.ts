/** "It was a 7": a small set of digits of one's own, and the best network trained on from them, `partialFit` by `partialFit`. */

import { Matrix, NNClassifier, Pipeline } from "../lib/mod.ts";
import type { Digits } from "./models.ts";
import { frame } from "./page.ts";

/** At most so many passes through the digits; one's own count as much as so many others. */
const PASSES = 20, WEIGHT = 10;

/** A copy that can be trained on: gently, and without the end that the schedule of the first training has. */
function pupilOf({ scaler, classifier }: Pipeline): Pipeline {
  const net = new NNClassifier({
    ...classifier.getParams(),
    ...{ schedule: "constant", learningRate: 0.01, momentum: 0 },
  });
  net.weights = classifier.weights;
  return new Pipeline([scaler, net]);
}

/** One digit more. */
export function addDigit(own: Digits | undefined, X: Matrix, label: number): Digits {
  return own ? { X: Matrix.vstack([own.X, X]), y: [...own.y, label] } : { X, y: [label] };
}

/**
 * Trains a copy until it gets all of one's own digits right, on these among the others, so that it does not forget those.
 * The page has its turn after each pass.
 */
export async function learnOwn(best: Pipeline, own: Digits, others: Digits): Promise<Pipeline> {
  const pupil = pupilOf(best);
  const X = Matrix.vstack([others.X, ...Array(WEIGHT).fill(own.X)]);
  const y = [...others.y, ...Array(WEIGHT).fill(own.y).flat()];
  for (let pass = 0; pass < PASSES && pupil.score(own.X, own.y) < 1; pass++) {
    pupil.partialFit(X, y);
    await frame();
  }
  return pupil;
}
