/** Section 6.0: who may say what, one test a rule and a "not". */
import { describe, expect, it } from "vitest";
import type { Made, Subject as SubjectOf } from "./fixtures.ts";
import {
  RACK,
  Subject,
  altered,
  crypto,
  drain,
  e,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
  thrown,
} from "./fixtures.ts";

const SELF = sled(0);
const FIRST = make({ epoch: 1, members: sleds(5), threshold: 3 });
const SECOND = make({ epoch: 2, members: sleds(5), threshold: 3 });
const THIRD = make({ epoch: 3, members: sleds(5), threshold: 3 });
/** A later configuration without this sled's old fellow members. */
const STRANGERS = make({
  epoch: 9,
  members: [SELF, sled(11), sled(12), sled(13)],
  coordinator: sled(11),
});

/** A sled that has committed the first configuration, or what is given, and is connected to all. */
function strict(state: Parameters<typeof stateWith>[1] = { committed: [FIRST] }): Subject {
  const peers = [1, 2, 3, 4, 9, 11, 12, 13].map(sled);
  return new Subject(stateWith(SELF, state), { guard: "strict", peers });
}

/** The same, with the question for the first configuration's shares open at each member. */
function asking(state?: Parameters<typeof stateWith>[1]): Subject {
  const subject = strict(state);
  subject.node.loadRackSecret(1);
  drain(subject.node);
  return subject;
}

const expunged = (epoch: number) => ({ kind: "expunged", epoch: e(epoch) }) as const;
const advance = ({ config }: Made) => ({ kind: "commitAdvance", config }) as const;
const prepare = (made: Made) =>
  ({ kind: "prepare", config: made.config, share: made.share(SELF) }) as const;
const commits = (subject: SubjectOf) => [...subject.state.configs.keys()];

describe("G1: an advance or an expunged counts only as an answer", () => {
  it("is not heard from whom nobody asked, nor from another peer than the one asked", () => {
    strict().refuses("not_asked", sled(1), advance(SECOND));
    strict().refuses("not_asked", sled(1), expunged(2));
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), {
      guard: "strict",
      peers: [sled(1)],
    });
    subject.node.loadRackSecret(1);
    drain(subject.node);
    subject.refuses("not_asked", sled(2), advance(SECOND));
    subject.advance(sled(1), SECOND.config);
    expect(commits(subject)).toEqual([1, 2]);
  });

  it("is heard once a question: the answer closes it", () => {
    const subject = asking();
    subject.advance(sled(1), SECOND.config);
    // Computing its share of the second it asks for that, and that question is its own.
    subject.advance(sled(1), THIRD.config);
    expect(commits(subject)).toEqual([1, 2, 3]);
    const later = make({ epoch: 4, members: sleds(5), threshold: 3 });
    subject.advance(sled(1), later.config);
    subject.node.disconnect(sled(1));
    subject.node.connect(sled(1));
    drain(subject.node);
    subject.hear(sled(1), expunged(5));
    subject.refuses("not_asked", sled(1), expunged(5));
  });

  it("is not heard on a new connection for what was asked on an old one", () => {
    for (const reconnect of [
      (subject: Subject) => subject.node.disconnect(sled(1)),
      (subject: Subject) => {
        subject.node.clearSecrets();
        subject.node.connect(sled(1));
      },
    ]) {
      const subject = asking();
      reconnect(subject);
      drain(subject.node);
      subject.refuses("not_asked", sled(1), advance(SECOND));
    }
  });

  it("is heard again after a new connection, on which everything missing is asked again", () => {
    const subject = asking();
    subject.node.disconnect(sled(1));
    subject.node.connect(sled(1));
    expect(saidTo(drain(subject.node), sled(1))).toEqual(["getShare 1"]);
    subject.advance(sled(1), SECOND.config);
    expect(commits(subject)).toEqual([1, 2]);
  });

  it("is not heard more often because tick() asked more often", () => {
    const subject = asking();
    for (let i = 0; i < 10; i++) subject.node.tick();
    drain(subject.node);
    subject.hear(sled(1), expunged(2));
    subject.refuses("not_asked", sled(1), expunged(2));
    // But a question that is asked again may be answered again.
    subject.node.tick();
    drain(subject.node);
    subject.refuses("expunged_by_too_few", sled(1), expunged(2));
  });

  it("is still heard after a share, which closes its own question alone", () => {
    const subject = strict({ committed: [FIRST], known: [SECOND] });
    subject.node.prepareAndCommit(SECOND.config);
    subject.node.loadRackSecret(1);
    drain(subject.node);
    subject.share(sled(1), SECOND);
    subject.advance(sled(1), THIRD.config);
    expect(commits(subject)).toEqual([1, 2, 3]);
    const other = asking();
    other.share(sled(1), FIRST);
    other.refuses("not_asked", sled(1), advance(SECOND));
  });

  it("leaves at most four questions of one peer open, the oldest closed first", () => {
    const subject = strict();
    for (let epoch = 2; epoch <= 6; epoch++) {
      const { config } = make({ epoch, members: sleds(5), threshold: 3 });
      subject.node.prepareAndCommit(config);
    }
    drain(subject.node);
    const { asks } = subject.node.memory() ?? { asks: [] };
    const open = asks.filter(({ peer }) => peer === sled(1)).map(({ epoch }) => epoch);
    expect(open).toEqual([3, 4, 5, 6]);
  });

  const nothing = { removals: [], direct: [], tellers: [], confirmed: null, suspect: [], seen: [] };

  it("closes the questions that it can answer, and leaves those for higher epochs open", () => {
    const subject = strict();
    const asks = [1, 2, 3].map((epoch) => ({ peer: sled(1), epoch: e(epoch) }));
    subject.node.resumeMemory({ ...nothing, asks });
    subject.refuses("expunged_by_too_few", sled(1), expunged(2));
    subject.refuses("not_asked", sled(1), expunged(2));
    subject.refuses("expunged_by_too_few", sled(1), expunged(3));
    subject.refuses("not_asked", sled(1), expunged(3));
  });

  it("answers a question for an LRTQ share at whatever epoch", () => {
    const subject = strict();
    subject.node.resumeMemory({ ...nothing, asks: [{ peer: sled(1), epoch: null }] });
    subject.advance(sled(1), SECOND.config);
    expect(commits(subject)).toEqual([1, 2]);
  });
});

