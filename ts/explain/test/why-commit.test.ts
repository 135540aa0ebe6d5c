/** `why`: each way in which a sled comes not to have committed, computed its share, or unlocked. */
import type { Epoch } from "trust-quorum";
import { Configuration, Share } from "trust-quorum/protocol";
import type { PeerMessageBody } from "trust-quorum/protocol";
import { describe, expect, test } from "vitest";
import { Rack } from "./rack.ts";

function configOf(rack: Rack, number: number, epoch: number): Configuration {
  const config = rack.cluster.node(rack.id(number)).persistentState.configs.get(epoch as Epoch);
  if (config === undefined) throw new Error("no configuration");
  return config;
}

function hear(rack: Rack, number: number, from: number, body: PeerMessageBody): void {
  rack.cluster.call(rack.id(number), (node) =>
    node.receive(rack.id(from), { ...body, rackId: rack.rackId }),
  );
}

/** Five sleds, threshold 3; the last one missed epoch 1, which the others committed. */
function missedOne(): Rack {
  const rack = new Rack(5);
  rack.link(0, 1, 2, 3);
  rack.establish(1, [0, 1, 2, 3], { threshold: 3 });
  return rack;
}

function handOver(rack: Rack, number: number, epoch = 1): void {
  const config = configOf(rack, 0, epoch);
  rack.cluster.call(rack.id(number), (node) => node.prepareAndCommit(config));
}

describe("why a sled has not committed", () => {
  test("nobody has", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.establish(1, []);
    expect(rack.codes(1, 1).committed).toEqual(["nobody_committed"]);
  });

  test("it was never told, and is connected to nobody who has", () => {
    const rack = missedOne();
    expect(rack.codes(4, 1).committed).toEqual(["never_told", "isolated"]);
    rack.link(4, 0);
    expect(rack.codes(4, 1).committed).toEqual(["never_told"]);
  });

  test("a decision of the control plane is evidence too", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.establish(1, []);
    const decided = {
      kind: "decision",
      by: "Nexus",
      text: "commits epoch 1",
      epoch: 1 as Epoch,
    } as const;
    rack.recorder.annotate(decided);
    const [reason] = rack.why(1, 1).notCommitted;
    expect(reason?.code).toBe("never_told");
    expect(reason?.events).toHaveLength(1);
  });

  test("Nexus's commit was refused", () => {
    const rack = new Rack(3);
    rack.link(0, 1);
    rack.coordinate(0, 1);
    rack.cluster.deliverAll();
    rack.commit(2, 1);
    expect(rack.codes(2, 1).committed).toEqual(["commit_refused:ERR_TQ_NOT_PREPARED"]);
  });

  test("Nexus's prepareAndCommit was refused, since the sled holds another configuration", () => {
    const rack = missedOne();
    const config = configOf(rack, 0, 1);
    const other = Configuration.create({
      ...config,
      digests: new Uint8Array(config.digests).fill(7),
    });
    hear(rack, 4, 1, { kind: "commitAdvance", config: other });
    handOver(rack, 4);
    const codes = rack.codes(4, 1);
    expect(codes.general).toEqual(["other_configuration"]);
    expect(codes.committed).toContain(
      "prepare_and_commit_refused:ERR_TQ_MISMATCHED_CONFIGURATIONS",
    );
  });

  test("a CommitAdvance had no effect while a later epoch is coordinated", () => {
    const rack = missedOne();
    rack.coordinate(4, 2);
    hear(rack, 4, 0, { kind: "commitAdvance", config: configOf(rack, 0, 1) });
    expect(rack.codes(4, 1).committed).toContain("commit_advance_refused:coordinating_later_epoch");
  });

  test("it was expunged", () => {
    const rack = missedOne();
    hear(rack, 3, 0, { kind: "expunged", epoch: 9 as Epoch });
    handOver(rack, 3);
    expect(rack.codes(3, 1).general).toEqual(["expunged"]);
    rack.link(0, 1, 2);
    expect(rack.why(3, 1).general[0]?.text).toMatch(
      /expunged as of epoch 9 by BRM00001 at event \d+/,
    );
  });

  test("some members say that it was removed, but fewer than it believes", () => {
    const rack = new Rack(5, undefined, "strict");
    rack.link(0, 1, 2, 3);
    rack.establish(1, [0, 1, 2, 3], { threshold: 3 });
    rack.cluster.call(rack.id(0), (node) => node.loadRackSecret(1));
    rack.cluster.call(rack.id(0), (node) => node.clearSecrets());
    for (const number of [1, 2]) {
      rack.cluster.call(rack.id(0), (node) => {
        node.disconnect(rack.id(number));
        node.connect(rack.id(number));
        node.loadRackSecret(1);
      });
      hear(rack, 0, number, { kind: "expunged", epoch: (6 + number) as Epoch });
    }
    const { general } = rack.why(0, 1);
    expect(general.map(({ code }) => code)).toEqual(["removal_reported"]);
    expect(general[0]?.text).toMatch(
      /^2 of 3 members say that this sled was removed at epoch 7 \(.*\)/u,
    );
  });

  test("it is down", () => {
    const rack = missedOne();
    rack.recorder.annotate({ kind: "crash", node: rack.id(4) });
    expect(rack.codes(4, 1).general).toEqual(["down"]);
  });

  test("it is no member", () => {
    const rack = new Rack(4);
    rack.link(0, 1, 2, 3);
    rack.coordinate(0, 1, { members: [0, 1, 2] });
    expect(rack.codes(3, 1).general).toEqual(["not_a_member"]);
  });

  test("its commit was lost with a crash before it was saved", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.establish(1, [0]);
    rack.cluster.call(rack.id(1), (node) => node.commit({ rackId: rack.rackId, epoch: 1 }), {
      save: false,
    });
    rack.cluster.restart(rack.id(1));
    expect(rack.codes(1, 1).committed).toContain("commit_lost");
  });
});

