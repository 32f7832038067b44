/** The kernels' memory: who has which part of it, and that all of it comes back. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext, Script } from "node:vm";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { Arena, memoryUse, wasm, withArena } from "../lib/kernels/memory.ts";
import { ACTIVATIONS } from "../lib/nn/activations.ts";
import { Minibatches } from "../lib/nn/minibatches.ts";
import { OUTPUTS } from "../lib/nn/output.ts";
import { Workspace, workspaceBytes } from "../lib/nn/workspace.ts";
import {
  distort,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  Pipeline,
  RandomState,
  RECOMMENDED,
  ScaledRows,
} from "../lib/mod.ts";
import { InputReader } from "../lib/nn/inputs.ts";
import { randomMatrix } from "./helpers.ts";

Deno.test("arrays that are in use never overlap, and what is released can be had again", () => {
  const rng = new RandomState(71);
  const before = memoryUse().used;
  const arenas: {
    arena: Arena;
    mark: number;
    arrays: (Float64Array | Int32Array | Uint8Array)[];
  }[] = [];
  for (let n = 0; n < 400; n++) {
    if (arenas.length > 12 || (arenas.length > 0 && rng.random() < 0.4)) {
      const [{ arena, mark, arrays }] = arenas.splice(rng.randint(0, arenas.length), 1);
      for (const array of arrays) {
        assert(array.every((x) => x === mark), "somebody else wrote here");
        assertEquals(array.byteOffset % 64, 0, "no two share a line of the cache");
      }
      arena.release();
      continue;
    }
    const arena = new Arena(), mark = n % 251;
    const arrays = Array.from({ length: rng.randint(1, 5) }, () => {
      const length = rng.randint(0, 5000);
      return [arena.float64(length), arena.int32(length), arena.uint8(length)][rng.randint(0, 3)];
    });
    for (const array of arrays) array.fill(mark);
    arenas.push({ arena, mark, arrays });
  }
  for (const { arena } of arenas) arena.release();
  assertEquals(memoryUse().used, before);
});

Deno.test("blocks that are free beside each other are one, in whatever order they were freed", () => {
  const before = memoryUse().total;
  for (let k = 1; k <= 60; k++) {
    const [a, b] = [new Arena(), new Arena()];
    for (const arena of [a, b]) arena.float64(20_000 * k);
    for (const arena of k % 2 === 0 ? [a, b] : [b, a]) arena.release();
  }
  assertLess(memoryUse().total - before, 3e7); // 19 MB are in use at most, and were 300 one after the other
});

Deno.test("views stay what they are when memory grows", () => {
  const arena = new Arena();
  const array = arena.float64(10).fill(5);
  const { total } = memoryUse();
  const large = arena.uint8(total).fill(1);
  assertLess(total, memoryUse().total);
  assertEquals(large.length, total);
  assertEquals([...array], Array(10).fill(5));
  array[0] = 6;
  assertEquals(array[0], 6);
  arena.release();
});

Deno.test("an arena is released where its use fails", () => {
  const before = memoryUse().used;
  const fail = (arena: Arena) => {
    arena.float64(1000);
    throw new Error("within");
  };
  assertThrows(() => withArena(fail), Error, "within");
  assertEquals(memoryUse().used, before);
});

Deno.test("an arena that is released twice frees nobody else's arrays, and can be used again", () => {
  const before = memoryUse().used;
  const [arena, other] = [new Arena(), new Arena()];
  arena.uint8(100);
  arena.release();
  assertEquals(memoryUse().used, before);
  other.uint8(100);
  arena.release();
  assertEquals(memoryUse().used, before + 128);
  arena.uint8(1);
  assertEquals(memoryUse().used, before + 192);
  for (const each of [arena, other]) each.release();
  assertEquals(memoryUse().used, before);
});

Deno.test("what was had before memory ran out is given back", () => {
  const before = memoryUse().used, tooMany = 2 ** 32, message = "the kernels' memory cannot grow";
  const bytes = Matrix.from([[0], [255]]).astype("uint8");
  const rows = new ScaledRows(bytes, new MinMaxScaler().fit(bytes));
  assertThrows(() => new InputReader(rows, tooMany), RangeError, message);
  assertEquals(memoryUse().used, before);
});

Deno.test("a network whose layers cannot be had gives back what it had of them", () => {
  const { memory } = wasm!, { grow } = WebAssembly.Memory.prototype;
  const X = Matrix.ones([2, 3]), net = new NNClassifier({ nHiddenUnits: 3_000_000, epochs: 1 });
  const before = memoryUse().used;
  memory.grow = () => {
    throw new RangeError("no more");
  };
  try {
    assertThrows(() => net.fit(X, [0, 1]), RangeError, "the kernels' memory cannot grow from");
    assertEquals(memoryUse().used, before);
  } finally {
    memory.grow = grow;
  }
  assertEquals(new NNClassifier({ epochs: 1 }).fit(X, [0, 1]).errors.length, 1);
});

Deno.test("memory grows by a megabyte at least, and by no more than there may be", () => {
  const { memory } = wasm!, { grow } = WebAssembly.Memory.prototype, { maxBytes } = wasm!;
  let asked = 0;
  memory.grow = (pages) => {
    asked = pages;
    throw new RangeError("no more");
  };
  const arena = new Arena(), page = 65536;
  const pagesFor = (bytes: number) => {
    const whole = Math.ceil(bytes / 64) * 64; // lines of the cache
    assertThrows(
      () => arena.uint8(bytes),
      RangeError,
      ` by ${whole} bytes; smaller minibatches or`,
    );
    return asked;
  };
  try {
    for (let bytes = 2 ** 32; bytes >= 64; bytes /= 2) { // until nothing is free
      for (asked = 0; asked === 0;) {
        try {
          arena.uint8(bytes);
        } catch {
          // the next smaller ones
        }
      }
    }
    assertEquals([pagesFor(1), pagesFor(16 * page), pagesFor(40 * page + 1)], [16, 16, 41]);
    (wasm as { maxBytes: number }).maxBytes = memory.buffer.byteLength + 5 * page;
    assertEquals([pagesFor(1), pagesFor(5 * page)], [5, 5]);
  } finally {
    memory.grow = grow;
    (wasm as { maxBytes: number }).maxBytes = maxBytes;
    arena.release();
  }
});

Deno.test("an engine that cannot reserve 4 GiB for the kernels is asked for 1 GiB, then for 256 MiB", async () => {
  const { Memory } = WebAssembly, page = 65536;
  const maxima = [65535, 16384, 4096];
  for (const [i, most] of maxima.entries()) {
    const asked: WebAssembly.MemoryDescriptor[] = [];
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        asked.push(descriptor);
        if (descriptor.maximum! > most) throw new RangeError("no room");
        super(descriptor);
      }
    };
    try {
      const path = `../lib/kernels/memory.ts?as-in-an-engine-with-${most}-pages`;
      const memory = await import(path) as typeof import("../lib/kernels/memory.ts");
      assertEquals([memory.wasm?.maxBytes, memory.whyPlain], [most * page, ""]);
      const { used, total } = memory.memoryUse();
      assertEquals([total, memory.freeBytes()], [64 * page, most * page - used]);
      const [released, kept] = [new memory.Arena(), new memory.Arena()];
      released.uint8(100);
      kept.uint8(0); // a line of the cache, as any array
      released.release();
      assertEquals(memory.memoryUse().used, used + 64);
      const atTheEnd = total - used - 128 - 64; // with which what is missing would be one piece
      assertThrows(
        () => kept.float64(2 ** 29),
        RangeError,
        `cannot grow from ${total} by ${2 ** 32 - atTheEnd} bytes; smaller minibatches or`,
      );
    } finally {
      WebAssembly.Memory = Memory;
    }
    assertEquals(
      asked,
      maxima.slice(0, i + 1).map((maximum) => ({ initial: 64, maximum, shared: true })),
    );
  }
});

Deno.test("memory that cannot be had is a RangeError that says how much was asked for", () => {
  const arena = new Arena();
  assertThrows(
    () => arena.float64(2 ** 29),
    RangeError,
    "the kernels' memory cannot grow from",
  );
  arena.release();
});

Deno.test("training, predicting and a training that is broken off give their memory back", () => {
  const rng = new RandomState(72);
  const X = randomMatrix(rng, 30, 8), y = rng.randint(0, 3, 30);
  const before = memoryUse().used;
  const net = new NNClassifier({ nFeatures: 8, nClasses: 3, nHiddenUnits: [7, 5], epochs: 3 });
  net.fit(X, y).predict(X);
  net.forward(X);
  net.backpropStep(X, y);
  net.partialFit(X, y);
  for (const { epoch } of net.train(X, y)) if (epoch === 2) break;
  net.train(X, y); // never begun
  assertThrows(
    () => {
      for (const _ of net.train(X, y)) net.fit(X, y);
    },
    Error,
    "trained anew",
  );
  const batches = new Minibatches(X, { nBatches: 3, batchSize: null }, 0); // which keeps none
  const unread = memoryUse().used;
  Array.from(batches.epoch());
  assertEquals(memoryUse().used, unread);
  batches.release();
  const orders = new Minibatches(X, { nBatches: 3, batchSize: null });
  Array.from(orders.epoch(Int32Array.from({ length: 30 }, (_, i) => 29 - i)));
  assertEquals(memoryUse().used, unread, "each epoch has an order of its own: nothing to keep");
  orders.release();
  const bytes = X.map((x) => Math.round(Math.abs(x))).astype("uint8"), shape = [2, 4] as const;
  distort(bytes, { shape, rotation: 9, elastic: { alpha: 1, sigma: 1 } });
  const others = new NNClassifier({
    ...RECOMMENDED,
    ...{ nFeatures: 8, nClasses: 3, nHiddenUnits: [70, 65], epochs: 3 },
  });
  const model = new Pipeline([new MinMaxScaler(), others]);
  model.fit(bytes, y, { validation: [X, y], patience: 2 });
  for (const _ of model.train(X, y)) break;
  model.partialFit(X, y);
  model.predictProba(bytes);
  const diverging = new NNClassifier({ nFeatures: 8, nClasses: 3, learningRate: 1e300 });
  assertThrows(() => diverging.fit(X, y), Error, "diverged");
  assertEquals(memoryUse().used, before);
});

Deno.test("trainings that are stopped from outside, at any moment, give their memory back once", async () => {
  setFlagsFromString("--expose_gc");
  const gc = runInNewContext("gc") as () => void;
  const collect = async () => {
    for (let i = 0; i < 3; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5)); // for the finalisers
    }
  };
  const rng = new RandomState(5);
  const X = randomMatrix(rng, 400, 20), y = rng.randint(0, 4, [1, 400]).data;
  const options = { nFeatures: 20, nClasses: 4, nHiddenUnits: 5, batchSize: 2, epochs: 1e5 };
  const globals = globalThis as Record<string, unknown>;
  globals.trainForever = () => new NNClassifier({ ...options, shuffle: true }).fit(X, y);
  const script = new Script("trainForever()");
  await collect();
  const { used } = memoryUse();
  for (let i = 0; i < 150; i++) {
    // it ends the program between any two instructions, and runs no `finally`
    assertThrows(() => script.runInThisContext({ timeout: 5 + i % 7 }), Error, "timed out");
    if (i % 10 === 9) await collect();
    assert(memoryUse().used >= used, "memory was given back twice");
  }
  delete globals.trainForever;
  await collect();
  assertLess(memoryUse().used, used + 2 ** 20); // a block that was under way may be lost
});

/** Takes all of the kernels' memory but for so many bytes; nothing is written there, so no machine has to have as much. */
function leaveFree(bytes: number): Arena {
  const room = new Arena(), others = new Arena();
  room.uint8(bytes);
  for (let size = 2 ** 31; size >= 64; size /= 2) {
    try {
      for (;;) others.uint8(size);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  room.release();
  return others;
}

Deno.test("a job that fails for memory, wherever that is, gives back what it had, and a smaller one works", () => {
  const rng = new RandomState(73);
  const X = randomMatrix(rng, 300, 40), y = rng.randint(0, 3, 300);
  const options = { nFeatures: 40, nClasses: 3, batchSize: 100, epochs: 2, learningRate: 1e-3 };
  const small = new NNClassifier({ ...options, nHiddenUnits: 2, batchSize: 1 });
  const fitted = new NNClassifier({ ...RECOMMENDED, ...options, nHiddenUnits: [70, 65] }).fit(X, y);
  const copy = () => NNClassifier.fromJSON<number>(JSON.parse(JSON.stringify(fitted)));
  const bytes = X.map((x) => Math.round(Math.abs(x))).astype("uint8"), shape = [5, 8] as const;
  const jobs: Record<string, () => unknown> = {
    fit: () => copy().fit(X, y, { validation: [X, y] }),
    "fit, shuffled": () =>
      new NNClassifier({ ...options, nHiddenUnits: 70, shuffle: true }).fit(X, y),
    "fit, scaled": () => new Pipeline([new MinMaxScaler(), copy()]).fit(X, y),
    "fit, threads": () => copy().fit(X, y, { threads: 4 }),
    predict: () => copy().predict(X, { threads: 4 }),
    forward: () => copy().forward(X),
    distort: () => distort(bytes, { shape, rotation: 9 }),
    dot: () => X.dot(X.T),
    sum: () => X.sum({ axis: 1 }),
  };
  for (const [name, job] of Object.entries(jobs)) {
    let failures = 0, free = 0;
    for (let isDone = false; !isDone; free += 8192) {
      const others = leaveFree(free), { used } = memoryUse();
      try {
        job();
        isDone = true;
      } catch (error) {
        assert(error instanceof RangeError, String(error));
        failures++;
      }
      assertEquals(memoryUse().used, used, `${name} with ${free} bytes`);
      others.release();
    }
    const others = leaveFree(2 ** 18);
    small.fit(X, y);
    others.release();
    assert(failures > 0, name);
  }
});

Deno.test("a row that ends where memory ends, at 4 GiB or before, is summed as any other", async () => {
  // in another process: memory that has grown never shrinks
  const script = `
    const { Arena, memoryUse, wasm } = await import("${new URL(
    "../lib/kernels/memory.ts",
    import.meta.url,
  )}");
    const { kernels } = await import("${new URL("../lib/kernels/kernels.ts", import.meta.url)}");
    const arena = new Arena(), left = () => wasm.maxBytes - memoryUse().used;
    arena.uint8(left() - 8 * 1024);
    const row = arena.float64(1024).fill(1), sums = new Float64Array(wasm.memory.buffer, row.byteOffset - 64, 1);
    kernels.sumRows(1, 1024, row, sums);
    const byRow = sums[0];
    sums[0] = 0;
    kernels.addColumns(1024, 1, row, sums);
    console.log(left(), row.byteOffset + row.byteLength - wasm.maxBytes, byRow, sums[0]);
    kernels.exp(0, 1024, row, row);
    console.log(row[0] > 2 && row.every((x) => x === row[0]));
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", script],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([text(stdout), text(stderr)], ["0 0 1024 1024\ntrue\n", ""]);
});

Deno.test("what a training needs is reckoned before it begins, to the byte, and refused with the figure", () => {
  const { relu, tanh } = ACTIVATIONS, { softmax } = OUTPUTS;
  for (const activations of [[relu, relu, softmax], [relu, tanh, softmax], [tanh, relu, softmax]]) {
    for (const [a, b] of [[70, 90], [70, 9], [9, 70]]) {
      const architecture = { sizes: [33, a, b, 10], activations };
      const weights = [34 * a, (a + 1) * b, (b + 1) * 10].map((n) => new Float64Array(n));
      for (const updateThreads of [0, 1, 3]) {
        for (const velocity of [undefined, weights]) {
          const options = { rows: 57, updateThreads, velocity };
          const before = memoryUse().used,
            workspace = new Workspace(architecture, weights, options);
          const rounded = memoryUse().used - before - workspaceBytes(architecture, options);
          assert(rounded >= 0 && rounded < 64 * 40, `${rounded} bytes more`);
          workspace.release();
        }
      }
    }
  }
  const architecture = { sizes: [3, 2, 2], activations: [tanh, softmax] }, small = { rows: 5 };
  const weights = [new Float64Array(8), new Float64Array(6)];
  const { maxBytes } = wasm!, limited = wasm as { maxBytes: number };
  const needed = memoryUse().used + workspaceBytes(architecture, small);
  try {
    limited.maxBytes = needed;
    new Workspace(architecture, weights, small).release(); // it has all that is free
    limited.maxBytes = needed - 1;
    assertThrows(
      () => new Workspace(architecture, weights, small),
      RangeError,
      "5 rows at a time through layers of 3, 2, 2 units need 1 MB of memory, of which the kernels have " +
        "1 MB; smaller minibatches or fewer units need less",
    );
  } finally {
    limited.maxBytes = maxBytes;
  }
  const options = { nFeatures: 2, nClasses: 2, nHiddenUnits: 30_000, nBatches: 1 };
  const rows = 20_002, X = Matrix.zeros([rows, 2]), { total } = memoryUse();
  assertThrows(
    () => new NNClassifier(options).fit(X, new Uint8Array(rows).fill(1, 10_000)),
    RangeError,
    // 14,405.16
    "20002 rows at a time through layers of 2, 30000, 2 units need 14,406 MB of memory, of which the kernels have 4,",
  );
  assertLess(memoryUse().total, total + 2 ** 20);
});

Deno.test("memory stays as it is over 1,000 epochs, 1,000 trainings and 3,000 predictions", () => {
  const rng = new RandomState(4), X = randomMatrix(rng, 60, 6), y = rng.randint(0, 3, 60);
  const options = { nFeatures: 6, nClasses: 3, nHiddenUnits: 5, nBatches: 4 };
  const train = (epochs: number, threads = 1) =>
    new NNClassifier({ ...options, epochs }).fit(X, y, { threads });
  const net = train(1, 2).fit(X, y);
  net.predict(X);
  const before = memoryUse();
  train(1000);
  for (let i = 0; i < 1000; i++) train(1, 1 + i % 2);
  for (let i = 0; i < 3000; i++) net.predict(X);
  assertEquals(memoryUse(), before);
});

Deno.test("two trainings whose epochs alternate, with threads too, are each as if they were alone", () => {
  const rng = new RandomState(6), X = randomMatrix(rng, 60, 6), y = rng.randint(0, 3, 60);
  const make = (randomSeed: number) =>
    new NNClassifier({
      nFeatures: 6,
      nClasses: 3,
      nHiddenUnits: 5,
      nBatches: 4,
      epochs: 20,
      randomSeed,
    });
  const nets = [make(1), make(2), make(3)];
  const trainings = nets.map((net, i) => net.train(X, y, { threads: 1 + i % 2 }));
  for (let i = 0; i <= 20; i++) for (const training of trainings) training.next();
  nets.forEach((net, i) => assertEquals(net.weights, make(i + 1).fit(X, y).weights));
});
