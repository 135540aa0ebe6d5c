/** What the control planes of a run remember, where the choice of the next members rests on it. */
import { describe, expect, it } from "vitest";
import type { BaseboardId } from "trust-quorum";
import type { ConfigurationRecord, ConfigurationState } from "trust-quorum/control";
import { Database } from "../src/rack/database.ts";

const [a, b, c] = ["P:A", "P:B", "P:C"] as unknown as [BaseboardId, BaseboardId, BaseboardId];

/** Of what is remembered, only what is looked at. */
function remembered(...records: readonly [ConfigurationState, readonly BaseboardId[]][]): Database {
  const database = new Database();
  records.forEach(([state, ids], i) => {
    const members = new Map(ids.map((id) => [id, { state: "unacked" }]));
    database.records.push({ epoch: i + 1, state, members } as unknown as ConfigurationRecord);
  });
  return database;
}

describe("a sled may keep what makes the others expunge it", () => {
  it("where it was a member of what was committed, and was dropped", () => {
    const database = remembered(["committed_partially", [a, b]], ["committed", [b, c]]);
    expect(database.mayKeepOld(a, 0)).toBe(true);
  });

  it("where it was a member of what was given up, and the next commit left it out", () => {
    const database = remembered(["aborted", [a, b]], ["committing", [b, c]]);
    expect(database.mayKeepOld(a, 0)).toBe(true);
  });

  it("but not where it was reset since, where it was a member of what was given up later, or of nothing", () => {
    expect(remembered(["aborted", [a, b]], ["committed", [b, c]]).mayKeepOld(a, 1)).toBe(false);
    expect(remembered(["committed", [b, c]], ["aborted", [a, b]]).mayKeepOld(a, 0)).toBe(false);
    expect(remembered(["committed", [b, c]]).mayKeepOld(a, 0)).toBe(false);
  });
});
