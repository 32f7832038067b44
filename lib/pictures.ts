/**
 * One digit or character of any picture, brought to the form of MNIST's: what a network that learned MNIST can read. Pixels
 * in, a row out: no files here.
 *
 * @module
 */

import { checkCount, checkOptions, isCount } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import { Matrix } from "./matrix.ts";

/** A picture as a canvas gives it: its `ImageData` is one. */
export interface Picture {
  /** How many pixels a row has. */
  readonly width: number;
  /** How many rows there are. */
  readonly height: number;
  /** Row by row, four bytes a pixel (red, green, blue, alpha), or one (grey: 0 black, 255 white). */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** What {@linkcode centerDigit} makes. */
export interface CenterDigitOptions {
  /** Height and width of what comes out. Default: 28. */
  size?: number;
  /** The length of the digit's longer side in it. Default: 20. */
  box?: number;
  /** Whether the ink is darker or lighter than the paper. Default: "auto", whichever leaves the plainer paper. */
  ink?: "auto" | "dark" | "light";
}

/** Numbers instead of bytes: grey, or ink. */
interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/** A longer picture is averaged down to so many pixels. */
const LONGEST = 256;
/** Strokes are narrower than this share of the longer side. */
const WIDEST = 0.4;
/** Along the border, paper changes its grey by at most half of the range over a side; ink changes it at once. */
const SHADE = 127.5;
/** Ink that differs from its paper by less is none, of 255. */
const FAINTEST = 16;
/** Ink of this grey would not be seen on white paper. */
const WHITE = 224;
/** The blur around ink ends within so many pixels. */
const BLUR = 4;
/** Pieces of less than this share of the largest are specks. */
const SPECK = 0.02;
/** Strokes that are thinner, in a box of 20, are made so many pixels thick: 95 of 100 of MNIST's are thicker. */
const THINNEST = 1.6;
/** Strokes are made thicker on a grid so many times as fine. */
const FINE = 4;

/**
 * The digit of a picture in the form of MNIST's: in a box of 20 x 20 with its proportions kept and grey edges, its centre of
 * mass in the middle of 28 x 28 bytes, 0 for paper and 255 for the strongest ink (LeCun 1998). Uneven light, specks and
 * the pale lines of school paper go; thin strokes get MNIST's thickness.
 *
 * It wants one digit, upright. The edge of a hard shadow along a stroke can break it.
 *
 * @returns 1 x 784 bytes, the same on every machine.
 * @throws {TypeError} Where `picture` is none.
 * @throws {ShapeError} Where its data is too short or too long.
 * @throws {ValueError} Where it shows nothing but paper, or an option is not what it may be.
 *
 * @example A stroke of the pen
 * ```ts
 * import { centerDigit } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Uint8Array(40 * 60).fill(255); // white paper, and a black bar of 3 x 30 pixels
 * for (let y = 5; y < 35; y++) data.fill(0, 40 * y + 8, 40 * y + 11);
 * const X = centerDigit({ width: 40, height: 60, data });
 * assertEquals(X.shape, [1, 784]);
 * assertEquals([4, 5, 14, 24, 25].map((y) => X.data[28 * y + 14]), [0, 255, 255, 255, 0]);
 * ```
 */
export function centerDigit(picture: Picture, options: CenterDigitOptions = {}): Matrix {
  checkCount("centerDigit", arguments.length, 2);
  checkOptions("centerDigit", options, ["size", "box", "ink"]);
  const { size = 28, box = 20, ink = "auto" } = options;
  checkSizes(size, box);
  if (!["auto", "dark", "light"].includes(ink)) {
    throw new ValueError(
      `centerDigit: ink must be "auto", "dark" or "light", got ${describe(ink)}`,
    );
  }
  const light = greyOf(picture);
  const dark = { ...light, data: light.data.map((grey) => 255 - grey) };
  const [most] = (ink === "auto" ? [dark, light] : [ink === "dark" ? dark : light])
    .map(abovePaper)
    .sort((a, b) => a.roughness - b.roughness);
  const digit = crop(inkOf(most));
  return centre(shrink(thicken(digit, box), box), size);
}

function checkSizes(size: number, box: number): void {
  if (!isCount(size) || size > LONGEST) {
    throw new ValueError(
      `centerDigit: size must be a whole number from 1 to ${LONGEST}, got ${describe(size)}`,
    );
  }
  if (!isCount(box) || box > size) {
    throw new ValueError(
      `centerDigit: box must be a whole number from 1 to ${size}, the size, got ${describe(box)}`,
    );
  }
}

/** The picture over white paper, or black where it is a light drawing without any, in grey, averaged over blocks if large. */
function greyOf(picture: Picture): Plane {
  const { width, height, data } = picture ?? {};
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new TypeError(
      `centerDigit: expected a picture { width, height, data } with data of bytes, got ${
        describe(picture)
      }`,
    );
  }
  const pixels = width * height;
  if (!isCount(width) || !isCount(height) || ![pixels, 4 * pixels].includes(data.length)) {
    throw new ShapeError(
      `centerDigit: ${describe(width)} x ${describe(height)} pixels need ${pixels} bytes of grey ` +
        `or ${4 * pixels} of RGBA, got ${data.length}`,
    );
  }
  const isGrey = data.length === pixels, paper = isGrey ? 255 : paperOf(data, pixels);
  const block = Math.ceil(Math.max(width, height) / LONGEST);
  const wide = Math.ceil(width / block), high = Math.ceil(height / block);
  const sums = new Float64Array(wide * high);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, row = wide * Math.floor(y / block); x < width; x++, i++) {
      sums[row + Math.floor(x / block)] += isGrey ? data[i] : lumaOver(paper, data, 4 * i);
    }
  }
  const averages = sums.map((sum, i) => {
    const x = block * (i % wide), y = block * Math.floor(i / wide);
    return sum / (Math.min(block, width - x) * Math.min(block, height - y));
  });
  return { width: wide, height: high, data: averages };
}

