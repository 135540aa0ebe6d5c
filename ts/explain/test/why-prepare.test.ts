/** `why`: each way in which a sled comes not to have acknowledged an epoch. */
import type { Epoch } from "trust-quorum";
import { Share } from "trust-quorum/protocol";
import type { Configuration } from "trust-quorum/protocol";
import { describe, expect, test } from "vitest";
import { lrtqRack } from "../../event-log/test/random-run.ts";
import { Rack } from "./rack.ts";

/** The configuration that a sled holds or coordinates. */
function configOf(rack: Rack, number: number, epoch: number): Configuration {
  const node = rack.cluster.node(rack.id(number));
  const config = node.persistentState.configs.get(epoch as Epoch);
  if (config === undefined) throw new Error("no configuration");
  return config;
}

describe("why a sled has not acknowledged", () => {
  test("nothing stands in the way of a sled that has", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.establish(1, [0, 1, 2]);
    rack.load(1, 1);
    rack.cluster.deliverAll();
    expect(rack.codes(1, 1)).toEqual({ general: [], acked: [], committed: [], unlocked: [] });
    expect(rack.why(1, 1)).toMatchObject({ acknowledged: true, committed: true, unlocked: true });
  });

  test("the coordinator is not connected, and sent no Prepare", () => {
    const rack = new Rack(3);
    rack.link(0, 1);
    rack.coordinate(0, 1);
    rack.cluster.deliverAll();
    expect(rack.codes(2, 1).acked).toEqual(["prepare_not_sent"]);
    expect(rack.why(2, 1).notAcknowledged[0]?.text).toContain(
      "BRM00001 and BRM00003 were never connected",
    );
  });

  test("the link went down, and the event is named", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.cluster.unlink(rack.id(0), rack.id(2));
    rack.coordinate(0, 1);
    const [reason] = rack.why(2, 1).notAcknowledged;
    expect(reason?.code).toBe("prepare_not_sent");
    expect(reason?.text).toMatch(/no connection between BRM00001 and BRM00003 since event \d+/);
    expect(reason?.events).toHaveLength(1);
  });

  test("the Prepare was sent and has not arrived", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.coordinate(0, 1);
    expect(rack.codes(2, 1).acked).toEqual(["prepare_not_arrived"]);
  });

  test("the Prepare was lost and the coordinator has forgotten its work in a restart", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.coordinate(0, 1);
    rack.cluster.restart(rack.id(0));
    expect(rack.codes(2, 1).acked).toEqual(["prepare_not_arrived", "coordinator_restarted"]);
  });

  test("the coordinator crashed", () => {
    const rack = new Rack(3);
    rack.link(0, 1);
    rack.coordinate(0, 1);
    rack.recorder.annotate({ kind: "crash", node: rack.id(0) });
    expect(rack.codes(2, 1).acked).toEqual(["prepare_not_sent", "coordinator_crashed"]);
  });

  test("the coordinator was asked for a newer epoch, or committed, and stopped", () => {
    const rack = new Rack(3);
    rack.link(0, 1);
    rack.coordinate(0, 1);
    rack.coordinate(0, 2);
    expect(rack.codes(2, 1).acked).toEqual(["prepare_not_sent", "coordination_ended"]);
    rack.commit(0, 2);
    expect(rack.codes(2, 2).acked).toEqual(["prepare_not_sent", "coordination_ended"]);
    expect(rack.why(2, 2).notAcknowledged[1]?.text).toContain("epoch 2 was committed");
  });

  test.each([
    ["prepare_not_from_coordinator", 1, (rack: Rack) => ({ config: configOf(rack, 0, 1), x: 3 })],
    ["prepare_share_mismatch", 0, (rack: Rack) => ({ config: configOf(rack, 0, 1), x: 3 })],
  ] as const)("the Prepare was refused: %s", (reason, from, make) => {
    const rack = new Rack(3);
    rack.coordinate(0, 1);
    const { config, x } = make(rack);
    const share = Share.copyOf(new Uint8Array(33).fill(x));
    rack.cluster.call(rack.id(2), (node) =>
      node.receive(rack.id(from), { kind: "prepare", rackId: rack.rackId, config, share }),
    );
    expect(rack.codes(2, 1).acked).toEqual([`prepare_refused:${reason}`]);
  });

  test("the Prepare was refused since a later epoch is committed", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.establish(2, [0, 1, 2]);
    const other = new Rack(3);
    other.coordinate(0, 1);
    const config = configOf(other, 0, 1);
    const share = Share.copyOf(new Uint8Array(33).fill(2));
    rack.cluster.call(rack.id(2), (node) =>
      node.receive(rack.id(0), { kind: "prepare", rackId: rack.rackId, config, share }),
    );
    expect(rack.codes(2, 1).acked).toEqual(["prepare_refused:stale_prepare"]);
    expect(rack.codes(2, 1).committed).toContain("superseded");
  });

  test("the share is there, but its save has not ended", () => {
    const rack = new Rack(3);
    rack.link(0, 2);
    rack.coordinate(0, 1);
    const [key] = [...rack.cluster.links]
      .filter(([, queue]) => queue.length > 0)
      .map(([one]) => one);
    const envelope = rack.cluster.links.get(key ?? "")?.shift();
    if (envelope === undefined) throw new Error("nothing was sent");
    rack.cluster.call(rack.id(2), (node) => node.receive(rack.id(0), envelope.message), {
      save: false,
    });
    expect(rack.codes(2, 1)).toMatchObject({ general: ["saving"], acked: ["ack_waits_for_save"] });
    rack.recorder.annotate({ kind: "crash", node: rack.id(2) });
    rack.cluster.restart(rack.id(2));
    expect(rack.codes(2, 1).acked).toEqual(["prepare_lost_before_save"]);
  });

  test("the acknowledgement has not reached the coordinator", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.coordinate(0, 1);
    while (rack.cluster.links.get(`${rack.id(2)}>${rack.id(0)}`)?.length !== 1) {
      rack.cluster.deliverOne(() => 0);
    }
    rack.cluster.unlink(rack.id(0), rack.id(2));
    expect(rack.codes(2, 1).acked).toEqual(["ack_not_arrived"]);
    expect(rack.why(2, 1).notAcknowledged[0]?.text).toContain("no connection between");
  });

  test("the acknowledgement came when the coordinator had forgotten its work", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    rack.coordinate(0, 1);
    while (rack.cluster.links.get(`${rack.id(2)}>${rack.id(0)}`)?.length !== 1) {
      rack.cluster.deliverOne(() => 0);
    }
    const ack = rack.cluster.links.get(`${rack.id(2)}>${rack.id(0)}`)?.shift();
    if (ack === undefined) throw new Error("no ack");
    rack.cluster.restart(rack.id(0));
    rack.cluster.call(rack.id(0), (node) => node.receive(rack.id(2), ack.message));
    expect(rack.codes(2, 1).acked).toEqual([
      "ack_refused:unexpected_prepare_ack",
      "coordinator_restarted",
    ]);
  });
});

