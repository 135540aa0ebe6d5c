/** Real cryptography with recorded random draws: those of a log with secrets, or of a trace. */
import { hexToBytes } from "@noble/hashes/utils.js";
import type { CryptoOptions } from "@trust-quorum/event-log/format";
import type { TrustQuorumCrypto } from "trust-quorum";
import { DIGEST_BYTES, SHARE_BYTES, crossCheck } from "trust-quorum/protocol";
import type { LrtqShare, Share } from "trust-quorum/protocol";
import type { CryptoSource } from "./crypto-source.ts";

/** The source of the random draws. */
export interface Draws {
  /** The new shares, one after the other; `threshold` of them rebuild the secret. */
  shares(count: number, threshold: number): Uint8Array;
  salt(): Uint8Array;
  /** Is called before an operation without random draws. */
  computes(op: "recover" | "recoverLrtq" | "computeShare" | "crossCheck"): void;
}

/** The draws of a log with secrets. Recorded results are skipped: they are computed again, and compared. */
export function drawsOf(source: CryptoSource): Draws {
  return {
    shares: (count) => {
      const shares = hexToBytes(source.part("createShares", source.take("createShares").shares));
      return source.part("as many", shares.length === count * SHARE_BYTES ? shares : undefined);
    },
    salt: () => hexToBytes(source.part("seal", source.take("seal").salt)),
    computes: (op) => void source.skip(op),
  };
}

/** The backend with its two methods replaced that draw random bytes: `createShares`, and `seal` (its salt). */
export function drawnCrypto(base: TrustQuorumCrypto, draws: Draws): TrustQuorumCrypto {
  return {
    name: `recorded draws, ${base.name}`,
    sha3_256: (bytes: Uint8Array) => base.sha3_256(bytes),
    verifyShare: (share: Share | LrtqShare, digest: Uint8Array) => base.verifyShare(share, digest),
    createShares: ({ count, threshold }: CryptoOptions<"createShares">) => {
      const shares = draws.shares(count, threshold);
      const digests = new Uint8Array(count * DIGEST_BYTES);
      for (let i = 0; i < count; i++) {
        const share = shares.subarray(i * SHARE_BYTES, (i + 1) * SHARE_BYTES);
        digests.set(base.sha3_256(share), i * DIGEST_BYTES);
      }
      return { shares, digests };
    },
    seal: (options: CryptoOptions<"seal">) => base.seal({ ...options, salt: draws.salt() }),
    recover: (options: CryptoOptions<"recover">) => {
      draws.computes("recover");
      return base.recover(options);
    },
    recoverLrtq: (options: CryptoOptions<"recoverLrtq">) => {
      draws.computes("recoverLrtq");
      return base.recoverLrtq(options);
    },
    computeShare: (options: CryptoOptions<"computeShare">) => {
      draws.computes("computeShare");
      return base.computeShare(options);
    },
    crossCheck: (options) => {
      draws.computes("crossCheck");
      return crossCheck(base, options);
    },
    importSecrets: (entries) => base.importSecrets(entries),
    openLrtqSpareShares: (options) => base.openLrtqSpareShares(options),
    split: (secret, options) => base.split(secret, options),
    combine: (shares, length, options) => base.combine(shares, length, options),
    shareAt: (shares, length, x) => base.shareAt(shares, length, x),
  };
}
