/**
 * Solutions to the exercises of chapter 1, "Background: sigmoid, softmax, matrices". One test an exercise: its title is
 * the finding. Try each exercise yourself first.
 *
 * To run it: `deno test -A --lock=dev.lock notebooks/solutions/01_background_test.ts`
 */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { linspace, Matrix, sigmoid, sigmoidPrime, softmax } from "../../lib/mod.ts";
import { plotLines } from "../../lib/plot/mod.ts";

// what the chapter's cells have made when the exercises begin
const x = linspace(-10, 10, 100);
const m1 = Matrix.from([[1, 2, 3], [2, 3, 4]]);
const m2 = Matrix.from([[3, 2, 1], [4, 3, 2]]);

Deno.test("1.1: a factor in front of x multiplies the steepest slope: 1/2, 1/4 and 1/8", () => {
  const factors = [2, 1, 0.5];
  const curves = factors.map((factor) => x.map((x) => sigmoid(factor * x)));

  // In a notebook this line alone, at the end of a cell, shows the figure.
  plotLines(x, { "2x": curves[0], "x": curves[1], "x/2": curves[2] }, {
    title: "The sigmoid of 2x, of x and of x/2",
    xLabel: "x",
    yLabel: "y",
    yDomain: [0, 1],
  });

  // The chain rule: the slope of sigmoid(factor x) is factor times sigmoidPrime(factor x). All three are steepest at 0,
  // and there sigmoidPrime is 1/4.
  assertEquals(factors.map((factor) => factor * sigmoidPrime(factor * 0)), [0.5, 0.25, 0.125]);

  // The same without any theory: how much each curve rises from 0.001 left of 0 to 0.001 right of it.
  factors.forEach((factor) => {
    const rise = sigmoid(factor * 0.001) - sigmoid(factor * -0.001);
    assertAlmostEquals(rise / 0.002, factor / 4, 1e-6);
  });

  // So a large factor (large weights!) makes a step of the curve, and a small one nearly a straight line.
  assert(sigmoid(2 * 10) - sigmoid(2 * -10) > 0.99999);
  assert(sigmoid(0.5 * 10) - sigmoid(0.5 * -10) < 0.99);
});

/** The point between a and b where `isTrue` changes, to the last bit: halve the interval until nothing is between. */
function boundary(isTrue: (x: number) => boolean, a: number, b: number): [number, number] {
  for (;;) {
    const middle = (a + b) / 2;
    if (middle === a || middle === b) return [a, b];
    if (isTrue(middle) === isTrue(a)) a = middle;
    else b = middle;
  }
}

Deno.test("1.2: the slope is exactly 0 from x = 36.74 on, and from -709.78 on downwards", () => {
  const isZero = (x: number) => sigmoidPrime(x) === 0;
  const [lastOnTheRight, right] = boundary(isZero, 30, 40);
  const [left, firstOnTheLeft] = boundary(isZero, -800, -700);
  assertEquals(right, 36.7368005696771 + 2 ** -47); // the next number after 36.7368005696771
  assertEquals(left, -709.7827128933841);

  // On the right the slope does not fade, it breaks off. The factor 1 - sigmoid(x) takes a number near 1 from 1. Near 1
  // the numbers of a computer are 2^-53 apart, so the result is at least 2^-53, or 0. (It is computed as 1 + e^-x, which
  // has steps of 2^-52: so the last one is 2^-52.) Where e^-x is below 2^-53, 1 + e^-x is 1. That is at x = 53 ln 2.
  assertEquals(1 - sigmoid(lastOnTheRight), 2 ** -52);
  assertEquals(sigmoid(right), 1);
  assertAlmostEquals(right, 53 * Math.LN2, 1e-12);

  // On the left sigmoid(x) itself is near 0, and near 0 numbers can be as small as 5e-324. So the slope fades slowly. The
  // end comes where e^-x is too large for a number: it is Infinity, and 1 / (1 + Infinity) is 0. That is at 1024 ln 2.
  assert(sigmoidPrime(firstOnTheLeft) < 1e-308);
  assertEquals(Math.exp(-(left - 1e-9)), Infinity);
  assertAlmostEquals(left, -1024 * Math.LN2, 1e-12);

  // So the formula decides, too. e^x / (1 + e^x) is the same in mathematics, and does not end before -745.
  const other = (x: number) => Math.exp(x) / (1 + Math.exp(x));
  assertEquals(sigmoid(-745), 0);
  assertEquals(other(-745), 5e-324);
  assertEquals(other(-746), 0);
});

Deno.test("1.3: four equal numbers give 1/4 each; (0, 0, 0, 1000) gives exactly 0, 0, 0, 1", () => {
  // All differences are 0, whatever the numbers are: nothing is preferred.
  assertEquals(softmax(Matrix.from([[5, 5, 5, 5]])).toArray(), [[0.25, 0.25, 0.25, 0.25]]);
  assert(softmax(Matrix.from([[0, 0, 0, 0]])).equals(softmax(Matrix.from([[-70, -70, -70, -70]]))));

  // The first three are e^-1000. That is above 0 in mathematics, but too small for a number: it is rounded to 0.
  assertEquals(softmax(Matrix.from([[0, 0, 0, 1000]])).toArray(), [[0, 0, 0, 1]]);

  // With 40 the first three are not 0 yet, but the last is 1 already: it is again the rounding near 1.
  const [almost] = softmax(Matrix.from([[0, 0, 0, 40]])).toArray();
  assert(almost[0] > 0 && almost[0] < 1e-17);
  assertEquals(almost[3], 1);
});

Deno.test("1.4: m1.T.dot(m2) is 3 x 3, and its largest element is 25, at the bottom left", () => {
  // (3 x 2) dot (2 x 3): the two in the middle agree and disappear, 3 x 3 is left.
  const product = m1.T.dot(m2);
  assertEquals(product.shape, [3, 3]);

  // An element is a row of m1.T, which is a column of m1, against a column of m2. The largest numbers of m1 are in its
  // last column, (3, 4), those of m2 in its first, (3, 4). So row 2, column 0: 3 x 3 + 4 x 4 = 25.
  assertEquals(product.toArray(), [[11, 8, 5], [18, 13, 8], [25, 18, 11]]);
  assertEquals(product.argmax(), 2 * 3 + 0); // counted row after row
});

Deno.test("1.5: three loops give the library's dot, to the last bit", () => {
  function dot(a: Matrix, b: Matrix): Matrix {
    const [rowsOfA, rowsOfB] = [a.toArray(), b.toArray()];
    const result: number[][] = [];
    for (let i = 0; i < a.rows; i++) {
      result.push([]);
      for (let j = 0; j < b.cols; j++) {
        let sum = 0;
        for (let k = 0; k < a.cols; k++) sum += rowsOfA[i][k] * rowsOfB[k][j];
        result[i].push(sum);
      }
    }
    return Matrix.from(result);
  }
  assertEquals(dot(m1, m2.T).toArray(), [[10, 16], [16, 25]]);
  assert(dot(m1, m2.T).equals(m1.dot(m2.T)));

  // With whole numbers any order of the sum gives the same. Here is a product where the order matters, 100 terms each;
  // the library too adds from left to right, so still no bit is different.
  const a = Matrix.from([x, sigmoid(x)]);
  assert(dot(a, a.T).equals(a.dot(a.T)));
});
