/**
 * Event logs of trust quorum nodes: one format of JSON lines, a recorder that writes it, and a strict
 * reader. `docs/event-log.md` describes the format; `@trust-quorum/replay` replays what was read.
 */
export { EventLogError, LOG_ERRORS, isEventLogError } from "./errors.ts";
export type { LogErrorCode, LogErrorDetails } from "./errors.ts";
export { CALLS, LOG_VERSION } from "./calls.ts";
export type { CallName } from "./calls.ts";
export { isCall } from "./is-call.ts";
export type {
  Annotation,
  LogAlarm,
  LogAnnotation,
  LogArgs,
  LogCall,
  LogCallEvent,
  LogChange,
  LogCollection,
  LogConfig,
  LogCoordinating,
  LogCrypto,
  LogEvent,
  LogHeader,
  LogInitial,
  LogMessage,
  LogNodeEvent,
  LogOut,
  LogOutcome,
  LogResult,
  LogShare,
  LogState,
} from "./schema.ts";

// writing
export { Recorder } from "./recorder.ts";
export type { NodeToRecord, RecorderOptions } from "./recorder.ts";
export { RecordedNode } from "./recorded-node.ts";
export { LogLines } from "./sink.ts";
export type { LogSink } from "./sink.ts";

// reading
export { LOG_LINE_BYTES_MAX } from "./lines.ts";
export { LOG_EVENTS_MAX, readLog } from "./read.ts";
export type { EventLog, LogObserver, ReadOptions } from "./read.ts";
export { listedEvents } from "./events.ts";
export type { LogEvents } from "./events.ts";
export { LOG_BYTES_MAX, openLog } from "./open.ts";
export type { LogSource } from "./open.ts";
export { sameJson } from "./json.ts";
