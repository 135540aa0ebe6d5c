/** When the replicas are read again, who is told, and what is said of the room that is left. */
import type { AlarmJson } from "@trust-quorum/api/schemas/node";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import type { Space } from "@trust-quorum/sled-host/store/file-system";
import type { ScrubReport } from "@trust-quorum/sled-host/store/types";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Scrubber } from "../../src/sled/scrubber.ts";
import { SpaceWatch, judgeSpace } from "../../src/sled/space-watch.ts";
import type { Log } from "../../src/sled/logger.ts";

const MIB = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function report(outcome: ScrubReport["outcome"]): ScrubReport {
  const bad = {
    sound: "sound",
    mended: "mended",
    damaged: "damaged",
    diverged: "different",
  } as const;
  const replica = (index: 0 | 1, found: ScrubReport["replicas"][0]["outcome"]) =>
    ({
      replica: index,
      folder: `/${index}`,
      outcome: found,
      problem: found,
      keptAside: [],
    }) as const;
  const first = outcome === "diverged" ? "different" : "sound";
  const replicas = [replica(0, first), replica(1, bad[outcome])] as const;
  return { outcome, generation: 7, bytes: 100, replicas };
}

function scrubber(scrub: () => Promise<ScrubReport>, everyMinutes = 1440) {
  const alarms: AlarmJson[] = [];
  const failures: unknown[] = [];
  const onDiverged = vi.fn();
  const made = new Scrubber({
    scrub,
    everyMinutes,
    onAlarm: (alarm) => alarms.push(alarm),
    onReport: () => undefined,
    onFailed: (error) => failures.push(error),
    onDiverged,
  });
  return { made, alarms, failures, onDiverged };
}

describe("the replicas are read again", () => {
  test("once in the time that is configured, and not any more after the stop", async () => {
    const scrub = vi.fn(() => Promise.resolve(report("sound")));
    const { made } = scrubber(scrub, 60);
    await vi.advanceTimersByTimeAsync(3 * 3_600_000);
    expect(scrub).toHaveBeenCalledTimes(3);
    made.stop();
    await vi.advanceTimersByTimeAsync(3 * 3_600_000);
    expect(scrub).toHaveBeenCalledTimes(3);
  });

  test("only on demand where that is configured", async () => {
    const scrub = vi.fn(() => Promise.resolve(report("sound")));
    const { made } = scrubber(scrub, 0);
    await vi.advanceTimersByTimeAsync(100 * 86_400_000);
    expect(scrub).not.toHaveBeenCalled();
    await made.run();
    expect(scrub).toHaveBeenCalledTimes(1);
  });

  test("once for all who ask meanwhile", async () => {
    const scrub = vi.fn(() => Promise.resolve(report("sound")));
    const { made } = scrubber(scrub);
    const answers = await Promise.all([made.run(), made.run(), made.run()]);
    expect(scrub).toHaveBeenCalledTimes(1);
    expect(new Set(answers).size).toBe(1);
    await made.run();
    expect(made.status().counts.sound).toBe(2);
  });

  test("each find is counted, and there is one alarm a folder however often it comes up", async () => {
    const found = ["mended", "damaged", "mended"] as const;
    let at = 0;
    const { made, alarms } = scrubber(() => Promise.resolve(report(found[at++] ?? "sound")));
    for (const _ of found) await made.run();
    expect(alarms).toHaveLength(3);
    expect(made.alarms).toMatchObject([
      { kind: "replicaDamaged", details: { folder: "/1", mended: true, times: 3 } },
    ]);
    expect(made.status()).toMatchObject({
      last: { outcome: "mended" },
      counts: { mended: 2, damaged: 1 },
    });
    expect([...made.faults]).toEqual([
      ["/0", 0],
      ["/1", 3],
    ]);
  });

  test("not any more once they hold something else than was saved: the sled is told to stop", async () => {
    const scrub = vi.fn(() => Promise.resolve(report("diverged")));
    const { made, onDiverged } = scrubber(scrub, 60);
    await vi.advanceTimersByTimeAsync(5 * 3_600_000);
    expect(scrub).toHaveBeenCalledTimes(1);
    expect(onDiverged).toHaveBeenCalledTimes(1);
    expect(made.alarms.map(({ kind }) => kind)).toContain("ledgerDiverged");
  });

  test("a scrub that fails is counted and told, and the next one is tried", async () => {
    const error = new DaemonError("ERR_TQD_STORE_CLOSED", {});
    const { made, failures } = scrubber(() => Promise.reject(error), 60);
    await vi.advanceTimersByTimeAsync(2 * 3_600_000);
    expect(failures).toEqual([error, error]);
    expect(made.status().counts.failed).toBe(2);
  });
});

describe("the room that is left", () => {
  const space = (freeMib: number, freeFiles: number | null = null): Space => ({
    freeBytes: freeMib * MIB,
    totalBytes: 1000 * MIB,
    freeFiles,
  });

  test.each([
    [65, null, 1, "ok"],
    [63, null, 1, "low"],
    [3, null, 1, "critical"],
    [150, null, 40, "low"],
    [79, null, 40, "critical"],
    [161, null, 40, "ok"],
    [500, 63, 1, "low"],
    [500, 3, 1, "critical"],
  ] as const)("%s MiB and %s files, with a ledger of %s MiB: %s", (free, files, ledger, state) => {
    expect(judgeSpace(space(free, files), ledger * MIB)).toBe(state);
  });

  test("is told once each time it changes", async () => {
    const spaces = [65, 60, 50, 2, 1, 100].map((free) => space(free));
    const said: string[] = [];
    const log = Object.fromEntries(
      ["info", "warn", "error", "debug"].map((level) => [level, () => said.push(level)]),
    ) as unknown as Log;
    let at = 0;
    const watch = new SpaceWatch(
      { ledgerBytes: 100, space: () => Promise.resolve([spaces[at++] ?? null, null]) },
      { folders: ["/0", "/1"], log },
    );
    for (const _ of spaces) await watch.look();
    expect(said).toEqual(["warn", "error", "info"]);
    expect(watch.of(0)).toMatchObject({ state: "ok" });
    expect(watch.of(1)).toBeNull();
    watch.stop();
  });
});
