/** safetensors: files of the Python package, read to the bit and written byte by byte; and damaged files of arrays. */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { FileFormatError, Matrix, RandomState, ShapeError, ValueError } from "../lib/mod.ts";
import { readNpy } from "../lib/npy.ts";
import { readSafetensors, type Tensor, writeSafetensors } from "../lib/safetensors.ts";
import { bits, fixture, fromPython } from "./helpers.ts";

const { npy, byTorch, byNumpy, refusedTensors } = fixture("arrays");

/** A tensor of a fixture. */
function tensorOf({ shape, dtype, data }: Record<string, never>): Tensor {
  const numbers = Float64Array.from(data, fromPython);
  return { shape, data: ["bool", "uint8"].includes(dtype) ? Uint8Array.from(numbers) : numbers };
}

/** A file with this header, its length before it. */
function fileOf(header: unknown, body: ArrayLike<number> = [], length?: number): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const file = new Uint8Array(8 + text.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  file.set(text, 8);
  file.set(body, 8 + text.length);
  return file;
}

/** A byte. */
const ONE = { dtype: "U8", shape: [1], data_offsets: [0, 1] };

Deno.test("readSafetensors reads PyTorch's and NumPy's files: every type, shape and name", () => {
  for (const { file, metadata, tensors } of [...byTorch, ...byNumpy]) {
    const contents = readSafetensors(Uint8Array.fromBase64(file));
    const expected = Array.isArray(metadata) ? metadata : Object.entries(metadata);
    assertEquals(Object.entries(contents.metadata), expected);
    assertEquals(Object.keys(contents.tensors).length, tensors.length);
    for (const tensor of tensors) {
      const { shape, data } = contents.tensors[tensor.name], wanted = tensorOf(tensor);
      assertEquals(shape, wanted.shape);
      assertEquals(data.constructor, wanted.data.constructor);
      assertEquals(bits(data), bits(wanted.data), `${tensor.name} ${tensor.dtype}`);
    }
  }
});

Deno.test("writeSafetensors writes the Python package's bytes, in whatever order the tensors come", () => {
  for (const { file, metadata, tensors } of byNumpy) {
    const entries = tensors.map((tensor: Record<string, never>) => [tensor.name, tensorOf(tensor)]);
    for (const order of [entries, entries.toReversed()]) {
      const written = writeSafetensors(Object.fromEntries(order), Object.fromEntries(metadata));
      assertEquals(written.toBase64(), file);
    }
  }
});

Deno.test("what was written is read again to the bit, whatever the bits, shapes and names are", () => {
  const rng = new RandomState(8);
  for (let n = 0; n < 200; n++) {
    const tensors = Object.fromEntries(
      Array.from({ length: rng.randint(0, 5) }, (_, i): [string, Tensor] => {
        const shape = rng.randint(0, 4, rng.randint(0, 5));
        const size = shape.reduce((a, b) => a * b, 1);
        const bytes = Uint8Array.from({ length: 8 * size }, () => rng.randint(256));
        for (let k = 0; k < size; k++) {
          if (rng.random() < 0.2) bytes.fill(255, 8 * k + 6, 8 * k + 8);
        }
        const data = rng.random() < 0.3 ? bytes.slice(0, size) : new Float64Array(bytes.buffer);
        return [String.fromCodePoint(rng.randint(0xd800), rng.randint(0xe000, 0x110000)) + i, {
          shape,
          data,
        }];
      }),
    );
    const metadata = Object.fromEntries(
      Array.from({ length: rng.randint(0, 3) }, (_, i) => [`${i}`, `"${n}"`]),
    );
    const file = writeSafetensors(tensors, metadata), read = readSafetensors(file);
    assertEquals(
      file.length % 8,
      Object.values(tensors).reduce((a, t) => a + t.data.byteLength, 0) % 8,
    );
    assertEquals(read.metadata, metadata);
    assertEquals(Object.keys(read.tensors).sort(), Object.keys(tensors).sort());
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      assertEquals(read.tensors[name].shape, shape);
      assertEquals(read.tensors[name].data.constructor, data.constructor);
      assertEquals(
        new Uint8Array(read.tensors[name].data.buffer),
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
    }
    assertEquals(writeSafetensors(read.tensors, read.metadata), file);
  }
});

