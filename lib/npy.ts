/**
 * NPY, the file format of NumPy's `save` and `load`: a magic text, a version, the text of a Python dict with type,
 * order and shape, then the elements (described in `numpy.lib.format`). Bytes in, numbers out, and back: no file
 * system here.
 *
 * It reads arrays of numbers, no Python objects and no archives of several arrays (`.npz`).
 *
 * @module
 */

import { checkCount } from "./checks.ts";
import {
  checkBytes,
  countElements,
  decodeElements,
  type ElementType,
  encodeElements,
  shapeText,
  sizeOf,
} from "./elements.ts";
import { describe, FileFormatError } from "./errors.ts";
import { checkMatrix, type Matrix } from "./matrix.ts";

/** The array of an NPY file. */
export interface NpyArray {
  /** The length of each dimension: `[60000, 28, 28]`; none for a single number. */
  shape: number[];
  /** The elements, the last dimension first to change. Bytes and booleans are a `Uint8Array`. */
  data: Float64Array | Uint8Array;
}

/** What a header says. */
interface Header {
  readonly descr: string;
  readonly isFortranOrder: boolean;
  readonly shape: number[];
}

const MAGIC = "\x93NUMPY";
/** NumPy reads no longer headers either. */
const MAX_HEADER = 10_000;
/** NumPy's header of a matrix, with room for any number of rows. */
const MATRIX_HEADER = 118;

