/** A configuration: one membership of the rack, named by its epoch. */
import { isObject } from "../base/arguments.ts";
import { bytesEqual } from "../base/bytes.ts";
import { TrustQuorumError } from "../base/errors.ts";
import { compareBaseboardIds, isEpoch, parseBaseboardId, parseRackId } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import { DIGEST_BYTES } from "../base/share.ts";
import type { EncryptedRackSecrets } from "./encrypted-rack-secrets.ts";

/** The fewest members of a configuration. */
export const MEMBERS_MIN = 3;
/** The most members of a configuration. */
export const MEMBERS_MAX = 32;
/** The smallest threshold. */
export const THRESHOLD_MIN = 2;
/** The largest threshold; it is always below the number of members. */
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
    const { encryptedRackSecrets: encrypted } = parts;
    this.rackId = parts.rackId;
    this.epoch = parts.epoch;
    this.coordinator = parts.coordinator;
    this.members = Object.freeze(Array.from(parts.members));
    this.digests = new Uint8Array(parts.digests);
    this.threshold = parts.threshold;
    this.encryptedRackSecrets = encrypted && {
      salt: new Uint8Array(encrypted.salt),
      data: new Uint8Array(encrypted.data),
    };
  }

  /**
   * Checks the parts and makes a configuration of copies of them.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_CONFIGURATION`
   */
  static create(parts: ConfigurationParts): Configuration {
    refuseProblem(shapeProblem(parts) ?? configurationProblem(parts));
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

  /**
   * The same configuration with these encrypted prior secrets.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_CONFIGURATION`
   */
  withEncryptedRackSecrets(encryptedRackSecrets: EncryptedRackSecrets): Configuration {
    refuseProblem(encryptedProblem(encryptedRackSecrets));
    const { rackId, epoch, coordinator, members, digests, threshold } = this;
    const rest = { rackId, epoch, coordinator, members, digests, threshold };
    // All else was checked when this configuration was made.
    return new Configuration({ ...rest, encryptedRackSecrets });
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

/** What is wrong with the types of the parts: a caller from plain JavaScript may pass anything. */
function shapeProblem(parts: ConfigurationParts): string | undefined {
  if (!isObject(parts)) return "it is not an object";
  const { members, digests, encryptedRackSecrets: encrypted } = parts;
  if (!Array.isArray(members)) return "its members are not an array";
  if (!(digests instanceof Uint8Array)) return "its digests are not bytes";
  const problem = encryptedProblem(encrypted);
  if (problem !== undefined) return problem;
  try {
    parseRackId(parts.rackId);
    parseBaseboardId(parts.coordinator);
    members.forEach((member: BaseboardId) => parseBaseboardId(member));
  } catch (error) {
    return error instanceof TrustQuorumError ? error.message : "it cannot be read";
  }
  return undefined;
}

function encryptedProblem(encrypted: EncryptedRackSecrets | null): string | undefined {
  if (encrypted === null) return undefined;
  const bytes = isObject(encrypted) && [encrypted.salt, encrypted.data];
  if (!bytes || !bytes.every((part) => part instanceof Uint8Array)) {
    return "its encrypted rack secrets are not bytes";
  }
  return encrypted.salt.length === SALT_BYTES ? undefined : "its salt does not have 32 bytes";
}

function refuseProblem(problem: string | undefined): void {
  if (problem === undefined) return;
  throw new TrustQuorumError("ERR_TQ_INVALID_CONFIGURATION", { problem });
}

function configurationProblem(parts: ConfigurationParts): string | undefined {
  const { members, threshold, digests } = parts;
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
  return undefined;
}
