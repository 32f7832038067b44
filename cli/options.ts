/**
 * Command-line options declared as data: from one table come the parser, its messages and `--help`.
 *
 * The parsing itself is Deno's `@std/cli/parse-args`.
 */

import { parseArgs } from "@std/cli/parse-args";

/** Something in the call that the user can mend; a command prints its message and nothing else. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** An option with a value: `--epochs 300`. */
export interface ValueOption<T> {
  /** What `--help` calls the value: `N`. */
  readonly value: string;
  readonly help: string;
  readonly default: T;
  /** Makes the value of its text, or throws a {@linkcode UsageError} that says what it should be. */
  readonly parse: (text: string) => T;
}

/** An option without a value: `--json`. */
export interface Flag {
  readonly help: string;
  readonly default: false;
}

/** Options by their names on the command line. */
// deno-lint-ignore no-explicit-any
export type OptionTable = Record<string, ValueOption<any> | Flag>;

/** What the options of a table come to. */
export type Parsed<O extends OptionTable> = {
  [K in keyof O]: O[K] extends ValueOption<infer T> ? T : boolean;
};

/** Reads `args` by the table. `--help` (`-h`) is known to every table that has it. */
export function parseOptions<O extends OptionTable>(args: readonly string[], table: O): Parsed<O> {
  const names = Object.keys(table);
  const flags = names.filter((name) => !("parse" in table[name]));
  const valued = names.filter((name) => "parse" in table[name]);
  const given = parseArgs(joinValues(args), {
    boolean: flags,
    string: valued,
    alias: { h: "help" },
    "--": true,
    unknown: (arg: string) => {
      throw new UsageError(
        arg.startsWith("-")
          ? `there is no option ${arg.split("=")[0]}; --help lists them`
          : `unexpected argument ${JSON.stringify(arg)}; --help lists the options`,
      );
    },
  });
  if (given["--"].length > 0) {
    throw new UsageError(
      `unexpected argument ${JSON.stringify(given["--"][0])}; --help lists the options`,
    );
  }
  const result: Record<string, unknown> = {};
  for (const name of names) {
    const option = table[name];
    const text = given[name];
    if (!("parse" in option)) {
      const withValue = args.find((arg) => arg.startsWith(`--${name}=`)); // parseArgs would take any for true
      if (withValue !== undefined) throw new UsageError(`--${name} takes no value`);
      result[name] = text === true;
    } else if (text === undefined) {
      result[name] = option.default;
    } else if (text === "") {
      throw new UsageError(`--${name} needs a value: --${name} ${option.value}`);
    } else {
      try {
        result[name] = option.parse(text as string);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(`--${name}: expected ${error.message}, got ${JSON.stringify(text)}`);
      }
    }
  }
  return result as Parsed<O>;
}

/** The lines of `--help` about the options. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, option]) => {
    const left = "parse" in option ? `--${name} ${option.value}` : `--${name}`;
    const shown = String(option.default ?? "");
    const isShown = "parse" in option && shown !== "";
    return [left, isShown ? `${option.help} [${shown}]` : option.help];
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const margin = "\n" + " ".repeat(width + 4);
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right.replaceAll("\n", margin)}`)
    .join("\n");
}

/** `--l2 -1` means `--l2=-1`, and `--save ""` means `--save=`: parseArgs takes these values for something else. */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (/^(-\.?\d.*)?$/.test(arg) && last?.startsWith("--") && !last.includes("=")) {
      joined[joined.length - 1] = `${last}=${arg}`;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

// --- kinds of values -----------------------------------------------------------------------------

/** Any text. */
export function text(text: string): string {
  return text;
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const x = Number(text);
    if (!/^[+-]?\d+$/.test(text) || x < min || x > max) {
      const upTo = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`;
      throw new UsageError(`a whole number from ${min}${upTo}`);
    }
    return x;
  };
}

/** A finite number: above 0, or 0 as well. */
export function positiveNumber(zero: "or 0" | "above 0"): (text: string) => number {
  return (text) => {
    const x = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (!Number.isFinite(x) || x < 0 || (zero === "above 0" && x === 0)) {
      throw new UsageError(zero === "or 0" ? "a number, 0 or above" : "a number above 0");
    }
    return x;
  };
}

/** Whole numbers above 0 with commas between them. */
export function wholeNumbers(text: string): number[] {
  try {
    return text.split(",").map(wholeNumber(1));
  } catch {
    throw new UsageError("whole numbers above 0, like 50 or 250,50");
  }
}
