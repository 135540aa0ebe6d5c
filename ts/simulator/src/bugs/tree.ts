/**
 * A copy of the compiled core and simulator in a folder of its own, laid out like this workspace, in
 * which a seeded bug can be put without touching anything else.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { Edit, SeededBug } from "./list.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** Which of this workspace's packages are copied; every other one is linked to. */
const COPIED: readonly (readonly [name: string, folder: string])[] = [
  ["trust-quorum", "ts/core"],
  ["@trust-quorum/event-log", "ts/event-log"],
];

/** A bug whose text is not where it should be. */
class StaleBug extends Error {
  override readonly name = "StaleBug";
}

/**
 * Makes a copy with a bug in it; without a bug it is a plain copy.
 *
 * @returns the folder, which the caller removes with {@link removeTree}
 * @throws StaleBug where an edit's text does not occur exactly once
 */
export function makeTree(bug: SeededBug | null): string {
  const tree = mkdtempSync(path.join(tmpdir(), "trust-quorum-bug-"));
  try {
    for (const folder of ["ts/core", "ts/event-log", "ts/simulator"]) {
      mkdirSync(path.join(tree, folder), { recursive: true });
      const from = path.join(ROOT, folder);
      cpSync(path.join(from, "package.json"), path.join(tree, folder, "package.json"));
      cpSync(path.join(from, "dist"), path.join(tree, folder, "dist"), { recursive: true });
    }
    symlinkSync(path.join(ROOT, "testdata"), path.join(tree, "testdata"), "junction");
    linkModules(tree);
    for (const [file, edits] of byFile(bug?.edits ?? [])) writeEdited(tree, file, edits);
    return tree;
  } catch (error) {
    removeTree(tree);
    throw error;
  }
}

/** Removes a copy; it need not be there any more. */
export function removeTree(tree: string): void {
  rmSync(tree, { recursive: true, force: true });
}

/** The source of a file with these edits. */
export function edited(file: string, edits: readonly Edit[]): string {
  let source = readFileSync(path.join(ROOT, "ts/core/src", file), "utf8");
  for (const { search, replace } of edits) {
    const at = source.indexOf(search);
    if (at < 0 || source.includes(search, at + 1)) {
      const problem = at < 0 ? "is not there any more" : "occurs more than once";
      throw new StaleBug(`${file}: the text of a seeded bug ${problem}: ${search}`);
    }
    source = source.slice(0, at) + replace + source.slice(at + search.length);
  }
  return source;
}

function byFile(edits: readonly Edit[]): Map<string, Edit[]> {
  const files = new Map<string, Edit[]>();
  for (const edit of edits) files.set(edit.file, [...(files.get(edit.file) ?? []), edit]);
  return files;
}

function writeEdited(tree: string, file: string, edits: readonly Edit[]): void {
  const { outputText } = ts.transpileModule(edited(file, edits), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  writeFileSync(path.join(tree, "ts/core/dist", file.replace(/\.ts$/u, ".js")), outputText);
}

/** Packages resolve to the copies where there is one, and to the workspace's own otherwise. */
function linkModules(tree: string): void {
  const modules = path.join(tree, "node_modules");
  const copied = new Map(COPIED);
  const link = (name: string): void => {
    const folder = copied.get(name);
    const target =
      folder === undefined ? path.join(ROOT, "node_modules", name) : path.join(tree, folder);
    symlinkSync(target, path.join(modules, name), "junction");
  };
  for (const entry of readdirSync(path.join(ROOT, "node_modules"))) {
    if (entry.startsWith(".")) continue;
    if (!entry.startsWith("@")) {
      mkdirSync(modules, { recursive: true });
      link(entry);
      continue;
    }
    mkdirSync(path.join(modules, entry), { recursive: true });
    for (const name of readdirSync(path.join(ROOT, "node_modules", entry))) {
      link(`${entry}/${name}`);
    }
  }
}
