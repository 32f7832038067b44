/**
 * The kernels in WebAssembly SIMD: two float64 in every instruction. `contract.ts` says what each computes, and in which
 * order it adds; `plain.ts` has the same functions in plain TypeScript, with the same bits. `deno task build` compiles
 * this file to `simd.wasm.ts`. It is AssemblyScript: TypeScript's syntax, WebAssembly's types.
 *
 * SIMD lanes, strips and tiles run along units and rows, never along k, and no instruction is a fused one.
 *
 * Rows of units are worked on in **strips** of up to five vectors, ten units: a strip's sums stay in registers from
 * its first term to its last. `nextWidth` makes strips that differ by one vector at most, and an odd last unit goes
 * alone. Each strip function is written once, with its width W as a constant that the compiler inlines: what stands
 * behind `if (W > 2)` is there in the strips of three and more, and nowhere else. Sparse rows are read two entries at a
 * time, one after the other.
 *
 * Arguments are addresses in bytes. Matrices are row-major, without padding. All memory is the caller's (`memory.ts`)
 * and shared by all threads, each of which has an instance of this module; nothing here allocates.
 */

// --- strips ------------------------------------------------------------------------------------------

/** The largest width: 5 sums, 5 sums of squares and what is at work fill the 16 registers of x86. */
const WIDEST: i32 = 5;

/** The width of the next strip, where `left` vectors are left: as even as can be. */
// @ts-ignore: decorator
@inline
function nextWidth(left: i32): i32 {
  const strips = (left + WIDEST - 1) / WIDEST;
  return (left + strips - 1) / strips;
}

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

// @ts-ignore: decorator
@inline
function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

/** The number of entry e, in both lanes; with an offset of 8 bytes that of the next entry. */
// @ts-ignore: decorator
@inline
function dataAt(data: usize, e: i32, offset: usize = 0): v128 {
  return v128.load64_splat(data + (<usize>e << 3) + offset);
}

/** The address of the row that entry e is multiplied with; with an offset of 4 bytes that of the next entry. */
// @ts-ignore: decorator
@inline
function rowAt(rows: usize, indices: usize, e: i32, rowBytes: usize, offset: usize = 0): usize {
  return rows + <usize>load<u32>(indices + (<usize>e << 2) + offset) * rowBytes;
}

// --- forward -----------------------------------------------------------------------------------------

/** Rows `from` to `to` of net = [1 x] w, x sparse (CSR). Shapes: x R x inputs, w (inputs + 1) x units, net R x units. */
export function forwardSparse(
  from: i32,
  to: i32,
  units: i32,
  indptr: usize,
  indices: usize,
  data: usize,
  w: usize,
  net: usize,
): void {
  const rowBytes = <usize>units << 3;
  const rows = to - from;
  indptr += <usize>from << 2;
  net += <usize>from * rowBytes;
  for (let left = units >> 1; left > 0;) {
    const W = nextWidth(left);
    if (W == 5) forwardSparseStrip(5, rows, rowBytes, indptr, indices, data, w, net);
    else if (W == 4) forwardSparseStrip(4, rows, rowBytes, indptr, indices, data, w, net);
    else if (W == 3) forwardSparseStrip(3, rows, rowBytes, indptr, indices, data, w, net);
    else if (W == 2) forwardSparseStrip(2, rows, rowBytes, indptr, indices, data, w, net);
    else forwardSparseStrip(1, rows, rowBytes, indptr, indices, data, w, net);
    left -= W;
    w += <usize>W << 4;
    net += <usize>W << 4;
  }
  if (units & 1) {
    let e = load<i32>(indptr);
    for (let r = 0; r < rows; r++, net += rowBytes) {
      indptr += 4;
      const end = load<i32>(indptr);
      let c = 0 + load<f64>(w);
      for (; e < end; e++) {
        const k = <usize>load<u32>(indices + (<usize>e << 2));
        c += load<f64>(data + (<usize>e << 3)) * load<f64>(w + (k + 1) * rowBytes);
      }
      store<f64>(net, c);
    }
  }
}

// @ts-ignore: decorator
@inline
function forwardSparseStrip(
  W: i32,
  rows: i32,
  rowBytes: usize,
  indptr: usize,
  indices: usize,
  data: usize,
  w: usize,
  net: usize,
): void {
  const zero = f64x2.splat(0);
  const weights = w + rowBytes; // of input 0; the biases are before them
  let e = load<i32>(indptr);
  for (let r = 0; r < rows; r++, net += rowBytes) {
    indptr += 4;
    const end = load<i32>(indptr);
    let c0 = add(zero, v128.load(w));
    let c1 = zero, c2 = zero, c3 = zero, c4 = zero;
    if (W > 1) c1 = add(zero, v128.load(w, 16));
    if (W > 2) c2 = add(zero, v128.load(w, 32));
    if (W > 3) c3 = add(zero, v128.load(w, 48));
    if (W > 4) c4 = add(zero, v128.load(w, 64));
    for (; e + 2 <= end; e += 2) {
      const v = dataAt(data, e), v2 = dataAt(data, e, 8);
      const p = rowAt(weights, indices, e, rowBytes), p2 = rowAt(weights, indices, e, rowBytes, 4);
      c0 = add(add(c0, mul(v, v128.load(p))), mul(v2, v128.load(p2)));
      if (W > 1) c1 = add(add(c1, mul(v, v128.load(p, 16))), mul(v2, v128.load(p2, 16)));
      if (W > 2) c2 = add(add(c2, mul(v, v128.load(p, 32))), mul(v2, v128.load(p2, 32)));
      if (W > 3) c3 = add(add(c3, mul(v, v128.load(p, 48))), mul(v2, v128.load(p2, 48)));
      if (W > 4) c4 = add(add(c4, mul(v, v128.load(p, 64))), mul(v2, v128.load(p2, 64)));
    }
    if (e < end) {
      const v = dataAt(data, e), p = rowAt(weights, indices, e, rowBytes);
      c0 = add(c0, mul(v, v128.load(p)));
      if (W > 1) c1 = add(c1, mul(v, v128.load(p, 16)));
      if (W > 2) c2 = add(c2, mul(v, v128.load(p, 32)));
      if (W > 3) c3 = add(c3, mul(v, v128.load(p, 48)));
      if (W > 4) c4 = add(c4, mul(v, v128.load(p, 64)));
      e++;
    }
    v128.store(net, c0);
    if (W > 1) v128.store(net, c1, 16);
    if (W > 2) v128.store(net, c2, 32);
    if (W > 3) v128.store(net, c3, 48);
    if (W > 4) v128.store(net, c4, 64);
  }
}

/** The same, x dense over the inputs in `columns`: R x count. */
export function forwardDense(
  from: i32,
  to: i32,
  units: i32,
  count: i32,
  columns: usize,
  x: usize,
  w: usize,
  net: usize,
): void {
  const rowBytes = <usize>units << 3;
  const rows = to - from;
  x += (<usize>from * count) << 3;
  net += <usize>from * rowBytes;
  for (let left = units >> 1; left > 0;) {
    const W = nextWidth(left);
    if (W == 5) forwardDenseStrip(5, rows, rowBytes, count, columns, x, w, net);
    else if (W == 4) forwardDenseStrip(4, rows, rowBytes, count, columns, x, w, net);
    else if (W == 3) forwardDenseStrip(3, rows, rowBytes, count, columns, x, w, net);
    else if (W == 2) forwardDenseStrip(2, rows, rowBytes, count, columns, x, w, net);
    else forwardDenseStrip(1, rows, rowBytes, count, columns, x, w, net);
    left -= W;
    w += <usize>W << 4;
    net += <usize>W << 4;
  }
  if (units & 1) {
    for (let r = 0; r < rows; r++, net += rowBytes) {
      let c = 0 + load<f64>(w);
      for (let j = 0; j < count; j++, x += 8) {
        const k = <usize>load<u32>(columns + (<usize>j << 2));
        c += load<f64>(x) * load<f64>(w + (k + 1) * rowBytes);
      }
      store<f64>(net, c);
    }
  }
}

