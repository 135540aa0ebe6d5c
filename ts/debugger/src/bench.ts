/**
 * `node scripts/run.mjs ts/debugger bench LOG`: how long it takes to open a large log, to step backwards
 * in it, to explain and to replay it.
 */
import { readFileSync } from "node:fs";
import { readLog } from "@trust-quorum/event-log";
import { Timeline, readLogOrTrace } from "@trust-quorum/replay";
import { nativeCrypto } from "trust-quorum";
import { runLine } from "./commands.ts";
import { Session } from "./session.ts";

const crypto = nativeCrypto();
/** The log's file; `node scripts/run.mjs bench write-log FILE` writes one of 100,000 events of 32 sleds. */
const file = process.argv[2];
if (file === undefined) {
  console.error("usage: node scripts/run.mjs ts/debugger bench LOG");
  process.exit(2);
}

/** Prints the CPU time of this process beside the wall time, to which other processes add. */
function timed<T>(what: string, run: () => T): T {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const value = run();
  told(what, start, before);
  return value;
}

function told(what: string, start: number, before: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(before);
  const [wall, cpu] = [performance.now() - start, (user + system) / 1000];
  const number = (value: number) => value.toFixed(1).padStart(9);
  console.log(`${what.padEnd(44)} ${number(wall)} ms ${number(cpu)} ms of CPU`);
}

const bytes = readFileSync(file);
const log = timed(`reading ${(bytes.length / 1e6).toFixed(1)} MB, every line checked`, () =>
  readLog(bytes, { hash: (data) => crypto.sha3_256(data) }),
);
timed("the timeline of all states", () => new Timeline(log));
const session = timed("reading it in a session, with the timeline", () =>
  Session.reading((observers) => readLogOrTrace(bytes, { crypto, observers }), {
    path: file,
    crypto,
    width: 100,
  }),
);
console.log(`${log.events.length} events of ${session.timeline.nodes.length} sleds`);

const times: number[] = [];
for (let i = 0; i < 1000; i++) {
  const start = performance.now();
  await runLine(session, "back");
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(
  `${"a step backwards, the median of 1000".padEnd(44)} ${(times[500] ?? 0).toFixed(3).padStart(9)} ms`,
);
console.log(
  `${"a step backwards, the slowest of 1000".padEnd(44)} ${(times.at(-1) ?? 0).toFixed(3).padStart(9)} ms`,
);

async function command(line: string): Promise<void> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await runLine(session, line);
  told(line, start, before);
}
await command("goto start");
await command("back 10");
await command("goto end");
await command("why BRM00005 3");
await command("summary");
await command("events kind prepare epoch 3");
await command("check");
