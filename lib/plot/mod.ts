/**
 * The pictures of the course (the article's `plotting`): digits, errors, probabilities, what hidden units look at,
 * where a network decides what.
 *
 * Each function gives a {@linkcode Figure}, drawn by Observable Plot, or a {@linkcode Chart} to point into, drawn by
 * Vega-Lite. Both display by themselves as the last expression of a notebook's cell.
 *
 * @module
 */

import { Figure, figure, type FigureOptions, hconcat, label, pixels, Plot } from "./figure.ts";
import { ShapeError } from "../errors.ts";
import type { Matrix } from "../matrix.ts";
import { Chart } from "./vega.ts";

export { Chart, Figure, figure, type FigureOptions, hconcat, Plot };

/** The colours of lines and points, told apart also by those who see few of them (Observable's). */
export const COLORS = {
  blue: "#4269d0",
  orange: "#efb118",
  red: "#ff725c",
  cyan: "#6cc5b0",
  green: "#3ca951",
  pink: "#ff8ab7",
  purple: "#a463f2",
  grey: "#9498a0",
} as const;

const PALETTE = Object.values(COLORS);

/** The labels of axes, and what else a figure of lines can have. */
export interface LineOptions {
  /** Stands above the picture. */
  title: string;
  /** The label of the horizontal axis. */
  xLabel: string;
  /** The label of the vertical axis. */
  yLabel: string;
  /** Whether the vertical axis is logarithmic. */
  log?: boolean;
  /** The range of the vertical axis. */
  yDomain?: [low: number, high: number];
  /** Where the key is. Default: at the top right. */
  keyAt?: FigureOptions["keyAt"];
  /** Further marks of Plot, drawn over the lines. */
  marks?: Plot.Markish[];
}

/**
 * Lines over common x values, with a key where there is more than one. Article: the plot of the sigmoid.
 *
 * @param x The x values.
 * @param lines The y values of each line, by its name.
 */
export function plotLines(
  x: ArrayLike<number>,
  lines: Record<string, ArrayLike<number>>,
  { title, xLabel, yLabel, log = false, yDomain, keyAt, marks = [] }: LineOptions,
): Figure {
  const names = Object.keys(lines);
  for (const name of names) {
    if (lines[name].length !== x.length) {
      throw new ShapeError(
        `plotLines: ${x.length} x values need as many for ${JSON.stringify(name)}, got ${
          lines[name].length
        }`,
      );
    }
  }
  const key = Object.fromEntries(names.map((name, i) => [name, PALETTE[i % PALETTE.length]]));
  return figure({
    title,
    x: { label: xLabel, inset: 4 },
    y: {
      label: yLabel,
      grid: true,
      inset: 4,
      ...(log ? { type: "log", tickFormat: powerOfTen } : {}),
      ...(yDomain ? { domain: yDomain } : {}),
    },
    key: names.length > 1 ? key : undefined,
    keyAt,
    marks: [
      ...names.map((name) =>
        Plot.line(points(x, lines[name]), { stroke: key[name], strokeWidth: 2, clip: true })
      ),
      ...marks,
    ],
  });
}

/**
 * The error of each epoch. Article: the error plot.
 *
 * @param errors One or more curves of one length: a model's `errors`, or several by their names.
 */
export function plotError(
  errors: ArrayLike<number> | Record<string, ArrayLike<number>>,
  options: Partial<LineOptions> = {},
): Figure {
  const curves = isList(errors) ? { error: errors } : errors;
  const [{ length }] = Object.values(curves);
  const epochs = Array.from({ length }, (_, i) => i + 1);
  return plotLines(epochs, curves, {
    title: "The error over the epochs",
    xLabel: "Epochs",
    yLabel: "Error",
    ...options,
  });
}

