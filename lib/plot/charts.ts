/**
 * Charts to point into and to play with.
 *
 * @module
 */

import { COLORS, PALETTE, SHADES } from "./figure.ts";
import { checkLabels } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { sigmoid, softmax } from "../functions.ts";
import { Matrix } from "../matrix.ts";
import { countPairs } from "../metrics.ts";
import { PLANE_DOMAIN, type PlanePoint } from "./planes.ts";
import { Chart } from "./vega.ts";

/** The error curves, of one length, as a chart: point at it to read all curves at that epoch. */
export function chartError(curves: Record<string, ArrayLike<number>>, title: string): Chart {
  const names = Object.keys(curves), [first] = names;
  // of long curves every fifth point, and the last: the chart is written into the notebook
  const { length } = curves[first];
  const epochs = Array.from({ length }, (_, i) => i + 1)
    .filter((epoch) => epoch <= 30 || epoch % 5 === 0 || epoch === length);
  const at = (name: string, epoch: number) => Number(curves[name][epoch - 1].toPrecision(6));
  const values = epochs.flatMap((epoch) =>
    names.map((curve) => ({ epoch, curve, error: at(curve, epoch) }))
  );
  const alt = names.map((name) =>
    length === 0 ? `${name}: no values yet` : `${name}: from ${at(name, 1)} to ${at(name, length)}`
  );
  const x = { field: "epoch", type: "quantitative", title: "epoch" };
  // the first one dashed, and drawn over the others: seen also where all are equal
  const line = (isFirst: boolean) => ({
    transform: [{
      filter: { field: "curve", [isFirst ? "equal" : "oneOf"]: isFirst ? first : names.slice(1) },
    }],
    mark: isFirst
      ? { type: "line", strokeWidth: 2, strokeDash: [6, 4] }
      : { type: "line", strokeWidth: 5 },
    encoding: {
      x,
      y: {
        field: "error",
        type: "quantitative",
        scale: { type: "log" },
        title: "error (log scale)",
      },
      color: {
        field: "curve",
        type: "nominal",
        title: null,
        scale: { domain: names, range: PALETTE.slice(0, names.length) },
        legend: { orient: "top", symbolType: "square" },
      },
    },
  });
  return new Chart(title, alt.join("; "), {
    width: 560,
    height: 300,
    data: { values },
    layer: [
      line(false),
      line(true),
      {
        // the epoch that is nearest to the pointer, wherever in the chart that is
        transform: [{ pivot: "curve", value: "error", groupby: ["epoch"] }],
        params: [{
          name: "nearest",
          select: {
            type: "point",
            on: "pointerover",
            nearest: true,
            encodings: ["x"],
            clear: "pointerout",
          },
        }],
        mark: { type: "rule", color: COLORS.grey },
        encoding: {
          x,
          opacity: { condition: { param: "nearest", empty: false, value: 1 }, value: 0 },
          tooltip: [
            { field: "epoch", type: "quantitative" },
            ...names.map((name) => ({ field: escaped(name), title: name, type: "quantitative" })),
          ],
        },
      },
    ],
  });
}

/** A name as Vega-Lite takes it for a field's: without its signs for a field within another. */
function escaped(name: string): string {
  return name.replace(/[.[\]]/g, "\\$&");
}

/**
 * How often each true class (rows) was taken for each class (columns), as a chart: point at a cell to read it, click
 * it to frame its row, all that have the same true class.
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
  for (const labels of [trueLabels, predicted]) checkLabels("plotConfusion", labels, classes);
  const numbers = Array.from({ length: classes }, (_, label) => label);
  const counts = countPairs(numbers, trueLabels, predicted).toArray();
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
  const right = counts.reduce((sum, row, t) => sum + row[t], 0);
  const [worst] = values.filter((cell) => cell.true !== cell.predicted && cell.count > 0)
    .sort((a, b) => b.count - a.count);
  const alt = `A table of ${classes} true labels by ${classes} predictions: ` +
    `${right.toLocaleString("en")} of ${trueLabels.length.toLocaleString("en")} on the diagonal` +
    (worst
      ? `; most often off it, ${worst.count} times, a ${worst.true} as ${worst.predicted}`
      : "");
  return new Chart(title, alt, {
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
            title: "share of row",
            scale: { type: "sqrt", scheme: "blues", domain: [0, 1] }, // so that few mistakes are seen as well
          },
          // a frame, not a fading: white numbers stay readable
          stroke: {
            condition: { param: "picked", empty: false, value: COLORS.orange },
            value: null,
          },
          strokeWidth: { value: 3 },
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

// --- to play with -----------------------------------------------------------------------------------

/** A number that a slider sets. */
function slider(name: string, value: number, min: number, max: number, step: number) {
  return { name, value, bind: { input: "range", min, max, step, name: `${name} ` } };
}

