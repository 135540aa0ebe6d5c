/** Sections 5.2, 5.3 and 5.4: upgrade, commit, prepareAndCommit. */
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { RackId } from "../../src/base/id-types.ts";
import type { ConfigurationParts } from "../../src/protocol/configuration.ts";
import type { UpgradeRequest } from "../../src/protocol/requests.ts";
import {
  OTHER_RACK,
  RACK,
  Subject,
  altered,
  drain,
  e,
  lrtqRack,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
  withOtherDigest,
} from "./fixtures.ts";

const SELF = sled(0);
const LRTQ = lrtqRack(5);
const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });
const THIRD = make({ epoch: 3 });

describe("coordinateUpgradeFromLrtq", () => {
  const good: UpgradeRequest = {
    rackId: LRTQ.rackId,
    epoch: 4,
    members: sleds(5),
    threshold: 3,
  };
  const allWrong: UpgradeRequest = {
    rackId: OTHER_RACK,
    epoch: 1.5,
    members: [sled(1), sled(2)],
    threshold: 40,
  };
  const gone = { epoch: e(1), from: sled(3) };
  const notLrtq = () => new Subject(stateWith(SELF, { committed: [FIRST] }));
  const expunged = () => new Subject(stateWith(SELF, { committed: [FIRST], expunged: gone }));
  const third = make({ epoch: 3, rackId: LRTQ.rackId });
  const upgraded = () => new Subject(stateWith(SELF, { lrtq: LRTQ.data(0), committed: [third] }));
  const prepared = () => new Subject(stateWith(SELF, { lrtq: LRTQ.data(0), prepared: [third] }));
  function collecting(): Subject {
    const subject = prepared();
    subject.node.coordinateUpgradeFromLrtq(good);
    drain(subject.node);
    return subject;
  }
  const group = { rackId: LRTQ.rackId, members: sleds(5), threshold: 3 };

  it.each<[string, () => Subject, Partial<UpgradeRequest>, ErrorCode]>([
    ["expunged", expunged, {}, "ERR_TQ_EXPUNGED"],
    ["another rack", notLrtq, {}, "ERR_TQ_INVALID_RACK_ID"],
    ["no LRTQ data", notLrtq, { rackId: RACK }, "ERR_TQ_NO_LRTQ_SHARE"],
    ["upgraded", upgraded, { rackId: LRTQ.rackId }, "ERR_TQ_ALREADY_UPGRADED"],
    [
      "not a member",
      prepared,
      { rackId: LRTQ.rackId },
      "ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP",
    ],
    ["threshold", prepared, { ...group, threshold: 40 }, "ERR_TQ_THRESHOLD_MISMATCH"],
    [
      "members",
      prepared,
      { ...group, members: sleds(33), threshold: 32 },
      "ERR_TQ_INVALID_MEMBERSHIP_SIZE",
    ],
    ["threshold of 1", prepared, { ...group, threshold: 1 }, "ERR_TQ_INVALID_THRESHOLD"],
    ["epoch below 2", prepared, group, "ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2"],
    ["a known epoch", prepared, { ...group, epoch: 2.5 }, "ERR_TQ_PREPARED_EPOCH_MISMATCH"],
    [
      "[+] the epoch being collected for",
      collecting,
      { ...group, epoch: 4 },
      "ERR_TQ_PREPARED_EPOCH_MISMATCH",
    ],
    [
      "[+] an epoch below the one being collected for",
      collecting,
      { ...group, epoch: 3.5 },
      "ERR_TQ_PREPARED_EPOCH_MISMATCH",
    ],
    ["no epoch", collecting, { ...group, epoch: 4.5 }, "ERR_TQ_INVALID_EPOCH"],
  ])("refuses in the order of section 5.2 and changes nothing: %s", (_, subjectOf, parts, code) => {
    const subject = subjectOf();
    subject.callRefused(code, () =>
      subject.node.coordinateUpgradeFromLrtq({ ...allWrong, ...parts }),
    );
  });

  it("says epoch and sender, and no more, to an expunged sled", () => {
    const subject = expunged();
    const error = subject.callRefused("ERR_TQ_EXPUNGED", () =>
      subject.node.coordinateUpgradeFromLrtq(good),
    );
    expect(error.details).toEqual(gone);
  });

  it("collects LRTQ shares of connected members of the new group, its own in hand", () => {
    const subject = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }), {
      peers: [sled(1), sled(2), sled(9)],
    });
    const before = subject.state;
    subject.node.coordinateUpgradeFromLrtq({ ...good, epoch: 2 });
    const drained = drain(subject.node);
    expect(saidTo(drained, sled(1))).toEqual(["getLrtqShare"]);
    expect(saidTo(drained, sled(2))).toEqual(["getLrtqShare"]);
    expect(drained.sent).toHaveLength(2);
    expect(subject.state).toBe(before);
    expect(subject.node.coordinatorStatus()).toEqual({
      epoch: 2,
      lrtqUpgrade: true,
      operation: "collectLrtqShares",
      collected: [SELF],
      threshold: LRTQ.threshold,
    });
  });

  it("at a higher epoch pre-empts an upgrade, whether collecting or in Prepare", () => {
    const subject = collecting();
    subject.rackId = LRTQ.rackId;
    subject.node.coordinateUpgradeFromLrtq({ ...good, epoch: 5 });
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 5, collected: [SELF] });
    for (const i of [1, 2]) {
      subject.hear(sled(i), { kind: "lrtqShare", share: LRTQ.data(i).share });
    }
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 5, operation: "prepare" });
    subject.callRefused("ERR_TQ_PREPARED_EPOCH_MISMATCH", () =>
      subject.node.coordinateUpgradeFromLrtq({ ...good, epoch: 5 }),
    );
    subject.node.coordinateUpgradeFromLrtq({ ...good, epoch: 6 });
    expect(subject.node.coordinatorStatus()).toMatchObject({
      epoch: 6,
      operation: "collectLrtqShares",
    });
  });

  it("drops a running key share computation", () => {
    const subject = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }));
    subject.rackId = LRTQ.rackId;
    subject.advance(sled(1), third.config);
    expect(subject.node.status().computingShare).toMatchObject({ epoch: 3 });
    subject.node.coordinateUpgradeFromLrtq(good);
    expect(subject.node.status().computingShare).toBeNull();
    expect(subject.node.status().coordinating).toMatchObject({ epoch: 4 });
  });
});

