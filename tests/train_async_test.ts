/** Training in a worker: the bits of `fit`, epoch by epoch, and what is left where it is broken off. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DivergenceError,
  type Epoch,
  type Label,
  labelsOf,
  Matrix,
  NNClassifier,
  type NNClassifierOptions,
  Pipeline,
  RandomState,
  RECOMMENDED,
  ShapeError,
  StandardScaler,
  type Table,
  TableVectorizer,
  trainAsync,
  type TrainAsyncOptions,
  type TrainingWorker,
  ValueError,
} from "../lib/mod.ts";
import { jobOf, revive } from "../lib/async/client.ts";
import { type Answer, READY } from "../lib/async/messages.ts";
import { serve } from "../lib/async/server.ts";
import { callAfterStep } from "../lib/nn/training.ts";
import { ROOT } from "./train_command.ts";

const rng = new RandomState(12);
const X = rng.normal(0, 1, [120, 9]), y = rng.randint(0, 3, 120);
const options = { ...RECOMMENDED, nHiddenUnits: [12, 5], epochs: 8 };

/** All of it, and the epochs that were given. */
async function all<L extends Label>(
  ...args: Parameters<typeof trainAsync<L>>
): Promise<Epoch[]> {
  return await Array.fromAsync(trainAsync(...args));
}

Deno.test("trainAsync gives the model and the epochs of train, to the bit, whatever the options", async () => {
  const cases: [Partial<NNClassifierOptions>, TrainAsyncOptions][] = [
    [{}, {}],
    [{ momentum: 0, schedule: "constant", shuffle: false }, {}],
    [{}, { validation: [X.slice(0, 30), y.slice(0, 30)] }],
    [{ epochs: 60 }, { validation: [X.slice(0, 30).multiply(-1), y.slice(0, 30)], patience: 4 }],
    [{ nHiddenUnits: 300, batchSize: 120 }, { threads: 2 }],
  ];
  for (const [changed, trainOptions] of cases) {
    const plain = new NNClassifier({ ...options, ...changed });
    const expected = [...plain.train(X, y, trainOptions as never)];
    const net = new NNClassifier({ ...options, ...changed });
    assertEquals(await all(net, X, y, trainOptions), expected);
    assertEquals(JSON.stringify(net), JSON.stringify(plain));
  }
});

Deno.test("a model goes on from a training in a worker as from any other", async () => {
  const constant = { ...options, schedule: "constant" } as const;
  const plain = new NNClassifier(constant).fit(X, y), net = new NNClassifier(constant);
  await all(net, X, y);
  assertEquals(net.partialFit(X, y).weights, plain.partialFit(X, y).weights);
  const given = new NNClassifier({ ...options, nFeatures: 9, nClasses: 3 });
  const other = new NNClassifier({ ...options, nFeatures: 9, nClasses: 3 });
  given.weights = other.weights = new NNClassifier({ ...constant, randomSeed: 8 }).fit(X, y)
    .weights;
  await all(given, X, y);
  assertEquals(given.weights, other.fit(X, y).weights);
});

