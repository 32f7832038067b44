/** `deno task train --csv`, called as people and programs call it. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readCsv } from "../lib/csv.ts";
import {
  classificationReport,
  confusionMatrix,
  type Label,
  labelsOf,
  NNClassifier,
  Pipeline,
  RECOMMENDED,
  StandardScaler,
  TableVectorizer,
  trainTestSplit,
} from "../lib/mod.ts";
import { meanAndSpread } from "../cli/training/runs.ts";
import { dataFolder, pause, sha256 } from "./helpers.ts";
import { ROOT, start, train } from "./train_command.ts";

const IRIS = `${ROOT}data/iris.csv`;

/** A folder with a table of passengers: numbers, categories, missing cells, names, a class of two kinds. */
function passengers(): ReturnType<typeof dataFolder> {
  const lines = Array.from({ length: 120 }, (_, i) => {
    const sex = i % 3 === 0 ? "male" : "female", age = i % 7 === 5 ? "" : 20 + (i * 7) % 50;
    return `"Doe, ${i}";${i % 3 + 1};${sex};${age};${
      sex === "male" || i % 11 === 0 ? "no" : "yes"
    }`;
  });
  const text = ["name;class;sex;age;survived", ...lines].join("\n");
  return dataFolder({ "ship.csv": new TextEncoder().encode(text) });
}

Deno.test("train --csv: from a table to a report and a model in one command", async () => {
  using folder = dataFolder({});
  const { code, stdout, stderr } = await train(["--csv", IRIS, "--target", "species"], folder.path);
  assertEquals(code, 0, stderr);
  const lines = stderr.trimEnd().split("\n");
  assertEquals(lines.slice(0, 5), [
    `${IRIS}: 150 rows. Numbers: sepal_length, sepal_width, petal_length, petal_width.`,
    "species has 3 classes: setosa (50), versicolor (50), virginica (50).",
    "Learning from 112, standardised; the other 38 are the test set.",
    "Network 4 -> 100 relu -> 3 softmax; 100 epochs of minibatches of 32, reshuffled, " +
    "learning rate 0.05 (cosine), momentum 0.9, l2 0.00945.",
    lines[4],
  ]);
  assertMatch(lines[4], /^epoch 10\/100 {2}error /);
  assertEquals(lines.at(-3), "");
  assertMatch(lines.at(-2)!, /^Trained in .* s\.$/);
  assertEquals(
    lines.at(-1),
    "Saved to iris.model.json: deno task predict --model iris.model.json FILE.csv predicts new rows.",
  );
  const model = Pipeline.fromJSON<Label>(
    JSON.parse(await Deno.readTextFile(`${folder.path}/iris.model.json`)),
  );
  const table = await readCsv(IRIS), y = labelsOf(table, "species");
  const [, test, , yTest] = trainTestSplit(table, y, { stratify: true });
  const report = classificationReport(yTest, Array.from<Label>(model.predict(test)), { digits: 3 });
  assertEquals(stdout, `${report}\n`);
  const args = ["--csv", IRIS, "--target", "species", "--json"]; // where the report is for programs
  const told = (await train(args, folder.path)).stderr.trimEnd().split("\n").slice(4);
  assertEquals(told.splice(0, 10).every((line) => line.startsWith("epoch ")), true);
  assertEquals(told, [lines.at(-1)]);
});