describe("commit", () => {
  const gone = { epoch: e(2), from: sled(3) };
  const known = { committed: [FIRST], known: [SECOND] };

  it.each<[string, () => Subject, RackId, number, ErrorCode]>([
    [
      "expunged",
      () => new Subject(stateWith(SELF, { ...known, expunged: gone })),
      OTHER_RACK,
      9,
      "ERR_TQ_EXPUNGED",
    ],
    [
      "another rack",
      () => new Subject(stateWith(SELF, known)),
      OTHER_RACK,
      9,
      "ERR_TQ_INVALID_RACK_ID",
    ],
    [
      "another rack, though that epoch is committed",
      () => new Subject(stateWith(SELF, known)),
      OTHER_RACK,
      1,
      "ERR_TQ_INVALID_RACK_ID",
    ],
    ["nothing known", () => new Subject(stateWith(SELF, known)), RACK, 9, "ERR_TQ_NOT_PREPARED"],
    [
      "a configuration without a share",
      () => new Subject(stateWith(SELF, known)),
      RACK,
      2,
      "ERR_TQ_NOT_PREPARED",
    ],
    ["no number", () => new Subject(stateWith(SELF, known)), RACK, NaN, "ERR_TQ_NOT_PREPARED"],
    ["a fresh sled", () => new Subject(), RACK, 1, "ERR_TQ_NOT_PREPARED"],
  ])("refuses in the order of section 5.3 and changes nothing: %s", (_, of, rackId, at, code) => {
    const subject = of();
    subject.callRefused(code, () => subject.node.commit({ rackId, epoch: at }));
  });

  it("is a success without effect where that epoch or a later one is committed", () => {
    const subject = new Subject(stateWith(SELF, { committed: [THIRD], prepared: [SECOND] }));
    const before = subject.state;
    for (const at of [1, 2, 3]) subject.node.commit({ rackId: RACK, epoch: at });
    expect(subject.state).toBe(before);
    expect(drain(subject.node)).toEqual({ sent: [], events: [], persists: [] });
  });

  it("records the commit and says so once it is saved", () => {
    const subject = new Subject(stateWith(SELF, { prepared: [FIRST] }));
    subject.node.commit({ rackId: RACK, epoch: 1 });
    expect(subject.node.poll()).toMatchObject({ kind: "persist", generation: 2 });
    expect(subject.node.poll()).toBeUndefined();
    subject.node.persisted(2);
    expect(subject.node.poll()).toEqual({
      kind: "event",
      event: { kind: "committed", epoch: 1 },
    });
    expect([...subject.state.commits]).toEqual([1]);
  });

  it.each([2, 3])("[+] stops coordinating epoch 3, committing epoch %i", (at) => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
    subject.prepare(SECOND);
    subject.node.coordinateReconfiguration({
      rackId: RACK,
      epoch: 3,
      lastCommittedEpoch: 1,
      members: sleds(4),
      threshold: 2,
    });
    subject.share(sled(1), FIRST);
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 3, operation: "prepare" });
    subject.node.commit({ rackId: RACK, epoch: at });
    expect(subject.node.coordinatorStatus()).toBeNull();
    expect(subject.state.commits.has(e(at))).toBe(true);
  });

  it("leaves a key share computer alone, also for the same or an older epoch", () => {
    const computing = () => {
      const subject = new Subject(null, { peers: [sled(1)] });
      subject.advance(sled(1), SECOND.config);
      subject.prepare(SECOND);
      subject.prepare(THIRD);
      return subject;
    };
    for (const at of [2, 3]) {
      const subject = computing();
      subject.node.commit({ rackId: RACK, epoch: at });
      expect(subject.node.status().computingShare).toMatchObject({ epoch: 2 });
      expect([...subject.state.commits]).toEqual([at]);
    }
  });

  it.each<[string, ErrorCode, Record<string, unknown>]>([
    ["a rack id that is no uuid", "ERR_TQ_INVALID_RACK_UUID", { rackId: "rack" }],
    ["an epoch that is text", "ERR_TQ_INVALID_ARGUMENT", { epoch: "1" }],
  ])("refuses %s", (_, code, parts) => {
    const subject = new Subject(stateWith(SELF, { prepared: [FIRST] }));
    const request = { rackId: RACK, epoch: 1, ...parts };
    subject.callRefused(code, () => subject.node.commit(request));
  });
});

