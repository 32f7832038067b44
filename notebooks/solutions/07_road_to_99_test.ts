/**
 * Solutions to the exercises of chapter 7, "The road to 99 %". One test an exercise: its title is the finding. Try each
 * exercise yourself first.
 *
 * To run it: `deno test -A --lock=dev.lock notebooks/solutions/07_road_to_99_test.ts`
 *
 * To be quick, "all digits" are 10,000 instead of 60,000 here, and one seed is trained where one should compare means of
 * five. The comments have these, measured too; what follows a ± is the standard deviation of five seeds, 42 to 46.
 */

import { assertEquals } from "@std/assert";
import { loadMnist } from "../../lib/mnist.ts";
import {
  distort,
  Matrix,
  MinMaxScaler,
  mle,
  NNClassifier,
  type NNClassifierOptions,
  Pipeline,
  shuffleData,
} from "../../lib/mod.ts";
import { type Figure, plotDigits, plotLines, plotMeans } from "../../lib/plot/mod.ts";

// --- the chapter's set-up ------------------------------------------------------------------------

const { images, labels } = await loadMnist({ split: "train" });
const [X, y] = shuffleData(images, labels, { randomSeed: 42 });
const { images: XTest, labels: yTest } = await loadMnist({ split: "test" });
const [X500, y500] = [X.slice(0, 500), y.subarray(0, 500)];
const [XMany, yMany] = [X.slice(0, 10_000), y.subarray(0, 10_000)]; // the chapter has 60,000

const shape = { nFeatures: 784, nClasses: 10, nHiddenUnits: 50, randomSeed: 42 };
const article = { ...shape, l2: 0.5, epochs: 300, learningRate: 0.001, nBatches: 25 };
const all = { ...article, nBatches: undefined, batchSize: 20, epochs: 10 };
const pixels = { ...all, learningRate: 0.02, l2: 0.005 };
/** The step "rectifiers", with what it takes over from the steps before. */
const relu = {
  ...shape,
  ...{ activation: "relu", initialWeights: "he", output: "softmax" },
  ...{ penalty: "exact", reduction: "mean", shuffle: true, schedule: "cosine" },
  ...{ epochs: 10, batchSize: 50, learningRate: 0.05, momentum: 0.9, l2: 1e-4 },
} satisfies NNClassifierOptions;

/** With pixels from 0 to 1. */
const scaled = (net: NNClassifier) => new Pipeline([new MinMaxScaler({ perFeature: false }), net]);

const text = await Deno.readTextFile(new URL("../../data/models/digits.json", import.meta.url));
const small = Pipeline.fromJSON(JSON.parse(text));

/** How many of the 10,000 test digits are predicted right. */
const countRight = (predicted: Int32Array) =>
  predicted.filter((label, i) => label === yTest[i]).length;
const right = (model: NNClassifier | Pipeline) => countRight(model.predict(XTest));

// --- the exercises -------------------------------------------------------------------------------

/** The test digits that are read wrong, from the numbers of those that are read right. */
function plotWrong(counts: Record<string, number>, title: string): Figure {
  return plotMeans(
    Object.entries(counts).map(([name, count]) => ({ name, mean: 10_000 - count })),
    {
      ...{ title, xLabel: "test digits read wrong, of 10,000 (log scale)" },
      ...{ domain: [500, 2000], digits: 0, log: true },
    },
  );
}

Deno.test("7.1: in either order it is the second step that brings most: 10 or 11 points of 14", () => {
  const fewScaled = { ...article, learningRate: 0.02, l2: 0.005 };
  const counts = {
    "500 raw digits": right(new NNClassifier(article).fit(X500, y500)),
    "many raw digits": right(new NNClassifier(all).fit(XMany, yMany)),
    "500 scaled digits": right(scaled(new NNClassifier(fewScaled)).fit(X500, y500)),
    "many scaled digits": right(scaled(new NNClassifier(pixels)).fit(XMany, yMany)),
  };
  plotWrong(counts, "Two steps, in two orders");
  assertEquals(Object.values(counts), [8276, 8309, 8585, 9328]);

  // With all 60,000 digits, means of five seeds:
  //                        raw             scaled
  //   500 digits           82.61 ± 1.15    86.35 ± 0.35
  //   60,000 digits        85.50 ± 0.78    96.37 ± 0.07
  // The chapter's order: the data brings 2.9 points, then the pixels 10.9. The other one: the pixels 3.7, then the data
  // 10.0. (With 10,000 digits and seed 42, as here: 0.3 and 10.2, or 3.1 and 7.4.) So "dividing the pixels brings eleven
  // points" is true, and "the data brings ten" as well. Each needs the other, and the one that comes second looks great.

  // Mind that "scaled" is three changes: the learning rate and the penalty go with the pixels. With those of raw pixels
  // 500 scaled digits give 83.90 ± 0.13: one third of the gain.
});

