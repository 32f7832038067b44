/** XOR's decision surface, learned live: a network of three hidden units, some epochs a frame. */

import { type Epoch, Matrix, NNClassifier } from "../lib/mod.ts";
import { byId, frame, on } from "./page.ts";

const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]), Y = [0, 1, 1, 0];
/** The plane that is shown goes from -MARGIN to 1 + MARGIN. */
const SIDE = 64, MARGIN = 0.25;
const PER_FRAME = 3, ENOUGH = 0.05;
const COLOURS = [[217, 83, 0], [37, 99, 235]];

const place = (i: number) => (i + 0.5) / SIDE * (1 + 2 * MARGIN) - MARGIN;
const PLANE = Matrix.from(
  Array.from(
    { length: SIDE * SIDE },
    (_, i) => [place(i % SIDE), place(SIDE - 1 - Math.floor(i / SIDE))],
  ),
);

/** Has the section's buttons work. */
export function addXor(): void {
  let seed = 42,
    running = {},
    isRunning = false,
    net: NNClassifier,
    epochs: Generator<Epoch, void, void>;
  const restart = () => {
    net = new NNClassifier({
      ...{ nFeatures: 2, nClasses: 2, nHiddenUnits: 3, learningRate: 1 },
      ...{ epochs: 5000, randomSeed: seed },
    });
    epochs = net.train(X, Y);
    paint(net);
  };
  const pause = (state: string) => {
    isRunning = false;
    byId("learn").textContent = "Learn";
    byId("state").textContent = state;
    byId("plane").ariaLabel = `The plane between the four points. ${state}`;
  };
  on("learn", "click", "state", async () => {
    if (isRunning) return pause(`Paused after ${net.errors.length} epochs.`);
    if (net.errors.at(-1)! < ENOUGH) restart();
    isRunning = true;
    const mine = running = {}; // a loop that was paused and has not noticed yet ends
    byId("learn").textContent = "Pause";
    byId("state").textContent = "Learning …";
    for (;;) {
      await frame();
      if (!isRunning || running !== mine) return;
      for (let i = 0; i < PER_FRAME && isRunning; i++) {
        const { value, done } = epochs.next();
        if (done || value.error < ENOUGH) pause(summary(net));
      }
      paint(net);
    }
  });
  on("again", "click", "state", () => {
    seed++;
    pause(`First weights of seed ${seed}.`);
    restart();
  });
  restart();
}

function summary(net: NNClassifier): string {
  return `After ${net.errors.length} epochs ${4 * net.score(X, Y)} of 4 points right.`;
}

/** The plane in the colour of each place's answer, as pale as it is unsure; the points on it. */
function paint(net: NNClassifier): void {
  const canvas = byId<HTMLCanvasElement>("plane"), context = canvas.getContext("2d")!;
  const side = canvas.width, at = (v: number) => (v + MARGIN) / (1 + 2 * MARGIN) * side;
  const outputs = net.forward(PLANE).act.at(-1)!, image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < outputs.rows; i++) {
    const lead = outputs.at(i, 1) - outputs.at(i, 0);
    image.data.set([...COLOURS[Number(lead > 0)], 230 * Math.min(1, Math.abs(lead))], 4 * i);
  }
  const small = new OffscreenCanvas(SIDE, SIDE);
  small.getContext("2d")!.putImageData(image, 0, 0);
  context.clearRect(0, 0, side, side);
  context.drawImage(small, 0, 0, side, side);
  context.lineWidth = 4;
  Y.forEach((label, i) => {
    context.beginPath();
    context.arc(at(X.at(i, 0)), side - at(X.at(i, 1)), 14, 0, 7);
    context.fillStyle = `rgb(${COLOURS[label]})`;
    context.strokeStyle = "white";
    context.fill();
    context.stroke();
  });
}
