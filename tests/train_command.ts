/** What the tests of `deno task train` need: to call it, and pictures that are learned in no time. */

import { fromFileUrl } from "@std/path";
import { dataFolder, gzip, pictures } from "./helpers.ts";

/** The folder of the project. */
export const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** What a command said. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** `deno task train` with these arguments. */
export async function train(args: string[], cwd = ROOT): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--config", `${ROOT}/deno.json`, "train", ...args],
    cwd,
    env: { NO_COLOR: "1", INIT_CWD: cwd },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
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