Deno.test("matrices are tensors, also those that share their memory", () => {
  const X = Matrix.from([[1, 2], [3, 4], [5, 6]]), pixels = Matrix.ones([2, 2]).astype("uint8");
  const { tensors } = readSafetensors(writeSafetensors({ rows: X.slice(1), pixels }));
  assertEquals(tensors.rows, { shape: [2, 2], data: Float64Array.of(3, 4, 5, 6) });
  assertEquals(tensors.pixels, { shape: [2, 2], data: Uint8Array.of(1, 1, 1, 1) });
});

Deno.test("a name such as __proto__ is a name, and changes no object", () => {
  const names = ["__proto__", "constructor", "toString"];
  const file = writeSafetensors(
    Object.fromEntries(names.map((name, i) => [name, { shape: [1], data: Uint8Array.of(i) }])),
    Object.fromEntries(names.map((name) => [name, name])),
  );
  const { tensors, metadata } = readSafetensors(file);
  assertEquals(Object.keys(tensors).sort(), names.toSorted());
  assertEquals(names.map((name) => tensors[name].data[0]), [0, 1, 2]);
  assertEquals(names.map((name) => metadata[name]), names);
  for (const record of [tensors, metadata]) assertEquals(Object.getPrototypeOf(record), null);
  assertEquals(Object.keys(Object.prototype), []);
  assertEquals(readSafetensors(fileOf("{}")).tensors["toString"], undefined);
});

Deno.test("readSafetensors reads headers that others write: any order, spaces, more keys, no alignment", () => {
  const header = {
    b: { dtype: "F64", shape: [1], data_offsets: [1, 9], more: { a: [{ b: "x:y" }] } },
    none: { dtype: "F32", shape: [0], data_offsets: [1, 1] },
    a: ONE,
    __metadata__: null,
  };
  const body = [7, ...new Uint8Array(Float64Array.of(-0.1).buffer)];
  for (const pad of ["", " ", "       "]) {
    const file = fileOf(JSON.stringify(header, null, 1) + pad, body);
    const buffer = Buffer.alloc(file.length + 3);
    buffer.set(file, 3);
    const { tensors, metadata } = readSafetensors(buffer.subarray(3));
    assertEquals(Object.keys(tensors), ["a", "none", "b"]);
    assertEquals([...tensors.a.data, ...tensors.b.data], [7, -0.1]);
    assertEquals(metadata, {});
    assertNotEquals<unknown>(tensors.a.data.buffer, buffer.buffer);
    assert(!(tensors.a.data instanceof Buffer));
  }
  const file = fileOf({ a: ONE }, [7]), shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  const { decode } = TextDecoder.prototype;
  TextDecoder.prototype.decode = function (text) { // as browsers do
    assert(!((text as Uint8Array).buffer instanceof SharedArrayBuffer));
    return decode.call(this, text);
  };
  try {
    assertEquals(readSafetensors(shared).tensors.a.data, Uint8Array.of(7));
  } finally {
    TextDecoder.prototype.decode = decode;
  }
});

const refuses = (bytes: Uint8Array, message: string) =>
  assertThrows(() => readSafetensors(bytes, "m"), FileFormatError, `readSafetensors: ${message}`);

