/**
 * Who may leave how much with a sled that is not committed (protocol section 6.0, Room). Each has a
 * part of its own, so that one coordinator that proposes without an end takes no place from another.
 *
 * Whose part a configuration is in: its coordinator's, who has sent it by Prepare. One that a peer only
 * told of, by CommitAdvance or a proxied call, is in that peer's part, as it may name anybody as its
 * coordinator; after a restart it is nobody's, and counts in the part of each who tells of another one.
 */
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import { LEDGER_BYTES_MAX } from "../../base/limits.ts";
import type { AlarmSource } from "../alarms.ts";
import type { Configuration } from "../configuration.ts";
import { latestCommittedConfig } from "../persistent-state.ts";
import type { PersistentState } from "../persistent-state.ts";
import { ledgerBytes, ledgerBytesOf } from "./ledger-size.ts";
import { PLACES_MAX, PLACES_OF_ONE_MIN, PLACES_WITHOUT_COMMIT, ROOM_BYTES_MAX } from "./limits.ts";

/** What one part may hold. */
export interface Part {
  readonly places: number;
  readonly bytes: number;
}

/** The sizes of the parts on a sled with this latest committed configuration. */
export function partOf(committed: Configuration | null): Part {
  if (committed === null) return { places: PLACES_WITHOUT_COMMIT, bytes: ROOM_BYTES_MAX };
  const members = committed.members.length;
  return {
    places: Math.max(PLACES_OF_ONE_MIN, Math.floor(PLACES_MAX / members)),
    bytes: Math.max(Math.floor(ROOM_BYTES_MAX / members), 2 * sealedBytes(committed)),
  };
}

/** How a configuration came to be known: from its coordinator, or from somebody who tells of it. */
export type Way = "prepared" | "told";

export class Room {
  /** Who told of a configuration that it has not sent as its coordinator. */
  readonly #tellers = new Map<Epoch, AlarmSource>();

  /**
   * Looks for room for one more configuration from a peer.
   *
   * @returns the epochs to give up for it, most often none, or why there is no room
   */
  find(
    state: PersistentState,
    config: Configuration,
    { from, way }: { readonly from: BaseboardId; readonly way: Way },
  ): readonly Epoch[] | "too_many_configurations" | "ledger_full" {
    const committed = latestCommittedConfig(state);
    const { places, bytes } = partOf(committed);
    const kept = uncommitted(state).filter((one) => {
      if (committed === null) return true;
      const owner = this.#ownerOf(state, one);
      return owner === from || (owner === null && way === "told");
    });
    let count = kept.length + 1;
    let size = kept.reduce((sum, one) => sum + sealedBytes(one), sealedBytes(config));
    const given: Configuration[] = [];
    for (const one of kept) {
      if (count <= places && size <= bytes) break;
      if (!isSuperseded(one, committed)) break;
      given.push(one);
      count -= 1;
      size -= sealedBytes(one);
    }
    if (count > places || size > bytes) return "too_many_configurations";
    return ledgerRoom(state, ledgerBytesOf(config), given) ?? "ledger_full";
  }

  /** Somebody other than its coordinator told of this configuration. */
  toldBy(epoch: Epoch, from: AlarmSource): void {
    this.#tellers.set(epoch, from);
  }

  /** The configuration of an epoch was dropped or committed, or its coordinator itself has sent it. */
  forget(epoch: Epoch): void {
    this.#tellers.delete(epoch);
  }

  list(): { epoch: Epoch; from: AlarmSource }[] {
    return [...this.#tellers].map(([epoch, from]) => ({ epoch, from }));
  }

  resume(tellers: readonly { readonly epoch: Epoch; readonly from: AlarmSource }[]): void {
    this.#tellers.clear();
    for (const { epoch, from } of tellers) this.#tellers.set(epoch, from);
  }

  /** Null where nobody knows any more. */
  #ownerOf(state: PersistentState, { epoch, coordinator }: Configuration): AlarmSource | null {
    return this.#tellers.get(epoch) ?? (state.shares.has(epoch) ? coordinator : null);
  }
}

/**
 * The epochs to give up, those of `given` included, so that a ledger with `bytes` more can still be
 * saved; undefined where it cannot.
 */
export function ledgerRoom(
  state: PersistentState,
  bytes: number,
  given: readonly Configuration[] = [],
): readonly Epoch[] | undefined {
  const committed = latestCommittedConfig(state);
  const all = [...given];
  let size = ledgerBytes(state) + bytes;
  for (const one of given) size -= ledgerBytesOf(one);
  for (const one of uncommitted(state)) {
    if (size <= LEDGER_BYTES_MAX) break;
    if (!isSuperseded(one, committed)) break;
    if (all.includes(one)) continue;
    all.push(one);
    size -= ledgerBytesOf(one);
  }
  return size <= LEDGER_BYTES_MAX ? all.map(({ epoch }) => epoch) : undefined;
}

function uncommitted(state: PersistentState): Configuration[] {
  return [...state.configs.values()]
    .filter(({ epoch }) => !state.commits.has(epoch))
    .sort((a, b) => a.epoch - b.epoch);
}

/** Whether nobody can need this sled's share of an uncommitted epoch: who asks is told of a later one. */
function isSuperseded({ epoch }: Configuration, committed: Configuration | null): boolean {
  return committed !== null && epoch < committed.epoch;
}

function sealedBytes(config: Configuration): number {
  return config.encryptedRackSecrets?.data.length ?? 0;
}
