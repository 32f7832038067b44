/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The thread that hears Ctrl-C and SIGTERM: see `interrupts.ts`. */

import { SIGNALS, type ToListener } from "./interrupts.ts";

self.onmessage = ({ data: { shared, isQuiet } }: MessageEvent<ToListener>) => {
  const say = (words: string) => {
    if (isQuiet) return;
    const clear = Deno.stderr.isTerminal() ? "\r\x1b[K" : ""; // of the progress bar
    try {
      Deno.stderr.writeSync(new TextEncoder().encode(`${clear}${words}\n`));
    } catch {
      // nobody is there to read it
    }
  };
  const hear = () => {
    if (Atomics.load(shared, 1) === 1) {
      return say("The training has ended: its result is on the way.");
    }
    const isFirst = Atomics.add(shared, 0, 1) === 0;
    say(isFirst ? "Stopping: what was learned so far is reported." : "It is stopping: a moment.");
    self.postMessage("interrupted");
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, hear);
};
