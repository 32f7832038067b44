/** What every command makes of its arguments; and the options of `deno task train`. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { resolve } from "@std/path";
import {
  exitCodeOf,
  fromWhereCalled,
  InterruptedError,
  messageOf,
  print,
  printable,
  quoted,
} from "../cli/shared/command.ts";
import {
  choices,
  countOrShare,
  describeOptions,
  flag,
  names,
  parseOptions,
  positiveNumber,
  text,
  UsageError,
  wholeNumber,
  wholeNumbers,
  wrap,
} from "../cli/shared/options.ts";
import { OPTIONS, PICTURE_OPTIONS, TABLE_OPTIONS } from "../cli/training/options.ts";
import { trainPictures } from "../cli/training/pictures.ts";
import { trainTable } from "../cli/training/table.ts";
import { FileFormatError, ShapeError, ValueError } from "../lib/mod.ts";

const TABLE = {
  epochs: wholeNumber(300, "how often"),
  learningRate: text("X", "0.1", "how far"),
  l2: text("X", "0", "how much"),
  save: text("FILE", undefined, "where to"),
  scale: flag("whether"),
  noOpen: flag("not"),
  help: flag("print this and end"),
};

/** What is said of these arguments. */
function refused(...args: string[]): string {
  return assertThrows(() => parseOptions(args, TABLE, { takesFiles: true }), UsageError).message;
}

Deno.test("an option that is not there is answered with the nearest one that is, or with none", () => {
  const pairs = [
    ["--epoch", "--epochs"],
    ["--epohcs=3", "--epochs"],
    ["--EPOCHS", "--epochs"],
    ["--learningrate", "--learning-rate"],
    ["--learning_rate", "--learning-rate"],
    ["--learn-rate", "--learning-rate"],
    ["--noopen", "--no-open"],
    ["--sale", "--save or --scale"],
    ["--svae", "--save"],
    ["--SCALE", "--scale"],
  ];
  for (const [given, meant] of pairs) {
    const [name] = given.split("=");
    assertEquals(
      refused(given, "3"),
      `there is no option ${name}: did you mean ${meant}? --help lists them`,
    );
  }
  for (const given of ["--lr", "--x", "--momentum", "-x", "--no-epochs"]) {
    assertEquals(refused(given), `there is no option ${given}; --help lists them`);
  }
});

Deno.test("an option that is given twice is refused, whatever its values", () => {
  const twice = [
    ["--epochs", "3", "--epochs", "3"],
    ["--epochs=3", "--epochs", "4"],
    ["--scale", "--scale"],
    ["--scale", "--no-scale"],
    ["--no-scale", "--epochs", "3", "--no-scale"],
  ];
  for (const args of twice) {
    const name = args.some((arg) => arg.endsWith("-scale")) ? "scale" : args[0].split("=")[0];
    assertEquals(refused(...args), `--${name.replace("--", "")} is given twice: say it once`);
  }
  const { options, files } = parseOptions(["--scale", "--", "--scale", "a"], TABLE, {
    takesFiles: true,
  });
  assertEquals([options.scale, files], [true, ["--scale", "a"]]);
});

Deno.test("an option without a value is given none, in whatever form, and stands for itself", () => {
  const given = [
    ["--scale=true"],
    ["--scale", "true"],
    ["--scale", "false"],
    ["--scale", "-1"],
    ["--scale", ""],
    ["--no-scale=3"],
    ["--no-scale", "false"],
  ];
  for (const args of given) {
    assertEquals(refused(...args), "--scale takes no value", args.join(" "));
  }
  const defaults = () => ({ scale: true, epochs: 7 });
  const parse = (...args: string[]) => parseOptions(args, TABLE, { defaults }).options;
  assertEquals([parse().scale, parse().epochs], [true, 7]);
  assertEquals([parse("--no-scale").scale, parse("--epochs", "8").epochs], [false, 8]);
  assertEquals([parse("-h").help, parse("--no-open").noOpen], [true, true]);
});

