/**
 * `deno task notebooks`: type-checks and executes the notebooks, each in a fresh Deno kernel, and writes their outputs
 * back; with `--check` it compares them with those that are there, and changes nothing.
 */

import { basename, fromFileUrl } from "@std/path";
import { fromWhereCalled, runCommand } from "./command.ts";
import { describeOptions, parseOptions, text, UsageError } from "./options.ts";
import { executeAll, listNotebooks } from "./notebook/execute.ts";
import { writeNotebook } from "./notebook/notebook.ts";
import { seconds } from "./progress.ts";

const OPTIONS = {
  "only": {
    value: "TEXT",
    default: undefined as string | undefined,
    parse: text,
    help: "only the notebooks with TEXT in their names",
  },
  "folder": {
    value: "DIR",
    default: undefined as string | undefined,
    parse: text,
    help: "notebooks of another folder",
  },
  "check": { default: false, help: "compare with the outputs that are there, and write nothing" },
  "help": { default: false, help: "print this and end" },
} as const;

const HELP = `Executes the notebooks on the Deno kernel and writes their outputs back.

Usage: deno task notebooks [options]

Options:
${describeOptions(OPTIONS)}
`;

async function main(): Promise<number> {
  const { check, only = "", folder: other, help } = parseOptions(Deno.args, OPTIONS);
  if (help) {
    console.log(HELP);
    return 0;
  }
  const folder = other === undefined
    ? fromFileUrl(new URL("../notebooks", import.meta.url))
    : fromWhereCalled(other);
  const paths = (await listNotebooks(folder)).filter((path) => basename(path).includes(only));
  if (paths.length === 0) {
    throw new UsageError(`no notebook has ${JSON.stringify(only)} in its name`);
  }

  const start = performance.now();
  let failed = 0;
  console.error(`Executing ${paths.length}, two at a time …`);
  await executeAll(paths, { compare: check }, async (path, { notebook, problems }) => {
    if (problems.length === 0 && !check) await writeNotebook(path, notebook);
    for (const problem of problems) console.error(`\n${problem}\n`);
    if (problems.length > 0) failed++;
    const verdict = problems.length > 0 ? "FAILED" : check ? "the outputs are the same" : "written";
    console.error(`${basename(path)} ${verdict} (${seconds((performance.now() - start) / 1000)})`);
  });
  console.error(
    `\n${paths.length - failed} of ${paths.length} notebooks are well (${
      seconds((performance.now() - start) / 1000)
    }).`,
  );
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) await runCommand("notebooks", main);
