/**
 * `deno bench --lock=dev.lock -A bench/kernels_bench.ts`: the kernels one by one, in WebAssembly and in plain TypeScript, on the main
 * job's sizes. What can be counted in multiplications and additions is printed as GF/s at the end, beside the most that
 * this core can do in 128-bit vectors.
 */

import type { Kernels } from "../lib/kernels/contract.ts";
import { kernels, simd } from "../lib/kernels/kernels.ts";
import { Arena } from "../lib/kernels/memory.ts";
import { plain } from "../lib/kernels/plain.ts";
import { Matrix, RandomState } from "../lib/mod.ts";
import { measurePeak } from "./peak.ts";

const ROWS = 20, INPUTS = 784, UNITS = 50;
const rng = new RandomState(91);
const arena = new Arena();

function list(values: ArrayLike<number>): Float64Array {
  const copy = arena.float64(values.length);
  copy.set(values);
  return copy;
}

/** A fifth of the pixels is not zero, as in MNIST. */
const pixels = Matrix.zeros([ROWS, INPUTS]).map(() => rng.random() < 0.19 ? rng.random() : 0);
const x = list(pixels.data), count = pixels.data.filter((v) => v !== 0).length;
const csr = [arena.int32(ROWS + 1), arena.int32(count), arena.float64(count)] as const;
const csc = [arena.int32(INPUTS + 1), arena.int32(count), arena.float64(count)] as const;
kernels.csrFromDense(ROWS, INPUTS, x, ...csr);
kernels.csrToCsc(ROWS, INPUTS, ...csr, ...csc);
const columns = arena.int32(INPUTS);
for (let k = 0; k < INPUTS; k++) columns[k] = k;

const w = list(rng.uniform(-1, 1, (INPUTS + 1) * UNITS));
const v = arena.float64(w.length), step = list([1e-9, 0.5, 0, 0, 1]);
const wT = arena.float64((INPUTS + 1) * UNITS);
const sigma = list(rng.uniform(-1e-9, 1e-9, ROWS * UNITS));
const net = arena.float64(ROWS * UNITS), act = arena.float64(ROWS * UNITS);
const sums = arena.float64(INPUTS);
const panels = list(rng.uniform(-1, 1, 256 * 256)), product = arena.float64(256 * 256);

/** Each kernel's call, and how many multiplications and additions it makes, where they are what it does. */
const CALLS: Record<string, [call: (k: Kernels) => void, operations?: number]> = {
  forwardSparse: [(k) => k.forwardSparse(0, ROWS, UNITS, ...csr, w, net), 2 * count * UNITS],
  forwardDense: [
    (k) => k.forwardDense(0, ROWS, UNITS, INPUTS, columns, x, w, net),
    2 * ROWS * INPUTS * UNITS,
  ],
  updateSparse: [
    (k) => k.updateSparse(0, INPUTS, UNITS, ...csc, sigma, w, v, step, sums),
    (2 * count + 6 * INPUTS) * UNITS,
  ],
  updateDense: [
    (k) =>
      k.updateDense(
        ...[0, INPUTS, ROWS, UNITS, INPUTS, columns, x] as const,
        ...[sigma, w, v, step, sums] as const,
      ),
    (2 * ROWS + 6) * INPUTS * UNITS,
  ],
  addProduct: [(k) => k.addProduct(256, 256, 256, panels, panels, product), 2 * 256 ** 3],
  transposeWeights: [(k) => k.transposeWeights(INPUTS, UNITS, w, wT)],
  sigmoid: [(k) => k.sigmoid(0, ROWS * UNITS, sigma, act)],
  exp: [(k) => k.exp(0, ROWS * UNITS, sigma, act)],
  log: [(k) => k.log(0, ROWS * UNITS, act, net)],
  sigmoidBackward: [(k) => k.sigmoidBackward(0, ROWS * UNITS, act, net)],
  addColumns: [(k) => k.addColumns(ROWS, INPUTS, x, sums)],
  sumRows: [(k) => k.sumRows(ROWS, INPUTS, x, sums)],
  csrFromDense: [(k) => k.csrFromDense(ROWS, INPUTS, x, ...csr)],
  csrToCsc: [(k) => k.csrToCsc(ROWS, INPUTS, ...csr, ...csc)],
};

for (const [name, [call]] of Object.entries(CALLS)) {
  if (simd) {
    Deno.bench({
      name: `${name}: simd`,
      group: name,
      baseline: true,
      fn: () => call(simd!),
    });
  }
  Deno.bench({ name: `${name}: plain`, group: name, fn: () => call(plain) });
}

const a = rng.uniform(-1, 1, [1024, 1024]), b = rng.uniform(-1, 1, [1024, 1024]);
Deno.bench({ name: "dot, 1024 x 1024", n: 10, fn: () => void a.dot(b) });
const small = rng.uniform(-1, 1, [4, 3]), other = rng.uniform(-1, 1, [3, 2]);
Deno.bench({ name: "dot, 4 x 3 and 3 x 2", fn: () => void small.dot(other) });
Deno.bench({ name: "add, 4 x 3 and a number", fn: () => void small.add(1) });

/** GF/s of some calls, the best of ten runs. */
function speed(call: () => void, operations: number): number {
  const calls = Math.max(1, Math.round(3e7 / operations));
  let best = Infinity;
  for (let run = 0; run < 10; run++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    best = Math.min(best, (performance.now() - start) / 1000 / calls);
  }
  return operations / best / 1e9;
}

const peak = await measurePeak();
console.error(`\n128-bit multiply-and-add peak of this core: ${peak.toFixed(1)} GF/s, of which`);
const counted = Object.entries(CALLS).flatMap(([name, [call, operations]]) =>
  operations ? [[name, speed(() => call(kernels), operations)] as const] : []
);
for (
  const [name, gf] of [
    ...counted,
    ["dot, 1024 x 1024", speed(() => a.dot(b), 2 ** 31)] as const,
  ]
) {
  console.error(
    `  ${name.padEnd(18)} ${gf.toFixed(1).padStart(5)}  ${(100 * gf / peak).toFixed(0)} %`,
  );
}
console.error("");
