/**
 * The one table of errors. Callers match on `code`; `details` carries the numbers; the text is for
 * people. A test holds this table, its types and the published list (ERRORS.md) together.
 *
 * No detail may ever hold a secret or a share.
 */
import type { BaseboardId, Epoch, RackId } from "./id-types.ts";

/** The details of each code. */
export interface ErrorDetails {
  // Requests from the control plane (protocol section 5)
  ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS: { epoch: Epoch };
  ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED: object;
  ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP: { self: BaseboardId };
  ERR_TQ_THRESHOLD_MISMATCH: { members: number; threshold: number };
  ERR_TQ_INVALID_MEMBERSHIP_SIZE: { members: number };
  ERR_TQ_INVALID_THRESHOLD: { threshold: number };
  ERR_TQ_INVALID_RACK_ID: { expected: RackId; got: RackId };
  ERR_TQ_EXPUNGED: { epoch: Epoch; from: BaseboardId; lastCommitted?: Epoch | null };
  ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH: { expected: Epoch | null; got: number | null };
  ERR_TQ_PREPARED_EPOCH_MISMATCH: { existing: Epoch; new: number };
  ERR_TQ_RECONFIGURATION_IN_PROGRESS: { currentEpoch: Epoch; msgEpoch: number };
  ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH: { epoch: Epoch };
  ERR_TQ_INVALID_EPOCH: { epoch: number };
  ERR_TQ_NO_LRTQ_SHARE: object;
  ERR_TQ_ALREADY_UPGRADED: { epoch: Epoch };
  ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2: { epoch: number };
  ERR_TQ_NOT_PREPARED: { epoch: number };
  ERR_TQ_NOT_A_MEMBER: { epoch: Epoch; self: BaseboardId };
  ERR_TQ_INVALID_CONFIGURATION: { problem: string };
  ERR_TQ_MISMATCHED_CONFIGURATIONS: { epoch: Epoch };
  ERR_TQ_TOO_MANY_CONFIGURATIONS: { epoch: Epoch; limit: number };
  ERR_TQ_NO_COMMITTED_CONFIGURATIONS: object;
  ERR_TQ_NOT_COMMITTED: { epoch: number };
  ERR_TQ_NOT_AVAILABLE: { epoch: number };
  ERR_TQ_COMMITTED_CONFIGURATION_LOST: { latestCommittedEpoch: Epoch; collectingEpoch: Epoch };

  // Arguments and identifiers
  ERR_TQ_INVALID_ARGUMENT: { argument: string; problem: string };
  ERR_TQ_INVALID_BASEBOARD_ID: { problem: string };
  ERR_TQ_INVALID_RACK_UUID: object;

  // Cryptography (raised by both backends, native ones by the same code)
  ERR_TQ_THRESHOLD_TOO_SMALL: object;
  ERR_TQ_FEWER_SHARES_THAN_THRESHOLD: object;
  ERR_TQ_TOO_FEW_SHARES: object;
  ERR_TQ_DUPLICATE_X_COORDINATES: object;
  ERR_TQ_INVALID_SHARE_LENGTHS: object;
  ERR_TQ_INVALID_SHARE_ID: object;
  ERR_TQ_NON_CANONICAL_SCALAR: object;
  ERR_TQ_SHARE_DIGEST_MISMATCH: { index?: number };
  ERR_TQ_INVALID_RACK_SECRET: object;
  ERR_TQ_AUTHENTICATION_FAILED: object;
  ERR_TQ_INVALID_PLAINTEXT_LENGTH: object;
  ERR_TQ_INVALID_PLAINTEXT: object;
  ERR_TQ_SECRET_DISPOSED: object;
  ERR_TQ_RANDOM_SOURCE: object;
  ERR_TQ_NATIVE_UNAVAILABLE: { problem: string };

