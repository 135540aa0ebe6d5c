/** The unlocker goes on until it is unlocked, follows newer commits, and obeys an operator. */
import { afterEach, describe, expect, test } from "vitest";
import type { Epoch, RackSecret } from "trust-quorum";
import { isDaemonError } from "@trust-quorum/sled-host/errors";
import { Unlocker } from "../../src/sled/unlocker.ts";

interface Attempt {
  readonly epoch: number;
  readonly signal: AbortSignal;
  succeed(): void;
  fail(error: Error): void;
}

/** A node whose attempts end when the test says so. */
class FakeNode {
  committed: Epoch | null = null;
  loaded: Epoch[] = [];
  readonly attempts: Attempt[] = [];
  disposed = 0;
  readonly told: string[] = [];
  readonly unlocker: Unlocker;

  constructor(automatic = true) {
    this.unlocker = new Unlocker({
      source: {
        latestCommitted: () => this.committed,
        loaded: () => this.loaded,
        clearSecrets: () => {
          this.loaded = [];
        },
        waitForRackSecret: (epoch, { signal }) => this.#attempt(epoch, signal),
      },
      automatic,
      retryMs: 5,
      onUnlocked: ({ epoch }) => this.told.push(`unlocked ${epoch}`),
      onFailed: (error) => this.told.push(`failed ${(error as Error).message}`),
      onChange: () => undefined,
    });
  }

  commit(epoch: number): void {
    this.committed = epoch as Epoch;
    this.unlocker.wake();
  }

  /** Waits for the n-th attempt. */
  async attempt(n: number): Promise<Attempt> {
    for (;;) {
      const attempt = this.attempts[n];
      if (attempt !== undefined) return attempt;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #attempt(epoch: number, signal: AbortSignal): Promise<RackSecret> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      this.attempts.push({
        epoch,
        signal,
        succeed: () => {
          this.loaded = [epoch as Epoch];
          resolve({ dispose: () => (this.disposed += 1) } as unknown as RackSecret);
        },
        fail: reject,
      });
    });
  }
}

const nodes: FakeNode[] = [];
const create = (automatic?: boolean): FakeNode => {
  const node = new FakeNode(automatic);
  nodes.push(node);
  return node;
};
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.unlocker.stop()));
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("an unlocker", () => {
  test("waits for a commit, loads its secret and keeps no handle", async () => {
    const node = create();
    node.unlocker.wake();
    expect(node.attempts).toEqual([]);
    node.commit(3);
    (await node.attempt(0)).succeed();
    await settled();
    expect(node.unlocker.unlocked).toBe(true);
    expect(node.disposed).toBe(1);
    expect(node.told).toEqual(["unlocked 3"]);
    expect(node.attempts.length).toBe(1);
  });

  test("tries again after a failure, and forgets the failure once it succeeds", async () => {
    const node = create();
    node.commit(1);
    (await node.attempt(0)).fail(new Error("bad shares"));
    const second = await node.attempt(1);
    expect(node.unlocker.state.failure).toMatchObject({ message: "bad shares" });
    second.succeed();
    await settled();
    expect(node.unlocker.state.failure).toBeNull();
    expect(node.told).toEqual(["failed bad shares", "unlocked 1"]);
  });

  test("gives up an attempt for an older epoch when a newer one is committed", async () => {
    const node = create();
    node.commit(1);
    const old = await node.attempt(0);
    node.commit(2);
    expect(old.signal.aborted).toBe(true);
    const newer = await node.attempt(1);
    expect(newer.epoch).toBe(2);
    newer.succeed();
    await settled();
    expect(node.told).toEqual(["unlocked 2"]);
  });

  test("loads again what is committed after it was unlocked", async () => {
    const node = create();
    node.commit(1);
    (await node.attempt(0)).succeed();
    await settled();
    node.commit(2);
    expect((await node.attempt(1)).epoch).toBe(2);
  });

  test("stays locked once cleared, also through a commit, until somebody unlocks", async () => {
    const node = create();
    node.commit(1);
    const attempt = await node.attempt(0);
    node.unlocker.clear();
    expect(attempt.signal.aborted).toBe(true);
    node.commit(2);
    await settled();
    expect(node.attempts.length).toBe(1);
    expect(node.unlocker.state).toMatchObject({ cleared: true, automatic: false });
    const unlocked = node.unlocker.unlock(60_000);
    (await node.attempt(1)).succeed();
    await unlocked;
    expect(node.unlocker.state.cleared).toBe(false);
  });

  test("does nothing by itself where that is configured", async () => {
    const node = create(false);
    node.commit(1);
    await settled();
    expect(node.attempts).toEqual([]);
    await node.unlocker.unlock(0);
    expect((await node.attempt(0)).epoch).toBe(1);
  });

  test("ends a wait at its timeout, and the attempt goes on", async () => {
    const node = create();
    node.commit(1);
    const failure: unknown = await node.unlocker.unlock(5).catch((error: unknown) => error);
    expect(isDaemonError(failure, "ERR_TQD_UNLOCK_TIMEOUT")).toBe(true);
    expect((await node.attempt(0)).signal.aborted).toBe(false);
  });

  test("ends everything when it stops", async () => {
    const node = create();
    node.commit(1);
    const waiting = node.unlocker.unlock(60_000).catch((error: unknown) => error);
    const attempt = await node.attempt(0);
    await node.unlocker.stop();
    expect(attempt.signal.aborted).toBe(true);
    expect(isDaemonError(await waiting, "ERR_TQD_STOPPING")).toBe(true);
    node.commit(2);
    await settled();
    expect(node.attempts.length).toBe(1);
  });
});
