/**
 * The formats that are read: whole files, and what a reader may make of a damaged one. That is the error of the right class,
 * or what the bytes say: where they can be written again from what was read, they must come out as they were.
 */

import { Buffer } from "node:buffer";
import { crc32, deflateSync, gzipSync, inflateSync } from "node:zlib";
import { readPicture } from "../../cli/predicting/pictures.ts";
import { csvStream, parseCsv } from "../../lib/csv.ts";
import {
  centerDigit,
  DivergenceError,
  FileFormatError,
  fromSafetensors,
  type Label,
  labelsOf,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  NotFittedError,
  Pipeline,
  type RandomState,
  readIdx,
  readNpy,
  readSafetensors,
  ShapeError,
  StandardScaler,
  TableVectorizer,
  toSafetensors,
  ValueError,
  writeNpy,
  writeSafetensors,
} from "../../lib/mod.ts";
import { loadMnist } from "../../lib/mnist.ts";
import { bits, fixture, idx, pictures } from "../helpers.ts";
import { mutateBytes, mutateJson } from "./mutate.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A format. */
export interface Format {
  /** Whole files. */
  readonly files: readonly Bytes[];
  /** Reads a damaged file. Throws what the reader throws, and an {@linkcode Unsound} where it accepts what it should not. */
  readonly read: (bytes: Bytes) => void | Promise<void>;
  /** Damages a file beneath what guards it: checksums, compression, lengths, the syntax of JSON. */
  readonly mutate?: (rng: RandomState, file: Bytes) => Bytes;
}

/** What was read is not what the bytes say. */
export class Unsound extends Error {
  override name = "Unsound";
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Unsound(what);
}

function areEqual(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (x, i) => x === b[i]);
}

/** Whether a reader may throw that: an error of the library, or one of JavaScript's whose message begins with a function's name. */
export function isNamed(error: unknown): boolean {
  return [DivergenceError, FileFormatError, NotFittedError, ShapeError, ValueError]
    .some((Class) => error instanceof Class) ||
    ((error instanceof TypeError || error instanceof RangeError) &&
      /^[\w.]+: /.test(error.message));
}

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fromLatin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const fromBase64 = (text: string) => Uint8Array.fromBase64(text);
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

// --- arrays ------------------------------------------------------------------------------------------

const IDX: Format = {
  files: [idx([3], [7, 2, 1]), pictures({ count: 6 }).images, idx([2, 0, 3], []), idx([1, 1], [9])],
  read(bytes) {
    const { shape, data } = readIdx(bytes);
    demand(areEqual(idx(shape, data), bytes), "another file would read the same");
  },
};

const arrays = fixture("arrays");

const NPY: Format = {
  files: [...arrays.npy.map(({ file }: { file: string }) => file), ...Object.values(arrays.refused)]
    .map(fromBase64),
  read(bytes) {
    const { shape, data } = readNpy(bytes), header = decode(bytes.subarray(0, 12_000));
    demand(data.length === size(shape), `${data.length} elements of shape ${shape}`);
    const descr = /'descr': '(.*?)'/.exec(header)?.[1];
    if (!(descr === "<f8" || descr === "|u1") || !header.includes("False")) return;
    const copy = writeNpy(Matrix.fromArray(data, [data.length, 1]));
    const elements = copy.subarray(copy.length - data.byteLength);
    demand(areEqual(bytes.subarray(bytes.length - data.byteLength), elements), "other elements");
  },
  mutate(rng, file) {
    const start = file[6] === 1 ? 10 : 12, view = new DataView(file.buffer);
    const length = start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
    const end = Math.min(file.length, start + length), header = file.slice(start, end);
    const text = mutateBytes(rng, header, [header]);
    const result = new Uint8Array(start + text.length + file.length - end);
    result.set(file.subarray(0, start));
    result.set(text, start);
    result.set(file.subarray(end), start + text.length);
    new DataView(result.buffer).setUint16(8, text.length, true);
    return result;
  },
};

/** A safetensors file of another header. */
function withHeader(file: Bytes, change: (header: unknown) => unknown): Bytes {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = encode(
    JSON.stringify(change(JSON.parse(decode(file.slice(8, 8 + length)))) ?? ""),
  );
  const result = new Uint8Array(8 + header.length + file.length - 8 - length);
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  result.set(header, 8);
  result.set(file.subarray(8 + length), 8 + header.length);
  return result;
}

