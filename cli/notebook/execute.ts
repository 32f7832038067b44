/** Executing a notebook in a fresh kernel, and comparing what comes out with what is there. */

import { basename, dirname, join } from "@std/path";
import { Kernel } from "./kernel.ts";
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

/** A cell that takes longer than this, in milliseconds, hangs. */
const CELL_TIMEOUT = 300_000;

/** A notebook with its new outputs, and what is wrong with it, each with the notebook, the cell and the reason. */
export interface Execution {
  readonly notebook: Notebook;
  readonly problems: string[];
}

/** The notebooks of a folder, by name. */
export async function listNotebooks(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".ipynb")) names.push(name);
  return names.sort().map((name) => join(folder, name));
}

/**
 * Type-checks a notebook's cells, executes them in order in a kernel of their own, and, if asked, compares the outputs
 * with those of the file. After a cell that fails the rest is not executed.
 */
export async function executeNotebook(path: string, isCompared: boolean): Promise<Execution> {
  const notebook = await readNotebook(path);
  const problems: string[] = [];
  for (const problem of [await checkFormat(path), await checkTypes(path, notebook)]) {
    if (problem !== "") problems.push(problem);
  }

  await using kernel = await Kernel.start(dirname(path));
  let number = 0;
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    number++;
    const say = (what: string) =>
      problems.push(`${basename(path)}, code cell ${number} (${firstLine(cell)}): ${what}`);
    let result;
    try {
      result = await kernel.execute(joined(cell.source), CELL_TIMEOUT);
    } catch (error) {
      say((error as Error).message);
      break;
    }
    const { status, executionCount } = result;
    const outputs = toFileForm(result.outputs);
    // a display after the results can fail with an error that the kernel still calls a success
    const error = outputs.find((output) => output.output_type === "error");
    if (error || status !== "ok") {
      say(
        error
          ? error.traceback.join("\n")
          : "it fails without a message: a syntax error, or an import that fails",
      );
      break;
    }
    if (isCompared) {
      const difference = compare(cell, outputs);
      if (difference !== "") say(difference);
    }
    cell.outputs = outputs;
    cell.execution_count = executionCount;
  }
  if (isCompared) {
    for (const [name, png] of imagesOf(notebook)) {
      const kept = await Deno.readFile(join(dirname(path), name)).catch(() => new Uint8Array());
      if (kept.toBase64() !== png.toBase64()) {
        problems.push(`${name} is not the picture in ${basename(path)}`);
      }
    }
  }
  return { notebook, problems };
}

/** What differs between the outputs of a cell and new ones, or nothing. */
function compare(cell: Cell, outputs: readonly Output[]): string {
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
async function checkFormat(path: string): Promise<string> {
  const copy = await Deno.makeTempFile({ prefix: "notebook-", suffix: ".ipynb" });
  try {
    await Deno.copyFile(path, copy);
    await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", "--line-width", "100", copy],
    }).output();
    const isSame = await Deno.readTextFile(copy) === await Deno.readTextFile(path);
    return isSame
      ? ""
      : `${basename(path)} is not formatted: deno fmt --line-width 100 notebooks/*`;
  } finally {
    await Deno.remove(copy);
  }
}

/**
 * Checks the types of all cells as one module beside the notebook, since `deno check` does not read notebooks: what
 * is wrong, or nothing.
 */
async function checkTypes(path: string, notebook: Notebook): Promise<string> {
  const module = join(dirname(path), `.${basename(path, ".ipynb")}.check.ts`);
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  const source = cells.map((cell, i) => `// code cell ${i + 1}\n${joined(cell.source)}\n;`)
    .join("\n");
  await Deno.writeTextFile(module, `${source}\nexport {};\n`);
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", module],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    return success ? "" : `${basename(path)}: the types of its cells, as one module\n${text}`;
  } finally {
    await Deno.remove(module);
  }
}

function firstLine(cell: Cell): string {
  const line = joined(cell.source).split("\n")[0];
  return line.length > 50 ? `${line.slice(0, 50)}…` : line;
}
