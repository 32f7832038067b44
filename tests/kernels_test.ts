/**
 * Each kernel, in plain TypeScript and in WebAssembly, against its textbook loops: to the bit, into memory that was
 * used before.
 */

import { assert, assertEquals } from "@std/assert";
import { Matrix, RandomState } from "../lib/mod.ts";
import * as elementary from "../lib/kernels/elementary.ts";
import type { Csr, Kernels } from "../lib/kernels/contract.ts";
import { kernels, simd } from "../lib/kernels/kernels.ts";
import { Arena } from "../lib/kernels/memory.ts";
import { noise, plain } from "../lib/kernels/plain.ts";
import { bits, randomMatrix } from "./helpers.ts";

/** Shapes with every remainder of the kernels' strips and tiles, and with nothing in them. */
const rng = new RandomState(61);
const SHAPES = Array.from({ length: 60 }, () => rng.randint(0, 27, 3))
  .concat([[0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [9, 8, 17], [2, 33, 5], [20, 50, 50]]);

/** Runs a test for the kernels of both kinds, on arrays in their memory, behind whose ends nothing may be written. */
function testKernels(name: string, run: (k: Kernels, at: Arrays, rng: RandomState) => void): void {
  for (const [kind, k] of Object.entries({ plain, simd })) {
    Deno.test(`${name} (${kind})`, () => {
      assert(k, "this engine has SIMD for WebAssembly");
      const arena = new Arena(), at = arrays(arena);
      run(k, at, new RandomState(62));
      assert(at.behind.every((list) => list.every((x) => x === BEHIND)), "written behind the end");
      arena.release();
    });
  }
}

type Arrays = ReturnType<typeof arrays>;

/** What stands behind the end of each array. */
const BEHIND = 77;

/** Arrays in the kernels' memory: copies of numbers, and what holds something else already, with room to spare. */
function arrays(arena: Arena) {
  const behind: (Float64Array | Int32Array | Uint8Array)[] = [];
  const guarded = <List extends Float64Array | Int32Array | Uint8Array>(list: List): List => {
    const length = list.length - 8;
    behind.push(list.fill(BEHIND).subarray(length));
    return list.subarray(0, length) as List;
  };
  const floats = (length: number) => guarded(arena.float64(length + 8));
  const integers = (length: number) => guarded(arena.int32(length + 8));
  return {
    behind,
    copy(x: ArrayLike<number>): Float64Array {
      const list = floats(x.length);
      list.set(x);
      return list;
    },
    integers(x: ArrayLike<number>): Int32Array {
      const list = integers(x.length);
      list.set(x);
      return list;
    },
    bytes(x: ArrayLike<number>): Uint8Array {
      const list = guarded(arena.uint8(x.length + 8));
      list.set(x);
      return list;
    },
    dirty: (length: number) => floats(length).fill(NaN),
    dirtyIntegers: (length: number) => integers(length).fill(-7),
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

/** A matrix with columns of zeros of either sign, and zeros in the other columns. */
function inputsWithZeros(rng: RandomState, rows: number, cols: number): Matrix {
  const isZero = Array.from({ length: cols }, () => rng.random() < 0.3);
  return randomMatrix(rng, rows, cols, 0.5).map((x, i, j) =>
    isZero[j] ? (i % 2 === 0 ? 0 : -0) : x
  );
}

/** x without its zeros, by rows and by columns. */
function sparse(k: Kernels, at: Arrays, x: Matrix) {
  const data = at.copy(x.data);
  const count = k.countNonzero(x.rows, x.cols, data, at.bytes(new Uint8Array(x.cols)));
  const empty = (rows: number): Csr => ({
    indptr: at.dirtyIntegers(rows + 1),
    indices: at.dirtyIntegers(count + 1), // room for one more
    data: at.dirty(count + 1),
  });
  const csr = empty(x.rows), csc = empty(x.cols);
  k.csrFromDense(x.rows, x.cols, data, csr.indptr, csr.indices, csr.data);
  csr.indices[count] = 0; // is none of the matrix's
  k.csrToCsc(
    x.rows,
    x.cols,
    ...[csr.indptr, csr.indices, csr.data] as const,
    ...[csc.indptr, csc.indices, csc.data] as const,
  );
  return { csr, csc };
}

/** 0 to count in one part, and in two. */
function partsOf(rng: RandomState, count: number): [from: number, to: number][][] {
  const middle = rng.randint(0, count + 1);
  return [[[0, count]], [[0, middle], [middle, count]]];
}

/** x as the kernels pack it. */
function packed(k: Kernels, at: Arrays, x: Matrix) {
  const isActive = at.bytes(new Uint8Array(x.cols));
  k.countNonzero(x.rows, x.cols, at.copy(x.data), isActive);
  const active = activeColumns(x), count = active.length;
  assertEquals([...isActive].flatMap((is, j) => is ? [j] : []), active);
  const columns = at.integers([...active, x.cols - 1]); // the last is none of them
  const data = at.dirty(x.rows * count);
  k.packColumns(x.rows, x.cols, at.copy(x.data), count, columns, data);
  return { columns, count, data };
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
    const { indptr, indices, data } = sparse(k, at, x).csr;
    const dense = packed(k, at, x), { count } = dense;
    for (const parts of partsOf(rng, rows)) {
      const net = at.dirty(rows * units), weights = at.copy(w.data);
      for (const [from, to] of parts) {
        net.fill(7, to * units);
        k.forwardSparse(from, to, units, indptr, indices, data, weights, net);
        assert(net.subarray(to * units).every((x) => x === 7), "the other rows are left alone");
      }
      assertEquals(bits(net), expected);
      net.fill(NaN);
      for (const [from, to] of parts) {
        net.fill(7, to * units);
        k.forwardDense(from, to, units, count, dense.columns, dense.data, weights, net);
        assert(net.subarray(to * units).every((x) => x === 7), "the other rows are left alone");
      }
      assertEquals(bits(net), expected);
    }
  }
});

testKernels("the backward pass is the forward pass with the weights transposed", (k, at, rng) => {
  for (const [rows, inputs, units] of SHAPES) {
    const sigma = randomMatrix(rng, rows, units), w = randomMatrix(rng, inputs + 1, units);
    const wT = at.dirty((units + 1) * inputs), below = at.dirty(rows * inputs);
    const all = at.integers(Array.from({ length: units }, (_, h) => h));
    k.transposeWeights(inputs, units, at.copy(w.data), wT);
    k.forwardDense(0, rows, inputs, units, all, at.copy(sigma.data), wT, below);
    const expected = each(
      rows,
      inputs,
      (r, k) => sum(units, (h) => sigma.at(r, h) * w.at(k + 1, h)),
    );
    assertEquals(bits(below), bits(expected));
  }
});

testKernels(
  "both updates sum the gradient over the rows, add the penalty, take the step and sum w^2, but leave the biases alone",
  (k, at, rng) => {
    for (const [n, [rows, inputs, units]] of SHAPES.entries()) {
      const x = inputsWithZeros(rng, rows, inputs), sigma = randomMatrix(rng, rows, units);
      const w = randomMatrix(rng, inputs + 1, units);
      const v = randomMatrix(rng, inputs + 1, units);
      const lambda = n % 5 === 0 ? 0 : rng.random(), rate = rng.random();
      const l1 = n % 2 * rng.random(), momentum = (n >> 1) % 2 * rng.random();
      const wantsSquares = n % 3 > 0;
      const step = at.copy([rate, lambda, l1, momentum, Number(wantsSquares)]);
      const velocity = each(inputs + 1, units, (k, h) => {
        if (k === 0) return v.at(0, h); // the biases are left alone
        const gradient = sum(rows, (r) => x.at(r, k - 1) * sigma.at(r, h));
        const penalized = gradient + lambda * w.at(k, h) + l1 * Math.sign(w.at(k, h));
        return momentum * v.at(k, h) - rate * penalized;
      });
      const expected = bits(w.data.map((x, n) => n < units ? x : x + velocity[n]));
      const { indptr, indices, data } = sparse(k, at, x).csc;
      const dense = packed(k, at, x), { count } = dense;
      const s = at.copy(sigma.data), squares = at.dirty(units);
      const updates = {
        sparse: (from: number, to: number, w: Float64Array, v: Float64Array) =>
          k.updateSparse(from, to, units, indptr, indices, data, s, w, v, step, squares),
        dense: (from: number, to: number, w: Float64Array, v: Float64Array) => {
          const x = [dense.columns, dense.data] as const;
          k.updateDense(from, to, rows, units, count, ...x, s, w, v, step, squares);
        },
      };
      for (const update of Object.values(updates)) {
        for (const parts of partsOf(rng, inputs)) {
          const changed = at.copy(w.data), moved = at.copy(v.data);
          for (const [from, to] of parts) {
            update(from, to, changed, moved);
            const squareOf = (h: number) => (k: number) =>
              w.at(from + k + 1, h) * w.at(from + k + 1, h);
            if (!wantsSquares) continue;
            assertEquals(
              bits(squares),
              bits(each(1, units, (_, h) => sum(to - from, squareOf(h)))),
            );
          }
          assertEquals(bits(changed), expected);
          assertEquals(bits(moved), bits(momentum === 0 ? v.data : velocity));
        }
      }
    }
  },
);

testKernels("bytes are counted and made sparse as their numbers are", (k, at, rng) => {
  for (const [rows, cols] of [...SHAPES, [5, 70], [3, 784]]) {
    const x = rng.randint(0, 256, rows * cols).map((v) => v < 200 ? 0 : v);
    const m = Matrix.fromArray(x, [rows, cols]);
    const data = at.bytes(x), isActive = at.bytes(new Uint8Array(cols));
    const count = k.countNonzeroBytes(rows, cols, data, isActive);
    assertEquals(count, x.filter((v) => v !== 0).length);
    assertEquals([...isActive].flatMap((is, j) => is ? [j] : []), activeColumns(m));
    const indptr = at.dirtyIntegers(rows + 1), indices = at.dirtyIntegers(count + 12);
    const values = at.dirty(count + 12);
    k.csrFromBytes(rows, cols, data, indptr, indices, values);
    const expected = sparse(k, at, m).csr;
    assertEquals(indptr, expected.indptr);
    assertEquals(indices.subarray(0, count), expected.indices.subarray(0, count));
    assertEquals(values.subarray(0, count), expected.data.subarray(0, count));
    assertEquals([...indices.subarray(count + 8)], [-7, -7, -7, -7], "room for eight more will do");
    assertEquals([...values.subarray(count + 8)], [NaN, NaN, NaN, NaN]);
  }
});

testKernels("sparse matrices hold the elements by rows and by columns, rising", (k, at, rng) => {
  for (const [rows, cols] of SHAPES) {
    const x = inputsWithZeros(rng, rows, cols);
    const dense = (m: Matrix, { indptr, indices, data }: Csr) => {
      const found = Matrix.zeros(m.shape);
      for (let i = 0; i < m.rows; i++) {
        for (let e = indptr[i]; e < indptr[i + 1]; e++) {
          assert(e === indptr[i] || indices[e] > indices[e - 1], "columns rise");
          found.data[i * m.cols + indices[e]] = data[e];
        }
      }
      return found;
    };
    const both = sparse(k, at, x);
    const count = x.data.filter((v) => v !== 0).length;
    for (const { indptr } of [both.csr, both.csc]) {
      assertEquals([indptr[0], indptr.at(-1)], [0, count]);
    }
    assertEquals(dense(x, both.csr), x.map((v) => v || 0)); // without the signs of zeros
    assertEquals(dense(x.T, both.csc), x.T.map((v) => v || 0));
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
  "exp, log, sigmoid and tanh give the bits of elementary.ts for every kind of number",
  (k, at, rng) => {
    const x = manyNumbers(rng), out = at.dirty(x.length);
    for (const name of ["exp", "log", "sigmoid", "tanh"] as const) {
      k[name](0, x.length, at.copy(x), out.fill(7));
      x.forEach((v, i) =>
        assert(Object.is(out[i], elementary[name](v)), `${name}(${v}): ${out[i]}`)
      );
    }
  },
);

testKernels(
  "exp, log, the activations and their backward passes take the elements that they are told",
  (k, at, rng) => {
    for (const [from, length] of SHAPES) {
      const to = from + length, n = to + 2;
      const isInside = (i: number) => i >= from && i < to;
      const x = rng.uniform(0, 80, n);
      for (const name of ["exp", "log", "sigmoid", "tanh"] as const) {
        const out = at.dirty(n).fill(7);
        k[name](from, to, at.copy(x), out);
        assertEquals(bits(out), bits(x.map((v, i) => isInside(i) ? elementary[name](v) : 7)));
      }
      const act = rng.uniform(-1, 1, n).map((a) => Math.max(a, 0)), sigma = rng.standardNormal(n);
      const backward = {
        sigmoidBackward: (s: number, a: number) => s * (a * (1 - a)),
        tanhBackward: (s: number, a: number) => s * (1 - a * a),
        reluBackward: (s: number, a: number) => a === 0 ? 0 : s,
      };
      for (const [name, slope] of Object.entries(backward)) {
        const out = at.copy(sigma);
        k[name as keyof typeof backward](from, to, at.copy(act), out);
        const expected = sigma.map((s, i) => isInside(i) ? slope(s, act[i]) : s);
        assertEquals(bits(out), bits(expected), name);
      }
      const special = [-0, 0, NaN, -Infinity, Infinity, -5e-324, 5e-324];
      const net = rng.standardNormal(n).map((x, i) => i % 3 === 0 ? special[i % 7] : x);
      const out = at.dirty(n).fill(7);
      k.relu(from, to, at.copy(net), out);
      assertEquals(
        bits(out),
        bits(net.map((x, i) => !isInside(i) ? 7 : Number.isNaN(x) ? NaN : x > 0 ? x : 0)),
      );
    }
  },
);

testKernels(
  "softmax subtracts each row's largest, and divides by the sum from left to right",
  (k, at, rng) => {
    for (const [from, length, units] of SHAPES) {
      const rows = from + length + 2, to = from + length;
      const net = rng.uniform(-800, 800, rows * units), act = at.dirty(rows * units).fill(7);
      k.softmax(from, to, units, at.copy(net), act);
      const expected = act.slice().fill(7);
      for (let r = from; r < to; r++) {
        const row = net.subarray(r * units, (r + 1) * units), largest = Math.max(...row);
        const e = row.map((x) => elementary.exp(x - largest));
        const total = sum(units, (h) => e[h]);
        expected.set(e.map((x) => x / total), r * units);
      }
      assertEquals(bits(act), bits(expected));
    }
    const act = at.dirty(4);
    k.softmax(0, 2, 2, at.copy([0, NaN, Infinity, 0]), act);
    assert(act.every(Number.isNaN), "what is no number does not pass for one");
  },
);

testKernels("scaleColumns multiplies each element by its column's factor", (k, at, rng) => {
  for (const [from, length, cols] of SHAPES) {
    const n = cols === 0 ? 0 : from + length + 2;
    const indices = rng.randint(0, Math.max(cols, 1), n), factors = rng.standardNormal(cols);
    const data = rng.standardNormal(n), out = at.copy(data), to = Math.min(from + length, n);
    k.scaleColumns(from, to, at.integers(indices), at.copy(factors), out);
    const isInside = (e: number) => e >= from && e < to;
    assertEquals(bits(out), bits(data.map((x, e) => isInside(e) ? x * factors[indices[e]] : x)));
  }
});

testKernels(
  "distort looks through each picture's transform, and bends by its noise",
  (k, at, rng) => {
    for (const [height, width, count] of [[5, 7, 3], [1, 1, 2], [8, 3, 4], [28, 28, 2]]) {
      const size = height * width, longer = Math.max(height, width);
      const x = rng.randint(0, 256, count * size);
      const affine = rng.uniform(-1.5, 1.5, 6 * count);
      const keys = Array.from({ length: count }, () => rng.randint(0, 2 ** 32) | 0);
      const smoothRows = rng.uniform(-0.3, 0.3, [height, height]);
      const smoothCols = rng.uniform(-0.3, 0.3, [width, width]);
      const columns = at.integers(Array.from({ length: longer }, (_, n) => n));
      for (const isElastic of [0, 1]) {
        const field = (i: number, first: number) => {
          const noises = each(height, width, (r, c) => noise(keys[i], first + r * width + c));
          const smooth = smoothRows.dot(Matrix.fromArray(noises, [height, width])).dot(smoothCols);
          return smooth.map((x) => isElastic * x);
        };
        const expected = new Uint8Array(count * size);
        for (let i = 0; i < count; i++) {
          const [a, b, c, d, down, right] = affine.subarray(6 * i);
          const at = (r: number, c: number) =>
            r < 0 || c < 0 || r >= height || c >= width ? 0 : x[i * size + r * width + c];
          const [byRow, byCol] = [field(i, 0), field(i, size)];
          for (let n = 0; n < size; n++) {
            const row = Math.floor(n / width), col = n % width;
            const p = row - (height - 1) / 2, q = col - (width - 1) / 2;
            const r = (height - 1) / 2 + (a * p + b * q) + down + byRow.at(row, col);
            const s = (width - 1) / 2 + (c * p + d * q) + right + byCol.at(row, col);
            const [r0, s0] = [Math.floor(r), Math.floor(s)];
            const between = (from: number, to: number, share: number) => from + (to - from) * share;
            const upper = between(at(r0, s0), at(r0, s0 + 1), s - s0);
            const lower = between(at(r0 + 1, s0), at(r0 + 1, s0 + 1), s - s0);
            expected[i * size + n] = Math.floor(between(upper, lower, r - r0) + 0.5);
          }
        }
        const middle = rng.randint(0, count + 1),
          out = at.bytes(new Uint8Array(count * size).fill(7));
        for (const [from, to] of [[0, middle], [middle, count]]) {
          k.distort(
            ...[from, to, height, width, at.bytes(x), at.copy(affine), isElastic] as const,
            ...[at.integers(keys), at.copy(smoothRows.data)] as const,
            ...[at.copy([...new Float64Array(width), ...smoothCols.data]), columns] as const,
            ...[at.dirty(4 * size + width), out] as const,
          );
          assert(
            out.subarray(to * size).every((x) => x === 7),
            "the other pictures are left alone",
          );
        }
        assertEquals(out, expected);
      }
    }
  },
);

Deno.test("the noise of pictures is the hash that is named there, from -1 up to 1", () => {
  const words = 2n ** 32n - 1n;
  const hashed = (x: bigint) => { // lowbias32, in whole numbers of any size
    x = (x ^ x >> 16n) * 0x21f0aaadn & words;
    x = (x ^ x >> 15n) * 0x735a2d97n & words;
    return x ^ x >> 15n;
  };
  for (
    const [key, n] of [[0, 0], [1, 0], [0, 1], [-1, 2], [2 ** 31 - 1, 783], [-(2 ** 31), 1567]]
  ) {
    const x = BigInt.asUintN(32, BigInt(key) + BigInt(n) * 0x9e3779b9n);
    assertEquals(noise(key, n), Number(BigInt.asIntN(32, hashed(x))) / 2 ** 31);
  }
});

testKernels(
  "the reductions sum columns from top to bottom, rows from left to right",
  (k, at, rng) => {
    for (const [rows, cols] of SHAPES) {
      const m = randomMatrix(rng, rows, cols).map((x) => x || -0), x = at.copy(m.data);
      const before = rng.standardNormal(cols), mean = rng.standardNormal(cols);
      const columns = (f: (value: number, j: number) => number) =>
        each(1, cols, (_, j) => sum(rows, (i) => f(m.at(i, j), j), before[j]));
      const sums = at.copy(before);
      k.addColumns(rows, cols, x, sums);
      assertEquals(bits(sums), bits(columns((v) => v)));
      sums.set(before);
      k.addSquares(rows, cols, x, sums);
      assertEquals(bits(sums), bits(columns((v) => v * v)));
      sums.set(before);
      k.addAbsolutes(rows, cols, x, sums);
      assertEquals(bits(sums), bits(columns((v) => Math.abs(v))));
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
