/**
 * The kernels' WebAssembly, and the memory that they work in, handed out as typed arrays.
 *
 * WebAssembly reads and writes its own memory alone, so what the kernels take lies there. An {@linkcode Arena} is a set
 * of arrays that are freed together: a training's, a prediction's. What is to outlast them is copied.
 *
 * The memory is shared, so that workers compute in it too (`../nn/threads.ts`), and so that arrays stay valid when it
 * grows. Where an engine cannot run the module, `wasm` is undefined, and the arrays are ordinary ones.
 */

import { SIMD } from "./simd.wasm.ts";

/** The functions that the module exports: of numbers, and of addresses in bytes. */
export type Exports = Record<string, (...args: number[]) => number | void>;

/** The module, its memory, and this thread's instance. */
export interface Wasm {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** How far the memory may grow. */
  readonly maxBytes: number;
  readonly exports: Exports;
}

/** A page of memory, in bytes. */
const PAGE = 65536;
/**
 * How far memory may grow, in pages: 4 GiB but for the last page, since the kernels compute the address after an array's
 * end; less where an engine reserves that much at once and has not got it.
 */
const MAXIMA = [65535, 16384, 4096];

function load(): Wasm | string {
  try {
    const bytes = Uint8Array.from(atob(SIMD), (char) => char.charCodeAt(0));
    const module = new WebAssembly.Module(bytes);
    const { memory, maxBytes } = makeMemory(MAXIMA);
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { module, memory, maxBytes, exports: exports as Exports };
  } catch (error) {
    return String(error);
  }
}

function makeMemory([maximum, ...smaller]: number[]): Pick<Wasm, "memory" | "maxBytes"> {
  try {
    const memory = new WebAssembly.Memory({ initial: 64, maximum, shared: true });
    return { memory, maxBytes: PAGE * maximum };
  } catch (error) {
    if (smaller.length === 0) throw error;
    return makeMemory(smaller);
  }
}

const loaded = load();

/** The kernels' WebAssembly. */
export const wasm: Wasm | undefined = typeof loaded === "string" ? undefined : loaded;
/** Why there is none. */
export const whyPlain: string = typeof loaded === "string" ? loaded : "";

// --- allocation --------------------------------------------------------------------------------------

/** Bytes from `from` up to `to`. */
interface Block {
  from: number;
  to: number;
}

/** Blocks begin and end at multiples of a cache line. */
const GRAIN = 64;
/** By how much memory grows at least. */
const MIN_PAGES = 16;

/** Free blocks, sorted by address, never adjacent. */
const freeBlocks: Block[] = wasm
  ? [{ from: roundUp(wasm.exports.heapBase() as number), to: wasm.memory.buffer.byteLength }]
  : [];

function roundUp(bytes: number): number {
  return Math.ceil(bytes / GRAIN) * GRAIN;
}

/** The first free block that is large enough, or its beginning. */
function allocate(memory: WebAssembly.Memory, bytes: number): Block {
  const size = roundUp(Math.max(1, bytes));
  let i = freeBlocks.findIndex(({ from, to }) => to - from >= size);
  if (i < 0) {
    const end = memory.buffer.byteLength;
    const last = freeBlocks.at(-1);
    const missing = size - (last?.to === end ? last.to - last.from : 0);
    const left = (wasm!.maxBytes - end) / PAGE;
    const pages = Math.max(Math.min(MIN_PAGES, left), Math.ceil(missing / PAGE));
    try {
      memory.grow(pages);
    } catch {
      throw new RangeError(
        `the kernels' memory cannot grow from ${end} by ${missing} bytes; smaller minibatches or fewer units need less`,
      );
    }
    free({ from: end, to: end + pages * PAGE });
    i = freeBlocks.length - 1;
  }
  const { from, to } = freeBlocks[i];
  if (to - from === size) freeBlocks.splice(i, 1);
  else freeBlocks[i] = { from: from + size, to };
  return { from, to: from + size };
}

