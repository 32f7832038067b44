/** Every notebook: formatted, type-checked, executed in a fresh Deno kernel, its outputs those of the file. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, fromFileUrl } from "@std/path";
import { CHAPTERS, checkCells, missingChapters } from "../cli/notebook/chapters.ts";
import { difference, executeAll, executeNotebook, listNotebooks } from "../cli/notebook/execute.ts";
import {
  type Cell,
  comparable,
  imagesOf,
  joined,
  kinds,
  type MimeData,
  type Notebook,
  type Output,
  readNotebook,
  toFileForm,
  writeNotebook,
} from "../cli/notebook/notebook.ts";
import { ROOT, runTask } from "./train_command.ts";
import article from "../data/article.json" with { type: "json" };
import runs from "../data/runs.json" with { type: "json" };

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
          { compare: true, timeout: 180 },
          (path, { problems }) => problemsOfAll.get(path)!.resolve(problems.join("\n")),
        );
      }
      assertEquals(await promise, "");
    },
  });
}

// --- the course ----------------------------------------------------------------------------------

const chapters = await Promise.all(paths.map(async (path) => ({
  name: basename(path, ".ipynb"),
  notebook: await readNotebook(path),
})));

/** All that a chapter prints and shows, as text. */
function printed({ cells }: Notebook): string {
  return cells.flatMap(({ outputs = [] }) => outputs).map((output) => {
    if (output.output_type === "stream") return joined(output.text);
    return "data" in output ? joined(output.data["text/plain"] as string | string[]) : "";
  }).join("\n");
}

Deno.test("the cells of each chapter were executed in their order, from the first to the last", () => {
  for (const { name, notebook } of chapters) {
    const counts = notebook.cells.filter((cell) => cell.cell_type === "code")
      .map((cell) => cell.execution_count);
    assertEquals(counts, counts.map((_, i) => i + 1), name);
  }
});

Deno.test("the chapters are those of the checker's list and the README's, and each leads to the next", async () => {
  const names = chapters.map(({ name }) => name);
  assertEquals(names, Object.keys(CHAPTERS));
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  assertEquals(Array.from(readme.matchAll(/\]\(notebooks\/(\w+)\.ipynb\)/g), ([, x]) => x), names);
  names.slice(1).forEach((name, i) => {
    const text = joined(chapters[i].notebook.cells.at(-1)!.source);
    assertStringIncludes(text, `](${name}.ipynb)`);
  });
});

for (const { name, notebook } of chapters) {
  Deno.test(`${name}: a cell of code that is lost, emptied or turned into another kind is a problem`, () => {
    const problemsOf = (change: (cells: Cell[]) => Cell[]) =>
      checkCells(`${name}.ipynb`, { ...notebook, cells: change(notebook.cells) });
    const [code, withOutputs] = CHAPTERS[name];
    const has = (a: number, b: number) =>
      `${name}.ipynb: it has ${a} cells of code, ${b} with outputs, and should have ${code} and ${withOutputs}; ` +
      "where it is meant, change the list in cli/notebook/chapters.ts";
    const none = `${name}.ipynb: it has no cell of code`;
    const isCode = ({ cell_type }: Cell) => cell_type === "code";
    assertEquals(problemsOf((cells) => cells), []);
    assertEquals(problemsOf(() => []), [none, has(0, 0)]);
    assertEquals(problemsOf((cells) => cells.filter((cell) => !isCode(cell))), [none, has(0, 0)]);
    const emptied = problemsOf((cells) => cells.map((cell) => ({ ...cell, outputs: [] })));
    assertEquals(emptied, [has(code, 0)]);
    notebook.cells.forEach((cell, i) => {
      if (!isCode(cell)) return;
      const fewer = has(code - 1, withOutputs - Number(cell.outputs!.length > 0));
      assertEquals(problemsOf((cells) => cells.toSpliced(i, 1)), [fewer]);
      const as = (cell_type: "raw" | "markdown") =>
        problemsOf((cells) => cells.with(i, { ...cell, cell_type }));
      assertEquals(as("markdown"), [fewer]);
      const where = `cell ${i + 1} of ${notebook.cells.length}`;
      assertEquals(as("raw"), [`${name}.ipynb: ${where} is neither code nor markdown`, fewer]);
    });
  });
}

