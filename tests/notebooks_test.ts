/** Every notebook: formatted, type-checked, executed in a fresh Deno kernel, its outputs those of the file. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Kernel } from "../cli/notebook/kernel.ts";
import { basename, fromFileUrl } from "@std/path";
import { difference, executeAll, executeNotebook, listNotebooks } from "../cli/notebook/execute.ts";
import { comparable, kinds, type Output, toFileForm } from "../cli/notebook/notebook.ts";

const paths = await listNotebooks(fromFileUrl(new URL("../notebooks", import.meta.url)));
const problemsOfAll = new Map(paths.map((path) => [path, Promise.withResolvers<string>()]));
let isStarted = false;

for (const [path, { promise }] of problemsOfAll) {
  Deno.test({
    name: `${basename(path)} gives the outputs that are in it`,
    sanitizeOps: false, // another notebook may be under way when this one has ended
    sanitizeResources: false,
    fn: async () => {
      if (!isStarted) {
        isStarted = true;
        executeAll(
          paths,
          { compare: true },
          (path, { problems }) => problemsOfAll.get(path)!.resolve(problems.join("\n")),
        );
      }
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
    return (await executeNotebook(`${folder}/it.ipynb`, { compare: true })).problems.join("\n");
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

/** Runs `deno task notebooks` on a folder with these files. */
async function notebooksCommand(files: Record<string, string>, ...args: string[]) {
  const folder = await Deno.makeTempDir({ prefix: "nn-notebooks-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        fromFileUrl(new URL("../cli/notebooks.ts", import.meta.url)),
        "--folder",
        folder,
        ...args,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const after = Object.fromEntries(
      Object.keys(files).map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]),
    );
    return { code, stderr: new TextDecoder().decode(stderr), after };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A notebook's file with these cells and no outputs. */
function file(...sources: string[]): string {
  const cells = sources.map((source, i) => ({
    id: `c${i}`,
    cell_type: "code",
    metadata: {},
    source: source.split(/(?<=\n)/),
    execution_count: null,
    outputs: [],
  }));
  return JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1) + "\n";
}

Deno.test("notebooks writes outputs back, but leaves a notebook alone that fails, and with --check all of them", async () => {
  const good = file("console.log(1);"),
    bad = file("console.log(1);", 'throw new Error("boo");'),
    broken = "{";
  const { code, stderr, after } = await notebooksCommand({
    "a.ipynb": good,
    "b.ipynb": bad,
    "c.ipynb": broken,
  });
  assertEquals(code, 1);
  assertStringIncludes(after["a.ipynb"], '"1\\n"');
  assertEquals(after["b.ipynb"], bad);
  assertStringIncludes(stderr, 'b.ipynb, code cell 2 (throw new Error("boo");): Error: boo');
  assertStringIncludes(stderr, "c.ipynb: ");
  assertStringIncludes(stderr, "1 of 3 notebooks are well");
  const checked = await notebooksCommand({ "a.ipynb": good }, "--check");
  assertEquals([checked.code, checked.after["a.ipynb"]], [1, good]);
});

Deno.test("a cell can redraw what an earlier one showed, as in Jupyter, and a later output can clear an earlier one", async () => {
  const show = (text: string, update: boolean) =>
    `await Deno.jupyter.display({ "text/plain": "${text}" }, { raw: true, display_id: "d", update: ${update} });`;
  const { after } = await notebooksCommand({
    "a.ipynb": file(show("old", false), show("new", true)),
  });
  const { cells: [first, second] } = JSON.parse(after["a.ipynb"]);
  assertEquals(first.outputs[0].data["text/plain"], ["new"]);
  assertEquals(second.outputs, []);
  const clear =
    'console.log(1);\nawait Deno.jupyter.broadcast("clear_output", { wait: false });\nconsole.log(2);';
  const cleared = await notebooksCommand({ "a.ipynb": file(clear) });
  assertEquals(JSON.parse(cleared.after["a.ipynb"]).cells[0].outputs[0].text, ["2\n"]);
});

Deno.test("a cell that never ends, or ends the kernel, ends with a message", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (
      const [code, message] of [["for (;;);", "it took more than 1 s"], [
        "Deno.exit(3);",
        "the kernel ended (code 3",
      ]]
    ) {
      await using kernel = await Kernel.start(folder);
      await assertRejects(() => kernel.execute(code, 1000), Error, message);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("lab installs a kernel whose Stop button keeps the state", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fromFileUrl(new URL("../cli/lab.ts", import.meta.url)), "--no-open"],
      env: { JUPYTER_DATA_DIR: folder },
      stderr: "null",
    }).output();
    assertEquals(code, 0);
    const specification = JSON.parse(await Deno.readTextFile(`${folder}/kernels/deno/kernel.json`));
    assertEquals(specification.interrupt_mode, "message");
    assertEquals(specification.argv.slice(1), [
      "jupyter",
      "--kernel",
      "--conn",
      "{connection_file}",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("with the guard of lib/jupyter.ts, Run all keeps every line under its own cell", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using kernel = await Kernel.start(folder);
    const guard = new URL("../lib/jupyter.ts", import.meta.url).href;
    await kernel.execute(`import ${JSON.stringify(guard)};`, 20_000);
    // all at once, as Run all does: the kernel begins the next cell as soon as one has ended
    const letters = ["a", "b", "c", "d", "e", "f"];
    const results = await Promise.all(
      letters.map((letter) =>
        kernel.execute(`for (let i = 0; i < 100; i++) console.log("${letter}");`, 20_000)
      ),
    );
    results.forEach(({ outputs }, i) => {
      const text = outputs.map((output) => output.output_type === "stream" ? output.text : "").join(
        "",
      );
      assertEquals(text, `${letters[i]}\n`.repeat(100));
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