/** White; but black under nearly white ink on a ground that is mostly transparent. */
function paperOf(data: Picture["data"], pixels: number): number {
  let alpha = 0, light = 0;
  for (let i = 0; i < data.length; i += 4) {
    alpha += data[i + 3];
    light += data[i + 3] * lumaOf(data, i);
  }
  return alpha < 255 * pixels / 2 && light > WHITE * alpha ? 0 : 255;
}

/** ITU-R BT.601, as Pillow's `convert("L")`. */
function lumaOf(data: Picture["data"], i: number): number {
  return (299 * data[i] + 587 * data[i + 1] + 114 * data[i + 2]) / 1000;
}

function lumaOver(paper: number, data: Picture["data"], i: number): number {
  return (lumaOf(data, i) * data[i + 3] + paper * (255 - data[i + 3])) / 255;
}

/**
 * How far the ink, which is high here, stands above its paper: what is left of the grey when all that is narrower than a
 * stroke may be is cut off (a morphological opening). So shade is paper, and the edge of a shadow too.
 */
function abovePaper(plane: Plane): Plane & { roughness: number } {
  const { width, height, data } = plane;
  const side = Math.ceil(WIDEST * Math.max(width, height));
  const lowest = slide(slide(widen(plane, side - 1), side, Math.min), side, Math.min);
  const { data: paper } = slide(slide(lowest, side, Math.max), side, Math.max);
  return {
    width,
    height,
    data: data.map((x, i) => x - paper[i]),
    roughness: roughness({ width, height, data: paper }),
  };
}

/** The plane in a broad frame that continues the paper of its border. */
function widen({ width, height, data }: Plane, frame: number): Plane {
  const paper = data.slice(), border = borderOf(width, height), n = border.length;
  const slope = SHADE / Math.max(width, height);
  for (let k = 0; k < 2 * n; k++) { // ink at the border is no paper: twice around, in both directions
    const [a, b, c, d] = [k, k + 1, 2 * n - k, 2 * n - k - 1].map((at) => border[at % n]);
    paper[b] = Math.min(paper[b], paper[a] + slope);
    paper[d] = Math.min(paper[d], paper[c] + slope);
  }
  const wide = width + 2 * frame, high = height + 2 * frame, out = new Float64Array(wide * high);
  for (let y = 0, i = 0; y < high; y++) {
    for (let x = 0; x < wide; x++, i++) {
      const u = Math.min(width - 1, Math.max(0, x - frame));
      const v = Math.min(height - 1, Math.max(0, y - frame));
      const isInside = u === x - frame && v === y - frame;
      out[i] = (isInside ? data : paper)[width * v + u];
    }
  }
  return { width: wide, height: high, data: out };
}

