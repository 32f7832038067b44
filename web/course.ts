/**
 * Writes the course as pages: each notebook as it was executed, and the files of the project that it links to. Markdown,
 * formulas and colours are made here, by marked, KaTeX (as MathML, which browsers draw themselves) and highlight.js; only
 * Vega-Lite's charts need a script in the page, `charts.ts`.
 */

// deno-lint-ignore-file no-import-prefix -- in deno.json they would be packages of the notebooks too, which share the lock

import { fromFileUrl } from "@std/path";
import { dirname, join, normalize, relative } from "@std/path/posix"; // addresses, also where files have others
import hljs from "npm:highlight.js@11.12.0/lib/core";
import json from "npm:highlight.js@11.12.0/lib/languages/json";
import typescript from "npm:highlight.js@11.12.0/lib/languages/typescript";
import { Marked } from "npm:marked@18.2.1";
import markedKatex from "npm:marked-katex-extension@5.1.13";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import { type Cell, joined, type Output, readNotebook } from "../cli/notebook/notebook.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));
hljs.registerLanguage("json", json);
hljs.registerLanguage("typescript", typescript);

/** A chapter, and where its page is, from the folder of all pages. */
interface Chapter {
  readonly title: string;
  readonly page: string;
  /** What it is about, as the README says it. */
  readonly about: string;
}

/** Writes the course into a folder: `index.html`, the chapters, and what they link to. */
export async function writeCourse(dir: string): Promise<void> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(join(ROOT, "notebooks"))) {
    if (name.endsWith(".ipynb")) files.push(`notebooks/${name}`);
  }
  files.sort();
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const chapters = await Promise.all(files.map(async (file): Promise<Chapter> => {
    const { cells } = await readNotebook(join(ROOT, file));
    const title = titleOf(cells);
    const about = readme.split("\n").find((line) => line.includes(`](${file}): `))!.split("): ")[1];
    return { title, page: pageOf(file), about };
  }));
  const written = new Set<string>();
  for (let file; (file = files.shift()) !== undefined;) {
    if (written.has(file)) continue;
    written.add(file);
    const page = pageOf(file);
    const linked = (path: string) => {
      files.push(path);
      return relative(dirname(page), pageOf(path));
    };
    const { title, body } = await render(file, linked);
    await Deno.mkdir(join(dir, dirname(page)), { recursive: true });
    await Deno.writeTextFile(join(dir, page), layout(title, body, page, chapters));
  }
  const list = chapters.map(({ title, page, about }) =>
    `<li><a href="${page}">${title}</a><br>${about}</li>`
  );
  const contents = `<h1>The course</h1><p>Seven notebooks, as they were executed: the article
    "Neural Network from Scratch" step by step, and where it goes on. In the project's folder
    <code>deno task lab</code> opens them, to be changed and run.</p><ul class="toc">${
    list.join("")
  }</ul>`;
  await Deno.writeTextFile(
    join(dir, "index.html"),
    layout("The course", contents, "index.html", chapters),
  );
}

