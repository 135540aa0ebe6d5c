/** What the simulator knows of every secret that was ever made, to hold the nodes against. */
import { DIGEST_BYTES } from "trust-quorum";
import type { Configuration } from "trust-quorum";

/** A secret that was made, and by which sled. */
interface Made {
  readonly secret: Uint8Array;
  readonly maker: number;
}

export class Truth {
  readonly #made = new Map<string, Made>();

  /** Remembers a secret, the digests of its shares, and the sled whose crypto has made it. */
  note(maker: number, secret: Uint8Array, digests: Uint8Array): void {
    this.#made.set(nameOf(digests), { secret: secret.slice(), maker });
  }

  /** The secret of a configuration, or undefined where nobody has made one with these digests. */
  secretOf(config: Configuration): Uint8Array | undefined {
    return this.#made.get(nameOf(config.digests))?.secret;
  }

  /** The sled that has made a configuration's secret, or undefined where nobody has. */
  makerOf(config: Configuration): number | undefined {
    return this.#made.get(nameOf(config.digests))?.maker;
  }
}

/** Digests of fresh random shares name their configuration. */
function nameOf(digests: Uint8Array): string {
  return Buffer.from(digests.buffer, digests.byteOffset, DIGEST_BYTES).toString("latin1");
}

/** Whether two byte strings are the same. */
export function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}
