import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { FileFormatError, readIdx } from "../lib/mod.ts";
import { idx } from "./helpers.ts";

Deno.test("readIdx reads shape and elements, without a copy", () => {
  const file = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
  const { shape, data } = readIdx(file);
  assertEquals(shape, [2, 1, 3]);
  assertEquals([...data], [1, 2, 3, 4, 5, 6]);
  assertStrictEquals(data.buffer, file.buffer);
  assertEquals(readIdx(idx([0, 28, 28], [])).shape, [0, 28, 28]);
  assertEquals(readIdx(idx([70000], new Uint8Array(70000))).shape, [70000]);
});

Deno.test("readIdx reads a file that stands in the middle of a buffer", () => {
  const padded = new Uint8Array(40);
  padded.set(idx([3], [7, 2, 1]), 5);
  assertEquals([...readIdx(padded.subarray(5, 16)).data], [7, 2, 1]);
});

Deno.test("readIdx refuses files that are no IDX files, cut off, too long or of another type", () => {
  const refuses = (bytes: Uint8Array, message: string) =>
    assertThrows(() => readIdx(bytes, "pictures"), FileFormatError, message);
  refuses(new Uint8Array(0), "pictures is no IDX file: it begins with nothing");
  refuses(
    new TextEncoder().encode("<html>"),
    "readIdx: pictures is no IDX file: it begins with 3c 68 74 6d, not with 00 00, a type and",
  );
  refuses(Uint8Array.of(0, 0, 8, 0), "pictures is no IDX file: it begins with 00 00 08 00");
  refuses(Uint8Array.of(0, 1, 8, 1), "pictures is no IDX file: it begins with 00 01 08 01");
  refuses(Uint8Array.of(0x1f, 0, 8, 1), "pictures is no IDX file: it begins with 1f 00 08 01");
  refuses(Uint8Array.of(0, 0, 8), "pictures is no IDX file: it begins with 00 00 08, not");
  refuses(Uint8Array.of(0x1f, 0x8b, 8, 0), "pictures is still zipped (gzip); unzip it first");
  const types = { 9: "signed bytes", 11: "16-bit integers", 12: "32-bit integers" };
  for (
    const [type, name] of Object.entries({ ...types, 13: "32-bit floats", 14: "64-bit floats" })
  ) {
    refuses(
      idx([2], [0, 0], Number(type)),
      `pictures holds ${name}; only unsigned bytes (type 8) are read`,
    );
  }
  refuses(idx([2], [0, 0], 3), "pictures holds elements of the unknown type 3");
  refuses(
    idx([2, 2], []).subarray(0, 9),
    "cut off in its header: 2 dimensions need 12 bytes, got 9",
  );
  refuses(idx([2, 2], [1, 2, 3]), "should hold 2 x 2 = 4 bytes after its header, and holds 3");
  refuses(idx([2], [1, 2, 3]), "should hold 2 = 2 bytes after its header, and holds 3");
  assertThrows(
    () => (readIdx as (...args: unknown[]) => unknown)(new Uint8Array(4), "a", 1),
    TypeError,
    "readIdx: expected at most 2 arguments, got 3",
  );
  assertThrows(
    () => readIdx("x" as never),
    TypeError,
    "readIdx: expected a Uint8Array, got string",
  );
  assertThrows(
    () => readIdx(new Uint8Array()),
    FileFormatError,
    "readIdx: the file is no IDX file",
  );
});
