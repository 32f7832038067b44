/**
 * The checksums of a saved model: the SHA-256 of each of its parts. With them a file is the model that was saved, or is
 * refused: not another model that looks as sound.
 *
 * A part is hashed as the JSON that it is, in UTF-8; instead of a matrix's elements stands the SHA-256 of their float64
 * numbers, little-endian, and instead of a step of a pipeline its checksums. So a file may be laid out anew, but no number
 * changed; but for the sign of a zero outside a matrix, which JSON loses.
 *
 * @module
 */

import { describe, rethrowUnless } from "./errors.ts";
import type { MatrixJSON } from "./matrix.ts";
import { Sha256, sha256 } from "./sha256.ts";

/** The SHA-256 of each part of a saved model, by the part's name. */
export type Checksums = Readonly<Record<string, string>>;

/**
 * What `toJSON` of a model or of a part of one gave, with the checksums of what it is now: for a change that is meant.
 *
 * @example A scaler that divides by 1 at least
 * ```ts
 * import { Matrix, StandardScaler, withChecksums } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const json = new StandardScaler().fit(Matrix.from([[0, 0], [0.2, 8]])).toJSON();
 * json.columns!.scale = json.columns!.scale.map((s) => Math.max(s, 1));
 * const scaler = StandardScaler.fromJSON(withChecksums(json));
 * assertEquals(scaler.transform(Matrix.from([[0.2, 8]])).toArray(), [[0.1, 1]]);
 * ```
 */
export function withChecksums<T extends object>(json: T): T & { sha256: Checksums } {
  const { sha256: _, ...parts } = json as T & { sha256?: unknown };
  return { ...parts, sha256: checksumsOf(parts) } as T & { sha256: Checksums };
}

/**
 * Checks the parts of a saved model. `name` is what a message begins with. Files of older versions have no checksums.
 *
 * @throws {TypeError} Where a part is not what it was, is gone or came later, or where there are no checksums.
 */
export function checkChecksums(name: string, json: object, isNeeded: boolean): void {
  const { sha256: expected, ...parts } = json as { sha256?: Checksums };
  if (expected === undefined && !isNeeded) return;
  if (typeof expected !== "object" || expected === null) {
    throw new TypeError(
      `${name}: the file lacks the SHA-256 of its parts, got ${describe(expected)}`,
    );
  }
  let found: Checksums;
  try {
    found = checksumsOf(parts);
  } catch (error) {
    rethrowUnless(error, RangeError);
    throw new TypeError(`${name}: the file is nested more deeply than any model`);
  }
  const shown = (sum: unknown) => typeof sum === "string" ? sum : describe(sum);
  for (const part of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const isFound = Object.hasOwn(found, part), isExpected = Object.hasOwn(expected, part);
    if (isFound && isExpected && found[part] === expected[part]) continue;
    const what = !isFound
      ? "is missing"
      : !isExpected
      ? "was not saved with the others"
      : `is damaged: its SHA-256 is ${found[part]}, not ${shown(expected[part])}`;
    throw new TypeError(`${name}: the part ${describe(part)} ${what}`);
  }
}

function checksumsOf(parts: object): Checksums {
  const there = Object.entries(parts).filter(([, part]) => part !== undefined);
  return Object.fromEntries(
    there.map(([name, part]) => [name, hashText(JSON.stringify(part, hashed))]),
  );
}

/** Puts hashes in place of what has one, or is large. */
function hashed(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { sha256: checksums, shape, dtype, data } = value as Partial<MatrixJSON> & {
    sha256?: Checksums;
  };
  if (checksums) return checksums;
  if (!shape || !dtype || !Array.isArray(data)) return value;
  // also of "NaN", "-0" and others that JSON lacks
  const numbers = Float64Array.from(data, (x) => typeof x === "object" ? NaN : Number(x));
  return { shape, dtype, sha256: new Sha256().updateNumbers(numbers).digest() };
}

function hashText(text: string): string {
  return sha256(new TextEncoder().encode(text));
}
