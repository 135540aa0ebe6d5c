/** Why a sled has not prepared an epoch, or why its coordinator has not heard that it has. */
import type { LogCallEvent } from "@trust-quorum/event-log";
import type { BaseboardId, Epoch } from "trust-quorum";
import { epochOf, nodeEvents } from "./facts.ts";
import type { Facts, Placed } from "./facts.ts";
import type { Names } from "./names.ts";
import { reasonText } from "./reason-texts.ts";
import { whyMissing } from "./why-share.ts";
import { reason } from "./why-types.ts";
import type { Question, Reason } from "./why-types.ts";

/** Why the sled has not prepared; empty if it has. */
export function whyNotPrepared(question: Question): Reason[] {
  const { facts, node, epoch, config, names } = question;
  const view = facts.view(node);
  const prepared = view?.state.shares.has(epoch as Epoch) === true;
  const received = facts.received(node, null, (message) => {
    return message.kind === "prepare" && epochOf(facts.log, message) === epoch;
  });
  const last = received.at(-1);
  if (prepared) return [];
  if (config.coordinator === node) return whyNotCoordinated(facts, names, node, epoch);
  if (last === undefined) return whyNoPrepare(question);
  const refused = facts.refusal(last);
  if (refused !== null) {
    const from = names.short(last.from);
    const text = `its Prepare from ${from} at ${facts.name(last.position)} was refused: ${reasonText(refused)}`;
    return [reason(facts, `prepare_refused:${refused}`, text, [last.position])];
  }
  const stopped = facts.stopped(node, last.position);
  if (stopped !== undefined) return [lostBeforeSave(facts, last, stopped.position)];
  const text = `it received a Prepare at ${facts.name(last.position)}, which changed nothing`;
  return [reason(facts, "prepare_without_effect", text, [last.position])];
}

/** Why the coordinator does not count a sled as prepared that is prepared. */
export function whyNotAcknowledged(question: Question): Reason[] {
  const { facts, names, node, epoch, config } = question;
  const { coordinator } = config;
  if (coordinator === node || !facts.records(coordinator)) return whyAckNotSent(question);
  const status = facts.view(coordinator)?.coordinating;
  if (status?.epoch === epoch && status.operation === "prepare" && status.acks.includes(node))
    return [];
  const isAck = (message: Parameters<typeof epochOf>[1]) =>
    message.kind === "prepareAck" && epochOf(facts.log, message) === epoch;
  const heard = facts.received(coordinator, node, isAck).at(-1);
  const name = names.short(coordinator);
  if (heard !== undefined) {
    const refused = facts.refusal(heard);
    if (refused === null || refused === "duplicate_prepare_ack") return [];
    const text = `its acknowledgement reached ${name} at ${facts.name(heard.position)} and did not count: ${reasonText(refused)}`;
    const ended = whyCoordinationEnded(facts, names, coordinator, epoch);
    return [reason(facts, `ack_refused:${refused}`, text, [heard.position]), ...ended];
  }
  const sent = facts.sent(node, coordinator, isAck).at(-1);
  if (sent === undefined) return whyAckNotSent(question);
  const link = facts.link(coordinator, node);
  const why = link.up ? "" : linkText(facts, names, coordinator, node, link.since);
  const text = `its acknowledgement of ${facts.name(sent.position)} has not reached ${name}${why}`;
  return [reason(facts, "ack_not_arrived", text, [sent.position])];
}

/** The acknowledgement waits for a save. */
function whyAckNotSent({ facts, node, epoch, config }: Question): Reason[] {
  if (config.coordinator === node) return [];
  const view = facts.view(node);
  if (view === undefined || view.generation === view.savedGeneration) return [];
  const change = facts.last(node, (event) => event.state?.generation === view.generation);
  const shares = change?.event.state?.shares;
  if (shares?.[String(epoch)] === undefined || change === undefined) return [];
  const text = `it holds its share since ${facts.name(change.position)}, but that is not saved yet, and it acknowledges only what is`;
  return [reason(facts, "ack_waits_for_save", text, [change.position])];
}