describe("why there is no configuration to acknowledge", () => {
  test("nobody was asked", () => {
    const rack = new Rack(3);
    rack.link(0, 1, 2);
    expect(rack.codes(1, 4).general).toEqual(["unknown_epoch"]);
  });

  test("the coordinator refused", () => {
    const rack = new Rack(3);
    rack.coordinate(0, 1, { threshold: 3 });
    expect(rack.codes(1, 1).general).toEqual(["coordination_refused:ERR_TQ_THRESHOLD_MISMATCH"]);
  });

  test("the coordinator still collects shares, and each missing one has its reason", () => {
    const rack = new Rack(5);
    rack.link(0, 1, 2, 3, 4);
    rack.establish(1, [0, 1, 2, 3, 4], { threshold: 4 });
    rack.cluster.unlink(rack.id(0), rack.id(1));
    rack.coordinate(0, 2, { last: 1, threshold: 2 });
    rack.recorder.annotate({ kind: "crash", node: rack.id(2) });
    const codes = rack.codes(3, 2).general;
    expect(codes[0]).toBe("coordination_collecting");
    expect(codes.slice(1)).toEqual([
      "share_not_connected",
      "share_peer_down",
      "share_ask_not_arrived",
      "share_ask_not_arrived",
    ]);
    expect(rack.why(3, 2).general[0]?.text).toContain("1 of 4");
  });

  test("the coordinator of an upgrade still collects LRTQ shares", () => {
    const rack = new Rack(4, lrtqRack());
    rack.link(0, 1);
    rack.upgrade(0, 2);
    const codes = rack.codes(1, 2).general;
    expect(codes[0]).toBe("coordination_collecting");
    expect(codes).toContain("share_ask_not_arrived");
    expect(codes).toContain("share_not_connected");
  });
});
