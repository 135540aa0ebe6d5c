/** A crypto backend that records its random draws and its results, so that a replay needs no secrets. */
import { bytesToHex } from "@noble/hashes/utils.js";
import { isTrustQuorumError } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import { crossCheck } from "trust-quorum/protocol";
import type { CrossCheckOptions, LrtqShare, Share } from "trust-quorum/protocol";
import type { LogCrypto, LogShare } from "./schema.ts";

/** The type of the first argument of a crypto method. */
export type CryptoOptions<K extends keyof TrustQuorumCrypto> = TrustQuorumCrypto[K] extends (
  options: infer O,
) => unknown
  ? O
  : never;

/**
 * A backend that does what `inner` does and passes a record of each draw and each result to `record`: the
 * digests of new shares, salts and encrypted data, the epochs that were recovered, and the codes of
 * errors; with `secrets`, also the new shares. Rack secrets are never read.
 */
export function recordingCrypto(
  inner: TrustQuorumCrypto,
  record: (entry: LogCrypto) => void,
  options: { readonly secrets: boolean; readonly share: (share: Share) => LogShare },
): TrustQuorumCrypto {
  const recorded = <T>(step: () => T, entry: (value: T) => LogCrypto, failed: LogCrypto): T => {
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
      recorded(
        () => inner.createShares(args),
        ({ digests, shares }) => ({
          op: "createShares",
          digests: bytesToHex(digests),
          ...(options.secrets ? { shares: bytesToHex(shares) } : {}),
        }),
        { op: "createShares" },
      ),
    seal: (args: CryptoOptions<"seal">) =>
      recorded(
        () => inner.seal(args),
        ({ salt, data }) => ({
          op: "seal",
          epoch: args.epoch,
          salt: bytesToHex(salt),
          data: bytesToHex(data),
        }),
        { op: "seal", epoch: args.epoch },
      ),
    recover: (args: CryptoOptions<"recover">) =>
      recorded(
        () => inner.recover(args),
        ({ epochs }) => ({ op: "recover", epoch: args.epoch, epochs: [...epochs] }),
        { op: "recover", epoch: args.epoch },
      ),
    recoverLrtq: (args: CryptoOptions<"recoverLrtq">) =>
      recorded(
        () => inner.recoverLrtq(args),
        ({ epochs }) => ({ op: "recoverLrtq", epochs: [...epochs] }),
        { op: "recoverLrtq" },
      ),
    computeShare: (args: CryptoOptions<"computeShare">) =>
      recorded(
        () => inner.computeShare(args),
        (share) => ({ op: "computeShare", x: args.x, share: options.share(share) }),
        { op: "computeShare", x: args.x },
      ),
    crossCheck: (args: CrossCheckOptions) =>
      recorded(
        () => crossCheck(inner, args),
        ({ unrelated, changed }) => ({
          op: "crossCheck",
          epoch: args.config.epoch,
          unrelated: [...unrelated],
          changed: [...changed],
        }),
        { op: "crossCheck", epoch: args.config.epoch },
      ),
    importSecrets: (entries) => inner.importSecrets(entries),
    openLrtqSpareShares: (args) => inner.openLrtqSpareShares(args),
    split: (secret, args) => inner.split(secret, args),
    combine: (shares, length, args) => inner.combine(shares, length, args),
    shareAt: (shares, length, x) => inner.shareAt(shares, length, x),
  };
}