/** No Prepare arrived: whether one was sent. */
function whyNoPrepare(question: Question): Reason[] {
  const { facts, names, node, epoch, config } = question;
  const { coordinator } = config;
  const name = names.short(coordinator);
  if (!facts.records(coordinator)) {
    const link = facts.link(node, coordinator);
    const why = link.up ? ` (connected)` : linkText(facts, names, node, coordinator, link.since);
    return [
      reason(
        facts,
        "prepare_never_arrived",
        `no Prepare for epoch ${epoch} from ${name} has arrived${why}`,
      ),
    ];
  }
  const sent = facts.sent(coordinator, node, (message) => {
    return message.kind === "prepare" && epochOf(facts.log, message) === epoch;
  });
  const last = sent.at(-1);
  if (last !== undefined) {
    const link = facts.link(coordinator, node);
    const why = link.up ? "" : linkText(facts, names, coordinator, node, link.since);
    const text = `the Prepare that ${name} sent at ${facts.name(last.position)} has not arrived${why}`;
    const ended = whyCoordinationEnded(facts, names, coordinator, epoch);
    return [reason(facts, "prepare_not_arrived", text, [last.position]), ...ended];
  }
  const status = facts.view(coordinator)?.coordinating;
  if (status?.epoch === epoch && status.operation === "prepare") {
    const link = facts.link(coordinator, node);
    const why = link.up
      ? ", though they are connected"
      : linkText(facts, names, coordinator, node, link.since);
    const text = `its coordinator ${name} has sent it no Prepare${why}`;
    return [reason(facts, "prepare_not_sent", text, link.since === null ? [] : [link.since])];
  }
  const ended = whyNotCoordinated(facts, names, coordinator, epoch);
  if (ended.length > 0) return ended;
  const text = `its coordinator ${name} has sent it no Prepare`;
  return [
    reason(facts, "prepare_not_sent", text),
    ...whyCoordinationEnded(facts, names, coordinator, epoch),
  ];
}

/** Why a coordinator has not sent Prepares; empty if it has. */
export function whyNotCoordinated(
  facts: Facts,
  names: Names,
  coordinator: BaseboardId,
  epoch: number,
): Reason[] {
  const view = facts.view(coordinator);
  const name = names.short(coordinator);
  if (view?.state.shares.has(epoch as Epoch) === true) return [];
  const requests = [...facts.calls(coordinator)].filter(({ event }) =>
    asksToCoordinate(event, epoch),
  );
  const request = requests.at(-1);
  if (request === undefined) {
    return [
      reason(
        facts,
        "coordination_not_asked",
        `nobody has asked ${name} to coordinate epoch ${epoch}`,
      ),
    ];
  }
  const { result } = request.event;
  if (typeof result === "object" && "error" in result) {
    const why = reasonText(result.error, result.details);
    const text = `${name} was asked to coordinate epoch ${epoch} at ${facts.name(request.position)} and refused: ${why}`;
    return [reason(facts, `coordination_refused:${result.error}`, text, [request.position])];
  }
  const status = view?.coordinating;
  if (status?.epoch === epoch && status.operation !== "prepare") {
    return whyStillCollecting(facts, names, coordinator, request, status);
  }
  return whyCoordinationEnded(facts, names, coordinator, epoch);
}

function whyStillCollecting(
  facts: Facts,
  names: Names,
  coordinator: BaseboardId,
  request: Placed,
  status: { epoch: number; operation: string; threshold: number; collected: BaseboardId[] },
): Reason[] {
  const name = names.short(coordinator);
  const lrtq = status.operation === "collectLrtqShares";
  const failed = facts.first(coordinator, (event) => failureOf(event) !== null, request.position);
  const failure = failed === undefined ? null : failureOf(failed.event);
  if (failed !== undefined && failure !== null && status.collected.length >= status.threshold) {
    const text = `${name} had collected enough ${lrtq ? "LRTQ " : ""}shares, but at ${facts.name(failed.position)} failed: ${reasonText(failure)}; it stays there until a newer request`;
    return [reason(facts, `coordination_failed:${failure}`, text, [failed.position])];
  }
  const of = lrtq ? "LRTQ shares" : "shares of the old configuration";
  const text = `${name} coordinates epoch ${status.epoch} since ${facts.name(request.position)} and still collects ${of}: ${status.collected.length} of ${status.threshold}`;
  const old = facts.view(coordinator)?.state.commits.at(-1) ?? 0;
  const asked = lrtq ? membersOf(request.event) : (facts.config(old, coordinator)?.members ?? []);
  const missing = asked.filter((id) => id !== coordinator && !status.collected.includes(id));
  const wanted = {
    facts,
    names,
    node: coordinator,
    epoch: lrtq ? null : old,
    since: request.position,
  };
  return [
    reason(facts, "coordination_collecting", text, [request.position]),
    ...whyMissing(wanted, missing),
  ];
}

