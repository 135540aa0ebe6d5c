/** A rack that is reconfigured over and over: does anything grow that should not? */
import { TestRack, waitFor } from "../tqd/rack.ts";
import type { TestSled } from "../tqd/rack.ts";
import { filesBelow, mib, openFiles, residentBytes } from "./measure.ts";

/** What was seen at one point, the highest over all sleds. */
export interface Sample {
  readonly epoch: number;
  readonly residentBytes: number;
  readonly openFiles: number;
  readonly files: number;
  readonly bytes: number;
}

/** Reconfigures so many times in a row. */
export async function reconfigurations(
  options: { readonly sleds: number; readonly count: number },
  print: (line: string) => void,
): Promise<Sample[]> {
  const { sleds, count } = options;
  const threshold = Math.floor(sleds / 2) + 1;
  const rack = await TestRack.create(sleds);
  const samples: Sample[] = [];
  try {
    for (const sled of rack.sleds) await sled.start({ flags: ["--log-level", "warn"] });
    await waitFor("the mesh is complete", async () => {
      const statuses = await Promise.all(rack.sleds.map((sled) => sled.status()));
      return statuses.every(({ peers }) => peers.filter((p) => p.connected).length === sleds - 1);
    });
    const step = Math.max(1, Math.floor(count / 10));
    const begin = performance.now();
    for (let epoch = 1; epoch <= count; epoch++) {
      await rack.reconfigure({ epoch, members: rack.sleds, threshold });
      if (epoch % step !== 0 && epoch !== 1) continue;
      await rack.allUnlocked(epoch);
      const sample = sampleOf(epoch, rack.sleds);
      samples.push(sample);
      const each = (performance.now() - begin) / epoch;
      print(
        `epoch ${String(epoch).padStart(5)}: ${mib(sample.residentBytes)} resident, ` +
          `${sample.openFiles} open files, ${sample.files} files of ${mib(sample.bytes)} per sled, ` +
          `${each.toFixed(0)} ms each`,
      );
    }
    return samples;
  } finally {
    await rack.destroy();
  }
}

function sampleOf(epoch: number, sleds: readonly TestSled[]): Sample {
  const each = sleds.map((sled) => {
    const pid = sled.process?.pid ?? 0;
    return {
      residentBytes: residentBytes(pid),
      openFiles: openFiles(pid),
      ...filesBelow(sled.folder),
    };
  });
  const highest = (of: (one: (typeof each)[number]) => number): number => Math.max(...each.map(of));
  return {
    epoch,
    residentBytes: highest((one) => one.residentBytes),
    openFiles: highest((one) => one.openFiles),
    files: highest((one) => one.files),
    bytes: highest((one) => one.bytes),
  };
}
