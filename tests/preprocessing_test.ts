import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  arraySplit,
  linspace,
  Matrix,
  normalize,
  oneHot,
  RandomState,
  scale,
  ShapeError,
  shuffleData,
  ValueError,
} from "../lib/mod.ts";
import { columnStatistics, standardize } from "../lib/preprocessing.ts";
import { bits, fixture, relativeDistance } from "./helpers.ts";

const figures = fixture("numpy").preprocessing;

Deno.test("scale is scikit-learn's: constant columns become 0 and keep their finite numbers", () => {
  const scaled = scale(Matrix.from(figures.X));
  // NumPy sums seven rows in another order in a column's deviation: a few roundings
  assertLessOrEqual(relativeDistance(scaled.data, figures.scale.flat(), 1), 1e-14);
  assertEquals([...scaled.T.row(2).data], Array(7).fill(0));
});

Deno.test("scale by other data is scikit-learn's StandardScaler: a constant column is divided by 1", () => {
  // 1000 times 1.1 has a mean that is off by 1e-14, and so a variance above 0
  const constant = Matrix.ones([1000, 1]).multiply(1.1);
  assert(constant.std() > 0);
  const [x] = scale(Matrix.from([[2.1]]), { by: constant }).data;
  assertEquals(x, 2.1 - constant.mean());
  assert(Math.abs(x - 1) < 1e-14);
  const three = Matrix.from([[0.1], [0.1], [0.1]]);
  assertEquals(scale(Matrix.from([[0.3]]), { by: three }).at(0, 0), 0.3 - three.mean());
});

Deno.test("small deviations are divided by in StandardScaler, and not in scikit-learn's scale", () => {
  const tiny = Matrix.from([[1e-16], [3e-16]]);
  assertEquals(scale(tiny, { by: tiny }).toArray(), [[-1], [1]]);
  assertEquals(scale(tiny).toArray(), [[-1e-16], [1e-16]]); // below 10 machine epsilons
});

Deno.test("scale by data far from 0 has StandardScaler's corrected variance", () => {
  const by = Matrix.zeros([1000, 4]).map((_, i, j) =>
    [1e6 + (i % 7) * 1e-4, 3 + (i % 5) * 1e-15, 7, (i % 3) * 1e-17][j]
  );
  const { mean, scale: deviation } = columnStatistics(by);
  // scikit-learn 1.9, which sums these columns in the same order: mean_ and scale_
  assertEquals([...mean], [1000000.0002996988, 3, 7, 9.989999999999946e-18]);
  assertEquals([...deviation], [0.00019987474522824557, 1, 1, 8.167000673441834e-18]);
  const scaled = scale(Matrix.from([[1e6 + 1, 4, 8, 1e-16]]), { by });
  assertEquals([...scaled.data], [5001.633898613831, 1, 1, 11.021181900070419]);
  assertEquals(scaled, standardize(Matrix.from([[1e6 + 1, 4, 8, 1e-16]]), columnStatistics(by)));
});

Deno.test("bytes are standardised by blocks as they are scaled at once, to the bit", () => {
  const rng = new RandomState(33);
  for (const [rows, cols] of [[1, 3], [2, 5], [500, 11], [3000, 2]]) {
    // dark, constant, single and ordinary columns
    const X = rng.randint(0, 256, [rows, cols]).map((x, i, j) =>
      j === 0 ? 0 : j === 1 ? 77 : j === 2 ? (i === 0 ? 255 : 254) : x
    ).astype("uint8");
    const statistics = columnStatistics(X);
    assertEquals(bits(standardize(X, statistics).data), bits(scale(X).data));
    assertEquals(bits(scale(X, { by: X }).data), bits(scale(X).data));
    const blocks = arraySplit(X, 3).map((block) => standardize(block, statistics));
    assertEquals(bits(Matrix.vstack(blocks).data), bits(scale(X).data));
  }
});

Deno.test("scale takes away the mean that rounding leaves in large numbers, as scikit-learn does", () => {
  // 1e12 has its last digit at 1e-4: so much the two can differ in a mean, and ten times that in what is scaled
  const scaled = scale(Matrix.from(figures.big));
  assertLessOrEqual(relativeDistance(scaled.data, figures.scale_big.flat(), 1), 1e-3);
  for (const mean of scaled.mean({ axis: 0 }).data) assert(Math.abs(mean) < 1e-14);
});