  // Wire frames: `offset` is the byte at which the input stopped making sense
  ERR_TQ_FRAME_TOO_LARGE: { length: number; limit: number };
  ERR_TQ_WIRE_TRUNCATED: { offset: number };
  ERR_TQ_WIRE_TRAILING_BYTES: { offset: number };
  ERR_TQ_WIRE_INDEFINITE_LENGTH: { offset: number };
  ERR_TQ_WIRE_NON_CANONICAL_LENGTH: { offset: number };
  ERR_TQ_WIRE_UNSUPPORTED_TYPE: { offset: number };
  ERR_TQ_WIRE_UNEXPECTED_TYPE: { offset: number; expected: string };
  ERR_TQ_WIRE_UNEXPECTED_KEY: { offset: number; expected: string };
  ERR_TQ_WIRE_WRONG_LENGTH: { offset: number; expected: string };
  ERR_TQ_WIRE_UNKNOWN_VARIANT: { offset: number; type: string };
  ERR_TQ_WIRE_INVALID_UTF8: { offset: number };
  ERR_TQ_WIRE_OUT_OF_RANGE: { offset: number; type: string };
  ERR_TQ_WIRE_INVALID_VALUE: { offset: number; type: string; problem: string };

  // Ledgers: `offset` is the byte at which the file stopped making sense
  ERR_TQ_LEDGER_CORRUPT: { offset: number; problem: string };
  ERR_TQ_LEDGER_DIGEST_MISMATCH: { expected: string; got: string };
  ERR_TQ_LEDGER_TOO_LARGE: { length: number; limit: number };

  // Driving a node
  ERR_TQ_INVALID_GENERATION: { generation: number; expected: number };
  ERR_TQ_LEDGER_SAVE_FAILED: object;
  ERR_TQ_NODE_STOPPED: object;
  ERR_TQ_RACK_SECRET_NOT_LOADED: { epoch: number; problem: string };

  // Control plane policy (protocol section 8)
  ERR_TQ_INVALID_TRANSITION: { state: string; action: string };
  ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS: { epoch: Epoch; acknowledged: number; needed: number };
  ERR_TQ_COORDINATOR_NOT_COMMITTED: { coordinator: BaseboardId; epoch: Epoch };
  ERR_TQ_CONTRADICTS_RECORD: { epoch: Epoch; problem: string };
}

/** Every stable error code. */
export type ErrorCode = keyof ErrorDetails;

interface ErrorEntry<C extends ErrorCode> {
  /** The error's name in the protocol's texts and in the original. */
  readonly kind: string;
  readonly text: (details: ErrorDetails[C]) => string;
}

