/** What the tests of `deno task train` need: to call it, and pictures that are learned in no time. */

import { fromFileUrl } from "@std/path";
import { dataFolder, gzip, pause, pictures } from "./helpers.ts";

/** The folder of the project. */
export const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** What a command said. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** `deno task train` with these arguments. */
export function train(args: string[], cwd = ROOT): Promise<Output> {
  return runTask("train", args, cwd);
}

/** `deno task NAME` with these arguments, called in the folder `cwd`. */
export async function runTask(
  name: string,
  args: readonly string[],
  cwd = ROOT,
  stdin?: Uint8Array<ArrayBuffer>,
): Promise<Output> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--config", `${ROOT}/deno.json`, name, ...args],
    ...{ cwd, stdin: stdin ? "piped" : "null", stdout: "piped", stderr: "piped" },
    env: { NO_COLOR: "1", INIT_CWD: cwd },
  }).spawn();
  const written = stdin && new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {}); // it may end before
  const output = await child.output();
  await written;
  return outputOf(output);
}

function outputOf({ code, stdout, stderr }: Deno.CommandOutput): Output {
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/**
 * `deno task train`, as a process that can be sent signals: what it says, and when it hears Ctrl-C, before which it would
 * die of it.
 */
export function start(
  args: readonly string[],
  cwd: string,
): {
  child: Deno.ChildProcess;
  output: Promise<Output>;
  untilItHears: () => Promise<void>;
} {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-read", "--allow-write", "--allow-env=INIT_CWD"],
      ...[`--config=${ROOT}/deno.json`, `${ROOT}/cli/train.ts`, ...args],
    ],
    ...{ cwd, stdin: "null", stdout: "piped", stderr: "piped" },
    env: { NO_COLOR: "1", INIT_CWD: cwd },
  }).spawn();
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  return {
    child,
    output: child.output().then(outputOf),
    async untilItHears() {
      if (Deno.build.os !== "linux") return await pause(2000); // no other says so
      const threads = `/proc/${child.pid}/task`;
      const nameOf = ({ name }: Deno.DirEntry) => Deno.readTextFileSync(`${threads}/${name}/comm`);
      // the first worker is the thread that hears; the program itself listens at once when it has begun it
      const hears = () => Array.from(Deno.readDirSync(threads), nameOf).includes("worker-1\n");
      try {
        while (!hasEnded && !hears()) await pause(10);
      } catch {
        // a thread has ended meanwhile, or all have
      }
      await pause(200);
    },
  };
}

/** A folder with a training and a test set of small pictures in three classes. */
export async function smallData(count = 90): Promise<ReturnType<typeof dataFolder>> {
  const train = pictures({ count }), test = pictures({ count: 12, seed: 2 });
  return dataFolder({
    "train-images-idx3-ubyte": train.images,
    "train-labels-idx1-ubyte.gz": await gzip(train.labels),
    "t10k-images-idx3-ubyte": test.images,
    "t10k-labels-idx1-ubyte": test.labels,
  });
}