describe("G2: a sled believes that it was removed when K members say so", () => {
  it("notes fewer, shows them as M of K, and goes on answering", () => {
    const subject = asking();
    expect(subject.node.status().removalReports).toBeNull();
    subject.refuses("expunged_by_too_few", sled(1), expunged(3));
    subject.refuses("expunged_by_too_few", sled(2), expunged(2));
    expect(subject.node.status().removalReports).toEqual({
      epoch: 2,
      from: [sled(1), sled(2)],
      threshold: 3,
    });
    expect(subject.state.expunged).toBeNull();
    const answer = subject.hear(sled(3), { kind: "getShare", epoch: e(1) });
    expect(saidTo(answer, sled(3))).toEqual(["share 1"]);
    subject.hear(sled(4), expunged(2));
    expect(subject.state.expunged).toEqual({ epoch: 2, from: sled(4) });
    expect(subject.node.status().removalReports).toBeNull();
  });

  it("does not count one member twice", () => {
    const subject = asking();
    for (let i = 0; i < 5; i++) {
      subject.refuses("expunged_by_too_few", sled(1), expunged(2));
      subject.node.tick();
      drain(subject.node);
    }
    expect(subject.node.status().removalReports).toMatchObject({ from: [sled(1)] });
  });

  it("does not count who is no member of the latest committed configuration", () => {
    const subject = strict({ committed: [FIRST], known: [STRANGERS] });
    subject.node.prepareAndCommit(STRANGERS.config);
    drain(subject.node);
    for (const i of [11, 12, 13]) subject.refuses("expunged_by_non_member", sled(i), expunged(9));
    expect(subject.node.status().removalReports).toBeNull();
  });

  it("counts members of the latest configuration where none is committed", () => {
    const subject = strict({ known: [SECOND] });
    subject.node.prepareAndCommit(SECOND.config);
    drain(subject.node);
    for (const i of [1, 2]) subject.refuses("expunged_by_too_few", sled(i), expunged(3));
    subject.hear(sled(3), expunged(3));
    expect(subject.state.expunged).toEqual({ epoch: 3, from: sled(3) });
  });

  it("does not count what is not above the configuration that it is counted for", () => {
    const subject = asking();
    for (const i of [1, 2, 3, 4]) subject.refuses("stale_expunged", sled(i), expunged(1));
    expect(subject.state.expunged).toBeNull();
  });

  it("does not count what is below a configuration that includes this sled", () => {
    const subject = asking({ committed: [FIRST], prepared: [THIRD] });
    for (const i of [1, 2, 3, 4]) subject.refuses("stale_expunged", sled(i), expunged(2));
    expect(subject.node.status().removalReports).toBeNull();
  });

  it.each<[string, (subject: Subject) => void]>([
    ["a configuration that includes it", (subject) => void subject.prepare(THIRD)],
    ["a commit", (subject) => subject.node.commit({ rackId: RACK, epoch: 2 })],
  ])("forgets what was said with %s", (_, change) => {
    const subject = asking({ committed: [FIRST], prepared: [SECOND] });
    for (const i of [1, 2]) subject.hear(sled(i), expunged(4));
    expect(subject.node.status().removalReports).not.toBeNull();
    change(subject);
    drain(subject.node);
    expect(subject.node.status().removalReports).toBeNull();
    subject.hear(sled(3), expunged(4));
    expect(subject.state.expunged).toBeNull();
  });

  it("forgets what was said with a restart", () => {
    const subject = asking();
    for (const i of [1, 2]) subject.hear(sled(i), expunged(2));
    const again = new Subject(subject.state, { guard: "strict", peers: [sled(3)] });
    expect(again.node.status().removalReports).toBeNull();
    again.node.loadRackSecret(1);
    drain(again.node);
    again.refuses("expunged_by_too_few", sled(3), expunged(2));
  });
});