describe("why a sled has not computed its share", () => {
  test("it collects, and is connected to nobody", () => {
    const rack = missedOne();
    handOver(rack, 4);
    const codes = rack.codes(4, 1).committed;
    expect(codes).toEqual(["computing_share", ...Array<string>(4).fill("share_not_connected")]);
  });

  test("it asked, and the question or the answer is under way", () => {
    const rack = missedOne();
    rack.link(4, 0);
    rack.link(4, 1);
    handOver(rack, 4);
    rack.cluster.deliverOne(() => 0);
    const codes = rack.codes(4, 1).committed;
    expect(codes).toContain("share_answer_not_arrived");
    expect(codes).toContain("share_ask_not_arrived");
  });

  test("a share was refused", () => {
    const rack = missedOne();
    rack.link(4, 0);
    handOver(rack, 4);
    const share = Share.copyOf(new Uint8Array(33).fill(1));
    hear(rack, 4, 0, { kind: "share", epoch: 1 as Epoch, share });
    expect(rack.codes(4, 1).committed).toContain("share_refused:share_digest_mismatch");
  });

  test("the one who was asked has no share itself", () => {
    const rack = new Rack(5);
    rack.link(0, 1, 2);
    rack.establish(1, [0, 1, 2], { threshold: 3 });
    rack.link(3, 4);
    handOver(rack, 4);
    rack.cluster.deliverAll();
    expect(rack.codes(4, 1).committed).toContain("share_denied:no_share_for_epoch");
  });

  test("the one who was asked is expunged, or knows a later commit", () => {
    const rack = missedOne();
    rack.link(3, 4);
    hear(rack, 3, 0, { kind: "expunged", epoch: 9 as Epoch });
    handOver(rack, 4);
    rack.cluster.deliverAll();
    expect(rack.codes(4, 1).committed).toContain("share_denied:own_sled_expunged");
    const later = missedOne();
    later.establish(2, [0, 1, 2, 3], { last: 1, threshold: 3 });
    const config = configOf(later, 0, 1);
    later.cluster.call(later.id(4), (node) => node.prepareAndCommit(config));
    later.link(4, 0);
    const queue = () => later.cluster.links.get(`${later.id(4)}>${later.id(0)}`)?.length ?? 0;
    while (queue() > 0) later.cluster.deliverOne(() => 0);
    expect(later.codes(4, 1).committed).toContain("share_answered_commitAdvance");
  });

  test("the computation was lost with a restart", () => {
    const rack = missedOne();
    handOver(rack, 4);
    rack.cluster.restart(rack.id(4));
    expect(rack.codes(4, 1).committed).toContain("computation_lost");
  });

  test("the computation was replaced by that of a newer epoch", () => {
    const rack = missedOne();
    handOver(rack, 4);
    rack.establish(2, [0, 1, 2, 3], { last: 1, threshold: 3 });
    handOver(rack, 4, 2);
    expect(rack.codes(4, 1).committed).toContain("computation_replaced");
  });

  test("the shares do not make the one that the configuration names", () => {
    const rack = missedOne();
    const config = configOf(rack, 0, 1);
    const digests = new Uint8Array(config.digests);
    digests.fill(9, 32 * 4);
    const wrong = Configuration.create({ ...config, digests });
    rack.link(4, 0);
    rack.link(4, 1);
    rack.link(4, 2);
    rack.cluster.call(rack.id(4), (node) => node.prepareAndCommit(wrong));
    rack.cluster.deliverAll();
    expect(rack.codes(4, 1).committed).toContain("computation_failed:ERR_TQ_SHARE_DIGEST_MISMATCH");
  });
});

