/**
 * Solutions to the exercises of chapter 3, "A classifier for MNIST". One test an exercise: its title is the finding. Try
 * each exercise yourself first.
 *
 * To run it: `deno test -A --lock=dev.lock notebooks/solutions/03_mnist_test.ts`
 */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { loadMnist } from "../../lib/mnist.ts";
import * as nn from "../../lib/mod.ts";
import { crossEntropy, l1Penalty, l2Penalty, Matrix, mle, oneHot } from "../../lib/mod.ts";
import { RandomState, shuffleData, sigmoid, sigmoidPrime, softmax } from "../../lib/mod.ts";
import { plotDigits, plotError, plotWeights } from "../../lib/plot/mod.ts";

// --- the chapter's set-up ------------------------------------------------------------------------

const { images, labels } = await loadMnist({ split: "train" });
const [X, y] = shuffleData(images, labels, { randomSeed: 42 });
const [XTrain, yTrain] = [X.slice(0, 500), y.subarray(0, 500)];
const [XTest, yTest] = [X.slice(500), y.subarray(500)];

const settings = { nClasses: 10, nFeatures: 784, nHiddenUnits: 50, randomSeed: 42 };
const articles = { l2: 0.5, l1: 0, epochs: 300, learningRate: 0.001, nBatches: 25 };
const library = new nn.NNClassifier({ ...settings, ...articles }).fit(XTrain, yTrain);

/** How many predictions are right. */
const countRight = (predicted: Int32Array, y: Uint8Array) =>
  predicted.filter((label, i) => label === y[i]).length;

/** The chapter's own class, all its steps in one. Exercise 3 changes its `error`. */
class NNClassifier {
  w1: Matrix;
  w2: Matrix;
  errors: number[] = [];
  readonly options: typeof settings & typeof articles;

  constructor(options: typeof settings & Partial<typeof articles>) {
    this.options = { l2: 0, l1: 0, epochs: 500, learningRate: 0.01, nBatches: 1, ...options };
    const rng = new RandomState(options.randomSeed);
    this.w1 = rng.uniform(-1, 1, [options.nHiddenUnits, options.nFeatures + 1]);
    this.w2 = rng.uniform(-1, 1, [options.nClasses, options.nHiddenUnits + 1]);
  }

  forward(X: Matrix) {
    const netInput = Matrix.hstack([Matrix.ones([X.rows, 1]), X]);
    const netHidden = this.w1.dot(netInput.T);
    const actHidden = Matrix.vstack([Matrix.ones([1, X.rows]), sigmoid(netHidden)]);
    const netOut = this.w2.dot(actHidden);
    return { netInput, netHidden, actHidden, netOut, actOut: sigmoid(netOut) };
  }

  error(y: Matrix, output: Matrix): number {
    const { l1, l2 } = this.options;
    const penalty = l1Penalty(l1, this.w1, this.w2) + l2Penalty(l2, this.w1, this.w2);
    return 0.5 * crossEntropy(output, y).add(penalty).mean();
  }

  backpropStep(X: Matrix, Y: Matrix) {
    const { netInput, netHidden, actHidden, actOut } = this.forward(X);
    const sigma3 = actOut.subtract(Y.T);
    const sigma2 = this.w2.T.dot(sigma3).slice(1).multiply(sigmoidPrime(netHidden));
    const lambda = this.options.l1 + this.options.l2;
    const penalty = (w: Matrix) => w.map((weight, _unit, j) => j === 0 ? 0 : lambda * weight);
    return {
      error: this.error(Y.T, actOut),
      grad1: sigma2.dot(netInput).add(penalty(this.w1)),
      grad2: sigma3.dot(actHidden.T).add(penalty(this.w2)),
    };
  }

  fit(X: Matrix, y: Uint8Array): this {
    const { nClasses, nBatches, epochs, learningRate } = this.options;
    const XBatches = nn.arraySplit(X, nBatches);
    const YBatches = nn.arraySplit(oneHot(y, nClasses), nBatches);
    for (let epoch = 0; epoch < epochs; epoch++) {
      let sum = 0;
      XBatches.forEach((XBatch, b) => {
        const { error, grad1, grad2 } = this.backpropStep(XBatch, YBatches[b]);
        this.w1 = this.w1.subtract(grad1.multiply(learningRate));
        this.w2 = this.w2.subtract(grad2.multiply(learningRate));
        sum += error;
      });
      this.errors.push(sum / nBatches);
    }
    return this;
  }
}

// --- the exercises -------------------------------------------------------------------------------

