/** The names under which a log knows configurations: each is written out once, and then referred to. */
import type { Configuration } from "trust-quorum/protocol";
import { configOf } from "./encoder.ts";
import type { ConfigDigests, ConfigNames } from "./encoder.ts";
import type { LogConfig } from "./schema.ts";

/** Names configurations in the order in which they come up: `c1`, `c2`, … */
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
    const digest = this.#digests.of(config);
    const known = this.#names.get(digest);
    if (known !== undefined) return known;
    const name = `c${this.#names.size + 1}`;
    this.#names.set(digest, name);
    this.#fresh[name] = configOf(config);
    this.#hasFresh = true;
    return name;
  }

  /** The configurations named since the last call, for the line that is about to be written. */
  take(): { configs?: Record<string, LogConfig> } {
    if (!this.#hasFresh) return {};
    const configs = this.#fresh;
    this.#fresh = {};
    this.#hasFresh = false;
    return { configs };
  }

  /** Forgets all names: a new file begins, or does not after all, see {@link restore}. */
  reset(): void {
    this.#before = this.#names;
    this.#names = new Map();
    this.take();
  }

  /** Goes back to the names before {@link reset}. */
  restore(): void {
    this.#names = this.#before;
    this.take();
  }
}
