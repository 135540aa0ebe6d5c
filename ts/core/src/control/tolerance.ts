/** How many members a configuration needs: K to unlock, K + Z to be committed (protocol section 8). */
import { TrustQuorumError } from "../base/errors.ts";
import { MEMBERS_MAX, MEMBERS_MIN } from "../protocol/configuration.ts";

/**
 * K: how many of a configuration's members can rebuild its secret, ⌊members / 2⌋ + 1.
 *
 * @param members 3–32
 * @throws TrustQuorumError `ERR_TQ_INVALID_MEMBERSHIP_SIZE`
 * @example
 * import { thresholdFor } from "trust-quorum/control";
 *
 * thresholdFor(5); // => 3
 */
export function thresholdFor(members: number): number {
  checkMembers(members);
  return Math.floor(members / 2) + 1;
}

/**
 * Z, the commit crash tolerance: a configuration is committed only once K + Z members are prepared,
 * so that Z of them can be lost for good right afterwards and the rack still unlocks.
 *
 * @param members 3–32
 * @returns 0 for up to 4 members, 1 for 5–8, 2 for 9–15, 3 for 16–23, 4 above
 * @throws TrustQuorumError `ERR_TQ_INVALID_MEMBERSHIP_SIZE`
 * @example
 * import { commitCrashTolerance } from "trust-quorum/control";
 *
 * commitCrashTolerance(5); // => 1
 */
export function commitCrashTolerance(members: number): number {
  checkMembers(members);
  if (members <= 4) return 0;
  if (members <= 8) return 1;
  if (members <= 15) return 2;
  if (members <= 23) return 3;
  return 4;
}

function checkMembers(members: number): void {
  if (Number.isInteger(members) && members >= MEMBERS_MIN && members <= MEMBERS_MAX) return;
  throw new TrustQuorumError("ERR_TQ_INVALID_MEMBERSHIP_SIZE", { members });
}
