/**
 * Checkpoints: from a run that was killed, `deno task train --resume` goes on, and ends with the same bits as one that never
 * was. A file has the model as it is after an epoch, the options of the run, and the SHA-256 of its data. The one before is
 * kept beside it: where a file is damaged, the other one serves.
 */

import { checkChecksums, withChecksums } from "../../lib/checksums.ts";
import { rethrowUnless } from "../../lib/errors.ts";
import { type Epoch, type Label, ValueError } from "../../lib/mod.ts";
import { classifierOf } from "../../lib/pipeline.ts";
import { Sha256 } from "../../lib/sha256.ts";
import { messageOf, quoted } from "../shared/command.ts";
import { type AnyModel, modelOf } from "../shared/model_file.ts";
import { dashed, refuse, UsageError } from "../shared/options.ts";
import { tell } from "../shared/progress.ts";
import { checkSavePath, pathOf, writeWhole } from "../shared/whole_file.ts";
import { namesFile } from "./options.ts";

const FORMAT = "@scratch/nn checkpoint";

/** How long the training goes on, in milliseconds, between two checkpoints whose number of epochs was not said. */
const PAUSE = 5000;

/** Options as they were given. */
type Options = Readonly<Record<string, unknown>>;

/**
 * Options that may be others when a run goes on: they change no bit of it; whether data are the same, their hash says. Those
 * of the second list are not even kept.
 */
const FREE = ["save", "threads", "every", "csv", "data"], NOT_KEPT = ["json", "quiet"];

/** What a file holds. */
interface Content {
  readonly format: typeof FORMAT;
  readonly version: 1;
  /** All that make the run what it is. */
  readonly options: Options;
  /** The SHA-256 of all rows and labels. */
  readonly data: string;
}

/** What was found. */
interface Found {
  readonly content: Content;
  readonly model: AnyModel;
  /** The file that it is of. */
  readonly path: string;
  /** What is wrong with the other one, if it is a later one. */
  readonly doubts: readonly string[];
}

/** How every checkpoint begins. */
const START = `{"format":"${FORMAT}"`;

/** Where the checkpoint before that of `path` is kept, and where the next one is until it is whole. */
const previousOf = (path: string) => `${path}.previous`, nextOf = (path: string) => `${path}.next`;

/** What a run holds that keeps its checkpoints there. */
const lockOf = (path: string) => `${path}.lock`;

/** All of them, the last one first. */
const filesOf = (path: string) => [nextOf(path), path, previousOf(path)];

/**
 * The last whole checkpoint; nothing where there is none yet.
 *
 * @throws {UsageError} Where there are some, and none is whole.
 */
export function readCheckpoint(file: string): Found | undefined {
  const path = pathOf(file), doubts: string[] = [];
  for (const each of filesOf(path)) {
    let text;
    try {
      if (!Deno.statSync(each).isFile) throw new Error("it is no file");
      text = new TextDecoder().decode(Deno.readFileSync(each));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      doubts.push(`${each} cannot be read: ${(error as Error).message}`);
      continue;
    }
    try {
      return { ...contentOf(text), path: each, doubts };
    } catch (error) {
      doubts.push(`${each} is damaged: ${messageOf(error)}`);
    }
  }
  if (doubts.length > 0) throw new UsageError(`--resume: ${doubts.join("; ")}`);
  return undefined;
}

function contentOf(text: string): Pick<Found, "content" | "model"> {
  const json = JSON.parse(text);
  if (json?.format !== FORMAT || json.version !== 1) throw new ValueError("it is no checkpoint");
  checkChecksums("checkpoint", json, true);
  const model = modelOf(json.model); // it is whole too
  if (!model) throw new ValueError("it has no model");
  return { content: json, model };
}

/** Throws where options of checkpoints do not go together, or with others, or the file cannot be written. */
export async function checkCheckpointOptions(
  { checkpoint, every, resume, seeds, save }: Given & {
    readonly seeds: number;
    readonly save: string | undefined;
  },
): Promise<void> {
  const isKept = checkpoint !== undefined;
  refuse(resume && !isKept, "--resume goes on from a checkpoint: --checkpoint FILE");
  refuse(every !== undefined && !isKept, "--every is for checkpoints: --checkpoint FILE");
  refuse(seeds > 1 && isKept, "--checkpoint is for one run: leave out --seeds");
  if (!isKept) return;
  const path = pathOf(checkpoint), isTaken = [...filesOf(path), lockOf(path)];
  refuse(
    namesFile(save) && isTaken.includes(pathOf(save)),
    `--save ${save} would overwrite the checkpoint: choose another name`,
  );
  await checkFiles(checkpoint, resume);
}

/** Throws where a file would be lost: what is no checkpoint, or a run that was not to go on. */
async function checkFiles(checkpoint: string, resume: boolean): Promise<void> {
  const path = await checkSavePath("--checkpoint", checkpoint);
  for (const each of filesOf(path)) {
    const info = await Deno.stat(each).catch(() => undefined);
    if (!info || info.isDirectory) continue;
    refuse(!info.isFile, `--checkpoint: ${each} is a device, not a file`);
    if (resume) continue;
    using file = await Deno.open(each);
    const start = new Uint8Array(START.length), length = await file.read(start) ?? 0;
    const isOurs = new TextDecoder().decode(start.subarray(0, length)) === START;
    refuse(
      !isOurs,
      `--checkpoint: ${each} is there already, and is no checkpoint: choose another name`,
    );
    throw new UsageError(
      `--checkpoint: ${each} is there already: --resume goes on with it; to begin anew, remove it`,
    );
  }
}

