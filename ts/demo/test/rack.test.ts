/** The parts that the story stands on: wires that carry bytes, sleds that forget, a proof that can fail. */
import { baseboardId, epoch, parseRackId, referenceCrypto } from "trust-quorum";
import type { PeerMessage } from "trust-quorum";
import { LRTQ_EPOCH, Share } from "trust-quorum/protocol";
import { encodeFramedMessage } from "trust-quorum/wire";
import { describe, expect, test } from "vitest";
import { readBootstore } from "../src/bootstore.ts";
import { ControlPlane } from "../src/control-plane.ts";
import { LedgerFolder } from "../src/ledger-files.ts";
import { Network } from "../src/network.ts";
import type { Flight } from "../src/network.ts";
import { proveNothingLost } from "../src/proof.ts";
import { Rack } from "../src/rack.ts";
import { silentStory } from "../src/terminal.ts";
import { emptyFolder, ledgersOf, recorded } from "./helpers.ts";

const crypto = referenceCrypto();
const [a, b, c] = ["A", "B", "C"].map((serial) => baseboardId("913-0000019", serial)) as [
  ReturnType<typeof baseboardId>,
  ReturnType<typeof baseboardId>,
  ReturnType<typeof baseboardId>,
];
const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const shareBytes = Uint8Array.from({ length: 33 }, (_, i) => i + 1);
const shareMessage = (): PeerMessage => ({
  rackId,
  kind: "share",
  epoch: epoch(3),
  share: Share.copyOf(shareBytes),
});

describe("the network", () => {
  test("carries the frame that the wire format says, and leaves no share behind", () => {
    const network = new Network();
    const message = shareMessage();
    const expected = encodeFramedMessage({ kind: "peer", message });
    network.send({ from: a, to: b, message });
    expect(message.kind === "share" && message.share.wiped).toBe(true);
    expect(network.inFlight[0]?.frame).toEqual(expected);
    expect(network.sent.get("share")).toEqual({ messages: 1, bytes: expected.length });

    const flight = network.next() as Flight;
    const arrived = [...network.arrive(flight)];
    expect(arrived).toHaveLength(1);
    const [first] = arrived;
    expect(first).toMatchObject({ rackId, kind: "share", epoch: 3 });
    expect(first?.kind === "share" && first.share.bytes).toEqual(shareBytes);
    expect(flight.frame.every((byte) => byte === 0)).toBe(true);
  });

  test("keeps the order of each link, whoever else talks", () => {
    const network = new Network();
    for (let number = 1; number <= 50; number++) {
      for (const [from, to] of [
        [a, b],
        [b, a],
        [a, c],
      ] as const) {
        network.send({ from, to, message: { rackId, kind: "getShare", epoch: epoch(number) } });
      }
    }
    const seen = new Map<string, number[]>();
    for (let flight; (flight = network.next()) !== undefined;) {
      for (const message of network.arrive(flight)) {
        const epochs = seen.get(`${flight.from} ${flight.to}`) ?? [];
        seen.set(`${flight.from} ${flight.to}`, epochs);
        if (message.kind === "getShare") epochs.push(message.epoch);
      }
    }
    expect(seen.size).toBe(3);
    const all = Array.from({ length: 50 }, (_, i) => i + 1);
    for (const epochs of seen.values()) expect(epochs).toEqual(all);
  });

  test("loses what is on its way to and from a sled that is cut off, and nothing else", () => {
    const network = new Network();
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
      [b, c],
    ] as const) {
      network.send({ from, to, message: shareMessage() });
    }
    const frames = network.inFlight.map(({ frame }) => frame);
    network.cut(a);
    expect(network.lost).toBe(2);
    expect(network.inFlight.map(({ from, to }) => [from, to])).toEqual([
      [b, c],
      [b, c],
    ]);
    const zeroed = frames.map((frame) => frame.every((byte) => byte === 0));
    expect(zeroed).toEqual([true, false, true, false]);
  });
});

