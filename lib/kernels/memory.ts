/**
 * The memory that the kernels work in: that of `simd.wasm`, handed out as typed arrays.
 *
 * WebAssembly reads and writes its own memory alone, so what the kernels take lies there. A {@linkcode Room} is a set
 * of lists that come and go together: a training's, a prediction's. Nothing else may hold on to them, and what is to
 * outlast them is copied.
 *
 * The memory is declared as shared, though one thread has it: only so do the views of before stay valid when it
 * grows. Where the engine has no SIMD for WebAssembly, `wasm` is undefined, and lists are ordinary ones.
 */

/** What `simd.wasm` exports. */
export const wasm: typeof import("./simd.wasm") | undefined = await import("./simd.wasm")
  .catch(() => undefined);

/** Bytes from `from` up to `to`. */
interface Block {
  from: number;
  to: number;
}

/** Blocks begin and end at multiples of a cache line. */
const GRAIN = 64;
const PAGE = 65536;
/** By how much memory grows at least. */
const MIN_PAGES = 16;

/** What nobody has, by address; no two of them touch. */
const free: Block[] = wasm
  ? [{ from: Math.ceil(wasm.heapBase() / GRAIN) * GRAIN, to: wasm.memory.buffer.byteLength }]
  : [];

/** The first free block that is large enough, or its beginning. */
function take(memory: WebAssembly.Memory, bytes: number): Block {
  const size = Math.max(1, Math.ceil(bytes / GRAIN)) * GRAIN;
  let i = free.findIndex(({ from, to }) => to - from >= size);
  if (i < 0) {
    const end = memory.buffer.byteLength;
    const last = free.at(-1);
    const missing = size - (last?.to === end ? last.to - last.from : 0);
    const pages = Math.max(MIN_PAGES, Math.ceil(missing / PAGE));
    try {
      memory.grow(pages);
    } catch {
      throw new RangeError(
        `the kernels' memory cannot grow from ${end} by ${missing} bytes; smaller minibatches or fewer units need less`,
      );
    }
    give({ from: end, to: end + pages * PAGE });
    i = free.length - 1;
  }
  const { from, to } = free[i];
  if (to - from === size) free.splice(i, 1);
  else free[i] = { from: from + size, to };
  return { from, to: from + size };
}

/** Makes a block free, and one with the free ones that it touches. */
function give({ from, to }: Block): void {
  let i = free.findIndex((block) => block.from > from);
  if (i < 0) i = free.length;
  if (free[i]?.from === to) to = free.splice(i, 1)[0].to;
  if (i > 0 && free[i - 1].to === from) free[i - 1].to = to;
  else free.splice(i, 0, { from, to });
}

/** Gives back what a room left behind that was dropped without `release`: an abandoned generator's, say. */
const abandoned = new FinalizationRegistry((blocks: Block[]) => blocks.forEach(give));

/** Lists in the kernels' memory. They hold what was there before: whoever takes one writes it first. */
export class Room {
  readonly #blocks: Block[] = [];

  /** An empty room. */
  constructor() {
    abandoned.register(this, this.#blocks);
  }

  /** A list of `length` float64. */
  float64(length: number): Float64Array {
    if (!wasm) return new Float64Array(length);
    return new Float64Array(...this.#take(wasm.memory, 8 * length), length);
  }

  /** A list of `length` 32-bit integers. */
  int32(length: number): Int32Array {
    if (!wasm) return new Int32Array(length);
    return new Int32Array(...this.#take(wasm.memory, 4 * length), length);
  }

  /** A list of `length` bytes. */
  uint8(length: number): Uint8Array {
    if (!wasm) return new Uint8Array(length);
    return new Uint8Array(...this.#take(wasm.memory, length), length);
  }

  /** Gives all lists back: they must not be used any more. */
  release(): void {
    this.#blocks.forEach(give);
    this.#blocks.length = 0;
  }

  #take(memory: WebAssembly.Memory, bytes: number): [buffer: ArrayBufferLike, from: number] {
    const block = take(memory, bytes);
    this.#blocks.push(block);
    return [memory.buffer, block.from];
  }
}

/** What `use` returns; the room that it is given is there for as long as it takes. */
export function inRoom<T>(use: (room: Room) => T): T {
  const room = new Room();
  try {
    return use(room);
  } finally {
    room.release();
  }
}

/** How many bytes are in use, of how many. For tests. */
export function memoryUse(): { used: number; total: number } {
  if (!wasm) return { used: 0, total: 0 };
  const total = wasm.memory.buffer.byteLength;
  return { used: total - free.reduce((sum, { from, to }) => sum + to - from, 0), total };
}
