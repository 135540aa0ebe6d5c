// @ts-check
/**
 * In tests, packages of the workspace import each other's TypeScript sources instead of what these were
 * compiled to, so that an edit needs no build. Where a package's `exports` or `imports` name
 * `dist/….js`, the file `src/….ts` is taken; where there is none, the compiled one.
 *
 * Worker threads and other processes do without vitest, and run what was compiled.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { exports as exportsOf, imports as importsOf } from "resolve.exports";
import { workspaces } from "../workspaces.mjs";

/**
 * The source behind a name that one package imports another by, or a name of its own that starts with
 * `#`. Undefined for everything that is not the workspace's.
 *
 * @param {readonly import("../workspaces.mjs").Workspace[]} packages
 * @param {string} specifier As it stands in the import
 * @param {string | undefined} importer The file that it stands in, absolute
 * @returns {string | undefined} An absolute path
 * @throws Error where the package does not export what is asked for
 */
export function sourceOf(packages, specifier, importer) {
  const home = packages.find(({ folder }) => importer?.startsWith(folder + path.sep));
  // Compiled code keeps its compiled partners: there must not be two of one class.
  if (home !== undefined && importer?.startsWith(path.join(home.folder, "dist") + path.sep)) {
    return undefined;
  }
  const found = specifier.startsWith("#")
    ? home
    : packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (found === undefined) return undefined;
  const targets = specifier.startsWith("#")
    ? importsOf(found.manifest, specifier)
    : found.manifest.exports && exportsOf(found.manifest, specifier);
  const compiled = /^\.\/dist\/(?<name>.*)\.js$/u.exec(targets?.[0] ?? "");
  if (compiled === null) return undefined;
  const source = path.join(found.folder, "src", `${compiled.groups?.["name"] ?? ""}.ts`);
  return existsSync(source) ? source : undefined;
}

/**
 * @param {string} root The folder of the workspace, absolute
 * @returns {import("vite").Plugin}
 */
export function workspaceSources(root) {
  const packages = workspaces(root);
  return {
    name: "workspace-sources",
    enforce: "pre",
    resolveId: (specifier, importer) => sourceOf(packages, specifier, importer),
  };
}
