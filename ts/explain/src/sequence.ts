/** Sequence diagrams of the messages in a range of events: as text, for Mermaid, and as SVG. */
import { isCall } from "@trust-quorum/event-log";
import type { EventLog, LogCallEvent, LogEvent } from "@trust-quorum/event-log";
import { nodeEvents } from "./facts.ts";
import type { Names } from "./names.ts";
import { messageText, plain } from "./render.ts";

/** One row of a sequence. */
export type Row =
  | {
      readonly kind: "message";
      readonly index: number;
      readonly from: string;
      readonly to: string;
      readonly text: string;
      /** False if it did not arrive within the range. */
      readonly arrived: boolean;
    }
  | { readonly kind: "note"; readonly index: number; readonly on: string; readonly text: string };

/** A sequence, and the number of rows that were left out. */
export interface Sequence {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly omitted: number;
}

const NEXUS = "Nexus";

/** The sequence of the events that fulfil a test, at most `limit` rows. */
export function sequenceOf(
  log: EventLog,
  names: Names,
  passes: (event: LogEvent, position: number) => boolean,
  limit: number,
): Sequence {
  const rows: (Row & { readonly position: number })[] = [];
  // Messages under way, by their texts: links keep the order, so the oldest one arrives first.
  const waiting = new Map<string, { wanted: boolean; row: Row & { position: number } }[]>();
  let position = -1;
  for (const event of log.events) {
    position += 1;
    const wanted = passes(event, position);
    if (!isCall(event)) {
      const { annotation } = event;
      if (wanted && annotation.kind === "crash")
        rows.push({ ...note(event.index, names.short(annotation.node), "crash"), position });
      continue;
    }
    const node = names.short(event.node);
    if (event.call === "receive" && event.args != null) {
      const from = names.short(event.args.from);
      const text = messageText(log, event.args.message);
      const key = `${from}>${node}>${text}`;
      waiting.get(key)?.shift();
      if (wanted)
        rows.push({
          kind: "message",
          index: event.index,
          from,
          to: node,
          text,
          arrived: true,
          position,
        });
    }
    if (wanted) for (const row of callRows(log, node, event)) rows.push({ ...row, position });
    for (const out of event.out ?? []) {
      if (!("message" in out)) continue;
      const to = names.short(out.to);
      const text = messageText(log, out.message);
      const key = `${node}>${to}>${text}`;
      const row = {
        kind: "message",
        index: event.index,
        from: node,
        to,
        text,
        arrived: false,
        position,
      } as const;
      const list = waiting.get(key);
      if (list === undefined) waiting.set(key, [{ wanted, row }]);
      else list.push({ wanted, row });
    }
  }
  for (const list of waiting.values()) {
    for (const { wanted, row } of list) if (wanted) rows.push(row);
  }
  const ordered = rows.toSorted((a, b) => a.position - b.position);
  const shown = ordered.slice(0, limit).map(({ position: _position, ...row }) => row);
  const used = new Set(
    shown.flatMap((row) => (row.kind === "note" ? [row.on] : [row.from, row.to])),
  );
  const columns = [NEXUS, ...names.ids.map((id) => names.short(id))].filter((name) =>
    used.has(name),
  );
  return { columns, rows: shown, omitted: ordered.length - shown.length };
}

/** The text of a call that is no message, and of what it changed: requests of Nexus, commits. */
function callRows(log: EventLog, node: string, event: LogCallEvent): Row[] {
  const rows: Row[] = [];
  const { index, call, result } = event;
  if (
    [
      "coordinateReconfiguration",
      "coordinateUpgradeFromLrtq",
      "commit",
      "prepareAndCommit",
      "loadRackSecret",
    ].includes(call)
  ) {
    const failed = typeof result === "object" && "error" in result ? ` ✗ ${result.error}` : "";
    const text = `${call} ${epochText(log, event)}${failed}`;
    rows.push({ kind: "message", index, from: NEXUS, to: node, text, arrived: true });
  }
  if (call === "restart") rows.push(note(index, node, "restart"));
  const commits = event.state?.commits;
  if (commits !== undefined) rows.push(note(index, node, `commits ${commits.join(", ")}`));
  if (event.state?.expunged !== undefined) rows.push(note(index, node, "expunged"));
  for (const one of nodeEvents(event)) {
    if (one.kind === "alarm") rows.push(note(index, node, `ALARM ${one.alarm.kind}`));
    if (one.kind === "rackSecretsReady") rows.push(note(index, node, `unlocked ${one.epoch}`));
    if (one.kind === "refused" && one.from !== "Nexus")
      rows.push(note(index, node, `refuses: ${one.reason}`));
  }
  return rows;
}

function epochText(log: EventLog, { args }: LogCallEvent): string {
  if (args == null) return "?";
  if ("epoch" in args) return String(args.epoch);
  return "config" in args ? String(log.configs.get(args.config)?.epoch ?? "?") : "";
}

function note(index: number, on: string, text: string): Row {
  return { kind: "note", index, on, text };
}

