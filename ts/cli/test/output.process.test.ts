/** What becomes of `tq` where its output cannot be written. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TryRack } from "./tq.ts";

const TQ = fileURLToPath(new URL("../bin/tq.js", import.meta.url));
const tryRack = new TryRack();
beforeAll(async () => {
  await tryRack.ok("init", "--sleds", "3");
});
afterAll(() => tryRack.clean());

interface Output {
  /** Where standard output goes. */
  readonly out: number | "closed" | "pipe";
  readonly err?: number;
}

/** Runs `tq` with such an output. */
function run(args: readonly string[], { out, err }: Output) {
  return new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [TQ, ...args], {
      cwd: tryRack.folder,
      env: tryRack.env,
      stdio: ["ignore", out === "closed" ? "pipe" : out, err ?? "pipe"],
    });
    if (out === "closed") child.stdout?.destroy();
    else child.stdout?.resume();
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stderr }));
  });
}

describe("on a full disk", () => {
  let full: number;
  beforeAll(() => (full = openSync("/dev/full", "w")));
  afterAll(() => closeSync(full));

  test.each([
    "--help",
    "--version",
    "help member",
    "completion bash",
    "history",
    "history --json",
    "inspect rack/sleds/TRY00001/ledger-a",
    "inspect rack/sleds/TRY00001/ledger-a --json",
    "recover TRY00001 --dry-run",
  ])("`tq %s` says so on one line and ends with 1", async (line) => {
    const { code, stderr } = await run(line.split(" "), { out: full });
    expect(stderr).toMatch(/^tq: the output cannot be written: ENOSPC[^\n]*\n$/);
    expect(code).toBe(1);
  });

  test("`tq status` says so too, and no stack trace, whatever else it says", async () => {
    for (const args of [["status"], ["status", "--json"], ["status", "--watch"], ["doctor"]]) {
      const { code, stderr } = await run(args, { out: full });
      expect(stderr).toContain("tq: the output cannot be written: ENOSPC");
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(code).toBe(1);
    }
  });

  test("errors that cannot be told either leave the exit code", async () => {
    expect((await run(["history"], { out: full, err: full })).code).toBe(1);
    expect((await run(["history"], { out: "pipe", err: full })).code).toBe(0);
    expect((await run(["nonsense"], { out: "pipe", err: full })).code).toBe(2);
    expect((await run(["status", "--check"], { out: "pipe", err: full })).code).toBe(3);
  });
});

test("a reader who has gone is no error, and the command's own exit code stays", async () => {
  for (const [args, code] of [
    [["history"], 0],
    [["status", "--watch"], 0],
    [["status", "--check"], 3],
    [["--help"], 0],
  ] as const) {
    const ended = await run(args, { out: "closed" });
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(ended.code).toBe(code);
  }
});
