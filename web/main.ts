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
import { byId, on, once, onFile } from "./page.ts";
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
    const [a, b] = readings;
    byId("answer").replaceChildren(
      ...answerOf(a?.answer, b?.answer, a && Math.max(...Array.from(a.outputs))),
    );
  }
}

/** Below this output an answer is a guess. A network has no other way to say that it sees no digit. */
const SURE = 0.7;

function answerOf(
  a: number | undefined,
  b: number | undefined,
  sure = 0,
): (string | HTMLElement)[] {
  if (a === undefined) {
    if (!best) return ["The networks are on their way …"];
    return [pad.hasPhoto ? "There is no digit in that photo." : "Write a digit from 0 to 9."];
  }
  const strong = Object.assign(document.createElement("strong"), { textContent: a });
  if (sure < SURE) strong.append("?");
  if (b === undefined) return [strong, " says the best network."];
  return a === b ? [strong, " say both."] : [strong, ` says the best network, ${b} the article's.`];
}

// --- writing -----------------------------------------------------------------------------------------

let asked: number | undefined, isEnded = false;
const pad = new Pad(byId<HTMLCanvasElement>("pad"), (isWhole) => {
  isEnded ||= isWhole;
  asked ??= requestAnimationFrame(() => { // once a frame is enough
    const picture = pad.isEmpty ? undefined : pad.picture();
    X = picture && centred(picture);
    showFrame(byId("frame"), picture && !pad.hasPhoto ? frameOf(picture) : undefined);
    show(isEnded);
    asked = undefined;
    isEnded = false;
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
on("undo", "click", "answer", () => {
  if (!pad.undo()) cells.undo();
});
const keys = byId<HTMLDetailsElement>("keys"), grid = byId("cells");
keys.addEventListener("toggle", () => {
  grid.hidden = !keys.open;
  if (keys.open) grid.querySelector<HTMLElement>("[tabindex='0']")!.focus();
});
grid.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  keys.open = false;
  keys.querySelector("summary")!.focus();
});
on("pen", "input", "answer", (event) => {
  pad.pen = (event.target as HTMLInputElement).valueAsNumber / 100;
});
on("clear", "click", "answer", () => {
  cells.clear();
  pad.clear();
});
onFile("photo", "answer", async (file) => {
  const photo = await createImageBitmap(file).catch(() => undefined);
  if (!photo) throw new Error(`${file.name} is no picture that this browser can read.`);
  cells.clear();
  pad.clear(photo);
});
for (const input of document.getElementsByName("which")) {
  input.addEventListener("change", () => show(false));
}

// --- a set of one's own ------------------------------------------------------------------------------

let own: Digits | undefined;

const label = byId<HTMLSelectElement>("label");
for (let digit = 0; digit < 10; digit++) label.add(new Option(String(digit)));

let isLearning = false;

/** Trains on from a set, and keeps it once that was done. */
async function teach(set: Digits): Promise<void> {
  if (!best) throw new Error("The network is on its way.");
  if (isLearning) throw new Error("One moment: it is learning.");
  isLearning = true;
  try {
    await learn(set);
  } finally {
    isLearning = false;
  }
}

async function learn(set: Digits): Promise<void> {
  byId("taught").textContent = "Learning …";
  const others = await loadDigits();
  const countRight = ({ X, y }: Digits) => Math.round(best!.score(X, y) * y.length);
  const before = countRight(others);
  best = await learnOwn(best!, set, others);
  own = set;
  const last = set.y.at(-1), answer = best.predict(set.X.slice(-1))[0];
  byId("taught").textContent =
    `${
      answer === last
        ? `It reads this one as ${last} now.`
        : `It could not learn that this is a ${last}.`
    } ` +
    `Of your ${set.y.length} it reads ${
      countRight(set)
    } right; of the ${others.y.length} that it is ` +
    `not to forget ${countRight(others)}, before ${before}.`;
  show(true);
}

on("teach", "submit", "taught", async (event) => {
  event.preventDefault();
  if (!X) throw new Error("Write a digit first.");
  await teach(addDigit(own, X, Number(label.value)));
  label.value = "";
});
on("forget", "click", "taught", () => {
  if (isLearning) throw new Error("One moment: it is learning.");
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
onFile("load", "taught", async (file) => {
  await teach(readDigits(new Uint8Array(await file.arrayBuffer()), file.name));
});

// --- training ----------------------------------------------------------------------------------------

/** The digits that the article's network learns, and how: loaded when they are first needed. */
const loadDigits = once(async () => readDigits(await load("digits.bin"), "digits.bin"));
const loadRun = once(() => loadJSON<Run>("run.bin"));

let training: AbortController | undefined;
on("start", "click", "progress", async () => {
  if (training) return training.abort();
  training = new AbortController();
  byId("start").textContent = "Stop";
  try {
    await trainHere(await loadDigits(), await loadRun(), (net) => {
      article = net;
      show(false);
      return X && read(net, X).answer;
    }, training.signal);
    show(X !== undefined);
  } finally {
    training = undefined;
    byId("start").textContent = "Train again";
  }
});
addXor();

// --- loading: the best network first -----------------------------------------------------------------

try {
  best = original = Pipeline.fromJSON(await loadJSON("best.bin"));
  show(true);
  article = NNClassifier.fromJSON(await loadJSON("article.bin"));
  show(X !== undefined);
  addSamples(byId("rows"), await loadJSON<Samples[]>("samples.bin"), async (picture) => {
    cells.clear();
    showFrame(byId("frame"), undefined);
    pad.showOnly(await createImageBitmap(pictureOf(picture)));
    if (asked !== undefined) cancelAnimationFrame(asked); // it would read the pad
    asked = undefined;
    X = picture;
    show(true);
    byId("write").scrollIntoView({ block: "nearest" }); // on a phone it is far above
  });
} catch (error) {
  byId("answer").textContent = (error as Error).message;
}
const { offline } = document.documentElement.dataset; // said by the build
if (offline !== undefined && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("sw.js").catch(() => {}); // then it is not kept, no more
}
