/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
/**
 * Makes the still charts of a page of the course live: sliders, and values to point at. Vega computes by its interpreter,
 * since the page's policy forbids code that is made of text.
 */

// deno-lint-ignore-file no-import-prefix -- in deno.json they would be packages of the notebooks too, which share the lock

import { parse, View } from "npm:vega@6.4.0";
import { expressionInterpreter } from "npm:vega-interpreter@2.3.2";

for (const chart of document.querySelectorAll<HTMLElement>(".chart")) {
  const { alt } = chart.querySelector("img")!;
  const runtime = parse(JSON.parse(chart.querySelector("script")!.textContent!), undefined, {
    ast: true,
  });
  const container = document.createElement("div");
  const view = new View(runtime, {
    ...{ expr: expressionInterpreter, renderer: "svg", hover: true, container },
  });
  await view.runAsync();
  container.querySelector("svg")!.ariaLabel = alt;
  chart.replaceChildren(container);
}
