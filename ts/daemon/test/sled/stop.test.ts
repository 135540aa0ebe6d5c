/** A sled that stops leaves nothing open, whichever of its parts fails at it. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { TrustQuorumDriver, TrustQuorumNode, baseboardId, nativeCrypto } from "trust-quorum";
import { Sled } from "../../src/sled/sled.ts";
import type { SledParts } from "../../src/sled/ports.ts";
import { Unlocker } from "../../src/sled/unlocker.ts";

/** What closes, in order, and what was warned of. */
interface Stopped {
  readonly sled: Sled;
  readonly closed: string[];
  readonly warned: unknown[];
}

async function sledThatFailsAt(failing: readonly string[]): Promise<Stopped> {
  const closed: string[] = [];
  const warned: unknown[] = [];
  const nothing = (): void => undefined;
  const close = (part: string) => () => {
    closed.push(part);
    return failing.includes(part) ? Promise.reject(new Error(part)) : Promise.resolve();
  };
  const crypto = nativeCrypto();
  const sled = await Sled.start({
    node: TrustQuorumNode.restore({ self: baseboardId("part", "S1"), ledger: null, crypto }),
    crypto,
    ledger: { close: close("ledger") },
    mesh: () => Promise.resolve({ close: close("mesh") }),
    unlock: { automatic: false, retryMs: 1000 },
    log: {
      info: nothing,
      warn: ({ error }: { error: { message: string } }) => warned.push(error.message),
      error: nothing,
      debug: nothing,
    },
    verifyEveryMinutes: 0,
    onFatal: nothing,
  } as unknown as SledParts);
  const unlocker = Unlocker.prototype.stop;
  const driver = TrustQuorumDriver.prototype.stop;
  vi.spyOn(Unlocker.prototype, "stop").mockImplementation(async function (this: Unlocker) {
    await unlocker.call(this);
    await close("unlocker")();
  });
  vi.spyOn(TrustQuorumDriver.prototype, "stop").mockImplementation(async function (
    this: TrustQuorumDriver,
  ) {
    const stop = await driver.call(this);
    await close("driver")();
    return stop;
  });
  return { sled, closed, warned };
}

const PARTS = ["unlocker", "driver", "mesh", "ledger"];

describe("a sled that stops", () => {
  afterEach(() => vi.restoreAllMocks());

  test("closes all its parts in order and says why its driver stopped", async () => {
    const { sled, closed, warned } = await sledThatFailsAt([]);
    expect(await sled.stop()).toMatchObject({ reason: "requested" });
    expect(closed).toEqual(PARTS);
    expect(warned).toEqual([]);
  });

  test.each(PARTS)(
    "closes all its other parts where the %s fails, and reports it",
    async (part) => {
      const { sled, closed, warned } = await sledThatFailsAt([part]);
      await expect(sled.stop()).rejects.toThrow(part);
      expect(closed).toEqual(PARTS);
      expect(warned).toEqual([]);
    },
  );

  test("reports the first failure of several and logs the later ones", async () => {
    const { sled, closed, warned } = await sledThatFailsAt(["driver", "mesh", "ledger"]);
    await expect(sled.stop()).rejects.toThrow("driver");
    expect(closed).toEqual(PARTS);
    expect(warned).toEqual(["mesh", "ledger"]);
  });
});
