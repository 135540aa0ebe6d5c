/**
 * Who may say what (protocol section 6.0): stands in front of the handlers, which believe any peer as
 * the original does. With `guard: "original"` a node has none.
 *
 * Invariants: everything here is in memory only. A message that is refused here changes nothing but
 * counters, and what was noted of who said that this sled was removed.
 */
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import type { AlarmSource } from "../alarms.ts";
import type { Configuration } from "../configuration.ts";
import type { RefusalReason } from "../diagnostics.ts";
import type { PeerMessage } from "../messages.ts";
import type { PersistentState } from "../persistent-state.ts";
import { Asks } from "./asks.ts";
import type { Ask } from "./asks.ts";
import { DirectConfigurations } from "./direct-configurations.ts";
import type { DirectConfiguration } from "./direct-configurations.ts";
import { EPOCHS_AHEAD_MAX } from "./limits.ts";
import { RemovalNotes } from "./removal-reports.ts";
import type { RemovalReports } from "./removal-reports.ts";
import { Room } from "./room.ts";

/**
 * Whether a node asks who may say what: `"strict"`, or believes any peer as the original does:
 * `"original"`, for replays of what was recorded without a guard.
 */
export type GuardMode = "strict" | "original";

/** What the guard looks at. */
export interface Guarded {
  readonly self: BaseboardId;
  readonly state: PersistentState;
  readonly latestConfig: Configuration | null;
  readonly latestCommittedEpoch: Epoch | null;
  readonly latestCommittedConfig: Configuration | null;
}

/** What a guard remembers, for logs that begin while a node runs. */
export interface GuardMemory {
  readonly asks: readonly Ask[];
  readonly removals: readonly { readonly from: BaseboardId; readonly epoch: Epoch }[];
  readonly direct: readonly DirectConfiguration[];
  readonly tellers: readonly { readonly epoch: Epoch; readonly from: AlarmSource }[];
}

export class Guard {
  readonly asks = new Asks();
  readonly direct = new DirectConfigurations();
  readonly room = new Room();
  /** While true nothing is refused; what goes out and what is kept is remembered still. */
  suspended = false;
  readonly #removals = new RemovalNotes();
  readonly #node: Guarded;

  constructor(node: Guarded) {
    this.#node = node;
  }

  /** Why a message is not heard, if so. */
  check(from: BaseboardId, message: PeerMessage): RefusalReason | undefined {
    if (this.suspended) return undefined;
    if (this.isTooHigh(epochOf(message))) return "epoch_too_high";
    switch (message.kind) {
      case "commitAdvance":
        return this.asks.answeredBySaying(from, message.config.epoch) ? undefined : "not_asked";
      case "expunged":
        if (!this.asks.answeredBySaying(from, message.epoch)) return "not_asked";
        return this.#removal(from, message.epoch);
      case "prepare":
        return this.#mayCoordinate(message.config) ? undefined : "coordinator_not_a_member";
      case "share":
        this.asks.answeredByShare(from, message.epoch);
        return undefined;
      case "lrtqShare":
        this.asks.answeredByShare(from, null);
        return undefined;
      case "prepareAck":
      case "getShare":
      case "getLrtqShare":
        return undefined;
      default:
        message satisfies never;
        return undefined;
    }
  }

  /** G4: whether an epoch that a peer names is further above the latest committed one than any can be. */
  isTooHigh(epoch: number | null): boolean {
    const { latestCommittedEpoch } = this.#node;
    if (epoch === null || latestCommittedEpoch === null) return false;
    return epoch > Math.max(latestCommittedEpoch, this.direct.highest) + EPOCHS_AHEAD_MAX;
  }

  /**
   * G4: what a Prepare of an exempt epoch may have left here, which a call of the control plane at this
   * epoch clears away.
   */
  leftAbove(epoch: number): Epoch[] {
    const { state, self, latestCommittedEpoch } = this.#node;
    const highest = Math.max(epoch, latestCommittedEpoch ?? 0) + EPOCHS_AHEAD_MAX;
    // What this sled coordinates came from such a call; anybody can write this sled's name, but only
    // what it has made itself has its share.
    const isOwn = (config: Configuration) =>
      config.coordinator === self && state.shares.has(config.epoch);
    return [...state.configs.values()]
      .filter((config) => config.epoch > highest && !isOwn(config))
      .map((config) => config.epoch)
      .filter((one) => !this.direct.has(one));
  }

  /** A configuration, or a commit, was added to the state. */
  kept(config: Configuration, options: { readonly committed: boolean }): void {
    this.#removals.clear();
    if (!options.committed) return;
    this.room.forget(config.epoch);
    this.direct.committed(config.epoch);
  }

  /** The configurations of these epochs were dropped. */
  dropped(epochs: readonly Epoch[]): void {
    for (const epoch of epochs) {
      this.room.forget(epoch);
      this.direct.forget(epoch);
    }
  }

  /** This sled believes that it was removed. */
  expunged(): void {
    this.#removals.clear();
  }

  /** Who says that this sled was removed, as long as that is not enough. */
  get removalReports(): RemovalReports | null {
    return this.#removals.summary(this.#countedFor);
  }

  /** What is remembered now. */
  memory(): GuardMemory {
    return {
      asks: this.asks.list(),
      removals: this.#removals.list(),
      direct: this.direct.list(),
      tellers: this.room.list(),
    };
  }

  /** Replaces all that is remembered. */
  resume(memory: GuardMemory): void {
    this.asks.resume(memory.asks);
    this.#removals.resume(memory.removals);
    this.direct.resume(memory.direct);
    this.room.resume(memory.tellers);
  }

  /** G2: the configuration whose members are counted. */
  get #countedFor(): Configuration | null {
    return this.#node.latestCommittedConfig ?? this.#node.latestConfig;
  }

  /** G2. */
  #removal(from: BaseboardId, epoch: Epoch): RefusalReason | undefined {
    const known = this.#countedFor;
    const { latestConfig } = this.#node;
    // Both are the handler's to refuse.
    if (known === null || latestConfig === null || epoch < latestConfig.epoch) return undefined;
    switch (this.#removals.report(known, from, epoch)) {
      case "believed":
        return undefined;
      case "noted":
        return "expunged_by_too_few";
      case "not_a_member":
        return "expunged_by_non_member";
      default:
        return "stale_expunged";
    }
  }

  /** G3. */
  #mayCoordinate({ coordinator }: Configuration): boolean {
    const committed = this.#node.latestCommittedConfig;
    return committed === null || committed.has(coordinator) || this.direct.names(coordinator);
  }
}

/** The epoch that a message is about, if it is about one. */
export function epochOf(message: PeerMessage): Epoch | null {
  if ("epoch" in message) return message.epoch;
  return "config" in message ? message.config.epoch : null;
}
