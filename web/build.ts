/**
 * Writes the static site into a folder: the page, the course, and the reference that Deno makes of the library.
 *
 * The page is a bundle, three files as they are, and its data, made by the library from MNIST and `data/`. The article's
 * network is trained for it, and is compared with `data/runs.json`.
 */

import { fromFileUrl, join } from "@std/path";
import { loadSplit, makeNetwork } from "../cli/training/experiment.ts";
import { STANDARD_RUNS } from "../cli/training/standard_runs.ts";
import { hashWeights, Pipeline } from "../lib/mod.ts";
import { loadMnist } from "../lib/mnist.ts";
import { Sha256 } from "../lib/sha256.ts";
import unread from "../data/unread.json" with { type: "json" };
import { writeCourse } from "./course.ts";
import { type Run, type Samples, writeDigits } from "./models.ts";

const here = (name: string) => fromFileUrl(new URL(name, import.meta.url));

/** The parts of the library that the reference describes. */
const DOCUMENTED = ["mod.ts", "csv.ts", "mnist.ts", "reference.ts"];

/** Writes the site. Visitors' browsers keep it for when there is no network, if `isKeptOffline` says so. */
export async function buildSite(dir: string, { isKeptOffline = true } = {}): Promise<void> {
  const pageFiles = await writePage(dir, isKeptOffline), course = join(dir, "course");
  await writeCourse(course);
  await Deno.copyFile(here("course.css"), join(course, "course.css"));
  await bundle("charts.ts", course);
  await writeReference(join(dir, "reference"));
  await writeServiceWorker(dir, pageFiles);
}

/** Writes what Deno makes of the library, with the way back to the site, and without what a phone would cut off. */
async function writeReference(dir: string): Promise<void> {
  await runDeno([
    ...["doc", "--quiet", "--html", "--name=@scratch/nn", `--output=${dir}`],
    ...DOCUMENTED.map((name) => here(`../lib/${name}`)),
  ]);
  for (const name of filesOf(dir)) {
    if (!/\.html$|search_index/.test(name)) continue;
    const path = join(dir, name), up = "../".repeat(name.split("/").length);
    const site = `<nav class="site" aria-label="Site"><a href="${up}">Write a digit</a> ` +
      `<a href="${up}course/">The course</a></nav>`;
    // quotation marks in the names of files, which hosts read in two ways
    const text = (await Deno.readTextFile(path)).replaceAll("%22", "");
    await Deno.remove(path);
    await Deno.writeTextFile(
      path.replaceAll("%22", ""),
      text.replace("</head>", `<link rel="icon" href="${up}icon.svg"></head>`)
        .replace("<body>", `<body>${site}`),
    );
  }
  await Deno.writeTextFile(
    join(dir, "styles.css"),
    `
.site { display: flex; gap: 1.25rem; padding: 0.5rem 1rem; font-family: system-ui, sans-serif; }
.site a { text-decoration: underline; }
.ddoc * { min-width: 0; overflow-wrap: anywhere; }
#topnav input { width: 9rem; }
.ddoc pre { max-width: calc(100vw - 3rem); overflow-x: auto; }
`,
    { append: true },
  );
}