/**
 * One unit: its answer sigmoid(weight x + bias) and the slope there, with sliders for weight and bias.
 *
 * @example The last line of a notebook's cell; or a file for Vega-Lite
 * ```ts
 * import { chartSigmoid } from "@scratch/nn/plot";
 * import { assertEquals } from "@std/assert";
 *
 * const chart = chartSigmoid();
 * const sliders = chart.spec.params as { name: string }[];
 * assertEquals(sliders.map(({ name }) => name), ["weight", "bias"]);
 * ```
 */
export function chartSigmoid(): Chart {
  const names = ["answer", "slope"];
  return new Chart(
    "One unit: sigmoid(weight · x + bias)",
    "With weight 1 and bias 0 the answer rises from 0 to 1 and is 0.5 at x = 0, where its slope is highest, 0.25",
    {
      width: 520,
      height: 260,
      params: [slider("weight", 1, -5, 5, 0.1), slider("bias", 0, -10, 10, 0.1)],
      data: { sequence: { start: -10, stop: 10.01, step: 0.1, as: "x" } },
      transform: [
        { calculate: "1 / (1 + exp(-(weight * datum.x + bias)))", as: "answer" },
        { calculate: "weight * datum.answer * (1 - datum.answer)", as: "slope" },
        { fold: names, as: ["what", "value"] },
      ],
      mark: { type: "line", clip: true },
      encoding: {
        x: { field: "x", type: "quantitative" },
        y: { field: "value", type: "quantitative", title: null, scale: { domain: [-1.3, 1.3] } },
        color: {
          field: "what",
          type: "nominal",
          title: null,
          scale: { domain: names, range: PALETTE },
          legend: { orient: "top" },
        },
      },
    },
  );
}

/**
 * The softmax of some numbers, with a slider for a factor that they are multiplied by first.
 *
 * @example
 * ```ts
 * import { chartSoftmax } from "@scratch/nn/plot";
 * import { assert } from "@std/assert";
 *
 * assert(chartSoftmax([2, 4, 6, 8]).alt.includes("2: 0.002, 4: 0.016, 6: 0.117, 8: 0.865"));
 * ```
 */
export function chartSoftmax(z: readonly number[]): Chart {
  const title = `The softmax of (${z.join(", ")}), times a factor`;
  const bars = Array.from(softmax(Matrix.from([z])).data, (p, i) => `${z[i]}: ${p.toFixed(3)}`);
  const alt = `With a factor of 1, ${
    bars.join(", ")
  }; with a larger one the largest gets more, with a smaller one less`;
  return new Chart(title, alt, {
    width: 420,
    height: 220,
    params: [slider("factor", 1, 0, 3, 0.05)],
    data: { values: z.map((value, position) => ({ position, value })) },
    transform: [
      { joinaggregate: [{ op: "max", field: "value", as: "largest" }] },
      { calculate: "exp(factor * (datum.value - datum.largest))", as: "e" },
      { joinaggregate: [{ op: "sum", field: "e", as: "sum" }] },
      { calculate: "datum.e / datum.sum", as: "probability" },
    ],
    encoding: {
      x: { field: "position", type: "ordinal", axis: { labelAngle: 0 } },
      y: { field: "probability", type: "quantitative", scale: { domain: [0, 1] } },
    },
    layer: [
      { mark: { type: "bar", color: COLORS.blue } },
      {
        mark: { type: "text", dy: -7 },
        encoding: { text: { field: "probability", type: "quantitative", format: ".3f" } },
      },
    ],
  });
}

/** The weights of a network with one hidden layer of sigmoids and a linear output, at one moment of training. */
export interface Moment {
  /** How many epochs it has learned. */
  epoch: number;
  /** 2 x hidden. */
  wHidden: Matrix;
  /** hidden x 1. */
  wOutput: Matrix;
}

