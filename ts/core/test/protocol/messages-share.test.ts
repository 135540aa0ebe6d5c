/** Sections 6.3, 6.4, 6.5, 6.7 and 7: shares asked for, given and used; expunged. */
import { describe, expect, it } from "vitest";
import type { BaseboardId } from "../../src/base/id-types.ts";
import { SHARE_BYTES } from "../../src/base/share.ts";
import type { PeerMessageBody } from "../../src/protocol/messages.ts";
import type { LrtqShareData } from "../../src/protocol/persistent-state.ts";
import {
  RACK,
  Subject,
  altered,
  corrupted,
  crypto,
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
import type { Drained, Made } from "./fixtures.ts";

const SELF = sled(0);
const OUTSIDER = sled(9);
const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });
const THIRD = make({ epoch: 3 });
const LRTQ = lrtqRack(5);
const ask = (epoch: number): PeerMessageBody => ({ kind: "getShare", epoch: e(epoch) });

function shareOf(made: Made, member: BaseboardId): PeerMessageBody {
  return { kind: "share", epoch: made.config.epoch, share: made.share(member) };
}

describe("GetShare", () => {
  it("1. below the latest commit is answered with that commit, or with Expunged for an outsider", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST, SECOND], prepared: [THIRD] }));
    const [member] = subject.hear(sled(1), ask(1)).sent;
    expect(member?.message).toMatchObject({ kind: "commitAdvance", config: SECOND.config });
    expect(saidTo(subject.hear(OUTSIDER, ask(1)), OUTSIDER)).toEqual(["expunged 2"]);
  });

  it("2. of a known configuration is answered with Expunged to an outsider, share or not", () => {
    for (const state of [
      stateWith(SELF, { committed: [FIRST] }),
      stateWith(SELF, { prepared: [FIRST] }),
      stateWith(SELF, { known: [FIRST] }),
    ]) {
      const subject = new Subject(state);
      expect(saidTo(subject.hear(OUTSIDER, ask(1)), OUTSIDER)).toEqual(["expunged 1"]);
    }
  });

  it("3. is answered with our share, also where we have not learnt of the commit", () => {
    for (const state of [
      stateWith(SELF, { committed: [FIRST] }),
      stateWith(SELF, { prepared: [FIRST] }),
      stateWith(SELF, { committed: [FIRST], prepared: [SECOND] }),
    ]) {
      const subject = new Subject(state);
      const [answer] = subject.hear(sled(1), ask(1)).sent;
      if (answer?.message.kind !== "share") throw new Error("no share was sent");
      expect(answer.message.epoch).toBe(1);
      expect(answer.message.share.bytes).toEqual(FIRST.share(SELF).bytes);
      // What is sent is a copy: whoever has it may wipe it.
      answer.message.share.wipe();
      expect(subject.state.shares.get(e(1))?.bytes).toEqual(FIRST.share(SELF).bytes);
    }
  });

  it("is not answered, and counted, without the configuration or the share", () => {
    new Subject().refuses("no_share_for_epoch", sled(1), ask(1));
    new Subject(stateWith(SELF, { known: [FIRST] })).refuses("no_share_for_epoch", sled(1), ask(1));
    const later = new Subject(stateWith(SELF, { committed: [FIRST] }));
    later.refuses("no_share_for_epoch", sled(1), ask(2));
    later.refuses("no_share_for_epoch", OUTSIDER, ask(2));
  });
});

