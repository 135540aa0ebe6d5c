/** `npm run bench`: the native crypto against the pure TypeScript one, in one run. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import type { Task } from "tinybench";
import { SHARE_BYTES, epoch, nativeCrypto, parseRackId, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import { BenchRack } from "./rack.ts";

const USAGE = "usage: npm run bench -- [--only TEXT] [--quick] [--json]";
const RACK = parseRackId("5c0a2a53-4a2c-4b39-8d4b-0c3f7f1d6e10");

interface Case {
  readonly name: string;
  /** Prepares the inputs once and returns what is timed. */
  readonly prepare: (crypto: TrustQuorumCrypto) => () => void;
}

const CASES: readonly Case[] = [
  { name: "split 32 B, n=32 k=17", prepare: (crypto) => splitter(crypto, 32, 17) },
  { name: "split 32 B, n=5 k=3", prepare: (crypto) => splitter(crypto, 5, 3) },
  { name: "combine 32 B, k=17", prepare: (crypto) => combiner(crypto, 32, 17) },
  { name: "combine 32 B, k=3", prepare: (crypto) => combiner(crypto, 5, 3) },
  {
    name: "configuration: secret, 32 shares, 32 digests",
    prepare: (crypto) => () => void crypto.createShares({ count: 32, threshold: 17 }),
  },
  { name: "unlock: check 17 digests, combine, open 8 secrets", prepare: unlocker },
  {
    name: "reconfiguration: 5 nodes, every message as a frame",
    prepare: (crypto) => reconfigurer(crypto, 5),
  },
  {
    name: "reconfiguration: 32 nodes, every message as a frame",
    prepare: (crypto) => reconfigurer(crypto, 32),
  },
];

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", default: "" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const rows = [];
  for (const { name, prepare } of CASES.filter((one) => one.name.includes(values.only))) {
    const bench = new Bench({
      time: values.quick ? 100 : 1000,
      warmupTime: values.quick ? 50 : 300,
    });
    const backends = [nativeCrypto(), referenceCrypto()];
    for (const crypto of backends) bench.add(crypto.name, prepare(crypto));
    await bench.run();
    const [native, reference] = bench.tasks.map(summary);
    if (native === undefined || reference === undefined) continue;
    rows.push({ name, native, reference, ratio: reference.median / native.median });
  }
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    arch: process.arch,
    platform: process.platform,
  };
  if (values.json) console.log(JSON.stringify({ machine, unit: "µs", rows }));
  else print(machine, rows);
}

interface Summary {
  /** Microseconds: the median, and the 75th percentile as its spread. */
  readonly median: number;
  readonly p75: number;
  readonly samples: number;
}

function summary(task: Task): Summary {
  const { result } = task;
  if (!("latency" in result)) throw new Error(`${task.name} did not finish`);
  const { p50, p75, samplesCount } = result.latency;
  return { median: p50 * 1000, p75: p75 * 1000, samples: samplesCount };
}

function print(
  machine: Readonly<Record<string, string | number>>,
  rows: readonly { name: string; native: Summary; reference: Summary; ratio: number }[],
): void {
  console.log(
    Object.entries(machine)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
  );
  console.log(
    "Median µs of one call after warm-up (75th percentile); both backends in this run.\n",
  );
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log(
    `${"".padEnd(width)}  ${"native".padStart(20)}  ${"TypeScript".padStart(20)}   ratio`,
  );
  for (const { name, native, reference, ratio } of rows) {
    const cells = [native, reference].map(({ median, p75 }) =>
      `${median.toFixed(2)} (${p75.toFixed(2)})`.padStart(20),
    );
    console.log(`${name.padEnd(width)}  ${cells.join("  ")}  ${ratio.toFixed(1).padStart(6)}`);
  }
}

function splitter(crypto: TrustQuorumCrypto, count: number, threshold: number): () => void {
  const secret = new Uint8Array(32).fill(7);
  return () => void crypto.split(secret, { count, threshold });
}

function combiner(crypto: TrustQuorumCrypto, count: number, threshold: number): () => void {
  const shares = crypto.split(new Uint8Array(32).fill(7), { count, threshold });
  const enough = shares.slice(0, threshold * SHARE_BYTES);
  return () => void crypto.combine(enough, SHARE_BYTES);
}

function unlocker(crypto: TrustQuorumCrypto): () => void {
  const at = epoch(9);
  const entries = Array.from({ length: 8 }, (_, i) => ({
    epoch: epoch(i + 1),
    secret: new Uint8Array(32).fill(i + 1),
  }));
  const { shares, digests } = crypto.createShares({ count: 32, threshold: 17 });
  const prior = crypto.importSecrets(entries);
  const encrypted = crypto.seal({ shares, rackId: RACK, epoch: at, prior });
  const recovery = {
    shares: shares.slice(0, 17 * SHARE_BYTES),
    digests: digests.slice(0, 17 * 32),
    rackId: RACK,
    epoch: at,
    encrypted,
  };
  return () => {
    crypto.recover(recovery).dispose();
  };
}

function reconfigurer(crypto: TrustQuorumCrypto, size: number): () => void {
  let rack = new BenchRack(size, crypto);
  let rounds = 0;
  return () => {
    // A fresh rack now and then, so that the cost of past epochs stays that of a young rack.
    if (++rounds % 10 === 0) {
      rack.dispose();
      rack = new BenchRack(size, crypto);
    }
    rack.reconfigure();
  };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  console.error(USAGE);
  process.exitCode = 2;
});