/**
 * What a network with two inputs answers, with a slider through the moments of its training. The chart has the weights,
 * and computes the network itself.
 *
 * @param first The moment that it begins with, and that the still shows: its position in the list.
 *
 * @example
 * ```ts
 * import { Matrix } from "@scratch/nn";
 * import { chartDecision } from "@scratch/nn/plot";
 * import { assert } from "@std/assert";
 *
 * const moment = { epoch: 0, wHidden: Matrix.ones([2, 3]), wOutput: Matrix.ones([3, 1]) };
 * const chart = chartDecision([moment], [{ x: 0, y: 0, label: 0 }], { title: "Before it learns" });
 * assert(chart.alt.includes("at epoch 0 the answers at the points are 0, 0: 1.50"));
 * ```
 */
export function chartDecision(
  moments: readonly Moment[],
  points: readonly PlanePoint[],
  { title, first = 0 }: { title: string; first?: number },
): Chart {
  const hidden = moments[0].wOutput.rows, side = 48, [low, high] = PLANE_DOMAIN;
  const step = (high - low) / side;
  const unit = (h: number) =>
    `w[${2 * hidden + h}] / (1 + exp(-(w[${h}] * datum.x + w[${hidden + h}] * datum.y)))`;
  const answer = Array.from({ length: hidden }, (_, h) => unit(h)).join(" + ");
  const digits = (m: Matrix) => Array.from(m.data, (w) => Number(w.toPrecision(5)));
  const center = (axis: string) => `datum.${axis}1 + ${step / 2}`;
  const axis = (name: string, title: string) => ({
    x: {
      field: `${name}1`,
      type: "quantitative",
      title,
      scale: { domain: [low, high] },
      axis: { grid: false },
    },
    x2: { field: `${name}2` },
  });
  const [toRight, upwards] = [axis("x", "input 1"), axis("y", "input 2")];
  const shown = moments[first];
  const said = points.map(({ x, y, text }) => {
    const answer = sigmoid(Matrix.from([[x, y]]).dot(shown.wHidden)).dot(shown.wOutput).at(0, 0);
    return `${text ?? `${x}, ${y}`}: ${answer.toFixed(2)}`;
  });
  const alt = `A slider goes through ${moments.length} moments, from epoch ${moments[0].epoch} to ${
    moments.at(-1)!.epoch
  }; at epoch ${shown.epoch} the answers at the points are ${said.join("; ")}`;
  return new Chart(title, alt, {
    width: 340,
    height: 340,
    params: [
      slider("moment", first, 0, moments.length - 1, 1),
      { name: "epochs", value: moments.map(({ epoch }) => epoch) },
      {
        name: "weights",
        value: moments.map(({ wHidden, wOutput }) => [...digits(wHidden), ...digits(wOutput)]),
      },
      { name: "w", expr: "weights[moment]" },
    ],
    layer: [
      {
        data: { sequence: { start: 0, stop: side * side, as: "i" } },
        transform: [
          { calculate: `${low} + ${step} * (datum.i % ${side})`, as: "x1" },
          { calculate: `${low} + ${step} * floor(datum.i / ${side})`, as: "y1" },
          { calculate: `datum.x1 + ${1.3 * step}`, as: "x2" }, // no seams
          { calculate: `datum.y1 + ${1.3 * step}`, as: "y2" },
          { calculate: center("x"), as: "x" },
          { calculate: center("y"), as: "y" },
          { calculate: answer, as: "answer" },
          { calculate: "clamp(2 * datum.answer - 1, -1, 1)", as: "opinion" },
          { calculate: "(datum.opinion < 0 ? -1 : 1) * sqrt(abs(datum.opinion))", as: "shade" },
        ],
        mark: { type: "rect", strokeWidth: 0, clip: true },
        encoding: {
          x: toRight.x,
          x2: toRight.x2,
          y: upwards.x,
          y2: upwards.x2,
          color: {
            field: "shade",
            type: "quantitative",
            legend: null,
            scale: { domain: [-1, 0, 1], range: Object.values(SHADES), interpolate: "rgb" },
          },
          tooltip: [{ field: "answer", type: "quantitative", format: ".3f" }],
        },
      },
      {
        data: {
          values: points.map(({ x, y, label }) => ({
            x,
            y,
            color: label === 1 ? COLORS.orange : COLORS.blue,
          })),
        },
        mark: { type: "circle", size: 220, stroke: "white", strokeWidth: 2, opacity: 1 },
        encoding: {
          x: { field: "x", type: "quantitative" },
          y: { field: "y", type: "quantitative" },
          fill: { field: "color", type: "nominal", scale: null },
        },
      },
      {
        data: { values: [{}] },
        mark: {
          type: "text",
          text: { expr: "'epoch ' + format(epochs[moment], ',')" },
          fontSize: 13,
          fontWeight: "bold",
          align: "left",
        },
        encoding: { x: { value: 8 }, y: { value: 14 } },
      },
    ],
  });
}

