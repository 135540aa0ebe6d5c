/** The command `summary`. */
import { plain, timeText, viewJson, wrap } from "@trust-quorum/explain";
import type { NodeView } from "@trust-quorum/replay";
import { noMore } from "./command.ts";
import type { Command } from "./command.ts";

export const summary: Command = {
  name: "summary",
  usage: "summary",
  summary: "Shows what the log contains, and the state of its sleds at the current position.",
  run(session, args) {
    noMore(args, 0, this.usage);
    const { log, names } = session;
    const { header, events } = log;
    const { counts } = session;
    const nodes = session.timeline.nodes.map((id) => session.timeline.at(id, session.position));
    const [first, last] = [events.get(0), events.get(events.length - 1)];
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
      countLine("Faults and annotations", counts.annotations),
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
