/** Section 5.6: what is asked of whom, and when. */
import { describe, expect, it } from "vitest";
import {
  RACK,
  Subject,
  drain,
  lrtqRack,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
} from "./fixtures.ts";
import type { BaseboardId } from "../../src/base/id-types.ts";

const SELF = sled(0);
const FIRST = make({ epoch: 1, threshold: 3 });
const NEXT = {
  rackId: RACK,
  epoch: 3,
  lastCommittedEpoch: 1,
  members: [...sleds(3), sled(6)],
  threshold: 2,
};

function connecting(subject: Subject, peer: BaseboardId): string[] {
  subject.node.connect(peer);
  return saidTo(drain(subject.node), peer);
}

function ticking(subject: Subject, peer: BaseboardId): string[] {
  subject.node.tick();
  return saidTo(drain(subject.node), peer);
}

describe("connect", () => {
  it("sends (a) the coordinator's request before (c) the loader's", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.node.loadRackSecret(1);
    subject.prepare(make({ epoch: 2, members: sleds(5) }));
    subject.node.commit({ rackId: RACK, epoch: 2 });
    subject.node.coordinateReconfiguration({ ...NEXT, lastCommittedEpoch: 2 });
    drain(subject.node);
    expect(connecting(subject, sled(1))).toEqual(["getShare 2", "getShare 1"]);
    // Sled 4 is a member of epoch 2 but not of epoch 1.
    expect(connecting(subject, sled(4))).toEqual(["getShare 2"]);
    // Sled 6 is only a member of what is coordinated; nobody needs a share of it.
    expect(connecting(subject, sled(6))).toEqual([]);
  });

  it("sends (b) the computer's request before (c) the loader's", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.node.loadRackSecret(1);
    subject.advance(sled(9), make({ epoch: 2, members: sleds(5) }).config);
    expect(connecting(subject, sled(1))).toEqual(["getShare 2", "getShare 1"]);
    expect(connecting(subject, sled(4))).toEqual(["getShare 2"]);
    expect(connecting(subject, sled(7))).toEqual([]);
  });

  it("in (a) and (b) asks only for what is missing, in (c) also for what is held", () => {
    const second = make({ epoch: 2, threshold: 3 });
    const computing = new Subject(stateWith(SELF, { committed: [FIRST] }));
    computing.node.loadRackSecret(1);
    computing.advance(sled(9), second.config);
    computing.share(sled(1), FIRST);
    computing.share(sled(1), second);
    expect(connecting(computing, sled(1))).toEqual(["getShare 1"]);

    const coordinating = new Subject(stateWith(SELF, { committed: [FIRST] }));
    coordinating.node.coordinateReconfiguration(NEXT);
    coordinating.share(sled(1), FIRST);
    expect(connecting(coordinating, sled(1))).toEqual([]);
    expect(connecting(coordinating, sled(2))).toEqual(["getShare 1"]);
  });

  it("stands for a new connection each time, with or without a disconnect in between", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.node.loadRackSecret(1);
    for (let i = 0; i < 3; i++) expect(connecting(subject, sled(1))).toEqual(["getShare 1"]);
    subject.node.disconnect(sled(1));
    subject.node.disconnect(sled(1));
    expect(subject.node.status().connectedPeers).toEqual([]);
    expect(connecting(subject, sled(1))).toEqual(["getShare 1"]);
  });

  it("sends Prepare to a member that has not acknowledged, and to no other sled", () => {
    const subject = new Subject();
    subject.node.coordinateReconfiguration({ ...NEXT, lastCommittedEpoch: null });
    drain(subject.node);
    expect(connecting(subject, sled(1))).toEqual(["prepare 3"]);
    expect(connecting(subject, sled(1))).toEqual(["prepare 3"]);
    subject.hear(sled(1), { kind: "prepareAck", epoch: 3 as never });
    expect(connecting(subject, sled(1))).toEqual([]);
    expect(connecting(subject, sled(5))).toEqual([]);
  });

  it("asks members of the new group for LRTQ shares, until they are held", () => {
    const rack = lrtqRack(5);
    const subject = new Subject(stateWith(SELF, { lrtq: rack.data(0) }));
    subject.rackId = rack.rackId;
    subject.node.coordinateUpgradeFromLrtq({ ...NEXT, rackId: rack.rackId });
    expect(connecting(subject, sled(1))).toEqual(["getLrtqShare"]);
    expect(connecting(subject, sled(5))).toEqual([]);
    subject.hear(sled(1), { kind: "lrtqShare", share: rack.data(1).share });
    expect(connecting(subject, sled(1))).toEqual([]);
  });

  it("does not ask disconnected sleds when work starts", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), {
      peers: [sled(1), sled(2)],
    });
    subject.node.disconnect(sled(2));
    subject.node.coordinateReconfiguration(NEXT);
    subject.node.loadRackSecret(1);
    const drained = drain(subject.node);
    expect(saidTo(drained, sled(1))).toEqual(["getShare 1", "getShare 1"]);
    expect(saidTo(drained, sled(2))).toEqual([]);
  });

  it("refuses this sled itself and what is no id, and changes nothing", () => {
    const { node } = new Subject();
    expect(() => node.connect(SELF)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }),
    );
    expect(() => node.connect("nobody" as BaseboardId)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_INVALID_BASEBOARD_ID" }),
    );
    expect(node.status().connectedPeers).toEqual([]);
  });

  it("lists connected peers in the protocol's order", () => {
    const subject = new Subject(null, { peers: [sled(3), sled(1), sled(2)] });
    expect(subject.node.status().connectedPeers).toEqual([sled(1), sled(2), sled(3)]);
  });
});

