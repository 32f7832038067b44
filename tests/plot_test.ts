/** Figures and charts: that they are whole pictures, the same bytes everywhere, of what they were given. */

// deno-lint-ignore-file no-import-prefix -- the versions of lib/plot/vega.ts

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Ajv } from "npm:ajv@8.17.1";
import schema from "npm:vega-lite@5.23.0/build/vega-lite-schema.json" with { type: "json" };
import { parse, View } from "npm:vega@6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import {
  linspace,
  Matrix,
  RandomState,
  ShapeError,
  sigmoid,
  sigmoidPrime,
  softmax,
  ValueError,
} from "../lib/mod.ts";
import {
  Chart,
  chartCertainty,
  chartDecision,
  chartError,
  chartSigmoid,
  chartSoftmax,
  type Figure,
  hconcat,
  Plot,
  plotConfusion,
  plotDecision,
  plotDigit,
  plotDigitDist,
  plotDigits,
  plotDot,
  plotError,
  plotHistogram,
  plotLines,
  plotMeans,
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
  "plotNetwork, with values": () =>
    plotNetwork([Matrix.ones([2, 2]), Matrix.ones([2, 1])], {
      title: "A network",
      names: [["a", "b"], ["c", "d"], ["e"]],
      values: [[1, 0], [], [0.5]],
    }),
  plotMeans: () =>
    plotMeans([{ name: "one", mean: 2, spread: 1 }, { name: "to come" }], {
      ...{ title: "Means", xLabel: "values", domain: [0, 4] },
    }),
  hconcat: () => hconcat([plotDigit(X, y, 0), plotDigit(X, y, 1)], { title: "Two of them" }),
};

/** What is drawn with other options, or of what there is seldom. */
const OTHERS: Record<string, () => Figure> = {
  "ten lines, with a mark": () =>
    plotLines(
      x,
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`line ${i}`, x.map((v) => i * v)])),
      {
        ...{ title: "Ten", xLabel: "x", yLabel: "y", yDomain: [-9, 9], width: 400, height: 200 },
        ...{ alt: "ten lines", marks: [Plot.ruleY([1])] },
      },
    ),
  "one line": () => plotLines(x, { one: x.map((v) => v * v) }, axes),
  "a long title and a long key": () =>
    plotLines([1, 2], { ["k".repeat(130)]: [1, 2], b: [2, 1] }, {
      ...axes,
      title: "T".repeat(80),
      width: 300,
    }),
  "bars beyond the axis": () =>
    plotDigitDist(Matrix.from([[0.1, 0.9]]), 0, { xLabel: "x", width: 300 }),
  "a histogram with four marks": () =>
    plotHistogram(linspace(0, 1, 99).map((v) => v * v), {
      ...{ title: "Values", xLabel: "v", yLabel: "count", domain: [0, 2], width: 300, height: 200 },
      ...{ marks: { a: 0.1, b: 0.2, c: 0.3, d: 0.4 }, band: { name: "band", from: 0.5, to: 0.6 } },
    }),
  "a histogram of its own": () =>
    plotHistogram([...linspace(0, 1, 99), -7.5], { title: "V", xLabel: "v" }),
  "means, logarithmic": () =>
    plotMeans([{ name: "one", mean: 1234.5, spread: 20.25 }, {
      name: "other",
      mean: 20,
      isOther: true,
    }], {
      ...{ title: "Means", xLabel: "ms", domain: [10, 2000], log: true, digits: 1 },
    }),
  "pictures in two rows": () =>
    plotDigits(X.slice(0, 3), { titles: ["a", "", "c"], title: "P", columns: 2, size: 3 }),
  "pictures that are not square": () =>
    plotDigits(Matrix.from([[-1, 0, 1, 2, 3, 4]]), { titles: [], title: "P", imageShape: [2, 3] }),
  "weights in two rows": () =>
    plotWeights(w, { title: "W", columns: 2, size: 4, imageShape: [7, 7] }),
  "many pictures": () => plotDigits(Matrix.vstack([X, X]), { titles: [], title: "P" }),
  "many weights": () => plotWeights(Matrix.vstack([w, w, w, w])),
  "a product that is lower than its second": () =>
    plotDot(Matrix.from([[1, 2, 3]]), Matrix.from([[1, 2], [3, 4], [5, 6]]), 0, 1),
  "a plane of its own": () =>
    plotPlane([corner, { x: 1, y: 1, label: 0, text: "b" }, { x: 0.5, y: 0.5, label: 0.7 }], {
      ...{ title: "P", xLabel: "a", yLabel: "b", domain: [-1, 2], marks: [Plot.ruleX([0])] },
    }),
  "a decision": () =>
    plotDecision((a, b) => 3 * a * b - 1, [corner], { title: "D", domain: [0, 2] }),
  "a network with a 0": () =>
    plotNetwork([Matrix.from([[0, -3.25], [2, 0.5]])], { title: "N", digits: 3 }),
  "a logarithmic axis of less than ten times": () =>
    plotLines([1, 2], { a: [1, 5] }, { ...axes, log: true, yDomain: [1, 5] }),
  "means of millionths": () =>
    plotMeans([{ name: "a", mean: 2e-6 }], {
      ...{ title: "M", xLabel: "s", domain: [1e-6, 1e-4], log: true, digits: 7 },
    }),
  "low bars": () => plotDigitDist(Matrix.from([Array(10).fill(0.1)]), 0),
  "without a title": () => plotError([3, 2], { title: "" }),
  "four figures in a row": () =>
    hconcat([0, 1, 2, 3].map((idx) => plotDigit(X, y, idx)), { title: "Four" }),
  "figures in two rows": () =>
    hconcat([plotDigit(X, y, 0), plotDigitDist(Matrix.from([[0.2, 0.8]]), 1), plotError([3, 2])], {
      ...{ title: "Three", columns: 2 },
    }),
};