describe("G3: only members coordinate", () => {
  it("drops the Prepare of one that is no member of the latest committed configuration", () => {
    const subject = strict();
    subject.refuses("coordinator_not_a_member", sled(11), prepare(STRANGERS));
    expect(commits(subject)).toEqual([1]);
  });

  it("takes any coordinator's where nothing is committed", () => {
    const subject = strict({});
    expect(saidTo(subject.prepare(STRANGERS), sled(11))).toEqual(["prepareAck 9"]);
  });

  it("takes a configuration from the control plane, and from then on its members' Prepares", () => {
    const subject = strict();
    expect(subject.node.prepareAndCommit(STRANGERS.config)).toBe("pending");
    drain(subject.node);
    const next = make({
      epoch: 10,
      members: [SELF, sled(11), sled(12), sled(13)],
      coordinator: sled(12),
    });
    expect(saidTo(subject.prepare(next), sled(12))).toEqual(["prepareAck 10"]);
    subject.refuses(
      "coordinator_not_a_member",
      sled(14),
      prepare(make({ epoch: 11, members: [SELF, sled(11), sled(14)], coordinator: sled(14) })),
    );
  });

  it("takes the members of what it was asked to coordinate, as long as that is not given up", () => {
    const subject = strict();
    const members = [SELF, sled(1), sled(2), sled(11)];
    const request = { rackId: RACK, epoch: 4, lastCommittedEpoch: 1, members, threshold: 2 };
    subject.node.coordinateReconfiguration(request);
    drain(subject.node);
    const next = make({ epoch: 5, members, coordinator: sled(11) });
    const later = make({ epoch: 6, members, coordinator: sled(11) });
    expect(saidTo(subject.prepare(next), sled(11))).toEqual(["prepareAck 5"]);
    subject.node.abandon({ rackId: RACK, epoch: 4, digest: null });
    drain(subject.node);
    subject.refuses("coordinator_not_a_member", sled(11), prepare(later));
  });

  it("does not take the word of a peer who forwards the configuration", () => {
    const subject = strict();
    subject.node.prepareAndCommit(STRANGERS.config, { proxiedBy: sled(1) });
    drain(subject.node);
    const next = make({ epoch: 10, members: STRANGERS.config.members, coordinator: sled(12) });
    subject.refuses("coordinator_not_a_member", sled(12), prepare(next));
  });
});

