/** Finding the files that a command line names, relative to where the user called npm. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** A path as the user meant it: npm changes the folder and says in INIT_CWD where it was called. */
export function userPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

/**
 * The files under these paths whose names pass, each folder in order of names. A file that is named
 * itself must pass too. Throws an `Error` for a path that does not exist or has no such file.
 */
export function filesUnder(paths: readonly string[], accepts: (name: string) => boolean): string[] {
  return paths.flatMap((path) => {
    const found = walk(userPath(path), accepts);
    if (found.length === 0) throw new Error(`${path}: no such file in it`);
    return found;
  });
}

function walk(path: string, accepts: (name: string) => boolean): string[] {
  if (!statSync(path).isDirectory()) return accepts(path) ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => walk(join(path, name), accepts));
}
