/** What commands do around their work: paths as the caller means them, one line for a mistake, never a stack trace. */

import { resolve } from "@std/path";
import { UsageError } from "./options.ts";

/** 130 is what a shell reports of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** `deno task` runs in the project's folder; paths are meant from the folder where it was called. */
export function fromWhereCalled(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}

/** Runs a command and ends the process: with what `main` returns, 2 for a wrong call, 1 for anything else that failed. */
export async function runCommand(name: string, main: () => Promise<number>): Promise<never> {
  let code: number;
  try {
    code = await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // the library names the function that speaks; here the command does
    console.error(
      `${name}: ${message.split("\n")[0].replace(/^(loadMnist|readIdx|fit|train): /, "")}`,
    );
    code = error instanceof UsageError ? 2 : 1;
  }
  Deno.exit(code);
}