/** The error curves as a chart: drag to move, turn the wheel to zoom, point to read. */
export function chartError(curves: Record<string, ArrayLike<number>>, title: string): Chart {
  const values = Object.entries(curves).flatMap(([model, errors]) =>
    // of long curves every fifth point, and the last: the chart is written into the notebook
    Array.from(errors, (error, i) => ({ model, epoch: i + 1, error: Number(error.toPrecision(6)) }))
      .filter(({ epoch }) => epoch <= 30 || epoch % 5 === 0 || epoch === errors.length)
  );
  return new Chart(title, {
    width: 560,
    height: 300,
    data: { values },
    params: [{ name: "zoom", select: "interval", bind: "scales" }],
    mark: { type: "line", tooltip: true },
    encoding: {
      x: { field: "epoch", type: "quantitative", title: "epoch" },
      y: {
        field: "error",
        type: "quantitative",
        scale: { type: "log" },
        title: "error (log scale)",
      },
      color: {
        field: "model",
        type: "nominal",
        title: null,
        scale: { domain: Object.keys(curves), range: PALETTE },
        legend: { orient: "top" },
      },
    },
  });
}

// --- digits --------------------------------------------------------------------------------------

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
  const largest = X.dtype === "uint8" ? 255 : Math.max(0, X.max()) || 1;
  return plotPictures(X, { titles, title, columns, size, imageShape }, (value) => {
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
  return plotPictures(withoutBias, { titles, title, columns, size, imageShape }, (value) => {
    const strength = Math.abs(value) / largest;
    const fade = Math.round(255 * (1 - Math.sqrt(strength)));
    return value > 0 ? `rgb(${fade},${fade},255)` : `rgb(255,${fade},${fade})`;
  });
}

/** Rows of pictures, in the colours that `color` gives. */
function plotPictures(
  X: Matrix,
  { titles, title, columns, size, imageShape: [height, width] }: {
    titles: readonly (string | number)[];
    title: string;
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
  const total = Math.max(columns * cellWidth + gap, 10 * title.length + 16);
  const left = (total - columns * cellWidth + gap) / 2;
  const marks = Array.from({ length: X.rows }, (_, i) => {
    const x = Math.round(left + (i % columns) * cellWidth);
    const y = 34 + Math.floor(i / columns) * cellHeight;
    return [
      pixels(X.row(i).data, [height, width], color, { x, y: y + lineHeight, size }),
      label(String(titles[i] ?? ""), { x: x + width * size / 2, y: y + lineHeight - 5 }),
    ];
  }).flat();
  return figure({
    title,
    width: total,
    height: rows * cellHeight + 34 - 24,
    axis: null,
    margin: 0,
    marginTop: 0,
    marks,
  });
}

// --- distributions -------------------------------------------------------------------------------

/**
 * The probability of each class for one picture, as bars: the most probable one dark, the true one marked.
 * Article: `plot_digit_dist`.
 *
 * @param probabilities 1 x classes: a row of `net.predictProba(X)`.
 * @param trueLabel The true class.
 */
export function plotDigitDist(
  probabilities: Matrix,
  trueLabel: number,
  { title = `true label: ${trueLabel}`, xLabel = "digit", yMax = 0.25, width = 560 }: {
    title?: string;
    xLabel?: string;
    yMax?: number;
    width?: number;
  } = {},
): Figure {
  const bars = Array.from(probabilities.data, (p, digit) => ({ digit, p }));
  const best = probabilities.argmax();
  return figure({
    title,
    width,
    height: 260,
    x: { label: xLabel, tickFormat: String, padding: 0.2 },
    y: { label: "probability", grid: true, domain: [0, Math.max(yMax, probabilities.max())] },
    key: best === trueLabel
      ? { "most probable": COLORS.blue, "the others": "#b9c7ee" }
      : { "most probable": COLORS.blue, "true label": COLORS.orange, "the others": "#b9c7ee" },
    keyAt: best >= bars.length / 2 ? "top-left" : "top-right",
    marks: [
      Plot.barY(bars, {
        x: "digit",
        y: "p",
        fill: ({ digit }: { digit: number }) =>
          digit === best ? COLORS.blue : digit === trueLabel ? COLORS.orange : "#b9c7ee",
      }),
      Plot.ruleY([0]),
    ],
  });
}

/** How often each value occurs, in bins; vertical lines with names mark single values. */
export function plotHistogram(
  values: ArrayLike<number>,
  { title, xLabel, yLabel = "how many", thresholds = 30, marks = {}, domain, height = 240 }: {
    title: string;
    xLabel: string;
    yLabel?: string;
    thresholds?: number | number[];
    marks?: Record<string, number>;
    domain?: [low: number, high: number];
    height?: number;
  },
): Figure {
  const names = Object.keys(marks);
  const colors = [COLORS.red, COLORS.orange, COLORS.green];
  return figure({
    title,
    height,
    x: { label: xLabel, ...(domain ? { domain } : {}) },
    y: { label: yLabel, grid: true },
    key: names.length > 0
      ? Object.fromEntries(names.map((name, i) => [name, colors[i % colors.length]]))
      : undefined,
    marks: [
      Plot.rectY(Array.from(values), {
        ...Plot.binX({ y: "count" }, { x: (d: number) => d, thresholds }),
        fill: COLORS.blue,
        insetLeft: 1,
      }),
      Plot.ruleY([0]),
      ...names.map((name, i) =>
        Plot.ruleX([marks[name]], { stroke: colors[i % colors.length], strokeWidth: 3 })
      ),
    ],
  });
}

// --- confusion -----------------------------------------------------------------------------------

/**
 * How often each true class (rows) was taken for each class (columns), as a chart: point at a cell to read it, click
 * it to bring out all that have the same true class.
 */
export function plotConfusion(
  trueLabels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { title = "What was taken for what" }: { title?: string } = {},
): Chart {
  if (trueLabels.length !== predicted.length) {
    throw new ShapeError(
      `plotConfusion: ${trueLabels.length} true labels need as many predictions, got ${predicted.length}`,
    );
  }
  const classes = 1 +
    Math.max(...new Set(Array.from(trueLabels)), ...new Set(Array.from(predicted)));
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < trueLabels.length; i++) counts[trueLabels[i]][predicted[i]]++;
  const values = counts.flatMap((row, t) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((count, p) => ({
      true: t,
      predicted: p,
      count,
      share: total === 0 ? 0 : Number((count / total).toFixed(4)),
    }));
  });
  const encoding = {
    x: {
      field: "predicted",
      type: "ordinal",
      title: "predicted",
      axis: { labelAngle: 0, orient: "top" },
    },
    y: { field: "true", type: "ordinal", title: "true label" },
  };
  return new Chart(title, {
    width: 420,
    height: 420,
    data: { values },
    layer: [
      {
        params: [{ name: "picked", select: { type: "point", fields: ["true"] } }],
        mark: { type: "rect", tooltip: true },
        encoding: {
          ...encoding,
          color: {
            field: "share",
            type: "quantitative",
            title: "share",
            scale: { type: "sqrt", scheme: "blues", domain: [0, 1] }, // so that few mistakes are seen as well
          },
          opacity: { condition: { param: "picked", value: 1 }, value: 0.25 },
          tooltip: [
            { field: "true", title: "true label" },
            { field: "predicted" },
            { field: "count", format: "," },
            { field: "share", format: ".1%" },
          ],
        },
      },
      {
        mark: { type: "text", fontSize: 11 },
        encoding: {
          ...encoding,
          text: { field: "count", format: "," },
          color: { condition: { test: "datum.share > 0.5", value: "white" }, value: "#222" },
        },
      },
    ],
  });
}

