/** One experiment: what its sets are, how it is trained and judged, and several at a time. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InterruptedError } from "../cli/shared/command.ts";
import {
  ARTICLE,
  evaluate,
  loadSplit,
  makeModel,
  runEpochs,
  type Settings,
  train,
} from "../cli/training/experiment.ts";
import { run, runAll } from "../cli/training/runs.ts";
import { type Epoch, scale } from "../lib/mod.ts";
import { classifierOf } from "../lib/pipeline.ts";
import { bits, dataFolder, pictures } from "./helpers.ts";
import { smallData } from "./train_command.ts";

/** An experiment that takes no time. */
const small = (data: string, changed: Partial<Settings> = {}): Settings => ({
  ...ARTICLE,
  ...{ data, trainSize: 60, validation: 10, epochs: 3, batches: 4, hidden: [5], ...changed },
});

Deno.test("what is held back is standardised by its own statistics, as both other sets are", async () => {
  using data = await smallData();
  const raw = await loadSplit(small(data.path));
  const scaled = await loadSplit(small(data.path, { scale: true }));
  const [[X, y], [scaledX, sameY]] = [raw.validation!, scaled.validation!];
  assertEquals([X.rows, X.dtype, sameY], [10, "uint8", y]);
  assertEquals(bits(scaledX.data), bits(scale(X).data));
  assertEquals((await loadSplit(small(data.path, { validation: 0 }))).validation, undefined);
});

Deno.test("a class that the training files alone have is one, also where it is not learned from", async () => {
  const train = pictures({ count: 90 }), test = pictures({ count: 8, classes: 2 });
  using data = dataFolder({
    "train-images-idx3-ubyte": train.images,
    "train-labels-idx1-ubyte": train.labels.with(8, 6), // of the first picture
    "t10k-images-idx3-ubyte": test.images,
    "t10k-labels-idx1-ubyte": test.labels,
  });
  assertEquals((await loadSplit(small(data.path, { testSet: true }))).nClasses, 7);
  const { testY, trainY } = await loadSplit(small(data.path, { trainSize: 1, testSet: true }));
  assertEquals([trainY.length, Math.max(...testY)], [1, 1]);
});

Deno.test("pictures that are held back or learned from may be all that there are, and no more", async () => {
  using data = await smallData();
  const sizes = async (changed: Partial<Settings>) => {
    const split = await loadSplit(small(data.path, changed));
    return [split.trainX.rows, split.validation?.[0].rows, split.testY.length, split.testFrom];
  };
  assertEquals(await sizes({ trainSize: 80 }), [80, 10, 12, "the test files"]);
  assertEquals(await sizes({ trainSize: 79 }), [79, 10, 1, "the rest"]);
  assertEquals(await sizes({ trainSize: "all", validation: 89 }), [1, 89, 12, "the test files"]);
  assertEquals(await sizes({ trainSize: 30, testSet: true }), [30, 10, 12, "the test files"]);
});

Deno.test("pictures are judged block by block, after each of which it may be ended", async () => {
  using data = await smallData();
  const settings = small(data.path), split = await loadSplit(settings);
  const model = makeModel(settings, split);
  await train(model, split, settings);
  const whole = evaluate(model, split);
  assertEquals(whole.predictions, Uint8Array.from(model.predict(split.testRows(0, 20))));
  const blocks = (testBlock: number, threads: number) => {
    let blocks = 0;
    const result = evaluate(model, { ...split, testBlock }, { threads, onBlock: () => blocks++ });
    assertEquals(result, whole);
    return blocks;
  };
  assertEquals([blocks(20, 1), blocks(19, 1), blocks(7, 1), blocks(5, 2)], [1, 2, 3, 2]);
  const onBlock = () => {
    throw new InterruptedError("enough");
  };
  assertThrows(() => evaluate(model, split, { onBlock }), InterruptedError, "enough");
});

