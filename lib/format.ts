/**
 * Prints numbers in rows and columns exactly as NumPy does with its default settings: 8 digits after the
 * point, 75 columns, more than 1000 elements shortened to 3 at each edge
 * (`numpy.array_str`, `numpy.array_repr`; NumPy 2.4).
 *
 * It knows rows of numbers, not `Matrix`: so it stands below it, and can print whole numbers as well.
 *
 * @module
 */

const PRECISION = 8;
const LINE_WIDTH = 75;
const THRESHOLD = 1000;
const EDGE_ITEMS = 3;
/** More rows or columns than this are too many for a table on a page. */
const HTML_LENGTH = 20;

/** What to print: rows x cols numbers, row after row, and the kind that decides their form. */
export interface Printable {
  /** The elements, row after row. */
  readonly data: ArrayLike<number>;
  /** The number of rows and of columns. */
  readonly shape: readonly [rows: number, cols: number];
  /** NumPy's name of the type of the elements. */
  readonly dtype: "float64" | "uint8" | "int64";
}

type Formatter = (x: number) => string;

/** The text that NumPy's `str` gives: `[[1. 2.]\n [3. 4.]]`. */
export function arrayStr(array: Printable): string {
  return body(array, " ", "", LINE_WIDTH);
}

/** The text that NumPy's `repr` gives: `array([[1., 2.],\n       [3., 4.]])`. */
export function arrayRepr(array: Printable): string {
  const { shape: [rows, cols], dtype } = array;
  const prefix = "array(";
  // an empty array prints as [] in NumPy, however many dimensions it has
  const text = prefix + body(array, ", ", " ".repeat(prefix.length), LINE_WIDTH - ")".length);
  const extras: string[] = [];
  if (rows * cols === 0 || rows * cols > THRESHOLD) extras.push(`shape=(${rows}, ${cols})`);
  if (dtype === "uint8" || rows * cols === 0) extras.push(`dtype=${dtype}`);
  if (extras.length === 0) return text + ")";
  const lastLine = text.length - (text.lastIndexOf("\n") + 1) + ",".length;
  const extra = extras.join(", ") + ")";
  const fits = lastLine + extra.length + 1 <= LINE_WIDTH;
  return text + "," + (fits ? " " : "\n" + " ".repeat(prefix.length)) + extra;
}

/** An HTML table with the numbers that NumPy would print, dots for those that it would leave out, and the shape. */
export function arrayHtml(array: Printable): string {
  const { data, shape: [rows, cols], dtype } = array;
  const { shownRows, shownCols, format } = layout(array, HTML_LENGTH);
  // padded as in the text, and of one width a character: so the points stand below each other
  const style = "text-align: right; font-family: monospace; white-space: pre";
  const cell = (text: string) => `<td style="${style}">${text.trimStart()}</td>`;
  const lines = shownRows.map((i) => {
    if (i < 0) return shownCols.map(() => cell("⋮")).join("");
    return shownCols.map((j) => cell(j < 0 ? "…" : format(data[i * cols + j]))).join("");
  });
  const body = lines.map((line) => `<tr>${line}</tr>\n`).join("");
  return `<table>\n${body}</table>\n<small>${rows} × ${cols}, ${dtype}</small>`;
}

/**
 * Which rows and columns are shown, -1 standing for dots, and the common form of their elements. An axis longer than
 * `longest` is always shortened.
 */
function layout(
  { data, shape: [rows, cols], dtype }: Printable,
  longest = Infinity,
): { shownRows: number[]; shownCols: number[]; format: Formatter } {
  const summarise = rows * cols > THRESHOLD;
  const shownRows = shown(rows, summarise || rows > longest);
  const shownCols = shown(cols, summarise || cols > longest);
  const values: number[] = [];
  for (const i of shownRows) {
    for (const j of shownCols) if (i >= 0 && j >= 0) values.push(data[i * cols + j]);
  }
  const format = dtype === "float64" ? floatFormatter(values) : integerFormatter(values);
  return { shownRows, shownCols, format };
}

/** The brackets and all between them. `indent` is what stands before each line but the first. */
function body(array: Printable, separator: string, indent: string, width: number): string {
  const { data, shape: [rows, cols] } = array;
  if (rows * cols === 0) return "[]";
  const { shownRows, shownCols, format } = layout(array);
  const rowIndent = indent + "  ";
  const elementWidth = width - 2; // a bracket is kept free at the end for each of the two dimensions
  const lines = shownRows.map((i) => {
    if (i < 0) return "...";
    let text = "";
    let line = rowIndent;
    shownCols.forEach((j, position) => {
      const word = j < 0 ? "..." : format(data[i * cols + j]);
      if (line.length + word.length > elementWidth) {
        text += line.trimEnd() + "\n";
        line = rowIndent;
      }
      line += position < shownCols.length - 1 ? word + separator : word;
    });
    return "[" + (text + line).slice(rowIndent.length) + "]";
  });
  return "[" + lines.join(separator.trimEnd() + "\n" + indent + " ") + "]";
}

