/**
 * The types of what we use of Deno's standard library.
 *
 * The library comes from npm (`npm:deno-std`), where it has none. From JSR it brings its own: then this file and
 * its line in deno.json can go.
 */

declare module "@std/assert" {
  /** Throws unless the expression is truthy. */
  export function assert(expr: unknown, msg?: string): asserts expr;
  /** Throws unless both are deeply equal. */
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  /** Throws if both are deeply equal. */
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  /** Throws unless both are the same value. */
  export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): void;
  /** Throws unless both are within `tolerance`. */
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    msg?: string,
  ): void;
  /** Throws unless actual < expected. */
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  /** Throws unless actual <= expected. */
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  /** Throws unless actual > expected. */
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  /** Throws unless the text holds `expected`. */
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  /** Throws unless the text matches. */
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  /** Throws unless `fn` throws an error of the class, its message with `msgIncludes` in it; returns it. */
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): E;
  /** Likewise for a promise. */
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
}

declare module "@std/path" {
  /** The last part of a path. */
  export function basename(path: string | URL, suffix?: string): string;
  /** All but the last part of a path. */
  export function dirname(path: string | URL): string;
  /** A path of a `file:` URL. */
  export function fromFileUrl(url: string | URL): string;
  /** Parts joined to a path. */
  export function join(path: string | URL, ...paths: string[]): string;
  /** An absolute path. */
  export function resolve(...paths: string[]): string;
  /** A `file:` URL of a path. */
  export function toFileUrl(path: string): URL;
}

declare module "@std/path/posix" {
  /** All but the last part of a path. */
  export function dirname(path: string): string;
  /** Parts joined to a path. */
  export function join(...paths: string[]): string;
  /** The path without `.` and `..` where they can be resolved. */
  export function normalize(path: string): string;
  /** The way from one folder to another path. */
  export function relative(from: string, to: string): string;
}

declare module "@std/cli/parse-args" {
  /** What `parseArgs` is told. */
  export interface ParseOptions {
    /** Options without a value. */
    boolean?: string | readonly string[];
    /** Those of them that `--no-NAME` turns off. */
    negatable?: string | readonly string[];
    /** Options whose value stays a string. */
    string?: string | readonly string[];
    /** Other names of options. */
    alias?: Record<string, string | readonly string[]>;
    /** Whether what follows a `--` is kept apart. */
    "--"?: boolean;
    /** Called for each argument that no other setting names. */
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  /** The options found, and in `_` the rest. */
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): { _: (string | number)[]; "--": string[] } & Record<string, unknown>;
}

declare module "@std/csv/stringify" {
  /** Rows of cells as CSV, each line ended by CRLF. */
  export function stringify(data: readonly (readonly unknown[])[]): string;
}

declare module "@std/text/levenshtein-distance" {
  /** How many letters must be put in, left out or replaced to make one text of the other. */
  export function levenshteinDistance(str1: string, str2: string): number;
}
