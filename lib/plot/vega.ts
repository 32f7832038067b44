/**
 * Charts to point into, by Vega-Lite: where a figure alone would not tell enough.
 *
 * JupyterLab and VS Code draw them live, in the version of Vega-Lite that both know (5); readers that do not know
 * Vega-Lite show the still picture beside it.
 *
 * @module
 */

// deno-lint-ignore-file no-import-prefix -- whoever imports this file by URL has not our import map
import { parse, View } from "npm:vega@6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import { Figure } from "./figure.ts";

/** A chart of Vega-Lite. */
export class Chart {
  /** What it shows, for those who do not see it. */
  readonly title: string;
  /** Vega-Lite's own description of the chart. */
  readonly spec: Record<string, unknown>;

  /** Takes what Vega-Lite calls a specification, without its schema, title and look. */
  constructor(title: string, spec: Record<string, unknown>) {
    this.title = title;
    this.spec = {
      $schema: "https://vega.github.io/schema/vega-lite/v5.json",
      title,
      background: "white",
      config: { font: "DejaVu Sans, Verdana, sans-serif", view: { stroke: "#ccc" } },
      ...spec,
    };
  }

  /** The chart as a still picture. */
  async figure(): Promise<Figure> {
    const { $schema: _, ...spec } = this.spec; // drawn by version 6, which wants its own
    const view = new View(parse(compile(spec as unknown as TopLevelSpec).spec), {
      renderer: "none",
    });
    try {
      return new Figure(await view.toSVG(), this.title);
    } finally {
      view.finalize();
    }
  }

  /** Writes the still picture to a file, or the specification where the path ends in .json. */
  async save(path: string): Promise<void> {
    if (path.endsWith(".json")) {
      await Deno.writeTextFile(path, JSON.stringify(this.spec, null, 2) + "\n");
    } else await (await this.figure()).save(path);
  }

  /** What a notebook shows: the live chart, and the still one. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return {
      "application/vnd.vegalite.v5+json": this.spec,
      "image/png": (await (await this.figure()).png()).toBase64(),
      "text/plain": `Chart: ${this.title}`,
    };
  }
}
