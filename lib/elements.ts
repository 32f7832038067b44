/**
 * The elements of arrays as files hold them: floats, whole numbers and booleans, of either byte order. What the formats
 * NPY (`npy.ts`) and safetensors (`safetensors.ts`) have in common; their headers are their own.
 *
 * Bytes and booleans become a `Uint8Array`, all others a `Float64Array`: nothing is rounded.
 *
 * @module
 */

import { describe, FileFormatError } from "./errors.ts";

/** A type of elements: its size in bytes, and the numbers of a buffer of them, in this machine's byte order. */
interface Elements {
  readonly size: number;
  readonly numbers: (buffer: ArrayBuffer, who: string) => Float64Array | Uint8Array;
}

const TYPES = {
  bool: { size: 1, numbers: (buffer, who) => booleans(new Uint8Array(buffer), who) },
  uint8: { size: 1, numbers: (buffer) => new Uint8Array(buffer) },
  int8: { size: 1, numbers: (buffer) => new Float64Array(new Int8Array(buffer)) },
  uint16: { size: 2, numbers: (buffer) => new Float64Array(new Uint16Array(buffer)) },
  int16: { size: 2, numbers: (buffer) => new Float64Array(new Int16Array(buffer)) },
  uint32: { size: 4, numbers: (buffer) => new Float64Array(new Uint32Array(buffer)) },
  int32: { size: 4, numbers: (buffer) => new Float64Array(new Int32Array(buffer)) },
  uint64: { size: 8, numbers: (buffer, who) => safeIntegers(new BigUint64Array(buffer), who) },
  int64: { size: 8, numbers: (buffer, who) => safeIntegers(new BigInt64Array(buffer), who) },
  // The exponent of a float16 counts from 15, that of a float32 from 127.
  float16: { size: 2, numbers: (buffer) => halves(buffer, float16Bits, 2 ** (127 - 15)) },
  bfloat16: { size: 2, numbers: (buffer) => halves(buffer, (half) => half << 16, 1) },
  float32: { size: 4, numbers: (buffer) => new Float64Array(new Float32Array(buffer)) },
  float64: { size: 8, numbers: (buffer) => new Float64Array(buffer) },
} satisfies Record<string, Elements>;

/** What the elements of an array in a file can be. */
export type ElementType = keyof typeof TYPES;

/** Whether this machine is. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** NumPy has no more dimensions. */
const MAX_DIMENSIONS = 64;

/** How many bytes an element has. */
export function sizeOf(type: ElementType): number {
  return TYPES[type].size;
}

/** How messages write a shape. */
export function shapeText(shape: readonly number[]): string {
  return `(${shape.join(", ")})`;
}

/**
 * How many elements an array of this shape has. `who` is what the message begins with: the function and the file.
 *
 * @throws {FileFormatError} Where there are more dimensions, or more elements, than an array can have.
 */
export function countElements(who: string, shape: readonly number[]): number {
  if (shape.length > MAX_DIMENSIONS) {
    throw new FileFormatError(
      `${who} has ${shape.length} dimensions; an array has ${MAX_DIMENSIONS} at most`,
    );
  }
  const count = shape.reduce((product, length) => product * (length || 1), 1); // a 0 must not hide the others
  if (!Number.isSafeInteger(count)) {
    throw new FileFormatError(
      `${who} has the shape ${shapeText(shape)}, more elements than an array can have`,
    );
  }
  return shape.includes(0) ? 0 : count;
}

/**
 * The numbers of all these bytes, in memory of their own.
 *
 * @throws {FileFormatError} Where a boolean is not 0 or 1, or a whole number is beyond 2^53 - 1.
 */
export function decodeElements(
  who: string,
  bytes: Uint8Array,
  { type, littleEndian }: { readonly type: ElementType; readonly littleEndian: boolean },
): Float64Array | Uint8Array {
  const { size, numbers }: Elements = TYPES[type];
  const copy = new Uint8Array(bytes); // aligned, unlike the file's bytes
  if (littleEndian !== LITTLE_ENDIAN) reverseEach(copy, size);
  return numbers(copy.buffer, who);
}

/** Writes the elements, little-endian, from this position of a file on. */
export function encodeElements(
  data: Float64Array | Uint8Array,
  file: Uint8Array,
  position: number,
): void {
  const target = file.subarray(position, position + data.byteLength);
  target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  // deno-coverage-ignore -- no machine that Deno runs on is big-endian
  if (!LITTLE_ENDIAN) reverseEach(target, data.BYTES_PER_ELEMENT);
}

/** Throws unless these are bytes. */
export function checkBytes(name: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`${name}: expected a Uint8Array, got ${describe(bytes)}`);
  }
}

/** Turns the byte order of each element round. */
function reverseEach(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let i = start, j = start + size - 1; i < j; i++, j--) {
      const byte = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = byte;
    }
  }
}

function booleans(bytes: Uint8Array, who: string): Uint8Array {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong >= 0) {
    throw new FileFormatError(
      `${who} has ${bytes[wrong]} for a boolean, which is 0 or 1, at position ${wrong}`,
    );
  }
  return bytes;
}

function safeIntegers(integers: BigInt64Array | BigUint64Array, who: string): Float64Array {
  const result = new Float64Array(integers.length);
  for (let i = 0; i < result.length; i++) {
    result[i] = Number(integers[i]);
    if (!Number.isSafeInteger(result[i])) {
      throw new FileFormatError(
        `${who} has ${
          integers[i]
        } at position ${i}: beyond 2^53 - 1 float64 cannot hold every whole number`,
      );
    }
  }
  return result;
}

/** Floats of 16 bits: their bits in their places of a float32, and what remains is a power of two. */
function halves(
  buffer: ArrayBuffer,
  float32Bits: (half: number) => number,
  factor: number,
): Float64Array {
  const bits = new Uint32Array(1), float32 = new Float32Array(bits.buffer);
  const numbers = new Uint16Array(buffer), result = new Float64Array(numbers.length);
  for (let i = 0; i < result.length; i++) {
    bits[0] = float32Bits(numbers[i]);
    result[i] = float32[0] * factor;
  }
  return result;
}

function float16Bits(half: number): number {
  const isFinite = (half & 0x7c00) !== 0x7c00;
  return (half & 0x8000) << 16 | (half & 0x7fff) << 13 | (isFinite ? 0 : 0x7f800000);
}
