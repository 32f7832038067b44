/** mathjs: functions over its dense matrices, which are arrays of arrays. Its types are loose: ours say what comes out. */

import * as math from "mathjs";
import { decay, epochs, LEARNING_RATE, loadJob, report } from "./job.ts";

type Matrix = math.Matrix;
const add = math.add as (a: Matrix | number, b: Matrix) => Matrix;
const subtract = math.subtract as (a: Matrix | number, b: Matrix) => Matrix;
const multiply = math.multiply as (a: Matrix, b: Matrix | number) => Matrix;
const dotMultiply = math.dotMultiply as (a: Matrix, b: Matrix) => Matrix;
const dotDivide = math.dotDivide as (a: number, b: Matrix) => Matrix;
const map = math.map as unknown as (m: Matrix, f: (x: number) => number) => Matrix;
const sum = math.sum as unknown as (m: Matrix) => number;

const job = await loadJob();
const batches = job.batches.map(({ X, Y }) => ({ X: math.matrix(X), Y: math.matrix(Y) }));
let w1: Matrix = math.matrix(job.w1), w2: Matrix = math.matrix(job.w2);
const decay1 = math.matrix(decay(job.w1)), decay2 = math.matrix(decay(job.w2));

const sigmoid = (net: Matrix) => dotDivide(1, add(1, map(net, (x) => math.exp(-x))));
const squares = (w: Matrix, decay: Matrix) => sum(dotMultiply(dotMultiply(w, w), decay));
const withoutBias = math.index(math.range(1, 51), math.range(0, 10));

const start = performance.now();
const errors: number[] = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  let total = 0;
  for (const { X, Y } of batches) {
    const actHidden = sigmoid(multiply(X, w1));
    const withBias = math.concat(math.ones(20, 1) as Matrix, actHidden, 1) as Matrix;
    const actOut = sigmoid(multiply(withBias, w2));

    const crossEntropy = -sum(dotMultiply(map(actOut, (x) => math.log(x)), Y));
    total += 0.5 * (crossEntropy / 10 + (squares(w1, decay1) + squares(w2, decay2)) / 2);

    const sigma3 = subtract(actOut, Y);
    const slope = dotMultiply(actHidden, subtract(1, actHidden));
    const sigma2 = dotMultiply(
      multiply(sigma3, math.transpose(math.subset(w2, withoutBias))),
      slope,
    );
    const grad1 = add(multiply(math.transpose(X), sigma2), dotMultiply(decay1, w1));
    const grad2 = add(multiply(math.transpose(withBias), sigma3), dotMultiply(decay2, w2));
    w1 = subtract(w1, multiply(grad1, LEARNING_RATE));
    w2 = subtract(w2, multiply(grad2, LEARNING_RATE));
  }
  errors.push(total / batches.length);
}
report(performance.now() - start, errors);
