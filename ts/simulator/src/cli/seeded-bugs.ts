/** `npm run seeded-bugs`: puts every seeded bug into a copy of the core, and shows what caught it. */
import { availableParallelism } from "node:os";
import { hunt } from "../bugs/hunt.ts";
import type { Caught } from "../bugs/hunt.ts";
import { BUGS } from "../bugs/list.ts";
import type { SeededBug } from "../bugs/list.ts";
import { command, integer, run } from "./command.ts";

interface Flags {
  readonly seeds: number;
  readonly jobs: number;
  readonly only?: string;
  readonly shrink: boolean;
  readonly json?: true;
}

interface Row {
  readonly bug: SeededBug;
  readonly caught: Caught | undefined;
}

const program = command(
  "seeded-bugs",
  "Puts each seeded bug into a copy of the core, one at a time, and simulates until an invariant " +
    "catches it. Exit code 1: one was not caught.",
)
  .option("--seeds <n>", "seeds to try for each bug", integer(1, 1e6), 300)
  .option("--jobs <n>", "bugs hunted at once", integer(1, 512), availableParallelism())
  .option("--only <text>", "only the bugs whose name contains this")
  .option("--no-shrink", "do not make the failing runs small")
  .option("--json", "print one JSON document");

async function main(flags: Flags): Promise<number> {
  const bugs = BUGS.filter(({ name }) => name.includes(flags.only ?? ""));
  if (bugs.length === 0) {
    console.error(`No seeded bug's name contains "${flags.only ?? ""}".`);
    return 2;
  }
  const rows = new Map<SeededBug, Row>();
  const queue = [...bugs];
  const worker = async (): Promise<void> => {
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      const { seeds, shrink } = flags;
      rows.set(bug, { bug, caught: await hunt(bug, { options: bug.options, seeds, shrink }) });
      if (!flags.json) print(rows.get(bug) as Row);
    }
  };
  if (!flags.json) console.log(line("bug", "invariant", "seed", "steps", "shrunk to "));
  await Promise.all(Array.from({ length: Math.min(flags.jobs, bugs.length) }, worker));
  const results = bugs.map((bug) => rows.get(bug) as Row);
  const missed = results.filter(({ caught }) => caught === undefined);
  const median = medianOf(results.flatMap(({ caught }) => caught?.shrunk?.events ?? []));
  if (flags.json) {
    const found = results.map(({ bug: { name, what }, caught }) => ({ name, what, caught }));
    console.log(JSON.stringify({ bugs: found, missed: missed.length, median }, null, 2));
  } else {
    console.log(`\n${results.length - missed.length} of ${results.length} bugs were caught.`);
    if (median !== null) {
      console.log(`Median of the shrunk schedules: ${median} events.`);
      console.log("+ and what healing the rack takes; (seed N): a later seed made smaller.");
    }
    for (const { bug } of missed) console.log(`Not caught: ${bug.name} (${bug.what})`);
  }
  return missed.length > 0 ? 1 : 0;
}

function print({ bug, caught }: Row): void {
  if (caught === undefined) console.log(line(bug.name, "NOT CAUGHT", "", "", ""));
  else {
    const { invariant, seed, step, shrunk } = caught;
    const events = shrunk === null ? "" : `${shrunk.events}${shrunk.healed ? "+" : " "}`;
    const other = shrunk === null || shrunk.seed === seed ? "" : ` (seed ${shrunk.seed})`;
    console.log(line(bug.name, invariant, String(seed), String(step), events, other));
  }
}

function line(
  name: string,
  invariant: string,
  seed: string,
  steps: string,
  events: string,
  other = "",
): string {
  const columns = [name.padEnd(38), invariant.padEnd(30), seed.padStart(5), steps.padStart(6)];
  return `${[...columns, events.padStart(10)].join(" ")}${other}`.trimEnd();
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

await run(program, () => main(program.opts<Flags>()));