// --- planes --------------------------------------------------------------------------------------

/** A point of a plane, with its class. */
export interface PlanePoint {
  /** To the right. */
  x: number;
  /** Upwards. */
  y: number;
  /** 0 or 1: the colour. */
  label: number;
  /** Stands beside the point. */
  text?: string;
}

/** Points of two classes in a plane. */
export function plotPlane(
  points: readonly PlanePoint[],
  { title, xLabel = "input 1", yLabel = "input 2", domain = [-0.4, 1.4], marks = [], color, keyAt }:
    {
      title: string;
      xLabel?: string;
      yLabel?: string;
      domain?: [number, number];
      marks?: Plot.Markish[];
      color?: Plot.ScaleOptions;
      keyAt?: FigureOptions["keyAt"];
    },
): Figure {
  return figure({
    title,
    width: 440,
    height: 400,
    x: { label: xLabel, domain, grid: marks.length === 0 },
    y: { label: yLabel, domain, grid: marks.length === 0 },
    color,
    key: { "output 0": COLORS.blue, "output 1": COLORS.orange },
    keyAt,
    marks: [
      ...marks,
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: 8,
        fill: (p: PlanePoint) => p.label === 1 ? COLORS.orange : COLORS.blue,
        stroke: "white",
        strokeWidth: 2,
      }),
      Plot.text(points.filter((p) => p.text), { x: "x", y: "y", text: "text", dy: 18 }),
    ],
  });
}

