/** Waiting for a rack secret: it comes, or the caller is told why it does not. */
import { expect, test } from "vitest";
import { make, altered, sled, stateWith } from "../protocol/fixtures.ts";
import type { Made } from "../protocol/fixtures.ts";
import { DriverHarness, settlement, settled } from "./driver-harness.ts";

const first = make({ epoch: 1 });
const second = make({ epoch: 2 });

function locked(made: Made = first): DriverHarness {
  return new DriverHarness(stateWith(sled(0), { committed: [made] }));
}

test("resolves for everybody when enough shares have come, with a handle for each", async () => {
  const harness = locked();
  const [one, two] = [harness.driver.waitForRackSecret(1), harness.driver.waitForRackSecret(1)];
  expect(await settlement(one)).toBe("pending");
  harness.share(sled(1), first);
  const [a, b] = [await one, await two];
  expect(a).not.toBe(b);
  expect(a.equals(b)).toBe(true);
  a.dispose();
  expect(b.disposed).toBe(false);
});

test("resolves at once where the secret is loaded already", async () => {
  const harness = locked();
  void harness.driver.waitForRackSecret(1);
  harness.share(sled(1), first);
  expect(await settlement(harness.driver.waitForRackSecret(1))).toHaveProperty("value");
});

test("rejects what loadRackSecret refuses", async () => {
  const harness = locked();
  await expect(harness.driver.waitForRackSecret(7)).rejects.toMatchObject({
    code: "ERR_TQ_NOT_COMMITTED",
  });
});

test("follows a commit: the collection for the older epoch is replaced", async () => {
  const harness = new DriverHarness(stateWith(sled(0), { committed: [first], prepared: [second] }));
  // The epochs of this test belong to no chain, so epoch 2 does not lead back to epoch 1.
  const older = expect(harness.driver.waitForRackSecret(1)).rejects.toMatchObject({
    code: "ERR_TQ_NOT_AVAILABLE",
  });
  await settled();
  const commit = harness.driver.commit({ rackId: first.config.rackId, epoch: 2 });
  await harness.saved();
  await commit;
  const newer = harness.driver.waitForRackSecret(2);
  harness.share(sled(1), second);
  expect(await settlement(newer)).toHaveProperty("value");
  await older;
});

test("does not take the end of an older epoch's collection for its own", async () => {
  const harness = new DriverHarness(stateWith(sled(0), { committed: [first], prepared: [second] }));
  const older = harness.driver.waitForRackSecret(1);
  await settled();
  // The commit holds back the news that the older secret is ready until the wait has begun.
  void harness.driver.commit({ rackId: first.config.rackId, epoch: 2 });
  harness.share(sled(1), first);
  const newer = harness.driver.waitForRackSecret(2);
  await harness.saved();
  expect(await settlement(older)).toHaveProperty("value");
  expect(await settlement(newer)).toBe("pending");
  harness.share(sled(1), second);
  expect(await settlement(newer)).toHaveProperty("value");
});

test("waits for a save that the shares came during", async () => {
  const harness = locked();
  const secret = harness.driver.waitForRackSecret(1);
  harness.prepare(second);
  harness.share(sled(1), first);
  expect(await settlement(secret)).toBe("pending");
  await harness.saved();
  expect(await settlement(secret)).toHaveProperty("value");
});

test("rejects where the shares do not rebuild the secret, each time anew", async () => {
  const garbage = { salt: new Uint8Array(32), data: new Uint8Array(60) };
  const config = altered(first.config, { encryptedRackSecrets: garbage });
  const harness = locked({ ...first, config });
  for (let time = 0; time < 2; time++) {
    const secret = harness.driver.waitForRackSecret(1);
    await settled();
    harness.share(sled(1), first);
    await expect(secret).rejects.toMatchObject({
      code: "ERR_TQ_RACK_SECRET_NOT_LOADED",
      details: { epoch: 1 },
    });
  }
  // The alarm came once only.
  expect(harness.events.filter(({ kind }) => kind === "alarm")).toHaveLength(1);
});

test("does not take another share, or one that is refused, for the end", async () => {
  const large = make({ epoch: 1, threshold: 3 });
  const harness = locked(large);
  const secret = harness.driver.waitForRackSecret(1);
  await settled();
  harness.share(sled(1), large);
  harness.share(sled(1), large);
  harness.hear(sled(2), { kind: "share", epoch: large.config.epoch, share: large.share(sled(3)) });
  expect(await settlement(secret)).toBe("pending");
  harness.share(sled(2), large);
  expect(await settlement(secret)).toHaveProperty("value");
});

test("rejects when the secrets are cleared", async () => {
  const harness = locked();
  const secret = harness.driver.waitForRackSecret(1);
  await settled();
  const check = expect(secret).rejects.toMatchObject({ code: "ERR_TQ_RACK_SECRET_NOT_LOADED" });
  harness.driver.clearSecrets();
  await check;
});

test("ends with the reason of the caller's signal, before, during and after", async () => {
  const harness = locked();
  const reason = new Error("shutting down");
  const before = AbortSignal.abort(reason);
  await expect(harness.driver.waitForRackSecret(1, { signal: before })).rejects.toBe(reason);
  expect((await harness.driver.status()).rackSecrets.collecting).toBe(null);

  const controller = new AbortController();
  const during = harness.driver.waitForRackSecret(1, { signal: controller.signal });
  const other = harness.driver.waitForRackSecret(1);
  await settled();
  controller.abort(reason);
  await expect(during).rejects.toBe(reason);
  expect(await settlement(other)).toBe("pending");

  const late = new AbortController();
  const loaded = harness.driver.waitForRackSecret(1, { signal: late.signal });
  harness.share(sled(1), first);
  expect((await loaded).disposed).toBe(false);
  late.abort(reason);
  expect((await other).equals(await loaded)).toBe(true);
});

test("leaves no listener behind on a signal that outlives it", async () => {
  const harness = locked();
  let listeners = 0;
  const signal = {
    aborted: false,
    reason: undefined,
    addEventListener: () => (listeners += 1),
    removeEventListener: () => (listeners -= 1),
  };
  const secret = harness.driver.waitForRackSecret(1, { signal });
  await settled();
  expect(listeners).toBe(1);
  harness.share(sled(1), first);
  await secret;
  await harness.driver.waitForRackSecret(1, { signal });
  await expect(harness.driver.waitForRackSecret(9, { signal })).rejects.toThrow();
  expect(listeners).toBe(0);
});
