/** Models in files, as JSON or, by the name, as safetensors: read, and written as a whole or not at all. */

import { FileFormatError, rethrowUnless, ShapeError, ValueError } from "../../lib/errors.ts";
import { KEY } from "../../lib/exchange.ts";
import {
  type ActivationName,
  fromSafetensors,
  type Label,
  NNClassifier,
  Pipeline,
  toSafetensors,
} from "../../lib/mod.ts";
import { checkReadable, fromWhereCalled, messageOf } from "./command.ts";
import { refuse, UsageError } from "./options.ts";
import { writeWhole } from "./whole_file.ts";

/** A model of any labels. */
export type AnyModel = NNClassifier<Label> | Pipeline<Label>;

/** Reads a model. `activation` is that of the hidden units where the file does not say it; what is taken instead is said. */
export async function readModel(
  file: string,
  activation: ActivationName | undefined,
  say: (line: string) => void,
): Promise<AnyModel> {
  const path = fromWhereCalled(file), wrong = (what: string) => new UsageError(`--model: ${what}`);
  const bytes = await read(path).catch((error: Error) => {
    if (error instanceof UsageError) throw error;
    throw wrong(
      error instanceof Deno.errors.NotFound
        ? `there is no ${path}`
        : `${path} cannot be read: ${error.message}`,
    );
  });
  try {
    // a safetensors file begins with the length of its header, in eight bytes, and a brace
    if (bytes[7] === 0 && bytes[8] === "{".charCodeAt(0)) {
      const model = fromSafetensors<Label>(bytes, { name: file, activation });
      if (activation === undefined && !isOurs(bytes)) {
        say(
          `${file} does not say what its units compute: relu is assumed; --activation says another.`,
        );
      }
      return model;
    }
    refuse(activation !== undefined, "--activation is for a safetensors file that does not say it");
    const model = modelOf(parse(bytes, path));
    if (model) return model;
  } catch (error) {
    rethrowUnless<Error>(error, FileFormatError, ShapeError, ValueError, TypeError);
    const message = messageOf(error);
    throw wrong(message.includes(file) ? message : `${path}: ${message}`);
  }
  throw wrong(`${path} is no model, but other JSON`);
}

/** Whether a safetensors file says all of a model, as ours do: in its header, whose length comes first. */
function isOurs(bytes: Uint8Array): boolean {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return new TextDecoder().decode(bytes.subarray(8, 8 + length)).includes(`"${KEY}":`);
}

async function read(path: string): Promise<Uint8Array> {
  await checkReadable("--model", path);
  return await Deno.readFile(path);
}

function parse(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UsageError(`--model: ${path} is no model: neither JSON nor safetensors`);
  }
}

/** The model that some JSON is; nothing where it is something else. */
// deno-lint-ignore no-explicit-any -- what it is, its format says, and fromJSON finds out
export function modelOf(json: any): AnyModel | undefined {
  const Class = [NNClassifier, Pipeline].find(({ name }) => json?.format === `@scratch/nn ${name}`);
  return Class?.fromJSON<Label>(json);
}

/** Whether a name is that of a safetensors file. */
export function isSafetensors(name: string): boolean {
  return name.toLowerCase().endsWith(".safetensors");
}

/** Writes a model: as safetensors where the file's name ends so, which may be a link to another one, else as JSON. */
export async function writeModel<L extends Label>(
  path: string,
  model: NNClassifier<L> | Pipeline<L>,
  name = path,
): Promise<void> {
  await writeWhole(
    path,
    isSafetensors(name) ? toSafetensors(model) : new TextEncoder().encode(jsonOf(model)),
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
