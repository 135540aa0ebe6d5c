/**
 * The trust quorum's ledger: one JSON file per replica, as the original writes it, with a SHA3-256 digest as an
 * additional last field.
 *
 * Ledgers contain shares in clear. The caller zeroes the bytes that it gets or gives, and wipes the shares that
 * it gets; no copy is kept here.
 */
import { bytesEqual, toHex, utf8 } from "../base/bytes.ts";
import { TrustQuorumError } from "../base/errors.ts";
import type { BaseboardId } from "../base/id-types.ts";
import { DIGEST_BYTES } from "../base/share.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { PersistentState } from "../protocol/persistent-state.ts";
import { JsonReader } from "./json-reader.ts";
import { writtenJson } from "./json-writer.ts";
import { requireLedgerBytes } from "./limits.ts";
import type { Sha3 } from "./lrtq-data.ts";
import { readEpoch, readState, writeState } from "./state.ts";

/** A persistent state and how often it was saved. */
export interface Ledger {
  /** 0 to 2^53−1, one more with each save; of several replicas the highest wins. */
  readonly generation: number;
  readonly state: PersistentState;
}

/** A ledger as it was read. */
export interface DecodedLedger extends Ledger {
  /** Whether the file had a digest of itself; the original's files have none. */
  readonly hasDigest: boolean;
  /** The SHA3-256 of the state's bytes: two replicas with the same digest hold the same state. */
  readonly stateDigest: Uint8Array;
}

/**
 * Beside the state and not in it, as the digest is: the original reads what it knows and skips the rest.
 * A ledger of a sled that never abandoned anything has no such field.
 */
const ABANDONED_FIELD = ',"abandoned":';
const DIGEST_FIELD = ',"sha3_256":';
/** The last field with its hex digits in quotes, and the brace after it. */
const DIGEST_TAIL_BYTES = DIGEST_FIELD.length + 2 * DIGEST_BYTES + 3;
const CLOSE = utf8("}");

/**
 * The bytes of a ledger file. They hold shares: zero them once they are written.
 *
 * @throws TrustQuorumError `ERR_TQ_LEDGER_TOO_LARGE`; `ERR_TQ_INVALID_ARGUMENT` for a generation out
 * of range or a wiped share
 * @example
 * import { referenceCrypto } from "trust-quorum";
 * import { decodeLedger, encodeLedger } from "trust-quorum/ledger";
 * import { initialState } from "trust-quorum/protocol";
 *
 * const crypto = referenceCrypto();
 * const sha3_256 = (data: Uint8Array) => crypto.sha3_256(data);
 * const bytes = encodeLedger({ generation: 8, state: initialState() }, sha3_256);
 * decodeLedger(bytes, sha3_256).generation; // => 8
 * bytes.fill(0);
 */
export function encodeLedger(ledger: Ledger, sha3_256: Sha3): Uint8Array {
  return writtenJson((writer) => {
    writer.literal('{"generation":');
    writer.uint(ledger.generation, "generation");
    writer.literal(',"state":');
    writeState(writer, ledger.state);
    const { abandoned } = ledger.state;
    if (abandoned !== undefined) {
      writer.literal(ABANDONED_FIELD);
      writer.uint(abandoned, "abandoned");
    }
    const digest = digestWithClose(writer.written, sha3_256);
    writer.literal(DIGEST_FIELD);
    writer.hex(digest);
    writer.literal("}");
  });
}

/**
 * The bytes of a ledger's `state` alone; traces name a state by their SHA3-256. Zero them after use.
 *
 * @throws TrustQuorumError as {@link encodeLedger}
 */
export function encodeLedgerState(state: PersistentState): Uint8Array {
  return writtenJson((writer) => {
    writeState(writer, state);
  });
}

