/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The thread that hears Ctrl-C and SIGTERM: see `interrupts.ts`. */

import { answer, SIGNALS, type ToListener } from "./interrupts.ts";

/** Milliseconds in which signals are one: `deno task` sends on what the terminal has sent to all. */
const ONE = 300;

self.onmessage = ({ data: told }: MessageEvent<ToListener>) => {
  let last = -Infinity;
  const hear = () => {
    const now = performance.now(), isOne = now - last < ONE;
    last = now;
    if (isOne) return;
    answer(told);
    self.postMessage("interrupted");
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, hear);
  self.postMessage("it listens");
};
