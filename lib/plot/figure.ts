/**
 * Figures: one SVG each, drawn by Observable Plot, shown as a PNG.
 *
 * A figure displays by itself as the last expression of a notebook's cell. It is shown as a picture, since every
 * reader of notebooks shows pictures, trusted or not, in a light theme or a dark one; its SVG is at hand as
 * `figure.svg`. Both are the same bytes on every machine: the rasteriser is WebAssembly and the font comes with it.
 *
 * Here is only what makes pictures of marks. What the pictures of this project show is in `mod.ts`.
 *
 * @module
 */

/// <reference lib="dom" />
// deno-lint-ignore-file no-import-prefix -- whoever imports this file by URL has not our import map
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { initWasm, Resvg } from "npm:@resvg/resvg-wasm@2.6.2";
import { parseHTML } from "npm:linkedom@0.18.15";

export { Plot };

const RASTERISER = "npm:@resvg/resvg-wasm@2.6.2/index_bg.wasm";
const FONTS = [
  "npm:dejavu-fonts-ttf@2.37.3/ttf/DejaVuSans.ttf",
  "npm:dejavu-fonts-ttf@2.37.3/ttf/DejaVuSans-Bold.ttf",
];
const FONT = "DejaVu Sans";

const NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';

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

/** The same in order: the first line is blue, the second orange. */
export const PALETTE: readonly string[] = Object.values(COLORS);

/** The two classes as areas, with white between, and a part of a picture that is brought out. */
export const SHADES = { zero: "#9db3ea", between: "#ffffff", one: "#f8d58a" } as const;
/** A part of a picture that is brought out, and bars beside the one that counts. */
export const HIGHLIGHT = "#fbe3a5", PALE_BLUE = "#b9c7ee";

/** Pixels of the PNG for one unit of the SVG. */
const ZOOM = 1.5;

/** The names of colours, explained above a picture. */
export type Key = Readonly<Record<string, string>>;

/** What a figure is made of. */
export interface FigureParts {
  /** Stands above the picture. */
  title: string;
  /** What there is to see, in a sentence or two: the alternative text for those who do not see it. */
  alt: string;
  /** The names of colours, between title and picture. */
  key?: Key;
  /** The picture itself, an SVG element. */
  svg: string;
}

/** A picture. */
export class Figure {
  /** Title, key and picture as one SVG document. */
  readonly svg: string;
  /** Stands above the picture. */
  readonly title: string;
  /** The alternative text: the title, and what there is to see. */
  readonly alt: string;
  /** What it is made of. */
  readonly parts: FigureParts;

  /** A figure of a picture. */
  constructor(parts: FigureParts) {
    this.parts = parts;
    this.title = parts.title;
    this.alt = [parts.title, parts.alt].filter((text) => text !== "").join(". ");
    const { width, height } = sizeOf(parts.svg);
    this.svg = page(parts, [{ x: 0, y: 0, svg: parts.svg }], { width, height });
  }

  /** The picture as a PNG, `zoom` pixels for each unit of the SVG. */
  async png(zoom: number = ZOOM): Promise<Uint8Array> {
    const fontBuffers = await loadRasteriser();
    // the types of the package leave out that fonts can be given as bytes
    const font = { fontBuffers, defaultFontFamily: FONT, loadSystemFonts: false } as object;
    const options = { fitTo: { mode: "zoom" as const, value: zoom }, background: "white", font };
    return new Resvg(this.svg, options).render().asPng();
  }

  /** Writes the picture to a file: as SVG or as PNG, as the path ends. */
  async save(path: string): Promise<void> {
    if (path.endsWith(".svg")) await Deno.writeTextFile(path, this.svg);
    else if (path.endsWith(".png")) await Deno.writeFile(path, await this.png());
    else throw new TypeError(`save: expected a path ending in .svg or .png, got "${path}"`);
  }

  /**
   * What a notebook shows: the picture, for JupyterLab as an element with its alternative text, which it would not take
   * from a picture alone.
   */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, string>> {
    const png = (await this.png()).toBase64();
    return {
      "text/html": `<img alt="${escape(this.alt)}" src="data:image/png;base64,${png}">`,
      "image/png": png,
      "text/plain": `Figure: ${this.alt}`,
    };
  }
}

/** What is said of a figure beside Plot's own options. */
export interface FigureOptions extends Plot.PlotOptions {
  /** Stands above the picture. */
  title: string;
  /** What there is to see, in a sentence or two. Default: the title alone. */
  alt?: string;
  /** The names of colours, drawn between title and picture. */
  key?: Key;
}

/**
 * A figure of Plot's marks, in the style of this project: white, with a title and a key above.
 *
 * Plot's own legend and title would make it an HTML page of several parts, not one picture.
 */
