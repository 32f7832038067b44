/** Pictures from anywhere in the form of MNIST's, and the files that they come from. */

import { crc32, deflateSync } from "node:zlib";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readPicture, showPicture } from "../cli/predicting/pictures.ts";
import {
  FileFormatError,
  Matrix,
  Pipeline,
  RandomState,
  ShapeError,
  ValueError,
} from "../lib/mod.ts";
import { centerDigit, type CenterDigitOptions, type Picture } from "../lib/pictures.ts";
import { fixture, sha256 } from "./helpers.ts";

const { files, digits, photos } = fixture("pictures");
const bytesOf = (text: string) => Uint8Array.fromBase64(text);
const drawn: Picture[] = digits.map((text: string) => readPicture(bytesOf(text), "digit.png"));
const model = Pipeline.fromJSON(
  JSON.parse(Deno.readTextFileSync(new URL("../data/models/digits.json", import.meta.url))),
);

/** The mean distance of two pictures' pixels. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, i) => sum + Math.abs(x - b[i]), 0) / a.length;
}

/** How many pixels the ink would fill. */
function ink({ data }: Matrix): number {
  return Array.from(data).reduce((sum, x) => sum + x, 0) / 255;
}

/** White paper with black bars. */
function bars(
  width: number,
  height: number,
  ...bars: [x: number, y: number, width: number, height: number][]
): Picture {
  const data = new Uint8Array(width * height).fill(255);
  for (const [x, y, wide, high] of bars) {
    for (let v = y; v < y + high; v++) data.fill(0, width * v + x, width * v + x + wide);
  }
  return { width, height, data };
}

/** A picture whose pixels are a function of others'. */
function remade(
  { width, height }: Picture,
  pixel: (x: number, y: number) => number,
): Picture {
  const data = Uint8Array.from(
    { length: width * height },
    (_, i) => pixel(i % width, Math.floor(i / width)),
  );
  return { width, height, data };
}

/** A chunk of a PNG. */
function chunk(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length), view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, -4)));
  return bytes;
}

/** A PNG of these chunks. */
function pngOf(...chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const start = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10);
  return Uint8Array.from([start, ...chunks].flatMap((part) => [...part]));
}

const greys = drawn.map((picture) =>
  remade(picture, (x, y) => picture.data[4 * (picture.width * y + x)])
);
const at = ({ width, height, data }: Picture, x: number, y: number) =>
  x < 0 || x >= width || y < 0 || y >= height ? 255 : data[width * y + x];

Deno.test("a bar fills the box, and its centre of mass stands at the pixel (14, 14)", () => {
  const X = centerDigit(bars(50, 60, [7, 3, 6, 40]));
  assertEquals([X.shape, X.dtype], [[1, 784], "uint8"]);
  const expected = remade({ width: 28, height: 28, data: new Uint8Array() }, (x, y) => {
    return x >= 13 && x < 16 && y >= 5 && y < 25 ? 255 : 0; // 13, 14, 15; 4.5 to 23.5 rounded up
  });
  assertEquals(X.data, Uint8Array.from(expected.data));
  const small = centerDigit(bars(50, 60, [7, 3, 6, 40]), { size: 14, box: 10 });
  assertEquals(small.shape, [1, 196]);
  assertEquals(small.data.filter((ink) => ink > 0).length, 20);
});

Deno.test("a picture that has MNIST's form comes out as it was", () => {
  for (const picture of greys) {
    const X = centerDigit(picture);
    const again = centerDigit({ width: 28, height: 28, data: X.data as Uint8Array });
    assert(distance(again.data, X.data) < 1.5);
  }
});

Deno.test("inverted, moved, in colour or transparent it is the same to the bit", () => {
  for (const picture of greys) {
    const expected = centerDigit(picture);
    const same = (other: Picture, options?: CenterDigitOptions) =>
      assertEquals(centerDigit(other, options).data, expected.data);
    same(remade(picture, (x, y) => 255 - at(picture, x, y)));
    same(remade(picture, (x, y) => 255 - at(picture, x, y)), { ink: "light" });
    same(picture, { ink: "dark" });
    same(remade(picture, (x, y) => at(picture, x - 3, y + 4)));
    const rgba = (pixel: (grey: number) => number[]) => ({
      ...picture,
      data: Uint8ClampedArray.from([...picture.data].flatMap(pixel)),
    });
    same(rgba((grey) => [grey, grey, grey, 255]));
    same(rgba((grey) => [0, 0, 0, 255 - grey]));
  }
});

