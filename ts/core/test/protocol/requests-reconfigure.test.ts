/** Section 5.1: coordinateReconfiguration. */
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { BaseboardId } from "../../src/base/id-types.ts";
import type { ReconfigureRequest } from "../../src/protocol/requests.ts";
import {
  OTHER_RACK,
  RACK,
  Subject,
  drain,
  e,
  lrtqRack,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
} from "./fixtures.ts";

const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });
const SELF = sled(0);

const GOOD: ReconfigureRequest = {
  rackId: RACK,
  epoch: 3,
  lastCommittedEpoch: 1,
  members: sleds(5),
  threshold: 3,
};

/** Breaks every rule from 3 on, whatever the sled's state. */
const ALL_WRONG: ReconfigureRequest = {
  rackId: OTHER_RACK,
  epoch: 0.5,
  lastCommittedEpoch: 77,
  members: [sled(1), sled(2)],
  threshold: 40,
};

/** Epoch 1 committed, epoch 2 prepared, and expunged. */
const expunged = () =>
  new Subject(
    stateWith(SELF, {
      committed: [FIRST],
      prepared: [SECOND],
      expunged: { epoch: e(2), from: sled(3) },
    }),
  );
/** Epoch 1 committed, epoch 2 prepared. */
const prepared = () => new Subject(stateWith(SELF, { committed: [FIRST], prepared: [SECOND] }));
/** Collecting shares of epoch 1 for epoch 3. */
function collecting(): Subject {
  const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
  subject.node.coordinateReconfiguration(GOOD);
  drain(subject.node);
  return subject;
}
function lrtqUpgrading(): Subject {
  const rack = lrtqRack(3);
  const known = make({ epoch: 2, rackId: rack.rackId });
  const subject = new Subject(stateWith(SELF, { lrtq: rack.data(0), prepared: [known] }));
  subject.node.coordinateUpgradeFromLrtq({
    rackId: rack.rackId,
    epoch: 3,
    members: sleds(4),
    threshold: 2,
  });
  drain(subject.node);
  return subject;
}
/** An upgrade that has reached `Prepare`. */
function lrtqPreparing(): Subject {
  const subject = lrtqUpgrading();
  const rack = lrtqRack(3);
  subject.rackId = rack.rackId;
  subject.hear(sled(1), { kind: "lrtqShare", share: rack.data(1).share });
  expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare" });
  return subject;
}
function lrtqOnly(): Subject {
  const rack = lrtqRack(3);
  const known = make({ epoch: 2, rackId: rack.rackId });
  const gone = { epoch: e(2), from: sled(3) };
  return new Subject(stateWith(SELF, { lrtq: rack.data(0), prepared: [known], expunged: gone }));
}

const manyMembers: BaseboardId[] = sleds(33);

const TABLE: readonly (readonly [string, () => Subject, Partial<ReconfigureRequest>, ErrorCode])[] =
  [
    ["1, collecting", lrtqUpgrading, {}, "ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS"],
    ["1, in Prepare", lrtqPreparing, {}, "ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS"],
    ["2", lrtqOnly, {}, "ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED"],
    ["3", expunged, {}, "ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP"],
    ["4, threshold above members", expunged, { members: sleds(2) }, "ERR_TQ_THRESHOLD_MISMATCH"],
    [
      "4, threshold equal to members",
      expunged,
      { members: sleds(2), threshold: 2 },
      "ERR_TQ_THRESHOLD_MISMATCH",
    ],
    [
      "4, too many members",
      expunged,
      { members: manyMembers, threshold: 32 },
      "ERR_TQ_INVALID_MEMBERSHIP_SIZE",
    ],
    [
      "4, too few members",
      expunged,
      { members: sleds(2), threshold: 1 },
      "ERR_TQ_INVALID_MEMBERSHIP_SIZE",
    ],
    [
      "4, threshold of 1",
      expunged,
      { members: sleds(3), threshold: 1 },
      "ERR_TQ_INVALID_THRESHOLD",
    ],
    [
      "4, threshold that is no integer",
      expunged,
      { members: sleds(4), threshold: 2.5 },
      "ERR_TQ_INVALID_THRESHOLD",
    ],
    ["5", expunged, { members: sleds(32), threshold: 31 }, "ERR_TQ_INVALID_RACK_ID"],
    ["6", expunged, { members: sleds(3), threshold: 2, rackId: RACK }, "ERR_TQ_EXPUNGED"],
    [
      "7",
      prepared,
      { members: sleds(3), threshold: 2, rackId: RACK },
      "ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH",
    ],
    [
      "7, none named",
      prepared,
      { members: sleds(3), threshold: 2, rackId: RACK, lastCommittedEpoch: null },
      "ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH",
    ],
    ["8", prepared, { ...GOOD, epoch: 0.5 }, "ERR_TQ_PREPARED_EPOCH_MISMATCH"],
    [
      "8, the prepared one itself",
      prepared,
      { ...GOOD, epoch: 2 },
      "ERR_TQ_PREPARED_EPOCH_MISMATCH",
    ],
    [
      "9, older",
      collecting,
      { ...GOOD, epoch: 2.5, threshold: 2 },
      "ERR_TQ_RECONFIGURATION_IN_PROGRESS",
    ],
    [
      "9, the same epoch with another threshold",
      collecting,
      { ...GOOD, threshold: 2 },
      "ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH",
    ],
    [
      "9, the same epoch with other members",
      collecting,
      { ...GOOD, members: [...sleds(4), sled(9)] },
      "ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH",
    ],
    [
      "9, the same epoch with one member more",
      collecting,
      { ...GOOD, members: sleds(6) },
      "ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH",
    ],
    ["last, a fraction", collecting, { ...GOOD, epoch: 3.5 }, "ERR_TQ_INVALID_EPOCH"],
    ["last, above 2^53-1", collecting, { ...GOOD, epoch: 2 ** 53 }, "ERR_TQ_INVALID_EPOCH"],
    ["last, not a number at all", prepared, { ...GOOD, epoch: NaN }, "ERR_TQ_INVALID_EPOCH"],
    ["last, 0 on a fresh sled", () => new Subject(), fresh({ epoch: 0 }), "ERR_TQ_INVALID_EPOCH"],
  ];

