/**
 * The kernels in plain TypeScript, as textbook loops: the twin of `simd.as.ts`, function by function, and to the bit. They
 * are what the tests compare the other ones with, and they serve where an engine has no SIMD for WebAssembly.
 *
 * What each computes, and the order of its sums, is said in `contract.ts`.
 */

import { type Kernels, STEP } from "./contract.ts";
import { exp as expOf, log as logOf, sigmoid as sigmoidOf, tanh as tanhOf } from "./elementary.ts";

export const plain: Kernels = {
  forwardSparse(from, to, units, indptr, indices, data, w, net) {
    for (let i = from; i < to; i++) {
      const o = i * units;
      for (let h = 0; h < units; h++) net[o + h] = 0 + w[h];
      for (let e = indptr[i]; e < indptr[i + 1]; e++) {
        const row = (indices[e] + 1) * units;
        for (let h = 0; h < units; h++) net[o + h] += data[e] * w[row + h];
      }
    }
  },

  forwardDense(from, to, units, count, columns, x, w, net) {
    for (let i = from; i < to; i++) {
      const o = i * units;
      for (let h = 0; h < units; h++) net[o + h] = 0 + w[h];
      for (let j = 0; j < count; j++) {
        const row = (columns[j] + 1) * units;
        for (let h = 0; h < units; h++) net[o + h] += x[i * count + j] * w[row + h];
      }
    }
  },

  transposeWeights(inputs, units, w, wT) {
    wT.fill(0, 0, inputs);
    for (let h = 0; h < units; h++) {
      for (let k = 0; k < inputs; k++) wT[(h + 1) * inputs + k] = w[(k + 1) * units + h];
    }
  },

  updateSparse(from, to, units, indptr, indices, data, sigma, w, v, step, squares) {
    squares.fill(0, 0, units);
    const gradient = new Float64Array(units);
    for (let k = from; k < to; k++) {
      gradient.fill(0);
      for (let e = indptr[k]; e < indptr[k + 1]; e++) {
        const row = indices[e] * units;
        for (let h = 0; h < units; h++) gradient[h] += data[e] * sigma[row + h];
      }
      descend(k, units, gradient, w, v, step, squares);
    }
  },

  updateDense(from, to, rows, units, count, columns, x, sigma, w, v, step, squares) {
    squares.fill(0, 0, units);
    const gradient = new Float64Array(units);
    for (let k = from, j = 0; k < to; k++) {
      while (j < count && columns[j] < k) j++;
      gradient.fill(0);
      for (let i = 0; i < (j < count && columns[j] === k ? rows : 0); i++) {
        for (let h = 0; h < units; h++) gradient[h] += x[i * count + j] * sigma[i * units + h];
      }
      descend(k, units, gradient, w, v, step, squares);
    }
  },

  countNonzero,
  countNonzeroBytes: countNonzero,

  scaleColumns(from, to, indices, factors, data) {
    for (let e = from; e < to; e++) data[e] *= factors[indices[e]];
  },

  packColumns(rows, cols, x, count, columns, out) {
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < count; j++, n++) out[n] = x[i * cols + columns[j]];
    }
  },

  csrFromDense,
  csrFromBytes: csrFromDense,

  csrToCsc(rows, cols, indptr, indices, data, indptrT, indicesT, dataT) {
    // count each column's elements one place on, add up, and indptrT[j + 1] is where column j + 1 begins
    indptrT.fill(0, 0, cols + 1);
    for (let e = 0; e < indptr[rows]; e++) indptrT[indices[e] + 1]++;
    for (let j = 0; j < cols; j++) indptrT[j + 1] += indptrT[j];
    // fill them; indptrT[j] moves on to where column j ends, which is where column j + 1 began
    for (let i = 0; i < rows; i++) {
      for (let e = indptr[i]; e < indptr[i + 1]; e++) {
        const place = indptrT[indices[e]]++;
        indicesT[place] = i;
        dataT[place] = data[e];
      }
    }
    indptrT.copyWithin(1, 0, cols);
    indptrT[0] = 0;
  },

  exp(from, to, x, out) {
    for (let i = from; i < to; i++) out[i] = expOf(x[i]);
  },

  log(from, to, x, out) {
    for (let i = from; i < to; i++) out[i] = logOf(x[i]);
  },

  sigmoid(from, to, net, act) {
    for (let i = from; i < to; i++) act[i] = sigmoidOf(net[i]);
  },

  sigmoidBackward(from, to, act, sigma) {
    for (let i = from; i < to; i++) sigma[i] *= act[i] * (1 - act[i]);
  },

  tanh(from, to, net, act) {
    for (let i = from; i < to; i++) act[i] = tanhOf(net[i]);
  },

  tanhBackward(from, to, act, sigma) {
    for (let i = from; i < to; i++) sigma[i] *= 1 - act[i] * act[i];
  },

  relu(from, to, net, act) {
    for (let i = from; i < to; i++) act[i] = net[i] <= 0 ? 0 : net[i];
  },

  reluBackward(from, to, act, sigma) {
    for (let i = from; i < to; i++) if (act[i] === 0) sigma[i] = 0;
  },

  softmax(from, to, units, net, act) {
    for (let i = from; i < to; i++) {
      const row = i * units;
      let largest = -Infinity;
      for (let h = 0; h < units; h++) if (net[row + h] > largest) largest = net[row + h];
      let sum = 0;
      for (let h = 0; h < units; h++) {
        act[row + h] = expOf(net[row + h] - largest);
        sum += act[row + h];
      }
      for (let h = 0; h < units; h++) act[row + h] /= sum;
    }
  },

  addColumns(rows, cols, x, sums) {
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) sums[j] += x[n];
    }
  },

  addAbsolutes(rows, cols, x, sums) {
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) sums[j] += Math.abs(x[n]);
    }
  },

  addSquares(rows, cols, x, sums) {
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) sums[j] += x[n] * x[n];
    }
  },

  addSquaredDistances(rows, cols, x, mean, sums) {
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) {
        const distance = x[n] - mean[j];
        sums[j] += distance * distance;
      }
    }
  },

  sumRows(rows, cols, x, sums) {
    for (let i = 0, n = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < cols; j++, n++) sum += x[n];
      sums[i] = sum;
    }
  },

  addProduct(rows, depth, cols, a, b, c) {
    for (let i = 0; i < rows; i++) {
      const panelA = (i >> 2) * depth * 4 + (i & 3);
      for (let j = 0; j < cols; j++) {
        const panelB = (j >> 2) * depth * 4 + (j & 3);
        let sum = c[i * cols + j];
        for (let k = 0; k < depth; k++) sum += a[panelA + 4 * k] * b[panelB + 4 * k];
        c[i * cols + j] = sum;
      }
    }
  },

  distort(
    from,
    to,
    height,
    width,
    x,
    affine,
    isElastic,
    keys,
    smoothRows,
    smoothCols,
    columns,
    scratch,
    out,
  ) {
    const size = height * width;
    const [noises, half, down, right] = [0, 1, 2, 3].map((n) =>
      // the first with a row of zeros before it
      scratch.subarray(n === 0 ? 0 : width + n * size, width + (n + 1) * size)
    );
    const field = (key: number, first: number, out: Float64Array) => {
      for (let n = 0; n < size; n++) noises[width + n] = noise(key, first + n);
      plain.forwardDense(0, height, width, height, columns, smoothRows, noises, half);
      plain.forwardDense(0, height, width, width, columns, half, smoothCols, out);
    };
    const rowCentre = (height - 1) / 2, colCentre = (width - 1) / 2;
    scratch.fill(0);
    for (let i = from; i < to; i++) {
      if (isElastic) {
        field(keys[i], 0, down);
        field(keys[i], size, right);
      }
      const [a, b, c, d, shiftDown, shiftRight] = affine.subarray(6 * i, 6 * i + 6);
      const pixel = (row: number, col: number) =>
        row < 0 || row >= height || col < 0 || col >= width ? 0 : x[i * size + row * width + col];
      for (let n = 0; n < size; n++) {
        const r = Math.floor(n / width) - rowCentre, s = n % width - colCentre;
        const fromRow = rowCentre + (a * r + b * s) + shiftDown + down[n];
        const fromCol = colCentre + (c * r + d * s) + shiftRight + right[n];
        const row = Math.floor(fromRow), col = Math.floor(fromCol);
        const below = fromRow - row, beside = fromCol - col;
        const upper = pixel(row, col) + (pixel(row, col + 1) - pixel(row, col)) * beside;
        const lower = pixel(row + 1, col) +
          (pixel(row + 1, col + 1) - pixel(row + 1, col)) * beside;
        out[i * size + n] = Math.floor(upper + (lower - upper) * below + 0.5);
      }
    }
  },
};

