/** Pictures from files, PNG and JPEG, and pictures in a terminal. Two packages decode; what a file claims is checked before. */

// deno-lint-ignore-file no-import-prefix -- in deno.json they would be packages of the notebooks too, which share the lock
import { crc32, inflateSync } from "node:zlib";
import jpeg from "npm:jpeg-js@0.4.4";
import png from "npm:pngjs@7.0.0";
import { describe, FileFormatError, ShapeError } from "../../lib/errors.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Picture } from "../../lib/pictures.ts";

/** More are refused: they would take gigabytes. */
const MEGAPIXELS = 50;

/** What a byte can stand for at most: in a PNG so many bytes before compression, in a JPEG so many pixels, eight blocks. */
const BYTES_A_BYTE = 1032, PIXELS_A_BYTE = 8 * 64;

/** How other formats begin; a dot stands for any byte. */
const OTHERS: readonly (readonly [start: RegExp, name: string])[] = [
  [/^GIF8/, "a GIF file"],
  [/^RIFF....WEBP/s, "a WebP file"],
  [/^BM/, "a BMP file"],
  [/^....ftyp(heic|heix|hevc|mif1|msf1)/s, "a HEIC file"],
  [/^....ftypavif/s, "an AVIF file"],
  [/^%PDF/, "a PDF file"],
  [/^(II\*\0|MM\0\*)/, "a TIFF file"],
  [/^(\xef\xbb\xbf)?\s*<(svg|\?xml|!DOCTYPE svg)/, "an SVG file"],
];

/**
 * The pixels of a PNG or JPEG file, as RGBA, upright as the camera was held.
 *
 * @param name What messages call the file.
 * @throws {FileFormatError} Where the bytes are no such file, or damaged, or more than 50 megapixels.
 */
export function readPicture(bytes: Uint8Array, name: string): Picture {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const fail = (message: string, cause?: unknown) =>
    new FileFormatError(`readPicture: ${name} ${message}`, { cause });
  const isPng = start.startsWith("\x89PNG\r\n\x1a\n");
  if (!isPng && !start.startsWith("\xff\xd8\xff")) {
    const other = OTHERS.find(([pattern]) => pattern.test(start));
    throw fail(
      other
        ? `is ${other[1]}; convert it to PNG, with any picture program`
        : "is no picture: PNG and JPEG files are read",
    );
  }
  const tooLarge = () => fail(`has more than ${MEGAPIXELS} megapixels; make it smaller`);
  const tooShort = () =>
    fail(`is damaged or cut off: its ${bytes.length} bytes cannot hold so many pixels`);
  const most = Math.min(MEGAPIXELS, PIXELS_A_BYTE * bytes.length / 1e6);
  try {
    return isPng ? readPng(bytes, { fail, tooLarge, tooShort }) : readJpeg(bytes, most);
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    const isTooLarge = error instanceof Error && error.message.includes("limit exceeded");
    if (isTooLarge) throw most < MEGAPIXELS ? tooShort() : tooLarge();
    const isLonger = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    if (isLonger) throw fail("is damaged: it has more pixels than it says");
    const kind = isPng ? "PNG" : "JPEG";
    throw fail(`is damaged, cut off, or of a kind of ${kind} that is not read`, error);
  }
}

interface Refusals {
  readonly fail: (message: string) => Error;
  readonly tooLarge: () => Error;
  readonly tooShort: () => Error;
}

function readPng(bytes: Uint8Array, { fail, tooLarge, tooShort }: Refusals): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // of the header, IHDR: width, height, bits, kind of colour, interlacing
  const columns = view.getUint32(16),
    rows = view.getUint32(20),
    [bits, colour] = bytes.subarray(24);
  if (columns * rows * (bits > 8 ? 2 : 1) > MEGAPIXELS * 1e6) throw tooLarge();
  if (rows * (1 + columns * bits / 8) > BYTES_A_BYTE * bytes.length) throw tooShort();
  // the package heeds neither checksums nor a second header, and takes any number of bytes for the pixels
  const data = dataOf(bytes, view, fail);
  const size = sizeOf(columns, rows, bits * CHANNELS[colour], bytes[28] === 1);
  const { length } = inflateSync(data, { maxOutputLength: size + 64 });
  if (length < size) throw fail("is damaged or cut off: it has fewer pixels than it says");
  const picture = png.PNG.sync.read(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  const { width, height, data: { buffer, byteOffset, byteLength } } = picture;
  return { width, height, data: new Uint8Array(buffer, byteOffset, byteLength) };
}

