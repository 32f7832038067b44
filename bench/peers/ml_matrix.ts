/** ml-matrix: its matrices have methods that change them in place, which its users take where they can. */

import { Matrix } from "ml-matrix";
import { decay, epochs, LEARNING_RATE, loadJob, report } from "./job.ts";

const job = await loadJob();
const batches = job.batches.map(({ X, Y }) => ({ X: new Matrix(X), Y: new Matrix(Y) }));
const w1 = new Matrix(job.w1), w2 = new Matrix(job.w2);
const decay1 = new Matrix(decay(job.w1)), decay2 = new Matrix(decay(job.w2));

const sigmoid = (net: Matrix) => net.neg().exp().add(1).pow(-1);
const squares = (w: Matrix, decay: Matrix) => Matrix.mul(w, w).mul(decay).sum();

const start = performance.now();
const errors: number[] = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  let sum = 0;
  for (const { X, Y } of batches) {
    const actHidden = sigmoid(X.mmul(w1));
    const withBias = Matrix.ones(X.rows, 51).setSubMatrix(actHidden, 0, 1);
    const actOut = sigmoid(withBias.mmul(w2));

    const crossEntropy = -Matrix.log(actOut).mul(Y).sum();
    const penalty = (squares(w1, decay1) + squares(w2, decay2)) / 2;
    sum += 0.5 * (crossEntropy / Y.columns + penalty);

    const sigma3 = Matrix.sub(actOut, Y);
    const slope = Matrix.sub(Matrix.ones(X.rows, 50), actHidden).mul(actHidden);
    const sigma2 = sigma3.mmul(w2.subMatrix(1, 50, 0, 9).transpose()).mul(slope);
    const grad1 = X.transpose().mmul(sigma2).add(Matrix.mul(decay1, w1));
    const grad2 = withBias.transpose().mmul(sigma3).add(Matrix.mul(decay2, w2));
    w1.sub(grad1.mul(LEARNING_RATE));
    w2.sub(grad2.mul(LEARNING_RATE));
  }
  errors.push(sum / batches.length);
}
report(performance.now() - start, errors);
