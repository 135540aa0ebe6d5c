/**
 * Key shares. Their classes keep the bytes in a private field, show only public facts when converted to
 * text or JSON, and can be zeroed.
 */
import { sha3_256 } from "@noble/hashes/sha3.js";
import { toHex } from "./bytes.ts";
import { TrustQuorumError } from "./errors.ts";

/** Bytes of a share of a rack secret: the x-coordinate and 32 y bytes. */
export const SHARE_BYTES = 33;
/** Bytes of a share's y: one for each byte of the rack secret. */
export const SHARE_Y_BYTES = 32;
/** Bytes of a SHA3-256 digest of a share. */
export const DIGEST_BYTES = 32;

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** What both kinds of share have in common; see {@link Share} and {@link LrtqShare}. */
abstract class SecretShare {
  /** Which kind of share it is; the two kinds never mix. */
  abstract readonly kind: "Share" | "LrtqShare";
  readonly #bytes: Uint8Array;

  protected constructor(bytes: Uint8Array) {
    if (!(bytes instanceof Uint8Array) || bytes.length !== SHARE_BYTES) {
      throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_LENGTHS", {});
    }
    if (bytes[0] === 0) throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_ID", {});
    // An ArrayBuffer of its own: V8 keeps small typed arrays on its heap, whose garbage collector copies
    // them, and `slice()` of a Node.js Buffer would be a view.
    this.#bytes = new Uint8Array(new ArrayBuffer(SHARE_BYTES));
    this.#bytes.set(bytes);
  }

  /** The share's public number, 1–255; 0 once wiped. */
  get x(): number {
    return this.#bytes[0] ?? 0;
  }

  /** Whether {@link wipe} was called. */
  get wiped(): boolean {
    return this.x === 0;
  }

  /**
   * The 33 secret bytes themselves, not a copy: for encoding and for the crypto backend. Do not keep
   * or change them.
   */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Overwrites the share with zeros. It cannot be used afterwards. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  /** {@link wipe}, for `using`. */
  [Symbol.dispose](): void {
    this.wipe();
  }

  /** Public facts only: `Share(x=3, sha3=0f3a91c2…)`. */
  toString(): string {
    if (this.wiped) return `${this.kind}(wiped)`;
    return `${this.kind}(x=${this.x}, sha3=${toHex(sha3_256(this.#bytes).subarray(0, 4))}…)`;
  }

  /** The same as {@link toString}: JSON never holds a share. */
  toJSON(): string {
    return this.toString();
  }

  /** What `console.log` shows: no bytes. */
  [inspect](): string {
    return this.toString();
  }
}

/**
 * A share of a rack secret over GF(2^8): `x || y[0] … y[31]`, 33 bytes.
 *
 * @example
 * import { SHARE_BYTES, Share } from "trust-quorum/protocol";
 *
 * const bytes = new Uint8Array(SHARE_BYTES).fill(3);
 * using share = Share.copyOf(bytes);
 * console.log(`${share}`); // => "Share(x=3, sha3=f1604b3d…)"
 */
export class Share extends SecretShare {
  readonly kind = "Share";

  /**
   * A share with a copy of these 33 bytes; wiping the original stays the caller's business.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_SHARE_LENGTHS`, `ERR_TQ_INVALID_SHARE_ID` (x = 0)
   */
  static copyOf(bytes: Uint8Array): Share {
    return new Share(bytes);
  }

  /** An independent copy, wiped on its own. */
  clone(): Share {
    return new Share(this.bytes);
  }
}

/**
 * A share of a bootstore (LRTQ) rack secret over the scalars of Curve25519: the identifier and 32
 * little-endian bytes. Whether the scalar is canonical is checked where shares are combined.
 */
export class LrtqShare extends SecretShare {
  readonly kind = "LrtqShare";

  /**
   * A share with a copy of these 33 bytes.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_SHARE_LENGTHS`, `ERR_TQ_INVALID_SHARE_ID` (x = 0)
   */
  static copyOf(bytes: Uint8Array): LrtqShare {
    return new LrtqShare(bytes);
  }

  /** An independent copy, wiped on its own. */
  clone(): LrtqShare {
    return new LrtqShare(this.bytes);
  }
}
