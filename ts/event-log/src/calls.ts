/** The names that a log is made of, which programs need that read no schema. */

/** The version of the format that this package writes and reads. */
export const LOG_VERSION = 1;

/** The names of all calls. */
export const CALLS = [
  "connect",
  "disconnect",
  "receive",
  "refuseUndecodable",
  "tick",
  "clearSecrets",
  "drain",
  "persisted",
  "restart",
  "coordinateReconfiguration",
  "coordinateUpgradeFromLrtq",
  "commit",
  "prepareAndCommit",
  "loadRackSecret",
] as const;

/** The name of every call that a log may hold. */
export type CallName = (typeof CALLS)[number];
