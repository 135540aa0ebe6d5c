/** How many calls, messages, refusals, alarms and annotations of each kind a log has. */
import { isCall } from "@trust-quorum/event-log";
import type { EventLog, LogEvent, LogObserver } from "@trust-quorum/event-log";
import { nodeEvents } from "@trust-quorum/explain";

/** Counts the events of a log, by kind, while it is read. */
export class EventCounts implements LogObserver {
  readonly calls: Record<string, number> = {};
  /** Messages received. */
  readonly messages: Record<string, number> = {};
  readonly refused: Record<string, number> = {};
  readonly alarms: Record<string, number> = {};
  readonly annotations: Record<string, number> = {};

  /** The counts of a log that was read already. */
  static of(log: EventLog): EventCounts {
    const counts = new EventCounts();
    for (const event of log.events) counts.event(event);
    return counts;
  }

  header(): void {
    // Only events are counted.
  }

  event(event: LogEvent): void {
    if (!isCall(event)) {
      add(this.annotations, event.annotation.kind);
      return;
    }
    add(this.calls, event.call);
    if (event.call === "receive" && event.args != null) {
      add(this.messages, event.args.message.kind);
    }
    for (const one of nodeEvents(event)) {
      if (one.kind === "refused") add(this.refused, one.reason);
      if (one.kind === "alarm") add(this.alarms, one.alarm.kind);
    }
  }
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
