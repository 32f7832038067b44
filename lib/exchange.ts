/**
 * Models that travel: a network as a safetensors file, its layers named as those of PyTorch's `Sequential` are.
 *
 * For a model that only this library reads, and that is to be trained on, JSON does: `JSON.stringify(model)`.
 *
 * @module
 */

import { checkCount, checkOptions } from "./checks.ts";
import { withChecksums } from "./checksums.ts";
import { shapeText } from "./elements.ts";
import { describe, FileFormatError } from "./errors.ts";
import type { Label } from "./labels.ts";
import { Matrix } from "./matrix.ts";
import { NNClassifier } from "./nn/classifier.ts";
import type { NNClassifierOptions } from "./nn/options.ts";
import { classifierOf, Pipeline } from "./pipeline.ts";
import { readSafetensors, type Tensor, writeSafetensors } from "./safetensors.ts";
import { Sha256 } from "./sha256.ts";

/** What a file does not say that another program wrote. */
export interface ForeignOptions<L extends Label = number>
  extends Pick<NNClassifierOptions<L>, "activation" | "output" | "classes"> {
  /** What messages call the file. Default: "the file". */
  name?: string;
}

/** Where the metadata has all of a model but its weights. For the command line too. */
export const KEY = "@scratch/nn";
/** Where it has the SHA-256 of that and of the tensors. */
const SHA256 = `${KEY} sha256`;
/** How the first begins, and the JSON of every model. For the command line too. */
export const MODEL_START = '{"format":"@scratch/nn ';

/**
 * A trained model as a safetensors file: `0.weight` (units x inputs) and `0.bias` of the first layer, `2.weight` and
 * `2.bias` of the second, and so on, as `Sequential(Linear, ReLU, Linear)` names them in PyTorch; in the metadata all
 * else: options, classes, scaler, columns of a table. What a training would go on from, momentum and first weights, is
 * not kept.
 *
 * PyTorch reads the layers alone: what is scaled here must be scaled there before.
 *
 *     from safetensors import safe_open
 *     from safetensors.torch import load_file
 *     net = Sequential(Linear(4, 100), ReLU(), Linear(100, 3)).double()
 *     net.load_state_dict(load_file("iris.safetensors"))
 *     model = json.loads(safe_open("iris.safetensors", "pt").metadata()["@scratch/nn"])
 *     columns = model["steps"][-2]["columns"]  # of the scaler: (X - mean) / scale
 *     net((X - tensor(columns["mean"])) / tensor(columns["scale"])).softmax(1)
 *
 * @example
 * ```ts
 * import { fromSafetensors, Matrix, NNClassifier, toSafetensors } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0], [1]]);
 * const net = new NNClassifier<string>({ epochs: 3 }).fit(X, ["no", "yes"]);
 * const copy = fromSafetensors<string>(toSafetensors(net));
 * assertEquals(copy.predictProba(X), net.predictProba(X));
 * ```
 */
export function toSafetensors<L extends Label>(
  model: NNClassifier<L> | Pipeline<L>,
): Uint8Array<ArrayBuffer> {
  checkCount("toSafetensors", arguments.length, 1);
  if (!(model instanceof NNClassifier) && !(model instanceof Pipeline)) {
    throw new TypeError(
      `toSafetensors: expected an NNClassifier or a Pipeline, got ${describe(model)}`,
    );
  }
  const net = classifierOf(model);
  const tensors = net.weights.flatMap((w, l): [string, Tensor][] => [
    [`${2 * l}.weight`, w.T.slice(1).T],
    [`${2 * l}.bias`, { shape: [w.rows], data: w.T.row(0).data }],
  ]);
  const { weights: _w, velocity: _v, startWeights: _s, best: _b, sha256: _c, ...rest } = net
    .toJSON();
  const classifier = { ...rest, weights: [] };
  const { sha256: _, ...pipeline } = model instanceof Pipeline ? model.toJSON() : {};
  const json = "steps" in pipeline
    ? { ...pipeline, steps: pipeline.steps.with(-1, classifier) }
    : classifier;
  const text = JSON.stringify(json), all = Object.fromEntries(tensors);
  return writeSafetensors(all, { [KEY]: text, [SHA256]: checksumOf(text, all) });
}

/**
 * The model of a safetensors file. Of one that {@linkcode toSafetensors} wrote it is the model itself. Of any other, as
 * PyTorch's `save_file(model.state_dict(), path)` writes it, each `NAME.weight` (units x inputs) and `NAME.bias` are a
 * layer, in the order of their names, numbers by size; the file does not say what its units compute, so the options do.
 *
 * @param bytes The file's bytes.
 * @param options What the file does not say; there it is refused. `activation` of the hidden units, "relu" if not said;
 * `output`, "softmax" if not said; `classes`, numbers from 0 on if not said.
 * @throws {FileFormatError} Where it is no safetensors file, or its tensors are no layers that follow each other, or a
 * number of it is not the one that was saved.
 * @throws As {@linkcode NNClassifier.fromJSON} and {@linkcode Pipeline.fromJSON}.
 */
