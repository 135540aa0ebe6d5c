/** This package's calls that are timed, with either backend. Inputs are prepared once. */
import { SHARE_BYTES, epoch } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import { repeated, selfTimed } from "./measure.ts";
import type { Sampler } from "./measure.ts";
import type { Sharing } from "./peers.ts";
import { requireSame } from "./peers.ts";
import { BenchRack, RACK } from "./rack.ts";
import type { Transport } from "./rack.ts";

/** A configuration is that of a full rack. */
export const FULL = { count: 32, threshold: 17 };

/** A rack is replaced after that many epochs, so that each sample sees the same young racks. */
const YOUNG_EPOCHS = 10;

/** So many racks go through that before: by calls, not by time, since a busy machine has little of it. */
const WARM_UP_RACKS = 15;

/** Splitting a secret. */
export function splitter(crypto: TrustQuorumCrypto, sharing: Sharing): Sampler {
  const { secret, count, threshold } = sharing;
  return repeated(() => crypto.split(secret, { count, threshold }));
}

/** Combining the last `threshold` shares. */
export function combiner(crypto: TrustQuorumCrypto, sharing: Sharing): Sampler {
  const { secret, count, threshold } = sharing;
  const length = 1 + secret.length;
  const enough = crypto.split(secret, sharing).slice((count - threshold) * length);
  requireSame(crypto.name, crypto.combine(enough, length), secret);
  return repeated(() => crypto.combine(enough, length));
}

/** A configuration in one call: a secret, 32 shares, 32 digests. */
export function configurer(crypto: TrustQuorumCrypto): Sampler {
  return repeated(() => crypto.createShares(FULL));
}

/** A member's way to the rack secrets in one call: check 17 digests, combine, derive, open 8. */
export function loader(crypto: TrustQuorumCrypto): Sampler {
  const recovery = loadPath(crypto);
  return repeated(() => crypto.recover(recovery).dispose());
}

/** What a member of a full rack at epoch 9 has collected when it unlocks. */
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

/** Whole reconfigurations of racks of so many nodes; making a rack is not timed. */
export function reconfigurer(
  crypto: TrustQuorumCrypto,
  size: number,
  transport: Transport,
): Sampler {
  for (let i = 0; i < WARM_UP_RACKS; i++) {
    const young = new BenchRack(size, crypto, transport);
    while (young.epoch < YOUNG_EPOCHS) young.reconfigure();
    young.dispose();
  }
  let rack = new BenchRack(size, crypto, transport);
  return selfTimed(() => {
    if (rack.epoch === YOUNG_EPOCHS) {
      rack.dispose();
      rack = new BenchRack(size, crypto, transport);
    }
    const start = performance.now();
    rack.reconfigure();
    return performance.now() - start;
  });
}
