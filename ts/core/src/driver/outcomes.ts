/** What becomes of calls and callbacks. */
import { TrustQuorumError } from "../base/errors.ts";
import type { DriverOptions } from "./driver-options.ts";

/** Runs a call; what it throws is an answer as well. */
export function outcomeOf<T>(
  run: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown } {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Tells the host of its mistake without getting in the driver's way. */
export function report(error: unknown, onError: DriverOptions["onError"]): void {
  // Nobody handles this promise on purpose: an error that nobody takes must not go unnoticed.
  void Promise.resolve().then(() => {
    if (onError === undefined) throw error;
    onError(error);
  });
}

/** The shares that were collected did not give the secret. */
export function notLoaded(epoch: number, problem: string): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_RACK_SECRET_NOT_LOADED", { epoch, problem });
}
