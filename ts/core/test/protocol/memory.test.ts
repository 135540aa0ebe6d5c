/** The node's parts zero each secret that they hold once it is no longer needed. */
import { describe, expect, it, vi } from "vitest";
import { SHARE_BYTES, Share } from "../../src/base/share.ts";
import type { RackSecrets, TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { OUTPUTS_MAX } from "../../src/protocol/outputs.ts";
import { ShareCollector } from "../../src/protocol/share-collector.ts";
import { BACKENDS } from "./backends.ts";
import { RACK, Subject, drain, e, lrtqRack, make, sled, sleds, stateWith } from "./fixtures.ts";

const SELF = sled(0);
const LRTQ = lrtqRack(5);

/** A backend that remembers which secret buffers and handles went in and out. */
function watched(crypto: TrustQuorumCrypto): {
  crypto: TrustQuorumCrypto;
  buffers: Uint8Array[];
  handles: RackSecrets[];
} {
  const buffers: Uint8Array[] = [];
  const handles: RackSecrets[] = [];
  const kept = <T>(list: T[], value: T): T => {
    list.push(value);
    return value;
  };
  const wrapper: Partial<TrustQuorumCrypto> = {
    createShares: (options) => {
      const created = crypto.createShares(options);
      kept(buffers, created.shares);
      return created;
    },
    recover: (options) => {
      kept(buffers, options.shares);
      return kept(handles, crypto.recover(options));
    },
    recoverLrtq: (options) => {
      kept(buffers, options.shares);
      return kept(handles, crypto.recoverLrtq(options));
    },
    computeShare: (options) => {
      kept(buffers, options.shares);
      const share = crypto.computeShare(options);
      kept(buffers, share.bytes);
      return share;
    },
  };
  const proxy = new Proxy(crypto, {
    get(target, name) {
      const own: unknown = Reflect.get(wrapper, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return { crypto: proxy, buffers, handles };
}

function expectZeroed(buffers: readonly Uint8Array[], count: number): void {
  expect(buffers).toHaveLength(count);
  for (const bytes of buffers) expect(bytes.every((byte) => byte === 0)).toBe(true);
}

/** Which of the flat shares that were made for a configuration are not zeroed, by their position. */
function held(shares: Uint8Array | undefined): number[] {
  const left: number[] = [];
  for (let at = 0; at < (shares?.length ?? 0); at += SHARE_BYTES) {
    if (shares?.subarray(at, at + SHARE_BYTES).some((byte) => byte !== 0)) {
      left.push(at / SHARE_BYTES);
    }
  }
  return left;
}

describe.each(BACKENDS)("over the $name crypto", ({ crypto: backend }) => {
  const first = make({ epoch: 1, crypto: backend });
  const change = {
    rackId: RACK,
    epoch: 2,
    lastCommittedEpoch: 1,
    members: sleds(4),
    threshold: 2,
  };
  const committed = () => {
    const watch = watched(backend);
    const subject = new Subject(stateWith(SELF, { committed: [first] }), {
      crypto: watch.crypto,
      peers: [sled(1), sled(2)],
    });
    return { ...watch, subject };
  };
  const upgrading = () => {
    const watch = watched(backend);
    const subject = new Subject(stateWith(SELF, { lrtq: LRTQ.data(0) }), { crypto: watch.crypto });
    subject.rackId = LRTQ.rackId;
    const request = { rackId: LRTQ.rackId, epoch: 2, members: sleds(4), threshold: 2 };
    subject.node.coordinateUpgradeFromLrtq(request);
    return { ...watch, subject, request };
  };

  it("the coordinator of a first configuration zeroes each share it was given once that is kept", () => {
    const { crypto, buffers } = watched(backend);
    const subject = new Subject(null, { crypto });
    subject.node.coordinateReconfiguration({ ...change, lastCommittedEpoch: null });
    expect(held(buffers[0])).toEqual([1, 2, 3]);
    subject.hear(sled(2), { kind: "prepareAck", epoch: e(2) });
    expect(held(buffers[0])).toEqual([1, 3]);
    for (const i of [1, 3]) subject.hear(sled(i), { kind: "prepareAck", epoch: e(2) });
    expectZeroed(buffers, 1);
    // Its own share is in the persistent state, intact.
    expect(subject.state.shares.get(e(2))?.wiped).toBe(false);
  });

  it("a coordinator that gets to Prepare zeroes old shares and its new one, and drops the old secrets", () => {
    const { subject, buffers, handles } = committed();
    subject.node.coordinateReconfiguration(change);
    expect(held(buffers[0])).toEqual([0, 1, 2, 3]);
    subject.share(sled(1), first);
    expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare" });
    expect(held(buffers[0])).toEqual([1, 2, 3]);
    expectZeroed(buffers.slice(1), 1);
    expect(handles.map(({ disposed }) => disposed)).toEqual([true]);
    // Its own share is in the persistent state, intact.
    expect(subject.state.shares.get(e(2))?.wiped).toBe(false);
  });

  it("so does the coordinator of an upgrade", () => {
    const { subject, buffers, handles } = upgrading();
    for (const i of [1, 2]) subject.hear(sled(i), { kind: "lrtqShare", share: LRTQ.data(i).share });
    expect(subject.node.coordinatorStatus()).toMatchObject({ operation: "prepare" });
    expect(held(buffers[0])).toEqual([1, 2, 3]);
    expectZeroed(buffers.slice(1), 1);
    expect(handles.map(({ disposed }) => disposed)).toEqual([true]);
    expect(subject.state.lrtq?.share.bytes).toEqual(LRTQ.data(0).share.bytes);
  });

  it("a coordinator that is replaced or stopped while collecting zeroes the new shares", () => {
    const replaced = committed();
    replaced.subject.node.coordinateReconfiguration(change);
    replaced.subject.node.coordinateReconfiguration({ ...change, epoch: 3 });
    expectZeroed(replaced.buffers.slice(0, 1), 1);
    expect(replaced.buffers[1]?.some((byte) => byte !== 0)).toBe(true);

    const stopped = committed();
    stopped.subject.node.coordinateReconfiguration(change);
    stopped.subject.prepare(make({ epoch: 3, crypto: backend }));
    expectZeroed(stopped.buffers, 1);

    const expunged = committed();
    expunged.subject.node.coordinateReconfiguration(change);
    expunged.subject.hear(sled(1), { kind: "expunged", epoch: e(1) });
    expectZeroed(expunged.buffers, 1);

    // What it had collected by then is zeroed with them.
    const { wipe } = ShareCollector.prototype;
    const wiped = vi.spyOn(ShareCollector.prototype, "wipe").mockImplementation(function (
      this: ShareCollector,
    ) {
      wipe.call(this);
      expect(this.shares.every((byte) => byte === 0)).toBe(true);
    });
    const one = committed();
    one.subject.node.coordinateReconfiguration(change);
    one.subject.node.coordinateReconfiguration({ ...change, epoch: 3 });
    expect(wiped).toHaveBeenCalledTimes(1);
    wiped.mockRestore();

    const upgrade = upgrading();
    upgrade.subject.node.coordinateUpgradeFromLrtq({ ...upgrade.request, epoch: 3 });
    expectZeroed(upgrade.buffers.slice(0, 1), 1);
  });

  it("the loader zeroes what it collected, and the secrets it replaces or clears", () => {
    const { subject, buffers, handles } = committed();
    subject.node.loadRackSecret(1);
    subject.share(sled(1), first);
    expectZeroed(buffers, 1);
    expect(handles.map(({ disposed }) => disposed)).toEqual([false]);
    const second = make({ epoch: 2, crypto: backend });
    subject.prepare(second);
    subject.node.commit({ rackId: RACK, epoch: 2 });
    subject.node.loadRackSecret(2);
    subject.share(sled(1), second);
    expectZeroed(buffers, 2);
    expect(handles.map(({ disposed }) => disposed)).toEqual([true, false]);
    subject.node.clearSecrets();
    expect(handles.map(({ disposed }) => disposed)).toEqual([true, true]);
  });

  it("the key share computer zeroes what it collected, and its result once that is kept", () => {
    const { subject, buffers } = committed();
    const second = make({ epoch: 2, crypto: backend });
    subject.advance(sled(1), second.config);
    subject.share(sled(1), second);
    subject.share(sled(2), second);
    expectZeroed(buffers, 2);
    expect(subject.state.shares.get(e(2))?.bytes).toEqual(second.share(SELF).bytes);
  });

  it("a rebuild that failed at K is not tried again with what is zeroed", () => {
    const watch = watched(backend);
    const state = stateWith(SELF, { committed: [first] });
    const wrong = make({ epoch: 1, crypto: backend }).share(SELF);
    const subject = new Subject(
      { ...state, shares: new Map([[e(1), wrong]]) },
      { crypto: watch.crypto },
    );
    subject.node.coordinateReconfiguration(change);
    for (const i of [1, 2, 3]) subject.share(sled(i), first);
    expect(subject.node.status().alarms).toHaveLength(1);
    // The new shares, and the old ones of the one attempt.
    expect(watch.buffers).toHaveLength(2);

    // The same with LRTQ shares, one of which is not a canonical scalar.
    const upgrade = watched(backend);
    const bad = LRTQ.data(1).share;
    bad.bytes.fill(0xff, 1);
    const data = LRTQ.data(0);
    const shareDigests = new Uint8Array([...data.shareDigests, ...backend.sha3_256(bad.bytes)]);
    const sled0 = new Subject(stateWith(SELF, { lrtq: { ...data, shareDigests } }), {
      crypto: upgrade.crypto,
    });
    sled0.rackId = LRTQ.rackId;
    sled0.node.coordinateUpgradeFromLrtq({ ...change, rackId: LRTQ.rackId });
    sled0.hear(sled(1), { kind: "lrtqShare", share: bad });
    for (const i of [2, 3, 4]) {
      sled0.hear(sled(i), { kind: "lrtqShare", share: LRTQ.data(i).share });
    }
    expect(sled0.node.status().alarms).toHaveLength(1);
    expect(upgrade.buffers).toHaveLength(2);
  });

  it("the share in an answer that does not fit any more is zeroed", () => {
    const { subject } = committed();
    const second = make({ epoch: 2, crypto: backend });
    const prepare = { kind: "prepare", config: second.config, share: second.share(SELF) } as const;
    subject.node.receive(sled(1), { ...prepare, rackId: RACK });
    const ask = { kind: "getShare", epoch: e(1), rackId: RACK } as const;
    for (let i = 1; i < OUTPUTS_MAX; i++) subject.node.receive(sled(1), ask);
    const clones = vi.spyOn(Share.prototype, "clone");
    subject.node.receive(sled(1), ask);
    const dropped = clones.mock.results.map(({ value }) => (value as Share).wiped);
    clones.mockRestore();
    expect(dropped).toEqual([true]);
    expect(subject.count("outputs_full")).toBe(1);
  });

  it("an acknowledged Prepare's share is zeroed, one that is sent again is a fresh copy", () => {
    const { subject, buffers } = committed();
    subject.node.coordinateReconfiguration(change);
    drain(subject.node);
    const copies = vi.spyOn(Share, "copyOf");
    const [prepared] = subject.share(sled(1), first).sent.filter(({ to }) => to === sled(2));
    // The old share that the test itself made, this sled's new one, and one for each connected peer.
    const made = copies.mock.results.map(({ value }) => value as Share);
    expect(made.map((share) => [share.x, share.wiped])).toEqual([
      [2, false],
      [0, true],
      [2, false],
      [3, false],
    ]);
    copies.mockRestore();
    subject.hear(sled(1), { kind: "prepareAck", epoch: e(2) });
    expect(held(buffers[0])).toEqual([2, 3]);

    if (prepared?.message.kind !== "prepare") throw new Error("no Prepare was sent");
    prepared.message.share.wipe();
    subject.node.tick();
    const [again, ...others] = drain(subject.node).sent;
    expect(others).toEqual([]);
    if (again?.message.kind !== "prepare") throw new Error("Prepare was not sent again");
    expect(again.message.share.x).toBe(3);

    subject.node.commit({ rackId: RACK, epoch: 2 });
    expectZeroed(buffers, 2);
    expect(again.message.share.wiped).toBe(false);
  });
});