Deno.test("train --csv does what the library does with the same options", async () => {
  using folder = passengers();
  const csv = `${folder.path}/ship.csv`;
  const { code, stdout, stderr } = await train([
    ...["--csv", csv, "--target", "survived", "--exclude", "name", "--categories", "class"],
    ...["--impute", "mean", "--test-size", "30", "--validation", "0.2", "--patience", "5"],
    ...["--seed", "3", "--hidden", "8", "--epochs", "12", "--json", "--quiet", "--save", "none"],
  ], folder.path);
  assertEquals([code, stderr], [0, ""]);
  const result = JSON.parse(stdout);

  const table = await readCsv(csv), y = labelsOf(table, "survived");
  const split = { stratify: true, randomSeed: 3 };
  const [rest, test, yRest, yTest] = trainTestSplit(table, y, { ...split, testSize: 30 });
  const [rows, held, labels, yHeld] = trainTestSplit(rest, yRest, { ...split, testSize: 0.2 });
  const model = new Pipeline([
    new TableVectorizer({
      ...{ target: "survived", exclude: ["name"], categories: ["class"], impute: "mean" },
      handleUnknown: "ignore",
    }),
    new StandardScaler({ skipBinary: true }),
    new NNClassifier<Label>({
      ...RECOMMENDED,
      ...{ nHiddenUnits: 8, epochs: 12, learningRate: 0.05, initialWeights: "glorot" },
      ...{ l2: 0.0118, randomSeed: 3 },
    }),
  ]).fit(rows, labels, { validation: [held, yHeld], patience: 5 });
  const weights = Float64Array.from(model.classifier.weights.flatMap((w) => [...w.data]));
  assertEquals(result.weightsSha256, sha256(weights));
  assertEquals(result.predictions, model.predict(test));
  assertEquals([result.labels, result.classes], [yTest, ["no", "yes"]]);
  assertEquals(result.confusionMatrix, confusionMatrix(yTest, result.predictions).toArray());
  assertEquals(result.testAccuracy, model.score(test, yTest));
  assertEquals(result.validationAccuracy, model.score(held, yHeld));
  assertEquals(result.trainAccuracy, model.score(rows, labels));
  assertEquals([result.errors, result.validation], [model.errors, model.classifier.validation]);
  assertEquals(result.bestEpoch, model.classifier.bestEpoch);
  assertEquals(result.features, [
    ...["class=1", "class=2", "class=3", "sex=female", "sex=male", "age"],
  ]);
  assertEquals(result.options, {
    ...{ target: "survived", testSize: 30, validation: 0.2, patience: 5 },
    ...{ exclude: ["name"], categories: ["class"], impute: "mean" },
    ...{ hidden: [8], activation: ["relu"], output: "softmax", initialWeights: "glorot" },
    ...{ epochs: 12, learningRate: 0.05, schedule: "cosine", momentum: 0.9, reduction: "mean" },
    ...{ batches: 25, batchSize: 32, shuffle: true, l1: 0, l2: 0.0118, penalty: "exact", seed: 3 },
  });
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["ship.csv"]);
});

Deno.test("train --csv says what is in a table: numbers, categories, the classes by their rows, and what is held back", async () => {
  using folder = passengers();
  const rows = Array.from({ length: 1020 }, (_, i) => `${i % 5},${(i * i) % 12}`);
  await Deno.writeTextFile(`${folder.path}/many.csv`, ["x,y", ...rows].join("\n"));
  const said = async (...args: string[]) => {
    const { code, stderr } = await train([...args, "--epochs", "1", "--save", "none"], folder.path);
    assertEquals(code, 0, stderr);
    return stderr.split("\n").filter((line) => !/^(Network|Is|epoch|Trained) |^$/.test(line));
  };
  const ship = ["--csv", "ship.csv", "--target", "survived", "--exclude", "name"];
  assertEquals(
    await said(...ship, "--impute", "mean", "--categories", "class", "--validation", "9"),
    [
      "ship.csv: 120 rows. Numbers: age. Categories: class (3), sex (2).",
      "survived has 2 classes: yes (73), no (47).",
      "Learning from 81, standardised; 9 are held back; the other 30 are the test set.",
    ],
  );
  assertEquals(await said("--csv", "many.csv", "--target", "x", "--categories", "y"), [
    "many.csv: 1,020 rows. Categories: y (4).",
    "x has 5 classes: 0 (204), 1 (204), 2 (204), 3 (204), 4 (204).",
    "Learning from 765, standardised; the other 255 are the test set.",
  ]);
});

