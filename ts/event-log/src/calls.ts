/** The names that a log is made of, which programs need that read no schema. */

/** The version of the format that this package writes. */
export const LOG_VERSION = 2;

/** The versions that it reads; nodes of version 1 had no guard. */
export const LOG_VERSIONS = [1, LOG_VERSION] as const;

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
  "abandon",
  "retire",
  "loadRackSecret",
] as const;

/** The name of every call that a log may hold. */
export type CallName = (typeof CALLS)[number];