describe("Share", () => {
  const computing = () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.advance(sled(1), SECOND.config);
    return subject;
  };
  const coordinating = () => {
    const subject = new Subject(stateWith(SELF, { committed: [SECOND] }));
    subject.node.coordinateReconfiguration({
      rackId: RACK,
      epoch: 3,
      lastCommittedEpoch: 2,
      members: sleds(4),
      threshold: 2,
    });
    return subject;
  };
  const loading = () => {
    const subject = new Subject(stateWith(SELF, { committed: [SECOND] }));
    subject.node.loadRackSecret(2);
    return subject;
  };

  it.each([
    ["coordinator", coordinating],
    ["key share computer", computing],
    ["loader", loading],
  ])("offered to the %s is valid only for its epoch, from a member, with its digest", (_, of) => {
    const subject = of();
    subject.refuses("unexpected_share", sled(1), shareOf(THIRD, sled(1)));
    subject.refuses("unexpected_share", sled(1), shareOf(FIRST, sled(1)));
    subject.refuses("share_from_non_member", OUTSIDER, shareOf(SECOND, sled(1)));
    subject.refuses("share_digest_mismatch", sled(1), shareOf(SECOND, sled(2)));
    const { kind, epoch } = { kind: "share" as const, epoch: e(2) };
    subject.refuses("share_digest_mismatch", sled(1), {
      kind,
      epoch,
      share: corrupted(SECOND.share(sled(1))),
    });
    // Still nothing was collected from that sled, so its valid share counts.
    subject.share(sled(1), SECOND);
    expect(subject.count("duplicate_share")).toBe(0);
    expect(subject.node.status().alarms).toEqual([]);
  });

  it("that nobody collects is counted", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.refuses("unexpected_share", sled(1), shareOf(FIRST, sled(1)));
  });

  it("sent twice changes nothing", () => {
    const wide = make({ epoch: 2, threshold: 3 });
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.advance(sled(1), wide.config);
    subject.share(sled(1), wide);
    subject.refuses("duplicate_share", sled(1), shareOf(wide, sled(1)));
    // Also where its digest is wrong: the first one stays.
    const other = { kind: "share" as const, epoch: e(2), share: FIRST.share(sled(1)) };
    subject.refuses("duplicate_share", sled(1), other);
    expect(subject.node.status().computingShare?.collected).toEqual([sled(1)]);
  });

  it("goes to the coordinator if one is active, and always to the loader", () => {
    const wide = make({ epoch: 2, threshold: 3 });
    const subject = new Subject(stateWith(SELF, { committed: [wide] }));
    subject.node.loadRackSecret(2);
    subject.node.coordinateReconfiguration({
      rackId: RACK,
      epoch: 3,
      lastCommittedEpoch: 2,
      members: sleds(4),
      threshold: 2,
    });
    subject.share(sled(1), wide);
    const both = { collected: [SELF, sled(1)] };
    expect(subject.node.status()).toMatchObject({
      coordinating: both,
      rackSecrets: { collecting: both },
    });
    // What one of the two takes is no refusal, even if the other has it already.
    subject.node.clearSecrets();
    subject.node.loadRackSecret(2);
    drain(subject.node);
    expect(subject.share(sled(1), wide).events).toEqual([]);
    subject.refuses("duplicate_share", sled(1), shareOf(wide, sled(1)));
  });

  describe("for the key share computer", () => {
    it("at K persists share and commit in one change", () => {
      const subject = computing();
      subject.share(sled(3), SECOND);
      const before = subject.node.generation;
      const drained = subject.share(sled(2), SECOND);
      expect(drained.persists).toHaveLength(1);
      expect(drained.events).toEqual([{ kind: "committed", epoch: 2 }]);
      expect(subject.node.generation).toBe(before + 1);
      expect(subject.state.shares.get(e(2))?.bytes).toEqual(SECOND.share(SELF).bytes);
      expect([...subject.state.commits]).toEqual([1, 2]);
      expect(subject.node.status().computingShare).toBeNull();
    });

    it("[+] a computed share with another digest than ours is an alarm, and is not kept", () => {
      const wrong = { ...SECOND, config: withOtherDigest(SECOND.config, SELF) };
      const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
      subject.advance(sled(1), wrong.config);
      subject.share(sled(1), SECOND);
      const before = subject.state;
      const drained = subject.share(sled(2), SECOND);
      const alarm = {
        kind: "shareComputationFailed",
        epoch: 2,
        code: "ERR_TQ_SHARE_DIGEST_MISMATCH",
      };
      expect(drained.events).toEqual([{ kind: "alarm", alarm }]);
      expect(subject.state).toBe(before);
      // Dropped: a further advance starts afresh.
      expect(subject.node.status().computingShare).toBeNull();
      subject.advance(sled(1), wrong.config);
      expect(subject.node.status().computingShare).toMatchObject({ epoch: 2, collected: [] });
    });

    it("completes also if a newer epoch was committed or the share arrived by Prepare meanwhile", () => {
      const subject = computing();
      subject.prepare(SECOND);
      subject.prepare(THIRD);
      subject.node.commit({ rackId: RACK, epoch: 3 });
      const share = subject.state.shares.get(e(2));
      subject.share(sled(1), SECOND);
      const drained = subject.share(sled(2), SECOND);
      expect([...subject.state.commits].sort()).toEqual([1, 2, 3]);
      // The share that is there already is kept, not written again.
      expect(subject.state.shares.get(e(2))).toBe(share);
      expect(drained.events).toEqual([{ kind: "committed", epoch: 2 }]);
    });

    it("is not restarted after a process restart, until it is told again", () => {
      const before = computing();
      const subject = new Subject(before.state);
      expect(subject.node.status().computingShare).toBeNull();
      subject.node.connect(sled(1));
      expect(drain(subject.node).sent).toEqual([]);
      expect(saidTo(subject.advance(sled(1), SECOND.config), sled(1))).toEqual(["getShare 2"]);
    });
  });

  describe("for the coordinator", () => {
    it("at K seals the chain under the new secret, persists, then prepares", () => {
      const subject = coordinating();
      subject.node.connect(sled(3));
      drain(subject.node);
      subject.node.receive(sled(1), { ...shareOf(SECOND, sled(1)), rackId: RACK });
      expect(subject.node.poll()).toMatchObject({ kind: "persist" });
      expect(subject.node.poll()).toBeUndefined();
      const config = subject.state.configs.get(e(3));
      expect(config?.encryptedRackSecrets).not.toBeNull();
      expect(subject.state.shares.get(e(3))?.x).toBe(1);
      expect(subject.state.commits.has(e(3))).toBe(false);
      subject.node.persisted(subject.node.generation);
      const [prepare] = drain(subject.node).sent;
      if (prepare?.message.kind !== "prepare") throw new Error("no Prepare was sent");
      expect(prepare.to).toBe(sled(3));
      expect(prepare.message.config).toBe(config);
      expect(prepare.message.share.x).toBe(4);
      expect(subject.node.coordinatorStatus()).toEqual({
        epoch: 3,
        lrtqUpgrade: false,
        operation: "prepare",
        config,
        acks: [SELF],
      });
    });

    it("K is the old configuration's, exactly: K-1 shares start nothing", () => {
      const old = make({ epoch: 2, threshold: 3 });
      const subject = new Subject(stateWith(SELF, { committed: [old] }));
      subject.node.coordinateReconfiguration({
        rackId: RACK,
        epoch: 3,
        lastCommittedEpoch: 2,
        members: sleds(4),
        threshold: 2,
      });
      subject.share(sled(1), old);
      expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "collectShares" });
      subject.share(sled(2), old);
      expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare" });
    });

    it("[+] a failed rebuild is an alarm; the operation stays where it is until pre-empted", () => {
      const state = stateWith(SELF, { committed: [SECOND] });
      const subject = new Subject({ ...state, shares: new Map([[e(2), THIRD.share(SELF)]]) });
      const request = {
        rackId: RACK,
        epoch: 3,
        lastCommittedEpoch: 2,
        members: sleds(4),
        threshold: 2,
      };
      subject.node.coordinateReconfiguration(request);
      const before = subject.state;
      subject.share(sled(1), SECOND);
      expect(subject.node.status()).toMatchObject({
        alarms: [{ kind: "rackSecretReconstructionFailed", epoch: 2 }],
        coordinating: { epoch: 3, operation: "collectShares" },
      });
      // A share more does not try again: "at K" is when the K-th is added.
      subject.share(sled(2), SECOND);
      expect(subject.node.status()).toMatchObject({
        coordinating: { operation: "collectShares", collected: [SELF, sled(1), sled(2)] },
      });
      expect(subject.state).toBe(before);
      subject.node.coordinateReconfiguration({ ...request, epoch: 4 });
      expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 4, collected: [SELF] });
    });

    it("[+] a failed decryption of the old chain is its own alarm", () => {
      const encryptedRackSecrets = { salt: new Uint8Array(32), data: new Uint8Array(56) };
      const broken = { ...SECOND, config: altered(SECOND.config, { encryptedRackSecrets }) };
      const subject = new Subject(stateWith(SELF, { committed: [broken] }));
      subject.node.coordinateReconfiguration({
        rackId: RACK,
        epoch: 3,
        lastCommittedEpoch: 2,
        members: sleds(4),
        threshold: 2,
      });
      subject.share(sled(1), broken);
      expect(subject.node.status()).toMatchObject({
        alarms: [
          { kind: "rackSecretDecryptionFailed", epoch: 2, code: "ERR_TQ_AUTHENTICATION_FAILED" },
        ],
        coordinating: { epoch: 3, operation: "collectShares" },
      });
    });
  });
});

