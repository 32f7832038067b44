/**
 * The chapters of the course, and how many cells of code each has. The list is kept by hand: one that `deno task
 * notebooks` wrote would take over a cell that was lost, or turned into text by a slip.
 */

import { basename } from "@std/path";
import type { Notebook } from "./notebook.ts";

/** The chapters by their names: the cells of code, and how many of them have outputs. */
export const CHAPTERS: Readonly<Record<string, readonly [code: number, withOutputs: number]>> = {
  "01_background": [18, 18],
  "02_xor": [32, 28],
  "03_mnist": [34, 28],
  "04_trying_harder": [16, 15],
  "05_deep": [10, 8],
  "06_reproducible": [14, 12],
  "07_road_to_99": [16, 15],
};

/** The chapters that are not among the notebooks of a folder; of one that is not the course's and has none of them, none. */
export function missingChapters(paths: readonly string[], isCourse: boolean): string[] {
  const there = paths.map((path) => basename(path, ".ipynb")), all = Object.keys(CHAPTERS);
  const missing = all.filter((name) => !there.includes(name));
  return isCourse || missing.length < all.length ? missing : [];
}

/** What is wrong with a notebook's cells, whatever is in them: cells that nothing executes, or too few, or too many. */
export function checkCells(path: string, { cells }: Notebook): string[] {
  const file = basename(path), problems: string[] = [];
  cells.forEach((cell, i) => {
    if (cell.cell_type !== "code" && cell.cell_type !== "markdown") {
      problems.push(`${file}: cell ${i + 1} of ${cells.length} is neither code nor markdown`);
    }
  });
  const code = cells.filter((cell) => cell.cell_type === "code");
  const withOutputs = code.filter(({ outputs = [] }) => outputs.length > 0);
  if (code.length === 0) problems.push(`${file}: it has no cell of code`);
  const name = basename(path, ".ipynb");
  const [all, some] = Object.hasOwn(CHAPTERS, name)
    ? CHAPTERS[name]
    : [code.length, withOutputs.length];
  if (code.length !== all || withOutputs.length !== some) {
    problems.push(
      `${file}: it has ${code.length} cells of code, ${withOutputs.length} with outputs, and should have ${all} and ` +
        `${some}; where it is meant, change the list in cli/notebook/chapters.ts`,
    );
  }
  return problems;
}
