/** Files that are whole or absent, whatever ends the process. */
import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { kindOf } from "../common/check.js";
import { checkBytes } from "../common/checkRealm.js";

/**
 * Writes a file in one step: at every moment, and after a crash, `path` holds either all of the old bytes or all of the new.
 * They go into a temporary file in the same folder, are flushed to the disk, and take the name, the mode and, where the
 * process may give it away, the owner of the old; a symbolic link stays one, also one to a file that is not there yet. If
 * anything fails, the temporary file is removed. A killed process leaves it behind, as `.name.….tmp`.
 *
 * What is no file, such as a device or a pipe, is written to and stays what it is; a pipe waits for its reader.
 *
 * @param path a path or a file: URL
 * @param bytes must stay as they are until the promise resolves
 * @throws TypeError for bad arguments, else what the file system says (rejected)
 */
export async function writeFileAtomic(path: string | URL, bytes: Uint8Array): Promise<void> {
  const named = typeof path === "string" ? path : pathOf(path);
  const content = checkBytes("writeFileAtomic", "bytes", bytes);
  const target = await targetOf(named);
  const old = await stat(target).catch((error) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (old && !old.isFile()) return writeThrough(target, content);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeAndFlush(temporary, content, old);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (process.platform !== "win32") await flushFolder(folder);
}

function pathOf(url: URL): string {
  // A URL of another realm, too.
  if (Object.prototype.toString.call(url) === "[object URL]") return fileURLToPath(url.href);
  throw new TypeError(`writeFileAtomic: path must be a string or a URL, got ${kindOf(url)}`);
}

/** Links that a path may lead through, as the systems have it. */
const MAX_LINKS = 40;

/** Where the links of a path end, whether anything is there or not. */
async function targetOf(path: string): Promise<string> {
  let at = path;
  for (let links = 0; ; links++) {
    try {
      return await realpath(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || links === MAX_LINKS) throw error;
    }
    const link = await readlink(at).catch(() => null);
    if (link === null) return at;
    at = resolve(await realpath(dirname(at)), link);
  }
}

/** Writes to what is there, which is no file. */
async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, constants.O_WRONLY);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

/** Makes a file; one in place of an old is nobody else's to read until it has the old one's mode. */
async function writeAndFlush(path: string, bytes: Uint8Array, old: Stats | null): Promise<void> {
  const file = await open(path, "wx", old ? 0o600 : 0o666);
  try {
    await file.writeFile(bytes);
    if (old) await takeAfter(file, old);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function takeAfter(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await file.stat();
  // Only root may give a file away; giving it away clears bits of the mode.
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid).catch(() => {});
  await file.chmod(mode & 0o7777);
}

/** The new name lies in the folder, which is flushed by itself. Windows cannot, and does not need to. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
