/**
 * Rows of a matrix as pictures: digits, and the weights of hidden units.
 *
 * @module
 */

import { type Figure, figure, label, pixels } from "./figure.ts";
import type { Matrix } from "../matrix.ts";

/** The height and width of a picture in pixels. */
export type ImageShape = readonly [height: number, width: number];

/**
 * One picture, dark on white, with its label above. Article: `plot_digit`.
 *
 * @param X Pictures, one a row.
 * @param y Their labels.
 * @param idx Which one.
 */
export function plotDigit(
  X: Matrix,
  y: ArrayLike<number>,
  idx: number,
  { title = `true label: ${y[idx]}`, imageShape }: { title?: string; imageShape?: ImageShape } = {},
): Figure {
  return plotDigits(X.row(idx), { titles: [""], title, columns: 1, size: 5, imageShape });
}

/**
 * Several pictures in rows, each with a line of text above. Values from 0 (white) to 255, or to the picture's own
 * largest.
 */
export function plotDigits(
  X: Matrix,
  { titles, title, columns = 10, size = 2, imageShape = squareOf(X.cols) }: {
    titles: readonly (string | number)[];
    title: string;
    columns?: number;
    size?: number;
    imageShape?: ImageShape;
  },
): Figure {
  const largest = X.dtype === "uint8" ? 255 : X.max() || 1;
  const alt = describe(X, imageShape, titles);
  return plotPictures(X, { titles, title, alt, columns, size, imageShape }, (value) => {
    const light = Math.round(255 * (1 - Math.max(0, value) / largest));
    return `rgb(${light},${light},${light})`;
  });
}

/**
 * What each hidden unit looks at: its weights as a picture, blue where it wants ink, red where it wants none.
 *
 * @param w units x (pixels + 1), the biases first: a layer of `net.weights`.
 */
export function plotWeights(
  w: Matrix,
  {
    title = "What each hidden unit looks at",
    columns = 10,
    size = 2,
    imageShape = squareOf(w.cols - 1),
  }: {
    title?: string;
    columns?: number;
    size?: number;
    imageShape?: ImageShape;
  } = {},
): Figure {
  const withoutBias = w.T.slice(1).T;
  const largest = withoutBias.abs().max() || 1; // of all zeros, white pictures
  const titles = Array.from({ length: w.rows }, () => "");
  const alt = `${describe(withoutBias, imageShape, [])}: blue for weights above 0, red below`;
  return plotPictures(withoutBias, { titles, title, alt, columns, size, imageShape }, (value) => {
    const strength = Math.abs(value) / largest;
    const fade = Math.round(255 * (1 - Math.sqrt(strength)));
    return value > 0 ? `rgb(${fade},${fade},255)` : `rgb(255,${fade},${fade})`;
  });
}

/** Rows of pictures, in the colours that `color` gives. */
function plotPictures(
  X: Matrix,
  { titles, title, alt, columns, size, imageShape: [height, width] }: {
    titles: readonly (string | number)[];
    title: string;
    alt: string;
    columns: number;
    size: number;
    imageShape: ImageShape;
  },
  color: (value: number) => string,
): Figure {
  const lineHeight = titles.some((text) => text !== "") ? 18 : 0;
  const gap = 8;
  const cellWidth = width * size + gap, cellHeight = height * size + lineHeight + gap;
  const rows = Math.ceil(X.rows / columns);
  const marks = Array.from({ length: X.rows }, (_, i) => {
    const x = 2 * gap + (i % columns) * cellWidth;
    const y = gap + Math.floor(i / columns) * cellHeight;
    return [
      pixels(X.row(i).data, [height, width], color, { x, y: y + lineHeight, size }),
      label(String(titles[i] ?? ""), { x: x + width * size / 2, y: y + lineHeight - 5 }),
    ];
  }).flat();
  return figure({
    title,
    alt,
    width: columns * cellWidth + 3 * gap,
    height: rows * cellHeight + gap,
    axis: null,
    margin: 0,
    marginTop: 0,
    marginLeft: 0,
    marginBottom: 0,
    marginRight: 0,
    marks,
  });
}

/** How many pictures, of which size, and the lines above them. */
function describe(
  X: Matrix,
  [height, width]: ImageShape,
  titles: readonly (string | number)[],
): string {
  const texts = titles.filter((text) => text !== "");
  return `${X.rows} ${X.rows === 1 ? "picture" : "pictures"} of ${height} x ${width} pixels${
    texts.length > 0 ? `: ${texts.join(", ")}` : ""
  }`;
}

/** The shape of a square picture of so many pixels. */
function squareOf(count: number): ImageShape {
  const side = Math.sqrt(count);
  if (!Number.isInteger(side)) {
    throw new TypeError(
      `${count} pixels make no square picture: say its imageShape, [height, width]`,
    );
  }
  return [side, side];
}
