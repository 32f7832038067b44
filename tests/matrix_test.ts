import {
  assert,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  Matrix,
  type MatrixJSON,
  RandomState,
  type Shape,
  ShapeError,
  ValueError,
} from "../lib/mod.ts";
import * as elementary from "../lib/kernels/elementary.ts";
import { bits, fixture, randomMatrix } from "./helpers.ts";

const m1 = Matrix.from([[1, 2, 3], [2, 3, 4]]);
const m2 = Matrix.from([[3, 2, 1], [4, 3, 2]]);

/** The textbook's three loops, with special values as IEEE 754 has them. */
function plainDot(a: Matrix, b: Matrix): Float64Array {
  const out = new Float64Array(a.rows * b.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.cols; j++) {
      let sum = 0;
      for (let k = 0; k < a.cols; k++) sum += a.at(i, k) * b.at(k, j);
      out[i * b.cols + j] = sum;
    }
  }
  return out;
}

Deno.test("the article's matrices: shape, transpose, dot and element-wise product", () => {
  assertEquals(m1.shape, [2, 3]);
  assertEquals(m2.T.toArray(), [[3, 4], [2, 3], [1, 2]]);
  assertEquals(m2.T.shape, [3, 2]);
  assertEquals(m1.dot(m2.T).toArray(), [[10, 16], [16, 25]]);
  assertEquals(m1.multiply(m2).toArray(), [[3, 4, 3], [8, 9, 8]]);
});

Deno.test("dot gives the bits of the three loops, for every shape", () => {
  const rng = new RandomState(11);
  for (let n = 0; n < 120; n++) {
    const [rows, inner, cols] = rng.randint(0, 14, 3);
    const a = randomMatrix(rng, rows, inner), b = randomMatrix(rng, inner, cols);
    assertEquals(bits(a.dot(b).data), bits(plainDot(a, b)), `(${a.shape}) dot (${b.shape})`);
  }
});

Deno.test("dot keeps NaN, infinities and signed zeros as the three loops do", () => {
  const special = [0, -0, 1, -1, NaN, Infinity, -Infinity, 5e-324, 1e308];
  const rng = new RandomState(12);
  for (let n = 0; n < 60; n++) {
    const inner = n % 2 === 0 ? 6 : 200; // three loops, and tiles: in long sums few, so that not all are NaN
    const share = n % 2 === 0 ? 1 : 0.005;
    const draw = () =>
      rng.random() < share ? special[rng.randint(0, special.length)] : rng.standardNormal();
    const a = Matrix.zeros([6, inner]).map(draw), b = Matrix.zeros([inner, 5]).map(draw);
    const nan = (x: number) => Number.isNaN(x) ? 0.125 : x; // one NaN is like another
    assertEquals(bits(a.dot(b).data.map(nan)), bits(plainDot(a, b).map(nan)));
  }
});

Deno.test("dot of large matrices gives the bits of the three loops", () => {
  const rng = new RandomState(23);
  const shapes = [[195, 259, 7], [4, 600, 4], [17, 30, 193], [3, 2000, 50], [50, 2000, 3], [
    197,
    5,
    70,
  ]];
  for (const [m, n, p] of [...shapes, [16, 16, 16], [14, 300, 2]]) {
    const a = randomMatrix(rng, m, n), b = randomMatrix(rng, n, p);
    const bytes = a.map((x) => Math.round(Math.abs(40 * x))).astype("uint8");
    for (const x of [a, bytes]) assertEquals(bits(x.dot(b).data), bits(plainDot(x, b)));
  }
});

Deno.test("sums, means and deviations of large matrices keep their order, to the bit", () => {
  const rng = new RandomState(26);
  for (const [rows, cols] of [[700, 9], [9, 700], [3000, 1], [1, 3000], [5, 2500], [257, 1]]) {
    const m = randomMatrix(rng, rows, cols);
    const bytes = m.map((x) => Math.round(Math.abs(40 * x))).astype("uint8");
    for (const x of [m, bytes]) {
      const columns = new Float64Array(cols), across = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) {
          columns[j] += x.at(i, j);
          across[i] += x.at(i, j);
        }
      }
      assertEquals(bits(x.sum({ axis: 0 }).data), bits(columns));
      assertEquals(bits(x.sum({ axis: 1 }).data), bits(across));
      const squares = new Float64Array(cols);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) {
          const distance = x.at(i, j) - columns[j] / rows;
          squares[j] += distance * distance;
        }
      }
      const std = squares.map((sum) => Math.sqrt(sum / rows));
      assertEquals(bits(x.std({ axis: 0 }).data), bits(std));
      assertEquals(bits(x.exp().data), bits(Float64Array.from(x.data, elementary.exp)));
      assertEquals(bits(x.abs().log().data), bits(Float64Array.from(x.abs().data, elementary.log)));
    }
  }
});

