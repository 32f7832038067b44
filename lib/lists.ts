/**
 * New lists of float64 for matrices, quickly.
 *
 * V8 takes some 300 ns to make a typed array with memory of its own, twenty times what it takes for one over memory
 * that is there. For matrices of a few numbers that is most of the work. So small lists are cut from a common piece,
 * one after the other, as Node.js does with its small buffers; no two share an element, and a piece is never used
 * twice.
 *
 * @module
 */

/** Up to so many elements a list is small. */
const SMALL = 64;
/** The elements of a common piece: 32 KiB, which is what the smallest of its lists keeps alive. */
const PIECE = 4096;

let piece = new ArrayBuffer(0);
let used = PIECE;

/** A list of `length` zeros. */
export function newFloat64(length: number): Float64Array<ArrayBuffer> {
  if (length > SMALL) return new Float64Array(length);
  if (used + length > PIECE) {
    piece = new ArrayBuffer(8 * PIECE);
    used = 0;
  }
  const list = new Float64Array(piece, 8 * used, length);
  used += length;
  return list;
}
