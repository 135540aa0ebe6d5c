/** Commands that derive something from the log: sequence, export, shrink. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { isEventLogError, readLog } from "@trust-quorum/event-log";
import type { LogEvent } from "@trust-quorum/event-log";
import {
  UsageError,
  compile,
  plain,
  quoted,
  sequenceMermaid,
  sequenceOf,
  sequenceSvg,
  sequenceText,
} from "@trust-quorum/explain";
import { exportLog } from "@trust-quorum/replay";
import type { Command } from "./command.ts";
import { noMore, takeLimit } from "./command.ts";
import type { Session } from "./session.ts";

const ROWS_SHOWN = 60;

export const sequence: Command = {
  name: "sequence",
  usage: "sequence [text|mermaid|svg] [CONDITION] [to-file PATH] [limit N]",
  summary: "Draws the messages between the sleds; the condition filters the events.",
  more: [
    "sequence from 10 to 60",
    "sequence mermaid epoch 4 limit 100",
    "sequence svg epoch 4 to-file epoch4.svg",
  ],
  run(session, args) {
    const { words: limited, number: limit } = takeLimit(args, ROWS_SHOWN);
    const { words: rest, path } = takePath(limited);
    const form = ["text", "mermaid", "svg"].includes(rest[0] ?? "") ? (rest[0] ?? "text") : "text";
    const words = form === rest[0] ? rest.slice(1) : rest;
    const condition = words.length === 0 ? null : compile(words, session.timeline, session.names);
    const passes = (event: LogEvent, position: number): boolean =>
      condition?.holds({ position, event }) ?? true;
    const made = sequenceOf(session.log, session.names, passes, limit);
    const drawn =
      form === "svg"
        ? sequenceSvg(made)
        : form === "mermaid"
          ? sequenceMermaid(made)
          : sequenceText(made, session.width);
    const lines = made.rows.length === 0 ? ["No messages match."] : drawn;
    if (path === null) return { lines, json: { ...made, form, text: drawn.join("\n") } };
    write(path, drawn);
    return { lines: [`Wrote ${made.rows.length} rows to ${path}.`], json: { ...made, form, path } };
  },
};

export const exportCommand: Command = {
  name: "export",
  usage: "export PATH [from POSITION] [to POSITION] [nodes NODE,NODE…] [with-secrets]",
  summary:
    "Writes a part of the log as a log of its own, without secrets unless `with-secrets` is given.",
  run(session, args) {
    const [path, ...rest] = args;
    if (path === undefined) throw new UsageError(`a path is needed: ${this.usage}`);
    const part = partOf(session, rest, this.usage);
    const lines = exported(session, part);
    write(path, lines);
    const first = (JSON.parse(lines[0] ?? "{}") as { first?: number }).first ?? 0;
    const secrets = part.secrets ? "WITH SECRETS" : "without secrets";
    return {
      lines: [`Wrote ${lines.length - 1} events from event ${first} on to ${path}, ${secrets}.`],
      json: { path, events: lines.length - 1, first, secrets: part.secrets },
    };
  },
};

export const shrink: Command = {
  name: "shrink",
  usage: "shrink PATH",
  summary: "Shrinks a failing simulation to as few events as possible, and writes its log.",
  async run(session, args) {
    noMore(args, 1, this.usage);
    const [path] = args;
    if (path === undefined) {
      throw new UsageError(`a path is needed: ${this.usage}`);
    }
    const made = await shrunk(session);
    const before = session.log.events.length;
    write(path, made.lines);
    const after = made.lines.length - 1;
    return {
      lines: [
        `${made.invariant}: ${plain(made.message)}`,
        `${before} events became ${after}, after ${made.runs} runs; wrote them to ${path}, without secrets.`,
      ],
      json: {
        path,
        before,
        after,
        invariant: made.invariant,
        message: made.message,
        runs: made.runs,
      },
    };
  },
};

/** The part of the simulator that is used here. */
interface Simulator {
  scheduleOf(simulation: unknown): object | undefined;
  replay(schedule: object, backend: "native"): { readonly failure?: Failure | null | undefined };
  shrink(schedule: object, invariant: string, backend: "native"): Shrunk | undefined;
  recordLog(schedule: object, backend: "native"): string;
}
interface Failure {
  readonly invariant: string;
  readonly atTheEnd: boolean;
}
interface Shrunk {
  readonly schedule: object;
  readonly invariant: string;
  readonly message: string;
  readonly runs: number;
}