Deno.test("7.2: the vote is better than the best of ten, by 0.3 points; with twice the epochs by 0.4", () => {
  // 5 epochs here instead of 10.
  const probabilities = Array.from({ length: 10 }, (_, k) => {
    const net = new NNClassifier({ ...relu, epochs: 5, randomSeed: 42 + k });
    return scaled(net).fit(XMany, yMany).predictProba(XTest);
  });
  const readers = probabilities.map((p) => mle(p));
  const counts = readers.map(countRight);
  const vote = (n: number) => countRight(mle(probabilities.slice(0, n).reduce((a, b) => a.add(b))));
  plotLines(counts.map((_, i) => i + 1), {
    "the vote of the first n": counts.map((_, i) => vote(i + 1) / 100),
    "the best of ten": counts.map(() => Math.max(...counts) / 100),
  }, { title: "Ten networks vote", xLabel: "n", yLabel: "%" });
  assertEquals(counts, [9472, 9463, 9461, 9444, 9457, 9447, 9442, 9476, 9465, 9457]);
  assertEquals([vote(10), Math.max(...counts)], [9505, 9476]);

  // With 10 epochs, 95.75 % and 95.34 %. Four more groups of ten seeds have votes from 95.76 to 95.92, and gain 0.35 to
  // 0.44. With 60,000 digits, 98.15 and 97.92. With 2,000, nothing: 91.72 is both the vote and the best of ten. (And the
  // best was chosen by test digits. In earnest one does not know which it is. The vote is 0.5 to 0.6 above the mean.)

  // In chapter 6 a vote gained two points. Why so little here? These networks agree: nearly half of what one reads wrong
  // is read wrong by all ten. Nobody can outvote that.
  const wrong = (i: number) => readers.filter((said) => said[i] !== yTest[i]).length;
  assertEquals([...yTest.keys()].filter((i) => wrong(i) === 10).length, 254); // of 524 to 558 wrong ones of each
});

Deno.test("7.3: nine distorted copies of 500 digits are worth 2,000 to 3,000 new ones, not 4,500", () => {
  const everything = {
    ...{ rotation: 7.5, scale: 0.15, shear: 0.15, shift: 1 },
    elastic: { alpha: 30, sigma: 5 },
  };
  const copies = Array.from(
    { length: 9 },
    (_, k) => distort(X500, { shape: [28, 28], ...everything, randomSeed: k + 1 }),
  );
  const XCopies = Matrix.vstack([X500, ...copies]);
  const yCopies = Uint8Array.from({ length: XCopies.rows }, (_, i) => y500[i % 500]);

  const train = (X: Matrix, y: Uint8Array, epochs = 10) =>
    right(scaled(new NNClassifier({ ...relu, epochs })).fit(X, y));
  const real = (n: number, epochs: number) => train(X.slice(0, n), y.subarray(0, n), epochs);
  const counts = {
    "500 digits": real(500, 10),
    "500 and nine copies of each": train(XCopies, yCopies),
    "2,500 digits": real(2500, 20), // as many steps as those of 5,000 in 10 epochs
    "5,000 digits": real(5000, 10),
  };
  plotWrong(counts, "Distorted and new digits");
  assertEquals(Object.values(counts), [8696, 9225, 9234, 9351]);

  // Means of five seeds: 86.86 ± 0.17, 92.05 ± 0.19, 92.16 ± 0.28 and 93.42 ± 0.24. So the copies of 500 are worth some
  // 2,000 new digits. It depends on the 500, too. With three other sets of 500, copied likewise: 92.36, 92.37 and 92.79.
  // 3,000 digits, 2,500 of them new, have 92.36 to 92.61.

  // It is not the longer training: nine copies without any distortion give 87.22 ± 0.21. And half of the distortion brings
  // less: turned, scaled, slanted and moved 91.24 ± 0.18, only bent 91.44 ± 0.19.

  // But copies cost nothing. In 10 epochs 39 of each give 94.91 ± 0.18, and 99 of each 95.80 ± 0.19. With as many steps as
  // the last, 100 epochs, 5,000 real digits give 94.05 ± 0.07 (three seeds). So 500 digits, and the knowledge of what does
  // not change them, beat ten times as many digits without it.
});

