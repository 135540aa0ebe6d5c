/** A request that waits is not a dead connection. */
import type { IncomingMessage } from "node:http";
import { expect, test, vi } from "vitest";
import { routes } from "../../src/http/routes.ts";
import type { Call, RouteTargets } from "../../src/http/route.ts";

test("a connection whose unlock waits is left open for longer than that wait", async () => {
  const sled = {
    unlock: () => Promise.resolve(),
    lock: () => Promise.resolve({ state: "unlocked" }),
  };
  const table = routes({ sled } as unknown as RouteTargets);
  const route = table.find(({ url }) => url === "/v1/unlock");
  const setTimeout = vi.fn();
  const request = { socket: { setTimeout } } as unknown as IncomingMessage;
  const call = { body: { timeoutMs: 600_000 }, request, status: () => undefined };
  await route?.handle(call as unknown as Call<never, never>);
  expect(setTimeout).toHaveBeenCalledOnce();
  expect(setTimeout.mock.calls[0]?.[0]).toBeGreaterThan(600_000);
});
