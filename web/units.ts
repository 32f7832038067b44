/** The hidden units that answer most, each as a picture of its weights; one of them enlarged, with what it speaks for. */

import { classifierOf } from "../lib/pipeline.ts";
import type { Model, Reading } from "./models.ts";

/** How many speak for the answer, and how many against it. */
const FOR = 8, AGAINST = 4;
const PLUS = [37, 99, 235], MINUS = [217, 83, 0];

/** A unit and how much it adds to the net input of the answer. */
interface Voice {
  readonly unit: number;
  readonly push: number;
}

/** A list of units. */
export class Units {
  readonly #items: readonly { button: HTMLButtonElement; canvas: HTMLCanvasElement; text: Text }[];
  readonly #dialog: HTMLDialogElement;
  #now: { model: Model; reading: Reading; voices: readonly Voice[] } | undefined;

  /** Fills a list. */
  constructor(list: HTMLElement, dialog: HTMLDialogElement) {
    this.#dialog = dialog;
    this.#items = Array.from({ length: FOR + AGAINST }, (_, i) => {
      const item = document.createElement("li"), button = document.createElement("button");
      const canvas = document.createElement("canvas"), text = new Text("–");
      canvas.width = canvas.height = 28;
      button.append(canvas, text);
      button.disabled = true;
      button.addEventListener("click", () => this.#enlarge(i));
      item.append(button);
      list.append(item);
      return { button, canvas, text };
    });
  }

  /** Shows the units that answer; none where nothing is written. */
  show(model: Model | undefined, reading: Reading | undefined): void {
    if (!model || !reading) {
      this.#now = undefined;
      for (const { button, canvas, text } of this.#items) {
        button.disabled = true;
        button.ariaLabel = "no unit answers yet";
        text.data = "–";
        canvas.getContext("2d")!.clearRect(0, 0, 28, 28);
      }
      return;
    }
    const { hidden, answer } = reading, [first, second] = classifierOf(model).weights;
    const all = Array.from(
      hidden,
      (act, unit) => ({ unit, push: act * second.at(answer, unit + 1) }),
    )
      .sort((a, b) => b.push - a.push);
    const voices = [...all.slice(0, FOR), ...all.slice(-AGAINST)];
    this.#now = { model, reading, voices };
    this.#items.forEach(({ button, canvas, text }, i) => {
      const { unit, push } = voices[i];
      paintWeights(canvas, first.row(unit).data);
      text.data = signed(push);
      button.disabled = false;
      button.ariaLabel = `unit ${unit + 1}, ${signed(push)} for ${answer}: enlarge`;
    });
  }

  #enlarge(i: number): void {
    const { model, reading: { hidden, answer }, voices } = this.#now!, { unit, push } = voices[i];
    const [first, second] = classifierOf(model).weights, dialog = this.#dialog;
    const out = Array.from({ length: 10 }, (_, digit) => ({ digit, w: second.at(digit, unit + 1) }))
      .sort((a, b) => b.w - a.w);
    const list = (some: typeof out) =>
      some.map(({ digit, w }) => `${digit} (${signed(w)})`).join(", ");
    paintWeights(dialog.querySelector("canvas")!, first.row(unit).data);
    dialog.querySelector("canvas")!.ariaLabel = `the weights of unit ${unit + 1}`;
    dialog.querySelector("h2")!.textContent = `Hidden unit ${unit + 1}`;
    dialog.querySelector("p")!.textContent =
      `It answers ${hidden[unit].toFixed(2)} to this digit, and so adds ${
        signed(push)
      } to ${answer}. ` +
      `It speaks most for ${list(out.slice(0, 3))} and most against ${
        list(out.slice(-3).reverse())
      }.`;
    dialog.showModal();
  }
}

/** Weights without their bias in two colours, as strong as they are large. */
function paintWeights(
  canvas: HTMLCanvasElement,
  [, ...weights]: ArrayLike<number> & Iterable<number>,
) {
  const most = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const image = new ImageData(28, 28);
  weights.forEach((w, i) => {
    image.data.set(w > 0 ? PLUS : MINUS, 4 * i);
    image.data[4 * i + 3] = 255 * Math.abs(w) / most;
  });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

function signed(x: number): string {
  return `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(2)}`;
}
