import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { Matrix, RandomState, ShapeError, ValueError } from "../lib/mod.ts";
import { fixture, sha256, ulpsBetween } from "./helpers.ts";

/** Our logarithm and NumPy's are both within 1 ulp of the true one; of 10 million numbers none was more than 3 apart. */
function assertWithin3Ulp(actual: Float64Array, expected: number[]): void {
  assertEquals(actual.length, expected.length);
  actual.forEach((x, i) => assertLessOrEqual(ulpsBetween(x, expected[i]), 3));
}

Deno.test("RandomState gives NumPy's numbers, bit for bit", () => {
  for (const stream of fixture("random").streams) {
    const rng = () => new RandomState(stream.seed);
    assertEquals([...rng().random(8)], stream.random_sample_8);
    assertEquals([...rng().uniform(-1, 1, 8)], stream.uniform_minus1_1_8);
    assertWithin3Ulp(rng().standardNormal(7), stream.standard_normal_7);
    assertEquals(rng().randint(0, 10, 20), stream.randint_0_10_20);
    assertEquals(rng().randint(-5, 1000003, 6), stream.randint_minus5_1000003_6);
    assertEquals([...rng().permutation(10)], stream.permutation_10);
    assertEquals(
      [...rng().choice(100, 5, { replace: false })],
      stream.choice_100_5_without_replacement,
    );
    const permutation = rng().permutation(60000);
    assertEquals([...permutation.subarray(0, 10)], stream.permutation_60000_first_10);
    assertEquals(
      sha256(Uint32Array.from(permutation)),
      stream.permutation_60000_sha256_uint32_le,
    );
    const uniform = Float64Array.from(rng().uniform(-1, 1, 39250));
    assertEquals(sha256(uniform), stream.uniform_39250_sha256_float64_le);
  }
});

Deno.test("one generator gives NumPy's numbers call after call", () => {
  const expected = fixture("random").one_generator_in_sequence_seed_7;
  const rng = new RandomState(7);
  assertEquals([...rng.uniform(0, 1, 3)], expected.uniform_3);
  assertEquals([...rng.permutation(5)], expected.permutation_5);
  assertWithin3Ulp(rng.standardNormal(3), expected.standard_normal_3);
  assertEquals([...rng.uniform(0, 1, 2)], expected.uniform_2_after);
});

Deno.test("normal, wide ranges, choice with and without probabilities, and shuffle are NumPy's", () => {
  for (const stream of fixture("numpy").random_state) {
    const rng = () => new RandomState(stream.seed);
    assertWithin3Ulp(rng().normal(2, 3, 5), stream.normal_2_3_5);
    assertEquals(rng().randint(0, 2 ** 40, 4), stream.randint_2_40);
    assertEquals(rng().randint(2 ** 32, undefined, 4), stream.randint_2_32);
    assertEquals(rng().randint(5, 6, 3), stream.randint_one_value);
    assertEquals([...rng().choice(7, 6)], stream.choice_7_6);
    const p = [0.1, 0.2, 0.3, 0.15, 0.25];
    assertEquals([...rng().choice(5, 8, { p })], stream.choice_p);
    assertEquals(
      [...rng().choice(5, 4, { p, replace: false })],
      stream.choice_p_without_replacement,
    );
    assertEquals(rng().shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8]), stream.shuffle);
    assertEquals(rng().random([2, 3]).toArray(), stream.random_2_3);
  }
});

Deno.test("the shape decides the form: a number, an array, a matrix filled row by row", () => {
  const rng = () => new RandomState(5);
  const numbers = rng().random(6);
  const one = rng();
  for (const x of numbers) assertEquals(one.random(), x);
  assertEquals(rng().random([2, 3]), Matrix.fromArray(numbers, [2, 3]));
  assertEquals(rng().uniform(2, 4), 2 + 2 * numbers[0]);
  assertEquals(rng().randint(0, 100, [2, 2]).toArray().flat(), rng().randint(0, 100, 4));
  assertEquals(rng().uniform(), numbers[0]);
  assertEquals(rng().standardNormal(), rng().normal());
  assertEquals([...rng().normal(3, 0, 2)], [3, 3]);
  assertEquals(rng().normal(-7), rng().normal() - 7);
  assertEquals(rng().random(0), new Float64Array(0));
});

