/** The report of a failing run: its shrunk schedule, and the command that repeats it. */
import { writeFileSync } from "node:fs";
import type { Action } from "../schedule/actions.ts";
import { describe } from "../schedule/actions.ts";
import { recordLog } from "../run/event-log.ts";
import type { SimulationOptions } from "../schedule/options.ts";
import type { FoundFailure } from "./pool.ts";
import { shrink } from "../run/shrink.ts";
import { record } from "../run/simulate.ts";
import type { Backend } from "../run/simulation.ts";

/** A failing run for people and programs. */
export interface FailureReport {
  readonly seed: number;
  readonly command: string;
  readonly events: readonly Action[];
  readonly sleds: readonly string[];
  readonly text: string;
}

/** Shrinks a failing run, if wanted, and says how to make it again. */
export function failureReport(
  found: FoundFailure,
  options: SimulationOptions,
  flags: { readonly crypto: Backend; readonly shrink: boolean; readonly log?: string },
): FailureReport {
  const schedule = record(found.seed, options, flags.crypto);
  const shrunk = flags.shrink
    ? (shrink(schedule, found.invariant, flags.crypto)?.schedule ?? schedule)
    : schedule;
  if (flags.log !== undefined) writeFileSync(flags.log, recordLog(shrunk, flags.crypto));
  const { setup, actions, heal } = shrunk;
  const sleds = setup.sleds.flatMap(({ id }, i) =>
    setup.absent.includes(i) ? [] : [`${i}=${id}`],
  );
  const command = commandOf(found, options, flags.crypto);
  const lines = [
    "",
    `seed ${found.seed} in ${actions.length} events${heal ? ", then the rack is healed" : ""}:`,
    `  sleds: ${sleds.join(", ")}${setup.hostile.length > 0 ? `; hostile: ${setup.hostile.join(", ")}` : ""}`,
    ...actions
      .slice(0, 200)
      .map((action, i) => `  ${String(i + 1).padStart(3)}  ${describe(action)}`),
    ...(actions.length > 200 ? [`  … and ${actions.length - 200} more`] : []),
    "",
    `Again: ${command}`,
    ...(flags.log === undefined ? [] : [`Event log: ${flags.log}`]),
  ];
  return { seed: found.seed, command, events: actions, sleds, text: lines.join("\n") };
}

function commandOf(found: FoundFailure, options: SimulationOptions, backend: Backend): string {
  const parts = [`npm run simulate -- --seeds ${found.seed}`];
  if (options.steps !== undefined) parts.push(`--steps ${options.steps}`);
  if (options.profile !== undefined) parts.push(`--profile ${options.profile}`);
  if (options.sleds !== undefined) parts.push(`--sleds ${options.sleds}`);
  if (options.encode === true) parts.push("--encode");
  if (options.lrtq !== undefined) parts.push(options.lrtq ? "--lrtq" : "--no-lrtq");
  if (options.slowSaves !== undefined) {
    parts.push(options.slowSaves ? "--slow-saves" : "--no-slow-saves");
  }
  if (backend !== "native") parts.push(`--crypto ${backend}`);
  return parts.join(" ");
}