Deno.test("scale goes through scikit-learn's steps: means above 1e-8 are taken away again, before the division and after it", () => {
  const rng = new RandomState(34);
  /** Whether the means were taken away a second time and a third. */
  const seen = new Set<string>();
  for (let n = 0; n < 300; n++) {
    const size = 10 ** rng.uniform(0, 14), distance = 10 ** rng.uniform(-9, 3);
    const X = rng.uniform(size, size * (1 + distance), [rng.randint(2, 40), rng.randint(1, 3)]);
    const steps: boolean[] = [];
    const centred = (m: Matrix) => {
      const mean = m.mean({ axis: 0 });
      steps.push(mean.data.some((x) => Math.abs(x) > 1e-8));
      return steps.at(-1) ? m.map((x, _, j) => x - mean.data[j]) : m;
    };
    const mean = X.mean({ axis: 0 }).data, deviation = X.std({ axis: 0 }).data;
    const first = centred(X.map((x, _, j) => x - mean[j]));
    const expected = centred(first.map((x, _, j) => x / (deviation[j] || 1)));
    assertEquals(bits(scale(X).data), bits(expected.data));
    seen.add(String(steps));
  }
  assertEquals([...seen].sort(), ["false,false", "false,true", "true,false"]);
});

Deno.test("scaled columns have mean 0 and deviation 1", () => {
  const X = new RandomState(31).uniform(-5, 20, [300, 6]);
  const scaled = scale(X);
  for (const mean of scaled.mean({ axis: 0 }).data) assert(Math.abs(mean) < 1e-14);
  for (const std of scaled.std({ axis: 0 }).data) assert(Math.abs(std - 1) < 1e-14);
  assertEquals(scale(Matrix.from([[1], [3]]).astype("uint8")).toArray(), [[-1], [1]]);
});

Deno.test("scale by other data uses its means and deviations", () => {
  const train = Matrix.from([[1, 5], [3, 5]]);
  assertEquals(scale(Matrix.from([[4, 6], [2, 5]]), { by: train }).toArray(), [[2, 1], [0, 0]]);
  assertEquals(scale(train, { by: train }), scale(train));
  assertThrows(
    () => scale(Matrix.ones([1, 3]), { by: train }),
    ShapeError,
    "scale: shapes (1, 3) and (2, 2) differ in their columns",
  );
  assertThrows(
    () => scale(Matrix.ones([1, 1]), { by: train }),
    ShapeError,
    "scale: shapes (1, 1) and (2, 2) differ in their columns",
  );
});

Deno.test("normalize is scikit-learn's in all its norms: rows of zeros stay", () => {
  const X = Matrix.from(figures.X);
  for (const norm of ["l1", "l2", "max"] as const) {
    // one division, and a sum of five terms in another order
    const distance = relativeDistance(
      normalize(X, { norm }).data,
      figures.normalize[norm].flat(),
      1,
    );
    assertLessOrEqual(distance, 1e-15, norm);
  }
  assertEquals(normalize(X), normalize(X, { norm: "l2" }));
  assertThrows(
    () => scale(Matrix.ones([1, 2]), { by: Matrix.from([[1, 1e200], [2, -1e200]]) }),
    ValueError,
    "scale: column 1 of by has numbers too far apart to be scaled",
  );
  assertEquals(normalize(Matrix.from([[-4, 2]]), { norm: "max" }).toArray(), [[-1, 0.5]]);
  const epsilons = (count: number) => Matrix.from([[count * Number.EPSILON]]);
  assertEquals(normalize(epsilons(10)).toArray(), [[1]]);
  assertEquals(normalize(epsilons(9)), epsilons(9)); // as scikit-learn leaves it
  assertEquals([...normalize(X).row(4).data], [0, 0, 0, 0, 0]);
});

