/** The worker's side of `runs.ts`: one run, its epochs and its result. */

import type { Settings } from "./experiment.ts";
import { run } from "./runs.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ settings: Settings; threads: number }>) => void;
  postMessage: (message: unknown) => void;
};

scope.onmessage = async ({ data: { settings, threads } }) => {
  try {
    const onEpoch = (epoch: unknown) => scope.postMessage({ epoch });
    scope.postMessage({ run: await run(settings, { threads, onEpoch }) });
  } catch (error) {
    scope.postMessage({ error: (error as Error).message });
  }
};
