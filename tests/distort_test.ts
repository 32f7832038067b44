/** Distorted pictures. The kernel itself is compared with its textbook form in kernels_test.ts. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { distort, Matrix, RandomState, ShapeError, ValueError } from "../lib/mod.ts";
import { loadMnist } from "../lib/mnist.ts";
import { sha256 } from "./helpers.ts";

const shape = [28, 28] as const;
const { images } = await loadMnist({ split: "test" });
const digits = images.slice(0, 1500);
const ALL = {
  ...{ shape, rotation: 10, scale: 0.1, shear: 0.1, shift: 1 },
  elastic: { alpha: 20, sigma: 4 },
};

Deno.test("without options the pictures stay as they are", () => {
  assertEquals(distort(digits, { shape }), digits);
  assertEquals(distort(digits.slice(0, 0), { shape }).shape, [0, 784]);
});

Deno.test("a picture that is larger than a block is a block of its own", () => {
  const side = 4100; // 16.8 million bytes
  const X = Matrix.zeros([2, side * side]).astype("uint8");
  X.data.set([1, 2, 3], side * side - 3);
  X.data.set([4, 5], 2 * side * side - 2);
  assert(distort(X, { shape: [side, side] }).equals(X));
});

Deno.test("the same seed gives the same pictures, on every machine and with any number of threads", async () => {
  const one = distort(digits, ALL);
  assertEquals(one, distort(digits, { ...ALL, randomSeed: 42 }));
  for (const threads of [2, 4]) {
    await new Promise((resolve) => setTimeout(resolve, 50)); // so that workers have started
    assertEquals(distort(digits, { ...ALL, threads }), one);
  }
  const bytes = one.data as Uint8Array<ArrayBuffer>;
  assertEquals(
    sha256(bytes),
    "63b303fb48b078581f9bd34ecfb2c1c0bfa6cde1e4c2b3b37a2afb5521f456f2",
  );
  assert(String(distort(digits, { ...ALL, randomSeed: 43 }).data) !== String(one.data));
  const others = [[14, 56], [56, 14]].map(([height, width]) =>
    // of other shapes
    distort(digits.slice(0, 100), { ...ALL, shape: [height, width] }).data as Uint8Array<
      ArrayBuffer
    >
  );
  assertEquals(others.map((bytes) => sha256(bytes)), [
    "76a3cd83a832e2e47e171a32482fe72bae5124c88ab766c0502f39bb03c23900",
    "0c591abec40e0ee1b3924e21a0b54a3b9637bb3c0ba275b4e98af02b2255bc13",
  ]);
});

Deno.test("a picture is distorted in the same way wherever it stands in a list of as many", () => {
  const twice = Matrix.vstack([digits.slice(0, 3), digits.slice(0, 3)]);
  const distorted = distort(twice, ALL);
  assert(String(distorted.row(0).data) !== String(distorted.row(3).data), "each in its own way");
  assertEquals(distort(digits.slice(0, 5), ALL), distort(digits.slice(0, 9), ALL).slice(0, 5));
});

/** The centre of mass: row, column; and the total. */
function centre(picture: Matrix, width: number): [row: number, col: number, total: number] {
  let total = 0, row = 0, col = 0;
  picture.data.forEach((x, n) => {
    total += x;
    row += x * Math.floor(n / width);
    col += x * (n % width);
  });
  return [row / total, col / total, total];
}