Deno.test("a large transpose has the matrix's elements, is made once, and compares like any matrix", () => {
  for (const [rows, cols] of [[40, 50], [16, 33], [17, 2]]) {
    const m = randomMatrix(new RandomState(24), rows, cols);
    assertEquals(m.T, Matrix.zeros([cols, rows]).map((_, i, j) => m.at(j, i)));
    assertStrictEquals(m.T, m.T);
    assertNotEquals(m.T, m.T.map((x, i) => i === cols - 1 ? x + 1 : x));
  }
});

Deno.test("small matrices share memory, and no element", () => {
  const rng = new RandomState(25);
  const matrices = Array.from(
    { length: 500 },
    (_, n) => [n, Matrix.zeros(rng.randint(0, 9, 2) as unknown as [number, number])] as const,
  );
  for (const [n, m] of matrices) m.data.fill(n);
  for (const [n, m] of matrices) assert(m.data.every((x) => x === n));
  // a piece for each length: 16 numbers, or as many lists as 16 KiB hold; from 65 elements on each has its own
  const bytesBehind = (length: number) => Matrix.zeros([1, length]).data.buffer.byteLength;
  assertEquals([1, 2, 3, 64, 65].map(bytesBehind), [128, 16384, 16368, 16384, 520]);
});

Deno.test("new Matrix and arithmetic signs, which types forbid, say what to use", () => {
  assertThrows(
    () => new (Matrix as unknown as new (rows: number[][]) => Matrix)([[1, 2], [3, 4]]),
    TypeError,
    "new Matrix: use Matrix.from([[1, 2], [3, 4]]) or Matrix.fromArray",
  );
  const X = Matrix.from([[1, 2]]) as unknown as number;
  for (const product of [() => X * X, () => X - 1, () => -X]) {
    assertThrows(product, TypeError, "a Matrix is no number: use add, subtract, multiply");
  }
  assertEquals(`${X}`, "[[1. 2.]]");
});

Deno.test("a small matrix that is kept keeps little more than itself", () => {
  const keptBytes = (shape: Shape, temporaries: Shape[]) => {
    const buffers = new Set<ArrayBufferLike>();
    for (let n = 0; n < 20000; n++) {
      buffers.add(Matrix.zeros(shape).data.buffer);
      for (const temporary of temporaries) Matrix.zeros(temporary);
    }
    return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  };
  const small: Shape[] = Array.from({ length: 100 }, (_, n) => [1 + n % 8, 2 + n % 7]);
  const MiB = 2 ** 20;
  assertLess(keptBytes([1, 1], small), 0.2 * MiB);
  assertLess(keptBytes([1, 1], Array(100).fill([1, 1])), 3 * MiB); // 128 bytes each
  assertLess(keptBytes([4, 3], small.filter(([rows, cols]) => rows * cols !== 12)), 2 * MiB);
});

Deno.test("an empty array can be the first one", async () => {
  const path = "../lib/kernels/memory.ts?as-if-the-process-had-just-begun";
  const { newFloat64 } = await import(path) as typeof import("../lib/kernels/memory.ts");
  assertEquals(newFloat64(0), new Float64Array(0));
  assertEquals(newFloat64(3), new Float64Array(3));
});

Deno.test("dot of a few rows and a large matrix has the bits of the three loops", () => {
  const rng = new RandomState(23);
  for (const m of [1, 2, 3]) {
    const x = randomMatrix(rng, m, 300), y = randomMatrix(rng, 300, 11);
    const expected = Matrix.zeros([m, 11]).map((_, i, j) => {
      let sum = 0;
      for (let k = 0; k < 300; k++) sum += x.at(i, k) * y.at(k, j);
      return sum;
    });
    assertEquals(bits(x.dot(y).data), bits(expected.data));
  }
});

Deno.test("dot sums from left to right: another order would give other bits", () => {
  const row = Matrix.from([[1e16, 1, -1e16, 1]]);
  assertEquals(row.dot(Matrix.ones([4, 1])).at(0, 0), 1);
  assertEquals(Matrix.from([[1, 1, 1e16, -1e16]]).dot(Matrix.ones([4, 1])).at(0, 0), 2);
  assertEquals(row.sum({ axis: 1 }).at(0, 0), 1);
  assertEquals(row.T.sum({ axis: 0 }).at(0, 0), 1);
});

Deno.test("std() has the order of sum()", () => {
  const m = Matrix.from([[0, 1e8, 0, 1, 1], [0, -1e8, 0, -1, -1]]); // of mean 0; squares 2e16 and 2, twice
  assertEquals(m.std(), Math.sqrt((0 + 2e16 + 0 + 2 + 2) / 10));
});

