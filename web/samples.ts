/** Test digits to choose: easy ones, those that need the better network, and those that both get wrong. */

import { Matrix } from "../lib/mod.ts";
import type { Samples } from "./models.ts";

/** Fills an element with rows of buttons. */
export function addSamples(
  element: HTMLElement,
  rows: readonly Samples[],
  onChoice: (X: Matrix) => void,
): void {
  for (const { title, labels, pixels } of rows) {
    const heading = Object.assign(document.createElement("h3"), { textContent: title });
    const list = document.createElement("div");
    list.className = "samples";
    labels.forEach((label, i) => {
      const button = document.createElement("button"), canvas = document.createElement("canvas");
      const X = Matrix.fromArray(Uint8Array.from(pixels.slice(784 * i, 784 * (i + 1))), [1, 784]);
      canvas.width = canvas.height = 28;
      paintPicture(canvas, X);
      button.append(canvas, String(label));
      button.ariaLabel = `a ${label}`;
      button.addEventListener("click", () => onChoice(X));
      list.append(button);
    });
    element.append(heading, list);
  }
}

/** 28 x 28 bytes of ink as a picture on white paper; white alone where there is nothing. */
export function pictureOf(X: Matrix | undefined): ImageData {
  const image = new ImageData(28, 28);
  for (let i = 0; i < 784; i++) {
    const grey = 255 - (X?.data[i] ?? 0);
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  return image;
}

/** The same on a canvas. */
export function paintPicture(canvas: HTMLCanvasElement, X: Matrix | undefined): void {
  canvas.getContext("2d")!.putImageData(pictureOf(X), 0, 0);
}