Deno.test("a model that was trained on other data learns features and classes anew", async () => {
  const plain = new NNClassifier<Label>(options).fit(X, y), net = new NNClassifier<Label>(options);
  net.fit(X.slice(0, 50).T, ["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
  await all(net, X, y);
  assertEquals([net.nFeatures, net.classes], [9, [0, 1, 2]]);
  assertEquals(JSON.stringify(net), JSON.stringify(plain));
});

Deno.test("bytes, scaled data and tables are trained on too, with labels of any kind", async () => {
  const bytes = rng.randint(0, 255, [90, 40]).astype("uint8"), labels = rng.randint(0, 2, 90);
  const scaled = () => new Pipeline([new StandardScaler(), new NNClassifier(options)]);
  const model = scaled(), plain = scaled().fit(bytes, labels);
  await all(model, bytes, labels);
  assertEquals(JSON.stringify(model), JSON.stringify(plain));

  const table: Table = labels.map((label, i) => ({
    ...{ x: i % 7 === 1 ? null : i % 13, kind: i % 3 === 0 ? "a" : "b" },
    answer: label === 0 ? "no" : "yes",
  }));
  const answers = labelsOf(table, "answer");
  const ofTable = () =>
    new Pipeline([
      new TableVectorizer({ target: "answer", impute: "mean" }),
      new StandardScaler({ skipBinary: true }),
      new NNClassifier<Label>(options),
    ]);
  const first = ofTable().fit(table, answers, { validation: [table, answers] }), second = ofTable();
  await all(second, table, answers, { validation: [table, answers] });
  assertEquals(JSON.stringify(second), JSON.stringify(first));
  assertEquals(second.predict(table), first.predict(table));
});

Deno.test("a matrix of several pieces arrives whole", async () => {
  const large = Matrix.fromArray(Float64Array.from({ length: 2e6 }, (_, i) => i % 97), [
    4,
    500_000,
  ]);
  const few = {
    nHiddenUnits: [],
    epochs: 1,
    learningRate: 1e-9,
    initialWeights: "glorot",
  } as const;
  const plain = new NNClassifier(few).fit(large, [0, 1, 1, 0]), net = new NNClassifier(few);
  await all(net, large, [0, 1, 1, 0]);
  assertEquals(net.errors, plain.errors);
  assert(net.weights[0].equals(plain.weights[0]));
});

Deno.test("each epoch that is given is the model's, until the next one is asked for", async () => {
  const net = new NNClassifier(options), plain = new NNClassifier(options).train(X, y);
  const copy = new NNClassifier(options), epochs = copy.train(X, y);
  for await (const epoch of trainAsync(net, X, y)) {
    assertEquals(epoch, plain.next().value as Epoch);
    epochs.next();
    await new Promise((resolve) => setTimeout(resolve, 5)); // the worker is ahead by now
    assertEquals([net.errors.length, net.weights], [epoch.epoch, copy.weights]);
    if (epoch.epoch === 5) break;
  }
  assertEquals([net.errors.length, net.weights], [5, copy.weights]);
});

Deno.test("what becomes of an epoch that was given does not matter to the model, and without patience the last one stays", async () => {
  const long = { ...options, epochs: 1000 }, plain = new NNClassifier(long);
  const net = new NNClassifier(long);
  const held = { validation: [X.slice(0, 40).multiply(-1), y.slice(0, 40)] } as const;
  for (const { epoch } of plain.train(X, y, held)) if (epoch === 30) break;
  for await (const { epoch, validation } of trainAsync(net, X, y, held)) {
    Object.assign(validation!, { error: 9, accuracy: 0 });
    if (epoch === 30) break;
  }
  assertEquals(JSON.stringify(net), JSON.stringify(plain));
});

Deno.test("an abort at any moment ends it, and leaves the model of the last epoch that was given", async () => {
  const long = { ...options, nHiddenUnits: [64], epochs: 100_000, schedule: "constant" } as const;
  const states: string[] = [];
  const twin = new NNClassifier(long), twinEpochs = twin.train(X, y);
  const stateAfter = (epochs: number) => {
    for (; states.length <= epochs; twinEpochs.next()) {
      states.push(states.length === 0 ? "" : hash(twin));
    }
    return states[epochs];
  };
  for (let n = 0; n < 12; n++) {
    const net = new NNClassifier(long), controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 15 + 9 * n);
    let given = 0;
    const error = await assertRejects(async () => {
      for await (const { epoch } of trainAsync(net, X, y, { signal: controller.signal })) {
        given = epoch;
      }
    }, DOMException);
    clearTimeout(timer);
    assertEquals(error.name, "AbortError");
    assertEquals(net.errors.length, given);
    if (given > 0) assertEquals(hash(net), stateAfter(given));
  }
});

/** What tells one state of a model from another. */
function hash(net: NNClassifier): string {
  return String(net.weights.flatMap((w) => [...w.data.slice(0, 50)]));
}

Deno.test("with patience a training that is left has its best epoch", async () => {
  const held = [X.slice(0, 40).multiply(-1), y.slice(0, 40)] as const;
  const long = { ...options, epochs: 1000 };
  const leave = (epoch: number) => epoch === 30;
  const plain = new NNClassifier(long), net = new NNClassifier(long);
  for (const { epoch } of plain.train(X, y, { validation: held, patience: 500 })) {
    if (leave(epoch)) break;
  }
  for await (const { epoch } of trainAsync(net, X, y, { validation: held, patience: 500 })) {
    if (leave(epoch)) break;
  }
  assertEquals(JSON.stringify(net), JSON.stringify(plain));
  assert(net.bestEpoch! < 30);
});

Deno.test("what is wrong comes with the first epoch, in the classes of fit", async () => {
  const net = () => new NNClassifier({ ...options, nFeatures: 9, nClasses: 3 });
  await assertRejects(() => all(net(), X.slice(0, 0), []), ShapeError, "train: X has no rows");
  await assertRejects(
    () => all(net(), X, y.with(3, 7)),
    ValueError,
    "train: a label must be a whole",
  );
  await assertRejects(
    () => all(net(), X, []),
    ShapeError,
    "train: 120 rows need as many labels, got 0",
  );
  const wild = new NNClassifier({ ...options, learningRate: 1e300, output: "sigmoid" });
  const error = await assertRejects(() => all(wild, X, y), DivergenceError, "training diverged");
  assertEquals(error.epoch, wild.errors.length + 1);
  assertEquals([wild.nFeatures, wild.classes], [9, [0, 1, 2]]);
  const rejects = (options: unknown, message: string, kind: new () => Error = TypeError) =>
    assertRejects(() => all(net(), X, y, options as never), kind, `trainAsync: ${message}`);
  await rejects({ epochs: 3 }, 'there is no option "epochs"; the options are threads', ValueError);
  await rejects(
    null,
    "expected options { threads, validation, patience, signal, worker }, got null",
  );
  await rejects({ threads: 0 }, "threads must be a whole number from 1", ValueError);
  await rejects({ patience: 3 }, "patience needs rows to be judged by", ValueError);
  await rejects({ validation: X }, "validation must be [X, y], got a matrix");
  await rejects({ validation: [X, y, y] }, "validation must be [X, y], got [a matrix");
  await rejects({ signal: true }, "signal must be an AbortSignal, got true");
  await rejects(
    { worker: "worker.js" },
    'worker must be a function that makes one, or null, got "worker.js"',
  );
  await assertRejects(
    () => all({} as never, X, y),
    TypeError,
    "trainAsync: expected an NNClassifier or a Pipeline",
  );
  await assertRejects(
    () => all(net(), [1].length as never, y),
    TypeError,
    "trainAsync: expected a Matrix or a table, got 1",
  );
  const aborted = AbortSignal.abort(new Error("not today"));
  const worker = () => {
    throw new Error("nothing is started for it");
  };
  await assertRejects(() => all(net(), X, y, { signal: aborted, worker }), Error, "not today");
  await assertRejects(
    () => Array.fromAsync(Reflect.apply(trainAsync, null, [net(), X, y, {}, 1])),
    TypeError,
    "trainAsync: expected at most 4 arguments, got 5",
  );
});

Deno.test("two trainings of one model at a time are refused, and one of each is not", async () => {
  const net = new NNClassifier({ ...options, epochs: 1000 }), epochs = trainAsync(net, X, y);
  await epochs.next();
  net.fit(X, y);
  await assertRejects(
    () => epochs.next(),
    Error,
    "train: the model was trained anew, or its weights were set",
  );
  const others = trainAsync(net, X, y);
  await others.next();
  net.partialFit(X, y);
  await assertRejects(() => others.next(), Error, "while this training was under way");
  const [a, b] = [new NNClassifier(options), new NNClassifier({ ...options, randomSeed: 3 })];
  await Promise.all([all(a, X, y), all(b, X, y)]);
  assertEquals(a.weights, new NNClassifier(options).fit(X, y).weights);
  assertEquals(b.weights, new NNClassifier({ ...options, randomSeed: 3 }).fit(X, y).weights);
});

Deno.test("where no worker can be had, the calling thread trains, and can be stopped between two epochs", async () => {
  const net = new NNClassifier(options), { MessageChannel, Worker } = globalThis;
  let ports = 0;
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      ports++;
      const { port1 } = this, close = port1.close.bind(port1);
      port1.close = () => {
        ports--;
        close();
      };
    }
  };
  globalThis.Worker = undefined as never; // null: none is tried
  try {
    assertEquals(await all(net, X, y, { worker: null }), [
      ...new NNClassifier(options).train(X, y),
    ]);
  } finally {
    Object.assign(globalThis, { MessageChannel, Worker });
  }
  assertEquals(ports, 0, "an open port would keep the program from ending");
  const controller = new AbortController(),
    long = new NNClassifier({ ...options, epochs: 100_000 });
  setTimeout(() => controller.abort(), 20);
  await assertRejects(
    () => all(long, X, y, { worker: null, signal: controller.signal }),
    DOMException,
  );
  assert(long.errors.length > 0 && long.errors.length < 100_000);
});