Deno.test("a second normal variate is kept until it is asked for, whatever is drawn in between", () => {
  const rng = new RandomState(5);
  const [first, second] = new RandomState(5).standardNormal(2);
  assertEquals(rng.standardNormal(), first);
  rng.random(3);
  assertEquals(rng.standardNormal(), second);
});

Deno.test("standardNormal is 3 ulp from NumPy's at the most", () => {
  const ours = new RandomState(1).standardNormal(1126)[1125];
  assertEquals(ulpsBetween(ours, -0.24701649088573535), 3); // NumPy 2.4, and one of the farthest
});

Deno.test("randint draws over ranges wider than 2^53 as NumPy does", () => {
  // RandomState(1).randint(-2**53 + 1, 2**53 - 1, 4) and the like, NumPy 2.4
  const draw = (low: number, high: number) => new RandomState(1).randint(low, high, 3);
  assertEquals(draw(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), [
    -8457280244186900,
    2022607184204873,
    -6897240185715830,
  ]);
  assertEquals(draw(-(2 ** 52), 2 ** 52), [
    -3953680616816405,
    -2480992443165624,
    -2393640558345335,
  ]);
  assertEquals(draw(-(2 ** 52) - 2, 2 ** 52 + 1), [
    -3953680616816407,
    -2393640558345337,
    505016153559998,
  ]);
});

Deno.test("where there is one number to choose, nothing is drawn of the stream, as in NumPy", () => {
  const rng = new RandomState(7);
  assertEquals([rng.randint(5, 6), rng.randint(1), rng.choice(1)], [5, 0, 0]);
  assertEquals(rng.random(), new RandomState(7).random());
});

Deno.test("nothing can be drawn of nothing, as in NumPy", () => {
  const rng = new RandomState(1);
  assertEquals(rng.randint(-5, -5, 0), []);
  assertEquals(rng.randint(0, undefined, 0), []);
  assertEquals(rng.randint(3, 3, [0, 2]).shape, [0, 2]);
  assertEquals(rng.choice(0, 0), new Int32Array(0));
  assertEquals(rng.choice([], 0), []);
  assertEquals([rng.permutation(0), rng.permutation([])], [new Int32Array(0), []]);
});

Deno.test("without replacement all can be chosen, in a random order, and a few keep no more memory than theirs", () => {
  const rng = new RandomState(1);
  assertEquals(rng.choice(9, 9, { replace: false }), new RandomState(1).permutation(9));
  assertEquals(rng.choice(1000, 5, { replace: false }).buffer.byteLength, 20);
});

Deno.test("choice without a size gives one item, as in NumPy", () => {
  // NumPy 2.4, RandomState(1): choice(5), choice([7, 8, 9]), choice(5, replace=False), choice(5, p=…)
  const rng = () => new RandomState(1);
  assertEquals(rng().choice(5), 3);
  assertEquals(rng().choice([7, 8, 9]), 8);
  assertEquals(rng().choice(5, undefined, { replace: false }), 2);
  assertEquals(rng().choice(5, undefined, { p: [0.1, 0.2, 0.3, 0.2, 0.2] }), 2);
  assertEquals([rng().choice(5, 1), rng().choice([7, 8, 9], 1)], [Int32Array.of(3), [8]]);
  const once = rng();
  once.choice(5, undefined, { replace: false });
  assertEquals(once.random(), 0.12812444792935673, "as much of the stream is used up");
});

