/** How fast this core multiplies and adds at all in 128-bit vectors: fourteen sums and products that wait for nobody. */
export function multiplyAndAdd(rounds: i32, operand: f64): f64 {
  const x = f64x2.splat(operand); // a constant would be made anew at every use
  let a0 = x, a1 = x, a2 = x, a3 = x, a4 = x, a5 = x, a6 = x;
  let m0 = x, m1 = x, m2 = x, m3 = x, m4 = x, m5 = x, m6 = x;
  for (let i = 0; i < rounds; i++) {
    a0 = f64x2.add(a0, x), m0 = f64x2.mul(m0, x);
    a1 = f64x2.add(a1, x), m1 = f64x2.mul(m1, x);
    a2 = f64x2.add(a2, x), m2 = f64x2.mul(m2, x);
    a3 = f64x2.add(a3, x), m3 = f64x2.mul(m3, x);
    a4 = f64x2.add(a4, x), m4 = f64x2.mul(m4, x);
    a5 = f64x2.add(a5, x), m5 = f64x2.mul(m5, x);
    a6 = f64x2.add(a6, x), m6 = f64x2.mul(m6, x);
  }
  a0 = f64x2.add(f64x2.add(f64x2.add(a0, a1), f64x2.add(a2, a3)), f64x2.add(f64x2.add(a4, a5), a6));
  m0 = f64x2.add(f64x2.add(f64x2.add(m0, m1), f64x2.add(m2, m3)), f64x2.add(f64x2.add(m4, m5), m6));
  return f64x2.extract_lane(f64x2.add(a0, m0), 0);
}
