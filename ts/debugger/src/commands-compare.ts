/** Commands that compare positions: diff, snapshot. */
import { UsageError, nodeFields, plain, quoted, wrap } from "@trust-quorum/explain";
import { noMore } from "./command.ts";
import type { Answer, Command } from "./command.ts";
import type { Session } from "./session.ts";

export const diff: Command = {
  name: "diff",
  usage: "diff A B [NODE]",
  summary:
    "Shows what changed between two positions: numbers of events, start, end, here, snapshots.",
  run(session, args) {
    noMore(args, 3, this.usage);
    const [a, b, name] = args;
    if (a === undefined || b === undefined)
      throw new UsageError(`two positions are needed: ${this.usage}`);
    return differences(session, session.positionOf(a), session.positionOf(b), name);
  },
};

export const snapshot: Command = {
  name: "snapshot",
  usage: "snapshot save NAME | list | drop NAME | diff NAME [NAME]",
  summary: "Saves the current position under a name, and compares such positions.",
  run(session, args) {
    const [verb, name, other] = args;
    const { snapshots } = session;
    const positionOf = (one: string | undefined): number => {
      const position = one === undefined ? undefined : snapshots.get(one);
      if (position !== undefined) return position;
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
        positionOf(name);
        snapshots.delete(name ?? "");
        return { lines: [`Dropped ${name ?? ""}.`], json: { dropped: name } };
      case "diff":
        noMore(args, 3, this.usage);
        return differences(
          session,
          positionOf(name),
          other === undefined ? session.position : positionOf(other),
        );
      case undefined:
      case "list": {
        noMore(args, 1, this.usage);
        const list = [...snapshots].map(([one, position]) => ({
          name: one,
          position,
          after: session.log.events.get(position - 1)?.index ?? null,
        }));
        const lines = list.map(
          (one) =>
            `${one.name}: ${one.after === null ? "the beginning" : `after event ${one.after}`}`,
        );
        return { lines: lines.length === 0 ? ["No snapshots."] : lines, json: { snapshots: list } };
      }
      default:
        throw new UsageError(`snapshot has no subcommand ${quoted(verb)}: ${this.usage}`);
    }
  },
};

function differences(session: Session, a: number, b: number, name?: string): Answer {
  const ids = name === undefined ? session.timeline.nodes : [session.viewOf(name).id];
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
