/**
 * Tables, lists of rows with a cell for each column, as the numbers that a network takes. A table comes from anywhere:
 * from JSON, from a database, or from a CSV file (`csv.ts`), where every cell is a text.
 *
 * @module
 */

import { checkCount, checkOptions, isCount } from "./checks.ts";
import { checkChecksums, type Checksums, withChecksums } from "./checksums.ts";
import {
  describe,
  describeSome,
  NotFittedError,
  rethrowUnless,
  ShapeError,
  ValueError,
} from "./errors.ts";
import { classesOf, type Label } from "./labels.ts";
import { Matrix } from "./matrix.ts";

/** A cell: a number, a text, which may be of a number, or a boolean. null, undefined and NaN are missing. */
export type Cell = string | number | boolean | null | undefined;

/** A row: its cells by the names of their columns. */
export type TableRow = Readonly<Record<string, Cell>>;

/** Some rows: objects that have a {@linkcode Cell} for each column. */
export type Table = readonly object[];

/** How a {@linkcode TableVectorizer} reads a table. */
export interface TableVectorizerOptions {
  /** The column of the labels, which is no feature. Default: null, there is none. */
  target?: string | null;
  /** Other columns that are no features, as names and numbers of rows are. Default: none. */
  exclude?: readonly string[];
  /** Columns that are categories though their cells are numbers: a class of 1, 2 or 3. Default: none. */
  categories?: readonly string[];
  /**
   * What stands in for a missing cell: the "mean" of its column's numbers, or the "mostFrequent" of them, and for a category
   * in both cases the most frequent one. Of several the smallest is taken. Default: null, missing cells are refused.
   */
  impute?: "mean" | "mostFrequent" | null;
  /**
   * Whether a category that `fit` did not see is an "error", or is "ignore"d, and is none of them: zeros. Default: "error".
   */
  handleUnknown?: "error" | "ignore";
  /** How many categories a column may have: with more it is taken for a text. Default: 100. */
  maxCategories?: number;
}

/** What a {@linkcode TableVectorizer} learned of a column. */
export interface TableColumn {
  /** Its name. */
  readonly name: string;
  /** The categories, sorted, of which each becomes a feature; undefined for a column of numbers. */
  readonly categories?: readonly string[];
  /** What stands in for a missing cell, if anything does. */
  readonly fill?: string | number;
}

/** A {@linkcode TableVectorizer} as JSON holds it. */
export interface TableVectorizerJSON {
  /** Tells the file from others. */
  format: "@scratch/nn TableVectorizer";
  /** The version of this form. */
  version: 1 | 2;
  /** All options. */
  params: Required<TableVectorizerOptions>;
  /** What it learned; undefined before `fit`. */
  columns?: TableColumn[];
  /** The SHA-256 of each part; before version 2 there is none. */
  sha256?: Checksums;
}

const FORMAT = "@scratch/nn TableVectorizer";

/** The texts that mean a missing cell: those of pandas that are no words, and the question mark of older data sets. */
const MISSING = new Set(["", "?", "NA", "<NA>", "N/A", "#N/A", "NaN", "nan", "null", "NULL"]);

