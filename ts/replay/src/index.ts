/**
 * Replays event logs on the real state machine, gives the state of each node at any point of a log, exports
 * parts of logs, and converts traces of the original implementation to logs.
 */
export { Replay } from "./replay.ts";
export type { Divergence, ReplayOptions } from "./replay.ts";
export { Timeline, TimelineCollector, countBelow } from "./timeline.ts";
export type { NodeView, StateView } from "./timeline.ts";
export { exportLog } from "./export.ts";
export type { ExportOptions } from "./export.ts";
export { openLogOrTrace, readLogOrTrace } from "./open.ts";
export type { OpenOptions } from "./open.ts";

// traces of the original
export { drawnCrypto } from "./drawn-crypto.ts";
export type { Draws } from "./drawn-crypto.ts";
export { stateOf } from "./trace/convert.ts";
export type { Trace } from "./trace/read.ts";
export type { TraceEnd, TraceHeader, TraceStep } from "./trace/schema.ts";
export { drainSent, errorNameOf, performStep, sentByRecipient } from "./trace/steps.ts";
export type { TraceResult, TraceSent, TracedNode } from "./trace/steps.ts";
