/** Models in files, as JSON or, by the name, as safetensors: read, and written as a whole or not at all. */

import { basename, dirname, resolve } from "@std/path";
import {
  type ActivationName,
  fromSafetensors,
  type Label,
  NNClassifier,
  Pipeline,
  toSafetensors,
} from "../lib/mod.ts";
import { fromWhereCalled } from "./command.ts";
import { refuse, UsageError } from "./options.ts";

/** Finds out before the training, not after it, whether the model can be written: by writing beside it. */
export async function checkSavePath(file: string): Promise<string> {
  const path = fromWhereCalled(file);
  try {
    const there = await Deno.stat(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (there?.isDirectory) throw new UsageError(`--save: ${path} is a folder`);
    if (there && !there.isFile) return path; // a device
    const real = there ? await Deno.realPath(path) : path; // a link stays a link
    const temporary = temporaryFor(real);
    await Deno.writeTextFile(temporary, "", { createNew: true });
    await Deno.remove(temporary);
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const folder = dirname(path);
    const isThere = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
    throw new UsageError(
      isThere
        ? `--save: ${path} cannot be written: ${(error as Error).message}`
        : `--save: there is no folder ${folder}`,
    );
  }
}

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
  if (json?.format === "@scratch/nn NNClassifier") return NNClassifier.fromJSON<Label>(json);
  if (json?.format === "@scratch/nn Pipeline") return Pipeline.fromJSON<Label>(json);
  throw new UsageError(`--model: ${path} is no model, but other JSON`);
}

/** Writes a model: as safetensors where the file's name ends so, else as JSON. */
export async function writeModel<L extends Label>(
  path: string,
  model: NNClassifier<L> | Pipeline<L>,
): Promise<void> {
  await writeWhole(
    path,
    path.endsWith(".safetensors")
      ? toSafetensors(model)
      : new TextEncoder().encode(JSON.stringify(model)),
  );
}

/** Writes a file as a whole or not at all: under another name first. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const there = await Deno.stat(path).catch(() => undefined);
  if (there && !there.isFile) return await Deno.writeFile(path, bytes);
  const temporary = temporaryFor(path);
  try {
    await Deno.writeFile(temporary, bytes, { createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Another one each time: nobody's file has this name. */
function temporaryFor(path: string): string {
  return resolve(dirname(path), `.${basename(path).slice(0, 100)}.${crypto.randomUUID()}.tmp`);
}
