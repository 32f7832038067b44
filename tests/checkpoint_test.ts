/** Runs that are killed and resumed, and runs that are interrupted: through the command line, as people call it. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Matrix, NNClassifier, RandomState, shuffleData, withChecksums } from "../lib/mod.ts";
import { dataFolder, pause, pictures } from "./helpers.ts";
import { ROOT, runTask, smallData, start } from "./train_command.ts";

/** When the checkpoint of a folder was written, or moved, last. */
function changeOf(folder: string, name = "run.checkpoint"): number | undefined {
  try {
    return Deno.statSync(join(folder, name)).ctime?.getTime();
  } catch {
    return undefined;
  }
}

/** What must be the same, of the object that `--json` prints. */
function essence(stdout: string): unknown {
  const { seconds: _, ...result } = JSON.parse(stdout);
  return result;
}

/** Pictures that are learned in no time. */
const PICTURES = ["--data", ".", "--train-size", "60", "--batches", "5"];

/** A run with two checkpoints after its beginning. */
const SHORT = [...PICTURES, "--epochs", "4", "--every", "2"];

const RUNS: Record<string, string[]> = {
  "raw pixels": ["--epochs", "5000"],
  "momentum, new orders, a schedule, patience, two threads": [
    ...[
      "--epochs",
      "5000",
      "--hidden",
      "20,10",
      "--momentum",
      "0.9",
      "--shuffle",
      "--schedule",
      "cosine",
    ],
    ...["--validation", "20", "--patience", "4900", "--scaler", "standard", "--threads", "2"],
  ],
  "distorted pictures": [
    "--epochs",
    "5000",
    "--distort",
    "rotation=10,shift=1",
    "--scaler",
    "pixels",
  ],
  "a table": [
    "--csv",
    "data/iris.csv",
    "--target",
    "species",
    "--epochs",
    "6000",
    "--save",
    "none",
  ],
};

for (const [name, args] of Object.entries(RUNS)) {
  Deno.test(`${name}: killed again and again, and resumed without its options, it ends with the same bits`, async () => {
    using data = await smallData();
    await Deno.symlink(`${ROOT}/data`, join(data.path, "data"));
    const source = name === "a table" ? [] : PICTURES;
    const all = [...args, ...source, "--json"];
    const whole = await start(all, data.path).output;
    assertEquals(whole.code, 0, whole.stderr);
    const rng = new RandomState(7), file = ["--checkpoint", "run.checkpoint"];
    let kills = 0, hasEnded = false;
    while (kills < 5 && !hasEnded) {
      const before = changeOf(data.path);
      const options = kills > 0 ? ["--resume", "--json"] : [...all, "--every", "50"];
      const { child, output } = start([...file, ...options], data.path);
      output.then(() => hasEnded = true);
      // it trains once a checkpoint is written, however fast the machine is
      while (changeOf(data.path) === before && !hasEnded) await pause(2);
      await pause(rng.randint(0, 12));
      if (hasEnded) {
        const { code, stderr } = await output;
        assertEquals(code, 0, stderr);
      } else {
        try {
          child.kill("SIGKILL");
        } catch {
          // it has ended
        }
        hasEnded = (await output).code === 0; // it did in this very moment
        if (!hasEnded) kills++;
      }
    }
    assert(kills > 1, `${kills} kills`);
    const output = await start([...file, "--resume", "--json"], data.path).output;
    assertEquals(essence(output.stdout), essence(whole.stdout));
    const again = await start([...file, "--resume", "--json"], data.path).output; // after its end
    assertEquals(again.code, 0, again.stderr);
    assertEquals(essence(again.stdout), essence(whole.stdout));
  });
}