Deno.test("7.4: 374 of the 10,000 must be left to somebody else; 736, if no mistake at all is allowed", () => {
  const probabilities = small.predictProba(XTest), predicted = mle(probabilities);
  const certainty = probabilities.max({ axis: 1 }).data;
  const isWrong = (i: number) => predicted[i] !== yTest[i];
  const order = [...yTest.keys()].sort((a, b) => certainty[b] - certainty[a]);

  /** How many mistakes are among the first digit of a list, the first two, the first three, …? */
  const mistakesIn = (list: number[]) => {
    let sum = 0;
    return list.map((i) => sum += isWrong(i) ? 1 : 0);
  };
  /** How many of a list can be answered, with at most one mistake in 1,000. */
  const answerable = (list: number[]) =>
    mistakesIn(list).findLastIndex((count, n) => count <= (n + 1) / 1000) + 1;

  const mistakes = mistakesIn(order), answered = answerable(order);
  plotLines(order.map((_, n) => n + 1), { mistakes }, {
    title: "The most certain digits first",
    xLabel: "digits answered",
    yLabel: "mistakes among them",
  });
  assertEquals(mistakes.at(-1), 88);

  // Nine mistakes are allowed from 9,000 digits on, ten from 10,000 on. The tenth comes at place 9,627.
  assertEquals([answered, 10_000 - answered, mistakes[answered - 1]], [9626, 374, 9]);
  assertEquals(mistakes.indexOf(10) + 1, 9627);
  assertEquals(10_000 - mistakes.indexOf(1), 736); // the first mistake is at place 9,265

  // So the small model knows rather well what it does not know. Of the 374 it would have read 79 wrong, one in five; of
  // the others, one in a thousand.
  assertEquals(order.slice(answered).filter(isWrong).length, 79);

  // The rule is: answer from 94.67 % on. But it was found with the digits that it is judged by, and hangs on nine of
  // them. Found with one half of the test digits, it need not hold for the other half.
  assertEquals(certainty[order[answered - 1]].toFixed(4), "0.9467");
  const halves = [order.filter((i) => i < 5000), order.filter((i) => i >= 5000)];
  const bounds = halves.map((half) => certainty[half[answerable(half) - 1]]);
  assertEquals(bounds.map((bound) => bound.toFixed(3)), ["0.971", "0.886"]);
  const others = halves.map((half, h) => half.filter((i) => certainty[i] >= bounds[1 - h]));
  assertEquals(others.map((list) => list.length), [4827, 4839]);
  assertEquals(others.map((list) => list.filter(isWrong).length), [12, 2]); // 99.75 % and 99.96 %
});

/** All pictures turned by one angle, clockwise where it is above 0. Each pixel looks where it comes from. */
function turn(X: Matrix, degrees: number): Matrix {
  const [sin, cos] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)];
  return X.map((_, i, pixel) => {
    const down = Math.floor(pixel / 28) - 13.5, right = pixel % 28 - 13.5; // from the middle
    const row = Math.round(13.5 + cos * down - sin * right);
    const col = Math.round(13.5 + sin * down + cos * right);
    return row >= 0 && row < 28 && col >= 0 && col < 28 ? X.at(i, 28 * row + col) : 0;
  });
}

