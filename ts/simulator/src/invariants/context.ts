/** What all checks share. */
import type { TrustQuorumCrypto } from "trust-quorum";
import type { Configuration, PersistentState } from "trust-quorum/protocol";
import type { HostileInfluence } from "../adversary/hostile-influence.ts";
import type { Coverage } from "../rack/coverage.ts";
import type { Setup } from "../schedule/options.ts";
import type { Database } from "../rack/database.ts";
import type { Sleds } from "../rack/sled.ts";
import type { Oracle } from "./oracle.ts";

/** One run's rack and what is known about it, shared by all checks of that run. */
export interface CheckContext {
  readonly sleds: Sleds;
  readonly coverage: Coverage;
  readonly database: Database;
  readonly oracle: Oracle;
  readonly influence: HostileInfluence;
  readonly setup: Setup;
  readonly crypto: TrustQuorumCrypto;
  /** Whether every sled follows the protocol and no disk loses a state that it has confirmed. */
  readonly strict: boolean;
  /** Whether there are hostile members. */
  readonly forgers: boolean;
}

/** Whether a state has this very configuration. */
export function holds(state: PersistentState, config: Configuration): boolean {
  return state.configs.get(config.epoch)?.equals(config) === true;
}
