/** NPY: NumPy's files, read to the bit and written byte by byte. */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { FileFormatError, Matrix, RandomState } from "../lib/mod.ts";
import { readNpy, writeNpy } from "../lib/npy.ts";
import { bits, fixture, fromPython } from "./helpers.ts";

const { npy, refused, matrices } = fixture("arrays");

/** A file with this header, its length and the version before it. */
function npyFile(
  header: string,
  body: ArrayLike<number> = [],
  { version = [1, 0], length = header.length } = {},
): Uint8Array {
  const size = [length & 255, length >> 8 & 255, ...(version[0] === 1 ? [] : [length >> 16, 0])];
  const magic = Uint8Array.of(0x93, 78, 85, 77, 80, 89, ...version, ...size);
  const text = Uint8Array.from(header, (character) => character.charCodeAt(0));
  const file = new Uint8Array(magic.length + text.length + body.length);
  file.set(magic);
  file.set(text, magic.length);
  file.set(body, magic.length + text.length);
  return file;
}

/** A header of NumPy's. */
function header(descr: string, shape: string, order = "False"): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
}

function bytesOf(x: BigUint64Array | Uint16Array): Uint8Array {
  return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
}

Deno.test("readNpy reads NumPy's files: every type, byte order, element order, version and shape", () => {
  for (const { file, type, shape, data } of npy) {
    const array = readNpy(Uint8Array.fromBase64(file));
    assertEquals(array.shape, shape);
    assertEquals(array.data instanceof Uint8Array, ["|u1", "|b1"].includes(type));
    assertEquals(bits(array.data), bits(data.map(fromPython)), `${type} ${shape}`);
  }
});

Deno.test("readNpy reads each of the 65,536 float16 numbers as the engine does", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const { data } = readNpy(npyFile(header("<f2", "(65536,)"), bytesOf(halves)));
  assertEquals(bits(data), bits(new Float16Array(halves.buffer)));
});

Deno.test("writeNpy writes NumPy's bytes", () => {
  for (const { dtype, shape, data, file } of matrices) {
    const matrix = Matrix.fromArray(data.map(fromPython), shape).astype(dtype);
    assertEquals(writeNpy(matrix).toBase64(), file);
  }
});

Deno.test("what was written is read again to the bit, whatever the bits are", () => {
  const rng = new RandomState(7);
  const words = [0n, 1n, 2n ** 52n - 1n, 0x7ff0000000000000n, 0x7ff8000000000001n, 2n ** 63n];
  for (let n = 0; n < 300; n++) {
    const shape = [rng.randint(0, 12), rng.randint(0, 12)] as const, size = shape[0] * shape[1];
    const numbers = BigUint64Array.from(
      { length: size },
      () => rng.random() < 0.3 ? words[rng.randint(words.length)] : randomWord(rng),
    );
    const matrix = Matrix.fromArray(
      n % 3 === 0 ? bytesOf(numbers).slice(0, size) : new Float64Array(numbers.buffer),
      shape,
    );
    const file = writeNpy(matrix), { shape: readShape, data } = readNpy(file);
    assertEquals(readShape, [...shape]);
    assertEquals(data.constructor, matrix.data.constructor);
    assertEquals(
      new Uint8Array(data.buffer),
      new Uint8Array(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength),
    );
    // The same elements in the other byte order and the other element order.
    const swapped = bytesOf(numbers).slice();
    for (let i = 0; i < swapped.length; i += 8) swapped.subarray(i, i + 8).reverse();
    const big = readNpy(npyFile(header(">f8", `(${shape.join(", ")})`), swapped));
    assertEquals(bytesOf(new BigUint64Array(big.data.buffer)), bytesOf(numbers));
    if (matrix.dtype === "float64") {
      const turned = writeNpy(Matrix.fromArray(matrix.T.data, shape)).slice(128);
      const fortran = readNpy(npyFile(header("<f8", `(${shape.join(", ")})`, "True"), turned));
      assertEquals(bits(fortran.data), bits(matrix.data));
    }
  }
});

function randomWord(rng: RandomState): bigint {
  return BigInt(rng.randint(2 ** 32)) << 32n | BigInt(rng.randint(2 ** 32));
}

Deno.test("readNpy reads a file in the middle of a buffer, copies it, and leaves it as it was", () => {
  for (const { file, shape, data } of npy) {
    const bytes = Uint8Array.fromBase64(file);
    const buffer = Buffer.alloc(bytes.length + 3);
    buffer.set(bytes, 1);
    const inside = buffer.subarray(1, bytes.length + 1);
    const array = readNpy(inside);
    assertEquals(array.shape, shape);
    assertEquals(bits(array.data), bits(data.map(fromPython)));
    assertEquals(new Uint8Array(inside), bytes);
    assertNotEquals<unknown>(array.data.buffer, buffer.buffer);
    assert(!(array.data instanceof Buffer));
  }
});

