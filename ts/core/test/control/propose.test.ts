/** Which configuration may follow which, and who may coordinate it. */
import { describe, expect, test } from "vitest";
import { eligibleCoordinators, proposeConfiguration } from "../../src/control/propose.ts";
import type { Proposal } from "../../src/control/propose.ts";
import { abortConfiguration } from "../../src/control/record.ts";
import type { ConfigurationRecord } from "../../src/control/record.ts";
import {
  OTHER_RACK,
  STRANGER,
  committing,
  prepared,
  proposal,
  proposed,
  sled,
  sleds,
} from "./racks.ts";

const aborted = (record: ConfigurationRecord): ConfigurationRecord =>
  abortConfiguration(record, "the coordinator is gone", 50);

function refusal(previous: readonly ConfigurationRecord[], request: Proposal): unknown {
  try {
    return proposeConfiguration(previous, request, 60);
  } catch (error) {
    return error;
  }
}

describe("a proposal", () => {
  test("becomes a record with the policy's threshold and tolerance, its members in order", () => {
    const members = [...sleds(9)].reverse();
    const { record, superseded } = proposeConfiguration([], proposal(9, { members }), 7);
    expect(record).toMatchObject({
      epoch: 1,
      lastCommittedEpoch: null,
      state: "preparing",
      threshold: 5,
      commitCrashTolerance: 2,
      coordinator: sled(0),
      config: null,
      abortReason: null,
      timeCreated: 7,
      timeCommitting: null,
      timeCommitted: null,
      timeAborted: null,
    });
    expect([...record.members.keys()]).toEqual(sleds(9));
    expect(superseded).toBe(null);
  });

  test("counts epochs one by one: from 1, or from 2 for a rack that runs LRTQ", () => {
    const one = aborted(proposed());
    const two = committing(proposed(5, {}, [one]), 5);
    const three = aborted(proposed(5, { kind: "reconfigure" }, [two, one]));
    const four = proposed(5, { kind: "reconfigure" }, [one, two, three]);
    expect([one, two, three, four].map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(four.lastCommittedEpoch).toBe(2);

    const upgrade = { kind: "upgradeFromLrtq" } as const;
    const first = aborted(proposed(5, upgrade));
    const second = proposed(5, upgrade, [first]);
    expect([first, second].map(({ epoch }) => epoch)).toEqual([2, 3]);
    expect(second).toMatchObject({ state: "preparing_lrtq_upgrade", lastCommittedEpoch: null });
    const third = proposed(5, { kind: "reconfigure" }, [first, committing(second, 5)]);
    expect(third).toMatchObject({ epoch: 4, state: "preparing", lastCommittedEpoch: 3 });
  });

  test("is refused while another is being prepared: that one must be aborted first", () => {
    for (const parts of [{}, { kind: "upgradeFromLrtq" as const }]) {
      const record = prepared(proposed(5, parts), 5);
      expect(refusal([record], proposal(5, parts))).toMatchObject({
        code: "ERR_TQ_INVALID_TRANSITION",
        details: { state: record.state },
      });
    }
  });

  test("supersedes one that is committing, once K + Z have acknowledged it", () => {
    const next = proposal(6, { kind: "reconfigure" });
    expect(refusal([committing(proposed(), 3)], next)).toMatchObject({
      code: "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS",
      details: { epoch: 1, acknowledged: 3, needed: 4 },
    });
    const enough = committing(proposed(), 4);
    const { record, superseded } = proposeConfiguration([enough], next, 60);
    expect(superseded).toMatchObject({ epoch: 1, state: "committed_partially" });
    expect(record).toMatchObject({ epoch: 2, lastCommittedEpoch: 1 });
    // It stays the last committed one if what follows is given up.
    const again = proposeConfiguration(
      [superseded as ConfigurationRecord, aborted(record)],
      next,
      70,
    );
    expect(again).toMatchObject({ record: { epoch: 3, lastCommittedEpoch: 1 }, superseded: null });
  });

  test("does not touch one that all have acknowledged", () => {
    const { superseded } = proposeConfiguration(
      [committing(proposed(), 5)],
      proposal(4, { kind: "reconfigure" }),
      60,
    );
    expect(superseded).toBe(null);
  });
});

describe("the coordinator", () => {
  test("is in the new group", () => {
    expect(refusal([], proposal(5, { coordinator: sled(5) }))).toMatchObject({
      code: "ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP",
    });
  });

  test("was in the old group and has acknowledged its commit", () => {
    const last = committing(proposed(), 4);
    for (const coordinator of [sled(4), sled(5)]) {
      const request = proposal(6, { kind: "reconfigure", coordinator });
      expect(refusal([last], request)).toMatchObject({
        code: "ERR_TQ_COORDINATOR_NOT_COMMITTED",
        details: { coordinator, epoch: 1 },
      });
    }
    expect(eligibleCoordinators([last], [...sleds(6)].reverse())).toEqual(sleds(4));
    expect(eligibleCoordinators([last], [sled(3), sled(5), sled(4)])).toEqual([sled(3)]);
  });

  test("may be any member while nothing is committed, also after an abort", () => {
    expect(eligibleCoordinators([], sleds(4))).toEqual(sleds(4));
    expect(eligibleCoordinators([aborted(proposed())], sleds(4))).toEqual(sleds(4));
  });

  test("is measured against the last committed configuration, not the last one", () => {
    const one = committing(proposed(5), 5);
    const two = aborted(prepared(proposed(6, { kind: "reconfigure" }, [one]), 6));
    expect(eligibleCoordinators([two, one], sleds(7))).toEqual(sleds(5));
  });
});

describe("what is no proposal", () => {
  test.each([2, 33])("%i members", (n) => {
    expect(refusal([], proposal(n))).toMatchObject({ code: "ERR_TQ_INVALID_MEMBERSHIP_SIZE" });
  });

  test("a sled twice, no sled, no rack, a number for members", () => {
    const cases: [Partial<Record<keyof Proposal, unknown>>, string][] = [
      [{ members: [sled(0), sled(1), sled(2), sled(1)] }, "ERR_TQ_INVALID_ARGUMENT"],
      [{ members: 5 }, "ERR_TQ_INVALID_ARGUMENT"],
      [{ members: null }, "ERR_TQ_INVALID_ARGUMENT"],
      [{ kind: "upgrade" }, "ERR_TQ_INVALID_ARGUMENT"],
      [{ members: ["a", "b", "c"] }, "ERR_TQ_INVALID_BASEBOARD_ID"],
      [{ coordinator: "a" }, "ERR_TQ_INVALID_BASEBOARD_ID"],
      [{ rackId: "rack" }, "ERR_TQ_INVALID_RACK_UUID"],
    ];
    for (const [parts, code] of cases) {
      expect(refusal([], { ...proposal(5), ...parts } as Proposal)).toMatchObject({ code });
    }
  });

  test("records that are not the whole history of one rack", () => {
    const one = committing(proposed(), 5);
    const two = committing(proposed(5, { kind: "reconfigure" }, [one]), 5);
    const three = committing(proposed(5, { kind: "reconfigure" }, [one, two]), 5);
    const next = proposal(5, { kind: "reconfigure" });
    for (const history of [[one, three], [three], [one, one], [one, one, two]]) {
      expect(refusal(history, next)).toMatchObject({ code: "ERR_TQ_INVALID_ARGUMENT" });
    }
    expect(refusal([one], { ...next, rackId: OTHER_RACK })).toMatchObject({
      code: "ERR_TQ_INVALID_ARGUMENT",
    });
    expect(refusal([three, one, two], next)).toMatchObject({ record: { epoch: 4 } });
  });

  test("a kind that does not fit the rack", () => {
    const upgrade = proposed(5, { kind: "upgradeFromLrtq" });
    const upgraded = committing(upgrade, 5);
    const plain = committing(proposed(), 5);
    const cases: [ConfigurationRecord[], Proposal["kind"], string][] = [
      [[], "reconfigure", "ERR_TQ_INVALID_ARGUMENT"],
      [[aborted(proposed())], "reconfigure", "ERR_TQ_INVALID_ARGUMENT"],
      [[aborted(proposed())], "upgradeFromLrtq", "ERR_TQ_INVALID_ARGUMENT"],
      [[plain], "initial", "ERR_TQ_INVALID_ARGUMENT"],
      [[plain], "upgradeFromLrtq", "ERR_TQ_ALREADY_UPGRADED"],
      [[upgraded], "upgradeFromLrtq", "ERR_TQ_ALREADY_UPGRADED"],
      [[upgraded], "initial", "ERR_TQ_INVALID_ARGUMENT"],
      [[aborted(upgrade)], "initial", "ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED"],
      [[aborted(upgrade)], "reconfigure", "ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED"],
    ];
    for (const [previous, kind, code] of cases) {
      expect(refusal(previous, proposal(5, { kind }))).toMatchObject({ code });
    }
  });

  test("leaves the records as they were", () => {
    const last = committing(proposed(), 4);
    refusal([last], proposal(5, { kind: "reconfigure", coordinator: STRANGER }));
    proposeConfiguration([last], proposal(5, { kind: "reconfigure" }), 60);
    expect(last.state).toBe("committing");
  });
});
