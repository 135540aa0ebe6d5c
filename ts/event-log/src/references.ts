/** Finds the configurations and shares that a line refers to. */
import { isCall } from "./is-call.ts";
import type { LogAlarm, LogEvent, LogHeader, LogMessage, LogShare, LogState } from "./schema.ts";

/** Is called with what a line refers to. */
export interface ReferenceVisitor {
  readonly config: (key: string) => void;
  readonly share: (share: LogShare) => void;
  /** The shares of a new secret, which only a log with secrets has. */
  readonly newShares?: () => void;
}

/** Visits what an event refers to. */
export function visitEvent(event: LogEvent, visitor: ReferenceVisitor): void {
  if (!isCall(event)) return;
  const { args, out, state, crypto } = event;
  if (args != null) {
    if ("message" in args) visitMessage(args.message, visitor);
    if ("config" in args) visitor.config(args.config);
    if ("state" in args) visitState(args.state, visitor);
  }
  if (out !== undefined) {
    for (const one of out) {
      if ("message" in one) visitMessage(one.message, visitor);
      else if ("event" in one && one.event.kind === "alarm") visitAlarm(one.event.alarm, visitor);
    }
  }
  if (state !== undefined) {
    state.configs?.forEach(visitor.config);
    if (state.shares !== undefined) Object.values(state.shares).forEach(visitor.share);
  }
  for (const entry of crypto ?? []) {
    if ("share" in entry) visitor.share(entry.share);
    if ("shares" in entry) visitor.newShares?.();
  }
}

/** Visits what a header refers to. */
export function visitHeader(header: LogHeader, visitor: ReferenceVisitor): void {
  for (const { state, alarms, memory } of header.nodes) {
    visitState(state, visitor);
    alarms?.forEach((alarm) => visitAlarm(alarm, visitor));
    if (memory === undefined) continue;
    visitState(memory.state, visitor);
    for (const call of memory.calls) {
      if (call.call === "receive") visitMessage(call.args.message, visitor);
      if (call.call === "prepareAndCommit") visitor.config(call.args.config);
    }
  }
}

function visitMessage(message: LogMessage, visitor: ReferenceVisitor): void {
  if ("config" in message) visitor.config(message.config);
  if ("share" in message) visitor.share(message.share);
}

function visitAlarm(alarm: LogAlarm, visitor: ReferenceVisitor): void {
  if (alarm.kind !== "mismatchedConfigurations") return;
  visitor.config(alarm.config1);
  visitor.config(alarm.config2);
}

function visitState(state: LogState, visitor: ReferenceVisitor): void {
  if (state.lrtq !== null) visitor.share(state.lrtq.share);
  state.configs.forEach(visitor.config);
  Object.values(state.shares).forEach(visitor.share);
}
