/** The journal keeps what it answered for, drops only what it never did, and refuses what is damaged. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseboardId, parseRackId } from "trust-quorum";
import { abortConfiguration, proposeConfiguration } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { isOperatorError } from "@trust-quorum/api/client/errors";
import { Journal, readJournal } from "../src/journal.ts";
import type { Records } from "../src/record-store.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const members = Array.from({ length: 5 }, (_, i) => baseboardId("part", `S${i}`));

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), "tq-journal-")), "plane");
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

const file = () => path.join(folder, "journal");

function proposed(previous: readonly ConfigurationRecord[] = []): ConfigurationRecord {
  const [coordinator] = members;
  if (coordinator === undefined) throw new Error("no members");
  const request = { rackId: RACK, kind: "initial", members, coordinator } as const;
  return proposeConfiguration(previous, request, 1000).record;
}

/** A journal with an aborted epoch 1 and a proposed epoch 2. */
async function filled(): Promise<Records> {
  const journal = Journal.open(folder);
  const first = proposed();
  await write(journal, [first]);
  const aborted = abortConfiguration(first, "for the test", 2000);
  await write(journal, [aborted, proposed([aborted])]);
  const records = await journal.read(RACK);
  journal.close();
  return records;
}

function write(journal: Journal, records: Records): Promise<void> {
  return journal.change(RACK, () => ({ write: records, result: undefined }));
}

function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no error",
    (error: unknown) => {
      if (isOperatorError(error)) return error.code;
      throw error;
    },
  );
}

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isOperatorError(error)) return error.code;
    throw error;
  }
  return "no error";
}

describe("what was written", () => {
  test("is there again, record for record, also for readers without the lock", async () => {
    const records = await filled();
    expect(records.map(({ state }) => state)).toEqual(["aborted", "preparing"]);
    expect(readJournal(folder)).toEqual({ exists: true, records });
    const journal = Journal.open(folder);
    expect(await journal.read(RACK)).toEqual(records);
    journal.close();
  });

  test("can be read by its owner only", async () => {
    await filled();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("does not exist before the first write", () => {
    const journal = Journal.open(folder);
    expect(journal.exists).toBe(false);
    expect(readJournal(folder)).toEqual({ exists: false, records: [] });
    journal.close();
  });

  test("never moves back: an aborted or decided record stays what it is", async () => {
    const [aborted] = await filled();
    const journal = Journal.open(folder);
    const revived = { ...(aborted as ConfigurationRecord), state: "preparing" as const };
    expect(await codeOf(write(journal, [revived]))).toBe("ERR_TQ_CLI_CONTRADICTION");
    journal.close();
    expect(readJournal(folder).records[0]?.state).toBe("aborted");
  });
});

describe("a torn or damaged file", () => {
  test("cut at any byte yields a state that once was written, and can be written on", async () => {
    await filled();
    const whole = readFileSync(file());
    const lines = whole.toString("utf8").split("\n").length - 1;
    expect(lines).toBe(3);
    const firstLine = whole.indexOf(0x0a) + 1;
    const seen = new Set<string>();
    const cuts = Array.from({ length: whole.length - firstLine }, (_, i) => firstLine + i);
    // Every third byte will do, and the very last ones.
    for (const length of [...cuts.filter((cut) => cut % 3 === 0), whole.length - 1, whole.length]) {
      writeFileSync(file(), whole.subarray(0, length));
      const { records } = readJournal(folder);
      seen.add(records.map(({ state }) => state).join());
      if (length % 97 !== 0) continue;
      const journal = Journal.open(folder);
      expect(await journal.read(RACK)).toEqual(records);
      // Both records of the second transaction, or none of them.
      const next = (await journal.read(RACK)).length === 0 ? proposed() : null;
      if (next !== null) await write(journal, [next]);
      const after = await journal.read(RACK);
      journal.close();
      expect(readJournal(folder).records).toEqual(after);
    }
    expect([...seen].sort()).toEqual(["", "aborted,preparing", "preparing"]);
  });

  test("with a changed byte in any whole line, the last one and its end too, is refused and kept", async () => {
    await filled();
    const whole = readFileSync(file());
    const steps = Array.from({ length: Math.ceil(whole.length / 53) }, (_, i) => i * 53);
    for (const at of [...steps, whole.length - 2, whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 1;
      writeFileSync(file(), damaged);
      expect(code(() => readJournal(folder))).toBe("ERR_TQ_CLI_JOURNAL_UNREADABLE");
      expect(code(() => Journal.open(folder))).toBe("ERR_TQ_CLI_JOURNAL_UNREADABLE");
      expect(readFileSync(file())).toEqual(damaged);
    }
  });

  test("of another format is refused, not misread", async () => {
    await filled();
    const lines = readFileSync(file(), "utf8").split("\n");
    writeFileSync(file(), lines.slice(1).join("\n"));
    expect(code(() => readJournal(folder))).toBe("ERR_TQ_CLI_JOURNAL_UNREADABLE");
    writeFileSync(file(), "");
    expect(code(() => readJournal(folder))).toBe("ERR_TQ_CLI_JOURNAL_UNREADABLE");
  });

  test("loses its torn end at the next opening, so that what follows is not lost with it", async () => {
    const records = await filled();
    appendFileSync(file(), "0123 torn");
    const journal = Journal.open(folder);
    const [, preparing] = records;
    const aborted = abortConfiguration(preparing as ConfigurationRecord, "again", 3000);
    await write(journal, [aborted]);
    journal.close();
    expect(readJournal(folder).records.map(({ state }) => state)).toEqual(["aborted", "aborted"]);
  });
});

test("a long journal is rewritten shorter, with the same records", async () => {
  const journal = Journal.open(folder);
  let record = proposed();
  await write(journal, [record]);
  for (let time = 0; statSync(file()).size < 1_200_000; time++) {
    record = { ...record, timeCreated: time };
    await write(
      journal,
      Array.from({ length: 50 }, () => record),
    );
  }
  const records = await journal.read(RACK);
  journal.close();
  const again = Journal.open(folder);
  expect(await again.read(RACK)).toEqual(records);
  expect(statSync(file()).size).toBeLessThan(10_000);
  again.close();
});

describe("the lock", () => {
  test("keeps a second writer out until the first has closed", () => {
    const journal = Journal.open(folder);
    expect(code(() => Journal.open(folder))).toBe("ERR_TQ_CLI_BUSY");
    journal.close();
    Journal.open(folder).close();
  });

  test("dies with a process that is killed", async () => {
    await filled();
    const script = fileURLToPath(new URL("hold-journal.ts", import.meta.url));
    const killed = spawnSync(process.execPath, ["--import", "tsx", script, folder], {
      encoding: "utf8",
    });
    expect(killed.stdout).toBe("held\n");
    expect(killed.signal).toBe("SIGKILL");
    Journal.open(folder).close();
  });
});
