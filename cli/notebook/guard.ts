/**
 * A process between a client and its kernel, `guard.ts MEGABYTES`: starts the kernel, and ends it when the client is
 * gone, however it went, or when the kernel takes more memory than that. It ends as the kernel did.
 *
 * How the two connect, with the key, is told in a variable. The kernel wants a file for that: it is here until the
 * client has connected.
 */

const connection = Deno.env.get("NOTEBOOKS_CONNECTION")!, [megabytes] = Deno.args;
/** Milliseconds between two looks at the memory. */
const INTERVAL = 100;

// Ctrl-C and a closed terminal reach this process too; it has to see to the end
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) {
  if (Deno.build.os !== "windows" || signal !== "SIGTERM") Deno.addSignalListener(signal, end);
}
const connectionFile = await Deno.makeTempFile({ prefix: "kernel-", suffix: ".json" });
await Deno.writeTextFile(connectionFile, connection);
const kernel = new Deno.Command(Deno.execPath(), {
  args: ["jupyter", "--kernel", "--conn", connectionFile],
  ...{ stdin: "null", stdout: "null", stderr: "inherit" },
}).spawn();
watchClient();
watchMemory();
const { code } = await kernel.status;
removeConnectionFile();
Deno.exit(code);

function end(): void {
  try {
    kernel.kill("SIGKILL");
  } catch {
    // it has ended
  }
}

function removeConnectionFile(): void {
  try {
    Deno.removeSync(connectionFile);
  } catch {
    // it is gone
  }
}

/** The client writes to this pipe when it has connected; the pipe ends with the client. */
async function watchClient(): Promise<void> {
  for await (const _ of Deno.stdin.readable) removeConnectionFile();
  end();
}

async function watchMemory(): Promise<void> {
  for (;;) {
    if (await residentMegabytes(kernel.pid) > Number(megabytes)) {
      console.error(`it took more than ${megabytes} MB of memory`);
      return end();
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}

/** The memory of a process; 0 where nothing says it, as on Windows. */
async function residentMegabytes(pid: number): Promise<number> {
  try {
    if (Deno.build.os === "linux") { // where `ps` may be missing
      const status = await Deno.readTextFile(`/proc/${pid}/status`);
      return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1] ?? 0) / 1024;
    }
    const args = ["-o", "rss=", "-p", `${pid}`];
    const { stdout } = await new Deno.Command("ps", { args }).output();
    return Number(new TextDecoder().decode(stdout)) / 1024;
  } catch {
    return 0;
  }
}
