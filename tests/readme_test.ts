/** What the README shows runs as it is written. */

import { assertEquals, assertMatch } from "@std/assert";
import { dataFolder } from "./helpers.ts";
import { ROOT, runTask } from "./train_command.ts";

const README = Deno.readTextFileSync(`${ROOT}README.md`);

/** The code blocks of a language. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, code]) =>
    code
  );
}

Deno.test("the README's program runs as it is written, and its model predicts elsewhere", async () => {
  const [program, ...others] = blocks("ts");
  assertEquals(others, []);
  const elsewhere = `
    const copy = Pipeline.fromJSON<Label>(JSON.parse(text));
    console.log(copy.predict([{ sepal_length: 5, sepal_width: 3.4, petal_length: 1.5, petal_width: 0.2 }]));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--check", "--lock=dev.lock", "--allow-read=data", "-"],
    ...{ cwd: ROOT, stdin: "piped", stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
  await new Blob([program + elsewhere]).stream().pipeTo(child.stdin);
  const { stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertMatch(
    new TextDecoder().decode(stdout),
    /precision[^]* accuracy +0\.9\d +38\n[^]*\[ "setosa" \]/,
  );
});

Deno.test("the README's commands on a table and a picture run as they are written", async () => {
  using folder = dataFolder({});
  await Deno.symlink(`${ROOT}data`, `${folder.path}/data`);
  const commands = blocks("sh").join("").split("\n").filter((line) => line.includes("data/"));
  const outputs = [];
  for (const command of commands) {
    const [, , name, ...args] = command.split("#")[0].trim().split(/\s+/);
    const { code, stdout, stderr } = await runTask(name, args, folder.path);
    assertEquals(code, 0, stderr);
    outputs.push(stdout);
  }
  assertEquals(outputs.length, 3);
  assertMatch(outputs[0], /^ +precision[^]* accuracy/);
  assertMatch(outputs[1], /\n +150 {2}virginica /);
  assertMatch(outputs[2], /█[^]*\ndata\/models\/seven\.png {2}7 /);
});

Deno.test("the same version of Deno is named wherever one is named", () => {
  const files = [
    "README.md",
    ".ci/run",
    ".github/workflows/test.yml",
    ".devcontainer/devcontainer.json",
  ];
  const versions = files.map((file) =>
    Deno.readTextFileSync(ROOT + file).match(
      /deno@?(?:-version: |==|@)?(\d+\.\d+\.\d+)|version=(\d+\.\d+\.\d+)/,
    )
  );
  assertEquals(versions.map((found) => found?.[1] ?? found?.[2]), files.map(() => "2.9.6"));
});
