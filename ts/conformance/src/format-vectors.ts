/** The original's frames, messages and ledgers: decoded and encoded again byte for byte. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hexToBytes } from "@noble/hashes/utils.js";
import { isTrustQuorumError } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import {
  decodeLedger,
  decodeLrtqLedger,
  encodeLedger,
  encodeLedgerState,
  encodeLrtqLedger,
} from "trust-quorum/ledger";
import {
  FrameReader,
  decodePeerMessage,
  decodeWireMessage,
  encodeFramedMessage,
  encodePeerMessage,
} from "trust-quorum/wire";
import { check, firstOf, sameBytes } from "./check.ts";
import type { Check } from "./check.ts";

interface FrameVector {
  readonly name: string;
  readonly frame: string;
  readonly json: unknown;
}

type PeerMessageVectors = Readonly<Record<string, readonly { readonly cbor: string }[]>>;

interface TqLedgerVector {
  readonly node: string;
  readonly ledger: string;
}

/** Wire frames. One that holds a number above 2^53−1 must be refused with exactly that error. */
export function* checkFrames(vectors: readonly FrameVector[]): Generator<Check> {
  for (const { name, frame, json } of vectors) {
    const bytes = hexToBytes(frame);
    yield check(name, () => {
      const [body = new Uint8Array()] = new FrameReader().push(bytes);
      if (hasUnsafeInteger(json)) return refusedAsOutOfRange(body);
      return sameBytes("the frame", bytes, encodeFramedMessage(decodeWireMessage(body)));
    });
  }
}

/** Bodies of peer messages as they were sent. */
export function* checkPeerMessages(vectors: PeerMessageVectors): Generator<Check> {
  for (const [kind, messages] of Object.entries(vectors)) {
    for (const [i, { cbor }] of messages.entries()) {
      const bytes = hexToBytes(cbor);
      yield check(`${kind} ${i + 1}`, () =>
        sameBytes("the message", bytes, encodePeerMessage(decodePeerMessage(bytes))),
      );
    }
  }
}

/** Trust quorum ledgers: the state is encoded to the same bytes; this project's own form, with a digest, is read back. */
export function* checkTqLedgers(
  vectors: readonly TqLedgerVector[],
  crypto: TrustQuorumCrypto,
): Generator<Check> {
  const sha3 = (bytes: Uint8Array) => crypto.sha3_256(bytes);
  for (const { node, ledger } of vectors) {
    const bytes = Buffer.from(ledger, "utf8");
    yield check(node, () => {
      const decoded = decodeLedger(bytes, sha3);
      const state = Buffer.from(encodeLedgerState(decoded.state));
      const again = Buffer.concat([
        Buffer.from(`{"generation":${decoded.generation},"state":`),
        state,
        Buffer.from("}"),
      ]);
      const ours = decodeLedger(encodeLedger(decoded, sha3), sha3);
      return firstOf(
        sameBytes("the ledger", bytes, again),
        sameBytes("our own ledger's state", state, encodeLedgerState(ours.state)),
      );
    });
  }
}

/** The bootstore ledgers of one folder. */
export function* checkLrtqLedgers(folder: string, crypto: TrustQuorumCrypto): Generator<Check> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  for (const name of files.sort()) {
    const bytes = readFileSync(join(folder, name));
    yield check(name, () => {
      const decoded = decodeLrtqLedger(bytes, (data) => crypto.sha3_256(data));
      return sameBytes("the ledger", bytes, encodeLrtqLedger(decoded));
    });
  }
}

function refusedAsOutOfRange(body: Uint8Array): string | null {
  try {
    decodeWireMessage(body);
  } catch (error) {
    if (isTrustQuorumError(error, "ERR_TQ_WIRE_OUT_OF_RANGE")) return null;
    throw error;
  }
  return "a number above 2^53-1 was accepted";
}

function hasUnsafeInteger(json: unknown): boolean {
  if (typeof json === "number") return !Number.isSafeInteger(json);
  if (typeof json !== "object" || json === null) return false;
  return Object.values(json).some(hasUnsafeInteger);
}