/** The first line of a chapter. */
function titleOf([first]: readonly Cell[]): string {
  return escape(joined(first.source).match(/^# (.*)/)![1]);
}

/** Where the page of a file is: `notebooks/02_xor.ipynb` -> `02_xor.html`, `lib/reference.ts` -> `lib/reference.html`. */
function pageOf(file: string): string {
  return file.replace(/^notebooks\//, "").replace(/\.[a-z]+$/, ".html");
}

/** The content of a file's page. `linked` is asked for the address of the page of another one. */
async function render(
  file: string,
  linked: (path: string) => string,
): Promise<{ title: string; body: string }> {
  const markdown = markdownFor(file, linked);
  if (file.endsWith(".ipynb")) {
    const { cells } = await readNotebook(join(ROOT, file));
    const body = cells.map((cell) =>
      cell.cell_type === "code" ? codeCell(cell) : markdown(joined(cell.source))
    );
    return { title: titleOf(cells), body: body.join("\n") };
  }
  const text = await Deno.readTextFile(join(ROOT, file));
  return {
    title: file,
    body: file.endsWith(".md")
      ? markdown(text)
      : `<h1><code>${file}</code></h1>${
        code(text, file.endsWith(".json") ? "json" : "typescript")
      }`,
  };
}

/** Markdown to HTML for the page of a file. */
function markdownFor(file: string, linked: (path: string) => string): (text: string) => string {
  const marked = new Marked(markedKatex({ output: "mathml", throwOnError: true }), {
    renderer: {
      code: ({ text, lang }) => code(text, lang === "json" ? "json" : "typescript"),
      link({ href, tokens }) {
        const [path, part] = href.split("#");
        const address = /^[a-z]+:|^#/.test(href)
          ? href
          : linked(normalize(join(dirname(file), path))) + (part === undefined ? "" : `#${part}`);
        return `<a href="${escape(address)}">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  });
  return (text) =>
    (marked.parse(text) as string)
      // what can be wider than a phone scrolls by itself, by the keyboard too
      .replace(/<math [^>]*display="block">[^]*?<\/math>/g, (math) => wide("span", math))
      .replace(/<table>[^]*?<\/table>/g, (table) => wide("div", table))
      .replace(/<th( align="\w+")?><\/th>/g, "<td></td>");
}

function wide(tag: string, html: string): string {
  return `<${tag} class="wide" tabindex="0">${html}</${tag}>`;
}

function code(text: string, language: "json" | "typescript"): string {
  const { value } = hljs.highlight(text.trimEnd(), { language });
  return `<pre class="code" tabindex="0"><code>${value}</code></pre>`;
}

function codeCell({ source, outputs = [] }: Cell): string {
  const shown = outputs.map(outputOf).filter((html) => html !== "").join("\n");
  return `${code(joined(source), "typescript")}
${shown && `<div class="output" tabindex="0" role="group" aria-label="Output">${shown}</div>`}`;
}

/** An output in the richest form that a page can show. */
function outputOf(output: Output): string {
  if (output.output_type === "stream") return plain(joined(output.text));
  if (output.output_type === "error") return plain(`${output.ename}: ${output.evalue}`);
  const { data } = output, text = (type: string) => joined(data[type] as string | string[]);
  const chart = data["application/vnd.vegalite.v5+json"];
  if (chart) {
    const { $schema: _, ...spec } = chart as Record<string, unknown>; // drawn by version 6, which wants its own
    const vega = JSON.stringify(compile(spec as unknown as TopLevelSpec).spec);
    return `<div class="chart"><img alt="${escape(String(spec.description))}"
      src="data:image/png;base64,${text("image/png")}"><script type="application/json">${
      vega.replaceAll("<", "\\u003c")
    }</script></div>`;
  }
  return data["text/html"] ? text("text/html") : plain(text("text/plain"));
}

/** Text as a terminal shows it, without its colours. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- the sequences that set colours
  return `<pre>${escape(text.replace(/\x1b\[[\d;]*m/g, ""))}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** A whole page. Styles stand in the outputs of notebooks too, so the policy allows them inline, but no script. */
function layout(title: string, body: string, page: string, chapters: readonly Chapter[]): string {
  const up = relative(dirname(page), ".") || ".", here = chapters.findIndex((c) => c.page === page);
  const link = ({ title, page }: Chapter, text = title) => `<a href="${up}/${page}">${text}</a>`;
  const items = chapters.map((chapter, i) =>
    `<li${i === here ? ' aria-current="page"' : ""}>${link(chapter)}</li>`
  );
  const next = chapters.slice(here + 1)[0], previous = chapters[here - 1];
  const ends = here < 0
    ? ""
    : `<nav class="ends" aria-label="Previous and next">${
      previous ? link(previous, `← ${previous.title}`) : "<span></span>"
    }${next ? link(next, `${next.title} →`) : ""}</nav>`;
  const charts = body.includes('class="chart"')
    ? `\n    <script type="module" src="${up}/charts.js"></script>`
    : "";
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta
      http-equiv="Content-Security-Policy"
      content="default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'"
    >
    <meta name="color-scheme" content="light dark">
    <title>${title}: a neural network from scratch</title>
    <link rel="icon" href="${up}/../icon.svg">
    <link rel="stylesheet" href="${up}/../style.css">
    <link rel="stylesheet" href="${up}/course.css">${charts}
  </head>
  <body class="course">
    <header>
      <nav aria-label="Site">
        <a href="${up}/../">Write a digit</a>
        <a href="${up}/">The course</a>
        <a href="${up}/../reference/">Reference</a>
      </nav>
      <details>
        <summary>Chapters</summary>
        <ol class="chapters">${items.join("")}</ol>
      </details>
    </header>
    <main>
${body}
    </main>
    ${ends}
  </body>
</html>
`;
}
