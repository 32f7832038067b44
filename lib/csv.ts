/**
 * CSV files as tables: the first line names the columns, every cell is a text. What a text means, a number, a category or
 * nothing, a `TableVectorizer` decides.
 *
 * The parser is that of Deno's standard library (RFC 4180). The library proper, `mod.ts`, does not know this file;
 * `readCsv` needs Deno and permission to read.
 *
 * @module
 */

// deno-lint-ignore-file no-import-prefix -- whoever imports this file by URL has not our import map
import { parse } from "npm:deno-std@1.4.0/csv/parse.js";
import { checkCount, checkOptions } from "./checks.ts";
import { describe, FileFormatError, ValueError } from "./errors.ts";

/** How a CSV file is read. */
export interface CsvOptions {
  /** What stands between two cells. Default: the one of `,`, `;`, tab and `|` that the first line has most of. */
  separator?: string;
  /** The names of the columns, for a file whose first line has none. Default: the first line. */
  columns?: readonly string[];
}

/** A row of a CSV file: a text in each column. */
export type CsvRow = Record<string, string>;

/**
 * Reads a CSV file. pandas: `read_csv(path, dtype=str)`.
 *
 * @throws {FileFormatError} Where it is no text in UTF-8, or no table: see {@linkcode parseCsv}.
 * @throws {Deno.errors.NotFound} Where there is no such file.
 *
 * @example
 * ```ts
 * import { readCsv } from "@scratch/nn/csv";
 * import { assertEquals } from "@std/assert";
 *
 * await Deno.writeTextFile("/tmp/iris.csv", "petal_length,species\n1.4,setosa\n");
 * assertEquals(await readCsv("/tmp/iris.csv"), [{ petal_length: "1.4", species: "setosa" }]);
 * ```
 */
export async function readCsv(path: string | URL, options: CsvOptions = {}): Promise<CsvRow[]> {
  checkCount("readCsv", arguments.length, 2);
  return rowsOf("readCsv", decode(await Deno.readFile(path), String(path)), options, String(path));
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileFormatError(`readCsv: ${path} is no text in UTF-8: save it as "CSV UTF-8"`);
  }
}

/**
 * The rows of a text in CSV. Empty lines are left out, and a line end within quotes is a line feed; a column without a name is called by its number, "column 3".
 *
 * @throws {FileFormatError} Where there are no columns or rows, two columns have one name, a row has another number of cells
 * than there are columns, or a quote is not closed.
 *
 * @example
 * ```ts
 * import { parseCsv } from "@scratch/nn/csv";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseCsv('name;age\n"Smith; John";22'), [{ name: "Smith; John", age: "22" }]);
 * ```
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvRow[] {
  checkCount("parseCsv", arguments.length, 2);
  if (typeof text !== "string") {
    throw new TypeError(`parseCsv: expected a text, got ${describe(text)}`);
  }
  return rowsOf("parseCsv", text, options, "the text");
}

/**
 * The rows of a stream of text in CSV, as soon as their lines are whole, at most some thousand at a time: so a file of any
 * length takes the same memory.
 *
 * @throws As {@linkcode parseCsv}, when it comes to it.
 *
 * @example
 * ```ts
 * import { csvStream } from "@scratch/nn/csv";
 * import { assertEquals } from "@std/assert";
 *
 * const stream = ReadableStream.from(["x,y\n1,", "2\n3", ",4\n"]);
 * const rows = [];
 * for await (const some of csvStream(stream)) rows.push(...some);
 * assertEquals(rows, [{ x: "1", y: "2" }, { x: "3", y: "4" }]);
 * ```
 */
export async function* csvStream(
  stream: AsyncIterable<string>,
  options: CsvOptions = {},
  name = "the stream",
): AsyncGenerator<CsvRow[], void, void> {
  checkCount("csvStream", arguments.length, 3);
  const reader = new Reader("csvStream", options, name);
  for await (const text of stream) yield* reader.read(text);
  yield* reader.end();
}

// --- inside ------------------------------------------------------------------------------------------

/** How many characters are parsed at a time, and how many a row may have. */
const BLOCK = 2 ** 18, LONGEST_ROW = 2 ** 24;

function rowsOf(name: string, text: string, options: CsvOptions, file: string): CsvRow[] {
  const reader = new Reader(name, options, file);
  return [...reader.read(text), ...reader.end()].flat();
}

/** Reads text piece by piece. */
class Reader {
  readonly #name: string;
  readonly #file: string;
  readonly #options: CsvOptions;
  /** What was read, but not parsed yet. */
  #rest = "";
  /** The lines that were parsed. */
  #lines = 0;
  #separator: string | undefined;
  #columns: readonly string[] | undefined;
  #rows = 0;

