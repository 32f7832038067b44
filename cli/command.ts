/** The frame of every command: its options and its `--help`, paths as the caller means them, one line for a mistake. */

import { resolve } from "@std/path";
import {
  describeOptions,
  flag,
  type OptionTable,
  type Parsed,
  parseOptions,
  type Presets,
  UsageError,
} from "./options.ts";

/** 130 is what a shell reports of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** What makes a command. */
export interface Command<O extends OptionTable> {
  /** As in `deno task NAME`. */
  readonly name: string;
  /** The first lines of `--help`. */
  readonly summary: string;
  readonly options: O;
  /** What `--preset NAME` puts in place of the options' defaults. */
  readonly presets?: Presets;
  /** The last paragraphs of `--help`: examples, and how to read the output. */
  readonly notes?: readonly string[];
  /** Does the work and returns the exit code. */
  readonly main: (options: Parsed<O>) => Promise<number>;
}

/**
 * Runs a command and ends the process: with the code that `main` returns, 2 for a wrong call, 1 for anything else
 * that failed. A mistake is one line on stderr, never a stack trace.
 */
export async function runCommand<O extends OptionTable>(
  { name, summary, options, presets, notes = [], main }: Command<O>,
): Promise<never> {
  const table = { ...options, help: flag("print this and end") };
  try {
    const { help, ...parsed } = parseOptions(Deno.args, table, presets);
    if (!help) Deno.exit(await main(parsed as Parsed<O>));
    const usage = `Usage: deno task ${name} [options]\n\nOptions:\n${describeOptions(table)}`;
    console.log([summary, usage, ...notes].join("\n\n"));
    Deno.exit(0);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // the library names the function that speaks; here the command does
    const said = message.split("\n")[0].replace(
      /^(loadMnist|readIdx|fit|train|distort|NNClassifier): /,
      "",
    );
    console.error(`${name}: ${said}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}

/** `deno task` runs in the project's folder; paths are meant from the folder where it was called. */
export function fromWhereCalled(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}
