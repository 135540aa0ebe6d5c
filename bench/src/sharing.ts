/** What is shared in a case of secret sharing, and the check of what comes back. */

/** A secret to be shared. */
export interface Sharing {
  readonly secret: Uint8Array;
  /** How many shares, 2 to 255. */
  readonly count: number;
  /** How many of them give the secret back, 2 to `count`. */
  readonly threshold: number;
}

/** The shares of a configuration of the largest rack. */
export const FULL = { count: 32, threshold: 17 } as const;

/** @throws Error where a subject's result is wrong: its time would mean nothing */
export function requireSame(name: string, result: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(result, expected) !== 0) {
    throw new Error(`${name} combined the shares to something else`);
  }
}
