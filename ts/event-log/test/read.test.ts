/** The reader accepts what the format describes, and nothing else. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EVENT_LOG_MD, eventLogDocument } from "../../../scripts/errors-md.ts";
import { EventLogError, LOG_ERRORS, LOG_LINE_BYTES_MAX, readLog } from "../src/index.ts";
import { randomRun } from "./random-run.ts";

const encoder = new TextEncoder();
const { text } = randomRun({ seed: 11, steps: 300 });
const lines = text.trimEnd().split("\n");

type Json = Record<string, unknown>;

function header(change: (header: Json) => void): string {
  const first = JSON.parse(lines[0] ?? "") as Json;
  change(first);
  return [JSON.stringify(first), ...lines.slice(1)].join("\n") + "\n";
}

function event(call: string, change: (event: Json) => void): string {
  const at = lines.findIndex(
    (line) => line.includes(`"call":"${call}"`) && !line.includes('"args":null'),
  );
  expect(at).toBeGreaterThan(0);
  const changed = JSON.parse(lines[at] ?? "") as Json;
  change(changed);
  return [...lines.slice(0, at), JSON.stringify(changed), ...lines.slice(at + 1)].join("\n") + "\n";
}

/** A share under a key that is no epoch. */
function setShares(header: Json): void {
  const [node] = header["nodes"] as Json[];
  const share = { x: 1, sha3: "ab".repeat(32) };
  (node?.["state"] as Json)["shares"] = { none: share };
}