Deno.test("what toJSON gives is a copy", () => {
  const m = Matrix.ones([1, 2]);
  (m.toJSON().shape as unknown as number[])[0] = 9;
  assertEquals(m.shape, [1, 2]);
});

Deno.test("sum() is the sum of the columns' sums", () => {
  const m = Matrix.from([[1e16, 1], [-1e16, 1]]);
  assertEquals(m.sum(), 2); // row by row it would be 1e16 + 1 - 1e16 + 1 = 1
});

Deno.test("dot of bytes is dot of the same numbers", () => {
  const pixels = Matrix.fromArray(Uint8Array.of(0, 255, 7, 0, 1, 2), [2, 3]);
  assertEquals(pixels.dot(m1.T), pixels.astype("float64").dot(m1.T));
});

Deno.test("operations leave their operands alone", () => {
  const a = Matrix.from([[1, -2], [3, 4]]), b = Matrix.from([[5, 6], [7, 8]]);
  const before = JSON.stringify([a, b]);
  a.dot(b), a.add(b), a.subtract(b), a.multiply(b), a.divide(b), a.map((x) => x + 1), a.exp();
  a.log(), a.abs(), a.sum(), a.std({ axis: 0 }), a.T, a.reshape([1, 4]), a.take([1, 0]);
  Matrix.hstack([a, b]), Matrix.vstack([a, b]), a.astype("float64"), a.argmax();
  assertEquals(JSON.stringify([a, b]), before);
});

Deno.test("element-wise operations broadcast in both directions, as NumPy's do", () => {
  const m = Matrix.from([[1, 2, 3], [4, 5, 6]]);
  const row = Matrix.from([[10, 20, 30]]), column = Matrix.from([[100], [200]]);
  assertEquals(m.add(row).toArray(), [[11, 22, 33], [14, 25, 36]]);
  assertEquals(row.subtract(m).toArray(), [[9, 18, 27], [6, 15, 24]]);
  assertEquals(m.multiply(column).toArray(), [[100, 200, 300], [800, 1000, 1200]]);
  assertEquals(column.divide(m).toArray()[1], [50, 40, 200 / 6]);
  assertEquals(row.add(column).toArray(), [[110, 120, 130], [210, 220, 230]]);
  assertEquals(m.divide(2).toArray(), [[0.5, 1, 1.5], [2, 2.5, 3]]);
  assertEquals(m.add(Matrix.from([[1]])), m.add(1));
});

Deno.test("add, subtract, multiply and divide round as the numbers do, one by one", () => {
  const rng = new RandomState(13);
  const a = randomMatrix(rng, 7, 9), b = randomMatrix(rng, 7, 9);
  const each = (f: (x: number, y: number) => number) => a.data.map((x, i) => f(x, b.data[i]));
  assertEquals(bits(a.add(b).data), bits(each((x, y) => x + y)));
  assertEquals(bits(a.subtract(b).data), bits(each((x, y) => x - y)));
  assertEquals(bits(a.multiply(b).data), bits(each((x, y) => x * y)));
  assertEquals(bits(a.divide(b).data), bits(each((x, y) => x / y)));
});

Deno.test("reductions work on all elements, on columns and on rows", () => {
  const m = Matrix.from([[1, 5], [3, 1]]);
  assertEquals(m.sum(), 10);
  assertEquals(m.sum({ axis: 0 }).toArray(), [[4, 6]]);
  assertEquals(m.sum({ axis: 1 }).toArray(), [[6], [4]]);
  assertEquals(m.mean(), 2.5);
  assertEquals(m.mean({ axis: 0 }).toArray(), [[2, 3]]);
  assertEquals(m.mean({ axis: 1 }).toArray(), [[3], [2]]);
  assertEquals(m.std(), Math.sqrt(11 / 4));
  assertEquals(m.std({ axis: 0 }).toArray(), [[1, 2]]);
  assertEquals(m.std({ axis: 1 }).toArray(), [[2], [1]]);
  assertEquals([m.min(), m.max()], [1, 5]);
  assertEquals(m.min({ axis: 0 }).toArray(), [[1, 1]]);
  assertEquals(m.max({ axis: 1 }).toArray(), [[5], [3]]);
  assertEquals(m.argmax(), 1);
  assertEquals([...m.argmax({ axis: 0 })], [1, 0]);
  assertEquals([...m.argmax({ axis: 1 })], [1, 0]);
  assertEquals(Matrix.zeros([0, 3]).sum(), 0);
  assertEquals(Matrix.zeros([0, 2]).sum({ axis: 0 }).toArray(), [[0, 0]]);
});

