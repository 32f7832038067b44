/**
 * `deno task notebooks`: type-checks and executes the notebooks, each in a fresh Deno kernel, and writes their outputs
 * back; with `--check` it compares them with those that are there, and changes nothing.
 */

import { basename, fromFileUrl } from "@std/path";
import { missingChapters } from "./notebook/chapters.ts";
import { executeAll, listNotebooks } from "./notebook/execute.ts";
import { writeNotebook } from "./notebook/notebook.ts";
import { fromWhereCalled, printable, runCommand } from "./shared/command.ts";
import { flag, type Parsed, text, UsageError, wholeNumber } from "./shared/options.ts";
import { seconds } from "./shared/progress.ts";

const OPTIONS = {
  only: text("TEXT", undefined, "only the notebooks with TEXT in their names"),
  folder: text(
    "DIR",
    undefined,
    "notebooks of another folder, beside notebooks/, with a copy of its deno.json",
  ),
  check: flag("compare with the outputs that are there, and write nothing"),
  timeout: wholeNumber(180, "seconds that a cell may take"),
};

async function main(
  { check, only = "", folder: other, timeout }: Parsed<typeof OPTIONS>,
): Promise<number> {
  const folder = other === undefined
    ? fromFileUrl(new URL("../notebooks", import.meta.url))
    : fromWhereCalled(other);
  const all = await listNotebooks(folder);
  const paths = all.filter((path) => basename(path).includes(only));
  if (paths.length === 0) {
    const what = only === "" ? "" : ` with ${JSON.stringify(only)} in its name`;
    throw new UsageError(`there is no notebook${what} in ${folder}`);
  }
  const missing = missingChapters(all, other === undefined).filter((name) => name.includes(only));

  const start = performance.now();
  const elapsed = () => seconds((performance.now() - start) / 1000);
  let failed = missing.length;
  console.error(`Executing ${paths.length}, two at a time …`);
  for (const name of missing) console.error(`${name} is missing`);
  await executeAll(
    paths,
    { compare: check, timeout, checkTimeout: Math.max(120, timeout) },
    async (path, { notebook, problems }) => {
      if (problems.length === 0 && !check) await writeNotebook(path, notebook);
      for (const problem of problems) {
        console.error(`\n${problem.split("\n").map(printable).join("\n")}\n`);
      }
      if (problems.length > 0) failed++;
      const verdict = problems.length > 0
        ? "FAILED"
        : check
        ? "the outputs are the same"
        : "written";
      console.error(`${printable(basename(path))} ${verdict} (${elapsed()})`);
    },
  );
  const count = paths.length + missing.length;
  console.error(`\n${count - failed} of ${count} notebooks are well (${elapsed()}).`);
  return failed === 0 ? 0 : 1;
}

await runCommand({
  name: "notebooks",
  summary: "Executes the notebooks on the Deno kernel and writes their outputs back.",
  options: OPTIONS,
  main,
});