/** Why a coordination has ended. */
function whyCoordinationEnded(
  facts: Facts,
  names: Names,
  coordinator: BaseboardId,
  epoch: number,
): Reason[] {
  const name = names.short(coordinator);
  if (facts.view(coordinator)?.coordinating?.epoch === epoch) return [];
  const began = facts.last(coordinator, (event) => event.coordinating?.epoch === epoch);
  if (began === undefined) return [];
  const stopped = facts.stopped(coordinator, began.position);
  const ended = facts.first(
    coordinator,
    (event) => event.coordinating !== undefined && event.coordinating?.epoch !== epoch,
    began.position + 1,
  );
  if (stopped !== undefined && (ended === undefined || stopped.position < ended.position)) {
    const what = stopped.what === "crash" ? "crashed" : "restarted";
    const text = `${name} ${what} at ${facts.name(stopped.position)} and has forgotten that it coordinated epoch ${epoch}`;
    return [reason(facts, `coordinator_${what}`, text, [stopped.position])];
  }
  if (ended === undefined) return [];
  const text = `${name} stopped coordinating epoch ${epoch} at ${facts.name(ended.position)}: ${causeOf(facts, names, ended.event)}`;
  return [reason(facts, "coordination_ended", text, [ended.position])];
}

function causeOf(facts: Facts, names: Names, event: LogCallEvent): string {
  if (event.coordinating != null)
    return `it was asked to coordinate epoch ${event.coordinating.epoch}`;
  if (event.call === "commit" && event.args != null)
    return `epoch ${event.args.epoch} was committed`;
  if (event.call === "prepareAndCommit" && event.args != null) {
    return `Nexus handed it epoch ${facts.log.configs.get(event.args.config)?.epoch ?? "?"}, committed`;
  }
  if (event.call !== "receive" || event.args == null) return event.call;
  const { from, message } = event.args;
  const epoch = epochOf(facts.log, message);
  switch (message.kind) {
    case "prepare":
      return `${names.short(from)} sent a Prepare for epoch ${epoch}`;
    case "commitAdvance":
      return `${names.short(from)} told it of the commit of epoch ${epoch}`;
    case "expunged":
      return `${names.short(from)} told it that it is expunged as of epoch ${epoch}`;
    default:
      return `a ${message.kind} from ${names.short(from)}`;
  }
}

function lostBeforeSave(facts: Facts, received: Placed, stop: number): Reason {
  const text = `it took a Prepare at ${facts.name(received.position)}, but went down at ${facts.name(stop)} before that was saved`;
  return reason(facts, "prepare_lost_before_save", text, [received.position, stop]);
}

/** The missing connection of two sleds, and since when it is missing. */
function linkText(
  facts: Facts,
  names: Names,
  from: BaseboardId,
  to: BaseboardId,
  since: number | null,
): string {
  const pair = `${names.short(from)} and ${names.short(to)}`;
  if (since === null) return `: ${pair} were never connected in this log`;
  return `: no connection between ${pair} since ${facts.name(since)}`;
}

function asksToCoordinate(event: LogCallEvent, epoch: number): boolean {
  const { call } = event;
  if (call !== "coordinateReconfiguration" && call !== "coordinateUpgradeFromLrtq") return false;
  return event.args?.epoch === epoch;
}

function membersOf(event: LogCallEvent): readonly BaseboardId[] {
  const { args } = event;
  return args != null && "members" in args ? args.members : [];
}

function failureOf(event: LogCallEvent): string | null {
  for (const one of nodeEvents(event)) {
    if (one.kind === "alarm" && "code" in one.alarm) return one.alarm.code;
  }
  const failed = event.crypto?.find(({ error }) => error !== undefined);
  return failed?.error ?? null;
}