/** The least, or the greatest, of each `length` neighbours in a row; rows become columns. */
function slide(
  { width, height, data }: Plane,
  length: number,
  pick: (a: number, b: number) => number,
): Plane {
  const runs = data.slice();
  for (let known = 1; known < length;) { // of so many neighbours from each on; then of up to twice as many
    const step = Math.min(known, length - known);
    for (let i = 0; i + step < runs.length; i++) runs[i] = pick(runs[i], runs[i + step]);
    known += step;
  }
  const left = width - length + 1, out = new Float64Array(left * height);
  for (let i = 0; i < out.length; i++) {
    const y = i % height, x = (i - y) / height;
    out[i] = runs[width * y + x];
  }
  return { width: height, height: left, data: out };
}

/** The positions of the border, once around. */
function borderOf(width: number, height: number): number[] {
  const ends = new Set<number>();
  for (let x = 0; x < width; x++) ends.add(x);
  for (let y = 0; y < height; y++) ends.add(width * y + width - 1);
  for (let x = width - 1; x >= 0; x--) ends.add(width * (height - 1) + x);
  for (let y = height - 1; y >= 0; y--) ends.add(width * y);
  return [...ends];
}

/** How much ink was left in the paper: fourth powers of the steps between neighbours, since ink has sharp edges. */
function roughness({ width, data }: Plane): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const across = i % width > 0 ? data[i] - data[i - 1] : 0;
    const down = i >= width ? data[i] - data[i - width] : 0;
    sum += across * across * across * across + down * down * down * down;
  }
  return sum;
}

/** What stands above the paper and its noise, from 0 to 1, in pieces that are strong and large enough. */
function inkOf({ width, height, data: ink }: Plane): Plane {
  const rough = otsu(ink);
  const strong = ink.filter((x) => x > rough).sort();
  const full = strong[Math.floor(0.9 * strong.length)] ?? 0, threshold = full / 2;
  const bare = farFrom({ width, height, data: ink }, threshold).sort();
  const floor = Math.max(bare[Math.floor(0.99 * bare.length)] ?? 0, threshold / 8);
  if (full < FAINTEST) {
    throw new ValueError("centerDigit: the picture shows nothing but paper");
  }
  const pieces = piecesOf({ width, height, data: ink }, floor)
    .filter((piece) => piece.some((i) => ink[i] > threshold));
  const largest = pieces.reduce((most, { length }) => Math.max(most, length), 0);
  const kept = new Float64Array(ink.length);
  for (const piece of pieces) {
    if (piece.length < SPECK * largest) continue;
    for (const i of piece) kept[i] = Math.min(1, ink[i] / full);
  }
  return { width, height, data: kept };
}

/** Otsu's threshold (1979): where two classes differ most. */
function otsu(values: Float64Array): number {
  const counts = new Float64Array(256);
  for (const x of values) counts[Math.round(x)]++;
  const total = counts.reduce((sum, count, level) => sum + count * level, 0);
  let best = 0, between = 0;
  for (let level = 0, below = 0, sum = 0; level < 255; level++) {
    below += counts[level];
    sum += counts[level] * level;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const distance = sum / below - (total - sum) / above;
    const variance = below * above * distance * distance;
    if (variance > between) [best, between] = [level + 0.5, variance];
  }
  return best;
}

/** All that is not within the blur of what is above the threshold. */
function farFrom(plane: Plane, threshold: number): Float64Array {
  const around = 2 * BLUR + 1;
  const { width, height, data } = plane;
  const framed = place(plane, width + 2 * BLUR, height + 2 * BLUR, BLUR, BLUR);
  const near = slide(slide(framed, around, Math.max), around, Math.max).data;
  return data.filter((_, i) => near[i] <= threshold);
}

/** The positions above the floor, in pieces whose pixels touch, at their corners too. */
function piecesOf({ width, height, data }: Plane, floor: number): number[][] {
  const seen = new Uint8Array(data.length), pieces: number[][] = [];
  for (let start = 0; start < data.length; start++) {
    if (seen[start] || !(data[start] > floor)) continue;
    const piece = [start];
    seen[start] = 1;
    for (const i of piece) { // which grows
      const x = i % width, y = (i - x) / width;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const j = width * v + u;
          if (seen[j] || !(data[j] > floor)) continue;
          seen[j] = 1;
          piece.push(j);
        }
      }
    }
    pieces.push(piece);
  }
  return pieces;
}

