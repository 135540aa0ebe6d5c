/** What the model's database remembers, where the choice of the next members rests on it. */
import { describe, expect, it } from "vitest";
import { parseRackId } from "trust-quorum";
import type { BaseboardId, CoordinatorStatus, Epoch } from "trust-quorum";
import { Configuration } from "trust-quorum/protocol";
import { Database } from "../src/rack/database.ts";

const rackId = parseRackId("7f0a1c52-9d3e-4b6f-8a21-5c4d3e2f1a0b");
const [a, b, c, d] = ["P:A", "P:B", "P:C", "P:D"] as unknown as [
  BaseboardId,
  BaseboardId,
  BaseboardId,
  BaseboardId,
];

/** Configurations that end in these ways, one after another. */
function remembered(
  ...ends: readonly ["committed" | "committing" | "aborted", readonly BaseboardId[]][]
): Database {
  const database = new Database({ rackId, fromLrtq: false });
  const now = 0;
  for (const [end, members] of ends) {
    const coordinator = b;
    expect(database.transact({ kind: "propose", members, coordinator, now })).toBeNull();
    const record = database.latest;
    const epoch = record?.epoch ?? (0 as Epoch);
    if (end === "aborted") {
      database.transact({ kind: "abort", epoch, reason: "given up", now });
      continue;
    }
    const hasPrior = record?.facts.lastCommittedEpoch !== null;
    const config = Configuration.create({
      rackId,
      epoch,
      coordinator,
      members,
      threshold: 2,
      digests: new Uint8Array(32 * members.length),
      encryptedRackSecrets: hasPrior
        ? { salt: new Uint8Array(32), data: new Uint8Array(64) }
        : null,
    });
    const status: CoordinatorStatus = {
      epoch,
      lrtqUpgrade: false,
      operation: "prepare",
      config,
      acks: members,
    };
    database.transact({ kind: "learn", epoch, status, now });
    expect(database.transact({ kind: "decide", epoch, now })).toBeNull();
    if (end === "committing") continue;
    for (const sled of members) database.transact({ kind: "acknowledge", epoch, sled, now });
  }
  expect(database.records.map(({ state }) => state)).toEqual(ends.map(([end]) => end));
  return database;
}

describe("a sled may keep what makes the others expunge it", () => {
  it("where it was a member of what was committed, and was dropped", () => {
    const database = remembered(["committed", [a, b, c]], ["committed", [b, c, d]]);
    expect(database.mayKeepOld(a, 0)).toBe(true);
  });

  it("where it was a member of what was given up, and the next commit left it out", () => {
    const database = remembered(["aborted", [a, b, c]], ["committing", [b, c, d]]);
    expect(database.mayKeepOld(a, 0)).toBe(true);
  });

  it("but not where it was reset since, where it was a member of what was given up later, or of nothing", () => {
    const reset = remembered(["aborted", [a, b, c]], ["committed", [b, c, d]]);
    expect(reset.mayKeepOld(a, 1)).toBe(false);
    const later = remembered(["committed", [b, c, d]], ["aborted", [a, b, c]]);
    expect(later.mayKeepOld(a, 0)).toBe(false);
    expect(remembered(["committed", [b, c, d]]).mayKeepOld(a, 0)).toBe(false);
  });
});