/** A number with a comma, a currency, a percent sign or something else that belongs to people. */
const DECORATED = /^[-+]?[€$£¥]?\s?\d[\d.,' \u00a0]*\s?[%€$£¥]?$/;

/** Of the cells of a column, how many must be numbers for the others to be taken for mistakes. */
const MOSTLY = 0.9;

/** From how many rows on a column of categories that are all different is taken for a text. */
const FEW_ROWS = 10;

/**
 * Learns from a table which of its columns are numbers and which are categories, and makes a matrix of it: a number is a
 * feature, each category is one, with 1 in the rows that have it and 0 elsewhere. scikit-learn: `ColumnTransformer` with
 * `SimpleImputer` and `OneHotEncoder`; skrub: `TableVectorizer`.
 *
 * A column is of numbers where all its cells are numbers, or texts of numbers. Rows are counted from 1 in messages.
 *
 * @example
 * ```ts
 * import { TableVectorizer } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const table = [
 *   { age: 22, sex: "male", survived: "no" },
 *   { age: null, sex: "female", survived: "yes" },
 *   { age: "26", sex: "female", survived: "yes" },
 * ];
 * const vectorizer = new TableVectorizer({ target: "survived", impute: "mean" });
 * assertEquals(vectorizer.fitTransform(table).toArray(), [[22, 0, 1], [24, 1, 0], [26, 1, 0]]);
 * assertEquals(vectorizer.featureNames, ["age", "sex=female", "sex=male"]);
 * ```
 */
export class TableVectorizer {
  readonly #params: Required<TableVectorizerOptions>;
  #columns: readonly Column[] | undefined;

  /**
   * Checks the options.
   *
   * @throws {ValueError} Where an option is not what it may be, or there is none of that name.
   */
  constructor(options: TableVectorizerOptions = {}) {
    checkCount("TableVectorizer", arguments.length, 1);
    this.#params = checkParams(options);
  }

  /** All options, with their defaults. scikit-learn: `get_params`. */
  getParams(): Required<TableVectorizerOptions> {
    return structuredClone(this.#params);
  }

  /** What it learned of each column. */
  get columns(): TableColumn[] {
    return this.#fitted("columns").map((column) => column.toJSON());
  }

  /** The name of each feature: that of its column, for a category `column=category`. scikit-learn: `get_feature_names_out`. */
  get featureNames(): string[] {
    return this.#fitted("featureNames").flatMap(({ name, categories }) =>
      categories?.map((category) => `${name}=${category}`) ?? [name]
    );
  }

  /**
   * Learns from a table. Its columns are all that occur in a row, in the order in which they first occur (JavaScript puts
   * whole numbers first).
   *
   * @throws {ShapeError} Where it has no rows, or no columns besides those that are no features.
   * @throws {ValueError} Where a cell is missing, though nothing stands in for it, or is none; where a column that is named in
   * the options is not there, has nothing but missing cells, is of numbers but for some cells, or is of texts.
   */
  fit(table: Table): this {
    checkCount("fit", arguments.length, 1);
    this.#columns = this.#learn("fit", table);
    return this;
  }

  /**
   * The features of a table, rows x features. Columns that were not there at `fit` are left out.
   *
   * @throws {NotFittedError} Before `fit`.
   * @throws {ShapeError} Where there are no rows.
   * @throws {ValueError} Where a column is not there, or a cell is missing, no number or an unknown category.
   */
  transform(table: Table): Matrix {
    checkCount("transform", arguments.length, 1);
    return this.matrixOf("transform", table);
  }

  /** `fit`, and then `transform`. */
  fitTransform(table: Table): Matrix {
    checkCount("fitTransform", arguments.length, 1);
    return this.fit(table).transform(table);
  }

  /** A vectorizer with the same options that has learned nothing yet. scikit-learn: `clone`. */
  clone(): TableVectorizer {
    return new TableVectorizer(this.#params);
  }

  /** What it learned, as `JSON.stringify` writes it. */
  toJSON(): TableVectorizerJSON {
    const columns = this.#columns?.map((column) => column.toJSON());
    return withChecksums<TableVectorizerJSON>({
      ...{ format: FORMAT, version: 2, params: this.getParams() },
      ...(columns && { columns }),
    });
  }

  /**
   * The vectorizer that {@linkcode TableVectorizer.toJSON} wrote.
   *
   * @throws {TypeError} Where that is none, or a part of one is missing.
   */
  static fromJSON(json: TableVectorizerJSON): TableVectorizer {
    checkCount("TableVectorizer.fromJSON", arguments.length, 1);
    const { format, version, params, columns } = json ?? {};
    if (format !== FORMAT || (version !== 1 && version !== 2)) {
      throw new TypeError(
        `TableVectorizer.fromJSON: expected what toJSON gives, version 1 or 2, got format ${
          describe(format)
        }, version ${describe(version)}`,
      );
    }
    checkChecksums("TableVectorizer.fromJSON", json, version > 1);
    const vectorizer = new TableVectorizer(params);
    if (columns === undefined) return vectorizer;
    const isWhole = Array.isArray(columns) && columns.length > 0 && columns.every(isColumn) &&
      new Set(columns.map(({ name }) => name)).size === columns.length;
    if (!isWhole) {
      throw new TypeError("TableVectorizer.fromJSON: the columns are not those of a vectorizer");
    }
    vectorizer.#columns = columns.map((column) => new Column(column));
    return vectorizer;
  }

  /** The names of its columns, and how many features they make. */
  toString(): string {
    if (!this.#columns) return "TableVectorizer(not fitted)";
    return `TableVectorizer(${this.#columns.length} columns, ${this.featureNames.length} features)`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  // --- for the library's own use -------------------------------------------------------------------

  /** `transform`, with the name of what was called and the number of the first row in its messages. */
  matrixOf(
    name: string,
    table: Table,
    { firstRow = 1, onStandIn = () => {} }: {
      firstRow?: number;
      /** Is told of each cell that is missing, or a category that was not seen before, and not taken as it is. */
      onStandIn?: (column: string, cell: Cell) => void;
    } = {},
  ): Matrix {
    const columns = this.#fitted(name);
    checkTable(name, table);
    const width = columns.reduce((sum, column) => sum + column.width, 0);
    if (table.length * width > MAX_NUMBERS) {
      throw new ValueError(
        `${name}: ${table.length} rows of ${width} features are more than ${MAX_NUMBERS} numbers`,
      );
    }
    const data = new Float64Array(table.length * width), { handleUnknown } = this.#params;
    const absent = columns.find((column) => !table.some((row) => Object.hasOwn(row, column.name)));
    if (absent) {
      throw new ValueError(
        `${name}: there is no column ${describe(absent.name)}; ${columnsThere(table)}`,
      );
    }
    table.forEach((row, i) => {
      let at = i * width;
      for (const column of columns) {
        const cell = cellOf(row, column.name), outcome = column.write(cell, data, at);
        const isWritten = outcome === OK || outcome === FILLED ||
          (outcome === UNKNOWN && handleUnknown === "ignore");
        if (!isWritten) {
          throw new ValueError(
            `${name}: row ${firstRow + i}, column ${describe(column.name)} ${
              column.whyNot(outcome, cell)
            }`,
          );
        }
        if (outcome !== OK) onStandIn(column.name, outcome === FILLED ? undefined : cell);
        at += column.width;
      }
    });
    return Matrix.fromArray(data, [table.length, width]);
  }

  /** Takes over what another one has learned. */
  adopt(other: TableVectorizer): void {
    this.#columns = other.#columns;
  }

  // --- inside --------------------------------------------------------------------------------------

  #fitted(name: string): readonly Column[] {
    if (this.#columns) return this.#columns;
    throw new NotFittedError(`${name}: the table's columns are not known yet; call fit first`);
  }

  #learn(name: string, table: Table): Column[] {
    checkTable(name, table);
    const { target, exclude, categories } = this.#params;
    const all = columnNames(table);
    for (
      const [option, columns] of Object.entries({
        target: [target ?? []].flat(),
        exclude,
        categories,
      })
    ) {
      const wrong = columns.find((column) => !all.includes(column));
      if (wrong === undefined) continue;
      throw new ValueError(
        `${name}: ${option}: there is no column ${describe(wrong)}; ${columnsThere(table)}`,
      );
    }
    const names = all.filter((column) => column !== target && !exclude.includes(column));
    if (names.length === 0) {
      throw new ShapeError(`${name}: the table has no column that is a feature`);
    }
    const mistakes: string[] = [], wrongNames: string[] = [];
    const columns = names.flatMap((column) => {
      try {
        return this.#learnColumn(name, column, table);
      } catch (error) {
        rethrowUnless(error, ValueError);
        mistakes.push(error.message);
        wrongNames.push(describe(column));
        return [];
      }
    });
    if (mistakes.length === 0) return columns;
    const others = wrongNames.slice(1).join(", ");
    throw new ValueError(mistakes[0] + (others && `; there are mistakes in ${others} too`));
  }

  #learnColumn(name: string, column: string, table: Table): Column {
    const { impute, categories } = this.#params, at = `column ${describe(column)}`;
    const cells = table.map((row) => cellOf(row, column)),
      there = cells.filter((cell) => !isMissing(cell));
    if (there.length === 0) {
      throw new ValueError(`${name}: ${at} has nothing but missing cells; exclude it`);
    }
    const count = cells.length - there.length;
    if (count > 0 && impute === null) {
      const missing = cells.findIndex(isMissing),
        also = count > 1 ? `, and ${count - 1} more` : "";
      throw new ValueError(
        `${name}: row ${
          missing + 1
        }, ${at} is missing${also}; choose what stands in for it: impute`,
      );
    }
    const strange = there.find((cell) => !["string", "number", "boolean"].includes(typeof cell));
    if (strange !== undefined) {
      throw new ValueError(
        `${name}: row ${
          cells.indexOf(strange) + 1
        }, ${at} should be a number, a text or a boolean, got ${describe(strange)}`,
      );
    }
    const numbers = categories.includes(column) ? [] : there.map(toNumber);
    const infinite = numbers.findIndex((x) => Math.abs(x) === Infinity);
    if (infinite >= 0) {
      throw new ValueError(
        `${name}: row ${cells.indexOf(there[infinite]) + 1}, ${at} is ${
          describe(there[infinite])
        }, which is no finite number`,
      );
    }
    const finite = numbers.filter(Number.isFinite).length;
    if (finite === there.length) {
      const fill = impute ? fillOf(numbers, impute) : undefined;
      if (fill === undefined) return new Column({ name: column });
      if (Number.isFinite(fill)) return new Column({ name: column, fill });
      throw new ValueError(`${name}: ${at} has numbers that are too large for a mean`);
    }
    if (finite >= MOSTLY * there.length) {
      const cell = there[numbers.findIndex((x) => !Number.isFinite(x))];
      throw new ValueError(
        `${name}: ${at} is of numbers, but row ${cells.indexOf(cell) + 1} has ${describe(cell)}; ` +
          "mend it, or name the column in categories",
      );
    }
    return this.#learnCategories(name, column, there.map(toCategory));
  }

  #learnCategories(name: string, column: string, cells: readonly string[]): Column {
    const { impute, maxCategories } = this.#params;
    const isSaid = this.#params.categories.includes(column);
    const categories = classesOf(name, cells);
    if (!isSaid && cells.filter((cell) => DECORATED.test(cell)).length >= MOSTLY * cells.length) {
      throw new ValueError(
        `${name}: column ${describe(column)} has numbers that are not written as such, like ${
          describe(cells.find((cell) => DECORATED.test(cell)))
        }: write a point and nothing else, 1234.5, or name the column in categories`,
      );
    }
    const areAllDifferent = !isSaid && categories.length === cells.length &&
      cells.length >= FEW_ROWS;
    if (areAllDifferent || categories.length > maxCategories) {
      throw new ValueError(
        `${name}: column ${describe(column)} has ${categories.length} different values in ` +
          `${cells.length} rows, such as ${
            describe(cells[0])
          }; it is a text, no category: exclude it`,
      );
    }
    return new Column({ name: column, categories, ...(impute && { fill: mostFrequent(cells) }) });
  }
}

/**
 * The labels of a table: the cells of one column. Where all are whole numbers, or texts of whole numbers, they are numbers,
 * but not where one begins with a zero, as in a postal code; else they are texts, or booleans.
 *
 * @throws {ValueError} Where there is no such column, a cell of it is missing, or it is of numbers that are not whole.
 *
 * @example
 * ```ts
 * import { labelsOf } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(labelsOf([{ x: "5.1", kind: "setosa" }, { x: "6.3", kind: "virginica" }], "kind"), [
 *   "setosa",
 *   "virginica",
 * ]);
 * ```
 */
export function labelsOf(table: Table, target: string): Label[] {
  checkCount("labelsOf", arguments.length, 2);
  checkTable("labelsOf", table);
  if (!columnNames(table).includes(target)) {
    throw new ValueError(
      `labelsOf: there is no column ${describe(target)}; ${columnsThere(table)}`,
    );
  }
  const cells = table.map((row) => cellOf(row, target));
  const missing = cells.findIndex(isMissing);
  if (missing >= 0) {
    throw new ValueError(`labelsOf: row ${missing + 1}, column ${describe(target)} is missing`);
  }
  const numbers = cells.map(toNumber);
  const isCode = cells.some((cell) => typeof cell === "string" && /^\s*0\d/.test(cell));
  if (!isCode && numbers.every(Number.isFinite)) {
    const broken = numbers.findIndex((x) => (x | 0) !== x);
    if (broken < 0) return numbers.map((x) => x | 0); // no -0
    throw new ValueError(
      `labelsOf: row ${broken + 1}, column ${describe(target)} is ${
        describe(cells[broken])
      }: a classifier predicts classes, and no numbers between them`,
    );
  }
  const areTexts = cells.every((cell) => typeof cell === "string" || typeof cell === "number");
  const labels = areTexts ? cells.map(toCategory) : cells as Label[];
  classesOf("labelsOf", labels); // says where they are of several types, or none
  return labels;
}

// --- inside ------------------------------------------------------------------------------------------

/** Two gigabytes of them. */
const MAX_NUMBERS = 2 ** 28;

/** What became of a cell: written, or what stands in for it; it is missing, no number, or an unknown category. */
const OK = 0, FILLED = 1, IS_MISSING = 2, NO_NUMBER = 3, UNKNOWN = 4;

/** A column that was learned. */
class Column {
  readonly name: string;
  readonly categories: readonly string[] | undefined;
  /** How many features it makes. */
  readonly width: number;
  readonly #fill: string | number | undefined;
  readonly #positions: ReadonlyMap<string, number> | undefined;

  constructor({ name, categories, fill }: TableColumn) {
    this.name = name;
    this.categories = categories && [...categories];
    this.width = categories?.length ?? 1;
    this.#fill = fill;
    this.#positions = categories && new Map(categories.map((category, i) => [category, i]));
  }

  /** Writes a cell's features. */
  write(given: Cell, data: Float64Array, at: number): number {
    const isThere = !isMissing(given), cell = isThere ? given : this.#fill;
    if (cell === undefined) return IS_MISSING;
    const done = isThere ? OK : FILLED;
    if (this.#positions) {
      const position = this.#positions.get(toCategory(cell));
      if (position === undefined) return UNKNOWN;
      data[at + position] = 1;
      return done;
    }
    const number = data[at] = toNumber(cell);
    return Number.isFinite(number) ? done : NO_NUMBER;
  }

  /** Why a cell cannot be written. */
  whyNot(problem: number, cell: Cell): string {
    if (problem === IS_MISSING) return "is missing, and nothing stands in for it: fit with impute";
    if (problem === NO_NUMBER) return `should be a number, got ${describe(cell)}`;
    const there = describeSome(this.categories!);
    return `is ${
      describe(cell)
    }, none of the categories ${there}; handleUnknown: "ignore" takes it for none of them`;
  }

  toJSON(): TableColumn {
    const { name, categories } = this, fill = this.#fill;
    return {
      name,
      ...(categories && { categories: [...categories] }),
      ...(fill !== undefined && { fill }),
    };
  }
}

function isColumn(x: unknown): x is TableColumn {
  const { name, categories, fill } = (x ?? {}) as Record<string, unknown>;
  if (typeof name !== "string") return false;
  if (categories === undefined) return fill === undefined || Number.isFinite(fill);
  return Array.isArray(categories) && categories.length > 0 &&
    categories.every((category) => typeof category === "string") &&
    new Set(categories).size === categories.length &&
    (fill === undefined || categories.includes(fill as string));
}

function checkTable(name: string, table: Table): void {
  if (!Array.isArray(table)) {
    throw new TypeError(`${name}: expected a table, a list of rows, got ${describe(table)}`);
  }
  if (table.length === 0) throw new ShapeError(`${name}: the table has no rows`);
  const wrong = table.findIndex((row) => typeof row !== "object" || row === null);
  if (wrong >= 0) {
    throw new TypeError(
      `${name}: row ${wrong + 1} should be an object { column: cell, … }, got ${
        describe(table[wrong])
      }`,
    );
  }
}

const isListOfNames = (x: unknown) =>
  Array.isArray(x) && Array.from(x).every((name) => typeof name === "string");
const NAMES = { default: [], expected: "a list of names of columns", holds: isListOfNames };

/** What each option may be, and what it is where it is not given. */
const CONSTRAINTS: Record<
  keyof TableVectorizerOptions,
  { default: unknown; expected: string; holds: (x: unknown) => boolean }
> = {
  target: {
    default: null,
    expected: "the name of a column, or null",
    holds: (x) => x === null || typeof x === "string",
  },
  exclude: NAMES,
  categories: NAMES,
  impute: {
    default: null,
    expected: '"mean", "mostFrequent" or null',
    holds: (x) => x === null || x === "mean" || x === "mostFrequent",
  },
  handleUnknown: {
    default: "error",
    expected: '"error" or "ignore"',
    holds: (x) => x === "error" || x === "ignore",
  },
  maxCategories: { default: 100, expected: "a whole number above 0", holds: isCount },
};

function checkParams(options: TableVectorizerOptions): Required<TableVectorizerOptions> {
  checkOptions("TableVectorizer", options, Object.keys(CONSTRAINTS));
  const params = Object.entries(CONSTRAINTS).map(([name, constraint]) => {
    const value = options[name as keyof TableVectorizerOptions] ?? constraint.default;
    if (constraint.holds(value)) return [name, value];
    throw new ValueError(
      `TableVectorizer: ${name} must be ${constraint.expected}, got ${describe(value)}`,
    );
  });
  return structuredClone(Object.fromEntries(params));
}

/** All columns, in the order in which they first occur. */
function columnNames(table: Table): string[] {
  const names = new Set<string>();
  for (const row of table) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}

function columnsThere(table: Table): string {
  return `the table has ${describeSome(columnNames(table), 30)}`;
}

/** The cell of a row, if it has one of its own. */
function cellOf(row: object, column: string): Cell {
  return Object.hasOwn(row, column) ? (row as TableRow)[column] : undefined;
}

/** Whether a cell is missing. For the library's own use. */
export function isMissing(cell: Cell): boolean {
  if (typeof cell !== "string") return cell === null || cell === undefined || Number.isNaN(cell);
  // longer than any of them, and no space around it: most cells, and much faster
  if (cell.length > 4 && cell.charCodeAt(0) > 32 && cell.charCodeAt(cell.length - 1) > 32) {
    return false;
  }
  return MISSING.has(cell.trim());
}

/** The number of a cell; NaN where it is none. For the library's own use. */
export function toNumber(cell: Cell): number {
  if (typeof cell === "number") return cell;
  const isNumber = typeof cell === "string" && cell.length < 400 && // longer ones are none
    /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(cell);
  return isNumber ? Number(cell) : NaN;
}

function toCategory(cell: Cell): string {
  return String(cell).trim();
}

function fillOf(numbers: readonly number[], impute: "mean" | "mostFrequent"): number {
  if (impute === "mostFrequent") return mostFrequent(numbers);
  return Matrix.fromArray(numbers, [numbers.length, 1]).mean();
}

/** The most frequent one; of several, the smallest. */
function mostFrequent<L extends string | number>(cells: readonly L[]): L {
  const counts = new Map<L, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  let most = 0;
  for (const count of counts.values()) if (count > most) most = count;
  return classesOf("fit", cells).find((cell) => counts.get(cell) === most)!;
}
