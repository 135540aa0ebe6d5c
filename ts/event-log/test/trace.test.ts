/** Every trace of the original opens as a log, does here what it did there, and replays. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Replay, exportLog, openLogFile, readLog } from "../src/index.ts";
import { crypto } from "./cluster.ts";

const folder = fileURLToPath(new URL("../../../testdata/traces", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".gz"));

describe("traces of the original", () => {
  test.each(files)("%s", (name) => {
    const log = openLogFile(join(folder, name), { crypto });
    expect(log.notices).toEqual(["a trace of the original: every step did here what it did there"]);
    expect(log.header.secrets).toBe(true);
    const replay = new Replay(log, { crypto });
    replay.runTo(log.events.length);
    expect(replay.divergences.slice(0, 2)).toEqual([]);
    // Without its secrets, too: once for each sort of trace is enough.
    if (!/hostile-2000[01]|trace-0001|trace-7131/.test(name)) return;
    const lines = exportLog(log, { crypto });
    const redacted = readLog(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
    const symbolic = new Replay(redacted, { crypto });
    symbolic.runTo(redacted.events.length);
    expect(symbolic.divergences.slice(0, 2)).toEqual([]);
  });
});
