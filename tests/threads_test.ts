/** Several threads give the bits of one. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Kernels } from "../lib/kernels/contract.ts";
import { kernels } from "../lib/kernels/kernels.ts";
import { Arena, withArena } from "../lib/kernels/memory.ts";
import {
  Matrix,
  MinMaxScaler,
  NNClassifier,
  Pipeline,
  RandomState,
  RECOMMENDED,
  ValueError,
} from "../lib/mod.ts";
import { ACTIVATIONS } from "../lib/nn/activations.ts";
import { InputReader } from "../lib/nn/inputs.ts";
import { backward, forward, forwardAll, update } from "../lib/nn/layer.ts";
import { OUTPUTS } from "../lib/nn/output.ts";
import {
  type Backend,
  checkThreads,
  MAX_THREADS,
  singleThread,
  WorkerPool,
} from "../lib/nn/threads.ts";
import { Workspace } from "../lib/nn/workspace.ts";
import { countWakes } from "./engines/wakes.ts";
import { bits, randomMatrix } from "./helpers.ts";

/** A pool that shares out every pass, however small, once its workers have started. */
async function eagerPool(threads: number): Promise<Backend> {
  const pool = new WorkerPool(threads);
  await untilParts(pool, threads);
  return { maxParts: () => threads, split: (...args) => pool.split(...args) };
}

