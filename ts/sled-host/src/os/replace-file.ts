/** Files that are replaced as a whole: after a crash the old one is there or the new one, never a part. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";

/**
 * Replaces a file, or makes it; it is on disk under its name when this returns. The new content lies in
 * `.NAME.new` beside it until then; it is removed where this fails, and by the next call after a crash.
 *
 * @param file the path
 * @param chunks the content, one after the other
 * @param mode of the new file, e.g. 0o600; the process's umask applies
 * @throws the system's error; the file is as it was before, unless it was renamed already
 */
export function replaceFile(file: string, chunks: readonly Uint8Array[], mode: number): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, "wx", mode);
  try {
    finishFile(descriptor, chunks);
    renameSync(temporary, file);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  syncFolder(path.dirname(file));
}

/** Writes a file that was just made, makes its bytes durable, and closes it. */
export function finishFile(descriptor: number, chunks: readonly Uint8Array[]): void {
  try {
    for (const chunk of chunks) writeAll(descriptor, chunk);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What went wrong before is what the caller has to know. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The next call removes it.
  }
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes all of it, however little the system takes at a time. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}