Deno.test("each epoch is shown, also of distorted pictures, and the largest seed has some of them", async () => {
  using data = await smallData();
  for (const distort of [undefined, { shift: 1 }]) {
    const settings = small(data.path, { distort, scaler: "pixels", seed: 2 ** 32 - 1 });
    const split = await loadSplit(settings), model = makeModel(settings, split);
    const shown: Epoch[] = [];
    await train(model, split, settings, { onEpoch: (epoch) => void shown.push(epoch) });
    const { errors, validation } = classifierOf(model);
    assertEquals(
      shown,
      errors.map((error, i) => ({ epoch: i + 1, error, validation: validation[i] })),
    );
    assertEquals([shown.length, validation.length], [3, 3]);
  }
});

Deno.test("an epoch waits until the last one has been shown, and a training ends by its signal, or where it is interrupted", async () => {
  const seen: string[] = [], controller = new AbortController();
  function* epochs(error?: Error): Generator<Epoch> {
    for (let epoch = 1; epoch <= 4; epoch++) {
      seen.push(`epoch ${epoch}`);
      yield { epoch, error: 1 };
      if (error) throw error;
    }
  }
  await runEpochs(epochs(), {
    signal: controller.signal,
    onEpoch: async ({ epoch }) => {
      await Promise.resolve();
      seen.push(`shown ${epoch}`);
      if (epoch === 2) controller.abort();
    },
  });
  assertEquals(seen, ["epoch 1", "shown 1", "epoch 2", "shown 2"]);
  await runEpochs(epochs(new InterruptedError("stop")), {});
  await assertRejects(() => runEpochs(epochs(new Error("wrong")), {}), Error, "wrong");
});

Deno.test("the rest of the program has its turn once 30 ms of a training have passed", async () => {
  const { now } = performance;
  let time = 0, turns = 0;
  performance.now = () => time;
  try {
    const turnsOf = async (milliseconds: number) => {
      const before = turns, next = setTimeout(() => turns++);
      await runEpochs([{ epoch: 1, error: 1 }], { onEpoch: () => void (time += milliseconds) });
      clearTimeout(next);
      return turns - before;
    };
    assertEquals([await turnsOf(30), await turnsOf(31)], [0, 1]);
  } finally {
    performance.now = now;
  }
});

Deno.test("a run has the figures of its own experiment", async () => {
  using data = await smallData();
  const settings = small(data.path, { epochs: 30, learningRate: 0.01 }),
    split = await loadSplit(settings);
  const model = makeModel(settings, split);
  await train(model, split, settings);
  const { trainCorrect, testCorrect, validationCorrect } = evaluate(model, split);
  const { errors, ...known } = await run(settings);
  assert(validationCorrect! > 0 && trainCorrect !== testCorrect);
  assertEquals(errors, classifierOf(model).errors);
  assertEquals([known.settings, known.trainCorrect, known.testCorrect], [
    ...[settings, trainCorrect, testCorrect],
  ]);
  assertEquals([known.trainAccuracy, known.testAccuracy, known.validationAccuracy], [
    ...[trainCorrect / 60, testCorrect / 20, validationCorrect! / 10],
  ]);
  const { validationAccuracy } = await run({ ...settings, validation: 0 });
  assertEquals(validationAccuracy, undefined);
});

Deno.test("no more runs than may be are under way at once, and their results have their order", async () => {
  using data = await smallData();
  const several = [3, 1, 2].map((epochs) => small(data.path, { epochs }));
  const seen: string[] = [];
  const runs = await runAll(several, {
    atOnce: 1,
    onEpoch: (index, { epoch }) => seen.push(`${index}: ${epoch}`),
    onRun: (index, { errors }) => seen.push(`${index} has ended after ${errors.length}`),
  });
  assertEquals(seen, [
    ...["0: 1", "0: 2", "0: 3", "0 has ended after 3", "1: 1", "1 has ended after 1"],
    ...["2: 1", "2: 2", "2 has ended after 2"],
  ]);
  assertEquals(runs.map(({ settings }) => settings.epochs), [3, 1, 2]);
  const together = await runAll(several, { atOnce: 9 });
  assertEquals(together.map(({ weightsSha256 }) => weightsSha256), [
    ...runs.map(({ weightsSha256 }) => weightsSha256),
  ]);
  assertEquals(await runAll(several, { atOnce: 2, signal: AbortSignal.abort() }), []);
  assertEquals(await runAll([], { atOnce: 2 }), []);
});
