/**
 * Nobody looks into this process by way of its runtime: no debugger is open, and no switch of Node or V8 is
 * on that lets one in or writes out what is in memory.
 *
 * `bin/tqd.js` takes SIGUSR1, by which Node would open its debugger to every user of the machine, before
 * anything else. What was open or switched on before that is found here, before the ledger is read.
 *
 * Code that is preloaded (`--require`, `--import`, `--loader`) is told of and not refused: it has run before
 * any check could, and whoever may preload code may as well replace the program. Switches are refused against
 * accidents: what a developer or a machine-wide environment has left behind.
 */
import { DaemonError } from "@trust-quorum/sled-host/errors";
import type { Log } from "./logger.ts";

/** A kind of switches, by their names without dashes, and what they do. */
interface Refused {
  readonly names: RegExp;
  readonly reason: string;
}

const REFUSED: readonly Refused[] = [
  { names: /(^|-)inspect(or|ion)?(-|$)|^debug(-brk|-port)?$/, reason: "lets a debugger in" },
  {
    names: /^heapsnapshot-|^(build-)?snapshot-|^build-snapshot/,
    reason: "writes the memory to a file",
  },
  {
    names: /^(experimental-)?report(-|$)|^diagnostic-dir$/,
    reason: "writes reports of the process",
  },
  { names: /(^|-)prof(-|$)|^turbo-profiling/, reason: "writes profiles of the process" },
  { names: /^abort-on-uncaught-exception$/, reason: "ends the process with a dump of its memory" },
  { names: /^tls-keylog$/, reason: "writes the keys of its connections to a file" },
  { names: /^(print|log|dump)-|^logfile/, reason: "prints what the program works with" },
  {
    // All but those that print numbers, places in the program or the names of files alone.
    names:
      /^trace(?!-(gc(-.*)?|warnings|deprecation|exit|uncaught|sigint|sync-io|require-module)$)(-|$)/,
    reason: "prints what the program works with",
  },
];

/** Variables that switch on output of the same kind: `stream` of them prints what is sent and received. */
const REFUSED_VARIABLES = ["NODE_DEBUG", "NODE_DEBUG_NATIVE"];

const PRELOADING = /^(require|r|import|loader|experimental-loader)$/;

/** How the runtime of a process was started. */
export interface RuntimeOptions {
  /** `process.execArgv` */
  readonly execArgv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The switches among these that let somebody in or write out what is in memory, each with its reason. */
export function refusedSwitches({ execArgv, environment }: RuntimeOptions): string[] {
  const fromCommandLine = execArgv.flatMap((argument) => refused(argument, ""));
  const fromVariable = wordsOf(environment["NODE_OPTIONS"] ?? "").flatMap((argument) =>
    refused(argument, " in NODE_OPTIONS"),
  );
  const variables = REFUSED_VARIABLES.filter((name) => (environment[name] ?? "") !== "");
  return [
    ...fromCommandLine,
    ...fromVariable,
    ...variables.map((name) => `${name} prints what the program works with`),
  ];
}

/** The switches among these that preload code. */
export function preloadingSwitches({ execArgv, environment }: RuntimeOptions): string[] {
  const all = [...execArgv, ...wordsOf(environment["NODE_OPTIONS"] ?? "")];
  return all.filter((argument) => PRELOADING.test(nameOf(argument)));
}

/** Whether a debugger can connect to this process, and where; null where none can. */
export function openDebugger(): string | null {
  // Where Node was built without one, there is no such module.
  if (!process.features.inspector) return null;
  return process.getBuiltinModule("node:inspector").url() ?? null;
}

/**
 * Refuses to go on where somebody can look into this process. Call it before there is a secret.
 *
 * @throws DaemonError `ERR_TQD_DEBUGGING` with all that was found
 */
export function refuseDebugging(log: Log): void {
  const options = { execArgv: process.execArgv, environment: process.env };
  const problems = refusedSwitches(options);
  if (openDebugger() !== null) problems.push("a debugger can connect to it");
  if (problems.length > 0) {
    throw new DaemonError("ERR_TQD_DEBUGGING", { problem: problems.join("; ") });
  }
  const preloading = preloadingSwitches(options);
  if (preloading.length > 0) {
    log.warn(
      { preloading },
      "code was preloaded: it runs in this process and can read its secrets",
    );
  }
}

function refused(argument: string, where: string): string[] {
  const name = nameOf(argument);
  const found = REFUSED.find(({ names }) => names.test(name));
  return found === undefined ? [] : [`--${name}${where} ${found.reason}`];
}

/** `--heap_prof=x` and `-heap-prof` are both `heap-prof` to Node and V8. What is no switch has no name. */
function nameOf(argument: string): string {
  if (!argument.startsWith("-")) return "";
  const [name = ""] = argument.replace(/^-+/, "").split("=");
  return name.replaceAll("_", "-");
}

/** The words of NODE_OPTIONS as Node takes them apart: by spaces, but for those in double quotes. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    let character = text.charAt(at);
    if (character === "\\" && isQuoted && at + 1 < text.length) character = text.charAt(++at);
    else if (character === '"') {
      isQuoted = !isQuoted;
      continue;
    } else if (character === " " && !isQuoted) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    word += character;
  }
  return word === "" ? words : [...words, word];
}
