/**
 * Training in a worker, epoch by epoch: the thread that asks for it is free meanwhile, and the bits are the same. Where no
 * worker can be had, the same is done on the calling thread, with a pause after each epoch.
 *
 * The worker runs this very file, or the bundle that it is in: a module that finds itself in a worker of the name below
 * serves, and does nothing else. So nothing that this file imports may import it.
 *
 * @module
 */

import { checkCount, checkOptions } from "./checks.ts";
import * as errors from "./errors.ts";
import { describe, DivergenceError } from "./errors.ts";
import type { Label } from "./labels.ts";
import { Matrix, type Shape } from "./matrix.ts";
import { NNClassifier } from "./nn/classifier.ts";
import { checkPatience, type NNClassifierParams } from "./nn/options.ts";
import { checkThreads } from "./nn/threads.ts";
import { callAfterStep, type Epoch, isBetter, type Learned } from "./nn/training.ts";
import { Pipeline, type PipelineTrainOptions } from "./pipeline.ts";
import { MinMaxScaler, type ScalerJSON, StandardScaler } from "./scalers.ts";
import { type Table, type TableRow, TableVectorizer, type TableVectorizerJSON } from "./table.ts";

/** A worker, as far as it is used here: that of browsers, Deno and Bun. */
export interface TrainingWorker {
  /** Is told what the worker says. */
  // deno-lint-ignore no-explicit-any -- as the engines have it
  onmessage: ((event: any) => void) | null;
  /** Is told what goes wrong in it. */
  // deno-lint-ignore no-explicit-any -- as the engines have it
  onerror: ((event: any) => void) | null;
  /** Tells it something. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends it. */
  terminate(): unknown;
}

