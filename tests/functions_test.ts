import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  crossEntropy,
  l1Penalty,
  l2Penalty,
  linspace,
  Matrix,
  mle,
  RandomState,
  ShapeError,
  sigmoid,
  sigmoidPrime,
  softmax,
  ValueError,
} from "../lib/mod.ts";
import { log } from "../lib/kernels/elementary.ts";
import { bits, randomMatrix } from "./helpers.ts";

Deno.test("sigmoid takes a number, a list or a matrix, and gives the same of each", () => {
  const x = linspace(-10, 10, 100);
  assertEquals(sigmoid(x), x.map((x) => sigmoid(x)));
  assertEquals(sigmoid(Matrix.fromArray(x, [10, 10])), Matrix.fromArray(sigmoid(x), [10, 10]));
  assertEquals(sigmoidPrime(x), x.map((x) => sigmoidPrime(x)));
  assertEquals(sigmoidPrime(Matrix.fromArray(x, [1, 100])).data, sigmoidPrime(x));
  assertThrows(() => sigmoid("1" as never), TypeError, 'sigmoid: expected a Matrix, got "1"');
});

Deno.test("sigmoidPrime is the slope of sigmoid: central differences agree", () => {
  const h = 1e-5; // the error of the difference is h^2 / 6 times the third derivative, below 1e-11
  for (const x of linspace(-8, 8, 33)) {
    const slope = (sigmoid(x + h) - sigmoid(x - h)) / (2 * h);
    assert(Math.abs(slope - sigmoidPrime(x)) < 2e-11, `at ${x}`);
  }
  assertEquals(sigmoidPrime(0), 0.25);
});

Deno.test("softmax of the article's row has its eight digits", () => {
  const p = softmax(Matrix.from([[2, 4, 6, 8]]));
  assertEquals(Deno.inspect(p), "array([[0.00214401, 0.0158422 , 0.11705891, 0.86495488]])");
});

Deno.test("softmax works on rows, sums to 1, and large inputs do not overflow", () => {
  const z = randomMatrix(new RandomState(21), 20, 7).multiply(30);
  for (const sum of softmax(z).sum({ axis: 1 }).data) assertLess(Math.abs(sum - 1), 1e-15);
  assertEquals(softmax(Matrix.from([[1000, 1000], [-1000, 0]])).toArray(), [[0.5, 0.5], [0, 1]]);
  const shifted = softmax(Matrix.from([[1, 2, 3]]).add(1024)); // a sum without rounding
  assertEquals(shifted, softmax(Matrix.from([[1, 2, 3]])));
});

Deno.test("softmax of no rows has no rows", () => {
  assertEquals(softmax(Matrix.zeros([0, 3])).shape, [0, 3]);
});

Deno.test("crossEntropy sums y log(output) along each row", () => {
  const output = Matrix.from([[0.25, 0.75], [0.5, 0.5]]);
  const y = Matrix.from([[0, 1], [1, 0]]);
  assertEquals(crossEntropy(output, y).toArray(), [[-log(0.75)], [-log(0.5)]]);
  const sure = crossEntropy(Matrix.from([[1, 0]]), Matrix.from([[1, 0]])).at(0, 0);
  assert(Object.is(sure, 0), "no -0");
  const soft = Matrix.from([[0.5, 0.5]]);
  assertEquals(crossEntropy(soft, soft).at(0, 0), -(log(0.5) * 0.5 + log(0.5) * 0.5));
});

Deno.test("crossEntropy of an output of exactly 0 is infinite where y is not 0, and 0 where it is", () => {
  assertEquals(crossEntropy(Matrix.from([[0, 1]]), Matrix.from([[0, 1]])).toArray(), [[0]]);
  assertEquals(crossEntropy(Matrix.from([[0]]), Matrix.from([[1]])).toArray(), [[Infinity]]);
});

Deno.test("crossEntropy has the bits of its definition, also for large matrices", () => {
  const rng = new RandomState(22);
  const output = rng.random([60, 37]), y = randomMatrix(rng, 60, 37);
  const expected = output.toArray().map((row, i) =>
    0 - row.reduce((sum, p, j) => sum + (y.at(i, j) === 0 ? 0 : log(p) * y.at(i, j)), 0)
  );
  assertEquals(bits(crossEntropy(output, y).data), bits(expected));
});