Deno.test("readSafetensors refuses files that are cut off, too long, or foreign", () => {
  refuses(
    new Uint8Array(7),
    "m is no safetensors file: it should begin with 8 bytes for the length of its header, got 7",
  );
  refuses(
    fileOf("{}", [], 4_000_001),
    "m is no safetensors file: a header of 4000001 bytes; it has 4000000 at most",
  );
  assertEquals(readSafetensors(fileOf("{}".padEnd(4_000_000))).tensors, Object.create(null));
  refuses(
    new Uint8Array(9).fill(255),
    "m is no safetensors file: a header of 18446744073709552000",
  );
  refuses(fileOf("{}", [], 3), "m is cut off in its header: 3 bytes are announced, got 2");
  refuses(fileOf(" {}"), "m has a header that does not begin with {");
  refuses(fileOf("", [0x7b, 0x7d]), "m has a header that does not begin with {");
  refuses(fileOf(""), "m has a header that does not begin with {");
  refuses(fileOf("{"), "m has a header that is no JSON in UTF-8");
  refuses(fileOf("{} {}"), "m has a header that is no JSON in UTF-8");
  for (const depth of [10, 1000, 3000, 10_000, 100_000]) {
    const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    for (const text of [deep, `{"dtype":${deep}}`, `{"shape":${deep}}`]) {
      refuses(fileOf(`{"a":${text}}`), "");
    }
  }
  const utf8 = fileOf({ a: ONE }, [1]);
  utf8[10] = 0xff;
  refuses(utf8, "m has a header that is no JSON in UTF-8");
  refuses(fileOf({ a: ONE }), "m is cut off: its tensors need 1 bytes after the header, got 0");
  refuses(fileOf({ a: ONE }, [1, 2, 3]), "m has 2 bytes left over after its tensors");
  refuses(fileOf({}, [1]), "m has 1 bytes left over after its tensors");
  const { file } = byNumpy[0], whole = Uint8Array.fromBase64(file);
  for (let length = 0; length < whole.length; length++) refuses(whole.subarray(0, length), "m is");
});

Deno.test("readSafetensors refuses a key that is there twice", () => {
  const one = JSON.stringify(ONE), message = "m has a header with a key that is there twice";
  refuses(fileOf(`{"a":${one},"a":${one}}`, [1]), message);
  refuses(fileOf(`{"a":${one},"\\u0061":${one}}`, [1]), message);
  refuses(fileOf(`{"a":{"dtype":"F64",${one.slice(1)}}`, [1]), message);
  refuses(fileOf(`{"__metadata__":{"x":"1","x":"2"}}`), message);
  const names = { 'a":"b': ONE, "\\": { ...ONE, shape: [0], data_offsets: [1, 1] } };
  assertEquals(Object.keys(readSafetensors(fileOf(names, [1])).tensors), ['a":"b', "\\"]);
});