Deno.test("each pixel repeated, it is nearly the same", () => {
  for (const picture of greys.slice(1)) { // the 0's centre of mass lies exactly between two pixels
    const { width, height } = picture;
    const twice = remade(
      { width: 2 * width, height: 2 * height, data: picture.data },
      (x, y) => at(picture, x >> 1, y >> 1),
    );
    assert(distance(centerDigit(picture).data, centerDigit(twice).data) < 1);
  }
});

Deno.test("white ink on a transparent ground is read as on a blackboard", () => {
  const { width, height, data } = drawn[4];
  const rgba = Uint8Array.from(data, (_, i) => i % 4 === 3 ? 255 - data[i - 1] : 255);
  assertEquals(centerDigit({ width, height, data: rgba }), centerDigit(greys[4]));
  const block = bars(100, 100, [30, 5, 35, 90]); // a third of the picture
  const of = (grey: number) => ({
    ...block,
    data: Uint8Array.from([...block.data].flatMap((x) => [grey, grey, grey, 255 - x])),
  });
  const expected = centerDigit(block);
  assertEquals(centerDigit(of(225), { ink: "light" }), expected); // on black
  assertEquals(centerDigit(of(224), { ink: "dark" }), expected); // on white
});

Deno.test("grey is 299, 587 and 114 thousandths of red, green and blue, over white paper", () => {
  const of = (...ink: number[]) => {
    const data = new Uint8Array(4 * 400).fill(255);
    for (let y = 5; y < 15; y++) { // a black bar, and a bar of the colour
      data.set([0, 0, 0, 255, 0, 0, 0, 255, ...ink, ...ink], 4 * (20 * y + 8));
    }
    const X = centerDigit({ width: 20, height: 20, data });
    return Math.min(
      ...[12, 13, 14, 15, 16].map((x) => X.data[28 * 14 + x]).filter((x) => x > 99),
    );
  };
  assertEquals(of(255, 0, 0, 255), Math.round(255 - 0.299 * 255));
  assertEquals(of(0, 0, 255, 255), Math.round(255 - 0.114 * 255));
  assertEquals(of(0, 0, 0, 204), 204);
});

Deno.test("a digit whose ink is on one side stands at the border, and none of it is cut off", () => {
  const isInk = (x: number, y: number) =>
    x >= 10 && x < 100 && (y >= 48 && y < 52 || x >= 80 && y >= 20 && y < 80);
  for (const isTurned of [false, true]) { // heavy to the right, and to the left
    const data = Uint8Array.from({ length: 110 * 100 }, (_, i) => {
      const x = i % 110, y = Math.floor(i / 110);
      return isInk(isTurned ? 109 - x : x, y) ? 0 : 255;
    });
    const digit = centerDigit({ width: 110, height: 100, data });
    const columns = Array.from(
      { length: 28 },
      (_, x) => digit.data.some((ink, i) => i % 28 === x && ink > 50),
    );
    assertEquals(columns.filter((hasInk) => hasInk).length, 20);
    assertEquals(columns[isTurned ? 27 : 0], true);
  }
});

Deno.test("specks go, and the pieces of a digit stay", () => {
  const stem = bars(60, 60, [20, 10, 6, 40]);
  const specks = bars(60, 60, [20, 10, 6, 40], [50, 5, 2, 2], [3, 50, 1, 1]);
  assertEquals(centerDigit(specks).data, centerDigit(stem).data);
  const beside = (...speck: [number, number, number, number]) =>
    centerDigit(bars(60, 60, [20, 5, 5, 50], speck)).equals(
      centerDigit(bars(60, 60, [20, 5, 5, 50])),
    );
  assertEquals([beside(50, 20, 1, 4), beside(50, 20, 1, 5)], [true, false]); // two hundredths of 250
  const pieces = centerDigit(bars(60, 60, [20, 10, 6, 30], [20, 44, 6, 6])); // as of an exclamation mark
  const column = Array.from({ length: 28 }, (_, y) => pieces.data[28 * y + 14]);
  assertEquals([column[10], column[20], column[23]], [255, 0, 255]);
});

