import { nativeCrypto } from "trust-quorum";
import { describe, expect, test } from "vitest";
import { CASES, localSubjects } from "../src/cases.ts";
import { nodeLoader } from "../src/node-crypto.ts";
import { NPM_PEERS, npmPeers } from "../src/peers.ts";
import { requireSame } from "../src/sharing.ts";
import { loadPath } from "../src/subjects.ts";

const secret = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);

describe("the peers", () => {
  test.each([
    [32, 17],
    [5, 3],
  ])("give the secret back from %i shares with threshold %i", async (count, threshold) => {
    const peers = await npmPeers({ secret, count, threshold });
    expect(peers.map(({ split }) => split.name)).toEqual(NPM_PEERS);
    for (const { split, combine } of peers) {
      expect(await split.sample(0)).toBeGreaterThan(0);
      expect(await combine.sample(0)).toBeGreaterThan(0);
    }
  });

  test("that combine to something else are refused by name", () => {
    const other = secret.slice();
    other[31] = 0;
    expect(() => requireSame("a peer", other, secret)).toThrow(/^a peer combined/);
    expect(() => requireSame("a peer", secret.subarray(1), secret)).toThrow();
    requireSame("a peer", secret.slice(), secret);
  });

  test("node:crypto opens the same prior secrets as the native backend", () => {
    const opened = nodeLoader()();
    const epochs = Array.from({ length: 8 }, (_, i) => opened.readBigUInt64BE(40 * i));
    expect(epochs).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
    expect(opened.subarray(8, 40)).toEqual(Buffer.alloc(32, 1));
    using secrets = nativeCrypto().recover(loadPath(nativeCrypto()));
    expect(secrets.epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("every case has a name of its own and subjects that can be sampled", async () => {
    expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length);
    for (const one of CASES.filter(
      ({ id, revision }) => !id.includes("large") && revision === undefined,
    )) {
      const subjects = await localSubjects(one);
      expect(subjects.length).toBeGreaterThan(0);
      for (const { sample } of subjects) expect(await sample(0)).toBeGreaterThan(0);
    }
  });
});
