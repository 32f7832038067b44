/**
 * `deno task engines`: runs one program (`program.ts`) in every JavaScript engine that can be had here, as it is
 * and as bundlers build it, and checks that all of them compute the same bits.
 *
 * Engines and bundlers come from npm, by Deno's own installer, into a cache outside of the project; a browser is the
 * Chromium that is installed. An engine that cannot be had is skipped, by name; one that fails, or that has other bits,
 * fails the command.
 */

import { join } from "@std/path";
import { fromWhereCalled, runCommand } from "../../cli/shared/command.ts";
import type { Report } from "./program.ts";
import { runArm64 } from "./arm64.ts";
import { type Answer, BUNDLERS, DENO_BUNDLE, Tools, UnavailableError } from "./tools.ts";
import { flag, type Parsed, text, UsageError } from "../../cli/shared/options.ts";
import { seconds } from "../../cli/shared/progress.ts";

/** The SHA-256 that `program.ts` has everywhere. */
export const EXPECTED = "f5f35d71a0221b8646a0136ef0556de877aea99aa1cc94a8f0248aacc3cf2b6e";

/** A program in an engine: a row of the table. */
export interface Case {
  readonly program: string;
  readonly engine: string;
  /** The kernels that it must use. Default: "simd". */
  readonly kernels?: "simd" | "plain";
  /** How many threads must be at work when two are asked for. Default: one is enough. */
  readonly threads?: number;
  /** Where `trainAsync` must train. Default: "worker". */
  readonly async?: "worker" | "here";
  readonly run: (tools: Tools) => Promise<Answer>;
}

/** A case and its outcome. */
export interface Outcome extends Pick<Case, "program" | "engine">, Partial<Report> {
  readonly version?: string;
  readonly verdict: "same bits" | "FAILED" | "skipped";
  /** Why it failed or was skipped. */
  readonly note?: string;
}

/** All cases, in the order of the table. */
export const CASES: readonly Case[] = [
  // without permission to read its files, the library has no worker
  {
    program: "source",
    engine: "Deno",
    threads: 2,
    async: "here",
    run: (t) => t.inDeno("program.ts"),
  },
  { program: "source by URL", engine: "Deno", threads: 2, run: (t) => t.inDenoByUrl() },
  {
    program: "source",
    engine: "Deno without WebAssembly",
    kernels: "plain",
    async: "here",
    run: (t) => t.inDeno("plain.ts"),
  },
  { program: "source", engine: "Bun", threads: 2, run: (t) => t.inEngine("bun") },
  { program: "source", engine: "Node.js 26", run: (t) => t.inEngine("node26") },
  ...BUNDLERS.flatMap((bundler): Case[] => [
    { program: bundler.name, engine: "Node.js 20", run: (t) => t.inEngine("node20", bundler) },
    { program: bundler.name, engine: "Chromium, page", run: (t) => t.inChromium(bundler) },
    {
      program: bundler.name,
      engine: "Chromium, worker of an isolated page",
      threads: 2,
      run: (t) => t.inChromium(bundler, { worker: true, isolated: true }),
    },
  ]),
  {
    program: DENO_BUNDLE.name,
    engine: "Chromium, worker",
    run: (t) => t.inChromium(DENO_BUNDLE, { worker: true }),
  },
  {
    program: DENO_BUNDLE.name,
    engine: "Node.js 26",
    run: (t) => t.inEngine("node26", DENO_BUNDLE),
  },
  {
    program: DENO_BUNDLE.name,
    engine: "Node.js on the PATH",
    run: (t) => t.inEngine("node", DENO_BUNDLE),
  },
];

/** What is wrong with a report, or undefined. */
export function findFault(
  { kernels = "simd", threads = 1, async = "worker" }: Case,
  report: Answer["report"],
): string | undefined {
  if ("error" in report) return report.error;
  if (report.sha256 !== EXPECTED) {
    return `the SHA-256 of weights and predictions is ${report.sha256}, expected ${EXPECTED}`;
  }
  if (report.kernels !== kernels) {
    return `expected the ${kernels} kernels, got the ${report.kernels} ones: ${report.reason}`;
  }
  if (report.threads < threads) return `expected ${threads} threads at work, got ${report.threads}`;
  if (report.async !== async) return `expected trainAsync ${async}, got it ${report.async}`;
}

