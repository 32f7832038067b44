/** The ten outputs of both networks: a table whose cells have a bar behind their number. */

import type { Reading } from "./models.ts";

/** The rows of the ten digits. */
export class Bars {
  readonly #rows: readonly { digit: HTMLElement; cells: readonly HTMLElement[] }[];

  /** Fills the body of a table. */
  constructor(body: HTMLTableSectionElement) {
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const row = body.insertRow(), head = document.createElement("th");
      head.scope = "row";
      head.textContent = String(digit);
      row.append(head);
      return { digit: head, cells: [row.insertCell(), row.insertCell()] };
    });
    this.show([undefined, undefined]);
  }

  /** Shows the best network's reading and the article's; none where nothing is written. */
  show(readings: readonly (Reading | undefined)[]): void {
    this.#rows.forEach(({ cells }, digit) =>
      cells.forEach((cell, i) => {
        const output = readings[i]?.outputs[digit] ?? 0;
        cell.style.setProperty("--share", String(output));
        cell.textContent = readings[i] ? `${(100 * output).toFixed(1)} %` : "–";
        cell.classList.toggle("answer", readings[i]?.answer === digit);
      })
    );
  }
}