/**
 * What a network says at each place of a plane, as colours from 0 (blue) to 1 (orange), with the line where it is
 * undecided, and points over it.
 */
export function plotDecision(
  output: (x: number, y: number) => number,
  points: readonly PlanePoint[],
  { title, domain = [-0.4, 1.4] }: { title: string; domain?: [number, number] },
): Figure {
  const [x1, x2] = domain;
  // a little beyond the frame: a line of equal answers closes at the end of its field, and that is not to be seen
  const field = {
    x1: x1 - 0.1,
    x2: x2 + 0.1,
    y1: x1 - 0.1,
    y2: x2 + 0.1,
    pixelSize: 6,
    clip: true,
  };
  const clipped = (x: number, y: number) => Math.min(1, Math.max(0, output(x, y)));
  const shades = ["#9db3ea", "#ffffff", "#f8d58a"];
  const thresholds = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
  return plotPlane(points, {
    title,
    domain,
    color: { type: "linear", domain: [0, 0.5, 1], range: shades, clamp: true },
    marks: [
      Plot.frame({ fill: shades[0], stroke: "none" }),
      Plot.contour(
        { ...field, fill: clipped, thresholds, interpolate: "none" } as Plot.ContourOptions,
      ),
      Plot.contour(
        {
          ...field,
          value: output,
          thresholds: [0.5],
          stroke: "#222",
          strokeWidth: 2,
        } as Plot.ContourOptions,
      ),
    ],
  });
}

// --- matrices and networks ------------------------------------------------------------------------

/**
 * The matrix product as rows against columns: a, b and a dot b beside each other, with row i of a, column j of b and
 * the element that they make brought out.
 */
export function plotDot(a: Matrix, b: Matrix, i: number, j: number): Figure {
  const size = 46;
  const grid = (m: Matrix, x: number, isPicked: (r: number, c: number) => boolean) =>
    m.toArray().flatMap((row, r) =>
      row.map((value, c) => ({
        x: x + c * size,
        y: 20 + r * size,
        value: String(value),
        fill: isPicked(r, c) ? "#fbe3a5" : "#eef1fb",
      }))
    );
  const product = a.dot(b);
  const bx = (a.cols + 1) * size, px = bx + (b.cols + 1) * size;
  const cells = [
    ...grid(a, 0, (r) => r === i),
    ...grid(b, bx, (_, c) => c === j),
    ...grid(product, px, (r, c) => r === i && c === j),
  ];
  const signs = [{ x: bx - size / 2, text: "dot" }, { x: px - size / 2, text: "=" }];
  const terms = Array.from(a.row(i).data, (x, k) => `${x} · ${b.at(k, j)}`).join(" + ");
  const width = px + product.cols * size;
  const rows = Math.max(a.rows, b.rows);
  return figure({
    title: `Row ${i} against column ${j}: ${terms} = ${product.at(i, j)}`,
    width: Math.max(width + 40, 440),
    height: rows * size + 60,
    margin: 20,
    marginTop: 20,
    x: { domain: [0, width], axis: null },
    y: { domain: [0, rows * size + 40], reverse: true, axis: null },
    marks: [
      Plot.rect(cells, {
        x1: "x",
        x2: (d: { x: number }) => d.x + size,
        y1: "y",
        y2: (d: { y: number }) => d.y + size,
        fill: "fill",
        stroke: "#8895c9",
      }),
      Plot.text(cells, {
        x: (d: { x: number }) => d.x + size / 2,
        y: (d: { y: number }) => d.y + size / 2,
        text: "value",
        fontSize: 16,
      }),
      Plot.text(signs, { x: "x", y: 20 + rows * size / 2, text: "text", fontSize: 14 }),
    ],
  });
}

