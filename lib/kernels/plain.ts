/**
 * The kernels in plain TypeScript, as textbook loops: the twin of `simd.as.ts`, function by function, and to the bit. They
 * are what the tests compare the other ones with, and they serve where an engine has no SIMD for WebAssembly.
 *
 * What each computes, and the order of its sums, is said in `contract.ts`.
 */

import type { Kernels } from "./contract.ts";
import { exp as expOf, log as logOf, sigmoid as sigmoidOf } from "./elementary.ts";

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

  updateSparse(from, to, units, indptr, indices, data, sigma, w, lambda, rate, squares) {
    squares.fill(0, 0, units);
    const gradient = new Float64Array(units);
    for (let k = from; k < to; k++) {
      gradient.fill(0);
      for (let e = indptr[k]; e < indptr[k + 1]; e++) {
        const row = indices[e] * units;
        for (let h = 0; h < units; h++) gradient[h] += data[e] * sigma[row + h];
      }
      step(k, units, gradient, w, lambda, rate, squares);
    }
  },

  updateDense(from, to, rows, units, count, columns, x, sigma, w, lambda, rate, squares) {
    squares.fill(0, 0, units);
    const gradient = new Float64Array(units);
    for (let k = from, j = 0; k < to; k++) {
      while (j < count && columns[j] < k) j++;
      gradient.fill(0);
      for (let i = 0; i < (j < count && columns[j] === k ? rows : 0); i++) {
        for (let h = 0; h < units; h++) gradient[h] += x[i * count + j] * sigma[i * units + h];
      }
      step(k, units, gradient, w, lambda, rate, squares);
    }
  },

  countNonzero,
  countNonzeroBytes: countNonzero,

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
};

/** The step of input k's weights: squares += w^2, then w -= rate (gradient + lambda w). */
function step(
  k: number,
  units: number,
  gradient: Float64Array,
  w: Float64Array,
  lambda: number,
  rate: number,
  squares: Float64Array,
): void {
  const row = (k + 1) * units;
  for (let h = 0; h < units; h++) {
    const x = w[row + h];
    squares[h] += x * x;
    w[row + h] = x - rate * (gradient[h] + lambda * x);
  }
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
