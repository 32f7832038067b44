import { assert, assertEquals, assertLessOrEqual, assertNotEquals } from "@std/assert";
import { cos, exp, log, sigmoid, sin, tanh } from "../lib/kernels/elementary.ts";
import { Matrix, RandomState } from "../lib/mod.ts";
import { bits, sha256 } from "./helpers.ts";

// The true values come from whole numbers: fixed point with so many binary digits after the point.
const POINT = 1300n;
const ONE = 1n << POINT;

/** x as fixed point, exactly. */
function fixed(x: number): bigint {
  const [word] = bits([x]);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const fraction = word & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  const shift = POINT + BigInt(Math.max(exponent, 1) - 1075);
  const magnitude = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return word >> 63n ? -magnitude : magnitude;
}

/** e^x by its series, after halving x until it is small and before squaring as often. */
function trueExp(x: number): bigint {
  const halvings = 20n;
  const r = fixed(x) >> halvings;
  let term = ONE, sum = ONE;
  for (let n = 1n; term !== 0n; n++) {
    term = (term * r >> POINT) / n;
    sum += term;
  }
  for (let i = 0n; i < halvings; i++) sum = sum * sum >> POINT;
  return sum;
}

/** The distance of y from the true value in ulp of y. */
function errorInUlp(y: number, truth: bigint): number {
  const [word] = bits([Math.abs(y)]);
  const [next] = new Float64Array(BigUint64Array.of(word + 1n).buffer);
  const ulp = fixed(next) - fixed(Math.abs(y));
  const distance = fixed(y) - truth;
  return Number((distance < 0n ? -distance : distance) * 1000n / ulp) / 1000;
}

Deno.test("exp is within 1 ulp of the true value from the smallest result to the largest", () => {
  const rng = new RandomState(1);
  const xs = [
    ...rng.uniform(-745.2, 709.8, 600),
    ...rng.uniform(-745.2, -708, 200), // subnormal results
    ...rng.uniform(-2, 2, 300),
    ...rng.uniform(-1e-9, 1e-9, 20),
    ...[-745.1332191019411, -708.3964185322641, 709.782712893384, 0.34657359027997264],
  ].filter((x) => x > -745.1332191019412 && x <= 709.782712893384);
  for (const x of xs) assertLessOrEqual(errorInUlp(exp(x), trueExp(x)), 1, `exp(${x})`);
});

Deno.test("log is within 1 ulp of the true value", () => {
  // log y has the true value t where e^t = y: a distance of d in t is one of y d in e^t
  const rng = new RandomState(2);
  const ys = [
    ...rng.uniform(0.4, 2.5, 400),
    ...Array.from(rng.uniform(-1000, 1000, 400), (k) => 1.7 * 2 ** k),
    ...[5e-324, 1e-310, 2.2250738585072014e-308, 1.7976931348623157e308],
  ];
  for (const y of ys) {
    const t = log(y);
    if (Math.abs(t) < 1e-3) continue; // too near to 1 for this way of measuring
    const scale = Math.max(0, -Math.floor(Math.log2(y))); // keeps the digits of a small e^t
    const wide = BigInt(scale);
    const truth = fixed(y * 2 ** Math.min(scale, 1000) * 2 ** Math.max(0, scale - 1000));
    const e = trueExp(t);
    const difference = (e << wide) - truth;
    const [word] = bits([Math.abs(t)]);
    const [next] = new Float64Array(BigUint64Array.of(word + 1n).buffer);
    const ulp = fixed(next) - fixed(Math.abs(t));
    const inT = (difference < 0n ? -difference : difference) * ONE / truth;
    assertLessOrEqual(Number(inT * 1000n / ulp) / 1000, 1, `log(${y})`);
  }
});

/** tanh |x| of e^2|x|. */
function trueTanh(x: number): bigint {
  const e = trueExp(2 * Math.abs(x)), t = ((e - ONE) << POINT) / (e + ONE);
  return x < 0 ? -t : t;
}

Deno.test("tanh is within 1 ulp of the true value", () => {
  const rng = new RandomState(5);
  const xs = [
    ...rng.uniform(-20, 20, 500),
    ...rng.uniform(-1.5, 1.5, 1500),
    ...rng.uniform(-1e-3, 1e-3, 200),
    ...rng.uniform(-300, 0, 100).map((x) => 10 ** x),
    ...[0.17328679513998632, -0.5198603854199589, 19.06, 5e-324],
  ];
  for (const x of xs) assertLessOrEqual(errorInUlp(tanh(x), trueTanh(x)), 1, `tanh(${x})`);
});

