/**
 * What hostile members have made a sled believe. It is read off the sled's state, not kept as a
 * history: a lie that was never saved, or that came true, is none.
 */
import type { Epoch } from "trust-quorum";
import { UNCOMMITTED_CONFIGURATIONS_MAX, latestCommittedEpoch } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import type { Database } from "../rack/database.ts";
import type { Oracle } from "../invariants/oracle.ts";

/** See the head of this file. */
export class HostileInfluence {
  readonly #database: Database;
  readonly #oracle: Oracle;

  constructor(options: { database: Database; oracle: Oracle }) {
    this.#database = options.database;
    this.#oracle = options.oracle;
  }

  /** The epochs for which a sled keeps a configuration that no honest coordinator has made. */
  foreign({ configs }: PersistentState): Epoch[] {
    return [...configs.values()]
      .filter((config) => !this.#oracle.isGenuine(config))
      .map(({ epoch }) => epoch);
  }

  /** The commits that nobody has decided, or of another configuration than the decided one. */
  falseCommits({ configs, commits }: PersistentState): Epoch[] {
    return [...commits].filter((epoch) => {
      const config = configs.get(epoch);
      return !this.isDecided(epoch) || config === undefined || !this.#oracle.isGenuine(config);
    });
  }

  /**
   * Whether a sled would tell others what is not true: of a commit that nobody has decided, or that
   * they are no members of a configuration that it takes for the decided one.
   */
  misleads(state: PersistentState): boolean {
    return (
      this.falseCommits(state).length > 0 ||
      this.foreign(state).some((epoch) => this.isDecided(epoch))
    );
  }

  /** Whether a sled keeps an epoch's configuration, or has room for it. */
  canKeep(state: PersistentState, epoch: Epoch): boolean {
    const committed = latestCommittedEpoch(state) ?? 0;
    const open = [...state.configs.keys()].filter((one) => one > committed).length;
    return state.configs.has(epoch) || open < UNCOMMITTED_CONFIGURATIONS_MAX;
  }

  /** Whether the commit of an epoch was decided. */
  isDecided(epoch: number): boolean {
    return this.#database.find(epoch)?.isDecided === true;
  }
}
