/** Models in files, as JSON or, by the name, as safetensors: read, and written as a whole or not at all. */

import { rethrowUnless } from "../lib/errors.ts";
import {
  type ActivationName,
  fromSafetensors,
  type Label,
  NNClassifier,
  Pipeline,
  toSafetensors,
} from "../lib/mod.ts";
import { fromWhereCalled, messageOf } from "./command.ts";
import { refuse, UsageError } from "./options.ts";
import { writeWhole } from "./whole_file.ts";

/** How the JSON of every model begins. */
export const MODEL_START = '{"format":"@scratch/nn ';

/** A model of any labels. */
export type AnyModel = NNClassifier<Label> | Pipeline<Label>;

/** Reads a model. `activation` is that of the hidden units where the file does not say it. */
export async function readModel(
  file: string,
  activation: ActivationName | undefined,
): Promise<AnyModel> {
  const path = fromWhereCalled(file);
  const bytes = await Deno.readFile(path).catch((error: Error) => {
    throw new UsageError(
      error instanceof Deno.errors.NotFound
        ? `--model: there is no ${path}`
        : `--model: ${path} cannot be read: ${error.message}`,
    );
  });
  // a safetensors file begins with the length of its header, in eight bytes, and a brace
  if (bytes[7] === 0 && bytes[8] === "{".charCodeAt(0)) {
    return fromSafetensors<Label>(bytes, { name: file, activation });
  }
  refuse(activation !== undefined, "--activation is for a safetensors file that does not say it");
  let json;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UsageError(`--model: ${path} is no model: neither JSON nor safetensors`);
  }
  let model;
  try {
    model = modelOf(json);
  } catch (error) {
    throw new UsageError(`--model: ${path}: ${messageOf(error)}`);
  }
  if (!model) throw new UsageError(`--model: ${path} is no model, but other JSON`);
  return model;
}

/** The model that some JSON is; nothing where it is something else. */
// deno-lint-ignore no-explicit-any -- what it is, its format says, and fromJSON finds out
export function modelOf(json: any): AnyModel | undefined {
  const Class = [NNClassifier, Pipeline].find(({ name }) => json?.format === `@scratch/nn ${name}`);
  return Class?.fromJSON<Label>(json);
}

/** Writes a model: as safetensors where the file's name ends so, else as JSON. */
export async function writeModel<L extends Label>(
  path: string,
  model: NNClassifier<L> | Pipeline<L>,
): Promise<void> {
  await writeWhole(
    path,
    path.endsWith(".safetensors") ? toSafetensors(model) : new TextEncoder().encode(jsonOf(model)),
  );
}

function jsonOf(model: { toJSON(): unknown }): string {
  try {
    return JSON.stringify(model);
    // deno-coverage-ignore-start -- of half a gigabyte of text, which memory.ts refuses before the training
  } catch (error) {
    rethrowUnless(error, RangeError);
    throw new Error("the model is too large for JSON: --save NAME.safetensors");
  }
  // deno-coverage-ignore-stop
}
