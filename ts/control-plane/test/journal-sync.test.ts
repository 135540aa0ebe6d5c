/** What a journal says when it is opened lasts, whoever wrote it and however that ended. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import type * as FileSystem from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { baseboardId, parseRackId } from "trust-quorum";
import { proposeConfiguration } from "trust-quorum/control";
import { Journal } from "../src/journal.ts";

const synced = vi.hoisted((): number[] => []);
vi.mock("node:fs", async (original) => {
  const real = await original<typeof FileSystem>();
  const fsyncSync = (fd: number): void => {
    synced.push(real.fstatSync(fd).ino);
    real.fsyncSync(fd);
  };
  return { ...real, fsyncSync };
});

test("the journal of a process that was killed before it synced is synced before it is acted on", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tq-journal-"));
  try {
    const members = ["S0", "S1", "S2"].map((serial) => baseboardId("part", serial));
    const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
    const coordinator = baseboardId("part", "S0");
    const { record } = proposeConfiguration(
      [],
      { rackId, kind: "initial", members, coordinator },
      1000,
    );
    const first = Journal.open(folder);
    await first.change(record.rackId, () => ({ write: [record], result: undefined }));
    first.close();
    synced.length = 0;
    const second = Journal.open(folder);
    const inodes = [statSync(path.join(folder, "journal")).ino, statSync(folder).ino];
    expect(await second.read(record.rackId)).toHaveLength(1);
    expect(synced).toEqual(inodes);
    second.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
