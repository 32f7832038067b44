/**
 * Matrices and networks small enough that every number can be shown.
 *
 * @module
 */

import { COLORS, type Figure, figure, HIGHLIGHT, Plot } from "./figure.ts";
import type { Matrix } from "../matrix.ts";

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
        fill: isPicked(r, c) ? HIGHLIGHT : "#eef1fb",
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
    alt:
      `Three tables of numbers: ${a.rows} x ${a.cols} dot ${b.rows} x ${b.cols} = ${product.rows} x ${product.cols}, ` +
      `with row ${i} of the first, column ${j} of the second and the element of both coloured`,
    width: Math.max(width + 40, 440),
    height: rows * size + 60,
    margin: 20,
    marginLeft: 20,
    marginBottom: 20,
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
 * A small network, its units as circles in layers from left to right, a number on each line between them: blue above 0,
 * red below, the thicker the larger.
 *
 * @param edges Each layer's numbers, inputs x units, without biases: its weights, or anything that belongs to them, such
 * as their gradients.
 * @param options `values` stand in the circles, below the names: a number for each unit, layer by layer; a layer without
 * any is empty.
 *
 * @example One unit of two inputs, with what it answers
 * ```ts
 * import { Matrix } from "@scratch/nn";
 * import { plotNetwork } from "@scratch/nn/plot";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotNetwork([Matrix.from([[0.5], [-1.5]])], {
 *   title: "A unit",
 *   names: [["input 1", "input 2"], ["unit"]],
 *   values: [[1, 0], [0.62]],
 * });
 * assertEquals(
 *   figure.alt,
 *   "A unit. input 1 to unit: 0.50; input 2 to unit: −1.50; input 1 = 1; input 2 = 0; unit = 0.62",
 * );
 * ```
 */
export function plotNetwork(
  edges: readonly Matrix[],
  { title, names, values = [], digits = 2 }: {
    title: string;
    names?: readonly (readonly string[])[];
    values?: readonly ArrayLike<number>[];
    digits?: number;
  },
): Figure {
  const sizes = [edges[0].rows, ...edges.map(({ cols }) => cols)];
  const number = (x: number) =>
    (Number.isInteger(x) ? String(x) : x.toFixed(digits)).replace("-", "−");
  const [width, height, margin] = [680, 110 * Math.max(...sizes) + 40, 50];
  /** The place of a unit in the picture. */
  const place = (layer: number, unit: number) => ({
    x: margin + (width - 2 * margin) * layer / (sizes.length - 1),
    y: margin + (height - 2 * margin) * (unit + 0.5) / sizes[layer],
  });
  const nameOf = (layer: number, unit: number) => names?.[layer]?.[unit] ?? "";
  const aloud = (layer: number, unit: number) =>
    nameOf(layer, unit) || `layer ${layer} unit ${unit + 1}`;
  const valueOf = (layer: number, unit: number) => values[layer]?.[unit];
  const lines = edges.flatMap((w, l) =>
    w.toArray().flatMap((row, from) =>
      row.map((value, to) => ({
        value,
        from: place(l, from),
        to: place(l + 1, to),
        alt: `${aloud(l, from)} to ${aloud(l + 1, to)}: ${number(value)}`,
      }))
    )
  );
  type Line = typeof lines[number];
  const largest = Math.max(...lines.map(({ value }) => Math.abs(value))) || 1;
  const units = sizes.flatMap((size, l) =>
    Array.from({ length: size }, (_, u) => {
      const value = valueOf(l, u);
      const lines = [nameOf(l, u), value === undefined ? "" : number(value)];
      const alt = value === undefined ? [] : [`${aloud(l, u)} = ${number(value)}`];
      return { ...place(l, u), text: lines.filter((line) => line !== "").join("\n"), alt };
    })
  );
  const numbers = placeLabels(lines).map((at, i) => ({ ...at, text: number(lines[i].value) }));
  return figure({
    title,
    alt: [...lines.map(({ alt }) => alt), ...units.flatMap(({ alt }) => alt)].join("; "),
    width,
    height,
    margin: 0,
    marginLeft: 0,
    marginRight: 0,
    marginTop: 0,
    marginBottom: 0,
    x: { axis: null, domain: [0, width] },
    y: { axis: null, domain: [0, height], reverse: true },
    marks: [
      Plot.link(lines, {
        x1: (d: Line) => d.from.x,
        y1: (d: Line) => d.from.y,
        x2: (d: Line) => d.to.x,
        y2: (d: Line) => d.to.y,
        stroke: (d: Line) => d.value > 0 ? COLORS.blue : COLORS.red,
        strokeWidth: (d: Line) => 1 + 5 * Math.abs(d.value) / largest,
      }),
      Plot.rect(numbers, { // so that no line runs into a minus
        x1: ({ x, text }: Label) => x - 4 * text.length - 3,
        x2: ({ x, text }: Label) => x + 4 * text.length + 3,
        y1: ({ y }: Label) => y - 9,
        y2: ({ y }: Label) => y + 9,
        fill: "white",
      }),
      Plot.text(numbers, { x: "x", y: "y", text: "text", fill: "#222" }),
      Plot.dot(units, { x: "x", y: "y", r: 34, fill: "white", stroke: "#222", strokeWidth: 1.5 }),
      Plot.text(units, { x: "x", y: "y", text: "text", lineHeight: 1.3 }),
    ],
  });
}

interface Label extends Place {
  readonly text: string;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * A place on each line for its number: the one that is farthest from the other lines and from the numbers that have
 * their places already.
 */
function placeLabels(lines: readonly { from: Place; to: Place }[]): Place[] {
  const places: Place[] = [];
  for (const line of lines) {
    const others = lines.filter((other) => other !== line);
    let best: Place | undefined, widest = -1;
    for (let k = 0; k <= 20; k++) {
      const at = along(line, 0.24 + 0.52 * k / 20);
      const toLines = others.map((other) => distance(at, other));
      const toNumbers = places.map(({ x, y }) => Math.hypot((x - at.x) / 2, y - at.y)); // numbers are wide
      const room = Math.min(30, ...toLines, ...toNumbers);
      if (room > widest) [best, widest] = [at, room];
    }
    places.push(best!);
  }
  return places;
}

/** The place at a share of the way. */
function along({ from, to }: { from: Place; to: Place }, share: number): Place {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** How far a place is from a line. */
function distance(at: Place, line: { from: Place; to: Place }): number {
  const { from, to } = line;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const share = ((at.x - from.x) * dx + (at.y - from.y) * dy) / (dx * dx + dy * dy);
  const nearest = along(line, Math.min(1, Math.max(0, share)));
  return Math.hypot(nearest.x - at.x, nearest.y - at.y);
}
