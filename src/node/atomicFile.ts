/** Files that are whole or absent, whatever ends the process. */
import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kindOf } from "../common/check.js";

/**
 * Writes a file in one step: at every moment, and after a crash, `path` holds either all of the old bytes or all of the new.
 * They go into a temporary file in the same folder, are flushed to the disk, and take the name of the old; a symbolic link
 * stays one. If anything fails, the temporary file is removed. A killed process leaves it behind, as `.name.….tmp`.
 *
 * @param path a path or a file: URL
 * @param bytes must stay as they are until the promise resolves
 * @throws TypeError for bad arguments, else what the file system says (rejected)
 */
export async function writeFileAtomic(path: string | URL, bytes: Uint8Array): Promise<void> {
  if (typeof path !== "string" && !(path instanceof URL)) {
    throw new TypeError(`writeFileAtomic: path must be a string or a URL, got ${kindOf(path)}`);
  }
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`writeFileAtomic: bytes must be a Uint8Array, got ${kindOf(bytes)}`);
  }
  const named = typeof path === "string" ? path : fileURLToPath(path);
  const target = await realpath(named).catch(() => named);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeAndFlush(temporary, bytes);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (process.platform !== "win32") await flushFolder(folder);
}

async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
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
