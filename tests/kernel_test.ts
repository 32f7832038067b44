/** The kernel that the notebooks are executed in: its limits, its end, and who can reach it. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { endGuarded, startGuarded } from "../cli/notebook/guarded.ts";
import { Kernel } from "../cli/notebook/kernel.ts";
import type { Output } from "../cli/notebook/notebook.ts";
import { isAlive, pause } from "./helpers.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));
const TIMEOUT = 60_000;

/** Executes cells in a kernel of its own; the outputs of the last one. */
async function outputsOf(...cells: string[]): Promise<Output[]> {
  await using kernel = await Kernel.start(ROOT);
  for (const cell of cells.slice(0, -1)) await kernel.execute(cell, TIMEOUT);
  return (await kernel.execute(cells.at(-1)!, TIMEOUT)).outputs;
}

Deno.test("a cell that prints for ever, or shows for ever, is ended after 16 MB, and the kernel with it", async () => {
  for (
    const code of [
      'for (;;) console.log("x".repeat(1000));',
      'for (;;) await Deno.jupyter.display({ "text/plain": "x".repeat(1e5) }, { raw: true });',
    ]
  ) {
    await using kernel = await Kernel.start(ROOT, 2000);
    const message = "it printed or showed more than 16 MB";
    await assertRejects(() => kernel.execute(code, TIMEOUT), Error, message);
    const { message: next } = await assertRejects(() => kernel.execute("1", TIMEOUT), Error);
    assertMatch(next, /^the kernel ended \(code 137\)/);
    assert(!next.includes("memory"), "it was ended for its outputs, before they took so much");
  }
});

