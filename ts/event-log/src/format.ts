/**
 * `@trust-quorum/event-log/format`: the parts of which the recorder and the reader are made, for
 * `@trust-quorum/replay`, which turns replayed nodes into the same lines in order to compare them.
 */
export {
  ConfigDigests,
  Encoder,
  NO_ACTIVITY,
  configRecord,
  errorResult,
  realShares,
} from "./encoder.ts";
export { activityChange, activityOf } from "./encoder.ts";
export type { ShareWriter, ActivityRecord } from "./encoder.ts";
export { shownJson } from "./json.ts";
export { checkLine, failAt, jsonLines, shownName } from "./lines.ts";
export type { JsonLine } from "./lines.ts";
export { MemoryTracker, initialOf } from "./memory.ts";
export { linesOf } from "./open.ts";
export { LogReader } from "./read.ts";
export { recordingCrypto } from "./recording-crypto.ts";
export type { CryptoOptions } from "./recording-crypto.ts";
export { visitEvent, visitHeader } from "./references.ts";
export type { Schema, Validator } from "./validation.ts";
