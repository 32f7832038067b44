/** Who takes part in the benchmark, and how one of them runs: a process of its own. */

import { fromFileUrl } from "@std/path";
import type { Result } from "./jobs.ts";

const ROOT = new URL("../", import.meta.url);

/** Everyone who does a job. */
export interface Side {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
  /** What its time is multiplied by. */
  readonly factor?: number;
  readonly rounds?: number;
}

/** What of Python is there. */
export interface Python {
  readonly command: string;
  readonly hasNumpy: boolean;
  readonly hasScikit: boolean;
  readonly hasTorch: boolean;
  readonly versions: Record<string, string>;
  readonly missing: string[];
}

/** Looks for the packages that take part. */
export async function describePython(command: string): Promise<Python> {
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
  const [numpy, scipy, scikit, torch] = [
    await versionOf("numpy"),
    await versionOf("scipy"),
    await versionOf("sklearn"),
    await versionOf("torch"),
  ];
  const hasNumpy = numpy !== undefined && scipy !== undefined;
  return {
    command,
    hasNumpy,
    hasScikit: hasNumpy && scikit !== undefined,
    hasTorch: hasNumpy && torch !== undefined,
    versions: {
      ...(numpy ? { numpy } : {}),
      ...(scikit ? { "scikit-learn": scikit } : {}),
      ...(torch ? { torch } : {}),
    },
    missing: [
      ...(hasNumpy
        ? []
        : [`NumPy and SciPy: not in ${command}; name another by --python. Left out.`]),
      ...(scikit ? [] : [`scikit-learn: not in ${command}. Left out.`]),
      ...(torch ? [] : [`PyTorch: not in ${command}. Left out.`]),
    ],
  };
}

/** Deno, for a script of the project. */
export function deno(...args: string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--quiet", ...args];
}

/** What came of a process. */
export interface Run {
  readonly wall: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly result: Result;
}

/** Runs a side once. */
export async function run(side: Side): Promise<Run> {
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

/** What the system says of the processor. */
export function cpuInfo(): string {
  try {
    return Deno.readTextFileSync("/proc/cpuinfo");
  } catch {
    return "";
  }
}

/** Whether NumPy's kernels for AVX-512 can run. */
export function hasAvx512(): boolean {
  return /\bavx512f\b/.test(cpuInfo());
}
