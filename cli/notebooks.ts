/**
 * `deno task notebooks`: type-checks and executes the notebooks, each in a fresh Deno kernel, and writes their outputs
 * back; with `--check` it compares them with those that are there, and changes nothing.
 */

import { basename, fromFileUrl, resolve } from "@std/path";
import { runCommand } from "./command.ts";
import { describeOptions, parseOptions, UsageError } from "./options.ts";
import { executeNotebook, listNotebooks } from "./notebook/execute.ts";
import { writeNotebook } from "./notebook/notebook.ts";
import { seconds } from "./progress.ts";

const OPTIONS = {
  "only": {
    value: "TEXT",
    default: undefined as string | undefined,
    parse: (text: string) => text,
    help: "only the notebooks with TEXT in their names",
  },
  "check": { default: false, help: "compare with the outputs that are there, and write nothing" },
  "help": { default: false, help: "print this and end" },
} as const;

const HELP = `Executes the notebooks on the Deno kernel and writes their outputs back.

Usage: deno task notebooks [options]

Options:
${describeOptions(OPTIONS)}
`;

/** Two at a time: each is one process that computes on one core. */
const AT_ONCE = 2;

async function main(): Promise<number> {
  const { check, only = "", help } = parseOptions(Deno.args, OPTIONS);
  if (help) {
    console.log(HELP);
    return 0;
  }
  const folder = resolve(fromFileUrl(new URL("../notebooks", import.meta.url)));
  const paths = (await listNotebooks(folder)).filter((path) => basename(path).includes(only));
  if (paths.length === 0) {
    throw new UsageError(`no notebook has ${JSON.stringify(only)} in its name`);
  }

  const start = performance.now();
  const queue = [...paths].reverse(); // the later chapters take longer: begin with them
  let failed = 0;
  const work = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      const name = basename(path), started = performance.now();
      console.error(`${name} …`);
      const { notebook, problems } = await executeNotebook(path, check);
      if (problems.length === 0 && !check) await writeNotebook(path, notebook);
      for (const problem of problems) console.error(`\n${problem}`);
      if (problems.length > 0) failed++;
      const verdict = problems.length > 0
        ? "FAILED"
        : check
        ? "the outputs are the same"
        : "written";
      console.error(`${name} ${verdict} (${seconds((performance.now() - started) / 1000)})`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  console.error(
    `\n${paths.length - failed} of ${paths.length} notebooks are well (${
      seconds((performance.now() - start) / 1000)
    }).`,
  );
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) await runCommand("notebooks", main);
