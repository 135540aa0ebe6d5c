/**
 * The commands, each loaded when it runs: most of what they import (HTTP client, schemas, certificates,
 * terminal output) is not needed to print a version, a help text or an error of usage, and takes several
 * times as long to load as the command line takes to parse.
 */

type Command<F> = F extends (...args: infer Args) => unknown
  ? (...args: Args) => Promise<void>
  : never;

/** A function of a module that is loaded with the first call. */
function lazily<Module extends object, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
): Command<Module[Name]> {
  const run = async (...args: readonly unknown[]): Promise<void> => {
    const command = (await load())[name] as (...args: readonly unknown[]) => unknown;
    await command(...args);
  };
  return run as Command<Module[Name]>;
}

const members = () => import("./members.ts");
const journal = () => import("./journal.ts");
const ledgers = () => import("./ledgers.ts");
const lifecycle = () => import("./lifecycle.ts");
const original = () => import("./original.ts");
const unlocking = () => import("./unlock.ts");

export const memberAdd = lazily(members, "memberAdd");
export const memberList = lazily(members, "memberList");
export const memberRemove = lazily(members, "memberRemove");
export const upgrade = lazily(members, "upgrade");
export const doctor = lazily(() => import("./doctor.ts"), "doctor");
export const abort = lazily(journal, "abort");
export const history = lazily(journal, "history");
export const resume = lazily(journal, "resume");
export const importLedger = lazily(ledgers, "importLedger");
export const inspect = lazily(ledgers, "inspect");
export const recoverCommand = lazily(ledgers, "recoverCommand");
export const exportLedger = lazily(original, "exportLedger");
export const takeOver = lazily(original, "takeOver");
export const create = lazily(lifecycle, "create");
export const down = lazily(lifecycle, "down");
export const init = lazily(lifecycle, "init");
export const up = lazily(lifecycle, "up");
export const log = lazily(() => import("./log.ts"), "log");
export const migrate = lazily(() => import("./migrate.ts"), "migrate");
export const status = lazily(() => import("./status.ts"), "status");
export const key = lazily(unlocking, "key");
export const unlock = lazily(unlocking, "unlock");
export const verify = lazily(() => import("./verify.ts"), "verify");
