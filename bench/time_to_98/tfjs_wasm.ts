/**
 * TensorFlow.js in WebAssembly until 98.0 % of MNIST's test digits are right. One thread, whatever is asked for: it has
 * more in browsers only.
 *
 * `deno run -A --config bench/peers/deno.json bench/time_to_98/tfjs_wasm.ts FOLDER SEED THREADS [SETTINGS]`
 */

import { choose, readMnist, SEED, until98 } from "./job.ts";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, layers, sequential } from "@tensorflow/tfjs-layers";

const rmsprop = () => "rmsprop";
const { hidden, dropout, batchSize, optimizer } = choose<
  { hidden: number[]; dropout: number; batchSize: number; optimizer: () => string | tf.Optimizer }
>({
  // The dense model of tensorflow/tfjs-examples, mnist/index.js, whose 42 units end below 97.5 %, with 256 of them:
  // 128 need about twice as many epochs, 512 hardly fewer.
  "example, 256 units": { hidden: [256], dropout: 0, batchSize: 320, optimizer: rmsprop },
  "example": { hidden: [42], dropout: 0, batchSize: 320, optimizer: rmsprop },
  // Keras's examples/mnist_mlp.py: fewer epochs, and slower ones.
  "keras": { hidden: [512, 512], dropout: 0.2, batchSize: 128, optimizer: rmsprop },
  "same": { hidden: [256], dropout: 0, batchSize: 64, optimizer: () => tf.train.momentum(0.1, 0.9) },
});

setThreadsCount(1);
await tf.setBackend("wasm");

// The library's gradients let matMul transpose, which in WebAssembly it does in plain loops: with transposes of their
// own, an epoch takes less than a third of the time, with the same weights but for rounding.
tf.unregisterGradient("BatchMatMul");
tf.registerGradient({
  kernelName: "BatchMatMul",
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as tf.Tensor2D[];
    return {
      a: () => tf.matMul(dy as tf.Tensor2D, tf.transpose(b)),
      b: () => tf.matMul(tf.transpose(a), dy as tf.Tensor2D),
    };
  },
});

const train = await readMnist("train"), test = await readMnist("t10k");
const X = tf.tensor2d(train.X, [60_000, 784]), testX = tf.tensor2d(test.X, [10_000, 784]);
const Y = tf.oneHot(tf.tensor1d(train.y, "int32"), 10);

const model = sequential();
const dense = (units: number, activation: "relu" | "softmax", i: number) =>
  layers.dense({
    units,
    activation,
    kernelInitializer: initializers.glorotUniform({ seed: SEED + i }),
    ...(i === 0 ? { inputShape: [784] } : {}),
  });
for (const [i, units] of hidden.entries()) {
  model.add(dense(units, "relu", i));
  if (dropout > 0) model.add(layers.dropout({ rate: dropout, seed: SEED + 10 + i }));
}
model.add(dense(10, "softmax", hidden.length));
model.compile({ optimizer: optimizer(), loss: "categoricalCrossentropy" });

await until98({
  trainEpoch: async () => {
    await model.fit(X, Y, { batchSize, epochs: 1, verbose: 0, yieldEvery: "never" });
  },
  predict: async () => {
    const labels = tf.tidy(() =>
      tf.argMax(model.predict(testX, { batchSize: 1000 }) as tf.Tensor, 1)
    );
    const predicted = await labels.data();
    labels.dispose();
    return predicted;
  },
  labels: test.y,
  limit: 30,
});