/** The step of input k's weights: squares += w^2, then the move. */
function descend(
  k: number,
  units: number,
  gradient: Float64Array,
  w: Float64Array,
  v: Float64Array,
  step: Float64Array,
  squares: Float64Array,
): void {
  const rate = step[STEP.rate], lambda = step[STEP.lambda];
  const l1 = step[STEP.l1], momentum = step[STEP.momentum];
  for (let h = 0, n = (k + 1) * units; h < units; h++, n++) {
    const x = w[n];
    squares[h] += x * x;
    const decayed = gradient[h] + lambda * x;
    const move = rate * (l1 === 0 ? decayed : decayed + l1 * Math.sign(x));
    w[n] = momentum === 0 ? x - move : x + (v[n] = momentum * v[n] - move);
  }
}

/**
 * Element n of the noise that a picture's key stands for, from -1 up to, but not including, 1: a hash of 32 bits
 * (Wellons' "lowbias32" with the constants of its improvement, https://nullprogram.com/blog/2018/07/31/).
 */
export function noise(key: number, n: number): number {
  let x = key + Math.imul(n, 0x9e3779b9);
  x = Math.imul(x ^ x >>> 16, 0x21f0aaad);
  x = Math.imul(x ^ x >>> 15, 0x735a2d97);
  return ((x ^ x >>> 15) | 0) / 2 ** 31;
}

function countNonzero(
  rows: number,
  cols: number,
  x: Float64Array | Uint8Array,
  isActive: Uint8Array,
): number {
  let count = 0;
  for (let i = 0, n = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, n++) {
      if (x[n] !== 0) {
        count++;
        isActive[j] = 1;
      }
    }
  }
  return count;
}

function csrFromDense(
  rows: number,
  cols: number,
  x: Float64Array | Uint8Array,
  indptr: Int32Array,
  indices: Int32Array,
  data: Float64Array,
): void {
  let count = 0;
  for (let i = 0, n = 0; i < rows; i++) {
    indptr[i] = count;
    for (let j = 0; j < cols; j++, n++) {
      const v = x[n];
      if (v !== 0) {
        indices[count] = j;
        data[count++] = v;
      }
    }
  }
  indptr[rows] = count;
}
