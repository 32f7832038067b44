import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertStrictEquals,
} from "@std/assert";
import {
  arraySplit,
  l2Penalty,
  Matrix,
  NNClassifier,
  type NNClassifierOptions,
  oneHot,
  RandomState,
} from "../lib/mod.ts";
import { referenceFit } from "../lib/reference.ts";
import { log } from "../lib/kernels/elementary.ts";
import { Minibatches } from "../lib/nn/minibatches.ts";
import {
  bytesOf,
  type DenseInputs,
  InputReader,
  type Inputs,
  isDense,
  Sparsifier,
} from "../lib/nn/inputs.ts";
import { type Activation, ACTIVATIONS } from "../lib/nn/activations.ts";
import { OUTPUTS } from "../lib/nn/output.ts";
import { Workspace } from "../lib/nn/workspace.ts";
import { Arena, withArena } from "../lib/kernels/memory.ts";
import { bits, fixture, randomMatrix, relativeDistance } from "./helpers.ts";

/** The article's numbers differ from ours by the order of the sums alone. */
const ONE_STEP = 1e-12;

Deno.test("one step equals NumPy's: net inputs, outputs, error and gradients", () => {
  for (const s of fixture("step")) {
    const X = Matrix.from(s.X);
    const net = new NNClassifier({
      nFeatures: X.cols,
      nClasses: s.w2.length,
      nHiddenUnits: s.w1.length,
      l1: s.l1,
      l2: s.l2,
      randomSeed: s.seed,
    });
    assertEquals(net.weights.map((w) => w.toArray()), [s.w1, s.w2]);

    const { net: [hidden, output], act: [, actOut] } = net.forward(X);
    const close = (m: Matrix, rows: number[][]) =>
      assertLessOrEqual(relativeDistance(m.data, rows.flat()), ONE_STEP);
    close(hidden.T, s.net_hidden);
    close(output.T, s.net_out);
    close(actOut.T, s.act_out);

    const { error, gradients: [grad1, grad2] } = net.backpropStep(X, s.labels);
    assertLess(Math.abs(error / s.error - 1), ONE_STEP);
    close(grad1, s.grad1);
    close(grad2, s.grad2);

    const { weights } = net;
    net.weights = weights; // as they are, but now they can be asked
    assertEquals([...net.predict(X)], s.predict);
    close(net.predictProba(X), s.predict_proba);
  }
});

/** Random options of every kind: the article's, and all the others, mixed. */
function randomOptions(
  rng: RandomState,
  rows: number,
): NNClassifierOptions & { nFeatures: number; nClasses: number } {
  const depth = rng.randint(0, 4);
  const names = ["sigmoid", "tanh", "relu"] as const;
  const isCutBySize = rng.random() < 0.5;
  return {
    nFeatures: rng.randint(1, 14),
    nClasses: rng.randint(1, 6),
    nHiddenUnits: rng.randint(1, 10, depth),
    activation: rng.random() < 0.5 ? rng.choice(names) : rng.choice(names, depth),
    output: rng.choice(["sigmoid", "softmax"] as const),
    initialWeights: rng.choice(["uniform", "glorot", "he"] as const),
    l1: rng.choice([0, 0.1]),
    l2: rng.choice([0, 0.5]),
    penalty: rng.choice(["article", "exact"] as const),
    epochs: 4,
    schedule: rng.choice(["constant", "linear", "cosine"] as const),
    momentum: rng.choice([0, 0.9]),
    reduction: rng.choice(["sum", "mean"] as const),
    nBatches: isCutBySize ? 1 : rng.randint(1, rows + 1),
    batchSize: isCutBySize ? rng.randint(1, rows + 3) : null,
    shuffle: rng.random() < 0.5,
    randomSeed: rng.randint(0, 1000),
  };
}