describe("[+] tick", () => {
  it("asks connected peers again for what is missing, in (c) too only for that", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
    subject.node.loadRackSecret(1);
    drain(subject.node);
    expect(ticking(subject, sled(1))).toEqual(["getShare 1"]);
    subject.share(sled(1), FIRST);
    expect(ticking(subject, sled(1))).toEqual([]);
    expect(connecting(subject, sled(1))).toEqual(["getShare 1"]);
  });

  it("keeps the order (a), (c) and (b), (c)", () => {
    const coordinating = new Subject(stateWith(SELF, { committed: [FIRST] }), {
      peers: [sled(1)],
    });
    coordinating.node.loadRackSecret(1);
    const second = make({ epoch: 2, members: sleds(5) });
    coordinating.prepare(second);
    coordinating.node.commit({ rackId: RACK, epoch: 2 });
    coordinating.node.coordinateReconfiguration({ ...NEXT, lastCommittedEpoch: 2 });
    drain(coordinating.node);
    expect(ticking(coordinating, sled(1))).toEqual(["getShare 2", "getShare 1"]);

    const computing = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
    computing.node.loadRackSecret(1);
    computing.advance(sled(1), second.config);
    expect(ticking(computing, sled(1))).toEqual(["getShare 2", "getShare 1"]);
  });

  it("repeats Prepare until it is acknowledged", () => {
    const subject = new Subject(null, { peers: [sled(1)] });
    subject.node.coordinateReconfiguration({ ...NEXT, lastCommittedEpoch: null });
    drain(subject.node);
    expect(ticking(subject, sled(1))).toEqual(["prepare 3"]);
    subject.hear(sled(1), { kind: "prepareAck", epoch: 3 as never });
    expect(ticking(subject, sled(1))).toEqual([]);
  });

  it("says nothing where nothing is missing, nor to sleds that are gone", () => {
    const idle = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
    expect(ticking(idle, sled(1))).toEqual([]);
    idle.node.loadRackSecret(1);
    idle.node.disconnect(sled(1));
    drain(idle.node);
    expect(ticking(idle, sled(1))).toEqual([]);
  });
});
