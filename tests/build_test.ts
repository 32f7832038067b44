/** `simd.wasm` comes from `simd.as.ts`, needs nothing, and can be done without. */

import { assertEquals } from "@std/assert";
import { isBuilt } from "../cli/build.ts";
import { ARTICLE, hashWeights, loadSplit, makeNetwork } from "../cli/experiment.ts";
import { RandomState } from "../lib/mod.ts";

const ROOT = new URL("../", import.meta.url);

Deno.test("simd.wasm is what simd.as.ts compiles to, byte for byte", async () => {
  assertEquals(await isBuilt(), true);
});

Deno.test("simd.wasm imports nothing, and exports its memory", async () => {
  const module = await WebAssembly.compile(
    await Deno.readFile(new URL("lib/kernels/simd.wasm", ROOT)),
  );
  assertEquals(WebAssembly.Module.imports(module), []);
  const memory = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "memory");
  assertEquals(memory, [{ name: "memory", kind: "memory" }]);
});

const SHORT = { ...ARTICLE, hidden: [23, 10], epochs: 4, l1: 0.1 };

/** What the script below does in an engine without SIMD for WebAssembly, here. */
async function results(): Promise<unknown> {
  const hashes = [];
  for (const scale of [false, true]) {
    const split = await loadSplit({ ...SHORT, scale, trainSize: 300 });
    const net = makeNetwork(SHORT, split).fit(split.trainX, split.trainY);
    hashes.push(await hashWeights(net), String(net.predict(split.testX.slice(0, 3000))));
  }
  const a = new RandomState(1).uniform(-1, 1, [50, 60]), b = a.T.dot(a);
  return { kernels: "simd", hashes, dot: b.sum(), exp: b.exp().log().sum({ axis: 1 }) };
}

Deno.test("without simd.wasm the plain kernels serve, and give the same bits", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nn-plain-" });
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const own = { [new URL("lib/kernels/simd.wasm", ROOT).href]: "./missing.wasm" };
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ imports: { ...config.imports, ...own } }),
  );
  await Deno.writeTextFile(
    `${folder}/plain.ts`,
    `
import { ARTICLE, hashWeights, loadSplit, makeNetwork } from "${ROOT}cli/experiment.ts";
import { RandomState } from "${ROOT}lib/mod.ts";
import { simd } from "${ROOT}lib/kernels/kernels.ts";
const SHORT = ${JSON.stringify(SHORT)};
${results.toString().replace('"simd"', 'simd ? "simd" : "plain"')}
console.log(JSON.stringify(await results()));
`,
  );
  const args = ["run", "--no-check", "--config", `${folder}/deno.json`, "-A", `${folder}/plain.ts`];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(text === "" ? new TextDecoder().decode(stderr) : "", "");
  const expected = JSON.parse(JSON.stringify(await results()));
  assertEquals(JSON.parse(text), { ...expected, kernels: "plain" });
  await Deno.remove(folder, { recursive: true });
});