const SAFETENSORS: Format = {
  files: [
    ...[...arrays.byTorch, ...arrays.byNumpy].map(({ file }: { file: string }) => fromBase64(file)),
    writeSafetensors({ a: Matrix.from([[1, 2], [3, 4]]), b: Matrix.ones([1, 3]).astype("uint8") }, {
      epochs: "300",
    }),
  ],
  read(bytes) {
    const { tensors, metadata } = readSafetensors(bytes);
    const copy = readSafetensors(writeSafetensors(tensors, metadata));
    demand(JSON.stringify(copy.metadata) === JSON.stringify(metadata), "other metadata");
    demand(Object.keys(copy.tensors).length === Object.keys(tensors).length, "other tensors");
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      demand(data.length === size(shape), `${data.length} elements of shape ${shape}`);
      demand(areEqual(copy.tensors[name].shape, shape), `another shape of ${name}`);
      demand(areEqual(bits(copy.tensors[name].data), bits(data)), `other elements of ${name}`);
    }
  },
  mutate: (rng, file) => withHeader(file, (header) => mutateJson(rng, header)),
};

// --- tables ------------------------------------------------------------------------------------------

const CSV: Format = {
  files: [
    'name;age\n"Smith; John";22\n"O""Hara";NA\n',
    "width,height,kind\n1.5,2,a\n3,4,b\n-1e3,.5,a\n",
    "\ufeffa\tb\r\n1\t2\r\n\r\n3\t4",
    'sep=|\nx|y\n"line\nfeed"|é🙂\n?|null\n',
    "kind,x\n" + Array.from({ length: 40 }, (_, i) => `${i % 3},${i * 7 % 11}\n`).join(""),
  ].map(encode),
  async read(bytes) {
    const text = decode(bytes), cut = bytes.length > 0 ? text.length * bytes[0] >> 8 : 0;
    const outcome = async (rows: () => unknown) => {
      try {
        return { rows: await rows() as Record<string, string>[] };
      } catch (error) {
        return { error: error as Error };
      }
    };
    const whole = await outcome(() => parseCsv(text));
    const streamed = await outcome(async () => {
      const pieces = ReadableStream.from([text.slice(0, cut), text.slice(cut)]), rows = [];
      for await (const some of csvStream(pieces, {}, "the text")) rows.push(...some);
      return rows;
    });
    // a stream comes to a short row before it comes to a quote that is not closed; so their words may differ
    demand(
      !streamed.error === !whole.error,
      `in a stream: ${streamed.error}; else: ${whole.error}`,
    );
    if (whole.error) throw whole.error;
    const { rows } = whole, names = Object.keys(rows[0]);
    demand(JSON.stringify(streamed.rows) === JSON.stringify(rows), "a stream has other rows");
    const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    const lines = [names.map((_, j) => `c${j}`), ...rows.map((row) => names.map((n) => row[n]))];
    const copy = parseCsv(lines.map((line) => line.map(quote).join(",")).join("\n"));
    const cells = copy.map(Object.values);
    demand(JSON.stringify(cells) === JSON.stringify(lines.slice(1)), "rows read otherwise again");
    const [target] = names, vectorizer = new TableVectorizer({ target, impute: "mean" });
    const X = vectorizer.fitTransform(rows);
    demand(X.rows === rows.length && X.data.every(Number.isFinite), "features that are no numbers");
    labelsOf(rows, target);
  },
};

// --- models ------------------------------------------------------------------------------------------

const COLOURS = ["red", "green", "blue"];
const TABLE = Array.from({ length: 12 }, (_, i) => ({ width: i * 5 % 7, colour: COLOURS[i % 3] }));
const ROWS = new TableVectorizer().fitTransform(TABLE);
const TEXTS = TABLE.map((_, i) => i % 2 === 0 ? "no" : "yes"), ONES = TABLE.map((_, i) => i % 2);