function fresh(parts: Partial<ReconfigureRequest>): ReconfigureRequest {
  return { ...GOOD, epoch: 1, lastCommittedEpoch: null, ...parts };
}

describe("coordinateReconfiguration refuses in the order of section 5.1 and changes nothing", () => {
  // Each request breaks the rule in its title and, as far as that is possible, all later ones.
  it.each(TABLE)("rule %s", (_, subjectOf, parts, code) => {
    const subject = subjectOf();
    subject.callRefused(code, () =>
      subject.node.coordinateReconfiguration({ ...ALL_WRONG, ...parts }),
    );
  });

  it("names the numbers in its errors", () => {
    const details = (subject: Subject, parts: Partial<ReconfigureRequest>): unknown => {
      const call = () => subject.node.coordinateReconfiguration({ ...GOOD, ...parts });
      try {
        call();
      } catch (error) {
        return (error as { details: unknown }).details;
      }
      return undefined;
    };
    expect(details(expunged(), {})).toEqual({ epoch: 2, from: sled(3), lastCommitted: 1 });
    expect(details(prepared(), { rackId: OTHER_RACK })).toEqual({
      expected: RACK,
      got: OTHER_RACK,
    });
    expect(details(prepared(), { lastCommittedEpoch: null })).toEqual({ expected: 1, got: null });
    expect(details(prepared(), { epoch: 2 })).toEqual({ existing: 2, new: 2 });
    expect(details(collecting(), { epoch: 2 })).toEqual({ currentEpoch: 3, msgEpoch: 2 });
    expect(details(lrtqUpgrading(), {})).toEqual({ epoch: 3 });
    expect(details(prepared(), { threshold: 5 })).toEqual({ members: 5, threshold: 5 });
  });

  it.each<[string, ErrorCode, Record<string, unknown>]>([
    ["a rack id that is no uuid", "ERR_TQ_INVALID_RACK_UUID", { rackId: "rack" }],
    ["an epoch that is text", "ERR_TQ_INVALID_ARGUMENT", { epoch: "3" }],
    ["an epoch that is a bigint", "ERR_TQ_INVALID_ARGUMENT", { epoch: 3n }],
    ["a threshold that is text", "ERR_TQ_INVALID_ARGUMENT", { threshold: "3" }],
    [
      "a last committed epoch left out",
      "ERR_TQ_INVALID_ARGUMENT",
      { lastCommittedEpoch: undefined },
    ],
    ["no members", "ERR_TQ_INVALID_ARGUMENT", { members: undefined }],
    ["members that are text", "ERR_TQ_INVALID_ARGUMENT", { members: "a:b" }],
    ["a member named twice", "ERR_TQ_INVALID_ARGUMENT", { members: [...sleds(4), sled(3)] }],
    ["a member that is no id", "ERR_TQ_INVALID_BASEBOARD_ID", { members: [...sleds(4), "x"] }],
    ["a member that is a number", "ERR_TQ_INVALID_BASEBOARD_ID", { members: [...sleds(4), 7] }],
  ])("refuses %s, and its status can still be printed", (_, code, parts) => {
    const subject = prepared();
    const request = { ...GOOD, ...parts };
    subject.callRefused(code, () => subject.node.coordinateReconfiguration(request));
    expect(() => JSON.stringify(subject.node.status())).not.toThrow();
  });
});

