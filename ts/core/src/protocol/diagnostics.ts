/**
 * Diagnostics for operators (protocol section 9): every dropped, refused or failed input has a named
 * reason. Refusals are counted by reason, and the last ones are kept in a ring buffer of a fixed size. Peers
 * cause some of them in normal operation, so that a rising counter is no alarm. No refusal holds a secret.
 */
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId } from "../base/id-types.ts";

/** How many refusals the ring keeps. */
export const DIAGNOSTICS_RING_MAX = 256;

/** Why a message was dropped, or had no effect. */
export const REFUSAL_REASONS = {
  own_sled_expunged: "this sled was expunged and answers nobody",
  rack_id_mismatch: "the message is for another rack",
  configuration_rack_id_mismatch: "the configuration is of another rack than its message",
  undecodable_message: "the bytes are not a message this node accepts",
  epoch_too_high: "the epoch is further above the latest committed one than any can be",
  not_asked: "says what nobody was asked on this connection",
  expunged_by_non_member: "the sender is no member of the latest committed configuration",
  expunged_by_too_few: "noted, but fewer members say that this sled was removed than it takes",
  coordinator_not_a_member:
    "the coordinator is no member of the latest committed configuration, nor named by Nexus",
  abandoned_epoch: "Nexus has given up that epoch, or a later one",
  not_a_member: "this sled is not a member of the configuration",
  stale_prepare: "a later epoch was committed already",
  prepare_not_from_coordinator: "the sender is not the configuration's coordinator",
  prepare_share_mismatch: "the share is not the one that the configuration names for this sled",
  mismatched_configurations: "this sled holds another configuration for that epoch",
  too_many_configurations:
    "too many or too large uncommitted configurations of that peer are held already",
  ledger_full: "with that configuration the ledger could not be saved any more",
  unexpected_prepare_ack: "that epoch is not being prepared here, or the sender is not a member",
  duplicate_prepare_ack: "the sender had acknowledged already",
  no_share_for_epoch: "asked for a share that this sled does not have",
  unexpected_share: "no share of that epoch is being collected",
  share_from_non_member: "the sender is not a member of the configuration being collected",
  share_digest_mismatch: "the share does not have the sender's digest",
  duplicate_share: "the sender's share was collected already",
  no_lrtq_share: "asked for an LRTQ share that this sled does not have",
  unexpected_lrtq_share: "no LRTQ shares are being collected",
  lrtq_share_unknown_digest: "the share's digest is not among the rack's LRTQ digests",
  lrtq_share_held_from_another: "another sled sent this very LRTQ share before",
  duplicate_lrtq_share: "the sender's LRTQ share was collected already",
  already_committed: "that epoch, or a later one, was committed already",
  coordinating_later_epoch: "a later epoch is being coordinated here",
  computing_share_already: "a share of that epoch, or a later one, is being computed already",
  expunged_without_configuration: "this sled has no configuration to be expunged from",
  stale_expunged: "this sled is a member of that configuration or of a later one",
  outputs_full: "too much waits to be saved; the answer was dropped and will be asked for again",
} as const satisfies Record<string, string>;

/** The reasons that the guard, and the room for what is not committed, give (protocol section 6.0). */
export const GUARD_REASONS = [
  "epoch_too_high",
  "not_asked",
  "expunged_by_non_member",
  "expunged_by_too_few",
  "coordinator_not_a_member",
  "too_many_configurations",
  "ledger_full",
] as const satisfies readonly RefusalReason[];

/** A reason for dropping a message. */
export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** One refused input: a message with its reason, or a call with the code of its error. */
export interface Refusal {
  /** Counts up from 1 over all refusals of this node. */
  readonly sequence: number;
  readonly reason: RefusalReason | ErrorCode;
  /** The peer, or "Nexus" for a call. */
  readonly from: BaseboardId | "Nexus";
  /** The epoch concerned, where there is one. */
  readonly epoch: number | null;
  /** The decoder's error code, for an undecodable message. */
  readonly code?: ErrorCode;
}

/** The refusals that a node has counted. */
export interface DiagnosticsReport {
  /** How often each reason occurred; reasons that never did are absent. */
  readonly counts: Readonly<Partial<Record<RefusalReason | ErrorCode, number>>>;
  /** The last refusals, oldest first, at most {@link DIAGNOSTICS_RING_MAX}. */
  readonly recent: readonly Refusal[];
}

/** Counts refusals by reason and keeps the last {@link DIAGNOSTICS_RING_MAX}. */
export class Diagnostics {
  readonly #counts = new Map<RefusalReason | ErrorCode, number>();
  readonly #ring: Refusal[] = [];
  #sequence = 0;

  /** Counts a refusal and keeps it in the ring. */
  record(refusal: Omit<Refusal, "sequence">): Refusal {
    const entry = { sequence: ++this.#sequence, ...refusal };
    this.#counts.set(entry.reason, (this.#counts.get(entry.reason) ?? 0) + 1);
    this.#ring[(entry.sequence - 1) % DIAGNOSTICS_RING_MAX] = entry;
    return entry;
  }

  /** A copy of the counters and of the ring. */
  report(): DiagnosticsReport {
    return {
      counts: Object.fromEntries(this.#counts),
      recent: [...this.#ring].sort((a, b) => a.sequence - b.sequence),
    };
  }
}
