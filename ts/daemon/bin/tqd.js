#!/usr/bin/env node
// Starts tqd from what `npm run build` made.
import { setFlagsFromString } from "node:v8";

// The heap grows more reluctantly, and young objects get less room before they are looked through: some
// megabytes less for each daemon, which computes little.
setFlagsFromString("--optimize-for-size");
setFlagsFromString("--semi-space-growth-factor=1");

const built = new URL("../dist/tqd.js", import.meta.url).href;
let tqd;
try {
  tqd = await import(built);
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || error.url !== built) throw error;
  process.stderr.write("tqd: it is not built yet: run `npm ci && npm run build` first\n");
  process.exit(1);
}
await tqd.main();
