/** Checks of arguments that callers from plain JavaScript may get wrong. */
import { TrustQuorumError } from "./errors.ts";

/**
 * Refuses what is not bytes.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`
 */
export function requireBytes(argument: string, value: unknown): void {
  if (value instanceof Uint8Array) return;
  const problem = "is not a Uint8Array";
  throw new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument, problem });
}
