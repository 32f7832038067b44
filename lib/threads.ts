/**
 * The products of a first layer by several threads: this one and workers.
 *
 * Each thread takes a part of the rows on the way forward, and a part of the inputs in the update; no sum is ever cut
 * in two, so the bits are those of one thread. It is the first layer that is shared out, since there the work is: MNIST
 * has 784 inputs, and the layer above it 50.
 *
 * WebAssembly reads and writes its own memory alone, and each thread has one. The lists are in this thread's, which
 * all can see: a worker copies its part of a minibatch once, and then, for each product, what has changed: the weights,
 * or the sigma of all rows. It writes its part of the result where it belongs. In between it sleeps.
 *
 * Not for the main thread of a browser, which must not wait.
 *
 * @module
 */

import { countBelow, forwardRows, type Inputs, type Products, updateInputs } from "./inputs.ts";
import { kernels } from "./kernels/kernels.ts";
import { Room, wasm } from "./kernels/memory.ts";

/**
 * From how many rows of a minibatch times inputs times units on threads pay: below, they wait for each other longer
 * than they work (bench/README.md). It is ten thousand rows times units of MNIST's pictures.
 */
const MIN_WORK = 784 * 10_000;
/** How long the workers may take to start, in milliseconds: a notebook's take a second. */
const MAX_START = 10_000;

const WORKER = new URL("./threads_worker.ts", import.meta.url).href;

/** What a worker can be told to do: the first number of its message; sizes and addresses follow. */
export const HELLO = 0, LOAD_LISTS = 1, LOAD_DENSE = 2, FORWARD = 3, UPDATE = 4, END = 5;

/** Where what is in the block that all threads share: three integers, and a message for each worker. */
export const CALLS = 0, PENDING = 1, FAILURES = 2, HEADER_BYTES = 64, MESSAGE_LENGTH = 32;

/** What a worker is given at its start. */
export interface WorkerStart {
  readonly block: SharedArrayBuffer;
  /** The kernels' memory of the thread that trains. */
  readonly memory: WebAssembly.Memory;
  /** Which of the workers it is, from 0. */
  readonly number: number;
}

/** The part of some inputs that each thread has: those of thread t begin at number t, and end where the next begin. */
interface Parts {
  /** Where the workers have them. */
  readonly slot: number;
  readonly rows: readonly number[];
  readonly inputs: readonly number[];
}

/** This thread and its workers, for one training. They are gone after {@linkcode Team.end}, and not before. */
export class Team implements Products {
  readonly #threads: number;
  readonly #workers: Worker[];
  readonly #integers: Int32Array;
  readonly #messages: Float64Array[];
  readonly #parts = new Map<Inputs, Parts>();
  /** The inputs that are not kept, and their parts. */
  #passing: [Inputs, Parts] | undefined;
  /** Room for sums that nobody asks for. */
  readonly #room = new Room();
  readonly #sums: Float64Array;

  /** Whether threads pay for minibatches of so many rows. */
  static isWorthwhile(rows: number, inputs: number, units: number): boolean {
    return wasm !== undefined && rows * inputs * units >= MIN_WORK;
  }

