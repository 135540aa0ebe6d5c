/** Every trace of the original opens as a log, does here what it did there, and replays. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { isEventLogError, readLog } from "@trust-quorum/event-log";
import type { EventLogError, LogErrorCode } from "@trust-quorum/event-log";
import { afterAll, describe, expect, test } from "vitest";
import { openLogFile, openTraceFile } from "../src/files.ts";
import { Replay, exportLog } from "../src/index.ts";
import { crypto } from "../../event-log/test/cluster.ts";
import { sampled } from "../../../scripts/vitest/effort.ts";

const folder = fileURLToPath(new URL("../../../testdata/traces", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".gz"));

describe("traces of the original", () => {
  test.each(sampled(files, 20))("%s", (name) => {
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

describe("a damaged trace is refused with the line and the field", () => {
  const [header = "", ...rest] = gunzipSync(readFileSync(join(folder, "trace-0002.jsonl.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  const last = rest.pop() ?? "";
  const [step = ""] = rest;
  type Fields = Record<string, unknown>;
  const edited = (line: string, edit: (json: Fields & { args: Fields }) => void) => {
    const json = JSON.parse(line) as Fields & { args: Fields };
    edit(json);
    return JSON.stringify(json);
  };
  const scratch = mkdtempSync(join(tmpdir(), "trace-"));
  afterAll(() => rmSync(scratch, { recursive: true }));

  function refusal(lines: readonly string[]): EventLogError {
    const file = join(scratch, "trace.jsonl");
    writeFileSync(file, lines.join("\n"));
    try {
      openTraceFile(file);
    } catch (error) {
      if (isEventLogError(error)) return error;
      throw error;
    }
    throw new Error("it was accepted");
  }

  test.each<[string, string[], LogErrorCode, number | null, string]>([
    ["nothing at all", [""], "ERR_TQ_LOG_EMPTY", null, "empty"],
    ["another file", ["hello", "world"], "ERR_TQ_LOG_BAD_JSON", 1, "cannot be parsed"],
    ["JSON that is no trace", ["{}", last], "ERR_TQ_LOG_NOT_A_LOG", 1, "first line"],
    [
      "another version",
      [edited(header, (json) => (json["trace"] = 2)), last],
      "ERR_TQ_LOG_VERSION",
      1,
      "version 2",
    ],
    [
      "a node without its state",
      [edited(header, (json) => (json["initial"] = {})), last],
      "ERR_TQ_LOG_INVALID_FIELD",
      1,
      "/initial",
    ],
    ["no last line", [header, step], "ERR_TQ_LOG_NOT_A_LOG", 2, "how the nodes ended"],
    ["a header alone", [header], "ERR_TQ_LOG_NOT_A_LOG", 1, "how the nodes ended"],
    ["a line cut off", [header, step, last.slice(0, -5)], "ERR_TQ_LOG_BAD_JSON", 3, "JSON"],
    ["an empty line", [header, "", step, last], "ERR_TQ_LOG_BAD_JSON", 2, "it is empty"],
    [
      "an unknown call",
      [header, edited(step, (json) => (json["call"] = "fly")), last],
      "ERR_TQ_LOG_UNKNOWN_CALL",
      2,
      '"fly"',
    ],
    [
      "an unknown field",
      [header, step, edited(step, ({ args }) => (args["more"] = 1)), last],
      "ERR_TQ_LOG_INVALID_FIELD",
      3,
      "/args",
    ],
    [
      "a peer that is none",
      [header, edited(step, ({ args }) => (args["peer"] = "nobody")), last],
      "ERR_TQ_LOG_INVALID_FIELD",
      2,
      "/args/peer",
    ],
    [
      "an end that says too little",
      [header, step, edited(last, (json) => (json["final"] = { x: {} }))],
      "ERR_TQ_LOG_INVALID_FIELD",
      3,
      "/final/x",
    ],
  ])("%s", (_what, lines, code, line, text) => {
    const error = refusal(lines);
    expect(error).toMatchObject({ code, line });
    expect(error.message).toContain(text);
  });
});

describe("a step that these nodes do otherwise than the trace is told, with its line", () => {
  const [header = "", ...rest] = gunzipSync(readFileSync(join(folder, "trace-0004-lrtq.jsonl.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  type Step = Record<string, unknown> & { sent?: { msg: string }[] };
  const scratch = mkdtempSync(join(tmpdir(), "trace-"));
  afterAll(() => rmSync(scratch, { recursive: true }));

  test.each<[string, (step: Step) => boolean]>([
    [
      "a message",
      ({ sent: [first] = [] }) => {
        if (first === undefined) return false;
        first.msg = `${first.msg.slice(0, -2)}07`;
        return true;
      },
    ],
    [
      "a state's digest",
      (step) => {
        if (step["state_sha3"] === undefined) return false;
        step["state_sha3"] = "0".repeat(64);
        return true;
      },
    ],
    [
      "whether a share is computed",
      (step) => {
        step["computing_share"] = step["computing_share"] !== true;
        return true;
      },
    ],
    [
      "a result",
      (step) => {
        if (step["result"] !== "pending") return false;
        step["result"] = "ok";
        return true;
      },
    ],
    [
      "an error's name",
      (step) => {
        const { error } = (step["result"] ?? {}) as { error?: string };
        if (error === undefined) return false;
        step["result"] = { error: `${error}Not`, detail: "" };
        return true;
      },
    ],
  ])("%s", (_what, change) => {
    let changed = 0;
    const lines = rest.map((line, i) => {
      const step = JSON.parse(line) as Step;
      if (changed > 0 || !("call" in step) || !change(step)) return line;
      changed = i + 2;
      return JSON.stringify(step);
    });
    const file = join(scratch, "changed.jsonl");
    writeFileSync(file, [header, ...lines].join("\n"));
    expect(openLogFile(file, { crypto }).notices).toEqual([
      `a trace of the original: 1 step did something else here, the first at line ${changed}`,
    ]);
  });
});
