/** Files that are written as a whole or not at all: by many at once, by runs that are killed, over files of others. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UsageError } from "../cli/shared/options.ts";
import { checkSavePath, writeWhole } from "../cli/shared/whole_file.ts";
import { dataFolder, sha256 } from "./helpers.ts";

const isWindows = Deno.build.os === "windows";

const bytes = (text: string) => new TextEncoder().encode(text);
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const modeOf = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);

Deno.test({
  name: "a file that is written anew keeps its mode and its owner, and a link leads to it still",
  ignore: isWindows,
  fn: async () => {
    using folder = dataFolder({ "old.json": bytes("old") });
    const old = `${folder.path}/old.json`, link = `${folder.path}/link.json`;
    await Deno.symlink(old, link);
    const isRoot = Deno.uid() === 0;
    if (isRoot) await Deno.chown(old, 65534, 65534);
    for (const mode of [0o600, 0o644, 0o666, 0o200]) {
      await Deno.chmod(old, mode);
      await writeWhole(await checkSavePath("--save", link), bytes(`new ${mode}`));
      assertEquals(modeOf(old), mode.toString(8));
      if (isRoot) assertEquals([Deno.statSync(old).uid, Deno.statSync(old).gid], [65534, 65534]);
    }
    await Deno.chmod(old, 0o600);
    assertEquals(await Deno.readTextFile(old), `new ${0o200}`);
    assertEquals((await Deno.lstat(link)).isSymlink, true);
    assertEquals(namesIn(folder.path), ["link.json", "old.json"]);
    const umask = Deno.umask(0o027);
    await writeWhole(`${folder.path}/new.json`, bytes("new"));
    Deno.umask(umask);
    assertEquals(modeOf(`${folder.path}/new.json`), "640");
  },
});

Deno.test({
  name:
    "a link to a file that is not there yet leads to it afterwards, through other links and folders",
  ignore: isWindows,
  fn: async () => {
    using folder = dataFolder({});
    const real = Deno.realPathSync(folder.path), at = (name: string) => `${real}/${name}`;
    await Deno.mkdir(at("models"));
    await Deno.symlink("b", at("a")); // relative to the folder of the link
    await Deno.symlink(at("models/new.json"), at("b"));
    assertEquals(await checkSavePath("--save", at("a")), at("models/new.json"));
    await writeWhole(await checkSavePath("--save", at("a")), bytes("new"));
    assertEquals(await Deno.readTextFile(at("models/new.json")), "new");
    assertEquals([at("a"), at("b")].map((path) => Deno.lstatSync(path).isSymlink), [true, true]);
    // what a link says counts from the folder that it is in, not from a link to that
    await Deno.mkdir(at("real/inner"), { recursive: true });
    await Deno.symlink(at("real/inner"), at("folder"));
    await Deno.symlink("../x.json", at("real/inner/up"));
    assertEquals(await checkSavePath("--save", at("folder/up")), at("real/x.json"));
    await Deno.symlink(at("none/x.json"), at("lost"));
    const lost = `--save: there is no folder ${at("none")}`;
    await assertRejects(() => checkSavePath("--save", at("lost")), UsageError, lost);
    await Deno.symlink("round", at("round"));
    const round = `--save: ${at("round")} cannot be written`;
    await assertRejects(() => checkSavePath("--save", at("round")), UsageError, round);
  },
});

Deno.test({
  name:
    "a read-only file, a pipe, a folder and a device are refused before the work, and nothing waits",
  ignore: isWindows,
  fn: async () => {
    using folder = dataFolder({ "old.json": bytes("old") });
    const refused = async (file: string) => {
      const { message } = await assertRejects(() => checkSavePath("--save", file), UsageError);
      return message.replace(`--save: ${file} `, "");
    };
    const old = `${folder.path}/old.json`, pipe = `${folder.path}/pipe`;
    await Deno.chmod(old, 0o444);
    assertEquals(await refused(old), "is read-only");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    assertEquals(await refused(pipe), "is a pipe or another device, not a file");
    assertEquals(await refused(folder.path), "is a folder");
    const none = `${folder.path}/none/x.json`;
    assertEquals(await refused(none), `--save: there is no folder ${folder.path}/none`);
    const long = `${folder.path}/${"x".repeat(300)}`;
    // without the name of a temporary file
    assertMatch(await refused(long), /^cannot be written: [^:]* \(os error \d+\)$/);
    assertEquals(await checkSavePath("--save", "/dev/null"), "/dev/null");
    await writeWhole("/dev/null", bytes("anything"));
    assertEquals(namesIn(folder.path), ["old.json", "pipe"]);
    assertEquals(await Deno.readTextFile(old), "old");
    const { open } = Deno;
    Deno.open = (path, options) =>
      path === old ? Promise.reject(new Error("it is another's")) : open(path, options);
    await Deno.chmod(old, 0o644);
    try {
      assertEquals(await refused(old), "cannot be written: it is another's");
    } finally {
      Deno.open = open;
    }
    if (Deno.uid() !== 0) return; // others than the owner, who are root here, may write these
    for (const mode of [0o420, 0o402]) {
      await Deno.chmod(old, mode);
      assertEquals(await checkSavePath("--save", old), Deno.realPathSync(old));
    }
  },
});

Deno.test("no file stays open, whether it was checked, written, or could not be", async () => {
  using folder = dataFolder({});
  const { open, rename } = Deno, files: Deno.FsFile[] = [];
  Deno.open = async (path, options) => {
    files.push(await open(path, options));
    return files.at(-1)!;
  };
  try {
    const path = await checkSavePath("--save", `${folder.path}/x`);
    await writeWhole(path, bytes("new"));
    await checkSavePath("--save", path);
    Deno.rename = () => Promise.reject(new Error("No space left"));
    await assertRejects(() => writeWhole(path, bytes("newer")), Error, "No space left");
  } finally {
    Object.assign(Deno, { open, rename });
  }
  assertEquals(files.length, 5);
  for (const file of files) await assertRejects(() => file.stat(), Deno.errors.BadResource);
});

Deno.test("a name of the greatest length can be written, in any letters", async () => {
  using folder = dataFolder({});
  for (const letter of ["x", "ü", "字", "😀"]) {
    const name = letter.repeat(Math.floor(255 / bytes(letter).length));
    await writeWhole(await checkSavePath("--save", `${folder.path}/${name}`), bytes(letter));
    assertEquals(await Deno.readTextFile(`${folder.path}/${name}`), letter);
  }
});

Deno.test("a file that cannot take its place leaves the old one, and nothing besides", async () => {
  using folder = dataFolder({ "old.json": bytes("old") });
  const path = `${folder.path}/old.json`, { rename } = Deno;
  Deno.rename = () => Promise.reject(new Error("No space left"));
  try {
    await assertRejects(
      () => writeWhole(path, bytes("new")),
      Error,
      `${path} is not written: No space left`,
    );
  } finally {
    Deno.rename = rename;
  }
  assertEquals([namesIn(folder.path), await Deno.readTextFile(path)], [["old.json"], "old"]);
});

Deno.test("the content is on the disk before it has the name", async () => {
  using folder = dataFolder({});
  const { rename } = Deno, { sync } = Deno.FsFile.prototype, calls: string[] = [];
  Deno.FsFile.prototype.sync = function () {
    calls.push("sync");
    return sync.call(this);
  };
  Deno.rename = (from, to) => {
    calls.push("rename");
    return rename(from, to);
  };
  try {
    await writeWhole(`${folder.path}/x`, bytes("x"));
  } finally {
    Deno.rename = rename;
    Deno.FsFile.prototype.sync = sync;
  }
  assertEquals(calls, ["sync", "rename"]);
});

/** A process that has written its temporary file, and waits before it takes its place until it is killed. */
async function waitingRun(path: string): Promise<{ kill: () => Promise<unknown> }> {
  const module = new URL("../cli/shared/whole_file.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `Deno.rename = () => (console.log("there"), new Promise(() => setInterval(() => {}, 1000)));
      const { writeWhole } = await import(${JSON.stringify(module.href)});
      await writeWhole(${JSON.stringify(path)}, new Uint8Array(1e6));`,
    ],
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    kill: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      return await child.status;
    },
  };
}

Deno.test("what a killed run has left over is removed by the next one, and nothing that is another's or in use", async () => {
  const uuid = "01234567-89ab-4cde-8f01-23456789abcd";
  const others = [
    ...[".model.json.tmp", ".model.json.old.tmp", `.model.json.${uuid}`, `model.json.${uuid}.tmp`],
    `.other.json.${uuid}.tmp`,
  ];
  using folder = dataFolder(Object.fromEntries(others.map((name) => [name, bytes(name)])));
  Deno.symlinkSync(`${folder.path}/${others[0]}`, `${folder.path}/.model.json.${uuid}.tmp`);
  const kept = [...others, `.model.json.${uuid}.tmp`, "model.json"].sort();
  const path = `${folder.path}/model.json`;
  const run = await waitingRun(path);
  await writeWhole(path, bytes("first"));
  assertEquals(namesIn(folder.path).length, kept.length + 1, "the run is under way");
  await run.kill();
  assertEquals(namesIn(folder.path).length, kept.length + 1);
  await writeWhole(path, bytes("second"));
  assertEquals([namesIn(folder.path), await Deno.readTextFile(path)], [kept, "second"]);
});

Deno.test("of many runs that write one file at once each succeeds, and one of them is there as a whole", async () => {
  using folder = dataFolder({});
  const path = `${folder.path}/model.json`,
    module = new URL("../cli/shared/whole_file.ts", import.meta.url);
  const script = `const { checkSavePath, writeWhole } = await import(${
    JSON.stringify(module.href)
  });
    const path = await checkSavePath("--save", ${JSON.stringify(path)});
    for (let n = 0; n < 60; n++) await writeWhole(path, new Uint8Array(1e5).fill(Number(Deno.args[0])));`;
  const runs = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      new Deno.Command(Deno.execPath(), { args: ["eval", script, String(n)] }).output()
    ),
  );
  assertEquals(runs.map(({ code, stderr }) => [code, new TextDecoder().decode(stderr)]), [
    ...Array(4).fill([0, ""]),
  ]);
  assertEquals(namesIn(folder.path), ["model.json"]);
  const there = await sha256(await Deno.readFile(path));
  const whole = [1, 2, 3, 4].map((n) => sha256(new Uint8Array(1e5).fill(n)));
  assertEquals((await Promise.all(whole)).includes(there), true);
});

Deno.test({
  name: "whoever reads a file while it is written anew reads the old one, whole",
  ignore: Deno.build.os === "windows", // where a file that is open cannot be replaced
  async fn() {
    using folder = dataFolder({});
    const path = `${folder.path}/file`, old = Uint8Array.of(1, 2, 3);
    await writeWhole(path, old);
    using reader = await Deno.open(path);
    await writeWhole(path, Uint8Array.of(4));
    assertEquals(await new Response(reader.readable).bytes(), old);
    assertEquals(await Deno.readFile(path), Uint8Array.of(4));
  },
});

Deno.test("a file is written to its end where the system takes a part at a time", async () => {
  using folder = dataFolder({});
  const { write } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = function (bytes) {
    return write.call(this, bytes.subarray(0, 3));
  };
  try {
    await writeWhole(`${folder.path}/new.json`, bytes("eleven bytes"));
  } finally {
    Deno.FsFile.prototype.write = write;
  }
  assertEquals(await Deno.readTextFile(`${folder.path}/new.json`), "eleven bytes");
});
