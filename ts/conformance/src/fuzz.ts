/**
 * `npm run fuzz -- [--minutes N] [--seed S]`: feeds the decoders with mutated, random, nested and
 * endless input. Each input must be refused with a typed error or be encoded to the same bytes again, other
 * implementations must read and write it in the same way, and the memory that it takes is limited by its
 * length.
 */
import { randomInt } from "node:crypto";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Random } from "@trust-quorum/random";
import { InvalidArgumentError } from "commander";
import { commandOf, runCommand } from "./command.ts";
import { readCorpus } from "./fuzz/corpus.ts";
import { targetsOf } from "./fuzz/targets.ts";
import type { Target } from "./fuzz/targets.ts";

const SEED_MAX = 2 ** 32 - 1;

const command = commandOf(
  "fuzz",
  "Feeds the decoders with mutated, random, nested and endless input.",
)
  .option("--minutes <number>", "how long to run", minutesOf, 1)
  .option("--seed <integer>", `from 0 to ${SEED_MAX}; drawn at random if absent`, seedOf)
  .action((options: Options) => {
    process.exitCode = main(options);
  });

/** The most memory that one input may take, in bytes: this many times its length, and a constant. */
const MEMORY_PER_BYTE = 64;
const MEMORY_PER_INPUT = 4 * 1024 * 1024;
/** How much the heap may grow after the first inputs, in bytes. */
const HEAP_GROWTH_MAX = 256 * 1024 * 1024;
const WARM_UP_INPUTS = 5000;
const MEMORY_CHECK_INTERVAL = 32;
const REPORT_INTERVAL_MS = 10_000;

interface Options {
  readonly minutes: number;
  readonly seed?: number;
}

interface Tally {
  inputs: number;
  milliseconds: number;
  readonly codes: Map<string, number>;
}

function main({ minutes, seed = randomInt(SEED_MAX + 1) }: Options): number {
  console.log(`seed ${seed}, ${minutes} minutes`);
  const random = new Random(seed);
  const targets = targetsOf(readCorpus());
  const tallies = new Map(
    targets.map((target): [Target, Tally] => [
      target,
      { inputs: 0, milliseconds: 0, codes: new Map<string, number>() },
    ]),
  );
  const heap = new HeapWatch();
  const started = performance.now();
  const deadline = started + minutes * 60_000;
  let nextReport = started + REPORT_INTERVAL_MS;
  for (let inputs = 0; performance.now() < deadline; inputs++) {
    const [target, tally] = random.pick([...tallies]);
    const input = target.draw(random);
    try {
      runOne(target, tally, input, inputs % MEMORY_CHECK_INTERVAL === 0);
      heap.check(inputs);
    } catch (error) {
      reportFailure({ target, input, inputs, seed, error });
      return 1;
    }
    if (performance.now() < nextReport) continue;
    nextReport += REPORT_INTERVAL_MS;
    console.log(`${inputs + 1} inputs in ${Math.round((performance.now() - started) / 1000)} s`);
  }
  report(tallies, heap);
  return 0;
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (text.trim() !== "" && minutes > 0 && Number.isFinite(minutes)) return minutes;
  throw new InvalidArgumentError("Give a number above 0.");
}

function seedOf(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= SEED_MAX) return Number(text);
  throw new InvalidArgumentError(`Give an integer from 0 to ${SEED_MAX}.`);
}

function runOne(target: Target, tally: Tally, input: Uint8Array, checkMemory: boolean): void {
  const before = checkMemory ? memory() : 0;
  const started = performance.now();
  const code = target.run(input);
  tally.milliseconds += performance.now() - started;
  if (checkMemory) {
    const cost = memory() - before;
    if (cost > MEMORY_PER_INPUT + MEMORY_PER_BYTE * input.length) {
      throw new Error(`an input of ${input.length} bytes cost ${cost} bytes of memory`);
    }
  }
  tally.inputs += 1;
  tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
}

/** Bytes on the heap and in buffers outside it. */
function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Checks from time to time that the heap does not keep growing. */
class HeapWatch {
  #base = 0;
  #highest = 0;

  get growth(): number {
    return Math.max(0, this.#highest - this.#base);
  }

  check(inputs: number): void {
    if (inputs % 1000 !== 0) return;
    const now = memory();
    if (inputs <= WARM_UP_INPUTS) this.#base = Math.max(this.#base, now);
    this.#highest = Math.max(this.#highest, now);
    if (this.growth > HEAP_GROWTH_MAX) throw new Error(`the heap grew by ${this.growth} bytes`);
  }
}

interface Failure {
  readonly target: Target;
  readonly input: Uint8Array;
  readonly inputs: number;
  readonly seed: number;
  readonly error: unknown;
}

function reportFailure({ target, input, inputs, seed, error }: Failure): void {
  const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`FAILED: ${target.name}, input ${inputs} of seed ${seed}: ${problem}`);
  console.error(`input (hex): ${bytesToHex(input)}`);
}

function report(tallies: ReadonlyMap<Target, Tally>, heap: HeapWatch): void {
  let total = 0;
  for (const [{ name }, { inputs, milliseconds, codes }] of tallies) {
    total += inputs;
    const rate = Math.round(inputs / Math.max(0.001, milliseconds / 1000));
    console.log(`${name}: ${inputs} inputs, ${rate} a second`);
    for (const [code, count] of [...codes].sort(([, a], [, b]) => b - a)) {
      console.log(`  ${String(count).padStart(9)} ${code}`);
    }
  }
  const grown = (heap.growth / 1024 / 1024).toFixed(1);
  console.log(`${total} inputs, 0 failures; the heap grew by at most ${grown} MiB`);
}

runCommand(command, "fuzz");