Deno.test("7.5: half are lost at 46 degrees clockwise, at 52 to the other side; 0s are read at any angle", () => {
  // The hint's way. Every 20th test digit, five seeds; the share that is read, in percent.
  const rows = Array.from({ length: 500 }, (_, i) => 20 * i);
  const some = XTest.take(rows);
  const limits = [0, 15, 30, 45, 60, 90];
  const shares = limits.map((rotation) => {
    const counts = [0, 1, 2, 3, 4].map((randomSeed) => {
      const predicted = small.predict(distort(some, { shape: [28, 28], rotation, randomSeed }));
      return rows.filter((row, i) => predicted[i] === yTest[row]).length;
    });
    return counts.reduce((a, b) => a + b) / 25; // 5 x 500 are 100 %
  });
  plotLines(limits, { read: shares }, {
    title: "Digits turned by up to so many degrees",
    xLabel: "largest angle",
    yLabel: "%",
  });
  assertEquals(shares, [99.2, 98.88, 96.36, 87.6, 76.6, 57.28]);

  // It has learned from digits turned by 7.5 degrees at most, but is hardly worse up to 15. These are means over all
  // angles up to the limit, though, and over both sides. For an angle and a side one has to turn the digits oneself. The
  // first test digit, a 7, is read as a 2 from 33 degrees clockwise on, and from 51 to the other side.
  const failsAt = (side: number) => {
    for (let angle = 0; angle <= 180; angle++) {
      if (small.predict(turn(XTest.slice(0, 1), side * angle))[0] !== 7) return angle;
    }
  };
  assertEquals([failsAt(1), failsAt(-1)], [33, 51]);
  plotDigits(Matrix.vstack([0, 32, 33, -50, -51].map((angle) => turn(XTest.slice(0, 1), angle))), {
    titles: [0, 32, 33, -50, -51],
    title: "Read as 7, 7, 2, 7, 2",
    columns: 5,
  });

  // All 10,000 at 45 degrees. To the two sides:
  const clockwise = small.predict(turn(XTest, 45)), counter = small.predict(turn(XTest, -45));
  assertEquals([clockwise, counter].map(countRight), [5155, 6363]);

  // Not the same for all digits. Where fewer than half are read (a step of one degree, from 20 to 70):
  //                        0    1    2    3    4    5    6    7    8    9    all
  //   clockwise            -    49   47   49   36   43   43   36   48   48   46
  //   counter-clockwise    -    59   41   45   41   56   57   48   52   53   52
  // A 0 looks much the same at any angle: at the worst one 87 % are read. A 2 and a 3 bear more clockwise, all others more
  // to the other side.
  const percent = (predicted: Int32Array) =>
    Array.from({ length: 10 }, (_, digit) => {
      const its = [...yTest.keys()].filter((i) => yTest[i] === digit);
      return Math.round(100 * its.filter((i) => predicted[i] === digit).length / its.length);
    });
  assertEquals(percent(clockwise), [99, 61, 55, 59, 22, 44, 45, 19, 58, 52]);
  assertEquals(percent(counter), [98, 84, 35, 47, 34, 71, 77, 57, 66, 69]);

  // Why are the sides different? It comes from the second half of the test digits. Of these, half are lost at 43 degrees
  // clockwise and at 56 to the other side; of the first half, at 50 and 49. And those of the second half lean to the right
  // as they are, by 9.7 degrees in the mean, those of the first by 0.4 (by the covariance of their ink). So clockwise they
  // have less far to go. The first 500 test digits would have been a bad sample: for them both sides are nearly the same.
  const firstHalf = (predicted: Int32Array) => countRight(predicted.subarray(0, 5000));
  assertEquals([clockwise, counter].map(firstHalf), [3011, 2909]);

  // Further on it is no matter of failing only. Upside down, 0, 1, 5 and 8 are themselves again, and 9 is read as a 6.
  const upsideDown = small.predict(turn(XTest, 180));
  assertEquals(percent(upsideDown), [95, 99, 39, 0, 26, 87, 0, 0, 85, 0]);
  const nines = [...yTest.keys()].filter((i) => yTest[i] === 9);
  assertEquals([nines.length, nines.filter((i) => upsideDown[i] === 6).length], [1009, 906]);
});
