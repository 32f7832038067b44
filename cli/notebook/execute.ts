/** Executing a notebook in a fresh kernel, and comparing what comes out with what is there. */

import { basename, dirname, join } from "@std/path";
import { refuse } from "../shared/options.ts";
import { checkCells } from "./chapters.ts";
import { endGuarded, startGuarded, within } from "./guarded.ts";
import { type CellResult, Kernel } from "./kernel.ts";
import {
  type Cell,
  comparable,
  hasTag,
  imagesOf,
  joined,
  kinds,
  type Notebook,
  type Output,
  readNotebook,
  toFileForm,
  VOLATILE,
} from "./notebook.ts";

/** Executed before any cell: Deno's kernel passes over what nobody catches, or stands still; now it is an error. */
const CATCH_ALL = `for (const type of ["error", "unhandledrejection"]) {
  addEventListener(type, (event) => {
    event.preventDefault();
    const error = "reason" in event ? event.reason : event.error;
    const { name = "Error", message = Deno.inspect(error) } = error ?? {};
    const text = "Uncaught " + (error?.stack ?? Deno.inspect(error));
    Deno.jupyter.broadcast("error", { ename: name, evalue: message, traceback: [text] });
  });
}`;

/** A second in which what the cells have left behind, timers and promises, may still fail. */
const LATE = "await new Promise((resolve) => setTimeout(resolve, 1000));";

/** How notebooks are executed. */
export interface ExecuteOptions {
  /** Compare the outputs with those in the files. */
  readonly compare: boolean;
  /** The seconds that a cell may take. */
  readonly timeout: number;
  /** The seconds that a notebook's format may take to be checked, and its types; 120 if not said. */
  readonly checkTimeout?: number;
}

/** A notebook with its new outputs, and what is wrong with it, each with the notebook, the cell and the reason. */
export interface Execution {
  readonly notebook: Notebook;
  readonly problems: string[];
}

/** The notebooks of a folder, by name. */
export async function listNotebooks(folder: string): Promise<string[]> {
  const isFolder = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
  refuse(!isFolder, `--folder: there is no folder ${folder}`);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".ipynb")) names.push(name);
  return names.sort().map((name) => join(folder, name));
}

/** Executes notebooks, two at a time (each is one process that computes on one core), the last ones first. */
export async function executeAll(
  paths: readonly string[],
  options: ExecuteOptions,
  onDone: (path: string, execution: Execution) => Promise<void> | void,
): Promise<void> {
  const queue = [...paths].reverse(); // the later chapters take longer: begin with them
  const work = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      await onDone(path, await executeNotebook(path, options));
    }
  };
  await Promise.all([work(), work()]);
}

/**
 * Type-checks a notebook's cells, executes them in order in a kernel of their own, and, if asked, compares the outputs
 * with those of the file. After a cell that fails the rest is not executed. It never throws: what goes wrong is a
 * problem with the notebook's name.
 */
export async function executeNotebook(
  path: string,
  { compare, timeout, checkTimeout = 120 }: ExecuteOptions,
): Promise<Execution> {
  const problems: string[] = [];
  let notebook: Notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  try {
    notebook = await readNotebook(path);
    const limit = 1000 * checkTimeout;
    const format = await checkFormat(path, limit), types = await checkTypes(path, notebook, limit);
    problems.push(...[format, types].filter((problem) => problem !== ""));
    // a cell that fails without a message does so for one of two reasons
    const unsaid = types === ""
      ? "it awaits a promise that nothing can settle any more"
      : "it fails without a message: a syntax error, or a promise that nothing can settle";
    const results = await runCells(path, notebook, { timeout, unsaid }, problems);
    for (const { cell, number, result } of results) {
      const outputs = toFileForm(result.outputs);
      const name = nameOf(path, cell, number);
      for (const lost of withoutStill(outputs)) problems.push(`${name}: ${lost}`);
      const difference = compare ? compareOutputs(cell, outputs) : "";
      if (difference !== "") problems.push(`${name}: ${difference}`);
      cell.outputs = outputs;
      cell.execution_count = result.executionCount;
    }
    problems.unshift(...checkCells(path, notebook));
    if (compare) problems.push(...await checkImages(path, notebook));
  } catch (error) {
    problems.push(`${basename(path)}: ${(error as Error).message}`);
  }
  return { notebook, problems };
}

interface Run {
  readonly cell: Cell;
  readonly number: number;
  readonly result: CellResult;
}