Deno.test("l1Penalty counts the bias column, l2Penalty does not: the article's way", () => {
  const w1 = Matrix.from([[3, -1], [2, -2]]), w2 = Matrix.from([[-5, 4]]);
  assertEquals(l1Penalty(0.5, w1, w2), 0.25 * (3 + 1 + 2 + 2 + 5 + 4));
  assertEquals(l2Penalty(0.5, w1, w2), 0.25 * (1 + 4 + 16));
  assertEquals(l1Penalty(0.5), 0);
  const huge = Matrix.from([[0, 1e308, 1e308]]); // 0 times infinity would be NaN
  assertEquals([l1Penalty(0, huge), l2Penalty(0, huge)], [0, 0]);
  assertEquals([l1Penalty(1, huge), l2Penalty(1, huge)], [Infinity, Infinity]);
});

Deno.test("the penalties sum each unit's weights first, then the units", () => {
  const w = Matrix.from([[0, 1e8, 1], [0, 1, 0]]); // squares: 1e16 + 1 = 1e16, + 1 = 1e16
  assertEquals(bits([l2Penalty(2, w)]), bits([1e16]));
  const rows = Matrix.from([[0, 1, 1], [0, 1e8, 0]]); // (1 + 1) + 1e16
  assertEquals(l2Penalty(2, rows), 1e16 + 2);
});

Deno.test("mle is the position of each row's largest", () => {
  assertEquals([...mle(Matrix.from([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5]]))], [1, 0, 0]);
});

Deno.test("the functions refuse what does not fit", () => {
  const m = Matrix.ones([2, 3]);
  assertThrows(
    () => softmax(Matrix.zeros([2, 0])),
    ShapeError,
    "softmax: the matrix of shape (2, 0) has no columns",
  );
  assertThrows(() => softmax(Matrix.zeros([0, 0])), ShapeError, "of shape (0, 0) has no columns");
  assertThrows(() => softmax([1] as never), TypeError, "softmax: expected a Matrix, got [1]");
  assertThrows(
    () => crossEntropy(m, m.T),
    ShapeError,
    "crossEntropy: shapes (2, 3) and (3, 2) differ",
  );
  for (const other of [Matrix.ones([2, 2]), Matrix.ones([1, 3])]) {
    assertThrows(() => crossEntropy(m, other), ShapeError, "crossEntropy: shapes (2, 3) and");
  }
  assertThrows(() => crossEntropy(m, 1 as never), TypeError, "crossEntropy: expected a Matrix");
  assertThrows(
    () => crossEntropy([[1]] as never, m),
    TypeError,
    "crossEntropy: expected a Matrix, got [[1]]",
  );
  assertThrows(
    () => l1Penalty(-1, m),
    ValueError,
    "l1Penalty: lambda must be finite and not negative, got -1",
  );
  for (const lambda of [NaN, Infinity]) {
    assertThrows(() => l2Penalty(lambda, m), ValueError, "l2Penalty: lambda must be finite");
  }
  assertThrows(() => l2Penalty(1, 2 as never), TypeError, "l2Penalty: expected a Matrix, got 2");
  assertThrows(() => mle(null as never), TypeError, "mle: expected a Matrix, got null");
  const type = (f: () => unknown, message: string) => assertThrows(f, TypeError, message);
  type(
    () => sigmoidPrime([1] as never),
    "sigmoidPrime: expected a Matrix, got [1]",
  );
  type(
    () => (softmax as (...args: unknown[]) => unknown)(m, { axis: 0 }),
    "softmax: expected at most 1 argument, got 2",
  );
  type(
    () => (mle as (...args: unknown[]) => unknown)(m, 1),
    "mle: expected at most 1 argument, got 2",
  );
  type(
    () => (crossEntropy as (...args: unknown[]) => unknown)(m, m, 1),
    "crossEntropy: expected at most 2 arguments, got 3",
  );
});

Deno.test("sigmoid can be given to map, as Math.exp", () => {
  assertEquals([0, 1000].map(sigmoid as (x: number) => number), [0.5, 1]);
  assertEquals([0, 1000].map(sigmoidPrime as (x: number) => number), [0.25, 0]);
});
