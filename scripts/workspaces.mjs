// @ts-check
/** The packages of the workspace, as the root's package.json names them. */
import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * A package of the workspace. `folder` is absolute.
 *
 * @typedef {{
 *   name: string,
 *   exports?: import("resolve.exports").Exports,
 *   imports?: import("resolve.exports").Imports,
 *   bin?: Record<string, string>,
 *   dependencies?: Record<string, string>,
 * }} Manifest
 * @typedef {{ readonly folder: string, readonly name: string, readonly manifest: Manifest }} Workspace
 */

/**
 * @param {string} root The folder of the workspace, absolute
 * @returns {Workspace[]}
 */
export function workspaces(root) {
  const { workspaces: folders } = /** @type {{ workspaces: string[] }} */ (manifestOf(root));
  return folders.map((relative) => {
    const folder = path.join(root, relative);
    const manifest = /** @type {Manifest} */ (manifestOf(folder));
    return { folder, name: manifest.name, manifest };
  });
}

/**
 * @param {string} folder
 * @returns {unknown}
 */
function manifestOf(folder) {
  return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
}