describe("why a sled has not unlocked", () => {
  test("nobody asked", () => {
    const rack = missedOne();
    expect(rack.codes(1, 1).unlocked).toEqual(["unlock_not_asked"]);
  });

  test("it has committed nothing", () => {
    const rack = missedOne();
    rack.load(4, 1);
    expect(rack.codes(4, 1).unlocked).toEqual([
      "unlock_refused:ERR_TQ_NO_COMMITTED_CONFIGURATIONS",
    ]);
  });

  test("the epoch is above the latest committed one", () => {
    const rack = missedOne();
    rack.coordinate(0, 2, { last: 1, threshold: 3 });
    rack.cluster.deliverAll();
    rack.load(1, 2);
    expect(rack.codes(1, 2).unlocked).toEqual(["unlock_refused:ERR_TQ_NOT_COMMITTED"]);
  });

  test("it collects and each missing share has its reason", () => {
    const rack = missedOne();
    for (const other of [0, 2, 3]) rack.cluster.unlink(rack.id(1), rack.id(other));
    rack.load(1, 1);
    const codes = rack.codes(1, 1).unlocked;
    expect(codes).toEqual(["unlock_collecting", ...Array<string>(4).fill("share_not_connected")]);
  });

  test("it had the secret until it was cleared, or the sled went down", () => {
    const rack = missedOne();
    rack.load(1, 1);
    rack.cluster.deliverAll();
    expect(rack.codes(1, 1).unlocked).toEqual([]);
    rack.cluster.call(rack.id(1), (node) => node.clearSecrets());
    expect(rack.codes(1, 1).unlocked).toContain("unlock_forgotten");
    rack.cluster.restart(rack.id(1));
    expect(rack.codes(1, 1).unlocked).toEqual(["unlock_forgotten", "unlock_not_asked"]);
  });

  test("the shares were together and did not open the chain", () => {
    const rack = missedOne();
    const config = configOf(rack, 0, 1);
    const seal = { salt: new Uint8Array(32), data: new Uint8Array(80) };
    const broken = Configuration.create({ ...config, encryptedRackSecrets: seal });
    rack.link(4, 0);
    rack.link(4, 1);
    rack.link(4, 2);
    rack.cluster.call(rack.id(4), (node) => node.prepareAndCommit(broken));
    rack.cluster.deliverAll();
    rack.load(4, 1);
    rack.cluster.deliverAll();
    expect(rack.codes(4, 1).unlocked).toEqual(["unlock_failed:ERR_TQ_AUTHENTICATION_FAILED"]);
  });
});
