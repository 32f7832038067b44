/**
 * Two inputs as a plane: points of two classes, and what a network answers between them.
 *
 * @module
 */

import { COLORS, type Figure, figure, Plot, SHADES } from "./figure.ts";

/** The part of the plane that is drawn: the four points of two truth values, with room around. */
export const PLANE_DOMAIN: readonly [low: number, high: number] = [-0.4, 1.4];

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
  { title, alt, xLabel = "input 1", yLabel = "input 2", domain = PLANE_DOMAIN, marks = [], color }:
    {
      title: string;
      alt?: string;
      xLabel?: string;
      yLabel?: string;
      domain?: readonly [number, number];
      marks?: Plot.Markish[];
      color?: Plot.ScaleOptions;
    },
): Figure {
  return figure({
    title,
    alt: alt ??
      `Points: ${
        points.map((p) => `${p.text ?? `${p.x}, ${p.y}`} has output ${p.label}`).join("; ")
      }`,
    width: 440,
    height: 400,
    x: { label: xLabel, domain, grid: marks.length === 0 },
    y: { label: yLabel, domain, grid: marks.length === 0 },
    color,
    key: { "output 0": COLORS.blue, "output 1": COLORS.orange },
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
      ...[0, 1].map((label) =>
        Plot.text(points.filter((p) => p.text && p.label === label), {
          x: "x",
          y: "y",
          text: "text",
          dy: label === 1 ? -19 : 19, // to the sides that a border between the classes does not run along
          stroke: "white",
          strokeWidth: 5,
          fill: "#222",
        })
      ),
    ],
  });
}

/**
 * What a network says at each place of a plane, as colours from 0 (blue) to 1 (orange), with the line where it is
 * undecided, and points over it. The colours grow with the root of the distance from one half, so that a faint opinion
 * is seen too.
 */
export function plotDecision(
  output: (x: number, y: number) => number,
  points: readonly PlanePoint[],
  { title, domain = PLANE_DOMAIN }: { title: string; domain?: readonly [number, number] },
): Figure {
  const [low, high] = domain;
  // a little beyond the frame: a line of equal answers closes at the end of its field, and that is not to be seen
  const [from, to] = [low - 0.1, high + 0.1];
  const field = { x1: from, x2: to, y1: from, y2: to, pixelSize: 6, clip: true };
  const shade = (x: number, y: number) => {
    const opinion = Math.min(1, Math.max(-1, 2 * output(x, y) - 1));
    return Math.sign(opinion) * Math.sqrt(Math.abs(opinion));
  };
  const thresholds = Array.from({ length: 19 }, (_, i) => (i - 9) / 10);
  const said = points.map((p) => `${p.text ?? `${p.x}, ${p.y}`}: ${output(p.x, p.y).toFixed(2)}`);
  return plotPlane(points, {
    title,
    alt: `Answers at the points: ${said.join("; ")}`,
    domain,
    color: { type: "linear", domain: [-1, 0, 1], range: Object.values(SHADES), clamp: true },
    marks: [
      Plot.frame({ fill: SHADES.zero, stroke: "none" }),
      Plot.contour(
        { ...field, fill: shade, thresholds, interpolate: "none" } as Plot.ContourOptions,
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