describe("GetLrtqShare", () => {
  const asked: PeerMessageBody = { kind: "getLrtqShare" };
  const lrtq = (committed: Made[]) => {
    const subject = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0), committed }));
    subject.rackId = LRTQ.rackId;
    return subject;
  };

  it("is answered with our LRTQ share, to anyone, as a copy", () => {
    const subject = lrtq([]);
    const [answer] = subject.hear(OUTSIDER, asked).sent;
    if (answer?.message.kind !== "lrtqShare") throw new Error("no LRTQ share was sent");
    expect(answer.message.share.bytes).toEqual(LRTQ.data(0).share.bytes);
    answer.message.share.wipe();
    expect(subject.state.lrtq?.share.wiped).toBe(false);
  });

  it("is answered with the latest commit, or Expunged, once there is one", () => {
    const second = make({ epoch: 2, rackId: LRTQ.rackId });
    const subject = lrtq([second]);
    const [answer] = subject.hear(sled(1), asked).sent;
    expect(answer?.message).toMatchObject({ kind: "commitAdvance", config: second.config });
    expect(saidTo(subject.hear(OUTSIDER, asked), OUTSIDER)).toEqual(["expunged 2"]);
  });

  it("is counted where there is no LRTQ share", () => {
    new Subject().refuses("no_lrtq_share", sled(1), asked);
    new Subject(stateWith(SELF, { prepared: [FIRST] })).refuses("no_lrtq_share", sled(1), asked);
  });
});

