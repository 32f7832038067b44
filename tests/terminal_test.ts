/** What people see in a terminal: `script`, which is on every Linux, makes one of any width. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dataFolder } from "./helpers.ts";
import { ROOT, smallData } from "./train_command.ts";

const hasScript = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" })
    .output().then(({ success }) => success, () => false);

/** All that a program, with its arguments, writes in a terminal of so many columns, and its exit code. */
async function inTerminal(program: string, cwd: string, columns = 80): Promise<[string, number]> {
  const run = `stty cols ${columns}; deno run --quiet -A --config=${ROOT}/deno.json `;
  const { code, stdout } = await new Deno.Command("script", {
    args: ["--quiet", "--return", "--echo", "never", "--command", run + program, "/dev/null"],
    ...{ cwd, stdin: "null", env: { NO_COLOR: "1", INIT_CWD: cwd, SHELL: "/bin/sh" } },
  }).output();
  return [new TextDecoder().decode(stdout).replaceAll("\r\n", "\n"), code];
}

/** What stands in the line of the bar in the end: each drawing of it begins anew. */
const linesOf = (text: string) => text.split("\n").map((line) => line.split("\r\x1b[K").at(-1)!);

Deno.test({
  name:
    "in a terminal long lines are cut at spaces, and the bar is drawn in its line and ends full",
  ignore: !hasScript,
  fn: async () => {
    using data = await smallData();
    const options =
      "--data . --train-size 60 --preset best --epochs 3 --hidden 5 --activation relu";
    const [wide, code] = await inTerminal(`${ROOT}/cli/train.ts ${options}`, data.path, 200);
    assertEquals(code, 0, wide);
    const [network] = wide.match(/^Network .*$/m)!;
    assert(network.length > 60);
    assertStringIncludes(wide, "\r\x1b[K█");
    assert(
      linesOf(wide).some((line) => /^█{28} epoch 3\/3 {2}error \S+ {2}\S+ s$/.test(line)),
      wide,
    );
    const [narrow] = await inTerminal(`${ROOT}/cli/train.ts ${options}`, data.path, 60);
    assertEquals(linesOf(narrow).filter((line) => line.length > 60), []);
    const words = (text: string) => text.replace(/\s+/g, " ");
    assertStringIncludes(words(narrow), words(network));
  },
});

Deno.test({
  name: "in a terminal predict does not wait for a table that nobody types",
  ignore: !hasScript,
  fn: async () => {
    using folder = dataFolder({});
    const [text, code] = await inTerminal(`${ROOT}/cli/predict.ts < /dev/tty`, folder.path);
    assertEquals([text, code], [
      "predict: name one or more files, or pipe a table into it; --help has examples\n",
      2,
    ]);
  },
});

Deno.test({
  name: "in a terminal Ctrl-C is answered in the place of the bar",
  ignore: !hasScript,
  fn: async () => {
    using folder = dataFolder({});
    const code = `import { answer } from "${ROOT}/cli/training/interrupts.ts";
      const shared = new Int32Array(new SharedArrayBuffer(12));
      for (let i = 0; i < 2; i++) answer({ shared, isQuiet: false });
      answer({ shared, isQuiet: true });
      shared[1] = 1; // the training has ended
      for (let i = 0; i < 2; i++) answer({ shared, isQuiet: false });`;
    await Deno.writeTextFile(`${folder.path}/it.ts`, code);
    const [text] = await inTerminal(`${folder.path}/it.ts`, folder.path);
    assertEquals(text.split("\r\x1b[K"), [
      "",
      "Stopping: what was learned so far is reported.\n",
      "It is stopping: a moment.\n",
      "The training has ended: its result is on the way. Once more, and it is left\n  out.\n",
      "The result is left out.\n",
    ]);
  },
});
