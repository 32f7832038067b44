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

/**
 * The sum of |x| over rows x cols numbers that begin at `x[from]`: each column from top to bottom, into `sums`, then
 * the columns from left to right.
 */
export function sumAbsolutes(
  rows: number,
  cols: number,
  x: Float64Array,
  from: number,
  sums: Float64Array,
): number {
  sums.fill(0, 0, cols);
  for (let i = 0, n = from; i < rows; i++) {
    for (let j = 0; j < cols; j++, n++) sums[j] += Math.abs(x[n]);
  }
  return total(cols, sums);
}

/** The sum of x^2, likewise. */
export function sumSquares(
  rows: number,
  cols: number,
  x: Float64Array,
  from: number,
  sums: Float64Array,
): number {
  sums.fill(0, 0, cols);
  for (let i = 0, n = from; i < rows; i++) {
    for (let j = 0; j < cols; j++, n++) sums[j] += x[n] * x[n];
  }
  return total(cols, sums);
}

function total(count: number, sums: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < count; j++) sum += sums[j];
  return sum;
}