Deno.test("a piece that is half as strong as the ink, or less, goes", () => {
  const inks = (pale: number) =>
    remade(bars(60, 60), (x, y) => {
      if (y < 10 || y >= 50) return 255;
      return x >= 20 && x < 26 ? 55 : x >= 40 && x < 46 ? 255 - pale : 255;
    });
  const [none, less, half, more] = [0, 99, 100, 101].map((pale) => centerDigit(inks(pale)));
  assertEquals([less, half], [none, none]);
  assert(ink(more) > 1.4 * ink(none));
});

Deno.test("thin strokes become as thick as MNIST's", () => {
  const [hair, pen] = [1, 8].map((width) => centerDigit(bars(100, 120, [50, 10, width, 100])));
  assert(ink(hair) > 25 && ink(hair) < 40, `${ink(hair)}`);
  assertEquals(ink(pen), 40);
  const upright = ink(centerDigit(bars(60, 250, [20, 10, 1, 220])));
  const level = ink(centerDigit(bars(250, 60, [10, 20, 220, 1])));
  assert(upright > 25 && upright < 40, `${upright}`);
  assertEquals(level, upright);
});

Deno.test("the light of a lamp, the lines of the paper and ink at the border are no hindrance", () => {
  const bar = bars(120, 120, [50, 30, 12, 60]);
  const expected = centerDigit(bar).data;
  const near = (other: Picture) => {
    const X = centerDigit(other);
    assert(distance(X.data, expected) < 2, `\n${showPicture(X)}`);
  };
  near(remade(bar, (x, y) => at(bar, x, y) * 0.4 + 60 + x / 2 + y / 4));
  near(remade(bar, (x, y) => at(bar, x, y) * 0.5 + (y > 57 ? 20 : 90))); // a shadow over half of it
  near(remade(bar, (x, y) => Math.min(at(bar, x, y), y % 20 === 7 ? 220 : 255)));
  near(bars(120, 60, [30, 0, 12, 60]));
  const seven = (x: number, y: number) =>
    bars(40 + 2 * x, 60 + 2 * y, [x, y, 40, 8], [x + 30, y, 8, 60]);
  const tight = ink(centerDigit(seven(0, 0))), free = ink(centerDigit(seven(30, 30)));
  assert(Math.abs(tight - free) < 0.1 * free, `${tight} ${free}`);
});

