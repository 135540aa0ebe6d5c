/** A commit that a peer passes on is that peer's word, and not the control plane's. */
import { describe, expect, test } from "vitest";
import {
  TrustQuorumDriver,
  TrustQuorumNode,
  baseboardId,
  epoch,
  nativeCrypto,
  parseRackId,
} from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { Configuration, SHARE_BYTES, Share, initialState } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import { answerProxied } from "../../src/sled/proxied.ts";

const crypto = nativeCrypto();
const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
const sleds = ["A", "B", "C", "D"].map((serial) => baseboardId("part", serial)) as [
  BaseboardId,
  BaseboardId,
  BaseboardId,
  BaseboardId,
];
const [self, coordinator, member, outsider] = sleds;

/** A sled that has committed epoch 1 and prepared epoch 2, which `coordinator` coordinates. */
function sled(): TrustQuorumDriver {
  const members = [self, coordinator, member];
  let state: PersistentState = initialState();
  for (const number of [1, 2]) {
    const { shares, digests } = crypto.createShares({ count: 3, threshold: 2 });
    const parts = { rackId, epoch: epoch(number), coordinator, members, digests, threshold: 2 };
    const config = Configuration.create({ ...parts, encryptedRackSecrets: null });
    state = {
      ...state,
      configs: new Map(state.configs).set(config.epoch, config),
      shares: new Map(state.shares).set(
        config.epoch,
        Share.copyOf(shares.subarray(0, SHARE_BYTES)),
      ),
      commits: new Set([epoch(1)]),
    };
  }
  const node = TrustQuorumNode.restore({ self, ledger: { generation: 1, state }, crypto });
  return new TrustQuorumDriver({ node, save: () => Promise.resolve(), send: () => undefined });
}

async function commitThrough(
  peer: BaseboardId,
  commits: "members" | "off" = "members",
): Promise<{ answer: unknown; commits: readonly number[] }> {
  const driver = sled();
  const operation = { kind: "commit", rackId, epoch: epoch(2) } as const;
  const answer = await answerProxied(driver, operation, { peer, commits, inFlight: () => 0 });
  const { persistentState } = await driver.status();
  await driver.stop();
  return { answer, commits: persistentState.commits };
}

const refused = { kind: "error", error: { kind: "noInnerError" } };

describe("a commit that a peer passes on", () => {
  test("is carried out for a member", async () => {
    const { answer, commits } = await commitThrough(member);
    expect(answer).toEqual({ kind: "commit", status: "committed" });
    expect(commits).toEqual([1, 2]);
  });

  test.each<[string, BaseboardId]>([
    ["the sled that coordinates that epoch", coordinator],
    ["a sled that is no member", outsider],
  ])("is not carried out for %s", async (_, peer) => {
    expect(await commitThrough(peer)).toEqual({ answer: refused, commits: [1] });
  });

  test('is carried out for nobody with mesh.proxied_commits = "off", and a status still is', async () => {
    expect(await commitThrough(member, "off")).toEqual({ answer: refused, commits: [1] });
    const driver = sled();
    const options = { peer: member, commits: "off", inFlight: () => 0 } as const;
    const answer = await answerProxied(driver, { kind: "status" }, options);
    expect(answer).toMatchObject({ kind: "status" });
    await driver.stop();
  });
});