/** The options that a run began with, for those that are not said again. */
export function savedOptions(file: string): Options {
  return readCheckpoint(file)?.content.options ?? {};
}

/** The SHA-256 of what a run learns from and is judged by. */
export function hashData(...lists: readonly Iterable<ArrayBufferView | string>[]): string {
  const hash = new Sha256(), encoder = new TextEncoder();
  for (const list of lists) {
    for (const part of list) hash.update(typeof part === "string" ? encoder.encode(part) : part);
  }
  return hash.digest();
}

/** What was given, of which some is for checkpoints. */
interface Given extends Options {
  readonly checkpoint: string | undefined;
  readonly every: number | undefined;
  readonly resume: boolean;
}

/** A model and what is to be done with it after each epoch. */
interface Training<M> {
  readonly model: M;
  /** Keeps the model where that is due. */
  readonly afterEpoch: (epoch: Epoch) => Promise<void>;
  /** Keeps the model of a training that was interrupted, as it is, and says how it goes on. */
  readonly atEnd: () => Promise<string[]>;
}

/**
 * The model as it is, or as the last checkpoint has it where the run goes on. After an epoch it is kept where that is due.
 *
 * @throws {UsageError} Where a file cannot be written, or is of another run.
 */
export async function withCheckpoints<M extends AnyModel>(
  { checkpoint, every, resume, ...given }: Given,
  model: M,
  data: () => string,
  say: (line: string) => void,
): Promise<Training<M>> {
  if (checkpoint === undefined) {
    return { model, afterEpoch: () => Promise.resolve(), atEnd: () => Promise.resolve([]) };
  }
  const path = pathOf(checkpoint);
  await lock(path);
  const options = JSON.parse(JSON.stringify({ ...given, every })); // as a file has them
  for (const name of NOT_KEPT) delete options[name];
  const run = { options, data: data() };
  const found = resume ? readCheckpoint(checkpoint) : undefined;
  if (found) {
    checkSame(found, run);
    for (const doubt of found.doubts) tell(`${doubt}. ${found.path} is taken.`);
    if (found.path !== path) await Deno.rename(found.path, path); // a damaged one is not to be kept beside the next
    model = found.model as M;
    say(`Going on after epoch ${classifierOf<Label>(model).errors.length}, from ${found.path}.`);
  } else {
    if (resume) say(`There is no ${path} yet: the training begins.`);
    await write(path, model, run);
  }
  let written = performance.now();
  return {
    model,
    async atEnd() {
      // with patience its weights are those of the best epoch now: then the last checkpoint is what can go on
      if (classifierOf<Label>(model).bestEpoch === undefined) await write(path, model, run);
      return [`To go on: deno task train --checkpoint ${quoted(checkpoint)} --resume`];
    },
    async afterEpoch({ epoch }) {
      const isDue = every === undefined ? performance.now() - written > PAUSE : epoch % every === 0;
      if (!isDue) return;
      await write(path, model, run);
      written = performance.now();
    },
  };
}

/** Keeps other runs from the same file, for as long as this process lives. */
async function lock(path: string): Promise<void> {
  const name = lockOf(path), file = await Deno.open(name, { write: true, create: true });
  const isOurs = await file.tryLock(true).catch(() => true); // some file systems have no locks
  refuse(
    !isOurs,
    `--checkpoint: another run keeps its checkpoints in ${path}: choose another name`,
  );
  globalThis.addEventListener("unload", () => Deno.removeSync(name));
}

/** What was said last of a checkpoint that could not be written. */
let told: string | undefined;

/** Writes the model as it is. What goes wrong ends no training, and is said: the checkpoint before is still there. */
async function write(
  path: string,
  model: AnyModel,
  run: Pick<Content, "options" | "data">,
): Promise<void> {
  try {
    const content = { ...{ format: FORMAT, version: 1 }, ...run, model: model.toJSON() };
    const bytes = new TextEncoder().encode(JSON.stringify(withChecksums(content)));
    await writeWhole(nextOf(path), bytes, path);
    await Deno.rename(path, previousOf(path)).catch((error) => {
      rethrowUnless(error, Deno.errors.NotFound); // it is the first one
    });
    await Deno.rename(nextOf(path), path);
  } catch (error) {
    const problem = messageOf(error);
    if (problem !== told) tell(`No checkpoint: ${problem}. The training goes on.`);
    told = problem; // once is enough for an epoch after the other
  }
}

/** Throws where a checkpoint is of another run. */
function checkSame(
  { content, path }: Found,
  { options, data }: Pick<Content, "options" | "data">,
): void {
  const text = (value: unknown) => JSON.stringify(value) ?? "nothing";
  for (const name of new Set([...Object.keys(content.options), ...Object.keys(options)])) {
    const [then, now] = [text(content.options[name]), text(options[name])];
    if (then === now || FREE.includes(name)) continue;
    throw new UsageError(
      `--resume: ${path} is of a run with --${
        dashed(name)
      } ${then}, not ${now}: leave that out, or remove the checkpoint to begin anew`,
    );
  }
  if (data !== content.data) {
    throw new UsageError(`--resume: the data are not those that the run of ${path} began with`);
  }
}
