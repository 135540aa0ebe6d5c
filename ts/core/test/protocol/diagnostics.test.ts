/** Section 9: every refused input has a named reason that is counted; alarms; their limits. */
import { afterAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/base/errors.ts";
import { ALARMS_MAX, ALARMS_OF_ONE_KIND_MAX, Alarms } from "../../src/protocol/alarms.ts";
import { DIAGNOSTICS_RING_MAX, REFUSAL_REASONS } from "../../src/protocol/diagnostics.ts";
import type { RefusalReason } from "../../src/protocol/diagnostics.ts";
import { OUTPUTS_MAX } from "../../src/protocol/outputs.ts";
import {
  OTHER_RACK,
  RACK,
  Subject,
  altered,
  drain,
  e,
  lrtqRack,
  make,
  sled,
  sleds,
  stateWith,
  withOtherDigest,
} from "./fixtures.ts";

const SELF = sled(0);
const PEER = sled(1);
const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });
const THIRD = make({ epoch: 3 });
const LRTQ = lrtqRack(5);
const gone = { epoch: e(1), from: PEER };

const empty = () => new Subject();
const committed = () => new Subject(stateWith(SELF, { committed: [FIRST] }));
const known = () => new Subject(stateWith(SELF, { known: [FIRST] }));
function coordinating(): Subject {
  const subject = committed();
  subject.node.coordinateReconfiguration({
    rackId: RACK,
    epoch: 3,
    lastCommittedEpoch: 1,
    members: sleds(4),
    threshold: 2,
  });
  drain(subject.node);
  return subject;
}
function upgrading(): Subject {
  const subject = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }));
  subject.rackId = LRTQ.rackId;
  subject.node.coordinateUpgradeFromLrtq({
    rackId: LRTQ.rackId,
    epoch: 2,
    members: sleds(4),
    threshold: 2,
  });
  return subject;
}
/** A sled that asks who may say what, connected to a peer. */
function strict(state: Parameters<typeof stateWith>[1]): Subject {
  return new Subject(stateWith(SELF, state), { guard: "strict", peers: [PEER] });
}
const sealed = (data: Uint8Array) => ({ salt: new Uint8Array(32), data });

const prepareFirst = {
  kind: "prepare",
  config: FIRST.config,
  share: FIRST.share(SELF),
} as const;
const ack = { kind: "prepareAck", epoch: e(3) } as const;
const share = { kind: "share", epoch: e(1), share: FIRST.share(PEER) } as const;
const lrtqShare = { kind: "lrtqShare", share: LRTQ.data(1).share } as const;
const advance = { kind: "commitAdvance", config: FIRST.config } as const;

