/** `deno task predict`, called as people and programs call it; and what it reads, by its parts. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { messageOf } from "../cli/shared/command.ts";
import type { AnyModel } from "../cli/shared/model_file.ts";
import { UsageError } from "../cli/shared/options.ts";
import { readPicture } from "../cli/predicting/pictures.ts";
import { type Batch, batchesOf } from "../cli/predicting/inputs.ts";
import {
  centerDigit,
  type Label,
  labelsOf,
  Matrix,
  NNClassifier,
  Pipeline,
  readSafetensors,
  RECOMMENDED,
  StandardScaler,
  TableVectorizer,
  toSafetensors,
  writeNpy,
  writeSafetensors,
} from "../lib/mod.ts";
import { parseCsv } from "../lib/csv.ts";
import { dataFolder, fixture, gzip, idx, pictures } from "./helpers.ts";
import { type Output, ROOT, runTask } from "./train_command.ts";

const TABLE = parseCsv(
  [
    "x,kind,answer",
    ...Array.from(
      { length: 40 },
      (_, i) => `${i % 9},${i % 2 ? "a" : "b, c"},${i % 9 > 4 ? "yes" : "no"}`,
    )
      .map((line) => line.replace("b, c", '"b, c"')),
  ].join("\n"),
);
const ofTable = new Pipeline([
  new TableVectorizer({ target: "answer", impute: "mean" }),
  new StandardScaler(),
  new NNClassifier<Label>({ ...RECOMMENDED, epochs: 20, randomSeed: 3 }),
]).fit(TABLE, labelsOf(TABLE, "answer"));
const forgiving = new Pipeline([
  new TableVectorizer({ target: "answer", impute: "mean", handleUnknown: "ignore" }),
  new StandardScaler(),
  new NNClassifier<Label>({ ...RECOMMENDED, epochs: 2 }),
]).fit(TABLE, labelsOf(TABLE, "answer"));
const strict = new Pipeline([
  new TableVectorizer(),
  new StandardScaler(),
  new NNClassifier<Label>({ ...RECOMMENDED, epochs: 2 }),
]).fit([{ x: 1 }, { x: 2 }], ["a", "b"]);
const ofMatrix = new NNClassifier({ ...RECOMMENDED, nHiddenUnits: 4, epochs: 3, batchSize: 8 });
const X = Matrix.fromArray(Float64Array.from({ length: 60 }, (_, i) => (i * 7) % 11 / 10), [20, 3]);
ofMatrix.fit(X, Array.from({ length: 20 }, (_, i) => i % 2));

/** A PNG of 28 x 28 white pixels. */
const PAPER =
  "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAFElEQVR42mP4jwcwjEqOSo5KwgAA0FYNHp/Mo7c" +
  "AAAAASUVORK5CYII=";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A folder with these models and the files. */
function folderWith(files: Record<string, Uint8Array> = {}): ReturnType<typeof dataFolder> {
  return dataFolder({
    "table.json": bytes(JSON.stringify(ofTable)),
    "matrix.safetensors": toSafetensors(ofMatrix),
    ...files,
  });
}

