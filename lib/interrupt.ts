/**
 * What makes the Stop button of a notebook stop a cell that awaits, in the Deno kernel. `jupyter.ts` uses it; nothing
 * else depends on it, and when Deno mends its kernel this file can go.
 *
 * At an interrupt Deno 2.9 terminates the JavaScript that is running, and replies when the promise of the cell has been
 * collected as garbage: a minute later, or never. And where nothing is running, since the cell awaits a timer, the
 * termination hits whatever runs next; if that is a timer, the kernel runs no JavaScript from then on. The callback of a
 * `node:net` socket survives it, and so does a kernel in which a job of a promise was running.
 *
 * So a worker sends a number every 20 ms over a local socket, a beat. A number that is missing, or a job that began and
 * did not end, tells that there was an interrupt: it is said under the cell, all timers are dropped, and garbage is
 * collected. (On an idle kernel a Stop means nothing. Then all stands still until the next cell, and so it is told.)
 * Timers are called from the socket's callback, as those of Deno would not survive. All of Deno's internals are looked for
 * first; where one is missing nothing is changed.
 *
 * Not covered, so that the kernel has to be restarted: a cell that waits for a promise which something outside of it
 * holds (another cell, a server, `node:timers`), for a download or another operation of Deno's. A cell that never awaits
 * is stopped by Deno itself, at once and without a word.
 *
 * @module
 */

import { createServer, type Socket } from "node:net";
import { Session } from "node:inspector";

/** Milliseconds between two beats. */
const BEAT_TIME = 20;
/** The longest time of a timer of Deno's. */
const MAX_DELAY = 2 ** 31 - 1;
/** Milliseconds without a beat after which a missing one was lost on an idle kernel: while a cell awaits, the next comes. */
const STANDSTILL = 200;
/** How often garbage is collected after an interrupt: what the first round frees can hold what the next one does. */
const COLLECTIONS = 3;

interface PromiseHooks {
  setPromiseHooks?: (
    init: null,
    before: () => void,
    after: () => void,
    resolve: null,
  ) => void;
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

  let isInJob = false, isJobLost = false, isInBeat = false, collections = 0;
  let lastNumber: number | undefined, lastBeat = performance.now();
  core.setPromiseHooks(
    null,
    () => {
      isJobLost ||= isInJob; // the job before this one did not come to its end
      isInJob = true;
    },
    () => {
      isInJob = false;
    },
    null,
  );

  function onBeat(numbers: Uint8Array): void {
    const isMissing = lastNumber !== undefined && numbers[0] !== (lastNumber + 1) % 256;
    const isBeatLost = isMissing || isInBeat, wasIdle = performance.now() - lastBeat > STANDSTILL;
    if (isInJob || isJobLost || (isBeatLost && !wasIdle)) {
      collections = COLLECTIONS;
      timers.clear();
      say();
    }
    isInJob = isJobLost = false;
    lastNumber = numbers.at(-1);
    lastBeat = performance.now();
    isInBeat = true;
    if (collections > 0) {
      collections--;
      inspector.post("HeapProfiler.collectGarbage");
    }
    timers.runOne();
    isInBeat = false;
  }
}

/** Starts the worker, and resolves with its connection; without one where no worker can be had. */
function startBeats(onBeat: (numbers: Uint8Array) => void): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const giveUp = () => resolve(undefined);
  const server = createServer((socket) => {
    server.close(); // one connection, the worker's
    socket.setNoDelay(true);
    socket.on("error", giveUp);
    socket.once("data", () => {
      resolve(socket);
      socket.on("data", onBeat);
    });
  });
  server.on("error", giveUp);
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    // what it reads are milliseconds after which it is asked for another beat
    const code = `const socket = await Deno.connect({ hostname: "127.0.0.1", port: ${port} });
      socket.setNoDelay(true);
      let i = 0;
      const beat = () => socket.write(Uint8Array.of(i++));
      setInterval(beat, ${BEAT_TIME});
      for await (const delays of socket.readable) for (const delay of delays) setTimeout(beat, delay);`;
    const url = `data:application/javascript,${encodeURIComponent(code)}`;
    new Worker(url, { type: "module" }).onerror = (event) => {
      event.preventDefault();
      giveUp();
    };
  });
  return promise;
}

/** A timer of a cell. */
interface Timer {
  /** When it is due, and after which time again: 0 for never. */
  due: number;
  readonly every: number;
  readonly call: () => unknown;
}

/** The timers of the cells, put in place of Deno's. A timer's handle is one of Deno's, which never fires. */
class Timers {
  readonly #timers = new Map<unknown, Timer>();
  readonly #askForBeat: (delay: number) => void;
  /** Deno's own, for what a timer throws. */
  readonly #setTimeout = globalThis.setTimeout;

  constructor(askForBeat: (delay: number) => void) {
    this.#askForBeat = askForBeat;
    for (const name of ["setTimeout", "setInterval"]) {
      this.#replace(name, (own, [callback, delay, ...args]) => {
        const wait = Math.max(1, Number(delay) || 0);
        const isOurs = typeof callback === "function" && wait <= MAX_DELAY;
        if (!isOurs) return own(callback, delay, ...args);
        const handle = own(callback, MAX_DELAY);
        this.#timers.set(handle, {
          due: performance.now() + wait,
          every: name === "setInterval" ? wait : 0,
          call: () => Reflect.apply(callback, handle, args),
        });
        this.#askBefore(wait);
        return handle;
      });
    }
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

  /** Asks for a beat where the next one would come late. */
  #askBefore(wait: number): void {
    if (wait < BEAT_TIME) this.#askForBeat(Math.ceil(wait));
  }

  /** Calls the one that is due first; the others with beats of their own, so that promises have their turn between. */
  runOne(): void {
    const now = performance.now();
    const due = [...this.#timers].filter(([, timer]) => timer.due <= now)
      .sort(([, a], [, b]) => a.due - b.due);
    if (due.length > 1) this.#askForBeat(0);
    const [first] = due;
    if (!first) return;
    const [handle, timer] = first;
    if (!isAlive(handle)) {
      this.#timers.delete(handle);
      return;
    }
    if (timer.every === 0) clearTimeout(handle as number);
    else {
      timer.due = now + timer.every;
      this.#askBefore(timer.every);
    }
    try {
      timer.call();
    } catch (error) {
      this.#setTimeout(() => { // reported as Deno reports what a timer throws
        throw error;
      });
    }
  }

  /** Drops all, so that nothing waits for them. */
  clear(): void {
    for (const handle of this.#timers.keys()) clearTimeout(handle as number);
  }
}

/** Whether a handle was not closed by its own methods, or by `node:timers`. */
function isAlive(handle: unknown): boolean {
  return (handle as { _idleTimeout?: number })._idleTimeout !== -1;
}
