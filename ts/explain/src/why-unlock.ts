/** Why a sled does not have the rack secret of an epoch. */
import { isCall } from "@trust-quorum/event-log";
import type { Epoch } from "trust-quorum";
import { nodeEvents } from "./facts.ts";
import { reasonText } from "./reason-texts.ts";
import { whyMissing } from "./why-share.ts";
import { reason } from "./why-types.ts";
import type { Question, Reason } from "./why-types.ts";

/** The reasons; empty if the secret is loaded. */
export function whyLocked(question: Question): Reason[] {
  const { facts, node, epoch } = question;
  const view = facts.view(node);
  if (view === undefined || view.loaded.includes(epoch as Epoch)) return [];
  const forgotten = whyForgotten(question);
  const since = facts.started(node);
  const asked = facts.last(
    node,
    (event) => event.call === "loadRackSecret" && event.args != null,
    since,
  );
  if (asked === undefined) {
    const text = "nobody has asked for a rack secret since it started";
    return [...forgotten, reason(facts, "unlock_not_asked", text)];
  }
  const { result } = asked.event;
  if (typeof result === "object" && "error" in result) {
    const text = `asking for the rack secret at ${facts.name(asked.position)} was refused: ${reasonText(result.error, result.details)}`;
    return [...forgotten, reason(facts, `unlock_refused:${result.error}`, text, [asked.position])];
  }
  if (view.collecting !== null) return [...forgotten, ...whyStillCollecting(question)];
  const failed = facts.last(node, (event) => failureIn(event) !== null, since);
  const code = failed === undefined ? null : failureIn(failed.event);
  if (failed !== undefined && code !== null) {
    const text = `its shares were together at ${facts.name(failed.position)}, but did not give the secret: ${reasonText(code)}; asking again starts afresh`;
    return [...forgotten, reason(facts, `unlock_failed:${code}`, text, [failed.position])];
  }
  if (forgotten.length > 0) return forgotten;
  if (epoch > (view.state.commits.at(-1) ?? 0)) {
    const text = `a rack secret is for a committed epoch, and it has not committed ${epoch}`;
    return [reason(facts, "unlock_not_committed", text)];
  }
  if (view.loaded.length > 0) {
    const text = `what is loaded is epochs ${view.loaded.join(", ")}: epoch ${epoch} is not in that chain`;
    return [reason(facts, "unlock_not_in_chain", text)];
  }
  return [reason(facts, "unlock_stopped", "it no longer collects shares for it")];
}

/** The sled had the secret, and does not have it any more. */
function whyForgotten({ facts, node, epoch }: Question): Reason[] {
  const had = facts.last(node, (event) => event.loaded?.includes(epoch as Epoch) === true);
  if (had === undefined) return [];
  const stopped = facts.stopped(node, had.position);
  const cleared = facts.first(node, ({ call }) => call === "clearSecrets", had.position + 1);
  const [place, what] =
    cleared !== undefined && (stopped === undefined || cleared.position < stopped.position)
      ? [cleared.position, "its secrets were cleared"]
      : [stopped?.position, "it went down"];
  if (place === undefined) return [];
  const text = `it had the secret since ${facts.name(had.position)}, until ${what} at ${facts.name(place)}`;
  return [reason(facts, "unlock_forgotten", text, [had.position, place])];
}

function whyStillCollecting({ facts, names, node, epoch }: Question): Reason[] {
  const collecting = facts.view(node)?.collecting;
  if (collecting == null) return [];
  const first = facts.last(
    node,
    (event) => event.collecting?.epoch === collecting.epoch && event.call === "loadRackSecret",
  );
  const since = first?.position ?? 0;
  const { collected, threshold } = collecting;
  const of =
    collecting.epoch === epoch
      ? ""
      : ` of epoch ${collecting.epoch}, the latest that is committed here,`;
  const text = `it collects shares${of} since ${facts.name(since)} and has ${collected.length} of ${threshold}`;
  const config = facts.config(collecting.epoch, node);
  const missing = (config?.members ?? []).filter((id) => id !== node && !collected.includes(id));
  return [
    reason(facts, "unlock_collecting", text, [since]),
    ...whyMissing({ facts, names, node, epoch: collecting.epoch, since }, missing),
  ];
}

function failureIn(event: Parameters<typeof isCall>[0]): string | null {
  if (!isCall(event)) return null;
  for (const one of nodeEvents(event)) {
    if (one.kind !== "alarm") continue;
    const { alarm } = one;
    if (alarm.kind === "rackSecretDecryptionFailed") return alarm.code;
    if (alarm.kind === "rackSecretReconstructionFailed") return alarm.code;
  }
  return null;
}
