/** Coordinating: whom it reaches, what it says of itself, and what becomes of failures on the way. */
import { describe, expect, it } from "vitest";
import { TrustQuorumError } from "../../src/base/errors.ts";
import type { Share } from "../../src/base/share.ts";
import { NodeCore } from "../../src/protocol/core.ts";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { OutputQueue } from "../../src/protocol/outputs.ts";
import {
  RACK,
  Subject,
  crypto,
  drain,
  e,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
  thrown,
  withOtherDigest,
} from "./fixtures.ts";

const SELF = sled(0);
const FIRST = make({ epoch: 1 });
const REQUEST = { rackId: RACK, epoch: 2, members: sleds(4), threshold: 2 };

/** A backend that fails with this when it seals, or when it does what is named. */
function failing(error: Error, step: keyof TrustQuorumCrypto = "seal"): TrustQuorumCrypto {
  return new Proxy(crypto, {
    get(target, name) {
      if (name === step) {
        return () => {
          throw error;
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function collecting(backend: TrustQuorumCrypto): Subject {
  const state = stateWith(SELF, { committed: [FIRST] });
  const subject = new Subject(state, { crypto: backend, peers: [sled(1)] });
  subject.node.coordinateReconfiguration({ ...REQUEST, lastCommittedEpoch: 1 });
  drain(subject.node);
  return subject;
}

describe("a first configuration", () => {
  it("reaches the first member in the order too", () => {
    const subject = new Subject(null, { self: sled(1), peers: [sled(0), sled(9)] });
    subject.node.coordinateReconfiguration({ ...REQUEST, lastCommittedEpoch: null });
    const drained = drain(subject.node);
    expect(saidTo(drained, sled(0))).toEqual(["prepare 2"]);
    expect(saidTo(drained, sled(9))).toEqual([]);
  });

  it("is no upgrade: it can be followed by another one", () => {
    const subject = new Subject();
    subject.node.coordinateReconfiguration({ ...REQUEST, lastCommittedEpoch: null });
    expect(subject.node.coordinatorStatus()).toMatchObject({ lrtqUpgrade: false });
    subject.node.coordinateReconfiguration({ ...REQUEST, epoch: 3, lastCommittedEpoch: null });
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 3 });
  });
});

describe("sealing the old secrets fails", () => {
  it("with the backend's error: an alarm says why it is stuck, and nothing is kept or sent", () => {
    const subject = collecting(failing(new TrustQuorumError("ERR_TQ_INVALID_RACK_SECRET", {})));
    const { state } = subject;
    const { sent } = subject.share(sled(1), FIRST);
    const code = "ERR_TQ_INVALID_RACK_SECRET";
    expect(subject.node.status().alarms).toEqual([
      { kind: "rackSecretReconstructionFailed", epoch: 2, code },
    ]);
    expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "collectShares" });
    expect(sent).toEqual([]);
    expect(subject.state).toBe(state);
  });

  it("with any other error: that is a programming error, and is not taken for a peer's doing", () => {
    const subject = collecting(failing(new RangeError("out of bounds")));
    expect(() => subject.share(sled(1), FIRST)).toThrow(RangeError);
    expect(subject.node.status().alarms).toEqual([]);
  });
});

it("a request that fails with a programming error is not counted as refused", () => {
  const subject = new Subject(null, {
    crypto: failing(new RangeError("out of bounds"), "createShares"),
  });
  expect(() => {
    subject.node.coordinateReconfiguration({ ...REQUEST, lastCommittedEpoch: null });
  }).toThrow(RangeError);
  expect(subject.node.status().diagnostics).toEqual({ counts: {}, recent: [] });
});

describe("what is kept", () => {
  it("gets nothing added by a configuration of the same epoch that is another one", () => {
    const state = stateWith(SELF, { known: [FIRST] });
    const core = new NodeCore({ self: SELF, crypto, generation: 1, state });
    core.keep(withOtherDigest(FIRST.config, sled(2)), FIRST.share(SELF), { commit: true });
    expect(core.state).toBe(state);
    expect(core.outputs.generation).toBe(1);
  });

  it("is no commit of epoch 0: a sled that has committed nothing has not committed that either", () => {
    const { node } = new Subject();
    const error = thrown(() => {
      node.commit({ rackId: RACK, epoch: 0 });
    });
    expect(error.code).toBe("ERR_TQ_NOT_PREPARED");
  });
});

describe("closing the outputs", () => {
  it("zeroes every share that waits, of messages only, and lets nothing out", () => {
    const queue = new OutputQueue(0);
    const shares: Share[] = [FIRST.share(SELF), FIRST.share(sled(1))];
    queue.push({ kind: "event", event: { kind: "committed", epoch: e(1) } });
    for (const share of shares) {
      const message = { kind: "share", epoch: e(1), share, rackId: RACK } as const;
      queue.push({ kind: "send", envelope: { to: sled(1), from: SELF, message } });
    }
    queue.close();
    expect(shares.map(({ wiped }) => wiped)).toEqual([true, true]);
    expect(queue.poll(stateWith(SELF, {}))).toBeUndefined();
  });

  it("leaves alone what has left: whoever took it owns it", () => {
    const queue = new OutputQueue(0);
    const [gone, waits] = [FIRST.share(SELF), FIRST.share(sled(1))];
    for (const share of [gone, waits]) {
      const message = { kind: "share", epoch: e(1), share, rackId: RACK } as const;
      queue.push({ kind: "send", envelope: { to: sled(1), from: SELF, message } });
    }
    expect(queue.poll(stateWith(SELF, {}))).toMatchObject({ kind: "send" });
    queue.close();
    expect([gone.wiped, waits.wiped]).toEqual([false, true]);
  });
});

it("a node says which sled it is", () => {
  expect(new Subject(null, { self: sled(7) }).node.self).toBe(sled(7));
});
