/**
 * Reductions and functions of whole matrices, by the kernels. A matrix's elements are an ordinary list, so they pass
 * through the kernels' memory, in blocks that stay in the first cache; the few of a small matrix do not go there.
 */

import { kernels } from "./kernels.ts";
import { type Arena, withArena } from "./memory.ts";
import { plain } from "./plain.ts";

/** The elements of a block: 16 KiB. */
const BLOCK = 2048;
/** Up to so many elements the way there costs more than it brings (bench/README.md). */
const SMALL = 256;

type Numbers = Float64Array | Uint8Array;

/** out[j] = the sum of column j of x, rows x cols. */
export function sumColumns(rows: number, cols: number, x: Numbers, out: Float64Array): void {
  if (x.length <= SMALL) return plain.addColumns(rows, cols, x as Float64Array, out.fill(0));
  withArena((arena) => {
    const sums = arena.float64(cols).fill(0);
    for (const { count, block } of rowBlocks(arena, rows, cols, x)) {
      kernels.addColumns(count, cols, block, sums);
    }
    out.set(sums);
  });
}

/** out[j] = the sum over column j of (x - mean[j])^2. */
export function sumSquaredDistances(
  rows: number,
  cols: number,
  x: Numbers,
  mean: Numbers,
  out: Float64Array,
): void {
  withArena((arena) => {
    const means = arena.float64(cols), sums = arena.float64(cols).fill(0);
    means.set(mean);
    for (const { count, block } of rowBlocks(arena, rows, cols, x)) {
      kernels.addSquaredDistances(count, cols, block, means, sums);
    }
    out.set(sums);
  });
}

/** out[i] = the sum of row i of x, rows x cols. */
export function sumRows(rows: number, cols: number, x: Numbers, out: Float64Array): void {
  if (x.length <= SMALL) return plain.sumRows(rows, cols, x as Float64Array, out);
  withArena((arena) => {
    const sums = arena.float64(rowsOfBlock(rows, cols));
    for (const { first, count, block } of rowBlocks(arena, rows, cols, x)) {
      kernels.sumRows(count, cols, block, sums);
      out.set(sums.subarray(0, count), first);
    }
  });
}

/** out[n] = f(x[n]). */
export function map(f: "exp" | "log" | "sigmoid", x: Numbers, out: Float64Array): void {
  if (x.length <= SMALL) return plain[f](0, x.length, x as Float64Array, out);
  withArena((arena) => {
    const y = arena.float64(BLOCK);
    for (const { first, count, block } of rowBlocks(arena, x.length, 1, x)) {
      kernels[f](0, count, block, y);
      out.set(y.subarray(0, count), first);
    }
  });
}

/** Some rows of a matrix, in the kernels' memory, until the next ones are asked for. */
interface RowBlock {
  readonly first: number;
  readonly count: number;
  /** count x cols, and what was there before behind it. */
  readonly block: Float64Array;
}

function* rowBlocks(arena: Arena, rows: number, cols: number, x: Numbers): Generator<RowBlock> {
  const step = rowsOfBlock(rows, cols);
  const block = arena.float64(step * cols);
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    block.set(x.subarray(first * cols, (first + count) * cols));
    yield { first, count, block };
  }
}

function rowsOfBlock(rows: number, cols: number): number {
  return Math.min(rows, Math.max(1, Math.floor(BLOCK / cols)));
}