/**
 * A small network, its units as circles in layers from left to right, its weights as lines: blue above 0, red below,
 * the thicker the larger.
 *
 * @param weights Each layer's, inputs x units, without biases.
 */
export function plotNetwork(
  weights: readonly Matrix[],
  { title, names }: { title: string; names?: readonly (readonly string[])[] },
): Figure {
  const sizes = [weights[0].rows, ...weights.map(({ cols }) => cols)];
  const place = (layer: number, unit: number) => ({
    x: layer,
    y: (unit + 0.5) / sizes[layer],
    text: names?.[layer]?.[unit] ?? "",
  });
  const largest = Math.max(...weights.map((w) => w.abs().max()));
  const lines = weights.flatMap((w, l) =>
    w.toArray().flatMap((row, from) =>
      row.map((value, to) => ({
        value,
        from: place(l, from),
        to: place(l + 1, to),
        textAt: 0.3 + 0.16 * (from % 3), // not all at one height
      }))
    )
  );
  type Line = typeof lines[number];
  const units = sizes.flatMap((size, l) => Array.from({ length: size }, (_, u) => place(l, u)));
  const along = (line: Line, axis: "x" | "y") =>
    line.from[axis] + (line.to[axis] - line.from[axis]) * line.textAt;
  return figure({
    title,
    height: 320,
    margin: 44,
    x: { axis: null },
    y: { axis: null, domain: [0, 1], reverse: true },
    marks: [
      Plot.link(lines, {
        x1: (d: Line) => d.from.x,
        y1: (d: Line) => d.from.y,
        x2: (d: Line) => d.to.x,
        y2: (d: Line) => d.to.y,
        stroke: (d: Line) => d.value > 0 ? COLORS.blue : COLORS.red,
        strokeWidth: (d: Line) => 1 + 5 * Math.abs(d.value) / largest,
      }),
      Plot.text(lines, {
        x: (d: Line) => along(d, "x"),
        y: (d: Line) => along(d, "y"),
        text: (d: Line) => d.value.toFixed(2),
        stroke: "white",
        strokeWidth: 5,
        fill: "#222",
      }),
      Plot.dot(units, { x: "x", y: "y", r: 30, fill: "white", stroke: "#222", strokeWidth: 1.5 }),
      Plot.text(units, { x: "x", y: "y", text: "text" }),
    ],
  });
}

// --- helpers -------------------------------------------------------------------------------------

function points(x: ArrayLike<number>, y: ArrayLike<number>): [number, number][] {
  return Array.from({ length: Math.min(x.length, y.length) }, (_, i) => [x[i], y[i]]);
}

function isList(x: ArrayLike<number> | Record<string, ArrayLike<number>>): x is ArrayLike<number> {
  return typeof (x as ArrayLike<number>).length === "number";
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

/** 0.001 -> "10⁻³"; nothing for what is no power of ten, so that its tick stays without a label. */
function powerOfTen(x: number): string {
  const exponent = Math.round(Math.log10(x));
  if (Math.abs(x / 10 ** exponent - 1) > 1e-9) return "";
  return "10" +
    [...String(exponent)].map((c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]).join("");
}
