/**
 * The three products of a fully connected layer, over lists of the inputs that are not zero.
 *
 * Of MNIST's raw pixels 81 % are zero. A zero adds nothing to a sum, so leaving it out keeps every bit, and most of
 * the work is gone. Lists of an input without zeros are hardly slower than the input itself.
 *
 * The weights of a layer lie feature-major: (inputs + 1) x units, row 0 the biases, row k + 1 the weights of input k
 * to all units. So every inner loop runs along a row of units. All kernels keep the contract of `dense.ts`: sums
 * over k from left to right from +0, each product and each sum rounded. Four terms are added at a time, one after
 * the other.
 */

/**
 * The elements of a matrix that are not zero, row by row (compressed sparse rows): those of row i are number
 * `start[i]` to `start[i + 1] - 1`; `index` has their columns, rising, and `value` their values.
 */
export interface NonZeros {
  /** How many rows. */
  rows: number;
  /** How many columns. */
  cols: number;
  /** rows + 1 positions in the two lists. */
  start: Int32Array;
  /** The column of each element. */
  index: Int32Array;
  /** The value of each element. */
  value: Float64Array;
}

/** Room for the non-zeros of a matrix of at most `rows` x `cols` with at most `count` of them. */
export function emptyNonZeros(rows: number, cols: number, count: number = rows * cols): NonZeros {
  return {
    rows,
    cols,
    start: new Int32Array(rows + 1),
    index: new Int32Array(count),
    value: new Float64Array(count),
  };
}

/** How many of the elements from `from` up to `to` are not zero. */
export function countNonZeros(x: ArrayLike<number>, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (x[i] !== 0) count++;
  return count;
}

/** out = the non-zeros of the rows x cols matrix that begins at `x[from]`. */
export function listNonZeros(
  rows: number,
  cols: number,
  x: ArrayLike<number>,
  from: number,
  out: NonZeros,
): void {
  const { start, index, value } = out;
  out.rows = rows;
  out.cols = cols;
  let count = 0;
  for (let i = 0, n = from; i < rows; i++) {
    start[i] = count;
    for (let j = 0; j < cols; j++, n++) {
      const v = x[n];
      if (v !== 0) {
        index[count] = j;
        value[count++] = v;
      }
    }
  }
  start[rows] = count;
}

/** out = the non-zeros of the transpose of x: the same elements, column by column, rows rising. */
export function transposeNonZeros(x: NonZeros, out: NonZeros): void {
  const { rows, cols } = x;
  const { start } = out;
  out.rows = cols;
  out.cols = rows;
  // count each column's elements one place on, add up, and start[j + 1] is where column j + 1 begins
  start.fill(0, 0, cols + 1);
  for (let e = 0; e < x.start[rows]; e++) start[x.index[e] + 1]++;
  for (let j = 0; j < cols; j++) start[j + 1] += start[j];
  // fill them; start[j] moves on to where column j ends, which is where column j + 1 began
  for (let i = 0; i < rows; i++) {
    for (let e = x.start[i]; e < x.start[i + 1]; e++) {
      const place = start[x.index[e]]++;
      out.index[place] = i;
      out.value[place] = x.value[e];
    }
  }
  start.copyWithin(1, 0, cols);
  start[0] = 0;
}

/**
 * net = [1 x] w: each sample's net inputs.
 *
 * x: rows x inputs, w: (inputs + 1) x units, net: rows x units, written over.
 */
export function forward(x: NonZeros, w: Float64Array, units: number, net: Float64Array): void {
  const { rows, start, index, value } = x;
  for (let i = 0; i < rows; i++) {
    const o = i * units;
    for (let h = 0; h < units; h++) net[o + h] = 0 + w[h]; // +0 + the bias
    let e = start[i];
    const end = start[i + 1];
    for (; e + 4 <= end; e += 4) {
      const v0 = value[e], v1 = value[e + 1], v2 = value[e + 2], v3 = value[e + 3];
      const w0 = (index[e] + 1) * units, w1 = (index[e + 1] + 1) * units;
      const w2 = (index[e + 2] + 1) * units, w3 = (index[e + 3] + 1) * units;
      for (let h = 0; h < units; h++) {
        net[o + h] = net[o + h] + v0 * w[w0 + h] + v1 * w[w1 + h] + v2 * w[w2 + h] + v3 * w[w3 + h];
      }
    }
    for (; e < end; e++) {
      const v0 = value[e], w0 = (index[e] + 1) * units;
      for (let h = 0; h < units; h++) net[o + h] += v0 * w[w0 + h];
    }
  }
}

/**
 * out = sigma w^T without the bias: what each unit below had to do with the errors above.
 *
 * sigma: rows x units, w: (inputs + 1) x units, out: rows x inputs, written over.
 */
export function backward(
  rows: number,
  inputs: number,
  units: number,
  sigma: Float64Array,
  w: Float64Array,
  out: Float64Array,
): void {
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inputs; k++) {
      const s = i * units, row = (k + 1) * units;
      let sum = 0;
      for (let h = 0; h < units; h++) sum += sigma[s + h] * w[row + h];
      out[i * inputs + k] = sum;
    }
  }
}

/**
 * w -= rate * (gradient + lambda w), with the gradient [1 x]^T sigma summed over the samples from +0; the biases
 * are without lambda. This is one step of gradient descent, rounded as the article's is.
 *
 * xT: inputs x rows, sigma: rows x units, w: (inputs + 1) x units, changed; gradient: room for one row of units.
 */
export function update(
  xT: NonZeros,
  sigma: Float64Array,
  w: Float64Array,
  units: number,
  lambda: number,
  rate: number,
  gradient: Float64Array,
): void {
  const { rows: inputs, cols: rows, start, index, value } = xT;
  gradient.fill(0, 0, units);
  for (let i = 0; i < rows; i++) {
    for (let h = 0; h < units; h++) gradient[h] += sigma[i * units + h];
  }
  for (let h = 0; h < units; h++) w[h] -= rate * gradient[h];
  for (let k = 0; k < inputs; k++) {
    gradient.fill(0, 0, units);
    let e = start[k];
    const end = start[k + 1];
    for (; e + 4 <= end; e += 4) {
      const v0 = value[e], v1 = value[e + 1], v2 = value[e + 2], v3 = value[e + 3];
      const s0 = index[e] * units, s1 = index[e + 1] * units;
      const s2 = index[e + 2] * units, s3 = index[e + 3] * units;
      for (let h = 0; h < units; h++) {
        gradient[h] = gradient[h] + v0 * sigma[s0 + h] + v1 * sigma[s1 + h] + v2 * sigma[s2 + h] +
          v3 * sigma[s3 + h];
      }
    }
    for (; e < end; e++) {
      const v0 = value[e], s0 = index[e] * units;
      for (let h = 0; h < units; h++) gradient[h] += v0 * sigma[s0 + h];
    }
    const row = (k + 1) * units;
    for (let h = 0; h < units; h++) w[row + h] -= rate * (gradient[h] + lambda * w[row + h]);
  }
}