  /** Starts the workers of so many threads, for a first layer of so many units. */
  constructor(threads: number, units: number) {
    if (typeof Worker === "undefined" || typeof SharedArrayBuffer === "undefined") {
      throw new Error(
        "threads: there are no workers with shared memory here (in browsers: not without cross-origin isolation, " +
          "and not in a page's own thread). One thread gives the same result",
      );
    }
    this.#threads = threads;
    this.#sums = this.#room.float64(units);
    const count = threads - 1;
    const block = new SharedArrayBuffer(HEADER_BYTES + 8 * MESSAGE_LENGTH * count);
    this.#integers = new Int32Array(block, 0, HEADER_BYTES / 4);
    this.#messages = Array.from(
      { length: count },
      (_, number) => messageOf(block, number),
    );
    this.#workers = Array.from({ length: count }, (_, number) => {
      const worker = new Worker(WORKER, {
        type: "module",
      });
      worker.postMessage({ block, memory: wasm!.memory, number } satisfies WorkerStart);
      return worker;
    });
    this.#order(() => [HELLO]);
    this.#wait(MAX_START);
  }

  forward(
    x: Inputs,
    units: number,
    w: Float64Array,
    net: Float64Array,
    act: Float64Array,
  ): void {
    const { slot, rows } = this.#partsOf(x);
    this.#order(() => [FORWARD, slot, units, w.byteOffset, net.byteOffset, act.byteOffset]);
    forwardRows(x, rows[1], units, w, net, act);
    this.#wait();
  }

  update(
    x: Inputs,
    units: number,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void {
    // a unit's squares are one sum over all inputs, so they are not shared out
    kernels.addSquares(x.inputs, units, w.subarray(units), squares.fill(0));
    const { slot, inputs } = this.#partsOf(x);
    this.#order(() => [UPDATE, slot, units, sigma.byteOffset, w.byteOffset, lambda, rate]);
    kernels.updateBiases(x.rows, units, sigma, w, rate);
    updateInputs(x, inputs[1], units, sigma, w, lambda, rate, this.#sums);
    this.#wait();
  }

  /** Sends the workers home. */
  end(): void {
    this.#order(() => [END]);
    this.#sleep();
    for (const worker of this.#workers) worker.terminate();
    this.#room.release();
  }

  /** Each thread's part of x; workers that have not got theirs copy it. */
  #partsOf(x: Inputs): Parts {
    if (this.#passing?.[0] === x) return this.#passing[1];
    const known = this.#parts.get(x);
    if (known) return known;
    const slot = x.isKept ? this.#parts.size + 1 : 0; // slot 0 is used again
    const { rows, inputs } = shareOut(x, this.#threads);
    this.#order((t) => {
      const part = [slot, x.rows, x.inputs, rows[t], rows[t + 1], inputs[t], inputs[t + 1]];
      const lists = "columns" in x
        ? [x.columns, x.value]
        : [...Object.values(x.byRow), ...Object.values(x.byColumn!)];
      const addresses = lists.map(({ byteOffset }) => byteOffset);
      return "columns" in x
        ? [LOAD_DENSE, ...part, x.columns.length, ...addresses]
        : [LOAD_LISTS, ...part, ...addresses];
    });
    this.#wait();
    const parts = { slot, rows, inputs };
    if (x.isKept) this.#parts.set(x, parts);
    else this.#passing = [x, parts];
    return parts;
  }

  /** Tells each worker what to do: that of thread t what `message(t)` says. This thread is number 0. */
  #order(message: (t: number) => number[]): void {
    this.#messages.forEach((list, n) => list.set(message(n + 1)));
    Atomics.store(this.#integers, PENDING, this.#workers.length);
    Atomics.add(this.#integers, CALLS, 1);
    Atomics.notify(this.#integers, CALLS);
  }

  /** Sleeps until all workers have done what they were told. */
  #sleep(timeout?: number): void {
    for (let left; (left = Atomics.load(this.#integers, PENDING)) > 0;) {
      if (Atomics.wait(this.#integers, PENDING, left, timeout) === "timed-out") {
        this.#workers.forEach((worker) => worker.terminate());
        throw new Error(
          `threads: the workers did not start within ${MAX_START / 1000} s; they are loaded from ` +
            `${WORKER}, which must be allowed (--allow-read, --allow-import). ` +
            "One thread gives the same result",
        );
      }
    }
  }

  /** The same, and throws if one could not. */
  #wait(timeout?: number): void {
    this.#sleep(timeout);
    const failed = Atomics.load(this.#integers, FAILURES);
    if (failed > 0) {
      throw new Error(`threads: a worker failed: ${readText(this.#messages[failed - 1])}`);
    }
  }
}

/** The message to a worker, 32 float64 of the common block. */
export function messageOf(block: SharedArrayBuffer, number: number): Float64Array {
  return new Float64Array(block, HEADER_BYTES + 8 * MESSAGE_LENGTH * number, MESSAGE_LENGTH);
}

/** Puts a text in a message's place, as far as there is room. */
export function writeText(message: Float64Array, text: string): void {
  const codes = new Uint16Array(message.buffer, message.byteOffset, 4 * MESSAGE_LENGTH).fill(0);
  for (let i = 0; i < Math.min(text.length, codes.length); i++) codes[i] = text.charCodeAt(i);
}

function readText(message: Float64Array): string {
  const codes = new Uint16Array(message.buffer, message.byteOffset, 4 * MESSAGE_LENGTH);
  return String.fromCharCode(...codes).replace(/\0+$/, "");
}

/** Cuts the rows and the inputs of x so that each thread has as many numbers other than zero. */
function shareOut(x: Inputs, threads: number): { rows: number[]; inputs: number[] } {
  const shares = Array.from({ length: threads }, (_, t) => t / threads);
  if ("columns" in x) {
    const { rows, inputs, columns } = x;
    const from = (share: number) => columns[Math.floor(share * columns.length)] ?? inputs;
    return {
      rows: [...shares.map((share) => Math.floor(share * rows)), rows],
      inputs: [0, ...shares.slice(1).map(from), inputs],
    };
  }
  // where a row begins, as a list knows, is how many numbers are before it
  const cut = (start: Int32Array, count: number) => {
    const bounds = start.subarray(0, count + 1);
    return [...shares.map((share) => countBelow(bounds, share * start[count])), count];
  };
  return { rows: cut(x.byRow.start, x.rows), inputs: cut(x.byColumn!.start, x.inputs) };
}