/** The compressed data of a PNG: its chunks of the name IDAT. Throws unless all chunks are whole, and one is the header. */
function dataOf(bytes: Uint8Array, view: DataView, fail: Refusals["fail"]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 8, name = ""; name !== "IEND";) {
    const start = at + 8, end = start + view.getUint32(at);
    name = String.fromCharCode(...bytes.subarray(at + 4, start));
    if (view.getUint32(end) !== crc32(bytes.subarray(at + 4, end))) {
      throw fail(
        `is damaged: its part ${
          JSON.stringify(name)
        } has another checksum than it says; save it again, with any picture program`,
      );
    }
    if ((name === "IHDR") !== (at === 8)) {
      throw fail("is no PNG: it does not begin with its one header");
    }
    if (name === "IDAT") parts.push(bytes.subarray(start, end));
    at = end + 4;
  }
  return Buffer.concat(parts);
}

/** How many numbers a pixel has, by its kind of colour: grey, red green blue, of a palette; the first two with alpha. */
const CHANNELS = [1, NaN, 3, 1, 2, NaN, 4];

/** An interlaced PNG is seven pictures: where each begins, and how far its pixels are apart, to the right and down. */
const PASSES = [
  ...[[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4]],
  ...[[0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]],
];

/** How many bytes the pixels of a PNG have before compression: each row one more, which says how it is filtered. */
function sizeOf(columns: number, rows: number, bits: number, isInterlaced: boolean): number {
  return (isInterlaced ? PASSES : [[0, 0, 1, 1]]).reduce((sum, [x, y, right, down]) => {
    const wide = Math.ceil((columns - x) / right), high = Math.ceil((rows - y) / down);
    return sum + (wide > 0 && high > 0 ? high * (1 + Math.ceil(wide * bits / 8)) : 0);
  }, 0);
}

function readJpeg(bytes: Uint8Array, megapixels: number): Picture {
  const { exifBuffer, ...picture } = jpeg.decode(bytes, {
    useTArray: true,
    tolerantDecoding: false,
    maxResolutionInMP: megapixels,
    maxMemoryUsageInMB: 2048,
  }) as Picture & { readonly exifBuffer?: Uint8Array };
  return turn(picture, orientationOf(exifBuffer));
}

/** The tag 0x0112 of EXIF: 1, where there is none, to 8. */
function orientationOf(exif: Uint8Array | undefined): number {
  if (!exif || exif.length < 15) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset + 1, exif.byteLength - 1); // after a zero
  const isLittle = view.getUint16(0) === 0x4949; // "II"
  const first = view.getUint32(4, isLittle);
  if (first + 2 > view.byteLength) return 1;
  const count = view.getUint16(first, isLittle);
  for (let at = first + 2, k = 0; k < count && at + 12 <= view.byteLength; k++, at += 12) {
    if (view.getUint16(at, isLittle) === 0x0112) return view.getUint16(at + 8, isLittle);
  }
  return 1;
}

/** The picture as it is meant: mirrored, turned, or both. */
function turn(picture: Picture, orientation: number): Picture {
  if (!(orientation >= 2 && orientation <= 8)) return picture;
  const { width, height, data } = picture;
  const isTurned = orientation >= 5;
  const [wide, high] = isTurned ? [height, width] : [width, height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let y = 0, i = 0; y < high; y++) {
    for (let x = 0; x < wide; x++, i++) {
      const [u, v] = isTurned ? [y, x] : [x, y];
      to[i] = from[width * (fromBelow ? height - 1 - v : v) + (fromRight ? width - 1 - u : u)];
    }
  }
  return { width: wide, height: high, data: new Uint8Array(to.buffer) };
}

/**
 * A picture in a frame, for any terminal, paper empty and ink full: two characters a pixel, five shades.
 *
 * @param row One picture, a row of bytes, 0 for paper.
 * @throws {ShapeError} Where it is more than one row, or no multiple of the width.
 */
export function showPicture(row: Matrix, width = 28): string {
  if (row.rows !== 1 || row.cols % width !== 0) {
    throw new ShapeError(
      `showPicture: expected one row, its length a multiple of ${width}, got ${describe(row)}`,
    );
  }
  const shades = [" ", "░", "▒", "▓", "█"];
  const cells = Array.from(
    row.data,
    (ink) => shades[Math.floor(ink * 5 / 256)].repeat(2),
  );
  const line = "─".repeat(2 * width);
  const lines = Array.from(
    { length: row.cols / width },
    (_, y) => `│${cells.slice(width * y, width * (y + 1)).join("")}│`,
  );
  return [`┌${line}┐`, ...lines, `└${line}┘`].join("\n");
}
