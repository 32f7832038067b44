/**
 * The kernels in plain TypeScript: the twin of `simd.as.ts`, function by function, and to the bit. They are what the
 * tests compare the other ones with, and they serve where an engine has no SIMD for WebAssembly.
 *
 * What each computes, and the order of its sums, is said in `kernels.ts`.
 */

import { exp as expOf, log as logOf, sigmoid as sigmoidOf } from "./elementary.ts";
import type { Kernels } from "./kernels.ts";

export const plain: Kernels = {
  forwardLists(rows, units, start, index, value, w, net) {
    for (let i = 0; i < rows; i++) {
      const o = i * units;
      for (let h = 0; h < units; h++) net[o + h] = 0 + w[h];
      let e = start[i];
      const end = start[i + 1];
      for (; e + 4 <= end; e += 4) { // four terms at a time, one after the other
        const v0 = value[e], v1 = value[e + 1], v2 = value[e + 2], v3 = value[e + 3];
        const w0 = (index[e] + 1) * units, w1 = (index[e + 1] + 1) * units;
        const w2 = (index[e + 2] + 1) * units, w3 = (index[e + 3] + 1) * units;
        for (let h = 0; h < units; h++) {
          net[o + h] = net[o + h] + v0 * w[w0 + h] + v1 * w[w1 + h] + v2 * w[w2 + h] +
            v3 * w[w3 + h];
        }
      }
      for (; e < end; e++) {
        const v = value[e], row = (index[e] + 1) * units;
        for (let h = 0; h < units; h++) net[o + h] += v * w[row + h];
      }
    }
  },

  forwardDense(rows, units, count, columns, x, w, net) {
    for (let i = 0, n = 0; i < rows; i++) {
      const o = i * units;
      for (let h = 0; h < units; h++) net[o + h] = 0 + w[h];
      for (let j = 0; j < count; j++, n++) {
        const v = x[n], row = (columns[j] + 1) * units;
        for (let h = 0; h < units; h++) net[o + h] += v * w[row + h];
      }
    }
  },

  turnWeights(inputs, units, w, wT) {
    wT.fill(0, 0, inputs);
    for (let h = 0; h < units; h++) {
      for (let k = 0; k < inputs; k++) wT[(h + 1) * inputs + k] = w[(k + 1) * units + h];
    }
  },

  updateBiases(rows, units, sigma, w, rate) {
    for (let h = 0; h < units; h++) {
      let gradient = 0;
      for (let i = 0; i < rows; i++) gradient += sigma[i * units + h];
      w[h] -= rate * gradient;
    }
  },

  updateLists(first, inputs, units, start, index, value, sigma, w, lambda, rate, squares) {
    squares.fill(0, 0, units);
    const gradient = new Float64Array(units);
    for (let k = 0; k < inputs; k++) {
      gradient.fill(0);
      let e = start[k];
      const end = start[k + 1];
      for (; e + 4 <= end; e += 4) {
        const v0 = value[e], v1 = value[e + 1], v2 = value[e + 2], v3 = value[e + 3];
        const s0 = index[e] * units, s1 = index[e + 1] * units;
        const s2 = index[e + 2] * units, s3 = index[e + 3] * units;
        for (let h = 0; h < units; h++) {
          gradient[h] = gradient[h] + v0 * sigma[s0 + h] + v1 * sigma[s1 + h] +
            v2 * sigma[s2 + h] + v3 * sigma[s3 + h];
        }
      }
      for (; e < end; e++) {
        const v = value[e], s = index[e] * units;
        for (let h = 0; h < units; h++) gradient[h] += v * sigma[s + h];
      }
      step(first + k, units, gradient, w, lambda, rate, squares);
    }
  },

  updateDense(
    first,
    inputs,
    rows,
    units,
    count,
    stride,
    columns,
    x,
    sigma,
    w,
    lambda,
    rate,
    squares,
  ) {
    squares.fill(0, 0, units);
    const gradient = new Float64Array(units);
    for (let k = first, j = 0; k < first + inputs; k++) {
      gradient.fill(0);
      if (j < count && columns[j] === k) {
        for (let i = 0; i < rows; i++) {
          const v = x[i * stride + j], s = i * units;
          for (let h = 0; h < units; h++) gradient[h] += v * sigma[s + h];
        }
        j++;
      }
      step(k, units, gradient, w, lambda, rate, squares);
    }
  },

  countNonZeros,
  countNonZeroBytes: countNonZeros,

  packColumns(rows, cols, x, count, columns, out) {
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < count; j++, n++) out[n] = x[i * cols + columns[j]];
    }
  },

  listNonZeros,
  listNonZeroBytes: listNonZeros,

  transposeLists(rows, cols, start, index, value, startT, indexT, valueT) {
    // count each column's elements one place on, add up, and startT[j + 1] is where column j + 1 begins
    startT.fill(0, 0, cols + 1);
    for (let e = 0; e < start[rows]; e++) startT[index[e] + 1]++;
    for (let j = 0; j < cols; j++) startT[j + 1] += startT[j];
    // fill them; startT[j] moves on to where column j ends, which is where column j + 1 began
    for (let i = 0; i < rows; i++) {
      for (let e = start[i]; e < start[i + 1]; e++) {
        const place = startT[index[e]]++;
        indexT[place] = i;
        valueT[place] = value[e];
      }
    }
    startT.copyWithin(1, 0, cols);
    startT[0] = 0;
  },

  exp(n, x, out) {
    for (let i = 0; i < n; i++) out[i] = expOf(x[i]);
  },

  log(n, x, out) {
    for (let i = 0; i < n; i++) out[i] = logOf(x[i]);
  },

  sigmoid(n, net, act) {
    for (let i = 0; i < n; i++) act[i] = sigmoidOf(net[i]);
  },

  timesSlope(n, act, sigma) {
    for (let i = 0; i < n; i++) sigma[i] *= act[i] * (1 - act[i]);
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

/** The part of input k: squares += w^2, then w -= rate (gradient + lambda w). */
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

function countNonZeros(
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

function listNonZeros(
  rows: number,
  cols: number,
  x: Float64Array | Uint8Array,
  start: Int32Array,
  index: Int32Array,
  value: Float64Array,
): void {
  let count = 0;
  for (let i = 0, n = 0; i < rows; i++) {
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