/** Two rows of x at a time, c and d: each row of w is loaded once for both. */
// @ts-ignore: decorator
@inline
function forwardDenseStrip(
  W: i32,
  rows: i32,
  rowBytes: usize,
  count: i32,
  columns: usize,
  x: usize,
  w: usize,
  net: usize,
): void {
  const zero = f64x2.splat(0);
  const weights = w + rowBytes;
  const xBytes = <usize>count << 3;
  const lastColumn = columns + (<usize>count << 2);
  let r = 0;
  for (; r + 2 <= rows; r += 2, x += xBytes) {
    let c0 = add(zero, v128.load(w)), c1 = zero, c2 = zero, c3 = zero, c4 = zero;
    if (W > 1) c1 = add(zero, v128.load(w, 16));
    if (W > 2) c2 = add(zero, v128.load(w, 32));
    if (W > 3) c3 = add(zero, v128.load(w, 48));
    if (W > 4) c4 = add(zero, v128.load(w, 64));
    let d0 = c0, d1 = c1, d2 = c2, d3 = c3, d4 = c4;
    for (let j = columns; j < lastColumn; j += 4, x += 8) {
      const u = v128.load64_splat(x), v = v128.load64_splat(x + xBytes);
      const p = weights + <usize>load<u32>(j) * rowBytes;
      let q = v128.load(p);
      c0 = add(c0, mul(u, q)), d0 = add(d0, mul(v, q));
      if (W > 1) q = v128.load(p, 16), c1 = add(c1, mul(u, q)), d1 = add(d1, mul(v, q));
      if (W > 2) q = v128.load(p, 32), c2 = add(c2, mul(u, q)), d2 = add(d2, mul(v, q));
      if (W > 3) q = v128.load(p, 48), c3 = add(c3, mul(u, q)), d3 = add(d3, mul(v, q));
      if (W > 4) q = v128.load(p, 64), c4 = add(c4, mul(u, q)), d4 = add(d4, mul(v, q));
    }
    v128.store(net, c0);
    if (W > 1) v128.store(net, c1, 16);
    if (W > 2) v128.store(net, c2, 32);
    if (W > 3) v128.store(net, c3, 48);
    if (W > 4) v128.store(net, c4, 64);
    net += rowBytes;
    v128.store(net, d0);
    if (W > 1) v128.store(net, d1, 16);
    if (W > 2) v128.store(net, d2, 32);
    if (W > 3) v128.store(net, d3, 48);
    if (W > 4) v128.store(net, d4, 64);
    net += rowBytes;
  }
  if (r < rows) {
    let c0 = add(zero, v128.load(w)), c1 = zero, c2 = zero, c3 = zero, c4 = zero;
    if (W > 1) c1 = add(zero, v128.load(w, 16));
    if (W > 2) c2 = add(zero, v128.load(w, 32));
    if (W > 3) c3 = add(zero, v128.load(w, 48));
    if (W > 4) c4 = add(zero, v128.load(w, 64));
    for (let j = columns; j < lastColumn; j += 4, x += 8) {
      const v = v128.load64_splat(x);
      const p = weights + <usize>load<u32>(j) * rowBytes;
      c0 = add(c0, mul(v, v128.load(p)));
      if (W > 1) c1 = add(c1, mul(v, v128.load(p, 16)));
      if (W > 2) c2 = add(c2, mul(v, v128.load(p, 32)));
      if (W > 3) c3 = add(c3, mul(v, v128.load(p, 48)));
      if (W > 4) c4 = add(c4, mul(v, v128.load(p, 64)));
    }
    v128.store(net, c0);
    if (W > 1) v128.store(net, c1, 16);
    if (W > 2) v128.store(net, c2, 32);
    if (W > 3) v128.store(net, c3, 48);
    if (W > 4) v128.store(net, c4, 64);
  }
}

// --- backward ----------------------------------------------------------------------------------------

/**
 * wT = the weights transposed, with biases of 0: the backward pass is `forwardDense` with them.
 * Shapes: w (inputs + 1) x units, wT (units + 1) x inputs.
 */
export function transposeWeights(inputs: i32, units: i32, w: usize, wT: usize): void {
  const inputBytes = <usize>inputs << 3, unitBytes = <usize>units << 3;
  memory.fill(wT, 0, inputBytes);
  w += unitBytes; // past the biases
  for (let h = 0; h < units; h++, w += 8) {
    wT += inputBytes;
    for (let k: usize = 0, p = w; k < inputBytes; k += 8, p += unitBytes) store<f64>(wT + k, load<f64>(p));
  }
}

// --- update ------------------------------------------------------------------------------------------

/**
 * A step of gradient descent for the inputs `from` to `to`, x sparse by columns (CSC): the numbers of `step` are the rate,
 * lambda, l1, the momentum, and whether `squares` becomes each unit's sum of w^2 over these inputs before the step.
 *
 * Shapes: x R x inputs, sigma R x units, w and v (inputs + 1) x units, squares units.
 */
export function updateSparse(
  from: i32,
  to: i32,
  units: i32,
  indptr: usize,
  indices: usize,
  data: usize,
  sigma: usize,
  w: usize,
  v: usize,
  step: usize,
  squares: usize,
): void {
  const rowBytes = <usize>units << 3;
  const inputs = to - from;
  indptr += <usize>from << 2;
  w += <usize>from * rowBytes;
  v += <usize>from * rowBytes;
  const wantsSquares = load<f64>(step, 32) != 0;
  if (!wantsSquares || kindOf(step) != ARTICLE) {
    if (wantsSquares) {
      memory.fill(squares, 0, rowBytes);
      addSquares(inputs, units, w + rowBytes, squares);
    }
    return updateInputs(inputs, units, indptr, indices, data, sigma, w, v, step);
  }
  for (let left = units >> 1; left > 0;) {
    const W = nextWidth(left);
    if (W == 5) updateSparseStrip(5, inputs, rowBytes, indptr, indices, data, sigma, w, step, squares);
    else if (W == 4) updateSparseStrip(4, inputs, rowBytes, indptr, indices, data, sigma, w, step, squares);
    else if (W == 3) updateSparseStrip(3, inputs, rowBytes, indptr, indices, data, sigma, w, step, squares);
    else if (W == 2) updateSparseStrip(2, inputs, rowBytes, indptr, indices, data, sigma, w, step, squares);
    else updateSparseStrip(1, inputs, rowBytes, indptr, indices, data, sigma, w, step, squares);
    left -= W;
    w += <usize>W << 4;
    sigma += <usize>W << 4;
    squares += <usize>W << 4;
  }
  if (units & 1) {
    let sum: f64 = 0;
    let e = load<i32>(indptr);
    for (let k = 0; k < inputs; k++) {
      w += rowBytes;
      indptr += 4;
      const end = load<i32>(indptr);
      let g: f64 = 0;
      for (; e < end; e++) {
        const r = <usize>load<u32>(indices + (<usize>e << 2));
        g += load<f64>(data + (<usize>e << 3)) * load<f64>(sigma + r * rowBytes);
      }
      const x = load<f64>(w);
      sum += x * x;
      moveOne(w, 0, g, step);
    }
    store<f64>(squares, sum);
  }
}