Deno.test("without permission to read the library no worker is tried: Deno would ask at the terminal", async () => {
  const { permissions } = Deno, { querySync } = permissions, { Worker } = globalThis;
  const asked: unknown[] = [];
  let made = 0;
  globalThis.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      made++;
    }
  };
  try {
    for (const state of ["prompt", "denied", "granted"]) {
      permissions.querySync = (what) => {
        asked.push(what);
        return { state } as Deno.PermissionStatus;
      };
      await all(new NNClassifier({ ...options, epochs: 1 }), X, y);
      assertEquals(made, state === "granted" ? 1 : 0, state);
    }
  } finally {
    permissions.querySync = querySync;
    globalThis.Worker = Worker;
  }
  assertEquals(asked, Array(3).fill({ name: "read", path: new URL("../lib/", import.meta.url) }));
});

Deno.test("an abort is heard while a worker is started, and no listener stays behind", async () => {
  const mute: TrainingWorker = {
    ...{ onmessage: null, onerror: null, postMessage: () => {}, terminate: () => {} },
  };
  const controller = new AbortController(), { signal } = controller;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    listeners++;
    addEventListener.apply(signal, args as never);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    listeners--;
    removeEventListener.apply(signal, args as never);
  };
  const net = new NNClassifier(options);
  await all(net, X, y, { signal });
  assertEquals(listeners, 0);
  setTimeout(() => controller.abort(), 20);
  await assertRejects(() => all(net, X, y, { signal, worker: () => mute }), DOMException);
  assertEquals([listeners, net.errors.length], [0, options.epochs]); // as it was trained before
});

