/** A crypto that tells what it drew and answered, so that a replay needs neither keys nor secrets. */
import { isTrustQuorumError } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import type { LrtqShare, Share } from "trust-quorum/protocol";
import { toHex } from "./hex.ts";
import type { LogCrypto, LogShare } from "./schema.ts";

/** The first argument of a method of the crypto. */
export type CryptoOptions<K extends keyof TrustQuorumCrypto> = TrustQuorumCrypto[K] extends (
  options: infer O,
) => unknown
  ? O
  : never;

/**
 * A backend that works as `inner` does and hands each draw and each answer to `record`: the digests of
 * new shares, salts and encrypted data, the epochs that were recovered, and the codes of failures. Only
 * with `secrets` also the new shares themselves. A rack secret is never looked at.
 */
export function recordingCrypto(
  inner: TrustQuorumCrypto,
  record: (entry: LogCrypto) => void,
  options: { readonly secrets: boolean; readonly share: (share: Share) => LogShare },
): TrustQuorumCrypto {
  const told = <T>(step: () => T, entry: (value: T) => LogCrypto, failed: LogCrypto): T => {
    let value: T;
    try {
      value = step();
    } catch (error) {
      if (isTrustQuorumError(error)) record({ ...failed, error: error.code });
      throw error;
    }
    record(entry(value));
    return value;
  };
  return {
    name: inner.name,
    sha3_256: (bytes: Uint8Array) => inner.sha3_256(bytes),
    verifyShare: (share: Share | LrtqShare, digest: Uint8Array) => inner.verifyShare(share, digest),
    createShares: (args: CryptoOptions<"createShares">) =>
      told(
        () => inner.createShares(args),
        ({ digests, shares }) => ({
          op: "createShares",
          digests: toHex(digests),
          ...(options.secrets ? { shares: toHex(shares) } : {}),
        }),
        { op: "createShares" },
      ),
    seal: (args: CryptoOptions<"seal">) =>
      told(
        () => inner.seal(args),
        ({ salt, data }) => ({
          op: "seal",
          epoch: args.epoch,
          salt: toHex(salt),
          data: toHex(data),
        }),
        { op: "seal", epoch: args.epoch },
      ),
    recover: (args: CryptoOptions<"recover">) =>
      told(
        () => inner.recover(args),
        ({ epochs }) => ({ op: "recover", epoch: args.epoch, epochs: [...epochs] }),
        { op: "recover", epoch: args.epoch },
      ),
    recoverLrtq: (args: CryptoOptions<"recoverLrtq">) =>
      told(
        () => inner.recoverLrtq(args),
        ({ epochs }) => ({ op: "recoverLrtq", epochs: [...epochs] }),
        { op: "recoverLrtq" },
      ),
    computeShare: (args: CryptoOptions<"computeShare">) =>
      told(
        () => inner.computeShare(args),
        (share) => ({ op: "computeShare", x: args.x, share: options.share(share) }),
        { op: "computeShare", x: args.x },
      ),
    importSecrets: (entries) => inner.importSecrets(entries),
    openLrtqSpareShares: (args) => inner.openLrtqSpareShares(args),
    split: (secret, args) => inner.split(secret, args),
    combine: (shares, length, args) => inner.combine(shares, length, args),
    shareAt: (shares, length, x) => inner.shareAt(shares, length, x),
  };
}
