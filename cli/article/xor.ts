/** The article's backpropagation on XOR, in its own matrix notation. */

import { Matrix, RandomState, sigmoid, sigmoidPrime } from "../../lib/mod.ts";

/** What the article prints. */
export interface XorResult {
  /** The sum of the errors, at every 5000th epoch. */
  readonly errorSums: number[];
  /** The prediction for [0, 1], 1 x 1. */
  readonly prediction: Matrix;
}

/** Trains for 50,000 epochs and predicts XOR of 0 and 1. Its slip is kept: `sigmoidPrime` of an activation. */
export function learnXor(epochs = 50000): XorResult {
  const learningRate = 0.1;
  const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]);
  const y = Matrix.from([[0], [1], [1], [0]]);
  const rng = new RandomState(42);
  let wHidden = rng.uniform(0, 1, [2, 3]);
  let wOutput = rng.uniform(0, 1, [3, 1]);
  const errorSums: number[] = [];

  for (let epoch = 0; epoch < epochs; epoch++) {
    // Forward
    const actHidden = sigmoid(X.dot(wHidden));
    const output = actHidden.dot(wOutput);
    // Error
    const error = y.subtract(output);
    if (epoch % 5000 === 0) errorSums.push(error.sum());
    // Backward
    const dZ = error.multiply(learningRate);
    wOutput = wOutput.add(actHidden.T.dot(dZ));
    const dH = dZ.dot(wOutput.T).multiply(sigmoidPrime(actHidden));
    wHidden = wHidden.add(X.T.dot(dH));
  }
  return { errorSums, prediction: sigmoid(X.row(1).dot(wHidden)).dot(wOutput) };
}