// @ts-ignore: decorator
@inline
function updateSparseStrip(
  W: i32,
  inputs: i32,
  rowBytes: usize,
  indptr: usize,
  indices: usize,
  data: usize,
  sigma: usize,
  w: usize,
  step: usize,
  squares: usize,
): void {
  const zero = f64x2.splat(0), a = v128.load64_splat(step), l = v128.load64_splat(step, 8);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero;
  let e = load<i32>(indptr);
  for (let k = 0; k < inputs; k++) {
    w += rowBytes;
    indptr += 4;
    const end = load<i32>(indptr);
    let g0 = zero, g1 = zero, g2 = zero, g3 = zero, g4 = zero;
    for (; e + 2 <= end; e += 2) {
      const v = dataAt(data, e), v2 = dataAt(data, e, 8);
      const p = rowAt(sigma, indices, e, rowBytes), p2 = rowAt(sigma, indices, e, rowBytes, 4);
      g0 = add(add(g0, mul(v, v128.load(p))), mul(v2, v128.load(p2)));
      if (W > 1) g1 = add(add(g1, mul(v, v128.load(p, 16))), mul(v2, v128.load(p2, 16)));
      if (W > 2) g2 = add(add(g2, mul(v, v128.load(p, 32))), mul(v2, v128.load(p2, 32)));
      if (W > 3) g3 = add(add(g3, mul(v, v128.load(p, 48))), mul(v2, v128.load(p2, 48)));
      if (W > 4) g4 = add(add(g4, mul(v, v128.load(p, 64))), mul(v2, v128.load(p2, 64)));
    }
    if (e < end) {
      const v = dataAt(data, e), p = rowAt(sigma, indices, e, rowBytes);
      g0 = add(g0, mul(v, v128.load(p)));
      if (W > 1) g1 = add(g1, mul(v, v128.load(p, 16)));
      if (W > 2) g2 = add(g2, mul(v, v128.load(p, 32)));
      if (W > 3) g3 = add(g3, mul(v, v128.load(p, 48)));
      if (W > 4) g4 = add(g4, mul(v, v128.load(p, 64)));
      e++;
    }
    let x = v128.load(w);
    s0 = add(s0, mul(x, x)), v128.store(w, stepped(x, g0, l, a));
    if (W > 1) x = v128.load(w, 16), s1 = add(s1, mul(x, x)), v128.store(w, stepped(x, g1, l, a), 16);
    if (W > 2) x = v128.load(w, 32), s2 = add(s2, mul(x, x)), v128.store(w, stepped(x, g2, l, a), 32);
    if (W > 3) x = v128.load(w, 48), s3 = add(s3, mul(x, x)), v128.store(w, stepped(x, g3, l, a), 48);
    if (W > 4) x = v128.load(w, 64), s4 = add(s4, mul(x, x)), v128.store(w, stepped(x, g4, l, a), 64);
  }
  v128.store(squares, s0);
  if (W > 1) v128.store(squares, s1, 16);
  if (W > 2) v128.store(squares, s2, 32);
  if (W > 3) v128.store(squares, s3, 48);
  if (W > 4) v128.store(squares, s4, 64);
}

/**
 * Kinds of steps: without a penalty; the article's, with one; that with momentum; that with an L1 term and perhaps
 * momentum. The first two are one formula, but for work that comes to nothing.
 */
const BARE: i32 = 0, ARTICLE: i32 = 1, WITH_MOMENTUM: i32 = 2, WITH_L1: i32 = 3;

// @ts-ignore: decorator
@inline
function kindOf(step: usize): i32 {
  if (load<f64>(step, 16) != 0) return WITH_L1;
  if (load<f64>(step, 24) != 0) return WITH_MOMENTUM;
  return load<f64>(step, 8) != 0 ? ARTICLE : BARE;
}

/** The article's step: w - rate (gradient + lambda w). */
// @ts-ignore: decorator
@inline
function stepped(w: v128, gradient: v128, lambda: v128, rate: v128): v128 {
  return f64x2.sub(w, mul(rate, add(gradient, mul(lambda, w))));
}

/** Two weights x at w take their step; `toV` bytes further is their momentum. `step`: rate, lambda, l1, momentum. */
// @ts-ignore: decorator
@inline
function move(
  kind: i32,
  w: usize,
  toV: usize,
  x: v128,
  gradient: v128,
  lambda: v128,
  rate: v128,
  momentum: v128,
  step: usize,
): void {
  if (kind == ARTICLE) return v128.store(w, stepped(x, gradient, lambda, rate));
  if (kind == BARE) return v128.store(w, f64x2.sub(x, mul(rate, gradient)));
  let g = add(gradient, mul(lambda, x));
  if (kind == WITH_L1) { // l1 sign(x): l1 with the sign of x, or 0 where x is 0
    const signed = v128.or(v128.load64_splat(step, 16), v128.and(x, f64x2.splat(-0.0)));
    g = add(g, v128.and(signed, f64x2.ne(x, f64x2.splat(0))));
  }
  const change = mul(rate, g);
  if (load<f64>(step, 24) == 0) { // without momentum
    v128.store(w, f64x2.sub(x, change));
  } else {
    const speed = f64x2.sub(mul(momentum, v128.load(w + toV)), change);
    v128.store(w + toV, speed);
    v128.store(w, add(x, speed));
  }
}

/** The same for one weight. */
// @ts-ignore: decorator
@inline
function moveOne(w: usize, toV: usize, gradient: f64, step: usize): void {
  const x = load<f64>(w), l1 = load<f64>(step, 16), momentum = load<f64>(step, 24);
  let g = gradient + load<f64>(step, 8) * x;
  if (l1 != 0 && x != 0) g += x < 0 ? -l1 : l1;
  const change = load<f64>(step) * g;
  if (momentum == 0) {
    store<f64>(w, x - change);
  } else {
    const speed = momentum * load<f64>(w + toV) - change;
    store<f64>(w + toV, speed);
    store<f64>(w, x + speed);
  }
}

/**
 * The same without `squares`: input by input, and all of an input's strips one after the other. Its entries are few, and
 * their number is the same for all strips: so the processor foresees it, which it does not from input to input.
 */
function updateInputs(
  inputs: i32,
  units: i32,
  indptr: usize,
  indices: usize,
  data: usize,
  sigma: usize,
  w: usize,
  v: usize,
  step: usize,
): void {
  const rowBytes = <usize>units << 3, kind = kindOf(step), toV = v - w;
  let e = load<i32>(indptr);
  for (let k = 0; k < inputs; k++) {
    w += rowBytes;
    indptr += 4;
    const end = load<i32>(indptr);
    if (kind == BARE && e == end) continue; // nothing for the weights of this input
    let left = units >> 1, p = w, s = sigma;
    for (; left >= 5; left -= 5, p += 80, s += 80) updateStrip(5, e, end, rowBytes, indices, data, s, p, toV, kind, step);
    if (left == 4) updateStrip(4, e, end, rowBytes, indices, data, s, p, toV, kind, step);
    else if (left == 3) updateStrip(3, e, end, rowBytes, indices, data, s, p, toV, kind, step);
    else if (left == 2) updateStrip(2, e, end, rowBytes, indices, data, s, p, toV, kind, step);
    else if (left == 1) updateStrip(1, e, end, rowBytes, indices, data, s, p, toV, kind, step);
    if (units & 1) {
      let g: f64 = 0;
      const last = rowBytes - 8;
      for (let f = e; f < end; f++) {
        const r = <usize>load<u32>(indices + (<usize>f << 2));
        g += load<f64>(data + (<usize>f << 3)) * load<f64>(sigma + r * rowBytes + last);
      }
      moveOne(w + last, toV, g, step);
    }
    e = end;
  }
}

/** A strip of one input's weights, whose entries are `e` to `end`. */
// @ts-ignore: decorator
@inline
function updateStrip(
  W: i32,
  e: i32,
  end: i32,
  rowBytes: usize,
  indices: usize,
  data: usize,
  sigma: usize,
  w: usize,
  toV: usize,
  kind: i32,
  step: usize,
): void {
  const zero = f64x2.splat(0);
  let g0 = zero, g1 = zero, g2 = zero, g3 = zero, g4 = zero;
  for (; e < end; e++) {
    const u = dataAt(data, e), p = rowAt(sigma, indices, e, rowBytes);
    g0 = add(g0, mul(u, v128.load(p)));
    if (W > 1) g1 = add(g1, mul(u, v128.load(p, 16)));
    if (W > 2) g2 = add(g2, mul(u, v128.load(p, 32)));
    if (W > 3) g3 = add(g3, mul(u, v128.load(p, 48)));
    if (W > 4) g4 = add(g4, mul(u, v128.load(p, 64)));
  }
  const a = v128.load64_splat(step), l = v128.load64_splat(step, 8), m = v128.load64_splat(step, 24);
  move(kind, w, toV, v128.load(w), g0, l, a, m, step);
  if (W > 1) move(kind, w + 16, toV, v128.load(w, 16), g1, l, a, m, step);
  if (W > 2) move(kind, w + 32, toV, v128.load(w, 32), g2, l, a, m, step);
  if (W > 3) move(kind, w + 48, toV, v128.load(w, 48), g3, l, a, m, step);
  if (W > 4) move(kind, w + 64, toV, v128.load(w, 64), g4, l, a, m, step);
}

