/**
 * Explains from a log why a sled has not acknowledged, committed or unlocked an epoch. Each reason names the
 * events that show it.
 */
import type { BaseboardId, Epoch } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import type { Facts } from "./facts.ts";
import type { Names } from "./names.ts";
import { UsageError } from "./usage.ts";
import { whyNotCommitted } from "./why-commit.ts";
import { whyNotAcknowledged, whyNotCoordinated, whyNotPrepared } from "./why-prepare.ts";
import { reason } from "./why-types.ts";
import type { Reason } from "./why-types.ts";
import { whyLocked } from "./why-unlock.ts";

/** The state of a sled with regard to an epoch, and the reasons for it. */
export interface Explanation {
  readonly node: BaseboardId;
  readonly epoch: number;
  /** The index of the last event that was considered, or null at the beginning. */
  readonly at: number | null;
  readonly member: boolean;
  readonly hasConfiguration: boolean;
  readonly hasShare: boolean;
  readonly acknowledged: boolean | null;
  readonly committed: boolean;
  readonly unlocked: boolean;
  /** Reasons that apply to all three. */
  readonly general: readonly Reason[];
  readonly notAcknowledged: readonly Reason[];
  readonly notCommitted: readonly Reason[];
  readonly notUnlocked: readonly Reason[];
}

/**
 * Explains the state of a sled with regard to an epoch.
 *
 * @throws UsageError if the log does not record the sled
 */
export function explain(facts: Facts, names: Names, node: BaseboardId, epoch: number): Explanation {
  const view = facts.view(node);
  if (view === undefined) {
    throw new UsageError(
      `the log does not record ${names.short(node)} itself; it records ${names.list(facts.timeline.nodes)}`,
    );
  }
  const config = facts.config(epoch, node);
  const base = {
    node,
    epoch,
    at: facts.log.events.get(facts.end - 1)?.index ?? null,
    hasConfiguration: view.state.configs.has(epoch as Epoch),
    hasShare: view.state.shares.has(epoch as Epoch),
    committed: view.state.commits.includes(epoch as Epoch),
    unlocked: view.loaded.includes(epoch as Epoch),
  };
  const none = { notAcknowledged: [], notCommitted: [], notUnlocked: [] };
  if (config === undefined) {
    const general = whyUnknown(facts, names, epoch);
    return { ...base, ...none, member: false, acknowledged: null, general };
  }
  const general = [...generalReasons(facts, names, node, config)];
  const member = config.has(node);
  if (!member) return { ...base, ...none, member, acknowledged: null, general };
  const question = { facts, names, node, epoch, config };
  const notPrepared = whyNotPrepared(question);
  const notAcknowledged = base.hasShare ? whyNotAcknowledged(question) : notPrepared;
  const acknowledged = acknowledgedBy(facts, node, config);
  return {
    ...base,
    member,
    acknowledged,
    general,
    notAcknowledged: acknowledged === true || base.committed ? [] : notAcknowledged,
    notCommitted: base.committed ? [] : whyNotCommitted(question),
    notUnlocked: base.unlocked ? [] : whyLocked(question),
  };
}

/** Whether the coordinator counted the sled as prepared; null if the log does not record the coordinator. */
function acknowledgedBy(facts: Facts, node: BaseboardId, config: Configuration): boolean | null {
  const { coordinator, epoch } = config;
  if (!facts.records(coordinator)) return null;
  const counted = facts.first(coordinator, ({ coordinating }) => {
    return (
      coordinating?.operation === "prepare" &&
      coordinating.epoch === epoch &&
      coordinating.acks.includes(node)
    );
  });
  return counted !== undefined;
}

/** Why there is no configuration of an epoch: a coordination that has not got that far, or none at all. */
function whyUnknown(facts: Facts, names: Names, epoch: number): Reason[] {
  const reasons = facts.timeline.nodes.flatMap((id) => {
    const found = whyNotCoordinated(facts, names, id, epoch);
    return found.filter(({ code }) => code !== "coordination_not_asked");
  });
  if (reasons.length > 0) return reasons;
  const known = facts.epochs();
  const list = known.length === 0 ? "none at all" : `those of epochs ${known.join(", ")}`;
  const text = `there is no configuration of epoch ${epoch} in this log up to here, and nobody was asked to coordinate it; it has ${list}`;
  return [reason(facts, "unknown_epoch", text)];
}

/** That some members, but fewer than a sled believes, say that it was removed. */
function* removalReports(facts: Facts, names: Names, node: BaseboardId): Generator<Reason> {
  // What was said is forgotten with a restart, a commit and a configuration.
  const changed = facts.last(node, ({ state }) => (state?.configs ?? state?.commits) !== undefined);
  const since = Math.max(facts.started(node), changed?.position ?? 0);
  const told = facts
    .received(node, null, ({ kind }) => kind === "expunged", since)
    .filter((one) => facts.refusal(one) === "expunged_by_too_few");
  if (told.length === 0) return;
  const commits = facts.view(node)?.state.commits ?? [];
  const known = facts.config(commits.at(-1) ?? 0, node);
  const members = [...new Set(told.map(({ from }) => from))];
  const epochs = told.map(({ message }) => (message.kind === "expunged" ? message.epoch : 0));
  const text = `${members.length} of ${known?.threshold ?? "K"} members say that this sled was removed at epoch ${Math.min(...epochs)} (${names.list(members)}); it believes it when all ${known?.threshold ?? "K"} do`;
  const places = told.map(({ position }) => position);
  yield reason(facts, "removal_reported", text, places);
}

/** The reasons that apply to acknowledging, committing and unlocking. */
function* generalReasons(
  facts: Facts,
  names: Names,
  node: BaseboardId,
  config: Configuration,
): Generator<Reason> {
  const view = facts.view(node);
  if (view === undefined) return;
  if (!config.has(node)) {
    const text = `it is no member of the configuration of epoch ${config.epoch} (${names.list(config.members)})`;
    yield reason(facts, "not_a_member", text);
  }
  if (!view.running) {
    const crash = facts.annotation(
      (one) => one.kind === "crash" && one.node === node,
      facts.started(node),
    );
    const when = crash === undefined ? "" : ` since ${facts.name(crash.position)}`;
    yield reason(facts, "down", `it is down${when}`, crash === undefined ? [] : [crash.position]);
  }
  const { expunged } = view.state;
  if (expunged !== null) {
    const told = facts.last(node, (event) => event.state?.expunged !== undefined);
    const when = told === undefined ? "before this log begins" : `at ${facts.name(told.position)}`;
    const text = `it was expunged as of epoch ${expunged.epoch} by ${names.short(expunged.from)} ${when}: it answers nobody, for good`;
    yield reason(facts, "expunged", text, told === undefined ? [] : [told.position]);
  }
  if (expunged === null) yield* removalReports(facts, names, node);
  if (view.generation !== view.savedGeneration) {
    const text = `a save is under way: generation ${view.generation} is not on the disk yet, and nothing that depends on it is said`;
    yield reason(facts, "saving", text);
  }
  const held = facts.view(node)?.state.configs.get(config.epoch);
  const others = facts.timeline.nodes.filter((id) => {
    const other = facts.view(id)?.state.configs.get(config.epoch);
    return other !== undefined && held !== undefined && other !== held;
  });
  if (others.length > 0) {
    const text = `it holds another configuration of epoch ${config.epoch} than ${names.list(others)}`;
    yield reason(facts, "other_configuration", text);
  }
}