Deno.test("the model reads digits that were drawn, and photos of a pen on paper", () => {
  const read = (pictures: Picture[]) =>
    Array.from(model.predict(Matrix.vstack(pictures.map((p) => centerDigit(p)))));
  assertEquals(read(drawn), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const taken = photos.map((text: string) => readPicture(bytesOf(text), "photo.jpg"));
  assertEquals(read(taken), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

/** Strokes anywhere on a paper of any light, with a grain. */
function scribble(rng: RandomState): Picture {
  const [width, height, grain] = [rng.randint(20, 70), rng.randint(20, 70), rng.randint(1, 60)];
  const [toRight, down] = [rng.uniform(-2, 2), rng.uniform(-2, 2)];
  const light = (x: number, y: number) => 150 + toRight * x + down * y + rng.randint(0, grain);
  const strokes = Array.from({ length: rng.randint(1, 4) }, () => {
    const corner = rng.randint(0, 20, 2), size = [rng.randint(1, 60), rng.randint(1, 8)];
    return { corner, size: rng.random() < 0.5 ? size : size.reverse(), ink: rng.randint(60, 150) };
  });
  const inkAt = (...at: [x: number, y: number]) =>
    strokes.filter(({ corner, size }) =>
      at.every((z, i) => z >= corner[i] && z < corner[i] + size[i])
    )
      .reduce((sum, { ink }) => sum + ink, 0);
  return remade(
    { width, height, data: new Uint8Array() },
    (x, y) => Math.min(255, Math.max(0, light(x, y) - inkAt(x, y))),
  );
}

Deno.test("a digit is the same bytes on every machine", () => {
  const rng = new RandomState(5);
  const pictures = [
    ...Array.from({ length: 60 }, () => scribble(rng)),
    ...photos.map((text: string) => readPicture(bytesOf(text), "photo.jpg")),
    bars(700, 901, [201, 103, 5, 611], [303, 109, 401, 7], [303, 300, 13, 13], [20, 20, 3, 3]),
    bars(90, 30, [0, 3, 71, 2], [60, 0, 5, 29]),
    bars(9, 40, [4, 5, 1, 30]),
  ];
  const digits = Matrix.vstack(pictures.map((picture) => centerDigit(picture)));
  assertEquals(
    sha256(digits.data as Uint8Array<ArrayBuffer>),
    "e0b5f6d2556329ae9b23a129ffdea7672930a09eba1c3cca8b45ca1422bc82e2",
  );
});

Deno.test("what is no picture of ink on paper is refused by name", () => {
  const refuses = (
    call: () => unknown,
    kind: Parameters<typeof assertThrows>[1],
    message: string,
  ) => assertThrows(call, kind, message);
  const paper = bars(20, 20), empty = "centerDigit: the picture shows nothing but paper";
  refuses(() => centerDigit(paper), ValueError, empty);
  refuses(() => centerDigit(remade(paper, (x) => 200 - x)), ValueError, empty);
  refuses(() => centerDigit(remade(paper, (x, y) => 200 + (7 * x + 5 * y) % 9)), ValueError, empty);
  refuses(() => centerDigit({ width: 1, height: 1, data: Uint8Array.of(0) }), ValueError, empty);
  const stem = bars(60, 60, [20, 10, 6, 40]);
  const faint = (by: number) =>
    centerDigit(remade(stem, (x, y) => at(stem, x, y) ? 255 : 255 - by));
  assertEquals(faint(16), centerDigit(stem));
  refuses(() => faint(15), ValueError, empty);
  refuses(
    () => centerDigit(undefined as never),
    TypeError,
    "centerDigit: expected a picture { width, height, data } with data of bytes, got undefined",
  );
  refuses(
    () => centerDigit({ width: 1e6, height: 1e6, data: new Uint8Array(9) }),
    ShapeError,
    "centerDigit: 1000000 x 1000000 pixels need 1000000000000 bytes of grey or 4000000000000 of RGBA, got 9",
  );
  refuses(
    () => centerDigit({ width: 0, height: 0, data: new Uint8Array(0) }),
    ShapeError,
    "centerDigit: 0 x 0 pixels",
  );
  for (const [width, height] of [[2.5, 4], [4, 2.5], [-2, -5]]) {
    refuses(
      () => centerDigit({ width, height, data: new Uint8Array(10) }),
      ShapeError,
      `centerDigit: ${width} x ${height} pixels need 10 bytes of grey or 40 of RGBA, got 10`,
    );
  }
  const option = (options: unknown, message: string) =>
    refuses(() => centerDigit(paper, options as CenterDigitOptions), ValueError, message);
  option({ ink: "blue" }, 'centerDigit: ink must be "auto", "dark" or "light", got "blue"');
  option({ size: 0 }, "centerDigit: size must be a whole number from 1 to 256, got 0");
  option({ size: 1e9 }, "centerDigit: size must be a whole number from 1 to 256, got 1000000000");
  for (const box of [0, 2.5]) {
    option({ box }, `box must be a whole number from 1 to 28, the size, got ${box}`);
  }
  for (const size of [1, 256]) {
    assertEquals(centerDigit(stem, { size, box: size }).shape, [1, size * size]);
  }
  option({ box: 29 }, "centerDigit: box must be a whole number from 1 to 28, the size, got 29");
  option({ sise: 28 }, 'centerDigit: there is no option "sise"; the options are size, box, ink');
  refuses(
    () => (centerDigit as (...args: unknown[]) => unknown)(paper, {}, 1),
    TypeError,
    "centerDigit: expected at most 2 arguments, got 3",
  );
});

Deno.test("PNG and JPEG files of every kind have the pixels that Pillow reads, upright", () => {
  for (const { name, bytes, width, height, pixels, tolerance } of files) {
    const picture = readPicture(bytesOf(bytes), name);
    assertEquals([name, picture.width, picture.height], [name, width, height]);
    const expected = bytesOf(pixels);
    assertEquals(picture.data.length, expected.length);
    const most = Math.max(...expected.map((byte, i) => Math.abs(byte - picture.data[i])));
    assert(most <= tolerance, `${name}: ${most}`);
  }
});

Deno.test("a photo whose EXIF leads nowhere is read as it lies", () => {
  const file = files.find(({ name }: { name: string }) => name === "turned-6.jpg");
  const bytes = bytesOf(file.bytes), upright = readPicture(bytes, "x.jpg");
  const at = String.fromCharCode(...bytes).indexOf("Exif\0\0") + 6;
  bytes.fill(0x7f, at + 4, at + 8); // where its list of entries begins
  const { width, height } = readPicture(bytes, "x.jpg");
  assertEquals([width, height], [upright.height, upright.width]);
});

Deno.test("files that are no PNG or JPEG, damaged or too large are refused by name", () => {
  const refuses = (bytes: Uint8Array, message: string) =>
    assertThrows(() => readPicture(bytes, "my file"), FileFormatError, message);
  const text = (start: string) => Uint8Array.from(start, (c) => c.charCodeAt(0));
  for (
    const [start, format] of [
      ["GIF89a", "GIF"],
      ["RIFF\x10\0\0\0WEBPVP8 ", "WebP"],
      ["BM\x46\0\0\0", "BMP"],
      ["\0\0\0\x18ftypheic", "HEIC"],
      ["\0\0\0\x18ftypavif", "AVIF"],
      ["%PDF-1.7", "PDF"],
      ...["heix", "hevc", "mif1", "msf1"].map((kind) => [`\0\0\0\x18ftyp${kind}`, "HEIC"]),
      ["II*\0", "TIFF"],
      ["MM\0*", "TIFF"],
      ["\n<svg xmlns=", "SVG"],
      [`\xef\xbb\xbf${" ".repeat(50)}<?xml version=`, "SVG"],
      ["<!DOCTYPE svg", "SVG"],
    ]
  ) {
    refuses(
      text(start),
      `readPicture: my file is ${
        /^[AS]/.test(format) ? "an" : "a"
      } ${format} file; convert it to PNG, with any picture program`,
    );
  }
  refuses(text("hello"), "readPicture: my file is no picture: PNG and JPEG files are read");
  refuses(text(""), "my file is no picture");
  for (
    const { name, bytes } of files.filter(({ name }: { name: string }) =>
      /rgb|inter|prog/.test(name)
    )
  ) {
    const whole = bytesOf(bytes), kind = name.endsWith("png") ? "PNG" : "JPEG";
    for (const share of [0.1, 0.3, 0.6, 0.8]) {
      const part = whole.subarray(0, Math.max(12, Math.floor(share * whole.length)));
      refuses(
        part,
        `readPicture: my file is damaged, cut off, or of a kind of ${kind} that is not read`,
      );
    }
  }
  const tooLarge = "readPicture: my file has more than 50 megapixels; make it smaller";
  const png = bytesOf(files[0].bytes);
  png.set([0, 1, 0, 0, 0, 1, 0, 0], 16); // 65,536 x 65,536
  refuses(png, tooLarge);
  const jpeg = bytesOf(files.find(({ name }: { name: string }) => name === "rgb.jpg").bytes);
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  jpeg.set([0xff, 0xff, 0xff, 0xff], frame + 5);
  refuses(Uint8Array.from([...jpeg, ...new Uint8Array(100_000)]), tooLarge);
});

Deno.test("a picture that claims more pixels than its bytes can hold is refused before it takes memory", () => {
  const refuses = (name: string, claim: (bytes: Uint8Array) => void) => {
    const bytes = bytesOf(files.find((file: { name: string }) => file.name === name).bytes);
    claim(bytes);
    assertThrows(
      () => readPicture(bytes, name),
      FileFormatError,
      `readPicture: ${name} is damaged or cut off: its ${bytes.length} bytes cannot hold so many pixels`,
    );
  };
  refuses("rgb.png", (bytes) => bytes.set([0, 0, 0, 13, 0, 48, 0, 0], 16)); // 13 x 3,145,728
  refuses("bilevel.png", (bytes) => bytes.set([0, 48, 0, 0], 16)); // 3,145,728 wide
  refuses("rgb.jpg", (bytes) => {
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.set([0x1b, 0, 0x1b, 0], frame + 5); // 6912 x 6912
  });
  // the most that a byte can stand for: one colour
  const header = Uint8Array.of(0, 0, 16, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0); // 4096 x 4096, black and white
  const data = deflateSync(new Uint8Array(4096 * (1 + 512)), { level: 9 });
  const { width, height } = readPicture(
    pngOf(chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array())),
    "black.png",
  );
  assertEquals([width, height], [4096, 4096]);
});

Deno.test("a small interlaced PNG that holds more than its pixels is refused before it takes memory", () => {
  const header = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 1); // 1 x 1, grey, interlaced
  const bomb = deflateSync(new Uint8Array(2 ** 24));
  const bytes = pngOf(chunk("IHDR", header), chunk("IDAT", bomb), chunk("IEND", new Uint8Array()));
  assertThrows(
    () => readPicture(bytes, "bomb.png"),
    FileFormatError,
    "bomb.png is damaged: it has more pixels than it says",
  );
});

Deno.test("a PNG is refused that is damaged in one bit anywhere, has a second header, or fewer pixels than it says", () => {
  const refuses = (bytes: Uint8Array, message: string) =>
    assertThrows(
      () => readPicture(bytes, "x.png"),
      FileFormatError,
      `readPicture: x.png ${message}`,
    );
  const whole = bytesOf(digits[1]);
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    const damaged = whole.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    refuses(damaged, "");
  }
  const grey = (width: number, height: number) =>
    chunk(
      "IHDR",
      Uint8Array.of(0, 0, width >> 8, width & 255, 0, 0, height >> 8, height & 255, 8, 0, 0, 0, 0),
    );
  const data = (rows: number, columns: number) =>
    chunk("IDAT", deflateSync(new Uint8Array(rows * (1 + columns))));
  const end = chunk("IEND", new Uint8Array());
  assertEquals(readPicture(pngOf(grey(3, 2), data(2, 3), end), "x.png").width, 3);
  const headers = "is no PNG: it does not begin with its one header";
  refuses(pngOf(grey(3, 2), grey(40_000, 40_000), data(2, 3), end), headers);
  refuses(pngOf(grey(3, 2), data(2, 3), grey(40_000, 40_000), end), headers);
  refuses(pngOf(data(2, 3), grey(3, 2), end), "");
  refuses(
    pngOf(grey(3, 2), data(1, 3), end),
    "is damaged or cut off: it has fewer pixels than it says",
  );
  const more = (bytes: number) => chunk("IDAT", deflateSync(new Uint8Array(2 * (1 + 3) + bytes)));
  assertEquals(readPicture(pngOf(grey(3, 2), more(64), end), "x.png").height, 2); // a few are let be
  refuses(pngOf(grey(3, 2), more(65), end), "is damaged: it has more pixels than it says");
  refuses(
    pngOf(grey(3, 2), data(90, 3), end),
    "is damaged: it has more pixels than it says",
  );
  refuses(pngOf(grey(3, 2), data(2, 3)), "is damaged, cut off");
  refuses(
    pngOf(grey(3, 2), data(2, 3).with(5, 0x40), end), // IDAT by another name
    'is damaged: its part "I@AT" has another checksum than it says; save it again',
  );
});

Deno.test("a picture may have as many pixels as its bytes can hold, and fifty million bytes of them, and no more", () => {
  const refused = (bytes: Uint8Array) =>
    assertThrows(() => readPicture(bytes, "x"), FileFormatError).message.replace(/^.*: x /, "");
  const end = chunk("IEND", new Uint8Array()), data = chunk("IDAT", deflateSync(new Uint8Array(9)));
  const png = (width: number, height: number, bits = 8) => {
    const header = new Uint8Array(13), view = new DataView(header.buffer);
    view.setUint32(0, width);
    view.setUint32(4, height);
    header[8] = bits;
    return pngOf(chunk("IHDR", header), data, end);
  };
  const { length } = png(1, 1);
  const tooShort = `is damaged or cut off: its ${length} bytes cannot hold so many pixels`;
  const tooLarge = "has more than 50 megapixels; make it smaller";
  const fewer = "is damaged or cut off: it has fewer pixels than it says";
  assertEquals(refused(png(1032 * length - 1, 1)), fewer); // and a byte for the filter
  assertEquals(refused(png(1032 * length, 1)), tooShort);
  assertEquals([refused(png(10_000, 5000)), refused(png(10_000, 5001))], [tooShort, tooLarge]);
  assertEquals([refused(png(5000, 5000, 16)), refused(png(5000, 5001, 16))], [tooShort, tooLarge]);
  const jpeg = bytesOf(files.find(({ name }: { name: string }) => name === "rgb.jpg").bytes);
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  const sized = (height: number, width: number) => {
    new DataView(jpeg.buffer, jpeg.byteOffset).setUint16(frame + 5, height);
    new DataView(jpeg.buffer, jpeg.byteOffset).setUint16(frame + 7, width);
    return refused(jpeg);
  };
  assertEquals(sized(512, jpeg.length - 1).includes("cannot hold so many pixels"), false);
  assertEquals(sized(512, jpeg.length + 1).includes("cannot hold so many pixels"), true);
});

Deno.test("an interlaced PNG of any size has as many bytes as its seven passes need", () => {
  const passes = ["16462646", "77777777", "56565656", "77777777"];
  const adam7 = [...passes, "36463646", ...passes.slice(1)]; // in which of them a pixel is
  for (let width = 1; width <= 9; width++) {
    for (let height = 1; height <= 9; height++) {
      let length = 0;
      for (const pass of "1234567") {
        const at = (x: number, y: number) => adam7[y % 8][x % 8] === pass;
        const rows = Array.from({ length: height }, (_, y) => {
          return Array.from({ length: width }, (_, x) => x).filter((x) => at(x, y)).length;
        });
        for (const pixels of rows) length += pixels > 0 ? 1 + pixels : 0;
      }
      const header = Uint8Array.of(0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 1);
      const png = (length: number) =>
        pngOf(
          chunk("IHDR", header),
          chunk("IDAT", deflateSync(new Uint8Array(length))),
          chunk("IEND", new Uint8Array()),
        );
      assertEquals(readPicture(png(length), "x").data.length, 4 * width * height);
      assertThrows(
        () => readPicture(png(length - 1), "x"),
        FileFormatError,
        "it has fewer pixels than it says",
      );
    }
  }
});

Deno.test("a photo is turned as its EXIF says, in either order of bytes, and lies as it is where that says nothing", () => {
  const jpeg = bytesOf(files.find(({ name }: { name: string }) => name === "rgb.jpg").bytes);
  const { width, height } = readPicture(jpeg, "x.jpg");
  const isTurned = (isLittle: boolean, count: number, tags: [tag: number, value: number][]) => {
    const exif = new Uint8Array(16 + 12 * tags.length), view = new DataView(exif.buffer);
    exif.set(new TextEncoder().encode(isLittle ? "Exif\0\0II" : "Exif\0\0MM"));
    view.setUint16(8, 42, isLittle);
    view.setUint32(10, 8, isLittle); // where the list begins
    view.setUint16(14, count, isLittle);
    tags.forEach(([tag, value], k) => {
      view.setUint16(16 + 12 * k, tag, isLittle);
      view.setUint16(24 + 12 * k, value, isLittle);
    });
    const segment = [0xff, 0xe1, 0, 2 + exif.length, ...exif];
    const picture = readPicture(
      Uint8Array.from([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]),
      "x.jpg",
    );
    assertEquals(new Set([picture.width, picture.height]), new Set([width, height]));
    return picture.width !== width;
  };
  for (const exif of ["Exif\0\0", "Exif\0\0II*\0", "Exif\0\0II*\0\b\0\0\0"]) { // cut off
    const segment = [0xff, 0xe1, 0, 2 + exif.length, ...new TextEncoder().encode(exif)];
    const photo = Uint8Array.from([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]);
    assertEquals(readPicture(photo, "x.jpg").width, width);
  }
  const orientation = 0x0112, maker = 0x010f;
  for (const isLittle of [true, false]) {
    assertEquals(isTurned(isLittle, 1, [[orientation, 6]]), true);
    assertEquals(isTurned(isLittle, 2, [[maker, 6], [orientation, 8]]), true);
    assertEquals(isTurned(isLittle, 1, [[orientation, 1]]), false);
    assertEquals(isTurned(isLittle, 1, [[orientation, 9]]), false); // there is none
    assertEquals(isTurned(isLittle, 1, [[maker, 6], [orientation, 6]]), false); // after the list
    assertEquals(isTurned(isLittle, 9, [[maker, 6]]), false); // which is cut off
    assertEquals(isTurned(isLittle, 0, []), false);
  }
});

Deno.test("a picture is shown in five shades, two characters a pixel", () => {
  const row = Matrix.from([[0, 60, 110, 160, 255, 0]]).astype("uint8");
  assertEquals(showPicture(row, 3), "┌──────┐\n│  ░░▒▒│\n│▓▓██  │\n└──────┘");
  const borders = Matrix.from([[51, 52, 102, 103, 153, 154, 204, 205]]).astype("uint8");
  assertEquals(showPicture(borders, 8).split("\n")[1], "│  ░░░░▒▒▒▒▓▓▓▓██│");
  assertThrows(() => showPicture(Matrix.zeros([2, 3]), 3), ShapeError, "expected one row");
  assertThrows(
    () => showPicture(row),
    ShapeError,
    "showPicture: expected one row, its length a multiple of 28, got a matrix of shape (1, 6)",
  );
});