Deno.test("train --csv holds back as many of each class as of all, where there are two of each", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i},${i < 4 ? "rare" : i % 2}`);
  using folder = dataFolder({
    "x.csv": new TextEncoder().encode(["a,b,y", ...rows].join("\n")),
  });
  const { stdout } = await train([
    ...["--csv", "x.csv", "--target", "y", "--epochs", "2", "--test-size", "0.5"],
    ...["--validation", "0.5", "--json", "--quiet", "--save", "none"],
  ], folder.path);
  const table = await readCsv(`${folder.path}/x.csv`), y = labelsOf(table, "y");
  const split = { stratify: true, testSize: 0.5, randomSeed: 42 };
  const [rest, , yRest] = trainTestSplit(table, y, split);
  assertEquals(yRest.filter((label) => label === "rare").length, 2);
  const [learned, held, yLearned, yHeld] = trainTestSplit(rest, yRest, split);
  const model = new Pipeline([
    new TableVectorizer({ target: "y" }),
    new StandardScaler({ skipBinary: true }),
    new NNClassifier<Label>({
      ...{ ...RECOMMENDED, nHiddenUnits: [100], learningRate: 0.05, initialWeights: "glorot" },
      ...{ l2: JSON.parse(stdout).options.l2, epochs: 2, randomSeed: 42 },
    }),
  ]).fit(learned, yLearned, { validation: [held, yHeld] });
  assertEquals(JSON.parse(stdout).errors, model.errors);
});

Deno.test("train --csv --seeds cuts and draws anew for each seed", async () => {
  const args = ["--csv", IRIS, "--target", "species", "--epochs", "5", "--quiet"];
  const several = JSON.parse(
    (await train([...args, "--seeds", "3", "--seed", "7", "--json"])).stdout,
  );
  const one = await train([...args, "--seed", "8", "--json", "--save", "none"]);
  const { seconds: _, ...second } = several.runs[1],
    { seconds: __, ...alone } = JSON.parse(one.stdout);
  assertEquals(second, alone);
  assert(several.runs[0].weightsSha256 !== second.weightsSha256);
  const accuracies = several.runs.map((run: { testAccuracy: number }) => run.testAccuracy);
  assertEquals(several.test, meanAndSpread(accuracies));
  const loud = args.filter((arg) => arg !== "--quiet");
  const { stdout, stderr } = await train([...loud, "--seeds", "2", "--save", "none"]);
  assertMatch(stderr, /\nseed 1\/2 {2}error .*\nseed 2\/2 {2}error /);
  assertMatch(
    stdout,
    /^Seed {9}Test {2}Epochs {2}Seconds\n42 .*\n43 .*\nMean .* %, standard deviation/,
  );
});

Deno.test("train --csv saves safetensors too, and overwrites models, but nothing else", async () => {
  using folder = dataFolder({ "iris.model.json": new TextEncoder().encode('{"mine": 1}') });
  const args = ["--csv", IRIS, "--target", "species", "--epochs", "2", "--quiet"];
  const refused = await train(args, folder.path);
  assertEquals([refused.code, refused.stderr], [
    2,
    "train: iris.model.json is there already, and is no model: say --save FILE, or none\n",
  ]);
  await Deno.remove(`${folder.path}/iris.model.json`);
  for (let n = 0; n < 2; n++) assertEquals((await train(args, folder.path)).code, 0);
  assertEquals((await train([...args, "--save", "iris.safetensors"], folder.path)).code, 0);
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
  assertEquals(names, ["iris.model.json", "iris.safetensors"]);
  await Deno.copyFile(IRIS, `${folder.path}/my own.iris.csv`); // only the last part of a name is left out
  const { stderr: said } = await train(args.with(1, "my own.iris.csv").slice(0, -1), folder.path);
  assertStringIncludes(
    said,
    "Saved to my own.iris.model.json: deno task predict --model 'my own.iris.model.json' FILE.csv ",
  );
  assertEquals(Deno.statSync(`${folder.path}/my own.iris.model.json`).isFile, true);
});

Deno.test("train --csv does not overwrite the table through a link, and names the first of many columns", async () => {
  const names = Array.from({ length: 14 }, (_, j) => `x${j}`);
  const rows = Array.from({ length: 12 }, (_, i) => [...names.map((_, j) => i * j % 5), i % 2]);
  const text = [[...names, "y"], ...rows].map((row) => row.join(",")).join("\n");
  using folder = dataFolder({ "wide.csv": new TextEncoder().encode(text) });
  const args = ["--csv", "wide.csv", "--target", "y", "--epochs", "1"];
  await Deno.symlink(`${folder.path}/wide.csv`, `${folder.path}/link.json`);
  const refused = await train([...args, "--save", "link.json"], folder.path);
  assertEquals([refused.code, refused.stderr], [
    2,
    "train: --save link.json would overwrite the table\n",
  ]);
  await Deno.symlink(`${folder.path}/wide.csv`, `${folder.path}/link.csv`);
  const linked = ["--csv", "link.csv", ...args.slice(2), "--save", "wide.csv"];
  const other = await train(linked, folder.path);
  assertEquals([other.code, other.stderr], [
    2,
    "train: --save wide.csv would overwrite the table\n",
  ]);
  const { stderr } = await train([...args, "--save", "none"], folder.path);
  assertStringIncludes(
    stderr,
    "Numbers: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11 and 2 more.\n",
  );
  const twelve = await train([...args, "--save", "none", "--exclude", "x3,x7"], folder.path);
  assertStringIncludes(
    twelve.stderr,
    "Numbers: x0, x1, x2, x4, x5, x6, x8, x9, x10, x11, x12, x13.\n",
  );
});

Deno.test("train --csv prints names of classes without what a terminal would obey", async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i % 5},${i % 2 ? "\x1b[31mred" : "blue"}`);
  using folder = dataFolder({ "x.csv": new TextEncoder().encode(["x,y", ...rows].join("\n")) });
  const args = ["--csv", "x.csv", "--target", "y", "--epochs", "1", "--save", "none"];
  const { code, stdout, stderr } = await train(args, folder.path);
  assertEquals([code, (stdout + stderr).includes("\x1b")], [0, false]);
  assertStringIncludes(stdout, "\ufffd[31mred ");
  assertStringIncludes(stderr, "y has 2 classes: blue (6), \ufffd[31mred (6).\n");
});