  constructor(name: string, options: CsvOptions, file: string) {
    checkOptions(name, options, ["separator", "columns"]);
    const { separator, columns } = options;
    if (
      separator !== undefined && (typeof separator !== "string" || !/^[^"\r\n]$/u.test(separator))
    ) {
      throw new ValueError(`${name}: separator must be one character, got ${describe(separator)}`);
    }
    if (columns !== undefined && !Array.isArray(columns)) {
      throw new ValueError(`${name}: columns must be a list of names, got ${describe(columns)}`);
    }
    this.#name = name;
    this.#options = options;
    this.#file = file;
  }

  /** The rows that are whole now. */
  *read(text: string): Generator<CsvRow[], void, void> {
    for (let at = 0; at < text.length; at += BLOCK) {
      this.#rest += text.slice(at, at + BLOCK);
      const end = endOfRows(this.#rest);
      const rows = end > 0 ? this.#parse(this.#rest.slice(0, end)) : [];
      this.#rest = this.#rest.slice(end);
      if (rows.length > 0) yield rows;
      if (this.#rest.length > LONGEST_ROW) {
        throw this.#error(
          `has a row of more than ${LONGEST_ROW} characters: is a quote not closed?`,
        );
      }
    }
  }

  /** The rows that are left. */
  *end(): Generator<CsvRow[], void, void> {
    const isRow = this.#columns && this.#separator !== undefined &&
      this.#rest.includes(this.#separator);
    if (isRow || this.#rest.trim() !== "") yield this.#parse(this.#rest);
    if (!this.#columns) {
      throw this.#error("is empty: expected a line with the names of the columns");
    }
    if (this.#rows === 0) throw this.#error("has no rows below the names of its columns");
  }

  #parse(text: string): CsvRow[] {
    if (!this.#columns) {
      text = this.#afterBlank(text);
      const said = this.#lines === 0 && text.match(/^\uFEFF?"?sep=([^"\r\n])"?\r?\n/); // Excel writes so
      if (said) {
        this.#separator ??= this.#options.separator ?? said[1];
        this.#lines++;
        text = this.#afterBlank(text.slice(said[0].length));
      } else if (this.#lines === 0) text = text.replace(/^\uFEFF/, "");
      if (text === "") return []; // a stream may begin with that alone
    }
    const separator = this.#separator ??= this.#options.separator ?? mostOf(text);
    const records = this.#records(text, separator);
    this.#columns ??= this.#checkColumns(this.#options.columns ?? records.shift()!);
    const columns = this.#columns, rows: CsvRow[] = [];
    for (const record of records) {
      this.#rows++;
      if (record.length !== columns.length) {
        throw this.#error(
          `has ${columns.length} columns, but row ${this.#rows}, ${
            describe(record.join(separator))
          }, has ${record.length} cell${record.length > 1 ? "s" : ""}`,
        );
      }
      rows.push(Object.fromEntries(columns.map((column, j) => [column, record[j]])));
    }
    return rows;
  }

  /** Lines before the names that are empty, or have nothing but spaces, are none; a row of missing cells is one. */
  #afterBlank(text: string): string {
    const { columns, separator } = this.#options;
    const [blank] = text.match(columns || separator === " " ? /^(\r?\n)*/ : /^([^\S\t\n]*\n)*/)!;
    this.#lines += blank.split("\n").length - 1;
    return text.slice(blank.length);
  }

  #records(text: string, separator: string): string[][] {
    try {
      const kept = text.replace(/^\uFEFF/, "$&$&"); // the parser takes one away, within a stream too
      const records = parse(kept, { separator, fieldsPerRecord: -1 }) as string[][];
      this.#lines += text.split("\n").length - 1;
      return records;
    } catch (error) {
      // lines are counted in this text alone
      const message = (error as Error).message.replace(
        /line (\d+)/g,
        (_, line) => `line ${Number(line) + this.#lines}`,
      );
      throw this.#error(`is no CSV: ${message}`);
    }
  }

  #checkColumns(given: readonly string[]): readonly string[] {
    const columns = given.map((name, j) => String(name).trim() || `column ${j + 1}`);
    const number = this.#options.columns
      ? undefined
      : columns.find((name) => !Number.isNaN(Number(name)));
    if (number !== undefined) {
      throw this.#error(
        `should name its columns in the first line, which has the number ${number}: ` +
          "name them there, or by the option columns",
      );
    }
    const seen = new Set<string>();
    for (const name of columns) {
      if (seen.has(name)) throw this.#error(`has two columns of the name ${describe(name)}`);
      seen.add(name);
    }
    return columns;
  }

  #error(what: string): FileFormatError {
    return new FileFormatError(`${this.#name}: ${this.#file} ${what}`);
  }
}

/** Where the last row ends that is whole: after the last line end that is in no quotes. */
function endOfRows(text: string): number {
  let end = text.lastIndexOf("\n") + 1;
  let quotes = text.slice(0, end).split('"').length - 1;
  while (quotes % 2 === 1) {
    const before = text.lastIndexOf("\n", end - 2) + 1;
    quotes -= text.slice(before, end).split('"').length - 1;
    end = before;
  }
  return end;
}

/** The separator that the first line has most of. */
function mostOf(text: string): string {
  const first = text.replace(/^[^\S\t]+/, "").split("\n", 1)[0].replace(/"[^"]*"/g, "");
  // tabs before the first name are separators where there are no others: a table with one column, as pandas writes it
  const line = /[,;\t|]/.test(first.trimStart()) ? first.trimStart() : first;
  const count = (separator: string) => line.split(separator).length;
  return [",", ";", "\t", "|"].reduce((most, next) => count(next) > count(most) ? next : most);
}
