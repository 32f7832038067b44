/** What every command makes of its arguments. */

import { assertEquals, assertThrows } from "@std/assert";
import { exitCodeOf } from "../cli/command.ts";
import { flag, parseOptions, text, UsageError, wholeNumber } from "../cli/options.ts";
import { FileFormatError, ValueError } from "../lib/mod.ts";

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

Deno.test("2 is the exit code of all that the caller can mend, 1 that of the rest", () => {
  const mistakes = [UsageError, ValueError, FileFormatError, Deno.errors.NotFound];
  assertEquals(mistakes.map((Mistake) => exitCodeOf(new Mistake("x"))), [2, 2, 2, 2]);
  assertEquals([new Error("x"), new RangeError("x"), "x"].map(exitCodeOf), [1, 1, 1]);
});
