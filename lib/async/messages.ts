/**
 * What `trainAsync` and its worker say to each other, and what both of them do.
 *
 * @module
 */

import type { Label } from "../labels.ts";
import type { Matrix, Shape } from "../matrix.ts";
import type { NNClassifier } from "../nn/classifier.ts";
import type { NNClassifierParams } from "../nn/options.ts";
import type { Epoch, Learned } from "../nn/training.ts";
import { Pipeline, type PipelineTrainOptions } from "../pipeline.ts";
import { type Scaler, scalerFromJSON, type ScalerJSON } from "../scalers.ts";
import { type Table, type TableRow, TableVectorizer, type TableVectorizerJSON } from "../table.ts";

/** A worker, as far as it is used here: that of browsers, Deno and Bun. */
export interface TrainingWorker {
  /** Is told what the worker says. */
  // deno-lint-ignore no-explicit-any -- as the engines have it
  onmessage: ((event: any) => void) | null;
  /** Is told what goes wrong in it. */
  // deno-lint-ignore no-explicit-any -- as the engines have it
  onerror: ((event: any) => void) | null;
  /** Tells it something. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends it. */
  terminate(): unknown;
}

/** The name of a worker that serves. Webpack makes a file name of it. */
export const NAME = "nn-training";

/** What ends the module of a worker that is ready: an application in the same bundle shall not run there. */
export const READY = `${NAME}: ready`;

/** The size of a matrix, or of a table, which follows in pieces. */
export type Parcel =
  | { readonly shape: Shape; readonly isBytes: boolean }
  | { readonly rows: number };

/** What the worker is told. */
export interface Job<L extends Label> {
  readonly params: NNClassifierParams<L>;
  readonly front: Front | undefined;
  /** The weights that training starts from, if they were set; X; the X of the validation, if there is one. */
  readonly parcels: readonly Parcel[];
  readonly startLayers: number;
  readonly y: ArrayLike<L>;
  readonly yValidation: ArrayLike<L> | undefined;
  readonly options: { readonly threads?: number; readonly patience?: number };
  /** Is set to 1 when the training is to end. */
  readonly stop: Int32Array | undefined;
}

/** The steps of a pipeline in front of its classifier. */
export interface Front {
  readonly vectorizer: TableVectorizerJSON | undefined;
  readonly scaler: ScalerJSON;
}

/** What was learned so far; the first time also from what, and by what it is scaled. */
export interface Taught<L extends Label> {
  readonly learned: Learned;
  readonly known?: { readonly nFeatures: number; readonly classes: L[] };
  readonly front?: Front;
}

/** An error, as a message can have it. */
export interface Problem {
  readonly name: string;
  readonly message: string;
  readonly epoch?: number;
}

/** What the worker says: that it has got a piece, an epoch, the end, or what was wrong. */
export type Answer<L extends Label> =
  | { readonly next: true }
  | { readonly taught: Taught<L>; readonly epoch?: Epoch }
  | { readonly error: Problem; readonly taught?: Taught<L> };

/** What the worker is sent, in this order. */
export type Message =
  | { readonly job: Job<Label> }
  | { readonly piece: Float64Array | Uint8Array | TableRow[] }
  | { readonly begin: true }
  | { readonly goOn: true };

/** `model.train`, whichever it is. */
export function trainModel<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  y: ArrayLike<L>,
  options: PipelineTrainOptions<L>,
): Generator<Epoch, void, void> {
  return model instanceof Pipeline
    ? model.train(X, y, options)
    : model.train(X as Matrix, y, options as never);
}

/** What a pipeline's first steps have learned. */
export function frontOf<L extends Label>({ vectorizer, scaler }: Pipeline<L>): Front {
  return { vectorizer: vectorizer?.toJSON(), scaler: scaler.toJSON() };
}

/** The steps that have learned it. */
export function stepsOf(
  { vectorizer, scaler }: Front,
): { vectorizer: TableVectorizer | undefined; scaler: Scaler } {
  return {
    vectorizer: vectorizer && TableVectorizer.fromJSON(vectorizer),
    scaler: scalerFromJSON(scaler),
  };
}

/** Has a pipeline's first steps take it over. */
export function adopt<L extends Label>(model: Pipeline<L>, front: Front): void {
  const { vectorizer, scaler } = stepsOf(front);
  if (vectorizer) model.vectorizer?.adopt(vectorizer);
  model.scaler.adopt(scaler);
}
