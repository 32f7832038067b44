/**
 * safetensors, the file format of Hugging Face's models: the length of a header, the header in JSON with each tensor's
 * type, shape and place, then the elements, little-endian (described in its README). Nothing in it can run. Bytes in,
 * numbers out, and back: no file system here.
 *
 * It reads all types that float64 holds exactly; no floats of 8 bits or fewer, no complex numbers.
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
import { describe, FileFormatError, ShapeError, ValueError } from "./errors.ts";
import { classesOf } from "./labels.ts";

/** An array of any number of dimensions. A `Matrix` is one too. */
export interface Tensor {
  /** The length of each dimension; none for a single number. */
  readonly shape: readonly number[];
  /** The elements, the last dimension first to change. Bytes and booleans are a `Uint8Array`. */
  readonly data: Float64Array | Uint8Array;
}

/** The contents of a safetensors file. */
export interface Safetensors {
  /** The tensors by their names, as they follow each other in the file. The object has no prototype. */
  tensors: Record<string, Tensor>;
  /** Texts by their names. The object has no prototype. */
  metadata: Record<string, string>;
}

/** Where a tensor lies in the bytes after the header. */
interface Place {
  readonly who: string;
  readonly key: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const METADATA = "__metadata__";
/** The original reads 100 MB; of strangers' that would take gigabytes, and more than a minute. */
const MAX_HEADER = 4_000_000;

const TYPES = new Map<string, ElementType>([
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["U16", "uint16"],
  ["I16", "int16"],
  ["U32", "uint32"],
  ["I32", "int32"],
  ["U64", "uint64"],
  ["I64", "int64"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["F32", "float32"],
  ["F64", "float64"],
]);

/**
 * Reads a safetensors file and checks that it is whole. Python: `safetensors.numpy.load`, `safetensors.torch.load`.
 *
 * Floats of 16 bits (both kinds), 32 and 64, whole numbers of 8 to 64 bits, booleans.
 *
 * @param bytes The file's bytes.
 * @param name What messages call the file.
 * @returns The tensors, of any number of dimensions, and the metadata.
 * @throws {TypeError} Where `bytes` is no `Uint8Array`.
 * @throws {FileFormatError} Where the bytes are no safetensors file of these types, or too few, or too many, or a whole
 * number is beyond 2^53 - 1.
 *
 * @example There and back
 * ```ts
 * import { Matrix, readSafetensors, writeSafetensors } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const file = writeSafetensors({ w1: Matrix.from([[1, 2.5], [3, 4]]) }, { epochs: "300" });
 * const { tensors, metadata } = readSafetensors(file);
 * const [rows, cols] = tensors.w1.shape;
 * assertEquals(Matrix.fromArray(tensors.w1.data, [rows, cols]).toArray(), [[1, 2.5], [3, 4]]);
 * assertEquals(metadata.epochs, "300");
 * ```
 */
export function readSafetensors(bytes: Uint8Array, name = "the file"): Safetensors {
  checkCount("readSafetensors", arguments.length, 2);
  checkBytes("readSafetensors", bytes);
  const who = `readSafetensors: ${name}`;
  const [{ [METADATA]: texts, ...infos }, body] = cut(who, bytes);
  const metadata = checkMetadata(who, texts ?? {});
  const places = Object.entries(infos)
    .map(([key, info]) => placeOf(`readSafetensors: tensor ${describe(key)} of ${name}`, key, info))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let size = 0;
  for (const { who, begin, end } of places) {
    if (begin !== size) {
      throw new FileFormatError(
        `${who} begins at byte ${begin}; without hole or overlap it would at ${size}`,
      );
    }
    size = end;
  }
  if (body.length < size) {
    throw new FileFormatError(
      `${who} is cut off: its tensors need ${size} bytes after the header, got ${body.length}`,
    );
  }
  if (body.length > size) {
    throw new FileFormatError(`${who} has ${body.length - size} bytes left over after its tensors`);
  }
  const tensors = Object.create(null);
  for (const { who, key, type, shape, begin, end } of places) {
    const elements = body.subarray(begin, end);
    tensors[key] = { shape, data: decodeElements(who, elements, { type, littleEndian: true }) };
  }
  return { tensors, metadata };
}

/**
 * Writes a safetensors file: numbers as F64, bytes as U8. Python: `safetensors.numpy.save`, byte by byte, with one text
 * of metadata at most; the order of several is random there, and as given here.
 *
 * @param tensors Matrices, or arrays of other shapes, by their names.
 * @param metadata Texts by their names.
 * @throws {TypeError} Where something is no tensor, or no text.
 * @throws {ShapeError} Where a shape is none, or has another number of elements.
 * @throws {ValueError} Where a tensor is called `__metadata__`, or a text has half a character.
 *
 * @example
 * ```ts
 * import { Matrix, writeSafetensors } from "@scratch/nn";
 *
 * const file = writeSafetensors({
 *   w1: Matrix.from([[1, 2.5], [3, 4]]),
 *   bias: { shape: [2], data: Float64Array.of(0.5, -1) },
 * });
 * // Deno.writeFileSync("model.safetensors", file);
 * ```
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  checkCount("writeSafetensors", arguments.length, 2);
  checkTensors(tensors);
  checkTexts(metadata);
  // As the original: the type that needs the most alignment first, then by name.
  const names = classesOf("writeSafetensors", Object.keys(tensors));
  const isBytes = (name: string) => tensors[name].data instanceof Uint8Array;
  const order = [...names.filter((name) => !isBytes(name)), ...names.filter(isBytes)];
  const texts = Object.keys(metadata).length > 0 ? [member(METADATA, metadata)] : [];
  let size = 0;
  const infos = order.map((name) => {
    const { shape, data } = tensors[name];
    const begin = size;
    size += data.byteLength;
    const dtype = isBytes(name) ? "U8" : "F64";
    return member(name, { dtype, shape, data_offsets: [begin, size] });
  });
  const header = new TextEncoder().encode(`{${[...texts, ...infos].join(",")}}`);
  const start = 8 + 8 * Math.ceil(header.length / 8);
  const file = new Uint8Array(start + size).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(header, 8);
  let position = start;
  for (const name of order) {
    encodeElements(tensors[name].data, file, position);
    position += tensors[name].data.byteLength;
  }
  return file;
}

/** A member of a JSON object. An object of all would put a name such as "10" first. */
function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

/** The header, and the bytes after it. */
function cut(who: string, bytes: Uint8Array): [header: Record<string, unknown>, body: Uint8Array] {
  if (bytes.length < 8) {
    throw new FileFormatError(
      `${who} is no safetensors file: it should begin with 8 bytes for the length of its header, got ${bytes.length}`,
    );
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER) {
    throw new FileFormatError(
      `${who} is no safetensors file: a header of ${length} bytes; it has ${MAX_HEADER} at most`,
    );
  }
  if (length > bytes.length - 8) {
    throw new FileFormatError(
      `${who} is cut off in its header: ${length} bytes are announced, got ${bytes.length - 8}`,
    );
  }
  const header = new Uint8Array(bytes.subarray(8, 8 + length)); // TextDecoder reads no shared memory
  if (header[0] !== 0x7b) {
    throw new FileFormatError(`${who} has a header that does not begin with {`);
  }
  return [parseHeader(who, header), bytes.subarray(8 + length)];
}

function parseHeader(who: string, bytes: Uint8Array): Record<string, unknown> {
  let text: string, header: Record<string, unknown>, keys = -1; // the header itself is counted, under the key ""
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text, function (_key, value) {
      if (!Array.isArray(this)) keys++;
      return value;
    });
  } catch {
    throw new FileFormatError(`${who} has a header that is no JSON in UTF-8`);
  }
  if (keys !== countColons(text)) {
    throw new FileFormatError(`${who} has a header with a key that is there twice`);
  }
  return header;
}

