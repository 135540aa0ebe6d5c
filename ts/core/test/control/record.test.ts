/** How one configuration's record changes, and what is refused. */
import { describe, expect, test } from "vitest";
import { epoch } from "../../src/base/ids.ts";
import {
  ABORT_REASON_MAX,
  abortConfiguration,
  acknowledgeCommit,
  acknowledgementsNeeded,
  committedMembers,
  decideCommit,
  isCommitDecided,
  isPreparing,
  learnFromCoordinator,
  preparedMembers,
  readyToCommit,
  supersede,
} from "../../src/control/record.ts";
import { commitCrashTolerance, thresholdFor } from "../../src/control/tolerance.ts";
import {
  OTHER_RACK,
  STRANGER,
  committing,
  configOf,
  prepared,
  preparing,
  proposed,
  sled,
  sleds,
} from "./racks.ts";

describe("threshold and commit crash tolerance", () => {
  test("are the protocol's for every size of rack", () => {
    const table = Array.from({ length: 30 }, (_, i) => i + 3).map(
      (n) => `${n}:${thresholdFor(n)}+${commitCrashTolerance(n)}`,
    );
    expect(table.join(" ")).toBe(
      "3:2+0 4:3+0 5:3+1 6:4+1 7:4+1 8:5+1 9:5+2 10:6+2 11:6+2 12:7+2 13:7+2 14:8+2 15:8+2 " +
        "16:9+3 17:9+3 18:10+3 19:10+3 20:11+3 21:11+3 22:12+3 23:12+3 24:13+4 25:13+4 26:14+4 " +
        "27:14+4 28:15+4 29:15+4 30:16+4 31:16+4 32:17+4",
    );
  });

  test.each([2, 33, 0, -3, 4.5, NaN, Infinity])("refuse %d members", (members) => {
    const code = "ERR_TQ_INVALID_MEMBERSHIP_SIZE";
    expect(() => thresholdFor(members)).toThrow(expect.objectContaining({ code }));
    expect(() => commitCrashTolerance(members)).toThrow(expect.objectContaining({ code }));
  });
});