/**
 * Reads a ledger file, strictly: only what {@link encodeLedger} or the original writes is
 * accepted. Configurations are well-formed, of one rack and in order; a commit has its configuration
 * and share; each share has the digest that its configuration names. With `self` every
 * configuration has this sled as a member, and every share is its own.
 *
 * The bytes stay the caller's, who zeroes them; the shares in the state are the caller's too.
 *
 * @throws TrustQuorumError `ERR_TQ_LEDGER_TOO_LARGE`; `ERR_TQ_LEDGER_DIGEST_MISMATCH` where the file
 * has a digest and it is another; `ERR_TQ_LEDGER_CORRUPT` with the byte offset for all else
 * @example
 * import { TrustQuorumNode, baseboardId, referenceCrypto } from "trust-quorum";
 * import { decodeLedger, encodeLedger } from "trust-quorum/ledger";
 * import { initialState } from "trust-quorum/protocol";
 *
 * const crypto = referenceCrypto();
 * const sha3_256 = (data: Uint8Array) => crypto.sha3_256(data);
 * const file = encodeLedger({ generation: 8, state: initialState() }, sha3_256);
 *
 * const self = baseboardId("913-0000019", "BRM1");
 * const ledger = decodeLedger(file, sha3_256, { self });
 * file.fill(0);
 * ledger.hasDigest; // => true
 * const node = TrustQuorumNode.restore({ self, ledger, crypto });
 * node.generation; // => 8
 */
export function decodeLedger(
  bytes: Uint8Array,
  sha3_256: Sha3,
  options: { readonly self?: BaseboardId } = {},
): DecodedLedger {
  requireLedgerBytes(bytes);
  const hasDigest = verifyDigest(bytes, sha3_256);
  const owned: (Share | LrtqShare)[] = [];
  try {
    const reader = new JsonReader(hasDigest ? bytes.subarray(0, -DIGEST_TAIL_BYTES) : bytes);
    reader.literal('{"generation":');
    const generation = reader.uint(Number.MAX_SAFE_INTEGER);
    reader.literal(',"state":');
    const start = reader.offset;
    const state = readState({ reader, sha3_256, self: options.self, owned });
    const abandoned = reader.maybe(ABANDONED_FIELD) ? readEpoch(reader) : undefined;
    const stateDigest = sha3_256(bytes.subarray(start, reader.offset));
    if (!hasDigest) reader.literal("}");
    reader.end();
    return {
      generation,
      state: abandoned === undefined ? state : { ...state, abandoned },
      hasDigest,
      stateDigest,
    };
  } catch (error) {
    for (const share of owned) share.wipe();
    throw error;
  }
}

/** Zeroes the shares of a state that is not needed any more. */
export function wipeState(state: PersistentState): void {
  state.lrtq?.share.wipe();
  for (const share of state.shares.values()) share.wipe();
}

/** Whether the file ends with a digest. Throws if that is not the digest of its content. */
function verifyDigest(bytes: Uint8Array, sha3_256: Sha3): boolean {
  const at = bytes.length - DIGEST_TAIL_BYTES;
  const tail = new JsonReader(bytes, Math.max(0, at));
  if (!tail.maybe(DIGEST_FIELD)) return false;
  const stated = tail.hex(DIGEST_BYTES);
  tail.literal("}");
  const actual = digestWithClose(bytes.subarray(0, at), sha3_256);
  if (!bytesEqual(stated, actual)) {
    throw new TrustQuorumError("ERR_TQ_LEDGER_DIGEST_MISMATCH", {
      expected: toHex(stated),
      got: toHex(actual),
    });
  }
  return true;
}

/** The digest of `{"generation":…,"state":…}`, of which the last brace is not in `bytes`. */
function digestWithClose(bytes: Uint8Array, sha3_256: Sha3): Uint8Array {
  const closed = new Uint8Array(bytes.length + CLOSE.length);
  try {
    closed.set(bytes);
    closed.set(CLOSE, bytes.length);
    return sha3_256(closed);
  } finally {
    closed.fill(0);
  }
}
