/**
 * Who computes a pass of a network: this thread alone, or several, with the same bits.
 *
 * Workers hold the same WebAssembly module on the same memory, so nothing is copied: a message says which kernels run,
 * on which rows. A pass is cut along its rows, inputs or pictures, never along a sum. An idle worker sleeps, and ends
 * after a while: so no pool has to be closed, and an abandoned training keeps no process alive. Until the workers have
 * started, and where there are none (Node.js, the main thread of a page, a page that is not cross-origin isolated), this
 * thread computes all parts.
 */

import { checkOptions, isCount } from "../checks.ts";
import { describe, ValueError } from "../errors.ts";
import type { Kernels } from "../kernels/contract.ts";
import { address, kernels } from "../kernels/kernels.ts";
import { Arena, type Wasm, wasm } from "../kernels/memory.ts";

/** Computes the rows (or inputs, or pictures) `from` to `to` of a pass with the kernels `k`. */
export type Part = (k: Kernels, from: number, to: number, part: number) => void;

/** Who computes. */
export interface Backend {
  /** Into how many parts a pass of so many multiplications is cut, at most. */
  maxParts(work: number): number;
  /**
   * Computes 0 to `count` in at most `parts` parts, and returns when all is done. With `indptr`, each part has as many
   * elements of these sparse rows; else each has as many rows.
   */
  split(parts: number, count: number, part: Part, indptr?: Int32Array): void;
}

/** All by the thread that calls, with the kernels `k`. */
export function singleThread(k: Kernels = kernels): Backend {
  return { maxParts: () => 1, split: (_parts, count, part) => part(k, 0, count, 0) };
}

/** More threads than any machine's processor has good use for here. */
export const MAX_THREADS = 64;

/** How a training or a prediction is carried out. It changes how long it takes, and no bit of the result. */
export interface ComputeOptions {
  /**
   * How many threads may compute, 1 to 64; passes that are too small for more are computed by one. The others are
   * workers: there are some in Deno, in Bun and in a worker of a page that is cross-origin isolated; elsewhere, as in
   * Node.js, one thread computes everything. In a browser they start only when the caller waits for something: as in a
   * loop around `train` with an `await` in it. They need no permission. Default: 1.
   */
  threads?: number;
}

/** How many threads the options ask for, of which `others` may be there too. */
export function checkThreads(
  name: string,
  options: ComputeOptions,
  others: readonly string[] = [],
): number {
  checkOptions(name, options, ["threads", ...others]);
  const { threads = 1 } = options;
  if (!isCount(threads) || threads > MAX_THREADS) {
    throw new ValueError(
      `${name}: threads must be a whole number from 1 to ${MAX_THREADS}, got ${describe(threads)}`,
    );
  }
  return threads;
}

/** From how many multiplications on a pass is shared out: below, the threads wait longer than they work (bench/). */
const MIN_WORK = 1_000_000;

/** By several threads: the one that calls, and workers. */
export class WorkerPool implements Backend {
  readonly #threads: number;

  /** The workers are the same for all pools, and are started by the first pass that is shared out. */
  constructor(threads: number) {
    this.#threads = threads;
  }

  maxParts(work: number): number {
    return work < MIN_WORK ? 1 : this.#threads;
  }

  split(parts: number, count: number, part: Part, indptr?: Int32Array): void {
    const team = parts > 1 ? workersFor(parts).filter((worker) => worker.isIdle) : [];
    const bounds = cut(count, team.length + 1, indptr);
    const shares = team.map((_, n) => [part, bounds[n + 1], bounds[n + 2], n + 1] as const);
    let failures = 0;
    try {
      team.forEach((worker, n) => worker.dispatch(...shares[n]));
      part(kernels, 0, bounds[1], 0);
    } finally {
      team.forEach((worker, n) => failures += worker.join(...shares[n]) ? 0 : 1);
    }
    if (failures > 0) throw new Error("threads: a worker failed, or has vanished");
  }
}

/** So many threads, of which one is the caller's. */
export function makeBackend(threads: number): Backend {
  return threads > 1 ? new WorkerPool(threads) : singleThread();
}

/** parts + 1 rising positions from 0 to count. */
function cut(count: number, parts: number, indptr?: Int32Array): number[] {
  const position = (share: number) =>
    indptr?.findIndex((n) => n >= share * indptr[count]) ?? Math.round(share * count);
  return Array.from({ length: parts + 1 }, (_, n) => n === parts ? count : position(n / parts));
}

// --- workers -----------------------------------------------------------------------------------------

/** The state of a worker: an integer of the common memory, by which both sides wake each other. */
const ENDED = 0, STARTING = 1, IDLE = 2, ASKED = 3, WORKING = 4, FAILED = 5;
/** The milliseconds that an idle worker stays, and the numbers that a message has room for: some hundred calls. */
const IDLE_TIME = 250, MESSAGE_LENGTH = 1024;
/**
 * The milliseconds after which a worker that was asked and has not begun is not waited for; and those, so many times,
 * after which one that has begun has vanished. A machine that slept in between counts as one time.
 */
const ASKED_TIME = 1000, WORKING_TIME = 60_000, WORKING_TIMES = 10;

const NAMES = Object.keys(kernels) as (keyof Kernels)[];

