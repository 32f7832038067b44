/** numpy-ts: NumPy's functions over its own arrays, float64, with WebAssembly inside. */

import * as np from "numpy-ts";
import { decay, epochs, LEARNING_RATE, loadJob, report } from "./job.ts";

const job = await loadJob();
const batches = job.batches.map(({ X, Y }) => ({ X: np.array(X), Y: np.array(Y) }));
let w1 = np.array(job.w1), w2 = np.array(job.w2);
const decay1 = np.array(decay(job.w1)), decay2 = np.array(decay(job.w2));
const ones = np.ones([20, 1]);

type Matrix = typeof w1;
const sigmoid = (net: Matrix) =>
  np.divide(np.ones([...net.shape]), np.add(np.exp(np.negative(net)), 1));
const squares = (w: Matrix, decay: Matrix) => Number(np.sum(np.multiply(np.multiply(w, w), decay)));

const start = performance.now();
const errors: number[] = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  let sum = 0;
  for (const { X, Y } of batches) {
    const actHidden = sigmoid(np.matmul(X, w1));
    const withBias = np.hstack([ones, actHidden]);
    const actOut = sigmoid(np.matmul(withBias, w2));

    const crossEntropy = -Number(np.sum(np.multiply(np.log(actOut), Y)));
    sum += 0.5 * (crossEntropy / 10 + (squares(w1, decay1) + squares(w2, decay2)) / 2);

    const sigma3 = np.subtract(actOut, Y);
    const slope = np.multiply(actHidden, np.subtract(np.ones([...actHidden.shape]), actHidden));
    const sigma2 = np.multiply(np.matmul(sigma3, w2.slice("1:", ":").transpose()), slope);
    const grad1 = np.add(np.matmul(X.transpose(), sigma2), np.multiply(decay1, w1));
    const grad2 = np.add(np.matmul(withBias.transpose(), sigma3), np.multiply(decay2, w2));
    w1 = np.subtract(w1, np.multiply(grad1, LEARNING_RATE));
    w2 = np.subtract(w2, np.multiply(grad2, LEARNING_RATE));
  }
  errors.push(sum / batches.length);
}
report(performance.now() - start, errors);
