/** What a log does not hold: secrets, their digests, and without being told so, any share. */
import { expect, test } from "vitest";
import { LogLines, Recorder } from "../src/index.ts";
import { Cluster, RACK, crypto, sled } from "./cluster.ts";

function formsOf(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  return [
    buffer.toString("hex"),
    buffer.toString("base64").replaceAll("=", ""),
    [...bytes].join(","),
  ];
}

test.each([false, true])(
  "neither secrets nor their digests are in a log (with secrets: %s)",
  (secrets) => {
    const sink = new LogLines();
    const recorder = new Recorder({
      sink,
      producer: { name: "test", version: "1" },
      clock: { kind: "virtual", now: () => 0 },
      crypto,
      rackId: RACK,
      secrets,
    });
    const ids = [1, 2, 3].map(sled);
    const cluster = new Cluster(recorder, ids);
    const [first] = ids;
    if (first === undefined) throw new Error("no sleds");
    cluster.linkAll();
    for (const epoch of [1, 2]) {
      const lastCommittedEpoch = epoch === 1 ? null : 1;
      const request = { rackId: RACK, epoch, members: ids, threshold: 2, lastCommittedEpoch };
      cluster.call(first, (node) => node.coordinateReconfiguration(request));
      cluster.deliverAll();
      for (const id of ids) cluster.call(id, (node) => node.commit({ rackId: RACK, epoch }));
    }
    cluster.call(first, (node) => node.loadRackSecret(2));
    cluster.deliverAll();
    const forbidden: string[] = [];
    for (const epoch of [1, 2]) {
      const secret = cluster.call(first, (node) => node.loadRackSecret(epoch));
      secret?.expose((bytes) =>
        forbidden.push(...formsOf(bytes), ...formsOf(crypto.sha3_256(bytes))),
      );
      expect(secret).toBeDefined();
    }
    expect(forbidden).toHaveLength(12);
    const shares: string[] = [];
    for (const id of ids) {
      for (const share of cluster.node(id).persistentState.shares.values()) {
        shares.push(...formsOf(share.bytes.subarray(1)));
      }
    }
    expect(shares).toHaveLength(18);
    recorder.flush();
    const text = sink.text();
    for (const one of forbidden) expect(text.includes(one)).toBe(false);
    if (!secrets) for (const one of shares) expect(text.includes(one)).toBe(false);
    // The search finds what is there: a log with secrets has the shares in hex.
    else expect(shares.filter((one) => text.includes(one))).toHaveLength(6);
  },
);
