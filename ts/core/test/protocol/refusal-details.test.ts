/** A refused call says in its error's details which argument is wrong, why, and with which numbers. */
import { describe, expect, it } from "vitest";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { ReconfigureRequest, UpgradeRequest } from "../../src/protocol/requests.ts";
import {
  OTHER_RACK,
  RACK,
  Subject,
  crypto,
  drain,
  e,
  lrtqRack,
  make,
  sled,
  sleds,
  stateWith,
  thrown,
  withOtherDigest,
} from "./fixtures.ts";

const SELF = sled(0);
const LRTQ = lrtqRack(5);
const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });

/** Epoch 1 committed, epoch 2 prepared. */
const prepared = () => new Subject(stateWith(SELF, { committed: [FIRST], prepared: [SECOND] }));
/** Epoch 1 committed, shares of it being collected for epoch 3. */
function collecting(): Subject {
  const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
  subject.node.coordinateReconfiguration(GOOD);
  drain(subject.node);
  return subject;
}
const fresh = () => new Subject();
const lrtq = () => new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }));
function upgraded(): Subject {
  const third = make({ epoch: 3, rackId: LRTQ.rackId });
  return new Subject(stateWith(SELF, { lrtq: LRTQ.data(0), committed: [third] }));
}
function upgrading(): Subject {
  const subject = lrtq();
  subject.node.coordinateUpgradeFromLrtq(UPGRADE);
  drain(subject.node);
  return subject;
}

const GOOD: ReconfigureRequest = {
  rackId: RACK,
  epoch: 3,
  lastCommittedEpoch: 1,
  members: sleds(5),
  threshold: 3,
};
const UPGRADE: UpgradeRequest = {
  rackId: LRTQ.rackId,
  epoch: 4,
  members: sleds(5),
  threshold: 3,
};
const notANumber = (argument: string): object => ({ argument, problem: "is not a number" });

describe("coordinateReconfiguration", () => {
  it.each<[string, () => Subject, object, object]>([
    ["an epoch that is no number", prepared, { epoch: "3" }, notANumber("epoch")],
    ["a threshold that is no number", prepared, { threshold: null }, notANumber("threshold")],
    [
      "a last committed epoch that is no number",
      prepared,
      { lastCommittedEpoch: "1" },
      notANumber("lastCommittedEpoch"),
    ],
    ...[7, null, { length: 3 }].map((members): [string, () => Subject, object, object] => [
      `members that are ${JSON.stringify(members)}`,
      prepared,
      { members },
      { argument: "members", problem: "is not iterable" },
    ]),
    [
      "a sled named twice",
      prepared,
      { members: [...sleds(4), sled(2)] },
      { argument: "members", problem: "names a sled twice" },
    ],
    ["a group without this sled", prepared, { members: [sled(1), sled(2)] }, { self: SELF }],
    ["too many members", prepared, { members: sleds(33), threshold: 20 }, { members: 33 }],
    ["too few members", prepared, { members: sleds(2), threshold: 1 }, { members: 2 }],
    ["a threshold of 1", prepared, { threshold: 1 }, { threshold: 1 }],
    ["an epoch that is no integer", prepared, { epoch: 3.5 }, { epoch: 3.5 }],
    ["another content for the same epoch", collecting, { threshold: 2 }, { epoch: 3 }],
  ])("%s", (_, subject, wrong, details) => {
    const { node } = subject();
    const error = thrown(() => {
      node.coordinateReconfiguration({ ...GOOD, ...wrong });
    });
    expect(error.details).toEqual(details);
  });

  it("takes members in any iterable that is no array", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.node.coordinateReconfiguration({ ...GOOD, members: new Set(sleds(5)) });
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 3 });
  });
});

describe("coordinateUpgradeFromLrtq", () => {
  const gone = { epoch: e(2), from: sled(3) };
  it.each<[string, () => Subject, object, object]>([
    [
      "an expunged sled",
      () => new Subject(stateWith(SELF, { lrtq: LRTQ.data(0), expunged: gone })),
      {},
      gone,
    ],
    ["another rack", lrtq, { rackId: OTHER_RACK }, { expected: LRTQ.rackId, got: OTHER_RACK }],
    ["a sled that never ran LRTQ", fresh, {}, {}],
    ["an upgraded rack", upgraded, {}, { epoch: 3 }],
    ["epoch 1", lrtq, { epoch: 1 }, { epoch: 1 }],
    ["an epoch that is being upgraded to", upgrading, {}, { existing: 4, new: 4 }],
    ["an epoch that is no integer", lrtq, { epoch: 4.5 }, { epoch: 4.5 }],
  ])("%s", (_, subject, wrong, details) => {
    const { node } = subject();
    const error = thrown(() => {
      node.coordinateUpgradeFromLrtq({ ...UPGRADE, ...wrong });
    });
    expect(error.details).toEqual(details);
  });
});