Deno.test("unknown options, misplaced ones and arguments too many are refused", () => {
  const rng = new RandomState(1) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const type = (f: () => unknown, message: string) => assertThrows(f, TypeError, message);
  type(() => rng.choice(3, 3, false), "choice: expected options { replace, p }, got false");
  type(() => rng.choice(3, 3, true, [1]), "choice: expected at most 3 arguments, got 4");
  assertThrows(
    () => rng.choice(3, 3, { replacement: false }),
    ValueError,
    'choice: there is no option "replacement"; the options are replace, p',
  );
  for (const name of ["random", "standardNormal", "permutation", "shuffle"]) {
    type(() => rng[name](2, 3), `${name}: expected at most 1 argument, got 2`);
  }
  for (const name of ["uniform", "normal", "randint"]) {
    type(() => rng[name](0, 1, 2, 3), `${name}: expected at most 3 arguments, got 4`);
  }
  const Any = RandomState as unknown as new (...args: unknown[]) => RandomState;
  type(() => new Any(1, 2), "RandomState: expected at most 1 argument, got 2");
});

Deno.test("permutation of a list copies it, shuffle changes it in place, choice picks of it", () => {
  const letters = ["a", "b", "c", "d"];
  const order = [...new RandomState(9).permutation(4)];
  assertEquals(new RandomState(9).permutation(letters), order.map((i) => letters[i]));
  assertEquals(letters, ["a", "b", "c", "d"]);
  const bytes = Uint8Array.of(0, 1, 2, 3);
  assertEquals(new RandomState(9).shuffle(bytes), bytes);
  assertEquals([...bytes], order);
  const p = Float64Array.of(0.001, 0.999, 0, 0); // the second is drawn first, and more than once
  assertEquals(new RandomState(9).choice(letters, 2, { p, replace: false }), ["b", "a"]);
  assertEquals([letters, p], [["a", "b", "c", "d"], Float64Array.of(0.001, 0.999, 0, 0)]);
  const picked = new RandomState(9).choice(letters, 2, { replace: false });
  assertEquals(picked, order.slice(0, 2).map((i) => letters[i]));
});

Deno.test("0 is a seed, and other than 0 to 2**32 - 1 is none", () => {
  assertEquals(new RandomState(0).random(), 0.5488135039273248);
  for (const [seed, shown] of [[-1, "-1"], [2 ** 32, "4294967296"], [1.5, "1.5"], [NaN, "NaN"]]) {
    assertThrows(
      () => new RandomState(seed as number),
      ValueError,
      `RandomState: the seed must be a whole number from 0 to 2**32 - 1, got ${shown}`,
    );
  }
  for (const seed of [undefined, null, "42", [1]]) {
    assertThrows(() => new RandomState(seed as unknown as number), ValueError, "the seed must be");
  }
});

