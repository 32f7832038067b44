/** What `deno task predict` reads: tables, arrays, IDX files and pictures, told apart by their first bytes. */

import { csvStream } from "../../lib/csv.ts";
import { rethrowUnless } from "../../lib/errors.ts";
import { MODEL_START } from "../../lib/exchange.ts";
import {
  type Cell,
  centerDigit,
  FileFormatError,
  Matrix,
  Pipeline,
  readIdx,
  readNpy,
  ScaledRows,
  type TableRow,
} from "../../lib/mod.ts";
import { classifierOf } from "../../lib/pipeline.ts";
import { toNumber } from "../../lib/table.ts";
import { fromWhereCalled, quoted } from "../shared/command.ts";
import type { AnyModel } from "../shared/model_file.ts";
import { UsageError } from "../shared/options.ts";
import { readPicture } from "./pictures.ts";

/** Some rows to predict. */
export interface Batch {
  readonly file: string;
  /** The number of the first row, from 1; none for a picture. */
  readonly firstRow: number | undefined;
  /** As the classifier takes them. */
  readonly X: Matrix | ScaledRows;
  /** Their classes, where the file has them. */
  readonly truth: readonly (string | undefined)[] | undefined;
  /** What the network sees of a picture. */
  readonly picture?: Matrix;
  /** The rows of a table, as they were read. */
  readonly rows?: readonly TableRow[];
}

/** How inputs are read. */
export interface InputOptions {
  /** The names of the columns of a table whose first line has none. */
  readonly columns: readonly string[];
  /** Is told of each cell of a table that is missing, or of a category that the model has not seen. */
  readonly onStandIn: (column: string, cell: Cell) => void;
}

/** How many rows are predicted at a time. */
const ROWS = 4096;

/** The names of a column that has the classes, in a table for a model that does not know the names of columns. */
const TRUTH = ["label", "class", "target"];

/** The rows of a file; "-" is stdin. */
export async function* batchesOf(
  file: string,
  model: AnyModel,
  options: InputOptions,
): AsyncGenerator<Batch, void, void> {
  const stream = file === "-" ? Deno.stdin.readable : await open(file);
  const reader = stream.getReader();
  let first = new Uint8Array();
  // a pipe may give a byte at a time; a table is begun at once: who writes it may wait for the answer
  while (first.length === 0 || (STARTS.includes(first[0]) && first.length < 8)) {
    const { value, done } = await reader.read();
    if (done) break;
    first = first.length === 0 ? value : Uint8Array.from([...first, ...value]);
  }
  reader.releaseLock();
  const name = file === "-" ? "stdin" : file;
  const kind = kindOf(first);
  if (new TextDecoder().decode(first.subarray(0, MODEL_START.length)) === MODEL_START) {
    await stream.cancel();
    throw new UsageError(`${name} is a model: --model ${quoted(file)} predicts with it`);
  }
  if (kind === "table") {
    yield* tableBatches(name, first, stream, model, options);
    return;
  }
  if (kind === undefined) {
    await stream.cancel();
    readPicture(first, name); // which says what it is, and that it is not read
    throw new UsageError(`${name} is no picture, table or array`);
  }
  const bytes = await whole(name, first, stream);
  if (kind === "picture") {
    yield pictureBatch(name, bytes, model);
    return;
  }
  const { shape, data } = kind === "npy" ? readNpy(bytes, name) : readIdx(bytes, name);
  const X = matrixOf(name, shape, data, model);
  for (let from = 0; from < X.rows; from += ROWS) {
    const rows = X.slice(from, Math.min(from + ROWS, X.rows));
    yield { file: name, firstRow: from + 1, X: scaled(rows, model), truth: undefined };
  }
}

async function open(file: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const path = fromWhereCalled(file);
  try {
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new UsageError(`${path} is a folder: name its files`);
    return (await Deno.open(path)).readable;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`there is no ${path}`);
    throw error;
  }
}

/** How files begin that are no tables. */
const STARTS = [0x93, 0x50, 0x89, 0xff, 0xfe, 0x00, 0x1f];

type Kind = "npy" | "idx" | "picture" | "table";

/** By its first bytes; undefined where it is nothing that is read. */
function kindOf(bytes: Uint8Array): Kind | undefined {
  const begins = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (begins(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) || begins(0x50, 0x4b, 3, 4)) return "npy"; // or .npz
  if (begins(0x89, 0x50, 0x4e, 0x47) || begins(0xff, 0xd8, 0xff)) return "picture";
  if ((begins(0, 0, 8) && bytes[3] > 0) || begins(0x1f, 0x8b)) return "idx";
  if (begins(0xff, 0xfe) || begins(0xfe, 0xff)) return "table"; // of UTF-16, which is refused by name
  const start = bytes.subarray(0, 512), text = new TextDecoder().decode(start);
  const isText = start.every((byte) => byte >= 32 || [9, 10, 13].includes(byte));
  return isText && !/^\s*(%PDF-|<svg|<\?xml)/.test(text) ? "table" : undefined;
}

/** More is not read at once. */
const MAX_BYTES = 2 ** 31;

async function whole(
  name: string,
  first: Uint8Array<ArrayBuffer>,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [first];
  let length = first.length;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    // deno-coverage-ignore -- a test would have to write two gigabytes
    if (length > MAX_BYTES) throw new UsageError(`${name} is longer than 2 GB: cut it`);
  }
  return await new Blob(parts).bytes();
}

