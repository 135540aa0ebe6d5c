/** Alarms: broken invariants that a person has to look at (protocol section 9). */
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import { sameMembers } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** The most alarms a node keeps; the first ones stay. */
export const ALARMS_MAX = 64;

/** The most of one kind, so that a peer that provokes one kind cannot hide the others. */
export const ALARMS_OF_ONE_KIND_MAX = 32;

/** Where a configuration came from. */
export type AlarmSource = BaseboardId | "Nexus";

/**
 * A broken invariant. `code` is the code of the failure behind it; it never holds a secret.
 * `lrtqSecretReconstructionFailed`, a digest mismatch and what follows them are this project's own: the
 * original does not know them, so they are left out of the status on the wire.
 */
export type Alarm =
  | {
      readonly kind: "mismatchedConfigurations";
      readonly config1: Configuration;
      readonly config2: Configuration;
      readonly from: AlarmSource;
    }
  | { readonly kind: "shareComputationFailed"; readonly epoch: Epoch; readonly code: ErrorCode }
  | {
      readonly kind: "committedConfigurationLost";
      readonly latestCommittedEpoch: Epoch;
      readonly collectingEpoch: Epoch;
    }
  | { readonly kind: "rackSecretDecryptionFailed"; readonly epoch: Epoch; readonly code: ErrorCode }
  | {
      readonly kind: "rackSecretReconstructionFailed";
      readonly epoch: Epoch;
      readonly code: ErrorCode;
    }
  | {
      readonly kind: "lrtqSecretReconstructionFailed";
      readonly epoch: Epoch;
      readonly code: ErrorCode;
    }
  /** The shares of these members do not belong to the secret of the others. */
  | {
      readonly kind: "unrelatedShares";
      readonly epoch: Epoch;
      readonly members: readonly BaseboardId[];
    }
  /** The chain of this epoch lacks these epochs' secrets, or has others than were loaded before. */
  | {
      readonly kind: "priorSecretsDiffer";
      readonly epoch: Epoch;
      readonly epochs: readonly Epoch[];
    }
  /** The ledger is above this size, and cannot be saved any more above the limit. */
  | { readonly kind: "ledgerAlmostFull"; readonly bytes: number; readonly limit: number };

/** Alarms, each once, at most {@link ALARMS_MAX} and {@link ALARMS_OF_ONE_KIND_MAX} of one kind. */
export class Alarms {
  readonly #alarms: Alarm[] = [];

  /** Adds an alarm; false where it is known already or there are too many. */
  raise(alarm: Alarm): boolean {
    if (this.#alarms.length >= ALARMS_MAX) return false;
    const ofItsKind = this.#alarms.filter(({ kind }) => kind === alarm.kind);
    if (ofItsKind.length >= ALARMS_OF_ONE_KIND_MAX) return false;
    if (ofItsKind.some((known) => sameAlarm(known, alarm))) return false;
    this.#alarms.push(alarm);
    return true;
  }

  /** The alarms in the order they were raised. */
  list(): readonly Alarm[] {
    return [...this.#alarms];
  }
}

function sameAlarm(a: Alarm, b: Alarm): boolean {
  switch (a.kind) {
    case "mismatchedConfigurations":
      return (
        b.kind === a.kind &&
        a.from === b.from &&
        a.config1.equals(b.config1) &&
        a.config2.equals(b.config2)
      );
    case "committedConfigurationLost":
      return (
        b.kind === a.kind &&
        a.latestCommittedEpoch === b.latestCommittedEpoch &&
        a.collectingEpoch === b.collectingEpoch
      );
    case "unrelatedShares":
      return b.kind === a.kind && a.epoch === b.epoch && sameMembers(a.members, b.members);
    case "priorSecretsDiffer":
      return b.kind === a.kind && a.epoch === b.epoch && String(a.epochs) === String(b.epochs);
    case "ledgerAlmostFull":
      return b.kind === a.kind;
    default:
      return b.kind === a.kind && a.epoch === b.epoch && a.code === b.code;
  }
}