/** Waits until a pass is cut into so many parts: workers take some milliseconds to start. */
async function untilParts(pool: Backend, parts: number): Promise<void> {
  for (let round = 0; round < 1000; round++) {
    let found = 0;
    pool.split(parts, parts, () => found++);
    if (found === parts) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${parts} parts within ten seconds`);
}

Deno.test("every pass of every layer gives the bits of one thread: sparse or dense, of any size", async () => {
  for (const threads of [2, 3, 4]) {
    const rng = new RandomState(81);
    const pool = await eagerPool(threads);
    for (let n = 0; n < 40; n++) {
      const [rows, ...sizes] = rng.randint(1, 40, 4);
      const X = randomMatrix(rng, rows, sizes[0], [0, 0.3, 0.8, 0.99, 1][n % 5]);
      const weights = sizes.slice(1).map((units, l) => rng.standardNormal(units * (sizes[l] + 1)));
      const sigma = rng.standardNormal(rows * sizes[2]);
      const { sigmoid, tanh, relu } = ACTIVATIONS;
      const activations = [[sigmoid, tanh, relu][n % 3], [OUTPUTS.sigmoid, OUTPUTS.softmax][n % 2]];
      const [single, several] = [singleThread(), pool].map((backend) =>
        withArena((arena) => {
          const velocity = weights.map((w) => w.map(Math.sin));
          const options = { rows, updateThreads: threads, velocity };
          const workspace = new Workspace({ sizes, activations }, weights, options);
          const [hidden, output] = workspace.layers;
          const reader = new InputReader(X, rows);
          hidden.x = reader.read(0, rows, arena);
          output.x.rows = rows;
          forward(hidden, backend);
          forward(output, backend);
          output.sigma.set(sigma);
          backward(output, hidden, backend);
          hidden.step.set([0.01, 0.5, ...n % 2 === 0 ? [0, 0, 1] : [0.1, 0.9, 1]]);
          update(hidden, backend);
          update(output, backend);
          const buffers = [hidden, output].flatMap(({ net, act, sigma, w, v, squares }) =>
            [net, act, sigma, w, v, squares].map(bits)
          );
          workspace.release();
          reader.release();
          return buffers;
        })
      );
      assertEquals(several, single, `${threads} threads, ${rows} x ${sizes}`);
    }
  }
});

Deno.test("a pass is cut where each part has as much to do, and none is left out", async () => {
  const pool = await eagerPool(3);
  const partsOf = (count: number, indptr?: Int32Array) => {
    const parts: number[][] = [];
    pool.split(3, count, (_, from, to, part) => parts[part] = [from, to], indptr);
    return parts;
  };
  assertEquals(partsOf(9), [[0, 3], [3, 6], [6, 9]]);
  assertEquals(partsOf(10), [[0, 3], [3, 7], [7, 10]]); // to the nearest row
  assertEquals(partsOf(0), [[0, 0], [0, 0], [0, 0]]);
  assertEquals(partsOf(6, Int32Array.of(0, 10, 10, 20, 20, 25, 30)), [[0, 1], [1, 3], [3, 6]]);
  assertEquals(partsOf(2, Int32Array.of(0, 0, 0)), [[0, 0], [0, 0], [0, 2]]);
});

Deno.test("each pass says how many multiplications it has, and where its rows or its sparse inputs can be cut", () => {
  const said: unknown[] = [];
  const backend: Backend = {
    maxParts: (work) => said.push(work),
    split: (_parts, count, part, indptr) => {
      said.push(indptr ? [count, ...indptr] : [count]);
      part(kernels, 0, count, 0);
    },
  };
  withArena((arena) => {
    const X = Matrix.from([[1, 0, 0], [0, 0, 2], [0, 3, 0], [0, 0, 0]]);
    const architecture = {
      sizes: [3, 2, 2],
      activations: [ACTIVATIONS.sigmoid, OUTPUTS.softmax],
    };
    const weights = [new Float64Array(8), new Float64Array(6)];
    const workspace = new Workspace(architecture, weights, { rows: 4, updateThreads: 4 });
    const [hidden, output] = workspace.layers, reader = new InputReader(X, 4);
    forwardAll(workspace.layers, reader.read(0, 4, arena), backend);
    backward(output, hidden, backend);
    update(hidden, backend);
    update(output, backend);
    workspace.release();
    reader.release();
  });
  // 3 numbers that are not zero by 2 units; 4 rows of 2 units by 2
  assertEquals(said, [6, [4], 16, [4], 16, [4], 6, [3, 0, 1, 2, 3], 16, [2]]);
});

Deno.test("a part of more calls than a message holds is computed by the thread that asked", async () => {
  const pool = await eagerPool(2);
  const arena = new Arena(), x = arena.float64(2).fill(1), y = arena.float64(2).fill(0);
  const computedHere: number[] = [];
  pool.split(2, 2, (k, from, to) => {
    if (k === kernels) computedHere.push(from);
    for (let n = 0; n < 500; n++) k.sigmoid(from, to, x, y);
  });
  assertEquals(computedHere.sort(), [0, 1]);
  assertEquals(y[0], y[1]);
  arena.release();
});

Deno.test("a kernel that fails in a worker is an error of the thread that asked, and the next worker works", async () => {
  const pool = await eagerPool(2);
  const outside = { byteOffset: 2 ** 31 } as Float64Array;
  const fails = (k: Kernels, from: number) => {
    if (from > 0) k.exp(0, 100, outside, outside);
  };
  assertThrows(() => pool.split(2, 2, fails), Error, "threads: a worker failed, or has vanished");
  await untilParts(pool, 2);
});

/** A job that is large enough for threads. */
function job(dtype: "float64" | "uint8") {
  const rng = new RandomState(82);
  const X = randomMatrix(rng, 900, 300, dtype === "uint8" ? 0.8 : 0)
    .map((x) => dtype === "uint8" ? Math.round(Math.abs(20 * x)) : x).astype(dtype);
  const y = rng.randint(0, 4, 900);
  const options = {
    ...{ nFeatures: 300, nClasses: 4, nHiddenUnits: [70, 9], epochs: 3, nBatches: 2 },
    ...{ l1: 0.2, l2: 0.5, learningRate: 0.0005 },
  };
  assert(new WorkerPool(2).maxParts(450 * 60 * 70) === 2);
  return { X, y, options };
}

for (const dtype of ["uint8", "float64"] as const) {
  Deno.test(`training and predicting give the same bits with 1, 2 and 4 threads (${dtype})`, async () => {
    const { X, y, options } = job(dtype);
    await untilParts(new WorkerPool(4), 4);
    const [one, two, four] = [1, 2, 4].map((threads) => {
      using wakes = countWakes();
      const net = new NNClassifier(options).fit(X, y, { threads });
      assertEquals(wakes.count > 0, threads > 1, "workers take part");
      assertEquals(net.score(X, y, { threads }), net.score(X, y));
      return [
        bits(net.errors),
        ...net.weights.map((w) => bits(w.data)),
        bits(net.predictProba(X, { threads }).data),
        net.predict(X, { threads }),
      ];
    });
    assertEquals(two, one);
    assertEquals(four, one);
  });
}

Deno.test("all other options give the same bits with 1, 2 and 4 threads too", async () => {
  const { X, y } = job("uint8");
  await untilParts(new WorkerPool(4), 4);
  const [one, two, four] = [1, 2, 4].map((threads) => {
    using wakes = countWakes();
    const net = new NNClassifier({
      ...RECOMMENDED,
      ...{ nFeatures: 300, nClasses: 4, nHiddenUnits: [130, 90, 70], epochs: 3, batchSize: 400 },
      ...{ activation: ["relu", "tanh", "relu"], l1: 1e-3, learningRate: 0.01 },
    });
    const model = new Pipeline([new MinMaxScaler(), net]);
    model.fit(X, y, { threads, validation: [X, y], patience: 2 });
    assertEquals(wakes.count > 0, threads > 1, "workers take part");
    return [...net.weights.map((w) => bits(w.data)), net.errors, net.validation];
  });
  assertEquals(two, one);
  assertEquals(four, one);
});

Deno.test("a training with threads can be looked into, broken off, and left to another model", () => {
  const { X, y, options } = job("uint8");
  const expected = new NNClassifier(options);
  const reached = expected.train(X, y);
  const net = new NNClassifier(options);
  for (const { epoch, error } of net.train(X, y, { threads: 2 })) {
    assertEquals(reached.next().value, { epoch, error });
    assertEquals(net.predict(X, { threads: 2 }), expected.predict(X));
    new NNClassifier({ ...options, epochs: 1 }).fit(X, y, { threads: 2 });
    if (epoch === 2) break;
  }
  assertEquals(net.weights, expected.weights);
  reached.return();
});

Deno.test("threads must be a whole number, there is no other option, and small passes are computed by one", () => {
  const { X, y, options } = job("uint8");
  const net = new NNClassifier(options);
  for (const threads of [0, -1, 1.5, NaN, MAX_THREADS + 1, "2" as unknown as number]) {
    assertThrows(
      () => net.fit(X, y, { threads }),
      ValueError,
      "fit: threads must be a whole number from 1 to 64, got",
    );
  }
  const wrong = { thread: 4 } as never;
  for (const name of ["fit", "train", "partialFit", "score"] as const) {
    const message = `${name}: there is no option "thread"; the options are threads`;
    assertThrows(() => net[name](X, y, wrong), ValueError, message);
  }
  net.weights = [...net.weights];
  for (const name of ["predict", "predictProba"] as const) {
    assertThrows(() => net[name](X, wrong), ValueError, `${name}: there is no option "thread"`);
  }
  assertEquals([999_999, 1e6].map((work) => new WorkerPool(2).maxParts(work)), [1, 2]);
  assertEquals([{}, { threads: 64 }].map((options) => checkThreads("fit", options)), [1, 64]);
});

/** What a program prints that prepares its engine, then trains with threads, without any permission. */
async function outputOf(
  { prepare = "", train = "net.fit(X, y, { threads: 2 });" },
): Promise<unknown[]> {
  const script = `
    ${prepare}
    const { NNClassifier, RandomState } = await import("${new URL(
    "../lib/mod.ts",
    import.meta.url,
  )}");
    const rng = new RandomState(1), X = rng.uniform(0, 1, [400, 400]), y = rng.randint(0, 2, 400);
    const net = new NNClassifier({ nFeatures: 400, nClasses: 2, nHiddenUnits: 100, epochs: 3 });
    ${train}
    console.log(net.errors.length, net.weights[0].sum());
  `;
  const { code: status, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", script],
    signal: AbortSignal.timeout(20_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return [status, text(stdout), text(stderr)];
}

Deno.test("a program that trained with threads ends by itself, also where it abandoned a training", async () => {
  assertEquals(
    (await outputOf({ train: "net.train(X, y, { threads: 2 }).next();" }))[1],
    (await outputOf({ train: "net.train(X, y).next();" }))[1],
  );
  const [status, stdout, stderr] = await outputOf({});
  assertEquals([status, stderr], [0, ""]);
  const engines = {
    "no workers": "delete globalThis.Worker;",
    "no shared memory": 'Worker.prototype.postMessage = () => { throw new Error("no"); };',
    "workers that never start": "globalThis.Worker = class { postMessage() {} };",
  };
  for (const [name, prepare] of Object.entries(engines)) {
    assertEquals(await outputOf({ prepare }), [0, stdout, ""], name);
  }
});

/**
 * A worker that says that it is there (2), and is not; each with a state of its own, since the last one might be slow and
 * still there. And waiting that does not take its time.
 */
const ABSENT = `
  const states = new Set();
  globalThis.Worker = class {
    postMessage({ state }) {
      if (states.has(state.byteOffset)) Deno.exit(3);
      states.add(state.byteOffset);
      Atomics.store(state, 0, 2);
    }
    terminate() {
      states.ended = (states.ended ?? 0) + 1;
    }
  };
  const { wait } = Atomics, times = [];
  Atomics.wait = (state, index, value, time) => {
    if (time > 0) times.push(time);
    return wait(state, index, value, Math.min(time, 1));
  };`;

Deno.test("a worker that has vanished is not waited for: what it has not begun is computed by the thread that asked", async () => {
  const [, alone] = await outputOf({ train: "net.fit(X, y);" });
  assertEquals(await outputOf({ prepare: ABSENT }), [0, alone, ""]);
  const train = `net.fit(X, y, { threads: 2 });
    console.log([...new Set(times)], states.ended === states.size, times.length === states.size);`;
  const [, stdout] = await outputOf({ prepare: ABSENT, train });
  assertEquals(stdout, `[ 1000 ] true true\n${alone}`); // milliseconds, once for each, which is ended
});

Deno.test("a worker that vanishes at work is an error of the thread that asked, some minutes later", async () => {
  const prepare = `${ABSENT}
    Atomics.notify = (state) => Atomics.store(state, 0, 4);`;
  const [code, stdout, stderr] = await outputOf({ prepare });
  assertEquals([code, stdout], [1, ""]);
  assert(String(stderr).includes("threads: a worker failed, or has vanished"));
  const train = `try {
      net.fit(X, y, { threads: 2 });
    } catch {
      console.log(times.join(), states.ended);
    }`;
  const [, waited] = await outputOf({ prepare, train });
  assertEquals(String(waited).split("\n")[0], `${Array(10).fill(60_000)} 1`);
});

Deno.test("where a worker cannot share memory none is tried again, and it is ended", async () => {
  const prepare = `let made = 0, ended = 0;
    globalThis.Worker = class {
      constructor() { made++; }
      postMessage() { throw new Error("no"); }
      terminate() { ended++; }
    };`;
  const [, stdout] = await outputOf({
    prepare,
    train: "net.fit(X, y, { threads: 2 }); console.log(made, ended);",
  });
  assertEquals(String(stdout).split("\n")[0], "1 1");
});

Deno.test("what keeps a worker from starting is no error of the program's", async () => {
  const prepare = `let prevented = 0;
    globalThis.Worker = class {
      postMessage() { this.onerror({ preventDefault: () => prevented++ }); }
    };`;
  const train = "net.fit(X, y, { threads: 2 }); console.log(prevented);";
  assertEquals(String((await outputOf({ prepare, train }))[1]).split("\n")[0], "1");
});

Deno.test("a worker that is idle for a quarter of a second ends, and says so where others can read it", async () => {
  const prepare = `let code, given;
    globalThis.Worker = class {
      constructor(url) { code = url; }
      postMessage(data) { given = data; }
    };`;
  const train = `net.fit(X, y, { threads: 2 });
    const times = [];
    globalThis.close = () => times.push("closed");
    Atomics.wait = (_state, _index, _value, time) => {
      times.push(time);
      return "timed-out";
    };
    await import(code); // the worker's code, in this thread
    globalThis.onmessage({ data: given });
    console.log(...times, given.state[0]);`;
  assertEquals(String((await outputOf({ prepare, train }))[1]).split("\n")[0], "250 closed 0");
});
