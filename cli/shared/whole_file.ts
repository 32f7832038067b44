/** Files that are written as a whole or not at all, also where other runs write the same ones, or are killed while they do. */

import { basename, dirname, join, resolve } from "@std/path";
import { fromWhereCalled } from "./command.ts";
import { UsageError } from "./options.ts";

/** The path of a file; where it is a link, that of the file that it leads to, which need not be there yet. */
export function pathOf(file: string): string {
  const path = fromWhereCalled(file);
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || !isLink(path)) return path;
    return pathOf(resolve(Deno.realPathSync(dirname(path)), Deno.readLinkSync(path)));
  }
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

/**
 * Finds out before a long work, not after it, whether a file can be written, and returns its path: where it is a link,
 * that of the file that it leads to. `option` is what messages call it: `--save`.
 */
export async function checkSavePath(option: string, file: string): Promise<string> {
  const path = fromWhereCalled(file), real = pathOf(file);
  const wrong = (what: string) => new UsageError(`${option}: ${path} ${what}`);
  try {
    const there = await statOf(path);
    if (there?.isDirectory) throw wrong("is a folder");
    if (there?.isCharDevice) return path; // /dev/null
    // to open a pipe is to wait for somebody who reads it, perhaps for ever
    if (there && !there.isFile) throw wrong("is a pipe or another device, not a file");
    if (there && isReadOnly(there)) throw wrong("is read-only");
    if (there) (await Deno.open(path, { write: true })).close();
    const { temporary, file } = await openTemporary(real);
    await Deno.remove(temporary);
    file.close();
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const isDevice = error instanceof Deno.errors.NotCapable && /^\/(dev|proc|sys)\//.test(path);
    if (isDevice) throw wrong("is a device, not a file");
    const folder = dirname(real);
    const isThere = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
    throw isThere
      ? wrong(`cannot be written: ${reasonOf(error)}`)
      : new UsageError(`${option}: there is no folder ${folder}`);
  }
}

/**
 * Writes a file as a whole or not at all: under another name first, which then takes the place of the old one, with its
 * owner and mode. What runs that were killed have left over of the same file is removed. `path` is that which
 * {@linkcode checkSavePath} gives. Where it is to take the place of another one later, `like` is that one.
 */
export async function writeWhole(path: string, bytes: Uint8Array, like = path): Promise<void> {
  const there = await statOf(like);
  if (there?.isCharDevice) return await Deno.writeFile(path, bytes);
  await removeLeftOvers(path);
  const mode = there?.mode == null ? undefined : there.mode & 0o777;
  const { temporary, file } = await openTemporary(path, mode);
  try {
    if (mode !== undefined) {
      await Deno.chown(temporary, there!.uid, there!.gid).catch(() => {}); // not everybody may
      await Deno.chmod(temporary, mode); // it was created with that, less the umask
    }
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync(); // else a machine that fails might have the new name, and not its content
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new Error(`${path} is not written: ${reasonOf(error)}`);
  } finally {
    file.close();
  }
}

/** What the system says, without the names of temporary files. */
function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/(\(os error \d+\)).*/s, "$1");
}

/** Whether nobody may write it: its folder might still let it be replaced. */
function isReadOnly({ mode }: Deno.FileInfo): boolean {
  return mode !== null && (mode & 0o222) === 0;
}

/** What is there, if anything is. */
async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  return await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
}

// --- temporary files -----------------------------------------------------------------------------

/** How the name of a file's temporary ones begins. A name has 255 bytes at most, and a letter up to four. */
function startOf(path: string): string {
  return `.${Array.from(basename(path)).slice(0, 50).join("")}.`;
}

/** A new file beside `path`, of a name that nobody's file has. It is locked while it is open: so others see that it is in use. */
async function openTemporary(
  path: string,
  mode?: number,
): Promise<{ temporary: string; file: Deno.FsFile }> {
  for (;;) {
    const temporary = join(dirname(path), `${startOf(path)}${crypto.randomUUID()}.tmp`);
    const file = await Deno.open(temporary, { write: true, createNew: true, mode });
    await file.lock(true).catch(() => {}); // some file systems have no locks: there nothing is removed
    // deno-coverage-ignore-start -- two runs meet here by chance alone
    if (await statOf(temporary)) return { temporary, file };
    file.close(); // another run has taken it for left over before it was locked
    // deno-coverage-ignore-stop
  }
}

/** Removes the temporary files of `path` that no process has open any more. */
async function removeLeftOvers(path: string): Promise<void> {
  const folder = dirname(path), start = startOf(path);
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const isOurs = isFile && name.startsWith(start) && uuid.test(name.slice(start.length));
      if (isOurs) await removeUnlessLocked(join(folder, name)).catch(() => {});
    }
    // deno-coverage-ignore-start -- root, as whom tests may run, lists every folder
  } catch {
    // a folder that may not be listed is no reason not to write into it
  }
  // deno-coverage-ignore-stop
}

async function removeUnlessLocked(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  if (await file.tryLock(true)) await Deno.remove(path);
}
