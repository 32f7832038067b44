/**
 * Time to 98.0 % of MNIST's test digits: whole processes that load, train, test after each epoch and end. Each side has
 * the settings that its own documentation suggests (`time_to_98/`), and five seeds. A second run of each side has the
 * same network and minibatches as all others, for two epochs: that is how fast it computes.
 */

import { fromFileUrl } from "@std/path";
import { median } from "./measure.ts";
import type { Raced } from "./session.ts";
import { deno, hasAvx512, type Python, run, type Side } from "./sides.ts";

interface Racer extends Side {
  readonly threads: number;
  /** The whole command but for the seed. */
  readonly call: (seed: number, settings?: string) => readonly string[];
}

/** Each side with so many seeds, taking turns. */
export async function measureRace(
  python: Python,
  folder: string,
  seeds: number,
): Promise<Raced[]> {
  console.error("\ntime to 98.0 % of MNIST's test digits, whole processes");
  const racers = racersOf(python, folder);
  const runs = racers.map((): Awaited<ReturnType<typeof run>>[] => []);
  const same = racers.map((): number[] => []);
  for (let seed = 0; seed < seeds; seed++) {
    for (const [i, racer] of racers.entries()) {
      runs[i].push(await run({ ...racer, command: racer.call(seed) }));
      if (seed >= 3) continue;
      const { result } = await run({ ...racer, command: racer.call(seed, "same") });
      same[i].push(result.epochSeconds[1]); // the first has just-in-time compilers in it
    }
  }
  return racers.map(({ name, threads }, i) => {
    const walls = runs[i].map(({ wall }) => wall);
    const raced: Raced = {
      ...{ side: name, threads },
      seconds: median(walls),
      fastest: Math.min(...walls),
      slowest: Math.max(...walls),
      seeds,
      reached: runs[i].filter(({ result }) => result.reached).length,
      epochs: median(runs[i].map(({ result }) => result.epochs)),
      peakMiB: median(runs[i].map(({ peakMiB }) => peakMiB)),
      sameEpoch: median(same[i]),
    };
    console.error(
      `  ${`${name}, ${threads}`.padEnd(32)} ${raced.seconds.toFixed(1).padStart(6)} s  ` +
        `${raced.epochs} epochs, ${raced.reached} of ${seeds}; the same network ${
          raced.sameEpoch.toPrecision(3)
        } s an epoch`,
    );
    return raced;
  });
}

function racersOf(python: Python, folder: string): Racer[] {
  const script = (file: string) => fromFileUrl(new URL(`time_to_98/${file}`, import.meta.url));
  const racer = (
    name: string,
    threads: number,
    start: readonly string[],
    env: Record<string, string> = {},
  ): Racer => {
    const call = (seed: number, settings?: string) =>
      [...start, folder, String(seed), String(threads), settings].filter((x) => x !== undefined);
    return { name, threads, env, call, command: [] };
  };
  const inPython = (name: string, file: string, env?: Record<string, string>) =>
    [1, 2].map((threads) => racer(name, threads, [python.command, script(file)], env));
  const peer = (file: string) => deno("--config", "bench/peers/deno.json", script(file));
  return [
    ...[1, 2].map((threads) => racer("ours", threads, deno(script("ours.ts")))),
    ...(python.hasNumpy ? inPython("NumPy, float32, our recipe", "numpy_float32.py") : []),
    ...(python.hasNumpy && hasAvx512()
      ? inPython("the same, AVX2", "numpy_float32.py", { OPENBLAS_CORETYPE: "Haswell" })
      : []),
    ...(python.hasScikit ? inPython("scikit-learn", "scikit_learn.py") : []),
    ...(python.hasTorch ? inPython("PyTorch", "pytorch.py") : []),
    racer("TensorFlow.js, wasm", 1, peer("tfjs_wasm.ts")),
    ...[1, 2].map((threads) => racer("jax-js, wasm", threads, peer("jax_js.ts"))),
  ];
}