Deno.test("training gives the bits of reference.ts, for all options, any shape, depth and sparsity", () => {
  const rng = new RandomState(41);
  for (let n = 0; n < 120; n++) {
    const rows = rng.randint(1, 24);
    const options = randomOptions(rng, rows), { nFeatures, nClasses } = options;
    // bytes are large, and so are their steps
    const net = new NNClassifier({ ...options, learningRate: n % 3 === 0 ? 1e-5 : 0.05 });
    const X = n % 3 === 0
      ? rng.randint(0, 4, [rows, nFeatures]).map((x) => x < 2 ? 0 : 60 * x).astype("uint8")
      : randomMatrix(rng, rows, nFeatures, rng.random());
    const y = rng.randint(0, nClasses, rows);
    const expected = referenceFit(X, y, net.getParams());
    net.fit(X, y);
    assertEquals(bits(net.errors), bits(expected.errors), String(net));
    net.weights.forEach((w, l) => assertEquals(bits(w.data), bits(expected.weights[l].data)));
  }
});

Deno.test("every option gives the bits of a NumPy version of its own, in the same order of sums", () => {
  const { X, y, cases } = fixture("options");
  for (const { options, start, weights, errors_without_penalty } of cases) {
    const net = new NNClassifier({ ...options, nFeatures: 5, nClasses: 3 });
    // normal variates have our logarithm in them: within 3 ulp
    const isDrawnAlike = options.initialWeights !== "he";
    net.weights.forEach((w, l) => {
      if (isDrawnAlike) assertEquals(bits(w.data), bits(start[l].flat()));
      else assertLessOrEqual(relativeDistance(w.data, start[l].flat()), 1e-15);
    });
    net.weights = start.map((w: number[][]) => Matrix.from(w));
    net.fit(Matrix.from(X), y);
    net.weights.forEach((w, l) =>
      assertEquals(bits(w.data), bits(weights[l].flat()), JSON.stringify(options))
    );
    if (options.l1 + options.l2 === 0) { // with NumPy's own logarithm, and order of the classes
      assertLess(relativeDistance(net.errors, errors_without_penalty), 1e-14);
    }
  }
});

Deno.test("leaving out the zeros of wide ReLU layers keeps the bits, with one thread and two", () => {
  const rng = new RandomState(44);
  const X = randomMatrix(rng, 30, 20), y = rng.randint(0, 3, 30);
  const net = new NNClassifier({
    ...{ nFeatures: 20, nClasses: 3, nHiddenUnits: [70, 65, 80], activation: "relu" },
    ...{ output: "softmax", initialWeights: "he", epochs: 3, batchSize: 7, momentum: 0.5 },
  });
  const expected = referenceFit(X, y, net.getParams()).weights;
  for (const threads of [1, 2]) {
    net.fit(X, y, { threads }).weights.forEach((w, l) =>
      assertEquals(bits(w.data), bits(expected[l].data))
    );
  }
});

Deno.test("a layer's buffer is read without its zeros where less than 60 % are none, and as it is from there on", () => {
  withArena((arena) => {
    const rows = 10, cols = 20, sparsifier = new Sparsifier(arena, rows, cols, true);
    for (const count of [0, 1, 119, 120, 200]) {
      const x = arena.float64(rows * cols).fill(0);
      x.set(Float64Array.from({ length: count }, (_, i) => i + 1), rows * cols - count);
      const read = sparsifier.read(rows, x);
      assertEquals(read?.nonzeros, count < 120 ? count : undefined);
      if (!read) continue;
      for (const { indptr, data } of [read.csr, read.csc!]) {
        const kept = [...data.subarray(0, indptr.at(-1))].sort((a, b) => a - b);
        assertEquals(kept, [...x.subarray(rows * cols - count)]);
      }
    }
  });
});