/**
 * How certain a model is where it is right and where it is wrong, with a slider: of the rows above the threshold, how
 * many there are and how many are right.
 *
 * @param certainties The probability of each row's prediction.
 * @param isRight Whether each was right.
 *
 * @example
 * ```ts
 * import { chartCertainty } from "@scratch/nn/plot";
 * import { assert } from "@std/assert";
 *
 * const options = { title: "How certain", domain: [0, 1] as [number, number] };
 * const chart = chartCertainty([0.9, 0.6], [true, false], options);
 * assert(chart.alt.includes("Histogram of 2 predictions, 50.0 % of them right"));
 * ```
 */
export function chartCertainty(
  certainties: ArrayLike<number>,
  isRight: readonly boolean[],
  { title, domain: [low, high] }: { title: string; domain: [low: number, high: number] },
): Chart {
  const bins = 50, width = (high - low) / bins;
  const values = Array.from({ length: bins }, (_, i) => ({
    from: Number((low + i * width).toFixed(4)),
    to: Number((low + (i + 1) * width).toFixed(4)),
    right: 0,
    wrong: 0,
  }));
  isRight.forEach((right, i) => {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((certainties[i] - low) / width)));
    values[bin][right ? "right" : "wrong"]++;
  });
  const total = isRight.length, rights = isRight.filter(Boolean).length;
  const alt = `Histogram of ${total.toLocaleString("en")} predictions, ${
    (100 * rights / total).toFixed(1)
  } % of them right; a slider leaves out the less certain ones`;
  const isTaken = "datum.from >= threshold - 1e-9";
  return new Chart(title, alt, {
    width: 540,
    height: 260,
    params: [slider("threshold", low, low, Number((high - width).toFixed(4)), width)],
    data: { values },
    layer: [
      {
        transform: [{ fold: ["right", "wrong"], as: ["prediction", "count"] }],
        mark: { type: "bar", stroke: null },
        encoding: {
          x: {
            field: "from",
            bin: "binned",
            type: "quantitative",
            title: "certainty: the largest probability",
          },
          x2: { field: "to" },
          y: { field: "count", type: "quantitative", title: "how many" },
          color: {
            field: "prediction",
            type: "nominal",
            title: null,
            scale: { domain: ["right", "wrong"], range: [COLORS.blue, COLORS.red] },
            legend: { orient: "top" },
          },
          opacity: { condition: { test: isTaken, value: 1 }, value: 0.3 },
          tooltip: ["from", "right", "wrong"].map((field) => ({ field, type: "quantitative" })),
        },
      },
      {
        data: { values: [{}] },
        transform: [{ calculate: "threshold", as: "from" }],
        mark: { type: "rule", color: "#222", strokeWidth: 2 },
        encoding: { x: { field: "from", type: "quantitative" } },
      },
      {
        transform: [
          { filter: isTaken },
          {
            aggregate: [{ op: "sum", field: "right", as: "right" }, {
              op: "sum",
              field: "wrong",
              as: "wrong",
            }],
          },
          { calculate: "datum.right + datum.wrong", as: "taken" },
          {
            calculate: `format(datum.taken / ${total}, '.1%') + ' answered, ' + ` +
              "format(datum.right / max(1, datum.taken), '.2%') + ' of them right'",
            as: "said",
          },
        ],
        mark: { type: "text", align: "right", fontSize: 13, fontWeight: "bold" },
        encoding: { x: { value: 540 }, y: { value: -10 }, text: { field: "said" } },
      },
    ],
  });
}