/** A worker, and its part of the common memory. */
class WorkerHandle {
  readonly #state: Int32Array;
  /** The kernels to call, one after the other: index in NAMES, number of arguments, arguments. After the last: -1. */
  readonly #message: Float64Array;
  #length = 0;
  #worker: Worker | undefined;
  /** Kernels that do nothing but write their calls into the message. */
  readonly #recorder = Object.fromEntries(NAMES.map((name, index) => [
    name,
    (...args: (number | ArrayBufferView)[]) => {
      const call = [index, args.length, ...args.map(address)];
      this.#length += call.length;
      if (this.#length < MESSAGE_LENGTH) this.#message.set(call, this.#length - call.length);
    },
  ])) as unknown as Kernels;

  constructor(arena: Arena) {
    this.#state = arena.int32(1).fill(ENDED);
    this.#message = arena.float64(MESSAGE_LENGTH);
  }

  /** Whether it can be given a part. */
  get isIdle(): boolean {
    return Atomics.load(this.#state, 0) === IDLE;
  }

  /** Starts the worker unless it is there. Throws where there are none, or where this thread may not wait for one. */
  start({ module, memory }: Wasm): void {
    if (Atomics.compareExchange(this.#state, 0, ENDED, STARTING) !== ENDED) return;
    Atomics.wait(this.#state, 0, IDLE, 0);
    const config = JSON.stringify({ NAMES, ENDED, IDLE, ASKED, WORKING, FAILED, IDLE_TIME });
    const code = encodeURIComponent(`(${serve})(${config})`);
    const worker = new Worker(`data:text/javascript,${code}`, { type: "module" });
    this.#worker = worker;
    worker.onerror = (event) => event.preventDefault(); // it stays at STARTING, and nobody waits for it
    try {
      worker.postMessage({ module, memory, state: this.#state, message: this.#message });
      // deno-coverage-ignore-start -- an engine that cannot share memory
    } catch (error) {
      worker.terminate();
      throw error;
    }
    // deno-coverage-ignore-stop
  }

  /** Has the part computed by this worker, or here if it is too long for a message or the worker has just ended. */
  dispatch(part: Part, from: number, to: number, index: number): void {
    this.#length = 0;
    part(this.#recorder, from, to, index);
    const fits = this.#length < MESSAGE_LENGTH;
    if (fits) this.#message[this.#length] = -1;
    if (fits && Atomics.compareExchange(this.#state, 0, IDLE, ASKED) === IDLE) {
      Atomics.notify(this.#state, 0);
    } else part(kernels, from, to, index);
  }

  /**
   * Waits until it has done the part that it was given. Where it does not begin, that is taken back, and computed here:
   * the bits are the same. Returns false if it failed, or has vanished: then the worker ends.
   */
  join(part: Part, from: number, to: number, index: number): boolean {
    for (let times = 0;;) {
      const state = Atomics.load(this.#state, 0);
      if (state === FAILED) return this.#abandon(false);
      if (state !== ASKED && state !== WORKING) return true;
      const time = state === ASKED ? ASKED_TIME : WORKING_TIME;
      // deno-coverage-ignore-start -- a worker that is late, or has vanished: tests/threads_test.ts, in a process of its own
      if (Atomics.wait(this.#state, 0, state, time) !== "timed-out") continue;
      if (state === WORKING && ++times === WORKING_TIMES) return this.#abandon(false);
      if (Atomics.compareExchange(this.#state, 0, ASKED, ENDED) !== ASKED) continue;
      part(kernels, from, to, index);
      return this.#abandon(true);
      // deno-coverage-ignore-stop
    }
  }

  /** Another takes its place, with a state of its own: this one may be about to read that. */
  #abandon(isDone: boolean): boolean {
    Atomics.store(this.#state, 0, ENDED);
    this.#worker?.terminate();
    const at = pool.indexOf(this);
    if (at >= 0) pool.splice(at, 1);
    return isDone;
  }
}

// deno-coverage-ignore-start -- it runs in workers, from a text of its own
/** The code of a worker: it refers to nothing outside of itself. */
function serve(
  { NAMES, ENDED, IDLE, ASKED, WORKING, FAILED, IDLE_TIME }: Record<string, number> & {
    NAMES: string[];
  },
): void {
  const scope = globalThis as unknown as { onmessage: unknown; close(): void };
  type Data = Wasm & { state: Int32Array; message: Float64Array };
  scope.onmessage = ({ data: { module, memory, state, message } }: MessageEvent<Data>) => {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    Atomics.store(state, 0, IDLE);
    for (;;) {
      if (Atomics.compareExchange(state, 0, ASKED, WORKING) !== ASKED) {
        if (Atomics.load(state, 0) === ENDED) return scope.close();
        if (Atomics.wait(state, 0, IDLE, IDLE_TIME) !== "timed-out") continue;
        if (Atomics.compareExchange(state, 0, IDLE, ENDED) === IDLE) return scope.close();
        continue;
      }
      try {
        for (let i = 0; message[i] >= 0; i += 2 + message[i + 1]) {
          const kernel = exports[NAMES[message[i]]] as (...args: number[]) => void;
          kernel(...message.subarray(i + 2, i + 2 + message[i + 1]));
        }
        Atomics.store(state, 0, IDLE);
        Atomics.notify(state, 0);
      } catch {
        Atomics.store(state, 0, FAILED);
        Atomics.notify(state, 0);
        return scope.close();
      }
    }
  };
}
// deno-coverage-ignore-stop

const arena = new Arena();
const pool: WorkerHandle[] = [];
/** What workers need, or undefined where there can be none. */
let shared = wasm;

/** The workers for so many threads, of which one is the caller. Some may not have started yet. */
function workersFor(threads: number): readonly WorkerHandle[] {
  try {
    while (shared && pool.length < threads - 1) pool.push(new WorkerHandle(arena));
    const workers = pool.slice(0, threads - 1);
    for (const worker of workers) worker.start(shared!);
    return workers;
    // deno-coverage-ignore-start -- an engine without workers: tests/engines
  } catch {
    shared = undefined; // no workers here, or none that can share memory
    pool.length = 0;
    return [];
  }
  // deno-coverage-ignore-stop
}
