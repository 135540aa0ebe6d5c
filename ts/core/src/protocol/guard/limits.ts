/** The limits of the guard (protocol section 6.0). An event log has them in its header. */

/** The most questions to one peer that are open at once. */
export const ASKS_OF_ONE_PEER_MAX = 4;

/** How far above the latest committed epoch an epoch in a message may be. */
export const EPOCHS_AHEAD_MAX = 65_536;

/** The most configurations of direct calls whose members are remembered; the oldest go first. */
export const DIRECT_CONFIGURATIONS_MAX = 64;

/** Uncommitted configurations of all coordinators together, shared out among the N members. */
export const PLACES_MAX = 64;

/** The fewest that one coordinator may have, however many members there are. */
export const PLACES_OF_ONE_MIN = 2;

/**
 * Uncommitted configurations in all, on a sled that has committed nothing. Nothing but a commit, or the
 * control plane's `abandon`, gives these places back, and `tq` does not abandon yet: fewer would keep a
 * new rack from its first configuration after so many aborted ones.
 */
export const PLACES_WITHOUT_COMMIT = 64;

/** Bytes of sealed secrets in uncommitted configurations, shared out among the N members: 8 MiB. */
export const ROOM_BYTES_MAX = 8 * 1024 * 1024;

/** A ledger above this size is worth retiring old configurations from: 16 MiB. */
export const LEDGER_RETIRE_BYTES = 16 * 1024 * 1024;

/** A ledger above this size raises an alarm: 48 MiB. */
export const LEDGER_ALARM_BYTES = 48 * 1024 * 1024;

/** All of them by name, for the header of an event log. */
export const GUARD_LIMITS = {
  asksOfOnePeer: ASKS_OF_ONE_PEER_MAX,
  epochsAhead: EPOCHS_AHEAD_MAX,
  directConfigurations: DIRECT_CONFIGURATIONS_MAX,
  places: PLACES_MAX,
  placesOfOne: PLACES_OF_ONE_MIN,
  placesWithoutCommit: PLACES_WITHOUT_COMMIT,
  roomBytes: ROOM_BYTES_MAX,
  ledgerRetireBytes: LEDGER_RETIRE_BYTES,
  ledgerAlarmBytes: LEDGER_ALARM_BYTES,
} as const satisfies Record<string, number>;