Deno.test("readSafetensors refuses tensors that are of other types, or not where they should be", () => {
  const tensor = (info: unknown, message: string, body = [1]) =>
    refuses(fileOf({ a: info }, body), `tensor "a" of m ${message}`);
  const types = "BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64";
  for (const [name, dtype] of [["float8", "F8_E4M3"], ["complex", "C64"]]) {
    refuses(
      Uint8Array.fromBase64(refusedTensors[name]),
      `tensor "w" of m holds elements of the type "${dtype}"; read are ${types}`,
    );
  }
  for (const dtype of ["u8", "constructor", ""]) {
    tensor({ ...ONE, dtype }, "holds elements of the type");
  }
  const expected =
    "should have a dtype, and a shape and two data_offsets of whole numbers from 0 on";
  for (const info of [null, 1, "x", [], {}, { ...ONE, shape: 1 }, { ...ONE, data_offsets: [0] }]) {
    tensor(info, expected);
  }
  for (const shape of [[-1], [1.5], ["1"], [null], [2 ** 53]]) tensor({ ...ONE, shape }, expected);
  for (const dtype of [null, 1, ["U8"]]) tensor({ ...ONE, dtype }, expected);
  tensor({ ...ONE, data_offsets: [0, 1, 1] }, expected);
  tensor({ ...ONE, data_offsets: [-1, 0] }, expected);
  refuses(
    fileOf(JSON.stringify({ a: ONE }).replace("[1]", "[-0]"), [1]),
    `tensor "a" of m ${expected}`,
  );
  tensor(
    { dtype: "F32", shape: [2, 3], data_offsets: [0, 1] },
    "needs 24 bytes for F32 of shape (2, 3), its data_offsets are 0 and 1",
  );
  tensor(
    { ...ONE, data_offsets: [0, 2] },
    "needs 1 bytes for U8 of shape (1), its data_offsets are 0 and 2",
    [1, 2],
  );
  tensor(
    { ...ONE, data_offsets: [1, 0] },
    "needs 1 bytes for U8 of shape (1), its data_offsets are",
  );
  tensor(
    { ...ONE, data_offsets: [1, 2] },
    "begins at byte 1; without hole or overlap it would at 0",
  );
  const two = (data_offsets: number[]) =>
    fileOf({ a: ONE, b: { ...ONE, data_offsets } }, [1, 2, 3]);
  refuses(two([2, 3]), 'tensor "b" of m begins at byte 2; without hole or overlap it would at 1');
  refuses(two([0, 1]), 'tensor "b" of m begins at byte 0; without hole or overlap it would at 1');
  const long = { dtype: "I64", shape: [2], data_offsets: [0, 16] };
  tensor(long, "has 9007199254740992 at position 1: beyond 2^53 - 1", [
    ...Array(14).fill(0),
    32,
    0,
  ]);
  tensor({ ...ONE, dtype: "BOOL" }, "has 9 for a boolean, which is 0 or 1, at position 0", [9]);
});

Deno.test("readSafetensors refuses sizes that cannot be, before it takes memory", () => {
  const claims = (shape: number[], data_offsets: number[], message: string) =>
    refuses(fileOf({ a: { dtype: "U8", shape, data_offsets } }), message);
  claims(
    [1e12],
    [0, 1e12],
    "m is cut off: its tensors need 1000000000000 bytes after the header, got",
  );
  claims(
    [1e6, 1e6],
    [0, 0],
    'tensor "a" of m needs 1000000000000 bytes for U8 of shape (1000000, 1',
  );
  claims(
    [2 ** 32, 2 ** 32],
    [0, 0],
    'tensor "a" of m has the shape (4294967296, 4294967296), more',
  );
  claims(
    [2 ** 32, 2 ** 32, 0],
    [0, 0],
    'tensor "a" of m has the shape (4294967296, 4294967296, 0)',
  );
  claims(Array(65).fill(1), [0, 1], 'tensor "a" of m has 65 dimensions; an array has 64 at most');
});

Deno.test("readSafetensors refuses metadata that is not of texts", () => {
  for (const metadata of [{ a: 1 }, { a: null }, ["x"], "x", 1]) {
    refuses(fileOf({ __metadata__: metadata }), "m has a __metadata__ that is not of texts");
  }
});

Deno.test("readSafetensors refuses what is of the wrong type", () => {
  const read = (...args: unknown[]) => () =>
    (readSafetensors as (...args: unknown[]) => unknown)(...args);
  assertThrows(read("x"), TypeError, 'readSafetensors: expected a Uint8Array, got "x"');
  assertThrows(read(fileOf("x")), FileFormatError, "readSafetensors: the file has a header that");
  assertThrows(
    read("x", "m", 1),
    TypeError,
    "readSafetensors: expected at most 2 arguments, got 3",
  );
});

// deno-lint-ignore no-explicit-any
const write = (tensors: any, metadata?: any) => () => writeSafetensors(tensors, metadata);

