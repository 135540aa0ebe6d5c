/**
 * A crypto whose random draws come from a recording. Traces record a configuration's secret, shares
 * and salt; exactly these are replaced, everything else is the backend under test.
 */
import { SHARE_BYTES } from "trust-quorum";
import type { CreatedShares, EncryptedRackSecrets, TrustQuorumCrypto } from "trust-quorum";

/** What one call drew from its random source. */
export interface RecordedDraws {
  /** The shares in member order and the secret they rebuild. */
  readonly shares?: { readonly secret: Uint8Array; readonly shares: readonly Uint8Array[] };
  readonly salt?: Uint8Array;
}

/** The draws of the call being replayed, and what was drawn beyond the recording. */
export class DrawSource {
  #next: RecordedDraws = {};
  #problem: string | null = null;

  /** Sets the draws of the next call. */
  begin(draws: RecordedDraws): void {
    this.#next = draws;
    this.#problem = null;
  }

  /** What went wrong with the draws of the call, or null. */
  end(): string | null {
    const left = Object.keys(this.#next);
    return this.#problem ?? (left.length > 0 ? `did not draw ${left.join(" and ")}` : null);
  }

  take<K extends keyof RecordedDraws>(kind: K): NonNullable<RecordedDraws[K]> {
    const { [kind]: drawn, ...rest } = this.#next;
    if (drawn === undefined) {
      this.#problem = `drew ${kind} where nothing was recorded`;
      throw new Error(this.#problem);
    }
    this.#next = rest;
    return drawn;
  }

  /** Notes that a recording contradicts itself. */
  fault(problem: string): void {
    this.#problem ??= problem;
  }
}

/** The backend with its draws replaced. */
export function replayCrypto(base: TrustQuorumCrypto, source: DrawSource): TrustQuorumCrypto {
  type Options<K extends keyof TrustQuorumCrypto> = TrustQuorumCrypto[K] extends (
    ...args: infer A
  ) => unknown
    ? A
    : never;
  return {
    name: base.name,
    sha3_256: (...args: Options<"sha3_256">) => base.sha3_256(...args),
    verifyShare: (...args: Options<"verifyShare">) => base.verifyShare(...args),
    recover: (...args: Options<"recover">) => base.recover(...args),
    recoverLrtq: (...args: Options<"recoverLrtq">) => base.recoverLrtq(...args),
    computeShare: (...args: Options<"computeShare">) => base.computeShare(...args),
    importSecrets: (...args: Options<"importSecrets">) => base.importSecrets(...args),
    openLrtqSpareShares: (...args: Options<"openLrtqSpareShares">) =>
      base.openLrtqSpareShares(...args),
    split: (...args: Options<"split">) => base.split(...args),
    combine: (...args: Options<"combine">) => base.combine(...args),
    shareAt: (...args: Options<"shareAt">) => base.shareAt(...args),
    createShares: ({ count, threshold }) => drawShares(base, source, count, threshold),
    seal: (options): EncryptedRackSecrets => base.seal({ ...options, salt: source.take("salt") }),
  };
}

function drawShares(
  base: TrustQuorumCrypto,
  source: DrawSource,
  count: number,
  threshold: number,
): CreatedShares {
  const drawn = source.take("shares");
  if (drawn.shares.length !== count) source.fault(`needed ${count} shares`);
  const shares = new Uint8Array(count * SHARE_BYTES);
  const digests = new Uint8Array(count * 32);
  drawn.shares.slice(0, count).forEach((share, i) => {
    shares.set(share, i * SHARE_BYTES);
    digests.set(base.sha3_256(share), i * 32);
  });
  // The recorded secret must be what the first K recorded shares rebuild.
  const rebuilt = base.combine(shares.slice(0, threshold * SHARE_BYTES), SHARE_BYTES);
  if (Buffer.compare(rebuilt, drawn.secret) !== 0) {
    source.fault("the recorded shares do not rebuild the recorded secret");
  }
  return { shares, digests };
}
