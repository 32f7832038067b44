/**
 * Each kernel, in plain TypeScript and in WebAssembly, against its textbook loops: to the bit, into memory that was
 * used before.
 */

import { assert, assertEquals } from "@std/assert";
import { Matrix, RandomState } from "../lib/mod.ts";
import * as elementary from "../lib/kernels/elementary.ts";
import { type Kernels, kernels, simd } from "../lib/kernels/kernels.ts";
import { Room } from "../lib/kernels/memory.ts";
import { plain } from "../lib/kernels/plain.ts";
import { bits, randomMatrix } from "./helpers.ts";

/** Shapes with every remainder of the kernels' strips and tiles, and with nothing in them. */
const rng = new RandomState(61);
const SHAPES = Array.from({ length: 60 }, () => rng.randint(0, 27, 3))
  .concat([[0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [9, 8, 17], [2, 33, 5], [20, 50, 50]]);

/** Runs a test for the kernels of both kinds, on lists in their memory. */
function testKernels(name: string, run: (k: Kernels, at: Lists, rng: RandomState) => void): void {
  for (const [kind, k] of Object.entries({ plain, simd })) {
    Deno.test(`${name} (${kind})`, () => {
      assert(k, "this engine has SIMD for WebAssembly");
      const room = new Room();
      run(k, lists(room), new RandomState(62));
      room.release();
    });
  }
}

type Lists = ReturnType<typeof lists>;

/** Lists in the kernels' memory: copies of numbers, and what holds something else already, with room to spare. */
function lists(room: Room) {
  return {
    copy(x: ArrayLike<number>): Float64Array {
      const list = room.float64(x.length);
      list.set(x);
      return list;
    },
    integers(x: ArrayLike<number>): Int32Array {
      const list = room.int32(x.length);
      list.set(x);
      return list;
    },
    bytes(x: ArrayLike<number>): Uint8Array {
      const list = room.uint8(x.length);
      list.set(x);
      return list;
    },
    dirty: (length: number) => room.float64(length).fill(NaN),
    dirtyIntegers: (length: number) => room.int32(length).fill(-7),
  };
}

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

/** The columns of x that hold a number other than 0. */
function activeColumns(x: Matrix): number[] {
  return Array.from({ length: x.cols }, (_, j) => j)
    .filter((j) => Array.from({ length: x.rows }, (_, i) => x.at(i, j)).some((v) => v !== 0));
}

/** A matrix with columns of zeros, and zeros in the other columns. */
function inputsWithZeros(rng: RandomState, rows: number, cols: number): Matrix {
  const isZero = Array.from({ length: cols }, () => rng.random() < 0.3);
  return randomMatrix(rng, rows, cols, 0.5).map((x, _, j) => isZero[j] ? 0 : x);
}

/** x as the kernels list it. */
function listed(k: Kernels, at: Lists, x: Matrix) {
  const data = at.copy(x.data);
  const count = k.countNonZeros(x.rows, x.cols, data, at.bytes(new Uint8Array(x.cols)));
  const list = (rows: number) => ({
    start: at.dirtyIntegers(rows + 1),
    index: at.dirtyIntegers(count),
    value: at.dirty(count),
  });
  const rows = list(x.rows), columns = list(x.cols);
  k.listNonZeros(x.rows, x.cols, data, rows.start, rows.index, rows.value);
  k.transposeLists(
    x.rows,
    x.cols,
    ...[rows.start, rows.index, rows.value] as const,
    ...[columns.start, columns.index, columns.value] as const,
  );
  return { rows, columns };
}

/** x as the kernels pack it. */
function packed(k: Kernels, at: Lists, x: Matrix) {
  const isActive = at.bytes(new Uint8Array(x.cols));
  k.countNonZeros(x.rows, x.cols, at.copy(x.data), isActive);
  const columns = at.integers(activeColumns(x));
  assertEquals([...isActive].flatMap((is, j) => is ? [j] : []), [...columns]);
  const value = at.dirty(x.rows * columns.length);
  k.packColumns(x.rows, x.cols, at.copy(x.data), columns.length, columns, value);
  return { columns, value };
}

testKernels("both ways forward sum the bias from +0, then the inputs", (k, at, rng) => {
  for (const [rows, inputs, units] of SHAPES) {
    const x = inputsWithZeros(rng, rows, inputs), w = randomMatrix(rng, inputs + 1, units);
    w.data.fill(-0, 0, units >> 1); // a bias of -0 gives +0
    const expected = bits(each(
      rows,
      units,
      (r, h) => sum(inputs, (k) => x.at(r, k) * w.at(k + 1, h), 0 + w.at(0, h)),
    ));
    const { start, index, value } = listed(k, at, x).rows;
    const net = at.dirty(rows * units);
    k.forwardLists(rows, units, start, index, value, at.copy(w.data), net);
    assertEquals(bits(net), expected);
    const dense = packed(k, at, x);
    net.fill(NaN);
    const count = dense.columns.length;
    k.forwardDense(rows, units, count, dense.columns, dense.value, at.copy(w.data), net);
    assertEquals(bits(net), expected);
  }
});

testKernels("going backward is going forward with the weights turned round", (k, at, rng) => {
  for (const [rows, inputs, units] of SHAPES) {
    const sigma = randomMatrix(rng, rows, units), w = randomMatrix(rng, inputs + 1, units);
    const wT = at.dirty((units + 1) * inputs), below = at.dirty(rows * inputs);
    const all = at.integers(Array.from({ length: units }, (_, h) => h));
    k.turnWeights(inputs, units, at.copy(w.data), wT);
    k.forwardDense(rows, inputs, units, all, at.copy(sigma.data), wT, below);
    const expected = each(
      rows,
      inputs,
      (r, k) => sum(units, (h) => sigma.at(r, h) * w.at(k + 1, h)),
    );
    assertEquals(bits(below), bits(expected));
  }
});

testKernels(
  "both updates sum the gradient over the rows, add lambda w but to the biases, take the step and sum w^2",
  (k, at, rng) => {
    for (const [rows, inputs, units] of SHAPES) {
      const x = inputsWithZeros(rng, rows, inputs), sigma = randomMatrix(rng, rows, units);
      const w = randomMatrix(rng, inputs + 1, units);
      const lambda = rng.random(), rate = rng.random();
      const expected = bits(each(inputs + 1, units, (k, h) => {
        if (k === 0) return w.at(0, h) - rate * sum(rows, (r) => sigma.at(r, h));
        const gradient = sum(rows, (r) => x.at(r, k - 1) * sigma.at(r, h));
        return w.at(k, h) - rate * (gradient + lambda * w.at(k, h));
      }));
      // all inputs at once, and in two parts
      for (const parts of [[0, inputs], [0, rng.randint(0, inputs + 1), inputs]]) {
        const changed = at.copy(w.data), sums = at.dirty(units), s = at.copy(sigma.data);
        const { start, index, value } = listed(k, at, x).columns;
        const { columns, value: v } = packed(k, at, x);
        const squaresOf = (from: number, to: number) =>
          bits(
            each(1, units, (_, h) =>
              sum(to - from, (k) =>
                w.at(from + k + 1, h) * w.at(from + k + 1, h))),
          );
        k.updateBiases(rows, units, s, changed, rate);
        parts.slice(1).forEach((to, p) => {
          const from = parts[p];
          const lists = [start.subarray(from), index, value] as const;
          k.updateLists(from, to - from, units, ...lists, s, changed, lambda, rate, sums);
          assertEquals(bits(sums), squaresOf(from, to));
        });
        assertEquals(bits(changed), expected);
        changed.set(w.data);
        k.updateBiases(rows, units, s, changed, rate);
        parts.slice(1).forEach((to, p) => {
          const from = parts[p];
          const [first, end] = [from, to].map((k) => columns.filter((j) => j < k).length);
          const sizes = [from, to - from, rows, units, end - first, columns.length] as const;
          const dense = [columns.subarray(first), v.subarray(first)] as const;
          k.updateDense(...sizes, ...dense, s, changed, lambda, rate, sums.fill(NaN));
          assertEquals(bits(sums), squaresOf(from, to));
        });
        assertEquals(bits(changed), expected);
      }
    }
  },
);

testKernels("bytes are counted and listed as their numbers are", (k, at, rng) => {
  for (const [rows, cols] of [...SHAPES, [5, 70], [3, 784]]) {
    const x = rng.randint(0, 256, rows * cols).map((v) => v < 200 ? 0 : v);
    const m = Matrix.fromArray(x, [rows, cols]);
    const data = at.bytes(x), isActive = at.bytes(new Uint8Array(cols));
    const count = k.countNonZeroBytes(rows, cols, data, isActive);
    assertEquals(count, x.filter((v) => v !== 0).length);
    assertEquals([...isActive].flatMap((is, j) => is ? [j] : []), activeColumns(m));
    const start = at.dirtyIntegers(rows + 1), index = at.dirtyIntegers(count + 12);
    const value = at.dirty(count + 12);
    k.listNonZeroBytes(rows, cols, data, start, index, value);
    assertEquals(
      [start, index.subarray(0, count), value.subarray(0, count)],
      Object.values(listed(k, at, m).rows),
    );
    assertEquals([...index.subarray(count + 8)], [-7, -7, -7, -7], "room for eight more will do");
    assertEquals([...value.subarray(count + 8)], [NaN, NaN, NaN, NaN]);
  }
});

testKernels("lists hold the matrix by rows and by columns, rising", (k, at, rng) => {
  for (const [rows, cols] of SHAPES) {
    const x = inputsWithZeros(rng, rows, cols);
    const dense = (m: Matrix, lists: ReturnType<typeof listed>["rows"]) => {
      const found = Matrix.zeros(m.shape);
      for (let i = 0; i < m.rows; i++) {
        for (let e = lists.start[i]; e < lists.start[i + 1]; e++) {
          assert(e === lists.start[i] || lists.index[e] > lists.index[e - 1], "columns rise");
          found.data[i * m.cols + lists.index[e]] = lists.value[e];
        }
      }
      return found;
    };
    const both = listed(k, at, x);
    assertEquals(dense(x, both.rows), x.map((v) => v || 0)); // without the signs of zeros
    assertEquals(dense(x.T, both.columns), x.T.map((v) => v || 0));
  }
});

/** Numbers around every place where exp or log does something else, and many others. */
function manyNumbers(rng: RandomState): Float64Array {
  const special = [
    ...[0, -0, 1, -1, Infinity, -Infinity, NaN, 5e-324, -5e-324, 2.2250738585072014e-308],
    ...[Number.MAX_VALUE, -Number.MAX_VALUE, 1e-320, Math.SQRT2, Math.SQRT1_2, 1e10, -1e10, 1e300],
    ...[709.782712893384, 709.7827128933841, 709.4361393031039, 710, 708, -708.3964185322641],
    ...[
      -708.4,
      -709.0895657128241,
      -710,
      -744.4400719213812,
      -745.1332191019412,
      -745.1332191019413,
    ],
    ...[-746, 36.8, -36.8, 0.34657359027997264, -0.34657359027997264, 1 + 2 ** -52, 1 - 2 ** -53],
  ];
  return Float64Array.from([
    ...special,
    ...rng.uniform(-750, 715, 4000),
    ...rng.uniform(-2, 2, 2000),
    ...rng.uniform(-323, 308, 2001).map((x) => 10 ** x),
  ]);
}

testKernels(
  "exp, log and sigmoid give the bits of elementary.ts for every kind of number",
  (k, at, rng) => {
    const x = manyNumbers(rng), out = at.dirty(x.length);
    for (const name of ["exp", "log", "sigmoid"] as const) {
      k[name](x.length, at.copy(x), out.fill(7));
      x.forEach((v, i) =>
        assert(Object.is(out[i], elementary[name](v)), `${name}(${v}): ${out[i]}`)
      );
    }
  },
);

testKernels(
  "exp, log, sigmoid and timesSlope take as many numbers as they are told",
  (k, at, rng) => {
    for (const [n] of SHAPES) {
      const x = rng.uniform(0, 80, n + 2);
      for (const name of ["exp", "log", "sigmoid"] as const) {
        const out = at.dirty(n + 2).fill(7);
        k[name](n, at.copy(x), out);
        assertEquals(bits(out), bits([...x.subarray(0, n).map(elementary[name]), 7, 7]));
      }
      const act = rng.random(n + 2), sigma = rng.standardNormal(n + 2), out = at.copy(sigma);
      k.timesSlope(n, at.copy(act), out);
      const expected = sigma.map((s, i) => i < n ? s * (act[i] * (1 - act[i])) : s);
      assertEquals(bits(out), bits(expected));
    }
  },
);

testKernels(
  "the reductions sum columns from top to bottom, rows from left to right",
  (k, at, rng) => {
    for (const [rows, cols] of SHAPES) {
      const m = randomMatrix(rng, rows, cols), x = at.copy(m.data);
      const before = rng.standardNormal(cols), mean = rng.standardNormal(cols);
      const columns = (f: (value: number, j: number) => number) =>
        each(1, cols, (_, j) => sum(rows, (i) => f(m.at(i, j), j), before[j]));
      const sums = at.copy(before);
      k.addColumns(rows, cols, x, sums);
      assertEquals(bits(sums), bits(columns((v) => v)));
      sums.set(before);
      k.addSquaredDistances(rows, cols, x, at.copy(mean), sums);
      assertEquals(bits(sums), bits(columns((v, j) => (v - mean[j]) * (v - mean[j]))));
      const across = at.dirty(rows);
      k.sumRows(rows, cols, x, across);
      assertEquals(bits(across), bits(each(rows, 1, (i) => sum(cols, (j) => m.at(i, j)))));
    }
  },
);

testKernels("addProduct goes on with each sum where it is", (k, at, rng) => {
  for (const [m, depth, n] of SHAPES) {
    const rows = 4 * m, cols = 4 * n;
    const a = randomMatrix(rng, rows, depth), b = randomMatrix(rng, depth, cols);
    const before = rng.standardNormal(rows * cols), c = at.copy(before);
    const panels = (m: Matrix) => { // of 4 columns
      const list = at.dirty(m.data.length);
      m.data.forEach((x, p) => {
        const i = Math.floor(p / m.cols), j = p % m.cols;
        list[(j >> 2) * 4 * m.rows + 4 * i + (j & 3)] = x;
      });
      return list;
    };
    k.addProduct(rows, depth, cols, panels(a.T), panels(b), c);
    const expected = each(
      rows,
      cols,
      (i, j) => sum(depth, (k) => a.at(i, k) * b.at(k, j), before[i * cols + j]),
    );
    assertEquals(bits(c), bits(expected));
  }
});

Deno.test("the kernels in use are those of WebAssembly", () => assertEquals(kernels, simd));
