/**
 * `node scripts/run.mjs bench write-log FILE [EVENTS] [SLEDS]`: writes a large event log, for a look at how
 * the debugger opens one.
 */
import { writeFileSync } from "node:fs";
import { LARGE_LOG, recordLargeLog } from "./revisions/large-log.ts";
import { CURRENT_REVISION } from "./revisions/revision.ts";

const [file, events = LARGE_LOG.events, sleds = LARGE_LOG.sleds] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/run.mjs bench write-log FILE [EVENTS] [SLEDS]");
  process.exit(2);
}
const size = { events: Number(events), sleds: Number(sleds) };
writeFileSync(file, await recordLargeLog(CURRENT_REVISION, size));
