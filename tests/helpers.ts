/** What several tests need: NumPy's figures, random inputs, distances in ulp. */

import { Matrix, RandomState } from "../lib/mod.ts";

export { sha256 } from "../lib/sha256.ts";

/** Reads `tests/fixtures/NAME.json`. */
// deno-lint-ignore no-explicit-any
export function fixture(name: string): any {
  return JSON.parse(Deno.readTextFileSync(new URL(`fixtures/${name}.json`, import.meta.url)));
}

/** A number as the fixtures write it: NaN and infinities by their names in Python. */
export function fromPython(x: number | string): number {
  return typeof x === "number" ? x : Number(x.replace("inf", "Infinity"));
}

/** A matrix of a fixture's rows. */
export function matrixOf(rows: (number | string)[][]): Matrix {
  return Matrix.from(rows.map((row) => row.map(fromPython)));
}

/** How many float64 numbers lie between two of the same sign. */
export function ulpsBetween(a: number, b: number): number {
  const [x, y] = new BigInt64Array(Float64Array.of(a, b).buffer);
  const distance = x - y;
  return Number(distance < 0n ? -distance : distance);
}

/** The largest |a - b| / max(|b|, floor) over all elements. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>, floor = 0): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) {
      const distance = Math.abs(a[i] - b[i]) / Math.max(Math.abs(b[i]), floor);
      largest = distance > largest || Number.isNaN(distance) ? distance : largest;
    }
  }
  return largest;
}

/** The float64 values as their 64 bits each, so that -0 and 0 differ and NaN equals itself. */
export function bits(x: ArrayLike<number>): BigUint64Array {
  return new BigUint64Array(Float64Array.from(x).buffer);
}

/** A random matrix of a random shape, some of its elements exactly 0. */
export function randomMatrix(rng: RandomState, rows: number, cols: number, zeros = 0.3): Matrix {
  return Matrix.zeros([rows, cols]).map(() => rng.random() < zeros ? 0 : rng.standardNormal());
}

/** An IDX file of bytes. */
export function idx(
  shape: readonly number[],
  elements: ArrayLike<number>,
  type = 8,
): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(4 + 4 * shape.length + elements.length);
  file.set([0, 0, type, shape.length]);
  shape.forEach((length, i) => new DataView(file.buffer).setUint32(4 + 4 * i, length));
  file.set(elements, 4 + 4 * shape.length);
  return file;
}

/** Pictures that can be learned: each class has its own pattern, with noise over it. */
export function pictures(
  { count, height = 5, width = 4, classes = 3, seed = 1 }: {
    count: number;
    height?: number;
    width?: number;
    classes?: number;
    seed?: number;
  },
): { images: Uint8Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> } {
  const patterns = new RandomState(1000).randint(0, 2, [classes, height * width]);
  const rng = new RandomState(seed);
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const pixels = labels.flatMap((label) =>
    Array.from(patterns.row(label).data, (on) => on * 200 + rng.randint(0, 2) * 50)
  );
  return { images: idx([count, height, width], pixels), labels: idx([count], labels) };
}

/** A folder of IDX files that is gone when the test ends: `using folder = dataFolder({…})`. */
export function dataFolder(files: Record<string, Uint8Array>): { path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "nn-test-" });
  for (const [name, bytes] of Object.entries(files)) Deno.writeFileSync(`${path}/${name}`, bytes);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** The bytes zipped by gzip. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether there is a process of that number. */
export function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}
