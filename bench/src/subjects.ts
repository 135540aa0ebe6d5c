/** This package's calls that are timed, with either backend. Inputs are prepared once. */
import { epoch } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import { SHARE_BYTES } from "trust-quorum/protocol";
import { repeated } from "./measure.ts";
import type { Sampler } from "./measure.ts";
import { RACK } from "./rack.ts";
import { FULL, requireSame } from "./sharing.ts";
import type { Sharing } from "./sharing.ts";

/** Splits a secret. */
export function splitter(crypto: TrustQuorumCrypto, sharing: Sharing): Sampler {
  const { secret, count, threshold } = sharing;
  return repeated(() => crypto.split(secret, { count, threshold }));
}

/** Combines the last `threshold` shares. */
export function combiner(crypto: TrustQuorumCrypto, sharing: Sharing): Sampler {
  const { secret, count, threshold } = sharing;
  const length = 1 + secret.length;
  const enough = crypto.split(secret, sharing).slice((count - threshold) * length);
  requireSame(crypto.name, crypto.combine(enough, length), secret);
  return repeated(() => crypto.combine(enough, length));
}

/** Splits a secret into the same buffer each time. */
export function splitterInto(crypto: TrustQuorumCrypto, sharing: Sharing): Sampler {
  const { secret, count, threshold } = sharing;
  const into = new Uint8Array(count * (1 + secret.length));
  const options = { count, threshold, into };
  return repeated(() => crypto.split(secret, options));
}

/** Combines the last `threshold` shares into the same buffer each time. */
export function combinerInto(crypto: TrustQuorumCrypto, sharing: Sharing): Sampler {
  const { secret, count, threshold } = sharing;
  const length = 1 + secret.length;
  const enough = crypto.split(secret, sharing).slice((count - threshold) * length);
  const options = { into: new Uint8Array(secret.length) };
  requireSame(crypto.name, crypto.combine(enough, length, options), secret);
  return repeated(() => crypto.combine(enough, length, options));
}

/** Creates a configuration's secret in one call: 32 shares and their digests. */
export function configurer(crypto: TrustQuorumCrypto): Sampler {
  return repeated(() => crypto.createShares(FULL));
}

/** Recovers all rack secrets in one call: checks 17 digests, combines, derives the key, decrypts 8 secrets. */
export function loader(crypto: TrustQuorumCrypto): Sampler {
  const recovery = loadPath(crypto);
  return repeated(() => crypto.recover(recovery).dispose());
}

/** The input of a member of a full rack at epoch 9 that unlocks: 17 shares and eight encrypted secrets. */
export function loadPath(crypto: TrustQuorumCrypto): Parameters<TrustQuorumCrypto["recover"]>[0] {
  const at = epoch(9);
  const entries = Array.from({ length: 8 }, (_, i) => ({
    epoch: epoch(i + 1),
    secret: new Uint8Array(32).fill(i + 1),
  }));
  const { shares, digests } = crypto.createShares(FULL);
  const prior = crypto.importSecrets(entries);
  const encrypted = crypto.seal({ shares, rackId: RACK, epoch: at, prior });
  prior.dispose();
  return {
    shares: shares.slice(0, FULL.threshold * SHARE_BYTES),
    digests: digests.slice(0, FULL.threshold * 32),
    rackId: RACK,
    epoch: at,
    encrypted,
  };
}