/** The colons of a JSON text outside of its strings: one a key. */
function countColons(json: string): number {
  let count = 0, isInside = false;
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '"') isInside = !isInside;
    else if (isInside && json[i] === "\\") i++;
    else if (!isInside && json[i] === ":") count++;
  }
  return count;
}

function checkMetadata(who: string, texts: unknown): Record<string, string> {
  const isObject = typeof texts === "object" && texts !== null && !Array.isArray(texts);
  if (!isObject || Object.values(texts).some((text) => typeof text !== "string")) {
    throw new FileFormatError(`${who} has a ${METADATA} that is not of texts`);
  }
  return Object.assign(Object.create(null), texts);
}

function placeOf(who: string, key: string, info: unknown): Place {
  const { dtype, shape, data_offsets: offsets } = Object(info);
  if (
    typeof dtype !== "string" || !isLengths(shape) || !isLengths(offsets) || offsets.length !== 2
  ) {
    throw new FileFormatError(
      `${who} should have a dtype, and a shape and two data_offsets of whole numbers from 0 on`,
    );
  }
  const type = TYPES.get(dtype);
  if (type === undefined) {
    throw new FileFormatError(
      `${who} holds elements of the type ${describe(dtype)}; read are ${
        [...TYPES.keys()].join(", ")
      }`,
    );
  }
  const [begin, end] = offsets;
  const size = countElements(who, shape) * sizeOf(type);
  if (end - begin !== size) {
    throw new FileFormatError(
      `${who} needs ${size} bytes for ${dtype} of shape ${shapeText(shape)}, ` +
        `its data_offsets are ${begin} and ${end}`,
    );
  }
  return { who, key, type, shape, begin, end };
}

function isLengths(list: unknown): list is number[] {
  return Array.isArray(list) &&
    list.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

function checkTensors(tensors: Readonly<Record<string, Tensor>>): void {
  if (typeof tensors !== "object" || tensors === null) {
    throw new TypeError(
      `writeSafetensors: expected tensors by their names, got ${describe(tensors)}`,
    );
  }
  for (const [name, tensor] of Object.entries(tensors)) {
    checkText(name);
    const { shape, data } = Object(tensor);
    if (name === METADATA) {
      throw new ValueError(`writeSafetensors: no tensor can be called ${METADATA}`);
    }
    if (!(data instanceof Float64Array || data instanceof Uint8Array)) {
      throw new TypeError(
        `writeSafetensors: expected a Matrix, or { shape, data } with a Float64Array or a Uint8Array, ` +
          `for ${describe(name)}, and its data are ${describe(data)}`,
      );
    }
    if (!isLengths(shape) || shape.reduce((a, b) => a * b, 1) !== data.length) {
      throw new ShapeError(
        `writeSafetensors: ${describe(name)} has the shape ${
          describe(shape)
        } for ${data.length} elements`,
      );
    }
  }
}

function checkTexts(metadata: Readonly<Record<string, string>>): void {
  if (typeof metadata !== "object" || metadata === null) {
    throw new TypeError(
      `writeSafetensors: expected metadata by their names, got ${describe(metadata)}`,
    );
  }
  for (const [name, text] of Object.entries(metadata)) {
    if (typeof text !== "string") {
      throw new TypeError(
        `writeSafetensors: expected a text for the metadata ${describe(name)}, got ${
          describe(text)
        }`,
      );
    }
    checkText(name);
    checkText(text);
  }
}

/** Throws where a text cannot be written in UTF-8. */
function checkText(text: string): void {
  if (!text.isWellFormed()) {
    throw new ValueError(
      `writeSafetensors: ${describe(text)} has half a character, a lone surrogate`,
    );
  }
}
