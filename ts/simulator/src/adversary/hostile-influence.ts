/** False information that hostile members have brought into honest sleds' states. */
import type { Epoch } from "trust-quorum";
import { latestCommittedConfig, latestCommittedEpoch, partOf } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import type { Database } from "../rack/database.ts";
import type { Oracle } from "../invariants/oracle.ts";

/**
 * Tells which configurations and commits in a sled's state are false: not made by the epoch's honest
 * coordinator, or not decided by the control plane. It compares states with the control plane's records and the
 * {@link Oracle} and keeps no history: what was sent but not saved, or was decided later, does not count.
 */
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

  /** The commits that were not decided, or are of another configuration than the decided one. */
  falseCommits({ configs, commits }: PersistentState): Epoch[] {
    return [...commits].filter((epoch) => {
      const config = configs.get(epoch);
      return !this.isDecided(epoch) || config === undefined || !this.#oracle.isGenuine(config);
    });
  }

  /**
   * Whether a sled would send false information to others: a commit that was not decided, or, by a false
   * configuration of a decided epoch, that they are not members.
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
    return state.configs.has(epoch) || open < partOf(latestCommittedConfig(state)).places;
  }

  /** Whether the commit of an epoch was decided. */
  isDecided(epoch: number): boolean {
    return this.#database.find(epoch)?.isDecided === true;
  }
}
