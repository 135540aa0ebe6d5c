/** Commands that move through the log: step, back, run, goto, break, check. */
import type { LogEvent } from "@trust-quorum/event-log";
import { UsageError, compile, eventLine, plain, wrap } from "@trust-quorum/explain";
import type { Divergence } from "@trust-quorum/replay";
import { countArgument, noMore } from "./command.ts";
import type { Answer, Command } from "./command.ts";
import type { Breakpoint, Session } from "./session.ts";

/** The most events that a move prints. */
const PRINTED_MAX = 16;
const DIVERGENCES_SHOWN = 20;

export const step: Command = {
  name: "step",
  usage: "step [N]",
  summary: "Goes N events forward (default 1), replays them and reports differences.",
  run(session, args) {
    noMore(args, 1, this.usage);
    const from = session.position;
    session.moveTo(from + countArgument(args[0], 1, this.usage));
    return moved(session, from, null);
  },
};

export const back: Command = {
  name: "back",
  usage: "back [N]",
  summary: "Goes N events back (default 1).",
  run(session, args) {
    noMore(args, 1, this.usage);
    const from = session.position;
    session.moveTo(from - countArgument(args[0], 1, this.usage));
    const undone = session.log.events.slice(session.position, from).reverse();
    const lines = printed(session, undone.slice(0, PRINTED_MAX), "undone: ");
    const more = undone.length > PRINTED_MAX ? [`(${undone.length - PRINTED_MAX} more)`] : [];
    return {
      lines: [...lines, ...more, `Now ${session.where()}.`],
      json: { position: session.position, undone: undone.map(({ index }) => index) },
    };
  },
};

export const run: Command = {
  name: "run",
  usage: "run [POSITION]",
  summary: "Goes forward to a breakpoint, a position (an event's number, a snapshot) or the end.",
  run(session, args) {
    noMore(args, 1, this.usage);
    const target = args[0] === undefined ? session.log.events.length : session.positionOf(args[0]);
    const from = session.position;
    if (target < from)
      throw new UsageError("that position is before the current one: use `goto` or `back`");
    const hit = firstHit(session, from, target);
    session.moveTo(hit === null ? target : hit.position + 1);
    return moved(session, from, hit);
  },
};

export const goto: Command = {
  name: "goto",
  usage: "goto POSITION",
  summary: "Goes to a position: start, end, after the event with a number, or a snapshot.",
  run(session, args) {
    noMore(args, 1, this.usage);
    const [text] = args;
    if (text === undefined) throw new UsageError(`a position is needed: ${this.usage}`);
    session.moveTo(session.positionOf(text));
    return { lines: [`Now ${session.where()}.`], json: { position: session.position } };
  },
};

export const breakCommand: Command = {
  name: "break",
  usage: "break [CONDITION | delete N|all]",
  summary: "Sets a breakpoint for `run`, lists them, or deletes them.",
  more: [
    "break event 120",
    "break kind prepare node BRM2",
    "break BRM2.commits has 4",
    "break alarm or refused stale_prepare",
  ],
  run(session, args) {
    if (args[0] === "delete") return deleteBreakpoints(session, args.slice(1), this.usage);
    if (args.length > 0 && args[0] !== "list") {
      const words = /^\d+$/.test(args[0] ?? "") ? ["event", ...args] : args;
      const made = session.addBreakpoint(compile(words, session.timeline, session.names));
      return {
        lines: [`Breakpoint ${made.number}: ${made.condition.text}`],
        json: { breakpoint: made.number, condition: made.condition.text },
      };
    }
    const list = session.breakpoints.map(({ number, condition }) => ({
      number,
      condition: condition.text,
    }));
    const lines = list.map(({ number, condition }) => `${number}: ${condition}`);
    return { lines: lines.length === 0 ? ["No breakpoints."] : lines, json: { breakpoints: list } };
  },
};

export const check: Command = {
  name: "check",
  usage: "check",
  summary: "Replays the whole log and lists every difference between the log and the replay.",
  run(session, args) {
    noMore(args, 0, this.usage);
    const count = session.log.events.length;
    const found = session.replayTo(count);
    const open = session.log.header.nodes.filter(({ unverifiable }) => unverifiable !== undefined);
    const lines = [
      `${count} events replayed: ${found.length === 0 ? "no differences" : `${found.length} differences`}.`,
      ...open.map(({ id, unverifiable }) =>
        plain(
          `${session.names.short(id)} could not be replayed before its restart: ${unverifiable}`,
        ),
      ),
      ...divergenceLines(session, found),
    ];
    return { lines, json: { events: count, divergences: found }, failed: found.length > 0 };
  },
};

function deleteBreakpoints(session: Session, args: readonly string[], usage: string): Answer {
  noMore(args, 1, usage);
  const [which] = args;
  const { breakpoints } = session;
  if (which === "all") breakpoints.length = 0;
  else {
    const at = breakpoints.findIndex(({ number }) => String(number) === which);
    if (at < 0)
      throw new UsageError(
        `there is no breakpoint ${JSON.stringify(which ?? "")}; the command break lists them`,
      );
    breakpoints.splice(at, 1);
  }
  return { lines: [`${breakpoints.length} breakpoints left.`], json: { left: breakpoints.length } };
}

function firstHit(
  session: Session,
  from: number,
  to: number,
): { position: number; breakpoint: Breakpoint } | null {
  if (session.breakpoints.length === 0) return null;
  for (let position = from; position < to; position++) {
    const event = session.log.events.get(position);
    if (event === undefined) continue;
    const breakpoint = session.breakpoints.find(({ condition }) =>
      condition.begins({ position, event }),
    );
    if (breakpoint !== undefined) return { position, breakpoint };
  }
  return null;
}

/** The output of a move forward. */
function moved(session: Session, from: number, hit: { breakpoint: Breakpoint } | null): Answer {
  const events = session.log.events.slice(from, session.position);
  const found = session.replayTo(session.position, from);
  const shown = events.slice(-PRINTED_MAX);
  const skipped = events.length - shown.length;
  return {
    lines: [
      ...(skipped > 0 ? [`(${skipped} events before these)`] : []),
      ...printed(session, shown, ""),
      ...divergenceLines(session, found),
      ...(hit === null
        ? []
        : [`Breakpoint ${hit.breakpoint.number}: ${hit.breakpoint.condition.text}`]),
      `Now ${session.where()}.`,
    ],
    json: {
      position: session.position,
      events: events.slice(-PRINTED_MAX),
      eventsPassed: events.length,
      breakpoint: hit?.breakpoint.number ?? null,
      divergences: found,
    },
    failed: found.length > 0,
  };
}

function printed(session: Session, events: readonly LogEvent[], before: string): string[] {
  const { renderer } = session;
  return events.map(
    (event) => before + eventLine({ ...renderer, width: renderer.width - before.length }, event),
  );
}

/** Differences, with both sides of each. */
function divergenceLines(session: Session, found: readonly Divergence[]): string[] {
  const lines = found
    .slice(0, DIVERGENCES_SHOWN)
    .flatMap(({ index, node, call, field, recorded, replayed }) => [
      plain(
        `DIFFERENCE at event ${index ?? "(beginning)"}, ${call} on ${session.names.short(node)}: ${field}`,
      ),
      ...wrap(plain(`  the log:    ${recorded}`), session.width, "              "),
      ...wrap(plain(`  the replay: ${replayed}`), session.width, "              "),
    ]);
  const more = found.length - DIVERGENCES_SHOWN;
  return more > 0 ? [...lines, `(${more} more differences)`] : lines;
}
