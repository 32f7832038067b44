/**
 * Sums, in the one order that all reductions have: a column from top to bottom, a row from left to right, each from
 * +0. A kernel may take several columns at once, never two halves of one.
 */

/** out[j] = the sum of column j of x, rows x cols. `out` is written over. */
export function sumColumns(
  rows: number,
  cols: number,
  x: ArrayLike<number>,
  out: Float64Array,
): void {
  out.fill(0);
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, n++) out[j] += x[n];
  }
}

/** out[i] = the sum of row i of x, rows x cols. */
export function sumRows(rows: number, cols: number, x: ArrayLike<number>, out: Float64Array): void {
  for (let i = 0, n = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++, n++) sum += x[n];
    out[i] = sum;
  }
}

/** out[j] = the sum over column j of (x - mean[j])^2. `out` is written over. */
export function sumSquaredDistances(
  rows: number,
  cols: number,
  x: ArrayLike<number>,
  mean: ArrayLike<number>,
  out: Float64Array,
): void {
  out.fill(0);
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, n++) {
      const distance = x[n] - mean[j];
      out[j] += distance * distance;
    }
  }
}
