/** `simd.wasm.ts` comes from `simd.as.ts`, needs nothing but its memory, and can be done without. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { compile, isBuilt } from "../cli/build.ts";
import {
  ARTICLE,
  loadSplit,
  makeModel,
  makeNetwork,
  type Settings,
  train,
} from "../cli/training/experiment.ts";
import { PRESETS } from "../cli/training/presets.ts";
import { plain } from "../lib/kernels/plain.ts";
import { SIMD } from "../lib/kernels/simd.wasm.ts";
import { hashWeights, kernelsInUse, RandomState } from "../lib/mod.ts";
import { classifierOf } from "../lib/pipeline.ts";
import { runTask } from "./train_command.ts";

const ROOT = new URL("../", import.meta.url);

Deno.test("simd.wasm.ts is what simd.as.ts compiles to, byte for byte", async () => {
  assertEquals(await isBuilt(), true);
});

Deno.test("deno task build --check says that by its exit code, and a source with a mistake does not compile", async () => {
  const { code, stderr } = await runTask("build", ["--check"]);
  assertEquals([code, stderr], [0, ""]);
  const { stdout } = await runTask("build", ["--help"]);
  assertMatch(
    stdout,
    /^Compiles the library's kernels, lib\/kernels\/simd\.as\.ts, to WebAssembly\.\n/,
  );
  assertMatch(
    stdout,
    /--check +write nothing; fail where simd\.wasm\.ts is not what the\s+source gives\n/,
  );
  const { error } = console;
  let said = "";
  console.error = (text) => said += text;
  try {
    const source = "export function f(): i32 { return x; }";
    await assertRejects(() => compile(source, "f.as.ts"), Error, "f.as.ts does not compile");
  } finally {
    console.error = error;
  }
  assertStringIncludes(said, "Cannot find name 'x'");
});

Deno.test("deno task build writes what the source compiles to, and --check fails where that is not there, and writes nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-build-" }), from = `file://${folder}/`;
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const program = `${from}commands/build.ts`;
  const map = { ...imports, [`${from}commands/`]: `${ROOT}cli/`, [program]: program };
  await Deno.mkdir(`${folder}/commands`);
  await Deno.mkdir(`${folder}/lib/kernels`, { recursive: true });
  await Deno.writeTextFile(`${folder}/map.json`, JSON.stringify({ imports: map }));
  await Deno.copyFile(new URL("cli/build.ts", ROOT), `${folder}/commands/build.ts`);
  const source = "lib/kernels/simd.as.ts", target = "lib/kernels/simd.wasm.ts";
  await Deno.copyFile(new URL(source, ROOT), `${folder}/${source}`);
  const build = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--no-lock", `--import-map=${folder}/map.json`]
        .concat(program, args),
      env: { NO_COLOR: "1" },
    }).output();
    return [code, ...[stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))];
  };
  const other = "build: lib/kernels/simd.wasm.ts is not what simd.as.ts compiles to: " +
    "run deno task build\n";
  assertEquals(await build("--check"), [1, "", other]);
  assertEquals([...Deno.readDirSync(`${folder}/lib/kernels`)].map(({ name }) => name), [
    "simd.as.ts",
  ]);
  assertEquals(await build(), [0, "Written to lib/kernels/simd.wasm.ts.\n", ""]);
  assertEquals(
    await Deno.readTextFile(`${folder}/${target}`),
    await Deno.readTextFile(new URL(target, ROOT)),
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the module imports nothing but its memory", () => {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(SIMD));
  const imports = WebAssembly.Module.imports(module);
  assertEquals(imports, [{ module: "env", name: "memory", kind: "memory" }]);
});

Deno.test("the module has every kernel that plain.ts has", () => {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(SIMD));
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  assertEquals(Object.keys(plain).filter((name) => !names.includes(name)), []);
});

Deno.test("this engine computes with SIMD, and says so", () => {
  assertEquals(kernelsInUse(), {
    kernels: "simd",
    reason: "this engine has WebAssembly SIMD and shared memory",
  });
});

const SHORT = { ...ARTICLE, hidden: [23, 10], epochs: 4, l1: 0.1 };
const OTHERS: Settings = {
  ...{ ...ARTICLE, ...PRESETS.distorted.settings, trainSize: 300, epochs: 2, hidden: [70, 65] },
  ...{ activation: ["relu", "tanh"], l1: 1e-3, batchSize: 33, validation: 100 },
};

/** What the script below does in an engine without WebAssembly, here. */
async function results(): Promise<unknown> {
  const hashes = [];
  for (const scale of [false, true]) {
    const split = await loadSplit({ ...SHORT, scale, trainSize: 300 });
    const net = makeNetwork(SHORT, split).fit(split.trainX, split.trainY);
    hashes.push(hashWeights(net.weights), String(net.predict(split.testRows(0, 3000))));
  }
  const split = await loadSplit(OTHERS), model = makeModel(OTHERS, split);
  await train(model, split, OTHERS);
  hashes.push(hashWeights(classifierOf(model).weights));
  const a = new RandomState(1).uniform(-1, 1, [50, 60]), b = a.T.dot(a);
  return { hashes, dot: b.sum(), exp: b.exp().log().sum({ axis: 1 }), ...kernelsInUse() };
}

Deno.test("without WebAssembly, or without shared memory, the plain kernels serve: with the same bits, and the reason", async () => {
  const expected = JSON.parse(JSON.stringify(await results()));
  const without = async (loss: string) => {
    const folder = await Deno.makeTempDir({ prefix: "nn-plain-" });
    await Deno.writeTextFile(
      `${folder}/plain.ts`,
      `
${loss}
const { loadSplit, makeModel, makeNetwork, train } = await import("${ROOT}cli/training/experiment.ts");
const { hashWeights, kernelsInUse, RandomState } = await import("${ROOT}lib/mod.ts");
const { classifierOf } = await import("${ROOT}lib/pipeline.ts");
const SHORT = ${JSON.stringify(SHORT)}, OTHERS = ${JSON.stringify(OTHERS)};
${results}
const { checkMemory } = await import("${ROOT}cli/training/memory.ts"), { memoryUse } = await import("${ROOT}lib/kernels/memory.ts");
const job = { rows: 60000, inputs: 784, classes: 10, threads: 1 };
checkMemory({ ...SHORT, hidden: [50_000], batches: 1 }, job, Infinity); // kernels in JavaScript have no limit
if (memoryUse().total !== 0) throw new Error("there are no kernels that have memory");
console.log(JSON.stringify(await results()));
`,
    );
    const config = new URL("deno.json", ROOT).pathname;
    const args = ["run", "--no-check", "--config", config, "-A", `${folder}/plain.ts`];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    await Deno.remove(folder, { recursive: true });
    const text = new TextDecoder().decode(stdout);
    assertEquals(text === "" ? new TextDecoder().decode(stderr) : "", "");
    const { reason, ...found } = JSON.parse(text);
    assertEquals({ ...found, reason: expected.reason }, { ...expected, kernels: "plain" });
    return reason;
  };
  assertMatch(
    await without("delete globalThis.WebAssembly;"),
    /^WebAssembly SIMD cannot be used here: ReferenceError: WebAssembly is not defined$/,
  );
  assertMatch(
    await without("WebAssembly.Memory = class { constructor() { throw new RangeError('no'); } };"),
    /^WebAssembly SIMD cannot be used here: RangeError: no$/,
  );
});