describe("LrtqShare", () => {
  const received = (data: LrtqShareData): PeerMessageBody => ({
    kind: "lrtqShare",
    share: data.share,
  });
  const upgrading = (lrtq: LrtqShareData = LRTQ.data(0)) => {
    const subject = new Subject(stateWith(SELF, { lrtq }));
    subject.rackId = LRTQ.rackId;
    subject.node.coordinateUpgradeFromLrtq({
      rackId: LRTQ.rackId,
      epoch: 2,
      members: sleds(4),
      threshold: 2,
    });
    return subject;
  };

  it("counts once per sender and once per digest, only with a digest of the rack, from anyone", () => {
    const subject = upgrading();
    const unknown = { kind: "lrtqShare" as const, share: lrtqRack(3).data(0).share };
    subject.refuses("lrtq_share_unknown_digest", sled(1), unknown);
    subject.refuses("lrtq_share_held_from_another", sled(1), received(LRTQ.data(0)));
    expect(subject.hear(OUTSIDER, received(LRTQ.data(1))).events).toEqual([]);
    expect(subject.node.coordinatorStatus()).toMatchObject({ collected: [SELF, OUTSIDER] });
    subject.refuses("duplicate_lrtq_share", OUTSIDER, received(LRTQ.data(2)));
    subject.refuses("lrtq_share_held_from_another", sled(2), received(LRTQ.data(1)));
    // Refused shares left no trace: the third distinct one completes (K is 3 of 5).
    subject.hear(sled(1), received(LRTQ.data(2)));
    expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare" });
  });

  it("is counted as unexpected unless an upgrade is collecting", () => {
    const idle = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }));
    idle.rackId = LRTQ.rackId;
    idle.refuses("unexpected_lrtq_share", sled(1), received(LRTQ.data(1)));
    const subject = upgrading();
    subject.hear(sled(1), received(LRTQ.data(1)));
    subject.hear(sled(2), received(LRTQ.data(2)));
    subject.refuses("unexpected_lrtq_share", sled(3), received(LRTQ.data(3)));
  });

  it("at the LRTQ threshold leads to a configuration that opens the LRTQ secret as epoch 1", () => {
    const subject = upgrading();
    const prepares: Drained["sent"] = [];
    for (const i of [1, 2]) {
      prepares.push(...subject.hear(sled(i), received(LRTQ.data(i))).sent);
    }
    for (const i of [1, 2, 3]) subject.node.connect(sled(i));
    prepares.push(...drain(subject.node).sent);
    const config = subject.state.configs.get(e(2));
    if (config === undefined) throw new Error("nothing was persisted");
    const shares = new Uint8Array(2 * SHARE_BYTES);
    prepares.slice(0, 2).forEach(({ message }, i) => {
      if (message.kind === "prepare") shares.set(message.share.bytes, i * SHARE_BYTES);
    });
    using secrets = crypto.recover({
      shares,
      digests: config.digests.slice(32, 96),
      rackId: config.rackId,
      epoch: config.epoch,
      encrypted: config.encryptedRackSecrets,
    });
    expect(secrets.epochs).toEqual([1, 2]);
    using old = secrets.secret(e(1));
    expect(old?.expose((bytes) => Buffer.from(bytes).equals(LRTQ.secret))).toBe(true);
  });

  it("[+] a failed rebuild is an alarm; the upgrade stays where it is until pre-empted", () => {
    // A digest list that names a share whose scalar is not canonical.
    const bad = LRTQ.data(1).share.bytes.slice().fill(0xff, 1);
    const share = LRTQ.data(1).share.clone();
    share.bytes.set(bad);
    const data = LRTQ.data(0);
    const shareDigests = new Uint8Array([...data.shareDigests, ...crypto.sha3_256(bad)]);
    const subject = upgrading({ ...data, shareDigests });
    subject.hear(sled(1), { kind: "lrtqShare", share });
    subject.hear(sled(2), received(LRTQ.data(2)));
    expect(subject.node.status()).toMatchObject({
      alarms: [
        {
          kind: "lrtqSecretReconstructionFailed",
          epoch: 2,
          code: "ERR_TQ_NON_CANONICAL_SCALAR",
        },
      ],
      coordinating: { operation: "collectLrtqShares" },
    });
    expect(subject.state.configs.size).toBe(0);
  });
});

