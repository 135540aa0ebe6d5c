/** A reload is only told of where it has happened. */
import { expect, test } from "vitest";
import { TrustQuorumNode, baseboardId, nativeCrypto } from "trust-quorum";
import { Sled } from "../../src/sled/sled.ts";
import type { SledParts } from "../../src/sled/ports.ts";

test("refused certificates leave the generation as it was, and no event says reloaded", async () => {
  let good = false;
  const nothing = (): void => undefined;
  const crypto = nativeCrypto();
  const mesh = { reload: () => Promise.resolve(good), close: () => Promise.resolve() };
  const sled = await Sled.start({
    node: TrustQuorumNode.restore({ self: baseboardId("part", "S1"), ledger: null, crypto }),
    crypto,
    ledger: { close: () => Promise.resolve() },
    mesh: () => Promise.resolve(mesh),
    unlock: { automatic: false, retryMs: 1000 },
    log: { info: nothing, warn: nothing, error: nothing, debug: nothing },
    verifyEveryMinutes: 0,
    onFatal: nothing,
  } as unknown as SledParts);
  const reloads = () =>
    sled.events
      .since(0)
      .events.flatMap(({ kind, configGeneration }) =>
        kind === "reloaded" ? [configGeneration] : [],
      );
  try {
    await sled.reload();
    expect(reloads()).toEqual([]);
    good = true;
    await sled.reload();
    expect(reloads()).toEqual([2]);
  } finally {
    await sled.stop();
  }
});