/** What `--json` says, line by line. */
// deno-lint-ignore no-explicit-any -- as JSON has it
function rowsOf({ code, stdout, stderr }: Output): any[] {
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("predict gives the class and the probabilities of each row of a table, as the model has them", async () => {
  using folder = folderWith({ "new.csv": bytes('more,kind,x\n?,a,3\n?,"b, c",\n?,a,8\n') });
  const args = ["--model", "table.json", "new.csv"];
  const table = [{ kind: "a", x: 3 }, { kind: "b, c", x: "" }, { kind: "a", x: 8 }];
  const predictions = ofTable.predict(table), proba = ofTable.predictProba(table);
  const expected = Array.from<Label>(predictions).map((prediction, i) => ({
    ...{ file: "new.csv", row: i + 1, prediction },
    probabilities: { no: proba.at(i, 0), yes: proba.at(i, 1) },
  }));
  assertEquals(rowsOf(await runTask("predict", [...args, "--json"], folder.path)), expected);
  const csv = await runTask("predict", [...args, "--csv"], folder.path);
  assertEquals(
    parseCsv(csv.stdout).map((
      row,
    ) => [row.row, row.prediction, Number(row["p(no)"]), Number(row["p(yes)"])]),
    expected.map((
      { row, prediction, probabilities: { no, yes } },
    ) => [String(row), prediction, no, yes]),
  );
  const { stdout, stderr } = await runTask("predict", args, folder.path);
  const percent = (x: number) => `${(100 * x).toFixed(2)} %`.padStart(9);
  const [first] = expected, other = first.prediction === "no" ? "yes" : "no";
  assertEquals(stdout.split("\n").slice(0, 2), [
    "    row  class       sure  next",
    `      1  ${String(first.prediction).padEnd(5)}  ${
      percent(first.probabilities[first.prediction as "no"])
    }  ${other.padEnd(5)}  ${percent(first.probabilities[other])}`,
  ]);
  assertEquals(stderr, "x: missing, filled as in training, in 1 row.\n");
});

Deno.test("predict counts what is right where the table has the classes, and marks what is not", async () => {
  using folder = folderWith({
    "old.csv": bytes("x,kind,answer\n1,a,no\n8,a,no\n7,a, yes\n2,a,\n"),
  });
  const { stdout, stderr } = await runTask(
    "predict",
    ["--model", "table.json", "old.csv"],
    folder.path,
  );
  assertEquals(stderr, "Right: 2 of 3 (66.67 %).\n");
  const notes = stdout.split("\n").map((line) => line.match(/not .*$/)?.[0]);
  assertEquals(notes, [undefined, undefined, "not no", undefined, undefined, undefined]);
});

Deno.test("predict reads a table from stdin, block by block, and stops where nobody reads on", async () => {
  using folder = folderWith();
  const many = bytes("x,kind\n" + "3,a\n".repeat(30_000));
  const rows = rowsOf(
    await runTask("predict", ["--model", "table.json", "--json"], folder.path, many),
  );
  assertEquals([rows.length, rows[29_999].row], [30_000, 30_000]);
  assertEquals(rows[29_999].probabilities, rows[0].probabilities);
  const dash = await runTask(
    "predict",
    ["-", "--model", "table.json", "--json"],
    folder.path,
    bytes("x,kind\n3,a\n"),
  );
  assertEquals(rowsOf(dash), [{ ...rows[0], file: "stdin" }]);
  const late = await runTask(
    "predict",
    ["--model", "table.json", "--json"],
    folder.path,
    bytes(`x,kind\n${"3,a\n".repeat(9000)}3,z\n`),
  );
  assertEquals([late.code, late.stdout.split("\n").length > 4096], [2, true]);
  assertEquals(
    late.stderr,
    'predict: stdin: row 9001, column "kind" is "z", none of the categories "a", "b, c"; handleUnknown: "ignore" takes it for none of them\n',
  );
  const head = new Deno.Command("sh", {
    args: [
      "-c",
      `(deno task --quiet --config ${ROOT}deno.json predict --model table.json --csv big.csv;
        echo "ended with $?" >&2) | head -n 2`,
    ],
    ...{ cwd: folder.path, stdout: "piped", stderr: "piped", env: { INIT_CWD: folder.path } },
  });
  await Deno.writeFile(`${folder.path}/big.csv`, many);
  const { stdout, stderr } = await head.output();
  assertEquals(new TextDecoder().decode(stdout).split("\n").length, 3);
  assertEquals(new TextDecoder().decode(stderr), "ended with 0\n");
  const help = (await runTask("predict", ["--help"], folder.path)).stdout;
  assertMatch(
    help,
    /^Says what a trained model .*\n\nUsage: deno task predict \[FILE…\] \[options\]\n\nOptions:\n[^]*\n\nExamples:\n.*my-seven\.png/,
  );
});

Deno.test("predict reads arrays, IDX files and tables of numbers for a model of a matrix", async () => {
  const columns = [...X.data].map((x) => String(x));
  const lines = Array.from({ length: 20 }, (_, i) => columns.slice(3 * i, 3 * i + 3).join(","));
  using folder = folderWith({
    "x.npy": writeNpy(X),
    "row.npy": writeNpy(X.row(2)),
    "bytes.npy": writeNpy(X.slice(0, 4).map((x) => Math.round(10 * x)).astype("uint8")),
    "x.idx": idx([4, 3], X.slice(0, 4).data.map((x) => Math.round(10 * x))),
    "nameless.csv": bytes(lines.join("\n")),
    "classed.csv": bytes(`a,class,b,c\n${columns[0]},1,${columns[1]},${columns[2]}\n`),
    "targeted.csv": bytes(`target,a,b,c\n1,${columns.slice(0, 3).join(",")}\n`),
    "named.csv": bytes(`a,b,c,label\n${lines.map((line, i) => `${line},${i % 2}`).join("\n")}\n`),
  });
  const proba = ofMatrix.predictProba(X);
  const expected = Array.from({ length: 20 }, (_, i) => ({ 0: proba.at(i, 0), 1: proba.at(i, 1) }));
  const say = (...args: string[]) =>
    runTask("predict", ["--model", "matrix.safetensors", "--json", ...args], folder.path);
  const probabilities = (output: Output) => rowsOf(output).map((row) => row.probabilities);
  assertEquals(probabilities(await say("x.npy")), expected);
  assertEquals(probabilities(await say("row.npy")), [expected[2]]);
  assertEquals(probabilities(await say("nameless.csv")), expected);
  const named = await say("named.csv", "--threads", "2");
  assertEquals(probabilities(named), expected);
  const right = ofMatrix.predict(X).filter((label, i) => label === i % 2).length;
  assertEquals(named.stderr, `Right: ${right} of 20 (${(5 * right).toFixed(2)} %).\n`);
  for (const file of ["classed.csv", "targeted.csv"]) {
    assertEquals(probabilities(await say(file)), [expected[0]]);
  }
  assertEquals(probabilities(await say("x.idx")), probabilities(await say("bytes.npy")));
  const both = rowsOf(await say("row.npy", "x.idx"));
  assertEquals(both.map(({ file, row }) => `${file} ${row}`), [
    "row.npy 1",
    "x.idx 1",
    "x.idx 2",
    "x.idx 3",
    "x.idx 4",
  ]);
});

/** The batches of a file for a model, without a process of its own. */
async function batches(
  file: Uint8Array,
  model: AnyModel,
  columns: readonly string[] = [],
): Promise<Batch[]> {
  using folder = dataFolder({ file });
  const options = { columns, onStandIn: () => {} };
  return await Array.fromAsync(batchesOf(`${folder.path}/file`, model, options));
}

Deno.test("predict tells files apart by what they hold: tables that begin with a number, other pictures, zipped files", async () => {
  const rows = async (text: string) => {
    const [{ X, truth, firstRow }] = await batches(bytes(text), ofMatrix);
    return [(X as Matrix).toArray(), truth, firstRow];
  };
  for (const first of ["-1.5", "+2", ".5", "7", " 3", "-.5"]) {
    assertEquals(await rows(`${first},2,3\n`), [[[Number(first), 2, 3]], undefined, 1], first);
  }
  // of as many columns as the model has features none is the truth
  assertEquals(await rows("a,label,c\n1,2,3\n"), [[[1, 2, 3]], undefined, 1]);
  assertEquals(await rows("a,label,b,c\n1,no,2,3\n"), [[[1, 2, 3]], ["no"], 1]);
  assertEquals(await rows("a,b,c\r\n1,2,3\r\n"), [[[1, 2, 3]], undefined, 1]);
  const [one] = await batches(idx([3], [1, 2, 3]), ofMatrix); // all of it is a row
  assertEquals((one.X as Matrix).toArray(), [[1, 2, 3]]);
  const refuses = async (file: string | Uint8Array, message: string) => {
    const all = () => batches(typeof file === "string" ? bytes(file) : file, ofMatrix);
    const error = await assertRejects(all, Error);
    assertStringIncludes(messageOf(error), message);
  };
  const convert = "convert it to PNG, with any picture program";
  const zipped = await gzip(idx([1, 3], [1, 2, 3]));
  await refuses(zipped, "file is still zipped (gzip); unzip it first");
  await refuses("%PDF-1.7\n1 0 obj", `file is a PDF file; ${convert}`);
  await refuses(" <svg xmlns='x'>", `file is an SVG file; ${convert}`);
  await refuses("<?xml version='1.0'?>", `file is an SVG file; ${convert}`);
  await refuses(Uint8Array.of(0xfe, 0xff, 0, 97, 0, 10), "file is no text in UTF-8");
  await refuses(Uint8Array.of(...bytes("PK\x03\x04"), 0, 0, 0, 0), ".npz");
  await refuses(Uint8Array.of(0, 0, 8, 0, 1, 2, 3, 4), "file is no picture");
  await refuses("a,b,c\n1,1e999,3\n", 'should have a number in row 1, column "b", got "1e999"');
  const late = `a,b,c\n${"1,2,3\n".repeat(4999)}1,2,x\n`;
  await refuses(late, 'should have a number in row 5000, column "c", got "x"');
});

Deno.test("predict reads a picture for a model of square pictures from 8 x 8 pixels on", async () => {
  const [digit] = fixture("pictures").digits, png = Uint8Array.fromBase64(digit);
  const modelOf = (features: number) =>
    new NNClassifier<Label>({ nFeatures: features, nClasses: 2, nHiddenUnits: 1 });
  const [{ X, picture, firstRow }] = await batches(png, modelOf(64));
  const expected = centerDigit(readPicture(png, "x"), { size: 8, box: 6 }); // 20 of 28
  assertEquals([X, picture, firstRow], [expected, expected, undefined]);
  for (const features of [49, 65, 63]) {
    await assertRejects(
      () => batches(png, modelOf(features)),
      UsageError,
      `is a picture, and the model takes rows of ${features} numbers`,
    );
  }
});

Deno.test("predict has one table for several files, in columns as wide as they must be, and the next of many classes", async () => {
  const net = new NNClassifier<Label>({
    ...{ nFeatures: 3, nHiddenUnits: 4, classes: ["a", "middle-sized", "c"] },
  });
  net.partialFit(X, Array.from({ length: 20 }, (_, i) => ["a", "middle-sized", "c"][i % 3]));
  const rows = [[1, 2, 3], [-40, 3, 1], [5, -60, 2]];
  using folder = folderWith({
    "net.json": bytes(JSON.stringify(net)),
    "one.csv": bytes("x,y,z\n1,2,3\n"),
    "others.csv": bytes("x,y,z\n-40,3,1\n5,-60,2\n"),
  });
  const args = ["--model", "net.json", "one.csv", "others.csv"];
  const { stdout, stderr } = await runTask("predict", args, folder.path);
  const proba = net.predictProba(Matrix.from(rows)).toArray();
  const percent = (p: number) => `${(100 * p).toFixed(2)} %`.padStart(9);
  const lines = proba.map((p, i) => {
    const [first, second] = [0, 1, 2].sort((j, k) => p[k] - p[j]);
    const name = (k: number) => String(net.classes[k]).padEnd(12);
    const file = i === 0 ? "one.csv   " : "others.csv", row = i === 2 ? 2 : 1;
    return `${file}        ${row}  ${name(first)}  ${percent(p[first])}  ${name(second)}  ${
      percent(p[second])
    }\n`;
  });
  assertEquals([stdout, stderr], [
    "file            row  class              sure  next\n" + lines.join(""),
    "",
  ]);
  await Deno.copyFile(`${folder.path}/one.csv`, `${folder.path}/01`);
  const short = ["--model", "net.json", "01", "-"], row = bytes("x,y,z\n1,2,3\n");
  const narrow = (await runTask("predict", short, folder.path, row)).stdout.split("\n");
  assertEquals(narrow.map((line) => line.slice(0, 16)), [
    ...["file       row  ", "01           1  ", "stdin        1  ", ""],
  ]);
  const csv = (await runTask("predict", [...args, "--csv"], folder.path)).stdout;
  assertEquals(
    csv,
    [
      `file,row,prediction,${net.classes.map((label) => `p(${label})`).join()}`,
      ...proba.map((p, i) =>
        [
          ...[i === 0 ? "one.csv" : "others.csv", i === 2 ? 2 : 1],
          ...[net.classes[p.indexOf(Math.max(...p))], ...p],
        ].join()
      ),
      "",
    ].join("\n"),
  );
});

Deno.test("predict reads digits in pictures by the model that comes with it, and shows what it sees", async () => {
  const digits: string[] = fixture("pictures").digits;
  using folder = dataFolder(
    Object.fromEntries(digits.map((text, i) => [`${i}.png`, Uint8Array.fromBase64(text)])),
  );
  const names = digits.map((_, i) => `${i}.png`);
  const rows = rowsOf(await runTask("predict", [...names, "--json"], folder.path));
  assertEquals(rows.map(({ file }) => file), names);
  assertEquals(rows.map(({ prediction }) => prediction), digits.map((_, i) => i));
  assertEquals(rows[0].row, undefined);
  const shown = await runTask("predict", ["7.png", "--show"], folder.path);
  assertMatch(shown.stdout, /█[^]*\nfile {3}class {7}sure {2}next\n7\.png {2}7 {5}/);
  const piped = await runTask("predict", ["--csv"], folder.path, Uint8Array.fromBase64(digits[4]));
  assertMatch(piped.stdout, /^file,prediction,p\(0\),.*\nstdin,4,\d.*,0\.9/);
});

Deno.test("predict says which cells it has not taken as they are, keeps columns, and goes on after a file that is wrong", async () => {
  using folder = folderWith({
    "forgiving.json": bytes(JSON.stringify(forgiving)),
    "new.csv": bytes("id,x,kind\nA7,3,z\nA8,,a\nA9,1,z\n"),
    "nameless.csv": bytes("3,a\n4,a\n"),
    "broken.csv": bytes("x,kind\n3\n"),
  });
  const model = ["--model", "forgiving.json"];
  const kept = await runTask(
    "predict",
    [...model, "new.csv", "--csv", "--keep", "id"],
    folder.path,
  );
  assertEquals(kept.stderr.trimEnd().split("\n"), [
    'kind: "z", none of the categories of training, in 2 rows.',
    "x: missing, filled as in training, in 1 row.",
  ]);
  assertEquals(parseCsv(kept.stdout).map(({ row, id }) => `${row} ${id}`), [
    "1 A7",
    "2 A8",
    "3 A9",
  ]);
  const json = await runTask(
    "predict",
    [...model, "new.csv", "--json", "--keep", "id", "--quiet"],
    folder.path,
  );
  assertEquals([rowsOf(json)[2].id, json.stderr], ["A9", ""]);
  const named = await runTask("predict", [
    ...model,
    "nameless.csv",
    "--json",
    "--columns",
    "x,kind",
  ], folder.path);
  assertEquals(rowsOf(named).length, 2);
  const red = bytes("x,kind,answer\n" + "1,a,no\n".repeat(100) + "1,a,\x1b[31mred\n");
  const strange = await runTask("predict", [...model, "-"], folder.path, red);
  assertEquals(strange.stdout.includes("\x1b"), false);
  assertStringIncludes(strange.stdout, "not \ufffd[31mred");
  const several = await runTask("predict", [
    ...model,
    "broken.csv",
    "none.csv",
    "new.csv",
    "--quiet",
  ], folder.path);
  assertEquals([several.code, several.stdout.split("\n").length], [2, 5]);
  assertEquals(several.stderr.split("\n"), [
    'predict: broken.csv has 2 columns, but row 1, "3", has 1 cell',
    `predict: there is no ${folder.path}/none.csv`,
    "",
  ]);
});

Deno.test("predict prints blocks one after the other, with one header, also of what is not read at once", async () => {
  using folder = folderWith();
  const rows = "3,a\n".repeat(10_000);
  for (
    const [option, header] of [["--csv", "row,prediction,"], ["--threads=1", "    row  class"]]
  ) {
    const { code, stdout } = await runTask(
      "predict",
      ["--model", "table.json", option],
      folder.path,
      bytes(`x,kind\n${rows}`),
    );
    assertEquals(code, 0);
    const lines = stdout.trimEnd().split("\n");
    assertEquals([lines.length, lines[0].startsWith(header)], [10_001, true]);
    assertEquals(lines.filter((line) => line.startsWith(header)).length, 1);
  }
  const large = Matrix.zeros([60_000, 3]);
  for (const [row, x] of [[4095, 0], [4096, 1], [59_999, 2]]) {
    large.data.set(X.row(x).data, 3 * row);
  }
  const array = await runTask(
    "predict",
    ["--model", "matrix.safetensors", "--json"],
    folder.path,
    Uint8Array.from(writeNpy(large)),
  );
  const said = rowsOf(array), proba = ofMatrix.predictProba(X);
  assertEquals(said.length, 60_000);
  for (const [at, x] of [[4095, 0], [4096, 1], [59_999, 2]]) {
    const { row, probabilities } = said[at];
    assertEquals([row, probabilities[1]], [at + 1, proba.at(x, 1)]);
  }
});

Deno.test("predict has no next class where there is only one", async () => {
  const one = new NNClassifier({ nFeatures: 3, nClasses: 1, nHiddenUnits: 2 }).fit(
    X,
    Array(20).fill(0),
  );
  using folder = folderWith({
    "one.json": bytes(JSON.stringify(one)),
    "row.npy": writeNpy(X.row(2)),
  });
  const { code, stdout } = await runTask(
    "predict",
    ["--model", "one.json", "row.npy"],
    folder.path,
  );
  assertEquals(code, 0);
  assertMatch(stdout, /^ {4}row {2}class {7}sure {2}next\n {6}1 {2}0 {6}[ \d.]+ %\n$/);
});

Deno.test("predict names ten of many cells that it has not taken as they are, and counts on", async () => {
  using folder = folderWith({
    "forgiving.json": bytes(JSON.stringify(forgiving)),
    "many.csv": bytes(
      `x,kind\n${Array.from({ length: 1200 }, (_, i) => `1,new ${i}\n`).join("")}`,
    ),
  });
  const args = ["--model", "forgiving.json", "many.csv", "--json"];
  const { code, stderr } = await runTask("predict", args, folder.path);
  const lines = stderr.trimEnd().split("\n");
  assertEquals([code, lines.length], [0, 11]);
  assertEquals(lines[9], 'kind: "new 9", none of the categories of training, in 1 row.');
  assertEquals(lines[10], "And 991 more such."); // 990 by their names, and the others together
  const ten = [
    "x,kind",
    ...Array(1000).fill(",a"),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `1,k${i}`),
  ];
  await Deno.writeTextFile(`${folder.path}/many.csv`, ten.join("\n"));
  const all = (await runTask("predict", args, folder.path)).stderr.trimEnd().split("\n");
  assertEquals([all.length, all[0], all[9]], [
    ...[10, "x: missing, filled as in training, in 1,000 rows."],
    'kind: "k9", none of the categories of training, in 1 row.',
  ]);
});