Deno.test("writeSafetensors refuses what it cannot write", () => {
  const refusesType = (f: () => void, message: string) =>
    assertThrows(f, TypeError, `writeSafetensors: ${message}`);
  refusesType(write(undefined), "expected tensors by their names, got undefined");
  refusesType(write(null), "expected tensors by their names, got null");
  refusesType(write({}, "x"), 'expected metadata by their names, got "x"');
  refusesType(write({}, null), "expected metadata by their names, got null");
  refusesType(write({}, { a: 1 }), 'expected a text for the metadata "a", got 1');
  const expected = "expected a Matrix, or { shape, data } with a Float64Array or a Uint8Array, for";
  refusesType(write({ w: null }), `${expected} "w", and its data are undefined`);
  refusesType(
    write({ w: { shape: [1], data: new Float32Array(1) } }),
    `${expected} "w", and its data are an object (Float32Array)`,
  );
  refusesType(write(Matrix.ones([1, 1])), `${expected} "data", and its data are undefined`);
  refusesType(
    () => (writeSafetensors as (...args: unknown[]) => unknown)({}, {}, 1),
    "expected at most 2 arguments, got 3",
  );
  for (const shape of [[2], [-1, -1], [0.5, 2], [1, 2], undefined, "1"]) {
    assertThrows(
      write({ w: { shape, data: Uint8Array.of(1) } }),
      ShapeError,
      'writeSafetensors: "w" has the shape',
    );
  }
  const refusesValue = (f: () => void, message: string) =>
    assertThrows(f, ValueError, `writeSafetensors: ${message}`);
  const w = Matrix.ones([1, 1]);
  refusesValue(write({ __metadata__: w }), "no tensor can be called __metadata__");
  refusesValue(write({ "a\ud800": w }), '"a\\ud800" has half a character, a lone surrogate');
  refusesValue(write({ w }, { "\udc00": "x" }), '"\\udc00" has half a character, a lone surrogate');
  refusesValue(write({ w }, { x: "\udc00" }), '"\\udc00" has half a character, a lone surrogate');
});

Deno.test("thousands of damaged files are read or refused, and nothing else happens", () => {
  const rng = new RandomState(9);
  let read = 0, refused = 0;
  const attempt = (file: Uint8Array, arrays: (bytes: Uint8Array) => Tensor[]) => {
    const bytes = damaged(file, rng), before = bytes.slice();
    try {
      for (const { shape, data } of arrays(bytes)) {
        assertEquals(data.length, shape.reduce((a, b) => a * b, 1));
        assert(data.length <= bytes.length, "more elements than bytes");
      }
      read++;
    } catch (error) {
      assert(error instanceof FileFormatError, String(error));
      refused++;
    }
    assertEquals(bytes, before);
  };
  const npyFiles = npy.map(({ file }: { file: string }) => Uint8Array.fromBase64(file));
  const tensorFiles = [...byTorch, ...byNumpy].map(({ file }) => Uint8Array.fromBase64(file));
  for (let n = 0; n < 3000; n++) {
    attempt(npyFiles[n % npyFiles.length], (bytes) => [readNpy(bytes)]);
    attempt(
      tensorFiles[n % tensorFiles.length],
      (bytes) => Object.values(readSafetensors(bytes).tensors),
    );
  }
  assert(read > 100 && refused > 3000, `${read} ${refused}`);
});

/** A copy with some bytes changed, left out or put in, most of them near the beginning. */
function damaged(file: Uint8Array, rng: RandomState): Uint8Array {
  const bytes = Array.from(file), characters = `0129-,:()[]{}'"<>| \\LTrue`;
  for (let changes = rng.randint(1, 4); changes > 0; changes--) {
    const at = rng.randint(Math.min(bytes.length, rng.random() < 0.5 ? 140 : Infinity) + 1);
    const put = [
      rng.randint(256),
      characters.charCodeAt(rng.randint(characters.length)),
      (bytes[at] ?? 0) ^ 1 << rng.randint(8),
    ][rng.randint(3)];
    const left = rng.random() < 0.1 ? rng.randint(20) : 1;
    if (rng.random() < 0.7) bytes.splice(at, 1, put);
    else if (rng.random() < 0.5) bytes.splice(at, left);
    else bytes.splice(at, 0, ...Array(left).fill(put));
  }
  return Uint8Array.from(bytes);
}
