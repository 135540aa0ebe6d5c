/** Commands that look: summary, events, show, diff, snapshot, why. */
import { isCall } from "@trust-quorum/event-log";
import type { NodeView } from "@trust-quorum/event-log";
import { noMore } from "./command.ts";
import type { Answer, Command } from "./command.ts";
import { compile } from "./condition.ts";
import { nodeEvents } from "./facts.ts";
import { quoted, suggestion } from "./names.ts";
import { eventLine, nodeFields, plain, timeText, wrap } from "./render.ts";
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";
import { explain } from "./why.ts";
import type { Explanation } from "./why.ts";
import type { Reason } from "./why-types.ts";

const EVENTS_SHOWN = 50;

export const summary: Command = {
  name: "summary",
  usage: "summary",
  summary: "Says what is in the log and how its sleds stand where you are.",
  run(session, args) {
    noMore(args, 0, this.usage);
    const { log, names } = session;
    const { header, events } = log;
    const counts = countEvents(session);
    const nodes = session.timeline.nodes.map((id) => session.timeline.at(id, session.position));
    const [first, last] = [events[0], events.at(-1)];
    const lines = [
      `Log by ${header.producer.name} ${header.producer.version}, format ${header.trustQuorumLog}, ${header.secrets ? "WITH SECRETS" : "without secrets"}, rack ${header.rackId ?? "unknown"}`,
      ...(header.simulation === undefined
        ? []
        : [`Simulation with seed ${header.simulation.seed}`]),
      first === undefined || last === undefined
        ? "No events."
        : `${events.length} events, ${first.index} to ${last.index}, from ${timeText(log, first.time).trim()} to ${timeText(log, last.time).trim()}; you are ${session.where()}`,
      ...log.notices.map((notice) => `Note: ${notice}`),
      countLine("Calls", counts.calls),
      countLine("Messages received", counts.messages),
      countLine("Refused", counts.refused),
      countLine("Faults and remarks", counts.annotations),
      countLine("Alarms", counts.alarms),
      "",
      table(
        nodes.flatMap((view) =>
          view === undefined ? [] : [summaryRow(names.short(view.id), view)],
        ),
      ),
    ].flatMap((line) =>
      line
        .split("\n")
        .flatMap((one) =>
          one.length > session.width ? wrap(plain(one), session.width, "  ") : [plain(one)],
        ),
    );
    const json = {
      path: session.path,
      header: {
        ...header,
        nodes: header.nodes.map(({ id }) => id),
        configs: undefined,
        simulation: header.simulation && { seed: header.simulation.seed },
      },
      events: events.length,
      position: session.position,
      notices: log.notices,
      counts,
      nodes: nodes.map((view) => view && viewJson(view)),
    };
    return { lines, json };
  },
};

export const eventsCommand: Command = {
  name: "events",
  usage: "events [CONDITION] [last N | limit N]",
  summary:
    "Lists events; the condition filters them, e.g. `events node BRM2 kind prepare from 10 to 90`.",
  run(session, args) {
    const { words, number: limit, last } = takeLimit(args, EVENTS_SHOWN);
    const condition = words.length === 0 ? null : compile(words, session.timeline, session.names);
    const found = session.log.events.filter(
      (event, position) => condition?.holds({ position, event }) ?? true,
    );
    const shown = last ? found.slice(-limit) : found.slice(0, limit);
    const lines = shown.map((event) => eventLine(session.renderer, event));
    const left = found.length - shown.length;
    const more =
      left > 0 ? [`(${left} more: narrow the filter, or write \`limit N\` or \`last N\`)`] : [];
    const none = found.length === 0 ? ["No event passes."] : [];
    return {
      lines: last ? [...more, ...lines, ...none] : [...lines, ...more, ...none],
      json: { found: found.length, events: shown },
    };
  },
};