/** The same, x dense over the inputs in `columns`: R x count. */
export function updateDense(
  from: i32,
  to: i32,
  rows: i32,
  units: i32,
  count: i32,
  columns: usize,
  x: usize,
  sigma: usize,
  w: usize,
  v: usize,
  step: usize,
  squares: usize,
): void {
  memory.fill(squares, 0, <usize>units << 3);
  const rowBytes = <usize>units << 3, xBytes = <usize>count << 3;
  w += <usize>from * rowBytes;
  v += <usize>from * rowBytes;
  while (count > 0 && load<i32>(columns) < from) columns += 4, x += 8, count--;
  for (let left = units >> 1; left > 0;) {
    const W = nextWidth(left);
    if (W == 5) {
      updateDenseStrip(5, from, to, rows, rowBytes, count, xBytes, columns, x, sigma, w, v, step, squares);
    } else if (W == 4) {
      updateDenseStrip(4, from, to, rows, rowBytes, count, xBytes, columns, x, sigma, w, v, step, squares);
    } else if (W == 3) {
      updateDenseStrip(3, from, to, rows, rowBytes, count, xBytes, columns, x, sigma, w, v, step, squares);
    } else if (W == 2) {
      updateDenseStrip(2, from, to, rows, rowBytes, count, xBytes, columns, x, sigma, w, v, step, squares);
    } else {
      updateDenseStrip(1, from, to, rows, rowBytes, count, xBytes, columns, x, sigma, w, v, step, squares);
    }
    left -= W;
    w += <usize>W << 4;
    v += <usize>W << 4;
    sigma += <usize>W << 4;
    squares += <usize>W << 4;
  }
  if (units & 1) {
    const toV = v - w;
    let sum: f64 = 0;
    let next = count > 0 ? load<i32>(columns) : -1;
    for (let k = from; k < to; k++) {
      w += rowBytes;
      let g: f64 = 0;
      if (k == next) {
        for (let r = 0, p = x, q = sigma; r < rows; r++, p += xBytes, q += rowBytes) g += load<f64>(p) * load<f64>(q);
        x += 8, columns += 4, count--;
        next = count > 0 ? load<i32>(columns) : -1;
      }
      const y = load<f64>(w);
      sum += y * y;
      moveOne(w, toV, g, step);
    }
    store<f64>(squares, sum);
  }
}

/** Where two inputs that are in `columns` are neighbours, both at a time, g and h: sigma is loaded once for both. */
// @ts-ignore: decorator
@inline
function updateDenseStrip(
  W: i32,
  from: i32,
  to: i32,
  rows: i32,
  rowBytes: usize,
  count: i32,
  xBytes: usize,
  columns: usize,
  x: usize,
  sigma: usize,
  w: usize,
  v: usize,
  step: usize,
  squares: usize,
): void {
  const zero = f64x2.splat(0), a = v128.load64_splat(step), l = v128.load64_splat(step, 8);
  const m = v128.load64_splat(step, 24), kind = kindOf(step), toV = v - w;
  let left = count;
  for (let k = from; k < to;) {
    let g0 = zero, g1 = zero, g2 = zero, g3 = zero, g4 = zero;
    w += rowBytes;
    if (left > 0 && load<i32>(columns) == k) {
      if (left > 1 && k + 1 < to && load<i32>(columns, 4) == k + 1) {
        let h0 = zero, h1 = zero, h2 = zero, h3 = zero, h4 = zero;
        for (let r = 0, p = x, q = sigma; r < rows; r++, p += xBytes, q += rowBytes) {
          const u = v128.load64_splat(p), v = v128.load64_splat(p, 8);
          let s = v128.load(q);
          g0 = add(g0, mul(u, s)), h0 = add(h0, mul(v, s));
          if (W > 1) s = v128.load(q, 16), g1 = add(g1, mul(u, s)), h1 = add(h1, mul(v, s));
          if (W > 2) s = v128.load(q, 32), g2 = add(g2, mul(u, s)), h2 = add(h2, mul(v, s));
          if (W > 3) s = v128.load(q, 48), g3 = add(g3, mul(u, s)), h3 = add(h3, mul(v, s));
          if (W > 4) s = v128.load(q, 64), g4 = add(g4, mul(u, s)), h4 = add(h4, mul(v, s));
        }
        take(kind, w, toV, squares, g0, l, a, m, step);
        if (W > 1) take(kind, w + 16, toV, squares + 16, g1, l, a, m, step);
        if (W > 2) take(kind, w + 32, toV, squares + 32, g2, l, a, m, step);
        if (W > 3) take(kind, w + 48, toV, squares + 48, g3, l, a, m, step);
        if (W > 4) take(kind, w + 64, toV, squares + 64, g4, l, a, m, step);
        g0 = h0, g1 = h1, g2 = h2, g3 = h3, g4 = h4;
        w += rowBytes;
        x += 16, columns += 8, left -= 2, k += 2;
      } else {
        for (let r = 0, p = x, q = sigma; r < rows; r++, p += xBytes, q += rowBytes) {
          const v = v128.load64_splat(p);
          g0 = add(g0, mul(v, v128.load(q)));
          if (W > 1) g1 = add(g1, mul(v, v128.load(q, 16)));
          if (W > 2) g2 = add(g2, mul(v, v128.load(q, 32)));
          if (W > 3) g3 = add(g3, mul(v, v128.load(q, 48)));
          if (W > 4) g4 = add(g4, mul(v, v128.load(q, 64)));
        }
        x += 8, columns += 4, left--, k++;
      }
    } else k++;
    take(kind, w, toV, squares, g0, l, a, m, step);
    if (W > 1) take(kind, w + 16, toV, squares + 16, g1, l, a, m, step);
    if (W > 2) take(kind, w + 32, toV, squares + 32, g2, l, a, m, step);
    if (W > 3) take(kind, w + 48, toV, squares + 48, g3, l, a, m, step);
    if (W > 4) take(kind, w + 64, toV, squares + 64, g4, l, a, m, step);
  }
}

/** squares += w^2, then the step, for two weights. */
// @ts-ignore: decorator
@inline
function take(
  kind: i32,
  w: usize,
  toV: usize,
  squares: usize,
  gradient: v128,
  lambda: v128,
  rate: v128,
  momentum: v128,
  step: usize,
): void {
  const x = v128.load(w);
  v128.store(squares, add(v128.load(squares), mul(x, x)));
  move(kind, w, toV, x, gradient, lambda, rate, momentum, step);
}

// --- sparse matrices ---------------------------------------------------------------------------------

/** How many elements of x, rows x cols, are not 0; isActive[j] becomes 1 where one of them is in column j. */
export function countNonzero(rows: i32, cols: i32, x: usize, isActive: usize): i32 {
  const zero = f64x2.splat(0);
  let counts = i64x2.splat(0);
  let count = 0;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 2 <= cols; j += 2, x += 16) {
      const set = f64x2.ne(v128.load(x), zero);
      counts = i64x2.sub(counts, set);
      const bits = i64x2.bitmask(set);
      const known = i32(load<u16>(isActive + j));
      const both = known | (bits & 1) | ((bits & 2) << 7);
      if (both != known) store<u16>(isActive + j, both); // seldom: most columns are known after a row or two
    }
    if (j < cols) {
      const isSet = i32(load<f64>(x) != 0);
      count += isSet;
      store<u8>(isActive + j, load<u8>(isActive + j) | isSet);
      x += 8;
    }
  }
  return count + i32(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1));
}