describe("coordinateReconfiguration accepted", () => {
  it("on an uninitialized sled persists its own share and the configuration, then prepares", () => {
    const subject = new Subject(null, { peers: [sled(1), sled(7)] });
    subject.node.coordinateReconfiguration(fresh({ epoch: 4 }));
    const drained = drain(subject.node);
    expect(subject.node.status().persistentState).toMatchObject({
      configs: [4],
      shares: [4],
      commits: [],
    });
    expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare", acks: [SELF] });
    expect(subject.state.configs.get(e(4))?.encryptedRackSecrets).toBeNull();
    expect(drained.sent.map(({ to, message }) => [to, message.kind])).toEqual([
      [sled(1), "prepare"],
    ]);
    expect(drained.persists).toHaveLength(1);
  });

  it("elsewhere persists nothing yet and collects the last committed epoch, its own share in hand", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), {
      peers: [sled(1), sled(4), sled(3)],
    });
    const before = subject.state;
    subject.node.coordinateReconfiguration(GOOD);
    const drained = drain(subject.node);
    expect(subject.state).toBe(before);
    expect(subject.node.coordinatorStatus()).toEqual({
      epoch: 3,
      lrtqUpgrade: false,
      operation: "collectShares",
      collected: [SELF],
      threshold: 2,
    });
    // Sled 4 is a member of the new configuration only: it has no share of the old one.
    expect(saidTo(drained, sled(1))).toEqual(["getShare 1"]);
    expect(saidTo(drained, sled(3))).toEqual(["getShare 1"]);
    expect(drained.sent).toHaveLength(2);
  });

  it("collects the last committed epoch, not a later one that is only prepared", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST], prepared: [SECOND] }), {
      peers: [sled(1)],
    });
    subject.node.coordinateReconfiguration(GOOD);
    expect(saidTo(drain(subject.node), sled(1))).toEqual(["getShare 1"]);
  });

  it("is idempotent while collecting: the same request in another order sends nothing", () => {
    const subject = collecting();
    const status = subject.node.coordinatorStatus();
    subject.node.coordinateReconfiguration({ ...GOOD, members: new Set(sleds(5).reverse()) });
    expect(drain(subject.node)).toEqual({ sent: [], events: [], persists: [] });
    expect(subject.node.coordinatorStatus()).toEqual(status);
  });

  it("is not idempotent in Prepare: the configuration is persisted, rule 8 refuses", () => {
    const subject = collecting();
    subject.share(sled(1), FIRST);
    expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare" });
    subject.callRefused("ERR_TQ_PREPARED_EPOCH_MISMATCH", () =>
      subject.node.coordinateReconfiguration(GOOD),
    );
  });

  it("at a newer epoch replaces what is being collected", () => {
    const subject = collecting();
    subject.node.coordinateReconfiguration({ ...GOOD, epoch: 4, threshold: 2 });
    expect(saidTo(drain(subject.node), sled(1))).toEqual(["getShare 1"]);
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 4, collected: [SELF] });
  });

  it("drops a running key share computation", () => {
    const missed = make({ epoch: 2 });
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
    subject.advance(sled(1), missed.config);
    expect(subject.node.status().computingShare).toMatchObject({ epoch: 2 });
    subject.node.coordinateReconfiguration(GOOD);
    expect(subject.node.status().computingShare).toBeNull();
    expect(subject.node.status().coordinating).toMatchObject({ epoch: 3 });
  });

  it("orders members by part number, then serial number, each by UTF-8 bytes", () => {
    // "a:z" < "a-b:a" as parts ("a" is a prefix), but not as printed strings ("-" sorts before ":").
    const odd = ["a:z", "a-b:a", "b:\u{1f600}", "b:\uff5e"] as BaseboardId[];
    const subject = new Subject(null, { self: odd[0] as BaseboardId });
    subject.node.coordinateReconfiguration(fresh({ members: [...odd].reverse(), threshold: 2 }));
    expect(subject.state.configs.get(e(1))?.members).toEqual([
      "a:z",
      "a-b:a",
      "b:\uff5e",
      "b:\u{1f600}",
    ]);
    expect(subject.state.shares.get(e(1))?.x).toBe(1);
  });
});