for (const [name, draw] of Object.entries(FIGURES)) {
  Deno.test(`${name} draws one SVG that stands alone, with its title, and the same bytes each time`, async () => {
    const figure = draw();
    assertMatch(figure.svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>$/);
    assertStringIncludes(figure.svg, figure.title);
    assert(!/NaN|undefined|currentColor/.test(figure.svg), "nothing is drawn nowhere");
    assert(figure.alt.startsWith(`${figure.title}. `), "it says what there is to see");
    assert(!/NaN|undefined/.test(figure.alt), figure.alt);
    const png = await figure.png();
    assertEquals([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
    assertEquals(draw().svg, figure.svg);
    assertEquals((await draw().png()).toBase64(), png.toBase64());
  });
}

Deno.test("a figure is the same bytes on every machine", async () => {
  const figure = plotLines(x, { one: x, two: x.map((v) => v * v) }, axes);
  assertEquals(
    sha256(new Uint8Array(await figure.png())),
    "f938ae191e1ba4696d2c8409ac56113ee321f55b812688ac667c7c63942a799b",
  );
});

// where one is meant to change: look at it as PNG (`save`) before its new digest is written here
Deno.test("figures and charts are drawn as they are, with their alternative texts, on every machine", () => {
  const digest = (text: string) => sha256(new TextEncoder().encode(text)).slice(0, 8);
  const of = (figures: Record<string, () => Figure>) =>
    Object.fromEntries(
      Object.entries(figures).map(([name, draw]) => [name, digest(draw().svg + draw().alt)]),
    );
  assertEquals({ ...of(FIGURES), ...of(OTHERS) }, {
    "a decision": "5248de6b",
    "a histogram of its own": "6746257a",
    "a histogram with four marks": "56e3c960",
    "a logarithmic axis of less than ten times": "2e4a89fe",
    "a long title and a long key": "21e37e72",
    "a network with a 0": "c2493f8b",
    "a plane of its own": "dbef6a11",
    "a product that is lower than its second": "3b5f77d9",
    "bars beyond the axis": "ff532d2f",
    "figures in two rows": "28ea78ee",
    "four figures in a row": "97a4c0a7",
    "low bars": "2e08b125",
    "many pictures": "74b19f9e",
    "many weights": "781b2f8d",
    "means of millionths": "eea32ad4",
    "means, logarithmic": "9566e94c",
    "one line": "64ba40af",
    "pictures in two rows": "60a1da31",
    "pictures that are not square": "795ba7a1",
    "plotLines, logarithmic": "9366c1a7",
    "plotNetwork, with values": "f1fecf57",
    "ten lines, with a mark": "2e391fee",
    "weights in two rows": "81801c7f",
    "without a title": "ad5ccf83",
    "hconcat": "e29ad0fc",
    "plotDecision": "3317c877",
    "plotDigit": "eafadba2",
    "plotDigitDist": "1edcaee2",
    "plotDigits": "a9da474d",
    "plotDot": "96916321",
    "plotError": "117c7268",
    "plotHistogram": "6c982f7a",
    "plotLines": "87fbdc53",
    "plotMeans": "ec328c03",
    "plotNetwork": "3e2433d1",
    "plotPlane": "aa42a05d",
    "plotWeights": "e4720904",
  });
  assertEquals(CHARTS.map(({ spec }) => digest(JSON.stringify(spec))), [
    "989ce5a4",
    "008e6f17",
    "063e33e7",
    "266c521d",
    "ee81c789",
    "769a0303",
    "859d4f6f",
    "3652687e",
    "8043f3e5",
  ]);
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

Deno.test("a logarithmic axis is labelled with powers of ten, or with numbers where it has fewer than two of them", () => {
  const labels = (a: number[], options: Partial<Parameters<typeof plotLines>[2]> = {}) => {
    const { svg } = plotLines(a.map((_, i) => i), { a }, { ...axes, log: true, ...options });
    return [...svg.matchAll(/>(10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|\d[\d.]*e?-?\d*)<\/text>/gu)].map(([, text]) =>
      text
    )
      .filter((text) => text.startsWith("10") && text.length > 2);
  };
  assertEquals(labels([1, 1000]), ["10⁰", "10¹", "10²", "10³"]);
  assertEquals(labels([1, NaN, 0, -1, Infinity, 1000]), ["10⁰", "10¹", "10²", "10³"]);
  assertEquals(labels([1e-20, 1e-19]), ["10⁻²⁰", "10⁻¹⁹"]);
  assertEquals(labels([1, 1], { yDomain: [1e-2, 1e-4] }).sort(), ["10⁻²", "10⁻³", "10⁻⁴"]);
  assertEquals(labels([2, 3], { marks: [Plot.ruleY([1000])] }), ["10¹", "10²", "10³"]);
  assertEquals(labels(Array.from({ length: 200_000 }, (_, i) => 2 + i % 3)), []);
});

Deno.test("of a line its ends are said, and the first of its highest and lowest places within", () => {
  const line = (x: number[], a: number[]) => plotLines(x, { a }, axes).alt;
  assertEquals(
    line([0, 1, 2, 3, 4, 50000], [2, 5, 1, 5, 1, 12345]),
    "A title. to the right from 0 to 50000. a: from 2 to 12345, lowest 1 at 2",
  );
  assertEquals(
    line([0, 0.12345, 2, 3], [1, 7.7777, 7.7777, 2]),
    "A title. to the right from 0 to 3. a: from 1 to 2, highest 7.78 at 0.123",
  );
  assertEquals(line([], []), "A title. no values yet. a");
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
  assertEquals(Object.keys(bundle).sort(), ["image/png", "text/html", "text/plain"]);
  const alt = "The error over the epochs. Epochs from 1 to 3. error: from 3 to 1";
  assertEquals(bundle["text/plain"], `Figure: ${alt}`);
  const src = `data:image/png;base64,${bundle["image/png"]}`;
  assertEquals(bundle["text/html"], `<img alt="${alt}" src="${src}">`);
  const folder = await Deno.makeTempDir();
  try {
    await figure.save(`${folder}/it.svg`);
    await figure.save(`${folder}/it.png`);
    assertEquals(await Deno.readTextFile(`${folder}/it.svg`), figure.svg);
    assertEquals((await Deno.readFile(`${folder}/it.png`)).toBase64(), bundle["image/png"]);
    for (const name of ["it.gif", "it.svg.gif", "it.json"]) {
      await assertRejects(
        () => figure.save(`${folder}/${name}`),
        TypeError,
        `save: expected a path ending in .svg or .png, got "${folder}/${name}"`,
      );
    }
    const chart = chartSigmoid();
    await chart.save(`${folder}/it.json`);
    await chart.save(`${folder}/it.svg`);
    const spec = JSON.stringify(chart.spec, null, 2);
    assertEquals(await Deno.readTextFile(`${folder}/it.json`), `${spec}\n`);
    assertEquals(await Deno.readTextFile(`${folder}/it.svg`), (await chart.figure()).svg);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a PNG has one and a half pixels for each unit of the SVG, or as many as are said", async () => {
  const figure = plotError([3, 2, 1]);
  const widthOf = (png: Uint8Array) => new DataView(png.buffer, png.byteOffset).getUint32(16);
  assertEquals([widthOf(await figure.png()), widthOf(await figure.png(2))], [960, 1280]);
});

const moments = [0, 100].map((epoch) => ({
  epoch,
  wHidden: new RandomState(epoch).uniform(-3, 3, [2, 4]),
  wOutput: new RandomState(epoch + 1).uniform(-3, 3, [4, 1]),
}));

const CHARTS = [
  chartError({ a: [3, 2, 1], "b.[1]": [2, 1, 1] }, "Errors"),
  plotConfusion([0, 1, 1], [0, 1, 0]),
  plotConfusion([0, 1, 1, 2, 2, 2, 2], [0, 0, 2, 0, 1, 1, 1], { title: "More" }),
  chartSigmoid(),
  chartSoftmax([1, 2]),
  chartDecision(moments, [corner], { title: "Moments" }),
  chartDecision(moments, [{ x: 0.5, y: 1, label: 0 }], { title: "The second", first: 1 }),
  chartCertainty([0.05, 0.149, 0.5, 0.9], [true, false, true, true], {
    title: "C",
    domain: [0.1, 0.6],
  }),
  chartCertainty([0.1, 0.9], [false, true], { title: "Certainty", domain: [0, 1] }),
];

/** A chart with its sliders moved: the rows that it draws. */
async function rowsOf(
  chart: Chart,
  sliders: Record<string, number>,
): Promise<Record<string, number | string>[]> {
  const { $schema: _, ...spec } = chart.spec;
  const compiled = compile(spec as unknown as TopLevelSpec).spec;
  const view = new View(parse(compiled), { renderer: "none" });
  for (const [name, value] of Object.entries(sliders)) view.signal(name, value);
  await view.runAsync();
  const rows = compiled.data!.flatMap(({ name }) => view.data(name));
  view.finalize();
  return rows;
}

Deno.test("the sliders of a unit and of the softmax give what the library computes", async () => {
  const rows = await rowsOf(chartSigmoid(), { weight: 2, bias: -1 });
  const answers = rows.filter(({ what }) => what === "answer");
  assertEquals(new Set(answers.map(({ x }) => x)).size, 201);
  for (const { x, value, slope } of answers as Record<string, number>[]) {
    assertAlmostEquals(value, sigmoid(2 * x - 1), 1e-15); // two formulas of one function
    assertAlmostEquals(slope, 2 * sigmoidPrime(2 * x - 1), 1e-15);
  }
  const bars = (await rowsOf(chartSoftmax([2, 4, 6, 8]), { factor: 0.5 }))
    .filter((row) => "probability" in row) as Record<string, number>[];
  const expected = softmax(Matrix.from([[1, 2, 3, 4]])).data;
  assertEquals(new Set(bars.map(({ position }) => position)).size, 4);
  for (const { position, probability } of bars) {
    assertAlmostEquals(probability, expected[position], 1e-15);
  }
});

Deno.test("the chart of a decision computes the network that it was given, at the moment of its slider", async () => {
  const chart = chartDecision(moments, [corner], { title: "Moments" });
  for (const [moment, { wHidden, wOutput }] of moments.entries()) {
    const cells = (await rowsOf(chart, { moment }))
      .filter((row) => "answer" in row) as Record<string, number>[];
    assertEquals(new Set(cells.map(({ i }) => i)).size, 48 * 48);
    for (const { x, y, answer } of cells) {
      const expected = sigmoid(Matrix.from([[x, y]]).dot(wHidden)).dot(wOutput).at(0, 0);
      assertAlmostEquals(answer, expected, 1e-3); // the chart has five digits of each weight
    }
  }
});

Deno.test("the chart of certainty counts the predictions above its threshold", async () => {
  const certainties = [0.05, 0.31, 0.52, 0.71, 1], isRight = [true, false, false, true, true];
  const chart = chartCertainty(certainties, isRight, { title: "Certainty", domain: [0, 1] });
  const said = async (threshold: number) =>
    (await rowsOf(chart, { threshold })).find((row) => "said" in row)!.said;
  assertEquals(await said(0), "100.0% answered, 60.00% of them right");
  assertEquals(await said(0.5), "60.0% answered, 66.67% of them right");
  assertEquals(await said(0.9), "20.0% answered, 100.00% of them right");
});

Deno.test("every chart is valid for the version of Vega-Lite that it says, which JupyterLab draws", () => {
  const validate = new Ajv({ strict: false, allErrors: true, logger: false }).compile(schema);
  for (const chart of CHARTS) {
    const { $schema: _, ...spec } = chart.spec;
    assert(validate(spec), `${chart.title}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
  }
});

Deno.test("no chart keeps the wheel for itself, or fades what one reads", () => {
  const { spec } = plotConfusion([0, 1], [0, 1]);
  assert(!JSON.stringify(spec).includes("opacity"));
  assert(!JSON.stringify(chartError({ a: [2, 1] }, "Errors").spec).includes('"scales"'));
});

Deno.test("figures side by side share one key, where a name has one colour; else each keeps its own", () => {
  const one = plotLines(x, { a: x, b: x }, axes), other = plotLines(x, { b: x, a: x }, axes);
  const count = (figure: Figure, name: string) => figure.svg.split(`>${name}</text>`).length - 1;
  assertEquals(count(hconcat([one, one], { title: "The same" }), "a"), 1);
  assertEquals(count(hconcat([one, other], { title: "Others" }), "a"), 2);
});

Deno.test("the numbers of a network stand apart from each other and from the lines that are not theirs", () => {
  for (const sizes of [[2, 3, 1], [2, 2, 1], [3, 4, 2]]) {
    const edges = sizes.slice(1).map((units, l) => rng.uniform(-1, 1, [sizes[l], units]));
    const { svg } = plotNetwork(edges, { title: "A network" });
    const numbers = [...svg.matchAll(/translate\(([\d.]+),([\d.]+)\)[^>]*>(−?\d\.\d\d)</g)]
      .map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    assertEquals(
      numbers.length,
      sizes.slice(1).reduce((sum, units, l) => sum + units * sizes[l], 0),
    );
    numbers.forEach((a, i) =>
      numbers.slice(i + 1).forEach((b) => {
        assert(Math.abs(a.x - b.x) > 30 || Math.abs(a.y - b.y) > 12, `${sizes}: two overlap`);
      })
    );
  }
});

Deno.test("charts say their version of Vega-Lite, and have a still picture beside them", async () => {
  for (const chart of CHARTS) {
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
    const escaped = chart.title.replaceAll("&", "&amp;");
    assertStringIncludes((await chart.figure()).svg, escaped);
    assert(chart.alt.startsWith(`${chart.title}. `));
    assertEquals(chart.spec.description, chart.alt);
    assertEquals(bundle["application/vnd.vegalite.v5+json"], chart.spec);
    assertEquals(bundle["text/plain"], `Chart: ${chart.alt}`);
    assertEquals((await chart.figure()).alt, chart.alt);
  }
});

Deno.test("of a long curve a chart has each of the first 30 epochs, every fifth one from there on, and the last", () => {
  const errors = Array.from({ length: 42 }, (_, i) => 1 + i / 3);
  const { spec, alt } = chartError({ a: errors }, "Errors");
  const { values } = spec.data as { values: { epoch: number; error: number }[] };
  const first = Array.from({ length: 30 }, (_, i) => i + 1);
  assertEquals(values.map(({ epoch }) => epoch), [...first, 35, 40, 42]);
  assertEquals(values.slice(0, 2).map(({ error }) => error), [1, 1.33333]);
  assertEquals(alt, "Errors. a: from 1 to 14.6667");
});

Deno.test("a confusion says what was most often taken for what, and refuses what are no labels", () => {
  assertEquals(
    plotConfusion([0, 1, 1, 2, 2, 2, 2], [0, 0, 2, 0, 1, 1, 2]).alt,
    "What was taken for what. A table of 3 true labels by 3 predictions: 2 of 7 on the diagonal; " +
      "most often off it, 2 times, a 2 as 1",
  );
  for (const lists of [[[0, 1], [0, -1]], [[0.5, 1], [0, 1]]]) {
    const [yTrue, predicted] = lists;
    assertThrows(
      () => plotConfusion(yTrue, predicted),
      ValueError,
      "plotConfusion: a label must be",
    );
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
  const thirds = plotConfusion([0, 0, 0], [0, 1, 1]).spec.data as { values: { share: number }[] };
  assertEquals(thirds.values.map(({ share }) => share), [0.3333, 0.6667, 0, 0]);
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
    () => plotLines([1, 2, 3], { a: [1, 2, 3], 'b"': [1, 2, 3, 4] }, axes),
    ShapeError,
    'plotLines: 3 x values need as many for "b\\"", got 4',
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
  for (
    const picture of [
      plotError([]),
      plotLines([], { a: [] }, axes),
      plotHistogram([], { title: "None", xLabel: "values" }),
      chartError({ a: [] }, "Errors"),
    ]
  ) assertStringIncludes(picture.alt, "no values yet");
  assert(!plotConfusion([0, 1], [0, 1]).alt.includes("most often off it"));
  const nameless = plotNetwork([Matrix.ones([1, 1])], { title: "A network", values: [[2], [3]] });
  assertEquals(
    nameless.alt,
    "A network. layer 0 unit 1 to layer 1 unit 1: 1; layer 0 unit 1 = 2; layer 1 unit 1 = 3",
  );
  const { spec } = chartError({ a: Array.from({ length: 33 }, (_, i) => i + 1) }, "Errors");
  assertEquals((spec.data as { values: { epoch: number }[] }).values.at(-1)!.epoch, 33);
});

Deno.test("bytes are black at 255, other numbers at their largest", () => {
  const X = Matrix.from([[0, 100, 51, 100]]);
  const greys = (m: Matrix) =>
    [...plotDigits(m, { titles: [], title: "" }).svg.matchAll(/rgb\((\d+),/g)].map(([, x]) => +x);
  assertEquals(greys(X), [255, 0, 125]);
  assertEquals(greys(X.astype("uint8")), [255, 155, 204]);
});

Deno.test("of a product the row, the column and the element that they make are brought out", () => {
  const m = Matrix.from([[1, 2], [3, 4]]), { svg } = plotDot(m, m, 0, 1);
  const fills = (color: string) => svg.match(new RegExp(`fill="${color}"`, "g"))?.length;
  assertEquals([fills("#fbe3a5"), fills("#eef1fb")], [5, 7]);
});

Deno.test("pictures have no more titles than there are", () => {
  const { svg } = plotDigits(Matrix.ones([3, 4]), { titles: ["first"], title: "Three" });
  assertEquals(svg.match(/>first</g)?.length, 1);
  assert(!svg.includes("undefined"));
});

Deno.test("an alternative text may have quotation marks", async () => {
  const figure = plotError([3, 2], { title: 'the "error" of <it>' });
  const display = (figure as unknown as Record<symbol, () => Promise<Record<string, string>>>)[
    Symbol.for("Jupyter.display")
  ];
  const { "text/html": html } = await display.call(figure);
  assertStringIncludes(html, '<img alt="the &quot;error&quot; of &lt;it&gt;. ');
});

Deno.test("a logarithmic axis has 1, 2 and 5 times each power of ten, both ends too", () => {
  const rows = [{ name: "a", mean: 20 }], options = { title: "Means", xLabel: "ms", log: true };
  const { svg } = plotMeans(rows, { ...options, domain: [10, 200] });
  const ticks = [...svg.matchAll(/>(\d+)</g)].map(([, tick]) => tick);
  assertEquals(ticks, ["10", "20", "50", "100", "200"]);
});

Deno.test("the still picture of a chart has its title once: in the chart", async () => {
  for (const chart of CHARTS) assertEquals((await chart.figure()).title, "");
});

Deno.test("what a figure has only where it is asked for: keys, bands, names of points, and the colours of others", () => {
  assertStringIncludes(plotError({ ours: [3, 2], theirs: [4, 1] }).alt, "theirs: from 4 to 1");
  assertStringIncludes(plotError([3, 2]).alt, "error: from 3 to 2");
  const probabilities = Matrix.from([[0.1, 0.7, 0.2]]);
  const [right, wrong] = [1, 2].map((label) => plotDigitDist(probabilities, label).svg);
  assertEquals([right, wrong].map((svg) => svg.includes("true label<")), [false, true]);
  const histogram = (options: object, values = [1, 2, 2, 5]) =>
    plotHistogram(values, { title: "Values", xLabel: "x", ...options });
  const band = { name: "a band", from: 1, to: 2 };
  assertEquals([{}, { band }].map((o) => histogram(o).svg.includes("a band")), [false, true]);
  assertEquals(histogram({}, []).alt, "Values. no values yet");
  const mean = { name: "a row", mean: 85, spread: 1 };
  const means = [mean, { ...mean, isOther: true }].map((row) =>
    plotMeans([row], { title: "Means", xLabel: "%", domain: [80, 90] }).svg
  );
  assert(means[0] !== means[1]);
  const nameless = [{ x: 0, y: 1, label: 0 }, { x: 1, y: 1, label: 1 }];
  assertEquals(
    plotPlane(nameless, { title: "Points" }).alt,
    "Points. Points: 0, 1 has output 0; 1, 1 has output 1",
  );
  assertEquals(
    plotDecision((x) => x, nameless, { title: "Answers" }).alt,
    "Answers. Answers at the points: 0, 1: 0.00; 1, 1: 1.00",
  );
  const confusion = plotConfusion([0, 2], [0, 0]).spec.data as {
    values: { true: number; share: number }[];
  };
  const shares = confusion.values.filter((value) => value.true === 1).map(({ share }) => share);
  assertEquals(shares, [0, 0, 0]); // of a class that nothing is of
  assertStringIncludes(plotNetwork([Matrix.zeros([2, 1])], { title: "Zeros" }).alt, "unit 1: 0");
});