/** The same of bytes, sixteen at a time. */
export function countNonzeroBytes(rows: i32, cols: i32, x: usize, isActive: usize): i32 {
  const zero = i8x16.splat(0), one = i8x16.splat(1);
  let count = 0;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 16 <= cols; j += 16, x += 16) {
      const set = i8x16.ne(v128.load(x), zero);
      count += popcnt(i8x16.bitmask(set));
      v128.store(isActive + j, v128.or(v128.load(isActive + j), v128.and(set, one)));
    }
    for (; j < cols; j++, x++) {
      const isSet = i32(load<u8>(x) != 0);
      count += isSet;
      store<u8>(isActive + j, load<u8>(isActive + j) | isSet);
    }
  }
  return count;
}

/** data *= the factor of the element's column, for the elements `from` to `to`. */
export function scaleColumns(from: i32, to: i32, indices: usize, factors: usize, data: usize): void {
  for (let e = from; e < to; e++) {
    const p = data + (<usize>e << 3), j = <usize>load<u32>(indices + (<usize>e << 2));
    store<f64>(p, load<f64>(p) * load<f64>(factors + (j << 3)));
  }
}

/** out = the given columns of x, rows x cols. */
export function packColumns(rows: i32, cols: i32, x: usize, count: i32, columns: usize, out: usize): void {
  const last = columns + (<usize>count << 2);
  for (let r = 0; r < rows; r++, x += <usize>cols << 3) {
    for (let j = columns; j < last; j += 4, out += 8) store<f64>(out, load<f64>(x + (<usize>load<u32>(j) << 3)));
  }
}

/**
 * The sparse rows (CSR) of x, rows x cols float64. Each element is written, and the next one overwrites it where it is 0:
 * no branch, but `indices` and `data` need room for one more at the end.
 */
export function csrFromDense(rows: i32, cols: i32, x: usize, indptr: usize, indices: usize, data: usize): void {
  let count = 0;
  for (let r = 0; r < rows; r++, indptr += 4) {
    store<i32>(indptr, count);
    for (let j = 0; j < cols; j++, x += 8) {
      const v = load<f64>(x);
      store<i32>(indices + (<usize>count << 2), j);
      store<f64>(data + (<usize>count << 3), v);
      count += i32(v != 0);
    }
  }
  store<i32>(indptr, count);
}

/**
 * For each pattern of eight bits the positions of those that are set, rising: eight bytes each, behind the constants.
 * With it, eight bytes are appended without a branch for any of them.
 */
const POSITIONS: usize = (__heap_base + 63) & ~63;
const POSITIONS_BYTES: usize = 2048;
for (let pattern = 0; pattern < 256; pattern++) {
  for (let bit = 0, n = 0; bit < 8; bit++) {
    if (pattern & (1 << bit)) store<u8>(POSITIONS + (pattern << 3) + n++, <u8>bit);
  }
}

/**
 * The sparse rows (CSR) of x, rows x cols bytes. Eight elements are written at a time, and the next eight overwrite those
 * of them that are 0: so `indices` and `data` need room for eight more at the end.
 */
export function csrFromBytes(rows: i32, cols: i32, x: usize, indptr: usize, indices: usize, data: usize): void {
  let count = 0;
  for (let r = 0; r < rows; r++, indptr += 4) {
    store<i32>(indptr, count);
    let j = 0;
    for (; j + 16 <= cols; j += 16, x += 16) {
      const bytes = v128.load(x);
      const set = i8x16.bitmask(i8x16.ne(bytes, i8x16.splat(0)));
      if (set == 0) continue;
      count += appendEight(set & 255, j, bytes, indices + (<usize>count << 2), data + (<usize>count << 3));
      const upper = i64x2.shuffle(bytes, bytes, 1, 1);
      count += appendEight(set >> 8, j + 8, upper, indices + (<usize>count << 2), data + (<usize>count << 3));
    }
    for (; j < cols; j++, x++) {
      const v = load<u8>(x);
      if (v != 0) {
        store<i32>(indices + (<usize>count << 2), j);
        store<f64>(data + (<usize>count << 3), <f64>v);
        count++;
      }
    }
  }
  store<i32>(indptr, count);
}

/** Appends those of the lower eight bytes that `set` names, the first of them column j, and returns how many they are. */
// @ts-ignore: decorator
@inline
function appendEight(set: i32, j: i32, bytes: v128, indices: usize, data: usize): i32 {
  const positions = v128.load64_zero(POSITIONS + (<usize>set << 3));
  const columns = i16x8.extend_low_i8x16_u(positions), first = i32x4.splat(j);
  v128.store(indices, i32x4.add(first, i32x4.extend_low_i16x8_u(columns)));
  v128.store(indices, i32x4.add(first, i32x4.extend_high_i16x8_u(columns)), 16);
  const values = i16x8.extend_low_i8x16_u(i8x16.swizzle(bytes, positions));
  const v0 = i32x4.extend_low_i16x8_u(values), v1 = i32x4.extend_high_i16x8_u(values);
  v128.store(data, f64x2.convert_low_i32x4_u(v0));
  v128.store(data, f64x2.convert_low_i32x4_u(i64x2.shuffle(v0, v0, 1, 1)), 16);
  v128.store(data, f64x2.convert_low_i32x4_u(v1), 32);
  v128.store(data, f64x2.convert_low_i32x4_u(i64x2.shuffle(v1, v1, 1, 1)), 48);
  return popcnt(set);
}

/** The same matrix by columns (CSC), which is the transpose by rows: in each column the rows rise. */
export function csrToCsc(
  rows: i32,
  cols: i32,
  indptr: usize,
  indices: usize,
  data: usize,
  indptrT: usize,
  indicesT: usize,
  dataT: usize,
): void {
  memory.fill(indptrT, 0, (<usize>cols + 1) << 2);
  const total = load<i32>(indptr + (<usize>rows << 2));
  for (let e = 0; e < total; e++) {
    const p = indptrT + ((<usize>load<u32>(indices + (<usize>e << 2)) + 1) << 2);
    store<i32>(p, load<i32>(p) + 1);
  }
  for (let j = 1; j < cols; j++) {
    const p = indptrT + (<usize>j << 2);
    store<i32>(p, load<i32>(p) + load<i32>(p - 4));
  }
  let e = 0;
  for (let r = 0; r < rows; r++) {
    indptr += 4;
    for (const end = load<i32>(indptr); e < end; e++) {
      const p = indptrT + (<usize>load<u32>(indices + (<usize>e << 2)) << 2);
      const place = load<i32>(p);
      store<i32>(p, place + 1);
      store<i32>(indicesT + (<usize>place << 2), r);
      store<f64>(dataT + (<usize>place << 3), load<f64>(data + (<usize>e << 3)));
    }
  }
  memory.copy(indptrT + 4, indptrT, <usize>cols << 2);
  store<i32>(indptrT, 0);
}

// --- exp, log, activations ---------------------------------------------------------------------------
//
// `elementary.ts`, two numbers at a time: the same steps in the same order. Its constants twice each, in memory: V8
// makes a constant of SIMD anew at every use.

const C: usize = memory.data<f64>([
  709.782712893384, 709.782712893384, //          0 EXP_MAX
  -745.1332191019412, -745.1332191019412, //     16 EXP_MIN
  1.4426950408889634, 1.4426950408889634, //     32 LOG2_E
  6755399441055744.0, 6755399441055744.0, //     48 ROUND
  0.6931471803691238, 0.6931471803691238, //     64 LN2_HI
  1.9082149292705877e-10, 1.9082149292705877e-10, // 80 LN2_LO
  2.091467944897855e-9, 2.091467944897855e-9, // 96 q
  2.5105206475334834e-8, 2.5105206475334834e-8,
  2.7557273661174726e-7, 2.7557273661174726e-7,
  0.00000275572554255029, 0.00000275572554255029,
  0.000024801587325533502, 0.000024801587325533502,
  0.00019841269874800683, 0.00019841269874800683,
  0.0013888888888883752, 0.0013888888888883752,
  0.008333333333326141, 0.008333333333326141,
  0.04166666666666667, 0.04166666666666667,
  0.1666666666666667, 0.1666666666666667,
  0.5, 0.5, //                                  256
  1, 1, //                                      272
  Infinity, Infinity, //                        288
  0.14617775335974037, 0.14617775335974037, //  304 R(z) / z of log
  0.15331614298732416, 0.15331614298732416,
  0.18182892354942654, 0.18182892354942654,
  0.2222221109044554, 0.2222221109044554,
  0.285714286262473, 0.285714286262473,
  0.39999999999898905, 0.39999999999898905,
  0.666666666666667, 0.666666666666667, //      400
], 16);

