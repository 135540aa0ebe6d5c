/** Which alarms the wire can carry, and the names it has for the failures behind them. */
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
 * The alarms of a node's status that the wire can carry. Left out are this project's own: the
 * original knows neither `lrtqSecretReconstructionFailed` nor any failure but those above.
 *
 * @example
 * const status: ProxiedStatus = { ...rest, alarms: wireAlarms(node.status().alarms) };
 */
export function wireAlarms(alarms: readonly Alarm[]): readonly Alarm[] {
  return alarms.filter(isWireAlarm);
}

/** Whether the wire can carry an alarm. */
export function isWireAlarm(alarm: Alarm): boolean {
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