Deno.test("linspace is NumPy's to the bit", () => {
  for (const [start, stop, num, expected] of figures.linspace) {
    assertEquals([...linspace(start, stop, num)], expected);
  }
  assertEquals(linspace(0, 1).length, 50);
  assertEquals([...linspace(0, 1, 2)], [0, 1]);
  assertEquals([...linspace(1, 1e-17, 2)], [1, 1e-17]); // 1 - 1 is 0
  // NumPy 2.4, where 0 times the range is added to the start
  assertEquals(bits(linspace(-0, 0.1, 1)), bits([0]));
  assertEquals(bits(linspace(-0, -0.1, 1)), bits([-0]));
  assertEquals(bits(linspace(-0, -0, 1)), bits([0]));
  assertEquals(bits(linspace(-0, -0, 3)), bits([0, 0, -0]));
  assertEquals([...linspace(5, 7, 1)], [5]);
  assertEquals(linspace(5, 7, 0).length, 0);
  assertEquals([...linspace(0, 1.5e-323, 10)].slice(0, 4), [0, 0, 5e-324, 5e-324]); // the step underflows
});

Deno.test("arraySplit cuts as NumPy's array_split, for matrices, arrays and typed arrays", () => {
  for (const [length, sections, expected] of figures.array_split) {
    const list = Array.from({ length }, (_, i) => i);
    const parts = arraySplit(list, sections);
    assertEquals(parts.map((part) => part.length), expected);
    assertEquals(parts.flat(), list);
    const typed = arraySplit(Int32Array.from(list), sections);
    assertEquals(typed.map((part) => [...part]), parts);
    const matrices = arraySplit(Matrix.fromArray(list, [length, 1]), sections);
    assertEquals(matrices.map((part) => [...part.data]), parts);
  }
  const X = Matrix.ones([4, 2]);
  assertStrictEquals(arraySplit(X, 2)[1].data.buffer, X.data.buffer, "parts are no copies");
  const list = new Int32Array(7);
  arraySplit(list, 3)[1].fill(1);
  assertEquals([...list], [0, 0, 0, 1, 1, 0, 0], "parts are no copies");
});

Deno.test("oneHot has a one in each label's column", () => {
  const labels = new RandomState(32).randint(0, 5, 40);
  const encoded = oneHot(labels, 5);
  assertEquals(encoded.shape, [40, 5]);
  assertEquals(encoded.sum({ axis: 1 }), Matrix.ones([40, 1]));
  assertEquals([...encoded.argmax({ axis: 1 })], labels);
});

Deno.test("shuffleData keeps rows and labels together, in NumPy's order, and leaves the originals", () => {
  const X = Matrix.fromArray(Float64Array.from({ length: 60 }, (_, i) => i), [30, 2]);
  const y = Uint8Array.from({ length: 30 }, (_, i) => i);
  const [shuffled, labels] = shuffleData(X, y, { randomSeed: 42 });
  assert(labels instanceof Uint8Array);
  assertEquals([...labels], [...new RandomState(42).permutation(30)]);
  assertEquals([...labels].map((i) => 2 * i), [...shuffled.T.row(0).data]);
  assertEquals([...y.subarray(0, 3)], [0, 1, 2]);
  assertEquals(shuffleData(X, Array.from(y), { randomSeed: 0 })[1].length, 30);
  assertEquals(shuffleData(X, y), [shuffled, labels], "the seed is 42 if not said");
  assertEquals(shuffleData(X, y, { randomSeed: undefined })[1], labels);
});