/** Runs a case. Never throws: a failure is an outcome. */
export async function runCase(tools: Tools, tried: Case): Promise<Outcome> {
  const { program, engine } = tried;
  try {
    const { version, report } = await tried.run(tools);
    const note = findFault(tried, report);
    const verdict = note === undefined ? "same bits" : "FAILED";
    return { program, engine, version, ...report, verdict, note };
  } catch (error) {
    const verdict = error instanceof UnavailableError ? "skipped" : "FAILED";
    return { program, engine, verdict, note: (error as Error).message };
  }
}

/** The table, and below it whatever was skipped or failed, and why. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  const cells = [
    [
      "program",
      "engine",
      "version",
      "kernels",
      "threads",
      "async",
      "SHA-256",
      "seconds",
      "verdict",
    ],
    ...outcomes.map((o) => [
      o.program,
      o.engine,
      o.version ?? "",
      o.kernels ?? "",
      String(o.threads ?? ""),
      o.async ?? "",
      o.sha256?.slice(0, 8) ?? "",
      o.seconds?.toFixed(2) ?? "",
      o.verdict,
    ]),
  ];
  const widths = cells[0].map((_, c) => Math.max(...cells.map((line) => line[c].length)));
  const notes = outcomes.filter(({ note }) => note !== undefined)
    .map(({ program, engine, verdict, note }) => `${verdict}: ${program} in ${engine}: ${note}`);
  return [
    ...cells.map((line) => line.map((cell, c) => cell.padEnd(widths[c])).join("  ").trimEnd()),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}

const OPTIONS = {
  only: text("TEXT", undefined, "only the rows with TEXT in their program or engine"),
  arm64: flag("instead: two standard runs on an emulated ARM64, for bench/results/ (minutes)"),
  json: flag("print one JSON array on stdout"),
};

/** The cases that are asked for. */
export function selectCases(only = ""): readonly Case[] {
  const cases = CASES.filter(({ program, engine }) =>
    `${program} in ${engine}`.toLowerCase().includes(only.toLowerCase())
  );
  if (cases.length > 0) return cases;
  throw new UsageError(`no program or engine has ${JSON.stringify(only)} in its name`);
}

/** Where engines and bundlers stay from run to run: outside of the project. */
function cacheFolder(): string {
  const folder = Deno.env.get("NN_ENGINES_CACHE");
  if (folder !== undefined) return fromWhereCalled(folder);
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".";
  return join(Deno.env.get("XDG_CACHE_HOME") ?? join(home, ".cache"), "nn-engines");
}

async function main({ only, arm64, json }: Parsed<typeof OPTIONS>): Promise<number> {
  if (arm64) return await runArm64(cacheFolder());
  const cases = selectCases(only);
  const tools = new Tools(cacheFolder());
  const outcomes: Outcome[] = [];
  try {
    for (const tried of cases) {
      const start = performance.now();
      const outcome = await runCase(tools, tried);
      outcomes.push(outcome);
      const time = seconds((performance.now() - start) / 1000);
      console.error(`${tried.program} in ${tried.engine}: ${outcome.verdict} (${time})`);
    }
  } finally {
    await tools.close();
  }
  console.log(json ? JSON.stringify(outcomes) : `\n${formatOutcomes(outcomes)}`);
  return outcomes.some(({ verdict }) => verdict === "FAILED") ? 1 : 0;
}

if (import.meta.main) {
  await runCommand({
    name: "engines",
    summary:
      "Trains the same networks in every JavaScript engine that can be had, and compares the bits.",
    options: OPTIONS,
    notes: [
      "Engines and bundlers come from npm, into a folder that can be deleted:\n" +
      `${cacheFolder()} (some 300 MB), or NN_ENGINES_CACHE.\n` +
      "The browser is the Chromium that is installed, or CHROME.",
    ],
    main,
  });
}