export function fromSafetensors<L extends Label = number>(
  bytes: Uint8Array,
  options: ForeignOptions<L> = {},
): NNClassifier<L> | Pipeline<L> {
  checkCount("fromSafetensors", arguments.length, 2);
  checkOptions("fromSafetensors", options, ["activation", "output", "classes", "name"]);
  const { name = "the file", ...said } = options;
  const { tensors, metadata } = readSafetensors(bytes, name);
  const refuse = (what: string) => new FileFormatError(`fromSafetensors: ${name} ${what}`);
  const weights = layersOf(tensors, refuse);
  if (!(KEY in metadata)) {
    const isOurs = Object.entries(metadata).some(([name, text]) =>
      isNearly(name, KEY) || isNearly(name, SHA256) || text.startsWith(MODEL_START)
    );
    if (isOurs) throw refuse(`is damaged: its metadata lack ${describe(KEY)}`);
    const sizes = [weights[0].cols - 1, ...weights.map(({ rows }) => rows)];
    const { activation = "relu", output = "softmax", classes } = said;
    if (sizes.at(-1) === 1) {
      throw refuse(
        "has one output; a classifier of two classes has two, the first one with weights and bias 0",
      );
    }
    const net = new NNClassifier<L>({
      ...{ nFeatures: sizes[0], nHiddenUnits: sizes.slice(1, -1), nClasses: sizes.at(-1) },
      ...{ activation, output, classes },
    });
    net.weights = weights;
    return net;
  }
  const given = Object.entries(said).find(([, value]) => value !== undefined);
  if (given) throw refuse(`says its ${given[0]} itself: leave it out`);
  const json = parse(metadata[KEY], refuse);
  const isPipeline = json?.format === "@scratch/nn Pipeline" && Array.isArray(json.steps) &&
    json.steps.length > 0;
  const classifier = isPipeline ? json.steps.at(-1) : json;
  const expected = metadata[SHA256];
  if (expected === undefined && classifier?.version > 3) throw refuse("lacks its SHA-256");
  const found = checksumOf(metadata[KEY], tensors);
  if (expected !== undefined && found !== expected) {
    throw refuse(`is damaged: the SHA-256 of its model is ${found}, not ${expected}`);
  }
  const whole = withChecksums({ ...classifier, weights: weights.map((w) => w.toJSON()) });
  return isPipeline
    ? Pipeline.fromJSON<L>(withChecksums({ ...json, steps: json.steps.with(-1, whole) }))
    : NNClassifier.fromJSON<L>(whole);
}

// --- inside ------------------------------------------------------------------------------------------

/** Whether a name is another one but for two letters: damaged. */
function isNearly(name: string, other: string): boolean {
  const differences = Array.from(other).filter((letter, i) => letter !== name[i]).length;
  return name.length === other.length && differences <= 2;
}

type Refuse = (what: string) => FileFormatError;

/** The SHA-256 of the metadata's text and of all numbers, whatever the order of the tensors in the file. */
function checksumOf(text: string, tensors: Readonly<Record<string, Tensor>>): string {
  const encoder = new TextEncoder(), hash = new Sha256().update(encoder.encode(text));
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name];
    hash.update(encoder.encode(`${name} ${shapeText(shape)}`));
    hash.updateNumbers(Float64Array.from(data));
  }
  return hash.digest();
}

// deno-lint-ignore no-explicit-any -- what it is, fromJSON finds out
function parse(text: string, refuse: Refuse): any {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(`has metadata of "${KEY}" that are no JSON`);
  }
}

/** The weights of each layer, units x (inputs + 1), the biases first. */
function layersOf(tensors: Readonly<Record<string, Tensor>>, refuse: Refuse): Matrix[] {
  const keys = Object.keys(tensors);
  const other = keys.find((key) => !/(^|\.)(weight|bias)$/.test(key));
  if (other !== undefined) {
    throw refuse(`has ${describe(other)}, which is no weight or bias of a fully connected layer`);
  }
  const names = keys.filter((key) => key.endsWith("weight"))
    .map((key) => key.slice(0, -"weight".length)).sort(byNumbers);
  if (names.length === 0 || keys.length !== 2 * names.length) {
    throw refuse(`should have a weight and a bias for each layer, and has ${describe(keys)}`);
  }
  let inputs: number | undefined;
  return names.map((name) => {
    const weight = tensors[`${name}weight`], bias = tensors[`${name}bias`];
    const [units, columns] = weight.shape;
    if (weight.shape.length !== 2 || bias?.shape.length !== 1 || bias.shape[0] !== units) {
      throw refuse(
        `should have (units, inputs) and (units) for its layer ${describe(name)}, and has ` +
          `(${weight.shape.join(", ")}) and (${bias?.shape.join(", ") ?? "nothing"})`,
      );
    }
    if (inputs !== undefined && inputs !== columns) {
      throw refuse(
        `has a layer ${describe(name)} of ${columns} inputs after one of ${inputs} units; ` +
          `layers follow each other by their names: ${names.join(", ")}`,
      );
    }
    inputs = units;
    const matrix = (data: Tensor["data"], cols: number) => Matrix.fromArray(data, [units, cols]);
    return Matrix.hstack([matrix(bias.data, 1), matrix(weight.data, columns)]);
  });
}

/** Texts, but the numbers in them by size: "2." before "10.". */
function byNumbers(a: string, b: string): number {
  const parts = (text: string) => text.split(/(\d+)/);
  const [as, bs] = [parts(a), parts(b)];
  const i = as.findIndex((part, i) => part !== bs[i]);
  if (i < 0 || bs[i] === undefined) return as.length - bs.length;
  const difference = i % 2 === 1 ? Number(as[i]) - Number(bs[i]) : 0;
  return difference || (as[i] < bs[i] ? -1 : 1);
}
