/** Commands that show the current position: events, show, why. */
import type { EventLog, LogEvent } from "@trust-quorum/event-log";
import {
  UsageError,
  compile,
  eventLine,
  explain,
  nodeFields,
  plain,
  quoted,
  suggestion,
  viewJson,
  wrap,
} from "@trust-quorum/explain";
import type { Condition, Explanation, Reason } from "@trust-quorum/explain";
import { noMore, takeLimit } from "./command.ts";
import type { Command } from "./command.ts";
import type { Session } from "./session.ts";

const EVENTS_SHOWN = 50;

export const eventsCommand: Command = {
  name: "events",
  usage: "events [CONDITION] [last N | limit N]",
  summary:
    "Lists events; the condition filters them, e.g. `events node BRM2 kind prepare from 10 to 90`.",
  run(session, args) {
    const { words, number: limit, last } = takeLimit(args, EVENTS_SHOWN);
    const condition = words.length === 0 ? null : compile(words, session.timeline, session.names);
    const { found, shown } = filtered(session.log, condition, { limit, last });
    const lines = shown.map((event) => eventLine(session.renderer, event));
    const left = found - shown.length;
    const more =
      left > 0 ? [`(${left} more: narrow the filter, or write \`limit N\` or \`last N\`)`] : [];
    const none = found === 0 ? ["No event matches."] : [];
    return {
      lines: last ? [...more, ...lines, ...none] : [...lines, ...more, ...none],
      json: { found, events: shown },
    };
  },
};

/** How many events match, and the first or last ones of them. */
function filtered(
  log: EventLog,
  condition: Condition | null,
  { limit, last }: { limit: number; last: boolean },
): { found: number; shown: readonly LogEvent[] } {
  const shown: LogEvent[] = [];
  let found = 0;
  let position = 0;
  for (const event of log.events) {
    if (!(condition?.holds({ position: position++, event }) ?? true)) continue;
    found += 1;
    if (last || found <= limit) shown.push(event);
    // Now and then is enough to keep few of them.
    if (last && shown.length >= 2 * limit) shown.splice(0, shown.length - limit);
  }
  return { found, shown: last ? shown.slice(-limit) : shown };
}

export const show: Command = {
  name: "show",
  usage: "show NODE [FIELD]",
  summary: "Shows the state of a sled at the current position, or one field of it.",
  run(session, args) {
    noMore(args, 2, this.usage);
    const [name, field] = args;
    if (name === undefined)
      throw new UsageError(
        `a sled is needed: ${this.usage}; it has ${session.names.list(session.timeline.nodes)}`,
      );
    const view = session.viewOf(name);
    const fields = nodeFields(session.renderer, view);
    if (field !== undefined) {
      const known = Object.keys(fields);
      if (!known.includes(field)) {
        const hint = suggestion(field, known, `there are ${known.join(", ")}`);
        throw new UsageError(`a sled has no field ${quoted(field)}; ${hint}`);
      }
      return {
        lines: [plain(fields[field] ?? "")],
        json: { node: view.id, [field]: fields[field] },
      };
    }
    const lines = Object.entries(fields).flatMap(([key, value]) =>
      wrap(`  ${key.padEnd(13)} ${plain(value)}`, session.width, " ".repeat(16)),
    );
    return {
      lines: [`${session.names.short(view.id)}, ${session.where()}`, ...lines],
      json: viewJson(view),
    };
  },
};

export const why: Command = {
  name: "why",
  usage: "why NODE EPOCH [POSITION]",
  summary: "Explains why a sled has not acknowledged, committed or unlocked an epoch.",
  run(session, args) {
    noMore(args, 3, this.usage);
    const [name, text, position] = args;
    if (name === undefined || text === undefined)
      throw new UsageError(`a sled and an epoch are needed: ${this.usage}`);
    if (!/^[1-9]\d{0,14}$/.test(text))
      throw new UsageError(`an epoch is a whole number from 1, not ${quoted(text)}`);
    const before = session.position;
    if (position !== undefined) session.moveTo(session.positionOf(position));
    try {
      const explanation = explain(
        session.facts,
        session.names,
        session.names.resolve(name),
        Number(text),
      );
      return { lines: explanationLines(session, explanation), json: explanation };
    } finally {
      session.moveTo(before);
    }
  },
};

function explanationLines(session: Session, one: Explanation): string[] {
  const name = session.names.short(one.node);
  const at = one.at === null ? "at the beginning" : `after event ${one.at}`;
  const stand = [
    one.committed ? "has committed" : "has not committed",
    one.unlocked ? "has unlocked" : "has not unlocked",
  ].join(" and ");
  const lines = one.member
    ? [`${name} ${stand} epoch ${one.epoch}, ${at}.`]
    : [`${name} and epoch ${one.epoch}, ${at}:`];
  if (one.member) {
    lines.push(holdings(one));
  }
  const part = (title: string, reasons: readonly Reason[]) => {
    if (reasons.length === 0) return;
    if (title !== "") lines.push(title);
    for (const { text } of reasons)
      lines.push(...wrap(`  - ${plain(text)}`, session.width, "    "));
  };
  part("", one.general);
  part("Not acknowledged:", one.notAcknowledged);
  part("Not committed:", one.notCommitted);
  part("Not unlocked:", one.notUnlocked);
  return lines;
}

/** Whether the sled has the configuration and its share. */
function holdings({ hasConfiguration, hasShare, acknowledged }: Explanation): string {
  if (!hasConfiguration) return "It has neither the configuration nor its share.";
  if (!hasShare) return "It has the configuration, but not its share.";
  if (acknowledged === null) return "It has the configuration and its share.";
  const heard = acknowledged ? "its coordinator knows" : "its coordinator has not heard so";
  return `It has the configuration and its share, and ${heard}.`;
}