Deno.test("labels and rows may be proxies, or a part of a larger memory", async () => {
  const plain = new NNClassifier(options).fit(X, y), net = new NNClassifier(options);
  await all(net, X, new Proxy(y, {}));
  assertEquals(net.weights, plain.weights);
  const part = new Int32Array(1000).subarray(7, 127);
  part.set(y);
  await all(net, X, part);
  assertEquals([net.weights, part.length], [plain.weights, 120]);
  const table = y.map((label, i) => new Proxy({ a: i % 5, b: label }, {}));
  const steps = () =>
    [new TableVectorizer(), new StandardScaler(), new NNClassifier(options)] as const;
  const model = new Pipeline(steps());
  await all(model, new Proxy(table, {}), y);
  assertEquals(model.classifier.weights, new Pipeline(steps()).fit(table, y).classifier.weights);
});

Deno.test("a worker that is asked for is had, or it is said why not", async () => {
  const rejects = (worker: unknown, message: string) =>
    assertRejects(() => all(new NNClassifier(options), X, y, { worker } as never), Error, message);
  await rejects(() => {
    throw new Error("no workers here");
  }, "no workers here");
  await rejects(() => 3, "trainAsync: worker must make a worker, got 3");
  for (const half of [{ postMessage: () => {} }, { terminate: () => {} }]) {
    await rejects(() => half, "trainAsync: worker must make a worker, got an object (Object)");
  }
  const silent = { onmessage: null, onerror: null, postMessage: () => {}, terminate: () => {} };
  const failing = {
    ...silent,
    set onerror(f: (event: object) => void) {
      f?.({ message: "not found" });
    },
  };
  await rejects(() => failing, "trainAsync: the worker does not start");
  const foreign = {
    ...silent,
    set onmessage(f: (event: object) => void) {
      f?.({ data: { failed: "another module" } });
    },
  };
  await rejects(() => foreign, "trainAsync: the worker does not start");
  let prevented = 0;
  const preventing = {
    ...silent,
    set onerror(f: (event: object) => void) {
      f?.({ message: "not found", preventDefault: () => prevented++ });
    },
  };
  await rejects(() => preventing, "trainAsync: the worker does not start");
  assert(prevented > 0, "else the engine would report it too");
  let posted = 0, mostAhead = 0, given = 0;
  const net = new NNClassifier({ ...options, nHiddenUnits: 3000, epochs: 12 });
  const counted = trainAsync(net, X, y, {
    worker: () =>
      Promise.resolve(counting(() => mostAhead = Math.max(mostAhead, ++posted - given))),
  });
  for await (const _ of counted) {
    given++;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assertEquals([given, posted], [12, 13]); // the last one says that it is the end
  let ended = 0;
  const real = counting(() => {}), { terminate } = real;
  real.terminate = () => {
    ended++;
    terminate();
  };
  await all(new NNClassifier(options), X, y, { worker: () => real });
  assertEquals(ended, 1);
  assert(mostAhead <= 3, `${mostAhead} epochs ahead`); // 2 ** 17 / 39,003 weights
});

Deno.test("a worker that says nothing for five seconds is given up, and ended", async () => {
  const { setTimeout: set } = globalThis, delays: unknown[] = [];
  let ended = 0;
  const mute = { onmessage: null, onerror: null, postMessage: () => {}, terminate: () => ended++ };
  globalThis.setTimeout = ((call: () => void, delay: number) => {
    delays.push(delay);
    return set(call, 0);
  }) as typeof setTimeout;
  try {
    await assertRejects(
      () => all(new NNClassifier(options), X, y, { worker: () => mute }),
      Error,
      "trainAsync: the worker does not start",
    );
  } finally {
    globalThis.setTimeout = set;
  }
  assertEquals([delays, ended], [[5000], 1]);
});

/** What the worker's side says to a job, on this thread, and what of it is handed over; `tell` tells it more. */
function served(
  net: NNClassifier,
  labels: ArrayLike<number> = y,
  stop?: Int32Array,
): { answers: Answer<Label>[]; handed: number[]; tell: (data: unknown) => void } {
  const answers: Answer<Label>[] = [], handed: number[] = [];
  const listen = serve((answer, transfer) => {
    answers.push(answer as Answer<Label>);
    handed.push(transfer.length);
  });
  const tell = (data: unknown) => listen({ data });
  const { job, contents } = jobOf(net, X, labels, {}, stop);
  tell({ job });
  for (const content of contents) tell({ piece: (content as Matrix).data });
  tell({ begin: true });
  assertEquals(answers.splice(0, contents.length), contents.map(() => ({ next: true })));
  return { answers, handed: handed.splice(contents.length), tell };
}

Deno.test("a worker is two epochs ahead, of smaller models as many as 2 ** 17 weights are, 64 at most", async () => {
  const long = { ...options, epochs: 100 };
  for (const [units, ahead] of [[[], 64], [[1000], 10], [[5100], 2]] as const) {
    const { answers, handed, tell } = served(new NNClassifier({ ...long, nHiddenUnits: units }));
    assertEquals(answers.length, ahead);
    tell({ goOn: true });
    await Promise.resolve(); // it has its turn
    assertEquals(answers.length, ahead + 1);
    assertEquals(answers.map((answer) => "taught" in answer && "known" in answer.taught!), [
      true,
      ...Array(ahead).fill(false),
    ]);
    assertEquals(handed[0], 2 * (units.length + 1), "weights and momentum, without a copy");
  }
});

Deno.test("a worker says what is wrong, and nothing any more where it was stopped", () => {
  const { answers: [wrong, ...others] } = served(new NNClassifier(options), y.with(0, 0.5));
  assertEquals([Object.keys(wrong), others], [["error"], []]);
  assert("error" in wrong && wrong.error.name === "ValueError");
  try {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    assertEquals(served(new NNClassifier(options), y, stop).answers.length, options.epochs + 1);
    stop.fill(1);
    assertEquals(served(new NNClassifier(options), y, stop).answers, []);
  } finally {
    callAfterStep(() => {});
  }
});

Deno.test("threads and patience are told to the worker, and an error comes back in its class", () => {
  const said = { threads: 2, patience: 3 }, net = new NNClassifier(options);
  const { job } = jobOf(net, X, y, { ...said, validation: [X, y] }, undefined);
  assertEquals(job.options, said);
  assertEquals(jobOf(net, X, y, {}, undefined).job.options, {});
  const bytes = jobOf(net, Matrix.ones([120, 9]).astype("uint8"), y, {}, undefined).job;
  assertEquals([...job.parcels, ...bytes.parcels], [
    { shape: [120, 9], isBytes: false },
    { shape: [120, 9], isBytes: false },
    { shape: [120, 9], isBytes: true },
  ]);
  const part = new Int32Array(1000).subarray(7, 127);
  const posted = jobOf(net, X, part, {}, undefined).job.y as Int32Array;
  assertEquals(
    posted.buffer.byteLength,
    4 * 120,
    "not all of the memory that labels are a part of",
  );
  for (const Class of [TypeError, RangeError, ShapeError, ValueError]) {
    const error = revive({ name: Class.name, message: "m" });
    assertEquals([error.constructor, error.message], [Class, "m"]);
  }
  const diverged = revive({ name: "DivergenceError", message: "m", epoch: 3 }) as DivergenceError;
  assertEquals([diverged.constructor, diverged.epoch], [DivergenceError, 3]);
  for (const name of ["SyntaxError", "toString"]) {
    assertEquals(revive({ name, message: "m" }).constructor, Error);
  }
});

Deno.test("what is large is sent in pieces, the next one when the worker has got the last", async () => {
  const sizes: number[] = [];
  const piece = (message: object, transfer: ArrayBuffer[]) => {
    if (!("piece" in message)) return;
    const { length, buffer } = message.piece as Uint8Array;
    sizes.push(length);
    assertEquals(transfer, buffer ? [buffer] : [], "memory is handed over, not copied again");
  };
  const few = { nHiddenUnits: [], epochs: 1, learningRate: 1e-9 };
  const large = Matrix.zeros([3, 400_000]), bytes = large.astype("uint8");
  const table = Array.from({ length: 20_000 }, (_, i) => ({ a: i % 3 })),
    labels = table.map(({ a }) => a);
  const worker = () => counting(() => {}, piece);
  await all(new NNClassifier(few), large, [0, 1, 1], { worker });
  assertEquals(sizes.splice(0), [524_288, 524_288, 151_424]); // 4 MiB at most
  await all(new NNClassifier(few), bytes, [0, 1, 1], { worker });
  assertEquals(sizes.splice(0), [1_200_000]);
  const model = new Pipeline([new TableVectorizer(), new StandardScaler(), new NNClassifier(few)]);
  await all(model, table, labels, { worker });
  assertEquals(sizes, [8192, 8192, 3616]);
});

/** A real worker that tells of each epoch, and of what it is told. */
function counting(
  onEpoch: () => void,
  onMessage: (message: object, transfer: ArrayBuffer[]) => void = () => {},
): TrainingWorker {
  const url = new URL("../lib/train_async.ts", import.meta.url);
  const code = `globalThis.name = "nn-training"; import("${url}").catch(() => {})`;
  const blob = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(blob, { type: "module", name: "nn-training" });
  const wrapped: TrainingWorker = {
    ...{ onmessage: null, onerror: null, terminate: () => worker.terminate() },
    postMessage: (message, transfer) => {
      onMessage(message as object, transfer);
      worker.postMessage(message, transfer);
    },
  };
  worker.onmessage = (event) => {
    if ("taught" in event.data) onEpoch();
    wrapped.onmessage?.(event);
  };
  return wrapped;
}

Deno.test("weights that were set are trained on, of features and classes that fit has learned", async () => {
  const make = () => {
    const net = new NNClassifier<string>(options);
    net.fit(X, y.map((label) => `class ${label}`));
    net.weights =
      new NNClassifier({ ...options, nFeatures: 9, nClasses: 3, randomSeed: 9 }).weights;
    return net;
  };
  const plain = make().fit(X, y.map((label) => `class ${label}`)), net = make();
  await all(net, X, y.map((label) => `class ${label}`));
  assertEquals([net.weights, net.classes], [plain.weights, plain.classes]);
  const single = () => {
    const net = new NNClassifier({ ...options, nHiddenUnits: [], nFeatures: 9, nClasses: 3 });
    net.weights = [Matrix.ones([3, 10])];
    return net;
  };
  const one = single(), expected = single().fit(X, y);
  await all(one, X, y);
  assertEquals(one.weights, expected.weights);
});

Deno.test("a worker that computes ends with an abort, and lets the process end", async () => {
  const code = `import { Matrix, NNClassifier, trainAsync } from "${ROOT}lib/mod.ts";
    const X = Matrix.ones([200_000, 100]), y = Array.from({ length: 200_000 }, (_, i) => i % 2);
    // an epoch of more than a minute
    const net = new NNClassifier({ nHiddenUnits: 4000, batchSize: 1, epochs: 1, learningRate: 1e-9 });
    try {
      for await (const _ of trainAsync(net, X, y, { signal: AbortSignal.timeout(1000) }));
    } catch (error) {
      console.log(error.name);
    }`;
  const folder = await Deno.makeTempDir({ prefix: "nn-async-" });
  await Deno.writeTextFile(`${folder}/main.ts`, code);
  const signal = AbortSignal.timeout(25_000); // a process that does not end is ended, and the test fails
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-lock",
      `--allow-read=${ROOT}lib`,
      `${folder}/main.ts`,
    ],
    signal,
  }).output();
  await Deno.remove(folder, { recursive: true });
  assertEquals([new TextDecoder().decode(stdout), success], ["TimeoutError\n", true]);
});

