/** What the simulator knows of every secret and configuration that was made, to compare the nodes with. */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Epoch } from "trust-quorum";
import { DIGEST_BYTES } from "trust-quorum/protocol";
import type { Configuration } from "trust-quorum/protocol";

/** A secret that was made, and by which sled. */
interface Made {
  readonly secret: Uint8Array;
  readonly maker: number;
}

/**
 * The secrets and the genuine configurations of one run: what is right, so that checks can tell what is
 * wrong. Nodes never get to see it.
 */
export class Oracle {
  readonly #made = new Map<string, Made>();
  readonly #genuine = new Map<Epoch, Configuration>();

  /** Remembers a secret, the digests of its shares, and the sled whose crypto has made it. */
  note(maker: number, secret: Uint8Array, digests: Uint8Array): void {
    this.#made.set(nameOf(digests), { secret: secret.slice(), maker });
  }

  /** An honest coordinator has saved what it made for the control plane. */
  noteGenuine(config: Configuration): void {
    if (!this.#genuine.has(config.epoch)) this.#genuine.set(config.epoch, config);
  }

  /** Whether a configuration is the one that its epoch's honest coordinator has saved, to the byte. */
  isGenuine(config: Configuration): boolean {
    const genuine = this.#genuine.get(config.epoch);
    return genuine === config || genuine?.equals(config) === true;
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
  return bytesToHex(digests.subarray(0, DIGEST_BYTES));
}
