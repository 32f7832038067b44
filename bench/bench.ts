/**
 * `deno task bench`: the article's jobs against NumPy, scikit-learn and the JavaScript libraries, in one session.
 *
 * Each run is a process of its own, and the sides take turns, so that a machine that slows down does so for all.
 * Medians are compared. Each side says what came out, and the job counts only where that agrees. What is missing
 * on this machine is left out, and said. Writes `bench/results/`.
 */

import { fromFileUrl } from "@std/path";
import { runCommand } from "../cli/shared/command.ts";
import { flag, type Parsed, text, UsageError, wholeNumber } from "../cli/shared/options.ts";
import { readMnistFile } from "../lib/mnist.ts";
import { type Growth, GROWTHS, type Job, JOBS, type Peer } from "./jobs.ts";
import { median } from "./measure.ts";
import { measurePeak } from "./peak.ts";
import { measureRace } from "./race.ts";
import { growthFigure, raceFigure, shortTable, speedFigure, table } from "./report.ts";
import type { GrowthPoint, Measured, Session } from "./session.ts";
import {
  cpuInfo,
  deno,
  describePython,
  hasAvx512,
  type Python,
  type Run,
  run,
  type Side,
} from "./sides.ts";

const RESULTS = new URL("results/", import.meta.url);

/** What can be measured. */
const KNOWN: readonly string[] = [...JOBS.map(({ id }) => id), "growth", "98"];

const OPTIONS = {
  rounds: wholeNumber(7, "how often each side runs a job"),
  jobs: text("A[,B…]", "all", `only these: ${KNOWN.join(", ")}`),
  python: text(
    "FILE",
    Deno.env.get("PYTHON") ?? "python3",
    "the Python that has NumPy and SciPy, and scikit-learn and PyTorch where they are to be compared",
  ),
  keep: flag("put what --jobs measured in place of what bench/results/ has of it"),
  redraw: flag("measure nothing: write the table and the figures of the results that are there"),
};

async function main(
  { rounds, jobs, python: pythonPath, keep, redraw }: Parsed<typeof OPTIONS>,
): Promise<number> {
  if (redraw) {
    const session = await readSession();
    await writeReport(session);
    console.log(await shortTable(session));
    return 0;
  }
  const chosen = jobs === "all" ? KNOWN : jobs.split(",");
  const unknown = chosen.find((id) => !KNOWN.includes(id));
  if (unknown) {
    throw new UsageError(`--jobs: there is no ${unknown}; there are ${KNOWN.join(", ")}`);
  }

  const python = await describePython(pythonPath);
  for (const line of python.missing) console.error(line);
  const session: Session = {
    machine: describeMachine(),
    versions: { deno: Deno.version.deno, ...python.versions },
    peak: await measurePeak(),
    jobs: [],
    growth: [],
    race: [],
  };
  console.error(
    `${session.machine}; 128-bit multiply-and-add peak ${session.peak.toFixed(1)} GF/s.`,
  );

  const folder = await mnistFolder();
  try {
    for (const job of JOBS.filter(({ id }) => chosen.includes(id))) {
      session.jobs.push(...await measureJob(job, sidesOf(job, python, folder), rounds));
    }
    if (chosen.includes("growth")) {
      for (const growth of GROWTHS) {
        session.growth.push(...await measureGrowth(growth, python, folder));
      }
    }
    if (chosen.includes("98")) session.race.push(...await measureRace(python, folder, rounds));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  console.log(await table(session));

  if (jobs !== "all" && !keep) return 0;
  const kept = jobs === "all" ? session : replaced(await readSession(), session);
  await writeReport(kept);
  console.error("Written to bench/results/. Now put this into the README:\n");
  console.log(await shortTable(kept));
  return 0;
}

/** A session with those parts of another one that were measured in it. */
function replaced(old: Session, measured: Session): Session {
  const { growth, race, versions, peak } = measured;
  return {
    ...old,
    peak,
    versions: { ...old.versions, ...versions },
    jobs: JOBS.flatMap(({ id }) => {
      const of = (session: Session) => session.jobs.filter(({ job }) => job === id);
      return of(measured).length > 0 ? of(measured) : of(old);
    }),
    growth: growth.length > 0 ? growth : old.growth,
    race: race.length > 0 ? race : old.race,
  };
}

/** The session that is kept. */
async function readSession(): Promise<Session> {
  return JSON.parse(await Deno.readTextFile(new URL("results.json", RESULTS)));
}

/** Writes a session's numbers, its table and its figures. */
async function writeReport(session: Session): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  await Deno.writeTextFile(
    new URL("results.json", RESULTS),
    JSON.stringify(session, null, 1) + "\n",
  );
  await Deno.writeTextFile(new URL("table.md", RESULTS), await table(session) + "\n");
  await speedFigure(session).save(fromFileUrl(new URL("speed.png", RESULTS)));
  await growthFigure(session).save(fromFileUrl(new URL("growth.png", RESULTS)));
  if (session.race.length > 0) {
    await raceFigure(session).save(fromFileUrl(new URL("race.png", RESULTS)));
  }
}

// --- who takes part ------------------------------------------------------------------------------