/** The table: for each code its name and its text. */
export const ERRORS: { readonly [C in ErrorCode]: ErrorEntry<C> } = {
  ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS: {
    kind: "UpgradeFromLrtqInProgress",
    text: (d) => `an upgrade from LRTQ is being coordinated at epoch ${d.epoch}`,
  },
  ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED: {
    kind: "UpgradeFromLrtqRequired",
    text: () => "this sled still runs LRTQ: upgrade it before reconfiguring",
  },
  ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP: {
    kind: "CoordinatorMustBeAMemberOfNewGroup",
    text: (d) => `the coordinator ${d.self} is not among the new members`,
  },
  ERR_TQ_THRESHOLD_MISMATCH: {
    kind: "ThresholdMismatch",
    text: (d) => `${d.members} members cannot have a threshold of ${d.threshold}`,
  },
  ERR_TQ_INVALID_MEMBERSHIP_SIZE: {
    kind: "InvalidMembershipSize",
    text: (d) => `a configuration has 3 to 32 members, not ${d.members}`,
  },
  ERR_TQ_INVALID_THRESHOLD: {
    kind: "InvalidThreshold",
    text: (d) => `a threshold is 2 to 31, not ${d.threshold}`,
  },
  ERR_TQ_INVALID_RACK_ID: {
    kind: "InvalidRackId",
    text: (d) => `this sled belongs to rack ${d.expected}, not to ${d.got}`,
  },
  ERR_TQ_EXPUNGED: {
    kind: "Expunged",
    text: (d) => `this sled was expunged at epoch ${d.epoch}, as ${d.from} told it`,
  },
  ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH: {
    kind: "LastCommittedEpochMismatch",
    text: (d) => `the last committed epoch here is ${orNone(d.expected)}, not ${orNone(d.got)}`,
  },
  ERR_TQ_PREPARED_EPOCH_MISMATCH: {
    kind: "PreparedEpochMismatch",
    text: (d) => `epoch ${d.new} is not above epoch ${d.existing}, which is known here already`,
  },
  ERR_TQ_RECONFIGURATION_IN_PROGRESS: {
    kind: "ReconfigurationInProgress",
    text: (d) => `epoch ${d.currentEpoch} is being coordinated; epoch ${d.msgEpoch} is older`,
  },
  ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH: {
    kind: "MismatchedReconfigurationForSameEpoch",
    text: (d) => `epoch ${d.epoch} is being coordinated with other members or another threshold`,
  },
  ERR_TQ_INVALID_EPOCH: {
    kind: "InvalidEpoch",
    text: (d) => `an epoch is an integer from 1 to 2^53-1, not ${d.epoch}`,
  },
  ERR_TQ_NO_LRTQ_SHARE: {
    kind: "NoLrtqShare",
    text: () => "this sled has no LRTQ share to upgrade from",
  },
  ERR_TQ_ALREADY_UPGRADED: {
    kind: "AlreadyUpgraded",
    text: (d) => `this sled has committed epoch ${d.epoch}: it was upgraded from LRTQ already`,
  },
  ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2: {
    kind: "EpochMustBeAtLeast2",
    text: (d) => `LRTQ counts as epoch 1: an upgrade starts at epoch 2, not ${d.epoch}`,
  },
  ERR_TQ_NOT_PREPARED: {
    kind: "NotPrepared",
    text: (d) => `this sled is not prepared for epoch ${d.epoch}`,
  },
  ERR_TQ_NOT_A_MEMBER: {
    kind: "NotAMember",
    text: (d) => `${d.self} is not a member of the configuration of epoch ${d.epoch}`,
  },
  ERR_TQ_INVALID_CONFIGURATION: {
    kind: "InvalidConfiguration",
    text: (d) => `the configuration is not well-formed: ${d.problem}`,
  },
  ERR_TQ_MISMATCHED_CONFIGURATIONS: {
    kind: "MismatchedConfigurations",
    text: (d) => `this sled holds another configuration for epoch ${d.epoch}`,
  },
  ERR_TQ_TOO_MANY_CONFIGURATIONS: {
    kind: "TooManyConfigurations",
    text: (d) =>
      `too many or too large uncommitted configurations are held, at most ${d.limit}; epoch ${d.epoch} is refused`,
  },
  ERR_TQ_NO_COMMITTED_CONFIGURATIONS: {
    kind: "NoCommittedConfigurations",
    text: () => "no configuration was committed on this sled yet",
  },
  ERR_TQ_NOT_COMMITTED: {
    kind: "NotCommitted",
    text: (d) => `epoch ${d.epoch} is above the latest committed epoch of this sled`,
  },
  ERR_TQ_NOT_AVAILABLE: {
    kind: "NotAvailable",
    text: (d) => `the secret of epoch ${d.epoch} is not in the chain of loaded secrets`,
  },
  ERR_TQ_COMMITTED_CONFIGURATION_LOST: {
    kind: "CommittedConfigurationLost",
    text: (d) =>
      `shares are collected for epoch ${d.collectingEpoch}, but the latest commit is ${d.latestCommittedEpoch}`,
  },

  ERR_TQ_INVALID_ARGUMENT: {
    kind: "InvalidArgument",
    text: (d) => `${d.argument} ${d.problem}`,
  },
  ERR_TQ_INVALID_BASEBOARD_ID: {
    kind: "InvalidBaseboardId",
    text: (d) => `not a baseboard id (part:serial): ${d.problem}`,
  },
  ERR_TQ_INVALID_RACK_UUID: {
    kind: "InvalidRackUuid",
    text: () => "a rack id is a hyphenated uuid in lower case",
  },

  ERR_TQ_THRESHOLD_TOO_SMALL: {
    kind: "ThresholdTooSmall",
    text: () => "a threshold is at least 2",
  },
  ERR_TQ_FEWER_SHARES_THAN_THRESHOLD: {
    kind: "FewerSharesThanThreshold",
    text: () => "there must be at least as many shares as the threshold",
  },
  ERR_TQ_TOO_FEW_SHARES: {
    kind: "TooFewShares",
    text: () => "too few shares",
  },
  ERR_TQ_DUPLICATE_X_COORDINATES: {
    kind: "DuplicateXCoordinates",
    text: () => "two shares have the same x-coordinate",
  },
  ERR_TQ_INVALID_SHARE_LENGTHS: {
    kind: "InvalidShareLengths",
    text: () => "the shares do not have the same valid length",
  },
  ERR_TQ_INVALID_SHARE_ID: {
    kind: "InvalidShareId",
    text: () => "a share's x-coordinate is 1 to 255, never 0",
  },
  ERR_TQ_NON_CANONICAL_SCALAR: {
    kind: "NonCanonicalScalar",
    text: () => "an LRTQ share or secret is not a canonical scalar",
  },
  ERR_TQ_SHARE_DIGEST_MISMATCH: {
    kind: "ShareDigestMismatch",
    text: () => "a share does not have the digest that its configuration names",
  },
  ERR_TQ_INVALID_RACK_SECRET: {
    kind: "InvalidRackSecret",
    text: () => "a rack secret has 32 bytes that are not all zero",
  },
  ERR_TQ_AUTHENTICATION_FAILED: {
    kind: "AuthenticationFailed",
    text: () => "the ciphertext does not authenticate under this secret",
  },
  ERR_TQ_INVALID_PLAINTEXT_LENGTH: {
    kind: "InvalidPlaintextLength",
    text: () => "the decrypted text does not have a whole number of entries",
  },
  ERR_TQ_INVALID_PLAINTEXT: {
    kind: "InvalidPlaintext",
    text: () => "the decrypted entries are not valid prior secrets in ascending order",
  },
  ERR_TQ_SECRET_DISPOSED: {
    kind: "SecretDisposed",
    text: () => "the secret was disposed of",
  },
  ERR_TQ_RANDOM_SOURCE: {
    kind: "RandomSource",
    text: () => "the operating system gave no random bytes",
  },
  ERR_TQ_NATIVE_UNAVAILABLE: {
    kind: "NativeUnavailable",
    text: (d) => `the native addon cannot be used: ${d.problem}`,
  },

  ERR_TQ_FRAME_TOO_LARGE: {
    kind: "FrameTooLarge",
    text: (d) => `a frame's body of ${d.length} bytes is above the limit of ${d.limit}`,
  },
  ERR_TQ_WIRE_TRUNCATED: {
    kind: "WireTruncated",
    text: (d) => `the message ends at byte ${d.offset}, before it is complete`,
  },
  ERR_TQ_WIRE_TRAILING_BYTES: {
    kind: "WireTrailingBytes",
    text: (d) => `bytes follow the message at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_INDEFINITE_LENGTH: {
    kind: "WireIndefiniteLength",
    text: (d) => `an item of indefinite length at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_NON_CANONICAL_LENGTH: {
    kind: "WireNonCanonicalLength",
    text: (d) => `an integer or length at byte ${d.offset} is longer than needed`,
  },
  ERR_TQ_WIRE_UNSUPPORTED_TYPE: {
    kind: "WireUnsupportedType",
    text: (d) => `a tag, float, negative or reserved item at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_UNEXPECTED_TYPE: {
    kind: "WireUnexpectedType",
    text: (d) => `expected ${d.expected} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_UNEXPECTED_KEY: {
    kind: "WireUnexpectedKey",
    text: (d) => `expected the key ${d.expected} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_WRONG_LENGTH: {
    kind: "WireWrongLength",
    text: (d) => `expected ${d.expected} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_UNKNOWN_VARIANT: {
    kind: "WireUnknownVariant",
    text: (d) => `an unknown ${d.type} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_INVALID_UTF8: {
    kind: "WireInvalidUtf8",
    text: (d) => `text at byte ${d.offset} is not valid UTF-8`,
  },
  ERR_TQ_WIRE_OUT_OF_RANGE: {
    kind: "WireOutOfRange",
    text: (d) => `the ${d.type} at byte ${d.offset} is out of range`,
  },
  ERR_TQ_WIRE_INVALID_VALUE: {
    kind: "WireInvalidValue",
    text: (d) => `the ${d.type} at byte ${d.offset} is not valid: ${d.problem}`,
  },

  ERR_TQ_LEDGER_CORRUPT: {
    kind: "LedgerCorrupt",
    text: (d) => `the ledger is corrupt at byte ${d.offset}: ${d.problem}`,
  },
  ERR_TQ_LEDGER_DIGEST_MISMATCH: {
    kind: "LedgerDigestMismatch",
    text: (d) => `the ledger's SHA3-256 is ${d.got}, but it says ${d.expected}`,
  },
  ERR_TQ_LEDGER_TOO_LARGE: {
    kind: "LedgerTooLarge",
    text: (d) => `a ledger of ${d.length} bytes is above the limit of ${d.limit}`,
  },

  ERR_TQ_INVALID_GENERATION: {
    kind: "InvalidGeneration",
    text: (d) => `generation ${d.generation} was not being saved; ${d.expected} was`,
  },
  ERR_TQ_LEDGER_SAVE_FAILED: {
    kind: "LedgerSaveFailed",
    text: () => "the ledger could not be saved; the node has stopped and nothing was sent",
  },
  ERR_TQ_NODE_STOPPED: {
    kind: "NodeStopped",
    text: () => "the node has stopped",
  },
  ERR_TQ_RACK_SECRET_NOT_LOADED: {
    kind: "RackSecretNotLoaded",
    text: (d) => `the rack secret of epoch ${d.epoch} was not loaded: ${d.problem}`,
  },

  ERR_TQ_INVALID_TRANSITION: {
    kind: "InvalidTransition",
    text: (d) => `cannot ${d.action} a configuration that is ${d.state}`,
  },
  ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS: {
    kind: "TooFewAcknowledgements",
    text: (d) =>
      `epoch ${d.epoch} has ${d.acknowledged} acknowledgements of the ${d.needed} it needs`,
  },
  ERR_TQ_COORDINATOR_NOT_COMMITTED: {
    kind: "CoordinatorNotCommitted",
    text: (d) =>
      `the coordinator ${d.coordinator} has not acknowledged the commit of epoch ${d.epoch}`,
  },
  ERR_TQ_CONTRADICTS_RECORD: {
    kind: "ContradictsRecord",
    text: (d) => `what was learnt of epoch ${d.epoch} contradicts its record: ${d.problem}`,
  },
};

/**
 * Every error this library raises on purpose. Match on `code`; `details` has the type that belongs
 * to it.
 *
 * @example
 * import {
 *   TrustQuorumNode,
 *   baseboardId,
 *   isTrustQuorumError,
 *   nativeCrypto,
 *   parseRackId,
 * } from "trust-quorum";
 *
 * const self = baseboardId("913-0000019", "BRM1");
 * const node = TrustQuorumNode.restore({ self, ledger: null, crypto: nativeCrypto() });
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * try {
 *   node.commit({ rackId, epoch: 7 });
 * } catch (error) {
 *   if (!isTrustQuorumError(error, "ERR_TQ_NOT_PREPARED")) throw error;
 *   console.log(error.details.epoch); // => 7
 * }
 */
export class TrustQuorumError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "TrustQuorumError";
  readonly code: C;
  readonly details: ErrorDetails[C];

  constructor(code: C, details: ErrorDetails[C], options?: { cause?: unknown }) {
    super(textOf(code, details), options);
    this.code = code;
    this.details = details;
  }

  /** The error's name in the protocol's texts, e.g. `PreparedEpochMismatch`. */
  get kind(): string {
    return ERRORS[this.code].kind;
  }
}

/** Whether a caught value is a {@link TrustQuorumError}, of this code where one is given. */
export function isTrustQuorumError<C extends ErrorCode = ErrorCode>(
  value: unknown,
  code?: C,
): value is TrustQuorumError<C> {
  return value instanceof TrustQuorumError && (code === undefined || value.code === code);
}

function orNone(epoch: number | null): string {
  return epoch === null ? "none" : String(epoch);
}

/** The error's text. What a caller passed by mistake (a symbol, say) must not make it fail. */
function textOf<C extends ErrorCode>(code: C, details: ErrorDetails[C]): string {
  try {
    return ERRORS[code].text(details);
  } catch {
    return ERRORS[code].kind;
  }
}
