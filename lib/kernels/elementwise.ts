/**
 * out = x op y, element by element, rows x cols. The strides say how far it is in x and in y from one row, and from one
 * column, to the next; a stride of 0 lets one row, one column or one number serve for all.
 */

/** One of the four operations below. */
export type Elementwise = (
  rows: number,
  cols: number,
  x: ArrayLike<number>,
  xRow: number,
  xCol: number,
  y: ArrayLike<number>,
  yRow: number,
  yCol: number,
  out: Float64Array,
) => void;

/** out = x + y. */
export const add: Elementwise = (rows, cols, x, xRow, xCol, y, yRow, yCol, out) => {
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0, p = i * xRow, q = i * yRow; j < cols; j++, n++, p += xCol, q += yCol) {
      out[n] = x[p] + y[q];
    }
  }
};

/** out = x - y. */
export const subtract: Elementwise = (rows, cols, x, xRow, xCol, y, yRow, yCol, out) => {
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0, p = i * xRow, q = i * yRow; j < cols; j++, n++, p += xCol, q += yCol) {
      out[n] = x[p] - y[q];
    }
  }
};

/** out = x * y. */
export const multiply: Elementwise = (rows, cols, x, xRow, xCol, y, yRow, yCol, out) => {
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0, p = i * xRow, q = i * yRow; j < cols; j++, n++, p += xCol, q += yCol) {
      out[n] = x[p] * y[q];
    }
  }
};

/** out = x / y. */
export const divide: Elementwise = (rows, cols, x, xRow, xCol, y, yRow, yCol, out) => {
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0, p = i * xRow, q = i * yRow; j < cols; j++, n++, p += xCol, q += yCol) {
      out[n] = x[p] / y[q];
    }
  }
};