function featuresOf(model: AnyModel): number {
  return classifierOf(model).nFeatures!;
}

function scaled(X: Matrix, model: AnyModel): Matrix | ScaledRows {
  return model instanceof Pipeline ? new ScaledRows(X, model.scaler) : X;
}

/** Refuses what is no table where the model takes tables. */
function refuseTables(what: string, model: AnyModel): void {
  if (!(model instanceof Pipeline) || !model.vectorizer) return;
  const columns = model.vectorizer.columns.map(({ name }) => name).join(", ");
  throw new UsageError(`${what}, and the model takes tables with the columns ${columns}`);
}

/** One row for the numbers of the first dimension; or all of them are one row. */
function matrixOf(
  file: string,
  shape: readonly number[],
  data: Float64Array | Uint8Array,
  model: AnyModel,
): Matrix {
  refuseTables(`${file} is an array`, model);
  const features = featuresOf(model);
  if (data.length === 0) {
    throw new UsageError(`${file} has no rows: its shape is (${shape.join(", ")})`);
  }
  if (data.length === features) return Matrix.fromArray(data, [1, features]);
  const [rows = 0] = shape;
  if (shape.length < 2 || data.length !== rows * features) {
    throw new UsageError(
      `${file} has the shape (${shape.join(", ")}); the model takes rows of ${features} numbers`,
    );
  }
  return Matrix.fromArray(data, [rows, features]);
}

function pictureBatch(file: string, bytes: Uint8Array, model: AnyModel): Batch {
  refuseTables(`${file} is a picture`, model);
  const size = Math.sqrt(featuresOf(model));
  if (!Number.isInteger(size) || size < 8) {
    throw new UsageError(
      `${file} is a picture, and the model takes rows of ${featuresOf(model)} numbers`,
    );
  }
  const decoded = readPicture(bytes, file);
  try {
    const picture = centerDigit(decoded, { size, box: Math.round(size * 20 / 28) });
    return { file, firstRow: undefined, X: scaled(picture, model), truth: undefined, picture };
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message.replace(/^\w+: /, "")}`);
  }
}

async function* tableBatches(
  file: string,
  first: Uint8Array<ArrayBuffer>,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  model: AnyModel,
  { columns: given, onStandIn }: InputOptions,
): AsyncGenerator<Batch, void, void> {
  const vectorizer = model instanceof Pipeline ? model.vectorizer : undefined;
  const features = featuresOf(model), target = vectorizer?.getParams().target;
  // a model of a matrix knows no names, so the first line may be a row
  const isNameless = !vectorizer &&
    /^\s*[+-]?[.\d]/.test(new TextDecoder().decode(first.subarray(0, 64)));
  const named = isNameless ? Array.from({ length: features }, (_, j) => `column ${j + 1}`) : [];
  const columns = given.length > 0 ? given : named;
  let firstRow = 1;
  for await (
    const block of csvStream(
      decode(file, first, stream),
      columns.length > 0 ? { columns } : {},
      file,
    )
  ) {
    for (let from = 0; from < block.length; from += ROWS) {
      const rows = block.slice(from, from + ROWS);
      const names = Object.keys(rows[0]);
      const truth = target ??
        (names.length > features ? names.find((name) => TRUTH.includes(name)) : undefined);
      const hasTruth = truth !== undefined && Object.hasOwn(rows[0], truth);
      const X = vectorizer
        ? vectorizer.matrixOf("predict", rows, { firstRow, onStandIn })
        : numbersOf(file, rows, firstRow, features, truth);
      yield {
        ...{ file, firstRow, rows, X: scaled(X, model) },
        truth: hasTruth ? rows.map((row) => row[truth]) : undefined,
      };
      firstRow += rows.length;
    }
  }
}

/** A table of numbers, for a model that does not know the names of columns: all but that of the classes, in their order. */
function numbersOf(
  file: string,
  rows: readonly TableRow[],
  firstRow: number,
  features: number,
  truth: string | undefined,
): Matrix {
  const columns = Object.keys(rows[0]).filter((name) => name !== truth);
  if (columns.length !== features) {
    throw new UsageError(
      `${file} has ${columns.length} columns; the model takes rows of ${features} numbers: ` +
        (columns.length === features + 1
          ? `a column of the classes may be there if it is called ${TRUTH.join(", or ")}`
          : "is it the right --model?"),
    );
  }
  const data = new Float64Array(rows.length * features);
  rows.forEach((row, i) =>
    columns.forEach((column, j) => {
      const x = toNumber(row[column]);
      if (!Number.isFinite(x)) {
        throw new UsageError(
          `${file} should have a number in row ${firstRow + i}, column ${
            JSON.stringify(column)
          }, got ${JSON.stringify(row[column])}`,
        );
      }
      data[i * features + j] = x;
    })
  );
  return Matrix.fromArray(data, [rows.length, features]);
}

async function* decode(
  file: string,
  first: Uint8Array<ArrayBuffer>,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    yield decoder.decode(first, { stream: true });
    for await (const part of stream) yield decoder.decode(part, { stream: true });
    yield decoder.decode();
  } catch (error) {
    rethrowUnless(error, TypeError);
    throw new FileFormatError(`${file} is no text in UTF-8: save it as "CSV UTF-8"`);
  }
}
