/**
 * IDX, the file format of MNIST: a magic number, the length of each dimension, then the elements, all big-endian
 * (described at the foot of Yann LeCun's MNIST page). Bytes in, numbers out: no file system here.
 *
 * @module
 */

import { checkCount } from "./checks.ts";
import { FileFormatError } from "./errors.ts";

/** The contents of an IDX file. */
export interface Idx {
  /** The length of each dimension: `[60000, 28, 28]` for the training images. */
  shape: number[];
  /** The elements, the last dimension first to change. They share their memory with the file's bytes. */
  data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const OTHER_TYPES: Record<number, string> = {
  0x09: "signed bytes",
  0x0b: "16-bit integers",
  0x0c: "32-bit integers",
  0x0d: "32-bit floats",
  0x0e: "64-bit floats",
};

/**
 * Reads an IDX file of unsigned bytes and checks that it is whole. Article: the heart of `read_mnist`.
 *
 * @param bytes The file's bytes, already unzipped.
 * @param name What messages call the file.
 * @throws {TypeError} Where `bytes` is no `Uint8Array`.
 * @throws {FileFormatError} Where the bytes are no IDX file of unsigned bytes, or too few, or too many.
 *
 * @example Three labels
 * ```ts
 * import { readIdx } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const file = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1);
 * assertEquals(readIdx(file), { shape: [3], data: Uint8Array.of(7, 2, 1) });
 * ```
 */
export function readIdx(bytes: Uint8Array, name = "the file"): Idx {
  checkCount("readIdx", arguments.length, 2);
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`readIdx: expected a Uint8Array, got ${typeof bytes}`);
  }
  const { shape, start, size } = readIdxHeader(bytes, name);
  if (bytes.length - start !== size) {
    throw new FileFormatError(
      `readIdx: ${name} should hold ${shape.join(" x ")} = ${size} bytes after its header, ` +
        `and holds ${bytes.length - start}`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}

/** The longest header: of 255 dimensions. */
export const LONGEST_HEADER = 4 + 4 * 255;

/** What the header says: the shape, where the elements begin, and how many there must be. */
export function readIdxHeader(
  bytes: Uint8Array,
  name: string,
): { shape: number[]; start: number; size: number } {
  const [zero0, zero1, type, dimensions] = bytes;
  if (zero0 === 0x1f && zero1 === 0x8b) {
    throw new FileFormatError(`readIdx: ${name} is still zipped (gzip); unzip it first`);
  }
  if (bytes.length < 4 || zero0 !== 0 || zero1 !== 0 || dimensions === 0) {
    throw new FileFormatError(
      `readIdx: ${name} is no IDX file: it begins with ${hex(bytes.subarray(0, 4))}, ` +
        "not with 00 00, a type and a number of dimensions",
    );
  }
  if (type !== UNSIGNED_BYTE) {
    throw new FileFormatError(
      `readIdx: ${name} holds ${OTHER_TYPES[type] ?? `elements of the unknown type ${type}`}; ` +
        "only unsigned bytes (type 8) are read",
    );
  }
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) {
    throw new FileFormatError(
      `readIdx: ${name} is cut off in its header: ${dimensions} dimensions need ${start} bytes, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  return { shape, start, size: shape.reduce((product, length) => product * length, 1) };
}

function hex(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}
