/**
 * `deno task fuzz`: damages files, reads them, and says where a reader crashed, accepted what it should not, or took too much
 * time or memory. Each damaged file has a number, its seed, that makes it again.
 */

import { INTERRUPTED, runCommand } from "../../cli/shared/command.ts";
import { choices, type Parsed, wholeNumber } from "../../cli/shared/options.ts";
import { RandomState } from "../../lib/mod.ts";
import { type Format, FORMATS, isNamed } from "./formats.ts";
import { mutateBytes } from "./mutate.ts";

/** No file here has more than some kilobytes: a second and a gigabyte are far more than it takes to read one. */
const MOST_MILLISECONDS = 10_000, MOST_BYTES = 1e9;

/** How many files of a format are read in turn. */
const ROUND = 1000;

/** What became of some damaged files. */
export interface Outcome {
  /** How many were read, though damaged: what the damage did not touch, or what has another meaning now. */
  accepted: number;
  /** The longest that one took, in milliseconds. */
  slowest: number;
  /** What should not be, by the seeds of the files. */
  readonly findings: Map<number, unknown>;
}

/** The damaged file of a seed. */
export function mutant({ files, mutate }: Format, seed: number): Uint8Array<ArrayBuffer> {
  const rng = new RandomState(seed), file = files[rng.randint(files.length)];
  return mutate && rng.randint(2) === 0 ? mutate(rng, file) : mutateBytes(rng, file, files);
}

/** Reads the damaged files of `count` seeds from `seed` on. */
export async function fuzz(format: Format, seed: number, count: number): Promise<Outcome> {
  const outcome: Outcome = { accepted: 0, slowest: 0, findings: new Map() };
  const { rss: before } = Deno.memoryUsage();
  for (let s = seed; s < seed + count; s++) {
    const bytes = mutant(format, s), start = performance.now();
    try {
      await format.read(bytes);
      outcome.accepted++;
    } catch (error) {
      if (!isNamed(error)) outcome.findings.set(s, error);
    }
    const milliseconds = performance.now() - start;
    outcome.slowest = Math.max(outcome.slowest, milliseconds);
    if (milliseconds > MOST_MILLISECONDS) {
      outcome.findings.set(s, new Error(`it took ${Math.round(milliseconds / 1000)} s`));
    }
    if (s % 100 === 0 && Deno.memoryUsage().rss - before > MOST_BYTES) {
      outcome.findings.set(s, new Error("one of the last hundred took more than a gigabyte"));
      break;
    }
  }
  return outcome;
}

const OPTIONS = {
  format: choices(Object.keys(FORMATS), Object.keys(FORMATS), "damage files of these formats"),
  seed: wholeNumber(undefined, "the first seed; drawn if not said", { min: 0, max: 2 ** 31 }),
  count: wholeNumber(undefined, "how many files of each format; without end if not said"),
};

async function main(
  { format: names, seed, count = Infinity }: Parsed<typeof OPTIONS>,
): Promise<number> {
  Deno.addSignalListener("SIGINT", () => Deno.exit(INTERRUPTED));
  const first = seed ?? crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
  let findings = 0;
  for (let done = 0; done < count; done += ROUND) {
    for (const name of names) {
      const from = first + done, size = Math.min(ROUND, count - done);
      const outcome = await fuzz(FORMATS[name], from, size);
      await new Promise((resolve) => setTimeout(resolve)); // else Ctrl-C would not be heard
      console.log(
        `${name.padEnd(11)} seeds ${from} to ${from + size - 1}: ${outcome.accepted} accepted, ` +
          `the slowest in ${Math.round(outcome.slowest)} ms`,
      );
      for (const [seed, what] of outcome.findings) {
        console.log(`\n--format ${name} --seed ${seed} --count 1:`, what);
        console.log(mutant(FORMATS[name], seed).toBase64(), "\n");
      }
      findings += outcome.findings.size;
    }
  }
  return findings === 0 ? 0 : 1;
}

if (import.meta.main) {
  await runCommand({
    name: "fuzz",
    summary:
      `Reads damaged files of every format, and prints what a reader should not have made of one: its
seed, the error, and the file in base64. Ctrl-C ends it.`,
    options: OPTIONS,
    main,
  });
}
