/**
 * Ours until 98.0 % of MNIST's test digits are right.
 *
 * `deno run -A bench/time_to_98/ours.ts FOLDER SEED THREADS [same]`
 */

import { loadMnist } from "../../lib/mnist.ts";
import { MinMaxScaler, NNClassifier, Pipeline, RECOMMENDED } from "../../lib/mod.ts";
import { choose, folder, SEED, THREADS, until98 } from "./job.ts";

const settings = choose({
  // small minibatches make the most of each digit, and without momentum a step touches no weights in vain
  "ours": { nHiddenUnits: 192, epochs: 3, batchSize: 8, learningRate: 0.2, momentum: 0 },
  "same": { nHiddenUnits: 256, epochs: 4, batchSize: 64, learningRate: 0.1, momentum: 0.9 },
});

const train = await loadMnist({ split: "train", dir: folder });
const test = await loadMnist({ split: "test", dir: folder });
const net = new NNClassifier({
  ...RECOMMENDED,
  ...{ nFeatures: 784, nClasses: 10, schedule: "linear", l2: 0, randomSeed: SEED },
  ...settings,
});
const model = new Pipeline([new MinMaxScaler({ perFeature: false }), net]);
const epochs = model.train(train.images, train.labels, { threads: THREADS });

await until98({
  trainEpoch: async () => {
    epochs.next();
    await new Promise((resolve) => setTimeout(resolve)); // workers start when nobody computes
  },
  predict: () => Promise.resolve(model.predict(test.images, { threads: THREADS })),
  labels: Int32Array.from(test.labels),
  limit: settings.epochs,
});
