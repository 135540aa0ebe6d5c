/** What the driver does with saves, callers and callbacks, one behaviour at a time. */
import { describe, expect, test } from "vitest";
import { TrustQuorumDriver } from "../../src/driver/driver.ts";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import { RACK, crypto, make, sled, sleds, stateWith } from "../protocol/fixtures.ts";
import type { Made } from "../protocol/fixtures.ts";
import { copyOfState } from "./disk.ts";
import { DriverHarness, settlement, settled } from "./driver-harness.ts";

/** Epochs 2, 3 and 4, to be prepared. */
const offered = [2, 3, 4].map((epoch) => make({ epoch }));
const first = make({ epoch: 1 });

function committedHarness(): DriverHarness {
  return new DriverHarness(stateWith(sled(0), { committed: [first] }));
}

function offer(harness: DriverHarness, ...which: number[]): void {
  for (const i of which) harness.prepare(offered[i] as Made);
}

describe("saving", () => {
  test("holds back an acknowledgement until its change is durable", async () => {
    const harness = committedHarness();
    offer(harness, 0);
    await settled();
    expect(harness.saves).toHaveLength(1);
    expect(harness.sent).toEqual([]);
    await harness.saved();
    expect(harness.sent).toEqual(["1 prepareAck 2"]);
  });

  test("takes inputs during a save, and writes what they change in one next save", async () => {
    const harness = committedHarness();
    offer(harness, 0, 1, 2);
    const commit = harness.driver.commit({ rackId: RACK, epoch: 4 });
    await settled();
    expect(harness.saves).toHaveLength(1);
    expect([...(harness.saves[0]?.output.state.configs.keys() ?? [])]).toEqual([1, 2]);
    await harness.saved();
    expect(harness.sent).toEqual(["1 prepareAck 2"]);
    expect(await settlement(commit)).toBe("pending");

    expect(harness.saves).toHaveLength(1);
    const { generation, state } = harness.saves[0]?.output ?? {};
    expect(generation).toBe(5);
    expect([...(state?.configs.keys() ?? [])]).toEqual([1, 2, 3, 4]);
    expect(state?.commits).toContain(4);
    await harness.saved();
    expect(harness.sent).toEqual(["1 prepareAck 2", "1 prepareAck 3", "1 prepareAck 4"]);
    expect(await settlement(commit)).toEqual({ value: undefined });
    expect(harness.saves).toEqual([]);
  });

  test("lets out what was said before a change while that change is being saved", async () => {
    const harness = committedHarness();
    harness.hear(sled(2), { kind: "getShare", epoch: first.config.epoch });
    offer(harness, 0);
    await settled();
    expect(harness.sent).toEqual(["2 share 1"]);
  });

  test("writes nothing for inputs that change nothing", async () => {
    const harness = committedHarness();
    harness.driver.tick();
    await harness.driver.commit({ rackId: RACK, epoch: 1 });
    expect(harness.saves).toEqual([]);
  });

  test("starts a save before the input has returned", () => {
    const harness = committedHarness();
    offer(harness, 0);
    expect(harness.saves).toHaveLength(1);
  });
});

describe("answering", () => {
  const calls: Record<string, (harness: DriverHarness) => Promise<unknown>> = {
    "a change": ({ driver }) => driver.commit({ rackId: RACK, epoch: 2 }),
    "a success that changes nothing": async ({ driver }) => {
      void driver.commit({ rackId: RACK, epoch: 2 });
      await driver.commit({ rackId: RACK, epoch: 2 });
    },
    "the status": ({ driver }) => driver.status(),
    "the status of the coordinator": ({ driver }) => driver.coordinatorStatus(),
    "a configuration of Nexus": ({ driver }) => driver.prepareAndCommit(first.config),
    "a rack secret that is pending": ({ driver }) => driver.loadRackSecret(1),
  };
  test.each(Object.entries(calls))("%s waits for the save", async (_, call) => {
    const harness = committedHarness();
    offer(harness, 0);
    const answer = call(harness);
    expect(await settlement(answer)).toBe("pending");
    await harness.saved();
    while (harness.saves.length > 0) {
      expect(await settlement(answer)).toBe("pending");
      await harness.saved();
    }
    expect(await settlement(answer)).toHaveProperty("value");
  });

  test("a refusal waits too, since it may speak of what is being saved", async () => {
    const harness = committedHarness();
    offer(harness, 0);
    const answer = harness.driver.coordinateReconfiguration({
      rackId: RACK,
      epoch: 2,
      lastCommittedEpoch: 1,
      members: sleds(4),
      threshold: 3,
    });
    expect(await settlement(answer)).toBe("pending");
    await harness.saved();
    const details = { existing: 2, new: 2 };
    await expect(answer).rejects.toMatchObject({ code: "ERR_TQ_PREPARED_EPOCH_MISMATCH", details });
  });

  test("shows the state as of the call, not as of the answer", async () => {
    const harness = committedHarness();
    offer(harness, 0);
    const status = harness.driver.status();
    offer(harness, 1);
    await harness.saved();
    expect((await status).persistentState.configs).toEqual([1, 2]);
  });

  test("has sent what a call gave rise to when the call is answered", async () => {
    const harness = new DriverHarness(null, [sled(1), sled(2)]);
    const answer = harness.driver.coordinateReconfiguration({
      rackId: RACK,
      epoch: 1,
      lastCommittedEpoch: null,
      members: sleds(3),
      threshold: 2,
    });
    let sentByThen = -1;
    const told = answer.then(() => {
      sentByThen = harness.sent.length;
    });
    await harness.saved();
    await told;
    expect(harness.sent).toEqual(["1 prepare 1", "2 prepare 1"]);
    expect(sentByThen).toBe(2);
  });
});

