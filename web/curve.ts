/** The error curve of a training, drawn by Observable Plot: loaded when it is first needed, so that the page is not late for it. */

// deno-lint-ignore-file no-import-prefix -- in deno.json they would be packages of the notebooks too, which share the lock

import * as Plot from "npm:@observablehq/plot@0.6.17";

/** The errors of all epochs so far, on axes that are there from the start. */
export function drawCurve(errors: readonly number[], epochs: number): SVGElement {
  const svg = Plot.plot({
    ...{ width: 340, height: 200, marginLeft: 50, marginBottom: 40 },
    style: { background: "none", fontSize: "12px" },
    x: { domain: [1, epochs], label: "epoch", labelOffset: 36 },
    y: { domain: [0, Math.max(...errors)], label: "error", grid: true },
    marks: [
      Plot.ruleY([0]),
      Plot.lineY(errors, {
        x: (_: number, i: number) => i + 1,
        stroke: "var(--accent)",
        strokeWidth: 2,
      }),
    ],
  }) as SVGElement;
  svg.querySelector("style")!.remove(); // the page's policy forbids it, and nothing here needs it
  for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label"); // it is one picture
  return svg;
}
