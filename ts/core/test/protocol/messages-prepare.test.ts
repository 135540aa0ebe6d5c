/** Sections 6, 6.1, 6.2 and 6.6: what every message must be, Prepare, PrepareAck, CommitAdvance. */
import { describe, expect, it } from "vitest";
import type { PeerMessageBody } from "../../src/protocol/messages.ts";
import {
  OTHER_RACK,
  RACK,
  Subject,
  altered,
  corrupted,
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
import type { Made } from "./fixtures.ts";

const SELF = sled(0);
const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });
const THIRD = make({ epoch: 3 });
const LRTQ = lrtqRack(3);

function prepareOf(made: Made, parts: Partial<PeerMessageBody> = {}): PeerMessageBody {
  const body = { kind: "prepare", config: made.config, share: made.share(SELF), ...parts };
  return body as PeerMessageBody;
}

function everyKind(made: Made): PeerMessageBody[] {
  const { config } = made;
  return [
    prepareOf(made),
    { kind: "prepareAck", epoch: config.epoch },
    { kind: "getShare", epoch: config.epoch },
    { kind: "share", epoch: config.epoch, share: made.share(sled(1)) },
    { kind: "getLrtqShare" },
    { kind: "lrtqShare", share: LRTQ.data(1).share },
    { kind: "expunged", epoch: config.epoch },
    { kind: "commitAdvance", config },
  ];
}

/** Coordinates `epoch` on top of epoch 1: collecting, or in `Prepare`. */
function coordinating(epoch: number, operation: "collectShares" | "prepare"): Subject {
  const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
  subject.node.coordinateReconfiguration({
    rackId: RACK,
    epoch,
    lastCommittedEpoch: 1,
    members: sleds(4),
    threshold: 2,
  });
  drain(subject.node);
  if (operation === "prepare") subject.share(sled(1), FIRST);
  expect(subject.node.coordinatorStatus()).toMatchObject({ epoch, operation });
  return subject;
}

describe("every message", () => {
  it("is dropped by an expunged sled, before anything else is looked at", () => {
    const gone = { epoch: e(1), from: sled(3) };
    for (const body of everyKind(SECOND)) {
      const subject = new Subject(stateWith(SELF, { committed: [FIRST], expunged: gone }));
      subject.refuses("own_sled_expunged", sled(1), body, OTHER_RACK);
    }
  });

  it("is dropped where it is for another rack", () => {
    for (const body of everyKind(SECOND)) {
      const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
      subject.refuses("rack_id_mismatch", sled(1), body, OTHER_RACK);
      const lrtq = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }));
      lrtq.refuses("rack_id_mismatch", sled(1), body, RACK);
    }
  });

  it("is accepted for any rack by a sled that has none", () => {
    const subject = new Subject();
    subject.rackId = OTHER_RACK;
    const made = make({ epoch: 1, rackId: OTHER_RACK });
    expect(saidTo(subject.prepare(made), sled(1))).toEqual(["prepareAck 1"]);
    expect(subject.node.status().rackId).toBe(OTHER_RACK);
  });

  it("[+] holds a configuration of its own rack", () => {
    const other = make({ epoch: 2, rackId: OTHER_RACK });
    for (const state of [null, stateWith(SELF, { committed: [FIRST] })]) {
      const subject = new Subject(state);
      subject.refuses("configuration_rack_id_mismatch", sled(1), prepareOf(other));
      subject.refuses("configuration_rack_id_mismatch", sled(1), {
        kind: "commitAdvance",
        config: other.config,
      });
    }
  });

  it("from a sled that is not connected is handled like any other", () => {
    const subject = new Subject();
    expect(saidTo(subject.prepare(FIRST), sled(1))).toEqual(["prepareAck 1"]);
    expect(subject.node.status().connectedPeers).toEqual([]);
  });

  it("keeps nothing of the message: the host may wipe it", () => {
    const subject = new Subject();
    const share = FIRST.share(SELF);
    subject.hear(sled(1), { kind: "prepare", config: FIRST.config, share });
    share.wipe();
    expect(subject.state.shares.get(e(1))?.bytes).toEqual(FIRST.share(SELF).bytes);
  });
});

