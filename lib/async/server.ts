/**
 * The worker's side of `trainAsync`: it takes a job in pieces, trains, and says what comes of each epoch.
 *
 * @module
 */

import { DivergenceError } from "../errors.ts";
import type { Label } from "../labels.ts";
import { Matrix } from "../matrix.ts";
import { NNClassifier } from "../nn/classifier.ts";
import { callAfterStep } from "../nn/training.ts";
import { Pipeline } from "../pipeline.ts";
import type { Table, TableRow } from "../table.ts";
import {
  type Answer,
  frontOf,
  type Job,
  type Message,
  type Parcel,
  stepsOf,
  type Taught,
  trainModel,
} from "./messages.ts";

/** How many epochs the worker may be ahead of those that were asked for: more where they are small and soon done. */
const AHEAD = 2, MOST_AHEAD = 64, AHEAD_WEIGHTS = 2 ** 17;

/** What comes in pieces. */
class Delivery {
  readonly #parcel: Parcel;
  readonly #data: Float64Array | Uint8Array | TableRow[];
  #at = 0;

  constructor(parcel: Parcel) {
    this.#parcel = parcel;
    if ("rows" in parcel) this.#data = [];
    else {
      const [rows, cols] = parcel.shape;
      this.#data = new (parcel.isBytes ? Uint8Array : Float64Array)(rows * cols);
    }
  }

  /** Whether all is there. */
  get isWhole(): boolean {
    return this.#at === ("rows" in this.#parcel ? this.#parcel.rows : this.#data.length);
  }

  /** Adds a piece. */
  add(piece: Float64Array | Uint8Array | TableRow[]): void {
    if (Array.isArray(this.#data)) this.#data.push(...piece as TableRow[]);
    else this.#data.set(piece as Uint8Array, this.#at);
    this.#at += piece.length;
  }

  /** The matrix, or the table. */
  get content(): Matrix | Table {
    return "rows" in this.#parcel
      ? this.#data as Table
      : Matrix.fromArray(this.#data as Float64Array, this.#parcel.shape);
  }
}

/** Trains what it is told to, and says what comes of it. */
export function serve(
  post: (answer: unknown, transfer: ArrayBuffer[]) => void,
): (event: { data: unknown }) => void {
  let job: Job<Label>, deliveries: Delivery[] = [], ahead = AHEAD, wake = () => {};

  const run = async () => {
    const { params, front, startLayers, stop, options } = job;
    const net = new NNClassifier<Label>(params);
    let isStopped = false, isFirst = true;
    const taught = (): Taught<Label> => ({
      learned: net.learned,
      ...(isFirst && { known: { nFeatures: net.nFeatures!, classes: net.classes } }),
      ...(isFirst && model instanceof Pipeline && { front: frontOf(model) }),
    });
    let model: NNClassifier<Label> | Pipeline<Label> = net;
    callAfterStep(() => {
      if (!stop || Atomics.load(stop, 0) === 0) return;
      isStopped = true;
      throw new Error("stopped");
    });
    try {
      const contents = deliveries.map(({ content }) => content);
      if (startLayers > 0) net.weights = contents.splice(0, startLayers) as Matrix[];
      const [X, XValidation] = contents;
      const { vectorizer, scaler } = front ? stepsOf(front) : {};
      if (scaler) model = new Pipeline(vectorizer ? [vectorizer, scaler, net] : [scaler, net]);
      const epochs = trainModel(model, X, job.y, {
        ...options,
        ...(job.yValidation && { validation: [XValidation, job.yValidation] }),
      });
      for (const epoch of epochs) {
        const now = taught();
        if (isFirst) {
          const weights = now.learned.weights.reduce((sum, { length }) => sum + length, 0);
          ahead = Math.max(AHEAD, Math.min(MOST_AHEAD, Math.floor(AHEAD_WEIGHTS / weights)));
        }
        say({ epoch, taught: now });
        isFirst = false;
        ahead--;
        while (ahead <= 0) await new Promise<void>((resolve) => wake = resolve);
      }
      say({ taught: taught() });
    } catch (error) {
      if (isStopped) return;
      const { name, message, epoch } = error as DivergenceError;
      const isRun = error instanceof DivergenceError;
      say({ error: { name, message, epoch }, ...(isRun && { taught: taught() }) });
    }
  };
  const say = (answer: Answer<Label>) => {
    const { weights = [], velocity } = ("taught" in answer && answer.taught?.learned) || {};
    post(answer, [...weights, ...velocity ?? []].map(({ buffer }) => buffer as ArrayBuffer));
  };
  return ({ data }) => {
    const message = data as Message;
    if ("job" in message) {
      job = message.job;
      deliveries = job.parcels.map((parcel) => new Delivery(parcel));
    } else if ("piece" in message) {
      deliveries.find(({ isWhole }) => !isWhole)!.add(message.piece);
      say({ next: true });
    } else if ("begin" in message) run();
    else {
      ahead++;
      wake();
    }
  };
}