/** Runs the simulation of a log again, and shrinks it. */
async function shrunk(session: Session): Promise<Shrunk & { readonly lines: readonly string[] }> {
  const { simulation } = session.log.header;
  if (simulation === undefined) {
    throw new UsageError(
      "only the whole log of a simulation can be shrunk, and this is none; `export` takes a part of it",
    );
  }
  // Loaded only when it is needed: opening a log of a rack needs no simulator.
  const simulator = (await import("@trust-quorum/simulator")) as unknown as Partial<Simulator>;
  const { scheduleOf, replay, shrink: make, recordLog } = simulator;
  if (!scheduleOf || !replay || !make || !recordLog) {
    throw new UsageError("the simulator of this installation cannot shrink logs");
  }
  const schedule = scheduleOf(simulation);
  if (schedule === undefined) throw new UsageError("the log does not say how to run it again");
  const { failure } = replay(schedule, "native");
  if (failure == null) {
    throw new UsageError(
      "run again, this simulation fails no invariant: there is nothing to shrink",
    );
  }
  const small = make({ ...schedule, heal: failure.atTheEnd }, failure.invariant, "native");
  if (small === undefined)
    throw new UsageError("run again, this simulation does not fail that way");
  const text = recordLog(small.schedule, "native");
  const log = readLog(new TextEncoder().encode(text));
  return { ...small, lines: exportLog(log, { crypto: session.crypto }) };
}

interface Part {
  from: number;
  to: number;
  nodes: ReturnType<Session["names"]["resolve"]>[] | undefined;
  secrets: boolean;
}

function partOf(session: Session, args: readonly string[], usage: string): Part {
  const part: Part = { from: 0, to: session.log.events.length, nodes: undefined, secrets: false };
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    if (word === "with-secrets") {
      part.secrets = true;
      continue;
    }
    const value = args[++i];
    if (value === undefined)
      throw new UsageError(`an argument is missing after ${quoted(word)}: ${usage}`);
    // From an event on: the position before it.
    if (word === "from")
      part.from =
        value === "here" || value === "start"
          ? session.positionOf(value)
          : session.positionOf(value) - 1;
    else if (word === "to") part.to = session.positionOf(value);
    else if (word === "nodes")
      part.nodes = value.split(",").map((name) => session.names.resolve(name));
    else throw new UsageError(`unexpected argument ${quoted(word)}: ${usage}`);
  }
  return part;
}

function exported(session: Session, { from, to, nodes, secrets }: Part): string[] {
  try {
    const { log, crypto } = session;
    return exportLog(log, { from, to, secrets, crypto, ...(nodes === undefined ? {} : { nodes }) });
  } catch (error) {
    if (isEventLogError(error)) throw new UsageError(error.message);
    throw error;
  }
}

/** Writes a new file. An existing one is not overwritten: it may be the only record of an incident. */
function write(path: string, lines: readonly string[]): void {
  const file = resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
  try {
    writeFileSync(file, lines.map((line) => `${line}\n`).join(""), { flag: "wx", mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    const problem =
      code === "EEXIST"
        ? "there is such a file already"
        : code === "ENOENT"
          ? "there is no such folder"
          : `it cannot be written (${String(code)})`;
    throw new UsageError(`${path}: ${problem}`);
  }
}

function takePath(args: readonly string[]): { words: readonly string[]; path: string | null } {
  const at = args.indexOf("to-file");
  if (at < 0) return { words: args, path: null };
  const path = args[at + 1];
  if (path === undefined) throw new UsageError("a path is needed after to-file");
  return { words: [...args.slice(0, at), ...args.slice(at + 2)], path };
}
