/**
 * `deno task bench`: the article's jobs against NumPy, scikit-learn and the JavaScript libraries, in one session.
 *
 * Each run is a process of its own, and the sides take turns, so that a machine that slows down does so for all.
 * Medians are compared. Each side says what came out, and the job counts only where that agrees. What is missing
 * on this machine is left out, and said. Writes `bench/results/`.
 */

import { fromFileUrl } from "@std/path";
import { runCommand } from "../cli/command.ts";
import { flag, type Parsed, text, UsageError, wholeNumber } from "../cli/options.ts";
import { readMnistFile } from "../lib/mnist.ts";
import { type Growth, GROWTHS, type Job, JOBS, type Peer, type Result } from "./jobs.ts";
import { median } from "./measure.ts";
import { measurePeak } from "./peak.ts";
import { growthFigure, shortTable, speedFigure, table } from "./report.ts";
import type { GrowthPoint, Measured, Session } from "./session.ts";

const ROOT = new URL("../", import.meta.url);
const RESULTS = new URL("results/", import.meta.url);

/** What can be measured. */
const KNOWN: readonly string[] = [...JOBS.map(({ id }) => id), "growth"];

const OPTIONS = {
  rounds: wholeNumber(7, "how often each side runs a job"),
  jobs: text("A[,B…]", "all", `only these: ${KNOWN.join(", ")}`),
  python: text(
    "FILE",
    Deno.env.get("PYTHON") ?? "python3",
    "the Python that has NumPy and SciPy, and scikit-learn where it is to be compared",
  ),
  redraw: flag("measure nothing: write the table and the figures of the results that are there"),
};

/** Everyone who does a job. */
export interface Side {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
  /** What its time is multiplied by. */
  readonly factor?: number;
  readonly rounds?: number;
}

async function main(
  { rounds, jobs, python: pythonPath, redraw }: Parsed<typeof OPTIONS>,
): Promise<number> {
  if (redraw) {
    const session: Session = JSON.parse(
      await Deno.readTextFile(new URL("results.json", RESULTS)),
    );
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
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  console.log(await table(session));

  if (jobs !== "all") return 0; // a part of a session is not kept
  await writeReport(session);
  console.error("Written to bench/results/. Now put this into the README:\n");
  console.log(await shortTable(session));
  return 0;
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
}

// --- who takes part ------------------------------------------------------------------------------

interface Python {
  readonly command: string;
  readonly hasNumpy: boolean;
  readonly hasScikit: boolean;
  readonly versions: Record<string, string>;
  readonly missing: string[];
}

async function describePython(command: string): Promise<Python> {
  const versionOf = async (module: string) => {
    try {
      const args = ["-c", `import ${module}; print(${module}.__version__)`];
      const { success, stdout } = await new Deno.Command(command, { args, stderr: "null" })
        .output();
      return success ? new TextDecoder().decode(stdout).trim() : undefined;
    } catch {
      return undefined;
    }
  };
  const [numpy, scipy, scikit] = [
    await versionOf("numpy"),
    await versionOf("scipy"),
    await versionOf("sklearn"),
  ];
  const hasNumpy = numpy !== undefined && scipy !== undefined;
  return {
    command,
    hasNumpy,
    hasScikit: hasNumpy && scikit !== undefined,
    versions: { ...(numpy ? { numpy } : {}), ...(scikit ? { "scikit-learn": scikit } : {}) },
    missing: [
      ...(hasNumpy
        ? []
        : [`NumPy and SciPy: not in ${command}; name another by --python. Left out.`]),
      ...(scikit ? [] : [`scikit-learn: not in ${command}. Left out.`]),
    ],
  };
}

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

function deno(...args: string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--quiet", ...args];
}

// --- measuring -----------------------------------------------------------------------------------

interface Run {
  readonly wall: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly result: Result;
}

async function run(side: Side): Promise<Run> {
  const [command, ...args] = side.command;
  // BLAS is to choose for itself, whatever this machine's settings are
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("OPENBLAS_"));
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: fromFileUrl(ROOT),
    clearEnv: true,
    env: { ...Object.fromEntries(own), ...side.env },
  }).output();
  const wall = (performance.now() - start) / 1000;
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`${side.name} failed: ${decode(stderr)}`);
  const { seconds, peakMiB, result, errors } = JSON.parse(decode(stdout).split("\n").at(-1)!);
  return { wall, seconds, peakMiB, result: result ?? { first: errors[0] } };
}

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

function cpuInfo(): string {
  try {
    return Deno.readTextFileSync("/proc/cpuinfo");
  } catch {
    return "";
  }
}

function hasAvx512(): boolean {
  return /\bavx512f\b/.test(cpuInfo());
}

function describeMachine(): string {
  const model = cpuInfo().match(/model name\s*: (.+)/)?.[1] ?? Deno.build.arch;
  const vectors = hasAvx512() ? ", AVX-512" : "";
  return `${model}${vectors}, ${navigator.hardwareConcurrency} cores, ${Deno.build.os}`;
}

/** MNIST's training files in a folder, for Python. */
async function mnistFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nn-bench-" });
  for (const [part, name] of [["images", "images-idx3"], ["labels", "labels-idx1"]] as const) {
    await Deno.writeFile(
      `${folder}/train-${name}-ubyte`,
      await readMnistFile({ split: "train", part }),
    );
  }
  return folder;
}

await runCommand({
  name: "bench",
  summary: "Measures the article's jobs, ours and others', and writes bench/results/.",
  options: OPTIONS,
  notes: [
    "All take ten minutes to half an hour. What is measured replaces what bench/results/ has of it.",
  ],
  main,
});
