/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The thread that hears Ctrl-C and SIGTERM: see `interrupts.ts`. */

import { answer, SIGNALS, type ToListener } from "./interrupts.ts";

self.onmessage = ({ data: told }: MessageEvent<ToListener>) => {
  const hear = () => {
    answer(told);
    self.postMessage("interrupted");
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, hear);
  self.postMessage("it listens");
};
