/**
 * `npm run fuzz -- [--minutes N] [--seed S]`: feeds the decoders with spoiled, random, nested and
 * endless input. Each input must be refused with a typed error or come out byte for byte, must be to
 * other implementations what it is to ours, and must not cost more memory than its length warrants.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { Random } from "@trust-quorum/random";
import { runCommand } from "./command.ts";
import { readCorpus } from "./fuzz/corpus.ts";
import { targetsOf } from "./fuzz/targets.ts";
import type { Target } from "./fuzz/targets.ts";

const USAGE = `usage: npm run fuzz -- [--minutes N] [--seed S]
N is how long to run, 1 if absent; S is an integer from 0 to 4294967295, drawn if absent.`;

/** What one input may cost: so many times its length, and a constant that does not depend on it. */
const MEMORY_PER_BYTE = 64;
const MEMORY_PER_INPUT = 4 * 1024 * 1024;
/** How far the heap may grow in all beyond where it stood after the first inputs. */
const HEAP_GROWTH_MAX = 256 * 1024 * 1024;
const WARM_UP_INPUTS = 5000;
const MEMORY_CHECK_INTERVAL = 32;
const REPORT_INTERVAL_MS = 10_000;

interface Options {
  readonly minutes: number;
  readonly seed: number;
}

interface Tally {
  inputs: number;
  milliseconds: number;
  readonly codes: Map<string, number>;
}

function main(args: string[]): number {
  const options = readOptions(args);
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const { minutes, seed } = options;
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

function readOptions(args: string[]): Options | "help" {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const minutes = Number(values.minutes);
  if (values.minutes.trim() === "" || !(minutes > 0) || !Number.isFinite(minutes)) {
    throw new Error("--minutes is a number above 0");
  }
  const seed = values.seed === undefined ? randomInt(2 ** 32) : Number(values.seed);
  if (values.seed?.trim() === "" || !Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new Error("--seed is an integer from 0 to 4294967295");
  }
  return { minutes, seed };
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

/** Checks now and then that what lives does not grow and grow. */
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
  console.error(`input (hex): ${Buffer.from(input).toString("hex")}`);
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

runCommand("fuzz", USAGE, main);
