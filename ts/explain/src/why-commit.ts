/** Why a sled has not committed an epoch: the commits that it received, and the state of its own share. */
import type { LogCallEvent } from "@trust-quorum/event-log";
import type { Epoch } from "trust-quorum";
import { epochOf, nodeEvents } from "./facts.ts";
import type { Facts, Placed } from "./facts.ts";
import type { Names } from "./names.ts";
import { reasonText } from "./reason-texts.ts";
import { whyMissing } from "./why-share.ts";
import { reason } from "./why-types.ts";
import type { Question, Reason } from "./why-types.ts";

/** The reasons, the most important ones first. */
export function whyNotCommitted(question: Question): Reason[] {
  const { facts, names, node, epoch } = question;
  const view = facts.view(node);
  const tried = tries(question);
  const reasons: Reason[] = [...lostCommit(question)];
  if (view?.computing?.epoch === epoch) reasons.push(...whyStillComputing(question, tried));
  else reasons.push(...whyComputationEnded(question, tried));
  for (const one of tried) {
    const refused = refusalOf(facts, one);
    if (refused === null) continue;
    const text = `${one.who(names)} at ${facts.name(one.position)} was refused: ${refused.text}`;
    reasons.push(reason(facts, `${one.kind}_refused:${refused.code}`, text, [one.position]));
  }
  if (tried.length === 0) reasons.push(...whyNotTold(question));
  const later = view?.state.commits.find((one) => one > epoch);
  if (later !== undefined) {
    const text = `it has committed the later epoch ${later}, so it will not commit ${epoch} any more, and need not`;
    reasons.push(reason(facts, "superseded", text));
  }
  return reasons;
}

/** A request or message that asked the sled to commit. */
interface Try extends Placed {
  readonly kind: "commit" | "prepare_and_commit" | "commit_advance";
  readonly who: (names: Names) => string;
}

function tries({ facts, node, epoch }: Question): Try[] {
  const found: Try[] = [];
  for (const placed of facts.calls(node)) {
    const { event } = placed;
    if (event.args == null) continue;
    if (event.call === "commit" && event.args.epoch === epoch) {
      found.push({ ...placed, kind: "commit", who: () => "Nexus's commit" });
    } else if (event.call === "prepareAndCommit") {
      if (facts.log.configs.get(event.args.config)?.epoch !== epoch) continue;
      found.push({ ...placed, kind: "prepare_and_commit", who: () => "Nexus's prepareAndCommit" });
    } else if (event.call === "receive") {
      const { from, message } = event.args;
      if (message.kind !== "commitAdvance" || epochOf(facts.log, message) !== epoch) continue;
      found.push({
        ...placed,
        kind: "commit_advance",
        who: (all) => `${all.short(from)}'s CommitAdvance`,
      });
    }
  }
  return found;
}

function refusalOf(facts: Facts, placed: Placed): { code: string; text: string } | null {
  const { result } = placed.event;
  if (typeof result === "object" && "error" in result) {
    return { code: result.error, text: reasonText(result.error, result.details) };
  }
  const refused = facts.refusal(placed);
  return refused === null ? null : { code: refused, text: reasonText(refused) };
}

/** The sled committed and went down before that was saved. */
function lostCommit({ facts, node, epoch }: Question): Reason[] {
  const committed = facts.last(
    node,
    (event) => event.state?.commits?.includes(epoch as Epoch) === true,
  );
  if (committed === undefined) return [];
  const stopped = facts.stopped(node, committed.position);
  if (stopped === undefined) return [];
  const text = `it committed at ${facts.name(committed.position)}, but went down at ${facts.name(stopped.position)}, and what it restarted from does not have that commit`;
  return [reason(facts, "commit_lost", text, [committed.position, stopped.position])];
}