Deno.test("files keep their names, whatever these look like", () => {
  const files = (...args: string[]) => parseOptions(args, TABLE, { takesFiles: true }).files;
  assertEquals(files("007", "1e3", "-", "0x10"), ["007", "1e3", "-", "0x10"]);
  assertEquals(files("a", "--scale", "b", "--", "-1.csv", "", "--scale=1", "--no-scale"), [
    ...["a", "b", "-1.csv", "", "--scale=1", "--no-scale"],
  ]);
  assertEquals(refused("-1.csv"), "there is no option -1.csv; --help lists them");
  assertEquals(refused("--save=a", "-1"), "there is no option -1; --help lists them");
  for (const args of [["a"], ["-"], ["--", "a"], ["--", "--scale"]]) {
    assertThrows(
      () => parseOptions(args, TABLE),
      UsageError,
      `unexpected argument "${args.at(-1)}"; --help lists the options`,
    );
  }
});

Deno.test("--help has the options in one column of lines of 80 characters, with their defaults, and sections after them", () => {
  const table = {
    csv: text("FILE", undefined, "the table"),
    hidden: wholeNumbers([50, 3], "units"),
    trainSize: wholeNumber(0, "pictures"),
    shuffle: flag(
      "a new order of all the pictures for each epoch: 55 long a second line, which would have 56 letters with pictures",
    ),
    activation: choices(["relu", "tanh"], ["relu"], "of the units"),
  };
  assertEquals(
    describeOptions(table, { "For tables": ["csv"], "For others": ["shuffle", "trainSize"] }),
    `Options:
  --hidden N[,N…]        units [50,3]
  --activation NAME[,…]  of the units: relu, tanh [relu]

For tables:
  --csv FILE             the table

For others:
  --shuffle              a new order of all the pictures for each epoch: 55 long
                         a second line, which would have 56 letters with
                         pictures
  --train-size N         pictures [0]`,
  );
});

Deno.test("numbers are written as people write them, each option's within its limits", () => {
  const table = {
    whole: wholeNumber(1, ""),
    some: wholeNumber(1, "", { min: 0, max: 9 }),
    list: wholeNumbers([1], ""),
    above: positiveNumber(1, "", "above 0"),
    number: positiveNumber(1, "", "or 0"),
    share: countOrShare(1, "", "or 0"),
  };
  const parse = (name: keyof typeof table, value: string) =>
    parseOptions([`--${name}`, value], table).options[name];
  const taken: [keyof typeof table, string, unknown][] = [
    ...[["whole", "1", 1], ["whole", "+5", 5], ["some", "0", 0], ["some", "9", 9]] as const,
    ...[["list", "+3,4", [3, 4]], ["above", ".5", 0.5], ["above", "1.", 1]] as const,
    ...[["above", "+2.5E-3", 0.0025], ["number", "0", 0], ["number", "1e+3", 1000]] as const,
    ...[["share", "0", 0], ["share", "0.99", 0.99], ["share", "1", 1], [
      "share",
      "2e3",
      2000,
    ]] as const,
  ] as [keyof typeof table, string, unknown][];
  for (const [name, value, expected] of taken) assertEquals(parse(name, value), expected);
  const wrong: [keyof typeof table, string, string[]][] = [
    ["whole", "a whole number from 1", ["0", "1.5", "5a", "a5", "9007199254740992", " 5"]],
    ["some", "a whole number from 0 to 9", ["-1", "10"]],
    ["list", "whole numbers above 0, like 50 or 250,50", ["0,1", "9007199254740992", "5 5"]],
    ["above", "a number above 0", ["0", "-1", "1e999", "a", "1a", "0x1", "Infinity", "."]],
    ["number", "a number, 0 or above", ["-0.1", "-.5", "1e999", "NaN"]],
    ["share", "a whole number, or a share below 1", ["1.01", "2.5"]],
    ["share", "a number, 0 or above", ["-1"]],
  ];
  for (const [name, expected, values] of wrong) {
    for (const value of values) {
      const message = `--${name}: expected ${expected}, got ${JSON.stringify(value)}`;
      assertEquals(assertThrows(() => parse(name, value), UsageError).message, message);
    }
  }
});

