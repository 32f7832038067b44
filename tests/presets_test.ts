/** `deno task train` beyond the article: presets, pipelines, validation, distorted pictures, several seeds, records. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  distort,
  hashWeights,
  MinMaxScaler,
  NNClassifier,
  type NNClassifierOptions,
  Pipeline,
  shuffleData,
  StandardScaler,
} from "../lib/mod.ts";
import { loadMnist } from "../lib/mnist.ts";
import {
  ARTICLE,
  evaluate,
  loadSplit,
  makeModel,
  type Settings,
  train as trainModel,
} from "../cli/training/experiment.ts";
import { PRESETS, ROAD } from "../cli/training/presets.ts";
import {
  MODEL,
  PARTS,
  presetTable,
  type Records,
  roadSettings,
  settingsOf,
  shortSettings,
} from "../cli/records.ts";
import { meanAndSpread, run, runAll } from "../cli/training/runs.ts";
import { pause } from "./helpers.ts";
import { ROOT, runTask, smallData, start, train } from "./train_command.ts";

const MODERN: Partial<NNClassifierOptions> = {
  ...{ output: "softmax", reduction: "mean", penalty: "exact", batchSize: 50, shuffle: true },
  ...{ momentum: 0.9, schedule: "linear", learningRate: 0.1, l2: 2e-4, initialWeights: "he" },
  activation: "relu",
};

Deno.test("a preset, options that change it, and a validation do what the library does with them", async () => {
  using data = await smallData();
  const save = `${data.path}/model.json`;
  const { code, stdout } = await train([
    ...["--preset", "best", "--data", data.path, "--hidden", "6", "--epochs", "20"],
    ...["--validation", "20", "--patience", "5", "--seed", "3", "--json", "--save", save],
  ]);
  assertEquals(code, 0);
  const result = JSON.parse(stdout);
  const { images, labels } = await loadMnist({ split: "train", dir: data.path });
  const test = await loadMnist({ split: "test", dir: data.path });
  const [X, y] = shuffleData(images, labels);
  const net = new NNClassifier({
    ...MODERN,
    ...{ nFeatures: 20, nClasses: 3, nHiddenUnits: [6], epochs: 20, randomSeed: 3 },
  });
  const model = new Pipeline([new MinMaxScaler({ perFeature: false }), net]);
  const validation = [X.slice(70), y.subarray(70)] as const;
  model.fit(X.slice(0, 70), y.subarray(0, 70), { validation, patience: 5 });
  assertEquals(result.weightsSha256, hashWeights(model.classifier.weights));
  assertEquals(result.validation, net.validation);
  assertEquals([result.bestEpoch, result.validationTotal], [net.bestEpoch, 20]);
  assertEquals(result.validationCorrect, Math.round(20 * model.score(...validation)));
  assertEquals(result.testAccuracy, model.score(test.images, test.labels));
  assertEquals([result.trainTotal, result.testTotal], [70, 12]);

  const saved = Pipeline.fromJSON(JSON.parse(await Deno.readTextFile(save)));
  assertEquals(saved.predictProba(test.images), model.predictProba(test.images));
});

Deno.test("with --distort each epoch has new pictures: a loop around partialFit", async () => {
  using data = await smallData();
  const { stdout } = await train([
    ...["--data", data.path, "--test-set", "--epochs", "4", "--batches", "3", "--hidden", "5,4"],
    ...["--scaler", "standard", "--activation", "relu,tanh", "--json", "--learning-rate", "0.01"],
    ...["--distort", "rotation=10,shift=0.5,alpha=3,sigma=2", "--validation", "10"],
  ]);
  const result = JSON.parse(stdout);
  const { images, labels } = await loadMnist({ split: "train", dir: data.path });
  const [X, y] = shuffleData(images, labels);
  const net = new NNClassifier({
    ...{ nFeatures: 20, nClasses: 3, nHiddenUnits: [5, 4], activation: ["relu", "tanh"] },
    ...{ epochs: 4, nBatches: 3, learningRate: 0.01, l2: 0.5 },
  });
  const model = new Pipeline([new StandardScaler().fit(X.slice(0, 80)), net]);
  for (let epoch = 1; epoch <= 4; epoch++) {
    const distorted = distort(X.slice(0, 80), {
      ...{ shape: [5, 4], rotation: 10, shift: 0.5, elastic: { alpha: 3, sigma: 2 } },
      randomSeed: 42 + 1_000_003 * epoch,
    });
    model.partialFit(distorted, y.subarray(0, 80));
  }
  assertEquals(result.weightsSha256, hashWeights(model.classifier.weights));
  assertEquals(result.validation.length, 4);
});

Deno.test("several seeds give what each gives alone, with their mean and spread", async () => {
  using data = await smallData();
  const options = ["--preset", "nielsen", "--data", data.path, "--hidden", "4", "--epochs", "3"];
  const several = await train([...options, "--seeds", "3", "--json", "--quiet"]);
  assertEquals([several.code, several.stderr], [0, ""]);
  const { test, runs } = JSON.parse(several.stdout);
  for (const [n, run] of runs.entries()) {
    const one = JSON.parse((await train([...options, "--seed", String(42 + n), "--json"])).stdout);
    assertEquals(run.weightsSha256, one.weightsSha256);
    assertEquals([run.testAccuracy, run.options], [one.testAccuracy, one.options]);
    const { seconds, options: _, ...rest } = run;
    assertEquals(Object.keys(seconds), ["fit"]);
    for (const name of Object.keys(rest)) assertEquals(rest[name], one[name], name);
  }
  const accuracies: number[] = runs.map((run: { testAccuracy: number }) => run.testAccuracy);
  const mean = accuracies.reduce((a, b) => a + b) / 3;
  const squares = accuracies.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  assertEquals(test, { mean, spread: Math.sqrt(squares / 2) });

  const { stdout, stderr } = await train([
    ...[...options, "--seeds", "2", "--validation", "9", "--save", "none"],
  ]);
  const lines = stderr.split("\n").filter((line) => line.startsWith("epoch "));
  assertEquals(lines.map((line) => line.split("  ")[0]), [ // of both seeds
    ...[1, 2, 3, 4, 5, 6].map((epoch) => `epoch ${epoch}/6`),
  ]);
  const [header, first, second, last] = stdout.split("\n");
  assertMatch(header, /^Seed +Test +Validation +Epochs +Seconds$/);
  for (const line of [first, second]) {
    assertMatch(line, /^4[23] +[\d.]+ % +[\d.]+ % +3 +[\d.]+$/);
    assertEquals(line.length, header.length);
  }
  assertMatch(last, /^Mean +[\d.]+ %, standard deviation [\d.]+ points$/);
});

Deno.test("options that do not go together are refused in one line", async () => {
  using data = await smallData();
  const cases: [args: string[], message: string][] = [
    [
      ["--preset", "fast"],
      '--preset: expected one of article, nielsen, best, distorted, small, got "fast"',
    ],
    [["--scale", "--scaler", "pixels"], "--scale and --scaler pixels: choose one"],
    [["--scale", "--distort", "shift=1"], "--scale and --distort: use --scaler standard instead"],
    [["--patience", "3"], "--patience needs something to judge by: --validation N"],
    [
      ["--patience", "3", "--validation", "9", "--distort", "shift=1"],
      "--patience and --distort do not go together",
    ],
    [
      ["--distort", "shift=1,turn=3"],
      '--distort: expected a name (rotation, scale, shear, shift, alpha, sigma) and a number in "turn=3"',
    ],
    [["--distort", "alpha=3"], '--distort: expected alpha and sigma together, got "alpha=3"'],
    [["--seeds", "2", "--save", "x.json"], "--save writes one model: leave out --seeds"],
    [
      ["--validation", "90", "--data", data.path],
      "--validation 90 leaves nothing of the 90 pictures",
    ],
    [
      ["--train-size", "80", "--validation", "20", "--data", data.path],
      "--train-size 80 is more than the 70 pictures that there are when --validation 20 are held back",
    ],
    [
      ["--activation", "relu,swish"],
      '--activation: expected one of sigmoid, tanh, relu, got "relu,swish"',
    ],
    [
      ["--activation", "relu,tanh,relu", "--hidden", "5,4"],
      "--activation relu,tanh,relu: expected one name, or one for each hidden layer, of which there are 2",
    ],
    [["--momentum", "1"], '--momentum: expected a number below 1, got "1"'],
    [["--shuffle", "false"], "--shuffle takes no value"],
    [
      ["--batches", "3", "--batch-size", "20"],
      "--batches 3 and --batch-size 20 both cut an epoch: choose one",
    ],
    [
      ["--seed", "4294967295", "--seeds", "2"],
      "--seeds 2: from --seed 4294967295 on they are above 4294967295",
    ],
    [["--train-size", "some"], '--train-size: expected a whole number from 1, got "some"'],
    [
      ["--distort", "shift"],
      '--distort: expected a name (rotation, scale, shear, shift, alpha, sigma) and a number in "shift"',
    ],
    [
      ["--train-size", "60", "--batches", "61", "--data", data.path],
      "--batches 61 is more than --train-size 60: choose fewer minibatches",
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await train(args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, `train: ${message}`);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

Deno.test("what is at its limit is not refused: seeds, minibatches of a picture, more threads than cores", async () => {
  using data = await smallData();
  const files = ["--data", data.path, "--hidden", "3", "--epochs", "1", "--json", "--quiet"];
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await train([...files, ...args]);
    assertEquals([code, stderr], [0, ""]);
    return JSON.parse(stdout);
  };
  await run("--train-size", "60", "--batches", "60");
  const several = ["--train-size", "60", "--batches", "3", "--seeds", "2", "--threads", "64"];
  const { runs } = await run(...several, "--seed", "4294967294");
  assertEquals(runs.map(({ options }: { options: { seed: number } }) => options.seed), [
    4294967294,
    4294967295,
  ]);
});

Deno.test("a share that is held back is rounded to whole pictures", async () => {
  using data = await smallData();
  const args = ["--data", data.path, "--test-set", "--epochs", "1", "--batches", "3", "--json"];
  const held = async (share: string) =>
    JSON.parse((await train([...args, "--validation", share])).stdout).validationTotal;
  assertEquals(await held("0.25"), 23); // of 90
  assertEquals(await held("0.246"), 22);
});

Deno.test("of one run there is a mean, and no spread", () => {
  assertEquals(meanAndSpread([0.7]), { mean: 0.7, spread: 0 });
  assertEquals(meanAndSpread([]), { mean: NaN, spread: NaN });
  assertEquals(meanAndSpread([1, 2, 6]), { mean: 3, spread: Math.sqrt(14 / 2) });
});

Deno.test("a run in a worker gives the run, and what it throws", async () => {
  using data = await smallData();
  const settings = { ...ARTICLE, data: data.path, trainSize: 60, epochs: 3, hidden: [3] };
  const [run] = await runAll([settings], { atOnce: 1 });
  assertEquals(run.errors.length, 3);
  const wild = { ...settings, learningRate: 1e300, output: "softmax" as const };
  await assertRejects(() => runAll([settings, wild], { atOnce: 2 }), Error, "training diverged");
});

Deno.test("of runs that are interrupted those that have ended are given, without holes, each shown when it ended", async () => {
  using data = await smallData();
  const settings = { ...ARTICLE, data: data.path, trainSize: 60, epochs: 1_000_000, hidden: [3] };
  const controller = new AbortController(), ended: number[] = [];
  const runs = await runAll([settings, { ...settings, epochs: 2 }], {
    ...{ atOnce: 2, signal: controller.signal },
    onRun: (index) => {
      ended.push(index);
      controller.abort();
    },
  });
  assertEquals([ended, runs.map(({ errors }) => errors.length)], [[1], [2]]);
});

Deno.test("a preset that is not there has no records", async () => {
  const { code, stderr } = await runTask("records", ["--runs", "--only", "best,worst"]);
  assertEquals([code, stderr], [2, "records: --only: there is no preset worst\n"]);
  const { stdout } = await runTask("records", ["--help"]);
  assertMatch(stdout, /--only A\[,B…\] +only these presets \[nielsen,best,distorted,small\]\n/);
  assertMatch(
    stdout,
    new RegExp(`--at-once N +how many [^[]*\\[${navigator.hardwareConcurrency}\\]`),
  );
});

Deno.test("what a preset has can be left out: its order, its size of minibatches, its distortions", async () => {
  using data = await smallData();
  const { stdout } = await train([
    ...["--preset", "distorted", "--data", data.path, "--hidden", "4", "--epochs", "1", "--json"],
    ...["--no-shuffle", "--batches", "3", "--distort", "none"],
  ]);
  const { options } = JSON.parse(stdout);
  assertEquals([options.shuffle, options.batches, options.batchSize], [false, 3, 0]);
  assertEquals(options.distort, null);
});

Deno.test("several seeds that are interrupted give those that have ended", async () => {
  using data = await smallData();
  const { child, output, untilItHears } = start([
    ...["--data", data.path, "--json"],
    ...["--seeds", "40", "--train-size", "60", "--epochs", "3000", "--batches", "4"],
  ], ROOT);
  await untilItHears();
  await pause(2000); // some of the forty have ended
  child.kill("SIGINT");
  const { code, stdout, stderr } = await output;
  assertEquals(code, 130);
  const { runs } = JSON.parse(stdout);
  assert(runs.length < 40);
  assertStringIncludes(stderr, `${runs.length} of 40 seeds had ended`);
  for (const form of [["--quiet"], []]) {
    const none = start([
      ...["--data", data.path, "--seeds", "2", "--train-size", "60", "--epochs", "100000000"],
      ...["--batches", "4", ...form],
    ], ROOT);
    await none.untilItHears();
    none.child.kill("SIGINT");
    const { code, stdout, stderr } = await none.output;
    assertEquals([code, stdout], [130, ""]);
    assertEquals((await none.child.status).signal, null); // it has answered
    if (form.length > 0) assertEquals(stderr, "");
    else assertMatch(stderr, /\nStopped: 0 of 2 seeds had ended\.\n$/);
  }
});

Deno.test("what a training with a preset is, is said before it", async () => {
  using data = await smallData();
  const { stderr } = await train([
    ...["--preset", "distorted", "--data", data.path, "--epochs", "1", "--validation", "10"],
  ]);
  assertEquals(stderr.split("\n").slice(1, 3), [
    "Learning from 80, pixels / 255, distorted; 10 are held back; the test set is the 12 of the test files.",
    "Network 20 -> 512 relu -> 256 relu -> 3 softmax; 1 epoch of minibatches of 100, reshuffled, " +
    "learning rate 0.08 (cosine), momentum 0.9.",
  ]);
});

// --- data/records.json ---------------------------------------------------------------------------

const records: Records = JSON.parse(await Deno.readTextFile(`${ROOT}/data/records.json`));

for (const name of ["nielsen", "best", "distorted", "small"] as const) {
  Deno.test(`data/records.json has the preset ${name}, and its short form gives the same bits again`, async () => {
    const record = records.presets[name]!;
    const plain = (x: unknown) => JSON.parse(JSON.stringify(x));
    assertEquals(record.settings, plain(settingsOf(name)));
    assertEquals(record.test.runs.length, 5);
    const mean = record.test.runs.reduce((a, b) => a + b) / 5;
    assert(Math.abs(mean - record.test.mean) < 0.001, "each is rounded to 0.001");
    assertMatch(record.weightsSha256, /^[0-9a-f]{64}$/);
    if (name !== "small") assert(record.ablation!.length > 3);
    assertEquals((await run(shortSettings(name))).weightsSha256, record.short.weightsSha256);
    // what --help says of it
    const [said] = PRESETS[name].about.match(/[\d.]+(?= %)/)!;
    assertEquals(record.test.mean.toFixed(1), said);
  });
}

Deno.test("the records have each step of the road to 99 %, with its settings and the mean of five seeds", () => {
  const settings = JSON.parse(JSON.stringify(roadSettings()));
  assertEquals(records.road.map(({ name }) => name), ROAD.map(({ name }) => name));
  records.road.forEach((step, i) => {
    assertEquals(step.settings, settings[i]);
    assertEquals(step.test.runs.length, 5);
    const mean = step.test.runs.reduce((a, b) => a + b) / 5;
    assertAlmostEquals(step.test.mean, mean, 1e-3); // three digits are kept
  });
  assertEquals(records.road.at(-2)!.test, records.presets.best!.test);
  assertEquals(records.road.at(-1)!.test, records.presets.distorted!.test);
});

Deno.test("the records have each preset without each of its parts, and how far that is from the whole", () => {
  for (const name of ["nielsen", "best", "distorted"] as const) {
    const { validation: { mean }, ablation } = records.presets[name]!;
    const parts = PARTS.filter(({ of }) => of.includes(name)).map(({ name: without, changed }) => {
      const distort = "distort" in changed ? { distort: changed.distort ?? null } : {};
      return { without, changed: JSON.parse(JSON.stringify({ ...changed, ...distort })) };
    });
    assertEquals(ablation!.map(({ without, changed }) => ({ without, changed })), parts);
    for (const { validation, difference } of ablation!) {
      assertAlmostEquals(validation.mean - mean, difference, 1e-9); // three digits are kept
    }
  }
});

Deno.test("the README has the table of the records", async () => {
  assertStringIncludes(await Deno.readTextFile(`${ROOT}/README.md`), presetTable(records));
});

/** `deno task records` in a folder of its own, with small presets that learn from small pictures. */
async function recordsFolder() {
  const folder = await Deno.makeTempDir({ prefix: "nn-records-" }),
    root = new URL("../", import.meta.url);
  const from = new URL(`file://${folder}/`);
  const data = await smallData(5100); // 5,000 are held back
  const all = { data: data.path, testSet: true, trainSize: "all", scaler: "pixels", batchSize: 20 };
  const settings = { ...all, hidden: [4], epochs: 2, learningRate: 0.01, l2: 0 };
  const distort = { rotation: 5, elastic: { alpha: 3, sigma: 2 } };
  const presets = {
    distorted: { settings: { ...settings, distort } },
    small: { settings: { ...settings, hidden: [100], l1: 2, distort } }, // some weights round to -0
  };
  const short = { trainSize: 60, epochs: 1 };
  const road = [
    { name: "first", preset: "distorted" },
    { name: "then", changed: { distort: undefined, hidden: [3], trainSize: 90 } },
  ];
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const map = {
    ...imports,
    [`${from}commands/`]: `${root}cli/`,
    [`${from}lib/`]: `${root}lib/`,
    [`${from}commands/records.ts`]: `${from}commands/records.ts`,
    [`${from}commands/training/presets.ts`]: `${from}presets.ts`,
  };
  await Deno.mkdir(`${folder}/commands`);
  await Deno.mkdir(`${folder}/data`);
  await Deno.copyFile(new URL("cli/records.ts", root), `${folder}/commands/records.ts`);
  await Deno.writeTextFile(`${folder}/map.json`, JSON.stringify({ imports: map }));
  await Deno.writeTextFile(
    `${folder}/presets.ts`,
    `export const DISTORTION = ${JSON.stringify(distort)}, PRESETS = ${JSON.stringify(presets)};
    export const SHORT = ${JSON.stringify(short)}, ROAD = ${JSON.stringify(road)};`.replace(
      '"changed":{',
      '"changed":{"distort":undefined,',
    ),
  );
  return {
    folder,
    settingsOf: (name: "distorted" | "small"): Settings =>
      ({ ...ARTICLE, ...presets[name].settings }) as Settings,
    short,
    /** Its exit code and what it says, with T for times. */
    records: async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--allow-read",
          `--allow-write=${folder}/data`,
          "--quiet",
          "--no-check",
          "--no-lock",
          `--import-map=${folder}/map.json`,
        ]
          .concat(`${from}commands/records.ts`, args),
        env: { NO_COLOR: "1" },
      }).output();
      const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return [code, printed, said.replaceAll(/ \d+(\.\d)? s\b/g, " T")];
    },
    read: async (): Promise<Records> => {
      const text = await Deno.readTextFile(`${folder}/data/records.json`);
      const kept = JSON.parse(text);
      assertEquals(text, JSON.stringify(kept, null, 2) + "\n");
      return kept;
    },
    async [Symbol.asyncDispose]() {
      data[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** What the records have of these shares, to three digits of a percent. */
function inPercent(shares: readonly number[]) {
  const rounded = (x: number) => Number(x.toFixed(3));
  const { mean, spread } = meanAndSpread(shares.map((x) => 100 * x));
  return {
    mean: rounded(mean),
    spread: rounded(spread),
    runs: shares.map((x) => rounded(100 * x)),
  };
}

Deno.test("deno task records keeps five seeds, the ablation, the road and the model, each alone or all of them", async () => {
  await using it = await recordsFolder();
  const SEEDS = [42, 43, 44, 45, 46];
  const runsOf = async (settings: Settings, seeds: number[]) => {
    const runs = [];
    for (const seed of seeds) runs.push(await run({ ...settings, seed }));
    return runs;
  };
  const saidOf = (title: string, seeds: number[], accuracies: number[], kind = "test") =>
    `\n${title}: ${seeds.length} runs\n` +
    seeds.map((seed, i) =>
      `  run ${i + 1}, seed ${seed}: ${kind} ${accuracies[i].toFixed(2)} % in T; T so far\n`
    ).join("");
  const plain = (x: unknown) => JSON.parse(JSON.stringify(x));

  assertEquals(await it.records("--road", "--only", "small"), [
    ...[1, "", "records: run deno task records --only distorted --runs first\n"],
  ]);
  const small = it.settingsOf("small"), ofSmall = await runsOf(small, SEEDS);
  const test = inPercent(ofSmall.map(({ testAccuracy }) => testAccuracy));
  assertEquals(await it.records("--runs", "--only", "small", "--at-once", "1"), [
    ...[0, "", saidOf("small", SEEDS, test.runs)],
  ]);
  const { presets, about, road } = await it.read();
  const { seconds, ...kept } = presets.small!;
  assertEquals(about, records.about);
  assertEquals([Object.keys(presets), road], [["small"], []]);
  assertEquals(seconds.map((s) => Number(s.toFixed(1))), seconds);
  assertEquals(seconds.length, 5);
  assertEquals(kept as unknown, {
    ...{ settings: plain(small), test, epochs: 2 },
    weightsSha256: ofSmall[0].weightsSha256,
    predictionsSha256: ofSmall[0].predictionsSha256,
    short: { weightsSha256: (await run({ ...small, ...it.short } as Settings)).weightsSha256 },
  });

  const held = await runsOf({ ...small, validation: 5000 }, [42, 43]);
  const validation = inPercent(held.map(({ validationAccuracy }) => validationAccuracy!));
  const title = "small, without its parts";
  assertEquals(await it.records("--ablation", "--only", "small", "--at-once", "1"), [
    ...[0, "", saidOf(title, [42, 43], validation.runs, "validation")],
  ]);
  assertEquals((await it.read()).presets, { small: { ...kept, seconds, validation } });

  const [code, printed, said] = await it.records("--only", "distorted");
  assertEquals([code, printed], [0, ""], said as string);
  assertEquals((said as string).match(/^\S.*$/gm), [
    ...["distorted: 5 runs", "distorted, without its parts: 5 runs", "then: 5 runs"],
    "the model: 2 epochs",
  ]);
  const after = await it.read(), distorted = after.presets.distorted!;
  assertEquals(Object.keys(after.presets), ["distorted", "small"], "in the order of the presets");
  assertEquals(after.presets.small, { ...kept, seconds, validation });
  const settings = it.settingsOf("distorted"), [first] = await runsOf(settings, [42]);
  assertEquals(distorted.weightsSha256, first.weightsSha256);
  const { elastic, ...turned } = settings.distort!;
  const parts = [
    ["distortions", { distort: null }],
    ["elastic distortions", { distort: turned }],
    ["turns, scales, shears and shifts", { distort: { elastic } }],
    ["a second hidden layer", { hidden: [800] }],
  ] as const;
  const shareOf = async (changed: object) =>
    inPercent([
      (await run({ ...settings, validation: 5000, ...changed } as Settings)).validationAccuracy!,
    ]);
  const whole = await shareOf({});
  assertEquals(distorted.validation, whole);
  const ablation = [];
  for (const [without, changed] of parts) {
    const validation = await shareOf(changed);
    const difference = Number((validation.mean - whole.mean).toFixed(3));
    ablation.push({ without, changed, validation, difference });
  }
  assertEquals(distorted.ablation as unknown, ablation);
  assert(new Set(ablation.map(({ difference }) => difference)).size > 1);

  const step = { ...settings, distort: undefined, hidden: [3], trainSize: 90 };
  const walked = await runsOf(step, SEEDS);
  const [there, walk] = after.road;
  assertEquals(there, {
    ...{ name: "first", settings: plain(settings), test: distorted.test },
    seconds: distorted.seconds.toSorted((a, b) => a - b)[2],
  });
  assertEquals({ ...walk, seconds: Number(walk.seconds.toFixed(1)) }, {
    ...{ name: "then", settings: plain(step), seconds: walk.seconds },
    test: inPercent(walked.map(({ testAccuracy }) => testAccuracy)),
  });

  const text = await Deno.readTextFile(`${it.folder}/data/models/digits.json`);
  const model = Pipeline.fromJSON(JSON.parse(text)), { weights } = model.classifier;
  const split = await loadSplit(small), trained = makeModel(small, split) as Pipeline;
  await trainModel(trained, split, small);
  assertEquals(
    weights.map(({ data }) => [...data]),
    trained.classifier.weights.map(({ data }) => Array.from(data, (x) => Number(x.toFixed(4)) + 0)),
  );
  // the card is that of data/models, but for this model's numbers
  const words = (card: string) => card.replaceAll(/\s+/g, " ").replaceAll(/-{3,}/g, "---");
  const { testCorrect } = evaluate(model, split);
  const card = words(await Deno.readTextFile(new URL("README.md", MODEL)))
    .replace(/784 inputs, \d+ ReLU/, "784 inputs, 100 ReLU")
    .replace(/\d\d\.\d\d %, \d{4} of/, `${(testCorrect / 100).toFixed(2)} %, ${testCorrect} of`)
    .replace(/each of \d+ epochs/, "each of 2 epochs")
    .replace(/\d+ kB/, `${Math.round(text.length / 1000)} kB`)
    .replace(/`[0-9a-f]{64}`/, `\`${hashWeights(weights)}\``);
  assertEquals(words(await Deno.readTextFile(`${it.folder}/data/models/README.md`)), card);

  await Deno.remove(`${it.folder}/data/records.json`);
  await Deno.remove(`${it.folder}/data/models`, { recursive: true });
  assertEquals(await it.records("--model", "--only", "small"), [0, "", "\nthe model: 2 epochs\n"]);
  assertEquals(await Deno.readTextFile(`${it.folder}/data/models/digits.json`), text);
  assertEquals(Array.from(Deno.readDirSync(`${it.folder}/data`), ({ name }) => name), ["models"]);
});

Deno.test("the model of data/models reads what its card says, and is at most a megabyte", async () => {
  const text = await Deno.readTextFile(MODEL);
  assert(text.length <= 1e6, `${text.length}`);
  const model = Pipeline.fromJSON(JSON.parse(text));
  const { images, labels } = await loadMnist({ split: "test" });
  const card = await Deno.readTextFile(new URL("README.md", MODEL));
  assertStringIncludes(card, hashWeights(model.classifier.weights));
  assertStringIncludes(card, `${(100 * model.score(images, labels)).toFixed(2)} %`);
});
