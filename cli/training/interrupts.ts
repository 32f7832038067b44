/**
 * Ctrl-C, SIGTERM and SIGHUP while a command trains. A thread of its own hears them and says so at once, since a training
 * leaves no turn to others for as long as an epoch takes; the training asks after each step whether it is to end. Once one
 * was heard, and while the result is reported and saved, no other one ends the process: that would lose what was learned.
 */

import { InterruptedError } from "../shared/command.ts";
import { tell } from "../shared/progress.ts";

/** A terminal that is closed sends SIGHUP. On Windows Deno knows neither that nor SIGTERM. */
export const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** What the thread is told. */
export interface ToListener {
  /** [how often it was interrupted while it trained, whether the training has ended, how often it was interrupted then] */
  readonly shared: Int32Array<SharedArrayBuffer>;
  readonly isQuiet: boolean;
}

/** Answers one, over the progress bar, if there is one. */
export function answer({ shared, isQuiet }: ToListener): void {
  const hasEnded = Atomics.load(shared, 1) === 1;
  const isFirst = Atomics.add(shared, hasEnded ? 2 : 0, 1) === 0;
  const words = hasEnded
    ? isFirst
      ? "The training has ended: its result is on the way. Once more, and it is left out."
      : "The result is left out."
    : isFirst
    ? "Stopping: what was learned so far is reported."
    : "It is stopping: a moment.";
  if (!isQuiet) tell(words, Deno.stderr.isTerminal() ? "\r\x1b[K" : "");
}

/** Listens from when it is made on. */
export class Interrupts {
  readonly #shared = new Int32Array(new SharedArrayBuffer(12));
  readonly #controller = new AbortController();
  readonly #ready: Promise<void>;

  constructor(isQuiet: boolean) {
    const url = new URL("./interrupts_worker.ts", import.meta.url);
    const listener = new Worker(url, { type: "module", name: "interrupts" });
    const told: ToListener = { shared: this.#shared, isQuiet };
    listener.postMessage(told);
    const listens = Promise.withResolvers<void>();
    listener.onmessage = ({ data }) =>
      data === "it listens" ? listens.resolve() : this.#controller.abort();
    // what came before the thread listened has its turn now
    this.#ready = listens.promise.then(() => new Promise((resolve) => setTimeout(resolve)));
    let isReady = false;
    this.#ready.then(() => isReady = true);
    // until then the process would die of one, and nobody would answer
    for (const signal of SIGNALS) {
      Deno.addSignalListener(signal, () => {
        this.#controller.abort();
        if (!isReady) answer(told);
      });
    }
  }

  /** Until the thread listens: a training that began before would not be interrupted within its first epoch. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Whether the training is to end. */
  get isInterrupted(): boolean {
    return Atomics.load(this.#shared, 0) > 0 || this.#controller.signal.aborted;
  }

  /** The same for what waits, and so leaves turns to others. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends what calls it, where it is to end. */
  check(): void {
    if (Atomics.load(this.#shared, 0) > 0) {
      throw new InterruptedError("the training was interrupted");
    }
  }

  /** Ends what calls it for the result, where that is to be left out. */
  checkResult(): void {
    if (Atomics.load(this.#shared, 2) > 1) throw new InterruptedError("the result was left out");
  }

  /** Says whether it trains; while it does not, one Ctrl-C ends nothing: the result is on the way. */
  set isTraining(isTraining: boolean) {
    Atomics.store(this.#shared, 1, Number(!isTraining));
  }
}
