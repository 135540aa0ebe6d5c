/** Which alarms can be encoded on the wire, and the wire's names of the failures that they report. */
import type { ErrorCode } from "../base/errors.ts";
import type { Alarm } from "../protocol/alarms.ts";

/** The failures of combining shares, in the order in which the original declares them. */
export const COMBINE_ERRORS = {
  too_few_shares: "ERR_TQ_TOO_FEW_SHARES",
  duplicate_x_coordinates: "ERR_TQ_DUPLICATE_X_COORDINATES",
  invalid_share_lengths: "ERR_TQ_INVALID_SHARE_LENGTHS",
  invalid_share_id: "ERR_TQ_INVALID_SHARE_ID",
} as const satisfies Record<string, ErrorCode>;

/** The failures of decrypting prior secrets. */
export const DECRYPTION_ERRORS = {
  aead: "ERR_TQ_AUTHENTICATION_FAILED",
  invalid_length: "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
} as const satisfies Record<string, ErrorCode>;

/** The failure of making a rack secret of what was combined. */
export const SIZE_ERROR = "ERR_TQ_INVALID_RACK_SECRET" satisfies ErrorCode;

/**
 * The alarms of a node's status that can be encoded on the wire. Those that only this project raises are
 * left out: the original knows neither `lrtqSecretReconstructionFailed` nor any failure but those above.
 *
 * @example
 * import { TrustQuorumNode, baseboardId, nativeCrypto } from "trust-quorum";
 * import { summarize } from "trust-quorum/protocol";
 * import { wireAlarms } from "trust-quorum/wire";
 * import type { ProxiedStatus } from "trust-quorum/wire";
 *
 * const self = baseboardId("913-0000019", "BRM1");
 * const node = TrustQuorumNode.restore({ self, ledger: null, crypto: nativeCrypto() });
 * const { alarms, connectedPeers } = node.status();
 * const status: ProxiedStatus = {
 *   alarms: wireAlarms(alarms),
 *   connectedPeers,
 *   persistentState: summarize(node.persistentState),
 *   proxiedRequests: 0,
 * };
 * status.alarms; // => []
 */
export function wireAlarms(alarms: readonly Alarm[]): readonly Alarm[] {
  return alarms.filter(isWireAlarm);
}

/** An alarm of a kind that the wire knows; not every failure behind one has a name there. */
export type WireAlarm = Exclude<
  Alarm,
  {
    readonly kind:
      | "lrtqSecretReconstructionFailed"
      | "unrelatedShares"
      | "priorSecretsDiffer"
      | "ledgerAlmostFull";
  }
>;

/** Whether the wire can carry an alarm. */
export function isWireAlarm(alarm: Alarm): alarm is WireAlarm {
  switch (alarm.kind) {
    case "mismatchedConfigurations":
    case "committedConfigurationLost":
      return true;
    case "shareComputationFailed":
      return nameOf(COMBINE_ERRORS, alarm.code) !== undefined;
    case "rackSecretDecryptionFailed":
      return nameOf(DECRYPTION_ERRORS, alarm.code) !== undefined;
    case "rackSecretReconstructionFailed":
      return alarm.code === SIZE_ERROR || nameOf(COMBINE_ERRORS, alarm.code) !== undefined;
    case "lrtqSecretReconstructionFailed":
    case "unrelatedShares":
    case "priorSecretsDiffer":
    case "ledgerAlmostFull":
      return false;
    default:
      return alarm satisfies never;
  }
}

/** The wire's name of a failure, or undefined where the table does not have it. */
export function nameOf(
  table: Readonly<Record<string, ErrorCode>>,
  code: ErrorCode,
): string | undefined {
  return Object.entries(table).find((entry) => entry[1] === code)?.[0];
}
