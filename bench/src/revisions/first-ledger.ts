/**
 * `node first-ledger.js ROOT REVISION FILE`: the nanoseconds that a revision's package takes to read the
 * first ledger of a process.
 */
import { readFileSync } from "node:fs";
import { loadLibrary } from "./library.ts";

const [root = "", name = "", file = ""] = process.argv.slice(2);
const library = await loadLibrary(root, name);
const bytes = readFileSync(file);
const start = performance.now();
const { generation } = library.decodeLedger(bytes);
const elapsed = performance.now() - start;
if (generation === 0) throw new Error("the ledger was never saved");
console.log(elapsed * 1e6);
