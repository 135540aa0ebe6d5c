/** Telling the two kinds of events apart. */
import type { LogCallEvent, LogEvent } from "./schema.ts";

/** Whether a line is a call on a node. */
export function isCall(event: LogEvent): event is LogCallEvent {
  return "call" in event;
}
