/**
 * The pictures of the course (the article's `plotting`).
 *
 * Each function gives a {@linkcode Figure}, drawn by Observable Plot, or a {@linkcode Chart} to point into and to play
 * with, drawn by Vega-Lite. Both display by themselves as the last expression of a notebook's cell, with a text for
 * those who do not see them.
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