const refuses = (bytes: Uint8Array, message: string) =>
  assertThrows(() => readNpy(bytes, "w.npy"), FileFormatError, `readNpy: w.npy ${message}`);

Deno.test("readNpy refuses what is no array of numbers, by its name", () => {
  for (
    const [kind, message] of Object.entries({
      "objects": "holds Python objects, which can run code when they are read: save numbers",
      "texts": "holds texts; only numbers and booleans are read",
      "texts of bytes": "holds texts of bytes; only numbers and booleans are read",
      "structured": "holds structured elements; save each field by itself",
      "structured, names in UTF-8": "holds structured elements; save each field by itself",
      "complex": "holds complex numbers; save x.real and x.imag",
      "dates": 'holds dates; save x.astype("int64")',
      "spans": 'holds spans of time; save x.astype("int64")',
      "long doubles": 'holds long doubles; save x.astype("float64")',
      "raw": 'holds raw bytes, as bfloat16 is saved; save x.astype("float32")',
      "archive":
        "is a zip archive, as .npz files are; save its arrays one by one with numpy.save, or all with safetensors",
    })
  ) {
    refuses(Uint8Array.fromBase64(refused[kind]), message);
  }
  for (const descr of ["<f3", "|f8", "=f8", "f8", "", "<", "<b8", "float64"]) {
    refuses(npyFile(header(descr, "()"), new Uint8Array(8)), "holds elements of the unknown type");
  }
});

Deno.test("readNpy refuses files that are cut off, too long, or foreign", () => {
  const whole = writeNpy(Matrix.from([[1, 2, 3], [4, 5, 6]]));
  refuses(new Uint8Array(0), 'is no NPY file: it begins with "", not with');
  refuses(
    new TextEncoder().encode("<html>"),
    'is no NPY file: it begins with "<html>", not with "\x93NUMPY"',
  );
  refuses(whole.subarray(0, 7), "is cut off before its version");
  refuses(whole.subarray(0, 9), "is cut off before its header");
  refuses(npyFile("", [], { version: [2, 0] }).subarray(0, 11), "is cut off before its header");
  refuses(whole.subarray(0, 60), "is cut off in its header: 118 bytes are announced, got 50");
  refuses(
    whole.subarray(0, 170),
    "is cut off: float64 elements of shape (2, 3) need 48 bytes after the header, got 42",
  );
  refuses(Uint8Array.of(...whole, 1, 2, 3), "has 3 bytes left over after its elements");
  refuses(
    npyFile("", [], { version: [4, 0] }),
    "is of version 4.0; only 1.0, 2.0 and 3.0 are read",
  );
  refuses(npyFile("", [], { version: [0, 0] }), "is of version 0.0; only 1.0, 2.0 and 3.0 are");
  refuses(npyFile("", [], { version: [1, 1] }), "is of version 1.1; only 1.0, 2.0 and 3.0 are");
  refuses(
    npyFile(" ".repeat(10001)),
    "has a header of 10001 bytes; as in NumPy, 10000 at most are read",
  );
  refuses(
    npyFile(" ".repeat(70_000), [], { version: [2, 0] }), // more than 16 bits can say
    "has a header of 70000 bytes",
  );
  const longest = header("|u1", "(1,)").padEnd(10_000);
  assertEquals(readNpy(npyFile(longest, [7])).data, Uint8Array.of(7));
  refuses(new TextEncoder().encode("P5 2 2"), 'is no NPY file: it begins with "P5 2 2", not with');
  for (let length = 0; length < whole.length; length++) refuses(whole.subarray(0, length), "is");
});

Deno.test("readNpy refuses sizes that cannot be, before it takes memory", () => {
  const claims = (shape: string, message: string) =>
    refuses(npyFile(header("<f8", shape), new Uint8Array(8)), message);
  claims(
    "(1000000, 1000000)",
    "is cut off: float64 elements of shape (1000000, 1000000) need 8000",
  );
  claims("(1125899906842624,)", "is cut off: float64 elements");
  claims("(9007199254740992,)", "has the shape (9007199254740992), more elements than an array");
  claims("(4294967296, 4294967296)", "has the shape (4294967296, 4294967296), more elements than");
  claims("(4294967296, 4294967296, 0)", "has the shape (4294967296, 4294967296, 0), more elements");
  claims(`(${"9".repeat(400)},)`, "has the shape (Infinity), more elements than an array can have");
  claims("(-1, 3)", "has the negative shape (-1, 3)");
  claims("(-0,)", "has the negative shape (-0,)");
  claims(`(${"1,".repeat(65)})`, "has 65 dimensions; an array has 64 at most");
});

