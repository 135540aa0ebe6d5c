/**
 * A rack that is reconfigured over and over: does anything grow that should not?
 *
 * The ledger has to grow: every configuration carries all secrets before it, and none is forgotten. So
 * the files are held to exactly what the ledger's own encoding needs, and memory to a multiple of it.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { nativeCrypto } from "trust-quorum";
import { decodeLedger, encodeLedger, wipeState } from "trust-quorum/ledger";
import { TestRack, waitFor } from "../tqd/rack.ts";
import type { TestSled } from "../tqd/rack.ts";
import { liveBytes, probeEnvironment } from "./live-memory.ts";
import { filesBelow, loadText, machineText, mib, openFiles, residentBytes } from "./measure.ts";

/** What was seen at one point, the highest over all sleds. */
export interface Sample {
  readonly epoch: number;
  /** Milliseconds for one reconfiguration, on average since the sample before. */
  readonly msEach: number;
  readonly residentBytes: number;
  /** Heap and buffers in use after a garbage collection. */
  readonly liveBytes: number;
  readonly openFiles: number;
  readonly files: number;
  /** Bytes of one replica's ledger. */
  readonly ledgerBytes: number;
  /** Whether every replica of every sled holds exactly what the encoding of its state gives. */
  readonly isExact: boolean;
  /** Bytes of all other files of a sled. */
  readonly otherBytes: number;
}

/** What may grow, and how far. */
const ALLOWED = {
  /** Open files above those of the first sample: connections of whoever asks come and go. */
  openFiles: 4,
  /** Bytes of files besides the ledger above those of the first sample: numbers get longer. */
  otherBytes: 1024,
  /**
   * Bytes of live memory above the first sample, for each byte of one replica's ledger, whose hex digits
   * the configurations hold as half as many bytes.
   */
  livePerLedgerByte: 1,
  /** Bytes of live memory above the first sample besides: optimized code, caches, counters. */
  liveBytes: 12 * 1024 * 1024,
} as const;

/** What grew that should not have, one sentence each. */
export function growthIn(samples: readonly Sample[]): string[] {
  const [first] = samples;
  if (first === undefined) return ["there are no samples"];
  return samples.flatMap((sample) => {
    const at = `epoch ${sample.epoch}`;
    const allowed =
      first.liveBytes + ALLOWED.liveBytes + ALLOWED.livePerLedgerByte * sample.ledgerBytes;
    return [
      sample.files > first.files && `${at}: ${sample.files} files, ${first.files} at first`,
      sample.openFiles > first.openFiles + ALLOWED.openFiles &&
        `${at}: ${sample.openFiles} open files, ${first.openFiles} at first`,
      !sample.isExact && `${at}: a ledger's file is not what the encoding of its state gives`,
      sample.otherBytes > first.otherBytes + ALLOWED.otherBytes &&
        `${at}: ${sample.otherBytes} bytes besides the ledger, ${first.otherBytes} at first`,
      sample.liveBytes > allowed &&
        `${at}: ${mib(sample.liveBytes)} of live memory, ${mib(allowed)} are allowed`,
    ].filter((problem) => problem !== false);
  });
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
    const env = probeEnvironment(rack);
    for (const sled of rack.sleds) await sled.start({ flags: ["--log-level", "warn"], env });
    await waitFor("the mesh is complete", async () => {
      const statuses = await Promise.all(rack.sleds.map((sled) => sled.status()));
      return statuses.every(({ peers }) => peers.filter((p) => p.connected).length === sleds - 1);
    });
    print(`${machineText()}; ${sleds} sleds, ${count} reconfigurations in a row; per sled:`);
    const step = Math.max(1, Math.floor(count / 10));
    let [begin, done] = [performance.now(), 0];
    for (let epoch = 1; epoch <= count; epoch++) {
      await rack.reconfigure({ epoch, members: rack.sleds, threshold });
      if (epoch % step !== 0 && epoch !== 1) continue;
      const msEach = (performance.now() - begin) / (epoch - done);
      await rack.allUnlocked(epoch);
      const sample = await sampleOf(epoch, msEach, rack.sleds);
      samples.push(sample);
      print(sampleText(sample));
      [begin, done] = [performance.now(), epoch];
    }
    for (const line of reportOf(samples)) print(line);
    return samples;
  } finally {
    await rack.destroy();
  }
}

/** A sample as it is printed. */
export function sampleText(sample: Omit<Sample, "otherBytes">, load = loadText()): string {
  return (
    `epoch ${String(sample.epoch).padStart(5)}: ${sample.files} files, ${sample.openFiles} open, ` +
    `ledger ${mib(sample.ledgerBytes)} (${sample.isExact ? "exact" : "NOT exact"}), ` +
    `live ${mib(sample.liveBytes)}, resident ${mib(sample.residentBytes)}, ` +
    `${sample.msEach.toFixed(0)} ms each (${load})`
  );
}

/** What is printed in the end: what grew, or that nothing did. */
export function reportOf(samples: readonly Sample[]): string[] {
  const problems = growthIn(samples);
  if (problems.length > 0) return problems.map((problem) => `grew: ${problem}`);
  return [
    `nothing grew but the ledger: as many files, open files within ${ALLOWED.openFiles}, ` +
      `live memory within ${mib(ALLOWED.liveBytes)} + ${ALLOWED.livePerLedgerByte} × ledger`,
  ];
}

async function sampleOf(
  epoch: number,
  msEach: number,
  sleds: readonly TestSled[],
): Promise<Sample> {
  const each: Omit<Sample, "epoch" | "msEach">[] = [];
  for (const sled of sleds) {
    const pid = sled.process?.pid ?? 0;
    const resident = residentBytes(pid);
    const ledgers = ["replica-a", "replica-b"].map((replica) => exactLedger(sled, replica));
    const { files, bytes } = filesBelow(sled.folder);
    each.push({
      residentBytes: resident,
      liveBytes: await liveBytes(sled),
      openFiles: openFiles(pid),
      files,
      ledgerBytes: Math.max(...ledgers.map((ledger) => ledger.bytes)),
      isExact: ledgers.every((ledger) => ledger.isExact),
      otherBytes: ledgers.reduce((rest, ledger) => rest - ledger.bytes, bytes),
    });
  }
  const highest = (of: (one: (typeof each)[number]) => number): number => Math.max(...each.map(of));
  return {
    epoch,
    msEach,
    residentBytes: highest((one) => one.residentBytes),
    liveBytes: highest((one) => one.liveBytes),
    openFiles: highest((one) => one.openFiles),
    files: highest((one) => one.files),
    ledgerBytes: highest((one) => one.ledgerBytes),
    isExact: each.every((one) => one.isExact),
    otherBytes: highest((one) => one.otherBytes),
  };
}

/** Whether a replica's file is what the encoding of the state in it gives, byte for byte. */
function exactLedger(sled: TestSled, replica: string): { bytes: number; isExact: boolean } {
  const crypto = nativeCrypto();
  const sha3 = (data: Uint8Array): Uint8Array => crypto.sha3_256(data);
  const bytes = readFileSync(path.join(sled.folder, replica, "ledger.json"));
  const ledger = decodeLedger(bytes, sha3);
  const again = encodeLedger(ledger, sha3);
  try {
    return { bytes: bytes.length, isExact: Buffer.compare(bytes, again) === 0 };
  } finally {
    wipeState(ledger.state);
    again.fill(0);
    bytes.fill(0);
  }
}
