/**
 * jax-js in WebAssembly until 98.0 % of MNIST's test digits are right.
 *
 * `deno run -A --config bench/peers/deno.json bench/time_to_98/jax_js.ts FOLDER SEED THREADS`
 *
 * The settings are those of its own MNIST demo (ekzhang/jax-js, website/src/routes/mnist/+page.svelte): its MLP, its
 * first weights, Adam, minibatches of 1,000. The demo compiles the forward pass; here the whole step is compiled, which
 * takes about half the time. Adam is written out: the demo's, @jax-js/optax, is not on npm.
 */

import { choose, readMnist, SEED, until98 } from "./job.ts";
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";

const { sizes: SIZES, batch: BATCH } = choose({
  "demo": { sizes: [784, 256, 128, 10], batch: 1000 },
  "same": { sizes: [784, 256, 10], batch: 64 }, // but for Adam
});
const RATE = 0.005;
const B1 = 0.9, B2 = 0.999, EPSILON = 1e-8;

/** A matrix and a row of biases for each layer. */
type Weights = np.Array[];

await init("wasm");
defaultDevice("wasm");

const train = await readMnist("train"), test = await readMnist("t10k");
const X = np.array(train.X).reshape([-1, 784]), y = np.array(train.y);
const testX = np.array(test.X).reshape([-1, 784]);

const keys = [...random.split(random.key(SEED), 2 * (SIZES.length - 1))];
let weights: Weights = SIZES.slice(1).flatMap((units, layer) => {
  const maxval = 1 / Math.sqrt(SIZES[layer]);
  return [[SIZES[layer], units], [units]].map((shape) =>
    random.uniform(keys.shift()!, shape, { minval: -maxval, maxval })
  );
});
const zeros = () => weights.map(({ shape }) => np.zeros(shape));
let means = zeros(), squares = zeros(), steps = 0;

// an array is used up by what it is passed to; by .ref it stays
function forward(weights: Weights, x: np.Array): np.Array {
  for (let i = 0; i < weights.length - 2; i += 2) {
    x = nn.relu(np.dot(x, weights[i]).add(weights[i + 1]));
  }
  return nn.logSoftmax(np.dot(x, weights.at(-2)!).add(weights.at(-1)!));
}

function loss(weights: Weights, x: np.Array, y: np.Array): np.Array {
  return forward(weights, x).mul(nn.oneHot(y, 10)).sum().mul(-1 / BATCH);
}

const labelsOf = jit((weights: Weights, x: np.Array) => np.argmax(forward(weights, x), 1));

const adam = jit((
  weights: Weights,
  means: Weights,
  squares: Weights,
  X: np.Array,
  y: np.Array,
  rows: np.Array,
  unbias: np.Array, // what means and squares are multiplied by, since they begin at zero
) => {
  const [error, gradients] = valueAndGrad(loss)(
    tree.ref(weights),
    X.slice(rows.ref),
    y.slice(rows),
  );
  error.dispose();
  means = means.map((m, i) => m.mul(B1).add(gradients[i].ref.mul(1 - B1)));
  squares = squares.map((v, i) => v.mul(B2).add(np.square(gradients[i]).mul(1 - B2)));
  weights = weights.map((w, i) => {
    const mean = means[i].ref.mul(unbias.ref.slice(0));
    const deviation = np.sqrt(squares[i].ref.mul(unbias.ref.slice(1))).add(EPSILON);
    return w.sub(mean.div(deviation).mul(RATE));
  });
  unbias.dispose();
  return [weights, means, squares];
});

await until98({
  trainEpoch: async () => {
    const order = Int32Array.from(train.y, (_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let start = 0; start + BATCH <= order.length; start += BATCH) {
      const rows = np.array(order.slice(start, start + BATCH));
      const unbias = np.array([1 / (1 - B1 ** ++steps), 1 / (1 - B2 ** steps)]);
      [weights, means, squares] = adam(
        weights,
        means,
        squares,
        X.ref,
        y.ref,
        rows,
        unbias,
      );
      await blockUntilReady(weights);
    }
  },
  predict: () => labelsOf(tree.ref(weights), testX.ref).data() as Promise<Int32Array>,
  labels: test.y,
  limit: 30,
});
Deno.exit(); // its workers would wait for more
