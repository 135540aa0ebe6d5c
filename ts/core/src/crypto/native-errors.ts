/** Errors of the addon, as the package has them. */
import { types } from "node:util";
import { ERRORS, TrustQuorumError } from "../base/errors.ts";
import type { ErrorCode, ErrorDetails } from "../base/errors.ts";

/** Calls the addon, and turns an error that has one of our codes into ours. */
export function callNative<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw translate(error);
  }
}

/** Ours for an error that has one of our codes; any other error as it is. */
export function translate(error: unknown): unknown {
  if (error instanceof TrustQuorumError) return error;
  // Within Jest or a `vm` the addon's errors are of another realm, and so no `Error` of this one.
  if (!types.isNativeError(error) || !("code" in error)) return error;
  const { code, message } = error;
  if (typeof code !== "string" || !Object.hasOwn(ERRORS, code)) return error;
  // The addon's messages are the details as JSON; see bindings/src/lib.rs.
  const details = JSON.parse(message) as ErrorDetails[ErrorCode];
  return new TrustQuorumError(code as ErrorCode, details);
}

/** The same of a task on the thread pool, whose message is a code and details as JSON. */
export function translateTask(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const [, code, details] = /^(ERR_TQ_\w+) (\{.*\})$/.exec(error.message) ?? [];
  if (code === undefined || details === undefined) return translate(error);
  return new TrustQuorumError(code as "ERR_TQ_RANDOM_SOURCE", JSON.parse(details) as object);
}
