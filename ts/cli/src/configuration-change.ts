/** Changes of the rack's membership, as an operator sees them: what will change, then how far it is. */
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import {
  acknowledgementsNeeded,
  committedMembers,
  commitCrashTolerance,
  isCommitDecided,
  isPreparing,
  preparedMembers,
  thresholdFor,
} from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { OperatorError } from "@trust-quorum/api/client/errors";
import type {
  ControlPlane,
  Outcome,
  Progress,
  ChangeRequest,
} from "@trust-quorum/control-plane/control-plane";
import { readRackJournal } from "@trust-quorum/control-plane/journal-folder";
import type { Context } from "./context.ts";
import { serialOf } from "./rack.ts";

/** What a configuration of so many members is like. */
export interface Shape {
  /** N */
  readonly members: number;
  /** K: so many unlock the rack. */
  readonly threshold: number;
  /** Z: so many more than K must hold their share before the commit. */
  readonly commitCrashTolerance: number;
  /** So many can be lost, and the rest still unlocks. */
  readonly tolerance: number;
}

/** What will change. */
export interface Plan {
  readonly kind: ChangeRequest["kind"];
  readonly before: Shape | null;
  readonly after: Shape;
  readonly added: readonly BaseboardId[];
  readonly removed: readonly BaseboardId[];
}

/** The shape of a configuration of so many members. */
export function shapeOf(members: number): Shape {
  const threshold = thresholdFor(members);
  return {
    members,
    threshold,
    commitCrashTolerance: commitCrashTolerance(members),
    tolerance: members - threshold,
  };
}

/** What a requested change makes of the configuration that is committed now. */
export function planOf(request: ChangeRequest, current: ConfigurationRecord | undefined): Plan {
  const old = [...(current?.members.keys() ?? [])];
  return {
    kind: request.kind,
    before: current === undefined ? null : shapeOf(old.length),
    after: shapeOf(request.members.length),
    added: request.members.filter((id) => !old.includes(id)).sort(compareBaseboardIds),
    removed: old.filter((id) => !request.members.includes(id)),
  };
}

/** Shows a plan. */
export function showPlan(context: Context, plan: Plan): void {
  const { output } = context;
  const { before, after } = plan;
  const row = (name: string, was: number | undefined, is: number, text: string) => [
    name,
    was === undefined ? "-" : String(was),
    String(is),
    text,
  ];
  const rows = [
    row("N", before?.members, after.members, "members"),
    row("K", before?.threshold, after.threshold, "of them unlock the rack"),
    row(
      "Z",
      before?.commitCrashTolerance,
      after.commitCrashTolerance,
      "more than K hold their share before the commit",
    ),
    row("N-K", before?.tolerance, after.tolerance, "may be lost, and the rest still unlocks"),
  ];
  output.line(output.table(["", "now", "then", ""], rows));
  if (plan.added.length > 0) output.line(`added:   ${plan.added.map(serialOf).join(", ")}`);
  if (plan.removed.length > 0) output.line(`removed: ${plan.removed.map(serialOf).join(", ")}`);
}

/** A plan for programs. */
export function planJson(plan: Plan): Record<string, unknown> {
  const { kind, before, after, added, removed } = plan;
  return { kind, before, after, added, removed };
}

/** How a change runs. */
export interface RunOptions {
  /** When to give up, in milliseconds since 1970. */
  readonly deadline: number;
  /** Whether the result is part of another command's, which prints the JSON. */
  readonly silent?: boolean;
}

/**
 * Proposes what is asked for and brings it to its end, showing how far it is; prints the result.
 *
 * @throws OperatorError `ERR_TQ_CLI_UNFINISHED`, `ERR_TQ_CLI_NOT_DONE` and as `ControlPlane`
 */
export async function changeConfiguration(
  context: Context,
  controlPlane: ControlPlane,
  request: ChangeRequest,
  options: RunOptions,
): Promise<ConfigurationRecord> {
  await settleBefore(context, controlPlane, options);
  await controlPlane.propose(request);
  return finish(context, controlPlane, options);
}

/**
 * Says that the rack is already what was asked for. A commit that was decided, but that not every
 * member was told of, is finished: the command that began it may have been killed.
 */
export async function reportUnchanged(
  context: Context,
  current: ConfigurationRecord,
  text: string,
): Promise<void> {
  const { output } = context;
  if (current.state === "committing") {
    const deadline = context.deadline();
    await context.withControlPlane((controlPlane) => finish(context, controlPlane, { deadline }));
    return;
  }
  output.line(text);
  if (output.json) output.value({ result: "unchanged", ...recordSummary(current) });
}

/** Brings the latest configuration to its end and prints the result. */
export async function finish(
  context: Context,
  controlPlane: ControlPlane,
  options: RunOptions,
): Promise<ConfigurationRecord> {
  return report(context, await run(context, controlPlane, options), options);
}

/** What was decided before and not acknowledged by enough cannot be superseded yet. */
async function settleBefore(
  context: Context,
  controlPlane: ControlPlane,
  options: RunOptions,
): Promise<void> {
  const latest = await controlPlane.latest();
  if (latest?.state !== "committing") return;
  context.output.note(`epoch ${latest.epoch} is still committing: that comes first`);
  const outcome = await run(context, controlPlane, options);
  if (outcome.kind === "unfinished") report(context, outcome, options);
}

