/** What is quoted of a daemon's log where it did not start. */
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { LOG_TAIL_BYTES, logTail } from "../src/log-tail.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tq-words-"));
const log = path.join(folder, "tqd.log");
beforeEach(() => rmSync(log, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

function line(level: string, message: string): string {
  return `${JSON.stringify({ level, msg: "failed", error: { message } })}\n`;
}

describe("the tail of a daemon's log", () => {
  test("are its last fatal line's error, whatever came after it", () => {
    writeFileSync(log, line("fatal", "old") + line("fatal", "why") + line("info", "later"));
    expect(logTail(log)).toBe("why");
  });

  test("are its last line where there is no fatal one, JSON or not", () => {
    writeFileSync(log, `${line("info", "before")}{"level":"info","msg":"said"}\n`);
    expect(logTail(log)).toBe("said");
    appendFileSync(log, "node: out of memory\n\n");
    expect(logTail(log)).toBe("node: out of memory");
  });

  test("are told to be missing where there is no log, or nothing in it", () => {
    expect(logTail(log)).toBe("it wrote no log");
    writeFileSync(log, "\n");
    expect(logTail(log)).toBe("it wrote nothing");
  });

  test("are found in a log of any size without reading what is before its last 64 KiB", () => {
    writeFileSync(log, line("fatal", "long ago"));
    // More than one buffer can hold, but not on the disk: it is a hole.
    truncateSync(log, 3 * 2 ** 30);
    appendFileSync(log, `\n${line("info", "the end")}`);
    expect(logTail(log)).toBe("the end");
  });

  test.each([0, 1, 2, 3])(
    "begin with a whole character where one line is longer than that (%i bytes into it)",
    (shift) => {
      writeFileSync(log, `${"🔑".repeat(LOG_TAIL_BYTES / 4 + 1)}${"x".repeat(shift)}\n`);
      const words = logTail(log);
      expect(words).toMatch(/^(?:🔑)+x*$/u);
      expect(Buffer.byteLength(words)).toBeGreaterThan(LOG_TAIL_BYTES - 8);
    },
  );
});
