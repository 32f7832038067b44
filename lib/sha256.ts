/**
 * SHA-256 (FIPS 180-4). Not `crypto.subtle`: that gives a promise, for which `JSON.stringify` and `fromJSON` cannot wait,
 * and it is missing in pages without https.
 *
 * @module
 */

import { encodeElements } from "./elements.ts";

/** The first 32 bits behind the point of the cube roots of the first 64 primes, eight hexadecimal digits each. */
const K = Int32Array.from(
  (`428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc3` +
    `72be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da` +
    `983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13` +
    `650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070` +
    `19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc70208` +
    `90befffaa4506cebbef9a3f7c67178f2`).match(/.{8}/g)!,
  (digits) => parseInt(digits, 16),
);

/** The same of the square roots of the first eight. */
const START = "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19";

/** A hash that takes its bytes piece by piece. */
export class Sha256 {
  readonly #state = Int32Array.from(START.match(/.{8}/g)!, (digits) => parseInt(digits, 16));
  readonly #schedule = new Int32Array(64);
  readonly #block = new Uint8Array(64);
  readonly #words = new DataView(this.#block.buffer);
  #length = 0;

  /** Takes more memory, as bytes. */
  update({ buffer, byteOffset, byteLength }: ArrayBufferView): this {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    let filled = this.#length % 64;
    this.#length += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + 64 - filled);
      this.#block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === 64) {
        this.#compress();
        filled = 0;
      }
    }
    return this;
  }

  /** Takes numbers as float64, little-endian on every machine. */
  updateNumbers(numbers: Float64Array): this {
    const bytes = new Uint8Array(numbers.byteLength);
    encodeElements(numbers, bytes, 0);
    return this.update(bytes);
  }

  /** The hash of all bytes, in hexadecimal. Nothing can be added after it. */
  digest(): string {
    const bits = 8 * this.#length, padding = new Uint8Array((119 - this.#length % 64) % 64 + 9);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits % 2 ** 32);
    this.update(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #compress(): void {
    const w = this.#schedule, state = this.#state;
    for (let i = 0; i < 16; i++) w[i] = this.#words.getInt32(4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
      const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
      const t1 = (h + s1 + (e & f ^ ~e & g) + K[i] + w[i]) | 0;
      const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
      const t2 = (s0 + (a & b ^ a & c ^ b & c)) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((x, i) => state[i] += x);
  }
}

/** The SHA-256 of some memory, in hexadecimal. */
export function sha256(bytes: ArrayBufferView): string {
  return new Sha256().update(bytes).digest();
}