Deno.test("argmax takes the first of equals, and the first NaN, as NumPy's does", () => {
  assertEquals(Matrix.from([[2, 7, 7]]).argmax(), 1);
  assertEquals(Matrix.from([[2, NaN, 7, NaN]]).argmax(), 1);
  assertEquals(Matrix.from([[-Infinity, -Infinity]]).argmax(), 0);
  assertEquals(Matrix.from([[1, NaN]]).max(), NaN);
  assertEquals(Matrix.from([[1, NaN]]).min({ axis: 1 }).at(0, 0), NaN);
});

Deno.test("argmax, max, mean and std give as many results as there are rows or columns, also none, as in NumPy", () => {
  const wide = Matrix.zeros([0, 3]), high = Matrix.zeros([3, 0]);
  assertEquals(wide.argmax({ axis: 1 }), new Int32Array(0));
  assertEquals(high.argmax({ axis: 0 }), new Int32Array(0));
  for (const name of ["max", "min", "mean", "std"] as const) {
    assertEquals(wide[name]({ axis: 1 }).shape, [0, 1], name);
    assertEquals(high[name]({ axis: 0 }).shape, [1, 0], name);
  }
});

Deno.test("argmax finds the largest wherever it is", () => {
  const rng = new RandomState(27);
  for (const [rows, cols] of [[1, 1], [3, 4], [7, 5], [40, 13], [2, 300]]) {
    const m = rng.randint(0, 50, [rows, cols]).map((x) => rng.random() < 0.01 ? NaN : x - 25);
    const first = (list: number[]) => { // the definition
      const largest = list.some(Number.isNaN) ? NaN : Math.max(...list);
      return list.findIndex((x) => Object.is(x, largest));
    };
    const lists = (m: Matrix) => m.toArray().map(first);
    assertEquals(m.argmax(), first([...m.data]));
    assertEquals([...m.argmax({ axis: 1 })], lists(m));
    assertEquals([...m.argmax({ axis: 0 })], lists(m.T));
  }
});

Deno.test("iterating a matrix gives its rows, each a list that shares its elements", () => {
  const m = Matrix.from([[1, 2], [3, 4]]);
  assertEquals([...m], [Float64Array.of(1, 2), Float64Array.of(3, 4)]);
  assertEquals([...m.astype("uint8")], [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]);
  for (const [x, y] of m) assertEquals(y, x + 1);
  for (const row of m) assertStrictEquals(row.buffer, m.data.buffer);
  assertEquals([...Matrix.zeros([2, 0])].length, 2);
  assertEquals([...Matrix.zeros([0, 2])], []);
});

Deno.test("rows, slices and takes of rows", () => {
  const m = Matrix.from([[1, 2], [3, 4], [5, 6]]);
  assertEquals(m.at(2, 1), 6);
  assertEquals(m.at(-1, -2), 5);
  assertEquals(m.row(1).toArray(), [[3, 4]]);
  assertEquals(m.row(-1).toArray(), [[5, 6]]);
  assertEquals(m.slice(1).toArray(), [[3, 4], [5, 6]]);
  assertEquals(m.slice(0, 2).toArray(), [[1, 2], [3, 4]]);
  assertEquals(m.slice(-1).toArray(), [[5, 6]]);
  assertEquals(m.slice(1, 99).toArray(), [[3, 4], [5, 6]]);
  assertEquals(m.slice(2, 1).shape, [0, 2]);
  assertEquals([m.slice(-99), m.slice(0, -99).shape], [m, [0, 2]]);
  assertEquals(m.take([2, 0, 2, -1]).toArray(), [[5, 6], [1, 2], [5, 6], [5, 6]]);
  assertEquals(m.take([]).shape, [0, 2]);
  assertEquals(m.slice(), m);
  for (const part of [m.slice(1), m.row(1), m.reshape([2, 3])]) {
    assertStrictEquals(part.data.buffer, m.data.buffer, "it is no copy");
  }
});

Deno.test("what is taken, stacked, mapped, or listed, is a copy", () => {
  const bytes = Matrix.fromArray(Uint8Array.of(1, 2, 3, 4), [2, 2]);
  for (const m of [Matrix.from([[1, 2], [3, 4]]), bytes]) {
    const copies = [m.take([0, 1]), Matrix.hstack([m]), Matrix.vstack([m]), m.map((x) => x)];
    copies.push(m.add(0), m.abs(), Matrix.fromArray(m.toArray().flat(), [2, 2]));
    for (const copy of copies) copy.data.fill(9);
    for (const list of [m.toArray()[0], m.toJSON().data]) list[0] = 9;
    assertEquals(m.toArray(), [[1, 2], [3, 4]]);
  }
  assertStrictEquals(bytes.astype("uint8"), bytes); // the same type, and nothing is copied
  const list = Float32Array.of(1, 2);
  Matrix.fromArray(list, [1, 2]).data.fill(9);
  assertEquals(list, Float32Array.of(1, 2));
});

