/** Texts of error codes and refusal reasons. */
import { ERRORS } from "trust-quorum";
import type { ErrorCode } from "trust-quorum";
import { REFUSAL_REASONS } from "trust-quorum/protocol";
import type { RefusalReason } from "trust-quorum/protocol";

/** The published text of a refusal reason, or of an error code with its details. */
export function reasonText(reason: string, details: object = {}): string {
  if (Object.hasOwn(REFUSAL_REASONS, reason)) return REFUSAL_REASONS[reason as RefusalReason];
  if (!Object.hasOwn(ERRORS, reason)) return reason;
  try {
    const text = (ERRORS[reason as ErrorCode].text as (details: object) => string)(details);
    return text.includes("undefined") ? reason : text;
  } catch {
    return reason;
  }
}
