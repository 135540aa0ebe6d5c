/** The names of configurations in a log: each is written out once, and later referred to by name. */
import type { Configuration } from "trust-quorum/protocol";
import { configRecord } from "./encoder.ts";
import type { ConfigDigests, ConfigNames } from "./encoder.ts";
import type { LogConfig } from "./schema.ts";

/** Names configurations in the order of their first use: `c1`, `c2`, … */
export class ConfigNamer implements ConfigNames {
  readonly #digests: ConfigDigests;
  #names = new Map<string, string>();
  #before = new Map<string, string>();
  #fresh: Record<string, LogConfig> = {};
  #hasFresh = false;

  constructor(digests: ConfigDigests) {
    this.#digests = digests;
  }

  nameOf(config: Configuration): string {
    const { digest, record } = this.#digests.describe(config);
    const known = this.#names.get(digest);
    if (known !== undefined) return known;
    const name = `c${this.#names.size + 1}`;
    this.#names.set(digest, name);
    this.#fresh[name] = record ?? configRecord(config);
    this.#hasFresh = true;
    return name;
  }

  /** The configurations named since the last call of this method: the next line defines them. */
  take(): { configs?: Record<string, LogConfig> } {
    if (!this.#hasFresh) return {};
    const configs = this.#fresh;
    this.#fresh = {};
    this.#hasFresh = false;
    return { configs };
  }

  /** Forgets all names, since a new file begins. {@link restore} undoes it. */
  reset(): void {
    this.#before = this.#names;
    this.#names = new Map();
    this.take();
  }

  /** Restores the names from before {@link reset}. */
  restore(): void {
    this.#names = this.#before;
    this.take();
  }
}
