/** `deno task engines`: the rows that need no download, and what the command makes of every kind of outcome. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  type Case,
  CASES,
  EXPECTED,
  findFault,
  formatOutcomes,
  runCase,
  selectCases,
} from "./engines/engines.ts";
import type { Report } from "./engines/program.ts";
import { type Answer, run, Tools, UnavailableError } from "./engines/tools.ts";
import { UsageError } from "../cli/shared/options.ts";

const REPORT: Report = {
  ...{ kernels: "simd", reason: "because", threads: 2, sha256: EXPECTED, seconds: 0.25 },
  async: "worker",
};
const CASE: Case = {
  program: "bundle",
  engine: "Engine",
  run: () => Promise.resolve({ version: "1.2", report: REPORT }),
};

async function withTools<T>(use: (tools: Tools) => Promise<T>): Promise<T> {
  const tools = new Tools("never-used");
  try {
    return await use(tools);
  } finally {
    await tools.close();
  }
}

Deno.test("Deno computes the same bits from files and by URL, with no permission, and without WebAssembly", async () => {
  await withTools(async (tools) => {
    for (const tried of CASES.filter(({ engine }) => engine.startsWith("Deno"))) {
      const { program, engine, verdict, note, kernels, threads } = await runCase(tools, tried);
      const isPlain = engine === "Deno without WebAssembly";
      assertEquals(
        { program, verdict, note, kernels, threads },
        {
          program: tried.program,
          verdict: "same bits",
          note: undefined,
          kernels: isPlain ? "plain" : "simd",
          threads: isPlain ? 1 : 2,
        },
      );
    }
  });
});

Deno.test("a report has a fault if its hash, its kernels or its threads are others than expected", () => {
  const fault = (report: Answer["report"], more?: Partial<Case>) =>
    findFault({ ...CASE, ...more }, report);
  assertEquals(fault(REPORT), undefined);
  assertEquals(fault({ ...REPORT, threads: 1 }), undefined);
  assertEquals(
    fault({ ...REPORT, sha256: "abc" }),
    `the SHA-256 of weights and predictions is abc, expected ${EXPECTED}`,
  );
  assertEquals(
    fault({ ...REPORT, kernels: "plain" }),
    "expected the simd kernels, got the plain ones: because",
  );
  assertEquals(
    fault(REPORT, { kernels: "plain" }),
    "expected the plain kernels, got the simd ones: because",
  );
  assertEquals(
    fault({ ...REPORT, threads: 1 }, { threads: 2 }),
    "expected 2 threads at work, got 1",
  );
  assertEquals(fault({ ...REPORT, async: "here" }), "expected trainAsync worker, got it here");
  assertEquals(fault({ ...REPORT, async: "here" }, { async: "here" }), undefined);
  assertEquals(fault({ error: "TypeError: no" }), "TypeError: no");
});

Deno.test("an engine that cannot be had is skipped, one that fails or has other bits has failed, in a table with the reasons", async () => {
  const throwing = (error: Error): Case => ({ ...CASE, run: () => Promise.reject(error) });
  const wrong = { ...REPORT, sha256: "abcdefgh" + EXPECTED.slice(8) };
  const cases: Case[] = [
    CASE,
    { ...CASE, run: () => Promise.resolve({ version: "1.10", report: wrong }) },
    throwing(new UnavailableError("there is none")),
    throwing(new Error("it crashed")),
  ];
  const outcomes = await withTools((tools) =>
    Promise.all(cases.map((tried) => runCase(tools, tried)))
  );
  assertEquals(outcomes.map(({ verdict }) => verdict), [
    "same bits",
    "FAILED",
    "skipped",
    "FAILED",
  ]);
  assertEquals(
    formatOutcomes(outcomes),
    `program  engine  version  kernels  threads  async   SHA-256   seconds  verdict
bundle   Engine  1.2      simd     2        worker  ${EXPECTED.slice(0, 8)}  0.25     same bits
bundle   Engine  1.10     simd     2        worker  abcdefgh  0.25     FAILED
bundle   Engine                                                        skipped
bundle   Engine                                                        FAILED

FAILED: bundle in Engine: the SHA-256 of weights and predictions is ${wrong.sha256}, expected ${EXPECTED}
skipped: bundle in Engine: there is none
FAILED: bundle in Engine: it crashed`,
  );
  assertEquals(formatOutcomes(outcomes.slice(0, 1)).split("\n").length, 2);
});

Deno.test("--only chooses by program and engine, in capitals or not, and says where nothing is left", () => {
  assertEquals(selectCases(), CASES);
  assertEquals(selectCases("ROLLUP").map(({ engine }) => engine), [
    "Node.js 20",
    "Chromium, page",
    "Chromium, worker of an isolated page",
  ]);
  assertThrows(
    () => selectCases("netscape"),
    UsageError,
    'no program or engine has "netscape" in its name',
  );
});

Deno.test("a command that is not there is unavailable, and one that fails says its first error", async () => {
  const failure = (command: string, ...args: string[]) =>
    run(command, args).then(() => "", (error) => `${error.name}: ${error.message}`);
  assertEquals(
    await failure("no-such-engine"),
    "UnavailableError: no-such-engine is not on the PATH",
  );
  assertEquals(
    await failure(
      Deno.execPath(),
      "eval",
      "console.error('fetching\\n\\nan error\\nhere\\nand there'); Deno.exit(3)",
    ),
    "Error: an error here",
  );
});

Deno.test("--arm64 without QEMU says what to install", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "tests/engines/engines.ts", "--arm64"],
    cwd: new URL("../", import.meta.url),
    env: { PATH: "" },
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [
    1,
    "engines: qemu-aarch64-static is not on the PATH: install it (Debian, Ubuntu: apt-get install qemu-user-static)\n",
  ]);
});