Deno.test("train --csv takes no name of a column for a line of its own, and saves in the form of the name that is given", async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i % 5},${i % 2}`).join("\n");
  using folder = dataFolder({ "x.csv": new TextEncoder().encode(`"x\nSaved to y",z\n${rows}\n`) });
  await Deno.symlink(`${folder.path}/blob`, `${folder.path}/m.safetensors`);
  const args = ["--csv", "x.csv", "--target", "z", "--epochs", "1", "--save", "m.safetensors"];
  const { code, stderr } = await train(args, folder.path);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "Numbers: x\ufffdSaved to y.\n");
  const [zero, brace] = [7, 8].map((at) => Deno.readFileSync(`${folder.path}/blob`)[at]);
  assertEquals([zero, brace], [0, "{".charCodeAt(0)]); // as safetensors files begin
});

Deno.test("train --csv fills what is missing as --impute says", async () => {
  using folder = passengers();
  const filled = async (impute: string) => {
    const { code, stdout, stderr } = await train([
      ...["--csv", "ship.csv", "--target", "survived", "--exclude", "name", "--epochs", "1"],
      ...["--impute", impute, "--test-size", "0", "--save", "m.json", "--quiet", "--json"],
    ], folder.path);
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout).options.impute, impute);
    const { steps: [vectorizer] } = JSON.parse(await Deno.readTextFile(`${folder.path}/m.json`));
    return vectorizer.columns.find(({ name }: { name: string }) => name === "age");
  };
  const ages = (await readCsv(`${folder.path}/ship.csv`)).map(({ age }) => age).filter((age) => age)
    .map(Number);
  const counts = Map.groupBy(ages, (age) => age);
  const most = Math.max(...Array.from(counts.values(), ({ length }) => length));
  const mean = await filled("mean"), frequent = await filled("most-frequent");
  assertEquals(mean.fill, ages.reduce((a, b) => a + b, 0) / ages.length);
  assertEquals(counts.get(frequent.fill)!.length, most);
});

Deno.test("train --csv that is stopped within its first epoch has learned nothing, and saves nothing", async () => {
  const rows = Array.from({ length: 4000 }, (_, i) => `${i % 7},${i % 2}`);
  using folder = dataFolder({ "x.csv": new TextEncoder().encode(["x,y", ...rows].join("\n")) });
  const { child, output, untilItHears } = start([
    ...["--csv", "x.csv", "--target", "y", "--hidden", "4000,4000", "--batch-size", "1"],
  ], folder.path);
  await untilItHears();
  await pause(300); // it trains then, for minutes
  child.kill("SIGINT");
  const { code, stdout, stderr } = await output;
  assertEquals([code, stdout], [130, ""]);
  assertStringIncludes(stderr, "\nStopped within the first epoch: nothing was learned yet.\n");
  assertEquals(Array.from(Deno.readDirSync(folder.path), ({ name }) => name), ["x.csv"]);
});

Deno.test("train --csv answers every mistake with one line that says what to do", async () => {
  using folder = passengers();
  const ship = ["--csv", `${folder.path}/ship.csv`];
  await Deno.writeTextFile(`${folder.path}/few.csv`, "x,y\n1,a\n2,a\n3,b\n4,a\n");
  const mixed = Array.from({ length: 40 }, (_, i) => `${i === 9 ? "x" : i},${i % 2}\n`).join("");
  await Deno.writeTextFile(`${folder.path}/mixed.csv`, `x,y\n${mixed}`);
  await Deno.writeTextFile(`${folder.path}/one.csv`, "x,y\n1,a\n2,a\n3,a\n4,a\n");
  const cases: [args: string[], message: string][] = [
    [ship, "--target says which column has the classes; "],
    [ship, "/ship.csv has name, class, sex, age, survived"],
    [
      [...ship, "--target", "surived"],
      '--target: there is no column "surived"; the table has "name", "class"',
    ],
    [
      [...ship, "--target", "survived", "--exclude", "name"],
      'row 6, column "age" is missing, and 16 more; --impute mean, or most-frequent, fills it',
    ],
    [
      [...ship, "--target", "survived"],
      'column "name" has 120 different values in 120 rows, such as "Doe, 0"; it is a text, no category: leave it out with --exclude',
    ],
    [[...ship, "--target", "survived", "--exclude", "nme"], '--exclude: there is no column "nme"'],
    [
      [...ship, "--target", "survived", "--categories", "clas"],
      '--categories: there is no column "clas"',
    ],
    [
      ["--csv", `${folder.path}/few.csv`, "--target", "y"],
      'the class "b" has one row; it needs two, one for each part',
    ],
    [
      ["--csv", `${folder.path}/one.csv`, "--target", "y"],
      "y has one class, a; a classifier needs two or more",
    ],
    [
      ["--csv", "mixed.csv", "--target", "y"],
      'train: column "x" is of numbers, but row 10 has "x"; mend it, or name it in --categories\n',
    ],
    [
      ["--csv", IRIS, "--target", "species", "--test-size", "2"],
      "train: the test part has 2 rows for 3 classes; choose another --test-size\n",
    ],
    [["--csv", "none.csv", "--target", "y"], `--csv: there is no ${folder.path}/none.csv`],
    [["--csv", folder.path, "--target", "y"], `--csv: ${folder.path} is a folder`],
    ...(Deno.build.os === "windows" ? [] : [
      [["--csv", "/dev/zero", "--target", "y"], "--csv: /dev/zero is a device, not a file"],
    ] as [string[], string][]),
    [[
      ...ship,
      "--target",
      "survived",
      "--exclude",
      "name",
      "--impute",
      "mean",
      "--save",
      "ship.csv",
    ], "--save ship.csv would overwrite the table"],
    [
      ["--csv", IRIS, "--target", "species", "--target", "x"],
      "--target is given twice: say it once",
    ],
    [
      ["--csv", IRIS, "--target", "species", "--seeds", "2", "--test-size", "0"],
      "leave out --test-size 0",
    ],
    [["--target", "y"], "--target needs a table: --csv FILE"],
    [["--impute", "mean"], "--impute needs a table: --csv FILE"],
    [
      [...ship, "--target", "survived", "--test-set"],
      "--test-set is for pictures, not for a table",
    ],
    [
      [...ship, "--target", "survived", "--scaler", "none"],
      "--scaler: the numbers of a table are standardised",
    ],
    [
      [...ship, "--target", "survived", "--test-size", "1.5"],
      '--test-size: expected a whole number, or a share below 1, got "1.5"',
    ],
    [
      [...ship, "--target", "survived", "--impute", "median"],
      '--impute: expected one of none, mean, most-frequent, got "median"',
    ],
    [
      ["--csv", IRIS, "--target", "species", "--test-size", "150"],
      "150 of 150 rows held back leave none to learn from; choose a smaller --test-size",
    ],
    [
      ["--csv", IRIS, "--target", "species", "--validation", "112"],
      "112 of 112 rows held back leave none to learn from; choose a smaller --validation",
    ],
    [
      ["--csv", IRIS, "--target", "species", "--validation", "2"],
      "the validation part has 2 rows for 3 classes; choose another --validation",
    ],
    [
      ["--csv", IRIS, "--target", "species", "--batches", "113"],
      "112 rows cannot be cut into 113 minibatches; choose --batches up to 112",
    ],
    [
      ["--csv", IRIS, "--target", "species", "--patience", "3"],
      "--patience needs something to judge by: --validation N",
    ],
    [
      ["--csv", IRIS, "--target", "species", "--seeds", "2", "--save", "x.json"],
      "--save writes one model: leave out --seeds",
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await train([...args, "--quiet"], folder.path);
    assertEquals([code > 0, stdout], [true, ""], args.join(" "));
    assertStringIncludes(stderr, message);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

Deno.test("train --csv that diverges is not told to scale what is scaled", async () => {
  const args = ["--csv", IRIS, "--target", "species", "--learning-rate", "1e300", "--save", "none"];
  const { code, stderr } = await train([...args, "--quiet"]);
  assertEquals(code, 1);
  assertMatch(stderr, /^train: training diverged .*\. Perhaps a smaller --learning-rate helps\n$/);
});

Deno.test("train --csv --test-size 0 learns from all rows, and says what that tells", async () => {
  const args = ["--csv", IRIS, "--target", "species", "--test-size", "0", "--save", "none"];
  const { stdout, stderr } = await train(args);
  assertStringIncludes(stderr, "Learning from 150, standardised; nothing is tested.");
  assertMatch(stdout, /^On the rows that were learned from:\n\n +precision[^]* accuracy .* 150\n/);
  const result = JSON.parse(
    (await train([...args, "--l2", "0", "--json", "--quiet"])).stdout,
  );
  assertEquals([result.labels.length, result.options.l2, result.options.testSize], [150, 0, 0]);
  assertEquals(Object.keys(result), [ // none of a test, of a validation or of a best epoch
    ...["seconds", "trainAccuracy", "classes", "features", "confusionMatrix", "predictions"],
    ...["labels", "errors", "weightsSha256", "options"],
  ]);
});

Deno.test("train --csv doubts columns that will hardly help", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i + 1},7,d${i % 20},${i % 5},${i % 2}`);
  using folder = dataFolder({
    "x.csv": new TextEncoder().encode(["id,same,day,x,y", ...rows].join("\n")),
  });
  const { stderr } = await train(
    ["--csv", "x.csv", "--target", "y", "--save", "none"],
    folder.path,
  );
  assertEquals(stderr.split("\n").filter((line) => line.startsWith("Is ")), [
    "Is id of use? It numbers the rows: --exclude leaves it out.",
    "Is same of use? It is the same in all rows: --exclude leaves it out.",
    "Is day of use? It has 20 categories in 40 rows: --exclude leaves it out.",
  ]);
});

