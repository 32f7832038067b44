/**
 * Charts to point into, by Vega-Lite: where a figure alone would not tell enough.
 *
 * Sliders need no server: Vega-Lite binds them to parameters of the chart. JupyterLab and VS Code draw charts live, in
 * the version of Vega-Lite that both know (5); readers that do not know Vega-Lite show the still picture beside it.
 *
 * @module
 */

// deno-lint-ignore-file no-import-prefix -- whoever imports this file by URL has not our import map
import { parse, View } from "npm:vega@6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import { Figure, standAlone } from "./figure.ts";

/** Dark on white, also where a reader of notebooks with a dark theme would write in white. */
const LOOK = {
  font: "DejaVu Sans, Verdana, sans-serif",
  view: { stroke: "#ccc" },
  title: { color: "#222" },
  text: { color: "#222" },
  axis: {
    ...{ labelColor: "#222", titleColor: "#222", gridColor: "#ddd" },
    ...{ tickColor: "#888", domainColor: "#888" },
  },
  legend: { labelColor: "#222", titleColor: "#222" },
};

/** A chart of Vega-Lite. */
export class Chart {
  /** Stands above the chart. */
  readonly title: string;
  /** The alternative text: the title, and what there is to see. */
  readonly alt: string;
  /** Vega-Lite's own description of the chart. */
  readonly spec: Record<string, unknown>;

  /** Takes what Vega-Lite calls a specification, without its schema, title, description and look. */
  constructor(title: string, alt: string, spec: Record<string, unknown>) {
    this.title = title;
    this.alt = `${title}. ${alt}`;
    this.spec = {
      $schema: "https://vega.github.io/schema/vega-lite/v5.json",
      title,
      description: this.alt,
      background: "white",
      config: LOOK,
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
      const svg = standAlone(await view.toSVG());
      return new Figure({ title: "", alt: this.alt, svg }); // the title is in the picture
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
      "text/plain": `Chart: ${this.alt}`,
    };
  }
}
