/** What ends a wait for a rack secret, seen without the driver around it. */
import { expect, test } from "vitest";
import { LoadWatchers } from "../../src/driver/load-watchers.ts";

test("a signal that is aborted before the wait begins ends it, since it never says so again", async () => {
  const watchers = new LoadWatchers();
  const { end, cancel } = watchers.watch(AbortSignal.abort());
  // Where nobody ended it, this would be the answer.
  queueMicrotask(() => watchers.wake("stopped"));
  expect(await end).toBe("aborted");
  cancel();
  expect(watchers.empty).toBe(true);
});

test("the first end of a wait counts, and other waits go on", async () => {
  const watchers = new LoadWatchers();
  const controller = new AbortController();
  const first = watchers.watch(controller.signal);
  const second = watchers.watch();
  controller.abort();
  watchers.wake("ready");
  expect([await first.end, await second.end]).toEqual(["aborted", "ready"]);
  first.cancel();
  expect(watchers.empty).toBe(false);
  second.cancel();
  expect(watchers.empty).toBe(true);
});