function whyStillComputing(question: Question, tried: readonly Try[]): Reason[] {
  const { facts, names, node, epoch, config } = question;
  const computing = facts.view(node)?.computing;
  if (computing == null) return [];
  const began =
    facts.last(node, (event) => startsComputing(event, epoch))?.position ??
    tried.at(-1)?.position ??
    0;
  const { collected, threshold } = computing;
  const text = `it computes its share since ${facts.name(began)} and has ${collected.length} of ${threshold} shares`;
  const missing = config.members.filter((id) => id !== node && !collected.includes(id));
  return [
    reason(facts, "computing_share", text, [began]),
    ...whyMissing({ facts, names, node, epoch, since: began }, missing),
  ];
}

/** A computation of the share that ended without a commit. */
function whyComputationEnded(question: Question, tried: readonly Try[]): Reason[] {
  const { facts, node, epoch } = question;
  const began = facts.last(node, (event) => event.computing?.epoch === epoch);
  if (began === undefined) return [];
  const ended = facts.first(
    node,
    (event) => event.computing !== undefined && event.computing?.epoch !== epoch,
    began.position + 1,
  );
  const stopped = facts.stopped(node, began.position);
  const after = ended?.position ?? stopped?.position ?? began.position;
  if (tried.some(({ position }) => position > after)) return [];
  if (stopped !== undefined && (ended === undefined || stopped.position < ended.position)) {
    const text = `it was computing its share, but went down at ${facts.name(stopped.position)}; it starts again only when it is told of the commit again`;
    return [reason(facts, "computation_lost", text, [began.position, stopped.position])];
  }
  if (ended === undefined) return [];
  const alarm = nodeEvents(ended.event).find(
    (one) => one.kind === "alarm" && one.alarm.kind === "shareComputationFailed",
  );
  const failed = ended.event.crypto?.find(
    ({ op, error }) => op === "computeShare" && error !== undefined,
  );
  const code = alarm?.kind === "alarm" && "code" in alarm.alarm ? alarm.alarm.code : failed?.error;
  if (code !== undefined) {
    const text = `computing its share failed at ${facts.name(ended.position)}: ${reasonText(code)}`;
    return [reason(facts, `computation_failed:${code}`, text, [ended.position])];
  }
  if (ended.event.state?.commits?.includes(epoch as Epoch) === true) return [];
  const now = ended.event.computing;
  const cause =
    now != null ? `it computes that of epoch ${now.epoch} instead` : `${ended.event.call} ended it`;
  const text = `it no longer computes its share since ${facts.name(ended.position)}: ${cause}`;
  return [reason(facts, "computation_replaced", text, [ended.position])];
}

/** No commit arrived: whether Nexus sent one, and whether it could arrive. */
function whyNotTold({ facts, names, node, epoch, config }: Question): Reason[] {
  const reasons: Reason[] = [];
  const prepared = facts.view(node)?.state.shares.has(epoch as Epoch) === true;
  const others = config.members.filter((id) => id !== node && facts.records(id));
  const committed = others.filter(
    (id) => facts.view(id)?.state.commits.includes(epoch as Epoch) === true,
  );
  const decision = facts.annotation((one) => one.kind === "decision" && one.epoch === epoch);
  if (committed.length === 0 && decision === undefined) {
    const text = `nobody has committed epoch ${epoch} up to here, as far as this log tells`;
    reasons.push(reason(facts, "nobody_committed", text));
    return reasons;
  }
  const who = committed.length === 0 ? "" : ` (committed: ${names.list(committed)})`;
  const wanted = prepared ? "commit" : "prepareAndCommit";
  const text = `it was never told to commit: neither Nexus's ${wanted} nor a CommitAdvance has arrived${who}`;
  reasons.push(
    reason(facts, "never_told", text, decision === undefined ? [] : [decision.position]),
  );
  const link = committed.filter((id) => facts.link(node, id).up);
  if (committed.length > 0 && link.length === 0) {
    reasons.push(reason(facts, "isolated", "it is connected to none of those that have committed"));
  }
  return reasons;
}

function startsComputing(event: LogCallEvent, epoch: number): boolean {
  return event.computing?.epoch === epoch && event.computing.collected.length === 0;
}