export function figure({ title, alt = "", key, ...options }: FigureOptions): Figure {
  const { marginLeft = 80, marginBottom = 46 } = options;
  const svg = Plot.plot({
    width: 640,
    height: 360,
    marginTop: 14,
    marginRight: 24,
    marginLeft,
    marginBottom,
    ...options,
    x: {
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: marginBottom - 10,
      ...options.x,
    },
    y: { labelAnchor: "center", labelArrow: "none", labelOffset: marginLeft - 14, ...options.y },
    document: newDocument(),
    style: { background: "white", color: "#222", fontFamily: FONT, fontSize: "12px" },
  } as Plot.PlotOptions);
  return new Figure({ title, alt, key, svg: standAlone(svg.outerHTML) });
}

/**
 * Several figures as one, in rows of `columns`, with a title above all, and one key where a name has the same colour in
 * all of them.
 *
 * @example
 * ```ts
 * import { hconcat, plotError } from "@scratch/nn/plot";
 * import { assertEquals } from "@std/assert";
 *
 * const [before, after] = [plotError([3, 2], { title: "before" }), plotError([2, 1], { title: "after" })];
 * const both = hconcat([before, after], { title: "Two errors" });
 * assertEquals(both.alt, `Two errors. ${before.alt}. ${after.alt}`);
 * ```
 */
export function hconcat(
  figures: readonly Figure[],
  { title, columns = figures.length }: { title: string; columns?: number },
): Figure {
  if (figures.length === 0) throw new TypeError("hconcat: expected one figure or more, got none");
  columns = Math.min(columns, figures.length);
  // one key for all, where a name has the same colour in all
  const entries = figures.flatMap(({ parts }) => Object.entries(parts.key ?? {}));
  const key = Object.fromEntries(entries);
  const isCommon = entries.every(([name, color]) => key[name] === color);
  const cells = figures.map(({ svg, parts }) =>
    isCommon ? new Figure({ ...parts, key: undefined }).svg : svg
  );
  const sizes = cells.map(sizeOf);
  const cellHeight = Math.max(...sizes.map(({ height }) => height));
  // each column is as wide as the widest in it
  const starts = [0];
  for (let c = 0; c < columns; c++) {
    const inColumn = sizes.filter((_, i) => i % columns === c);
    starts.push(starts[c] + Math.max(...inColumn.map(({ width }) => width)));
  }
  const placed = cells.map((svg, i) => ({
    x: starts[i % columns],
    y: Math.floor(i / columns) * cellHeight,
    svg: svg.replace(/(?<=id="|url\(#)clip-/g, `clip-${i + 1}-`), // ids must differ
  }));
  const height = Math.ceil(figures.length / columns) * cellHeight;
  return new Figure({
    title,
    alt: figures.map(({ alt }) => alt).join(". "),
    key: isCommon ? key : undefined,
    svg: group(placed, { width: starts[columns], height }),
  });
}

/**
 * Grey or coloured pixels as a mark, in the picture's own units: a square of `size` each, the first with its upper left
 * corner at x, y.
 *
 * All squares of one colour are one path, so a digit is some kilobytes of SVG.
 */
export function pixels(
  data: ArrayLike<number>,
  [rows, cols]: readonly [number, number],
  color: (value: number) => string,
  at: { x: number; y: number; size: number },
): Plot.Markish {
  return svgMark((document) => {
    const group = element(document, "g", { "shape-rendering": "crispEdges" });
    const paths = new Map<string, string>();
    for (let i = 0, n = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) {
        const fill = color(data[n]);
        const square = `M${at.x + j * at.size},${
          at.y + i * at.size
        }h${at.size}v${at.size}h-${at.size}z`;
        paths.set(fill, (paths.get(fill) ?? "") + square);
      }
    }
    for (const [fill, d] of paths) group.append(element(document, "path", { fill, d }));
    return group;
  });
}

/** A line of text at a place of the picture, in its own units. */
export function label(
  text: string,
  at: { x: number; y: number },
  attributes: Record<string, string | number> = {},
): Plot.Markish {
  return svgMark((document) =>
    textElement(document, text, { ...at, "text-anchor": "middle", ...attributes })
  );
}

// --- inside --------------------------------------------------------------------------------------

interface Size {
  width: number;
  height: number;
}

interface Placed {
  x: number;
  y: number;
  svg: string;
}

function sizeOf(svg: string): Size {
  const [, width, height] = svg.match(/viewBox="0 0 ([\d.]+) ([\d.]+)"/)!;
  return { width: Number(width), height: Number(height) };
}

/**
 * SVG elements in their places, as one. They become groups: the rasteriser cuts clipped marks too short in an SVG element
 * within another.
 */
function group(parts: readonly Placed[], { width, height }: Size, before = ""): string {
  const placed = parts.map(({ x, y, svg }) => {
    const asGroup = svg
      .replace(
        /^<svg([^>]*)>/,
        (_, attributes: string) =>
          `<g${attributes.replace(/ (xmlns(:\w+)?|viewBox|width|height)="[^"]*"/g, "")}>`,
      )
      .replace(/<\/svg>$/, "</g>");
    return `<g transform="translate(${x},${y})">${asGroup}</g>`;
  });
  return `<svg ${NAMESPACES} viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">` +
    `<rect width="${width}" height="${height}" fill="white"/>${before}${placed.join("")}</svg>`;
}

/** How wide a character is, of the plain text and of the titles: a little more than DejaVu's mean. */
const CHAR_WIDTH = 7.3, TITLE_CHAR_WIDTH = 9.4;
const TITLE_HEIGHT = 30, KEY_LINE = 22, KEY_LEAD = 30, KEY_GAP = 18;

/** A page: the title, the key in as many lines as it needs, the parts below. */
function page(
  { title, key = {} }: { title: string; key?: Key },
  parts: readonly Placed[],
  { width: inner, height }: Size,
): string {
  const longest = Math.max(0, ...Object.keys(key).map(({ length }) => length));
  const width = Math.max(
    inner,
    Math.ceil(TITLE_CHAR_WIDTH * title.length + 24),
    Math.ceil(CHAR_WIDTH * longest + KEY_LEAD + 24),
  );
  const lines: { name: string; x: number }[][] = [];
  let end = Infinity;
  for (const name of Object.keys(key)) {
    const wide = KEY_LEAD + CHAR_WIDTH * name.length + KEY_GAP;
    if (end + wide > width) {
      lines.push([]);
      end = 0;
    }
    lines.at(-1)!.push({ name, x: end });
    end += wide;
  }
  const titleHeight = title === "" ? 0 : TITLE_HEIGHT;
  const top = titleHeight + KEY_LINE * lines.length;
  const text = (attributes: string, content: string) =>
    `<text font-family="${FONT}" fill="#222" ${attributes}>${escape(content)}</text>`;
  const drawn = lines.flatMap((line, i) => {
    const y = titleHeight + KEY_LINE * i + 8;
    const last = line.at(-1)!;
    const left = (width - last.x - KEY_LEAD - CHAR_WIDTH * last.name.length) / 2;
    return line.map(({ name, x }) =>
      `<rect x="${left + x}" y="${y - 3}" width="22" height="6" fill="${key[name]}"/>` +
      text(`x="${left + x + KEY_LEAD}" y="${y}" dy="0.35em" font-size="12"`, name)
    );
  });
  const heading = text(
    `x="${width / 2}" y="20" text-anchor="middle" font-size="14" font-weight="bold"`,
    title,
  );
  const shifted = parts.map(({ x, y, svg }) => ({ x: x + (width - inner) / 2, y: y + top, svg }));
  return group(shifted, { width, height: height + top }, heading + drawn.join(""));
}

/** A mark that is drawn by hand. */
function svgMark(draw: (document: Document) => SVGElement): Plot.Markish {
  return ((
    _index: unknown,
    _scales: unknown,
    _values: unknown,
    _frame: unknown,
    context: { document: Document },
  ) => draw(context.document)) as Plot.Markish;
}

function element(
  document: Document,
  name: string,
  attributes: Record<string, string | number>,
): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name) as SVGElement;
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, String(value));
  }
  return made;
}