/** Executes the cells. Their outputs are read after the last one, since a cell can redraw what an earlier one showed. */
async function runCells(
  path: string,
  notebook: Notebook,
  { timeout, unsaid }: { timeout: number; unsaid: string },
  problems: string[],
): Promise<Run[]> {
  const runs: Run[] = [];
  await using kernel = await Kernel.start(dirname(path));
  await kernel.prepare(CATCH_ALL);
  const failure = ({ outputs, status }: CellResult) => {
    // a display after the result can fail with an error that the kernel still calls a success
    const error = outputs.find((output) => output.output_type === "error");
    if (!error && status === "ok") return undefined;
    return (error && (error.traceback.join("\n") || `${error.ename}: ${error.evalue}`)) ?? unsaid;
  };
  for (const cell of notebook.cells.filter((cell) => cell.cell_type === "code")) {
    const number = runs.length + 1;
    const name = nameOf(path, cell, number);
    try {
      const result = await kernel.execute(joined(cell.source), timeout * 1000);
      runs.push({ cell, number, result });
      const said = failure(result);
      if (said === undefined) continue;
      problems.push(`${name}: ${said}`);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
    return runs;
  }
  const late = failure(await kernel.execute(LATE, timeout * 1000));
  if (late !== undefined) problems.push(`${basename(path)}, after its last cell: ${late}`);
  return runs;
}

function nameOf(path: string, cell: Cell, number: number): string {
  const line = joined(cell.source).split("\n")[0];
  const shown = line.length > 50 ? `${line.slice(0, 50)}…` : line;
  return `${basename(path)}, code cell ${number} (${shown})`;
}

/** Charts that have no still picture beside them, for readers that do not draw charts. */
function withoutStill(outputs: readonly Output[]): string[] {
  return outputs.flatMap((output) => {
    const types = "data" in output ? Object.keys(output.data) : [];
    const isChart = types.some((type) => type.startsWith("application/vnd.vega"));
    return isChart && !types.includes("image/png") ? ["a chart has no picture beside it"] : [];
  });
}

/** Compares the pictures that are kept as files with those in the notebook. */
async function checkImages(path: string, notebook: Notebook): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, png] of imagesOf(notebook)) {
    const kept = await Deno.readFile(join(dirname(path), name)).catch(() => new Uint8Array());
    if (kept.toBase64() !== png.toBase64()) {
      problems.push(`${basename(path)}: ${name} is not the picture in it`);
    }
  }
  return problems;
}

/** What differs between the outputs of a cell and new ones, or nothing. */
function compareOutputs(cell: Cell, outputs: readonly Output[]): string {
  const describe = hasTag(cell, VOLATILE) ? kinds : comparable;
  const before = describe(cell.outputs ?? []), after = describe(outputs);
  return before === after ? "" : `other outputs than in the file\n${difference(before, after)}`;
}

/** The lines that only one of two texts has, around the first place where they part. */
export function difference(before: string, after: string): string {
  const a = before.split("\n"), b = after.split("\n");
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const show = (lines: string[], sign: string) =>
    lines.slice(start, lines.length - end).slice(0, 12)
      .map((line) => `  ${sign} ${line.length > 160 ? line.slice(0, 160) + "…" : line}`);
  return [...show(a, "-"), ...show(b, "+")].join("\n");
}

/**
 * Checks that `deno fmt` would change nothing: what is wrong, or nothing. (`deno fmt --check` of Deno 2.9 finds every
 * notebook with TypeScript in it unformatted.)
 */
async function checkFormat(path: string, limit: number): Promise<string> {
  const text = await Deno.readTextFile(path), options = "--no-config --line-width 100";
  const ended = new AbortController();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", ...options.split(" "), "--ext", "ipynb", "-"],
    ...{ stdin: "piped", stdout: "piped", stderr: "null", signal: ended.signal },
  }).spawn();
  const work = Promise.all([
    child.output(),
    new Blob([text]).stream().pipeTo(child.stdin),
  ]);
  const [{ success, stdout }] = await within(
    limit,
    "deno fmt, which --timeout gives more time, takes more than",
    work,
  )
    .finally(() => ended.abort());
  // what is no program is left as it is: the types say so
  if (!success || new TextDecoder().decode(stdout) === text) return "";
  return `${basename(path)} is not formatted: deno fmt ${options} ${JSON.stringify(path)}`;
}

/**
 * Checks the types of all cells as one module beside the notebook, since `deno check` does not read notebooks: what
 * is wrong, or nothing.
 */
async function checkTypes(path: string, notebook: Notebook, limit: number): Promise<string> {
  const module = join(dirname(path), `.${crypto.randomUUID()}.check.ts`);
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  const source = cells.map((cell, i) => `// code cell ${i + 1}\n${joined(cell.source)}\n;`)
    .join("\n");
  const check = await startGuarded({
    args: ["check", "--quiet", module],
    cwd: dirname(path), // whose deno.json the kernel takes as well
    ...{ file: module, text: `${source}\nexport {};\n` },
  });
  const work = Promise.all([new Response(check.stderr).text(), check.status]);
  const [stderr, { success }] = await within(
    limit,
    "deno check, which --timeout gives more time, takes more than",
    work,
  )
    .finally(() => endGuarded(check));
  if (success) return "";
  // where in the module, said as where in the notebook
  const starts = cells.map((_, i) => source.split("\n").indexOf(`// code cell ${i + 1}`) + 1);
  const text = stderr.split("\nStack backtrace")[0]
    .replace(/at file:\S+\.check\.ts:(\d+):\d+/g, (_, line) => {
      const cell = starts.findLastIndex((start) => start < Number(line)) + 1;
      return `in code cell ${cell}, line ${Number(line) - starts[cell - 1]}`;
    });
  return `${basename(path)}: the types of its cells, as one module\n${text}`;
}
