/** Checks of what a host or the control plane hands to a node. */
import { invalidArgument } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import { LEDGER_BYTES_MAX } from "../base/limits.ts";
import type { Configuration } from "./configuration.ts";
import type { NodeCore } from "./core.ts";
import type { RefusalReason } from "./diagnostics.ts";
import type { GuardMode } from "./guard/guard.ts";
import { ledgerBytes, ledgerBytesFor, ledgerBytesOf } from "./guard/ledger-size.ts";
import { ledgerRoom, partOf } from "./guard/room.ts";
import { hasPrepared } from "./persistent-state.ts";
import type { PersistentState } from "./persistent-state.ts";

/** More than one secret takes in sealed form, with the tag. */
const SEALED_SECRET_BYTES_MAX = 128;

/** Refuses the ledger of another sled, and one that lacks what a commit needs. */
export function checkOwner(self: BaseboardId, state: PersistentState): void {
  for (const epoch of state.commits) {
    if (hasPrepared(state, epoch)) continue;
    // Going on without it would begin a new chain of secrets and lose the old one.
    const problem = `lacks the configuration or the share of committed epoch ${epoch}`;
    throw invalidArgument("ledger", problem);
  }
  for (const [epoch, share] of state.shares) {
    const config = state.configs.get(epoch);
    if (config === undefined || config.indexOf(self) + 1 !== share.x) {
      const problem = `does not belong to ${self}: its share of epoch ${epoch} is another sled's`;
      throw invalidArgument("ledger", problem);
    }
  }
}

/** Where a message would only be dropped, the caller gets an error. */
export function throwIfRefused(
  core: NodeCore,
  config: Configuration,
  reason: RefusalReason | undefined,
): void {
  const { epoch } = config;
  switch (reason) {
    case "not_a_member":
      throw new TrustQuorumError("ERR_TQ_NOT_A_MEMBER", { epoch, self: core.self });
    case "mismatched_configurations":
      throw new TrustQuorumError("ERR_TQ_MISMATCHED_CONFIGURATIONS", { epoch });
    case "too_many_configurations":
      throw new TrustQuorumError("ERR_TQ_TOO_MANY_CONFIGURATIONS", {
        epoch,
        limit: partOf(core.latestCommittedConfig).places,
      });
    case "ledger_full":
      throw ledgerTooLarge(core, ledgerBytesOf(config));
    default:
  }
}

/** What a caller passes as the guard. */
export function checkGuard(guard: GuardMode): GuardMode {
  const known: readonly string[] = ["strict", "original"] satisfies GuardMode[];
  if (known.includes(guard)) return guard;
  throw invalidArgument("guard", 'is neither "strict" nor "original"');
}

/**
 * Whether the ledger has room for a configuration that this sled is to coordinate.
 *
 * @returns the epochs to give up for it
 * @throws TrustQuorumError `ERR_TQ_LEDGER_TOO_LARGE`
 */
export function checkOwnRoom(core: NodeCore, members: readonly BaseboardId[]): readonly Epoch[] {
  if (core.guard === null) return [];
  // It carries one secret more than the latest committed configuration does, or LRTQ's alone.
  const carried = core.latestCommittedConfig?.encryptedRackSecrets?.data.length ?? 0;
  const bytes = ledgerBytesFor(members, carried + SEALED_SECRET_BYTES_MAX);
  const superseded = ledgerRoom(core.state, bytes);
  if (superseded === undefined) throw ledgerTooLarge(core, bytes);
  return superseded;
}

/** With this many bytes more the ledger could not be saved. */
function ledgerTooLarge(core: NodeCore, bytes: number): TrustQuorumError {
  const length = ledgerBytes(core.state) + bytes;
  return new TrustQuorumError("ERR_TQ_LEDGER_TOO_LARGE", { length, limit: LEDGER_BYTES_MAX });
}
