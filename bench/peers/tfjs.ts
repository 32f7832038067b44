/**
 * TensorFlow.js, in float32, by whichever backend is asked for: tensors, tidied up after each step, read each epoch.
 *
 * In WebAssembly a `matMul` that is to transpose takes nine times as long as one of a transpose: so transposes are made,
 * that of X once.
 */

import * as tf from "@tensorflow/tfjs-core";
import { decay, epochs, LEARNING_RATE, loadJob, report } from "./job.ts";

/** Does the job. The backend is set before. */
export async function run(): Promise<void> {
  const job = await loadJob();
  const batches = job.batches.map(({ X, Y }) => {
    const x = tf.tensor2d(X);
    return { X: x, XT: tf.transpose(x) as tf.Tensor2D, Y: tf.tensor2d(Y) };
  });
  const w1 = tf.variable(tf.tensor2d(job.w1)), w2 = tf.variable(tf.tensor2d(job.w2));
  const decay1 = tf.tensor2d(decay(job.w1)), decay2 = tf.tensor2d(decay(job.w2));
  const squares = (w: tf.Tensor, decay: tf.Tensor) => tf.sum(tf.mul(tf.square(w), decay));

  const start = performance.now();
  const errors: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const error = tf.tidy(() => {
      let sum: tf.Tensor = tf.scalar(0);
      for (const { X, XT, Y } of batches) {
        sum = tf.tidy(() => {
          const actHidden = tf.sigmoid(tf.matMul(X, w1 as tf.Tensor2D));
          const withBias = tf.concat([tf.ones([20, 1]), actHidden], 1) as tf.Tensor2D;
          const actOut = tf.sigmoid(tf.matMul(withBias, w2 as tf.Tensor2D));

          const crossEntropy = tf.neg(tf.sum(tf.mul(tf.log(actOut), Y)));
          const penalty = tf.div(tf.add(squares(w1, decay1), squares(w2, decay2)), 2);
          const next = tf.add(sum, tf.mul(0.5, tf.add(tf.div(crossEntropy, 10), penalty)));

          const sigma3 = tf.sub(actOut, Y) as tf.Tensor2D;
          const back = tf.matMul(sigma3, transposed(tf.slice(w2 as tf.Tensor2D, [1, 0])));
          const sigma2 = tf.mul(back, tf.mul(actHidden, tf.sub(1, actHidden))) as tf.Tensor2D;
          const grad1 = tf.add(tf.matMul(XT, sigma2), tf.mul(decay1, w1));
          const grad2 = tf.add(tf.matMul(transposed(withBias), sigma3), tf.mul(decay2, w2));
          w1.assign(tf.sub(w1, tf.mul(grad1, LEARNING_RATE)));
          w2.assign(tf.sub(w2, tf.mul(grad2, LEARNING_RATE)));
          return next;
        });
      }
      return sum;
    });
    errors.push((await error.data())[0] / batches.length);
    error.dispose();
  }
  report(performance.now() - start, errors);
}

function transposed(x: tf.Tensor2D): tf.Tensor2D {
  return tf.transpose(x) as tf.Tensor2D;
}
