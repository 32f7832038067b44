/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
/**
 * The page: write a digit, watch two networks read it, train one. This file wires the parts together; what is computed, the
 * library computes.
 */

import { centerDigit, type Matrix, NNClassifier, Pipeline, ValueError } from "../lib/mod.ts";
import { Bars } from "./bars.ts";
import { addCells, frameOf, Pad, showFrame } from "./draw.ts";
import {
  type Digits,
  load,
  loadJSON,
  read,
  readDigits,
  type Run,
  type Samples,
  writeDigits,
} from "./models.ts";
import { addDigit, learnOwn } from "./own.ts";
import { byId, on } from "./page.ts";
import { addSamples, paintPicture, pictureOf } from "./samples.ts";
import { trainHere } from "./train.ts";
import { Units } from "./units.ts";
import { addXor } from "./xor.ts";

// --- reading -----------------------------------------------------------------------------------------

let original: Pipeline | undefined, best: Pipeline | undefined, article: NNClassifier | undefined;
/** The picture that is read, 1 x 784. */
let X: Matrix | undefined;

const bars = new Bars(byId<HTMLTableElement>("bars").tBodies[0]);
const units = new Units(byId("units"), byId("unit"));

/** Has both networks read. The answer is announced when a stroke has ended, not with every piece of it. */
function show(isWhole: boolean): void {
  const models = [best, article];
  const readings = models.map((model) => X && model ? read(model, X) : undefined);
  const which = document.querySelector<HTMLInputElement>("[name=which]:checked")!.value;
  const i = which === "article" ? 1 : 0;
  bars.show(readings);
  units.show(models[i], readings[i]);
  paintPicture(byId<HTMLCanvasElement>("seen"), X);
  byId("seen").ariaLabel = X ? "The digit, centred, 28 by 28 pixels" : "Nothing yet";
  byId("box").classList.toggle("empty", !X);
  byId("hint").hidden = X !== undefined || !pad.isEmpty;
  if (isWhole) {
    byId("answer").replaceChildren(...answerOf(readings[0]?.answer, readings[1]?.answer));
  }
}

function answerOf(a: number | undefined, b: number | undefined): (string | HTMLElement)[] {
  if (a === undefined) {
    return [best ? "Write a digit from 0 to 9." : "The networks are on their way …"];
  }
  const strong = Object.assign(document.createElement("strong"), { textContent: a });
  if (b === undefined) return [strong, " says the best network."];
  return a === b ? [strong, " say both."] : [strong, ` says the best network, ${b} the article's.`];
}

// --- writing -----------------------------------------------------------------------------------------

let isAsked = false, isEnded = false;
const pad = new Pad(byId<HTMLCanvasElement>("pad"), (isWhole) => {
  isEnded ||= isWhole;
  if (isAsked) return; // once a frame is enough
  isAsked = true;
  requestAnimationFrame(() => {
    const picture = pad.isEmpty ? undefined : pad.picture();
    X = picture && centred(picture);
    showFrame(byId("frame"), picture && !pad.hasPhoto ? frameOf(picture) : undefined);
    show(isEnded);
    isAsked = isEnded = false;
  });
});

/** The digit of a picture; none where it shows nothing but paper. */
function centred(picture: ImageData): Matrix | undefined {
  try {
    return centerDigit(picture, { ink: pad.hasPhoto ? "auto" : "dark" });
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

const cells = addCells(byId("cells"), pad);
on("undo", "click", "answer", () => pad.undo());
on("pen", "input", "answer", (event) => {
  pad.pen = (event.target as HTMLInputElement).valueAsNumber / 100;
});
on("clear", "click", "answer", () => {
  cells.clear();
  pad.clear();
});
on("photo", "change", "answer", async (event) => {
  const [file] = (event.target as HTMLInputElement).files!;
  if (!file) return;
  cells.clear();
  pad.clear(await createImageBitmap(file));
});
for (const input of document.getElementsByName("which")) {
  input.addEventListener("change", () => show(false));
}

// --- a set of one's own ------------------------------------------------------------------------------

let own: Digits | undefined;

const label = byId<HTMLSelectElement>("label");
for (let digit = 0; digit < 10; digit++) label.add(new Option(String(digit)));

/** Trains on from a set, and keeps it once that was done. */
async function teach(set: Digits): Promise<void> {
  byId("taught").textContent = "Learning …";
  const others = await digits,
    countRight = ({ X, y }: Digits) => Math.round(best!.score(X, y) * y.length);
  const before = countRight(others);
  best = await learnOwn(best!, set, others);
  own = set;
  byId("taught").textContent =
    `${countRight(set)} of your ${set.y.length} right; of ${others.y.length} others ` +
    `${countRight(others)}, before ${before}.`;
  show(true);
}

on("teach", "submit", "taught", async (event) => {
  event.preventDefault();
  if (!X) throw new Error("Write a digit first.");
  await teach(addDigit(own, X, Number(label.value)));
  label.value = "";
});
on("forget", "click", "taught", () => {
  own = undefined;
  best = original;
  byId("taught").textContent = "The best network is as it came.";
  show(true);
});
on("save", "click", "taught", () => {
  if (!own) throw new Error("There are none yet: say what a digit was.");
  const href = URL.createObjectURL(new Blob([writeDigits(own)]));
  Object.assign(document.createElement("a"), { href, download: "my-digits.npy" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
});
on("load", "change", "taught", async (event) => {
  const [file] = (event.target as HTMLInputElement).files!;
  if (file) await teach(readDigits(new Uint8Array(await file.arrayBuffer()), file.name));
});

// --- training ----------------------------------------------------------------------------------------

let training: AbortController | undefined;
on("start", "click", "progress", async () => {
  if (training) return training.abort();
  training = new AbortController();
  byId("start").textContent = "Stop";
  try {
    await trainHere(await digits, await run, (net) => {
      article = net;
      show(false);
    }, training.signal);
    show(X !== undefined);
  } finally {
    training = undefined;
    byId("start").textContent = "Train again";
  }
});
addXor();

// --- loading: the best network first -----------------------------------------------------------------

const first = loadJSON<never>("best.bin"), second = loadJSON<never>("article.bin");
const samples = loadJSON<Samples[]>("samples.bin"), run = loadJSON<Run>("run.bin");
const digits = load("digits.bin").then((bytes) => readDigits(bytes, "digits.bin"));
try {
  best = original = Pipeline.fromJSON(await first);
  show(true);
  article = NNClassifier.fromJSON(await second);
  show(X !== undefined);
  addSamples(byId("rows"), await samples, async (picture) => {
    cells.clear();
    showFrame(byId("frame"), undefined);
    pad.showOnly(await createImageBitmap(pictureOf(picture)));
    X = picture;
    show(true);
  });
} catch (error) {
  byId("answer").textContent = (error as Error).message;
}
if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js"); // then it works offline
