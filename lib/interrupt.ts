/**
 * What makes the Stop button of a notebook stop a cell that awaits, in the Deno kernel. `jupyter.ts` uses it; nothing
 * else depends on it, and when Deno mends its kernel this file can go.
 *
 * At an interrupt Deno 2.9 terminates the JavaScript that is running, and replies when the promise of the cell has been
 * collected as garbage: a minute later, or never. And where nothing is running, since the cell awaits a timer, the
 * termination hits whatever runs next; if that is a timer, the kernel runs no JavaScript from then on. The callback of a
 * `node:net` socket survives it, and so does a kernel in which a job of a promise was running.
 *
 * So a worker sends a number every 20 ms over a local socket. A number that is missing, or a job that began and did not
 * end, tells that there was an interrupt. Then it is said under the cell, its timers are dropped, and garbage is collected.
 * Timers are called from the socket's callback, as those of Deno would not survive. All of Deno's internals are looked
 * for first; where one is missing nothing is changed.
 *
 * Not covered: a cell that waits for a promise which another one can still resolve, or for a download.
 *
 * @module
 */

import { createServer, type Socket } from "node:net";
import { Session } from "node:inspector";

/** Milliseconds between two numbers of the worker. */
const BEAT_TIME = 20;
/** The longest time of a timer of Deno's. */
const MAX_DELAY = 2 ** 31 - 1;
/** How often garbage is collected after an interrupt: what the first round frees can hold what the next one does. */
const COLLECTIONS = 3;

interface PromiseHooks {
  setPromiseHooks?: (init: null, before: () => void, after: () => void, resolve: null) => void;
}

/** Waits without leaving the job that is running, while the kernel, a thread of its own, goes on: an interrupt ends it. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Watches for interrupts. `say` is called once for each, while the interrupted cell is still the current one. */
export async function watchInterrupts(say: () => void): Promise<void> {
  const deno = Deno as unknown as Record<PropertyKey, unknown> & { internal: symbol };
  const core = (deno[deno.internal] as { core?: PromiseHooks } | undefined)?.core;
  if (typeof core?.setPromiseHooks !== "function") return;
  const inspector = new Session();
  inspector.connect();
  const connection = await startBeats(onBeat);
  if (!connection) return;
  const timers = new Timers((delay) => connection.write(Uint8Array.of(delay)));

  let isInJob = false, isInBeat = false, isStopped = false, collections = 0;
  let last: number | undefined;
  core.setPromiseHooks(
    null,
    () => {
      isStopped ||= isInJob; // the job before this one did not end
      isInJob = true;
    },
    () => {
      isInJob = false;
    },
    null,
  );
  function onBeat(numbers: Uint8Array): void {
    const isMissing = last !== undefined && numbers[0] !== (last + 1) % 256;
    last = numbers.at(-1);
    if (isStopped || isMissing || isInJob || isInBeat) {
      isStopped = isInJob = false;
      collections = COLLECTIONS;
      timers.clear();
      say();
    }
    isInBeat = true;
    if (collections > 0) {
      collections--;
      inspector.post("HeapProfiler.collectGarbage");
    }
    timers.run();
    isInBeat = false;
  }
}

/** Starts the worker, and resolves with its connection; without one where no worker can be had. */
function startBeats(onBeat: (numbers: Uint8Array) => void): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const server = createServer((socket) => {
    server.close(); // one connection, the worker's
    socket.once("data", () => {
      resolve(socket);
      socket.on("data", onBeat);
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    // what it reads are milliseconds after which it is asked for a number of its own
    const code = `const socket = await Deno.connect({ hostname: "127.0.0.1", port: ${port} });
      let i = 0;
      const beat = () => socket.write(Uint8Array.of(i++));
      setInterval(beat, ${BEAT_TIME});
      for await (const delays of socket.readable) for (const delay of delays) setTimeout(beat, delay);`;
    const url = `data:application/javascript,${encodeURIComponent(code)}`;
    new Worker(url, { type: "module" }).onerror = (event) => {
      event.preventDefault();
      resolve(undefined);
    };
  });
  return promise;
}

/** The timers of the cells, put in place of Deno's. A timer's handle is one of Deno's, which never fires. */
class Timers {
  readonly #timers = new Map<unknown, { due: number; every: number; call: () => unknown }>();
  readonly #askForBeat: (delay: number) => void;
  /** Deno's own, for what a timer throws. */
  readonly #setTimeout = globalThis.setTimeout;

  constructor(askForBeat: (delay: number) => void) {
    this.#askForBeat = askForBeat;
    this.#replace(
      "setTimeout",
      (own, [callback, delay, ...args]) => this.#set(own, 0, callback, delay, args),
    );
    this.#replace(
      "setInterval",
      (own, [callback, delay, ...args]) => this.#set(own, 1, callback, delay, args),
    );
    for (const name of ["clearTimeout", "clearInterval"]) {
      this.#replace(name, (own, [handle]) => {
        this.#timers.delete(handle);
        return own(handle);
      });
    }
  }

  // deno-lint-ignore no-explicit-any -- what a caller may give to setTimeout
  #replace(name: string, by: (own: (...args: any[]) => unknown, args: any[]) => unknown): void {
    const globals = globalThis as unknown as Record<string, (...args: unknown[]) => unknown>;
    globals[name] = new Proxy(globals[name], {
      apply: (target, self, args) => by((...args) => Reflect.apply(target, self, args), args),
    });
  }

  #set(
    own: (...args: unknown[]) => unknown,
    isRepeated: 0 | 1,
    callback: unknown,
    delay: unknown,
    args: unknown[],
  ): unknown {
    const wait = Math.max(1, Number(delay) || 0);
    if (typeof callback !== "function" || wait > MAX_DELAY) return own(callback, delay, ...args);
    const handle = own(callback, MAX_DELAY);
    const timer = {
      due: performance.now() + wait,
      every: isRepeated * wait,
      call: () => callback(...args),
    };
    this.#timers.set(handle, timer);
    if (wait < BEAT_TIME) this.#askForBeat(wait);
    return handle;
  }

  /** Calls those that are due, in their order. */
  run(): void {
    const now = performance.now();
    const due = [...this.#timers].filter(([, timer]) => timer.due <= now)
      .sort(([, a], [, b]) => a.due - b.due);
    for (const [handle, timer] of due) {
      if (!this.#timers.has(handle)) continue; // one of the others has cleared it
      if (timer.every === 0) clearTimeout(handle as number);
      else {
        timer.due = now + timer.every;
        if (timer.every < BEAT_TIME) this.#askForBeat(timer.every);
      }
      try {
        timer.call();
      } catch (error) {
        this.#setTimeout(() => { // reported as Deno reports what a timer throws
          throw error;
        });
      }
    }
  }

  /** Drops all that are called once, so that nothing waits for them. */
  clear(): void {
    for (const [handle, { every }] of this.#timers) {
      if (every === 0) clearTimeout(handle as number);
    }
  }
}
