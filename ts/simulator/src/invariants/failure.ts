/** The invariants that a simulation checks, and the error for one that does not hold. */

/** The invariants, each with its meaning; the numbers are those of the protocol's section 10. */
export const INVARIANTS = {
  "one-configuration": "(1) all sleds that have a configuration for an epoch have the same one",
  "acks-are-prepared": "(2) a coordinator's acks name only sleds that have prepared that epoch",
  "acknowledged-commits-are-kept":
    "(3) a sled that the control plane counts as committed has that commit or a later one that was decided, with configuration and share, on disk",
  "coordinates-or-computes": "(4) no sled coordinates and computes its own share at once",
  "no-alarms": "(5) no sled raises an alarm",
  "dropped-sleds-know":
    "(6) a dropped sled knows it, or is told so by fewer than K, or its latest committed configuration includes it, or it has none",
  "any-k-rebuild":
    "(7) any K shares of a committed epoch rebuild one secret, which opens all prior ones",
  "fewer-rebuild-nothing": "(7) fewer than K shares rebuild something else",
  "nothing-changes-or-vanishes":
    "(8) no share or commit, once persisted, changes, nor vanishes but by abandon, by retire and for room",
  "outsiders-change-nothing":
    "(9) a peer in no configuration that a sled with a commit knows changes nothing of its state",
  "k-members-expunge": "(9) fewer than K members expunge nobody",
  "epochs-in-reach": "no message brings an epoch far above the latest committed one",
  "persist-before-speak": "nothing is said or answered before what it rests on is on the disk",
  "shares-only-for-members": "a share of an epoch is given to members of its configuration only",
  "well-formed-state":
    "a sled's state has only configurations in order that it is a member of, its own shares, and no commit without them",
  "right-secret": "a secret that a sled loads for an epoch is that epoch's",
  "refusal-changes-nothing": "a refused request changes nothing",
  "no-unexpected-refusal": "a request that the policy makes in its turn is not refused",
  "invalid-request-refused":
    "a request that no control plane makes is refused with the right code, or idle",
  "never-throws": "nothing but a refused request throws",
  "bounded-memory": "what a sled keeps of others' messages is bounded",
  "stale-changes-nothing":
    "a message of the past, for another rack, or to an expunged sled changes nothing that is kept",
  "expunged-for-a-reason": "a sled is expunged only if a committed configuration leaves it out",
  liveness:
    "healed, and without hostile sleds and those that they misled, every member of the latest committed configuration has committed and loads the same secrets",
} as const satisfies Record<string, string>;

/** The name of an invariant. */
export type Invariant = keyof typeof INVARIANTS;

/** An invariant does not hold. */
export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
  readonly invariant: Invariant;

  constructor(invariant: Invariant, message: string, options?: ErrorOptions) {
    super(message, options);
    this.invariant = invariant;
  }
}

/** Throws where something that must hold does not. */
export function assertInvariant(
  holds: boolean,
  invariant: Invariant,
  message: () => string,
): asserts holds {
  if (!holds) throw new SimulationFailure(invariant, message());
}
