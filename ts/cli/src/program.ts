/** The command tree of `tq`: names, arguments, options, help with examples. Commands live elsewhere. */
import { Command, InvalidArgumentError, Option } from "commander";
import { ABORT_REASON_MAX } from "trust-quorum/control";
import { MEMBERS_MAX, MEMBERS_MIN } from "trust-quorum/protocol";
import { KEY_BYTES_DEFAULT, KEY_BYTES_MAX, KEY_BYTES_MIN } from "@trust-quorum/api/limits";
import { SHELLS, completionScript } from "./commands/completion.ts";
import type { Shell } from "./commands/completion.ts";
import {
  abort,
  create,
  doctor,
  down,
  exportLedger,
  history,
  importLedger,
  init,
  inspect,
  key,
  log,
  memberAdd,
  memberList,
  memberRemove,
  migrate,
  recoverCommand,
  resume,
  status,
  takeOver,
  unlock,
  up,
  upgrade,
  verify,
} from "./commands/lazy.ts";
import type { RecoverOptions } from "./commands/ledgers.ts";
import type { ExportOptions, TakeOverOptions } from "./commands/original.ts";
import type { KeyOptions } from "./commands/unlock.ts";
import type { CommonOptions, Context } from "./context.ts";
import { CHANGE_TIMEOUT_S, RACK_DEFAULT } from "./defaults.ts";

/** The option of commands on the ledger of one stopped sled. */
const CONFIG_OPTION = [
  "--config <file>",
  "instead of the sled: its daemon's configuration (run it as its user)",
] as const;