export const show: Command = {
  name: "show",
  usage: "show [NODE [FIELD]]",
  summary: "Shows a sled where you are: all of it, or one field.",
  run(session, args) {
    noMore(args, 2, this.usage);
    const [name, field] = args;
    if (name === undefined)
      throw new UsageError(
        `say which sled: ${this.usage}; it has ${session.names.list(session.timeline.nodes)}`,
      );
    const view = viewOf(session, name);
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

export const diff: Command = {
  name: "diff",
  usage: "diff A B [NODE]",
  summary: "Says what changed between two places (numbers of events, start, end, here, snapshots).",
  run(session, args) {
    noMore(args, 3, this.usage);
    const [a, b, name] = args;
    if (a === undefined || b === undefined)
      throw new UsageError(`say between which places: ${this.usage}`);
    return differences(session, session.placeOf(a), session.placeOf(b), name);
  },
};

export const snapshot: Command = {
  name: "snapshot",
  usage: "snapshot save NAME | list | drop NAME | diff NAME [NAME]",
  summary: "Remembers where you are under a name, and compares such places.",
  run(session, args) {
    const [verb, name, other] = args;
    const { snapshots } = session;
    const placed = (one: string | undefined): number => {
      const place = one === undefined ? undefined : snapshots.get(one);
      if (place !== undefined) return place;
      const known = [...snapshots.keys()];
      throw new UsageError(
        `there is no snapshot ${quoted(one ?? "")}; there are ${known.length === 0 ? "none" : known.join(", ")}`,
      );
    };
    switch (verb) {
      case "save":
        noMore(args, 2, this.usage);
        if (
          name === undefined ||
          !/^[A-Za-z][\w-]{0,39}$/.test(name) ||
          ["start", "end", "here"].includes(name)
        ) {
          throw new UsageError(
            "a snapshot's name begins with a letter, has letters, digits, - and _, and is not start, end or here",
          );
        }
        snapshots.set(name, session.position);
        return {
          lines: [`Snapshot ${name}: ${session.where()}`],
          json: { snapshot: name, position: session.position },
        };
      case "drop":
        noMore(args, 2, this.usage);
        placed(name);
        snapshots.delete(name ?? "");
        return { lines: [`Dropped ${name ?? ""}.`], json: { dropped: name } };
      case "diff":
        noMore(args, 3, this.usage);
        return differences(
          session,
          placed(name),
          other === undefined ? session.position : placed(other),
        );
      case undefined:
      case "list": {
        noMore(args, 1, this.usage);
        const list = [...snapshots].map(([one, position]) => ({
          name: one,
          position,
          after: session.log.events[position - 1]?.index ?? null,
        }));
        const lines = list.map(
          (one) =>
            `${one.name}: ${one.after === null ? "the beginning" : `after event ${one.after}`}`,
        );
        return { lines: lines.length === 0 ? ["No snapshots."] : lines, json: { snapshots: list } };
      }
      default:
        throw new UsageError(`snapshot cannot ${quoted(verb)}: ${this.usage}`);
    }
  },
};

export const why: Command = {
  name: "why",
  usage: "why NODE EPOCH [PLACE]",
  summary: "Says why a sled has not acknowledged, committed or unlocked an epoch.",
  run(session, args) {
    noMore(args, 3, this.usage);
    const [name, text, place] = args;
    if (name === undefined || text === undefined)
      throw new UsageError(`say which sled and which epoch: ${this.usage}`);
    if (!/^[1-9]\d{0,14}$/.test(text))
      throw new UsageError(`an epoch is a whole number from 1, not ${quoted(text)}`);
    const before = session.position;
    if (place !== undefined) session.moveTo(session.placeOf(place));
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

/** What the sled has of the epoch. */
function holdings({ hasConfiguration, hasShare, acknowledged }: Explanation): string {
  if (!hasConfiguration) return "It has neither the configuration nor its share.";
  if (!hasShare) return "It has the configuration, but not its share.";
  if (acknowledged === null) return "It has the configuration and its share.";
  const heard = acknowledged ? "its coordinator knows" : "its coordinator has not heard so";
  return `It has the configuration and its share, and ${heard}.`;
}

function differences(session: Session, a: number, b: number, name?: string): Answer {
  const ids = name === undefined ? session.timeline.nodes : [viewOf(session, name).id];
  const changes = ids.flatMap((id) => {
    const [before, after] = [session.timeline.at(id, a), session.timeline.at(id, b)];
    if (before === undefined || after === undefined || before === after) return [];
    const [left, right] = [
      nodeFields(session.renderer, before),
      nodeFields(session.renderer, after),
    ];
    return Object.keys(right)
      .filter((field) => left[field] !== right[field])
      .map((field) => ({ node: id, field, before: left[field] ?? "", after: right[field] ?? "" }));
  });
  const lines = changes.flatMap((change, i) => [
    ...(changes[i - 1]?.node === change.node ? [] : [session.names.short(change.node)]),
    ...wrap(
      plain(`  ${change.field.padEnd(13)} ${change.before} → ${change.after}`),
      session.width,
      " ".repeat(16),
    ),
  ]);
  return {
    lines: lines.length === 0 ? ["Nothing changed."] : lines,
    json: { from: a, to: b, changes },
  };
}

function viewOf(session: Session, name: string): NodeView {
  const id = session.names.resolve(name);
  const view = session.timeline.at(id, session.position);
  if (view !== undefined) return view;
  throw new UsageError(
    `the log does not record ${session.names.short(id)} itself; it records ${session.names.list(session.timeline.nodes)}`,
  );
}

interface Counts {
  readonly calls: Record<string, number>;
  readonly messages: Record<string, number>;
  readonly refused: Record<string, number>;
  readonly alarms: Record<string, number>;
  readonly annotations: Record<string, number>;
}

function countEvents({ log }: Session): Counts {
  const counts: Counts = { calls: {}, messages: {}, refused: {}, alarms: {}, annotations: {} };
  const add = (list: Record<string, number>, key: string) => (list[key] = (list[key] ?? 0) + 1);
  for (const event of log.events) {
    if (!isCall(event)) {
      add(counts.annotations, event.annotation.kind);
      continue;
    }
    add(counts.calls, event.call);
    if (event.call === "receive" && event.args != null)
      add(counts.messages, event.args.message.kind);
    for (const one of nodeEvents(event)) {
      if (one.kind === "refused") add(counts.refused, one.reason);
      if (one.kind === "alarm") add(counts.alarms, one.alarm.kind);
    }
  }
  return counts;
}

function countLine(title: string, counts: Record<string, number>): string {
  const list = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return `${title}: ${list.length === 0 ? "none" : list.map(([key, count]) => `${key} ${count}`).join(", ")}`;
}

const HEAD = ["sled", "", "commits", "shares", "unlocked", "peers", "at work", "alarms"];

function summaryRow(name: string, view: NodeView): string[] {
  const last = (list: readonly number[]) => (list.length === 0 ? "-" : String(list.at(-1)));
  const work = [
    view.coordinating === null ? "" : `coordinates ${view.coordinating.epoch}`,
    view.computing === null ? "" : `computes ${view.computing.epoch}`,
    view.collecting === null ? "" : `unlocks ${view.collecting.epoch}`,
  ].filter((text) => text !== "");
  return [
    name,
    view.state.expunged !== null ? "expunged" : view.running ? "" : "down",
    last(view.state.commits),
    last([...view.state.shares.keys()]),
    last(view.loaded),
    String(view.connected.length),
    work.join(", "),
    view.alarms.length === 0 ? "" : String(view.alarms.length),
  ];
}

function table(rows: readonly string[][]): string {
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A view as JSON: maps as objects, and never the bytes of a share. */
function viewJson(view: NodeView): unknown {
  const shares = [...view.state.shares].map(([epoch, { x, sha3 }]) => [epoch, { x, sha3 }]);
  const { lrtq } = view.state;
  return {
    ...view,
    state: {
      ...view.state,
      lrtq: lrtq && { ...lrtq, share: { x: lrtq.share.x, sha3: lrtq.share.sha3 } },
      configs: Object.fromEntries(view.state.configs),
      shares: Object.fromEntries(shares) as unknown,
    },
  };
}

/** `limit N` or `last N` at the end of the arguments. */
export function takeLimit(
  args: readonly string[],
  fallback: number,
): { words: readonly string[]; number: number; last: boolean } {
  const word = args.at(-2);
  if (word !== "limit" && word !== "last") return { words: args, number: fallback, last: false };
  const text = args.at(-1) ?? "";
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new UsageError(`${word} takes a whole number from 1, not ${quoted(text)}`);
  return { words: args.slice(0, -2), number: Number(text), last: word === "last" };
}