Deno.test({
  name: "a kernel that ends while it starts is said at once, with what was said of it",
  ignore: Deno.build.os === "windows", // has another name for the folder
  fn: async () => {
    const folder = Deno.env.get("TMPDIR");
    Deno.env.set("TMPDIR", "/none"); // where its connection cannot be written
    try {
      const { message } = await assertRejects(() => Kernel.start(ROOT), Error);
      assertMatch(
        message,
        /^the Deno kernel did not start: it ended \(code 1\)\n\/none\/kernel-\S+\.json cannot be written: No such/,
      );
    } finally {
      if (folder === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", folder);
    }
  },
});

Deno.test("what updates a display that was never shown is passed over", async () => {
  const update = `await Deno.jupyter.broadcast("update_display_data", {
    data: { "text/plain": "new" }, metadata: {}, transient: { display_id: "none" } });`;
  assertEquals(await outputsOf(update), []);
  const bare = (type: string, text: string, metadata = "") =>
    `await Deno.jupyter.broadcast("${type}", {
      data: { "text/plain": "${text}" }, ${metadata} transient: { display_id: "d" } });`;
  const old = bare("display_data", "old", "metadata: { tall: true },");
  const shown = {
    output_type: "display_data" as const,
    data: { "text/plain": "new" },
    metadata: {},
  };
  assertEquals(await outputsOf(old + bare("update_display_data", "new")), [shown]);
  assertEquals(await outputsOf(bare("display_data", "new")), [shown], "without metadata as well");
});

Deno.test("outputs are those of a notebook: lines that follow each other on one stream are one, errors have their parts", async () => {
  const print = "console.log(1);\nconsole.log(2);\nconsole.error(3);\nconsole.log(4);\n5";
  const stream = (name: string, text: string) => ({ output_type: "stream", name, text });
  await using kernel = await Kernel.start(ROOT);
  await kernel.prepare("console.log(0); 0"); // is not counted, and belongs to nobody
  const printed = await kernel.execute(print, TIMEOUT);
  assertEquals(printed as unknown, {
    ...{ status: "ok", executionCount: 1 },
    outputs: [
      ...[stream("stdout", "1\n2\n"), stream("stderr", "3\n"), stream("stdout", "4\n")],
      {
        output_type: "execute_result",
        data: { "text/plain": "5" },
        metadata: {},
        execution_count: 1,
      },
    ],
  });
  // a message without content is passed over
  const failed = await kernel.execute(
    'await Deno.jupyter.broadcast("other"); throw new TypeError("boo");',
    TIMEOUT,
  );
  assertEquals([failed.status, failed.executionCount], ["error", 2]);
  const [{ traceback, ...error }] = failed.outputs as { traceback: string[] }[];
  assertEquals(error as unknown, { output_type: "error", ename: "TypeError", evalue: "boo" });
  assertMatch(traceback.join("\n"), /^TypeError: boo\n {4}at <anonymous>:/);
  const show = (text: string, update: boolean) =>
    `await Deno.jupyter.display({ "text/plain": "${text}" }, { raw: true, display_id: "d", update: ${update} });`;
  const { outputs } = await kernel.execute(
    show("a", false) + show("b", false) + show("c", true),
    TIMEOUT,
  );
  const texts = (outputs: Output[]) =>
    outputs.map((output) => "data" in output && output.data["text/plain"]);
  assertEquals(texts(outputs), ["c", "c"]);
  // in its folder, and nobody is there to answer
  const last = await kernel.execute('Deno.cwd() + "/ " + prompt("Who?")', TIMEOUT);
  assertEquals(texts(last.outputs), [Deno.inspect(`${ROOT} null`)]);
});

Deno.test("15 MB are printed whole, and what is redrawn in place is not counted", async () => {
  const [printed] = await outputsOf(
    'for (let i = 0; i < 150; i++) console.log("x".repeat(99_999));',
  );
  assert("text" in printed);
  assertEquals(printed.text.length, 15e6);
  const redrawn = await outputsOf(`for (let i = 0; i <= 200; i++) {
    const data = { "text/plain": i + "x".repeat(1e5) };
    await Deno.jupyter.display(data, { raw: true, display_id: "d", update: i > 0 });
  }`);
  assertEquals(redrawn.map((output) => "data" in output && output.data["text/plain"]), [
    `200${"x".repeat(1e5)}`,
  ]);
});

Deno.test({
  name:
    "a kernel that takes too much memory is ended and says so, whether objects or arrays of bytes take it",
  ignore: Deno.build.os === "windows", // nothing there says how much it takes
  fn: async () => {
    for (const what of ["new Array(1e5).fill(0.5)", "new Uint8Array(1e6).fill(1)"]) {
      await using kernel = await Kernel.start(ROOT, 500);
      await assertRejects(
        () => kernel.execute(`const all = []; for (;;) all.push(${what});`, TIMEOUT),
        Error,
        "it took more than 500 MB of memory",
      );
    }
  },
});

Deno.test({
  name: "a kernel may take 4 GB of memory if nothing else is said",
  ignore: Deno.build.os !== "linux", // where the guard's arguments can be read
  fn: async () => {
    const [output] = await outputsOf(
      `const args = Deno.readTextFileSync("/proc/" + Deno.ppid + "/cmdline").split("\\0");
      console.log(args[args.indexOf("jupyter") - 1]);`,
    );
    assertEquals("text" in output && output.text, "4096\n");
  },
});

Deno.test("a guard writes the whole text for whom it starts, in no file that is there, and ends as that one does", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-guard-" }), file = `${folder}/text`;
  const start = async (text: string, code: string) => {
    const guard = await startGuarded({ args: ["eval", code], cwd: folder, file, text });
    const [said, { code: ended }] = await Promise.all([
      new Response(guard.stderr).text(),
      guard.status,
    ]);
    await endGuarded(guard);
    return [ended, said];
  };
  const text = "é\n".repeat(1e5); // more than a pipe takes at once, cut within letters
  const code = `console.log("unheard");
    console.error(Deno.readTextFileSync("text") === "é\\n".repeat(1e5), Deno.noColor);
    Deno.exit(7);`;
  assertEquals(await start(text, code), [7, "true true\n"]);
  assertEquals([...Deno.readDirSync(folder)], []);
  await Deno.writeTextFile(file, "mine");
  const [ended, said] = await start("other", "");
  assertEquals(ended, 1);
  assertMatch(`${said}`, /^\S+\/text cannot be written: .*exists.*\n$/);
  assertEquals(await Deno.readTextFile(file), "mine");
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "the kernel listens on this machine alone",
  ignore: Deno.build.os !== "linux", // where it can tell itself
  fn: async () => {
    const [output] = await outputsOf(`
      const own = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => {
        try { return Deno.readLinkSync("/proc/self/fd/" + name); } catch { return ""; }
      });
      const lines = ["tcp", "tcp6"].flatMap((name) =>
        Deno.readTextFileSync("/proc/self/net/" + name).trim().split("\\n").slice(1));
      for (const line of lines) {
        const [, address, , state, , , , , , inode] = line.trim().split(/\\s+/);
        if (state === "0A" && own.includes("socket:[" + inode + "]")) console.log(address.split(":")[0]);
      }`);
    assertEquals("text" in output && output.text, "0100007F\n".repeat(5)); // 127.0.0.1, five ports
  },
});

Deno.test({
  name: "a kernel ends with its guard, which Ctrl-C and a closed terminal reach as well",
  ignore: Deno.build.os === "windows", // has no signals
  fn: async () => {
    for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) {
      await using kernel = await Kernel.start(ROOT);
      const { outputs: [output] } = await kernel.execute(
        "console.log(Deno.ppid, Deno.pid);",
        TIMEOUT,
      );
      assert("text" in output);
      const [guard, pid] = (output.text as string).split(" ").map(Number);
      const executed = kernel.execute("for (;;);", TIMEOUT);
      Deno.kill(guard, signal);
      await assertRejects(() => executed, Error, "the kernel ended (code 137)");
      assertEquals(isAlive(pid), false, signal);
    }
  },
});