describe("a failed save", () => {
  const disk = new Error("no space left");

  test.each(["rejects", "throws"])("that %s stops the node for good", async (way) => {
    const harness = committedHarness();
    if (way === "throws") {
      harness.save = () => {
        throw disk;
      };
    }
    offer(harness, 0);
    if (way === "rejects") {
      const waiting = [harness.driver.commit({ rackId: RACK, epoch: 2 }), harness.driver.status()];
      const failures = waiting.map((answer) =>
        expect(answer).rejects.toMatchObject({ code: "ERR_TQ_LEDGER_SAVE_FAILED", cause: disk }),
      );
      await harness.failed(disk);
      await Promise.all(failures);
    }

    const saveFailed = { code: "ERR_TQ_LEDGER_SAVE_FAILED", cause: disk };
    expect(await harness.driver.stopped).toMatchObject({ reason: "saveFailed", error: saveFailed });
    expect(await harness.driver.stop()).toMatchObject({ reason: "saveFailed" });
    const later = { code: "ERR_TQ_NODE_STOPPED", cause: saveFailed };
    await expect(harness.driver.status()).rejects.toMatchObject(later);
    await expect(harness.driver.commit({ rackId: RACK, epoch: 2 })).rejects.toMatchObject(later);
    await expect(harness.driver.waitForRackSecret(1)).rejects.toMatchObject(later);

    offer(harness, 1);
    harness.driver.connect(sled(3));
    harness.driver.tick();
    await settled();
    expect(harness.sent).toEqual([]);
    expect(harness.events).toEqual([]);
    expect(harness.saves).toEqual([]);
    expect(harness.node.persistedGeneration).toBe(1);
    for (const share of harness.node.persistentState.shares.values())
      expect(share.wiped).toBe(true);
  });

  test("rejects the call that needed it, even if it fails at once", async () => {
    const harness = new DriverHarness(
      stateWith(sled(0), { committed: [first], prepared: [offered[0] as Made] }),
    );
    harness.save = () => Promise.reject(disk);
    await expect(harness.driver.commit({ rackId: RACK, epoch: 2 })).rejects.toMatchObject({
      code: "ERR_TQ_LEDGER_SAVE_FAILED",
      cause: disk,
    });
  });

  test("ends the wait for a rack secret", async () => {
    const harness = committedHarness();
    const secret = harness.driver.waitForRackSecret(1);
    await settled();
    offer(harness, 0);
    const check = expect(secret).rejects.toMatchObject({ code: "ERR_TQ_NODE_STOPPED" });
    await harness.failed(disk);
    await check;
  });

  test("disposes of a secret that was on its way to a caller", async () => {
    const harness = committedHarness();
    void harness.driver.loadRackSecret(1);
    harness.share(sled(1), first);
    const original = harness.node.loadRackSecret.bind(harness.node);
    const handles: ReturnType<typeof original>[] = [];
    harness.node.loadRackSecret = (epoch) => {
      const handle = original(epoch);
      handles.push(handle);
      return handle;
    };
    offer(harness, 0);
    const secret = harness.driver.loadRackSecret(1);
    const check = expect(secret).rejects.toMatchObject({ code: "ERR_TQ_LEDGER_SAVE_FAILED" });
    expect(handles.map((handle) => handle?.disposed)).toEqual([false]);
    await harness.failed(disk);
    await check;
    expect(handles.map((handle) => handle?.disposed)).toEqual([true]);
  });
});

