// @ts-check
/**
 * Makes one program of `tqd` and all it imports, as the last step of `npm run build`: hundreds of small
 * modules cost each daemon some 18 MB of memory and most of the time that it takes to start. Names stay
 * as they are, so that stack traces can be read. `bin/tqd.js` runs what is made here unless the
 * compiler has written something since.
 */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./commands.mjs";

const DAEMON = path.join(ROOT, "ts", "daemon");
const BUNDLE = path.join(DAEMON, "dist", "bundle");

if (writtenAt(path.join(BUNDLE, "tqd.js")) < newestInput()) await bundle();

async function bundle() {
  const build = await rolldown({
    input: { tqd: path.join(DAEMON, "dist", "tqd.js") },
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
    dir: BUNDLE,
    format: "esm",
    cleanDir: true,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await build.close();
}

/** When the compiler, or npm, last wrote something that goes in here. */
function newestInput() {
  const stamps = ["core", "event-log", "sled-host", "api", "daemon"].flatMap((name) => {
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