for (const { name, notebook } of chapters) {
  Deno.test(`${name}: every picture says what there is to see, to those who do not see it`, () => {
    for (const { outputs = [] } of notebook.cells) {
      for (const output of outputs) {
        if (!("data" in output) || !("image/png" in output.data)) continue;
        const { alt } = output.metadata["image/png"] as { alt: string };
        assertEquals(joined(output.data["text/plain"] as string[]).replace(/^\w+: /, ""), alt);
        assert(alt.length > 40, alt);
        const html = output.data["text/html"] as string[] | undefined; // charts have none
        const escaped = alt.replaceAll("&", "&amp;").replaceAll('"', "&quot;")
          .replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        if (html) assertStringIncludes(joined(html), `<img alt="${escaped}" src=`);
      }
    }
  });

  Deno.test(`${name}: every exercise has a hint, and a solution that the tests run`, async () => {
    const text = joined(notebook.cells.at(-1)!.source);
    const exercises = text.slice(text.indexOf("## Exercises")).split(/^\*\*(?=\d\.\*\*)/m).slice(1);
    assert(exercises.length >= 3);
    assertStringIncludes(text, `](solutions/${name}_test.ts)`);
    const file = new URL(`../notebooks/solutions/${name}_test.ts`, import.meta.url);
    const code = await Deno.readTextFile(file);
    assert(!/ignore/.test(code), "all of them run");
    const solutions = code.match(
      /(?<=^Deno\.test\("|^ {2}name: ")[\d.]+/gm,
    );
    assertEquals(solutions, exercises.map((_, i) => `${Number(name.slice(0, 2))}.${i + 1}`));
    exercises.forEach((exercise, i) => {
      assert(exercise.startsWith(`${i + 1}.**`), exercise);
      assertMatch(exercise, /<details><summary>Hint<\/summary>\n\n[^]{20,}\n\n<\/details>/);
    });
  });
}

Deno.test("each number that the article prints is in the course, beside ours or as ours", () => {
  const [background, xor, mnist, harder] = chapters.map(({ notebook }) => printed(notebook));
  const where: [RegExp, string][] = [
    [/^(softmax|m1|m2|dot|multiply)/, background],
    [/^xor/, xor],
    [/./, mnist],
  ];
  for (const { id, article: value } of article.rows) {
    const [, text] = where.find(([pattern]) => pattern.test(id))!;
    const numbers = value.match(/-?\d+(\.\d*)?(e-\d+)?/g) ?? [];
    const isThere = (number: string) => text.includes(number) || text.includes(`${number}.`);
    assertEquals(numbers.filter((number) => !isThere(number)), [], id);
  }
  assertStringIncludes(mnist, "true label: 5  predicted: 0"); // idx 70, wrong in the article too
  const [first, standardised, wide] = runs.runs.map(({ article }) => article);
  for (const value of [first?.train, first?.test]) assertStringIncludes(mnist, `${value}%`);
  for (const value of [standardised?.test, wide?.test]) assertStringIncludes(harder, `${value}%`);
});

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

Deno.test("of outputs that differ from run to run the kinds are compared, errors too, and missing ones are none", () => {
  const error: Output = { output_type: "error", ename: "TypeError", evalue: "x", traceback: [] };
  assertEquals(kinds([error]), "error TypeError\n");
  assertEquals(
    kinds([{ output_type: "stream", name: "stderr", text: "x" }, error]),
    "stderr\nerror TypeError\n",
  );
});

Deno.test("what is compared of outputs: where they went, their kind, their metadata, their data by type", () => {
  const shown = (data: Record<string, MimeData>): Output => ({
    ...{ output_type: "display_data", data, metadata: { "image/png": { alt: "a dot" } } },
  });
  const data = { "text/plain": ["1\n", "2\n"], "application/json": { b: 1, a: [2] } };
  const outputs: Output[] = [
    { output_type: "stream", name: "stderr", text: ["a\n", "b"] },
    shown(data),
    { output_type: "error", ename: "E", evalue: "x", traceback: ["at /here"] },
  ];
  assertEquals(
    comparable(outputs),
    'stderr:\na\nbdisplay_data {"image/png":{"alt":"a dot"}}:\n' +
      'application/json:\n{\n "b": 1,\n "a": [\n  2\n ]\n}\ntext/plain:\n1\n2\nerror: E: x\n',
  );
  const turned = Object.fromEntries(Object.entries(data).reverse());
  assertEquals(comparable([shown(turned)]), comparable([shown(data)]));
  assertEquals(kinds([shown(turned)]), "display_data application/json, text/plain\n");
  assertEquals(kinds([shown(data)]), kinds([shown(turned)]));
});

Deno.test("the course without its chapters lacks them all, and a folder that has none of them none", () => {
  const all = Object.keys(CHAPTERS);
  assertEquals(missingChapters([], true), all);
  assertEquals(missingChapters(["/x/mine.ipynb"], false), []);
  assertEquals(missingChapters([`/x/${all[1]}.ipynb`], false), all.toSpliced(1, 1));
  assertEquals(missingChapters(all.map((name) => `${name}.ipynb`), true), []);
});

Deno.test("notebooks are executed two at a time, the last ones first", async () => {
  const paths = ["a", "b", "c", "d"].map((name) => `/none/${name}.ipynb`), done: string[] = [];
  const both = Promise.withResolvers<void>();
  await executeAll(paths, { compare: true, timeout: 1 }, (path, { problems: [problem] }) => {
    done.push(basename(path));
    assert(problem.startsWith(`${basename(path)}: No such file`), problem);
    if (done.length === 2) both.resolve();
    return both.promise;
  });
  assertEquals([...done.slice(0, 2).sort(), ...done.slice(2).sort()], [
    ...["c.ipynb", "d.ipynb", "a.ipynb", "b.ipynb"],
  ]);
  assertEquals(basename(paths[0]), "a.ipynb", "the caller's list is as it was");
});

Deno.test("errors are the same where their names and messages are", () => {
  const error = (ename: string, evalue: string): Output => ({
    output_type: "error",
    ename,
    evalue,
    traceback: [],
  });
  assert(comparable([error("E", "x")]) !== comparable([error("E", "y")]));
  assert(comparable([error("E", "x")]) !== comparable([error("F", "x")]));
});

Deno.test("a cell that has no list of outputs is one that has none", async () => {
  const cells = [{
    cell_type: "code",
    metadata: {},
    source: "const n = 1;",
    id: "a",
    execution_count: null,
  }];
  const text = JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1) +
    "\n";
  const { stderr } = await notebooksCommand({ "a.ipynb": text }, "--check", "--only", "a");
  assertEquals(stderr.includes("other outputs"), false, stderr);
});

