/**
 * Another Deno that does not outlive this one, even if that is killed: a third process, `guard.ts`, sees to it. And a limit
 * of time.
 */

import { fromFileUrl } from "@std/path";

const GUARD = fromFileUrl(new URL("guard.ts", import.meta.url));
/** The megabytes that it may take: the kernels of the chapters take 2,300 at most. */
const MEMORY = 4096;

/** What is started, and where. */
export interface Guarded {
  readonly args: readonly string[];
  readonly cwd: string;
  /** A file with this text is there for it, until it has ended or `removeFile` is called. */
  readonly file: string;
  readonly text: string;
  /** The megabytes of memory at which it is ended. */
  readonly megabytes?: number;
}

/** Starts it. The process that is returned is the guard: it ends when its stdin is closed. */
export async function startGuarded(
  { args, cwd, file, text, megabytes = MEMORY }: Guarded,
): Promise<Deno.ChildProcess> {
  const guard = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "-A", GUARD, file, `${megabytes}`, ...args],
    ...{ cwd, env: { NO_COLOR: "1" }, stdin: "piped", stdout: "null", stderr: "piped" },
    detached: Deno.build.os !== "windows", // of a group of its own: who kills this one's leaves it to see to the end
  }).spawn();
  await say(guard, `${text}\0`);
  return guard;
}

/** Ends it. */
export async function endGuarded(guard: Deno.ChildProcess): Promise<void> {
  await guard.stdin.close().catch(() => {}); // it has ended
  await guard.status;
}

/** Has the file removed, which was read. */
export function removeFile(guard: Deno.ChildProcess): Promise<void> {
  return say(guard, "it was read");
}

async function say(guard: Deno.ChildProcess, text: string): Promise<void> {
  const writer = guard.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

/** The result of `work`; an error, "`message` N s", once it has taken longer than `timeout` milliseconds. */
export async function within<T>(timeout: number, message: string, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${message} ${timeout / 1000} s`)), timeout);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