describe("a sled", () => {
  const rackIn = async () => {
    const folder = await LedgerFolder.create(emptyFolder(), crypto);
    return new Rack({ folder, crypto, bootstore: new Map() });
  };

  test("that loses its power is stopped, and its memory zeroed", async () => {
    const rack = await rackIn();
    await rack.boot(a);
    const before = rack.node(a);
    await rack.crash(a);
    await expect(before.status()).rejects.toMatchObject({ code: "ERR_TQ_NODE_STOPPED" });
    expect(() => rack.node(a)).toThrow("is not up");
    await rack.boot(a);
    expect(rack.node(a)).not.toBe(before);
  });

  test("that is unplugged is not connected, and is again when it is plugged in", async () => {
    const rack = await rackIn();
    for (const sled of [a, b, c]) await rack.boot(sled);
    const peers = async () => (await rack.node(a).status()).connectedPeers;
    expect(await peers()).toEqual([b, c]);
    rack.unplug(b);
    expect([await peers(), rack.reachable(b)]).toEqual([[c], false]);
    expect((await rack.node(b).status()).connectedPeers).toEqual([]);
    await rack.plug(b);
    expect([await peers(), rack.reachable(b)]).toEqual([[b, c], true]);
  });
});

describe("the proof", () => {
  const sceneWith = async (change: (rack: Awaited<ReturnType<typeof readBootstore>>) => object) => {
    const bootstore = await readBootstore(ledgersOf(5), crypto);
    const folder = await LedgerFolder.create(emptyFolder(), crypto);
    const rack = new Rack({ folder, crypto, bootstore: new Map() });
    const changed = { ...bootstore, ...change(bootstore) };
    const controlPlane = new ControlPlane(bootstore.rackId, new Map());
    return { bootstore: changed, folder, rack, controlPlane, crypto, story: silentStory };
  };
  const chainOf = (hex: string) => {
    const secret = new Uint8Array(Buffer.from(hex, "hex"));
    const handle = crypto.importSecrets([{ epoch: LRTQ_EPOCH, secret }]).secret(LRTQ_EPOCH);
    if (handle === undefined) throw new Error("no secret");
    return new Map([[1, handle]]);
  };

  test("holds with the recorded LRTQ secret", async () => {
    const scene = await sceneWith(() => ({}));
    expect(proveNothingLost(scene, chainOf(recorded(5).secret))).toBe(250);
  });

  test("fails with any other secret", async () => {
    const scene = await sceneWith(() => ({}));
    expect(() => proveNothingLost(scene, chainOf(recorded(4).secret))).toThrow(
      /cannot be decrypted/,
    );
    expect(() => proveNothingLost(scene, new Map())).toThrow(/the LRTQ secret is in the chain/);
  });

  test("fails where a digest is not the recorded one", async () => {
    // Every digest but those of the shares in clear belongs to one spare share.
    const scene = await sceneWith(({ shareDigests, sleds }) => {
      const clear = sleds.map(({ shareDigest }) => Buffer.from(shareDigest ?? []).toString("hex"));
      const changed = shareDigests.slice();
      const isClear = (i: number): boolean =>
        clear.includes(Buffer.from(changed.subarray(32 * i, 32 * (i + 1))).toString("hex"));
      const spare = [...Array(255).keys()].find((i) => !isClear(i)) ?? 0;
      changed[32 * spare] = (changed[32 * spare] ?? 0) ^ 1;
      return { shareDigests: changed };
    });
    const attempt = (): unknown => proveNothingLost(scene, chainOf(recorded(5).secret));
    expect(attempt).toThrow(/do not have the digests that the bootstore wrote down/);
  });

  test("counts no spare share twice", async () => {
    const scene = await sceneWith(({ sleds }) => ({ sleds: [...sleds, ...sleds.slice(0, 1)] }));
    const attempt = (): unknown => proveNothingLost(scene, chainOf(recorded(5).secret));
    expect(attempt).toThrow(/BRM42220001\.json do not have the digests/);
  });

  test("fails where there is nothing to prove", async () => {
    const scene = await sceneWith(() => ({ sleds: [] }));
    const attempt = (): unknown => proveNothingLost(scene, chainOf(recorded(5).secret));
    expect(attempt).toThrow(/there were spare shares to decrypt/);
  });
});
