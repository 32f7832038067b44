/** Damage to files: of bytes, of the numbers in them, of JSON. A seed gives the same damage again. */

import type { RandomState } from "../../lib/mod.ts";

/** Numbers at the ends of what fits, and just beyond. */
const NUMBERS = [0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32767, 65535, 65536, 2 ** 24, 2 ** 31 - 1];
const LARGE = [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63];
/** What a text of a number becomes. */
const TEXTS = [
  ...[...NUMBERS, ...LARGE, -1, 0.5, 1e308, 5e-324].map(String),
  ...["-0", "1e999", "1e-999", "007", "+1", "NaN", "9007199254740993", "", "1e3"],
];
/** What is put into a file somewhere. */
const WORDS = [
  ...['"', "'", '""', "\\", "\n", "\r\n", ",", ";", "\t", "|", "\0", "\ufeff", "\x80", "{", "}"],
  ...["[", "]", ":", "null", "true", "-", ".", "__proto__", "constructor", "sep=;\n", "?", "NA"],
];
/** What a value in JSON becomes. */
const VALUES = [
  ...[null, true, false, "", "x", "NaN", "-0", "1", [], {}, [[]], [null], { length: 3 }, 0, -0, -1],
  ...[0.5, 1, 2, 3, 1e308, 5e-324, 2 ** 26, 2 ** 32, 2 ** 53, 1e9],
];

/** One of a list. */
function oneOf<T>(rng: RandomState, list: readonly T[]): T {
  return list[rng.randint(list.length)];
}

/** The file, damaged in one place or several; `others` are what pieces come from. */
export function mutateBytes(
  rng: RandomState,
  file: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array<ArrayBuffer>[],
): Uint8Array<ArrayBuffer> {
  let bytes = file.slice();
  do bytes = damage(rng, bytes, others); while (rng.randint(3) === 0);
  return bytes;
}

function damage(
  rng: RandomState,
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array<ArrayBuffer>[],
): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  // headers decide most, and are short
  const place = () => rng.randint((rng.randint(2) === 0 ? Math.min(length, 40) : length) + 1);
  const range = (): [number, number] => {
    const from = place();
    return [from, Math.min(length, from + 2 ** rng.randint(9))];
  };
  const splice = (from: number, to: number, piece: Uint8Array) => {
    const result = new Uint8Array(from + piece.length + length - to);
    result.set(bytes.subarray(0, from));
    result.set(piece, from);
    result.set(bytes.subarray(to), from + piece.length);
    return result;
  };
  switch (rng.randint(9)) {
    case 0: // a bit
      bytes[place()] ^= 1 << rng.randint(8);
      return bytes;
    case 1: // a byte
      bytes[place()] = rng.randint(256);
      return bytes;
    case 2: // cut off
      return bytes.slice(0, place());
    case 3: // a piece less
      return splice(...range(), new Uint8Array());
    case 4: { // a piece twice, here or elsewhere
      const piece = bytes.slice(...range()), at = place();
      return splice(at, at, piece);
    }
    case 5: { // another file from some place on
      const other = oneOf(rng, others);
      return splice(place(), length, other.subarray(rng.randint(other.length + 1)));
    }
    case 6: { // a binary number
      const size = oneOf(rng, [2, 4, 8]), at = place();
      if (at + size > length) return bytes;
      const view = new DataView(bytes.buffer), isLittle = rng.randint(2) === 0;
      const number = oneOf(rng, size === 2 ? NUMBERS : [...NUMBERS, ...LARGE]);
      if (size === 2) view.setUint16(at, number, isLittle);
      else if (size === 4) view.setUint32(at, number, isLittle);
      else view.setBigUint64(at, BigInt(number), isLittle);
      return bytes;
    }
    case 7: { // a number in digits
      const digits = digitsFrom(bytes, place());
      if (!digits) return bytes;
      const [from, to] = digits;
      const near = Number(new TextDecoder().decode(bytes.subarray(from, to))) +
        oneOf(rng, [-1, 1]);
      const text = rng.randint(2) === 0 ? String(near) : oneOf(rng, TEXTS);
      return splice(from, to, new TextEncoder().encode(text));
    }
    default: { // a word
      const at = place();
      return splice(at, at, new TextEncoder().encode(oneOf(rng, WORDS)));
    }
  }
}

/** Where the next number in digits stands. */
function digitsFrom(bytes: Uint8Array, start: number): [from: number, to: number] | undefined {
  const isDigit = (byte: number) => byte >= 48 && byte <= 57;
  let from = start;
  while (from < bytes.length && !isDigit(bytes[from])) from++;
  let to = from;
  while (to < bytes.length && isDigit(bytes[to])) to++;
  return to > from ? [from, to] : undefined;
}

/** A value of JSON, another one in some of its places. */
export function mutateJson(rng: RandomState, json: unknown): unknown {
  const root = { json: structuredClone(json) };
  do {
    // each level is as probable as the others: else nearly all damage would be to the weights
    // deno-lint-ignore no-explicit-any
    let holder: any = root, key: string | number = "json";
    while (typeof holder[key] === "object" && holder[key] !== null && rng.randint(5) > 0) {
      const keys: string[] = Object.keys(holder[key]);
      if (keys.length === 0) break;
      holder = holder[key];
      key = oneOf(rng, keys);
    }
    const value = holder[key];
    switch (rng.randint(5)) {
      case 0:
        delete holder[key];
        break;
      case 1:
        if (Array.isArray(value)) value.push(...value.slice(rng.randint(value.length + 1)));
        else if (Array.isArray(holder)) holder.reverse();
        else {
          const name = oneOf(rng, ["x", "__proto__", "shape", "length", "classes", "constructor"]);
          Object.defineProperty(holder, name, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
        break;
      case 2:
        if (Array.isArray(value)) value.splice(rng.randint(value.length + 1), 1);
        else if (typeof value === "number") holder[key] = value + oneOf(rng, [-1, 1, 0.5]);
        else holder[key] = [value];
        break;
      default:
        holder[key] = structuredClone(oneOf<unknown>(rng, VALUES));
    }
  } while (rng.randint(3) === 0);
  return root.json;
}