Deno.test("there are matrices with no rows, or with no columns, and what is made of them", () => {
  assertEquals(Matrix.from([]).shape, [0, 0]);
  assertEquals(Matrix.from([[], []]).shape, [2, 0]);
  assertEquals(Matrix.zeros([3, 0]).sum({ axis: 1 }), Matrix.zeros([3, 1]));
  assertEquals(Matrix.zeros([2, 0]).dot(Matrix.zeros([0, 3])), Matrix.zeros([2, 3]));
  assertEquals(Matrix.zeros([0, 2]).add(Matrix.from([[1, 2]])).shape, [0, 2]);
  assertThrows(() => Matrix.zeros([0, 2]).row(0), RangeError, "a matrix with 0 rows");
});

Deno.test("absolute values and zeros lose their sign, and min and max know -0 from 0", () => {
  const m = Matrix.from([[-1.5, -0, 0, -Infinity, NaN]]);
  assertEquals(bits(m.abs().data), bits([1.5, 0, 0, Infinity, NaN]));
  const zeros = Matrix.from([[0, -0]]);
  assertEquals(bits([zeros.min(), zeros.max(), zeros.T.max()]), bits([-0, 0, 0]));
});

Deno.test("the transpose of the transpose is the matrix itself", () => {
  const rng = new RandomState(14);
  for (const [rows, cols] of [[3, 5], [1, 4], [6, 1], [0, 2]]) {
    const m = randomMatrix(rng, rows, cols);
    assertEquals(m.T.shape, [cols, rows]);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) assertEquals(m.T.at(j, i), m.at(i, j));
    }
    assertStrictEquals(m.T.T, m);
    if (rows === 1 || cols === 1) assertStrictEquals(m.T.data, m.data, "it is no copy");
  }
});

Deno.test("zeros, ones, identity, reshape, hstack and vstack", () => {
  assertEquals(Matrix.identity(50), Matrix.zeros([50, 50]).map((_, i, j) => i === j ? 1 : 0));
  assertEquals(Matrix.zeros([2, 2]).toArray(), [[0, 0], [0, 0]]);
  assertEquals(Matrix.ones([1, 3]).toArray(), [[1, 1, 1]]);
  assertEquals(Matrix.identity(2).toArray(), [[1, 0], [0, 1]]);
  assertEquals(m1.reshape([3, 2]).toArray(), [[1, 2], [3, 2], [3, 4]]);
  assertEquals(m1.reshape([-1, 1]).shape, [6, 1]);
  assertEquals(m1.reshape([1, -1]).shape, [1, 6]);
  assertEquals(m1.reshape([3, -1]).shape, [3, 2]);
  assertEquals(m1.reshape([-2, 3]).shape, [2, 3]); // any negative number, as in NumPy
  assertEquals(Matrix.zeros([0, 3]).reshape([-1, 5]).shape, [0, 5]);
  assertEquals(Matrix.zeros([0, 3]).reshape([7, 0]).shape, [7, 0]);
  assertEquals(Matrix.hstack([m1, Matrix.ones([2, 1])]).toArray(), [[1, 2, 3, 1], [2, 3, 4, 1]]);
  assertEquals(Matrix.vstack([m1, m2]).toArray(), [...m1.toArray(), ...m2.toArray()]);
  const byte = Matrix.fromArray(Uint8Array.of(7), [1, 1]);
  assertEquals(Matrix.hstack([byte, byte]).dtype, "uint8");
  assertEquals(Matrix.vstack([byte, Matrix.ones([1, 1])]).dtype, "float64");
});

Deno.test("bytes stay bytes where nothing is computed, and become float64 where something is", () => {
  const pixels = Matrix.fromArray(Uint8Array.of(0, 127, 255, 64), [2, 2]);
  for (const m of [pixels, pixels.T, pixels.row(0), pixels.slice(1), pixels.take([0])]) {
    assertEquals(m.dtype, "uint8");
  }
  assertEquals(pixels.add(pixels).toArray(), [[0, 254], [510, 128]]); // NumPy would wrap around
  assertEquals(pixels.add(1).dtype, "float64");
  assertEquals(pixels.astype("float64").dtype, "float64");
  assertEquals(pixels.astype("float64").astype("uint8"), pixels);
});

Deno.test("fromArray keeps typed arrays without a copy and copies other lists", () => {
  const data = Float64Array.of(1, 2, 3, 4);
  assertStrictEquals(Matrix.fromArray(data, [2, 2]).data, data);
  const bytes = Uint8Array.of(1, 2);
  assertStrictEquals(Matrix.fromArray(bytes, [2, 1]).data, bytes);
  assertEquals(Matrix.fromArray([1, 2], [1, 2]).dtype, "float64");
  assertEquals(Matrix.fromArray(Float32Array.of(0.5, 1), [2, 1]).toArray(), [[0.5], [1]]);
});