const TIMEOUT_S_MAX = 86_400;

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed; the error says what to do
  2  invalid usage
  3  not there yet, and can be: run it again (or \`tq resume\`)
  4  another tq works on this rack

Environment:
  TQ_RACK   the rack's folder where --rack does not name one
  NO_COLOR  no colors`;

/** Builds the tree. */
export function program(version: string): Command {
  const tq = new Command("tq")
    .description("Drives a rack's trust quorum: from the bootstore's ledgers to unlocked disks.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this text")
    .showSuggestionAfterError()
    .addHelpText("after", EXIT_CODES);
  tq.helpCommand("help [command]", "print the help of a command");
  lifecycle(tq);
  looking(tq);
  changing(tq);
  secrets(tq);
  ledgerCommands(tq);
  shell(tq);
  return tq;
}

function lifecycle(tq: Command): void {
  const sleds = () =>
    new Option(
      "--sleds <n>",
      `how many sleds the rack is made with, ${MEMBERS_MIN} to ${MEMBERS_MAX} (default: 5, or all ledgers of --from)`,
    ).argParser(integer(MEMBERS_MIN, MEMBERS_MAX));
  const from = () =>
    new Option(
      "--from <dir>",
      "a folder of bootstore ledgers (SERIAL.json), which stay as they are",
    );
  add(
    tq,
    "init",
    "make a rack's folder: a private authority, and each sled's certificate and ledgers",
    ["tq init --sleds 5", "tq init --rack /srv/rack --from testdata/lrtq-ledgers/5-sleds"],
  )
    .addOption(sleds())
    .addOption(from())
    .action(run((context, options: { sleds?: number; from?: string }) => init(context, options)));
  add(
    tq,
    "up [sled...]",
    "start the sleds of this machine, and make the rack where there is none",
    ["tq up --sleds 5 --from testdata/lrtq-ledgers/5-sleds", "tq up", "tq up BRM42220001"],
  )
    .addOption(sleds())
    .addOption(from())
    .option("--no-create", "leave a new rack without its first configuration")
    .action(
      runNames((context, names, options: { sleds?: number; from?: string; create: boolean }) =>
        up(context, names, options),
      ),
    );
  add(tq, "down [sled...]", "stop sleds of this machine gracefully, all or some", [
    "tq down",
    "tq down BRM42220001",
  ])
    .option("--force", "kill a daemon that does not stop in time")
    .action(
      runNames((context, names, options: { force?: boolean }) => down(context, names, options)),
    );
}

function looking(tq: Command): void {
  add(tq, "status", "show the rack: per sled its lock, epochs, peers, alarms, and who is missing", [
    "tq status",
    "tq status --watch",
    "tq status --json",
    "tq status --check && mount-disks",
  ])
    .option("--watch", "show it again every second until Ctrl-C")
    .option("--check", "end with 3 unless every member is unlocked")
    .action(
      run((context, options: { watch?: boolean; check?: boolean }) => status(context, options)),
    );
  add(tq, "doctor", "check disks, clocks, certificates, peers and limits, and say what to do", [
    "tq doctor",
    "tq doctor --json",
  ]).action(run((context) => doctor(context)));
  add(
    tq,
    "verify [sled...]",
    "have sleds read their ledgers' two disks again, and mend one from the other",
    ["tq verify", "tq verify BRM42220001", "tq verify --json"],
  ).action(runNames((context, names) => verify(context, names)));
  add(tq, "history", "list every configuration that was ever proposed", [
    "tq history",
    "tq history --json",
  ]).action(run((context) => history(context)));
  add(tq, "log", "collect the sleds' event logs, for tq-debug", [
    "tq log --output rack-log",
    "tq log --output rack-log BRM42220001",
  ])
    .argument("[sled...]", "serial numbers or part:serial (default: all)")
    .requiredOption(
      "-o, --output <dir>",
      "a folder that is made; a file in it is never overwritten",
    )
    .action(
      runNames((context, names, options: { output: string }) => log(context, names, options)),
    );
}

function changing(tq: Command): void {
  const dryRun = () => new Option("--dry-run", "only show what would change");
  const coordinator = () =>
    new Option("--coordinator <sled>", "who coordinates (default: the first that can)");
  add(tq, "create", "form the first configuration of a rack that never ran the bootstore", [
    "tq create",
    "tq create --members TRY00001 TRY00002 TRY00003",
  ])
    .option("--members <sleds...>", "who takes part (default: every sled of the rack)")
    .action(run((context, options: { members?: string[] }) => create(context, options)));
  add(tq, "upgrade", "give a rack that runs the bootstore a trust quorum", [
    "tq upgrade --dry-run",
    "tq upgrade",
  ])
    .option("--members <sleds...>", "who takes part (default: every sled with a share)")
    .addOption(dryRun())
    .addOption(coordinator())
    .action(
      run((context, options: { members?: string[]; dryRun?: boolean; coordinator?: string }) =>
        upgrade(context, options),
      ),
    );
  const member = tq.command("member").description("add, remove or list the rack's members");
  member.helpOption("-h, --help", "print this text");
  add(member, "add [sled...]", "let sleds join; without a name a new one is made on this machine", [
    "tq member add --dry-run",
    "tq member add BRM42230001",
  ])
    .addOption(dryRun())
    .addOption(coordinator())
    .action(
      runNames((context, names, options: { dryRun?: boolean; coordinator?: string }) =>
        memberAdd(context, names, options),
      ),
    );
  add(member, "remove <sled...>", "let sleds leave, for good", [
    "tq member remove --dry-run BRM42220001",
    "tq member remove --yes BRM42220001",
  ])
    .addOption(dryRun())
    .addOption(coordinator())
    .option("-y, --yes", "do not ask for the serial number")
    .action(
      runNames(
        (context, names, options: { dryRun?: boolean; coordinator?: string; yes?: boolean }) =>
          memberRemove(context, names, options),
      ),
    );
  add(member, "list", "list the members of the committed configuration", ["tq member list"]).action(
    run((context) => memberList(context)),
  );
  add(tq, "resume", "finish what a tq that was stopped had begun", ["tq resume"]).action(
    run((context) => resume(context)),
  );
  add(tq, "abort", "give up the configuration that is being prepared", [
    'tq abort --reason "sled 7 is being replaced first"',
  ])
    .addOption(
      new Option("--reason <text>", "why, for the history")
        .default("an operator gave it up")
        .argParser(text(ABORT_REASON_MAX)),
    )
    .action(run((context, options: { reason: string }) => abort(context, options)));
}

function secrets(tq: Command): void {
  add(
    tq,
    "unlock [sled...]",
    "load the rack secret on sleds (they do it by themselves after a cold boot)",
    ["tq unlock --wait", "tq unlock --wait --timeout 300 BRM42220001"],
  )
    .option("--wait", "wait until they are unlocked")
    .action(
      runNames((context, names, options: { wait?: boolean }) => unlock(context, names, options)),
    );
  add(
    tq,
    "key <sled>",
    "derive a disk's key and write its bytes to a descriptor or file, never a terminal",
    [
      "tq key BRM42220001 --purpose zfs --disk S6ABC --output /run/keys/S6ABC",
      "tq key BRM42220001 --purpose zfs --disk S6ABC --fd 1 | zfs load-key pool",
      "tq key BRM42220001 --derivation original --vendor 1b96 --model WUS4C6432DSP3X3 --serial A084E4F0C --fd 3 3>KEY",
    ],
  )
    .option("--purpose <text>", "what the key is for")
    .option("--disk <id>", "which disk it is for")
    .addOption(
      new Option(
        "--derivation <name>",
        "how it is derived: `original` as the original does, for disks that it has encrypted",
      )
        .choices(["trust-quorum", "original"])
        .default("trust-quorum"),
    )
    .option("--vendor <text>", "original: the drive's vendor")
    .option("--model <text>", "original: the drive's model")
    .option("--serial <text>", "original: the drive's serial number")
    .option("--epoch <n>", "from the secret of this epoch (default: the latest)", integer(1))
    .option(
      "--length <bytes>",
      `${KEY_BYTES_MIN} to ${KEY_BYTES_MAX} (default: ${KEY_BYTES_DEFAULT})`,
      integer(KEY_BYTES_MIN, KEY_BYTES_MAX),
    )
    .option("--fd <n>", "write it to this open descriptor", integer(0, 1_000_000))
    .option("-o, --output <file>", "write it to this new file, with mode 0600")
    .option("--force", "with --output: replace a key of yours that is there already")
    .action(runName((context, name, options: KeyOptions) => key(context, name, options)));
}

function ledgerCommands(tq: Command): void {
  add(tq, "inspect <ledger>", "show a ledger's contents: digests, never shares", [
    "tq inspect rack/sleds/BRM42220001/ledger-a",
    "tq inspect testdata/lrtq-ledgers/5-sleds/BRM42220001.json",
  ]).action(runName((context, file) => inspect(context, file)));
  add(
    tq,
    "recover [sled]",
    "repair a stopped sled's ledger, or rebuild a lost journal from the sleds",
    [
      "tq recover BRM42220001 --dry-run",
      "tq recover BRM42220001",
      "tq recover BRM42220001 --mode rebuild-a",
      "tq recover --config /etc/tqd/main.toml",
      "tq recover --journal",
      "tq recover --journal --gone BRM42220015",
    ],
  )
    .option(...CONFIG_OPTION)
    .option("--journal", "rebuild the control plane's journal from what the sleds hold")
    .option("--gone <sleds...>", "with --journal: sleds that are lost for good")
    .addOption(new Option("--dry-run", "only show what would be done"))
    .option("--mode <mode>", "what to do, where there is more than one way; it is shown before")
    .option("--accept-loss <phrase>", "what is otherwise asked for where something may be lost")
    .action(
      runOptionalName((context, name, options: RecoverOptions) =>
        recoverCommand(context, name, options),
      ),
    );
  add(
    tq,
    "migrate",
    "move what an earlier version keeps elsewhere; until then one can go back to that version",
    ["tq migrate --dry-run", "tq migrate"],
  )
    .addOption(new Option("--dry-run", "only show what would be moved"))
    .action(run((context, options: { dryRun?: boolean }) => migrate(context, options)));
  const sled = () =>
    new Option("--sled <sled>", "the sled of this machine that it is for; it is stopped");
  add(
    tq,
    "import <original...>",
    "take a sled over from the original's disks: their folders, all of them; the files stay as they are",
    [
      "tq import --sled BRM42220001 /mnt/m2-a/cluster /mnt/m2-b/cluster --dry-run",
      "tq import --config /etc/tqd/main.toml /mnt/m2-a/cluster /mnt/m2-b/cluster",
    ],
  )
    .addOption(sled())
    .option(...CONFIG_OPTION)
    .addOption(new Option("--dry-run", "read and check everything, and change nothing"))
    .option(
      "--single-copy",
      "go on with one copy where the others are lost; what only they held, and the sled has acknowledged, is forgotten",
    )
    .action(
      runNames((context, paths, options: TakeOverOptions) => takeOver(context, paths, options)),
    );
  add(
    tq,
    "export <folder...>",
    "hand a stopped sled back to the original: its files into these folders, and this ledger is sealed",
    [
      "tq export --sled BRM42220001 --dry-run original/disk-a original/disk-b",
      "tq export --sled BRM42220001 original/disk-a original/disk-b",
      "tq export --config /etc/tqd/main.toml --yes /var/lib/tqd/m2-a /var/lib/tqd/m2-b",
    ],
  )
    .addOption(sled())
    .option(...CONFIG_OPTION)
    .addOption(new Option("--dry-run", "find out whether it can be done, and change nothing"))
    .option("-y, --yes", "do not ask for the serial number")
    .action(
      runNames((context, folders, options: ExportOptions) =>
        exportLedger(context, folders, options),
      ),
    );
  add(
    tq,
    "import-lrtq <ledger> [sled]",
    "put a bootstore ledger into a sled that is new; the file stays as it is",
    [
      "tq import-lrtq /mnt/bootstore/BRM42220001.json BRM42220001",
      "tq import-lrtq /mnt/bootstore/BRM42220001.json --config /etc/tqd/main.toml",
    ],
  )
    .option(...CONFIG_OPTION)
    .action(
      action((context, [file, name], options) =>
        importLedger(context, file as string, name as string | undefined, options),
      ),
    );
}

function shell(tq: Command): void {
  tq.command("completion")
    .description("print a completion script for a shell")
    .helpOption("-h, --help", "print this text")
    .argument("<shell>", SHELLS.join(", "), oneOf(SHELLS))
    .addHelpText("after", examples(["source <(tq completion bash)", "tq completion fish | source"]))
    .action((name: Shell) => {
      process.stdout.write(completionScript(tq, name));
    });
}

/** A command with the options that all have. */
function add(
  parent: Command,
  usage: string,
  description: string,
  shown: readonly string[],
): Command {
  return parent
    .command(usage)
    .description(description)
    .helpOption("-h, --help", "print this text")
    .allowExcessArguments(false)
    .option("--rack <dir>", `the rack's folder (default: $TQ_RACK, else ./${RACK_DEFAULT})`)
    .option("--json", "print JSON for programs")
    .option(
      "--timeout <seconds>",
      `when to give up (default: ${CHANGE_TIMEOUT_S})`,
      integer(1, TIMEOUT_S_MAX),
    )
    .addHelpText("after", examples(shown));
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

type Run = (context: Context, args: readonly unknown[], options: never) => Promise<void> | void;

/** An action that opens the context and closes it again, whatever happens. */
function action(body: Run): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    // Commander passes the arguments, then the options, then the command.
    const options = given.at(-2) as CommonOptions;
    const { Context } = await import("./context.ts");
    const context = new Context(options);
    try {
      await body(context, given.slice(0, -2), options as never);
    } finally {
      await context.close();
    }
  };
}

type Body<Args extends readonly unknown[]> = (...args: Args) => Promise<void> | void;

function run(body: Body<[context: Context, options: never]>) {
  return action((context, _, options) => body(context, options));
}

function runName(body: Body<[context: Context, name: string, options: never]>) {
  return action((context, [name], options) => body(context, name as string, options));
}

function runOptionalName(body: Body<[context: Context, name: string | undefined, options: never]>) {
  return action((context, [name], options) => body(context, name as string | undefined, options));
}

function runNames(body: Body<[context: Context, names: readonly string[], options: never]>) {
  return action((context, [names], options) => body(context, (names ?? []) as string[], options));
}

function integer(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) {
  return (value: string): number => {
    const number = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    const limit =
      maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`It is a whole number, ${limit}.`);
  };
}

function text(charactersMax: number) {
  return (value: string): string => {
    if (value.trim() !== "" && value.length <= charactersMax) return value;
    throw new InvalidArgumentError(`It is a text of 1 to ${charactersMax} characters.`);
  };
}

function oneOf<T extends string>(values: readonly T[]) {
  return (value: string): T => {
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It is one of ${values.join(", ")}.`);
  };
}