/** The indices along one axis that are printed, with -1 where the dots stand. */
function shown(length: number, summarise: boolean): number[] {
  const all = Array.from({ length }, (_, i) => i);
  if (!summarise || length <= 2 * EDGE_ITEMS) return all;
  return [...all.slice(0, EDGE_ITEMS), -1, ...all.slice(-EDGE_ITEMS)];
}

function integerFormatter(values: readonly number[]): Formatter {
  const width = Math.max(...values.map((x) => String(x).length));
  return (x) => String(x).padStart(width);
}

/** One form for all: positional or with exponents, points under each other, as few digits as tell them apart. */
function floatFormatter(values: readonly number[]): Formatter {
  const finite = values.filter((x) => Number.isFinite(x));
  const magnitudes = finite.filter((x) => x !== 0).map(Math.abs);
  const largest = Math.max(...magnitudes);
  const smallest = Math.min(...magnitudes);
  const exponential = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000; // none holds where there are none

  // "digits.digits" and, where there is one, "e+xx"
  const parts = finite.map((x) => exponential ? scientific(x) : positional(x));
  const left = Math.max(0, ...parts.map(([whole]) => whole.length));
  const right = Math.max(0, ...parts.map(([, fraction]) => fraction.length));
  const exponentDigits = Math.max(0, ...parts.map(([, , exponent]) => exponent.length - 1));
  const width = exponential ? right + exponentDigits + 2 : right;

  // nan, inf and -inf stand at the right edge, and may be what the first column is wide for
  const special = values.filter((x) => !Number.isFinite(x)).map(specialName);
  const padLeft = Math.max(left, ...special.map((name) => name.length - width - 1));

  return (x) => {
    if (!Number.isFinite(x)) return specialName(x).padStart(padLeft + 1 + width);
    const [whole, fraction, exponent] = exponential ? scientific(x, right) : positional(x);
    if (!exponential) return whole.padStart(padLeft) + "." + fraction.padEnd(right);
    const digits = exponent.slice(1).padStart(exponentDigits, "0");
    return whole.padStart(padLeft) + "." + fraction + "e" + exponent[0] + digits;
  };
}

function specialName(x: number): string {
  return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

type Parts = [whole: string, fraction: string, exponent: string];

/** 0.25 -> ["0", "25", ""]: the shortest digits that give x back, at most 8 after the point. */
function positional(x: number): Parts {
  const write = (digits: number) => Math.abs(x).toFixed(digits);
  const [whole, fraction = ""] = roundHalfEven(write, shortest(x, write)).split(".");
  return [sign(x) + whole, fraction.replace(/0+$/, ""), ""];
}

/** 0.25 -> ["2", "5", "-01"]: likewise, or with exactly so many digits, and an exponent of at least two. */
function scientific(x: number, digits?: number): Parts {
  const write = (digits: number) => Math.abs(x).toExponential(digits);
  const [mantissa, exponent] = roundHalfEven(write, digits ?? shortest(x, write)).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return [
    sign(x) + whole,
    digits === undefined ? fraction.replace(/0+$/, "") : fraction,
    exponent[0] + exponent.slice(1).padStart(2, "0"),
  ];
}

function sign(x: number): string {
  return x < 0 || Object.is(x, -0) ? "-" : "";
}

/** x with so many digits after the point, exactly rounded, but a tie goes up: `toFixed`, `toExponential`. */
type Write = (digits: number) => string;

/** The number of digits that tell x from its neighbours, at most 8. */
function shortest(x: number, write: Write): number {
  for (let digits = 0; digits < PRECISION; digits++) {
    if (Number(write(digits)) === Math.abs(x)) return digits;
  }
  return PRECISION;
}

/** As `write(digits)`, but a tie goes to the even digit, as in NumPy. Where no digits are asked for, x has none, so no tie. */
function roundHalfEven(write: Write, digits: number): string {
  const [mantissa, exponent] = write(100).split("e"); // all the digits that matter
  const [whole, fraction] = mantissa.split(".");
  const kept = fraction.slice(0, digits);
  const isTie = /^50*$/.test(fraction.slice(digits));
  const isEven = "02468".includes((whole + kept).at(-1)!);
  if (!isTie || !isEven) return write(digits);
  return `${whole}.${kept}` + (exponent === undefined ? "" : `e${exponent}`);
}