Deno.test({
  name:
    "the processes that a cell has started end with the kernel, whether it is asked to or killed",
  ignore: Deno.build.os === "windows", // has no groups of processes
  fn: async () => {
    for (const isKilled of [false, true]) {
      let pids: number[];
      {
        await using kernel = await Kernel.start(ROOT);
        const { outputs: [output] } = await kernel.execute(
          `const { pid } = new Deno.Command("sleep", { args: ["600"], stdin: "null" }).spawn();
          console.log(Deno.pid, pid);`,
          TIMEOUT,
        );
        assert("text" in output);
        pids = (output.text as string).split(" ").map(Number);
        assertEquals(pids.map(isAlive), [true, true]);
        if (isKilled) Deno.kill(pids[0], "SIGKILL");
      }
      for (let i = 0; i < 100 && pids.some(isAlive); i++) await pause(50);
      assertEquals(pids.map(isAlive), [false, false], isKilled ? "killed" : "asked");
    }
  },
});

Deno.test({
  name: "a kernel ends with its client where a whole group of processes is killed",
  ignore: Deno.build.os === "windows", // has none
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nn-client-" });
    const client = startClient(folder, true);
    const reader = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await reader.read();
    const pid = parseInt(value);
    assert(isAlive(pid));
    Deno.kill(-client.pid, "SIGKILL"); // as `timeout -s KILL` does
    await client.status;
    await reader.cancel();
    for (let i = 0; i < 200 && isAlive(pid); i++) await pause(50);
    assertEquals(isAlive(pid), false);
    await Deno.remove(folder);
  },
});

/** What a client does that a test kills: it says the kernel's process, and waits. */
const CLIENT = `
  import { Kernel } from "${new URL("../cli/notebook/kernel.ts", import.meta.url)}";
  const kernel = await Kernel.start(".");
  const { outputs } = await kernel.execute("console.log(Deno.pid);", 60_000);
  console.log(outputs[0].text, JSON.stringify(Array.from(Deno.readDirSync(Deno.env.get("TMPDIR")))));
  await kernel.execute("for (;;);", 60_000);`;

/** Starts such a client, with its temporary files in a folder; as the first of a group of processes where that is said. */
function startClient(folder: string, detached = false): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--ext=ts", CLIENT],
    ...{ cwd: ROOT, env: { TMPDIR: folder }, stdin: "null", stdout: "piped", detached },
  }).spawn();
}

Deno.test({
  name:
    "a kernel ends with its client, however that ends, and the file with its key is gone before and after",
  ignore: Deno.build.os === "windows", // has no signals
  fn: async () => {
    for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const) {
      const folder = await Deno.makeTempDir({ prefix: "nn-client-" });
      const client = startClient(folder);
      const reader = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const { value = "" } = await reader.read();
      const [pid, files] = value.split("\n");
      assertEquals(files, " []", "the file is there only while the kernel starts");
      assert(isAlive(Number(pid)));
      client.kill(signal);
      await client.status;
      await reader.cancel();
      for (let i = 0; i < 100 && isAlive(Number(pid)); i++) await pause(50);
      assertEquals(isAlive(Number(pid)), false, signal);
      await Deno.remove(folder); // is empty
    }
  },
});

Deno.test({
  name: "a client that is killed while its kernel starts leaves no kernel and no file",
  ignore: Deno.build.os !== "linux", // where the processes can be found by their environment
  fn: async () => {
    for (const wait of [0, 15, 30, 60, 120, 240]) {
      const folder = await Deno.makeTempDir({ prefix: "nn-client-" });
      const client = startClient(folder);
      while (processesIn(folder).length < 2) await pause(1);
      await pause(wait);
      client.kill("SIGKILL");
      await client.output();
      const left = () => [...processesIn(folder), ...Array.from(Deno.readDirSync(folder))];
      for (let i = 0; i < 100 && left().length > 0; i++) await pause(50);
      assertEquals(left(), [], `${wait} ms`);
      await Deno.remove(folder);
    }
  },
});

Deno.test({
  name: "the file with the kernel's key is its user's alone",
  ignore: Deno.build.os === "windows", // has no such modes
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nn-client-" });
    const client = startClient(folder);
    const files = () => Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`);
    while (files().length === 0) await pause(1);
    assertEquals(Deno.statSync(files()[0]).mode! & 0o777, 0o600);
    client.kill("SIGKILL");
    await client.output();
    for (let i = 0; i < 100 && files().length > 0; i++) await pause(50);
    await Deno.remove(folder);
  },
});

/** The processes whose temporary files are in a folder. */
function processesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name).filter((name) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/environ`).includes(`TMPDIR=${folder}`);
    } catch {
      return false;
    }
  });
}