Deno.test("equals compares shapes and numbers", () => {
  assert(m1.equals(Matrix.from([[1, 2, 3], [2, 3, 4]])));
  assert(!m1.equals(m2));
  assert(!m1.equals(m1.reshape([3, 2])));
  assert(!m1.equals(m1.slice(0, 1)) && !m1.slice(0, 1).equals(m1));
  assert(!Matrix.zeros([0, 2]).equals(Matrix.zeros([1, 2])));
  assert(Matrix.from([[NaN, 0]]).equals(Matrix.from([[NaN, -0]])));
  assert(!Matrix.from([[NaN]]).equals(Matrix.from([[0]])));
  assert(Matrix.ones([1, 1]).equals(Matrix.ones([1, 1]).astype("uint8")));
});

Deno.test("a matrix in a text is its text, and no number", () => {
  const m = Matrix.from([[1, 2]]);
  assertEquals([`${m}`, "" + m, String(m)], Array(3).fill("[[1. 2.]]"));
  assertThrows(() => Number(m), TypeError, "a Matrix is no number");
});

Deno.test("a matrix can be compared by assertEquals", () => {
  assertEquals(Matrix.from([[1, 2]]).T, Matrix.from([[1], [2]]));
  assertThrows(() => assertEquals(Matrix.from([[1, 2]]), Matrix.from([[1, 3]])), Error);
});

Deno.test("JSON gives every matrix back, bit for bit", () => {
  const m = Matrix.from([[NaN, Infinity, -Infinity], [-0, 5e-324, 1 / 3]]);
  const copy = Matrix.fromJSON(JSON.parse(JSON.stringify(m)));
  assertEquals(copy.shape, m.shape);
  assertEquals(bits(copy.data), bits(m.data));
  const pixels = Matrix.fromArray(Uint8Array.of(1, 255), [2, 1]);
  assertEquals(Matrix.fromJSON(JSON.parse(JSON.stringify(pixels))), pixels);
});

Deno.test("std of wide matrices agrees with NumPy through scale", () => {
  const { X, scale } = fixture("numpy").preprocessing;
  const m = Matrix.from(X);
  const z = m.subtract(m.mean({ axis: 0 })).divide(m.std({ axis: 0 }));
  const column = (m: Matrix) => m.T.row(0).toArray()[0];
  column(z).forEach((x, i) => assert(Math.abs(x - scale[i][0]) < 1e-14)); // a few roundings
});