/** How each reason comes about: the state, what was heard before, and the refused message. */
const REACHED: Readonly<Record<RefusalReason, () => void>> = {
  own_sled_expunged: () =>
    new Subject(stateWith(SELF, { committed: [FIRST], expunged: gone })).refuses(
      "own_sled_expunged",
      PEER,
      share,
    ),
  rack_id_mismatch: () => committed().refuses("rack_id_mismatch", PEER, share, OTHER_RACK),
  configuration_rack_id_mismatch: () =>
    empty().refuses("configuration_rack_id_mismatch", PEER, advance, OTHER_RACK),
  undecodable_message: () => {
    const subject = empty();
    subject.node.refuseUndecodable(PEER, "ERR_TQ_WIRE_TRUNCATED");
    expect(drain(subject.node).events).toEqual([
      {
        kind: "refused",
        refusal: {
          sequence: 1,
          reason: "undecodable_message",
          from: PEER,
          epoch: null,
          code: "ERR_TQ_WIRE_TRUNCATED",
        },
      },
    ]);
    expect(subject.count("undecodable_message")).toBe(1);
  },
  not_a_member: () => {
    const { config } = make({ epoch: 1, members: sleds(5).slice(1) });
    empty().refuses("not_a_member", PEER, { kind: "commitAdvance", config });
  },
  stale_prepare: () =>
    new Subject(stateWith(SELF, { committed: [SECOND] })).refuses(
      "stale_prepare",
      PEER,
      prepareFirst,
    ),
  prepare_not_from_coordinator: () =>
    empty().refuses("prepare_not_from_coordinator", sled(2), prepareFirst),
  prepare_share_mismatch: () =>
    empty().refuses("prepare_share_mismatch", PEER, { ...prepareFirst, share: share.share }),
  mismatched_configurations: () =>
    known().refuses("mismatched_configurations", PEER, {
      kind: "commitAdvance",
      config: withOtherDigest(FIRST.config, SELF),
    }),
  epoch_too_high: () =>
    strict({ committed: [FIRST] }).refuses("epoch_too_high", PEER, {
      kind: "getShare",
      epoch: e(65_538),
    }),
  not_asked: () =>
    strict({ committed: [FIRST] }).refuses("not_asked", PEER, {
      kind: "commitAdvance",
      config: SECOND.config,
    }),
  expunged_by_non_member: () => {
    const members = [0, 2, 3, 4].map(sled);
    const latest = make({ epoch: 1, members, coordinator: sled(2) });
    const subject = strict({ committed: [latest], known: [SECOND] });
    // Computing its share of a configuration that the other is a member of, it asks it.
    subject.node.prepareAndCommit(SECOND.config);
    drain(subject.node);
    subject.refuses("expunged_by_non_member", PEER, { kind: "expunged", epoch: e(2) });
  },
  expunged_by_too_few: () => {
    const subject = strict({ committed: [FIRST] });
    subject.node.loadRackSecret(1);
    drain(subject.node);
    subject.refuses("expunged_by_too_few", PEER, { kind: "expunged", epoch: e(2) });
  },
  coordinator_not_a_member: () => {
    const members = [0, 2, 3, 4].map(sled);
    const latest = make({ epoch: 1, members, coordinator: sled(2) });
    const prepare = { kind: "prepare", config: SECOND.config, share: SECOND.share(SELF) } as const;
    strict({ committed: [latest] }).refuses("coordinator_not_a_member", PEER, prepare);
  },
  abandoned_epoch: () => {
    const subject = committed();
    subject.node.abandon({ rackId: RACK, epoch: 2, digest: null });
    drain(subject.node);
    const prepare = { kind: "prepare", config: SECOND.config, share: SECOND.share(SELF) } as const;
    subject.refuses("abandoned_epoch", PEER, prepare);
  },
  too_many_configurations: () => {
    const known = Array.from({ length: 64 }, (_, i) => make({ epoch: i + 1 }));
    const next = make({ epoch: 65 });
    const prepare = { kind: "prepare", config: next.config, share: next.share(SELF) } as const;
    strict({ known }).refuses("too_many_configurations", PEER, prepare);
  },
  ledger_full: () => {
    const large = new Uint8Array(17 * 1024 * 1024);
    const known = [
      { ...SECOND, config: altered(SECOND.config, { encryptedRackSecrets: sealed(large) }) },
      { ...THIRD, config: altered(THIRD.config, { encryptedRackSecrets: sealed(large) }) },
    ];
    const next = make({ epoch: 4 });
    const prepare = { kind: "prepare", config: next.config, share: next.share(SELF) } as const;
    strict({ committed: [FIRST], known }).refuses("ledger_full", PEER, prepare);
  },
  unexpected_prepare_ack: () => committed().refuses("unexpected_prepare_ack", PEER, ack),
  duplicate_prepare_ack: () => {
    const subject = coordinating();
    subject.share(PEER, FIRST);
    subject.hear(PEER, ack);
    subject.refuses("duplicate_prepare_ack", PEER, ack);
  },
  no_share_for_epoch: () =>
    known().refuses("no_share_for_epoch", PEER, { kind: "getShare", epoch: e(1) }),
  unexpected_share: () => committed().refuses("unexpected_share", PEER, share),
  share_from_non_member: () => coordinating().refuses("share_from_non_member", sled(9), share),
  share_digest_mismatch: () => coordinating().refuses("share_digest_mismatch", sled(2), share),
  duplicate_share: () => {
    const wide = make({ epoch: 1, threshold: 3 });
    const subject = new Subject(stateWith(SELF, { committed: [wide] }));
    subject.node.loadRackSecret(1);
    subject.share(PEER, wide);
    subject.refuses("duplicate_share", PEER, { ...share, share: wide.share(PEER) });
  },
  no_lrtq_share: () => empty().refuses("no_lrtq_share", PEER, { kind: "getLrtqShare" }),
  unexpected_lrtq_share: () => empty().refuses("unexpected_lrtq_share", PEER, lrtqShare),
  lrtq_share_unknown_digest: () =>
    upgrading().refuses("lrtq_share_unknown_digest", PEER, {
      kind: "lrtqShare",
      share: lrtqRack(3).data(1).share,
    }),
  lrtq_share_held_from_another: () =>
    upgrading().refuses("lrtq_share_held_from_another", PEER, {
      kind: "lrtqShare",
      share: LRTQ.data(0).share,
    }),
  duplicate_lrtq_share: () => {
    const subject = upgrading();
    subject.hear(PEER, lrtqShare);
    subject.refuses("duplicate_lrtq_share", PEER, lrtqShare);
  },
  already_committed: () => committed().refuses("already_committed", PEER, advance),
  coordinating_later_epoch: () => {
    const subject = coordinating();
    subject.advance(PEER, SECOND.config);
    subject.refuses("coordinating_later_epoch", PEER, {
      kind: "commitAdvance",
      config: SECOND.config,
    });
  },
  computing_share_already: () => {
    const subject = committed();
    subject.advance(PEER, SECOND.config);
    subject.refuses("computing_share_already", PEER, {
      kind: "commitAdvance",
      config: SECOND.config,
    });
  },
  expunged_without_configuration: () =>
    empty().refuses("expunged_without_configuration", PEER, { kind: "expunged", epoch: e(1) }),
  stale_expunged: () =>
    new Subject(stateWith(SELF, { committed: [SECOND] })).refuses("stale_expunged", PEER, {
      kind: "expunged",
      epoch: e(1),
    }),
  outputs_full: () => {
    const subject = committed();
    subject.node.receive(PEER, {
      kind: "prepare",
      config: SECOND.config,
      share: SECOND.share(SELF),
      rackId: RACK,
    });
    for (let i = 0; i < OUTPUTS_MAX; i++) {
      subject.node.receive(PEER, { kind: "getShare", epoch: e(1), rackId: RACK });
    }
    expect(subject.count("outputs_full")).toBe(1);
  },
};

