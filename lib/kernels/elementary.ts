/**
 * exp, log and sigmoid of one number, made of + - x / and comparisons alone.
 *
 * ECMAScript leaves the last bits of `Math.exp` and `Math.log` to the engine, and V8 has changed them
 * between versions. IEEE 754 does not leave + - x / open, so these give the same bits in every engine,
 * on every processor, and in any other language that repeats the steps. Both are within 1 ulp of the
 * true value over the whole range (`tests/elementary_test.ts` compares with exact integers).
 *
 * These take one number. `plain.ts` loops over them, and `simd.as.ts` has the same steps for two numbers at a time.
 */

// --- exp ---------------------------------------------------------------------------------------
//
// x = n ln 2 + r with |r| <= ln 2 / 2, so e^x = 2^n e^r, and e^r = 1 + r + r^2 q(r).
// ln 2 is split in two, as in fdlibm (Sun, 1993): n * LN2_HI is exact, since LN2_HI has 32 bits.

const LOG2_E = 1.4426950408889634;
const LN2_HI = 0.6931471803691238;
const LN2_LO = 1.9082149292705877e-10;

/** Adding it to |x| < 2^51 and subtracting it again rounds x to the nearest whole number. */
const ROUND = 6755399441055744; // 1.5 * 2^52

/** The largest x with a finite e^x, and the smallest with e^x > 0, both rounded to a float64. */
const EXP_MAX = 709.782712893384;
const EXP_MIN = -745.1332191019412;

/** 2^n for n = -538 ... 538, exact: each is the one before, doubled or halved. */
const HALF_RANGE = 538;
const POWERS_OF_2 = new Float64Array(2 * HALF_RANGE + 1);
POWERS_OF_2[HALF_RANGE] = 1;
for (let n = 1; n <= HALF_RANGE; n++) {
  POWERS_OF_2[HALF_RANGE + n] = POWERS_OF_2[HALF_RANGE + n - 1] * 2;
  POWERS_OF_2[HALF_RANGE - n] = POWERS_OF_2[HALF_RANGE - n + 1] / 2;
}

/** e^x. Infinity above 709.78, exactly 0 below -745.13, subnormal numbers in between kept. */
export function exp(x: number): number {
  if (!(x <= EXP_MAX)) return x > EXP_MAX ? Infinity : NaN;
  if (x < EXP_MIN) return 0;
  const n = x * LOG2_E + ROUND - ROUND;
  const hi = x - n * LN2_HI;
  const lo = n * LN2_LO;
  const r = hi - lo;
  // q(r) = (e^r - 1 - r) / r^2: the polynomial of degree 10 that is closest to it (Chebyshev), error < 2e-18
  let q = 2.091467944897855e-9;
  q = q * r + 2.5105206475334834e-8;
  q = q * r + 2.7557273661174726e-7;
  q = q * r + 0.00000275572554255029;
  q = q * r + 0.000024801587325533502;
  q = q * r + 0.00019841269874800683;
  q = q * r + 0.0013888888888883752;
  q = q * r + 0.008333333333326141;
  q = q * r + 0.04166666666666667;
  q = q * r + 0.1666666666666667;
  q = q * r + 0.5;
  // what r lost by rounding is given back: hi + (r^2 q - lo), not r + r^2 q
  const y = 1 + (hi + (r * r * q - lo));
  // 2^n in two halves, each a normal number: a subnormal result is rounded once, by the second
  const half = n >> 1;
  return y * POWERS_OF_2[HALF_RANGE + half] * POWERS_OF_2[HALF_RANGE + n - half];
}

// --- log ---------------------------------------------------------------------------------------
//
// x = 2^k m with m in [sqrt(1/2), sqrt(2)), so log x = k ln 2 + log(1 + f), f = m - 1; and with
// s = f / (2 + f), log(1 + f) = log((1 + s) / (1 - s)) = f - f^2/2 + s (f^2/2 + R(s^2))   (fdlibm)

const BITS = new DataView(new ArrayBuffer(8));
const SQRT_2_HIGH_WORD = 0x3ff6a09e;

/** The natural logarithm. NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let k = 0;
  if (x < 2.2250738585072014e-308) { // subnormal: brought into the normal range first
    x *= 18014398509481984; // 2^54
    k = -54;
  }
  BITS.setFloat64(0, x);
  const high = BITS.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  let mantissa = (high & 0x000fffff) | 0x3ff00000; // the high word of m in [1, 2)
  if (mantissa > SQRT_2_HIGH_WORD) { // m/2 in [sqrt(1/2), 1)
    mantissa -= 0x00100000;
    exponent += 1;
  }
  BITS.setUint32(0, mantissa);
  k += exponent;
  const f = BITS.getFloat64(0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  // R(z) / z, R(z) = log((1 + s) / (1 - s)) / s - 2: closest polynomial of degree 6, error < 2e-18
  let p = 0.14617775335974037;
  p = p * z + 0.15331614298732416;
  p = p * z + 0.18182892354942654;
  p = p * z + 0.2222221109044554;
  p = p * z + 0.285714286262473;
  p = p * z + 0.39999999999898905;
  p = p * z + 0.666666666666667;
  const h = 0.5 * f * f;
  return k * LN2_HI - ((h - (s * (h + z * p) + k * LN2_LO)) - f);
}

// --- sigmoid -----------------------------------------------------------------------------------

/** 1 / (1 + e^-x): exactly 0 below -709.78, where e^-x is infinite; exactly 1 above 36.8. */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}