describe("Prepare", () => {
  it("is persisted before it is acknowledged to its sender", () => {
    const subject = new Subject();
    subject.node.receive(sled(1), { ...prepareOf(FIRST), rackId: RACK });
    const persist = subject.node.poll();
    expect(persist).toMatchObject({ kind: "persist" });
    expect(subject.node.poll()).toBeUndefined();
    expect(subject.state.configs.get(e(1))).toBe(FIRST.config);
    expect(subject.state.shares.get(e(1))?.bytes).toEqual(FIRST.share(SELF).bytes);
    expect(subject.state.commits.size).toBe(0);
    subject.node.persisted(subject.node.generation);
    expect(saidTo(drain(subject.node), sled(1))).toEqual(["prepareAck 1"]);
  });

  it("is acknowledged again when nothing is new, also once committed, and changes nothing", () => {
    for (const state of [
      stateWith(SELF, { prepared: [FIRST] }),
      stateWith(SELF, { committed: [FIRST] }),
    ]) {
      const subject = new Subject(state);
      const before = subject.state;
      expect(saidTo(subject.prepare(FIRST), sled(1))).toEqual(["prepareAck 1"]);
      expect(subject.state).toBe(before);
    }
  });

  it("adds the share where only the configuration was known", () => {
    const subject = new Subject(stateWith(SELF, { known: [FIRST] }));
    expect(saidTo(subject.prepare(FIRST), sled(1))).toEqual(["prepareAck 1"]);
    expect(subject.state.shares.get(e(1))?.x).toBe(1);
  });

  it("of an epoch older than a later prepared one is still kept and acknowledged", () => {
    const subject = new Subject(stateWith(SELF, { prepared: [SECOND] }));
    expect(saidTo(subject.prepare(FIRST), sled(1))).toEqual(["prepareAck 1"]);
    expect([...subject.state.configs.keys()].sort()).toEqual([1, 2]);
  });

  it("is checked in order: each breaks one rule and all later ones", () => {
    const outsider = make({ epoch: 1, members: sleds(5).slice(1) });
    const shareOfAnother = { share: SECOND.share(SELF) };
    const subject = new Subject(stateWith(SELF, { committed: [SECOND], prepared: [THIRD] }));
    const from = sled(3);
    subject.refuses("stale_prepare", from, prepareOf(FIRST, shareOfAnother));
    subject.refuses("not_a_member", from, {
      kind: "prepare",
      config: altered(outsider.config, { epoch: e(3) }),
      share: FIRST.share(SELF),
    });
    const other = make({ epoch: 3 });
    subject.refuses("prepare_not_from_coordinator", from, prepareOf(other, shareOfAnother));
    subject.refuses("prepare_share_mismatch", sled(1), prepareOf(other, shareOfAnother));
    subject.refuses("mismatched_configurations", sled(1), prepareOf(other));
  });

  it("[+] from another sled than the configuration's coordinator is dropped", () => {
    const subject = new Subject();
    subject.refuses("prepare_not_from_coordinator", sled(2), prepareOf(FIRST));
  });

  it("[+] with the share of another member, or a corrupt one, is dropped and not acknowledged", () => {
    const subject = new Subject();
    for (const share of [FIRST.share(sled(1)), corrupted(FIRST.share(SELF)), SECOND.share(SELF)]) {
      subject.refuses("prepare_share_mismatch", sled(1), prepareOf(FIRST, { share }));
    }
    // Another member's share under a configuration that names its digest for us: x tells.
    const digests = FIRST.config.digests.slice();
    digests.copyWithin(0, 32, 64);
    const swapped = altered(FIRST.config, { digests });
    subject.refuses("prepare_share_mismatch", sled(1), {
      kind: "prepare",
      config: swapped,
      share: FIRST.share(sled(1)),
    });
    expect(subject.node.status().alarms).toEqual([]);
  });

  it("[+] with another configuration for a known epoch is an alarm, no ack, and overwrites nothing", () => {
    for (const state of [
      stateWith(SELF, { known: [FIRST] }),
      stateWith(SELF, { prepared: [FIRST] }),
      stateWith(SELF, { committed: [FIRST] }),
    ]) {
      const subject = new Subject(state);
      const other = make({ epoch: 1 });
      subject.refuses("mismatched_configurations", sled(1), prepareOf(other));
      expect(subject.node.status().alarms).toEqual([
        {
          kind: "mismatchedConfigurations",
          config1: FIRST.config,
          config2: other.config,
          from: sled(1),
        },
      ]);
    }
  });

  it("stops coordinating an older epoch or [+] the same, but not a later one", () => {
    for (const operation of ["collectShares", "prepare"] as const) {
      const older = coordinating(2, operation);
      older.prepare(THIRD);
      expect(older.node.coordinatorStatus()).toBeNull();
      const later = coordinating(4, operation);
      expect(saidTo(later.prepare(THIRD), sled(1))).toEqual(["prepareAck 3"]);
      expect(later.node.coordinatorStatus()).toMatchObject({ epoch: 4, operation });
    }
    const same = coordinating(3, "collectShares");
    expect(saidTo(same.prepare(THIRD), sled(1))).toEqual(["prepareAck 3"]);
    expect(same.node.coordinatorStatus()).toBeNull();
    // The shares it was waiting for lead to nothing: the persisted configuration stays.
    same.share(sled(1), FIRST);
    expect(same.state.configs.get(e(3))).toBe(THIRD.config);
    // In Prepare its own configuration is the known one, so another is a mismatch.
    const preparing = coordinating(3, "prepare");
    preparing.refuses("mismatched_configurations", sled(1), prepareOf(THIRD));
    expect(preparing.node.coordinatorStatus()).toMatchObject({ epoch: 3 });
  });

  it("leaves a running key share computer alone, also for the same or an older epoch", () => {
    for (const made of [SECOND, THIRD]) {
      const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
      subject.advance(sled(1), SECOND.config);
      subject.prepare(made);
      expect(subject.node.status().computingShare).toMatchObject({ epoch: 2 });
    }
  });
});