describe("learning from the coordinator", () => {
  test("keeps configuration and acknowledgements, with their times", () => {
    const record = proposed(5);
    const learnt = learnFromCoordinator(record, preparing(record, [sled(0), sled(3)]), 21);
    expect(learnt.config?.equals(configOf(record))).toBe(true);
    expect(preparedMembers(learnt)).toEqual([sled(0), sled(3)]);
    expect(learnt.members.get(sled(3))).toEqual({
      state: "prepared",
      timePrepared: 21,
      timeCommitted: null,
    });
    expect([...learnt.members.keys()]).toEqual(sleds(5));
    expect(record.config).toBe(null);
    expect(preparedMembers(record)).toEqual([]);
  });

  test("a second time changes nothing, and fewer acknowledgements take none back", () => {
    const record = prepared(proposed(5), 3);
    expect(learnFromCoordinator(record, preparing(record, sleds(3)), 99)).toBe(record);
    expect(learnFromCoordinator(record, preparing(record, [sled(0)]), 99)).toBe(record);
  });

  test("takes nothing from a coordinator that collects, or does something else", () => {
    const record = proposed(5);
    const other = preparing(record, sleds(5), { epoch: epoch(7) });
    const collecting = {
      epoch: record.epoch,
      lrtqUpgrade: false,
      operation: "collectShares" as const,
      collected: sleds(2),
      threshold: 3,
    };
    for (const status of [null, other, collecting]) {
      expect(learnFromCoordinator(record, status, 20)).toBe(record);
    }
  });

  test("leaves an aborted record alone, and a committed member committed", () => {
    const record = proposed(5);
    const aborted = abortConfiguration(record, "lost", 20);
    expect(learnFromCoordinator(aborted, preparing(record, sleds(5)), 30)).toBe(aborted);
    const done = committing(record, 5);
    expect(learnFromCoordinator(done, preparing(record, sleds(5)), 50)).toBe(done);
  });

  test("still counts a late acknowledgement while committing", () => {
    const record = proposed(5);
    const decided = decideCommit(prepared(record, 4), 30);
    const late = learnFromCoordinator(decided, preparing(record, sleds(5)), 31);
    expect(late.state).toBe("committing");
    expect(preparedMembers(late)).toEqual(sleds(5));
  });

  const record = proposed(5);
  const contradictions = {
    "another epoch": { epoch: epoch(9) },
    "another rack": { rackId: OTHER_RACK },
    "another coordinator": { coordinator: sled(1) },
    "another threshold": { threshold: 2 },
    "another member": { members: [...sleds(4), sled(7)] },
    "one member more": { members: sleds(6) },
    "prior secrets that there cannot be": {
      encryptedRackSecrets: { salt: new Uint8Array(32), data: new Uint8Array(60) },
    },
  };
  test.each(Object.entries(contradictions))("refuses a configuration with %s", (_, parts) => {
    const status = preparing(record, [], { config: configOf(record, parts) });
    expect(() => learnFromCoordinator(record, status, 20)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_CONTRADICTS_RECORD" }),
    );
  });

  test("refuses what is not the upgrade that was proposed, or lacks the old secrets", () => {
    const upgrade = proposed(5, { kind: "upgradeFromLrtq" });
    const next = proposed(5, { kind: "reconfigure" }, [committing(proposed(5), 5)]);
    for (const status of [
      [upgrade, preparing(upgrade, [], { lrtqUpgrade: false })],
      [record, preparing(record, [], { lrtqUpgrade: true })],
      [
        upgrade,
        preparing(upgrade, [], { config: configOf(upgrade, { encryptedRackSecrets: null }) }),
      ],
      [next, preparing(next, [], { config: configOf(next, { encryptedRackSecrets: null }) })],
    ] as const) {
      expect(() => learnFromCoordinator(...status, 20)).toThrow(
        expect.objectContaining({ code: "ERR_TQ_CONTRADICTS_RECORD" }),
      );
    }
  });

  test("refuses another configuration than the one learnt before, whatever the state", () => {
    const digests = new Uint8Array(5 * 32).fill(8);
    const status = preparing(record, sleds(5), { config: configOf(record, { digests }) });
    for (const known of [prepared(record, 2), committing(record, 2), committing(record, 5)]) {
      expect(() => learnFromCoordinator(known, status, 20)).toThrow(
        expect.objectContaining({ code: "ERR_TQ_CONTRADICTS_RECORD" }),
      );
    }
  });

  test("refuses the acknowledgement of a stranger, and then takes none at all", () => {
    const status = preparing(record, [sled(0), STRANGER]);
    expect(() => learnFromCoordinator(record, status, 20)).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_NOT_A_MEMBER",
        details: { epoch: 1, self: STRANGER },
      }),
    );
    expect(preparedMembers(record)).toEqual([]);
  });
});

describe("deciding the commit", () => {
  test.each([3, 4, 5, 8, 9, 16, 32])("of %i members takes exactly K + Z prepared", (n) => {
    const record = proposed(n);
    const needed = thresholdFor(n) + commitCrashTolerance(n);
    expect(acknowledgementsNeeded(record)).toBe(needed);
    const short = prepared(record, needed - 1);
    expect(readyToCommit(short)).toBe(false);
    expect(() => decideCommit(short, 30)).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS",
        details: { epoch: 1, acknowledged: needed - 1, needed },
      }),
    );
    const enough = prepared(record, needed);
    expect(readyToCommit(enough)).toBe(true);
    expect(decideCommit(enough, 30)).toMatchObject({ state: "committing", timeCommitting: 30 });
  });

  test("again changes nothing; after an abort it is refused", () => {
    const decided = decideCommit(prepared(proposed(5), 5), 30);
    expect(readyToCommit(decided)).toBe(false);
    expect(decideCommit(decided, 31)).toBe(decided);
    const committed = acknowledgeCommit(decided, sleds(5), 40);
    expect(decideCommit(committed, 41)).toBe(committed);
    const aborted = abortConfiguration(prepared(proposed(5), 5), "lost", 30);
    expect(readyToCommit(aborted)).toBe(false);
    expect(() => decideCommit(aborted, 31)).toThrow(
      "cannot commit a configuration that is aborted",
    );
  });
});