describe("G4: epochs are not far above the latest committed one", () => {
  const far = (epoch: number) => make({ epoch, members: sleds(5), threshold: 3 });

  it("drops a message further above than 65,536, and none that is not", () => {
    const subject = strict();
    const high = far(65_538);
    subject.refuses("epoch_too_high", sled(1), prepare(high));
    subject.refuses("epoch_too_high", sled(1), { kind: "getShare", epoch: e(65_538) });
    subject.refuses("epoch_too_high", sled(1), { kind: "prepareAck", epoch: e(65_538) });
    const answered = asking();
    answered.refuses("epoch_too_high", sled(1), expunged(65_538));
    answered.refuses("epoch_too_high", sled(1), advance(high));
    expect(saidTo(subject.prepare(far(65_537)), sled(1))).toEqual(["prepareAck 65537"]);
  });

  it("is measured from the latest committed epoch, not from the latest one", () => {
    const subject = strict({ committed: [FIRST], prepared: [far(60_000)] });
    subject.refuses("epoch_too_high", sled(1), prepare(far(65_538)));
  });

  it("does not hold where nothing is committed; the control plane's call clears what was left", () => {
    const members = sleds(5);
    const request = { rackId: RACK, epoch: 1, lastCommittedEpoch: null, members, threshold: 3 };
    const high = far(Number.MAX_SAFE_INTEGER);
    const coordinating = strict({});
    expect(saidTo(coordinating.prepare(high), sled(1))).toHaveLength(1);
    coordinating.node.coordinateReconfiguration(request);
    expect(commits(coordinating)).toEqual([1]);
    expect([...coordinating.state.shares.keys()]).toEqual([1]);

    const told = strict({});
    told.prepare(high);
    told.node.prepareAndCommit(FIRST.config);
    expect(commits(told)).toEqual([1]);

    const prepared = strict({ prepared: [FIRST] });
    prepared.prepare(high);
    prepared.node.commit({ rackId: RACK, epoch: 1 });
    expect(commits(prepared)).toEqual([1]);
  });

  it("clears also another rack's, which would speak against the call", () => {
    const subject = new Subject(null, { guard: "strict" });
    const rackId = "00000000-0000-4000-8000-000000000001" as typeof RACK;
    const high = make({ epoch: 2 ** 50, members: sleds(5), rackId });
    subject.rackId = rackId;
    subject.prepare(high);
    const members = sleds(5);
    const request = { rackId: RACK, epoch: 1, lastCommittedEpoch: null, members, threshold: 3 };
    subject.node.coordinateReconfiguration(request);
    expect(subject.node.status().rackId).toBe(RACK);
  });

  it("clears a forged one in this sled's own name, and stops computing its share", () => {
    const own = make({ epoch: 2 ** 50, members: sleds(5), threshold: 3, coordinator: SELF });
    const subject = new Subject(stateWith(SELF, { known: [own] }), { guard: "strict" });
    subject.node.prepareAndCommit(own.config, { proxiedBy: sled(1) });
    expect(subject.node.status().computingShare).toMatchObject({ epoch: 2 ** 50 });
    subject.node.prepareAndCommit(FIRST.config);
    expect(commits(subject)).toEqual([1]);
    expect(subject.node.status().computingShare).toMatchObject({ epoch: 1 });
  });

  it("clears nothing that is in reach, nothing for a refused call, and nothing for a peer's", () => {
    const near = far(65_537);
    const subject = strict({ prepared: [FIRST, near] });
    subject.node.commit({ rackId: RACK, epoch: 1 });
    expect(commits(subject)).toEqual([1, 65_537]);

    const high = far(2 ** 50);
    const other = strict({ prepared: [FIRST, high] });
    other.callRefused("ERR_TQ_NOT_PREPARED", () => other.node.commit({ rackId: RACK, epoch: 2 }));
    other.node.commit({ rackId: RACK, epoch: 1 }, { proxiedBy: sled(2) });
    expect(commits(other)).toEqual([1, 2 ** 50]);
  });

  it("does not hold for what the control plane itself named, nor for the answers to that", () => {
    const subject = strict();
    const high = far(100_000);
    expect(subject.node.prepareAndCommit(high.config)).toBe("pending");
    drain(subject.node);
    for (const i of [1, 2, 3]) subject.share(sled(i), high);
    expect([...subject.state.commits]).toEqual([1, 100_000]);
  });
});