const TYPES = new Map<string, ElementType>([
  ["b1", "bool"],
  ["u1", "uint8"],
  ["i1", "int8"],
  ["u2", "uint16"],
  ["i2", "int16"],
  ["u4", "uint32"],
  ["i4", "int32"],
  ["u8", "uint64"],
  ["i8", "int64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
]);

/** By the first characters of NumPy's other types. */
const OTHER_TYPES = new Map([
  ["O", "Python objects, which can run code when they are read: save numbers"],
  ["U", "texts; only numbers and booleans are read"],
  ["S", "texts of bytes; only numbers and booleans are read"],
  ["V", 'raw bytes, as bfloat16 is saved; save x.astype("float32")'],
  ["c", "complex numbers; save x.real and x.imag"],
  ["f1", 'long doubles; save x.astype("float64")'],
  ["M", 'dates; save x.astype("int64")'],
  ["m", 'spans of time; save x.astype("int64")'],
]);

/**
 * Reads an NPY file and checks that it is whole. NumPy: `load`, with `allow_pickle=False`.
 *
 * Versions 1.0, 2.0 and 3.0, C and Fortran order, both byte orders; floats of 16, 32 and 64 bits, whole numbers of
 * 8 to 64, booleans.
 *
 * @param bytes The file's bytes.
 * @param name What messages call the file.
 * @returns Any number of dimensions: `Matrix.fromArray(data, [rows, cols])` makes a matrix of two.
 * @throws {TypeError} Where `bytes` is no `Uint8Array`.
 * @throws {FileFormatError} Where the bytes are no NPY file of numbers, or too few, or too many, or a whole number is
 * beyond 2^53 - 1.
 *
 * @example There and back
 * ```ts
 * import { Matrix, readNpy, writeNpy } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const file = writeNpy(Matrix.from([[1, 2.5, 3], [4, 5, 6]])); // numpy.load reads it
 * const { shape, data } = readNpy(file);
 * assertEquals(shape, [2, 3]);
 * assertEquals(data, Float64Array.of(1, 2.5, 3, 4, 5, 6));
 * ```
 */
export function readNpy(bytes: Uint8Array, name = "the file"): NpyArray {
  checkCount("readNpy", arguments.length, 2);
  checkBytes("readNpy", bytes);
  const who = `readNpy: ${name}`;
  const [header, body] = cut(who, bytes);
  const { descr, isFortranOrder, shape } = parseHeader(who, header);
  const { type, littleEndian } = parseType(who, descr);
  const size = countElements(who, shape) * sizeOf(type);
  if (body.length < size) {
    throw new FileFormatError(
      `${who} is cut off: ${type} elements of shape ${shapeText(shape)} need ${size} bytes ` +
        `after the header, got ${body.length}`,
    );
  }
  if (body.length > size) {
    throw new FileFormatError(
      `${who} has ${body.length - size} bytes left over after its elements`,
    );
  }
  const data = decodeElements(who, body, { type, littleEndian });
  return { shape, data: isFortranOrder ? inCOrder(data, shape) : data };
}

/**
 * Writes an NPY file, version 1.0, in C order: `<f8`, or `|u1` for a matrix of bytes. NumPy: `save`, byte by byte.
 *
 * @throws {TypeError} Where that is no matrix.
 *
 * @example
 * ```ts
 * import { Matrix, writeNpy } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const file = writeNpy(Matrix.from([[1, 2], [3, 4]]));
 * assertEquals(file.length, 128 + 4 * 8);
 * // Deno.writeFileSync("weights.npy", file);
 * ```
 */
export function writeNpy(matrix: Matrix): Uint8Array<ArrayBuffer> {
  checkCount("writeNpy", arguments.length, 1);
  checkMatrix("writeNpy", matrix);
  const { rows, cols, dtype, data } = matrix;
  const descr = dtype === "uint8" ? "|u1" : "<f8";
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const length = String.fromCharCode(MATRIX_HEADER, 0);
  const text = `${MAGIC}\x01\0${length}${dict.padEnd(MATRIX_HEADER - 1)}\n`;
  const file = new Uint8Array(text.length + data.byteLength);
  file.set(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  encodeElements(data, file, text.length);
  return file;
}

/** The header's text, and the bytes after it. */
function cut(who: string, bytes: Uint8Array): [header: string, body: Uint8Array] {
  const magic = latin1(bytes.subarray(0, MAGIC.length));
  if (magic.startsWith("PK")) {
    throw new FileFormatError(
      `${who} is a zip archive, as .npz files are; save its arrays one by one with numpy.save, ` +
        "or all with safetensors",
    );
  }
  if (magic !== MAGIC) {
    throw new FileFormatError(
      `${who} is no NPY file: it begins with ${describe(magic)}, not with ${describe(MAGIC)}`,
    );
  }
  const [major, minor] = bytes.subarray(MAGIC.length);
  if (major === undefined || minor === undefined) {
    throw new FileFormatError(`${who} is cut off before its version`);
  }
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FileFormatError(
      `${who} is of version ${major}.${minor}; only 1.0, 2.0 and 3.0 are read`,
    );
  }
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) throw new FileFormatError(`${who} is cut off before its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (bytes.length < start + length) {
    throw new FileFormatError(
      `${who} is cut off in its header: ${length} bytes are announced, got ${bytes.length - start}`,
    );
  }
  if (length > MAX_HEADER) {
    throw new FileFormatError(
      `${who} has a header of ${length} bytes; as in NumPy, ${MAX_HEADER} at most are read`,
    );
  }
  return [latin1(bytes.subarray(start, start + length)), bytes.subarray(start + length)];
}

/** One character a byte. Names in UTF-8 are in no header of numbers. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const SPACE = /^[ \t\r\n\f]*/;
const TEXT = /^(?:'[^'"\\\n]*'|"[^'"\\\n]*")/;
/** `()`, `(3,)`, `(3, 4)`; Python 2 also wrote `(3L, 4L)`. */
const TUPLE = /^\( *(?:(?:-?(?:0|[1-9]\d*)L? *, *)+(?:-?(?:0|[1-9]\d*)L? *)?)?\)/;
const VALUES = new Map([["descr", TEXT], ["fortran_order", /^(?:True|False)/], ["shape", TUPLE]]);

/** Reads Python's dict of exactly these three keys, in any order; nothing in it is run. */
function parseHeader(who: string, header: string): Header {
  const wrong = (what: string) =>
    new FileFormatError(`${who} has a header that is not NumPy's: ${what}`);
  let rest = header.replace(SPACE, "");
  const take = (what: string, pattern: RegExp): string => {
    const found = pattern.exec(rest);
    if (!found) throw wrong(`expected ${what}, got ${describe(rest.slice(0, 20))}`);
    rest = rest.slice(found[0].length).replace(SPACE, "");
    return found[0];
  };
  const values = new Map<string, string>();
  take("{", /^{/);
  while (!rest.startsWith("}")) {
    const key = take("a key", TEXT).slice(1, -1), pattern = VALUES.get(key);
    if (!pattern) throw wrong(`it has the key ${describe(key)}`);
    if (values.has(key)) throw wrong(`it has the key ${describe(key)} twice`);
    take("a colon", /^:/);
    if (key === "descr" && /^[[(]/.test(rest)) {
      throw new FileFormatError(`${who} holds structured elements; save each field by itself`);
    }
    values.set(key, take(`a value of ${describe(key)}`, pattern));
    if (!rest.startsWith("}")) take("a comma or }", /^,/);
  }
  take("}", /^}/);
  take("nothing more", /^$/);
  const [descr, order, shape] = Array.from(VALUES.keys(), (key) => {
    const value = values.get(key);
    if (value === undefined) throw wrong(`it lacks the key ${describe(key)}`);
    return value;
  });
  if (shape.includes("-")) throw new FileFormatError(`${who} has the negative shape ${shape}`);
  return {
    descr: descr.slice(1, -1),
    isFortranOrder: order === "True",
    shape: Array.from(shape.matchAll(/\d+/g), Number),
  };
}

/** The type that a `descr` such as `<f8` names, after its byte order. */
function parseType(who: string, descr: string): { type: ElementType; littleEndian: boolean } {
  const order = descr[0], type = TYPES.get(descr.slice(1));
  if (type && (order === "<" || order === ">" || order === "|" && sizeOf(type) === 1)) {
    return { type, littleEndian: order === "<" };
  }
  const other = /^[<>|](f1|[OUSVcMm])/.exec(descr)?.[1] ?? "";
  throw new FileFormatError(
    `${who} holds ${OTHER_TYPES.get(other) ?? `elements of the unknown type ${describe(descr)}`}`,
  );
}

/** Elements whose first dimension is the first to change, in the other order. */
function inCOrder(
  data: Float64Array | Uint8Array,
  shape: readonly number[],
): Float64Array | Uint8Array {
  const result = data.slice(), position = shape.map(() => 0);
  const steps = shape.map((_, d) => shape.slice(0, d).reduce((a, b) => a * b, 1));
  for (let to = 0, from = 0; to < data.length; to++) {
    result[to] = data[from];
    for (let d = shape.length - 1; d >= 0; d--) { // as a clock: the next digit moves where this one is full
      from += steps[d];
      if (++position[d] < shape[d]) break;
      from -= steps[d] * shape[d];
      position[d] = 0;
    }
  }
  return result;
}
