/** The journal is found where either version keeps it, is moved whole, and is never two. */
import type * as FileSystem from "node:fs";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { baseboardId, parseRackId } from "trust-quorum";
import { abortConfiguration, proposeConfiguration } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { isOperatorError } from "@trust-quorum/api/client/errors";
import {
  findJournal,
  migrateJournal,
  openRackJournal,
  readRackJournal,
} from "../src/journal-folder.ts";
import { Journal } from "../src/journal.ts";

/** What happens right after the old folder was looked for, or opened. */
const hooks = vi.hoisted((): Record<"afterFound" | "afterOpened", (() => void) | null> => {
  return { afterFound: null, afterOpened: null };
});
vi.mock("node:fs", async (original) => {
  const real = await original<typeof FileSystem>();
  const isOld = (file: unknown) => String(file).endsWith("/plane");
  return {
    ...real,
    existsSync(file: string) {
      const answer = real.existsSync(file);
      if (isOld(file)) hooks.afterFound?.();
      return answer;
    },
    openSync(file: string, ...rest: [string, number?]) {
      const descriptor = real.openSync(file, ...rest);
      if (isOld(file)) hooks.afterOpened?.();
      return descriptor;
    },
  };
});

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const members = ["S0", "S1", "S2"].map((serial) => baseboardId("part", serial));

let rack: string;
beforeEach(() => {
  rack = mkdtempSync(path.join(tmpdir(), "tq-rack-"));
});
afterEach(() => rmSync(rack, { recursive: true }));

const now = () => path.join(rack, "control-plane");
const before = () => path.join(rack, "plane");

function proposed(
  previous: readonly ConfigurationRecord[] = [],
  coordinator = members[0],
): ConfigurationRecord {
  if (coordinator === undefined) throw new Error("no members");
  const request = { rackId: RACK, kind: "initial", members, coordinator } as const;
  return proposeConfiguration(previous, request, 1000).record;
}

const first = proposed();
const aborted = abortConfiguration(first, "a test", 2000);
const second = proposed([aborted]);

/** Writes a journal; each record in a transaction of its own. */
async function write(folder: string, ...records: ConfigurationRecord[]): Promise<void> {
  const journal = Journal.open(folder);
  for (const record of records) {
    await journal.change(RACK, () => ({ write: [record], result: null }));
  }
  journal.close();
}

/** The code and the text of what is thrown. */
function thrown(run: () => unknown): [code: string, text: string] {
  try {
    run();
  } catch (error) {
    if (isOperatorError(error)) return [error.code, error.message.replaceAll(rack, "RACK")];
    throw error;
  }
  return ["none", ""];
}

describe("a rack that the version before has left", () => {
  test("keeps its journal where that version finds it, until it is migrated", async () => {
    await write(before(), first);
    expect(findJournal(rack)).toEqual({ folder: before(), old: true });
    const journal = openRackJournal(rack);
    await journal.change(RACK, () => ({ write: [aborted, second], result: null }));
    journal.close();
    expect(readdirSync(rack)).toEqual(["plane"]);
    expect(readRackJournal(rack).records).toEqual([aborted, second]);
  });

  test("is migrated whole, once, and only where it is asked to", async () => {
    await write(before(), aborted, second);
    const bytes = readFileSync(path.join(before(), "journal"));
    const { ino } = statSync(before());
    const move = { from: before(), to: now(), records: 2 };
    expect(migrateJournal(rack, { dryRun: true })).toEqual(move);
    expect(readdirSync(rack)).toEqual(["plane"]);
    expect(migrateJournal(rack)).toEqual(move);
    expect(readdirSync(rack)).toEqual(["control-plane"]);
    expect(readFileSync(path.join(now(), "journal")).equals(bytes)).toBe(true);
    expect(statSync(now()).ino).toBe(ino);
    expect(migrateJournal(rack)).toBeNull();
    expect(migrateJournal(rack, { dryRun: true })).toBeNull();
    expect(readRackJournal(rack).records).toEqual([aborted, second]);
  });

  test("is not migrated while somebody works on it, nor where its journal is damaged", async () => {
    await write(before(), aborted);
    const journal = openRackJournal(rack);
    expect(thrown(() => migrateJournal(rack))[0]).toBe("ERR_TQ_CLI_BUSY");
    journal.close();
    writeFileSync(path.join(before(), "journal"), "damaged\n");
    expect(thrown(() => migrateJournal(rack, { dryRun: true }))[0]).toBe(
      "ERR_TQ_CLI_JOURNAL_UNREADABLE",
    );
    expect(thrown(() => migrateJournal(rack))[0]).toBe("ERR_TQ_CLI_JOURNAL_UNREADABLE");
    expect(readdirSync(rack)).toEqual(["plane"]);
  });

  test("can be migrated before anything was proposed", () => {
    mkdirSync(before());
    expect(migrateJournal(rack)).toMatchObject({ records: 0 });
    expect(readdirSync(rack)).toEqual(["control-plane"]);
  });
});