describe("an orderly stop", () => {
  test("makes durable, sends and answers what was accepted, and then zeroes the secrets", async () => {
    const harness = committedHarness();
    offer(harness, 0, 1);
    const commit = harness.driver.commit({ rackId: RACK, epoch: 3 });
    const stop = harness.driver.stop();
    await expect(harness.driver.status()).rejects.toMatchObject({ code: "ERR_TQ_NODE_STOPPED" });
    offer(harness, 2);
    harness.driver.connect(sled(2));

    // The save in flight still reads the shares.
    const inFlight = [...(harness.saves[0]?.output.state.shares.values() ?? [])];
    expect(inFlight.map(({ wiped }) => wiped)).toEqual([false, false]);
    expect(await settlement(stop)).toBe("pending");
    await harness.saved();
    const next = harness.saves[0]?.output.state;
    expect([...(next?.shares.values() ?? [])].map(({ wiped }) => wiped)).toEqual([
      false,
      false,
      false,
    ]);
    expect(next?.configs.has(offered[2]?.config.epoch as never)).toBe(false);
    expect(await settlement(stop)).toBe("pending");
    await harness.saved();

    expect(await stop).toEqual({ reason: "requested" });
    expect(await harness.driver.stopped).toEqual({ reason: "requested" });
    expect(await settlement(commit)).toEqual({ value: undefined });
    expect(harness.sent).toEqual(["1 prepareAck 2", "1 prepareAck 3"]);
    for (const share of harness.node.persistentState.shares.values())
      expect(share.wiped).toBe(true);
    expect(await harness.driver.stop()).toEqual({ reason: "requested" });
  });

  test("is immediate where nothing is being saved", async () => {
    const harness = committedHarness();
    const secret = expect(harness.driver.waitForRackSecret(1)).rejects.toMatchObject({
      code: "ERR_TQ_NODE_STOPPED",
    });
    expect(await settlement(harness.driver.stop())).toEqual({ value: { reason: "requested" } });
    await secret;
  });

  test("does not keep those waiting who wait for a rack secret", async () => {
    const harness = committedHarness();
    const secret = harness.driver.waitForRackSecret(1);
    await settled();
    offer(harness, 0);
    const stop = harness.driver.stop();
    await expect(secret).rejects.toMatchObject({ code: "ERR_TQ_NODE_STOPPED" });
    expect(await settlement(stop)).toBe("pending");
    await harness.saved();
    expect(await stop).toEqual({ reason: "requested" });
  });

  test("can be asked for from a callback", async () => {
    const harness = new DriverHarness(stateWith(sled(0), { committed: [first] }), [
      sled(1),
      sled(2),
    ]);
    harness.onOutput = (output) => {
      if (output === "1 getShare 1") void harness.driver.stop();
    };
    await expect(harness.driver.loadRackSecret(1)).resolves.toBe(undefined);
    expect(await harness.driver.stopped).toEqual({ reason: "requested" });
    expect(harness.sent).toEqual(["1 getShare 1", "2 getShare 1"]);
  });

  test("whose last save fails says so", async () => {
    const harness = committedHarness();
    offer(harness, 0);
    const stop = harness.driver.stop();
    await harness.failed(new Error("unplugged"));
    expect(await stop).toMatchObject({ reason: "saveFailed" });
    expect(harness.sent).toEqual([]);
  });
});

