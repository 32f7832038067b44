/** Figures and charts: that they are whole pictures, the same bytes everywhere, of what they were given. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { linspace, Matrix, RandomState, ShapeError, sigmoid } from "../lib/mod.ts";
import {
  Chart,
  chartError,
  type Figure,
  hconcat,
  plotConfusion,
  plotDecision,
  plotDigit,
  plotDigitDist,
  plotDigits,
  plotDot,
  plotError,
  plotHistogram,
  plotLines,
  plotNetwork,
  plotPlane,
  plotWeights,
} from "../lib/plot/mod.ts";
import { sha256 } from "./helpers.ts";

const rng = new RandomState(71);
const X = rng.randint(0, 256, [6, 49]).astype("uint8"), y = [0, 1, 2, 3, 4, 5];
const w = rng.uniform(-1, 1, [3, 50]);
const corner = { x: 0, y: 1, label: 1, text: "a point" };
const axes = { title: "A title", xLabel: "to the right", yLabel: "upwards" };
const x = linspace(-3, 3, 9);

const FIGURES: Record<string, () => Figure> = {
  plotLines: () => plotLines(x, { one: sigmoid(x), two: x }, axes),
  "plotLines, logarithmic": () =>
    plotLines(x, { one: x.map((v) => 10 ** v) }, { ...axes, log: true }),
  plotError: () => plotError([5, 3, 2]),
  plotDigit: () => plotDigit(X, y, 2),
  plotDigits: () => plotDigits(X, { titles: y, title: "Digits", columns: 4 }),
  plotWeights: () => plotWeights(w),
  plotDigitDist: () => plotDigitDist(Matrix.from([[0.1, 0.2, 0.7]]), 1),
  plotHistogram: () =>
    plotHistogram([1, 2, 2, 3], { title: "How many", xLabel: "values", marks: { here: 2 } }),
  plotPlane: () => plotPlane([corner], { title: "A plane" }),
  plotDecision: () => plotDecision((a, b) => a * b, [corner], { title: "A surface" }),
  plotDot: () => plotDot(Matrix.from([[1, 2]]), Matrix.from([[3], [4]]), 0, 0),
  plotNetwork: () =>
    plotNetwork([Matrix.ones([2, 3]), Matrix.ones([3, 1])], { title: "A network" }),
  hconcat: () => hconcat([plotDigit(X, y, 0), plotDigit(X, y, 1)], { title: "Two of them" }),
};

for (const [name, draw] of Object.entries(FIGURES)) {
  Deno.test(`${name} draws one SVG that stands alone, with its title, and the same bytes each time`, async () => {
    const figure = draw();
    assertMatch(figure.svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>$/);
    assertStringIncludes(figure.svg, figure.title);
    assert(!/NaN|undefined|currentColor/.test(figure.svg), "nothing is drawn nowhere");
    const png = await figure.png();
    assertEquals([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
    assertEquals(draw().svg, figure.svg);
    assertEquals((await draw().png()).toBase64(), png.toBase64());
  });
}

Deno.test("a figure is the same bytes on every machine", async () => {
  const figure = plotLines(x, { one: x, two: x.map((v) => v * v) }, axes);
  assertEquals(
    await sha256(new Uint8Array(await figure.png())),
    "9cf0cfebf9c173a013273d3938eea33d660a81ac4f19583a4092f6644a8bd36a",
  );
});

Deno.test("lines are drawn where their numbers are, and labels and keys are there", () => {
  const { svg } = plotLines(
    [0, 1, 2],
    { "first line": [0, 10, 20], "second line": [20, 10, 0] },
    axes,
  );
  for (const text of ["to the right", "upwards", "first line", "second line"]) {
    assertStringIncludes(svg, `>${text}<`);
  }
  const paths = [...svg.matchAll(/<path[^>]* d="(M[^"]+)"/g)].map(([, d]) => d)
    .concat([...svg.matchAll(/<path[^>]*d="(M[^"]+)"[^>]*>/g)].map(([, d]) => d))
    .filter((d) => d.split("L").length === 3);
  const [rising, falling] = paths.map((d) =>
    d.slice(1).split("L").map((p) => Number(p.split(",")[1]))
  );
  assertGreater(rising[0], rising[2]); // an SVG counts downwards
  assertGreater(falling[2], falling[0]);
});

Deno.test("a digit has a square of its grey for each pixel", () => {
  const { svg } = plotDigit(
    Matrix.from([[0, 255], [0, 0]]).reshape([1, 4]).astype("uint8"),
    [7],
    0,
  );
  assertStringIncludes(svg, "true label: 7");
  const squares = (fill: string) =>
    svg.match(new RegExp(`fill="${fill}"[^>]*d="([^"]*)"|d="([^"]*)"[^>]*fill="${fill}"`));
  const count = (fill: string) => (squares(fill)?.[0].match(/z/g) ?? []).length;
  assertEquals([count("rgb\\(255,255,255\\)"), count("rgb\\(0,0,0\\)")], [3, 1]);
});

Deno.test("pictures of any shape can be drawn, and one that is not square has to be said", () => {
  assertThrows(
    () => plotDigit(Matrix.ones([1, 6]), [0], 0),
    TypeError,
    "6 pixels make no square picture: say its imageShape, [height, width]",
  );
  assertStringIncludes(
    plotDigit(Matrix.ones([1, 6]), [0], 0, { imageShape: [2, 3] }).svg,
    "true label: 0",
  );
});

Deno.test("a figure shows as a picture, and is saved as SVG or PNG", async () => {
  const figure = plotError([3, 2, 1]);
  const display = (figure as unknown as Record<symbol, () => Promise<Record<string, string>>>)[
    Symbol.for("Jupyter.display")
  ];
  const bundle = await display.call(figure);
  assertEquals(Object.keys(bundle).sort(), ["image/png", "text/plain"]);
  assertEquals(bundle["text/plain"], "Figure: The error over the epochs");
  const folder = await Deno.makeTempDir();
  try {
    await figure.save(`${folder}/it.svg`);
    await figure.save(`${folder}/it.png`);
    assertEquals(await Deno.readTextFile(`${folder}/it.svg`), figure.svg);
    assertEquals((await Deno.readFile(`${folder}/it.png`)).toBase64(), bundle["image/png"]);
    await assertRejects(
      () => figure.save(`${folder}/it.gif`),
      TypeError,
      "save: expected a path ending in .svg or .png",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("charts say their version of Vega-Lite, and have a still picture beside them", async () => {
  for (
    const chart of [
      chartError({ a: [3, 2, 1], b: [2, 1, 1] }, "Errors"),
      plotConfusion([0, 1, 1], [0, 1, 0]),
    ]
  ) {
    assert(chart instanceof Chart);
    assertEquals(chart.spec.$schema, "https://vega.github.io/schema/vega-lite/v5.json");
    const display = (chart as unknown as Record<symbol, () => Promise<Record<string, unknown>>>)[
      Symbol.for("Jupyter.display")
    ];
    const bundle = await display.call(chart);
    assertEquals(Object.keys(bundle).sort(), [
      "application/vnd.vegalite.v5+json",
      "image/png",
      "text/plain",
    ]);
    assertStringIncludes((await chart.figure()).svg, chart.title);
  }
});

Deno.test("the confusion counts each pair of a true and a predicted label", () => {
  const { spec } = plotConfusion([0, 0, 1, 2], [0, 1, 1, 0]);
  const { values } = spec.data as {
    values: { true: number; predicted: number; count: number; share: number }[];
  };
  assertEquals(values.length, 9);
  const of = (t: number, p: number) => values.find((v) => v.true === t && v.predicted === p)!;
  assertEquals([of(0, 0).count, of(0, 1).count, of(2, 0).count, of(2, 2).count], [1, 1, 1, 0]);
  assertEquals([of(0, 1).share, of(1, 1).share], [0.5, 1]);
});

Deno.test("figures take names with < and &, large layers, zeros, and refuse lists of other lengths", async () => {
  await hconcat([plotError([1, 2], { title: "p < 1 & q" })], { title: "a < b & c", columns: 3 })
    .png();
  await plotWeights(Matrix.zeros([250, 785])).png();
  assert(!plotDigits(Matrix.zeros([1, 4]), { titles: [0], title: "Nothing" }).svg.includes("NaN"));
  assertThrows(
    () => plotLines([1, 2, 3], { a: [1] }, axes),
    ShapeError,
    'plotLines: 3 x values need as many for "a", got 1',
  );
  assertThrows(
    () => plotConfusion([0, 1], [0]),
    ShapeError,
    "plotConfusion: 2 true labels need as many predictions, got 1",
  );
  assertThrows(
    () => hconcat([], { title: "" }),
    TypeError,
    "hconcat: expected one figure or more, got none",
  );
  const { spec } = chartError({ a: Array.from({ length: 33 }, (_, i) => i + 1) }, "Errors");
  assertEquals((spec.data as { values: { epoch: number }[] }).values.at(-1)!.epoch, 33);
});
