/**
 * A process between this program and another Deno, `guard.ts FILE MEGABYTES ARGUMENT…`: it writes a file for the other
 * one, ends it when this program is gone, however it went, or when it takes more memory than that, and removes the file.
 * The processes that the other one has started end with it, but for those that have left its group. It ends as the other one did.
 *
 * From stdin it reads the file's text and a zero after it; what comes later says that the file was read, and the end
 * that this program is gone.
 */

const [file, megabytes, ...args] = Deno.args;
/** Milliseconds between two looks at the memory. */
const INTERVAL = 100;
let other: Deno.ChildProcess | undefined;

// Ctrl-C and a closed terminal reach this process too; it has to see to the end
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) {
  if (Deno.build.os !== "windows" || signal !== "SIGTERM") Deno.addSignalListener(signal, end);
}
let text = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  if (other) removeFile();
  else if ((text += chunk).endsWith("\0")) other = start(text.slice(0, -1));
}
end();

function start(text: string): Deno.ChildProcess {
  try {
    Deno.writeTextFileSync(file, text, { createNew: true, mode: 0o600 }); // it can hold a key
  } catch (error) {
    console.error(`${file} cannot be written: ${(error as Error).message}`);
    Deno.exit(1);
  }
  const other = new Deno.Command(Deno.execPath(), {
    ...{ args, stdin: "null", stdout: "null", stderr: "inherit" },
    detached: Deno.build.os !== "windows", // the first of a group, which can be ended as a whole
  }).spawn();
  other.status.then(({ code }) => {
    end();
    removeFile();
    Deno.exit(code);
  });
  watchMemory(other.pid);
  return other;
}

/** Ends the other one with its group; on Windows, which has no such groups, alone. */
function end(): void {
  if (!other) return;
  try {
    if (Deno.build.os === "windows") other.kill("SIGKILL");
    else Deno.kill(-other.pid, "SIGKILL");
  } catch {
    // all have ended
  }
}

function removeFile(): void {
  try {
    Deno.removeSync(file);
  } catch {
    // it is gone
  }
}

async function watchMemory(pid: number): Promise<void> {
  for (;;) {
    if (await residentMegabytes(pid) > Number(megabytes)) {
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