/** The sequence as text: lifelines if they fit into the width, else one line for each message. */
export function sequenceText(sequence: Sequence, width: number): string[] {
  const { columns, rows, omitted } = sequence;
  const space = Math.floor((width - 8) / Math.max(1, columns.length));
  const lines =
    space >= 14
      ? lifelines(columns, rows, Math.min(space, 26), width)
      : rows.map((row) => line(row, width));
  return [...lines, ...omittedLine(omitted)].map(plain);
}

function omittedLine(omitted: number): string[] {
  return omitted === 0 ? [] : [`(${omitted} more rows: narrow the filter, or raise the limit)`];
}

function line(row: Row, width: number): string {
  const index = String(row.index).padStart(6);
  const text =
    row.kind === "note"
      ? `${index}  ${row.on}: ${row.text}`
      : `${index}  ${row.from} ─ ${row.text} ${row.arrived ? "─▶" : "─✗"} ${row.to}`;
  return text.slice(0, width);
}

function lifelines(
  columns: readonly string[],
  rows: readonly Row[],
  space: number,
  width: number,
): string[] {
  const middle = (name: string) => 8 + columns.indexOf(name) * space + (space >> 1);
  const bare = (): string[] => {
    const cells = Array.from({ length: Math.min(width, 8 + columns.length * space) }, () => " ");
    for (const name of columns) cells[middle(name)] = "│";
    return cells;
  };
  const put = (cells: string[], at: number, text: string) => {
    Array.from(text).forEach((char, i) => {
      const place = at + i;
      if (place >= 8 && place < cells.length) cells[place] = char;
    });
  };
  const head = Array.from({ length: 8 + columns.length * space }, () => " ");
  for (const name of columns)
    put(head, middle(name) - (Math.min(name.length, space - 1) >> 1), name.slice(0, space - 1));
  const lines = [head.join("").trimEnd()];
  for (const row of rows) {
    const cells = bare();
    if (row.kind === "note") {
      const text = `[${row.text}]`.slice(0, width - 9);
      put(
        cells,
        Math.max(8, Math.min(middle(row.on) - (text.length >> 1), cells.length - text.length)),
        text,
      );
    } else drawArrow(cells, middle(row.from), middle(row.to), row, put);
    lines.push(`${String(row.index).padStart(6)}  ${cells.slice(8).join("").trimEnd()}`);
  }
  return lines;
}

function drawArrow(
  cells: string[],
  from: number,
  to: number,
  row: Row & { readonly kind: "message" },
  put: (cells: string[], at: number, text: string) => void,
): void {
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  if (left === right) return put(cells, left + 1, `⟲ ${row.text}`);
  put(cells, left + 1, "─".repeat(right - left - 1));
  const text = row.text.slice(0, right - left - 4);
  put(cells, left + 1 + ((right - left - 1 - text.length) >> 1), text);
  const head = row.arrived ? (to > from ? "▶" : "◀") : "✗";
  put(cells, to > from ? right - 1 : left + 1, head);
}

/** The sequence in the language of Mermaid. */
export function sequenceMermaid({ columns, rows, omitted }: Sequence): string[] {
  const id = (name: string) => `n${columns.indexOf(name)}`;
  const clean = (text: string) => plain(text).replaceAll(/[;#]/g, " ");
  return [
    "sequenceDiagram",
    ...columns.map((name) => `  participant ${id(name)} as ${clean(name)}`),
    ...rows.map((row) =>
      row.kind === "note"
        ? `  Note over ${id(row.on)}: ${clean(row.text)}`
        : `  ${id(row.from)}${row.arrived ? "->>" : "-x"}${id(row.to)}: ${clean(row.text)}`,
    ),
    ...(omitted === 0 ? [] : [`  %% ${omitted} more rows`]),
  ];
}

/** The sequence as an SVG document. */
export function sequenceSvg({ columns, rows, omitted }: Sequence): string[] {
  const [space, step, top] = [170, 26, 50];
  const x = (name: string) => 60 + space / 2 + columns.indexOf(name) * space;
  const width = 60 + columns.length * space;
  const height = top + (rows.length + 2) * step;
  const lifeline = (name: string) =>
    `<line x1="${x(name)}" y1="${top - 16}" x2="${x(name)}" y2="${height - step}" stroke="#999"/>`;
  const label = (at: number, y: number, text: string, more = "") =>
    `<text x="${at}" y="${y}" text-anchor="middle"${more}>${escaped(text)}</text>`;
  const drawn = rows.map((row, i) => {
    const y = top + (i + 1) * step;
    const index = `<text x="4" y="${y}" fill="#666">${row.index}</text>`;
    if (row.kind === "note")
      return `${index}${label(x(row.on), y, row.text, ' font-style="italic"')}`;
    const [from, to] = [x(row.from), x(row.to)];
    const stroke = row.arrived ? 'stroke="#000"' : 'stroke="#c00" stroke-dasharray="5 4"';
    const arrow = `<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" ${stroke} marker-end="url(#head)"/>`;
    return `${index}${arrow}${label((from + to) / 2, y - 4, row.text)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="monospace" font-size="11">`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...columns.map((name) => `${label(x(name), top - 24, name)}${lifeline(name)}`),
    ...drawn,
    ...(omitted === 0 ? [] : [label(width / 2, height - 8, `${omitted} more rows`)]),
    "</svg>",
  ];
}

function escaped(text: string): string {
  return plain(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
