/** Real cryptography whose random draws come from a log with secrets. */
import { DIGEST_BYTES, SHARE_BYTES } from "trust-quorum";
import type { Share, LrtqShare, TrustQuorumCrypto } from "trust-quorum";
import type { CryptoSource } from "./crypto-source.ts";
import { fromHex } from "./hex.ts";
import type { CryptoOptions } from "./recording-crypto.ts";

/** The backend with the two methods replaced that draw: new shares, and the salt of a sealing. */
export function drawnCrypto(base: TrustQuorumCrypto, source: CryptoSource): TrustQuorumCrypto {
  return {
    name: base.name,
    sha3_256: (bytes: Uint8Array) => base.sha3_256(bytes),
    verifyShare: (share: Share | LrtqShare, digest: Uint8Array) => base.verifyShare(share, digest),
    createShares: ({ count }: CryptoOptions<"createShares">) => {
      const shares = fromHex(source.part("createShares", source.take("createShares").shares));
      if (shares.length !== count * SHARE_BYTES) source.part("as many shares", undefined);
      const digests = new Uint8Array(count * DIGEST_BYTES);
      for (let i = 0; i < count; i++) {
        const share = shares.subarray(i * SHARE_BYTES, (i + 1) * SHARE_BYTES);
        digests.set(base.sha3_256(share), i * DIGEST_BYTES);
      }
      return { shares, digests };
    },
    seal: (options: CryptoOptions<"seal">) => {
      const salt = fromHex(source.part("seal", source.take("seal").salt));
      return base.seal({ ...options, salt });
    },
    // What is computed without drawing is computed again, and compared with the recording.
    recover: (options: CryptoOptions<"recover">) => {
      source.skip("recover");
      return base.recover(options);
    },
    recoverLrtq: (options: CryptoOptions<"recoverLrtq">) => {
      source.skip("recoverLrtq");
      return base.recoverLrtq(options);
    },
    computeShare: (options: CryptoOptions<"computeShare">) => {
      source.skip("computeShare");
      return base.computeShare(options);
    },
    importSecrets: (entries) => base.importSecrets(entries),
    openLrtqSpareShares: (options) => base.openLrtqSpareShares(options),
    split: (secret, options) => base.split(secret, options),
    combine: (shares, length) => base.combine(shares, length),
    shareAt: (shares, length, x) => base.shareAt(shares, length, x),
  };
}