Deno.test("readNpy refuses numbers that float64 cannot hold, and booleans that are none", () => {
  const integers = (descr: string, ...numbers: bigint[]) =>
    npyFile(
      header(descr, `(${numbers.length},)`),
      bytesOf(BigUint64Array.from(numbers, (x) => BigInt.asUintN(64, x))),
    );
  const safe = 2n ** 53n - 1n;
  assertEquals([...readNpy(integers("<i8", safe, -safe)).data], [Number(safe), -Number(safe)]);
  const beyond = "beyond 2^53 - 1 float64 cannot hold every whole number";
  refuses(integers("<i8", 1n, safe + 2n), `has 9007199254740993 at position 1: ${beyond}`);
  refuses(integers("<i8", -safe - 1n), `has -9007199254740992 at position 0: ${beyond}`);
  refuses(integers("<u8", 2n ** 64n - 1n), `has 18446744073709551615 at position 0: ${beyond}`);
  refuses(
    npyFile(header("|b1", "(3,)"), [0, 1, 2]),
    "has 2 for a boolean, which is 0 or 1, at position 2",
  );
});

Deno.test("readNpy refuses headers that are not NumPy's, and runs nothing in them", () => {
  const wrong = (text: string, message: string) =>
    refuses(npyFile(text, [7]), `has a header that is not NumPy's: ${message}`);
  const [descr, order, shape] = ["'descr': '|u1'", "'fortran_order': False", "'shape': (1,)"];
  assertEquals(readNpy(npyFile(`{${descr},${order},${shape}}`, [7])).data, Uint8Array.of(7));
  wrong("", 'expected {, got ""');
  wrong("[1, 2]", 'expected {, got "[1, 2]"');
  wrong("{", 'expected a key, got ""');
  wrong("{,}", 'expected a key, got ",}"');
  wrong("{}", 'it lacks the key "descr"');
  wrong(`{${descr}, ${shape}}`, 'it lacks the key "fortran_order"');
  wrong(`{${descr}, ${order}, 'shape': 3}`, 'expected a value of "shape", got "3}"');
  for (
    const list of ["(3)", "[3]", "(3,,)", "(,)", "(3.0,)", "(03,)", "(3,", "(1 1,)", "(True,)"]
  ) {
    wrong(`{${descr}, ${order}, 'shape': ${list}}`, 'expected a value of "shape", got');
  }
  wrong(`{${descr}, 'fortran_order': 0`, 'expected a value of "fortran_order", got "0"');
  wrong(`{${descr}, 'fortran_order': Falsey`, 'expected a comma or }, got "y"');
  wrong(`{'descr': open('x')`, `expected a value of "descr", got "open('x')"`);
  wrong(`{'descr': '|u1'.x`, 'expected a comma or }, got ".x"');
  wrong(`{'descr': '|u1"`, `expected a value of "descr", got "'|u1\\""`);
  wrong(`{'descr' '|u1'`, `expected a colon, got "'|u1'"`);
  wrong(`{${descr} ${order}}`, `expected a comma or }, got "'fortran_order': Fal"`);
  wrong(`{${descr}, ${descr}`, 'it has the key "descr" twice');
  wrong(`{"descr": "|u1'"`, 'expected a value of "descr", got');
  wrong(`{${descr}, "more": 1`, 'it has the key "more"');
  wrong(`{"__proto__": 1`, 'it has the key "__proto__"');
  wrong(`{${descr},${order},${shape}} 1`, 'expected nothing more, got "1"');
  wrong(`{${descr},${order},${shape}}\xa0`, 'expected nothing more, got "\xa0"');
});

Deno.test("readNpy and writeNpy refuse what is of the wrong type", () => {
  const call = (f: unknown, ...args: unknown[]) => () =>
    (f as (...args: unknown[]) => void)(...args);
  const wrongType = (f: () => void, message: string) => assertThrows(f, TypeError, message);
  wrongType(call(readNpy, "x"), 'readNpy: expected a Uint8Array, got "x"');
  for (
    const view of [new Uint16Array(80), new DataView(new ArrayBuffer(80)), new ArrayBuffer(80)]
  ) {
    const name = view.constructor.name;
    wrongType(call(readNpy, view), `readNpy: expected a Uint8Array, got an object (${name})`);
  }
  wrongType(call(readNpy), "readNpy: expected a Uint8Array, got undefined");
  assertThrows(
    () => readNpy(new Uint8Array(7)),
    FileFormatError,
    "readNpy: the file is no NPY file",
  );
  wrongType(call(readNpy, [1], "a", 1), "readNpy: expected at most 2 arguments, got 3");
  wrongType(call(writeNpy, [[1]]), "writeNpy: expected a Matrix, got [[1]]");
  wrongType(call(writeNpy, Matrix.ones([1, 1]), 1), "writeNpy: expected at most 1 argument, got 2");
});
