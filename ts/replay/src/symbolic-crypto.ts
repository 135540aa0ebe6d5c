/**
 * Cryptography without secrets. A log without secrets has of a share its number and the SHA3-256 of its
 * bytes; here a share consists of these: 33 bytes, `x ‖ digest`. The state machine uses a share in three
 * ways only: its number, whether it has a certain digest, and whether it equals another one. All three give
 * the same result for such a placeholder. Every other result of the cryptography is taken from the log.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { LogShare } from "@trust-quorum/event-log";
import type { CryptoOptions, ShareWriter } from "@trust-quorum/event-log/format";
import type { Epoch, RackSecret, TrustQuorumCrypto } from "trust-quorum";
import { DIGEST_BYTES, SHARE_BYTES, Share } from "trust-quorum/protocol";
import type { LrtqShare, RackSecrets } from "trust-quorum/protocol";
import type { CryptoSource } from "./crypto-source.ts";

/** The 33 bytes that represent a share. */
export function placeholder({ x, sha3 }: LogShare): Uint8Array {
  const bytes = new Uint8Array(SHARE_BYTES);
  bytes[0] = x;
  bytes.set(hexToBytes(sha3), 1);
  return bytes;
}

/** Records placeholders, whose bytes are the number and the digest. */
export const placeholderShares: ShareWriter = {
  write: (share) => ({ x: share.x, sha3: bytesToHex(share.bytes.subarray(1)) }),
};

/** A backend whose shares are placeholders and whose results come from a log. */
export function symbolicCrypto(source: CryptoSource): TrustQuorumCrypto {
  return {
    name: "symbolic",
    sha3_256: (bytes: Uint8Array) => {
      if (bytes.length !== SHARE_BYTES) return unsupported();
      return bytes.slice(1);
    },
    verifyShare: (share: Share | LrtqShare, digest: Uint8Array) =>
      digest.length === DIGEST_BYTES && digest.every((byte, i) => byte === share.bytes[i + 1]),
    createShares: ({ count }: CryptoOptions<"createShares">) => {
      const entry = source.take("createShares");
      const digests = hexToBytes(source.part("createShares", entry.digests));
      if (digests.length !== count * DIGEST_BYTES) source.part("as many shares", undefined);
      const shares = new Uint8Array(count * SHARE_BYTES);
      for (let i = 0; i < count; i++) {
        shares[i * SHARE_BYTES] = i + 1;
        const digest = digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
        shares.set(digest, i * SHARE_BYTES + 1);
      }
      return { shares, digests };
    },
    seal: () => {
      const { salt, data } = source.take("seal");
      return {
        salt: hexToBytes(source.part("seal", salt)),
        data: hexToBytes(source.part("seal", data)),
      };
    },
    recover: () => new SymbolicSecrets(source.part("recover", source.take("recover").epochs)),
    recoverLrtq: () => {
      const { epochs } = source.take("recoverLrtq");
      return new SymbolicSecrets(source.part("recoverLrtq", epochs));
    },
    computeShare: () => {
      const { share } = source.take("computeShare");
      return Share.copyOf(placeholder(source.part("computeShare", share)));
    },
    crossCheck: ({ after }) => {
      const { unrelated, changed } = source.take("crossCheck");
      return {
        unrelated: source.part("crossCheck", unrelated),
        changed: source.part("crossCheck", changed),
        // Only whether there is one matters: what they say comes from the log.
        fingerprints: new Map(after.epochs.map((epoch) => [epoch, new Uint8Array()])),
      };
    },
    importSecrets: unsupported,
    openLrtqSpareShares: unsupported,
    split: unsupported,
    combine: unsupported,
    shareAt: unsupported,
  };
}

function unsupported(): never {
  throw new Error("a replay without secrets has no real shares");
}

/** Handles of rack secrets that are not known. */
class SymbolicSecrets implements RackSecrets {
  readonly epochs: readonly Epoch[];
  #disposed = false;

  constructor(epochs: readonly Epoch[]) {
    this.epochs = epochs;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  secret(epoch: Epoch): RackSecret | undefined {
    return this.epochs.includes(epoch) ? new SymbolicSecret() : undefined;
  }

  dispose(): void {
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

class SymbolicSecret implements RackSecret {
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  expose(): never {
    return unsupported();
  }

  equals(): never {
    return unsupported();
  }

  dispose(): void {
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
