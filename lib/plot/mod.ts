/**
 * The pictures of the course (the article's `plotting`).
 *
 * Each function gives a {@linkcode Figure}, drawn by Observable Plot, or a {@linkcode Chart} to point into and to play
 * with, drawn by Vega-Lite. Both display by themselves as the last expression of a notebook's cell, with a text for
 * those who do not see them.
 *
 * @example A figure: shown by a notebook, or saved, with its alternative text
 * ```ts
 * import { linspace, sigmoid } from "@scratch/nn";
 * import { plotLines } from "@scratch/nn/plot";
 * import { assertEquals } from "@std/assert";
 *
 * const x = linspace(-10, 10, 100);
 * const figure = plotLines(x, { sigmoid: sigmoid(x) }, { title: "A curve", xLabel: "x", yLabel: "y" });
 * assertEquals(figure.alt, "A curve. x from -10 to 10. sigmoid: from 0.0000454 to 1");
 * const png: Uint8Array = await figure.png(); // or await figure.save("curve.svg")
 * assertEquals([...png.slice(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
 * ```
 *
 * @module
 */

export {
  COLORS,
  Figure,
  figure,
  type FigureOptions,
  type FigureParts,
  hconcat,
  type Key,
  Plot,
} from "./figure.ts";
export {
  type HistogramOptions,
  type LineOptions,
  type Mean,
  plotDigitDist,
  plotError,
  plotHistogram,
  plotLines,
  plotMeans,
} from "./lines.ts";
export { type ImageShape, plotDigit, plotDigits, plotWeights } from "./digits.ts";
export { type PlanePoint, plotDecision, plotPlane } from "./planes.ts";
export { plotDot, plotNetwork } from "./networks.ts";
export { Chart } from "./vega.ts";
export {
  chartCertainty,
  chartDecision,
  chartError,
  chartSigmoid,
  chartSoftmax,
  type Moment,
  plotConfusion,
} from "./charts.ts";