/** The rows and columns from the first to the last that have ink. */
function crop({ width, height, data }: Plane): Plane {
  let left = width, right = 0, top = height, bottom = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    const x = i % width, y = (i - x) / width;
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  }
  return place({ width, height, data }, right - left, bottom - top, -left, -top);
}

/** The plane on another of so many columns and rows, moved to the right and down. */
function place(plane: Plane, width: number, height: number, right: number, down: number): Plane {
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = x - right, v = y - down;
      if (u < 0 || u >= plane.width || v < 0 || v >= plane.height) continue;
      data[width * y + x] = plane.data[plane.width * v + u];
    }
  }
  return { width, height, data };
}

/** Thin strokes made thicker: on a finer grid, each pixel becomes the darkest one of a disc around it. */
function thicken(digit: Plane, box: number): Plane {
  const scale = box / Math.max(digit.width, digit.height);
  const missing = THINNEST * box / 20 - thicknessOf(digit) * scale;
  if (missing <= 0) return digit;
  const { width, height, data } = shrink(digit, FINE * box);
  const radius = FINE * missing / 2, reach = Math.round(radius);
  const wide = width + 2 * reach, thick = new Float64Array(wide * (height + 2 * reach));
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      if (dx * dx + dy * dy > (radius + 0.5) * (radius + 0.5)) continue;
      for (let i = 0; i < data.length; i++) {
        const x = i % width, y = (i - x) / width;
        const to = wide * (y + reach + dy) + x + reach + dx;
        thick[to] = Math.max(thick[to], data[i]);
      }
    }
  }
  return { width: wide, height: height + 2 * reach, data: thick };
}

/** Of a long stroke: twice its ink over the length of its outline, which is the sum of all slopes. */
function thicknessOf(digit: Plane): number {
  const { width, height, data } = place(digit, digit.width + 2, digit.height + 2, 1, 1);
  let ink = 0, outline = 0;
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = width * y + x;
      const across = data[i + 1] - data[i], down = data[i + width] - data[i];
      ink += data[i];
      outline += Math.sqrt(across * across + down * down);
    }
  }
  return 2 * ink / outline;
}

/** The longer side brought to a length: averages of areas where it shrinks, straight lines between pixels where it grows. */
function shrink({ width, height, data }: Plane, length: number): Plane {
  const longer = Math.max(width, height);
  const wide = Math.max(1, Math.round(width * length / longer));
  const high = Math.max(1, Math.round(height * length / longer));
  const across = weights(width, wide), down = weights(height, high);
  const rows = new Float64Array(wide * height);
  for (let i = 0; i < rows.length; i++) {
    const y = Math.floor(i / wide);
    for (const [x, weight] of across[i % wide]) rows[i] += weight * data[width * y + x];
  }
  const out = new Float64Array(wide * high);
  for (let i = 0; i < out.length; i++) {
    for (const [y, weight] of down[Math.floor(i / wide)]) {
      out[i] += weight * rows[wide * y + i % wide];
    }
  }
  return { width: wide, height: high, data: out };
}

/** Of which pixels, and how much of each, a pixel of the new line is made. */
function weights(from: number, to: number): [at: number, weight: number][][] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (step < 1) {
      const at = Math.min(from - 1, Math.max(0, (i + 0.5) * step - 0.5)), left = Math.floor(at);
      return [[left, 1 - (at - left)], [Math.min(from - 1, left + 1), at - left]];
    }
    const first = i * step, last = Math.min(from, first + step), line: [number, number][] = [];
    for (let at = Math.floor(first); at < last; at++) {
      line.push([at, (Math.min(at + 1, last) - Math.max(at, first)) / step]);
    }
    return line;
  });
}

/** Bytes, with the centre of mass in the middle: moved by whole pixels, as MNIST's makers did. */
function centre(digit: Plane, size: number): Matrix {
  const { width, data } = digit;
  let mass = 0, x = 0, y = 0, most = 0;
  for (let i = 0; i < data.length; i++) {
    mass += data[i];
    x += data[i] * (i % width);
    y += data[i] * Math.floor(i / width);
    most = Math.max(most, data[i]);
  }
  const move = (mean: number, length: number) =>
    Math.min(size - length, Math.max(0, Math.round(size / 2 - mean)));
  const placed = place(digit, size, size, move(x / mass, width), move(y / mass, digit.height));
  return Matrix.fromArray(
    Uint8Array.from(placed.data, (ink) => Math.round(255 * ink / most)),
    [1, size * size],
  );
}