describe("each reason for a refusal can come about and is counted", () => {
  const reached = new Set<string>();
  it.each(Object.entries(REACHED))("%s", (reason, reach) => {
    reach();
    reached.add(reason);
  });
  afterAll(() => {
    expect([...reached].sort()).toEqual(Object.keys(REFUSAL_REASONS).sort());
  });
});

describe("diagnostics", () => {
  it("keep the last refusals with peer and epoch, oldest first, and count all of them", () => {
    const subject = committed();
    const total = DIAGNOSTICS_RING_MAX + 44;
    for (let i = 1; i <= total; i++) {
      subject.hear(PEER, { kind: "getShare", epoch: e(i + 1) });
    }
    const { counts, recent } = subject.node.status().diagnostics;
    expect(counts).toEqual({ no_share_for_epoch: total });
    expect(recent).toHaveLength(DIAGNOSTICS_RING_MAX);
    expect(recent.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: DIAGNOSTICS_RING_MAX }, (_, i) => i + 45),
    );
    expect(recent.at(-1)).toEqual({
      sequence: total,
      reason: "no_share_for_epoch",
      from: PEER,
      epoch: total + 1,
    });
  });

  it("count refused calls under their error's code, as from Nexus", () => {
    const subject = committed();
    subject.callRefused("ERR_TQ_NOT_PREPARED", () =>
      subject.node.commit({ rackId: RACK, epoch: 5 }),
    );
    expect(subject.node.status().diagnostics).toEqual({
      counts: { ERR_TQ_NOT_PREPARED: 1 },
      recent: [{ sequence: 1, reason: "ERR_TQ_NOT_PREPARED", from: "Nexus", epoch: 5 }],
    });
  });

  it("keep the epoch of a refused configuration, and of a secret that was asked for", () => {
    const subject = committed();
    subject.advance(PEER, make({ epoch: 7, members: [PEER, sled(2), sled(3)] }).config);
    subject.callRefused("ERR_TQ_NOT_COMMITTED", () => subject.node.loadRackSecret(9));
    const { recent } = subject.node.status().diagnostics;
    expect(recent.map(({ reason, epoch }) => [reason, epoch])).toEqual([
      ["not_a_member", 7],
      ["ERR_TQ_NOT_COMMITTED", 9],
    ]);
  });

  it("do not count what had an effect", () => {
    const subject = new Subject(null, { peers: [PEER] });
    subject.prepare(FIRST);
    subject.advance(PEER, FIRST.config);
    subject.hear(PEER, { kind: "getShare", epoch: e(1) });
    subject.advance(PEER, THIRD.config);
    subject.share(PEER, THIRD);
    subject.share(sled(2), THIRD);
    expect(subject.node.status().diagnostics).toEqual({ counts: {}, recent: [] });
    expect(subject.node.status().alarms).toEqual([]);
  });
});