Deno.test("predict shows a picture on stderr where the result is for programs, and ends with the worst code of several files", async () => {
  const [digit] = fixture("pictures").digits;
  using folder = dataFolder({ "0.png": Uint8Array.fromBase64(digit) });
  for (const form of ["--json", "--csv"]) {
    const { stdout, stderr } = await runTask("predict", ["0.png", "--show", form], folder.path);
    assertStringIncludes(stderr, "█");
    assertEquals(stdout.includes("█"), false);
  }
  await Deno.writeFile(`${folder.path}/paper.png`, Uint8Array.fromBase64(PAPER));
  const { code, stderr } = await runTask(
    "predict",
    ["none.csv", "paper.png", "0.png"],
    folder.path,
  );
  assertEquals([code, stderr.split("\n")], [2, [
    `predict: there is no ${folder.path}/none.csv`,
    "predict: paper.png cannot be read: the picture shows nothing but paper",
    "",
  ]]);
});

Deno.test("predict sends nothing of strangers to the terminal that it would obey: names of columns and files, cells", async () => {
  const escape = "\x1b]0;x\x07\x9b31m\u202e\n";
  const table = TABLE.map(({ x, kind, answer }) => ({ [`${escape}kind`]: kind, x, answer }));
  const model = new Pipeline([
    new TableVectorizer({ target: "answer", handleUnknown: "ignore" }),
    new StandardScaler(),
    new NNClassifier<Label>({ ...RECOMMENDED, epochs: 2 }),
  ]).fit(table, labelsOf(table, "answer"));
  using folder = folderWith({
    "model.json": bytes(JSON.stringify(model)),
    "new.csv": bytes(`"${escape}kind",x\n"${escape}",1\n`),
  });
  const args = ["--model", "model.json", "new.csv", `none${escape}.csv`];
  const { code, stdout, stderr } = await runTask("predict", args, folder.path);
  assertEquals([code, stderr.split("\n").length], [2, 3]);
  assertEquals((stdout + stderr).match(/[^\n\x20-\u2000\ufffd]|[\x7f-\x9f]/g), null);
});