Deno.test("shapes that do not fit are named", () => {
  const m42 = Matrix.zeros([4, 2]);
  const refuses = (f: () => unknown, message: string) => assertThrows(f, ShapeError, message);
  refuses(() => m1.dot(m42), "dot: shapes (2, 3) and (4, 2) not aligned: 3 (dim 1) != 4 (dim 0)");
  refuses(() => m1.add(m42), "add: shapes (2, 3) and (4, 2) cannot be broadcast together");
  for (const shape of [[2, 2], [4, 3], [0, 3], [2, 0]] as const) {
    const message = `add: shapes (2, 3) and (${shape.join(", ")}) cannot be broadcast together`;
    refuses(() => m1.add(Matrix.zeros(shape)), message);
  }
  refuses(() => m1.subtract(m42), "subtract: shapes (2, 3) and (4, 2)");
  refuses(() => m1.multiply(m42), "multiply: shapes (2, 3) and (4, 2)");
  refuses(() => m1.divide(m42), "divide: shapes (2, 3) and (4, 2)");
  refuses(
    () => m1.reshape([4, 2]),
    "reshape: cannot make shape (4, 2) of shape (2, 3), 6 elements",
  );
  for (const [rows, cols] of [[0, 3], [3, 0], [3, 4], [4, 3]]) {
    refuses(() => m1.reshape([rows, cols]), `cannot make shape (${rows}, ${cols}) of shape (2, 3)`);
  }
  refuses(() => m1.reshape([-1, 4]), "reshape: cannot make shape (-1, 4) of shape (2, 3)");
  refuses(() => m1.reshape([-1, -1]), "reshape: cannot make shape (-1, -1)");
  refuses(() => m1.reshape([-2, -3]), "reshape: cannot make shape (-2, -3)");
  refuses(
    () => Matrix.zeros([0, 3]).reshape([0, -1]),
    "reshape: cannot make shape (0, -1) of shape (0, 3), 0 elements",
  );
  refuses(() => Matrix.zeros([0, 3]).reshape([-1, 0]), "reshape: cannot make shape (-1, 0)");
  refuses(() => m1.reshape(6 as never), "reshape: expected [rows, cols], got 6");
  refuses(
    () => Matrix.from([[1, 2], [3]]),
    "Matrix.from: rows must be of one length: row 0 has 2 and row 1 has 1",
  );
  refuses(() => Matrix.fromArray([1, 2, 3], [2, 2]), "shape (2, 2) needs 4 elements, got 3");
  refuses(
    () => Matrix.fromArray([1], [1] as never),
    "Matrix.fromArray: expected a shape [rows, cols], got [1]",
  );
  refuses(() => Matrix.fromArray([1], [1, 1, 1] as never), "got [1, 1, 1]");
  for (const shape of [[1.5, 2], [2 ** 53, 0], [0, -1], [NaN, 1]] as const) {
    refuses(() => Matrix.zeros(shape), `got [${shape.join(", ")}]`);
  }
  refuses(() => m1.reshape([6, 1, 1] as never), "reshape: expected [rows, cols], got [6, 1, 1]");
  refuses(
    () => m1.reshape([-2, 2.5]),
    "reshape: cannot make shape (-2, 2.5) of shape (2, 3), 6 elements",
  );
  refuses(
    () => Matrix.fromJSON({ shape: [2, 2], dtype: "float64", data: [1] }),
    "shape (2, 2) needs 4 elements, got 1",
  );
  refuses(() => Matrix.zeros([2, -1]), "Matrix.zeros: expected a shape [rows, cols], got [2, -1]");
  refuses(() => Matrix.ones(3 as never), "Matrix.ones: expected a shape [rows, cols], got 3");
  refuses(() => Matrix.identity(1.5), "Matrix.identity: expected a shape");
  refuses(() => Matrix.hstack([m1, m42]), "hstack: shapes (2, 3) and (4, 2) differ in their rows");
  refuses(
    () => Matrix.vstack([m1, m42]),
    "vstack: shapes (2, 3) and (4, 2) differ in their columns",
  );
  refuses(() => Matrix.zeros([0, 3]).mean(), "mean: the matrix of shape (0, 3) has no elements");
  refuses(() => Matrix.zeros([0, 3]).std(), "std: the matrix of shape (0, 3) has no elements");
  refuses(() => Matrix.zeros([0, 3]).min(), "min: the matrix of shape (0, 3) has no elements");
  refuses(() => Matrix.zeros([0, 3]).max({ axis: 0 }), "max: the matrix of shape (0, 3)");
  refuses(() => Matrix.zeros([0, 3]).argmax(), "argmax: the matrix of shape (0, 3)");
  refuses(() => Matrix.zeros([0, 3]).argmax({ axis: 0 }), "argmax: the matrix of shape (0, 3)");
  refuses(() => Matrix.zeros([3, 0]).std({ axis: 1 }), "std: the matrix of shape (3, 0)");
});

