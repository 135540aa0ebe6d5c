#!/usr/bin/env node
// Starts tqd from what `npm run build` made.

import { readFileSync, statSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// First of all: by this signal Node opens its debugger, to every user of this machine, unless somebody listens.
process.on("SIGUSR1", () => undefined);
// One that came before that line: nobody has asked for this debugger. Where somebody has, the configuration
// decides; it is looked at again before the ledger is read.
const started = [...process.execArgv, process.env.NODE_OPTIONS].join(" ");
if (process.features.inspector && !started.includes("inspect")) {
  if (process.getBuiltinModule("node:inspector").url() !== undefined) {
    process.stderr.write("tqd: SIGUSR1 opened a debugger while it started; start it again\n");
    process.exit(1);
  }
}

// The heap grows more reluctantly, and young objects get less room before they are looked through: some
// megabytes less for each daemon, which computes little.
setFlagsFromString("--optimize-for-size");
setFlagsFromString("--semi-space-growth-factor=1");

const at = (path) => new URL(`../${path}`, import.meta.url);
const writtenAt = (path) => statSync(at(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// One file is smaller in memory and starts faster; after `tsc` alone the modules are newer than it.
const bundled = writtenAt("dist/bundle/tqd.js") >= writtenAt("dist/.tsbuildinfo");
const program = bundled ? "dist/bundle/tqd.js" : "dist/tqd.js";
if (writtenAt(program) === 0) {
  process.stderr.write("tqd: it is not built yet: run `npm ci && npm run build` first\n");
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));
const { main } = await import(at(program).href);
await main({ argv: process.argv, version });
