/** What every store of records owes to those that use it; the journal and memory keep it alike. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { baseboardId, parseRackId } from "trust-quorum";
import { abortConfiguration, proposeConfiguration } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Journal } from "../src/journal.ts";
import { MemoryRecordStore } from "../src/record-store.ts";
import type { RecordStore } from "../src/record-store.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const OTHER = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
const members = ["A", "B", "C"].map((serial) => baseboardId("part", serial));

function proposed(previous: readonly ConfigurationRecord[] = []): ConfigurationRecord {
  const [coordinator] = members;
  if (coordinator === undefined) throw new Error("no members");
  const proposal = { rackId: RACK, kind: "initial", members, coordinator } as const;
  return proposeConfiguration(previous, proposal, 1000).record;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tq-record-store-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const stores: readonly [string, () => RecordStore & { close?: () => void }][] = [
  ["the journal", () => Journal.open(path.join(folder, "journal"))],
  ["memory", () => new MemoryRecordStore()],
];

describe.each(stores)("%s", (_name, open) => {
  let store: RecordStore & { close?: () => void };

  beforeEach(() => {
    store = open();
  });

  afterEach(() => {
    store.close?.();
  });

  test("knows nothing of a rack for which nothing was proposed", async () => {
    expect(await store.read(RACK)).toEqual([]);
  });

  test("gives back what a transaction wrote, by epoch, and its result", async () => {
    const first = proposed();
    const aborted = abortConfiguration(first, "for the test", 2000);
    const second = proposed([aborted]);
    await store.change(RACK, () => ({ write: [first], result: undefined }));
    const write = [second, aborted];
    const result = await store.change(RACK, (records) => ({ write, result: records.length }));
    expect(result).toBe(1);
    expect(await store.read(RACK)).toEqual([aborted, second]);
  });

  test("keeps everything as it was where the transaction throws, and passes the error on", async () => {
    const first = proposed();
    await store.change(RACK, () => ({ write: [first], result: undefined }));
    const failure = new Error("for the test");
    const failing = store.change(RACK, () => {
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await store.read(RACK)).toEqual([first]);
  });

  test("lets no transaction see records that another one is about to replace", async () => {
    // Each adds the next epoch to what it is given: two that were given the same would collide.
    const add = () =>
      store.change(RACK, (records) => {
        const before = records.map((record) => abortConfiguration(record, "for the test", 2000));
        return { write: [...before, proposed(before)], result: undefined };
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect((await store.read(RACK)).map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

test("a journal is one rack's: it shows and takes no records of another", async () => {
  const journal = Journal.open(path.join(folder, "journal"));
  try {
    await journal.change(RACK, () => ({ write: [proposed()], result: undefined }));
    const contradiction = { code: "ERR_TQ_CLI_CONTRADICTION" };
    await expect(journal.read(OTHER)).rejects.toMatchObject(contradiction);
    const write = () => ({ write: [], result: undefined });
    await expect(journal.change(OTHER, write)).rejects.toMatchObject(contradiction);
    const foreign = { ...proposed(), rackId: OTHER };
    const writing = journal.change(RACK, () => ({ write: [foreign], result: undefined }));
    await expect(writing).rejects.toMatchObject(contradiction);
    expect(await journal.read(RACK)).toHaveLength(1);
  } finally {
    journal.close();
  }
});