Deno.test("train --csv doubts categories that are one in all rows, or more than ten and than a quarter of the rows", async () => {
  const doubts = async (rows: number, ...args: string[]) => {
    const lines = Array.from(
      { length: rows },
      (_, i) => `${i + 1},${i},${i < 2 ? i : i + 1},a,t${i % 10},d${i % 11},${i % 2}`,
    );
    using folder = dataFolder({
      "x.csv": new TextEncoder().encode(["id,no,x,one,ten,day,y", ...lines].join("\n")),
    });
    const table = ["--csv", "x.csv", "--target", "y", "--save", "none", "--epochs", "1"];
    const { code, stderr } = await train([...table, ...args], folder.path);
    assertEquals(code, 0, stderr);
    return [...stderr.matchAll(/^Is (.*) of use\? It (.*): --exclude leaves it out\.$/gm)]
      .map(([, name, what]) => `${name} ${what}`);
  };
  const same = "one is the same in all rows";
  const numbers = ["id numbers the rows", "no numbers the rows"];
  assertEquals(await doubts(43), [...numbers, same, "day has 11 categories in 43 rows"]);
  assertEquals(await doubts(44), [...numbers, same]);
  assertEquals(await doubts(36, "--categories", "id"), [
    "id has 36 categories in 36 rows",
    ...[numbers[1], same, "day has 11 categories in 36 rows"],
  ]);
  assertEquals(await doubts(3, "--test-size", "0"), [...numbers, same]);
  assertEquals(await doubts(2, "--test-size", "0"), [same]);
});