Deno.test("what a layer of ReLU gives, and what is passed back to it, is made sparse from 64 units on, for an update", () => {
  const { relu, tanh } = ACTIVATIONS, { softmax } = OUTPUTS;
  const sides = (sizes: number[], activations: Activation[], updateThreads = 1) => {
    const weights = sizes.slice(1).map((units, l) => new Float64Array(units * (sizes[l] + 1)));
    const architecture = { sizes, activations: [...activations, softmax] };
    const workspace = new Workspace(architecture, weights, { rows: 3, updateThreads });
    const found = workspace.layers.map(({ sparseBelow, sparseSigma }) => [
      sparseBelow !== undefined,
      sparseSigma !== undefined,
    ]);
    workspace.release();
    return found;
  };
  // the input is made sparse for 64 units that read it, sigma for 64 inputs that it is passed back to
  assertEquals(sides([9, 64, 64, 5], [relu, relu]), [[false, false], [true, true], [false, false]]);
  assertEquals(sides([9, 64, 63, 64], [relu, relu]), [[false, false], [false, true], [
    true,
    false,
  ]]);
  assertEquals(sides([9, 63, 64, 5], [relu, relu]), [[false, false], [true, false], [
    false,
    false,
  ]]);
  assertEquals(sides([9, 64, 64, 64], [tanh, relu]), [[false, false], [false, true], [
    true,
    false,
  ]]);
  assertEquals(sides([9, 64, 64, 64], [relu, relu], 0), Array(3).fill([false, false]));
});

/**
 * The error whose gradient is descended. For sigmoid outputs both halves of the cross-entropy, and of the article's
 * penalties what the gradient takes them for, (l1 + l2) / 2 times the sum of squares without biases.
 */
function descendedError(net: NNClassifier, X: Matrix, y: number[]): number {
  const { nClasses, output, l1, l2, penalty, reduction } = net.getParams();
  const Y = oneHot(y, nClasses!), act = net.forward(X).act.at(-1)!;
  const terms = act.map((p, i, j) =>
    Y.at(i, j) === 1 ? -log(p) : output === "softmax" ? 0 : -log(1 - p)
  );
  const error = terms.sum() / (reduction === "mean" ? X.rows : 1);
  if (penalty === "article") return error + l2Penalty(l1 + l2, ...net.weights);
  const sizes = net.weights.map((w) => w.map((x, _, k) => k === 0 ? 0 : Math.abs(x)).sum());
  return error + l1 * sizes.reduce((a, b) => a + b) + l2Penalty(l2, ...net.weights);
}

Deno.test("gradients agree with central differences: every activation, output and penalty, depths 0 to 3", () => {
  const rng = new RandomState(42);
  const h = 1e-5; // the difference is wrong by h^2 and by 1e-16 / h: 1e-10 and less
  for (const activation of ["sigmoid", "tanh", "relu"] as const) {
    for (const output of ["sigmoid", "softmax"] as const) {
      for (const penalty of ["article", "exact"] as const) {
        for (const nHiddenUnits of [[], [4], [5, 4], [5, 4, 3]]) {
          const reduction = nHiddenUnits.length % 2 === 0 ? "sum" : "mean";
          const options: NNClassifierOptions = {
            ...{ nFeatures: 6, nClasses: 3, nHiddenUnits, activation, output, penalty, reduction },
            ...{ l1: 0.1, l2: 0.4, randomSeed: 5 },
          };
          const net = new NNClassifier(options);
          // dense, and sparse
          const X = randomMatrix(rng, 8, 6, nHiddenUnits.length > 1 ? 0.8 : 0);
          const y = rng.randint(0, 3, 8);
          const { gradients, error } = net.backpropStep(X, y);
          const weights = net.weights;
          weights.forEach((w, l) => {
            const nudged = (n: number, by: number) => {
              const other = new NNClassifier(options);
              other.weights = weights.map((v, m) =>
                m === l ? Matrix.fromArray(v.data.map((x, i) => i === n ? x + by : x), v.shape) : v
              );
              return descendedError(other, X, y);
            };
            const differences = w.data.map((_, n) => (nudged(n, h) - nudged(n, -h)) / (2 * h));
            assertLess(relativeDistance(gradients[l].data, differences, 1), 1e-8, String(net));
          });
          if (output === "softmax" && penalty === "exact") { // what is reported is what is descended
            assertLess(Math.abs(error / descendedError(net, X, y) - 1), 1e-14); // in another order
          }
        }
      }
    }
  }
});

