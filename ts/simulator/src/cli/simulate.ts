/** `npm run simulate`: simulates racks from many seeds on all cores, and shows what they found. */
import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { command, integer, run } from "./command.ts";
import { Coverage } from "../rack/coverage.ts";
import { INVARIANTS } from "../invariants/failure.ts";
import { PROFILES, SLEDS_MAX, SLEDS_MIN } from "../schedule/options.ts";
import type { SimulationOptions } from "../schedule/options.ts";
import { runPool } from "./pool.ts";
import type { Totals } from "./pool.ts";
import { failureReport } from "./report.ts";
import type { Backend } from "../run/simulation.ts";

interface Flags {
  readonly seeds: SeedRange;
  readonly steps: number;
  readonly jobs: number;
  readonly json?: true;
  readonly minutes?: number;
  readonly profile?: SimulationOptions["profile"];
  readonly sleds?: number;
  readonly lrtq?: boolean;
  readonly slowSaves?: boolean;
  readonly encode?: true;
  readonly crypto: Backend;
  readonly keepGoing?: true;
  readonly shrink: boolean;
  readonly log?: string;
}

interface SeedRange {
  readonly first: number;
  readonly last: number;
}

const SEEDS_DEFAULT: SeedRange = { first: 1, last: 100 };

const program = command(
  "simulate",
  "Simulates racks with faults and hostile members, from one seed each, and checks the protocol's " +
    "invariants after every step. Exit code 1: one does not hold.",
)
  .addOption(
    new Option("--seeds <a..b>", "the seeds, or one of them")
      .argParser(parseSeeds)
      .default(SEEDS_DEFAULT, `${SEEDS_DEFAULT.first}..${SEEDS_DEFAULT.last}`),
  )
  .option("--steps <n>", "actions of a run, before its rack is healed", integer(1, 1e9), 2000)
  .option("--jobs <n>", "worker threads", integer(1, 512), availableParallelism())
  .option("--minutes <n>", "go on with seeds from the first one for that long", minutes)
  .addOption(
    new Option("--profile <name>", "how rough (default: each seed's own)").choices(PROFILES),
  )
  .option("--sleds <n>", "sleds, members of the rack or not", integer(SLEDS_MIN, SLEDS_MAX))
  .option("--lrtq", "a rack that comes from a bootstore (default: each seed's own)")
  .option("--no-lrtq", "a fresh rack")
  .option("--slow-saves", "saves take their time (default: each seed's own)")
  .option("--no-slow-saves", "saves end at once")
  .option("--encode", "encode and decode every message")
  .addOption(
    new Option("--crypto <name>", "which cryptography")
      .choices(["native", "reference"])
      .default("native"),
  )
  .option("--keep-going", "do not stop at the first failure")
  .option("--no-shrink", "do not make failing runs smaller")
  .option("--log <file>", "write the shrunk run of the first failure as an event log")
  .option("--json", "print one JSON document");

async function main(flags: Flags): Promise<number> {
  const options: SimulationOptions = {
    steps: flags.steps,
    profile: flags.profile,
    sleds: flags.sleds,
    encode: flags.encode,
    lrtq: flags.lrtq,
    slowSaves: flags.slowSaves,
  };
  const totals: Totals = { runs: 0, steps: 0, calls: 0, failures: [], coverage: new Coverage() };
  const started = Date.now();
  const timed = flags.minutes !== undefined;
  await runPool(
    {
      options,
      backend: flags.crypto,
      first: flags.seeds.first,
      last: timed ? Number.MAX_SAFE_INTEGER : flags.seeds.last,
      jobs: flags.jobs,
      until: timed ? started + flags.minutes * 60_000 : Infinity,
      keepGoing: flags.keepGoing ?? false,
    },
    totals,
    () => showProgress(totals, started),
  );
  hideProgress();
  const { user, system } = process.cpuUsage();
  const summary = {
    runs: totals.runs,
    steps: totals.steps,
    calls: totals.calls,
    seconds: (Date.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    failures: totals.failures,
    coverage: totals.coverage.report(),
  };
  const reports = totals.failures
    .slice(0, 1)
    .map((failure) => failureReport(failure, options, flags));
  if (flags.json) console.log(JSON.stringify({ ...summary, reports }, null, 2));
  else printSummary(summary, reports);
  return totals.failures.length > 0 ? 1 : 0;
}

function printSummary(
  summary: Omit<Totals, "coverage"> & {
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly coverage: ReturnType<Coverage["report"]>;
  },
  reports: readonly ReturnType<typeof failureReport>[],
): void {
  const { runs, steps, calls, seconds, cpuSeconds, failures, coverage } = summary;
  const rate = Math.round(calls / cpuSeconds);
  console.log(
    `${number(runs)} runs, ${number(steps)} steps, ${number(calls)} node calls in ${seconds.toFixed(1)} s ` +
      `(${cpuSeconds.toFixed(1)} CPU-seconds: ${number(rate)} node calls each)`,
  );
  for (const [group, counts] of Object.entries(coverage)) {
    console.log(`\n${group}`);
    for (const [kind, times] of Object.entries(counts)) {
      console.log(`  ${number(times).padStart(13)}  ${kind}`);
    }
  }
  if (failures.length === 0) {
    console.log("\nEvery invariant held in every run.");
    return;
  }
  console.log(`\n${failures.length} of ${number(runs)} runs failed:`);
  for (const { seed, profile, invariant, message } of failures.slice(0, 20)) {
    console.log(`  seed ${seed} (${profile}): ${invariant}: ${message}`);
    console.log(`    promised: ${INVARIANTS[invariant]}`);
  }
  for (const report of reports) console.log(report.text);
}

let shown = 0;

/** One line on the terminal, twice a second at most. */
function showProgress(totals: Totals, started: number): void {
  if (!process.stderr.isTTY || Date.now() - shown < 500) return;
  shown = Date.now();
  const seconds = (shown - started) / 1000;
  const rate = Math.round(totals.calls / seconds);
  process.stderr.write(
    `\r\u001b[K${number(totals.runs)} runs, ${number(totals.steps)} steps, ${number(rate)} node calls/s, ` +
      `${totals.failures.length} failures`,
  );
}

function hideProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function parseSeeds(text: string): SeedRange {
  const match = /^(\d+)(?:\.\.(\d+))?$/u.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || !Number.isSafeInteger(last) || last < first) {
    throw new InvalidArgumentError("Give one seed or a range such as 1..100.");
  }
  return { first, last };
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Give a number of minutes above 0.");
}

await run(program, () => main(program.opts<Flags>()));