Deno.test("a checkpoint that is cut off or damaged is named, and the one before is taken; without a whole one the run is refused", async () => {
  using data = await smallData();
  const options = [...PICTURES, "--epochs", "30"];
  const train = (...args: string[]) =>
    runTask("train", [...args, "--checkpoint", "run.checkpoint"], data.path);
  const whole = await train(...options, "--every", "10", "--json");
  const path = join(await Deno.realPath(data.path), "run.checkpoint");
  const bytes = await Deno.readFile(path);
  for (
    const [damage, message] of [
      [bytes.slice(0, 5000), "is damaged: "],
      [bytes.slice(0, 0), "is damaged: "],
      [bytes.map((byte, i) => i === 3000 ? byte ^ 1 : byte), "is damaged: "],
    ] as const
  ) {
    await Deno.writeFile(path, damage);
    const { code, stdout, stderr } = await train("--resume", "--json");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, `${path} ${message}`);
    assertStringIncludes(
      stderr,
      `${path}.previous is taken.\nGoing on after epoch 20, from ${path}.previous.`,
    );
    assertEquals(essence(stdout), essence(whole.stdout));
    await Deno.writeFile(path, bytes);
    const { stdout: again } = await train("--resume", "--json");
    assertEquals(essence(again), essence(whole.stdout));
  }
  await Deno.writeTextFile(path, "{}");
  await Deno.writeTextFile(`${path}.previous`, "{}");
  const { code, stderr } = await train("--resume");
  assertEquals([code, stderr.split("\n").length], [2, 2]);
  assertStringIncludes(
    stderr,
    `${path} is damaged: it is no checkpoint; ${path}.previous is damaged`,
  );
});

Deno.test("a checkpoint that cannot be read, or has no model, is passed over for the one before, by name", async () => {
  using data = await smallData();
  const train = (...args: string[]) =>
    runTask("train", [...args, "--checkpoint", "c", "--json"], data.path);
  await train(...PICTURES, "--epochs", "20", "--every", "10");
  const path = await Deno.realPath(join(data.path, "c"));
  const { sha256: _, ...content } = JSON.parse(await Deno.readTextFile(path));
  const foreign = JSON.stringify(withChecksums({ ...content, model: { format: "other" } }));
  await Deno.writeTextFile(path, foreign);
  const { code, stderr } = await train("--resume");
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, `${path} is damaged: it has no model. ${path}.previous is taken.`);
  for (
    const [other, what] of [
      [withChecksums({ ...content, version: 2 }), "it is no checkpoint"],
      [withChecksums({ ...content, format: "@scratch/nn Pipeline" }), "it is no checkpoint"],
      [content, ""], // without checksums
    ] as const
  ) {
    await Deno.writeTextFile(path, JSON.stringify(other));
    const { stderr } = await train("--resume");
    assertStringIncludes(stderr, `${path} is damaged: ${what}`);
  }
  const whole = await Deno.readTextFile(`${path}.previous`);
  await Deno.writeTextFile(path, `\uFEFF${whole}`); // as an editor may save it
  assertEquals((await train("--resume")).stderr.includes("is damaged"), false);
  await Deno.remove(path);
  await Deno.mkdir(path); // where there was none before it, and one after it cannot be kept
  const other = await train("--resume");
  assertEquals([other.code, other.stdout], [2, ""]);
  assertStringIncludes(other.stderr, `--checkpoint: ${path} is a folder`);
  await Deno.remove(path);
  await Deno.remove(`${path}.previous`);
  await Deno.mkdir(`${path}.previous`);
  const last = await train("--resume");
  assertEquals(last.code, 2, last.stderr);
  assertStringIncludes(last.stderr, `--resume: ${path}.previous cannot be read: `);
});

Deno.test({
  name: "a pipe where a checkpoint was to be is refused, and nobody waits for it",
  ignore: Deno.build.os === "windows", // has none in folders
  fn: async () => {
    using data = await smallData();
    await new Deno.Command("mkfifo", { args: [join(data.path, "c.next")] }).output();
    const { code, stderr } = await runTask(
      "train",
      [...PICTURES, "--epochs", "2", "--checkpoint", "c"],
      data.path,
    );
    assertEquals(code, 2);
    assertMatch(stderr, /^train: --checkpoint: .*c\.next is a device, not a file\n$/);
    const again = await runTask("train", ["--checkpoint", "c", "--resume"], data.path);
    assertMatch(again.stderr, /^train: --resume: .*c\.next cannot be read: it is no file\n$/);
  },
});

