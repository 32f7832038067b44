/** Notebook files (nbformat 4.5): reading, writing, and what of their outputs is compared. */

import { dirname, join } from "@std/path";

/** A notebook as its file holds it. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** One cell. */
export interface Cell {
  id: string;
  cell_type: "code" | "markdown" | "raw";
  metadata: { tags?: string[] };
  source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}

/** A part of a MIME bundle: text, as a whole or in lines, or JSON. */
export type MimeData = string | string[] | Record<string, unknown>;

/** One output of a code cell. */
export type Output =
  | { output_type: "stream"; name: string; text: string | string[] }
  | {
    output_type: "display_data" | "execute_result";
    data: Record<string, MimeData>;
    metadata: Record<string, unknown>;
    execution_count?: number | null;
  }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

/** The tag of a cell whose outputs differ from run to run, such as times: they must be there, no more. */
export const VOLATILE = "volatile";

/** Begins the tag of a cell whose picture is also kept as a file, for the README: `image:NAME`. */
const IMAGE = "image:";

/** The pictures that are also kept as files, by their paths relative to the notebook's folder. */
export function imagesOf(notebook: Notebook): Map<string, Uint8Array<ArrayBuffer>> {
  const images = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const cell of notebook.cells) {
    const tag = cell.metadata.tags?.find((tag) => tag.startsWith(IMAGE));
    if (tag === undefined) continue;
    for (const output of cell.outputs ?? []) {
      const png = "data" in output ? output.data["image/png"] : undefined;
      if (typeof png === "string") {
        images.set(`images/${tag.slice(IMAGE.length)}.png`, Uint8Array.fromBase64(png));
      }
    }
  }
  return images;
}

/** Reads a notebook. */
export async function readNotebook(path: string): Promise<Notebook> {
  const notebook = JSON.parse(await Deno.readTextFile(path));
  if (!Array.isArray(notebook?.cells)) {
    throw new Error("it is no notebook: it has no list of cells");
  }
  return notebook;
}

/** Writes a notebook as Jupyter does, with one space of indentation, and the pictures that are kept as files. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(notebook, null, 1) + "\n");
  for (const [name, png] of imagesOf(notebook)) {
    const file = join(dirname(path), name);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, png);
  }
}

/** Whether the cell has the tag. */
export function hasTag(cell: Cell, tag: string): boolean {
  return cell.metadata.tags?.includes(tag) ?? false;
}

/** A text that may be a list of lines. */
export function joined(text: string | string[]): string {
  return Array.isArray(text) ? text.join("") : text;
}

/** The outputs in the form that files have: texts as lists of lines. */
export function toFileForm(outputs: readonly Output[]): Output[] {
  const lines = (text: string | string[]) => joined(text).split(/(?<=\n)/);
  return outputs.map((output) => {
    if (output.output_type === "stream") return { ...output, text: lines(output.text) };
    if (output.output_type === "error") return output;
    const data = Object.entries(output.data).map(([type, content]) => {
      const isText = type.startsWith("text/") &&
        (typeof content === "string" || Array.isArray(content));
      return [type, isText ? lines(content as string | string[]) : content];
    });
    return { ...output, data: Object.fromEntries(data) };
  });
}

/**
 * What of the outputs is compared, as text: streams joined, texts and JSON to the letter, pictures by their bytes,
 * errors by name and message (a traceback holds the paths of a machine).
 */
export function comparable(outputs: readonly Output[]): string {
  return outputs.map((output) => {
    if (output.output_type === "stream") return `${output.name}:\n${joined(output.text)}`;
    if (output.output_type === "error") return `error: ${output.ename}: ${output.evalue}\n`;
    const parts = Object.entries(output.data).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([type, content]) => {
        const text = typeof content === "string" || Array.isArray(content)
          ? joined(content)
          : JSON.stringify(content, null, 1);
        return `${type}:\n${text.replace(/\n$/, "")}\n`;
      });
    return `${output.output_type} ${JSON.stringify(output.metadata)}:\n${parts.join("")}`;
  }).join("");
}

/** What kinds of outputs there are, for cells whose outputs differ from run to run: nothing may be lost. */
export function kinds(outputs: readonly Output[]): string {
  return outputs.map((output) => {
    if (output.output_type === "stream") return `${output.name}\n`;
    if (output.output_type === "error") return `error ${output.ename}\n`;
    return `${output.output_type} ${Object.keys(output.data).sort().join(", ")}\n`;
  }).join("");
}
