/**
 * The kernels that this engine runs: those of WebAssembly SIMD, or their plain twins where it has none. The two give the
 * same bits (`contract.ts`).
 */

import type { Kernels } from "./contract.ts";
import { type Exports, wasm, whyPlain } from "./memory.ts";
import { plain } from "./plain.ts";

/** What a kernel of WebAssembly takes for an argument: an array's address, and a number as it is. */
export function address(arg: number | ArrayBufferView): number {
  return typeof arg === "object" ? arg.byteOffset : arg;
}

function fromExports(exports: Exports): Kernels {
  const withArrays = (f: Exports[string]) => (...args: (number | ArrayBufferView)[]) => {
    for (let i = 0; i < args.length; i++) args[i] = address(args[i]);
    return f(...args as number[]);
  };
  return Object.fromEntries(
    Object.keys(plain).map((name) => [name, withArrays(exports[name])]),
  ) as unknown as Kernels;
}

/** The kernels of WebAssembly, for arrays in the kernels' memory. */
export const simd: Kernels | undefined = wasm && fromExports(wasm.exports);

/** The faster ones of the two. */
export const kernels: Kernels = simd ?? plain;

/** What computes, and why: {@linkcode kernelsInUse}. */
export interface KernelsInUse {
  /** "simd" is WebAssembly SIMD; "plain" is TypeScript, with the same bits, two to four times slower. */
  readonly kernels: "simd" | "plain";
  /** Why it is these. */
  readonly reason: string;
}

/**
 * Which kernels this engine runs: WebAssembly SIMD, or plain TypeScript where it cannot. Both give the same bits.
 *
 * @example
 * ```ts
 * import { kernelsInUse } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(kernelsInUse().kernels, "simd"); // in Deno, Node.js 20, Bun and today's browsers
 * ```
 */
export function kernelsInUse(): KernelsInUse {
  return wasm
    ? { kernels: "simd", reason: "this engine has WebAssembly SIMD and shared memory" }
    : { kernels: "plain", reason: `WebAssembly SIMD cannot be used here: ${whyPlain}` };
}