function sidesOf(job: Job, python: Python, folder: string): Side[] {
  const script = fromFileUrl(new URL("numpy_jobs.py", import.meta.url));
  const threads = String(job.threads ?? 1);
  const numpy = (
    name: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Side => ({
    name,
    command: [python.command, script, args[0], folder, ...args.slice(1)],
    env: {
      OPENBLAS_NUM_THREADS: threads,
      MKL_NUM_THREADS: threads,
      OMP_NUM_THREADS: threads,
      ...env,
    },
  });
  return [
    { name: "ours", command: deno("bench/ours.ts", ...job.ours) },
    ...(python.hasNumpy ? [numpy("NumPy", job.numpy)] : []),
    // the same library with the kernels that it has for processors without AVX-512
    ...(python.hasNumpy && hasAvx512()
      ? [numpy("NumPy, AVX2", job.numpy, { OPENBLAS_CORETYPE: "Haswell" })]
      : []),
    ...(job.id === "main" && python.hasScikit ? [numpy("scikit-learn", ["scikit"])] : []),
    ...(job.peers ?? []).map(({ name, file, epochs }: Peer): Side => ({
      name,
      command: deno("--config", "bench/peers/deno.json", `bench/peers/${file}`, String(epochs)),
      factor: 300 / epochs,
      rounds: 3,
    })),
  ];
}

// --- measuring -----------------------------------------------------------------------------------

async function measureJob(job: Job, sides: Side[], rounds: number): Promise<Measured[]> {
  console.error(`\n${job.title}`);
  const runs = sides.map((): Run[] => []);
  for (let round = 0; round < Math.min(rounds, job.rounds ?? rounds); round++) {
    for (const [i, side] of sides.entries()) {
      if (round >= (side.rounds ?? Infinity)) continue;
      const one = await run(side);
      runs[i].push(one);
      const peer = job.peers?.find(({ name }) => name === side.name);
      const [first] = runs[0];
      const agrees = side.name === "scikit-learn" // a softmax on top, and its own order: as good, not equal
        ? one.result.trainRight >= 400
        : peer
        ? Math.abs(one.result.first / first.result.first - 1) <= peer.tolerance
        : job.agree(first.result, one.result);
      if (!agrees) {
        throw new Error(
          `${job.id}: ${side.name} did something else than we: ${JSON.stringify(one.result)}, ` +
            `ours is ${JSON.stringify(first.result)}`,
        );
      }
    }
  }
  return sides.map((side, i) => {
    const factor = side.factor ?? 1;
    const times = runs[i].map((one) => factor * (job.isWholeProcess ? one.wall : one.seconds));
    const measured: Measured = {
      job: job.id,
      side: side.name,
      seconds: median(times),
      fastest: Math.min(...times),
      slowest: Math.max(...times),
      runs: times.length,
      peakMiB: median(runs[i].map(({ peakMiB }) => peakMiB)),
      ...(factor === 1 ? {} : { extrapolatedFrom: 300 / factor }),
    };
    const ratio = measured.seconds /
      median(runs[0].map((one) => job.isWholeProcess ? one.wall : one.seconds));
    console.error(
      `  ${side.name.padEnd(30)} ${measured.seconds.toPrecision(3).padStart(8)} s  ` +
        `x ${ratio.toFixed(2).padStart(6)}  ${measured.peakMiB.toFixed(0).padStart(5)} MiB`,
    );
    return measured;
  });
}

async function measureGrowth(
  growth: Growth,
  python: Python,
  folder: string,
): Promise<GrowthPoint[]> {
  console.error(`\ngrowth: ${growth.label}`);
  const points: GrowthPoint[] = [];
  for (const value of growth.values) {
    const sizes = growth.sizes(value).map(String);
    const job: Job = {
      id: growth.name,
      title: "",
      ours: ["epochs", ...sizes, "1"],
      numpy: ["epochs", ...sizes],
      agree: () => true,
    };
    const [one, numpy] = sidesOf(job, python, folder);
    const two = {
      name: "ours, two threads",
      command: deno("bench/ours.ts", "epochs", ...sizes, "2"),
    };
    const sides = [
      { ...one, name: "ours, one thread" },
      two,
      ...(python.hasNumpy ? [{ ...numpy, name: "NumPy, one thread" }] : []),
    ];
    const runs = sides.map((): Run[] => []);
    for (let round = 0; round < 3; round++) {
      for (const [i, side] of sides.entries()) runs[i].push(await run(side));
    }
    if (runs[0][0].result.weightsSha256 !== runs[1][0].result.weightsSha256) {
      throw new Error(`growth: two threads gave other weights than one at ${value} ${growth.name}`);
    }
    for (const [i, { name }] of sides.entries()) {
      const seconds = median(
        runs[i].map(({ seconds, result }) => growth.isTotal ? result.total : seconds),
      );
      const peakMiB = median(runs[i].map(({ peakMiB }) => peakMiB));
      points.push({ varied: growth.name, value, side: name, seconds, peakMiB });
      console.error(`  ${value} ${name}: ${seconds.toPrecision(3)} s, ${peakMiB.toFixed(0)} MiB`);
    }
  }
  return points;
}

// --- the machine ---------------------------------------------------------------------------------

function describeMachine(): string {
  const model = cpuInfo().match(/model name\s*: (.+)/)?.[1] ?? Deno.build.arch;
  const vectors = hasAvx512() ? ", AVX-512" : "";
  return `${model}${vectors}, ${navigator.hardwareConcurrency} cores, ${Deno.build.os}`;
}

/** MNIST's files in a folder, for those who do not know our package. */
async function mnistFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nn-bench-" });
  for (const [split, prefix] of [["train", "train"], ["test", "t10k"]] as const) {
    for (const [part, name] of [["images", "images-idx3"], ["labels", "labels-idx1"]] as const) {
      const bytes = await readMnistFile({ split, part });
      await Deno.writeFile(`${folder}/${prefix}-${name}-ubyte`, bytes);
    }
  }
  return folder;
}

await runCommand({
  name: "bench",
  summary: "Measures the article's jobs, ours and others', and writes bench/results/.",
  options: OPTIONS,
  notes: [
    "All take half an hour to an hour, and replace what is in bench/results/.",
  ],
  main,
});