Deno.test("preprocessing refuses what does not fit, and says what it got", () => {
  const X = Matrix.ones([3, 2]);
  for (const by of [Matrix.from([[1, NaN]]), Matrix.from([[1, Infinity]])]) {
    assertThrows(() => scale(X, { by }), ValueError, "scale: expected finite numbers");
    assertThrows(() => scale(by, { by: X }), ValueError, "scale: expected finite numbers");
  }
  const value = (f: () => unknown, message: string) => assertThrows(f, ValueError, message);
  value(() => linspace(0, Infinity), "linspace: start and stop must be finite, got 0 and Infinity");
  value(() => linspace(NaN, 1), "linspace: start and stop must be finite, got NaN and 1");
  value(() => linspace(0, 1, -1), "linspace: num must be a whole number, not negative, got -1");
  value(() => linspace(0, 1, 2.5), "linspace: num must be a whole number, not negative, got 2.5");
  value(() => oneHot([0], 0), "oneHot: nClasses must be a whole number above 0, got 0");
  value(() => oneHot([0], 1.5), "oneHot: nClasses must be a whole number above 0, got 1.5");
  value(
    () => oneHot([0, 3], 3),
    "oneHot: a label must be a whole number from 0 to 2, got 3 at position 1",
  );
  value(() => oneHot([0.5], 3), "got 0.5 at position 0");
  value(() => oneHot([-1], 3), "got -1 at position 0");
  assertThrows(
    () => oneHot(undefined as never, 3),
    TypeError,
    "oneHot: expected a list of labels, got undefined",
  );
  assertThrows(
    () => arraySplit("abc" as never, 2),
    TypeError,
    'arraySplit: expected a Matrix or a list, got "abc"',
  );
  value(() => normalize(X, { norm: "toString" as never }), 'got "toString"');
  value(() => arraySplit([1, 2], 0), "arraySplit: sections must be a whole number above 0, got 0");
  value(() => arraySplit(X, 1.5), "arraySplit: sections must be a whole number above 0, got 1.5");
  for (const [row, col] of [[0, 0], [0, 1], [1, 0], [1, 1]]) { // wherever it is
    const X = Matrix.zeros([2, 2]).map((_, i, j) => i === row && j === col ? NaN : 1);
    value(() => scale(X), `scale: expected finite numbers, got NaN at [${row}, ${col}]`);
  }
  value(
    () => normalize(Matrix.from([[1], [-Infinity]])),
    "normalize: expected finite numbers, got -Infinity at [1, 0]",
  );
  value(
    () => normalize(X, { norm: "l3" as never }),
    'normalize: norm must be "l1", "l2" or "max", got "l3"',
  );
  value(() => shuffleData(X, [1, 2, 3], { randomSeed: -1 }), "the seed must be");
  assertThrows(
    () => shuffleData(X, [1, 2], { randomSeed: 1 }),
    ShapeError,
    "shuffleData: 3 rows need as many labels, got 2",
  );
  assertThrows(() => scale([[1]] as never), TypeError, "scale: expected a Matrix, got [[1]]");
  assertThrows(() => normalize([[1]] as never), TypeError, "normalize: expected a Matrix");
  assertThrows(() => shuffleData([1] as never, [1]), TypeError, "shuffleData: expected a Matrix");
  assertThrows(
    () => scale(Matrix.zeros([0, 2])),
    ShapeError,
    "the matrix of shape (0, 2) has no elements",
  );
});

Deno.test("unknown options, misplaced ones and arguments too many are refused", () => {
  const X = Matrix.ones([3, 2]), y = [0, 1, 2];
  const given = { scale, normalize, shuffleData, linspace, oneHot, arraySplit };
  const call = given as unknown as Record<keyof typeof given, (...args: unknown[]) => unknown>;
  const type = (f: () => unknown, message: string) => assertThrows(f, TypeError, message);
  const value = (f: () => unknown, message: string) => assertThrows(f, ValueError, message);
  type(() => call.scale(X, X), "scale: expected options { by }, got a matrix of shape (3, 2)");
  type(() => call.normalize(X, "l1"), 'normalize: expected options { norm }, got "l1"');
  type(() => call.shuffleData(X, y, 1), "shuffleData: expected options { randomSeed }, got 1");
  value(
    () => call.scale(X, { By: X }),
    'scale: there is no option "By"; the options are by',
  );
  value(() => call.normalize(X, { norms: "l1" }), 'normalize: there is no option "norms"');
  value(() => call.shuffleData(X, y, { seed: 1 }), 'shuffleData: there is no option "seed"');
  type(() => call.scale(X, { by: X }, 1), "scale: expected at most 2 arguments, got 3");
  type(() => call.scale(X, { by: null }), "scale: expected a Matrix, got null");
  type(() => call.normalize(X, {}, 1), "normalize: expected at most 2 arguments, got 3");
  type(() => call.shuffleData(X, y, {}, 1), "shuffleData: expected at most 3 arguments, got 4");
  type(() => call.linspace(0, 1, 2, true), "linspace: expected at most 3 arguments, got 4");
  type(() => call.oneHot(y, 3, 1), "oneHot: expected at most 2 arguments, got 3");
  type(() => call.arraySplit(y, 3, 0), "arraySplit: expected at most 2 arguments, got 3");
});
