/**
 * What the suites compare with, made independently of both backends: sealing with the platform's own
 * cryptography, and LRTQ splits from given coefficients. Here secrets are only made-up test data.
 */
import { createCipheriv, hkdfSync } from "node:crypto";
import type { RackId } from "../../src/base/id-types.ts";
import { rackIdBytes } from "../../src/base/ids.ts";
import type { TrustQuorumError } from "../../src/base/errors.ts";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { concat } from "./vectors.ts";

/** The order of the scalars of Curve25519. */
export const SCALAR_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Seals any plaintext as if it were prior rack secrets, also what no backend would write. */
export function sealAnything(options: {
  secret: Uint8Array;
  rackId: RackId;
  epoch: number;
  salt: Uint8Array;
  plaintext: Uint8Array;
}): Uint8Array {
  const info = [
    Buffer.from("trust-quorum-v1-rack-secrets"),
    rackIdBytes(options.rackId),
    bigEndian64(BigInt(options.epoch)),
  ];
  return seal(options.secret, options.salt, concat(info), new Uint8Array(12), options.plaintext);
}

/** Seals any plaintext as if it were a sled's spare LRTQ shares. */
export function sealAnySpareShares(options: {
  secret: Uint8Array;
  rackId: RackId;
  salt: Uint8Array;
  nonce: Uint8Array;
  plaintext: Uint8Array;
}): Uint8Array {
  const info = [Buffer.from("trust-quorum-v0-key-shares-"), rackIdBytes(options.rackId)];
  return seal(options.secret, options.salt, concat(info), options.nonce, options.plaintext);
}

/** One entry of prior secrets in plaintext, whatever the epoch. */
export function priorEntry(epoch: bigint, secret: Uint8Array): Uint8Array {
  return concat([bigEndian64(epoch), secret]);
}

/** The LRTQ shares at these identifiers of the polynomial with these coefficients, constant first. */
export function lrtqShares(coefficients: readonly bigint[], ids: readonly number[]): Uint8Array {
  return concat(
    ids.map((id) => {
      const y = coefficients.reduceRight((sum, c) => (sum * BigInt(id) + c) % SCALAR_ORDER, 0n);
      return concat([Uint8Array.of(id), littleEndian256(y)]);
    }),
  );
}

/** An integer below 2^256 as 32 little-endian bytes. */
export function littleEndian256(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** What became of a call: its result, or the code of the `TrustQuorumError` that it raised. */
export type Outcome<T> =
  | { readonly kind: "returned"; readonly value: T }
  | { readonly kind: "raised"; readonly code: string; readonly error: TrustQuorumError };

/** Runs a call. Anything else than a result or a `TrustQuorumError` fails the test. */
export function outcome<T>(call: () => T): Outcome<T> {
  try {
    return { kind: "returned", value: call() };
  } catch (error) {
    if (!isTrustQuorumError(error)) {
      throw new Error("something else than a TrustQuorumError was raised", { cause: error });
    }
    return { kind: "raised", code: error.code, error };
  }
}

/** The code of the error that a call raises, or "returned". */
export function codeOf(call: () => unknown): string {
  const result = outcome(call);
  return result.kind === "raised" ? result.code : "returned";
}

function seal(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const key = new Uint8Array(hkdfSync("sha3-256", secret, salt, info, 32));
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  return concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function bigEndian64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
