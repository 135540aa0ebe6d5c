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

/** The programs: the package, the module that starts it, and the packages that go in. */
const PROGRAMS = [
  {
    name: "daemon",
    entry: "tqd",
    contains: ["core", "event-log", "sled-host", "api", "daemon"],
  },
  {
    name: "cli",
    entry: "main",
    contains: ["core", "event-log", "sled-host", "api", "control-plane", "cli"],
  },
];

for (const { name, entry, contains } of PROGRAMS) {
  const folder = path.join(ROOT, "ts", name, "dist");
  const made = path.join(folder, "bundle");
  if (writtenAt(path.join(made, `${entry}.js`)) >= newestInput(contains)) continue;
  await bundle(path.join(folder, `${entry}.js`), made);
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
    external: ["@trust-quorum/native"],
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
 * @param {readonly string[]} packages
 */
function newestInput(packages) {
  const stamps = packages.flatMap((name) => {
    const dist = path.join(ROOT, "ts", name, "dist");
    const entries = readdirSync(dist, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "bundle");
    return [dist, ...folders.map((entry) => path.join(dist, entry.name))].map((folder) =>
      path.join(folder, ".tsbuildinfo"),
    );
  });
  return Math.max(...[...stamps, path.join(ROOT, "package-lock.json")].map(writtenAt));
}

/** @param {string} file */
function writtenAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}