Deno.test("train --csv doubts the first of many columns, and counts the others", async () => {
  const names = Array.from({ length: 40 }, (_, j) => `x${j}`);
  const rows = Array.from({ length: 20 }, (_, i) => [...names.map(() => 7), i % 5, i % 2]);
  const text = [[...names, "x", "y"], ...rows].map((row) => row.join(",")).join("\n");
  using folder = dataFolder({ "x.csv": new TextEncoder().encode(text) });
  const args = ["--csv", "x.csv", "--target", "y", "--save", "none", "--epochs", "1"];
  const { stderr } = await train(args, folder.path);
  assertEquals(stderr.match(/^Is x\d+ of use/gm)?.length, 12);
  assertStringIncludes(stderr, "\nAnd 28 more such.\n");
  const many = names.slice(12).join();
  const twelve = await train([...args, "--exclude", many], folder.path);
  assertEquals(twelve.stderr.match(/^Is x\d+ of use/gm)?.length, 12);
  assertEquals(twelve.stderr.includes("more such"), false);
});

Deno.test("train --csv sees what a column is in the whole table, whatever the seed", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 8 === 0 ? "x" : i % 5},${i},${i % 2}`);
  using folder = dataFolder({ "mix.csv": new TextEncoder().encode(["a,b,y", ...rows].join("\n")) });
  const args = [
    "--csv",
    "mix.csv",
    "--target",
    "y",
    "--json",
    "--quiet",
    "--epochs",
    "2",
    "--seeds",
    "6",
  ];
  const { runs } = JSON.parse((await train(args, folder.path)).stdout);
  assertEquals(
    new Set(runs.map(({ features }: { features: string[] }) => features.join())).size,
    1,
  );
});

Deno.test("train --csv takes a category that is in the test part alone for none of them", async () => {
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${i % 5},${i === 39 ? "rare" : i % 3 ? "a" : "b"},${i % 2}`,
  );
  using folder = dataFolder({
    "rare.csv": new TextEncoder().encode(["x,kind,y", ...rows].join("\n")),
  });
  const args = [
    "--csv",
    "rare.csv",
    "--target",
    "y",
    "--json",
    "--quiet",
    "--epochs",
    "2",
    "--seeds",
    "8",
  ];
  const { runs } = JSON.parse((await train(args, folder.path)).stdout);
  const widths = new Set(runs.map(({ features }: { features: string[] }) => features.length));
  assertEquals([...widths].sort(), [3, 4]); // with some seeds the rare one is learned from, with others not
});

Deno.test("train --csv takes names of columns for a file that has none, and holds rows back where a class is rare", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 10},${i},${i < 2 ? "rare" : i % 2}`);
  using folder = dataFolder({ "data.csv": new TextEncoder().encode(rows.join("\n")) });
  const args = ["--csv", "data.csv", "--target", "y", "--json", "--quiet", "--save", "none"];
  const nameless = await train(args, folder.path);
  assertStringIncludes(nameless.stderr, "name them there, or by --columns");
  const { code, stdout } = await train(
    [...args, "--columns", "a,b,y", "--validation", "6"],
    folder.path,
  );
  assertEquals(code, 0);
  assertEquals(JSON.parse(stdout).features, ["a", "b"]);
});
