#!/usr/bin/env node
// Starts tq from what `npm run build` made.

import { readFileSync, statSync } from "node:fs";

// First of all: by this signal Node opens its debugger, to every user of this machine, unless somebody listens.
process.on("SIGUSR1", () => undefined);

const at = (path) => new URL(`../${path}`, import.meta.url);
const writtenAt = (path) => statSync(at(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// One program starts faster than its modules; after `tsc` alone the modules are newer than it.
const bundled = writtenAt("dist/bundle/main.js") >= writtenAt("dist/.tsbuildinfo");
const program = bundled ? "dist/bundle/main.js" : "dist/main.js";
if (writtenAt(program) === 0) {
  process.stderr.write("tq: it is not built yet: run `npm ci && npm run build` first\n");
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));
const { main } = await import(at(program).href);
process.exitCode = await main({ args: process.argv.slice(2), version });
