/**
 * Training in a worker, epoch by epoch: the thread that asks for it is free meanwhile, and the bits are the same. Where no
 * worker can be had, the same is done on the calling thread, with a pause after each epoch.
 *
 * The worker runs this very file, or the bundle that it is in: a module that finds itself in a worker of the name below
 * serves, and does nothing else. So nothing that this file imports may import it. What the two sides say to each other is in
 * `async/messages.ts`.
 *
 * @module
 */

import { Answers, Follower, jobOf, post, revive } from "./async/client.ts";
import { type Answer, NAME, READY, type TrainingWorker, trainModel } from "./async/messages.ts";
import { serve } from "./async/server.ts";
import { checkCount } from "./checks.ts";
import { describe } from "./errors.ts";
import type { Label } from "./labels.ts";
import { Matrix } from "./matrix.ts";
import { NNClassifier } from "./nn/classifier.ts";
import { checkPatience } from "./nn/options.ts";
import { checkThreads } from "./nn/threads.ts";
import type { Epoch } from "./nn/training.ts";
import { Pipeline, type PipelineTrainOptions } from "./pipeline.ts";
import type { Table } from "./table.ts";

/** How {@linkcode trainAsync} trains. */
export interface TrainAsyncOptions<L extends Label = number>
  extends Omit<PipelineTrainOptions<L>, "resume"> {
  /** Ends the training within a minibatch. */
  signal?: AbortSignal;
  /**
   * Makes the worker, for a bundler that does not know how: a module worker of the name "nn-training" whose file imports
   * this library. null: there is none, and the calling thread trains, with a pause after each epoch. Default: the file, or
   * the bundle, that this function is in, if a worker can be had of it.
   */
  worker?: (() => TrainingWorker | Promise<TrainingWorker>) | null;
}

/**
 * Trains as `model.fit(X, y, options)` does, to the bit, in a worker: the page, or the server, goes on meanwhile. Each epoch
 * is given when it has ended, and then the model is that of this epoch; before the first one it is as it was. `signal` ends
 * the training within a minibatch; then, as where the loop is left, the model is that of the last epoch that was given, or
 * with `patience` the best one.
 *
 * In Deno it needs permission to read the library's files, or `--allow-import` of their host. Where no worker can be had,
 * as without it, the calling thread trains, with a pause after each epoch. X and y must not change before the first epoch.
 * In a page that is not cross-origin isolated an aborted worker may compute on for two seconds, until the browser ends it.
 *
 * @throws As {@linkcode NNClassifier.train}, with the first epoch that is asked for; what `signal` says where it is aborted.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier, trainAsync } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]), y = [0, 1, 1, 0];
 * const net = new NNClassifier({ nHiddenUnits: 3, learningRate: 1 });
 * for await (const { epoch, error } of trainAsync(net, X, y)) {
 *   if (epoch % 100 === 0) console.log(epoch, error);
 * }
 * assertEquals(net.score(X, y), 1);
 * ```
 *
 * @example At most a minute
 * ```ts
 * import { Matrix, NNClassifier, trainAsync } from "@scratch/nn";
 *
 * const X = Matrix.from([[0], [1]]), y = ["no", "yes"];
 * const net = new NNClassifier<string>({ epochs: 50 });
 * try {
 *   for await (const _ of trainAsync(net, X, y, { signal: AbortSignal.timeout(60_000) }));
 * } catch (error) {
 *   if ((error as Error).name !== "TimeoutError") throw error;
 * }
 * ```
 */
