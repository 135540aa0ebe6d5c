// @ts-check
/**
 * Makes one program each of `tqd` and of `tq` with all that they import, as the last step of `npm run
 * build`: hundreds of small modules cost each daemon some 18 MB of memory, and both most of the time that
 * they take to start. What a program imports when it needs it (`import()`) becomes a file of its own.
 * Names stay as they are, so that stack traces can be read. `bin/tqd.js` and `bin/tq.js` run what is made
 * here unless the compiler has written something since.
 */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./commands.mjs";
import { workspaces } from "./workspaces.mjs";

const ADDON = "@trust-quorum/native";

/** The programs: the package, and the module that starts it. */
const PROGRAMS = [
  { name: "@trust-quorum/daemon", entry: "tqd" },
  { name: "@trust-quorum/cli", entry: "main" },
];
/** They have folders `dist` that the compiler writes to; the addon does not. */
const PACKAGES = workspaces(ROOT).filter(({ name }) => name !== ADDON);

for (const { name, entry } of PROGRAMS) {
  const contained = [...withDependencies(name)];
  const dist = path.join(contained[0]?.folder ?? "", "dist");
  const made = path.join(dist, "bundle");
  if (writtenAt(path.join(made, `${entry}.js`)) >= newestInput(contained)) continue;
  await bundle(path.join(dist, `${entry}.js`), made);
}

/**
 * A package and those of the workspace that it needs at run time, itself first.
 *
 * @param {string} name
 * @param {Set<import("./workspaces.mjs").Workspace>} found
 * @returns {Set<import("./workspaces.mjs").Workspace>}
 */
function withDependencies(name, found = new Set()) {
  const one = PACKAGES.find((each) => each.name === name);
  if (one === undefined || found.has(one)) return found;
  found.add(one);
  for (const needed of Object.keys(one.manifest.dependencies ?? {}))
    withDependencies(needed, found);
  return found;
}

/**
 * @param {string} input
 * @param {string} output A folder
 */
async function bundle(input, output) {
  const build = await rolldown({
    input: [input],
    platform: "node",
    // The addon is a file of its own, found by its package's name.
    external: [ADDON],
    logLevel: "warn",
    onLog: (level, log, report) => {
      // Fastify, pino and others ask for optional parts in ways that no bundler can follow.
      if (!log.id?.includes("node_modules")) report(level, log);
    },
  });
  await build.write({
    dir: output,
    format: "esm",
    cleanDir: true,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await build.close();
}

/**
 * When the compiler, or npm, last wrote something that goes in.
 *
 * @param {readonly import("./workspaces.mjs").Workspace[]} packages
 */
function newestInput(packages) {
  const stamps = packages.flatMap(({ folder }) => {
    const dist = path.join(folder, "dist");
    const entries = readdirSync(dist, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "bundle");
    return [dist, ...folders.map((entry) => path.join(dist, entry.name))].map((one) =>
      path.join(one, ".tsbuildinfo"),
    );
  });
  return Math.max(...[...stamps, path.join(ROOT, "package-lock.json")].map(writtenAt));
}

/** @param {string} file */
function writtenAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}
