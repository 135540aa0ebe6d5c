/** `tq status`: the rack as a table. */
import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { survey } from "@trust-quorum/control-plane/survey";
import { unfinishedNote } from "../configuration-change.ts";
import type { Context } from "../context.ts";
import { serialOf } from "../rack.ts";
import { rackFacts } from "../rack-facts.ts";
import type { RackFacts, SledFacts } from "../rack-facts.ts";

const WATCH_MS = 1000;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/** Options of `status`. */
export interface StatusOptions {
  readonly watch?: boolean;
  /** End with 3 unless every member is unlocked. */
  readonly check?: boolean;
}

/** `tq status` */
export async function status(context: Context, options: StatusOptions): Promise<void> {
  const { output, rack } = context;
  // Ctrl-C is how it is meant to end, and no failure.
  const stop = new AbortController();
  if (options.watch === true) process.once("SIGINT", () => stop.abort());
  for (;;) {
    const facts = rackFacts(rack.ids, await survey(rack.sleds));
    const unfinished = unfinishedNote(context);
    if (output.json) output.value({ rackId: rack.rackId, ...facts, unfinished });
    else {
      if (options.watch === true && process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN);
      show(context, facts);
      if (unfinished !== null) output.note(unfinished);
    }
    if (options.watch === true) await pause(stop.signal);
    if (options.watch === true && !stop.signal.aborted) continue;
    if (options.check !== true || facts.unlocked) return;
    throw new OperatorError("ERR_TQ_CLI_UNFINISHED", whyNotUnlocked(facts));
  }
}

/** Waits until it is to be shown again, or to end. */
async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(WATCH_MS, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function show({ output }: Context, facts: RackFacts): void {
  const { colors } = output;
  const number = (value: number | null) => (value === null ? "-" : String(value));
  const rows = facts.sleds.map((sled) => [
    serialOf(sled.id),
    lockText(sled, colors),
    number(sled.committed),
    number(sled.share),
    number(sled.peers),
    sled.answers ? alarmsText(sled, colors) : "-",
    sled.notes.join("; "),
  ]);
  const head = ["SLED", "LOCK", "COMMITTED", "SHARE", "PEERS", "ALARMS", ""];
  output.line(output.table(head, rows));
  output.line();
  output.line(summary(facts));
  for (const { id, alarms } of facts.sleds) {
    if (alarms.length === 0) continue;
    output.line(colors.red(`alarm: ${serialOf(id)}: ${[...new Set(alarms)].join(", ")}`));
  }
  if (facts.missing.length > 0) {
    output.line(colors.yellow(`missing: ${facts.missing.map(serialOf).join(", ")}`));
  }
}

type Colors = Context["output"]["colors"];

function lockText({ answers, lock }: SledFacts, colors: Colors): string {
  if (!answers) return colors.red("no answer");
  switch (lock) {
    case "unlocked":
      return colors.green("unlocked");
    case "lrtqOnly":
      return "bootstore";
    case "uninitialized":
      return "new";
    case "expunged":
      return "removed";
    default:
      return colors.yellow(lock ?? "");
  }
}

function alarmsText({ alarms }: SledFacts, colors: Colors): string {
  return alarms.length === 0 ? "0" : colors.red(String(alarms.length));
}

function summary(facts: RackFacts): string {
  const { epoch, threshold, members, unlockedMembers, tolerance } = facts;
  if (epoch === null || threshold === null || tolerance === null) {
    return "no configuration is committed yet";
  }
  const loss = tolerance < 0 ? "too few are here to unlock" : `${tolerance} more may be lost`;
  return `epoch ${epoch}: ${unlockedMembers} of ${members.length} members are unlocked, K = ${threshold}; ${loss}`;
}

function whyNotUnlocked({ epoch, members, unlockedMembers }: RackFacts): string {
  if (epoch === null) return "no configuration is committed yet";
  return `${unlockedMembers} of ${members.length} members are unlocked; the others say above what they wait for`;
}
