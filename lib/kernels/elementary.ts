/**
 * exp, log, sigmoid, tanh, sine and cosine of one number, made of + - x / and comparisons alone.
 *
 * ECMAScript leaves the last bits of `Math.exp` and its like to the engine, and V8 has changed them
 * between versions. IEEE 754 does not leave + - x / open, so these give the same bits in every engine,
 * on every processor, and in any other language that repeats the steps. All but the sigmoid are within 1 ulp of the
 * true value (`tests/elementary_test.ts` compares with exact integers).
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
  const q = expTail(r);
  // what r lost by rounding is given back: hi + (r^2 q - lo), not r + r^2 q
  const y = 1 + (hi + (r * r * q - lo));
  // 2^n in two halves, each a normal number: a subnormal result is rounded once, by the second
  const half = n >> 1;
  return y * POWERS_OF_2[HALF_RANGE + half] * POWERS_OF_2[HALF_RANGE + n - half];
}

/** q(r) = (e^r - 1 - r) / r^2: the polynomial of degree 10 that is closest to it (Chebyshev), error < 2e-18. */
function expTail(r: number): number {
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
  return q;
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

// --- tanh --------------------------------------------------------------------------------------
//
// tanh |x| = -d / (2 + d) with d = e^z - 1, z = -2 |x|, and e^z - 1 = 2^n (e^r - 1) + (2^n - 1) with exp's n and r. What
// each sum and the quotient lose by rounding is kept beside them and given back at the end; for the quotient it is
// -d - t s, whose product is exact of the upper halves of t and s (Veltkamp, Dekker 1971).

/** Above it tanh is 1, and below 2^-28 it is x, rounded to a float64. */
const TANH_MAX = 19.0615474653984961;
const TANH_MIN = 3.725290298461914e-9;
/** 2^27 + 1: t * SPLIT - (t * SPLIT - t) is the upper half of t. */
const SPLIT = 134217729;
/** Adding it to s from 1 to 2 and subtracting it again leaves the upper half: 1.5 * 2^27. */
const ROUND_HALF = 201326592;

/** The hyperbolic tangent: exactly 1 above 19.06. */
export function tanh(x: number): number {
  const size = x < 0 ? -x : x;
  if (!(size < TANH_MAX)) return x > 0 ? 1 : x < 0 ? -1 : NaN;
  if (size < TANH_MIN) return x;
  const z = -2 * size;
  const n = z * LOG2_E + ROUND - ROUND;
  const hi = z - n * LN2_HI;
  const lo = n * LN2_LO;
  const r = hi - lo;
  const c = r * r * expTail(r) - lo;
  const p = hi + c, pRest = hi - p + c;
  const scale = POWERS_OF_2[HALF_RANGE + n];
  const d = scale - 1 + scale * p;
  const dRest = scale - 1 - d + scale * p + scale * pRest;
  const s = 2 + d;
  const sRest = 2 - s + d + dRest;
  const t = -d / s;
  const tHigh = t * SPLIT - (t * SPLIT - t), tLow = t - tHigh;
  const sHigh = s + ROUND_HALF - ROUND_HALF, sLow = s - sHigh;
  const tRest = -d - tHigh * sHigh - (tLow * sHigh + tHigh * sLow) - tLow * sLow;
  const y = t + (tRest - dRest - t * sRest) / s;
  return x < 0 ? -y : y;
}

// --- sine and cosine ---------------------------------------------------------------------------
//
// x = n pi/2 + r + rest with |r| <= pi/4, where pi/2 is split in three; then the polynomials of fdlibm. For angles, |x|
// up to 100: with larger ones n times a part of pi/2 would no longer be exact.

const TWO_OVER_PI = 0.6366197723675814;
const HALF_PI_1 = 1.5707963267341256, HALF_PI_2 = 6.077100506303966e-11; // of 33 bits each
const HALF_PI_3 = 2.0222662487959506e-21;

/** The sine of an angle in radians, from -100 to 100. */
export function sin(x: number): number {
  return sineOfQuarters(x, 0);
}

/** The cosine of an angle in radians, from -100 to 100. */
export function cos(x: number): number {
  return sineOfQuarters(x, 1);
}

/** The sine of x + quarters pi/2. */
function sineOfQuarters(x: number, quarters: number): number {
  const n = x * TWO_OVER_PI + ROUND - ROUND;
  const t = x - n * HALF_PI_1;
  const w = n * HALF_PI_2;
  const u = t - w;
  const correction = n * HALF_PI_3 - (t - u - w);
  const r = u - correction;
  const rest = u - r - correction;
  const quarter = (n + quarters) & 3;
  const y = quarter & 1 ? cosOfSmall(r, rest) : sinOfSmall(r, rest);
  return quarter & 2 ? -y : y;
}

function sinOfSmall(x: number, rest: number): number {
  const z = x * x, v = z * x;
  let p = 1.58969099521155010221e-10;
  p = p * z - 2.50507602534068634195e-8;
  p = p * z + 2.75573137070700676789e-6;
  p = p * z - 1.98412698298579493134e-4;
  p = p * z + 8.33333333332248946124e-3;
  return x - (z * (0.5 * rest - v * p) - rest + v * 1.66666666666666324348e-1);
}

function cosOfSmall(x: number, rest: number): number {
  const z = x * x, half = 0.5 * z, w = 1 - half;
  let p = -1.13596475577881948265e-11;
  p = p * z + 2.0875723212981748279e-9;
  p = p * z - 2.75573143513906633035e-7;
  p = p * z + 2.48015872894767294178e-5;
  p = p * z - 1.38888888888741095749e-3;
  p = p * z + 4.16666666666666019037e-2;
  return w + (1 - w - half + (z * (z * p) - x * rest));
}