/** Writes the page, and gives the names of its files. */
async function writePage(dir: string, isKeptOffline: boolean): Promise<string[]> {
  await Deno.mkdir(join(dir, "data"), { recursive: true });
  const names = ["index.html", "style.css", "icon.svg"];
  for (const name of names) await Deno.copyFile(here(name), join(dir, name));
  if (isKeptOffline) {
    const path = join(dir, "index.html"), text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("<html", "<html data-offline"));
  }
  names.push(...await bundle("main.ts", dir));
  const [article] = STANDARD_RUNS, split = await loadSplit(article.settings);
  const net = makeNetwork(article.settings, split);
  const run: Run = {
    options: net.getParams(),
    trainCorrect: article.trainCorrect,
    weightsSha256: article.weightsSha256,
  };
  net.fit(split.trainX, split.trainY);
  if (hashWeights(net.weights) !== article.weightsSha256) {
    throw new Error("build: the article's network is not that of data/runs.json");
  }
  const text = await Deno.readTextFile(here("../data/models/digits.json"));
  const best = Pipeline.fromJSON(JSON.parse(text));
  const write = async (name: string, content: Uint8Array<ArrayBuffer> | object) => {
    await writeZipped(join(dir, "data", `${name}.bin`), content);
    names.push(`data/${name}.bin`);
  };
  await write("best", best);
  await write("article", net);
  await write("run", run);
  await write("digits", writeDigits({ X: split.trainX, y: [...split.trainY] }));
  await write("samples", await chooseSamples(best, net));
  return names;
}

/** The names of all files of a folder and the folders in it, in order; of no links. */
export function filesOf(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isFile, isDirectory }) =>
    isDirectory ? filesOf(join(dir, name)).map((inner) => `${name}/${inner}`) : isFile ? [name] : []
  ).sort();
}

/** It keeps the files of the page, under a name that the content of the whole site gives. */
async function writeServiceWorker(dir: string, pageFiles: readonly string[]): Promise<void> {
  const hash = new Sha256();
  for (const name of filesOf(dir)) {
    if (name === "sw.js") continue; // of an older build
    hash.update(new TextEncoder().encode(name)).update(await Deno.readFile(join(dir, name)));
  }
  await bundle("sw.ts", dir);
  const code = await Deno.readTextFile(join(dir, "sw.js"));
  const head = `const VERSION = "${hash.digest()}", FILES = ${JSON.stringify(pageFiles)};\n`;
  await Deno.writeTextFile(join(dir, "sw.js"), head + code);
}

/** Test digits: one of each that both get right, one that only the better one does; and those that no network of six does. */
async function chooseSamples(best: Pipeline, article: ReturnType<typeof makeNetwork>) {
  const { images, labels } = await loadMnist({ split: "test" });
  const [a, b] = [best.predict(images), article.predict(images)];
  const samplesAt = (title: string, at: readonly number[]): Samples => (
    { title, labels: at.map((i) => labels[i]), pixels: [...images.take(at).data] }
  );
  const firstOfEach = (fits: (i: number) => boolean) =>
    Array.from(
      { length: 10 },
      (_, digit) => labels.findIndex((label, i) => label === digit && fits(i)),
    );
  return [
    samplesAt(
      "Both read these right",
      firstOfEach((i) => a[i] === labels[i] && b[i] === labels[i]),
    ),
    samplesAt(
      "Only the best network does",
      firstOfEach((i) => a[i] === labels[i] && b[i] !== labels[i]),
    ),
    samplesAt("None of chapter 7’s six networks reads these", unread.testDigits),
  ];
}

/** Zipped here and unzipped in the page: then no host has to know how. */
async function writeZipped(path: string, content: Uint8Array<ArrayBuffer> | object): Promise<void> {
  const part = content instanceof Uint8Array ? content : JSON.stringify(content);
  const stream = new Blob([part]).stream().pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(path, stream);
}

/** Bundles a file, and apart from it what it imports when it is first needed. Gives the names of the files. */
async function bundle(entry: string, dir: string): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "nn-bundle-" }); // in `dir` there may be those of another build
  try {
    const options = ["--quiet", "--platform=browser", "--minify", "--code-splitting"];
    await runDeno(["bundle", ...options, `--outdir=${folder}`, here(entry)]);
    const names = filesOf(folder);
    for (const name of names) await Deno.copyFile(join(folder, name), join(dir, name));
    return names;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs Deno with the lock file that has what only this project's developers, and this site, need. */
async function runDeno([command, ...options]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [command, `--lock=${here("../dev.lock")}`, ...options],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`deno ${command} failed: ${new TextDecoder().decode(stderr)}`);
}
