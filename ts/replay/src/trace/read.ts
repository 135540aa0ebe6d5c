/** Reads traces of the original implementation, strictly: every line is validated before any is used. */
import { EventLogError } from "@trust-quorum/event-log";
import { checkLine, failAt, shownName } from "@trust-quorum/event-log/format";
import type { JsonLine } from "@trust-quorum/event-log/format";
import type { TraceEnd, TraceHeader, TraceStep } from "./schema.ts";
import { LINE_VALIDATORS, STEP_VALIDATORS } from "./validators.generated.ts";

/** A trace. It holds secrets. The step with index `i` is line `i + 2` of the file. */
export interface Trace {
  readonly header: TraceHeader;
  readonly steps: readonly TraceStep[];
  readonly final: TraceEnd;
}

/**
 * Reads a trace from its lines.
 *
 * @throws EventLogError with the code and the line of the first thing that is wrong
 */
export function traceOf(lines: Iterable<JsonLine>): Trace {
  const [first, ...rest] = Array.from(lines, (one) => {
    if ("error" in one) throw one.error;
    return one;
  });
  if (first === undefined) throw new EventLogError("ERR_TQ_LOG_EMPTY", {});
  const header = headerOf(first.value);
  const last = rest.pop();
  if (last === undefined || !hasField(last.value, "final")) {
    const problem = "its last line does not say how the nodes ended";
    failAt(last?.line ?? 1, "ERR_TQ_LOG_NOT_A_LOG", { problem });
  }
  const steps = rest.map(({ value, line }) => stepOf(value, line));
  checkLine(LINE_VALIDATORS.end, last.value, last.line);
  return { header, steps, final: (last.value as { final: TraceEnd }).final };
}

/** Whether the first line of a file is that of a trace, of whichever version. */
export function isTraceHeader(value: unknown): boolean {
  return hasField(value, "trace") && hasField(value, "initial");
}

function headerOf(value: unknown): TraceHeader {
  if (!hasField(value, "trace")) {
    failAt(1, "ERR_TQ_LOG_NOT_A_LOG", { problem: "its first line is not that of a trace" });
  }
  if (value.trace !== 1) {
    const found = JSON.stringify(value.trace).slice(0, 20);
    failAt(1, "ERR_TQ_LOG_VERSION", { found, supported: 1 });
  }
  checkLine(LINE_VALIDATORS.header, value, 1);
  const header = value as unknown as TraceHeader;
  for (const node of header.nodes) {
    if (Object.hasOwn(header.initial, node)) continue;
    const problem = `says nothing of ${node}`;
    failAt(1, "ERR_TQ_LOG_INVALID_FIELD", { field: "/initial", problem });
  }
  return header;
}

function stepOf(value: unknown, line: number): TraceStep {
  const call = hasField(value, "call") ? value.call : undefined;
  if (typeof call !== "string" || !Object.hasOwn(STEP_VALIDATORS, call)) {
    failAt(line, "ERR_TQ_LOG_UNKNOWN_CALL", { call: shownName(call) });
  }
  checkLine(STEP_VALIDATORS[call as TraceStep["call"]], value, line);
  return value as TraceStep;
}

function hasField<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === "object" && value !== null && key in value;
}
