/** A progress bar for epochs on stderr, plain lines where stderr is no terminal; and how numbers and times are written. */

import type { Epoch } from "../../lib/mod.ts";
import { printable } from "./command.ts";
import { wrap } from "./options.ts";

/** Milliseconds between two drawings of the bar. */
const REDRAW = 80;
const BAR_WIDTH = 28;
/** The narrowest terminal that the whole line fits in; on a narrower one the bar is shorter. */
const LINE_WIDTH = 80;
/** What the validation's percentage takes of it. */
const PERCENT_WIDTH = 15;

/** Shows how far training is. */
export class Progress {
  readonly #epochs: number;
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  readonly #unit: string;
  readonly #start = performance.now();
  #drawn = -Infinity;
  /** The characters of the line that stands there. */
  #length = 0;
  #last: Epoch | undefined;
  /** How many epochs there were before the first that it was shown: where a training goes on. */
  #before = 0;

  /** @param epochs How many there will be; or what else `unit` says. */
  constructor(
    epochs: number,
    isTerminal: boolean = Deno.stderr.isTerminal(),
    write: (text: string) => void = writeToStderr,
    columns: () => number = terminalColumns,
    unit = "epoch",
  ) {
    this.#epochs = epochs;
    this.#isTerminal = isTerminal;
    this.#write = write;
    this.#columns = columns;
    this.#unit = unit;
    if (isTerminal) this.#draw(0, "");
  }

  /** Shows the epoch that has just ended: every now and then on a terminal, elsewhere each tenth of all. */
  update(last: Epoch): void {
    if (!this.#last) this.#before = last.epoch - 1;
    this.#last = last;
    this.#show(last, this.#left(last.epoch));
  }

  #show({ epoch, error, validation }: Epoch, time: string): void {
    const right = validation ? `  right ${(100 * validation.accuracy).toFixed(2)} %` : "";
    const text = `error ${error.toPrecision(5)}${right}  ${time}`;
    if (this.#isTerminal) {
      const now = performance.now();
      if (epoch < this.#epochs && now - this.#drawn < REDRAW) return;
      this.#drawn = now;
      this.#draw(epoch, text);
    } else if (
      Math.floor(epoch * 10 / this.#epochs) > Math.floor((epoch - 1) * 10 / this.#epochs)
    ) {
      this.#write(`${this.#unit} ${epoch}/${this.#epochs}  ${text}\n`);
    }
  }

  /** Ends the line of the bar, which shows the last epoch, also where it is not the last of all. */
  end(): void {
    if (!this.#isTerminal) return;
    if (this.#last && this.#last.epoch < this.#epochs) {
      this.#drawn = -Infinity;
      this.#show(this.#last, seconds((performance.now() - this.#start) / 1000));
    }
    this.#write("\n");
  }

  #draw(epoch: number, text: string): void {
    const columns = this.#columns(); // asked each time: a window may have become narrower
    const spare = columns - LINE_WIDTH - (text.includes("%") ? PERCENT_WIDTH : 0);
    const width = Math.max(0, Math.min(BAR_WIDTH, BAR_WIDTH + spare));
    const filled = Math.round(epoch / this.#epochs * width);
    const bar = "█".repeat(filled) + "░".repeat(width - filled);
    const line = `${bar} ${this.#unit} ${epoch}/${this.#epochs}  ${text}`.trimStart()
      .slice(0, columns - 1); // one that wraps could not be drawn over
    // but the last one has been wrapped where the window is narrower now: it begins some lines above
    const above = "\x1b[A\x1b[K".repeat(Math.floor(Math.max(0, this.#length - 1) / columns));
    this.#write(`\r\x1b[K${above}${line}`);
    this.#length = line.length;
  }

  #left(epoch: number): string {
    const elapsed = (performance.now() - this.#start) / 1000;
    if (epoch === this.#epochs) return `${seconds(elapsed)}`;
    return `${seconds(elapsed / (epoch - this.#before) * (this.#epochs - epoch))} left`;
  }
}

/** 75.3 -> "1 min 15 s"; 2.34 -> "2.3 s". */
export function seconds(s: number): string {
  if (s >= 60) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return s >= 10 ? `${s.toFixed(0)} s` : `${s.toFixed(1)} s`;
}

/** 59500 -> "59,500", in every locale. */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** How many characters fit into a line of the terminal. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return LINE_WIDTH;
  }
}

/** A terminal that is closed, or a disk that is full, is no reason to end a training. */
function writeToStderr(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // nobody is there to read it
  }
}

/** A line for people, if anybody is there to read it; in a terminal it is cut at spaces. `before` is for the terminal. */
export function tell(line: string, before = ""): void {
  const text = printable(line);
  const lines = Deno.stderr.isTerminal() ? wrap(text, terminalColumns() - 3, "\n  ") : text;
  writeToStderr(`${before}${lines}\n`);
}