Deno.test("minibatches are the same whether they are kept or read anew, sparse or dense", () => {
  const rng = new RandomState(43);
  for (const zeros of [0, 0.3, 0.5, 0.9, 1]) {
    const X = randomMatrix(rng, 11, 7, zeros);
    for (const matrix of [X, X.map((x) => Math.round(Math.abs(40 * x))).astype("uint8")]) {
      for (const maxKept of [0, 300, Infinity]) {
        const batches = new Minibatches(matrix, { nBatches: 4, batchSize: null }, maxKept);
        if (maxKept > 300) assertStrictEquals([...batches.epoch()][3], [...batches.epoch()][3]);
        for (let epoch = 0; epoch < 2; epoch++) {
          Array.from(batches.epoch(), ({ first, x }, b) => {
            assertEquals(first, [0, 3, 6, 9][b]);
            for (const found of matricesOf(x, 7)) {
              assertEquals(found, arraySplit(matrix, 4)[b].astype("float64"));
            }
          });
        }
        batches.release();
      }
    }
  }
});

Deno.test("inputs are sparse where less than 60 % of them count, and dense from there on", () => {
  const rng = new RandomState(45);
  const reader = (X: Matrix) => new InputReader(X, X.rows);
  for (const [share, expected] of [[0.1, false], [0.55, false], [0.6, true], [1, true]] as const) {
    const X = Matrix.zeros([100, 40]).map((_, i, j) =>
      j % 2 === 1 ? 0 : (i + j) % 100 < 100 * share ? 1 + rng.random() : 0
    ); // every other column is all zero, and counts for nothing
    const bytes = X.map((x) => Math.round(100 * x)).astype("uint8");
    for (const matrix of [X, bytes]) {
      const arena = new Arena(), r = reader(matrix);
      const x = r.read(0, 100, arena);
      assertEquals(isDense(x), expected, `${share}`);
      if (isDense(x)) {
        assertEquals([...x.columns], Array.from({ length: 20 }, (_, j) => 2 * j));
        assertEquals(bytesOf(x), 4 * 20 + 8 * 100 * 20);
      } else {
        const { indptr, indices, data } = x.csr;
        assert(
          indices.length >= indptr[100] + 8 && data.length >= indptr[100] + 8,
          "room for eight",
        );
        const both = 2 * (4 + 8) * (indptr[100] + 8); // by rows and by columns
        assertEquals(bytesOf(x), both + 4 * (100 + 1) + 4 * (40 + 1));
      }
      r.release();
      arena.release();
    }
  }
  const X = Matrix.from([[1, 2, 0, 0], [0, 0, 3, 4]]);
  const r = reader(X), arena = new Arena();
  const columns = [0, 1].map((i) => (r.read(i, i + 1, arena) as DenseInputs).columns);
  assertEquals(columns.map((list) => [...list]), [[0, 1], [2, 3]], "each reading has its own");
  r.release();
  arena.release();
});

/** Inputs as matrices of so many columns: by each of the forms that they have. */
function matricesOf(x: Inputs, inputs: number): Matrix[] {
  const { rows } = x;
  if (isDense(x)) {
    const m = Matrix.zeros([rows, inputs]);
    const count = x.columns.length;
    x.data.forEach((v, n) => m.data[Math.floor(n / count) * inputs + x.columns[n % count]] = v);
    return [m];
  }
  const dense = ({ indptr, indices, data }: typeof x.csr, rows: number, cols: number) => {
    const m = Matrix.zeros([rows, cols]);
    for (let i = 0; i < rows; i++) {
      for (let e = indptr[i]; e < indptr[i + 1]; e++) m.data[i * cols + indices[e]] = data[e];
    }
    return m;
  };
  return [dense(x.csr, rows, inputs), dense(x.csc!, inputs, rows).T];
}
