/**
 * Command-line options declared as data: from one table come the parser, its messages and `--help`.
 *
 * The parsing itself is Deno's `@std/cli/parse-args`.
 */

import { parseArgs } from "@std/cli/parse-args";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { rethrowUnless } from "../../lib/errors.ts";

/** Something in the call that the user can mend; a command prints its message and nothing else. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Throws with the message where something is wrong. */
export function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new UsageError(message);
}

/** An option with a value: `--epochs 300`. */
export interface ValueOption<T> {
  /** The value's name in `--help`: `N`. */
  readonly value: string;
  readonly default: T;
  readonly help: string;
  /** Makes the value of its text, or throws a {@linkcode UsageError} that says what it should be. */
  readonly parse: (text: string) => T;
}

/** An option without a value: `--json`. */
export interface Flag {
  readonly help: string;
}

/** Options by their names in code: `trainSize` is `--train-size` on the command line. */
// deno-lint-ignore no-explicit-any
export type OptionTable = Record<string, ValueOption<any> | Flag>;

/** What the options of a table come to. */
export type Parsed<O extends OptionTable> = {
  [K in keyof O]: O[K] extends ValueOption<infer T> ? T : boolean;
};

/** What stands in place of the defaults where some options, by their names and texts, are given: `--preset nielsen`. */
export type Defaults = (given: Readonly<Record<string, unknown>>) => Readonly<
  Record<string, unknown>
>;

/** How a command is called. */
export interface Call<O extends OptionTable> {
  readonly options: Parsed<O>;
  /** What was given besides: files, where the command takes some. */
  readonly files: readonly string[];
}

/** Reads `args` by the table. `-h` means `--help`. */
export function parseOptions<O extends OptionTable>(
  args: readonly string[],
  table: O,
  { defaults = () => ({}), takesFiles = false }: { defaults?: Defaults; takesFiles?: boolean } = {},
): Call<O> {
  const options = Object.entries(table).map(([key, option]) => ({
    key,
    name: dashed(key),
    option,
  }));
  const unexpected = (arg: string) =>
    new UsageError(`unexpected argument ${JSON.stringify(arg)}; --help lists the options`);
  const flags = options.filter(({ option }) => !("parse" in option)).map(({ name }) => name);
  const all = joinValues(args), end = all.indexOf("--"), own = end < 0 ? all : all.slice(0, end);
  const given = parseArgs(all, {
    boolean: flags,
    negatable: flags,
    // "_" are the files: one may be called 007
    string: ["_", ...options.filter(({ option }) => "parse" in option).map(({ name }) => name)],
    alias: { h: "help" },
    "--": true,
    unknown: (arg: string) => {
      if (!arg.startsWith("-") || arg === "-") {
        if (takesFiles) return true;
        throw unexpected(arg);
      }
      const [name] = arg.split("=");
      const meant = nearest(name, options.map(({ name }) => `--${name}`)).join(" or ");
      const offer = meant === "" ? ";" : `: did you mean ${meant}?`;
      throw new UsageError(`there is no option ${name}${offer} --help lists them`);
    },
  });
  if (given["--"].length > 0 && !takesFiles) throw unexpected(given["--"][0]);
  const preset = defaults(given);
  const twice = options.find(({ name }) =>
    own.filter((arg) => [`--${name}`, `--no-${name}`].includes(arg.split("=")[0])).length > 1
  );
  if (twice) throw new UsageError(`--${twice.name} is given twice: say it once`);
  const values = options.map(({ key, name, option }) => {
    const text = given[name];
    if (!("parse" in option)) {
      // parseArgs would take any value for true, and a word "false" after it for one
      const hasValue = (arg: string, i: number) =>
        [`--${name}`, `--no-${name}`].includes(arg.split("=")[0]) &&
        (arg.includes("=") || ["true", "false"].includes(own[i + 1]));
      if (own.some(hasValue)) throw new UsageError(`--${name} takes no value`);
      const isOff = own.includes(`--no-${name}`); // where a preset has it
      return [key, text === true || (preset[key] === true && !isOff)];
    }
    if (text === undefined) return [key, key in preset ? preset[key] : option.default];
    if (text === "") throw new UsageError(`--${name} needs a value: --${name} ${option.value}`);
    try {
      return [key, option.parse(text as string)];
    } catch (error) {
      rethrowUnless(error, UsageError);
      throw new UsageError(`--${name}: expected ${error.message}, got ${JSON.stringify(text)}`);
    }
  });
  return { options: Object.fromEntries(values), files: [...given._, ...given["--"]].map(String) };
}

/** What was probably meant: the nearest name, or several, where two of three letters are right; two swapped ones are one. */
function nearest(given: string, names: readonly string[]): string[] {
  const text = given.toLowerCase();
  const swapped = [...text].map((letter, i) =>
    text.slice(0, i) + text.slice(i + 1, i + 2) + letter + text.slice(i + 2)
  );
  const distances = names.map((name) =>
    Math.min(levenshteinDistance(text, name), swapped.includes(name) ? 1 : Infinity)
  );
  const least = Math.min(...distances);
  return names.filter((name, i) =>
    distances[i] === least && least <= (name.length - "--".length) / 3
  );
}

/** The lines of `--help` about the options; those of a section under its title, after all others. */
export function describeOptions(
  table: OptionTable,
  sections: Readonly<Record<string, readonly string[]>> = {},
): string {
  const keys = Object.keys(table), apart = Object.values(sections).flat();
  const left = Math.max(...keys.map((key) => leftOf(key, table[key]).length));
  return Object.entries({ Options: keys.filter((key) => !apart.includes(key)), ...sections })
    .map(([title, keys]) =>
      `${title}:\n${keys.map((key) => describeOption(key, table[key], left)).join("\n")}`
    )
    .join("\n\n");
}