const networks: NNClassifier<Label>[] = [
  new NNClassifier<Label>({ nHiddenUnits: 2, epochs: 2 }).fit(ROWS, TEXTS),
  new NNClassifier<Label>({
    ...{ nHiddenUnits: [3, 2], activation: ["relu", "tanh"], output: "softmax", momentum: 0.9 },
    ...{ epochs: 3, batchSize: 5, shuffle: true, nFeatures: 4, nClasses: 2 },
  }).fit(ROWS, ONES, { validation: [ROWS, ONES], patience: 2 }),
  new NNClassifier<Label>(),
];
const pipelines: Pipeline<Label>[] = [
  new Pipeline<Label>([new StandardScaler(), new NNClassifier({ nHiddenUnits: 2, epochs: 2 })])
    .fit(ROWS, ONES),
  new Pipeline<Label>([
    ...[new TableVectorizer({ impute: "mean" }), new MinMaxScaler()] as const,
    new NNClassifier<Label>({ nHiddenUnits: [], epochs: 2, momentum: 0.5 }),
  ]).fit(TABLE, TEXTS),
];

/** Whatever a model was made from, it answers, or says why not, and JSON gives it back. */
function use(model: NNClassifier<Label> | Pipeline<Label>): void {
  const net = model instanceof Pipeline ? model.classifier : model;
  const json = JSON.stringify(model);
  const copy = model instanceof Pipeline
    ? Pipeline.fromJSON<Label>(JSON.parse(json))
    : NNClassifier.fromJSON<Label>(JSON.parse(json));
  demand(JSON.stringify(copy) === json, "JSON gives another model back");
  const isTable = model instanceof Pipeline && model.vectorizer;
  const X = isTable ? TABLE : Matrix.ones([2, net.nFeatures ?? 1]).multiply(0.5);
  const [p, q] = [model, copy].map((m) => m.predictProba(X as Matrix));
  demand(areEqual(bits(p.data), bits(q.data)), "a copy predicts otherwise");
  model.predict(X as Matrix);
  String(model);
}

/** A model in JSON as older versions wrote it, without checksums: else what is damaged would go no further than these. */
function older(json: string): string {
  const versions: Record<string, number> = { NNClassifier: 3, Pipeline: 2 };
  return JSON.stringify(JSON.parse(json, (key, value) => {
    if (key === "sha256") return undefined;
    const name = typeof value?.format === "string" && value.format.split(" ")[1];
    return name ? { ...value, version: versions[name] ?? 1 } : value;
  }));
}

/** A model in JSON. What is no JSON, the program that reads it has to say. */
function modelFormat(
  models: readonly (NNClassifier<Label> | Pipeline<Label>)[],
  // deno-lint-ignore no-explicit-any -- what it is, fromJSON finds out
  fromJSON: (json: any) => NNClassifier<Label> | Pipeline<Label>,
): Format {
  return {
    files: models.map((model) => JSON.stringify(model)).flatMap((json) => [json, older(json)])
      .map(encode),
    read(bytes) {
      let json;
      try {
        json = JSON.parse(decode(bytes));
      } catch {
        return;
      }
      use(fromJSON(json));
    },
    mutate: (rng, file) => encode(JSON.stringify(mutateJson(rng, JSON.parse(decode(file)))) ?? ""),
  };
}

const savedModels = [...networks.slice(0, 2), ...pipelines].map((model) => toSafetensors(model));
const savedJson = savedModels.map((file) => JSON.stringify(fromSafetensors<Label>(file)));

const MODEL: Format = {
  files: savedModels.flatMap((
    file,
  ) => [
    file,
    withHeader(file, (header) => {
      const { __metadata__: { "@scratch/nn": text }, ...tensors } = header as {
        __metadata__: Record<string, string>;
      };
      return { __metadata__: { "@scratch/nn": older(text) }, ...tensors };
    }),
  ]),
  read(bytes) {
    const model = fromSafetensors<Label>(bytes), { metadata } = readSafetensors(bytes);
    const isSaved = savedJson.includes(JSON.stringify(model));
    demand(
      isSaved || !("@scratch/nn sha256" in metadata),
      "another model, though it has a checksum",
    );
    const isOurs = Object.values(metadata).some((text) =>
      text.startsWith('{"format":"@scratch/nn ')
    );
    demand("@scratch/nn" in metadata || !isOurs, "ours, taken for another program's");
    use(model);
  },
  mutate: (rng, file) =>
    withHeader(file, (header) => {
      if (rng.randint(2) === 0) return mutateJson(rng, header);
      const { __metadata__: { "@scratch/nn": text }, ...tensors } = header as {
        __metadata__: Record<string, string>;
      };
      const model = JSON.stringify(mutateJson(rng, JSON.parse(text)) ?? null);
      return { __metadata__: { "@scratch/nn": model }, ...tensors };
    }),
};