/** The sine, and the cosine, of x by their series. */
function trueSine(x: number, isCosine: boolean): bigint {
  const z = fixed(x) * fixed(x) >> POINT;
  let term = isCosine ? ONE : fixed(x), sum = term;
  for (let n = isCosine ? 1n : 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -(term * z >> POINT) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

Deno.test("sine and cosine are within 1 ulp of the true value, also next to their zeros", () => {
  const rng = new RandomState(6);
  const xs = [
    ...rng.uniform(-100, 100, 400),
    ...rng.uniform(-3.2, 3.2, 600),
    ...rng.uniform(-1e-9, 1e-9, 20),
    ...Array.from({ length: 60 }, (_, n) => (n - 30) * Math.PI / 2), // rounded: next to a zero
    ...[Math.PI / 4, 5e-324],
  ];
  for (const x of xs) {
    if (x !== 0) assertLessOrEqual(errorInUlp(sin(x), trueSine(x, false)), 1, `sin(${x})`);
    assertLessOrEqual(errorInUlp(cos(x), trueSine(x, true)), 1, `cos(${x})`);
  }
});

Deno.test("log is exact around 1 to the second order of its series", () => {
  for (const d of [2 ** -52, -(2 ** -53), 2 ** -40, -(2 ** -40), 3 * 2 ** -30]) {
    const series = d - d * d / 2 + d * d * d / 3;
    assert(Math.abs(log(1 + d) - series) <= Math.abs(series) * 2 ** -52, `log(1 + ${d})`);
  }
});

Deno.test("exp, log, sigmoid, tanh, sine and cosine know the ends of their range", () => {
  assertEquals(tanh(0), 0);
  assertEquals(tanh(-0), -0);
  assertEquals(tanh(20), 1);
  assertEquals(tanh(-Infinity), -1);
  assertEquals(tanh(NaN), NaN);
  assertEquals(sin(0), 0);
  assertEquals(cos(0), 1);
  assertEquals(cos(Math.PI), -1);
  assertEquals(sin(NaN), NaN);
  assertEquals(exp(0), 1);
  assertEquals(exp(-0), 1);
  assertEquals(exp(Infinity), Infinity);
  assertEquals(exp(709.7827128933841), Infinity);
  assertEquals(exp(-Infinity), 0);
  assertEquals(exp(-745.2), 0);
  assertEquals(exp(-745.13), 5e-324);
  assertEquals(exp(NaN), NaN);
  assertEquals(log(1), 0);
  assertEquals(log(0), -Infinity);
  assertEquals(log(-0), -Infinity);
  assertEquals(log(-1), NaN);
  assertEquals(log(Infinity), Infinity);
  assertEquals(log(NaN), NaN);
  assertEquals(sigmoid(0), 0.5);
  assertEquals(sigmoid(-710), 0);
  assertEquals(sigmoid(40), 1);
  assertEquals(sigmoid(-Infinity), 0);
  assertEquals(sigmoid(Infinity), 1);
  assertEquals(sigmoid(NaN), NaN);
});

Deno.test("Matrix.exp and Matrix.log are these, not the engine's", () => {
  const x = Matrix.fromArray(new RandomState(4).uniform(-700, 700, 4000), [40, 100]);
  assertEquals(bits(x.exp().data), bits(x.data.map(exp)));
  assertEquals(bits(x.abs().log().data), bits(x.data.map((v) => log(Math.abs(v)))));
  assertNotEquals(bits(x.abs().log().data), bits(x.data.map((v) => Math.log(Math.abs(v)))));
});

Deno.test("exp, log, sigmoid, tanh, sine and cosine give the same bits on every machine", () => {
  const rng = new RandomState(3);
  const xs = rng.uniform(-746, 711, 20000);
  const small = rng.uniform(-40, 40, 20000);
  const positive = xs.map((x) => Math.abs(x) * 2 ** (Math.trunc(x) % 1000));
  assertEquals(
    sha256(Float64Array.from([...xs, ...small].map(exp))),
    "f9beef23bd0de1039cd935833ce6cc5aff90c68b83f4a4b623a50569b0c2994a",
  );
  assertEquals(
    sha256(positive.map(log)),
    "4b48d17dc957260f021878c69504964cb74f5f5bec4cffc675ec31b4039466c8",
  );
  assertEquals(
    sha256(small.map(sigmoid)),
    "784e113fa06a38efa9e6cf1fd98b947a7194b43f5f8e1c11eb13a79eb5e600ee",
  );
  assertEquals(
    sha256(Float64Array.from([tanh, sin, cos].flatMap((f) => [...small.map(f)]))),
    "a4eca09d5bbf844b1b5c743502ad8fdc42cdaa24746e066c65785a7d8e9d1bfd",
  );
});