/** `--epochs N` */
function leftOf(key: string, option: OptionTable[string]): string {
  return `--${dashed(key)}${"parse" in option ? ` ${option.value}` : ""}`;
}

function describeOption(key: string, option: OptionTable[string], width: number): string {
  const shown = "parse" in option ? String(option.default ?? "") : "";
  const right = option.help + (shown && ` [${shown}]`), margin = "\n" + " ".repeat(width + 4);
  return `  ${leftOf(key, option).padEnd(width)}  ${wrap(right, 76 - width, margin)}`;
}

/** The text in lines of at most so many characters, where its words allow it. */
export function wrap(text: string, length: number, newLine: string): string {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > length) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join(newLine);
}

/** trainSize -> "train-size" */
export function dashed(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `--l2 -1` means `--l2=-1`, and `--save ""` means `--save=`: parseArgs takes these values for something else. */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [i, arg] of args.entries()) {
    const last = joined.at(-1);
    if (last === "--") return [...joined, ...args.slice(i)]; // files, whatever their names
    if (/^(-\.?\d.*)?$/.test(arg) && last?.startsWith("--") && !last.includes("=")) {
      joined[joined.length - 1] = `${last}=${arg}`;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

// --- kinds of options ----------------------------------------------------------------------------

/** An option without a value. */
export function flag(help: string): Flag {
  return { help };
}

/** Any text, or what `parse` makes of it. */
export function text<D extends string | undefined>(
  value: string,
  preset: D,
  help: string,
): ValueOption<string | D>;
/** What `parse` makes of a text. */
export function text<T, D>(
  value: string,
  preset: D,
  help: string,
  parse: (text: string) => T,
): ValueOption<T | D>;
/** Either form. */
export function text(
  value: string,
  preset: unknown,
  help: string,
  parse: (text: string) => unknown = (text) => text,
): ValueOption<unknown> {
  return { value, default: preset, help, parse };
}

/** A whole number from `min` (1 if not said) to `max`. */
export function wholeNumber<D>(
  preset: D,
  help: string,
  { min = 1, max = Number.MAX_SAFE_INTEGER } = {},
): ValueOption<number | D> {
  const parse = (text: string) => {
    const x = Number(text);
    if (/^[+-]?\d+$/.test(text) && x >= min && x <= max) return x;
    const upTo = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`;
    throw new UsageError(`a whole number from ${min}${upTo}`);
  };
  return { value: "N", default: preset, help, parse };
}

/** A whole number above 0, or a word. */
export function wholeNumberOr<W extends string, D>(
  word: W,
  preset: D,
  help: string,
): ValueOption<number | W | D> {
  const { value, parse } = wholeNumber(preset, help);
  return {
    ...{ value, default: preset, help },
    parse: (text) => text === word ? word : parse(text),
  };
}

/** Whole numbers above 0 with commas between them, or "none". */
export function wholeNumbers(
  preset: readonly number[],
  help: string,
): ValueOption<readonly number[]> {
  const parse = (text: string) => {
    if (text === "none") return [];
    const numbers = text.split(",").map(Number);
    const isWhole = !/[^\d,+]/.test(text) && numbers.every((x) => x > 0 && Number.isSafeInteger(x));
    if (isWhole) return numbers;
    throw new UsageError("whole numbers above 0, like 50 or 250,50");
  };
  return { value: "N[,N…]", default: preset, help, parse };
}

/** How many, or which share of them: below 1. */
export function countOrShare(
  preset: number,
  help: string,
  zero: "or 0" | "above 0",
): ValueOption<number> {
  const { parse } = positiveNumber(preset, help, zero);
  const check = (text: string) => {
    const x = parse(text);
    if (x < 1 || Number.isSafeInteger(x)) return x;
    throw new UsageError("a whole number, or a share below 1");
  };
  return { value: "N", default: preset, help, parse: check };
}

/** Names with commas between them. */
export function names(value: string, help: string): ValueOption<readonly string[]> {
  const parse = (text: string) => text.split(",").map((name) => name.trim());
  return { value, default: [], help, parse };
}

/** A finite number: above 0, or 0 as well. */
export function positiveNumber(
  preset: number,
  help: string,
  zero: "or 0" | "above 0",
): ValueOption<number> {
  const parse = (text: string) => {
    const x = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (Number.isFinite(x) && x >= 0 && (x > 0 || zero === "or 0")) return x;
    throw new UsageError(zero === "or 0" ? "a number, 0 or above" : "a number above 0");
  };
  return { value: "X", default: preset, help, parse };
}

/** One of some names. */
export function choice<T extends string>(
  names: readonly T[],
  preset: T,
  help: string,
): ValueOption<T> {
  const parse = (text: string) => {
    if (names.includes(text as T)) return text as T;
    throw new UsageError(`one of ${names.join(", ")}`);
  };
  return { value: "NAME", default: preset, help: `${help}: ${names.join(", ")}`, parse };
}

/** Some names with commas between them. */
export function choices<T extends string>(
  names: readonly T[],
  preset: readonly T[],
  help: string,
): ValueOption<readonly T[]> {
  const one = choice(names, preset[0], help);
  const parse = (text: string) => text.split(",").map(one.parse);
  return { ...one, value: "NAME[,…]", default: preset, parse };
}
