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

/** Pixels of the PNG for one unit of the SVG. */
const ZOOM = 1.5;

/** A picture. */
export class Figure {
  /** The picture as a document of its own. */
  readonly svg: string;
  /** What it shows, for those who do not see it. */
  readonly title: string;

  /** Takes the text of an SVG element. */
  constructor(svg: string, title: string) {
    this.svg = svg;
    this.title = title;
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

  /** What a notebook shows. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, string>> {
    return { "image/png": (await this.png()).toBase64(), "text/plain": `Figure: ${this.title}` };
  }
}

/** What is said of a figure beside Plot's own options. */
export interface FigureOptions extends Plot.PlotOptions {
  /** Stands above the picture. */
  title: string;
  /** The names of colours, drawn as a list inside of the frame. */
  key?: Record<string, string>;
  /** Where in the frame. Default: at the top right. */
  keyAt?: "top-right" | "top-left" | "right" | "bottom-right" | "bottom-left";
}

/**
 * A figure of Plot's marks, in the style of this project: white, with a title above, and a key inside of the frame.
 *
 * Plot's own legend and title would make it an HTML page of several parts, not one picture.
 */
export function figure({ title, key, keyAt = "top-right", ...options }: FigureOptions): Figure {
  const marginTop = (options.marginTop ?? 30) + 24;
  const height = (options.height ?? 360) + 24;
  const svg = Plot.plot({
    width: 640,
    marginLeft: 72,
    marginBottom: 42,
    ...options,
    x: { labelAnchor: "center", labelArrow: "none", ...options.x },
    y: { labelAnchor: "center", labelArrow: "none", ...options.y },
    marginTop,
    height,
    document: newDocument(),
    style: { background: "white", color: "#222", fontFamily: FONT, fontSize: "12px" },
    marks: [
      ...(options.marks ?? []),
      titleMark(title),
      ...(key ? [keyMark(key, keyAt)] : []),
    ],
  } as Plot.PlotOptions);
  return new Figure(standAlone(svg.outerHTML), title);
}

/** Several figures as one, in rows of `columns`, with a title above all. */
export function hconcat(
  figures: readonly Figure[],
  { title, columns = figures.length }: { title: string; columns?: number },
): Figure {
  if (figures.length === 0) throw new TypeError("hconcat: expected one figure or more, got none");
  columns = Math.min(columns, figures.length);
  const sizes = figures.map(({ svg }) => {
    const [, width, height] = svg.match(/viewBox="0 0 ([\d.]+) ([\d.]+)"/)!;
    return { width: Number(width), height: Number(height) };
  });
  const cellHeight = Math.max(...sizes.map(({ height }) => height));
  // each column is as wide as the widest in it
  const starts = [0];
  for (let c = 0; c < columns; c++) {
    const inColumn = sizes.filter((_, i) => i % columns === c);
    starts.push(starts[c] + Math.max(...inColumn.map(({ width }) => width)));
  }
  const width = Math.max(starts[columns], 9 * title.length + 16);
  const height = Math.ceil(figures.length / columns) * cellHeight + 34;
  const cells = figures.map(({ svg }, i) => {
    const x = starts[i % columns], y = 34 + Math.floor(i / columns) * cellHeight;
    const own = svg.replace(/\bclip-(?=\d)/g, `clip-${i + 1}-`); // ids must differ
    return `<g transform="translate(${x},${y})">${own}</g>`;
  });
  return new Figure(
    `<svg ${NAMESPACES} viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">` +
      `<rect width="${width}" height="${height}" fill="white"/>` +
      `<text x="${width / 2}" y="22" text-anchor="middle" font-family="${FONT}" font-size="15" ` +
      `font-weight="bold" fill="#222">${escape(title)}</text>${cells.join("")}</svg>`,
    title,
  );
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

interface Frame {
  width: number;
  height: number;
  marginTop: number;
  marginRight: number;
  marginBottom: number;
  marginLeft: number;
}

/** A mark that is drawn by hand. */
function svgMark(draw: (document: Document, frame: Frame) => SVGElement): Plot.Markish {
  return ((
    _index: unknown,
    _scales: unknown,
    _values: unknown,
    frame: Frame,
    context: { document: Document },
  ) => draw(context.document, frame)) as Plot.Markish;
}

function titleMark(title: string): Plot.Markish {
  return svgMark((document, { width }) =>
    textElement(document, title, {
      x: width / 2,
      y: 18,
      "text-anchor": "middle",
      "font-size": 14,
      "font-weight": "bold",
    })
  );
}

function keyMark(key: Record<string, string>, at: string): Plot.Markish {
  return svgMark((document, frame) => {
    const names = Object.keys(key);
    const width = 46 + 7.4 * Math.max(...names.map((name) => name.length));
    const height = 19 * names.length + 8;
    const x = at.endsWith("left")
      ? frame.marginLeft + 10
      : frame.width - frame.marginRight - width - 8;
    const top = frame.marginTop + 6, bottom = frame.height - frame.marginBottom - height - 8;
    const y = at.startsWith("top") ? top : at === "right" ? (top + bottom) / 2 : bottom;
    const group = element(document, "g", {});
    group.append(element(document, "rect", {
      x,
      y,
      width,
      height,
      rx: 4,
      fill: "white",
      "fill-opacity": 0.88,
      stroke: "#ccc",
    }));
    names.forEach((name, i) => {
      const middle = y + 14 + 19 * i;
      const line = { x1: x + 8, x2: x + 30, y1: middle, y2: middle };
      group.append(element(document, "line", { ...line, stroke: key[name], "stroke-width": 3 }));
      const place = { x: x + 38, y: middle, dy: "0.32em", "text-anchor": "start" };
      group.append(textElement(document, name, place));
    });
    return group;
  });
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
 * An SVG element as a document of its own: linkedom leaves out the namespaces, and Plot numbers its clips through all
 * figures of a program, so that the same figure would differ from time to time.
 */
function standAlone(svg: string): string {
  const clips = [...new Set(svg.match(/plot-clip-\d+/g))];
  return clips
    .reduce((text, id, i) => text.replaceAll(new RegExp(`${id}(?!\\d)`, "g"), `clip-${i + 1}`), svg)
    .replace(/^<svg(?! xmlns)/, `<svg ${NAMESPACES}`)
    .replaceAll('"currentColor"', '"#222"');
}

/** Text as XML wants it. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
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
