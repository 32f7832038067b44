/**
 * `deno task build`: compiles `lib/kernels/simd.as.ts` to `simd.wasm`, which is under version control, so that whoever
 * uses the library needs no compiler. The same source gives the same bytes on every machine; `--check` says whether
 * the file that is there has them.
 */

import asc from "assemblyscript/asc";
import { runCommand } from "./command.ts";
import { describeOptions, parseOptions } from "./options.ts";

const SOURCE = new URL("../lib/kernels/simd.as.ts", import.meta.url);
const TARGET = new URL("../lib/kernels/simd.wasm", import.meta.url);

const COMPILER_OPTIONS = [
  "-O3",
  ...["--enable", "simd"],
  // no runtime and no way to abort: the module imports nothing
  ...["--runtime", "stub", "--use", "abort="],
  // shared, so that views stay valid when memory grows (`memory.ts`): 4 MiB at first, 4 GiB at most
  ...["--enable", "threads", "--sharedMemory", "--initialMemory", "64", "--maximumMemory", "65536"],
];

/** The WebAssembly of a source in AssemblyScript, which `name` is what messages call. */
export async function compile(
  source: string,
  name: string,
  options: string[] = COMPILER_OPTIONS,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main([name, ...options, "--outFile", "out.wasm"], {
    readFile: (path) => path === name ? source : null,
    writeFile: (_path, contents) => {
      bytes = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !bytes) {
    console.error(stderr.toString());
    throw new Error(`${name} does not compile`);
  }
  return new Uint8Array(bytes);
}

/** The bytes of `simd.wasm`, compiled anew. */
async function compileKernels(): Promise<Uint8Array> {
  return await compile(await Deno.readTextFile(SOURCE), "simd.as.ts");
}

/** Whether the `simd.wasm` that is there is what the source compiles to. */
export async function isBuilt(): Promise<boolean> {
  const compiled = await compileKernels();
  const there = await Deno.readFile(TARGET).catch(() => []);
  return compiled.length === there.length && compiled.every((byte, i) => byte === there[i]);
}

const OPTIONS = {
  "check": {
    default: false,
    help: "write nothing; fail where simd.wasm is not what the source gives",
  },
  "help": { default: false, help: "print this and end" },
} as const;

const HELP = `Compiles the library's kernels, lib/kernels/simd.as.ts, to WebAssembly.

Usage: deno task build [options]

Options:
${describeOptions(OPTIONS)}
`;

async function main(): Promise<number> {
  const options = parseOptions(Deno.args, OPTIONS);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  if (options.check) {
    if (await isBuilt()) return 0;
    throw new Error(
      "lib/kernels/simd.wasm is not what simd.as.ts compiles to: run deno task build",
    );
  }
  const bytes = await compileKernels();
  await Deno.writeFile(TARGET, bytes);
  console.log(`lib/kernels/simd.wasm: ${bytes.length.toLocaleString("en-US")} bytes`);
  return 0;
}

if (import.meta.main) await runCommand("build", main);