Deno.test("predict answers a program that writes a row and waits for the answer", async () => {
  using folder = folderWith();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli/predict.ts`, "--json"]
      .concat("--model", "table.json"),
    ...{ cwd: folder.path, stdin: "piped", stdout: "piped", env: { INIT_CWD: folder.path } },
  }).spawn();
  const writer = child.stdin.getWriter();
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (const [i, rows] of ["x,kind\n3,a\n", "4,a\n"].entries()) {
    await writer.write(bytes(rows));
    const { value } = await answers.read(); // waits for ever if there is none
    assertEquals(JSON.parse(value!).row, i + 1);
  }
  await writer.close();
  await answers.cancel();
  await child.status;
});

Deno.test({
  name: "predict tells files apart also where a pipe gives a byte at a time",
  ignore: Deno.build.os === "windows", // has no `head`
  fn: async () => {
    const [digit] = fixture("pictures").digits;
    using folder = dataFolder({ "0.png": Uint8Array.fromBase64(digit), "x.npy": writeNpy(X) });
    await Deno.writeFile(`${folder.path}/matrix.safetensors`, toSafetensors(ofMatrix));
    const slow = async (file: string, model: string) => {
      const task = `deno task --quiet --config ${ROOT}deno.json predict --json ${model}`;
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `(head -c 1 ${file}; sleep 0.5; tail -c +2 ${file}) | ${task}`],
        ...{ cwd: folder.path, env: { INIT_CWD: folder.path } },
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
    };
    assertEquals((await slow("0.png", ""))[0].prediction, 0);
    assertEquals((await slow("x.npy", "--model matrix.safetensors")).length, 20);
  },
});

Deno.test("predict says what it takes for granted of a model that another program wrote", async () => {
  const { tensors } = readSafetensors(toSafetensors(ofMatrix));
  using folder = folderWith({
    "foreign.safetensors": writeSafetensors(tensors),
    "x.npy": writeNpy(X),
  });
  const said = async (...args: string[]) =>
    (await runTask("predict", ["--model", "foreign.safetensors", "x.npy", ...args], folder.path))
      .stderr;
  const note =
    "foreign.safetensors does not say what its units compute: relu is assumed; --activation says another.\n";
  assertEquals(await said(), note);
  assertEquals([await said("--quiet"), await said("--activation", "tanh")], ["", ""]);
  await Deno.writeTextFile(`${folder.path}/spaced.json`, " ".repeat(8) + JSON.stringify(ofMatrix));
  const spaced = ["--model", "spaced.json", "x.npy", "--json"]; // its brace is where that of a header is
  assertEquals(rowsOf(await runTask("predict", spaced, folder.path)).length, 20);
});

Deno.test("predict counts classes that are numbers, however they are written", async () => {
  const table = parseCsv(
    "x,y\n" +
      Array.from({ length: 20 }, (_, i) => `${i % 4},${i % 4 > 1 ? "2.0" : "1.0"}\n`).join(""),
  );
  const model = new Pipeline([
    new TableVectorizer({ target: "y" }),
    new StandardScaler(),
    new NNClassifier<Label>(RECOMMENDED),
  ]).fit(table, labelsOf(table, "y"));
  using folder = folderWith({
    "model.json": bytes(JSON.stringify(model)),
    "old.csv": bytes("x,y\n0,1.0\n3,2.0\n0,1\n0,NA\n0,?\n"),
  });
  const { stderr } = await runTask("predict", ["--model", "model.json", "old.csv"], folder.path);
  assertEquals(stderr, "Right: 3 of 3 (100.00 %).\n");
});

Deno.test("predict answers every mistake with one line that says what to do", async () => {
  const small = pictures({ count: 3 });
  using folder = folderWith({
    "a.csv": bytes("x,kind\n3,a\n"),
    "no_kind.csv": bytes("x\n3\n"),
    "text.csv": bytes("x,kind\nold,a\n"),
    "two.csv": bytes("a,b\n1,2\n"),
    "odd.csv": bytes("a,b,c\n1,2,x\n"),
    "wide.npy": writeNpy(Matrix.zeros([2, 5])),
    "old.safetensors": writeSafetensors({
      "0.weight": { shape: [0, 3], data: new Float64Array(0) },
      "0.bias": { shape: [0], data: new Float64Array(0) },
    }),
    "cut.safetensors": toSafetensors(ofMatrix).slice(0, 600),
    "row.npy": writeNpy(X.row(2)),
    "none.npy": writeNpy(Matrix.zeros([0, 3])),
    "four.csv": bytes("a,b,c,d\n1,2,3,4\n"),
    "cut.csv": Uint8Array.of(...bytes("x,kind\n3,"), 0xe2, 0x82), // of three bytes of a letter
    "strict.json": bytes(JSON.stringify(strict)),
    "blank.csv": bytes("x\nNA\n"),
    "damaged.json": bytes(JSON.stringify(ofTable).replace('"x"', '"y"')),
    "images.idx": small.images,
    "labels.idx": small.labels,
    "latin.csv": Uint8Array.of(...bytes("x,kind\n3,"), 0xe9, 10),
    "digit.png": Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0),
    "clip.gif": Uint8Array.of(...bytes("GIF89a"), 1, 0, 1, 0, 0, 0, 0),
    "bmi.csv": bytes("BMI,kind\n3,a\n"),
    "utf16.csv": Uint8Array.of(0xff, 0xfe, 97, 0, 10, 0),
    "spaces.csv": bytes("a,b,c\n7,  ,9\n"),
    "zeros": new Uint8Array(4000),
    "notes.json": bytes('{"format":"notes"}'),
    "broken.json": bytes("{"),
  });
  const table = ["--model", "table.json"], matrix = ["--model", "matrix.safetensors"];
  const cases: [args: string[], message: string][] = [
    [[...table, "none.csv"], `there is no ${folder.path}/none.csv`],
    [["--model", "none.json", "a.csv"], `--model: there is no ${folder.path}/none.json`],
    [["--model", "a.csv", "a.csv"], "a.csv is no model: neither JSON nor safetensors"],
    [["--model", "broken.json", "a.csv"], "broken.json is no model: neither JSON nor safetensors"],
    [
      ["--model", "notes.json", "a.csv"],
      "notes.json is no model, but other JSON",
    ],
    [
      ["--model", "damaged.json", "a.csv"],
      `--model: ${folder.path}/damaged.json: the part "columns" is damaged`,
    ],
    [["--model", ".", "a.csv"], `--model: ${folder.path} is a folder`],
    [["--model", "a.csv/x", "a.csv"], `--model: ${folder.path}/a.csv/x cannot be read: `],
    [["--model", "cut.safetensors", "a.csv"], "--model: cut.safetensors "],
    ...(Deno.build.os === "windows" ? [] : [
      [["--model", "/dev/zero", "a.csv"], "--model: /dev/zero is a device, not a file"],
    ] as [string[], string][]),
    [
      ["--model", "old.safetensors", "a.csv"],
      `--model: ${folder.path}/old.safetensors: nClasses must be a whole number above 0`,
    ],
    [[...table, "cut.csv"], 'cut.csv is no text in UTF-8: save it as "CSV UTF-8"'],
    [[...matrix, "none.npy"], "none.npy has no rows: its shape is (0, 3)"],
    [
      [...matrix, "four.csv"],
      "four.csv has 4 columns; the model takes rows of 3 numbers: a column of the classes may be there if it is called ",
    ],
    [
      [...matrix, "row.npy", "--csv", "--keep", "id"],
      '--keep: there is no column "id"; there are no columns',
    ],
    [
      ["--model", "strict.json", "blank.csv"],
      'row 1, column "x" is missing, and nothing stands in for it: train with --impute',
    ],
    [[...table, "no_kind.csv"], 'there is no column "kind"; the table has "x"'],
    [[...table, "text.csv"], 'row 1, column "x" should be a number, got "old"'],
    [[...table, "latin.csv"], 'latin.csv is no text in UTF-8: save it as "CSV UTF-8"'],
    [
      [...table, "wide.npy"],
      "wide.npy is an array, and the model takes tables with the columns x, kind",
    ],
    [
      [...table, "digit.png"],
      "digit.png is a picture, and the model takes tables with the columns x, kind",
    ],
    [[...matrix, "digit.png"], "digit.png is a picture, and the model takes rows of 3 numbers"],
    [[...matrix, "two.csv"], "two.csv has 2 columns; the model takes rows of 3 numbers"],
    [[...matrix, "odd.csv"], 'odd.csv should have a number in row 1, column "c", got "x"'],
    [[...matrix, "wide.npy"], "wide.npy has the shape (2, 5); the model takes rows of 3 numbers"],
    [
      [...matrix, "images.idx"],
      "images.idx has the shape (3, 5, 4); the model takes rows of 3 numbers",
    ],
    [["labels.idx"], "labels.idx has the shape (3); the model takes rows of 784 numbers"],
    [["digit.png"], "digit.png"],
    [["clip.gif"], "clip.gif is a GIF file; convert it to PNG, with any picture program"],
    [["zeros"], "zeros is no picture: PNG and JPEG files are read"],
    [[...table, "bmi.csv"], 'there is no column "x"; the table has "BMI", "kind"'],
    [[...table, "utf16.csv"], 'utf16.csv is no text in UTF-8: save it as "CSV UTF-8"'],
    [[...matrix, "spaces.csv"], 'spaces.csv should have a number in row 1, column "b", got "  "'],
    [["."], `${folder.path} is a folder: name its files`],
    [["a.csv", "--json", "--csv"], "--json and --csv: choose one"],
    [["a.csv", "--keep", "x"], "--keep needs --csv or --json"],
    [["a.csv", "--json", "--keep", "x,y,x"], "--keep: x is given twice: say it once"],
    ...["file", "row", "prediction", "probabilities"].map((name): [string[], string] => [
      ["a.csv", "--json", "--keep", name],
      `--keep: the result has a column ${name} of its own`,
    ]),
    [["a.csv", "--csv", "--keep", "p(a)"], "--keep: the result has a column p(a) of its own"],
    [["table.json"], "table.json is a model: --model table.json predicts with it"],
    [
      [...table, "a.csv", "--csv", "--keep", "z"],
      '--keep: there is no column "z"; there are x, kind',
    ],
    [
      [...table, "a.csv", "--json", "--keep", "constructor"],
      '--keep: there is no column "constructor"; there are x, kind',
    ],
    [
      [...table, "a.csv", "--activation", "tanh"],
      "--activation is for a safetensors file that does not say it",
    ],
    [
      ["a.csv"],
      "a.csv has 2 columns; the model takes rows of 784 numbers: is it the right --model?",
    ],
    [["a.csv", "--jsno"], "there is no option --jsno: did you mean --json? --help lists them"],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runTask("predict", args, folder.path);
    assertEquals([code > 0, stdout], [true, ""], args.join(" "));
    assertStringIncludes(stderr, message);
    assertMatch(stderr, /^predict: .*\n$/);
  }
});
