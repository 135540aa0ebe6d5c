/** Comparisons of one vector with what this project computes. */
import { isTrustQuorumError } from "trust-quorum";

/** The outcome for one vector. */
export interface Check {
  readonly name: string;
  /** What differs, without secrets, or null. */
  readonly difference: string | null;
}

/** Runs a check, which returns what differs, or null. A `TrustQuorumError` is a difference, too. */
export function check(name: string, run: () => string | null): Check {
  try {
    return { name, difference: run() };
  } catch (error) {
    if (isTrustQuorumError(error)) return { name, difference: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** How two byte strings differ, without showing either; null where they are equal. */
export function sameBytes(what: string, expected: Uint8Array, actual: Uint8Array): string | null {
  if (Buffer.compare(expected, actual) === 0) return null;
  const at = expected.findIndex((byte, i) => byte !== actual[i]);
  const where = at < 0 ? `after ${expected.length} bytes` : `at byte ${at}`;
  return `${what} differs ${where} (${expected.length} bytes expected, ${actual.length} here)`;
}

/** The first difference of several. */
export function firstOf(...differences: (string | null)[]): string | null {
  return differences.find((difference) => difference !== null) ?? null;
}