/** Frees a block, and joins it with the free ones that it touches. */
function free({ from, to }: Block): void {
  let i = freeBlocks.findIndex((block) => block.from > from);
  if (i < 0) i = freeBlocks.length;
  if (freeBlocks[i]?.from === to) to = freeBlocks.splice(i, 1)[0].to;
  if (i > 0 && freeBlocks[i - 1].to === from) freeBlocks[i - 1].to = to;
  else freeBlocks.splice(i, 0, { from, to });
}

/** Frees the arrays of an arena that was dropped without `release`: an abandoned generator's, say. */
const abandoned = new FinalizationRegistry((blocks: Block[]) => blocks.forEach(free));

/** Arrays in the kernels' memory that are freed together. They come with whatever was there before: write first. */
export class Arena {
  readonly #blocks: Block[] = [];

  /** An empty arena. */
  constructor() {
    abandoned.register(this, this.#blocks);
  }

  /** `length` float64. */
  float64(length: number): Float64Array {
    if (!wasm) return new Float64Array(length);
    return new Float64Array(...this.#allocate(wasm.memory, 8 * length), length);
  }

  /** `length` 32-bit integers. */
  int32(length: number): Int32Array {
    if (!wasm) return new Int32Array(length);
    return new Int32Array(...this.#allocate(wasm.memory, 4 * length), length);
  }

  /** `length` bytes. */
  uint8(length: number): Uint8Array {
    if (!wasm) return new Uint8Array(length);
    return new Uint8Array(...this.#allocate(wasm.memory, length), length);
  }

  /** Frees all arrays: they must not be used any more. */
  release(): void {
    // taken out first: a program that is stopped from outside in between must not leave them to be freed once more
    this.#blocks.splice(0).forEach(free);
  }

  #allocate(memory: WebAssembly.Memory, bytes: number): [buffer: ArrayBufferLike, from: number] {
    const block = allocate(memory, bytes);
    this.#blocks.push(block);
    return [memory.buffer, block.from];
  }
}

/** Calls `use` with an arena that is released afterwards, and returns its result. */
export function withArena<T>(use: (arena: Arena) => T): T {
  const arena = new Arena();
  try {
    return use(arena);
  } finally {
    arena.release();
  }
}

/** How many bytes can be had still, in blocks of any size. */
export function freeBytes(): number {
  return wasm ? wasm.maxBytes - memoryUse().used : Infinity;
}

/** How many bytes are in use, of how many. */
export function memoryUse(): { used: number; total: number } {
  if (!wasm) return { used: 0, total: 0 };
  const total = wasm.memory.buffer.byteLength;
  return { used: total - freeBlocks.reduce((sum, { from, to }) => sum + to - from, 0), total };
}

// --- small arrays ------------------------------------------------------------------------------------
//
// Matrices keep ordinary arrays. V8 takes some 350 ns to make a typed array with memory of its own, ten times what it
// takes for one over memory that is there. For matrices of a few numbers that is most of the work. So small arrays are
// cut from common pieces, as Node.js does with its small buffers; no two share an element, and nothing is used twice.
// A piece lives as long as one of its arrays. So it is small, and all of its arrays have one length: a matrix that is
// kept lies among those of its kind, and not among the temporary ones of other shapes.

/** Up to so many elements an array is small. */
const SMALL = 64;
/** The elements of a piece: 16 KiB. */
const PIECE = 2048;
/** The elements of a piece for single numbers, which are kept most often: a sum or an error each. */
const PIECE_OF_ONES = 16;

/** For each length a piece, and how many arrays it still has room for. */
const pieces = Array.from({ length: SMALL + 1 }, () => ({ buffer: new ArrayBuffer(0), left: 0 }));

/** An array of `length` zeros. */
export function newFloat64(length: number): Float64Array<ArrayBuffer> {
  if (length === 0 || length > SMALL) return new Float64Array(length);
  const piece = pieces[length];
  if (piece.left === 0) {
    piece.left = length === 1 ? PIECE_OF_ONES : Math.floor(PIECE / length);
    piece.buffer = new ArrayBuffer(8 * length * piece.left);
  }
  piece.left--;
  return new Float64Array(piece.buffer, 8 * length * piece.left, length);
}