describe("acknowledging the commit", () => {
  test("is committed once all have, prepared before or not", () => {
    const decided = decideCommit(prepared(proposed(5), 4), 30);
    const most = acknowledgeCommit(decided, sleds(4), 40);
    expect(most.state).toBe("committing");
    expect(committedMembers(most)).toEqual(sleds(4));
    expect(acknowledgeCommit(most, [sled(0), sled(2)], 41)).toBe(most);
    const all = acknowledgeCommit(most, [sled(4)], 42);
    expect(all).toMatchObject({ state: "committed", timeCommitted: 42 });
    expect(all.members.get(sled(4))).toEqual({
      state: "committed",
      timePrepared: 42,
      timeCommitted: 42,
    });
    expect(all.members.get(sled(0))).toEqual({
      state: "committed",
      timePrepared: 20,
      timeCommitted: 40,
    });
  });

  test("is refused before the commit is decided, and from strangers", () => {
    const record = prepared(proposed(5), 5);
    for (const early of [record, abortConfiguration(record, "lost", 30)]) {
      expect(() => acknowledgeCommit(early, [sled(0)], 40)).toThrow(
        expect.objectContaining({ code: "ERR_TQ_INVALID_TRANSITION" }),
      );
    }
    expect(() => acknowledgeCommit(decideCommit(record, 30), [STRANGER], 40)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_NOT_A_MEMBER" }),
    );
  });
});

describe("superseding", () => {
  test("takes K + Z acknowledged commits", () => {
    expect(() => supersede(committing(proposed(5), 3), 50)).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS",
        details: { epoch: 1, acknowledged: 3, needed: 4 },
      }),
    );
    const superseded = supersede(committing(proposed(5), 4), 50);
    expect(superseded).toMatchObject({ state: "committed_partially", timeCommitted: 50 });
    const late = acknowledgeCommit(superseded, sleds(5), 60);
    expect(late).toMatchObject({ state: "committed_partially", timeCommitted: 50 });
    expect(committedMembers(late)).toEqual(sleds(5));
  });

  test.each(["preparing", "committed"])("is for a committing one, not for one %s", (state) => {
    const record = state === "preparing" ? proposed(5) : committing(proposed(5), 5);
    expect(record.state).toBe(state);
    expect(() => supersede(record, 50)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_INVALID_TRANSITION" }),
    );
  });
});

describe("aborting", () => {
  test("keeps the first reason and time, however often it is done", () => {
    for (const record of [proposed(5), proposed(5, { kind: "upgradeFromLrtq" })]) {
      expect(isPreparing(record)).toBe(true);
      const aborted = abortConfiguration(record, "the coordinator is gone", 25);
      expect(aborted).toMatchObject({
        state: "aborted",
        abortReason: "the coordinator is gone",
        timeAborted: 25,
      });
      expect(abortConfiguration(aborted, "another reason", 26)).toBe(aborted);
    }
  });

  test.each([0, 4, 5])("is refused once the commit is decided (%i have acknowledged)", (n) => {
    const record = committing(proposed(5), n);
    expect(isCommitDecided(record)).toBe(true);
    expect(() => abortConfiguration(record, "too late", 50)).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_INVALID_TRANSITION",
        details: { state: record.state, action: "abort" },
      }),
    );
  });

  test("needs a reason that says something", () => {
    const bad = ["", " \n", "x".repeat(ABORT_REASON_MAX + 1), undefined as unknown as string];
    for (const reason of bad) {
      expect(() => abortConfiguration(proposed(5), reason, 25)).toThrow(
        expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }),
      );
    }
    const longest = "x".repeat(ABORT_REASON_MAX);
    expect(abortConfiguration(proposed(5), longest, 25).abortReason).toBe(longest);
  });
});
