/**
 * A whole rack loses power, comes back and unlocks by itself.
 *
 * On one machine the processes that still start take the processor from those that unlock already.
 * With the network last, all of them run before there is a peer to connect to: what is measured then
 * is the mesh and the protocol.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { TestRack, logLines, waitFor } from "../tqd/rack.ts";
import type { TestSled } from "../tqd/rack.ts";
import { loadText, machineText, processorSeconds, spread } from "./measure.ts";

/** What was measured of one boot of one sled, in ms, by the times of its own log. */
export interface BootTimes {
  /** From its connection with the last of its peers to unlocked; 0 where it was unlocked before. */
  readonly fromFullMesh: number;
  /** From its K−1st usable connection, the first moment at which it can have K shares, to unlocked. */
  readonly fromEnoughPeers: number;
  /** From the process's first line to unlocked. */
  readonly fromStart: number;
}

/** Boots a rack so many times. */
export async function boot(
  options: { readonly sleds: number; readonly rounds: number; readonly networkLast: boolean },
  print: (line: string) => void,
): Promise<BootTimes[]> {
  const { sleds, rounds, networkLast } = options;
  const threshold = Math.floor(sleds / 2) + 1;
  const rack = await TestRack.create(sleds);
  const peersFile = path.join(rack.folder, "peers.toml");
  const peers = readFileSync(peersFile, "utf8");
  try {
    const how = networkLast ? "the network comes last" : "the processes start at once";
    print(`${machineText()}; ${sleds} sleds, K = ${threshold}; ${how}`);
    await startAll(rack);
    await rack.reconfigure({ epoch: 1, members: rack.sleds, threshold });
    await rack.allUnlocked(1);
    const all: BootTimes[] = [];
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(rack.sleds.map((sled) => sled.kill("SIGKILL")));
      for (const sled of rack.sleds) sled.output = "";
      if (networkLast) replace(peersFile, "peers = []\n");
      let begin = performance.now();
      let used = 0;
      await startAll(rack);
      if (networkLast) {
        begin = performance.now();
        used = usedBy(rack);
        replace(peersFile, peers);
      }
      await waitFor("all are unlocked", () =>
        rack.sleds.every((sled) => sled.output.includes('"msg":"unlocked"')),
      );
      const unlockedAfter = seconds(begin);
      // The last connections may well come after the secret.
      await waitFor("the mesh is complete", () =>
        rack.sleds.every((sled) => connections(sled).length === sleds - 1),
      );
      const meshAfter = seconds(begin);
      all.push(...rack.sleds.map((sled) => bootTimes(sled, threshold)));
      print(
        `boot ${round}: all unlocked after ${unlockedAfter}, mesh complete after ${meshAfter}, ` +
          `${(usedBy(rack) - used).toFixed(1)} s of processor time (${loadText()})`,
      );
    }
    print(`(i)  full mesh → unlocked:       ${spread(all.map((t) => t.fromFullMesh))}`);
    print(`(ii) K-1 connections → unlocked: ${spread(all.map((t) => t.fromEnoughPeers))}`);
    print(`     process start → unlocked:   ${spread(all.map((t) => t.fromStart))}`);
    return all;
  } finally {
    await rack.destroy();
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function usedBy(rack: TestRack): number {
  return rack.sleds.reduce((sum, { process }) => sum + processorSeconds(process?.pid ?? 0), 0);
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

async function startAll(rack: TestRack): Promise<void> {
  for (const sled of rack.sleds) sled.spawn({ flags: ["--log-level", "info"] });
  await waitFor("all run", () =>
    rack.sleds.every((sled) => {
      const ended = sled.process?.exitCode ?? null;
      if (ended !== null) throw new Error(`${sled.id} ended:\n${sled.output}`);
      return sled.output.includes('"msg":"running"');
    }),
  );
}

function connections(sled: TestSled): number[] {
  const first = new Map<string, number>();
  for (const line of logLines(sled.output)) {
    const { msg, peer, time } = line;
    if (msg !== "peer connected" || typeof peer !== "string" || first.has(peer)) continue;
    first.set(peer, timeOf(time));
  }
  return [...first.values()].toSorted((a, b) => a - b);
}

function bootTimes(sled: TestSled, threshold: number): BootTimes {
  const lines = logLines(sled.output);
  const unlocked = timeOf(lines.find(({ msg }) => msg === "unlocked")?.["time"]);
  const peers = connections(sled);
  const since = (from: number | undefined): number => Math.max(0, unlocked - (from ?? unlocked));
  return {
    fromFullMesh: since(peers.at(-1)),
    fromEnoughPeers: since(peers[threshold - 2]),
    fromStart: since(timeOf(lines[0]?.["time"])),
  };
}

function timeOf(value: unknown): number {
  return typeof value === "number" ? value : Date.parse(String(value));
}
