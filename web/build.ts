/**
 * Writes the page as a static site into a folder: a bundle, three files as they are, and its data, made by the library from
 * MNIST and `data/`. The article's network is trained for it, and is compared with `data/runs.json`.
 */

import { fromFileUrl, join } from "@std/path";
import { loadSplit, makeNetwork } from "../cli/experiment.ts";
import { STANDARD_RUNS } from "../cli/standard_runs.ts";
import { hashWeights, Pipeline } from "../lib/mod.ts";
import { loadMnist } from "../lib/mnist.ts";
import { sha256 } from "../lib/sha256.ts";
import { type Run, type Samples, writeDigits } from "./models.ts";

const here = (name: string) => fromFileUrl(new URL(name, import.meta.url));

/** Writes the site. */
export async function buildSite(dir: string): Promise<void> {
  await Deno.mkdir(join(dir, "data"), { recursive: true });
  for (const name of ["index.html", "style.css", "icon.svg"]) {
    await Deno.copyFile(here(name), join(dir, name));
  }
  await bundle("main.ts", join(dir, "main.js"));
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
  const write = (name: string, content: Uint8Array<ArrayBuffer> | object) =>
    writeZipped(join(dir, "data", `${name}.bin`), content);
  await write("best", best);
  await write("article", net);
  await write("run", run);
  await write("digits", writeDigits({ X: split.trainX, y: [...split.trainY] }));
  await write("samples", await chooseSamples(best, net));
  await writeServiceWorker(dir);
}

/** It keeps all files of the site, under a name that their content gives. */
async function writeServiceWorker(dir: string): Promise<void> {
  const names = ["index.html", "style.css", "icon.svg", "main.js"];
  for await (const { name } of Deno.readDir(join(dir, "data"))) names.push(`data/${name}`);
  names.sort();
  const files = await Promise.all(names.map((name) => Deno.readFile(join(dir, name))));
  const version = sha256(new Uint8Array(await new Blob(files).arrayBuffer()));
  await bundle("sw.ts", join(dir, "sw.js"));
  const code = await Deno.readTextFile(join(dir, "sw.js"));
  const head = `const VERSION = ${JSON.stringify(version)}, FILES = ${JSON.stringify(names)};\n`;
  await Deno.writeTextFile(join(dir, "sw.js"), head + code);
}

/** Test digits: two of each that both get right, then some that only the better one does, then some that none does. */
async function chooseSamples(best: Pipeline, article: ReturnType<typeof makeNetwork>) {
  const { images, labels } = await loadMnist({ split: "test" });
  const [a, b] = [best.predict(images), article.predict(images)];
  const choose = (title: string, each: number, fits: (i: number) => boolean): Samples => {
    const at = Array.from({ length: 10 }, (_, digit) => {
      const rows = [...labels.keys()].filter((i) => labels[i] === digit && fits(i));
      return rows.slice(0, each);
    }).flat();
    return { title, labels: at.map((i) => labels[i]), pixels: [...images.take(at).data] };
  };
  return [
    choose("Both get these right", 1, (i) => a[i] === labels[i] && b[i] === labels[i]),
    choose("Only the best network does", 1, (i) => a[i] === labels[i] && b[i] !== labels[i]),
    choose("Neither does", 1, (i) => a[i] !== labels[i] && b[i] !== labels[i]),
  ];
}

/** Zipped here and unzipped in the page: then no host has to know how. */
async function writeZipped(path: string, content: Uint8Array<ArrayBuffer> | object): Promise<void> {
  const part = content instanceof Uint8Array ? content : JSON.stringify(content);
  const stream = new Blob([part]).stream().pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(path, stream);
}

async function bundle(entry: string, path: string): Promise<void> {
  const args = ["bundle", "--quiet", "--platform=browser", "--minify", "-o", path, here(entry)];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(`build: ${entry} cannot be bundled`);
}