Deno.test("a folder of notebooks that is none, or has none, is refused by name", async () => {
  const cases = [
    ["/none", "--folder: there is no folder /none"],
    ["deno.json", `--folder: there is no folder ${ROOT}deno.json`],
    ["lib", `there is no notebook in ${ROOT}lib`],
  ];
  for (const [folder, message] of cases) {
    const { code, stderr } = await runTask("notebooks", ["--check", "--folder", folder]);
    assertEquals([code, stderr], [2, `notebooks: ${message}\n`]);
  }
});

Deno.test("what is no notebook is said to be none", async () => {
  for (const text of ["{}", "null", '{"cells": 3}']) {
    const { code, stderr } = await notebooksCommand({ "a.ipynb": text }, "--only", "a");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "a.ipynb: it is no notebook: it has no list of cells");
  }
});

Deno.test("in files text is cut into lines, and what is no text is left as it is", () => {
  const display = (data: Record<string, MimeData>): Output => ({
    ...{ output_type: "display_data", data, metadata: {} },
  });
  const json = { a: [1, 2] };
  const data = {
    "text/plain": "a\nb",
    "text/html": ["a", "b\nc"],
    "text/x": json,
    "application/json": json,
    "image/png": "a\nb",
  };
  assertEquals(toFileForm([display(data)]), [
    display({ ...data, "text/plain": ["a\n", "b"], "text/html": ["ab\n", "c"] }),
  ]);
  const kept: Output = { output_type: "error", ename: "E", evalue: "x", traceback: ["a\nb"] };
  assertEquals(toFileForm([kept]), [kept]);
});