// --- pictures ----------------------------------------------------------------------------------------

const photos: { name: string; bytes: string }[] = fixture("pictures").files;
const photosOf = (ending: string) =>
  photos.filter(({ name }) => name.endsWith(ending)).map(({ bytes }) => fromBase64(bytes));

function look(bytes: Bytes): void {
  const picture = readPicture(bytes, "the file"), { width, height, data } = picture;
  demand(data.length === 4 * width * height, `${data.length} bytes of ${width} x ${height} pixels`);
  const { shape } = centerDigit(picture);
  demand(areEqual(shape, [1, 784]), `a digit of shape ${shape}`);
}

/** The chunks of a PNG: their names and data. */
function chunksOf(file: Bytes): [name: string, data: Bytes][] {
  const chunks: [string, Bytes][] = [], view = new DataView(file.buffer);
  for (let at = 8; at + 12 <= file.length; at += 12 + view.getUint32(at)) {
    chunks.push([
      String.fromCharCode(...file.subarray(at + 4, at + 8)),
      file.slice(at + 8, at + 8 + view.getUint32(at)),
    ]);
  }
  return chunks;
}

/** A PNG of these chunks. */
function joined(chunks: readonly [name: string, data: Bytes][]): Bytes {
  const parts = chunks.map(([name, data]) => {
    const part = Buffer.concat([new Uint8Array(4), fromLatin1(name), data, new Uint8Array(4)]);
    part.writeUInt32BE(data.length, 0);
    part.writeUInt32BE(crc32(part.subarray(4, -4)), part.length - 4);
    return part;
  });
  return new Uint8Array(Buffer.concat([fromLatin1("\x89PNG\r\n\x1a\n"), ...parts]));
}

const PNG: Format = {
  files: photosOf(".png"),
  read(bytes) {
    look(bytes);
    const chunks = chunksOf(bytes), end = chunks.findIndex(([name]) => name === "IEND");
    const read = chunks.slice(0, end + 1);
    demand(areEqual(joined(read), bytes.subarray(0, joined(read).length)), "another checksum");
    demand(read.filter(([name]) => name === "IHDR").length === 1, "other headers than one");
  },
  /** Whole chunks, with their checksums, but for what they hold; the pixels beneath their compression. */
  mutate(rng, file) {
    const chunks = chunksOf(file), at = rng.randint(chunks.length), [name, data] = chunks[at];
    const deeper = name === "IDAT" && rng.randint(2) === 0;
    const inner = deeper ? new Uint8Array(inflateSync(data)) : data;
    const damaged = mutateBytes(rng, inner, [inner]);
    chunks[at] = [name, deeper ? new Uint8Array(deflateSync(damaged)) : damaged];
    if (rng.randint(4) === 0) chunks.splice(rng.randint(chunks.length), 1, ...chunks.slice(at));
    return joined(chunks);
  },
};

const JPEG: Format = { files: photosOf(".jpg"), read: look };

// --- zipped files ------------------------------------------------------------------------------------

const { images, labels } = pictures({ count: 6 });
const folder = Deno.makeTempDirSync({ prefix: "nn-fuzz-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
Deno.writeFileSync(`${folder}/train-labels-idx1-ubyte`, labels);

const GZ: Format = {
  files: [1, 6, 9].map((level) => new Uint8Array(gzipSync(images, { level }))),
  async read(bytes) {
    Deno.writeFileSync(`${folder}/train-images-idx3-ubyte.gz`, bytes);
    const loaded = await loadMnist({ split: "train", dir: folder });
    demand(
      areEqual(loaded.images.data, images.subarray(16)) &&
        areEqual(loaded.labels, labels.subarray(8)),
      "other pictures, though the file has a checksum",
    );
  },
};

/** By their names. */
export const FORMATS: Readonly<Record<string, Format>> = {
  ...{ idx: IDX, npy: NPY, safetensors: SAFETENSORS, csv: CSV },
  network: modelFormat(networks, (json) => NNClassifier.fromJSON<Label>(json)),
  pipeline: modelFormat(pipelines, (json) => Pipeline.fromJSON<Label>(json)),
  ...{ model: MODEL, png: PNG, jpeg: JPEG, gz: GZ },
};
