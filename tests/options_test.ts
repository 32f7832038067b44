/** What every command makes of its arguments. */

import { assertEquals, assertThrows } from "@std/assert";
import { resolve } from "@std/path";
import {
  exitCodeOf,
  fromWhereCalled,
  InterruptedError,
  messageOf,
  print,
} from "../cli/shared/command.ts";
import {
  flag,
  names,
  parseOptions,
  text,
  UsageError,
  wholeNumber,
  wholeNumbers,
  wrap,
} from "../cli/shared/options.ts";
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