describe("G5: who forwards a commit is believed only so far", () => {
  const refusedFor = (subject: Subject, call: () => unknown): string => {
    const error = subject.callRefused("ERR_TQ_PROXY_REFUSED", call);
    return (error.details as { problem: string }).problem;
  };

  it("is refused from one that is no member of the latest committed configuration", () => {
    const subject = strict({ committed: [FIRST], prepared: [SECOND] });
    const by = { proxiedBy: sled(9) };
    expect(refusedFor(subject, () => subject.node.commit({ rackId: RACK, epoch: 2 }, by))).toMatch(
      /no member/u,
    );
    expect(refusedFor(subject, () => subject.node.prepareAndCommit(THIRD.config, by))).toMatch(
      /no member/u,
    );
  });

  it("is refused from the one that coordinates that epoch, also where nothing is committed", () => {
    for (const state of [{ committed: [FIRST], prepared: [SECOND] }, { prepared: [SECOND] }]) {
      const subject = strict(state);
      const by = { proxiedBy: SECOND.config.coordinator };
      const commit = () => subject.node.commit({ rackId: RACK, epoch: 2 }, by);
      expect(refusedFor(subject, commit)).toMatch(/coordinates/u);
      const told = () => subject.node.prepareAndCommit(THIRD.config, by);
      expect(refusedFor(subject, told)).toMatch(/coordinates/u);
    }
  });

  it("is confirmed where it is committed already, also to the one that coordinated it", () => {
    const subject = strict({ committed: [FIRST] });
    const by = { proxiedBy: FIRST.config.coordinator };
    const before = subject.state;
    subject.node.commit({ rackId: RACK, epoch: 1 }, by);
    expect(subject.node.prepareAndCommit(FIRST.config, by)).toBe("committed");
    expect(subject.state).toBe(before);
  });

  it("is refused for an epoch that no message may name", () => {
    const subject = strict();
    const { config } = make({ epoch: 65_538, members: sleds(5), threshold: 3 });
    const call = () => subject.node.prepareAndCommit(config, { proxiedBy: sled(2) });
    expect(refusedFor(subject, call)).toMatch(/too far/u);
  });

  it("is carried out for any other member, and takes its part of the room", () => {
    const subject = strict({ committed: [FIRST], prepared: [SECOND] });
    subject.node.commit({ rackId: RACK, epoch: 2 }, { proxiedBy: sled(2) });
    expect([...subject.state.commits]).toEqual([1, 2]);
    drain(subject.node);
    for (let epoch = 3; epoch < 15; epoch++) {
      const { config } = make({ epoch, members: sleds(5), threshold: 3 });
      subject.node.prepareAndCommit(config, { proxiedBy: sled(2) });
    }
    drain(subject.node);
    const { config } = make({ epoch: 15, members: sleds(5), threshold: 3 });
    subject.callRefused("ERR_TQ_TOO_MANY_CONFIGURATIONS", () =>
      subject.node.prepareAndCommit(config, { proxiedBy: sled(2) }),
    );
    expect(subject.node.prepareAndCommit(config, { proxiedBy: sled(3) })).toBe("pending");
  });
});

describe('guard: "original"', () => {
  it("believes anybody, keeps everything and checks nothing that is loaded", () => {
    const peers = [sled(1), sled(2), sled(3)];
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), {
      guard: "original",
      peers,
    });
    for (let epoch = 2; epoch < 102; epoch++) {
      subject.prepare(make({ epoch, members: [SELF, sled(9), sled(10)], coordinator: sled(9) }));
    }
    expect(subject.state.configs.size).toBe(101);
    subject.hear(sled(9), expunged(2 ** 50));
    expect(subject.state.expunged).toEqual({ epoch: 2 ** 50, from: sled(9) });
    expect(subject.node.status()).toMatchObject({ guard: "original", removalReports: null });
  });

  it("is not what a node does by default, nor any other word", () => {
    const node = new Subject(null, { guard: "strict" }).node;
    expect(node.status().guard).toBe("strict");
    const restore = (guard: unknown) => () =>
      new Subject(null, { guard: guard as "strict", crypto });
    expect(thrown(restore("off")).code).toBe("ERR_TQ_INVALID_ARGUMENT");
  });
});

describe("an outsider", () => {
  it("that is in no configuration known here changes nothing, whatever it sends", () => {
    const subject = asking({ committed: [FIRST], prepared: [SECOND] });
    const before = subject.state;
    const forged = make({ epoch: 3, members: [SELF, sled(7), sled(8)], coordinator: sled(7) });
    for (const message of [
      prepare(forged),
      advance(forged),
      advance(SECOND),
      expunged(3),
      { kind: "prepareAck", epoch: e(2) },
      { kind: "getShare", epoch: e(1) },
      { kind: "share", epoch: e(1), share: FIRST.share(sled(1)) },
      { kind: "getLrtqShare" },
    ] as const) {
      subject.hear(sled(7), message);
      expect(subject.state).toBe(before);
    }
    expect(subject.node.status().removalReports).toBeNull();
    const { config } = forged;
    expect(() => subject.node.prepareAndCommit(config, { proxiedBy: sled(7) })).toThrow();
    expect(subject.state).toBe(before);
  });
});

describe("altered configurations", () => {
  it("of an epoch that the control plane named are a mismatch still", () => {
    const subject = strict();
    subject.node.prepareAndCommit(SECOND.config);
    drain(subject.node);
    subject.refuses("mismatched_configurations", sled(2), {
      kind: "commitAdvance",
      config: altered(SECOND.config, { coordinator: sled(2) }),
    });
  });
});
