/** Checks of arguments that callers from plain JavaScript may get wrong. */
import { TrustQuorumError } from "./errors.ts";

/**
 * The error for an argument: `argument` is its name and `problem` the rest of the sentence. Both end up in
 * the error's text and must not contain the argument's value where that can be secret.
 */
export function invalidArgument(
  argument: string,
  problem: string,
): TrustQuorumError<"ERR_TQ_INVALID_ARGUMENT"> {
  return new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument, problem });
}

/** Whether a value is an object, so that its properties can be read. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * Refuses what is not bytes.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`
 */
export function requireBytes(argument: string, value: unknown): void {
  if (!(value instanceof Uint8Array)) throw invalidArgument(argument, "is not a Uint8Array");
}