Deno.test("3.1: with 2,000 digits, training accuracy falls, test accuracy rises, and they come close", () => {
  const [XMore, yMore] = [X.slice(0, 2000), y.subarray(0, 2000)];
  const [XRest, yRest] = [X.slice(2000), y.subarray(2000)];
  const train = (changed: Partial<typeof articles>) => {
    const net = new nn.NNClassifier({ ...settings, ...articles, ...changed }).fit(XMore, yMore);
    return [countRight(net.predict(XMore), yMore), countRight(net.predict(XRest), yRest)];
  };

  // With 500: 93.80 % of them, and 81.99 % of the others. The distance is 11.8 points.
  assertEquals(countRight(library.predict(XTrain), yTrain), 469);
  assertEquals(countRight(library.predict(XTest), yTest), 48_783);

  // With 2,000, and all options as they were: 86.85 % and 83.34 %. The distance is 3.5 points. More digits are harder to
  // learn by heart, and tell more about those that have not been seen.
  assertEquals(train({}), [1737, 48_340]);

  // But 25 minibatches have 80 digits each now, and a step, which is a sum over its digits, is longer. With 100
  // minibatches of 20 digits, and 75 epochs, so that there are as many steps as before: 87.00 % and 84.69 %. (With 300
  // epochs, which takes four times as long, 88.30 % and 86.24 %.)
  assertEquals(train({ nBatches: 100, epochs: 75 }), [1740, 49_118]);
});

Deno.test("3.2: the softmax of the net outputs predicts the same digits, and goes up to 98 % instead of 21 %", () => {
  const ofActivations = library.predictProba(XTest);
  const ofNetOutputs = softmax(library.forward(XTest).net[1]);

  // No prediction changes: sigmoid and softmax both keep the order of the ten numbers.
  assertEquals(mle(ofNetOutputs), mle(ofActivations));

  // Net outputs are not held between 0 and 1, so their differences can be large. Test digit 1 is now a 6 with 84 %, not
  // with 17 %; and the largest of all is 98 %, not 21 %.
  assertEquals([ofActivations, ofNetOutputs].map((p) => p.at(1, 6).toFixed(3)), ["0.175", "0.837"]);
  assertEquals([ofActivations, ofNetOutputs].map((p) => p.max().toFixed(3)), ["0.213", "0.980"]);

  // Do they make more sense? A good probability says how often one is right. The network is right 82 % of the time. Its
  // mean probability for what it predicts is 70 %, which is not far away; it was 16 %. It is a bit too modest.
  const means = [ofActivations, ofNetOutputs].map((p) => p.max({ axis: 1 }).mean().toFixed(3));
  assertEquals(means, ["0.160", "0.698"]);

  // And where it says 80 to 90 %, it is right in 97 of 100.
  const certain = ofNetOutputs.max({ axis: 1 }).data;
  const rows = [...certain.keys()].filter((i) => certain[i] >= 0.8 && certain[i] < 0.9);
  const predicted = library.predict(XTest);
  assertEquals(rows.length, 13_119);
  assertEquals(rows.filter((i) => predicted[i] === yTest[i]).length, 12_768);
});

Deno.test("3.3: with both halves the slope is the gradient divided by 20; training does not change", () => {
  class BothHalves extends NNClassifier {
    override error(y: Matrix, output: Matrix): number {
      const otherHalf = crossEntropy(output.map((a) => 1 - a), y.map((wanted) => 1 - wanted));
      return super.error(y, output) + 0.5 * otherHalf.mean();
    }
  }
  const small = X.slice(0, 5).divide(255), ySmall = y.subarray(0, 5), YSmall = oneHot(ySmall, 10);
  const weights = [[0, 0], [0, 350], [7, 380], [21, 407], [33, 462], [49, 300]];

  /** How the error changes with a weight, measured, divided by the gradient that backpropagation gives. */
  const ratios = (options: Partial<typeof articles>) => {
    const net = new BothHalves({ ...settings, ...options });
    const { grad1 } = net.backpropStep(small, YSmall);
    return weights.map(([i, j]) => {
      const errorWith = (by: number) => {
        const other = new BothHalves({ ...settings, ...options });
        other.w1 = other.w1.map((w, a, b) => a === i && b === j ? w + by : w);
        return other.backpropStep(small, YSmall).error;
      };
      return (errorWith(1e-5) - errorWith(-1e-5)) / 2e-5 / grad1.at(i, j);
    });
  };

  // Each is 1/20: the half in front of the formula, and the mean over ten classes where the gradient is that of the sum.
  // The same factor for every weight: so now the step does go down the error that is printed.
  for (const ratio of ratios({})) assertAlmostEquals(ratio, 1 / 20, 1e-5);

  // That holds without penalties only. They count half, and not a twentieth: with l2 = 0.5 the factors differ again.
  const withPenalty = ratios({ l2: 0.5 });
  assert(Math.max(...withPenalty) > 0.4);
  assertAlmostEquals(Math.min(...withPenalty), 1 / 20, 1e-5); // of a bias, which has no penalty

  // Training does not look at the error. So all weights are the same, to the last bit; only the printed numbers are
  // larger. (Ten epochs here, to be quick.)
  const options = { ...settings, ...articles, epochs: 10 };
  const one = new NNClassifier(options).fit(XTrain, yTrain);
  const both = new BothHalves(options).fit(XTrain, yTrain);
  assert(both.w1.equals(one.w1) && both.w2.equals(one.w2));
  assert(both.errors.every((error, i) => error > one.errors[i]));
});