Deno.test("each option moves what it says, as far as it says", () => {
  const spot = (row: number, col: number) =>
    Matrix.zeros([1, 35 * 35]).map((_, __, n) =>
      Math.abs(Math.floor(n / 35) - row) <= 1 && Math.abs(n % 35 - col) <= 1 ? 255 : 0
    ).astype("uint8");
  const many = 300,
    distances = (option: object, row: number, col: number) => {
      const X = Matrix.vstack(Array.from({ length: many }, () => spot(row, col)));
      const moved = distort(X, { shape: [35, 35], ...option });
      return Array.from({ length: many }, (_, i) => {
        const [r, c] = centre(moved.row(i), 35);
        return [r - row, c - col];
      });
    };
  const reach = (list: number[][], axis: number) => {
    const values = list.map((d) => d[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const isNear = (found: number, expected: number, by: number) =>
    assert(Math.abs(found - expected) <= by, `${found}, not ${expected}`);
  const still = (option: object) => {
    for (const d of distances(option, 17, 17).flat()) isNear(d, 0, 0.02); // of the middle: bytes are rounded
  };

  const shifted = distances({ shift: 3 }, 17, 17);
  for (const axis of [0, 1]) {
    const [low, high] = reach(shifted, axis);
    isNear(low, -3, 0.1), isNear(high, 3, 0.1); // the largest of 300
  }
  still({ rotation: 30 });
  const [low, high] = reach(distances({ rotation: 30 }, 17, 29), 0); // 12 to the right of the middle
  isNear(low, -6, 0.15), isNear(high, 6, 0.15); // 12 sin 30 degrees
  still({ scale: 0.2 });
  const wide = reach(distances({ scale: 0.2 }, 17, 27), 1); // 10 to the right
  isNear(wide[0], -2, 0.2), isNear(wide[1], 2, 0.2);
  assertEquals(distances({ scale: 0.2 }, 17, 27).every(([row]) => Math.abs(row) < 0.02), true);
  still({ shear: 0.3 });
  const aside = reach(distances({ shear: 0.3 }, 27, 17), 1); // 10 below
  isNear(aside[0], -3, 0.15), isNear(aside[1], 3, 0.15);
  const bent = distances({ elastic: { alpha: 30, sigma: 5 } }, 17, 17).flat();
  const deviation = Math.sqrt(bent.reduce((sum, d) => sum + d * d, 0) / bent.length);
  // alpha times the deviation of uniform noise, 1 / sqrt(3), smoothed in two dimensions: 1 / (2 sqrt(pi) sigma)
  isNear(deviation, 30 / Math.sqrt(3) / (2 * Math.sqrt(Math.PI) * 5), 0.12); // of 600 draws
});

Deno.test("what is wrong is said", () => {
  const refuses = (options: unknown, kind: new (message: string) => Error, message: string) =>
    assertThrows(() => distort(digits, options as never), kind, message);
  refuses(undefined, TypeError, "distort: expected options { shape, … }, got undefined");
  refuses({}, ValueError, "distort: shape must be [height, width], got undefined");
  for (const shape of [[28], [28, 28, 1], [0.5, 1568], [-28, -28]]) {
    refuses(
      { shape },
      ValueError,
      `distort: shape must be [height, width], got [${shape.join(", ")}]`,
    );
  }
  refuses(
    { shape: [20, 20] },
    ShapeError,
    "distort: pictures of 20 x 20 need 400 columns, got shape (1500, 784)",
  );
  refuses({ shape, rotation: 200 }, ValueError, "rotation must be degrees from 0 to 180, got 200");
  refuses({ shape, scale: -1 }, ValueError, "scale must be a share from 0 to 0.9, got -1");
  refuses({ shape, shear: NaN }, ValueError, "shear must be pixels a row from 0 to 10, got NaN");
  refuses({ shape, shift: "1" }, ValueError, 'shift must be pixels from 0 to 1000, got "1"');
  assertThrows(
    () =>
      distort(Matrix.zeros([1, 3000]).astype("uint8"), {
        ...{ shape: [1, 3000], elastic: { alpha: 1, sigma: 1 } },
      }),
    ValueError,
    "distort: elastic takes pictures of up to 2048 x 2048, got 1 x 3000",
  );
  for (const alpha of [-1, 1001]) {
    refuses(
      { shape, elastic: { alpha, sigma: 1 } },
      ValueError,
      `elastic.alpha must be pixels from 0 to 1000, got ${alpha}`,
    );
  }
  refuses({ shape, elastic: 3 }, TypeError, "elastic: expected options { alpha, sigma }, got 3");
  refuses(
    { shape, elastic: { alpha: 8 } },
    ValueError,
    "elastic.sigma must be pixels from 0.1 to 1000, got undefined",
  );
  refuses(
    { shape, turn: 3 },
    ValueError,
    'distort: there is no option "turn"; the options are threads, shape, rotation',
  );
  refuses({ shape, randomSeed: -1 }, ValueError, "the seed must be a whole number");
  refuses({ shape, threads: 0 }, ValueError, "distort: threads must be ");
  assertThrows(
    () => distort(new RandomState(1).random([2, 784]), { shape }),
    TypeError,
    'distort: expected a matrix of bytes: X.astype("uint8")',
  );
  const call = distort as (...args: unknown[]) => unknown;
  assertThrows(() => call([[1]], { shape }), TypeError, "distort: expected a Matrix, got [[1]]");
  assertThrows(
    () => call(digits, { shape }, 1),
    TypeError,
    "distort: expected at most 2 arguments, got 3",
  );
});

Deno.test("the limits of all options are allowed", () => {
  const X = Matrix.ones([1, 2048]).astype("uint8"), most = { rotation: 180, scale: 0.9, shear: 10 };
  for (const sigma of [0.1, 1000]) {
    const options = { ...most, shift: 1000, elastic: { alpha: 1000, sigma } };
    assertEquals(distort(X, { shape: [1, 2048], ...options }).shape, [1, 2048]);
  }
});
