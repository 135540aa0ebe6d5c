/**
 * The state of a node that survives restarts, and what is derived from it.
 *
 * Invariants: a commit's configuration and share exist; a share or commit, once in, never changes, and
 * vanishes only as protocol section 6.0 says; `configs` and `shares` hold what their keys say. A value of this type is never changed
 * in place: each change makes new maps, so that a snapshot being saved stays what it was.
 */
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";

/** A sled's part of the older scheme, LRTQ (the bootstore). */
export interface LrtqShareData {
  readonly rackId: RackId;
  /** 0 in every ledger and unused: the LRTQ secret enters the chain under epoch 1. */
  readonly epoch: number;
  readonly threshold: number;
  readonly share: LrtqShare;
  /** The SHA3-256 digests of all shares of the rack, strictly ascending by their bytes: 32 each. */
  readonly shareDigests: Uint8Array;
}

/** Who told this sled, and for which epoch, that it is no longer a member. */
export interface ExpungedBy {
  readonly epoch: Epoch;
  readonly from: BaseboardId;
}

/** A node's persistent state; the node owns the shares in it. */
export interface PersistentState {
  readonly lrtq: LrtqShareData | null;
  readonly configs: ReadonlyMap<Epoch, Configuration>;
  readonly shares: ReadonlyMap<Epoch, Share>;
  readonly commits: ReadonlySet<Epoch>;
  readonly expunged: ExpungedBy | null;
  /** The highest epoch that the control plane has given up, if any; the ledger has it beside the state. */
  readonly abandoned?: Epoch | undefined;
}

/** The state of a sled that has seen nothing yet, or only its bootstore ledger. */
export function initialState(lrtq: LrtqShareData | null = null): PersistentState {
  return { lrtq, configs: new Map(), shares: new Map(), commits: new Set(), expunged: null };
}

/** The rack this sled belongs to: the latest configuration's, else LRTQ's, else none. */
export function rackIdOf(state: PersistentState): RackId | null {
  return latestConfig(state)?.rackId ?? state.lrtq?.rackId ?? null;
}

/** The configuration with the highest epoch, committed or not. */
export function latestConfig(state: PersistentState): Configuration | null {
  const epoch = highest(state.configs.keys());
  return epoch === null ? null : (state.configs.get(epoch) ?? null);
}

/** The highest committed epoch. */
export function latestCommittedEpoch(state: PersistentState): Epoch | null {
  return highest(state.commits);
}

/** The configuration of the highest committed epoch. */
export function latestCommittedConfig(state: PersistentState): Configuration | null {
  const epoch = latestCommittedEpoch(state);
  return epoch === null ? null : (state.configs.get(epoch) ?? null);
}

/** Whether the sled has LRTQ data and has not committed anything since. */
export function isLrtqOnly(state: PersistentState): boolean {
  return state.lrtq !== null && state.commits.size === 0;
}

/** Whether the sled holds both the configuration and its share of an epoch. */
export function hasPrepared(state: PersistentState, epoch: Epoch): boolean {
  return state.configs.has(epoch) && state.shares.has(epoch);
}

/** What a status shows of the persistent state: never a share. */
export interface PersistentStateSummary {
  readonly hasLrtqShare: boolean;
  readonly configs: readonly Epoch[];
  readonly shares: readonly Epoch[];
  readonly commits: readonly Epoch[];
  readonly expunged: ExpungedBy | null;
}

/** The summary of a state, each list ascending. */
export function summarize(state: PersistentState): PersistentStateSummary {
  return {
    hasLrtqShare: state.lrtq !== null,
    configs: ascending(state.configs.keys()),
    shares: ascending(state.shares.keys()),
    commits: ascending(state.commits),
    expunged: state.expunged,
  };
}

/** Epochs in ascending order. */
export function ascending(epochs: Iterable<Epoch>): Epoch[] {
  return [...epochs].sort((a, b) => a - b);
}

function highest(epochs: Iterable<Epoch>): Epoch | null {
  let best: Epoch | null = null;
  for (const epoch of epochs) if (best === null || epoch > best) best = epoch;
  return best;
}
