/** Each kernel against its textbook loops, to the bit, into memory that was used before. */

import { assertEquals } from "@std/assert";
import { type Matrix, RandomState } from "../lib/mod.ts";
import { sigmoid, timesSlope } from "../lib/kernels/activation.ts";
import { dot } from "../lib/kernels/dense.ts";
import * as elementary from "../lib/kernels/elementary.ts";
import {
  sumAbsolutes,
  sumColumns,
  sumRows,
  sumSquaredDistances,
  sumSquares,
} from "../lib/kernels/reductions.ts";
import {
  backward,
  emptyNonZeros,
  forward,
  listNonZeros,
  transposeNonZeros,
  update,
} from "../lib/kernels/sparse.ts";
import { bits, randomMatrix } from "./helpers.ts";

const rng = new RandomState(61);

/** Memory that holds something else already. */
function dirty(length: number): Float64Array {
  return new Float64Array(length).fill(NaN);
}

/** Shapes with every remainder of the kernels' strides, and with nothing in them. */
const SHAPES = Array.from({ length: 60 }, () => rng.randint(0, 11, 3))
  .concat([[0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [9, 8, 17], [2, 33, 5]]);

/** start + the sum over k of f(k), from left to right. */
function sum(count: number, f: (k: number) => number, start = 0): number {
  let total = start;
  for (let k = 0; k < count; k++) total += f(k);
  return total;
}

/** The elements of a rows x cols matrix by a formula. */
function each(rows: number, cols: number, f: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, n) => f(Math.floor(n / cols), n % cols));
}

function listed(m: Matrix) {
  const x = emptyNonZeros(m.rows, m.cols), xT = emptyNonZeros(m.cols, m.rows);
  listNonZeros(m.rows, m.cols, m.data, 0, x);
  transposeNonZeros(x, xT);
  return { x, xT };
}

Deno.test("dot", () => {
  for (const [m, n, p] of SHAPES) {
    const a = randomMatrix(rng, m, n), b = randomMatrix(rng, n, p), out = dirty(m * p);
    dot(m, n, p, a.data, b.data, out);
    assertEquals(bits(out), bits(each(m, p, (i, j) => sum(n, (k) => a.at(i, k) * b.at(k, j)))));
  }
});

Deno.test("forward sums the bias from +0, then the inputs", () => {
  for (const [rows, inputs, units] of SHAPES) {
    const x = randomMatrix(rng, rows, inputs), w = randomMatrix(rng, inputs + 1, units);
    w.data.fill(-0, 0, units >> 1); // a bias of -0 gives +0
    const net = dirty(rows * units);
    forward(listed(x).x, w.data as Float64Array, units, net);
    const expected = each(
      rows,
      units,
      (r, h) => sum(inputs, (k) => x.at(r, k) * w.at(k + 1, h), 0 + w.at(0, h)),
    );
    assertEquals(bits(net), bits(expected));
  }
});

Deno.test("backward sums over the units above and leaves the bias out", () => {
  for (const [rows, inputs, units] of SHAPES) {
    const sigma = randomMatrix(rng, rows, units), w = randomMatrix(rng, inputs + 1, units);
    const out = dirty(rows * inputs);
    backward(rows, inputs, units, sigma.data as Float64Array, w.data as Float64Array, out);
    const expected = each(
      rows,
      inputs,
      (r, k) => sum(units, (h) => sigma.at(r, h) * w.at(k + 1, h)),
    );
    assertEquals(bits(out), bits(expected));
  }
});

Deno.test("update sums the gradient over the rows, adds lambda w but to the biases, and takes the step", () => {
  for (const [rows, inputs, units] of SHAPES) {
    const x = randomMatrix(rng, rows, inputs), sigma = randomMatrix(rng, rows, units);
    const before = randomMatrix(rng, inputs + 1, units);
    const w = Float64Array.from(before.data);
    const lambda = rng.random(), rate = rng.random();
    update(listed(x).xT, sigma.data as Float64Array, w, units, lambda, rate, dirty(units));
    const expected = each(inputs + 1, units, (k, h) => {
      if (k === 0) return before.at(0, h) - rate * sum(rows, (r) => sigma.at(r, h));
      const gradient = sum(rows, (r) => x.at(r, k - 1) * sigma.at(r, h));
      return before.at(k, h) - rate * (gradient + lambda * before.at(k, h));
    });
    assertEquals(bits(w), bits(expected));
  }
});

Deno.test("sigmoid and timesSlope take as many numbers as they are told, one by one", () => {
  for (const [n] of SHAPES) {
    const net = rng.uniform(-800, 800, n + 2), act = new Float64Array(n + 2).fill(7);
    sigmoid(n, net, act);
    assertEquals(bits(act), bits([...net.subarray(0, n).map(elementary.sigmoid), 7, 7]));
    const sigma = rng.standardNormal(n + 2), before = sigma.slice();
    timesSlope(n, act, sigma);
    assertEquals(bits(sigma), bits(before.map((s, i) => i < n ? s * (act[i] * (1 - act[i])) : s)));
  }
});

Deno.test("the reductions sum columns from top to bottom, rows from left to right, then across", () => {
  for (const [rows, cols] of SHAPES) {
    const m = randomMatrix(rng, rows, cols), x = m.data as Float64Array;
    const columns = (f: (value: number, j: number) => number) =>
      Float64Array.from({ length: cols }, (_, j) => sum(rows, (i) => f(m.at(i, j), j)));
    const out = dirty(cols);
    sumColumns(rows, cols, x, out);
    assertEquals(bits(out), bits(columns((v) => v)));
    const mean = rng.standardNormal(cols);
    sumSquaredDistances(rows, cols, x, mean, out.fill(NaN));
    assertEquals(bits(out), bits(columns((v, j) => (v - mean[j]) * (v - mean[j]))));
    const across = dirty(rows);
    sumRows(rows, cols, x, across);
    assertEquals(
      bits(across),
      bits(Float64Array.from({ length: rows }, (_, i) => sum(cols, (j) => m.at(i, j)))),
    );
    const absolutes = columns(Math.abs), squares = columns((v) => v * v);
    assertEquals(sumAbsolutes(rows, cols, x, 0, dirty(cols)), sum(cols, (j) => absolutes[j]));
    assertEquals(sumSquares(rows, cols, x, 0, dirty(cols)), sum(cols, (j) => squares[j]));
    if (rows > 0) { // without the first row
      const rest = m.slice(1).map((v) => v * v).sum();
      assertEquals(sumSquares(rows - 1, cols, x, cols, dirty(cols)), rest);
    }
  }
});