Deno.test("train takes numbers up to the limits of each option, and 0 where that means something", () => {
  const parse = (...args: string[]) => parseOptions(args, OPTIONS).options;
  const taken = [
    ...["--patience=0", "--batch-size=0", "--test-size=0", "--validation=0", "--momentum=0"],
    ...["--l1=0", "--l2=0", "--seed=0", "--shuffle-seed=0", "--threads=64", "--every=1"],
  ];
  for (const option of taken) parse(option);
  const refused = [
    ...["--epochs=0", "--batches=0", "--train-size=0", "--learning-rate=0", "--seeds=0"],
    ...["--threads=0", "--threads=65", "--every=0", "--hidden=0", "--seed=4294967296"],
    ...["--shuffle-seed=4294967296", "--momentum=-1", "--distort=sigma=3", "--distort=shift=-1"],
    ...["--distort=shift=1=2", "--distort=shift=1e2", "--distort=shift=1,", "--distort=shift=1."],
  ];
  for (const option of refused) assertThrows(() => parse(option), UsageError, "expected ", option);
  assertEquals(
    parse("--distort=rotation=10,scale=0.1,shear=2,shift=1.5,alpha=20,sigma=4").distort,
    {
      ...{ rotation: 10, scale: 0.1, shear: 2, shift: 1.5, elastic: { alpha: 20, sigma: 4 } },
    },
  );
  assertEquals(parse("--train-size=all").trainSize, "all");
});

Deno.test("train refuses each option of tables for pictures, and each of pictures for a table", async () => {
  const parse = (...args: string[]) => parseOptions(args, OPTIONS).options;
  const tables = ["--target=y", "--exclude=a", "--categories=a", "--impute=mean", "--columns=a,b"];
  const pictures = ["--data=d", "--train-size=9", "--test-set", "--shuffle-seed=3", "--scale"];
  const cases = [[...tables, "--test-size=0.5"], [
    ...pictures,
    ...["--distort=shift=1", "--preset=best"],
  ]];
  assertEquals(cases.map(({ length }) => length), [TABLE_OPTIONS.length, PICTURE_OPTIONS.length]);
  for (const option of cases[0]) {
    const message = `${option.split("=")[0]} needs a table: --csv FILE`;
    await assertRejects(() => trainPictures(parse(option)), UsageError, message);
  }
  for (const option of cases[1]) {
    const message = `${option.split("=")[0]} is for pictures, not for a table`;
    await assertRejects(() => trainTable(parse(option), "x.csv"), UsageError, message);
  }
});

Deno.test("train says how many hidden layers there are for several activations", async () => {
  const refuses = (hidden: string, end: string) => {
    const args = ["--activation", "relu,tanh", "--hidden", hidden];
    const message = "--activation relu,tanh: expected one name, or one for each hidden layer, " +
      `of which there ${end}`;
    const given = parseOptions(args, OPTIONS).options;
    return assertRejects(() => trainPictures(given), UsageError, message);
  };
  await refuses("5", "is 1");
  await refuses("5,4,3", "are 3");
  await refuses("none", "are 0");
});

Deno.test("2 is the exit code of all that the caller can mend, 130 that of what was interrupted, 1 of the rest", () => {
  assertEquals(exitCodeOf(new InterruptedError("x")), 130);
  const mistakes = [UsageError, ValueError, ShapeError, FileFormatError, Deno.errors.NotFound];
  assertEquals(mistakes.map((Mistake) => exitCodeOf(new Mistake("x"))), [2, 2, 2, 2, 2]);
  assertEquals([new Error("x"), new RangeError("x"), "x"].map(exitCodeOf), [1, 1, 1]);
});

