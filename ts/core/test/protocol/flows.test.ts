/** Whole operations on a cluster: upgrades, reconfigurations and unlocking, with faults in between. */
import { describe, expect, it } from "vitest";
import type { BaseboardId, RackId } from "../../src/base/id-types.ts";
import { SHARE_BYTES } from "../../src/base/share.ts";
import type { Configuration } from "../../src/protocol/configuration.ts";
import type { RackSecret, RackSecrets, TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { hasPrepared } from "../../src/protocol/persistent-state.ts";
import { BACKENDS } from "./backends.ts";
import { Cluster } from "./cluster.ts";
import { RACK, e, lrtqRack, sled, sleds } from "./fixtures.ts";

describe.each(BACKENDS)("over the $name crypto", ({ crypto }) => {
  it("a fresh rack commits, is reconfigured with sleds added and removed, and unlocks", () => {
    const cluster = rack(crypto, 7);
    reconfigure(cluster, sled(0), { epoch: 1, last: null, members: sleds(5), threshold: 3 });
    // 5 and 6 join, 3 and 4 leave; 4 is off the net meanwhile.
    cluster.disconnect(sled(4), sled(0));
    for (const i of [1, 2, 3, 5, 6]) cluster.disconnect(sled(4), sled(i));
    const members = [0, 1, 2, 5, 6].map(sled);
    reconfigure(cluster, sled(1), { epoch: 2, last: 1, members, threshold: 3 });
    expectOneChain(cluster, crypto, 2, [1, 2]);

    // Sled 4 comes back, asks to unlock its disks at epoch 1, and learns that it was removed.
    cluster.call(sled(4), (node) => node.loadRackSecret(1));
    // One member's word is not enough, nor two: it takes as many as rebuild a secret.
    for (const [i, from] of [sled(2), sled(0)].entries()) {
      cluster.connect(sled(4), from);
      cluster.settle();
      expect(cluster.saved(sled(4)).expunged).toBeNull();
      const { removalReports } = cluster.node(sled(4)).status();
      expect(removalReports).toEqual({
        epoch: 2,
        from: [sled(2), sled(0)].slice(0, i + 1),
        threshold: 3,
      });
    }
    cluster.connect(sled(4), sled(1));
    cluster.settle();
    expect(cluster.saved(sled(4)).expunged).toEqual({ epoch: 2, from: sled(1) });
    expect(cluster.events(sled(4)).at(-1)).toEqual({
      kind: "expunged",
      epoch: 2,
      from: sled(1),
    });
    expect(cluster.node(sled(4)).status().removalReports).toBeNull();

    cluster.powerCycle();
    cluster.settle();
    const secrets = unlock(cluster, members, 2);
    const before = unlock(cluster, members, 1);
    expect(secrets[0]?.equals(before[0] as RackSecret)).toBe(false);
    expectNoAlarms(cluster);
  });

  it("exactly K sleds unlock a rack after a power failure; K-1 do not", () => {
    const cluster = rack(crypto, 5);
    reconfigure(cluster, sled(0), { epoch: 1, last: null, members: sleds(5), threshold: 3 });
    cluster.powerCycle([sled(1), sled(4)]);
    for (const id of [sled(1), sled(4)]) {
      expect(cluster.call(id, (node) => node.loadRackSecret(1))).toBeUndefined();
    }
    cluster.settle();
    expect(cluster.node(sled(1)).status().rackSecrets.loaded).toEqual([]);
    cluster.restart(sled(3));
    cluster.connectAll([sled(1), sled(3), sled(4)]);
    cluster.settle();
    unlock(cluster, [sled(1), sled(3), sled(4)], 1);
  });

  it("a sled that missed its Prepare computes its share, to the byte the one it would have got", () => {
    const cluster = rack(crypto, 4);
    const config = prepare(cluster, sled(0), {
      epoch: 1,
      last: null,
      members: sleds(4),
      threshold: 2,
      absent: [sled(3)],
    });
    expect(cluster.node(sled(0)).coordinatorStatus()).toMatchObject({ acks: sleds(3) });
    for (const id of sleds(3)) cluster.call(id, (node) => node.commit({ rackId: RACK, epoch: 1 }));
    cluster.connectAll();
    const result = cluster.call(sled(3), (node) => node.prepareAndCommit(config));
    expect(result).toBe("pending");
    cluster.settle();
    expect(cluster.call(sled(3), (node) => node.prepareAndCommit(config))).toBe("committed");
    expectOneChain(cluster, crypto, 1, [1]);
    cluster.powerCycle();
    unlock(cluster, sleds(4), 1);
    expectNoAlarms(cluster);
  });

  it("a sled that was down for a commit learns of it from its peers when it unlocks", () => {
    const cluster = rack(crypto, 4);
    reconfigure(cluster, sled(0), { epoch: 1, last: null, members: sleds(4), threshold: 2 });
    cluster.crash(sled(3));
    reconfigure(cluster, sled(0), {
      epoch: 2,
      last: 1,
      members: sleds(4),
      threshold: 2,
      absent: [sled(3)],
    });
    cluster.restart(sled(3));
    cluster.connectAll();
    cluster.call(sled(3), (node) => node.loadRackSecret(1));
    cluster.settle();
    expect([...cluster.saved(sled(3)).commits]).toEqual([1, 2]);
    expectOneChain(cluster, crypto, 2, [1, 2]);
    unlock(cluster, sleds(4), 2);
    expectNoAlarms(cluster);
  });

  describe("an LRTQ rack", () => {
    const lrtq = lrtqRack(5);
    const lrtqCluster = () => {
      const cluster = new Cluster({
        crypto,
        sleds: sleds(5).map((id, i) => ({ id, lrtq: lrtq.data(i) })),
      });
      cluster.connectAll();
      return cluster;
    };
    const request = (epoch: number) => ({
      rackId: lrtq.rackId,
      epoch,
      members: sleds(5),
      threshold: 3,
    });
    function finish(cluster: Cluster, epoch: number): void {
      commitAll(cluster, { rackId: lrtq.rackId, epoch, members: sleds(5) });
      expectOneChain(cluster, crypto, epoch, [1, epoch]);
      cluster.powerCycle([sled(0), sled(2), sled(4)]);
      const secrets = unlock(cluster, [sled(0), sled(2), sled(4)], 1);
      for (const secret of secrets) {
        expect(secret.expose((bytes) => Buffer.from(bytes).equals(lrtq.secret))).toBe(true);
      }
      expectNoAlarms(cluster);
    }

    it("upgrades, and the LRTQ secret stays in the chain as epoch 1, also after a reconfiguration", () => {
      const cluster = lrtqCluster();
      cluster.call(sled(0), (node) => node.coordinateUpgradeFromLrtq(request(2)));
      cluster.settle();
      finish(cluster, 2);
      cluster.powerCycle();
      reconfigure(
        cluster,
        sled(3),
        { epoch: 3, last: 2, members: sleds(5), threshold: 2 },
        lrtq.rackId,
      );
      expectOneChain(cluster, crypto, 3, [1, 2, 3]);
      const [secret] = unlock(cluster, sleds(5), 1);
      expect(secret?.expose((bytes) => Buffer.from(bytes).equals(lrtq.secret))).toBe(true);
    });

    it.each([0, 1, 3, 5, 8, 10, 12, 15])(
      "survives a coordinator that crashes after %i messages; another sled pre-empts it",
      (messages) => {
        const cluster = lrtqCluster();
        cluster.call(sled(0), (node) => node.coordinateUpgradeFromLrtq(request(2)));
        deliverSome(cluster, messages);
        cluster.crash(sled(0));
        cluster.settle();
        cluster.call(sled(1), (node) => node.coordinateUpgradeFromLrtq(request(3)));
        cluster.settle();
        cluster.restart(sled(0));
        cluster.connectAll();
        cluster.settle();
        finish(cluster, 3);
      },
    );

    it("pre-empts its own upgrade at a higher epoch", () => {
      const cluster = lrtqCluster();
      cluster.call(sled(0), (node) => node.coordinateUpgradeFromLrtq(request(2)));
      deliverSome(cluster, 5);
      cluster.call(sled(0), (node) => node.coordinateUpgradeFromLrtq(request(4)));
      cluster.settle();
      finish(cluster, 4);
    });
  });

  describe("a restart of any sled at any point", () => {
    const members = [0, 1, 2, 4].map(sled);
    it.each(sleds(5))("of %s: the rack converges, and nothing is lost", (victim) => {
      for (let messages = 0; ; messages++) {
        const cluster = rack(crypto, 5);
        reconfigure(cluster, sled(0), { epoch: 1, last: null, members: sleds(4), threshold: 2 });
        cluster.call(sled(0), (node) =>
          node.coordinateReconfiguration({
            rackId: RACK,
            epoch: 2,
            lastCommittedEpoch: 1,
            members,
            threshold: 3,
          }),
        );
        const delivered = deliverSome(cluster, messages);
        cluster.restart(victim);
        cluster.connectAll();
        cluster.settle();
        // Where the coordinator was lost, Nexus aborts and proposes the next epoch elsewhere.
        let epoch = 2;
        if (cluster.node(sled(0)).coordinatorStatus() === null) {
          epoch = 3;
          prepare(cluster, sled(1), { epoch, last: 1, members, threshold: 3 });
        }
        commitAll(cluster, { rackId: RACK, epoch, members });
        expectOneChain(cluster, crypto, epoch, [1, epoch]);
        cluster.powerCycle();
        unlock(cluster, members, epoch);
        expectNoAlarms(cluster);
        if (delivered < messages) break;
      }
    });
  });

  it("[+] a lost message on a live connection is made up for by tick", () => {
    const cluster = rack(crypto, 4);
    reconfigure(cluster, sled(0), { epoch: 1, last: null, members: sleds(4), threshold: 3 });
    cluster.call(sled(1), (node) => node.loadRackSecret(1));
    // All questions are lost without anybody noticing.
    while (cluster.busyLinks.length > 0) cluster.drop(cluster.busyLinks[0] ?? "");
    cluster.settle();
    expect(cluster.node(sled(1)).status().rackSecrets.loaded).toEqual([]);
    cluster.call(sled(1), (node) => node.tick());
    cluster.settle();
    expect(cluster.node(sled(1)).status().rackSecrets.loaded).toEqual([1]);
  });
});

interface Change {
  readonly epoch: number;
  readonly last: number | null;
  readonly members: readonly BaseboardId[];
  readonly threshold: number;
  /** Members that are cut off meanwhile. */
  readonly absent?: readonly BaseboardId[];
}

function rack(crypto: TrustQuorumCrypto, n: number): Cluster {
  const cluster = new Cluster({ crypto, sleds: sleds(n).map((id) => ({ id })) });
  cluster.connectAll();
  return cluster;
}

/** Coordinates a change until everybody who is there has prepared. */
function prepare(
  cluster: Cluster,
  coordinator: BaseboardId,
  change: Change,
  rackId: RackId = RACK,
): Configuration {
  for (const id of change.absent ?? []) {
    for (const other of cluster.ids) if (other !== id) cluster.disconnect(id, other);
  }
  cluster.call(coordinator, (node) =>
    node.coordinateReconfiguration({ ...change, rackId, lastCommittedEpoch: change.last }),
  );
  cluster.settle();
  const status = cluster.node(coordinator).coordinatorStatus();
  if (status?.operation !== "prepare") throw new Error("the coordinator did not get to Prepare");
  return status.config;
}

function reconfigure(
  cluster: Cluster,
  coordinator: BaseboardId,
  change: Change,
  rackId: RackId = RACK,
): void {
  prepare(cluster, coordinator, change, rackId);
  const members = change.members.filter((id) => !change.absent?.includes(id));
  commitAll(cluster, { rackId, epoch: change.epoch, members });
}

/** What Nexus does: commit where prepared, hand the configuration to the others. */
function commitAll(
  cluster: Cluster,
  options: { rackId: RackId; epoch: number; members: readonly BaseboardId[] },
): void {
  const { rackId, members } = options;
  const epoch = e(options.epoch);
  const prepared = members.filter((id) => hasPrepared(cluster.saved(id), epoch));
  const config = cluster.saved(prepared[0] ?? sled(0)).configs.get(epoch);
  if (config === undefined) throw new Error(`nobody has prepared epoch ${epoch}`);
  expect(prepared.length).toBeGreaterThanOrEqual(config.threshold);
  for (const id of prepared) cluster.call(id, (node) => node.commit({ rackId, epoch }));
  for (const id of members) {
    if (!prepared.includes(id)) cluster.call(id, (node) => node.prepareAndCommit(config));
  }
  cluster.settle();
  for (const id of members) expect([...cluster.saved(id).commits]).toContain(epoch);
}

/** Delivers up to this many messages, one link after the other; says how many there were. */
function deliverSome(cluster: Cluster, messages: number): number {
  for (let delivered = 0; delivered < messages; delivered++) {
    const links = cluster.busyLinks;
    const link = links[delivered % Math.max(links.length, 1)];
    if (link === undefined) return delivered;
    cluster.deliver(link);
  }
  return messages;
}

/** Every sled loads the secret of an epoch, and all of them get the same one. */
function unlock(cluster: Cluster, ids: readonly BaseboardId[], epoch: number): RackSecret[] {
  for (const id of ids) cluster.call(id, (node) => node.loadRackSecret(epoch));
  cluster.settle();
  const secrets = ids.map((id) => {
    const secret = cluster.call(id, (node) => node.loadRackSecret(epoch));
    if (secret === undefined) throw new Error(`${id} did not unlock`);
    return secret;
  });
  for (const secret of secrets) expect(secret.equals(secrets[0] as RackSecret)).toBe(true);
  return secrets;
}

function expectNoAlarms(cluster: Cluster): void {
  for (const id of cluster.ids) {
    if (cluster.isUp(id)) expect(cluster.node(id).status().alarms).toEqual([]);
  }
}

/** Invariant 7: any K shares of a committed epoch give one secret, and it opens the whole chain. */
function expectOneChain(
  cluster: Cluster,
  crypto: TrustQuorumCrypto,
  at: number,
  chain: readonly number[],
): void {
  const epoch = e(at);
  const holders = cluster.ids.filter((id) => cluster.saved(id).commits.has(epoch));
  const config = cluster.saved(holders[0] ?? sled(0)).configs.get(epoch);
  if (config === undefined) throw new Error(`nobody has committed epoch ${at}`);
  const k = config.threshold;
  const recovered: RackSecrets[] = [];
  for (let first = 0; first + k <= holders.length; first++) {
    const shares = new Uint8Array(k * SHARE_BYTES);
    const digests = new Uint8Array(k * 32);
    holders.slice(first, first + k).forEach((id, i) => {
      shares.set(cluster.saved(id).shares.get(epoch)?.bytes ?? [], i * SHARE_BYTES);
      digests.set(config.digestAt(config.indexOf(id)), i * 32);
    });
    const { rackId, encryptedRackSecrets: encrypted } = config;
    recovered.push(crypto.recover({ shares, digests, rackId, epoch, encrypted }));
  }
  for (const secrets of recovered) {
    expect(secrets.epochs).toEqual(chain);
    for (const each of chain) {
      using here = secrets.secret(e(each));
      using there = recovered[0]?.secret(e(each));
      expect(here?.equals(there as RackSecret)).toBe(true);
    }
  }
  expect(recovered.length).toBeGreaterThan(0);
}
