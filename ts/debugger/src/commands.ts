/** The table of commands, the parsing of lines, and the help. */
import { CONDITION_WORDS, UsageError, quoted, suggestion, wrap } from "@trust-quorum/explain";
import { noMore } from "./command.ts";
import type { Answer, Command } from "./command.ts";
import { diff, snapshot } from "./commands-compare.ts";
import { eventsCommand, show, why } from "./commands-look.ts";
import { exportCommand, sequence, shrink } from "./commands-make.ts";
import { back, breakCommand, check, goto, run, step } from "./commands-move.ts";
import { summary } from "./commands-summary.ts";
import type { Session } from "./session.ts";

const CONDITIONS = [
  "A condition consists of tests. All of them must hold; `or`, `not` and parentheses combine them.",
  "",
  "Tests of an event:",
  "  event N, from N, to N     by its number",
  "  node NODE, peer NODE      its sled, the other sled",
  "  kind K, sends K, receives K   a message: prepare, prepareAck, getShare, share, getLrtqShare,",
  "                            lrtqShare, expunged, commitAdvance",
  "  epoch N, call CALL        the epoch that it is about, its call",
  "  commit, unlock, expunge, restart, persist, fault, crash, decision",
  "  alarm [KIND], refused [REASON], error [CODE]",
  "Tests of a sled, after the event (a breakpoint stops where they become true):",
  "  NODE.commits has N        also shares, configs, loaded; connected has NODE",
  "  NODE.coordinating = N     also computing, collecting, generation, alarms, refused; != < > <= >=",
  "  NODE.running = no         also expunged",
  "NODE is a serial number, its end, `any` sled, or `node`: the event's own.",
];

const help: Command = {
  name: "help",
  usage: "help [COMMAND | conditions]",
  summary: "Lists the commands, or explains one of them.",
  run(session, args) {
    noMore(args, 1, this.usage);
    const [name] = args;
    if (name === "conditions") return { lines: CONDITIONS, json: { conditions: CONDITIONS } };
    if (name !== undefined) {
      const command = commandOf(name);
      const more = command.more ?? [];
      return {
        lines: [
          command.usage,
          ...wrap(`  ${command.summary}`, session.width, "  "),
          ...more.map((line) => `  e.g. ${line}`),
        ],
        json: {
          name: command.name,
          usage: command.usage,
          summary: command.summary,
          examples: more,
        },
      };
    }
    const lines = COMMANDS.flatMap(({ usage, summary: text }) => [
      usage,
      ...wrap(`    ${text}`, session.width, "    "),
    ]);
    return {
      lines: [
        ...lines,
        "",
        "`help conditions` explains filters and breakpoints. Commands and sleds may be shortened.",
      ],
      json: {
        commands: COMMANDS.map(({ name: one, usage, summary: text }) => ({
          name: one,
          usage,
          summary: text,
        })),
      },
    };
  },
};

const quit: Command = {
  name: "quit",
  usage: "quit",
  summary: "Ends the session.",
  run: () => ({ lines: [], json: { quit: true }, quit: true }),
};

/** All commands, in the order of the help. */
const COMMANDS: readonly Command[] = [
  summary,
  eventsCommand,
  why,
  show,
  sequence,
  step,
  back,
  run,
  goto,
  breakCommand,
  check,
  diff,
  snapshot,
  exportCommand,
  shrink,
  help,
  quit,
];

/** The command with this name, or the only one whose name begins so. */
function commandOf(name: string): Command {
  const exact = COMMANDS.find(
    (command) => command.name === name || (name === "exit" && command === quit),
  );
  if (exact !== undefined) return exact;
  const begins = COMMANDS.filter((command) => command.name.startsWith(name));
  const [only] = begins;
  if (only !== undefined && begins.length === 1) return only;
  const names = (begins.length > 1 ? begins : COMMANDS).map((command) => command.name);
  const hint =
    begins.length > 1
      ? `did you mean ${names.join(" or ")}?`
      : suggestion(name, names, "`help` lists them");
  throw new UsageError(`there is no command ${quoted(name)}; ${hint}`);
}

/** Runs a line; undefined for an empty one. */
export async function runLine(
  session: Session,
  line: string,
): Promise<{ command: string; answer: Answer } | undefined> {
  const [name, ...args] = wordsOf(line);
  if (name === undefined) return undefined;
  const command = commandOf(name);
  return { command: command.name, answer: await command.run(session, args) };
}

/** The lines of `--exec`: separated by `;`. */
export function linesOf(text: string): string[] {
  return text
    .split(";")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The words of a line; one with spaces is in quotes. */
function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replaceAll(/^["']|["']$/g, ""));
}

/** Completions of the last word of a line. */
export function completions(session: Session, line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? "";
  const candidates =
    words.length <= 1
      ? COMMANDS.map(({ name }) => name)
      : [
          ...session.names.ids.map((id) => session.names.short(id)),
          ...session.snapshots.keys(),
          ...CONDITION_WORDS,
          ...(words[0] === "help" ? COMMANDS.map(({ name }) => name) : []),
          ...(words[0] === "snapshot" ? ["save", "list", "drop", "diff"] : []),
          ...(words[0] === "sequence" ? ["text", "mermaid", "svg", "limit", "to-file"] : []),
        ];
  const fitting = candidates.filter((one) => one.toLowerCase().startsWith(last.toLowerCase()));
  return [fitting.map((one) => `${one} `), last];
}