async function run(
  context: Context,
  controlPlane: ControlPlane,
  { deadline }: RunOptions,
): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  // The first Ctrl-C ends after the round that runs; the second one ends at once.
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const latest = await controlPlane.latest();
    await context.output.steps([
      {
        title: progressTitle(latest),
        task: async (_, task) => {
          let shown = "";
          outcome = await controlPlane.finish({
            deadline,
            signal: stop.signal,
            onProgress: (progress) => {
              const text = progressText(progress);
              if (text === shown) return;
              shown = text;
              task.output = text;
            },
          });
          task.title = progressTitle(outcome.record);
        },
      },
    ]);
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
  if (outcome === undefined) throw new Error("a step ended without an outcome");
  return outcome;
}

function report(
  context: Context,
  outcome: Outcome,
  { silent = false }: RunOptions,
): ConfigurationRecord {
  const { output } = context;
  const { record } = outcome;
  switch (outcome.kind) {
    case "committed": {
      const waiting = [...outcome.waitingFor];
      const told = committedMembers(record).length;
      output.line(
        `epoch ${record.epoch} is committed: ${told} of ${record.members.size} members have it, K = ${record.threshold}`,
      );
      for (const [id, why] of waiting) output.note(`not told yet: ${serialOf(id)}: ${why}`);
      if (waiting.length > 0) output.note("run `tq resume` when they are back");
      if (output.json && !silent) output.value({ result: "committed", ...recordSummary(record) });
      return record;
    }
    case "aborted":
      throw new OperatorError(
        "ERR_TQ_CLI_NOT_DONE",
        `epoch ${record.epoch} was aborted: ${record.abortReason ?? "no reason is known"}; nothing has changed, run the command again`,
      );
    case "unfinished":
      throw new OperatorError(
        "ERR_TQ_CLI_UNFINISHED",
        `epoch ${record.epoch} is not committed everywhere yet: ${outcome.reason}; \`tq resume\` goes on` +
          (isPreparing(record) ? ", `tq abort` gives it up" : ""),
      );
    default:
      return outcome satisfies never;
  }
}

/** A record in short, for programs. */
export function recordSummary(record: ConfigurationRecord): Record<string, unknown> {
  const ids = (wanted: "unacked" | "prepared" | "committed") =>
    [...record.members].filter(([, { state }]) => state === wanted).map(([id]) => id);
  return {
    epoch: record.epoch,
    state: record.state,
    coordinator: record.coordinator,
    threshold: record.threshold,
    commitCrashTolerance: record.commitCrashTolerance,
    members: [...record.members.keys()],
    committed: ids("committed"),
    prepared: ids("prepared"),
    unacked: ids("unacked"),
    abortReason: record.abortReason,
  };
}

/** What a journal says is still under way, as a sentence that says what to do; or null. */
export function unfinishedNote(context: Context): string | null {
  const latest = readRackJournal(context.rack.paths.folder).records.at(-1);
  if (latest === undefined) return null;
  if (isPreparing(latest)) {
    return `epoch ${latest.epoch} is still being prepared; run \`tq resume\` to finish it or \`tq abort\` to give it up`;
  }
  if (latest.state !== "committing") return null;
  const told = committedMembers(latest).length;
  return `epoch ${latest.epoch} is still committing (${told} of ${latest.members.size} members told); run \`tq resume\``;
}

/** The latest configuration whose commit was decided, by the journal. */
export function currentRecord(context: Context): ConfigurationRecord | undefined {
  return readRackJournal(context.rack.paths.folder).records.findLast(isCommitDecided);
}

function progressTitle(record: ConfigurationRecord | undefined): string {
  if (record === undefined) return "configuration";
  const words = {
    preparing: "is being prepared",
    preparing_lrtq_upgrade: "is being prepared from the bootstore's shares",
    committing: "is committing",
    committed: "is committed",
    committed_partially: "is committed, in part",
    aborted: "was aborted",
  } as const;
  return `epoch ${record.epoch} ${words[record.state]}`;
}

function progressText(progress: Progress): string {
  if (progress.kind === "preempted") {
    const { aborted, next } = progress;
    return `epoch ${aborted.epoch} was given up (${aborted.abortReason ?? ""}); ${serialOf(next.coordinator)} coordinates epoch ${next.epoch}`;
  }
  const { record, coordinator } = progress.round;
  const size = record.members.size;
  const who = serialOf(record.coordinator);
  if (record.state === "committing") {
    return `commit decided; ${committedMembers(record).length} of ${size} members have it`;
  }
  if (!isPreparing(record)) return progressTitle(record);
  if (coordinator === undefined) return `${who}, the coordinator, does not answer`;
  if (coordinator === null || coordinator.epoch !== record.epoch)
    return `${who} was asked to coordinate`;
  if (coordinator.operation === "prepare") {
    return `${who} hands out shares: ${preparedMembers(record).length} of ${size} have theirs, ${acknowledgementsNeeded(record)} are needed`;
  }
  return `${who} collects old shares: ${coordinator.collected.length} of ${coordinator.threshold}`;
}