export async function* trainAsync<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  y: ArrayLike<L>,
  options: TrainAsyncOptions<L> = {},
): AsyncGenerator<Epoch, void, void> {
  checkCount("trainAsync", arguments.length, 4);
  const { signal, worker: makeWorker, ...trainOptions } = check(model, X, options);
  signal?.throwIfAborted();
  const worker = await startWorker(makeWorker, signal);
  signal?.throwIfAborted();
  if (!worker) return yield* trainHere(model, X, y, trainOptions, signal);
  // deno-coverage-ignore-start -- it is undefined in pages that are not isolated: tests/page_test.ts
  const isShared = typeof SharedArrayBuffer !== "undefined";
  const stop = isShared ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  // deno-coverage-ignore-stop
  const answers = new Answers<L>(worker, signal);
  const follower = new Follower(model, trainOptions.patience !== undefined);
  try {
    await post(worker, answers, jobOf(model, X, y, trainOptions, stop));
    for (;;) {
      const answer = await answers.next() as Exclude<Answer<L>, { next: true }>; // the pieces have had theirs
      if ("error" in answer) {
        if (answer.taught) follower.end(answer.taught);
        throw revive(answer.error);
      }
      if (!answer.epoch) return follower.end(answer.taught);
      follower.take(answer.taught, answer.epoch);
      yield answer.epoch;
      worker.postMessage({ goOn: true }, []);
    }
  } finally {
    answers.close();
    follower.leave();
    // Deno does not end a worker that computes, so it is told to end itself; elsewhere shared memory may be missing
    if (stop) Atomics.store(stop, 0, 1);
    worker.terminate();
  }
}