Deno.test("a mistake is said in one line, without the function that speaks, and without what a terminal would obey", () => {
  const said: [unknown, string][] = [
    [new Error("it is wrong\nin two lines"), "it is wrong in two lines"],
    [new Error("a \u202eright to left one"), "a \ufffdright to left one"],
    [
      new Error(`it is ${"x".repeat(5000)}: mend it`),
      `it is ${"x".repeat(594)} … ${"x".repeat(591)}: mend it`,
    ],
    [new Error("Matrix.from: it is wrong: 3"), "it is wrong: 3"],
    [new Error("name them there, or by the option columns"), "name them there, or by --columns"],
    [new Error("a \x1b[31mred one"), "a \ufffd[31mred one"],
    [new Error("a \x9b31mred one"), "a \ufffd31mred one"], // C1: ESC [ in one
    ["no error at all", "no error at all"],
  ];
  for (const [error, message] of said) assertEquals(messageOf(error), message);
  assertEquals(messageOf(new Error("x".repeat(1200))), "x".repeat(1200)); // it just fits
  const halves = messageOf(new Error(`${"x".repeat(599)}😀${"y".repeat(99)}😀${"z".repeat(599)}`));
  assertEquals(halves, `${"x".repeat(599)}\ufffd … \ufffd${"z".repeat(599)}`);
});

Deno.test("of a stranger's text all that a terminal would obey is replaced, and nothing besides", () => {
  const obeyed = "\0\t\n\x1b\x7f\x80\x9f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069";
  assertEquals(printable(obeyed), "\ufffd".repeat(obeyed.length));
  const shown = " ~\xa0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206aäж字😀";
  assertEquals(printable(shown), shown);
});

Deno.test("a text is cut at its spaces into lines of as many characters as there may be, no fewer", () => {
  assertEquals(wrap("aa bb cc", 5, "|"), "aa bb|cc");
  assertEquals(wrap("aa bbb cc", 5, "|"), "aa|bbb|cc");
  assertEquals(wrap("aaaaaaaa b  c\nd", 3, "|"), "aaaaaaaa|b c|d");
  assertEquals(wrap("", 5, "|"), "");
});

Deno.test("a result is written to its end where the system takes a part at a time", () => {
  const { writeSync } = Deno.stdout, taken: number[] = [];
  Deno.stdout.writeSync = (bytes) => {
    const part = bytes.subarray(0, 3);
    taken.push(...part);
    return part.length;
  };
  try {
    assertEquals(print("eleven bytes"), true);
  } finally {
    Deno.stdout.writeSync = writeSync;
  }
  assertEquals(new TextDecoder().decode(Uint8Array.from(taken)), "eleven bytes");
});

Deno.test("names are given with commas, and spaces around them mean nothing", () => {
  const parse = (value: string) =>
    parseOptions(["--exclude", value], { exclude: names("A[,B…]", "which") }).options.exclude;
  assertEquals(parse("a"), ["a"]);
  assertEquals(parse(" a, b c ,d"), ["a", "b c", "d"]);
});

Deno.test("several whole numbers are given with commas, or none", () => {
  const table = { hidden: wholeNumbers([50], "units") };
  const parse = (...args: string[]) => parseOptions(args, table).options.hidden;
  assertEquals(parse(), [50]);
  assertEquals(parse("--hidden", "250,50"), [250, 50]);
  assertEquals(parse("--hidden", "none"), []);
  for (const value of ["0", "1.5", "3,", "a", "1e3"]) {
    assertThrows(() => parse("--hidden", value), UsageError, `got "${value}"`);
  }
});

Deno.test("a path is meant from the folder where the task was called, or where there is no task", () => {
  const called = Deno.env.get("INIT_CWD");
  try {
    Deno.env.set("INIT_CWD", "/some/where");
    assertEquals(fromWhereCalled("a.csv"), resolve("/some/where/a.csv"));
    assertEquals(fromWhereCalled("/a.csv"), resolve("/a.csv"));
    Deno.env.delete("INIT_CWD");
    assertEquals(fromWhereCalled("a.csv"), resolve(Deno.cwd(), "a.csv"));
  } finally {
    if (called !== undefined) Deno.env.set("INIT_CWD", called);
  }
});

Deno.test("a path is quoted where a shell would take it apart", () => {
  assertEquals(
    ["a-1.json", "/tmp/ä字,b", "my iris.json", "it's", "a$b", ""].map(quoted),
    ["a-1.json", "/tmp/ä字,b", "'my iris.json'", "'it'\\''s'", "'a$b'", "''"],
  );
});
