/** A copy of the tree with what was built, in which a change can be tried. */
import { constants, copyFileSync, linkSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { readdirSync, statSync, utimesSync } from "node:fs";
import path from "node:path";

/** What is not copied from the top: it is large, and no package needs it. */
const LEFT_OUT = new Set([".git", "target", ".stryker-tmp", "rack"]);

/**
 * Copies a tree. Dependencies are linked where the file system can, and keep their paths within the
 * tree, so that what the compiler found out before still holds.
 */
export function copyTree(from: string, to: string): void {
  copyFolder(from, to, LEFT_OUT, false);
}

function copyFolder(from: string, to: string, leftOut: ReadonlySet<string>, linked: boolean): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (leftOut.has(entry.name)) continue;
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isSymbolicLink()) {
      symlinkSync(readlinkSync(source), target);
    } else if (entry.isDirectory()) {
      copyFolder(source, target, new Set(), linked || entry.name === "node_modules");
    } else if (entry.isFile()) {
      if (linked) link(source, target);
      else copy(source, target);
    }
  }
}

function link(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copy(source, target);
  }
}

function copy(source: string, target: string): void {
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  // The compiler compares times.
  const { atime, mtime } = statSync(source);
  utimesSync(target, atime, mtime);
}