function refusal(log: string | Uint8Array): { code: string; line: number | null; message: string } {
  try {
    readLog(typeof log === "string" ? encoder.encode(log) : log);
  } catch (error) {
    if (error instanceof EventLogError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("the reader refuses", () => {
  test.each<[string, string | Uint8Array, number | null]>([
    ["ERR_TQ_LOG_EMPTY", "", null],
    ["ERR_TQ_LOG_BAD_JSON", "\n" + text, 1],
    ["ERR_TQ_LOG_BAD_JSON", `${lines[0] ?? ""}\n{"index":0,\n${lines[2] ?? ""}\n`, 2],
    ["ERR_TQ_LOG_BAD_UTF8", new Uint8Array([0x7b, 0xff, 0x0a, 0x7b, 0x7d, 0x0a]), 1],
    ["ERR_TQ_LOG_NOT_A_LOG", "[1]\n", 1],
    ["ERR_TQ_LOG_NOT_A_LOG", '{"name":"package"}\n', 1],
    ["ERR_TQ_LOG_VERSION", header((h) => (h["trustQuorumLog"] = 3)), 1],
    ["ERR_TQ_LOG_VERSION", header((h) => (h["trustQuorumLog"] = 0)), 1],
    ["ERR_TQ_LOG_VERSION", header((h) => (h["trustQuorumLog"] = "1")), 1],
    ["ERR_TQ_LOG_INVALID_FIELD", header((h) => (h["later"] = true)), 1],
    ["ERR_TQ_LOG_INVALID_FIELD", header((h) => delete h["secrets"]), 1],
    ["ERR_TQ_LOG_INVALID_FIELD", header((h) => (h["configs"] = { other: 5 })), 1],
    ["ERR_TQ_LOG_INVALID_FIELD", header(setShares), 1],
    [
      "ERR_TQ_LOG_DUPLICATE",
      header((h) => (h["nodes"] = [...(h["nodes"] as Json[]), (h["nodes"] as Json[])[0]])),
      1,
    ],
    ["ERR_TQ_LOG_INDEX", [...lines.slice(0, 5), ...lines.slice(6)].join("\n"), 6],
    ["ERR_TQ_LOG_UNKNOWN_NODE", event("tick", (e) => (e["node"] = "913-0000019:OTHER")), null],
    ["ERR_TQ_LOG_UNKNOWN_CALL", event("tick", (e) => (e["call"] = "explode")), null],
    ["ERR_TQ_LOG_UNKNOWN_CALL", event("tick", (e) => delete e["call"]), null],
    ["ERR_TQ_LOG_INVALID_FIELD", event("tick", (e) => (e["more"] = 1)), null],
    ["ERR_TQ_LOG_INVALID_FIELD", event("connect", (e) => (e["args"] = { peer: "no colon" })), null],
    [
      "ERR_TQ_LOG_INVALID_FIELD",
      event("connect", (e) => (e["args"] = { peer: "a:b\u001b[31m" })),
      null,
    ],
    ["ERR_TQ_LOG_INVALID_FIELD", event("commit", (e) => (e["time"] = "soon")), null],
    [
      "ERR_TQ_LOG_INVALID_FIELD",
      event(
        "receive",
        (e) => (e["args"] = { from: "a:b", message: { kind: "getShare", epoch: 2 ** 53 } }),
      ),
      null,
    ],
    [
      "ERR_TQ_LOG_INVALID_FIELD",
      event(
        "receive",
        (e) => (e["args"] = { from: "a:b", message: { kind: "getShare", epoch: 0 } }),
      ),
      null,
    ],
    [
      "ERR_TQ_LOG_INVALID_FIELD",
      event("receive", (e) => (e["args"] = { from: "a:b", message: { kind: "hello" } })),
      null,
    ],
    [
      "ERR_TQ_LOG_UNKNOWN_CONFIGURATION",
      event(
        "receive",
        (e) => (e["args"] = { from: "a:b", message: { kind: "commitAdvance", config: "c999" } }),
      ),
      null,
    ],
    [
      "ERR_TQ_LOG_UNDECLARED_SECRET",
      event(
        "receive",
        (e) =>
          (e["args"] = {
            from: "a:b",
            message: {
              kind: "share",
              epoch: 1,
              share: { x: 1, sha3: "00".repeat(32), y: "00".repeat(32) },
            },
          }),
      ),
      null,
    ],
  ])("%s", (code, log, line) => {
    const error = refusal(log);
    expect(error.code).toBe(code);
    if (line !== null) expect(error.line).toBe(line);
    if (line === null && code !== "ERR_TQ_LOG_EMPTY") expect(error.line).toBeGreaterThan(1);
    expect(error.message).not.toMatch(/undefined|\[object/);
  });

  test("a line that is too long, before it parses it", () => {
    const bytes = new Uint8Array(LOG_LINE_BYTES_MAX + 10).fill(0x20);
    expect(refusal(bytes).code).toBe("ERR_TQ_LOG_LINE_TOO_LONG");
  });

  test("a configuration that is none, and one that is defined twice", () => {
    const at = lines.findIndex((line) => line.includes('"configs":{"c1":'));
    const changed = (change: (config: Json) => void, more: Json = {}) => {
      const line = JSON.parse(lines[at] ?? "") as { configs: Record<string, Json> };
      const { c1 } = line.configs;
      if (c1 === undefined) throw new Error("no c1");
      change(c1);
      Object.assign(line.configs, more);
      return [...lines.slice(0, at), JSON.stringify(line), ...lines.slice(at + 1)].join("\n");
    };
    expect(refusal(changed((config) => (config["threshold"] = 200))).code).toBe(
      "ERR_TQ_LOG_INVALID_FIELD",
    );
    const same = (JSON.parse(lines[at] ?? "") as { configs: Json }).configs["c1"];
    expect(refusal(changed(() => undefined, { c77: same })).code).toBe("ERR_TQ_LOG_DUPLICATE");
  });

  test("no byte of a line that it cannot parse gets into the error", () => {
    const secret = "5ec12e7".repeat(9);
    expect(refusal(`${lines[0] ?? ""}\n{"y":"${secret}"\n{}\n`).message).not.toContain("5ec12e7");
  });
});

describe("the reader accepts", () => {
  test("a last line that was cut off anywhere, with a notice", () => {
    const bytes = encoder.encode(text);
    const lastLine = encoder.encode(lines.at(-1) ?? "").length;
    for (const cut of [2, 10, lastLine >> 1, lastLine]) {
      const log = readLog(bytes.subarray(0, bytes.length - cut));
      expect(log.events).toHaveLength(lines.length - 2);
      expect(log.notices).toHaveLength(1);
    }
    expect(readLog(bytes.subarray(0, bytes.length - 1)).events).toHaveLength(lines.length - 1);
  });

  test("any order of fields", () => {
    const reversed = lines.map((line) =>
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as Json).reverse())),
    );
    expect(readLog(encoder.encode(reversed.join("\n"))).events).toHaveLength(lines.length - 1);
  });
});

describe("docs/event-log.md", () => {
  const document = readFileSync(EVENT_LOG_MD, "utf8");

  test("has every code with its text, as the table has them now (npm run errors writes it)", async () => {
    expect(document).toBe(await eventLogDocument(document));
  });

  test("lists every code once, and none that there is not", () => {
    const mentioned = document.match(/ERR_TQ_LOG_[A-Z0-9_]+/g);
    expect(mentioned).toEqual(Object.keys(LOG_ERRORS));
  });
});
