/**
 * The side of `trainAsync` that asks: it sends the job in pieces, and keeps its model as the worker's is.
 *
 * @module
 */

import * as errors from "../errors.ts";
import { DivergenceError } from "../errors.ts";
import type { Label } from "../labels.ts";
import { Matrix } from "../matrix.ts";
import type { NNClassifier } from "../nn/classifier.ts";
import { type Epoch, isBetter, type Learned } from "../nn/training.ts";
import { classifierOf, Pipeline, type PipelineTrainOptions } from "../pipeline.ts";
import type { Table } from "../table.ts";
import {
  adopt,
  type Answer,
  frontOf,
  type Job,
  type Problem,
  READY,
  type Taught,
  type TrainingWorker,
} from "./messages.ts";

/** How many bytes, or rows of a table, are sent at a time: copying more would hold up a page. */
const PIECE = 2 ** 22, PIECE_ROWS = 8192;

/** A job, and what is sent after it in pieces. */
interface Posted<L extends Label> {
  readonly job: Job<L>;
  readonly contents: readonly (Matrix | Table)[];
}

/** The training of a model on X and y, as the worker is told of it. */
export function jobOf<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
  X: Matrix | Table,
  y: ArrayLike<L>,
  { validation, threads, patience }: PipelineTrainOptions<L>,
  stop: Int32Array | undefined,
): Posted<L> {
  const net = classifierOf(model), start = net.startWeights ?? [];
  const contents = [...start, X, ...(validation ? [validation[0]] : [])];
  return {
    job: {
      // of weights that were set, the sizes are known; the worker is to know them too
      params: start.length === 0
        ? net.getParams()
        : { ...net.getParams(), nFeatures: net.nFeatures!, nClasses: null, classes: net.classes },
      front: model instanceof Pipeline ? frontOf(model) : undefined,
      parcels: contents.map((content) =>
        content instanceof Matrix
          ? { shape: content.shape, isBytes: content.dtype === "uint8" }
          : { rows: content.length }
      ),
      startLayers: start.length,
      ...{ y: plain(y), yValidation: validation && plain(validation[1]), stop },
      options: {
        ...(threads !== undefined && { threads }),
        ...(patience !== undefined && { patience }),
      },
    },
    contents,
  };
}

/** Labels as a message can have them: no proxy, and not all of the memory that they are a part of. */
function plain<L extends Label>(y: ArrayLike<L>): ArrayLike<L> {
  return ArrayBuffer.isView(y) ? (y as unknown as Int32Array).slice() as never : Array.from(y);
}

/** Sends it all. After each piece it waits until the worker has got it, so that everything else has its turn. */
export async function post<L extends Label>(
  worker: TrainingWorker,
  answers: Answers<L>,
  { job, contents }: Posted<L>,
): Promise<void> {
  worker.postMessage({ job }, []);
  for (const content of contents) {
    const { data, length } = content instanceof Matrix
      ? { data: content.data, length: PIECE / content.data.BYTES_PER_ELEMENT }
      : { data: content, length: PIECE_ROWS };
    for (let at = 0; at < data.length; at += length) {
      const piece = data.slice(at, at + length);
      if (ArrayBuffer.isView(piece)) worker.postMessage({ piece }, [piece.buffer as ArrayBuffer]);
      else worker.postMessage({ piece: piece.map((row) => ({ ...row })) }, []); // no proxies
      const answer = await answers.next();
      if ("error" in answer) throw revive(answer.error);
    }
  }
  worker.postMessage({ begin: true }, []);
}

/** The answers of a worker, one after the other. */
export class Answers<L extends Label> {
  readonly #waiting: Answer<L>[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #heed = () => this.#wake();
  #wake = () => {};

  constructor(worker: TrainingWorker, signal: AbortSignal | undefined) {
    this.#signal = signal;
    const add = (answer: Answer<L>) => {
      this.#waiting.push(answer);
      this.#wake();
    };
    worker.onmessage = ({ data }: { data: Answer<L> | { failed: string } }) => {
      if (!("failed" in data)) add(data); // that is what a module throws that is ready
    };
    worker.onerror = (event) => { // it ran out of memory; in Node.js also where it was ended
      event.preventDefault?.();
      if (event.message?.includes(READY)) return;
      const message = `trainAsync: the worker failed: ${event.message ?? event}`;
      add({ error: { name: "Error", message } });
    };
    signal?.addEventListener("abort", this.#heed);
  }

  /** Listens no longer. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#heed);
  }

  /** Waits for the next one. Throws what the signal says where it is aborted. */
  async next(): Promise<Answer<L>> {
    for (;;) {
      this.#signal?.throwIfAborted();
      const answer = this.#waiting.shift();
      if (answer) return answer;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/** Keeps the model as the worker's is. */
export class Follower<L extends Label> {
  readonly #model: NNClassifier<L> | Pipeline<L>;
  readonly #hasPatience: boolean;
  #follow: ((learned: Learned, epoch?: Epoch) => void) | undefined;
  #best: Epoch & { learned: Learned } | undefined;

  constructor(model: NNClassifier<L> | Pipeline<L>, hasPatience: boolean) {
    this.#model = model;
    this.#hasPatience = hasPatience;
  }

  /** Takes over an epoch. */
  take(taught: Taught<L>, epoch: Epoch): void {
    const { learned } = taught;
    this.#begin(taught);
    this.#follow!(learned, epoch);
    const { validation } = epoch;
    if (this.#hasPatience && validation && isBetter(validation, this.#best?.validation)) {
      this.#best = { ...epoch, learned };
    }
  }

  /** Takes over what there is at the end. */
  end(taught: Taught<L>): void {
    this.#begin(taught);
    this.#follow!(taught.learned);
    this.#follow = undefined;
  }

  /** Where the training was broken off: with patience, the best epoch so far. */
  leave(): void {
    if (!this.#best || !this.#follow) return;
    const { learned, epoch } = this.#best;
    this.end({ learned: { ...learned, velocity: undefined, bestEpoch: epoch } });
  }

  #begin({ known, front }: Taught<L>): void {
    const model = this.#model, net = classifierOf(model);
    if (known) this.#follow = net.follow(known.nFeatures, known.classes);
    if (front && model instanceof Pipeline) adopt(model, front);
  }
}

/** The error that the worker met. */
export function revive({ name, message, epoch }: Problem): Error {
  if (name === "DivergenceError") return new DivergenceError(message, epoch!);
  const known: Record<string, unknown> = { ...errors, TypeError, RangeError };
  const Class = Object.hasOwn(known, name) ? known[name] as ErrorConstructor : Error;
  return new Class(message);
}