describe("callbacks", () => {
  test("that throw lose their message and nothing else", async () => {
    const harness = new DriverHarness(stateWith(sled(0), { committed: [first] }));
    const envelopes = [1, 2, 3].map((i) => ({ kind: "getShare" as const, from: sled(i) }));
    const broken = new Error("broken pipe");
    let share: { wiped: boolean } | undefined;
    const driver = new TrustQuorumDriver({
      node: harness.node,
      save: () => Promise.resolve(),
      send: (envelope) => {
        if (envelope.to === sled(2)) {
          if (envelope.message.kind === "share") ({ share } = envelope.message);
          throw broken;
        }
        harness.sent.push(envelope.to);
      },
      onEvent: () => {
        throw broken;
      },
      onError: (error) => harness.errors.push(error),
    });
    for (const { kind, from } of envelopes) {
      driver.receive(from, { kind, epoch: first.config.epoch, rackId: RACK });
    }
    // Refused, which is an event.
    driver.receive(sled(3), { kind: "prepareAck", epoch: first.config.epoch, rackId: RACK });
    await driver.status();
    await settled();
    expect(harness.sent).toEqual([sled(1), sled(3)]);
    expect(share?.wiped).toBe(true);
    expect(harness.errors).toEqual([broken, broken]);
  });

  test("that throw without anybody to take the error end in an unhandled rejection", async () => {
    const broken = new Error("broken pipe");
    const node = TrustQuorumNode.restore({
      self: sled(0),
      ledger: { generation: 1, state: stateWith(sled(0), { committed: [first] }) },
      crypto,
    });
    const driver = new TrustQuorumDriver({
      node,
      save: () => Promise.resolve(),
      send: () => {
        throw broken;
      },
    });
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    try {
      const seen = new Promise((resolve) => process.once("unhandledRejection", resolve));
      const { epoch } = first.config;
      driver.receive(sled(1), { kind: "getShare", epoch, rackId: RACK });
      expect(await seen).toBe(broken);
    } finally {
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
  });

  test("may give inputs: they take effect at once, and their outputs follow", async () => {
    const harness = new DriverHarness(stateWith(sled(0), { committed: [first] }), [
      sled(1),
      sled(2),
    ]);
    let depth = 0;
    let deepest = 0;
    let peersThen: number | undefined;
    harness.onOutput = (output) => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      if (output === "1 getShare 1") {
        harness.driver.connect(sled(3));
        peersThen = harness.node.status().connectedPeers.length;
        harness.hear(sled(2), { kind: "getShare", epoch: first.config.epoch });
        expect(harness.sent).toEqual([]);
      }
      depth -= 1;
    };
    await harness.driver.loadRackSecret(1);
    expect(harness.sent).toEqual(["1 getShare 1", "2 getShare 1", "3 getShare 1", "2 share 1"]);
    expect(deepest).toBe(1);
    expect(peersThen).toBe(3);
    expect(harness.errors).toEqual([]);
  });

  test("may make calls, whose answers come in the order in which they become durable", async () => {
    const harness = new DriverHarness(
      stateWith(sled(0), { committed: [first], prepared: offered }),
    );
    const order: string[] = [];
    const commit = (epoch: number): Promise<unknown> =>
      harness.driver.commit({ rackId: RACK, epoch }).then(() => order.push(`commit ${epoch}`));
    let inner: Promise<unknown> | undefined;
    harness.onOutput = () => {
      inner ??= commit(3);
    };
    // The answer to this lets the inner call begin, and wait, before the outer call does.
    harness.save = async (output) => {
      harness.hear(sled(1), { kind: "getShare", epoch: first.config.epoch });
      harness.onOutput("");
      harness.save = null;
      await Promise.resolve(output);
    };
    const outer = commit(2);
    await settled();
    expect(order).toEqual(["commit 2"]);
    await harness.saved();
    await Promise.all([outer, inner]);
    expect(order).toEqual(["commit 2", "commit 3"]);
  });

  test("get shares that are theirs: zeroing one changes nothing else", async () => {
    const harness = committedHarness();
    const kept = copyOfState(harness.node.persistentState).shares.get(first.config.epoch);
    harness.hear(sled(1), { kind: "getShare", epoch: first.config.epoch });
    const [envelope] = harness.envelopes;
    if (envelope?.message.kind === "share") envelope.message.share.wipe();
    harness.hear(sled(1), { kind: "getShare", epoch: first.config.epoch });
    await settled();
    expect(harness.envelopes[1]?.message).toMatchObject({ kind: "share", share: { wiped: false } });
    expect(harness.node.persistentState.shares.get(first.config.epoch)?.bytes).toEqual(kept?.bytes);
  });
});

describe("inputs that are refused", () => {
  test("throw to the caller and leave the driver as it was", async () => {
    const harness = committedHarness();
    expect(() => harness.driver.connect(harness.self)).toThrow("is this sled itself");
    harness.driver.refuseUndecodable(sled(1), "ERR_TQ_WIRE_TRUNCATED");
    harness.driver.disconnect(sled(1));
    expect(harness.driver.self).toBe(harness.self);
    const status = await harness.driver.status();
    expect(status.diagnostics.counts).toEqual({ undecodable_message: 1 });
    expect(harness.events).toMatchObject([{ kind: "refused" }]);
  });

  test("are told with the node's code", async () => {
    const harness = new DriverHarness(null);
    await expect(
      harness.driver.coordinateUpgradeFromLrtq({
        rackId: RACK,
        epoch: 2,
        members: sleds(3),
        threshold: 2,
      }),
    ).rejects.toMatchObject({ code: "ERR_TQ_NO_LRTQ_SHARE" });
  });
});
