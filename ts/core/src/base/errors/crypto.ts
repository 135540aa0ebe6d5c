/** Errors of cryptography. */
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface CryptoErrorDetails {
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
}

/** Names and texts of these codes. */
export const CRYPTO_ERRORS: ErrorTable<CryptoErrorDetails> = {
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
};