Deno.test("3.4: the article's 300 epochs never stand still for ten; with more, training stops after 361", () => {
  const stopped = new nn.NNClassifier({ ...settings, ...articles, epochs: 1000 });
  let best = Infinity, bestEpoch = 0;
  for (const { epoch, error } of stopped.train(XTrain, yTrain)) {
    if (error < best) [best, bestEpoch] = [error, epoch];
    else if (epoch - bestEpoch === 10) break;
  }

  // The first 300 epochs are those of the chapter, so with 300 the rule has nothing to stop. It needs more epochs to do
  // something: the lowest error is that of epoch 351.
  assertEquals(stopped.errors.slice(0, 300), library.errors);
  assertEquals([bestEpoch, stopped.errors.length], [351, 361]);
  plotError(stopped.errors, { title: "Stopped after 361 epochs" });

  // 83.47 % of the test digits instead of 81.99 %. Do not make much of it: chapter 6 shows that a rounding error does as
  // much. Mind also that this is the error of the digits that are learned. It says nothing about new ones; see
  // `fit(X, y, { validation, patience })` for a rule that does.
  assertEquals(countRight(stopped.predict(XTest), yTest), 49_666);
});

Deno.test("3.5: without hidden unit 29 the network loses 843 test digits; without unit 16 it gains 100", () => {
  const [w1, w2] = library.weights;
  // The hidden units' outputs do not change when w2 does: they are computed once, with the 1 of the bias before them.
  const hidden = Matrix.hstack([Matrix.ones([XTest.rows, 1]), library.forward(XTest).act[0]]);
  const right = (w2: Matrix) => countRight(mle(hidden.dot(w2.T)), yTest);
  assertEquals(right(w2), 48_783);

  const costs = Array.from(
    { length: 50 },
    (_, unit) => 48_783 - right(w2.map((w, _digit, j) => j === unit + 1 ? 0 : w)), // column 0 is the bias
  );
  const most = costs.indexOf(Math.max(...costs)), least = costs.indexOf(Math.min(...costs));
  assertEquals([most, costs[most]], [29, 843]);
  assertEquals([least, costs[least]], [16, -100]);

  // 843 of 59,500 is 1.4 %: the network can do without any one of its units. And without any one of eight of the 50 it
  // even reads more of these digits.
  assertEquals(costs.filter((cost) => cost < 0).length, 8);

  // Look at both pictures: blue is where a unit wants ink.
  plotWeights(w1.take([most, least]), { title: "Unit 29 and unit 16", columns: 2, size: 5 });
});

const SEVEN = `
............................
............................
............................
............................
............................
............................
.......#############........
.......#############........
.......#############........
..................##........
.................###........
.................##.........
................###.........
................##..........
...............###..........
...............##...........
..............###...........
..............##............
.............###............
.............##.............
............###.............
............##..............
...........###..............
...........##...............
............................
............................
............................
............................`;

Deno.test("3.6: a 7 in the middle is read as a 7, and four pixels further to the right as a 0", () => {
  const digit = (text: string) =>
    Matrix.from([[...text.replaceAll("\n", "")].map((c) => c === "#" ? 255 : 0)]);
  const toTheRight = (X: Matrix, by: number) =>
    X.map((_, i, j) => j % 28 >= by ? X.at(i, j - by) : 0); // a line begins where j % 28 is 0
  const mine = digit(SEVEN);
  assertEquals(mine.shape, [1, 784]);

  const moved = Matrix.vstack([0, 1, 2, 3, 4].map((by) => toTheRight(mine, by)));
  const predicted = library.predict(moved);
  plotDigits(moved, { titles: [...predicted], title: "What the network reads", columns: 5 });
  assertEquals([...predicted], [7, 7, 3, 0, 0]);

  // For us it is the same picture. For the network each pixel is an input of its own, and the ink comes to weights that
  // have learned something else. This is so not for my 7 alone. Of the first 10,000 test digits the network reads 8,224,
  // and when they are moved by four pixels 2,583.
  const [some, itsLabels] = [XTest.slice(0, 10_000), yTest.subarray(0, 10_000)];
  assertEquals(countRight(library.predict(some), itsLabels), 8224);
  assertEquals(countRight(library.predict(toTheRight(some, 4)), itsLabels), 2583);
});
