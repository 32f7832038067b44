/** The machine's own 128-bit multiply-and-add peak: what the kernels are measured by. */

import { compile } from "../cli/build.ts";

/** GF/s of one core: the best of some runs, since anything else on the machine can only take away from it. */
export async function measurePeak(): Promise<number> {
  const source = await Deno.readTextFile(new URL("peak.as.ts", import.meta.url));
  const { instance } = await WebAssembly.instantiate(await compile(source, "peak.as.ts"));
  const multiplyAndAdd = instance.exports.multiplyAndAdd as (
    ...args: number[]
  ) => number;
  const rounds = 5e6;
  let best = 0;
  for (let run = 0; run < 15; run++) {
    const start = performance.now();
    multiplyAndAdd(rounds, 1 + 1e-9);
    const seconds = (performance.now() - start) / 1000;
    best = Math.max(best, 14 * 2 * rounds / seconds / 1e9);
  }
  return best;
}
