/** What SECURITY.md and NOTICE.md say of permissions and packages, and that the tasks work with theirs. */

import { assertEquals, assertMatch } from "@std/assert";
import { ROOT, runTask } from "./train_command.ts";

const read = (name: string) => Deno.readTextFile(`${ROOT}/${name}`);

Deno.test("SECURITY.md has the permissions of every task, in the order of deno.json", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  const needed = Object.entries<{ command: string }>(tasks).map(([name, { command }]) => {
    const program = command.split(" && ").findLast((part) => /\bdeno (run|test) /.test(part))!;
    return [name, program.split(" ").filter((word) => /^(-A$|--allow-)/.test(word)).join(" ")];
  });
  const rows = (await read("SECURITY.md")).matchAll(/^\| `(\w+)` +\| `(.*?)` +\|/gm);
  assertEquals([...rows].map(([, name, permissions]) => [name, permissions]).sort(), needed.sort());
});

Deno.test("NOTICE.md has each package that is loaded by name, in the version of dev.lock, and no other", async () => {
  const { specifiers } = JSON.parse(await read("dev.lock"));
  const loaded = Object.entries<string>(specifiers).map(([specifier, version]) => {
    const name = specifier.replace(/^npm:/, "").replace(/@[^@]*$/, "");
    assertEquals(specifier, `npm:${name}@${version.split("_")[0]}`, "exact versions alone");
    return `${name} ${version.split("_")[0]}`;
  });
  const listed = (await read("NOTICE.md"))
    .matchAll(/\[`([^`]+)`\]\(https:\/\/www\.npmjs\.com\/package\/([^)]+)\) ([\d.]+\d)/g);
  assertEquals(
    [...listed].map(([, name, , version]) => `${name} ${version}`).sort(),
    loaded.sort(),
  );
});

Deno.test("the tasks work with their permissions alone", async () => {
  const folder = await Deno.makeTempDir();
  const web = await runTask("web", ["--build", "site"], folder);
  assertEquals([web.code, web.stderr.trim().split("\n").at(-1)], [0, `Written to ${folder}/site.`]);
  const build = await runTask("build", ["--check"]);
  assertEquals([build.code, build.stderr], [0, ""]);
  const records = await runTask("records", ["--only", "none"]);
  assertEquals([records.code, records.stderr], [
    2,
    "records: --only: there is no preset none\n",
  ]);
  Deno.env.set("JUPYTER_DATA_DIR", folder);
  const lab = await runTask("lab", ["--no-open"]);
  Deno.env.delete("JUPYTER_DATA_DIR");
  assertEquals([lab.code, lab.stderr], [
    0,
    `The Deno kernel is installed in ${folder}/kernels/deno.\n`,
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a task that is to write where it may not says so, and train into one folder needs no more", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  await Deno.mkdir(`${folder}/models`);
  const train = async (file: string) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--allow-read", `--allow-write=${folder}/models`],
        ...["--allow-env=INIT_CWD", `${ROOT}/cli/train.ts`, "--epochs", "1", "--quiet"],
        ...["--save", file],
      ],
      env: { INIT_CWD: folder, NO_COLOR: "1" },
    }).output();
    return [code, new TextDecoder().decode(stderr)] as const;
  };
  assertEquals(await train("models/mine.json"), [0, ""]);
  assertEquals([...Deno.readDirSync(`${folder}/models`)].map(({ name }) => name), ["mine.json"]);
  const [code, stderr] = await train("mine.json");
  assertEquals(code, 2);
  assertMatch(stderr, /^train: --save: .*\/mine\.json cannot be written: Requires write access to/);
  await Deno.remove(folder, { recursive: true });
});