describe("prepareAndCommit", () => {
  const gone = { epoch: e(1), from: sled(3) };
  const foreign = make({ epoch: 2, members: sleds(5).slice(1), rackId: OTHER_RACK });

  it("refuses in the order of section 5.4 and changes nothing", () => {
    const out = new Subject(stateWith(SELF, { committed: [FIRST], expunged: gone }));
    out.callRefused("ERR_TQ_EXPUNGED", () => out.node.prepareAndCommit(foreign.config));
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.callRefused("ERR_TQ_INVALID_RACK_ID", () =>
      subject.node.prepareAndCommit(foreign.config),
    );
    const elsewhere = altered(foreign.config, { rackId: RACK });
    subject.callRefused("ERR_TQ_NOT_A_MEMBER", () => subject.node.prepareAndCommit(elsewhere));
  });

  it("[+] tells the caller of a configuration of which this sled is no member", () => {
    const subject = new Subject(stateWith(SELF, { committed: [SECOND] }));
    const old = make({ epoch: 1, members: sleds(5).slice(1) });
    const error = subject.callRefused("ERR_TQ_NOT_A_MEMBER", () =>
      subject.node.prepareAndCommit(old.config),
    );
    expect(error.details).toEqual({ epoch: 1, self: SELF });
  });

  it.each<[string, Partial<ConfigurationParts>]>([
    ["members out of order", { members: [sled(1), sled(0), sled(2), sled(3)] }],
    ["a member twice", { members: [sled(0), sled(1), sled(1), sled(3)] }],
    ["two members", { members: sleds(2), digests: new Uint8Array(64) }],
    ["33 members", { members: sleds(33), digests: new Uint8Array(33 * 32) }],
    ["a coordinator that is no member", { coordinator: sled(9) }],
    ["a threshold of 1", { threshold: 1 }],
    ["a threshold of all members", { threshold: 4 }],
    ["a threshold of 2.5", { threshold: 2.5 }],
    ["a digest missing", { digests: new Uint8Array(3 * 32) }],
    [
      "a short salt",
      { encryptedRackSecrets: { salt: new Uint8Array(31), data: new Uint8Array() } },
    ],
    ["epoch 0", { epoch: 0 as never }],
    ["epoch 2^53", { epoch: (2 ** 53) as never }],
  ])("[+] tells the caller of a configuration with %s", (_, parts) => {
    const subject = new Subject();
    subject.callRefused("ERR_TQ_INVALID_CONFIGURATION", () =>
      subject.node.prepareAndCommit({ ...FIRST.config, ...parts }),
    );
  });

  it("[+] tells the caller of a mismatch, raises the alarm as from Nexus, and changes nothing else", () => {
    const subject = new Subject(stateWith(SELF, { prepared: [FIRST] }));
    const before = subject.state;
    const other = withOtherDigest(FIRST.config, sled(2));
    expect(() => subject.node.prepareAndCommit(other)).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_MISMATCHED_CONFIGURATIONS",
        details: { epoch: 1 },
      }),
    );
    expect(subject.state).toBe(before);
    expect(subject.node.status().alarms).toEqual([
      { kind: "mismatchedConfigurations", config1: FIRST.config, config2: other, from: "Nexus" },
    ]);
    expect(drain(subject.node).events.map((event) => event.kind)).toEqual(["alarm", "refused"]);
  });

  it("commits at once what was prepared, and says so", () => {
    const subject = new Subject(stateWith(SELF, { prepared: [FIRST] }));
    expect(subject.node.prepareAndCommit(FIRST.config)).toBe("committed");
    expect([...subject.state.commits]).toEqual([1]);
    expect(subject.node.prepareAndCommit(FIRST.config)).toBe("committed");
  });

  it("accepts a plain object, keeps the configuration and computes the share", () => {
    const subject = new Subject(null, { peers: sleds(6).slice(1) });
    expect(subject.node.prepareAndCommit({ ...FIRST.config })).toBe("pending");
    const drained = drain(subject.node);
    expect(drained.sent.map(({ to }) => to)).toEqual([sled(1), sled(2), sled(3)]);
    subject.share(sled(1), FIRST);
    expect(subject.share(sled(3), FIRST).events).toEqual([{ kind: "committed", epoch: 1 }]);
    expect(subject.state.shares.get(e(1))?.bytes).toEqual(FIRST.share(SELF).bytes);
    expect(subject.node.prepareAndCommit(FIRST.config)).toBe("committed");
  });

  it("is a success without effect where a later epoch is committed", () => {
    const subject = new Subject(stateWith(SELF, { committed: [SECOND] }));
    const before = subject.state;
    expect(subject.node.prepareAndCommit(FIRST.config)).toBe("committed");
    expect(subject.state).toBe(before);
  });
});
