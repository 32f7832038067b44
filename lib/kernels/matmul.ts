/**
 * The product of two matrices of any size.
 *
 * A small product is three plain loops. A large one is cut into blocks that fit the processor's caches, each packed as
 * `addProduct` takes it. The blocks along k come one after the other, and each sum goes on where it was: the order of
 * the terms, and so every bit, is that of the three loops.
 */

import { kernels } from "./kernels.ts";
import { withArena } from "./memory.ts";

/** Up to so many products are made by plain loops: packing costs more than it brings (bench/README.md). */
const SMALL = 2000;
/** The block of x, 192 x 256 float64, is 384 KiB: it stays in the second cache while all of y passes by. */
const BLOCK_ROWS = 192;
const BLOCK_DEPTH = 256;
/** The side of a tile. */
const TILE = 4;

/** out = x y, with x: m x n, y: n x p, out: m x p, row after row; out is 0 before. */
export function dot(
  m: number,
  n: number,
  p: number,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  out: Float64Array,
): void {
  if (m < TILE && n * p > SMALL) { // a few rows: along the rows of y, each sum still over k from left to right
    for (let i = 0; i < m; i++) {
      for (let k = 0, r = 0; k < n; k++) {
        const v = x[i * n + k];
        for (let j = 0; j < p; j++, r++) out[i * p + j] += v * y[r];
      }
    }
    return;
  }
  if (m * n * p <= SMALL || m < TILE || p < TILE) {
    for (let i = 0, o = 0; i < m; i++) {
      for (let j = 0; j < p; j++, o++) {
        let sum = 0;
        for (let k = 0, q = i * n, r = j; k < n; k++, q++, r += p) sum += x[q] * y[r];
        out[o] = sum;
      }
    }
    return;
  }
  const cols = roundUp(p);
  const depth = Math.min(n, BLOCK_DEPTH);
  const maxRows = roundUp(Math.min(m, BLOCK_ROWS));
  withArena((arena) => {
    const packedX = arena.float64(maxRows * depth);
    const sums = arena.float64(maxRows * cols);
    const packedY: Float64Array[] = []; // one for each block along k
    for (let k = 0; k < n; k += depth) {
      const block = arena.float64(Math.min(depth, n - k) * cols);
      pack(y, 1, p, 0, p, k, Math.min(depth, n - k), block);
      packedY.push(block);
    }
    for (let i = 0; i < m; i += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, m - i), rows = roundUp(count);
      sums.fill(0);
      packedY.forEach((block, index) => {
        const k = index * depth, length = Math.min(depth, n - k);
        pack(x, n, 1, i, count, k, length, packedX);
        kernels.addProduct(rows, length, cols, packedX, block, sums);
      });
      for (let r = 0; r < count; r++) {
        out.set(sums.subarray(r * cols, r * cols + p), (i + r) * p);
      }
    }
  });
}

/**
 * Packs `count` rows of x, or columns of y, from number `first` on, over `length` of k from `from` on: into panels of
 * four, each with k changing slowest. What is missing to four is 0.
 */
function pack(
  x: ArrayLike<number>,
  stride: number,
  kStride: number,
  first: number,
  count: number,
  from: number,
  length: number,
  out: Float64Array,
): void {
  for (let i = 0, o = 0; i < count; i += TILE) {
    const at = (first + i) * stride + from * kStride;
    if (i + TILE <= count) {
      const x1 = stride, x2 = 2 * stride, x3 = 3 * stride;
      for (let k = 0, q = at; k < length; k++, q += kStride, o += TILE) {
        out[o] = x[q];
        out[o + 1] = x[q + x1];
        out[o + 2] = x[q + x2];
        out[o + 3] = x[q + x3];
      }
    } else {
      for (let k = 0, q = at; k < length; k++, q += kStride, o += TILE) {
        for (let t = 0; t < TILE; t++) out[o + t] = i + t < count ? x[q + t * stride] : 0;
      }
    }
  }
}

function roundUp(n: number): number {
  return Math.ceil(n / TILE) * TILE;
}
