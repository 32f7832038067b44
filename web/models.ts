/** The two networks of the page and the digits that come with it: how they are loaded, and what a reading of a picture has. */

import {
  Matrix,
  type NNClassifier,
  type NNClassifierOptions,
  Pipeline,
  readNpy,
  writeNpy,
} from "../lib/mod.ts";
import { classifierOf } from "../lib/pipeline.ts";

/** A network, perhaps with a scaler in front of it. */
export type Model = NNClassifier | Pipeline;

/** What a network makes of one picture. */
export interface Reading {
  /** The digit of the strongest output. */
  readonly answer: number;
  /** How strongly each digit is answered, 0 to 1. */
  readonly outputs: ArrayLike<number>;
  /** How strongly each hidden unit answers. */
  readonly hidden: ArrayLike<number>;
}

/** Pictures of 28 x 28 bytes, one a row, and what they show. */
export interface Digits {
  readonly X: Matrix;
  readonly y: readonly number[];
}

/** The standard run, as the build wrote it. */
export interface Run {
  readonly options: NNClassifierOptions;
  /** How many of its digits it gets right in the end. */
  readonly trainCorrect: number;
  readonly weightsSha256: string;
}

/** A row of test digits to choose, as the build wrote it. */
export interface Samples {
  readonly title: string;
  readonly labels: readonly number[];
  /** 784 a picture. */
  readonly pixels: readonly number[];
}

/** Reads a picture, 1 x 784, with all that happens inside. */
export function read(model: Model, X: Matrix): Reading {
  const inputs = model instanceof Pipeline ? model.scaler.transform(X) : X;
  const [hidden, outputs] = classifierOf(model).forward(inputs).act;
  return { answer: outputs.argmax(), outputs: outputs.data, hidden: hidden.data };
}

/** The bytes of a file of the page, unzipped here: so any host will do. */
export async function load(name: string): Promise<Uint8Array> {
  const response = await fetch(`data/${name}`);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  const stream = response.body!.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The same of JSON. */
export async function loadJSON<T>(name: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await load(name)));
}

/** Digits as a `.npy` file: n x 785 bytes, the label first, as MNIST's CSV files have them. */
export function writeDigits({ X, y }: Digits): Uint8Array<ArrayBuffer> {
  return writeNpy(Matrix.hstack([Matrix.fromArray(Uint8Array.from(y), [y.length, 1]), X]));
}

/** More digits than that would take a page long to learn. */
const MOST = 500;

/** What {@linkcode writeDigits} wrote. */
export function readDigits(bytes: Uint8Array, name: string): Digits {
  const { shape: [rows, cols], data } = readNpy(bytes, name);
  if (rows > MOST) throw new Error(`${name} has ${rows} digits; this page learns ${MOST} at most`);
  if (!(data instanceof Uint8Array) || cols !== 785) {
    throw new Error(`${name} should hold bytes, 785 a row: a label and 28 x 28 pixels`);
  }
  const y = Array.from({ length: rows }, (_, i) => data[785 * i]);
  if (y.some((label) => label > 9)) throw new Error(`${name} has labels that are no digits`);
  const X = Uint8Array.from({ length: 784 * rows }, (_, i) => data[i + Math.floor(i / 784) + 1]);
  return { X: Matrix.fromArray(X, [rows, 784]), y };
}
