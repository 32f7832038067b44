/** SHA-256 against the standard's own examples and against Web Crypto. */

import { assertEquals } from "@std/assert";
import { hashWeights, Matrix, RandomState } from "../lib/mod.ts";
import { Sha256, sha256 } from "../lib/sha256.ts";

const encoder = new TextEncoder();

async function webCrypto(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

Deno.test("the standard's examples have the standard's hashes", () => {
  assertEquals(
    sha256(encoder.encode("abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(
    sha256(encoder.encode("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

Deno.test("every length up to four blocks, in pieces of any size, has Web Crypto's hash", async () => {
  const rng = new RandomState(1);
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, () => rng.randint(0, 256));
    const hash = new Sha256();
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + rng.randint(1, 100));
      hash.update(bytes.subarray(from, to));
      from = to;
    }
    assertEquals(hash.digest(), await webCrypto(bytes), `${length} bytes`);
  }
});

Deno.test("more than 2^29 bytes, whose count of bits needs more than 32, have the hash of sha256sum", () => {
  const hash = new Sha256(), zeros = new Uint8Array(2 ** 20);
  for (let i = 0; i < 512; i++) hash.update(zeros);
  assertEquals(
    hash.update(Uint8Array.of(0)).digest(),
    "7c40fe5ce847740d0f0d0cdde3949d6585804cdec3ae61a15b923165699c8137",
  );
});

Deno.test("hashWeights is the SHA-256 of all float64 numbers, little-endian, one matrix after the other", async () => {
  const w1 = Matrix.from([[1, -0], [NaN, 2.5]]), w2 = Matrix.from([[3]]);
  const numbers = Float64Array.of(1, -0, NaN, 2.5, 3);
  assertEquals(hashWeights([w1, w2]), await webCrypto(new Uint8Array(numbers.buffer)));
  assertEquals(hashWeights([]), await webCrypto(new Uint8Array()));
  assertEquals(hashWeights([w2.astype("uint8")]), hashWeights([w2]));
});