Deno.test("where it is not said how often, a checkpoint is kept once five seconds have passed since the last", async () => {
  using folder = dataFolder({});
  const code = `
    import { withCheckpoints } from "${ROOT}cli/training/checkpoint.ts";
    import { Matrix, NNClassifier } from "${ROOT}lib/mod.ts";
    let now = 0;
    performance.now = () => now;
    const epochs = () => JSON.parse(Deno.readTextFileSync("c")).model.errors.length;
    const net = new NNClassifier({ nFeatures: 1, nClasses: 2, nHiddenUnits: 1, epochs: 9 });
    const given = { checkpoint: "c", every: undefined, resume: false };
    const { afterEpoch } = await withCheckpoints(given, net, () => "the data", () => {});
    const kept = [];
    for (now of [1, 5000, 5001, 10001, 10002]) {
      net.partialFit(Matrix.from([[0], [1]]), [0, 1]);
      await afterEpoch({ epoch: net.errors.length, error: 1 });
      kept.push(epochs());
    }
    console.log(kept.join(" "));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--config", `${ROOT}deno.json`, code],
    ...{ cwd: folder.path, env: { NO_COLOR: "1", INIT_CWD: folder.path } },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(new TextDecoder().decode(stdout), "0 0 3 3 5\n");
});

Deno.test("Ctrl-C in a training with patience leaves the last checkpoint, which can go on, not the best epoch", async () => {
  using data = await smallData();
  const { child, output } = start([
    ...[...PICTURES, "--epochs", "1000000", "--validation", "10", "--patience", "1000000"],
    ...["--checkpoint", "c", "--every", "50", "--json"],
  ], data.path);
  while (changeOf(data.path, "c.previous") === undefined) await pause(2);
  await pause(200);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await output;
  assertEquals(code, 130, stderr);
  const { model } = JSON.parse(await Deno.readTextFile(join(data.path, "c")));
  assertEquals([model.errors.length % 50, model.best?.epoch > 0], [0, true]);
  assertEquals(model.bestEpoch, undefined);
  assertEquals(typeof JSON.parse(stdout).bestEpoch, "number");
});

Deno.test("a run goes on only with its own options and data, and begins where there is no checkpoint yet", async () => {
  using data = await smallData();
  const options = [...PICTURES, "--epochs", "20"];
  const train = (...args: string[]) =>
    runTask("train", [...args, "--checkpoint", "c", "--json"], data.path);
  const first = await train(...options, "--resume");
  assertMatch(first.stderr, /There is no .*\/c yet: the training begins\.\n/);
  const free = ["--threads", "2", "--save", "model.json", "--every", "7"];
  const same = await train(...options, "--resume", ...free);
  assertEquals([same.code, essence(same.stdout)], [0, essence(first.stdout)]);
  await Deno.symlink(data.path, join(data.path, "link"));
  const linked = await train("--resume", "--data", "link");
  assertEquals(linked.code, 0, linked.stderr);
  const refuses = async (message: RegExp, ...args: string[]) => {
    const { code, stderr } = await train(...args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, message);
  };
  await refuses(
    /--resume: .*\/c is of a run with --epochs 20, not 30: leave that out, or remove the checkpoint to begin anew\n/,
    "--resume",
    "--epochs",
    "30",
  );
  await refuses(/is of a run with --l2 0\.5, not 1/, "--resume", ...options, "--l2", "1");
  const images = await Deno.readFile(join(data.path, "train-images-idx3-ubyte"));
  await Deno.writeFile(
    join(data.path, "train-images-idx3-ubyte"),
    images.map((b, i) => i > 15 ? b ^ 1 : b),
  );
  await refuses(/--resume: the data are not those that the run of .*\/c began with/, "--resume");
});

Deno.test("what is there and is no checkpoint, or one that was not to go on, is not overwritten", async () => {
  using data = await smallData();
  const iris = await Deno.readFile(`${ROOT}/data/iris.csv`);
  await Deno.writeFile(join(data.path, "iris.csv"), iris);
  const path = await Deno.realPath(data.path);
  const refuses = async (message: string, ...args: string[]) => {
    const { code, stderr } = await runTask("train", args, data.path);
    assertEquals([code, stderr], [2, `train: ${message}\n`]);
  };
  const table = ["--csv", "iris.csv", "--target", "species", "--epochs", "2", "--save", "none"];
  const taken = "is there already, and is no checkpoint: choose another name";
  await refuses(`--checkpoint: ${path}/iris.csv ${taken}`, ...table, "--checkpoint", "iris.csv");
  await Deno.rename(join(data.path, "iris.csv"), join(data.path, "c.previous"));
  const pictures = [...PICTURES, "--epochs", "2"];
  await refuses(`--checkpoint: ${path}/c.previous ${taken}`, ...pictures, "--checkpoint", "c");
  assertEquals(await Deno.readFile(join(data.path, "c.previous")), iris);
  const first = await runTask("train", [...pictures, "--checkpoint", "d"], data.path);
  assertEquals(first.code, 0);
  await refuses(
    `--checkpoint: ${path}/d is there already: --resume goes on with it; to begin anew, remove it`,
    ...pictures,
    ...["--checkpoint", "d"],
  );
  await Deno.writeTextFile(join(data.path, "empty"), "");
  const more = [[], ["--every", "5"], ["--save", "m"], ["--threads", "2"], ["--quiet"], ["--json"]];
  for (const options of more) {
    const none = "--resume: there is no checkpoint e to go on from";
    await refuses(none, "--checkpoint", "e", "--resume", ...options);
  }
  for (const checkpoint of ["empty", "e", "d"]) { // of whatever is there
    const help = ["--checkpoint", checkpoint, "--resume", "--help"];
    const { code, stdout } = await runTask("train", help, data.path);
    assertEquals([code, stdout.includes("Usage: ")], [0, true]);
  }
  await refuses(`--checkpoint: ${path}/empty ${taken}`, ...pictures, "--checkpoint", "empty");
  using lock = await Deno.open(join(data.path, "f.lock"), { write: true, create: true });
  await lock.lock(true);
  const busy = await runTask("train", [...pictures, "--checkpoint", "f"], data.path);
  assertEquals(busy.code, 2);
  assertStringIncludes(
    busy.stderr,
    `another run keeps its checkpoints in ${path}/f: choose another name`,
  );
});

Deno.test("a checkpoint keeps its mode, goes on through a link and in a folder that was moved, and follows Ctrl-C", async () => {
  using data = await smallData();
  const inner = join(data.path, "runs"), moved = join(data.path, "moved");
  await Deno.mkdir(inner);
  await Deno.copyFile(`${ROOT}/data/iris.csv`, join(inner, "iris.csv"));
  const table = ["--csv", "iris.csv", "--target", "species", "--epochs", "30", "--every", "10"];
  const first = await runTask("train", [...table, "--checkpoint", "c", "--json"], inner);
  assertEquals(first.code, 0, first.stderr);
  await Deno.chmod(join(inner, "c"), 0o600);
  await Deno.rename(inner, moved);
  await Deno.symlink(join(moved, "c"), join(data.path, "link"));
  const args = [
    "--checkpoint",
    "../link",
    "--resume",
    "--csv",
    "iris.csv",
    "--save",
    "none",
    "--json",
  ];
  const again = await runTask("train", args, moved);
  assertEquals(again.code, 0, again.stderr);
  assertEquals(essence(again.stdout), essence(first.stdout));
  assert((await Deno.lstat(join(data.path, "link"))).isSymlink);
  const long = ["--data", "..", "--train-size", "60", "--batches", "5", "--epochs", "1000000"];
  const { child, output } = start([...long, "--checkpoint", "d e"], moved);
  while (changeOf(moved, "d e") === undefined) await pause(2);
  await Deno.chmod(join(moved, "d e"), 0o600);
  await pause(300);
  child.kill("SIGINT");
  const { code, stderr } = await output;
  assertEquals(code, 130, stderr);
  const epochs = Number(stderr.match(/Stopped after epoch (\d+) of/)![1]);
  const { model } = JSON.parse(await Deno.readTextFile(join(moved, "d e")));
  assertEquals([model.errors.length, epochs > 0], [epochs, true]);
  const toGoOn = "To go on: deno task train --checkpoint 'd e' --resume";
  assertStringIncludes(stderr, `Stopped after epoch ${epochs} of 1000000.\n${toGoOn}\n`);
  assertEquals(Deno.statSync(join(moved, "d e")).mode! & 0o777, 0o600);
  assertEquals([...Deno.readDirSync(moved)].filter(({ name }) => /lock|tmp|next/.test(name)), []);
});

Deno.test("a damaged byte anywhere in a checkpoint is noticed: in its options and the hash of its data too", async () => {
  using data = await smallData();
  const path = join(data.path, "c");
  await runTask("train", [...SHORT, "--checkpoint", "c"], data.path);
  const text = await Deno.readTextFile(path);
  for (
    const [from, to] of [['"epochs":4', '"epochs":5'], ['"data":"', '"data":"0'], [
      '"every":2',
      '"every":3',
    ]]
  ) {
    assertStringIncludes(text, from);
    await Deno.writeTextFile(path, text.replace(from, to));
    const { code, stderr } = await runTask("train", ["--checkpoint", "c", "--resume"], data.path);
    assertEquals(code, 0);
    assertMatch(stderr, /c is damaged: the part "(options|data)" is damaged/);
    await Deno.writeTextFile(`${path}.previous`, await Deno.readTextFile(path));
  }
});

Deno.test("every option that changes a result must be as it was, and every row and label", async () => {
  using data = await smallData();
  const base = [
    ...PICTURES,
    "--epochs",
    "6",
    "--validation",
    "10",
  ];
  const train = (...args: string[]) => runTask("train", args, data.path);
  await train(...base, "--checkpoint", "c", "--every", "2");
  const others = [
    ...[["--hidden", "7"], ["--activation", "tanh"], ["--output", "softmax"], ["--seed", "1"]],
    ...[["--initial-weights", "he"], ["--epochs", "7"], ["--learning-rate", "0.1"], ["--l1", "1"]],
    ...[["--schedule", "cosine"], ["--momentum", "0.5"], ["--reduction", "mean"], ["--shuffle"]],
    ...[["--batches", "4"], ["--l2", "1"], ["--penalty", "exact"], ["--shuffle-seed", "1"]],
    ...[["--train-size", "50"], ["--validation", "12"], ["--patience", "3"], ["--test-set"]],
    ...[["--scaler", "pixels"], ["--scale"], ["--distort", "shift=1"]],
  ];
  for (const option of others) {
    const { code, stderr } = await train("--checkpoint", "c", "--resume", ...option);
    assertEquals(code, 2, `${option}: ${stderr}`);
    assertStringIncludes(stderr, `c is of a run with ${option[0]} `);
  }
  const { images, labels } = pictures({ count: 90 });
  await Deno.remove(join(data.path, "train-labels-idx1-ubyte.gz"));
  const resumes = async (images: Uint8Array, labels: Uint8Array) => {
    await Deno.writeFile(join(data.path, "train-images-idx3-ubyte"), images);
    await Deno.writeFile(join(data.path, "train-labels-idx1-ubyte"), labels);
    return await train("--checkpoint", "c", "--resume");
  };
  assertEquals((await resumes(images, labels)).code, 0);
  const numbers = Array.from({ length: 90 }, (_, i) => i);
  const [, order] = shuffleData(Matrix.zeros([90, 1]), numbers);
  const parts = [order.slice(0, 60), order.slice(60, 80), order.slice(80)]; // learned from, tested on, held back
  const changed: [what: string, images: Uint8Array, labels: Uint8Array][] = parts.flatMap(
    (part) => {
      const row = part.find((row) => labels[8 + row] === 0)!, pixel = 16 + 20 * row;
      return [
        ["a pixel", images.with(pixel, images[pixel] ^ 1), labels],
        ["a label", images, labels.with(8 + row, 1)],
      ];
    },
  );
  const turned = images.with(11, 4).with(15, 5); // rows of 4 instead of 5 pixels
  for (const [what, x, y] of [...changed, ["the shape", turned, labels] as const]) {
    const { code, stderr } = await resumes(x, y);
    assertEquals(code, 2, what);
    assertStringIncludes(stderr, "the data are not those that the run of ");
  }
  await Deno.copyFile(`${ROOT}/data/iris.csv`, join(data.path, "iris.csv"));
  const table = ["--csv", "iris.csv", "--target", "species", "--epochs", "4", "--save", "none"];
  await train(...table, "--validation", "20", "--checkpoint", "t", "--every", "2");
  const text = await Deno.readTextFile(join(data.path, "iris.csv")), lines = text.split("\n");
  for (const row of [1, 60, 77, 120, 149]) {
    const cells = lines[row].split(",");
    const other = lines.with(row, [Number(cells[0]) + 0.1, ...cells.slice(1)].join(",")).join("\n");
    await Deno.writeTextFile(join(data.path, "iris.csv"), other);
    const { code, stderr } = await train("--checkpoint", "t", "--resume");
    assertEquals(code, 2, `row ${row}`);
    assertStringIncludes(stderr, "the data are not those");
  }
  const { code, stderr } = await train(...table, "--resume");
  assertEquals([code, stderr], [
    2,
    "train: --resume goes on from a checkpoint: --checkpoint FILE\n",
  ]);
});

Deno.test("a run that goes on from another folder has its data, saves where it was begun, and is said as it is asked for now", async () => {
  using data = await smallData();
  using other = dataFolder({});
  await Deno.copyFile(`${ROOT}/data/iris.csv`, join(data.path, "iris.csv"));
  const table = ["--csv", "iris.csv", "--target", "species", "--epochs", "4", "--every", "2"];
  for (
    const [args, model, report] of [
      [[...SHORT, "--save", "m.json"], "m.json", /^Train accuracy /],
      [table, "iris.model.json", /^ +precision /],
      [[...table, "--save", "m.safetensors"], "m.safetensors", /^ +precision /],
    ] as const
  ) {
    const forPrograms = [...args, "--checkpoint", "c", "--json"];
    const first = await runTask("train", forPrograms, data.path);
    // nothing was to go on, and it has ended
    assertEquals(first.stderr.match(/There is no|To go on/g), null);
    const bytes = await Deno.readFile(join(data.path, model));
    await Deno.remove(join(data.path, model));
    const resume = ["--checkpoint", join(data.path, "c"), "--resume"];
    const again = await runTask("train", [...resume, "--json", "--quiet"], other.path);
    assertEquals([again.code, again.stderr], [0, ""]);
    assertEquals(essence(again.stdout), essence(first.stdout));
    assertEquals(await Deno.readFile(join(data.path, model)), bytes);
    const loud = await runTask("train", resume, other.path);
    assertMatch(loud.stdout, report);
    assertStringIncludes(loud.stderr, "Going on after epoch 4, from ");
    assertEquals([...Deno.readDirSync(other.path)], []);
    for (const name of ["c", "c.previous"]) await Deno.remove(join(data.path, name));
  }
});

Deno.test("a run that was killed before the last checkpoint had its name goes on from it", async () => {
  using data = await smallData();
  const whole = await runTask("train", [...SHORT, "--checkpoint", "c", "--json"], data.path);
  for (const gone of ["c.previous", "c"]) {
    await Deno.rename(join(data.path, gone), join(data.path, "c.next"));
  }
  const again = await runTask("train", ["--checkpoint", "c", "--resume", "--json"], data.path);
  assertMatch(again.stderr, /Going on after epoch 4, from .*\/c\.next\./);
  assertEquals(essence(again.stdout), essence(whole.stdout));
});

Deno.test("with --quiet Ctrl-C is heard without a word", async () => {
  using data = await smallData();
  const args = [
    ...PICTURES,
    "--epochs",
    "1000000",
    "--quiet",
  ];
  const { child, output } = start([...args, "--checkpoint", "c", "--every", "1000"], data.path);
  while (changeOf(data.path, "c") === undefined) await pause(2);
  await pause(400);
  child.kill("SIGINT");
  const { code, stderr } = await output;
  assertEquals([code, stderr], [130, ""]);
});

Deno.test("a checkpoint that cannot be written ends no training", async () => {
  using data = await smallData();
  await Deno.mkdir(join(data.path, "c.next"));
  const { code, stderr } = await runTask("train", [
    ...[...SHORT, "--checkpoint", "c"],
  ], data.path);
  assertEquals(code, 0);
  assertEquals(
    stderr.match(/No checkpoint: .*c\.next is not written: .*\. The training goes on\./g)?.length,
    1, // of three
  );
});

Deno.test("options of checkpoints that do not go together are refused", async () => {
  const refuses = async (args: string[], message: string) => {
    const { code, stderr } = await runTask("train", args);
    assertEquals([code, stderr], [2, `train: ${message}\n`]);
  };
  await refuses(["--resume"], "--resume goes on from a checkpoint: --checkpoint FILE");
  await refuses(["--every", "3"], "--every is for checkpoints: --checkpoint FILE");
  await refuses(
    ["--checkpoint", "x", "--seeds", "2"],
    "--checkpoint is for one run: leave out --seeds",
  );
  for (const save of ["x", "x.previous", "x.next", "x.lock"]) {
    const message = `--save ${save} would overwrite the checkpoint: choose another name`;
    await refuses(["--checkpoint", "x", "--save", save], message);
  }
  await refuses(["--checkpoint", "/none/x"], "--checkpoint: there is no folder /none");
  const needs = "--checkpoint needs a value: --checkpoint FILE";
  await refuses(["--checkpoint", "", "--resume"], needs);
  await refuses(["--resume", "--checkpoint"], needs);
});

Deno.test("Ctrl-C, SIGTERM and SIGHUP are heard within an epoch of minutes, however often they come", async () => {
  using folder = dataFolder({});
  for (
    const signals of [["SIGINT"], ["SIGTERM"], ["SIGHUP"], [
      "SIGINT",
      "SIGINT",
      "SIGTERM",
      "SIGINT",
    ]] as Deno.Signal[][]
  ) {
    const { child, output, untilItHears } = start([
      ...["--train-size", "all", "--hidden", "3000", "--batches", "2000", "--epochs", "2"],
      ...["--save", "model.json"],
    ], folder.path);
    await untilItHears();
    await pause(300); // it trains by then
    for (const signal of signals) {
      try {
        child.kill(signal);
      } catch {
        break; // it has ended
      }
      await pause(5);
    }
    const { code, stdout, stderr } = await output;
    assertEquals([code, stdout], [130, ""], stderr);
    assertStringIncludes(stderr, "Stopping: what was learned so far is reported.\n");
    assertStringIncludes(stderr, "\nStopped within the first epoch: nothing was learned yet.\n");
    assertEquals([...Deno.readDirSync(folder.path)], []);
  }
});

Deno.test("a second Ctrl-C costs neither the result nor the model", async () => {
  using data = await smallData();
  const save = join(data.path, "model.json"), rng = new RandomState(2);
  for (let i = 0; i < 6; i++) {
    const { child, output } = start([
      ...[...PICTURES, "--epochs", "1000000", "--checkpoint", "c", "--every", "20"],
      ...["--save", save, "--json"],
    ], data.path);
    while (changeOf(data.path, "c.previous") === undefined) await pause(2); // it has learned something
    child.kill("SIGINT");
    for (let k = 0; k < 3; k++) {
      await pause(rng.randint(0, 60));
      try {
        child.kill("SIGINT");
      } catch {
        break; // it has ended
      }
    }
    const { code, stdout } = await output;
    assertEquals(code, 130);
    const net = NNClassifier.fromJSON(JSON.parse(await Deno.readTextFile(save)));
    assertEquals(net.errors, JSON.parse(stdout).errors);
    for (const name of ["model.json", "c", "c.previous"]) await Deno.remove(join(data.path, name));
  }
});

Deno.test("a table's training, and several seeds of it, are interrupted too, and report what there is", async () => {
  using folder = dataFolder({});
  await Deno.copyFile(`${ROOT}/data/iris.csv`, join(folder.path, "iris.csv"));
  const table = ["--csv", "iris.csv", "--target", "species", "--epochs", "1000000"];
  const one = start([...table, "--save", "m.json", "--checkpoint", "c", "--json"], folder.path);
  while (changeOf(folder.path, "c") === undefined) await pause(2);
  await pause(500);
  one.child.kill("SIGINT");
  const { code, stdout, stderr } = await one.output;
  assertEquals(code, 130, stderr);
  const toGoOn =
    /Stopped after epoch \d+ of 1000000\.\nTo go on: deno task train --checkpoint c --resume\n/;
  assertMatch(stderr, /Stopping: what was learned so far is reported\.\n/);
  assertMatch(stderr, toGoOn);
  const model = JSON.parse(await Deno.readTextFile(join(folder.path, "m.json")));
  assertEquals(model.steps.at(-1).errors, JSON.parse(stdout).errors);
  for (const form of [["--json"], []]) {
    const several = start([...table, "--seeds", "2", ...form], folder.path);
    await several.untilItHears();
    await pause(300);
    several.child.kill("SIGTERM");
    const { code, stdout, stderr } = await several.output;
    assertEquals(code, 130, stderr);
    if (form.length > 0) assertEquals(JSON.parse(stdout).runs, []);
    else assertEquals(stdout, "");
    assertMatch(stderr, /\nStopping: what was learned so far is reported\.\n$/);
  }
});

Deno.test({
  name: "Ctrl-C is answered also before the thread that hears it is there, and after the training",
  ignore: Deno.build.os === "windows", // where no signal can be sent
  fn: async () => {
    const run = (code: string) =>
      new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", "--ext=ts", "--config", `${ROOT}deno.json`, code],
        ...{ env: { NO_COLOR: "1" }, stdin: "null", stdout: "null", stderr: "piped" },
      }).spawn();
    const listener = `import { Interrupts } from "${ROOT}cli/training/interrupts.ts";`;
    // the thread begins to listen some 20 ms after the program
    const waits = [0, 5, 10, 15, 20, 25, 30, 40, 60];
    const said = await Promise.all(waits.map(async (milliseconds) => {
      const { stderr } = await run(`${listener}
        const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
        const interrupts = new Interrupts(false);
        await pause(${milliseconds});
        Deno.kill(Deno.pid, "SIGINT");
        while (!interrupts.isInterrupted) await pause(0);
        await pause(300);
        Deno.exit();`).output();
      return new TextDecoder().decode(stderr);
    }));
    // one that comes in the moment in which the thread begins may be heard by both
    const first = "Stopping: what was learned so far is reported.\n";
    assertEquals(
      said.map((text) => text.replace("It is stopping: a moment.\n", "")),
      waits.map(() => first),
    );

    const child = run(`${listener}
      const interrupts = new Interrupts(false);
      interrupts.isTraining = false;
      await interrupts.ready;
      setInterval(() => {
        console.error("it goes on");
        try {
          interrupts.checkResult();
        } catch ({ message }) {
          console.error(message);
          Deno.exit(3);
        }
      }, 50);`);
    let text = "";
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      const isFirst = text === "",
        [, since] = (text += chunk).split("Once more, and it is left out.\n");
      const isSecond = since !== undefined && since.split("it goes on").length > 3; // after the first it does
      if (isSecond) await pause(350); // within less they are one
      try {
        if (isFirst || isSecond) child.kill("SIGINT");
      } catch {
        // it has ended
      }
    }
    assertMatch(
      text,
      /its result is on the way\. Once more, and it is left out\.\n(it goes on\n){3,}The result is left out\.\n(it goes on\n)*the result was left out\n$/,
    );
    assertEquals((await child.status).code, 3);
  },
});