// @ts-ignore: decorator
@inline
function constant(at: usize): v128 {
  return v128.load(C + at);
}

/** A step of Horner's rule: b x + the constant at `at`. */
// @ts-ignore: decorator
@inline
function horner(b: v128, x: v128, at: usize): v128 {
  return add(mul(b, x), constant(at));
}

/** (e^r - 1 - r) / r^2. */
// @ts-ignore: decorator
@inline
function expTail(r: v128): v128 {
  let q = constant(96);
  q = horner(q, r, 112);
  q = horner(q, r, 128);
  q = horner(q, r, 144);
  q = horner(q, r, 160);
  q = horner(q, r, 176);
  q = horner(q, r, 192);
  q = horner(q, r, 208);
  q = horner(q, r, 224);
  q = horner(q, r, 240);
  return horner(q, r, 256);
}

// @ts-ignore: decorator
@inline
function expPair(x: v128): v128 {
  // 0 in place of what is outside, until the end: on the way it would be subnormal or infinite, which is slow
  const isInside = v128.and(f64x2.le(x, constant(0)), f64x2.ge(x, constant(16)));
  const inside = v128.and(x, isInside);
  const t = add(mul(inside, constant(32)), constant(48));
  const n = f64x2.sub(t, constant(48));
  const hi = f64x2.sub(inside, mul(n, constant(64)));
  const lo = mul(n, constant(80));
  const r = f64x2.sub(hi, lo);
  const q = expTail(r);
  const y = add(constant(272), add(hi, f64x2.sub(mul(mul(r, r), q), lo)));
  // the low half of t holds n as an integer; 2^m is the number with the exponent m + 1023 and no more bits
  const half = i32x4.shr_s(t, 1);
  const bias = i64x2.splat(1023);
  const scale1 = i64x2.shl(i64x2.add(half, bias), 52);
  const scale2 = i64x2.shl(i64x2.add(i32x4.sub(t, half), bias), 52);
  const scaled = mul(mul(y, scale1), scale2);
  const outside = f64x2.pmax(mul(x, constant(288)), f64x2.splat(0)); // infinity, 0, or NaN
  return v128.bitselect(scaled, outside, isInside);
}

/** out = e^x, for the elements `from` to `to`. */
export function exp(from: i32, to: i32, x: usize, out: usize): void {
  let n = to - from;
  x += <usize>from << 3, out += <usize>from << 3;
  for (; n >= 2; n -= 2, x += 16, out += 16) v128.store(out, expPair(v128.load(x)));
  if (n > 0) v128.store64_lane(out, expPair(v128.load64_zero(x)), 0);
}

// @ts-ignore: decorator
@inline
function sigmoidPair(x: v128): v128 {
  const one = constant(272);
  return f64x2.div(one, add(one, expPair(f64x2.neg(x))));
}

/** act = 1 / (1 + e^-net), for the elements `from` to `to`. */
export function sigmoid(from: i32, to: i32, net: usize, act: usize): void {
  let n = to - from;
  net += <usize>from << 3, act += <usize>from << 3;
  for (; n >= 2; n -= 2, net += 16, act += 16) v128.store(act, sigmoidPair(v128.load(net)));
  if (n > 0) v128.store64_lane(act, sigmoidPair(v128.load64_zero(net)), 0);
}

/** sigma *= act (1 - act), for the elements `from` to `to`. */
export function sigmoidBackward(from: i32, to: i32, act: usize, sigma: usize): void {
  let n = to - from;
  act += <usize>from << 3, sigma += <usize>from << 3;
  const one = constant(272);
  for (; n >= 2; n -= 2, act += 16, sigma += 16) {
    const a = v128.load(act);
    v128.store(sigma, mul(v128.load(sigma), mul(a, f64x2.sub(one, a))));
  }
  if (n > 0) {
    const a = load<f64>(act);
    store<f64>(sigma, load<f64>(sigma) * (a * (1 - a)));
  }
}

// @ts-ignore: decorator
@inline
function tanhPair(x: v128): v128 {
  const one = constant(272), two = f64x2.splat(2), limit = f64x2.splat(19.0615474653984961);
  const signBit = f64x2.splat(-0.0), size = f64x2.abs(x);
  const isInside = f64x2.lt(size, limit);
  const z = f64x2.neg(mul(two, v128.and(size, isInside)));
  const t0 = add(mul(z, constant(32)), constant(48));
  const n = f64x2.sub(t0, constant(48));
  const hi = f64x2.sub(z, mul(n, constant(64)));
  const lo = mul(n, constant(80));
  const r = f64x2.sub(hi, lo);
  const c = f64x2.sub(mul(mul(r, r), expTail(r)), lo);
  const p = add(hi, c), pRest = add(f64x2.sub(hi, p), c);
  // the low half of t0 holds n as an integer
  const scale = i64x2.shl(i64x2.add(t0, i64x2.splat(1023)), 52);
  const less = f64x2.sub(scale, one), scaled = mul(scale, p);
  const d = add(less, scaled);
  const dRest = add(add(f64x2.sub(less, d), scaled), mul(scale, pRest));
  const s = add(two, d);
  const sRest = add(add(f64x2.sub(two, s), d), dRest);
  const t = f64x2.div(f64x2.neg(d), s);
  const split = f64x2.splat(134217729), round = f64x2.splat(201326592);
  const tSplit = mul(t, split), tHigh = f64x2.sub(tSplit, f64x2.sub(tSplit, t)), tLow = f64x2.sub(t, tHigh);
  const sHigh = f64x2.sub(add(s, round), round), sLow = f64x2.sub(s, sHigh);
  const cross = add(mul(tLow, sHigh), mul(tHigh, sLow));
  const tRest = f64x2.sub(f64x2.sub(f64x2.sub(f64x2.neg(d), mul(tHigh, sHigh)), cross), mul(tLow, sLow));
  const rest = f64x2.sub(f64x2.sub(tRest, dRest), mul(t, sRest));
  let y = add(t, f64x2.div(rest, s));
  y = v128.bitselect(size, y, f64x2.lt(size, f64x2.splat(3.725290298461914e-9)));
  // outside: 1, or NaN
  const outside = v128.bitselect(one, x, f64x2.ge(size, limit));
  const unsigned = v128.bitselect(y, outside, isInside);
  return v128.bitselect(x, unsigned, signBit);
}

/** act = tanh(net), for the elements `from` to `to`. */
export function tanh(from: i32, to: i32, net: usize, act: usize): void {
  let n = to - from;
  net += <usize>from << 3, act += <usize>from << 3;
  for (; n >= 2; n -= 2, net += 16, act += 16) v128.store(act, tanhPair(v128.load(net)));
  if (n > 0) v128.store64_lane(act, tanhPair(v128.load64_zero(net)), 0);
}

/** sigma *= 1 - act^2, for the elements `from` to `to`. */
export function tanhBackward(from: i32, to: i32, act: usize, sigma: usize): void {
  let n = to - from;
  act += <usize>from << 3, sigma += <usize>from << 3;
  const one = constant(272);
  for (; n >= 2; n -= 2, act += 16, sigma += 16) {
    const a = v128.load(act);
    v128.store(sigma, mul(v128.load(sigma), f64x2.sub(one, mul(a, a))));
  }
  if (n > 0) {
    const a = load<f64>(act);
    store<f64>(sigma, load<f64>(sigma) * (1 - a * a));
  }
}

/** act = net, or +0 where net is not above 0, for the elements `from` to `to`. */
export function relu(from: i32, to: i32, net: usize, act: usize): void {
  let n = to - from;
  net += <usize>from << 3, act += <usize>from << 3;
  const zero = f64x2.splat(0);
  for (; n >= 2; n -= 2, net += 16, act += 16) {
    const x = v128.load(net);
    v128.store(act, v128.andnot(x, f64x2.le(x, zero)));
  }
  if (n > 0) {
    const x = load<f64>(net);
    store<f64>(act, x <= 0 ? 0 : x);
  }
}