Deno.test("no timer stays behind: a program ends when its training has", async () => {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const pending = new Set<unknown>();
  globalThis.setTimeout = ((call: () => void, ...args: unknown[]) => {
    const id = set(() => {
      pending.delete(id);
      call();
    }, ...args as []);
    pending.add(id);
    return id;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (id) => {
    pending.delete(id);
    clear(id);
  };
  try {
    await all(new NNClassifier(options), X, y);
    assertEquals(pending.size, 0);
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
});

Deno.test("a worker that fails is said", async () => {
  const worker: TrainingWorker = {
    ...{ onmessage: null, onerror: null, terminate: () => {} },
    postMessage(message) {
      if ("piece" in (message as object)) this.onerror!({ message: "out of memory" });
    },
  };
  setTimeout(() => worker.onmessage!({ data: { ready: true } }));
  await assertRejects(
    () => all(new NNClassifier(options), X, y, { worker: () => worker }),
    Error,
    "trainAsync: the worker failed: out of memory",
  );
});

Deno.test("what a worker throws when it is ready is no failure, and what is no error is said too", async () => {
  let prevented = 0;
  const preventDefault = () => prevented++;
  const worker: TrainingWorker = {
    ...{ onmessage: null, onerror: null, terminate: () => {} },
    postMessage(message) {
      if (!("piece" in (message as object))) return;
      this.onerror!({ message: `Uncaught Error: ${READY}`, preventDefault });
      this.onmessage!({ data: { failed: "another module" } });
      this.onerror!("no error" as never); // as Node.js has what was thrown
    },
  };
  setTimeout(() => worker.onmessage!({ data: { ready: true } }));
  await assertRejects(
    () => all(new NNClassifier(options), X, y, { worker: () => worker }),
    Error,
    "trainAsync: the worker failed: no error",
  );
  assertEquals(prevented, 1);
});

/**
 * Runs a program that trains one epoch of some 200 ms, and gives the SHA-256 of the weights, and how often a timer of the
 * calling thread had its turn meanwhile.
 */
async function program(
  library: string,
  permissions: readonly string[],
): Promise<{ sha256: string; turns: number }> {
  const folder = await Deno.makeTempDir({ prefix: "nn-async-" });
  await Deno.writeTextFile(
    `${folder}/main.ts`,
    `import { NNClassifier, RandomState, trainAsync } from ${JSON.stringify(library)};
    const rng = new RandomState(12), X = rng.normal(0, 1, [2000, 200]), y = rng.randint(0, 3, 2000);
    const net = new NNClassifier({ epochs: 1, nHiddenUnits: 300, nBatches: 4, learningRate: 1e-4 });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    for await (const _ of trainAsync(net, X, y)) clearInterval(timer);
    const weights = Float64Array.from(net.weights.flatMap((w) => [...w.data]));
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", weights)).toHex();
    console.log(JSON.stringify({ sha256, turns }));`,
  );
  try {
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-lock", ...permissions, `${folder}/main.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals([new TextDecoder().decode(stderr), success], ["", true]);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("with permission to read the library a program goes on meanwhile; without any it gets the same bits", async () => {
  const library = `${ROOT}lib/mod.ts`;
  const busy = await program(library, [`--allow-read=${ROOT}lib`]),
    alone = await program(library, []);
  assertEquals(busy.sha256, alone.sha256);
  assert(busy.turns > alone.turns, `${busy.turns} turns of the event loop, and ${alone.turns}`);
});

Deno.test("a bundle of the library serves its own workers", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-bundle-" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", `${ROOT}lib/mod.ts`, "-o", `${folder}/nn.js`],
    }).output();
    assert(success);
    const bundled = await program(`${folder}/nn.js`, [`--allow-read=${folder}`]);
    assertEquals(bundled.sha256, (await program(`${ROOT}lib/mod.ts`, [])).sha256);
    assert(bundled.turns > 1, `${bundled.turns} turns of the event loop`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
