/** The daemon's log in a file: bounded, whole, and opened anew where somebody else has put it aside. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../src/sled/logger.ts";
import type { OpenLog } from "../../src/sled/logger.ts";
import { until } from "../mesh/rack.ts";

const BYTES_MAX = 10_000;

function openIn(): OpenLog & { readonly file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "tqd-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "tqd.log");
  const opened = createLog({ level: "info", file, fileBytesMax: BYTES_MAX, sled: "a:1" });
  return { ...opened, file };
}

const numbersIn = (file: string): number[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { n: number }).n);

test("it is its owner's alone, and is renamed at its size: one older file is kept, no line is torn", async () => {
  const { log, file } = openIn();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const bytesOf = (name: string): number => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  // Ten times as much as may be there in the end.
  for (let n = 0; n < 2000; n++) {
    log.info({ n }, "a line");
    if (n % 20 !== 19) continue;
    await until("it is written", () => numbersOrNone(file).includes(n) || hasMoved(file, n));
  }
  expect(readdirSync(path.dirname(file)).toSorted()).toEqual(["tqd.log", "tqd.log.1"]);
  const [older, newer] = [numbersIn(`${file}.1`), numbersOrNone(file)];
  const all = [...older, ...newer];
  expect(all).toEqual(Array.from(all, (_, i) => (all[0] ?? 0) + i));
  expect(all.at(-1)).toBe(1999);
  for (const name of [file, `${file}.1`]) expect(bytesOf(name)).toBeLessThan(2 * BYTES_MAX);
});

/** What is in the file; it may have been renamed this very moment. */
function numbersOrNone(file: string): number[] {
  return existsSync(file) && statSync(file).size > 0 ? numbersIn(file) : [];
}

function hasMoved(file: string, n: number): boolean {
  return numbersOrNone(`${file}.1`).includes(n);
}

test("it is opened anew where somebody else has put it aside", async () => {
  const { log, reopen, file } = openIn();
  log.info({ n: 1 }, "a line");
  await until("it is written", () => numbersOrNone(file).length > 0);
  renameSync(file, `${file}.old`);
  reopen();
  await until("there is one again", () => existsSync(file));
  log.info({ n: 2 }, "a line");
  await until("it is written", () => numbersOrNone(file).length > 0);
  expect(numbersIn(`${file}.old`)).toEqual([1]);
  expect(numbersIn(file)).toEqual([2]);
});

test("a file that cannot be written to is refused with its name", () => {
  const file = "/nowhere/tqd.log";
  const options = { level: "info", file, fileBytesMax: BYTES_MAX, sled: "a:1" };
  expect(() => createLog(options)).toThrow(
    expect.objectContaining({
      code: "ERR_TQD_START_FAILED",
      details: { part: "log", problem: expect.stringContaining(file) as string },
    }) as Error,
  );
});

test("its last line stays the last where the process ends after it", async () => {
  for (let round = 0; round < 30; round++) {
    const { log, drained, flush, file } = openIn();
    // The first is being written by another thread while the others wait.
    for (let n = 0; n < 3; n++) log.info({ n }, "a line");
    await drained(1000);
    expect(numbersIn(file)).toEqual([0, 1, 2]);
    log.info({ n: 3 }, "a line");
    await drained(1000);
    flush(1000);
    expect(numbersIn(file)).toEqual([0, 1, 2, 3]);
  }
});
