/**
 * Curves, distributions and means: numbers along an axis.
 *
 * @module
 */

import {
  COLORS,
  type Figure,
  figure,
  type FigureOptions,
  HIGHLIGHT,
  PALE_BLUE,
  PALETTE,
  Plot,
} from "./figure.ts";
import { ShapeError } from "../errors.ts";
import type { Matrix } from "../matrix.ts";

/** The labels of axes, and what else a figure of lines can have. */
export interface LineOptions {
  /** Stands above the picture. */
  title: string;
  /** The label of the horizontal axis. */
  xLabel: string;
  /** The label of the vertical axis. */
  yLabel: string;
  /** What there is to see. Default: where each line begins and ends, and its extremes. */
  alt?: string;
  /** Whether the vertical axis is logarithmic. */
  log?: boolean;
  /** The range of the vertical axis. */
  yDomain?: [low: number, high: number];
  /** Further marks of Plot, drawn over the lines. */
  marks?: Plot.Markish[];
  /** In units of the picture. */
  width?: number;
  /** In units of the picture, without title and key. */
  height?: number;
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
  { title, xLabel, yLabel, alt, log = false, yDomain, marks = [], ...size }: LineOptions,
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
  const range = x.length === 0
    ? "no values yet"
    : `${xLabel} from ${short(x[0])} to ${short(x[x.length - 1])}`;
  return figure({
    title,
    alt: alt ?? [range, ...names.map((name) => describeLine(name, x, lines[name]))].join(". "),
    ...size,
    x: { label: xLabel, inset: 4 },
    y: {
      label: yLabel,
      grid: true,
      inset: 4,
      // what other marks reach to is not known here
      ...(log ? logarithmic(yDomain ?? (marks.length > 0 ? [] : valuesOf(lines))) : {}),
      ...(yDomain ? { domain: yDomain } : {}),
    },
    key: names.length > 1 ? key : undefined,
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
  const percent = (p: number) => `${(100 * p).toFixed(1)} %`;
  return figure({
    title,
    alt: `Bars: ${bars.map(({ digit, p }) => `${digit}: ${percent(p)}`).join(", ")}`,
    width,
    height: 260,
    x: { label: xLabel, tickFormat: String, padding: 0.2 },
    y: { label: "probability", grid: true, domain: [0, Math.max(yMax, probabilities.max())] },
    key: {
      "most probable": COLORS.blue,
      ...(best === trueLabel ? {} : { "true label": COLORS.orange }),
      "the others": PALE_BLUE,
    },
    marks: [
      Plot.barY(bars, {
        x: "digit",
        y: "p",
        fill: ({ digit }: { digit: number }) =>
          digit === best ? COLORS.blue : digit === trueLabel ? COLORS.orange : PALE_BLUE,
      }),
      Plot.ruleY([0]),
    ],
  });
}

/** What a histogram can have. */
export interface HistogramOptions {
  /** Stands above the picture. */
  title: string;
  /** What the values are. */
  xLabel: string;
  /** What is counted. Default: how many. */
  yLabel?: string;
  /** How many bins, or their bounds. Default: 30. */
  thresholds?: number | number[];
  /** Vertical lines, by their names. */
  marks?: Record<string, number>;
  /** A range that is coloured, by its name. */
  band?: { name: string; from: number; to: number };
  /** The range of the horizontal axis. */
  domain?: [low: number, high: number];
  /** In units of the picture. */
  width?: number;
  /** In units of the picture, without title and key. */
  height?: number;
}

/** How often each value occurs, in bins; vertical lines and a coloured band with names mark values. */
export function plotHistogram(
  values: ArrayLike<number>,
  options: HistogramOptions,
): Figure {
  const { title, xLabel, yLabel = "how many", thresholds = 30, domain } = options;
  const { marks = {}, band, width = 640, height = 240 } = options;
  const names = Object.keys(marks);
  const { red, orange, green, purple, cyan, pink, grey } = COLORS; // the bars are blue
  const colors = [red, orange, green, purple, cyan, pink, grey];
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => short(sorted[Math.round(share * (sorted.length - 1))]);
  const key: FigureOptions["key"] = {
    ...(band ? { [band.name]: HIGHLIGHT } : {}),
    ...Object.fromEntries(names.map((name, i) => [name, colors[i % colors.length]])),
  };
  return figure({
    title,
    alt: sorted.length === 0
      ? "no values yet"
      : `Histogram of ${sorted.length.toLocaleString("en")} values from ${at(0)} to ${
        at(1)
      }, half of them between ${at(0.25)} and ${at(0.75)}`,
    width,
    height,
    x: { label: xLabel, ...(domain ? { domain } : {}) },
    y: { label: yLabel, grid: true },
    key,
    marks: [
      ...(band ? [Plot.rectX([band], { x1: "from", x2: "to", fill: HIGHLIGHT })] : []),
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

/** The mean of several runs, with their standard deviation. */
export interface Mean {
  /** What was run. */
  name: string;
  /** The mean of the runs. */
  mean: number;
  /** Their standard deviation, where there are several. */
  spread?: number;
  /** Whether the row is drawn in grey, as something to compare with. */
  isOther?: boolean;
}

/**
 * Means as dots in rows, one below the other, a line of one standard deviation to each side. Rows without a mean keep
 * their place empty, so that a figure can grow.
 *
 * @example
 * ```ts
 * import { plotMeans } from "@scratch/nn/plot";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = [{ name: "raw", mean: 82.6, spread: 1.2 }, { name: "scaled" }];
 * const figure = plotMeans(rows, { title: "Right", xLabel: "%", domain: [80, 100], digits: 1 });
 * assertEquals(figure.alt, "Right. raw: 82.6 ± 1.2");
 * ```
 */
export function plotMeans(
  rows: readonly (Mean | { name: string })[],
  { title, xLabel, domain, digits = 2, log = false }: {
    title: string;
    xLabel: string;
    domain: [low: number, high: number];
    digits?: number;
    log?: boolean;
  },
): Figure {
  const known = rows.filter((row): row is Mean => "mean" in row);
  const text = ({ mean, spread }: Mean) =>
    grouped(mean, digits) + (spread ? ` ± ${grouped(spread, digits)}` : "");
  const color = ({ isOther }: Mean) => isOther ? COLORS.grey : COLORS.blue;
  const longest = Math.max(...rows.map(({ name }) => name.length));
  return figure({
    title,
    alt: known.map((row) => `${row.name}: ${text(row)}`).join(", "),
    width: 720,
    height: 30 * rows.length + 70,
    marginLeft: 24 + 7.2 * longest,
    marginRight: 90,
    x: {
      label: xLabel,
      grid: true,
      domain,
      ...(log ? { type: "log", ticks: ticksBetween(domain), tickFormat: "," } : {}),
    },
    y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0, padding: 0.4 },
    marks: [
      Plot.link(known.filter(({ spread }) => spread), {
        x1: (row: Mean) => row.mean - row.spread!,
        x2: (row: Mean) => row.mean + row.spread!,
        y1: "name",
        y2: "name",
        stroke: color,
        strokeWidth: 3,
      }),
      Plot.dot(known, { x: "mean", y: "name", fill: color, r: 5 }),
      Plot.text(known, {
        x: "mean",
        y: "name",
        text,
        textAnchor: "start",
        dx: 14,
        stroke: "white",
        strokeWidth: 4,
        fill: "#222",
      }),
    ],
  });
}

// --- inside --------------------------------------------------------------------------------------

function points(x: ArrayLike<number>, y: ArrayLike<number>): [number, number][] {
  return Array.from({ length: Math.min(x.length, y.length) }, (_, i) => [x[i], y[i]]);
}

function isList(x: ArrayLike<number> | Record<string, ArrayLike<number>>): x is ArrayLike<number> {
  return typeof (x as ArrayLike<number>).length === "number";
}

/** A line in words: its ends, and its extremes where they are not at the ends. */
function describeLine(name: string, x: ArrayLike<number>, y: ArrayLike<number>): string {
  const last = y.length - 1;
  if (last < 0) return name;
  const place = (isBetter: (a: number, b: number) => boolean) => {
    let best = 0;
    for (let i = 1; i <= last; i++) if (isBetter(y[i], y[best])) best = i;
    return best;
  };
  const extremes = [["lowest", place((a, b) => a < b)], [
    "highest",
    place((a, b) => a > b),
  ]] as const;
  const inside = extremes.filter(([, i]) => i !== 0 && i !== last)
    .map(([word, i]) => `, ${word} ${short(y[i])} at ${short(x[i])}`);
  return `${name}: from ${short(y[0])} to ${short(y[last])}${inside.join("")}`;
}

function valuesOf(lines: Record<string, ArrayLike<number>>): number[] {
  return Object.values(lines).flatMap((line) => Array.from(line));
}

/** An axis where powers of ten have labels; where there are fewer than two of them between `values`, numbers have. */
function logarithmic(values: Iterable<number>): Record<string, unknown> {
  let low = Infinity, high = 0;
  for (const value of values) {
    if (!(value > 0 && value < Infinity)) continue; // such have no place on it
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const exponents = [Math.log10(low) - 1e-9, Math.log10(high) + 1e-9]; // 1e3 and 1e-3 may be rounded
  const powers = Math.floor(exponents[1]) - Math.ceil(exponents[0]) + 1;
  if (high === 0 || powers > 1) return { type: "log", tickFormat: powerOfTen };
  const ticks = ticksBetween([low, high]);
  return { type: "log", tickFormat: String, ...(ticks.length > 2 ? { ticks } : {}) };
}

/** 1, 2 and 5 times each power of ten. */
function ticksBetween([low, high]: [low: number, high: number]): number[] {
  const powers = Array.from({ length: 33 }, (_, i) => 10 ** (i - 16));
  return powers.flatMap((power) => [power, 2 * power, 5 * power])
    .filter((tick) => tick >= low && tick <= high);
}

/** 1234.5 -> "1,234.50". */
function grouped(x: number, digits: number): string {
  return x.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A number in three digits, as one reads it aloud. */
function short(x: number): string {
  return Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(3)));
}

/** 0.001 -> "10⁻³"; nothing for what is no power of ten, so that its tick stays without a label. */
function powerOfTen(x: number): string {
  const exponent = Math.round(Math.log10(x));
  if (Math.abs(x / 10 ** exponent - 1) > 1e-9) return "";
  return "10" +
    [...String(exponent)].map((c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]).join("");
}
