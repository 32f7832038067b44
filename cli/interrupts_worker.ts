/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The thread that hears Ctrl-C and SIGTERM: see `interrupts.ts`. */

import { say, SIGNALS, STOPPING, type ToListener } from "./interrupts.ts";

self.onmessage = ({ data: { shared, isQuiet } }: MessageEvent<ToListener>) => {
  const hear = () => {
    if (Atomics.load(shared, 1) === 1) {
      return say("The training has ended: its result is on the way.", isQuiet);
    }
    const isFirst = Atomics.add(shared, 0, 1) === 0;
    say(isFirst ? STOPPING : "It is stopping: a moment.", isQuiet);
    self.postMessage("interrupted");
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, hear);
  Atomics.store(shared, 2, 1);
};
