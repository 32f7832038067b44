/**
 * The product of two matrices, element by element of the contract that all kernels keep:
 *
 *   Every element of a product is the sum over k from left to right, starting at +0, each product and
 *   each sum rounded to a float64. No fused multiply-add, no other order over k.
 *
 * A kernel may split rows and columns as it likes, never k. So all kernels give the same bits, and the
 * triple loop of the textbook gives them too.
 */

/**
 * out = a b, with a: m x n, b: n x p, out: m x p, all row after row. `out` is written over.
 *
 * Four rows of b are added at a time, so that an element of out is read and written once for four terms; the
 * terms still go in one after the other.
 */
export function dot(
  m: number,
  n: number,
  p: number,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  out: Float64Array,
): void {
  out.fill(0);
  for (let i = 0; i < m; i++) {
    const o = i * p;
    let k = 0;
    for (; k + 4 <= n; k += 4) {
      const a0 = a[i * n + k], a1 = a[i * n + k + 1], a2 = a[i * n + k + 2], a3 = a[i * n + k + 3];
      const b0 = k * p, b1 = b0 + p, b2 = b1 + p, b3 = b2 + p;
      for (let j = 0; j < p; j++) {
        out[o + j] = out[o + j] + a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
      }
    }
    for (; k < n; k++) {
      const a0 = a[i * n + k], b0 = k * p;
      for (let j = 0; j < p; j++) out[o + j] += a0 * b[b0 + j];
    }
  }
}
