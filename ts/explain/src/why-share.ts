/** Why a sled does not have another's share of an epoch yet, or another's LRTQ share. */
import type { BaseboardId } from "trust-quorum";
import type { Facts, Placed } from "./facts.ts";
import { epochOf } from "./facts.ts";
import type { Names } from "./names.ts";
import { reasonText } from "./reason-texts.ts";
import { reason } from "./why-types.ts";
import type { Reason } from "./why-types.ts";

/** The share that is missing; `epoch` is null for LRTQ shares. */
export interface Wanted {
  readonly facts: Facts;
  readonly names: Names;
  /** The sled that collects. */
  readonly node: BaseboardId;
  readonly epoch: number | null;
  /** The position at which the collection began. */
  readonly since: number;
}

/** One reason for each of these sleds, whose share is missing. */
export function whyMissing(wanted: Wanted, from: readonly BaseboardId[]): Reason[] {
  return from.map((peer) => whyNoShare(wanted, peer));
}

function whyNoShare(wanted: Wanted, peer: BaseboardId): Reason {
  const { facts, names, node, since } = wanted;
  const name = names.short(peer);
  const asks = facts.sent(node, peer, (message) => isAsk(wanted, message), since);
  const asked = asks.at(-1);
  const answers = facts.received(node, peer, (message) => isAnswer(wanted, message), since);
  const answer = answers.at(-1);
  if (answer !== undefined) {
    const refused = facts.refusal(answer);
    const text =
      refused === null
        ? `${name}'s answer at ${facts.name(answer.position)} did not count`
        : `${name}'s share at ${facts.name(answer.position)} was refused: ${reasonText(refused)}`;
    return reason(
      facts,
      refused === null ? "share_not_counted" : `share_refused:${refused}`,
      text,
      [answer.position],
    );
  }
  const link = facts.link(node, peer);
  if (asked === undefined) {
    if (!link.up) return notConnected(wanted, peer, link.since);
    return reason(facts, "share_not_asked", `${name} was not asked`);
  }
  if (facts.records(peer)) return whyNoAnswer(wanted, peer, asked);
  if (!link.up) return notConnected(wanted, peer, link.since, asked);
  return reason(
    facts,
    "share_no_answer",
    `${name} was asked at ${facts.name(asked.position)} and has not answered`,
    [asked.position],
  );
}

/** How far the request got, from the events of the peer, which are in the log. */
function whyNoAnswer(wanted: Wanted, peer: BaseboardId, asked: Placed): Reason {
  const { facts, names, node } = wanted;
  const name = names.short(peer);
  const at = facts.name(asked.position);
  const heard = facts
    .received(peer, node, (message) => isAsk(wanted, message), asked.position)
    .at(-1);
  const view = facts.view(peer);
  if (heard === undefined) {
    if (view?.running === false) {
      const text = `${name} was asked at ${at}, and is down`;
      return reason(facts, "share_peer_down", text, [asked.position]);
    }
    const link = facts.link(node, peer);
    if (!link.up) return notConnected(wanted, peer, link.since, asked);
    const text = `${name} was asked at ${at}, which has not arrived there`;
    return reason(facts, "share_ask_not_arrived", text, [asked.position]);
  }
  const places = [asked.position, heard.position];
  const refused = facts.refusal(heard);
  if (refused !== null) {
    const text = `${name} was asked and refused at ${facts.name(heard.position)}: ${reasonText(refused)}`;
    return reason(facts, `share_denied:${refused}`, text, places);
  }
  const said = facts.sent(peer, node, () => true, heard.position);
  const share = said.find(({ message }) => isAnswer(wanted, message));
  if (share !== undefined) {
    const text = `${name} answered at ${facts.name(share.position)}, which has not arrived`;
    return reason(facts, "share_answer_not_arrived", text, [...places, share.position]);
  }
  const other = said.find(
    ({ message: { kind } }) => kind === "commitAdvance" || kind === "expunged",
  );
  if (other !== undefined) {
    const later = epochOf(facts.log, other.message);
    const text =
      other.message.kind === "expunged"
        ? `${name} answered at ${facts.name(other.position)} that the sled is expunged as of epoch ${later}`
        : `${name} answered at ${facts.name(other.position)} with the later commit of epoch ${later}`;
    return reason(facts, `share_answered_${other.message.kind}`, text, [...places, other.position]);
  }
  const saving = view !== undefined && view.generation !== view.savedGeneration;
  const text = saving
    ? `${name} heard it at ${facts.name(heard.position)}, and its answer waits for a save`
    : `${name} heard it at ${facts.name(heard.position)} and said nothing`;
  return reason(facts, saving ? "share_answer_waits_for_save" : "share_unanswered", text, places);
}

function notConnected(
  { facts, names, node }: Wanted,
  peer: BaseboardId,
  since: number | null,
  asked?: Placed,
): Reason {
  const name = names.short(peer);
  const when =
    since === null || facts.log.events.get(since) === undefined
      ? "no connection to it in this log"
      : `no connection from ${names.short(node)} to it since ${facts.name(since)}`;
  const before = asked === undefined ? "" : `, asked before at ${facts.name(asked.position)}`;
  return reason(facts, "share_not_connected", `${name}: ${when}${before}`, [
    ...(since === null ? [] : [since]),
    ...(asked === undefined ? [] : [asked.position]),
  ]);
}

type Message = Parameters<typeof epochOf>[1];

function isAsk({ facts, epoch }: Wanted, message: Message): boolean {
  if (epoch === null) return message.kind === "getLrtqShare";
  return message.kind === "getShare" && epochOf(facts.log, message) === epoch;
}

function isAnswer({ facts, epoch }: Wanted, message: Message): boolean {
  if (epoch === null) return message.kind === "lrtqShare";
  return message.kind === "share" && epochOf(facts.log, message) === epoch;
}
