/** The frame of every command: its options and its `--help`, paths as the caller means them, one line for a mistake. */

import { resolve } from "@std/path";
import { FileFormatError, ShapeError, ValueError } from "../../lib/errors.ts";
import {
  type Defaults,
  describeOptions,
  flag,
  type OptionTable,
  type Parsed,
  parseOptions,
  UsageError,
} from "./options.ts";

/** 130 is what a shell reports of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** What ends a work between two steps of it, where that was asked for: it needs no message. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

/** What makes a command. */
export interface Command<O extends OptionTable> {
  /** As in `deno task NAME`. */
  readonly name: string;
  /** The first lines of `--help`. */
  readonly summary: string;
  readonly options: O;
  /** What some options, as `--preset NAME`, put in place of the defaults of others. */
  readonly defaults?: Defaults;
  /** The files that it takes besides, as `--help` names them: `[FILE…]`. */
  readonly files?: string;
  /** Options that stand apart in `--help`, by the title of their section. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
  /** The last paragraphs of `--help`: examples, and how to read the output. */
  readonly notes?: readonly string[];
  /** Does the work and returns the exit code. */
  readonly main: (options: Parsed<O>, files: readonly string[]) => Promise<number>;
}

/**
 * Runs a command and ends the process: with the code that `main` returns, or that of the error. A mistake is one line
 * on stderr, never a stack trace.
 */
export async function runCommand<O extends OptionTable>(
  { name, summary, options, defaults, files: takes, sections, notes = [], main }: Command<O>,
): Promise<never> {
  const table = { ...options, help: flag("print this and end") };
  try {
    const { options: { help, ...parsed }, files } = parseOptions(Deno.args, table, {
      ...{ defaults, takesFiles: takes !== undefined },
    });
    if (!help) Deno.exit(await main(parsed as Parsed<O>, files));
    const called = ["deno task", name, takes ?? [], "[options]"].flat().join(" ");
    const usage = `Usage: ${called}\n\n${describeOptions(table, sections)}`;
    print(`${[summary, usage, ...notes].join("\n\n")}\n`);
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof InterruptedError)) console.error(`${name}: ${messageOf(error)}`);
    Deno.exit(exitCodeOf(error));
  }
}

/** What the caller can mend: options, their values, the files that are named. */
const MISTAKES = [UsageError, ValueError, ShapeError, FileFormatError, Deno.errors.NotFound];

/** 2 for a mistake of the caller, 1 for anything else that failed. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return INTERRUPTED;
  return MISTAKES.some((Mistake) => error instanceof Mistake) ? 2 : 1;
}

/** What an error says, in one line. The library names the function that speaks; a command names itself. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const text = printable(
    message.replace(/^([A-Z]\w*\.)?[a-zA-Z]\w*: /, "")
      .replace("by the option columns", "by --columns")
      .replace("fit with impute", "train with --impute")
      .replace("choose nBatches", "choose --batches")
      .replace(/\s*\n\s*/g, " "),
  );
  if (text.length <= LONGEST) return text;
  // what to do is said at the end
  return `${text.slice(0, LONGEST / 2)} … ${text.slice(-LONGEST / 2)}`.toWellFormed();
}

/** The characters of a message: a file's name, or a cell in it, may be of any length. */
const LONGEST = 1200;

/** A result that cannot be written: no fault of what it is of. */
export class OutputError extends Error {
  override name = "OutputError";
}

/**
 * Writes a result to stdout, all of it; false where nobody reads on, as `head` does. `console.log` would say nothing of a full
 * disk.
 */
export function print(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw new OutputError(`stdout cannot be written: ${(error as Error).message}`);
  }
}

/** A text of strangers in one line, without what a terminal would obey, or what turns its direction. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** A path as a shell takes it: in quotes where it has to be. */
export function quoted(path: string): string {
  return /^[\p{L}\p{N}%+,./:=@_-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/**
 * What is to be read, a file or what another program writes into a pipe, but no folder, and no device, which may have no end.
 * `option` is what messages call it: `--model`.
 */
export async function checkReadable(option: string, path: string): Promise<void> {
  const { isDirectory, isCharDevice, isBlockDevice } = await Deno.stat(path);
  if (isDirectory) throw new UsageError(`${option}: ${path} is a folder`);
  if (isCharDevice || isBlockDevice) {
    throw new UsageError(`${option}: ${path} is a device, not a file`);
  }
}

/** `deno task` runs in the project's folder; paths are meant from the folder where it was called. */
export function fromWhereCalled(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}