/** sigma = +0 where act is 0, for the elements `from` to `to`. */
export function reluBackward(from: i32, to: i32, act: usize, sigma: usize): void {
  let n = to - from;
  act += <usize>from << 3, sigma += <usize>from << 3;
  const zero = f64x2.splat(0);
  for (; n >= 2; n -= 2, act += 16, sigma += 16) {
    v128.store(sigma, v128.and(v128.load(sigma), f64x2.ne(v128.load(act), zero)));
  }
  if (n > 0 && load<f64>(act) == 0) store<f64>(sigma, 0);
}

/** act = softmax(net), for the rows `from` to `to`. */
export function softmax(from: i32, to: i32, units: i32, net: usize, act: usize): void {
  const rowBytes = <usize>units << 3;
  net += <usize>from * rowBytes, act += <usize>from * rowBytes;
  for (let r = from; r < to; r++, net += rowBytes, act += rowBytes) {
    let largest: f64 = -Infinity;
    for (let h: usize = 0; h < rowBytes; h += 8) {
      const x = load<f64>(net + h);
      if (x > largest) largest = x;
    }
    const shift = f64x2.splat(largest);
    let h: usize = 0;
    for (; h + 16 <= rowBytes; h += 16) v128.store(act + h, expPair(f64x2.sub(v128.load(net + h), shift)));
    if (h < rowBytes) v128.store64_lane(act + h, expPair(f64x2.sub(v128.load64_zero(net + h), shift)), 0);
    let sum: f64 = 0;
    for (h = 0; h < rowBytes; h += 8) sum += load<f64>(act + h);
    for (h = 0; h < rowBytes; h += 8) store<f64>(act + h, load<f64>(act + h) / sum);
  }
}

// @ts-ignore: decorator
@inline
function logPair(x: v128): v128 {
  const subnormal = f64x2.lt(x, f64x2.splat(2.2250738585072014e-308));
  const bits = v128.bitselect(mul(x, f64x2.splat(18014398509481984)), x, subnormal);
  // m in [1, 2), or in [sqrt(1/2), 1) where it is above sqrt(2)
  let m = v128.or(v128.and(bits, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3ff0000000000000));
  const above = i64x2.gt_s(m, i64x2.splat(0x3ff6a09effffffff));
  m = i64x2.sub(m, v128.and(above, i64x2.splat(0x0010000000000000)));
  // the exponent as a float64: put below 2^52, which then is subtracted
  const e = i64x2.sub(i64x2.shr_u(bits, 52), above);
  let k = f64x2.sub(v128.or(e, i64x2.splat(0x4330000000000000)), f64x2.splat(4503599627370496 + 1023));
  k = f64x2.sub(k, v128.and(subnormal, f64x2.splat(54)));
  const f = f64x2.sub(m, constant(272));
  const s = f64x2.div(f, add(f64x2.splat(2), f));
  const z = mul(s, s);
  let p = constant(304);
  p = horner(p, z, 320);
  p = horner(p, z, 336);
  p = horner(p, z, 352);
  p = horner(p, z, 368);
  p = horner(p, z, 384);
  p = horner(p, z, 400);
  const h = mul(mul(constant(256), f), f);
  const inner = add(mul(s, add(h, mul(z, p))), mul(k, constant(80)));
  let y = f64x2.sub(mul(k, constant(64)), f64x2.sub(f64x2.sub(h, inner), f));
  const zero = f64x2.splat(0), infinity = constant(288);
  y = v128.bitselect(infinity, y, f64x2.eq(x, infinity));
  y = v128.bitselect(f64x2.neg(infinity), y, f64x2.eq(x, zero));
  return v128.bitselect(f64x2.splat(NaN), y, v128.not(f64x2.ge(x, zero)));
}

/** out = the natural logarithm of x, for the elements `from` to `to`. */
export function log(from: i32, to: i32, x: usize, out: usize): void {
  let n = to - from;
  x += <usize>from << 3, out += <usize>from << 3;
  for (; n >= 2; n -= 2, x += 16, out += 16) v128.store(out, logPair(v128.load(x)));
  if (n > 0) v128.store64_lane(out, logPair(v128.load64_zero(x)), 0);
}

// --- reductions --------------------------------------------------------------------------------------

/** sums += the columns of x, rows x cols, from top to bottom. */
export function addColumns(rows: i32, cols: i32, x: usize, sums: usize): void {
  const rowBytes = <usize>cols << 3;
  for (; cols >= 8; cols -= 8, x += 64, sums += 64) {
    let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) {
      s0 = add(s0, v128.load(p)), s1 = add(s1, v128.load(p, 16));
      s2 = add(s2, v128.load(p, 32)), s3 = add(s3, v128.load(p, 48));
    }
    v128.store(sums, s0), v128.store(sums, s1, 16), v128.store(sums, s2, 32), v128.store(sums, s3, 48);
  }
  for (; cols > 0; cols--, x += 8, sums += 8) {
    let s = load<f64>(sums);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) s += load<f64>(p);
    store<f64>(sums, s);
  }
}

/** sums += the columns of |x|, likewise. */
export function addAbsolutes(rows: i32, cols: i32, x: usize, sums: usize): void {
  const rowBytes = <usize>cols << 3;
  for (; cols >= 4; cols -= 4, x += 32, sums += 32) {
    let s0 = v128.load(sums), s1 = v128.load(sums, 16);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) {
      s0 = add(s0, f64x2.abs(v128.load(p))), s1 = add(s1, f64x2.abs(v128.load(p, 16)));
    }
    v128.store(sums, s0), v128.store(sums, s1, 16);
  }
  for (; cols > 0; cols--, x += 8, sums += 8) {
    let s = load<f64>(sums);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) s += Math.abs(load<f64>(p));
    store<f64>(sums, s);
  }
}

/** sums += the columns of x^2, likewise. */
export function addSquares(rows: i32, cols: i32, x: usize, sums: usize): void {
  const rowBytes = <usize>cols << 3;
  for (; cols >= 4; cols -= 4, x += 32, sums += 32) {
    let s0 = v128.load(sums), s1 = v128.load(sums, 16);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) {
      const x0 = v128.load(p), x1 = v128.load(p, 16);
      s0 = add(s0, mul(x0, x0)), s1 = add(s1, mul(x1, x1));
    }
    v128.store(sums, s0), v128.store(sums, s1, 16);
  }
  for (; cols > 0; cols--, x += 8, sums += 8) {
    let s = load<f64>(sums);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) s += load<f64>(p) * load<f64>(p);
    store<f64>(sums, s);
  }
}

/** sums += (x - mean)^2, likewise. */
export function addSquaredDistances(rows: i32, cols: i32, x: usize, mean: usize, sums: usize): void {
  const rowBytes = <usize>cols << 3;
  for (; cols >= 4; cols -= 4, x += 32, mean += 32, sums += 32) {
    const m0 = v128.load(mean), m1 = v128.load(mean, 16);
    let s0 = v128.load(sums), s1 = v128.load(sums, 16);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) {
      const d0 = f64x2.sub(v128.load(p), m0), d1 = f64x2.sub(v128.load(p, 16), m1);
      s0 = add(s0, mul(d0, d0)), s1 = add(s1, mul(d1, d1));
    }
    v128.store(sums, s0), v128.store(sums, s1, 16);
  }
  for (; cols > 0; cols--, x += 8, mean += 8, sums += 8) {
    const m = load<f64>(mean);
    let s = load<f64>(sums);
    for (let r = 0, p = x; r < rows; r++, p += rowBytes) {
      const d = load<f64>(p) - m;
      s += d * d;
    }
    store<f64>(sums, s);
  }
}