test("a rack without a journal gets it in the folder of this version, once it is written", () => {
  expect(findJournal(rack)).toEqual({ folder: now(), old: false });
  expect(readRackJournal(rack)).toEqual({ exists: false, records: [] });
  expect(migrateJournal(rack)).toBeNull();
  expect(readdirSync(rack)).toEqual([]);
  openRackJournal(rack).close();
  expect(readdirSync(rack)).toEqual(["control-plane"]);
});

describe("a journal that somebody else migrates meanwhile", () => {
  const migrateNow = () => {
    hooks.afterFound = hooks.afterOpened = null;
    renameSync(before(), now());
  };

  test.each(["afterFound", "afterOpened"] as const)(
    "is opened where it is then, and no second one is made (%s)",
    async (moment) => {
      await write(before(), aborted);
      hooks[moment] = migrateNow;
      const journal = openRackJournal(rack);
      expect(hooks[moment]).toBeNull();
      expect(journal.exists).toBe(true);
      // It is the one that is locked, too.
      expect(thrown(() => Journal.open(now()))[0]).toBe("ERR_TQ_CLI_BUSY");
      await journal.change(RACK, () => ({ write: [second], result: null }));
      journal.close();
      expect(readdirSync(rack)).toEqual(["control-plane"]);
      expect(readRackJournal(rack).records).toEqual([aborted, second]);
    },
  );

  test("is read where it is then", async () => {
    await write(before(), aborted);
    hooks.afterFound = migrateNow;
    expect(readRackJournal(rack).records).toEqual([aborted]);
  });

  test("is not migrated again", async () => {
    await write(before(), aborted);
    hooks.afterFound = migrateNow;
    expect(migrateJournal(rack)).toBeNull();
    expect(readRackJournal(rack).records).toEqual([aborted]);
  });
});

describe("of two journals", () => {
  /** What is said by all that reads or writes; each changes nothing. */
  function refused(): string {
    const listing = readdirSync(rack, { recursive: true });
    const answers = [
      () => findJournal(rack),
      () => readRackJournal(rack),
      () => openRackJournal(rack),
      () => migrateJournal(rack),
      () => migrateJournal(rack, { dryRun: true }),
    ].map(thrown);
    expect(new Set(answers.map(([code]) => code))).toEqual(new Set(["ERR_TQ_CLI_TWO_JOURNALS"]));
    const texts = new Set(answers.map(([, text]) => text));
    expect(texts.size).toBe(1);
    expect(readdirSync(rack, { recursive: true })).toEqual(listing);
    return [...texts].join("");
  }

  /** When a journal was written, in seconds since 1970. */
  const at = (folder: string, seconds: number) =>
    utimesSync(path.join(folder, "journal"), seconds, seconds);

  test("the newer one is the one that holds more, whenever it was written", async () => {
    await write(now(), aborted, second);
    await write(before(), first);
    at(now(), 1000);
    at(before(), 2000);
    expect(refused()).toBe(
      "RACK/control-plane and RACK/plane both exist, and only one can hold the journal: " +
        "RACK/control-plane (up to epoch 2, written 1970-01-01T00:16:40.000Z) is newer than " +
        "RACK/plane (up to epoch 1, written 1970-01-01T00:33:20.000Z); move the older one away; " +
        "see that no tq of version 0.1.0 works on this rack",
    );
    rmSync(before(), { recursive: true });
    expect(readRackJournal(rack).records).toEqual([aborted, second]);
  });

  test("the newer one is the one whose epochs came further, whenever it was written", async () => {
    await write(now(), first, aborted);
    await write(before(), first);
    at(now(), 1000);
    at(before(), 2000);
    expect(refused()).toMatch(
      /RACK\/control-plane \(up to epoch 1, .*\) is newer than RACK\/plane /,
    );
  });

  test("the old folder's can be the newer one, and is migrated then", async () => {
    await write(now(), first);
    await write(before(), aborted, second);
    expect(refused()).toMatch(
      /RACK\/plane \(up to epoch 2, .*\) is newer than RACK\/control-plane \(.*\); move the older one away, then run `tq migrate`;/,
    );
  });

  test("which hold the same, the newer one is the one that was written last", async () => {
    await write(now(), aborted);
    await write(before(), aborted);
    at(now(), 1000);
    at(before(), 2000);
    expect(refused()).toContain("RACK/plane (up to epoch 1, written 1970-01-01T00:33:20.000Z) is");
    at(now(), 3000);
    expect(refused()).toContain(
      "control-plane (up to epoch 1, written 1970-01-01T00:50:00.000Z) is",
    );
  });

  test("neither is newer where each holds what the other does not", async () => {
    await write(now(), proposed([], members[1]));
    await write(before(), aborted, second);
    expect(refused()).toMatch(
      /each hold what the other does not; move both away and run `tq recover --journal`/,
    );
  });

  test("a damaged one is said to be so, and an empty folder is to be removed", async () => {
    await write(now(), aborted);
    mkdirSync(before());
    expect(refused()).toContain(": RACK/plane has no journal; remove it;");
    writeFileSync(path.join(before(), "journal"), "damaged\n");
    expect(refused()).toContain("RACK/plane (damaged, written ");
    rmSync(path.join(now(), "journal"));
    expect(refused()).toContain(
      ": RACK/control-plane has no journal; remove it, then run `tq migrate`;",
    );
  });
});
