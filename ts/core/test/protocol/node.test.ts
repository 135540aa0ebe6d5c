/** A node's life: what it is restored from, and what is left of it once it is disposed of. */
import { describe, expect, it } from "vitest";
import type { PeerMessage } from "../../src/protocol/messages.ts";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";
import { RACK, Subject, crypto, drain, e, make, sled, stateWith, thrown } from "./fixtures.ts";

const SELF = sled(0);
const FIRST = make({ epoch: 1 });

function restore(state: PersistentState, self = SELF): TrustQuorumNode {
  return TrustQuorumNode.restore({ self, ledger: { generation: 1, state }, crypto });
}

describe("restore", () => {
  it("takes up the state as the ledger holds it, and nothing else", () => {
    const state = stateWith(SELF, { committed: [FIRST] });
    const node = restore(state);
    expect(node.persistentState).toBe(state);
    expect(node.poll()).toBeUndefined();
    expect(node.status()).toMatchObject({
      self: SELF,
      rackId: RACK,
      connectedPeers: [],
      alarms: [],
      coordinating: null,
      computingShare: null,
      rackSecrets: { loaded: [], collecting: null },
    });
  });

  it("refuses another sled's ledger", () => {
    const state = stateWith(SELF, { prepared: [FIRST] });
    for (const other of [sled(1), sled(9)]) {
      const error = thrown(() => restore(state, other));
      expect(error.code).toBe("ERR_TQ_INVALID_ARGUMENT");
    }
  });

  it("refuses a commit without its configuration or share: a new chain would lose the old one", () => {
    const state = stateWith(SELF, { committed: [FIRST] });
    for (const part of [{ shares: new Map() }, { configs: new Map(), shares: new Map() }]) {
      const error = thrown(() => restore({ ...state, ...part }));
      expect(error.code).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(error.details).toMatchObject({ argument: "ledger" });
    }
  });

  it("refuses a name that is none", () => {
    const named = { self: "nobody" as never, ledger: null, crypto };
    expect(thrown(() => TrustQuorumNode.restore(named)).code).toBe("ERR_TQ_INVALID_BASEBOARD_ID");
  });
});

describe("dispose", () => {
  it("lets nothing out any more: zeroed shares never reach a disk", () => {
    const subject = new Subject();
    subject.node.receive(sled(1), {
      kind: "prepare",
      config: FIRST.config,
      share: FIRST.share(SELF),
      rackId: RACK,
    });
    subject.node.dispose();
    expect(drain(subject.node)).toEqual({ sent: [], events: [], persists: [] });
  });
});

describe("a message of a kind that the types do not have", () => {
  it("is counted as undecodable, and nothing of it is kept", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    const message = { kind: "unheard-of", rackId: RACK, share: FIRST.share(sled(1)) };
    subject.node.receive(sled(1), message as unknown as PeerMessage);
    expect(subject.node.status().diagnostics).toEqual({
      counts: { undecodable_message: 1 },
      recent: [{ sequence: 1, reason: "undecodable_message", from: sled(1), epoch: null }],
    });
    expect(subject.state.shares.has(e(1))).toBe(true);
  });
});

describe("requests that are none", () => {
  it.each<[string, (node: TrustQuorumNode) => unknown]>([
    ["coordinateReconfiguration", (node) => node.coordinateReconfiguration(null as never)],
    ["coordinateUpgradeFromLrtq", (node) => node.coordinateUpgradeFromLrtq(undefined as never)],
    ["commit", (node) => node.commit("please" as never)],
    ["prepareAndCommit", (node) => node.prepareAndCommit(undefined as never)],
    ["loadRackSecret", (node) => node.loadRackSecret("2" as never)],
  ])("%s refuses with a typed error, counts it and changes nothing", (_, call) => {
    const node = restore(stateWith(SELF, { committed: [FIRST] }));
    const before = node.persistentState;
    expect(thrown(() => call(node)).code).toBe("ERR_TQ_INVALID_ARGUMENT");
    expect(node.persistentState).toBe(before);
    expect(node.status().diagnostics.counts).toEqual({ ERR_TQ_INVALID_ARGUMENT: 1 });
    expect(() => JSON.stringify(node.status())).not.toThrow();
  });
});

describe("a message after dispose", () => {
  it("is ignored, so that a late frame does not throw", () => {
    const node = restore(stateWith(SELF, { committed: [FIRST] }));
    node.dispose();
    expect(() => {
      node.receive(sled(1), { kind: "getShare", rackId: RACK, epoch: e(1) });
    }).not.toThrow();
    expect(drain(node).sent).toEqual([]);
  });
});