describe("Expunged", () => {
  const told = (epoch: number): PeerMessageBody => ({ kind: "expunged", epoch: e(epoch) });

  it("is ignored without any configuration, and where a later one is known", () => {
    new Subject().refuses("expunged_without_configuration", sled(1), told(1));
    const lrtq = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }));
    lrtq.rackId = LRTQ.rackId;
    lrtq.refuses("expunged_without_configuration", sled(1), told(5));
    const readded = new Subject(stateWith(SELF, { committed: [FIRST], prepared: [THIRD] }));
    readded.refuses("stale_expunged", sled(1), told(2));
  });

  it.each([3, 4])("at epoch %i, the latest known being 3, is persisted and final", (epoch) => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST], prepared: [THIRD] }));
    const drained = subject.hear(sled(2), told(epoch));
    expect(subject.state.expunged).toEqual({ epoch, from: sled(2) });
    expect(drained.persists).toHaveLength(1);
    expect(drained.events).toEqual([{ kind: "expunged", epoch, from: sled(2) }]);
    subject.refuses("own_sled_expunged", sled(1), told(9));
    expect(new Subject(subject.state).node.status().persistentState.expunged).toEqual({
      epoch,
      from: sled(2),
    });
  });

  it("stops coordinating and computing, and keeps shares and commits", () => {
    const coordinating = new Subject();
    coordinating.node.coordinateReconfiguration({
      rackId: RACK,
      epoch: 1,
      lastCommittedEpoch: null,
      members: sleds(3),
      threshold: 2,
    });
    coordinating.hear(sled(1), told(1));
    expect(coordinating.node.coordinatorStatus()).toBeNull();

    const computing = new Subject(stateWith(SELF, { committed: [FIRST] }));
    computing.advance(sled(1), SECOND.config);
    computing.hear(sled(1), told(2));
    expect(computing.node.status().computingShare).toBeNull();
    expect(computing.node.status().persistentState).toMatchObject({ shares: [1], commits: [1] });
  });
});
