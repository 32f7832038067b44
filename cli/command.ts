/** What every command does around its work: one line for a mistake, and never a stack trace. */

import { UsageError } from "./options.ts";

/** 130 is what a shell reports of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

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