function textElement(
  document: Document,
  text: string,
  attributes: Record<string, string | number>,
): SVGElement {
  const made = element(document, "text", { fill: "#222", ...attributes });
  made.textContent = text;
  return made;
}

function newDocument(): Document {
  return parseHTML("<!doctype html><html><body></body></html>").document as unknown as Document;
}

/**
 * An SVG element as a document of its own: linkedom leaves out the namespaces, and Plot and Vega number their clips through
 * all figures of a program, so that the same figure would differ from time to time.
 */
export function standAlone(svg: string): string {
  const id = /(?<=id="|url\(#)(?:plot-clip-|clip)\d+/g, clips = [...new Set(svg.match(id))];
  return svg.replace(id, (clip) => `clip-${clips.indexOf(clip) + 1}`)
    .replace(/^<svg(?! xmlns)/, `<svg ${NAMESPACES}`)
    .replaceAll('"currentColor"', '"#222"');
}

/** Text as XML wants it, also between quotation marks. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

let rasteriser: Promise<Uint8Array[]> | undefined;

/** Starts the rasteriser, once, and gives its fonts. */
function loadRasteriser(): Promise<Uint8Array[]> {
  return rasteriser ??= (async () => {
    // Importing anything of a package brings its files, which `import.meta.resolve` then finds.
    await import("npm:dejavu-fonts-ttf@2.37.3/package.json", { with: { type: "json" } });
    const read = (specifier: string) => Deno.readFile(new URL(import.meta.resolve(specifier)));
    await initWasm(await read(RASTERISER));
    return await Promise.all(FONTS.map(read));
  })();
}
