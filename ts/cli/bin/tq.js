#!/usr/bin/env node
// Starts tq from what `npm run build` made.
const built = new URL("../dist/main.js", import.meta.url).href;
let tq;
try {
  tq = await import(built);
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || error.url !== built) throw error;
  process.stderr.write("tq: it is not built yet: run `npm ci && npm run build` first\n");
  process.exit(1);
}
process.exitCode = await tq.main();
