/**
 * The errors that the library throws on purpose, one class a kind of mistake. Every message says
 * what was expected and what came. A position out of range is JavaScript's own `RangeError`, a value
 * of the wrong type its own `TypeError`.
 *
 * @module
 */

/** Shapes that do not fit each other or the operation; the message names them. */
export class ShapeError extends Error {
  /** The class's name, as `instanceof` would tell it. */
  override name = "ShapeError";
}

/** A value outside of what is allowed: an option, a seed, a label, a pixel that is not a number. */
export class ValueError extends Error {
  /** The class's name, as `instanceof` would tell it. */
  override name = "ValueError";
}

/** A file, or its bytes, that is not what it should be: truncated, foreign, or changed. */
export class FileFormatError extends Error {
  /** The class's name, as `instanceof` would tell it. */
  override name = "FileFormatError";
}

/** A prediction asked of a model that was not trained (scikit-learn's name). */
export class NotFittedError extends Error {
  /** The class's name, as `instanceof` would tell it. */
  override name = "NotFittedError";
}

/** Training whose error is no longer a finite number. */
export class DivergenceError extends Error {
  /** The class's name, as `instanceof` would tell it. */
  override name = "DivergenceError";
  /** The epoch in which it happened, counted from 1. */
  readonly epoch: number;

  /** Keeps the epoch beside the message. */
  constructor(message: string, epoch: number) {
    super(message);
    this.epoch = epoch;
  }
}

/** How a message shows a value that came instead of what was expected. Not part of the library's door. */
export function describe(x: unknown): string {
  if (typeof x === "string") return JSON.stringify(x.length > 200 ? `${x.slice(0, 200)}…` : x);
  if (typeof x === "function") return "a function";
  if (typeof x !== "object" || x === null) return String(x);
  if (Array.isArray(x)) {
    const items = x.slice(0, 5).map(describe).join(", ");
    return x.length > 5 ? `[${items}, …]` : `[${items}]`;
  }
  const { shape } = x as { shape?: unknown };
  if (Array.isArray(shape)) return `a matrix of shape (${shape.map(describe).join(", ")})`;
  const name = x.constructor?.name as unknown; // of JSON from elsewhere it may be anything
  return `an object (${typeof name === "string" ? name : "Object"})`;
}

/** The first ones of many values, for a message, and how many more there are. Not part of the library's door. */
export function describeSome(values: readonly unknown[], most = 10): string {
  const shown = values.slice(0, most).map(describe).join(", "), more = values.length - most;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

// deno-lint-ignore no-explicit-any -- the arguments of any class
type ErrorClass<E> = abstract new (...args: any[]) => E;

/** Throws an error on that is none of the expected ones: a mistake of ours, or of the machine. Not part of the library's door. */
export function rethrowUnless<E extends Error>(
  error: unknown,
  ...expected: readonly ErrorClass<E>[]
): asserts error is E {
  if (!expected.some((Expected) => error instanceof Expected)) throw error;
}