Deno.test("RandomState refuses what it cannot draw, and says why", () => {
  const rng = new RandomState(1);
  assertEquals(rng.choice(2, 3, { p: [0.5, 0.5 + 1.45e-8] }).length, 3);
  assertThrows(
    () => rng.choice(2, 3, { p: [0.5, 0.5 + 1.55e-8] }),
    ValueError,
    "choice: the probabilities must sum to 1, not to 1.0000000",
  );
  const refuses = (
    f: () => unknown,
    ErrorClass: new (message: string) => Error,
    message: string,
  ) => assertThrows(f, ErrorClass, message);
  refuses(() => rng.permutation(2 ** 31), ValueError, "got 2147483648");
  refuses(() => rng.uniform(0, Infinity), ValueError, "uniform: low and high must be finite");
  refuses(
    () => rng.uniform(-1e308, 1e308),
    ValueError,
    "not too far apart, got -1e+308 and 1e+308",
  );
  refuses(() => rng.normal(NaN), ValueError, "normal: loc must be finite, got NaN");
  refuses(
    () => rng.normal(0, -1),
    ValueError,
    "normal: scale must be finite and not negative, got -1",
  );
  refuses(() => rng.randint(3, 3), ValueError, "randint: low must be less than high, got 3 and 3");
  refuses(() => rng.randint(0), ValueError, "randint: low must be less than high, got 0 and 0");
  refuses(
    () => rng.randint(0.5),
    ValueError,
    "randint: the bounds must be whole numbers, not above 2**53 - 1, got 0 and 0.5",
  );
  refuses(
    () => rng.randint(0, 2 ** 53),
    ValueError,
    "randint: the bounds must be whole numbers, not above 2**53 - 1, got 0 and 9007199254740992",
  );
  const make = rng as unknown as Record<string, (...args: unknown[]) => unknown>;
  const bounds = {
    random: [],
    standardNormal: [],
    uniform: [0, 1],
    normal: [0, 1],
    randint: [0, 9],
  };
  for (const [name, args] of Object.entries(bounds)) {
    for (const length of [-1, 1.5, NaN]) {
      const message = `${name}: expected a length or a shape [rows, cols], got ${length}`;
      refuses(() => make[name](...args, length), ShapeError, message);
    }
    refuses(() => make[name](...args, [2]), ShapeError, "expected a shape [rows, cols], got [2]");
  }
  refuses(() => rng.random([2, -1]), ShapeError, "expected a shape [rows, cols], got [2, -1]");
  for (const [n, shown] of [[-1, "-1"], [1.5, "1.5"], [NaN, "NaN"], ["3", '"3"'], [null, "null"]]) {
    const message = `permutation: expected a list, or a length from 0 to 2**31 - 1, got ${shown}`;
    refuses(() => make.permutation(n), ValueError, message);
  }
  refuses(
    () => rng.shuffle(Matrix.zeros([2, 2]) as unknown as number[]),
    TypeError,
    "For the rows of a Matrix: X.take(rng.permutation(X.rows))",
  );
  refuses(
    () => rng.choice(0, 1),
    ValueError,
    "choice: expected a list that is not empty, or a number from 1 to 2**31 - 1, got 0",
  );
  for (const n of [2 ** 31, -1, 1.5, NaN, null, undefined]) {
    const message =
      `choice: expected a list that is not empty, or a number from 1 to 2**31 - 1, got ${n}`;
    refuses(() => make.choice(n, 3), ValueError, message);
  }
  refuses(() => rng.uniform("0" as never, 1), ValueError, 'not too far apart, got "0" and 1');
  refuses(() => rng.uniform(0, "1" as never), ValueError, 'not too far apart, got 0 and "1"');
  refuses(() => rng.normal(-Infinity), ValueError, "normal: loc must be finite, got -Infinity");
  for (const scale of [NaN, Infinity]) {
    refuses(() => rng.normal(0, scale), ValueError, `finite and not negative, got ${scale}`);
  }
  refuses(
    () => rng.shuffle(new DataView(new ArrayBuffer(8)) as never),
    TypeError,
    "shuffle: expected an array",
  );
  refuses(() => rng.choice([], 1), ValueError, "choice: expected a list that is not empty");
  refuses(() => rng.choice(3, -1), ShapeError, "choice: expected a length");
  refuses(
    () => rng.choice(3, 4, { replace: false }),
    ValueError,
    "choice: cannot take 4 of 3 without replacement",
  );
  for (const p of [[0.5, 0.5], [0.25, 0.25, 0.25, 0.25]]) {
    const message = `choice: 3 items need 3 probabilities, got ${p.length}`;
    refuses(() => rng.choice(3, 1, { p }), ShapeError, message);
  }
  refuses(
    () => rng.choice(2, 1, { p: [1.5, -0.5] }),
    ValueError,
    "choice: a probability is negative or NaN",
  );
  refuses(
    () => rng.choice(2, 1, { p: [0.5, 0.4] }),
    ValueError,
    "choice: the probabilities must sum to 1, not to 0.9",
  );
  refuses(
    () => rng.choice(3, 2, { p: [1, 0, 0], replace: false }),
    ValueError,
    "choice: cannot take 2 without replacement where only 1 have a probability above 0",
  );
});