function check<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  options: TrainAsyncOptions<L>,
): TrainAsyncOptions<L> {
  const name = "trainAsync";
  if (!(model instanceof NNClassifier) && !(model instanceof Pipeline)) {
    throw new TypeError(
      `${name}: expected an NNClassifier or a Pipeline, got ${describe(model)}`,
    );
  }
  if (!(X instanceof Matrix) && !Array.isArray(X)) {
    throw new TypeError(`${name}: expected a Matrix or a table, got ${describe(X)}`);
  }
  checkThreads(name, options, ["validation", "patience", "signal", "worker"]);
  checkPatience(name, options as never);
  const { validation, signal, worker } = options;
  if (validation !== undefined && !(Array.isArray(validation) && validation.length === 2)) {
    throw new TypeError(`${name}: validation must be [X, y], got ${describe(validation)}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`${name}: signal must be an AbortSignal, got ${describe(signal)}`);
  }
  if (worker !== undefined && worker !== null && typeof worker !== "function") {
    throw new TypeError(
      `${name}: worker must be a function that makes one, or null, got ${describe(worker)}`,
    );
  }
  return options;
}

/** The same on this thread: after each epoch all that waits has its turn. */
async function* trainHere<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  y: ArrayLike<L>,
  options: PipelineTrainOptions<L>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Epoch, void, void> {
  const { port1, port2 } = new MessageChannel(); // a timer would wait some milliseconds
  try {
    for (const epoch of trainModel(model, X, y, options)) {
      yield epoch;
      await new Promise((resolve) => {
        port1.onmessage = resolve;
        port2.postMessage(0);
      });
      signal?.throwIfAborted();
    }
  } finally {
    port1.close();
  }
}

// --- starting a worker -------------------------------------------------------------------------------

/** The milliseconds after which a worker that says nothing is given up: its module waits for something. */
const START_TIME = 5000;

/** Of the engines, what not all of them have. */
interface Scope {
  name?: string;
  readonly document?: unknown;
  readonly Worker?: new (url: string, options: object) => TrainingWorker;
  readonly Deno?: { permissions: { querySync(what: object): { state: string } } };
  // deno-lint-ignore no-explicit-any -- Node.js' modules
  readonly process?: { getBuiltinModule?(name: string): any };
  onmessage?: (event: { data: unknown }) => void;
  postMessage?(message: unknown, transfer: ArrayBuffer[]): void;
}

const scope = globalThis as unknown as Scope;

/** The first code of a worker: names it where the engine did not, and keeps what fails off the terminal. */
function bootCode(url: string): string {
  return `
  if (!globalThis.postMessage) { // Node.js
    const { parentPort } = process.getBuiltinModule("node:worker_threads");
    globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
    parentPort.on("message", (data) => globalThis.onmessage({ data }));
  }
  globalThis.name = "${NAME}";
  import(${JSON.stringify(url)}).then(() => "another module", String)
    .then((failed) => postMessage({ failed }));`;
}

let bootUrl: string | undefined;

/** A worker that begins with this code. */
function boot(): TrainingWorker {
  const { url } = import.meta, path = new URL(".", url); // in one expression bundlers would look for a file
  const read = path.protocol === "file:" &&
    scope.Deno?.permissions.querySync({ name: "read", path }).state;
  if (read && read !== "granted") throw new Error("no permission to read"); // else Deno asks at the terminal
  // deno-coverage-ignore -- Node.js: tests/engines
  if (!scope.Worker) return bootInNode(url);
  bootUrl ??= URL.createObjectURL(new Blob([bootCode(url)], { type: "text/javascript" }));
  return new scope.Worker(bootUrl, { type: "module", name: NAME });
}

// deno-coverage-ignore-start -- tests/engines
function bootInNode(url: string): TrainingWorker {
  const { Worker } = scope.process!.getBuiltinModule!("node:worker_threads");
  const worker = new Worker(bootCode(url), { eval: true, name: NAME });
  worker.on("message", (data: unknown) => worker.onmessage?.({ data }));
  worker.on("exit", () => worker.onerror?.({ message: "it has ended" }));
  return worker.on("error", (error: Error) => worker.onerror?.(error));
}
// deno-coverage-ignore-stop

/** The ways to start one, each tried where the one before fails. */
const WAYS: readonly (() => TrainingWorker)[] = scope.process?.getBuiltinModule ? [boot] : [
  // Vite and webpack know these words, and make a file of this module: literals only
  () =>
    new Worker(new URL("./train_async.ts", import.meta.url), {
      type: "module",
      name: "nn-training",
    }),
  boot, // other bundles, and a library of another origin
  () => new scope.Worker!(import.meta.url, { type: "module", name: NAME }), // where a page's policy refuses blobs
];

/** A worker that is ready; undefined where none can be had, or the signal is aborted. */
async function startWorker(
  given: TrainAsyncOptions["worker"],
  signal: AbortSignal | undefined,
): Promise<TrainingWorker | undefined> {
  if (given) return await start(given, signal); // what was asked for must be had
  for (const way of given === null ? [] : WAYS) {
    const started = await start(way, signal).catch(() => undefined);
    if (started || signal?.aborted) return started;
  }
}

/** What `way` throws, and what it says in place of "ready", is a failure. After an abort there is none. */
async function start(
  way: NonNullable<TrainAsyncOptions["worker"]>,
  signal: AbortSignal | undefined,
): Promise<TrainingWorker | undefined> {
  const worker = await way();
  if (typeof worker?.postMessage !== "function" || typeof worker.terminate !== "function") {
    throw new TypeError(`trainAsync: worker must make a worker, got ${describe(worker)}`);
  }
  let abort = () => {}, timer: ReturnType<typeof setTimeout> | undefined;
  const isReady = await new Promise<boolean>((resolve) => {
    abort = () => resolve(false);
    timer = setTimeout(abort, START_TIME);
    signal?.addEventListener("abort", abort);
    worker.onerror = (event) => {
      event.preventDefault?.();
      resolve(false);
    };
    worker.onmessage = ({ data }) => resolve(data.ready === true);
  });
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  if (isReady) return worker;
  worker.terminate();
  if (!signal?.aborted) throw new Error("trainAsync: the worker does not start");
}

// --- the worker --------------------------------------------------------------------------------------

if (scope.document === undefined && scope.name === NAME && scope.postMessage) {
  scope.onmessage = serve(scope.postMessage.bind(globalThis));
  scope.postMessage({ ready: true }, []);
  throw new Error(READY);
}
