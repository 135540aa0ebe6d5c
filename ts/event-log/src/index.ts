/**
 * Event logs of trust quorum nodes: one format of JSON lines, a recorder that writes it, and a reader
 * that replays it exactly. `docs/event-log.md` describes the format.
 */
export { EventLogError, LOG_ERRORS, isEventLogError } from "./errors.ts";
export type { LogErrorCode, LogErrorDetails } from "./errors.ts";
export { CALLS, LOG_VERSION, isCall } from "./schema.ts";
export type {
  Annotation,
  CallName,
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
export { LogFiles } from "./log-files.ts";
export type { LogFilesOptions, LogFilesStatus } from "./log-files.ts";

// reading and replaying
export { LOG_LINE_BYTES_MAX } from "./lines.ts";
export { LOG_EVENTS_MAX, readLog } from "./read.ts";
export type { EventLog, ReadOptions } from "./read.ts";
export { sameJson } from "./json.ts";
export { Replay } from "./replay.ts";
export type { Divergence, ReplayOptions } from "./replay.ts";
export { Timeline } from "./timeline.ts";
export type { NodeView, StateView } from "./timeline.ts";
export { exportLog } from "./export.ts";
export type { ExportOptions } from "./export.ts";
export { LOG_FILE_BYTES_MAX, openLogFile, openTraceFile } from "./log-file.ts";

// traces of the original
export { drawnCrypto } from "./drawn-crypto.ts";
export type { Draws } from "./drawn-crypto.ts";
export { stateOf } from "./trace/pictures.ts";
export type { Trace } from "./trace/read.ts";
export type { TraceEnd, TraceHeader, TraceStep } from "./trace/schema.ts";
export { drainSent, errorNameOf, performStep, sentByRecipient } from "./trace/steps.ts";
export type { TraceResult, TraceSent, TracedNode } from "./trace/steps.ts";
