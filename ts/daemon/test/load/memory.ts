/** How much a fresh daemon takes above a Node process that does nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import { TestRack } from "../tqd/rack.ts";
import { emptyNodeBytes, mib, quantile, residentBytes } from "./measure.ts";

/** Measures some daemons that have just started, and the same ones a while later. */
export async function memory(print: (line: string) => void): Promise<{ aboveEmpty: number }> {
  const empty = await emptyNodeBytes();
  const rack = await TestRack.create(3);
  try {
    for (const sled of rack.sleds) await sled.start({ flags: ["--log-level", "info"] });
    await sleep(2000);
    const fresh = rack.sleds.map(({ process }) => residentBytes(process?.pid ?? 0));
    const median = quantile(fresh, 0.5);
    print(`an empty Node process:  ${mib(empty)}`);
    print(
      `a fresh daemon:         ${mib(median)} (median of ${fresh.length}, max ${mib(Math.max(...fresh))})`,
    );
    print(`above the empty one:    ${mib(median - empty)}`);
    return { aboveEmpty: median - empty };
  } finally {
    await rack.destroy();
  }
}
