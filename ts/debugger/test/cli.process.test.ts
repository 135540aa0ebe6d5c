/** The program as users run it: one-shot, as JSON, from a pipe, and what it says to mistakes. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readLog } from "@trust-quorum/event-log";
import { afterAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const PROGRAM = join(root, "ts/debugger/bin/tq-debug.js");
const LOG = join(root, "testdata/logs/rack.jsonl");
const TRACE = join(root, "testdata/traces/trace-0008.jsonl.gz");
const folder = mkdtempSync(join(tmpdir(), "tq-debug-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function debug(
  args: readonly string[],
  input = "",
): { code: number | null; out: string; err: string } {
  const env = { ...process.env, XDG_STATE_HOME: folder, INIT_CWD: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    input,
    env,
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

describe("one-shot", () => {
  test("commands in a row, within 100 columns and without colours", () => {
    const { code, out, err } = debug([
      LOG,
      "--exec",
      "summary; check; why 9999 10; events last 3; sequence epoch 9",
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("252 events replayed: no differences.");
    expect(out).toContain("no connection between BRM42220001 and");
    // eslint-disable-next-line no-control-regex
    expect(out).not.toMatch(/\u001b/);
    expect(Math.max(...out.split("\n").map((line) => Array.from(line).length))).toBeLessThanOrEqual(
      100,
    );
  });

  test("--json prints one document for each command", () => {
    const { code, out } = debug([
      LOG,
      "--json",
      "--exec",
      "summary; why 0015 10; events kind prepare limit 2; goto 100; step 2; diff 10 20; help; break list; snapshot save a",
    ]);
    expect(code).toBe(0);
    const documents = out
      .trimEnd()
      .split("\n")
      .map(
        (line) =>
          JSON.parse(line) as { command: string; ok: boolean; answer: Record<string, unknown> },
      );
    expect(documents.map(({ command }) => command)).toEqual([
      "summary",
      "why",
      "events",
      "goto",
      "step",
      "diff",
      "help",
      "break",
      "snapshot",
    ]);
    expect(documents.every(({ ok }) => ok)).toBe(true);
    const reasons = documents[1]?.answer["notAcknowledged"] as { code: string; events: number[] }[];
    expect(reasons.map(({ code: one }) => one)).toEqual(["ack_waits_for_save"]);
    expect(reasons[0]?.events.length).toBe(1);
  });

  test("a tampered log: the difference is shown and the exit code is 1", () => {
    const lines = readFileSync(LOG, "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes('"kind":"committed"'));
    lines[at] = (lines[at] ?? "").replace(
      /"kind":"committed","epoch":\d+/,
      '"kind":"committed","epoch":99',
    );
    const file = join(folder, "tampered.jsonl");
    writeFileSync(file, lines.join("\n"));
    const { code, out } = debug([file, "--exec", "check"]);
    expect(code).toBe(1);
    expect(out).toContain("1 differences");
    expect(out).toMatch(/DIFFERENCE at event \d+, persisted on BRM\d+: out\[0\]/);
  });

  test("a part is exported, replays, and nothing is overwritten", () => {
    const { code, out } = debug([
      LOG,
      "--exec",
      "export part.jsonl from 120 to 240 nodes 0001,0008",
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/Wrote \d+ events from event \d+ on to part.jsonl, without secrets/);
    expect(debug([join(folder, "part.jsonl"), "--exec", "check"])).toMatchObject({ code: 0 });
    const again = debug([LOG, "--exec", "export part.jsonl"]);
    expect(again).toMatchObject({
      code: 2,
      err: "tq-debug: part.jsonl: there is such a file already\n",
    });
  });

  test("a log with secrets is announced, and none are printed or exported", () => {
    const { code, out, err } = debug([
      TRACE,
      "--json",
      "--exec",
      "summary; events kind share; show 0001; step; export redacted.jsonl",
    ]);
    expect(err).toContain("this log holds secrets");
    expect(code === 0 || code === 2).toBe(true);
    expect(out).not.toMatch(/"y":"/);
    if (code === 0) {
      const log = readLog(readFileSync(join(folder, "redacted.jsonl")));
      expect(log.header.secrets).toBe(false);
    }
  });

  test("the drawings are well-formed and say what did not arrive", () => {
    const { out } = debug([LOG, "--exec", "sequence mermaid epoch 10"]);
    expect(out.startsWith("sequenceDiagram\n")).toBe(true);
    const { code } = debug([LOG, "--exec", "sequence svg from 200 to-file drawing.svg"]);
    expect(code).toBe(0);
    const svg = readFileSync(join(folder, "drawing.svg"), "utf8");
    expect(svg.startsWith("<svg ")).toBe(true);
    expect(svg.trimEnd().endsWith("</svg>")).toBe(true);
    expect(svg.match(/<line /g)?.length).toBeGreaterThan(10);
  });
});

describe("mistakes are one sentence and exit code 2", () => {
  test.each([
    [["nowhere.jsonl", "--exec", "summary"], "nowhere.jsonl: there is no such file"],
    [[LOG, "--exec", "sumary"], 'there is no command "sumary"; did you mean summary?'],
    [[LOG, "--exec", "s"], "did you mean"],
    [[LOG, "--exec", "why"], "a sled and an epoch are needed: why NODE EPOCH [POSITION]"],
    [[LOG, "--exec", "why BRM42220002 1"], 'the log has no sled "BRM42220002"; did you mean'],
    [[LOG, "--exec", "why 0001 none"], 'an epoch is a whole number from 1, not "none"'],
    [[LOG, "--exec", "goto 99999"], "the log has events 0 to 251, and not 99999"],
    [[LOG, "--exec", "events colour red"], 'there is no test "colour"'],
    [[LOG, "--exec", "break any.commits > 3"], "commits is a list: write `commits has EPOCH`"],
    [[LOG, "--exec", "events ( node 0001"], "a closing parenthesis is missing"],
    [[LOG, "--exec", "show 0001 commit"], 'a sled has no field "commit"; did you mean commits?'],
    [[LOG, "--exec", "back 0"], "expected a whole number from 1"],
    [[LOG, "--exec", ";"], "--exec contains no command"],
    [[LOG, "--exec", "export x.jsonl with-secrets"], "the log holds no secrets"],
    [[LOG, "--width", "20", "--exec", "summary"], "--width takes a number from 80 to 120"],
    [[LOG, "--colour"], "unknown option '--colour'"],
    [[], "missing required argument 'log'"],
  ])("%j", (args, sentence) => {
    const { code, err, out } = debug(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(out).toBe("");
    expect(err).not.toMatch(/\n {4}at /);
  });

  test("a file that is no log", () => {
    const file = join(folder, "other.json");
    writeFileSync(file, '{"name":"something"}\n');
    expect(debug([file, "--exec", "summary"])).toMatchObject({ code: 2 });
    expect(debug([file, "--exec", "summary"]).err).toContain("ERR_TQ_LOG_NOT_A_LOG");
  });
});

describe("from a pipe", () => {
  test("commands run in order, mistakes do not end the session, and the exit code tells", () => {
    const { code, out, err } = debug([LOG], "goto 10\nnonsense\nback 2; step\nquit\nsummary\n");
    expect(code).toBe(2);
    expect(err).toBe('tq-debug: there is no command "nonsense"; `help` lists them\n');
    expect(out).toContain("Now after event 8.");
    expect(out).toContain("Now after event 9.");
    expect(out).not.toContain("tq-debug>");
    expect(out).not.toContain("Calls:");
  });

  test("no history is written where nobody types", () => {
    debug([LOG], "summary\n");
    expect(existsSync(join(folder, "trust-quorum"))).toBe(false);
  });

  test("--help says what there is", () => {
    const { code, out } = debug(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("--exec");
    expect(out).toContain("Exit codes");
  });
});

test("the end of the log may be cut off, and is told of", () => {
  const file = join(folder, "cut.jsonl");
  writeFileSync(file, readFileSync(LOG, "utf8").slice(0, -40));
  const { code, out } = debug([file, "--exec", "summary"]);
  expect(code).toBe(0);
  expect(out).toContain("was cut off");
});