describe("commit and prepareAndCommit", () => {
  it("what was not prepared, another rack, and an epoch that is no number", () => {
    const { node } = prepared();
    const of = (request: object): object =>
      thrown(() => {
        node.commit({ rackId: RACK, epoch: 3, ...request });
      }).details;
    expect(of({})).toEqual({ epoch: 3 });
    expect(of({ rackId: OTHER_RACK })).toEqual({ expected: RACK, got: OTHER_RACK });
    expect(of({ epoch: "3" })).toEqual(notANumber("epoch"));
  });

  it("a configuration other than the one that is known", () => {
    const { node } = prepared();
    const other = withOtherDigest(SECOND.config, sled(1));
    expect(thrown(() => node.prepareAndCommit(other)).details).toEqual({ epoch: 2 });
  });

  it("a configuration too many, with the limit", () => {
    const many = Array.from({ length: 16 }, (_, i) => make({ epoch: 10 + i, coordinator: SELF }));
    const committed = [make({ epoch: 1 })];
    const state = stateWith(SELF, { committed, known: many });
    const { node } = new Subject(state, { guard: "strict" });
    const { config } = make({ epoch: 100 });
    const error = thrown(() => node.prepareAndCommit(config, { proxiedBy: sled(2) }));
    expect(error.code).toBe("ERR_TQ_TOO_MANY_CONFIGURATIONS");
    expect(error.details).toEqual({ epoch: 100, limit: 16 });
  });
});

describe("loadRackSecret, connect and persisted", () => {
  it("an epoch that is not committed, or is none", () => {
    const { node } = prepared();
    const of = (epoch: unknown): object =>
      thrown(() => node.loadRackSecret(epoch as number)).details;
    expect(of(2)).toEqual({ epoch: 2 });
    expect(of(0.5)).toEqual({ epoch: 0.5 });
    expect(of("1")).toEqual(notANumber("epoch"));
  });

  it("an epoch that the loaded chain does not have", () => {
    const second = new Subject(stateWith(SELF, { committed: [SECOND] }));
    second.node.loadRackSecret(2);
    second.share(sled(1), SECOND);
    const error = thrown(() => second.node.loadRackSecret(1));
    expect(error.code).toBe("ERR_TQ_NOT_AVAILABLE");
    expect(error.details).toEqual({ epoch: 1 });
  });

  it("this sled itself as a peer", () => {
    const { node } = fresh();
    const details = { argument: "peer", problem: "is this sled itself" };
    for (const call of [() => node.connect(SELF), () => node.disconnect(SELF)]) {
      expect(thrown(call).details).toEqual(details);
    }
  });

  it("a generation that was not handed out last, with the expected one", () => {
    const { node } = fresh();
    const of = (generation: number): object =>
      thrown(() => {
        node.persisted(generation);
      }).details;
    expect(of(1)).toEqual({ generation: 1, expected: 0 });
    node.receive(sled(1), {
      kind: "prepare",
      rackId: RACK,
      config: FIRST.config,
      share: FIRST.share(SELF),
    });
    expect(node.poll()).toMatchObject({ kind: "persist", generation: 1 });
    expect(of(2)).toEqual({ generation: 2, expected: 1 });
  });
});

describe("a request that is not an object", () => {
  it.each([null, undefined, 7, "commit"])("%s: refused, and counted without an epoch", (given) => {
    const { node } = fresh();
    const details = { argument: "request", problem: "is not an object" };
    for (const call of [
      () => node.commit(given as never),
      () => node.coordinateReconfiguration(given as never),
      () => node.coordinateUpgradeFromLrtq(given as never),
      () => node.prepareAndCommit(given as never),
    ]) {
      expect(thrown(call).details).toEqual(details);
    }
    const { recent } = node.status().diagnostics;
    expect(recent.map(({ epoch }) => epoch)).toEqual([null, null, null, null]);
  });
});

describe("restore", () => {
  const restore = (state: ReturnType<typeof stateWith>, self = SELF): object =>
    thrown(() => TrustQuorumNode.restore({ self, ledger: { generation: 1, state }, crypto }))
      .details;

  it("another sled's ledger, with the epoch of a share that is not this sled's", () => {
    expect(restore(stateWith(SELF, { prepared: [FIRST] }), sled(1))).toEqual({
      argument: "ledger",
      problem: `does not belong to ${sled(1)}: its share of epoch 1 is another sled's`,
    });
  });

  it("a share without its configuration is another sled's too", () => {
    const state = { ...stateWith(SELF, { prepared: [FIRST] }), configs: new Map() };
    expect(restore(state)).toMatchObject({ argument: "ledger" });
  });

  it("a commit without its share, with the epoch", () => {
    const state = { ...stateWith(SELF, { committed: [FIRST] }), shares: new Map() };
    expect(restore(state)).toEqual({
      argument: "ledger",
      problem: "lacks the configuration or the share of committed epoch 1",
    });
  });
});