/** How {@linkcode trainAsync} trains. */
export interface TrainAsyncOptions<L extends Label = number> extends PipelineTrainOptions<L> {
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
 * is given when it has ended, and then the model is that of this epoch. `signal` ends the training within a minibatch;
 * then, as where the loop is left, the model is that of the last epoch that was given, or with `patience` the best one.
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
  const stop = typeof SharedArrayBuffer === "undefined"
    ? undefined
    : new Int32Array(new SharedArrayBuffer(4));
  const answers = new Answers<L>(worker, signal);
  const follower = new Follower(model, trainOptions.patience !== undefined);
  try {
    await post(worker, answers, jobOf(model, X, y, trainOptions, stop));
    for (;;) {
      const answer = await answers.next();
      if ("next" in answer) continue;
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

// --- the thread that asks ----------------------------------------------------------------------------

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
  checkOptions(name, options, ["threads", "validation", "patience", "signal", "worker"]);
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

/** `model.train`, whichever it is. */
function train<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  y: ArrayLike<L>,
  options: PipelineTrainOptions<L>,
): Generator<Epoch, void, void> {
  return model instanceof Pipeline
    ? model.train(X, y, options)
    : model.train(X as Matrix, y, options as never);
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
    for (const epoch of train(model, X, y, options)) {
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

/** The answers of a worker, one after the other. */
class Answers<L extends Label> {
  readonly #waiting: Answer<L>[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #heed = () => this.#wake();
  #wake = () => {};

  constructor(worker: TrainingWorker, signal: AbortSignal | undefined) {
    this.#signal = signal;
    const add = (answer: Answer<L>) => {
      this.#waiting.push(answer);
      this.#wake();
    };
    worker.onmessage = ({ data }: { data: Answer<L> | { failed: string } }) => {
      if (!("failed" in data)) add(data); // that is what a module throws that is ready
    };
    worker.onerror = (event) => { // it ran out of memory; in Node.js also where it was ended
      event.preventDefault?.();
      if (event.message?.includes(READY)) return;
      const message = `trainAsync: the worker failed: ${event.message ?? event}`;
      add({ error: { name: "Error", message } });
    };
    signal?.addEventListener("abort", this.#heed);
  }

  /** Listens no longer. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#heed);
  }

  /** Waits for the next one. Throws what the signal says where it is aborted. */
  async next(): Promise<Answer<L>> {
    for (;;) {
      this.#signal?.throwIfAborted();
      const answer = this.#waiting.shift();
      if (answer) return answer;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/** Keeps the model as the worker's is. */
class Follower<L extends Label> {
  readonly #model: NNClassifier<L> | Pipeline<L>;
  readonly #hasPatience: boolean;
  #follow: ((learned: Learned, epoch?: Epoch) => void) | undefined;
  #best: Epoch & { learned: Learned } | undefined;

  constructor(model: NNClassifier<L> | Pipeline<L>, hasPatience: boolean) {
    this.#model = model;
    this.#hasPatience = hasPatience;
  }

  /** Takes over an epoch. */
  take(taught: Taught<L>, epoch: Epoch): void {
    const { learned } = taught;
    this.#begin(taught);
    this.#follow!(learned, epoch);
    const { validation } = epoch;
    if (this.#hasPatience && validation && isBetter(validation, this.#best?.validation)) {
      this.#best = { ...epoch, learned };
    }
  }

  /** Takes over what there is at the end. */
  end(taught: Taught<L>): void {
    this.#begin(taught);
    this.#follow!(taught.learned);
    this.#follow = undefined;
  }

  /** Where the training was broken off: with patience, the best epoch so far. */
  leave(): void {
    if (!this.#best || !this.#follow) return;
    const { learned, epoch } = this.#best;
    this.end({ learned: { ...learned, velocity: undefined, bestEpoch: epoch } });
  }

  #begin({ known, front }: Taught<L>): void {
    const model = this.#model, net = model instanceof Pipeline ? model.classifier : model;
    if (known) this.#follow = net.follow(known.nFeatures, known.classes);
    if (front && model instanceof Pipeline) adopt(model, front);
  }
}

function revive({ name, message, epoch }: Problem): Error {
  if (name === "DivergenceError") return new DivergenceError(message, epoch!);
  const known: Record<string, unknown> = { ...errors, TypeError, RangeError };
  const Class = Object.hasOwn(known, name) ? known[name] as ErrorConstructor : Error;
  return new Class(message);
}

// --- what is said ------------------------------------------------------------------------------------

/** The size of a matrix, or of a table, which follows in pieces. */
type Parcel = { readonly shape: Shape; readonly isBytes: boolean } | { readonly rows: number };

/** What the worker is told. */
interface Job<L extends Label> {
  readonly params: NNClassifierParams<L>;
  readonly front: Front | undefined;
  /** The weights that training starts from, if they were set; X; the X of the validation, if there is one. */
  readonly parcels: readonly Parcel[];
  readonly startLayers: number;
  readonly y: ArrayLike<L>;
  readonly yValidation: ArrayLike<L> | undefined;
  readonly options: { readonly threads?: number; readonly patience?: number };
  /** Is set to 1 when the training is to end. */
  readonly stop: Int32Array | undefined;
}

/** The steps of a pipeline in front of its classifier. */
interface Front {
  readonly vectorizer: TableVectorizerJSON | undefined;
  readonly scaler: ScalerJSON;
}

/** What was learned so far; the first time also from what, and by what it is scaled. */
interface Taught<L extends Label> {
  readonly learned: Learned;
  readonly known?: { readonly nFeatures: number; readonly classes: L[] };
  readonly front?: Front;
}

interface Problem {
  readonly name: string;
  readonly message: string;
  readonly epoch?: number;
}

/** What the worker says: that it has got a piece, an epoch, the end, or what was wrong. */
type Answer<L extends Label> =
  | { readonly next: true }
  | { readonly taught: Taught<L>; readonly epoch?: Epoch }
  | { readonly error: Problem; readonly taught?: Taught<L> };

/** How many bytes, or rows of a table, are sent at a time: copying more would hold up a page. */
const PIECE = 2 ** 22, PIECE_ROWS = 8192;

/** How many epochs the worker may be ahead of those that were asked for: more where they are small and soon done. */
const AHEAD = 2, MOST_AHEAD = 64, AHEAD_WEIGHTS = 2 ** 17;

/** A job, and what it consists of. */
interface Posted<L extends Label> {
  readonly job: Job<L>;
  readonly contents: readonly (Matrix | Table)[];
}

function jobOf<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  y: ArrayLike<L>,
  { validation, threads, patience }: PipelineTrainOptions<L>,
  stop: Int32Array | undefined,
): Posted<L> {
  const net = model instanceof Pipeline ? model.classifier : model, start = net.startWeights ?? [];
  const contents = [...start, X, ...(validation ? [validation[0]] : [])];
  return {
    job: {
      // of weights that were set, the sizes are known; the worker is to know them too
      params: start.length === 0
        ? net.getParams()
        : { ...net.getParams(), nFeatures: net.nFeatures!, nClasses: null, classes: net.classes },
      front: model instanceof Pipeline ? frontOf(model) : undefined,
      parcels: contents.map((content) =>
        content instanceof Matrix
          ? { shape: content.shape, isBytes: content.dtype === "uint8" }
          : { rows: content.length }
      ),
      startLayers: start.length,
      ...{ y: plain(y), yValidation: validation && plain(validation[1]), stop },
      options: {
        ...(threads !== undefined && { threads }),
        ...(patience !== undefined && { patience }),
      },
    },
    contents,
  };
}

/** Labels as a message can have them: no proxy, and not all of the memory that they are a part of. */
function plain<L extends Label>(y: ArrayLike<L>): ArrayLike<L> {
  return ArrayBuffer.isView(y) ? (y as unknown as Int32Array).slice() as never : Array.from(y);
}

/** Sends it all. After each piece it waits until the worker has got it, so that everything else has its turn. */
async function post<L extends Label>(
  worker: TrainingWorker,
  answers: Answers<L>,
  { job, contents }: Posted<L>,
): Promise<void> {
  worker.postMessage({ job }, []);
  for (const content of contents) {
    const { data, length } = content instanceof Matrix
      ? { data: content.data, length: PIECE / content.data.BYTES_PER_ELEMENT }
      : { data: content, length: PIECE_ROWS };
    for (let at = 0; at < data.length; at += length) {
      const piece = data.slice(at, at + length);
      if (ArrayBuffer.isView(piece)) worker.postMessage({ piece }, [piece.buffer as ArrayBuffer]);
      else worker.postMessage({ piece: piece.map((row) => ({ ...row })) }, []); // no proxies
      const answer = await answers.next();
      if ("error" in answer) throw revive(answer.error);
    }
  }
  worker.postMessage({ begin: true }, []);
}

function frontOf<L extends Label>({ vectorizer, scaler }: Pipeline<L>): Front {
  return { vectorizer: vectorizer?.toJSON(), scaler: scaler.toJSON() };
}

function stepsOf({ vectorizer, scaler }: Front) {
  return {
    vectorizer: vectorizer && TableVectorizer.fromJSON(vectorizer),
    scaler: scaler.format === "@scratch/nn StandardScaler"
      ? StandardScaler.fromJSON(scaler)
      : MinMaxScaler.fromJSON(scaler),
  };
}

function adopt<L extends Label>(model: Pipeline<L>, front: Front): void {
  const { vectorizer, scaler } = stepsOf(front);
  if (vectorizer) model.vectorizer?.adopt(vectorizer);
  model.scaler.adopt(scaler);
}

// --- starting a worker -------------------------------------------------------------------------------

/** The name of a worker that serves. Webpack makes a file name of it. */
const NAME = "nn-training";

/** What ends the module of a worker that is ready: an application in the same bundle shall not run there. */
const READY = `${NAME}: ready`;

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
  if (scope.Worker) {
    bootUrl ??= URL.createObjectURL(new Blob([bootCode(url)], { type: "text/javascript" }));
    return new scope.Worker(bootUrl, { type: "module", name: NAME });
  }
  const { Worker } = scope.process!.getBuiltinModule!("node:worker_threads");
  const worker = new Worker(bootCode(url), { eval: true, name: NAME });
  worker.on("message", (data: unknown) => worker.onmessage?.({ data }));
  worker.on("exit", () => worker.onerror?.({ message: "it has ended" }));
  return worker.on("error", (error: Error) => worker.onerror?.(error));
}

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
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const abort = () => resolve(false), timer = setTimeout(abort, START_TIME);
  signal?.addEventListener("abort", abort);
  worker.onerror = (event) => {
    event.preventDefault?.();
    resolve(false);
  };
  worker.onmessage = ({ data }) => resolve(data.ready === true);
  const isReady = await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  worker.onmessage = null; // what a ready one throws comes now
  worker.onerror = (event) => event.preventDefault?.();
  if (isReady) return worker;
  worker.terminate();
  if (!signal?.aborted) throw new Error("trainAsync: the worker does not start");
}

// --- the worker --------------------------------------------------------------------------------------

/** What the worker is sent, in this order. */
type Message =
  | { readonly job: Job<Label> }
  | { readonly piece: Float64Array | Uint8Array | TableRow[] }
  | { readonly begin: true }
  | { readonly goOn: true };

/** What comes in pieces. */
class Delivery {
  readonly #parcel: Parcel;
  readonly #data: Float64Array | Uint8Array | TableRow[];
  #at = 0;

  constructor(parcel: Parcel) {
    this.#parcel = parcel;
    if ("rows" in parcel) this.#data = [];
    else {
      const [rows, cols] = parcel.shape;
      this.#data = new (parcel.isBytes ? Uint8Array : Float64Array)(rows * cols);
    }
  }

  /** Whether all is there. */
  get isWhole(): boolean {
    return this.#at === ("rows" in this.#parcel ? this.#parcel.rows : this.#data.length);
  }

  /** Adds a piece. */
  add(piece: Float64Array | Uint8Array | TableRow[]): void {
    if (Array.isArray(this.#data)) this.#data.push(...piece as TableRow[]);
    else this.#data.set(piece as Uint8Array, this.#at);
    this.#at += piece.length;
  }

  /** The matrix, or the table. */
  get content(): Matrix | Table {
    return "rows" in this.#parcel
      ? this.#data as Table
      : Matrix.fromArray(this.#data as Float64Array, this.#parcel.shape);
  }
}

/** Trains what it is told to, and says what comes of it. */
function serve(post: NonNullable<Scope["postMessage"]>): (event: { data: unknown }) => void {
  let job: Job<Label>, deliveries: Delivery[] = [], ahead = AHEAD, wake = () => {};

  const run = async () => {
    const { params, front, startLayers, stop, options } = job;
    const net = new NNClassifier<Label>(params);
    let isStopped = false, isFirst = true;
    const taught = (): Taught<Label> => ({
      learned: net.learned,
      ...(isFirst && { known: { nFeatures: net.nFeatures!, classes: net.classes } }),
      ...(isFirst && model instanceof Pipeline && { front: frontOf(model) }),
    });
    let model: NNClassifier<Label> | Pipeline<Label> = net;
    callAfterStep(() => {
      if (!stop || Atomics.load(stop, 0) === 0) return;
      isStopped = true;
      throw new Error("stopped");
    });
    try {
      const contents = deliveries.map(({ content }) => content);
      if (startLayers > 0) net.weights = contents.splice(0, startLayers) as Matrix[];
      const [X, XValidation] = contents;
      const { vectorizer, scaler } = front ? stepsOf(front) : {};
      if (scaler) model = new Pipeline(vectorizer ? [vectorizer, scaler, net] : [scaler, net]);
      const epochs = train(model, X, job.y, {
        ...options,
        ...(job.yValidation && { validation: [XValidation, job.yValidation] }),
      });
      for (const epoch of epochs) {
        const now = taught();
        if (isFirst) {
          const weights = now.learned.weights.reduce((sum, { length }) => sum + length, 0);
          ahead = Math.max(AHEAD, Math.min(MOST_AHEAD, Math.floor(AHEAD_WEIGHTS / weights)));
        }
        say({ epoch, taught: now });
        isFirst = false;
        ahead--;
        while (ahead <= 0) await new Promise<void>((resolve) => wake = resolve);
      }
      say({ taught: taught() });
    } catch (error) {
      if (isStopped) return;
      const { name, message, epoch } = error as DivergenceError;
      const isRun = error instanceof DivergenceError;
      say({ error: { name, message, epoch }, ...(isRun && { taught: taught() }) });
    }
  };
  const say = (answer: Answer<Label>) => {
    const { weights = [], velocity } = ("taught" in answer && answer.taught?.learned) || {};
    post(answer, [...weights, ...velocity ?? []].map(({ buffer }) => buffer as ArrayBuffer));
  };
  return ({ data }) => {
    const message = data as Message;
    if ("job" in message) {
      job = message.job;
      deliveries = job.parcels.map((parcel) => new Delivery(parcel));
    } else if ("piece" in message) {
      deliveries.find(({ isWhole }) => !isWhole)!.add(message.piece);
      say({ next: true });
    } else if ("begin" in message) run();
    else {
      ahead++;
      wake();
    }
  };
}

if (scope.document === undefined && scope.name === NAME && scope.postMessage) {
  scope.onmessage = serve(scope.postMessage.bind(globalThis));
  scope.postMessage({ ready: true }, []);
  throw new Error(READY);
}
