/** The random draws of a replay: those that the trace recorded, and no others. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { drawnCrypto } from "@trust-quorum/replay";
import type { TraceStep } from "@trust-quorum/replay";
import type { TrustQuorumCrypto } from "trust-quorum";
import { SHARE_BYTES } from "trust-quorum/protocol";
import { sameBytes } from "./check.ts";

/** What one call drew from its random source. */
interface RecordedDraws {
  /** The shares in member order and the secret they rebuild. */
  readonly shares?: { readonly secret: Uint8Array; readonly shares: readonly Uint8Array[] };
  readonly salt?: Uint8Array;
}

/** A backend whose random draws are those that the trace recorded for the current step. */
export class DrawSource {
  /** The backend, with its draws replaced. */
  readonly crypto: TrustQuorumCrypto;
  readonly #base: TrustQuorumCrypto;
  #next: RecordedDraws = {};
  #problem: string | null = null;

  constructor(base: TrustQuorumCrypto) {
    this.#base = base;
    this.crypto = drawnCrypto(base, {
      shares: (count, threshold) => this.#shares(count, threshold),
      salt: () => this.#take("salt"),
      computes: () => undefined,
    });
  }

  /** Sets the draws of the next call. */
  begin({ random = {} }: TraceStep): void {
    const { rack_secret: secret, shares, salt } = random;
    this.#next = {
      ...(secret !== undefined && shares !== undefined
        ? { shares: { secret: hexToBytes(secret), shares: shares.map(hexToBytes) } }
        : {}),
      ...(salt !== undefined ? { salt: hexToBytes(salt) } : {}),
    };
    this.#problem = null;
  }

  /** What went wrong with the draws of the call, or null. */
  end(): string | null {
    const left = Object.keys(this.#next);
    return this.#problem ?? (left.length > 0 ? `did not draw ${left.join(" and ")}` : null);
  }

  #take<K extends keyof RecordedDraws>(kind: K): NonNullable<RecordedDraws[K]> {
    const { [kind]: drawn, ...rest } = this.#next;
    if (drawn === undefined) {
      this.#problem = `drew ${kind} where nothing was recorded`;
      throw new Error(this.#problem);
    }
    this.#next = rest;
    return drawn;
  }

  #shares(count: number, threshold: number): Uint8Array {
    const drawn = this.#take("shares");
    if (drawn.shares.length !== count) this.#problem ??= `needed ${count} shares`;
    const shares = new Uint8Array(count * SHARE_BYTES);
    drawn.shares.slice(0, count).forEach((share, i) => shares.set(share, i * SHARE_BYTES));
    // The recorded secret must be what the first K recorded shares rebuild.
    const rebuilt = this.#base.combine(shares.slice(0, threshold * SHARE_BYTES), SHARE_BYTES);
    if (sameBytes("the secret", drawn.secret, rebuilt) !== null) {
      this.#problem ??= "the recorded shares do not rebuild the recorded secret";
    }
    return shares;
  }
}
