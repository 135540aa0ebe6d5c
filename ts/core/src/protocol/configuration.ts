/** A configuration: one membership of the rack, named by its epoch. */
import { bytesEqual } from "../base/bytes.ts";
import { TrustQuorumError } from "../base/errors.ts";
import { compareBaseboardIds, isEpoch } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/ids.ts";
import { DIGEST_BYTES } from "../base/share.ts";
import type { EncryptedRackSecrets } from "./crypto.ts";

/** The fewest and the most members of a configuration. */
export const MEMBERS_MIN = 3;
export const MEMBERS_MAX = 32;
/** The smallest and the largest threshold; it is always below the number of members. */
export const THRESHOLD_MIN = 2;
export const THRESHOLD_MAX = 31;
/** Bytes of the salt of encrypted rack secrets. */
export const SALT_BYTES = 32;

/** What a {@link Configuration} is made of, not yet checked. */
export interface ConfigurationParts {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  readonly coordinator: BaseboardId;
  /** In the order of `compareBaseboardIds`; the member at position i has the share with x = i + 1. */
  readonly members: readonly BaseboardId[];
  /** For each member in order the SHA3-256 of its share: members × 32 bytes. */
  readonly digests: Uint8Array;
  readonly threshold: number;
  readonly encryptedRackSecrets: EncryptedRackSecrets | null;
}

/**
 * A well-formed configuration (protocol section 6): 3–32 members in strict order, the coordinator
 * among them, a threshold of 2–31 below their number, one digest each. An object of this class
 * cannot be anything else; it is public and never changes.
 */
export class Configuration implements ConfigurationParts {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  readonly coordinator: BaseboardId;
  readonly members: readonly BaseboardId[];
  readonly digests: Uint8Array;
  readonly threshold: number;
  readonly encryptedRackSecrets: EncryptedRackSecrets | null;

  private constructor(parts: ConfigurationParts) {
    this.rackId = parts.rackId;
    this.epoch = parts.epoch;
    this.coordinator = parts.coordinator;
    this.members = parts.members;
    this.digests = parts.digests;
    this.threshold = parts.threshold;
    this.encryptedRackSecrets = parts.encryptedRackSecrets;
  }

  /**
   * Checks the parts and makes a configuration of them. It keeps the arrays it is given: they must
   * not be changed afterwards.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_CONFIGURATION`
   */
  static create(parts: ConfigurationParts): Configuration {
    const problem = configurationProblem(parts);
    if (problem !== undefined) {
      throw new TrustQuorumError("ERR_TQ_INVALID_CONFIGURATION", { problem });
    }
    return new Configuration(parts);
  }

  /** Whether this sled is a member. */
  has(id: BaseboardId): boolean {
    return this.members.includes(id);
  }

  /** The 0-based position of a member in the order, or -1; its share has x = position + 1. */
  indexOf(id: BaseboardId): number {
    return this.members.indexOf(id);
  }

  /** The 32-byte digest of the share of the member at this position. */
  digestAt(index: number): Uint8Array {
    return this.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  /** Whether both say the same in every field. */
  equals(other: Configuration): boolean {
    return (
      this === other ||
      (this.rackId === other.rackId &&
        this.epoch === other.epoch &&
        this.coordinator === other.coordinator &&
        this.threshold === other.threshold &&
        sameMembers(this.members, other.members) &&
        bytesEqual(this.digests, other.digests) &&
        sameEncrypted(this.encryptedRackSecrets, other.encryptedRackSecrets))
    );
  }

  /** The same configuration with these encrypted prior secrets. */
  withEncryptedRackSecrets(encryptedRackSecrets: EncryptedRackSecrets): Configuration {
    const { rackId, epoch, coordinator, members, digests, threshold } = this;
    return Configuration.create({
      rackId,
      epoch,
      coordinator,
      members,
      digests,
      threshold,
      encryptedRackSecrets,
    });
  }
}

/** Whether two ordered member lists are the same. */
export function sameMembers(a: readonly BaseboardId[], b: readonly BaseboardId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

function sameEncrypted(a: EncryptedRackSecrets | null, b: EncryptedRackSecrets | null): boolean {
  if (a === null || b === null) return a === b;
  return bytesEqual(a.salt, b.salt) && bytesEqual(a.data, b.data);
}

function configurationProblem(parts: ConfigurationParts): string | undefined {
  const { members, threshold, digests, encryptedRackSecrets } = parts;
  if (!isEpoch(parts.epoch)) return "its epoch is out of range";
  if (members.length < MEMBERS_MIN || members.length > MEMBERS_MAX) {
    return `it has ${members.length} members`;
  }
  if (!Number.isInteger(threshold) || threshold < THRESHOLD_MIN || threshold > THRESHOLD_MAX) {
    return `its threshold is ${threshold}`;
  }
  if (threshold >= members.length) return "its threshold is not below the number of its members";
  for (let i = 1; i < members.length; i++) {
    const [previous, next] = [members[i - 1], members[i]];
    if (previous === undefined || next === undefined || compareBaseboardIds(previous, next) >= 0) {
      return "its members are not in strict order";
    }
  }
  if (!members.includes(parts.coordinator)) return "its coordinator is not a member";
  if (digests.length !== members.length * DIGEST_BYTES) return "it does not have a digest each";
  if (encryptedRackSecrets !== null && encryptedRackSecrets.salt.length !== SALT_BYTES) {
    return "its salt does not have 32 bytes";
  }
  return undefined;
}
