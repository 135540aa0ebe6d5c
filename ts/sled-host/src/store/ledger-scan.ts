/**
 * Looks at a ledger file piece by piece: how long it is, what generation it names and whether its digest
 * holds. Nothing of it is kept or decoded, so that a large file neither takes memory nor blocks anything.
 *
 * Invariant: no byte of a file becomes part of a string before it is known to be part of no share.
 */
import type { Hash } from "node:crypto";
import { hex, sha3Stream } from "./digest.ts";

/** A ledger file ends with its digest, which is that of all before it and the brace that closes it. */
const TAIL_BEGIN = Buffer.from(',"sha3_256":"');
const TAIL_END = Buffer.from('"}');
const DIGITS = 64;
const TAIL_BYTES = TAIL_BEGIN.length + DIGITS + TAIL_END.length;
const CLOSE = Buffer.from("}");

const HEAD_BEGIN = '{"generation":';
/** A generation has up to 16 digits; no share begins this early. */
const HEAD_BYTES = HEAD_BEGIN.length + 17;

/** What tells one ledger file from another. */
export interface LedgerIdentity {
  readonly bytes: number;
  /** As its first bytes name it, or null where they do not. */
  readonly generation: number | null;
  /** The digest that its last bytes state, in hex, or null where they do not. */
  readonly digest: string | null;
}

/** What a file turned out to be. */
export interface ScannedLedger extends LedgerIdentity {
  /** Whether the digest that it states is its own. */
  readonly isSound: boolean;
}

/** What a ledger that was just encoded is, by its own word. */
export function identityOf(bytes: Uint8Array): LedgerIdentity {
  return {
    bytes: bytes.length,
    generation: generationAtStart(bytes),
    digest: digestAtEnd(bytes.subarray(-TAIL_BYTES)),
  };
}

/** The generation that a ledger's first bytes name, whatever comes after them. */
export function generationAtStart(bytes: Uint8Array): number | null {
  // Only these few bytes become a string, and no share begins this early.
  const start = bytes.subarray(0, HEAD_BYTES);
  const found = /^\{"generation":(\d{1,16}),/.exec(Buffer.from(start).toString("latin1"));
  const generation = Number(found?.[1] ?? NaN);
  return Number.isSafeInteger(generation) ? generation : null;
}

/** One look at one file; every piece of it is given in order, and then it is finished. */
export class LedgerScan {
  readonly #hash: Hash = sha3Stream();
  readonly #head = new Uint8Array(HEAD_BYTES);
  /** The last bytes so far, which are the digest if nothing follows. */
  readonly #tail = new Uint8Array(TAIL_BYTES);
  #tailLength = 0;
  #length = 0;

  take(piece: Uint8Array): void {
    if (this.#length < HEAD_BYTES) {
      this.#head.set(piece.subarray(0, HEAD_BYTES - this.#length), this.#length);
    }
    this.#length += piece.length;
    const surplus = Math.max(0, this.#tailLength + piece.length - TAIL_BYTES);
    const fromTail = Math.min(surplus, this.#tailLength);
    this.#hash.update(this.#tail.subarray(0, fromTail));
    this.#tail.copyWithin(0, fromTail, this.#tailLength);
    this.#tailLength -= fromTail;
    const fromPiece = surplus - fromTail;
    this.#hash.update(piece.subarray(0, fromPiece));
    const kept = piece.subarray(fromPiece);
    this.#tail.set(kept, this.#tailLength);
    this.#tailLength += kept.length;
  }

  /** What the file was; nothing of it stays here. */
  finish(): ScannedLedger {
    const digest = digestAtEnd(this.#tail.subarray(0, this.#tailLength));
    const actual = hex(this.#hash.update(CLOSE).digest());
    const generation = generationAtStart(this.#head.subarray(0, this.#length));
    this.wipe();
    return { bytes: this.#length, generation, digest, isSound: digest === actual };
  }

  /** Zeroes what is held of a file that is not read to its end. */
  wipe(): void {
    this.#head.fill(0);
    this.#tail.fill(0);
  }
}

function digestAtEnd(tail: Uint8Array): string | null {
  // Of a file that is cut these bytes may be a share's.
  if (tail.length !== TAIL_BYTES) return null;
  if (!TAIL_BEGIN.equals(tail.subarray(0, TAIL_BEGIN.length))) return null;
  if (!TAIL_END.equals(tail.subarray(-TAIL_END.length))) return null;
  const digits = tail.subarray(TAIL_BEGIN.length, -TAIL_END.length);
  const isHex = digits.every(
    (byte) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66),
  );
  return isHex ? Buffer.from(digits).toString("latin1") : null;
}
