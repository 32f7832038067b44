/** Every notebook: formatted, type-checked, executed in a fresh Deno kernel, its outputs those of the file. */

import { assertEquals } from "@std/assert";
import { basename, fromFileUrl } from "@std/path";
import { difference, executeNotebook, listNotebooks } from "../cli/notebook/execute.ts";
import { comparable, kinds, type Output, toFileForm } from "../cli/notebook/notebook.ts";

const paths = await listNotebooks(fromFileUrl(new URL("../notebooks", import.meta.url)));
const executions = new Map(paths.map((path) => [path, Promise.withResolvers<string>()]));
let isStarted = false;

/** Executes all notebooks, two at a time, the long ones (the later chapters) first. */
function start(): void {
  if (isStarted) return;
  isStarted = true;
  const queue = [...executions].reverse();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [path, { resolve, reject }] = next;
      await executeNotebook(path, true).then(
        ({ problems }) => resolve(problems.join("\n")),
        reject,
      );
    }
  };
  work();
  work();
}

for (const [path, { promise }] of executions) {
  Deno.test({
    name: `${basename(path)} gives the outputs that are in it`,
    sanitizeOps: false, // another notebook may be under way when this one has ended
    sanitizeResources: false,
    fn: async () => {
      start();
      assertEquals(await promise, "");
    },
  });
}

Deno.test("outputs are compared to the letter, but for how files cut texts into lines and count executions", () => {
  const printed: Output[] = [{ output_type: "stream", name: "stdout", text: "a\nb\n" }];
  assertEquals(comparable(printed), comparable(toFileForm(printed)));
  const result = (text: string): Output[] => [
    {
      output_type: "execute_result",
      data: { "text/plain": text },
      metadata: {},
      execution_count: 3,
    },
  ];
  assertEquals(comparable(result("1\n2")), comparable(toFileForm(result("1\n2"))));
  assertEquals(comparable(result("1")) === comparable(result("2")), false);
  assertEquals(comparable(result("1")) === comparable([]), false);
  assertEquals(kinds(result("1")), kinds(result("2")));
  assertEquals(kinds(result("1")) === kinds([]), false);
});

Deno.test("a difference shows the lines that only one side has", () => {
  assertEquals(difference("a\nb\nc", "a\nx\nc"), "  - b\n  + x");
  assertEquals(difference("a", "a\nb"), "  + b");
});

/** A notebook of these cells in a folder of its own, executed and compared. */
async function problemsOf(
  cells: { source: string; outputs?: Output[]; tags?: string[] }[],
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nn-notebook-" });
  try {
    const notebook = {
      cells: cells.map(({ source, outputs = [], tags }, i) => ({
        id: `c${i}`,
        cell_type: "code",
        metadata: tags ? { tags } : {},
        source: source.split(/(?<=\n)/),
        execution_count: null,
        outputs,
      })),
      metadata: { language_info: { name: "typescript", file_extension: ".ts" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    await Deno.writeTextFile(`${folder}/it.ipynb`, JSON.stringify(notebook, null, 1) + "\n");
    return (await executeNotebook(`${folder}/it.ipynb`, true)).problems.join("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a cell that fails, prints something else or nothing, or has a wrong type is a problem that names it", async () => {
  const one: Output[] = [{ output_type: "stream", name: "stdout", text: ["1\n"] }];
  assertEquals(await problemsOf([{ source: "console.log(1);", outputs: one }]), "");
  assertEquals(
    await problemsOf([{ source: "console.log(2);", outputs: one }]),
    "it.ipynb, code cell 1 (console.log(2);): other outputs than in the file\n  - 1\n  + 2",
  );
  assertEquals(
    await problemsOf([{ source: "console.log(Math.random());", outputs: one, tags: ["volatile"] }]),
    "",
  );
  const fails = async (source: string, message: string, outputs?: Output[], tags?: string[]) =>
    assertEquals((await problemsOf([{ source, outputs, tags }])).includes(message), true, source);
  await fails("void 0;", "other outputs than in the file", one);
  await fails("void 0;", "other outputs than in the file", one, ["volatile"]);
  await fails('throw new Error("boo");', "Error: boo");
  await fails("const x = ;", "it fails without a message: a syntax error");
  await fails(
    'const n: number = "a";\nconsole.log(1);',
    "the types of its cells, as one module",
    one,
  );
  await fails("console.log( 1 )", "it.ipynb is not formatted", one);
});