describe("alarms", () => {
  const code: ErrorCode = "ERR_TQ_INVALID_RACK_SECRET";

  it("are raised once: the same again is counted as a refusal, but no second alarm", () => {
    const subject = known();
    const body = { kind: "commitAdvance", config: withOtherDigest(FIRST.config, SELF) } as const;
    expect(subject.hear(PEER, body).events.map(({ kind }) => kind)).toEqual(["alarm", "refused"]);
    // The same content, decoded anew.
    const again = { kind: "commitAdvance", config: withOtherDigest(FIRST.config, SELF) } as const;
    expect(subject.hear(PEER, again).events.map(({ kind }) => kind)).toEqual(["refused"]);
    expect(subject.hear(sled(2), body).events.map(({ kind }) => kind)).toEqual([
      "alarm",
      "refused",
    ]);
    const other = { kind: "commitAdvance", config: withOtherDigest(FIRST.config, PEER) } as const;
    subject.hear(PEER, other);
    expect(subject.node.status().alarms).toHaveLength(3);
    expect(subject.count("mismatched_configurations")).toBe(4);
  });

  it("differ by kind, epoch and code", () => {
    const alarms = new Alarms();
    const failed = { kind: "rackSecretReconstructionFailed", epoch: e(1), code } as const;
    expect(alarms.raise(failed)).toBe(true);
    expect(alarms.raise({ ...failed })).toBe(false);
    expect(alarms.raise({ ...failed, epoch: e(2) })).toBe(true);
    expect(alarms.raise({ ...failed, code: "ERR_TQ_TOO_FEW_SHARES" })).toBe(true);
    expect(alarms.raise({ ...failed, kind: "rackSecretDecryptionFailed" })).toBe(true);
    expect(alarms.raise({ ...failed, kind: "shareComputationFailed" })).toBe(true);
    expect(alarms.raise({ ...failed, kind: "lrtqSecretReconstructionFailed" })).toBe(true);
    const lost = { latestCommittedEpoch: e(1), collectingEpoch: e(2) };
    expect(alarms.raise({ kind: "committedConfigurationLost", ...lost })).toBe(true);
    expect(alarms.raise({ kind: "committedConfigurationLost", ...lost })).toBe(false);
    const later = { latestCommittedEpoch: e(1), collectingEpoch: e(3) };
    expect(alarms.raise({ kind: "committedConfigurationLost", ...later })).toBe(true);
    const earlier = { latestCommittedEpoch: e(2), collectingEpoch: e(3) };
    expect(alarms.raise({ kind: "committedConfigurationLost", ...earlier })).toBe(true);
    expect(alarms.list()).toHaveLength(9);
  });

  it("of one kind are at most 32, however many a peer provokes; the first ones stay", () => {
    const subject = known();
    let raised = 0;
    for (let i = 0; i < ALARMS_OF_ONE_KIND_MAX + 20; i++) {
      const digests = FIRST.config.digests.slice();
      digests[0] = (digests[0] ?? 0) ^ (i + 1);
      const config = altered(FIRST.config, { digests });
      const { events } = subject.hear(PEER, { kind: "commitAdvance", config });
      raised += events.filter(({ kind }) => kind === "alarm").length;
    }
    expect(raised).toBe(32);
    expect(subject.node.status().alarms).toHaveLength(32);
    expect(subject.count("mismatched_configurations")).toBe(ALARMS_OF_ONE_KIND_MAX + 20);
  });

  it("are at most 64 in all, and one kind cannot hide another", () => {
    const alarms = new Alarms();
    const code = "ERR_TQ_TOO_FEW_SHARES";
    const kinds = ["shareComputationFailed", "rackSecretDecryptionFailed"] as const;
    for (const kind of kinds) {
      for (let i = 1; i <= 40; i++) alarms.raise({ kind, epoch: e(i), code });
      expect(alarms.list().filter((alarm) => alarm.kind === kind)).toHaveLength(32);
    }
    expect(alarms.raise({ kind: "lrtqSecretReconstructionFailed", epoch: e(1), code })).toBe(false);
    expect(alarms.list()).toHaveLength(ALARMS_MAX);
  });
});