Deno.test("pictures that a notebook keeps as files are written with it, and found again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-notebook-" });
  const png = Uint8Array.of(137, 80, 78, 71), data = { "image/png": png.toBase64() };
  const cell = (tag: string, outputs?: Output[]) => ({
    ...{ cell_type: "code", source: "", execution_count: null, metadata: { tags: [tag] }, outputs },
  });
  const shown: Output = { output_type: "display_data", data, metadata: {} };
  const printed: Output = { output_type: "stream", name: "stdout", text: "x" };
  const notebook = {
    ...{ metadata: {}, nbformat: 4, nbformat_minor: 5 },
    cells: [cell("image:a", [printed, shown]), cell("image:b"), cell("other", [shown])],
  } as unknown as Notebook;
  await writeNotebook(`${folder}/it.ipynb`, notebook);
  assertEquals(Array.from(Deno.readDirSync(`${folder}/images`), ({ name }) => name), ["a.png"]);
  assertEquals(await Deno.readFile(`${folder}/images/a.png`), png);
  assertEquals([...imagesOf(await readNotebook(`${folder}/it.ipynb`))], [["images/a.png", png]]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a difference shows the lines that only one side has", () => {
  const long = "x".repeat(200);
  assertEquals(difference("a", long), `  - a\n  + ${"x".repeat(160)}…`);
  assertEquals(difference("a\nb\nc", "a\nx\nc"), "  - b\n  + x");
  assertEquals(difference("a", "x".repeat(160)), `  - a\n  + ${"x".repeat(160)}`);
  assertEquals(difference("a", "a\nb"), "  + b");
  assertEquals(difference("a\na", "a"), "  - a");
  assertEquals(difference("a\nb\nc", "a\nb\nc"), "");
  const lines = (letter: string) => Array.from({ length: 13 }, (_, i) => `${letter}${i}`);
  assertEquals(
    difference(lines("a").join("\n"), lines("b").join("\n")).split("\n"),
    [...lines("- a").slice(0, 12), ...lines("+ b").slice(0, 12)].map((line) => `  ${line}`),
    "twelve of each",
  );
});