/** sums[r] = the sum of row r of x, rows x cols, from left to right: four rows at a time. */
export function sumRows(rows: i32, cols: i32, x: usize, sums: usize): void {
  const rowBytes = <usize>cols << 3;
  for (; rows >= 4; rows -= 4, x += rowBytes << 2, sums += 32) {
    let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
    for (let p = x, end = x + rowBytes; p < end; p += 8) {
      s0 += load<f64>(p), s1 += load<f64>(p + rowBytes);
      s2 += load<f64>(p + (rowBytes << 1)), s3 += load<f64>(p + 3 * rowBytes);
    }
    store<f64>(sums, s0), store<f64>(sums, s1, 8), store<f64>(sums, s2, 16), store<f64>(sums, s3, 24);
  }
  for (; rows > 0; rows--, x += rowBytes, sums += 8) {
    let s: f64 = 0;
    for (let p = x, end = x + rowBytes; p < end; p += 8) s += load<f64>(p);
    store<f64>(sums, s);
  }
}

// --- dot ---------------------------------------------------------------------------------------------

/**
 * c += a b, a and b packed: a in panels of 4 rows, b in panels of 4 columns, both with k changing slowest within a
 * panel. c lies row after row. All three are padded to whole panels.
 *
 * A tile of 4 x 4 sums stays in registers; two loads of b and four of a serve eight products. Two k at a time, one
 * after the other.
 */
export function addProduct(rows: i32, depth: i32, cols: i32, a: usize, b: usize, c: usize): void {
  const rowBytes = <usize>cols << 3;
  const panelBytes = <usize>depth << 5;
  for (let j = 0; j < cols; j += 4, b += panelBytes, c += 32) {
    let pa = a, pc = c;
    for (let i = 0; i < rows; i += 4, pc += rowBytes << 2) {
      const c1 = pc + rowBytes, c2 = c1 + rowBytes, c3 = c2 + rowBytes;
      let s00 = v128.load(pc), s01 = v128.load(pc, 16), s10 = v128.load(c1), s11 = v128.load(c1, 16);
      let s20 = v128.load(c2), s21 = v128.load(c2, 16), s30 = v128.load(c3), s31 = v128.load(c3, 16);
      let pb = b;
      const end = b + panelBytes;
      for (; pb + 64 <= end; pb += 64, pa += 64) {
        let b0 = v128.load(pb), b1 = v128.load(pb, 16), v = v128.load64_splat(pa);
        s00 = add(s00, mul(v, b0)), s01 = add(s01, mul(v, b1)), v = v128.load64_splat(pa, 8);
        s10 = add(s10, mul(v, b0)), s11 = add(s11, mul(v, b1)), v = v128.load64_splat(pa, 16);
        s20 = add(s20, mul(v, b0)), s21 = add(s21, mul(v, b1)), v = v128.load64_splat(pa, 24);
        s30 = add(s30, mul(v, b0)), s31 = add(s31, mul(v, b1)), v = v128.load64_splat(pa, 32);
        b0 = v128.load(pb, 32), b1 = v128.load(pb, 48);
        s00 = add(s00, mul(v, b0)), s01 = add(s01, mul(v, b1)), v = v128.load64_splat(pa, 40);
        s10 = add(s10, mul(v, b0)), s11 = add(s11, mul(v, b1)), v = v128.load64_splat(pa, 48);
        s20 = add(s20, mul(v, b0)), s21 = add(s21, mul(v, b1)), v = v128.load64_splat(pa, 56);
        s30 = add(s30, mul(v, b0)), s31 = add(s31, mul(v, b1));
      }
      if (pb < end) {
        const b0 = v128.load(pb), b1 = v128.load(pb, 16);
        let v = v128.load64_splat(pa);
        s00 = add(s00, mul(v, b0)), s01 = add(s01, mul(v, b1)), v = v128.load64_splat(pa, 8);
        s10 = add(s10, mul(v, b0)), s11 = add(s11, mul(v, b1)), v = v128.load64_splat(pa, 16);
        s20 = add(s20, mul(v, b0)), s21 = add(s21, mul(v, b1)), v = v128.load64_splat(pa, 24);
        s30 = add(s30, mul(v, b0)), s31 = add(s31, mul(v, b1));
        pa += 32;
      }
      v128.store(pc, s00), v128.store(pc, s01, 16), v128.store(c1, s10), v128.store(c1, s11, 16);
      v128.store(c2, s20), v128.store(c2, s21, 16), v128.store(c3, s30), v128.store(c3, s31, 16);
    }
  }
}

// --- pictures ----------------------------------------------------------------------------------------

/** The pictures `from` to `to` of x, each seen through a transform of its own: see `contract.ts`. */
export function distort(
  from: i32,
  to: i32,
  height: i32,
  width: i32,
  x: usize,
  affine: usize,
  isElastic: i32,
  keys: usize,
  smoothRows: usize,
  smoothCols: usize,
  columns: usize,
  scratch: usize,
  out: usize,
): void {
  const size = height * width;
  const sizeBytes = <usize>size << 3, rowBytes = <usize>width << 3;
  const noises = scratch, half = noises + rowBytes + sizeBytes, down = half + sizeBytes, right = down + sizeBytes;
  memory.fill(scratch, 0, rowBytes + 4 * sizeBytes);
  const rowCentre = <f64>(height - 1) / 2, colCentre = <f64>(width - 1) / 2;
  x += <usize>from * size, out += <usize>from * size, affine += <usize>from * 48, keys += <usize>from << 2;
  for (let i = from; i < to; i++, x += size, affine += 48, keys += 4) {
    if (isElastic) {
      for (let f = 0; f < 2; f++) {
        const key = load<i32>(keys) + f * size * 0x9e3779b9;
        for (let n = 0; n < size; n++) store<f64>(noises + rowBytes + (<usize>n << 3), noise(key, n));
        forwardDense(0, height, width, height, columns, smoothRows, noises, half);
        forwardDense(0, height, width, width, columns, half, smoothCols, f == 0 ? down : right);
      }
    }
    const a = load<f64>(affine), b = load<f64>(affine, 8), c = load<f64>(affine, 16), d = load<f64>(affine, 24);
    const shiftDown = load<f64>(affine, 32), shiftRight = load<f64>(affine, 40);
    let at: usize = 0; // of the pixel in the fields
    for (let row = 0; row < height; row++) {
      const r = <f64>row - rowCentre;
      for (let col = 0; col < width; col++, at += 8, out++) {
        const s = <f64>col - colCentre;
        const fromRow = rowCentre + (a * r + b * s) + shiftDown + load<f64>(down + at);
        const fromCol = colCentre + (c * r + d * s) + shiftRight + load<f64>(right + at);
        const top = Math.floor(fromRow), left = Math.floor(fromCol);
        const below = fromRow - top, beside = fromCol - left;
        const p = <i32>top, q = <i32>left;
        const p00 = pixel(x, height, width, p, q), p01 = pixel(x, height, width, p, q + 1);
        const p10 = pixel(x, height, width, p + 1, q), p11 = pixel(x, height, width, p + 1, q + 1);
        const upper = p00 + (p01 - p00) * beside;
        const lower = p10 + (p11 - p10) * beside;
        store<u8>(out, <u8>Math.floor(upper + (lower - upper) * below + 0.5));
      }
    }
  }
}

/** The pixel at (row, col), or 0 outside of the picture. */
// @ts-ignore: decorator
@inline
function pixel(x: usize, height: i32, width: i32, row: i32, col: i32): f64 {
  // as unsigned numbers, those below 0 are large
  return <u32>row < <u32>height && <u32>col < <u32>width ? <f64>load<u8>(x + row * width + col) : 0;
}

/** Element n of the noise that a picture's key stands for: see `plain.ts`. */
// @ts-ignore: decorator
@inline
function noise(key: i32, n: i32): f64 {
  let x = <u32>key + <u32>n * 0x9e3779b9;
  x = (x ^ (x >> 16)) * 0x21f0aaad;
  x = (x ^ (x >> 15)) * 0x735a2d97;
  return <f64><i32>(x ^ (x >> 15)) / 2147483648.0;
}

// --- memory ------------------------------------------------------------------------------------------

/** The first free byte: before it are the constants above and the table of positions. */
export function heapBase(): usize {
  return POSITIONS + POSITIONS_BYTES;
}