describe("PrepareAck", () => {
  const ack = (epoch: number): PeerMessageBody => ({ kind: "prepareAck", epoch: e(epoch) });

  it("counts once, from a member, for the epoch in Prepare", () => {
    const subject = coordinating(3, "prepare");
    expect(subject.hear(sled(2), ack(3))).toEqual({ sent: [], events: [], persists: [] });
    expect(subject.node.coordinatorStatus()).toMatchObject({ acks: [SELF, sled(2)] });
    subject.refuses("duplicate_prepare_ack", sled(2), ack(3));
    subject.refuses("duplicate_prepare_ack", SELF, ack(3));
    subject.refuses("unexpected_prepare_ack", sled(1), ack(2));
    subject.refuses("unexpected_prepare_ack", sled(1), ack(4));
    subject.refuses("unexpected_prepare_ack", sled(7), ack(3));
    expect(subject.node.coordinatorStatus()).toMatchObject({ acks: [SELF, sled(2)] });
  });

  it("does not count while collecting, nor where nothing is coordinated", () => {
    coordinating(3, "collectShares").refuses("unexpected_prepare_ack", sled(1), ack(3));
    new Subject().refuses("unexpected_prepare_ack", sled(1), ack(3));
  });
});

describe("CommitAdvance", () => {
  const advance = (made: Made): PeerMessageBody => ({
    kind: "commitAdvance",
    config: made.config,
  });

  it("is dropped by a sled that is not a member, and where that epoch or a later one is committed", () => {
    const subject = new Subject(stateWith(SELF, { committed: [SECOND] }));
    // Not a member: also where it is older than the latest commit.
    subject.refuses(
      "not_a_member",
      sled(1),
      advance(make({ epoch: 1, members: sleds(5).slice(1) })),
    );
    subject.refuses("already_committed", sled(1), advance(FIRST));
    subject.refuses("already_committed", sled(1), advance(SECOND));
    // Even with other content: what is committed is not compared.
    subject.refuses("already_committed", sled(1), advance(make({ epoch: 2 })));
    expect(subject.node.status().alarms).toEqual([]);
  });

  it("records the commit of what was prepared, from any sled", () => {
    const subject = new Subject(stateWith(SELF, { prepared: [FIRST] }));
    const drained = subject.advance(sled(9), FIRST.config);
    expect(drained.events).toEqual([{ kind: "committed", epoch: 1 }]);
    expect(drained.sent).toEqual([]);
    expect([...subject.state.commits]).toEqual([1]);
  });

  it("[+] of another configuration for a known epoch is an alarm and nothing else, prepared or not", () => {
    for (const state of [
      stateWith(SELF, { known: [FIRST] }),
      stateWith(SELF, { prepared: [FIRST] }),
    ]) {
      const subject = new Subject(state, { peers: [sled(1)] });
      const other = { ...FIRST, config: withOtherDigest(FIRST.config, sled(3)) };
      subject.refuses("mismatched_configurations", sled(1), advance(other));
      expect(subject.node.status().alarms).toHaveLength(1);
      expect(subject.node.status().computingShare).toBeNull();
    }
  });

  it("persists what was unknown, then asks every connected member of that configuration", () => {
    const subject = new Subject(null, { peers: [sled(1), sled(2), sled(7)] });
    subject.node.receive(sled(7), { ...advance(FIRST), rackId: RACK });
    expect(subject.node.poll()).toMatchObject({ kind: "persist" });
    expect(subject.node.poll()).toBeUndefined();
    subject.node.persisted(subject.node.generation);
    const drained = drain(subject.node);
    expect(drained.sent.map(({ to }) => to)).toEqual([sled(1), sled(2)]);
    expect(saidTo(drained, sled(1))).toEqual(["getShare 1"]);
    expect(subject.node.status().computingShare).toEqual({
      epoch: 1,
      threshold: 2,
      collected: [],
    });
    expect(subject.state.commits.size).toBe(0);
  });

  it("starts computing also where the configuration is known without a share", () => {
    const subject = new Subject(stateWith(SELF, { known: [FIRST] }), { peers: [sled(1)] });
    const before = subject.state;
    expect(saidTo(subject.advance(sled(1), FIRST.config), sled(1))).toEqual(["getShare 1"]);
    expect(subject.state).toBe(before);
  });

  describe("while coordinating", () => {
    it.each(["collectShares", "prepare"] as const)(
      "an older or the same epoch stops that, and computes its own share (%s)",
      (operation) => {
        const older = coordinating(2, operation);
        older.advance(sled(1), THIRD.config);
        expect(older.node.status()).toMatchObject({
          coordinating: null,
          computingShare: { epoch: 3 },
        });
        if (operation === "prepare") return;
        const same = coordinating(3, operation);
        same.advance(sled(1), THIRD.config);
        expect(same.node.status()).toMatchObject({
          coordinating: null,
          computingShare: { epoch: 3 },
        });
      },
    );

    it("the very configuration in Prepare is committed, and coordinating ends", () => {
      const subject = coordinating(3, "prepare");
      const config = subject.state.configs.get(e(3));
      if (config === undefined) throw new Error("nothing is persisted");
      subject.advance(sled(1), config);
      expect(subject.node.status()).toMatchObject({ coordinating: null, computingShare: null });
      expect(subject.state.commits.has(e(3))).toBe(true);
    });

    it("a later epoch goes on; the advance is kept, but no share is computed", () => {
      const subject = coordinating(3, "collectShares");
      const drained = subject.advance(sled(1), SECOND.config);
      expect(subject.node.status()).toMatchObject({
        coordinating: { epoch: 3 },
        computingShare: null,
      });
      expect(subject.state.configs.has(e(2))).toBe(true);
      expect(drained.sent).toEqual([]);
      expect(subject.count("coordinating_later_epoch")).toBe(1);
    });

    it("[+] a later epoch stops where a commit was just recorded", () => {
      const subject = coordinating(3, "collectShares");
      subject.prepare(SECOND);
      expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 3 });
      subject.advance(sled(1), SECOND.config);
      expect(subject.node.status()).toMatchObject({ coordinating: null, computingShare: null });
      expect(subject.state.commits.has(e(2))).toBe(true);
    });
  });

  describe("while computing a key share", () => {
    const computing = (made: Made) => {
      const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), {
        peers: [sled(1), sled(2)],
      });
      subject.advance(sled(1), made.config);
      subject.share(sled(1), made);
      expect(subject.node.status().computingShare).toMatchObject({ collected: [sled(1)] });
      return subject;
    };

    it("of a later epoch leaves that alone", () => {
      const subject = computing(THIRD);
      const drained = subject.advance(sled(1), SECOND.config);
      expect(drained.sent).toEqual([]);
      expect(subject.count("computing_share_already")).toBe(1);
      expect(subject.node.status().computingShare).toMatchObject({
        epoch: 3,
        collected: [sled(1)],
      });
      expect(subject.state.configs.has(e(2))).toBe(true);
    });

    it("of a later epoch leaves that alone also where the commit was just recorded", () => {
      const subject = computing(THIRD);
      subject.prepare(SECOND);
      subject.advance(sled(1), SECOND.config);
      expect([...subject.state.commits]).toEqual([1, 2]);
      expect(subject.node.status().computingShare).toMatchObject({
        epoch: 3,
        collected: [sled(1)],
      });
    });

    it("of this epoch leaves that alone, or drops it where the commit was just recorded", () => {
      const subject = computing(SECOND);
      expect(subject.advance(sled(2), SECOND.config).sent).toEqual([]);
      expect(subject.node.status().computingShare).toMatchObject({ collected: [sled(1)] });
      subject.prepare(SECOND);
      subject.advance(sled(2), SECOND.config);
      expect(subject.node.status().computingShare).toBeNull();
      expect([...subject.state.commits]).toEqual([1, 2]);
    });

    it("of an older epoch drops it and starts this one, unless this one is committed at once", () => {
      const subject = computing(SECOND);
      expect(saidTo(subject.advance(sled(1), THIRD.config), sled(2))).toEqual(["getShare 3"]);
      expect(subject.node.status().computingShare).toMatchObject({ epoch: 3, collected: [] });
      const prepared = computing(SECOND);
      prepared.prepare(THIRD);
      prepared.advance(sled(1), THIRD.config);
      expect(prepared.node.status().computingShare).toBeNull();
      expect([...prepared.state.commits]).toEqual([1, 3]);
    });
  });
});