/** A notebook of these cells, and these pictures, in a folder of its own, executed and compared. */
async function problemsOf(
  cells: { source: string; outputs?: Output[]; tags?: string[]; cell_type?: string }[],
  { timeout = 60, checkTimeout, images = {} }: {
    timeout?: number;
    checkTimeout?: number;
    images?: Record<string, Uint8Array>;
  } = {},
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nn-notebook-" });
  try {
    const notebook = {
      cells: cells.map(({ source, outputs = [], tags, cell_type = "code" }, i) => ({
        id: `c${i}`,
        cell_type,
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
    await Deno.mkdir(`${folder}/images`);
    for (const [name, bytes] of Object.entries(images)) {
      await Deno.writeFile(`${folder}/images/${name}`, bytes);
    }
    const options = { compare: true, timeout, checkTimeout };
    return (await executeNotebook(`${folder}/it.ipynb`, options)).problems.join("\n");
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
  await fails("throw 5;", "(throw 5;): Error: 5");
  const [types, syntax, ...more] = (await problemsOf([{ source: "const x = ;" }])).split("\nit.");
  assertMatch(types, /^it\.ipynb: the types of its cells, .*\n.*\n[^]* in code cell 1, line 1\n$/);
  assertEquals([syntax, more], [
    "ipynb, code cell 1 (const x = ;): " +
    "it fails without a message: a syntax error, or a promise that nothing can settle",
    [],
  ]);
  await fails(
    'const n: number = "a";\nconsole.log(1);',
    "the types of its cells, as one module",
    one,
  );
  assertMatch(
    await problemsOf([{ source: "console.log( 1 );", outputs: one }]),
    /^it\.ipynb is not formatted: deno fmt --no-config --line-width 100 "\/.*\/it\.ipynb"$/,
  );
});

Deno.test("what is wrong with the types of cells is said by the cell of code and the line in it", async () => {
  const problem = await problemsOf([
    { source: "const a = 1;\n\nconst b = 2;" },
    { source: "const x = ;", cell_type: "markdown" },
    { source: 'const n: number = "a";' },
    { source: 'const c = a + b;\n\nconst m: number = "b";' },
  ]);
  assertMatch(problem, /^it\.ipynb: the types of its cells, as one module\nTS2322 /);
  assertEquals(problem.match(/(?<=^ +)in code cell.*$/gm), [
    "in code cell 2, line 1",
    "in code cell 3, line 3",
  ]);
  assert(!/Stack backtrace|\.check\.ts/.test(problem), problem);
});

Deno.test("a chart without a picture beside it is a problem, and a long line is cut in messages", async () => {
  const chart =
    `await Deno.jupyter.display({ "application/vnd.vega.v5+json": {} }, { raw: true });`;
  const whole = `throw new Error("${"x".repeat(30)}");`; // 50 characters
  const problems = (await problemsOf([{ source: chart }, { source: whole }])).split("\n");
  const name = `it.ipynb, code cell 1 (${chart.slice(0, 50)}…)`;
  assert(problems.includes(`${name}: a chart has no picture beside it`), problems.join("\n"));
  assertStringIncludes(problems.join("\n"), `it.ipynb, code cell 2 (${whole}): `);
});

Deno.test("a notebook without code and a raw cell are problems, though nothing in them fails", async () => {
  assertEquals(await problemsOf([]), "it.ipynb: it has no cell of code");
  const one: Output[] = [{ output_type: "stream", name: "stdout", text: ["1\n"] }];
  assertEquals(
    await problemsOf([
      { source: "console.log(1);", outputs: one },
      { source: "console.log(1);", outputs: one, cell_type: "raw" },
    ]),
    "it.ipynb: cell 2 of 2 is neither code nor markdown",
  );
});

Deno.test("a cell that never ends is ended by the time limit, and one that awaits for ever is no syntax error", async () => {
  for (const source of ["for (;;);", "await new Promise(() => {});"]) {
    assertEquals(
      await problemsOf([{ source }], { timeout: 2 }),
      `it.ipynb, code cell 1 (${source}): it took more than 2 s`,
    );
  }
  // with the guard of lib/jupyter.ts Deno notices after some seconds that nobody can settle the promise
  const source = `await import("${new URL("../lib/jupyter.ts", import.meta.url)}");\nundefined;`;
  assertEquals(
    await problemsOf([{ source }, { source: "await new Promise(() => {});" }]),
    "it.ipynb, code cell 2 (await new Promise(() => {});): " +
      "it awaits a promise that nothing can settle any more",
  );
});

Deno.test("a notebook whose format or types take for ever to be checked is a problem", async () => {
  assertEquals(
    await problemsOf([{ source: "const n = 1;" }], { checkTimeout: 0.001 }),
    "it.ipynb: deno fmt, which --timeout gives more time, takes more than 0.001 s",
  );
  // a type of 2^24 parts: soon formatted, long checked
  const source = `type Deep<T, N extends unknown[] = []> = N["length"] extends 24 ? T
  : Deep<{ a: T }, [...N, 0]> & Deep<{ b: T }, [...N, 1]>;
const n: number = {} as Deep<string>;`;
  assertEquals(
    await problemsOf([{ source }], { checkTimeout: 7 }),
    "it.ipynb: deno check, which --timeout gives more time, takes more than 7 s",
  );
});

Deno.test("what nobody catches fails the cell: a promise's, a timer's, with any value", async () => {
  const wait = "await new Promise((resolve) => setTimeout(resolve, 200));";
  const nobody = [
    ['Promise.reject(new TypeError("boo"));\nconst n = 1;', "TypeError: boo"],
    ['(async () => {\n  throw new Error("boo");\n})();\nconst n = 1;', "Error: boo"],
    [`setTimeout(() => Promise.reject(new Error("a")));\n${wait}`, "Error: a"],
    [`setTimeout(() => {\n  throw new Error("boo");\n}, 10);\n${wait}`, "Error: boo"],
    ["Promise.reject(5);\nconst n = 1;", "5"],
    ["Promise.reject();\nconst n = 1;", "undefined"],
  ];
  for (const [source, said] of nobody) {
    const [problem, ...more] = (await problemsOf([{ source }, { source: "console.log(1);" }]))
      .split("\n");
    assertEquals(problem, `it.ipynb, code cell 1 (${source.split("\n")[0]}): Uncaught ${said}`);
    assert(!more.join().includes("code cell 2"), "it is not executed");
    const error = said.includes("Error: ") ? said : `Error: ${said}`;
    assert(more.includes(`  + error: ${error}`), more.join("\n"));
  }
  const late = 'setTimeout(() => {\n  throw new Error("late");\n}, 500);\nconst n = 1;';
  const [problem] = (await problemsOf([{ source: late }])).split("\n");
  assertEquals(problem, "it.ipynb, after its last cell: Uncaught Error: late");
  const caught = "const p = Promise.reject(5);\nawait p.catch(() => {});";
  assertEquals(await problemsOf([{ source: caught }, { source: "const n = 1;" }]), "");
});

Deno.test("a picture that is kept as a file is the one in the notebook, to the byte", async () => {
  const png = Uint8Array.of(137, 80, 78, 71, 1), data = { "image/png": png.toBase64() };
  const source = `await Deno.jupyter.display({ "image/png": "${png.toBase64()}" }, { raw: true });`;
  const outputs: Output[] = [{ output_type: "display_data", data, metadata: {} }];
  const cells = [{ source, outputs, tags: ["image:dot"] }];
  assertEquals(await problemsOf(cells, { images: { "dot.png": png } }), "");
  const other = "it.ipynb: images/dot.png is not the picture in it";
  assertEquals(await problemsOf(cells, { images: { "dot.png": png.with(4, 2) } }), other);
  assertEquals(await problemsOf(cells, { images: { "dot.png": png.slice(0, 4) } }), other);
  assertEquals(await problemsOf(cells), other);
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
    return { code, stderr: new TextDecoder().decode(stderr), after, folder };
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
  const good = file("console.log(1);", "2;"),
    bad = file("console.log(1);", 'throw new Error("boo");'),
    broken = "{";
  const { code, stderr, after } = await notebooksCommand({
    "a.ipynb": good,
    "b.ipynb": bad,
    "c.ipynb": broken,
  });
  assertEquals(code, 1);
  const { cells } = JSON.parse(good), [first, second] = cells;
  first.outputs = [{ output_type: "stream", name: "stdout", text: ["1\n"] }];
  const data = { "text/plain": ["2"] };
  second.outputs = [{ output_type: "execute_result", data, metadata: {}, execution_count: 2 }];
  cells.forEach((cell: Cell, i: number) => cell.execution_count = i + 1);
  assertEquals(JSON.parse(after["a.ipynb"]), { ...JSON.parse(good), cells });
  assertEquals(after["b.ipynb"], bad);
  assertMatch(stderr, /^Executing 3, two at a time …\n/);
  assertStringIncludes(stderr, '\nb.ipynb, code cell 2 (throw new Error("boo");): Error: boo\n');
  assertStringIncludes(stderr, "\nc.ipynb: ");
  assertMatch(stderr, /^b\.ipynb FAILED \(\d+(\.\d)? s\)$/m);
  assertMatch(stderr, /\n\n1 of 3 notebooks are well \(\d+(\.\d)? s\)\.\n$/);
  assertMatch(stderr, /^a\.ipynb written \(/m);
  const same = await notebooksCommand({ "a.ipynb": after["a.ipynb"] }, "--check", "--only", "a");
  assertMatch(same.stderr, /^a\.ipynb the outputs are the same \(/m);
  const checked = await notebooksCommand({ "a.ipynb": good }, "--check");
  assertEquals([checked.code, checked.after["a.ipynb"]], [1, good]);
});

Deno.test("notebooks writes the pictures that are kept as files, whatever was there, and prints nothing that a terminal obeys", async () => {
  const source = `await Deno.jupyter.display({ "image/png": "AA==" }, { raw: true });`;
  const folder = await Deno.makeTempDir({ prefix: "nn-notebooks-" });
  const notebook = JSON.parse(file(source));
  notebook.cells[0].metadata.tags = ["image:dot"];
  const name = "a\x1b[2J.ipynb";
  await Deno.writeTextFile(`${folder}/a.ipynb`, JSON.stringify(notebook, null, 1) + "\n");
  await Deno.writeTextFile(`${folder}/${name}`, file('throw new Error("a\\x1b[2Jb");'));
  await Deno.mkdir(`${folder}/images`);
  await Deno.writeFile(`${folder}/images/dot.png`, Uint8Array.of(1));
  const { code, stderr } = await runTask("notebooks", ["--folder", folder]);
  assertEquals(code, 1);
  assertMatch(stderr, /^a\.ipynb written/m);
  assertEquals(await Deno.readFile(`${folder}/images/dot.png`), Uint8Array.of(0));
  assertMatch(stderr, /^a\ufffd\[2J\.ipynb, code cell 1 \(.*\): Error: a\ufffd\[2Jb$/m);
  assertMatch(stderr, /^a\ufffd\[2J\.ipynb FAILED/m);
  assert(!stderr.includes("\x1b"), stderr);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("notebooks names the chapters that are missing, unless others are asked for", async () => {
  const name = "06_reproducible.ipynb", files = { [name]: file("console.log(1);") };
  const { code, stderr } = await notebooksCommand(files);
  assertEquals(code, 1);
  const others = Object.keys(CHAPTERS).filter((chapter) => !name.startsWith(chapter));
  assertEquals(stderr.match(/^.* is missing$/gm), others.map((chapter) => `${chapter} is missing`));
  assertStringIncludes(stderr, `${name}: it has 1 cells of code, 1 with outputs, and should have`);
  assertStringIncludes(stderr, "\n0 of 7 notebooks are well");
  const only = await notebooksCommand(files, "--only", "06");
  assertStringIncludes(only.stderr, "\n0 of 1 notebooks are well");
  const none = await notebooksCommand({}, "--only", "07");
  assertEquals([none.code, none.stderr], [
    2,
    `notebooks: there is no notebook with "07" in its name in ${none.folder}\n`,
  ]);
  const { code: other, stderr: said } = await runTask("notebooks", [
    "--only",
    "notebooks",
    "--check",
  ]);
  assertEquals([other, said], [
    2,
    `notebooks: there is no notebook with "notebooks" in its name in ${ROOT}notebooks\n`,
  ]); // of notebooks/
});

Deno.test("notebooks that is killed while it checks types leaves no file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-notebooks-" });
  await Deno.writeTextFile(`${folder}/a.ipynb`, file("console.log(1);"));
  const command = fromFileUrl(new URL("../cli/notebooks.ts", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", command, "--folder", folder],
    ...{ stdout: "null", stderr: "null" },
  }).spawn();
  const files = () => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const until = async (isSo: () => boolean) => {
    for (let i = 0; i < 2000 && !isSo(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await until(() => files().length > 1);
  assertMatch(files()[0], /\.check\.ts$/);
  process.kill("SIGKILL");
  await process.status;
  await until(() => files().length === 1);
  assertEquals(files(), ["a.ipynb"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("notebooks gives a cell the seconds of --timeout, 180 if nothing else is said", async () => {
  const { code, stderr } = await notebooksCommand(
    { "a.ipynb": file("for (;;);") },
    "--timeout",
    "1",
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "a.ipynb, code cell 1 (for (;;);): it took more than 1 s\n");
  const { stdout } = await runTask("notebooks", ["--help"]);
  const summary = "Executes the notebooks on the Deno kernel and writes their outputs back.\n\n";
  assert(stdout.startsWith(summary), stdout);
  for (
    const option of [
      /--only TEXT +only the notebooks with TEXT in their names\n/,
      /--folder DIR +notebooks of another folder, beside notebooks\/, with a copy of\n? +its deno.json\n/,
      /--check +compare with the outputs that are there, and write nothing\n/,
      /--timeout N +seconds that a cell may take \[180\]\n/,
    ]
  ) assertMatch(stdout, option);
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

Deno.test("lab installs a kernel whose Stop button keeps the state", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fromFileUrl(new URL("../cli/lab.ts", import.meta.url)), "--no-open"],
      env: { JUPYTER_DATA_DIR: folder },
      stderr: "null",
    }).output();
    assertEquals(code, 0);
    const text = await Deno.readTextFile(`${folder}/kernels/deno/kernel.json`);
    assertEquals(JSON.parse(text), {
      argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
      ...{ display_name: "Deno", language: "typescript", interrupt_mode: "message" },
    });
    assertEquals(text, JSON.stringify(JSON.parse(text), null, 2) + "\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "lab says what to do where it is root",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0, // this test would open JupyterLab
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fromFileUrl(new URL("../cli/lab.ts", import.meta.url))],
      env: { JUPYTER_DATA_DIR: folder, NO_COLOR: "1" },
    }).output();
    await Deno.remove(folder, { recursive: true });
    assertEquals(code, 2);
    assertStringIncludes(new TextDecoder().decode(stderr), "deno task lab --allow-root");
  },
});