Deno.test("values of the wrong type, positions and axes outside are named", () => {
  const type = (f: () => unknown, message: string) => assertThrows(f, TypeError, message);
  type(
    () => Matrix.from([1, 2] as never),
    "Matrix.from: expected rows of numbers, [[1, 2], [3, 4]], got 1 for row 0",
  );
  type(
    () => Matrix.from(7 as never),
    "Matrix.from: expected rows of numbers, [[1, 2], [3, 4]], got 7",
  );
  type(
    () => Matrix.from([[1, 2], "34"] as never),
    'Matrix.from: expected rows of numbers, [[1, 2], [3, 4]], got "34" for row 1',
  );
  type(() => Matrix.from(null as never), "Matrix.from: expected rows of numbers, [[1, 2], [3, 4]]");
  type(() => Matrix.from([[1, "2"]] as never), 'Matrix.from: expected a number at [0, 1], got "2"');
  type(
    () => Matrix.fromArray(["1"] as never, [1, 1]),
    'Matrix.fromArray: expected a number at 0, got "1"',
  );
  type(
    () => Matrix.fromArray(null as never, [1, 1]),
    "Matrix.fromArray: expected a list of numbers, got null",
  );
  type(() => m1.dot(3 as never), "dot: expected a Matrix, got 3");
  type(() => m1.add([[1]] as never), "add: expected a Matrix, got [[1]]");
  type(() => m1.equals({} as never), "equals: expected a Matrix, got an object (Object)");
  type(
    () => Matrix.hstack([] as never),
    "hstack: expected a list of one matrix or more, [a, b], got []",
  );
  type(() => Matrix.hstack([m1, [[1]] as never]), "hstack: expected a Matrix, got [[1]]");
  type(
    () => Matrix.vstack([{ rows: 1, cols: 3 } as never]),
    "vstack: expected a Matrix, got an object (Object)",
  );
  type(
    () => Matrix.vstack(m1 as never),
    "vstack: expected a list of one matrix or more, [a, b], got a matrix of shape (2, 3)",
  );
  for (const [start, end] of [[0.5, 2], [0, 1.5], [0, Infinity], [NaN, 2]]) {
    type(() => m1.slice(start, end), `slice: expected whole numbers, got ${start} and ${end}`);
  }
  type(() => m1.astype("int8" as never), 'astype: expected "float64" or "uint8", got "int8"');
  type(() => Matrix.fromJSON(null as never), "Matrix.fromJSON: expected { shape, dtype, data }");
  const json = m1.toJSON();
  for (
    const lacks of [{ shape: 6 }, { dtype: "int8" }, { data: "123456" }, { data: { length: 6 } }]
  ) {
    type(
      () => Matrix.fromJSON({ ...json, ...lacks } as MatrixJSON),
      "Matrix.fromJSON: expected { shape, dtype, data }, as toJSON gives it",
    );
  }
  type(
    () => Matrix.fromJSON({ ...m1.toJSON(), data: ["x"] as never, shape: [1, 1] }),
    'expected a number at 0, got "x"',
  );
  const range = (f: () => unknown, message: string) => assertThrows(f, RangeError, message);
  range(() => m1.at(2, 0), "at: row 2 is outside of a matrix with 2 rows");
  range(() => m1.at(0, -4), "at: column -4 is outside of a matrix with 3 columns");
  range(() => m1.row(0.5), "row: row 0.5 is outside of a matrix with 2 rows");
  type(() => m1.take(5 as never), "take: expected a list of positions, got 5");
  range(() => m1.take([0, 5]), "take: row 5 is outside of a matrix with 2 rows");
  const value = (f: () => unknown, message: string) => assertThrows(f, ValueError, message);
  value(() => m1.sum({ axis: 2 as never }), "sum: expected axis 0 or 1, got 2");
  value(() => m1.argmax({ axis: "0" as never }), 'argmax: expected axis 0 or 1, got "0"');
  value(
    () => Matrix.from([[1, 256]]).astype("uint8"),
    "astype: 256 at [0, 1] is no whole number from 0 to 255",
  );
  value(
    () => Matrix.fromJSON({ shape: [1, 2], dtype: "uint8", data: [7, "NaN"] }),
    "astype: NaN at [0, 1] is no whole number from 0 to 255",
  );
  value(() => Matrix.from([[-1]]).astype("uint8"), "astype: -1 at [0, 0] is no whole number");
  value(
    () => Matrix.from([[1], [0.5]]).astype("uint8"),
    "astype: 0.5 at [1, 0] is no whole number",
  );
});

Deno.test("unknown options, misplaced ones and arguments too many are refused", () => {
  const type = (f: () => unknown, message: string) => assertThrows(f, TypeError, message);
  const m = m1 as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["sum", "mean", "std", "min", "max", "argmax"]) {
    type(() => m[name](0), `${name}: expected options { axis }, got 0`);
    type(() => m[name]({}, 1), `${name}: expected at most 1 argument, got 2`);
    assertThrows(
      () => m[name]({ axes: 0 }),
      ValueError,
      `${name}: there is no option "axes"; the options are axis`,
    );
    assertEquals(m[name]({ axis: undefined }), m[name]());
    assertEquals(m[name](Object.assign(Object.create(null), { axis: 1 })), m[name]({ axis: 1 }));
  }
  type(() => m.sum(null), "sum: expected options { axis }, got null");
  type(() => m.sum([0]), "sum: expected options { axis }, got [0]");
  type(() => m.sum(m1), "sum: expected options { axis }, got a matrix of shape (2, 3)");
  for (const name of ["exp", "log", "abs", "toArray"]) {
    type(() => m[name](1), `${name}: expected no argument, got 1`);
  }
  for (const name of ["row", "take", "reshape", "astype", "dot", "add", "subtract"]) {
    type(() => m[name](m1, m1), `${name}: expected at most 1 argument, got 2`);
  }
  for (const name of ["multiply", "divide", "map", "equals"]) {
    type(() => m[name](m1, m1), `${name}: expected at most 1 argument, got 2`);
  }
  type(() => m.at(0, 0, 0), "at: expected at most 2 arguments, got 3");
  type(() => m.slice(0, 1, 2), "slice: expected at most 2 arguments, got 3");
  const make = Matrix as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["from", "zeros", "ones", "identity", "fromJSON"]) {
    type(() => make[name](2, 3), `Matrix.${name}: expected at most 1 argument, got 2`);
  }
  type(() => make.fromArray([1], [1, 1], 0), "Matrix.fromArray: expected at most 2 arguments, got");
  for (const name of ["hstack", "vstack"]) {
    type(() => make[name](m1, m2), `${name}: expected at most 1 argument, got 2`);
  }
});
