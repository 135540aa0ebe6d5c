/** `tq upgrade`, `member add|remove|list`: who belongs to the rack. */
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId, Epoch } from "trust-quorum";
import type { ConfigurationRecord } from "trust-quorum/control";
import { OperatorError, isOperatorError } from "@trust-quorum/api/client/errors";
import type { ChangeRequest } from "@trust-quorum/control-plane/control-plane";
import { readRackJournal } from "@trust-quorum/control-plane/journal-folder";
import { survey } from "@trust-quorum/control-plane/survey";
import {
  reportUnchanged,
  changeConfiguration,
  currentRecord,
  planJson,
  planOf,
  shapeOf,
  showPlan,
} from "../configuration-change.ts";
import { usageError } from "../context.ts";
import type { Context } from "../context.ts";
import { beginLedger } from "../ledgers.ts";
import { addLocalSled, freshIds, newId } from "../local-rack.ts";
import { startDaemon } from "../processes.ts";
import { serialOf } from "../rack.ts";

/** Options of every change. */
export interface ChangeOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly coordinator?: string;
}

/** `tq upgrade`: from the bootstore to a trust quorum. */
export async function upgrade(
  context: Context,
  options: ChangeOptions & { readonly members?: readonly string[] },
): Promise<void> {
  const { rack } = context;
  if (rack.origin !== "lrtq") {
    throw usageError("this rack never ran the bootstore: there is nothing to upgrade from");
  }
  const committed = currentRecord(context);
  if (committed !== undefined) {
    const text = `the rack has a trust quorum already: epoch ${committed.epoch} is committed`;
    return reportUnchanged(context, committed, text);
  }
  const members =
    options.members === undefined
      ? await sledsWithShare(context)
      : options.members.map((name) => rack.find(name));
  await planAndChange(
    context,
    requestOf(context, "upgradeFromLrtq", members, options, null),
    options,
  );
}

/** `tq member add`: sleds join; without a name a new one is made and started on this machine. */
export async function memberAdd(
  context: Context,
  names: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const current = committedOrThrow(context);
  const old = [...current.members.keys()];
  const begun = names.length === 0 ? begunAddition(context, old) : null;
  const added = begun ?? addedSleds(context, names, current);
  const joining = added.filter((id) => !old.includes(id));
  if (joining.length === 0) {
    return reportUnchanged(context, current, `${added.map(serialOf).join(", ")}: a member already`);
  }
  const members = [...new Set([...old, ...joining])];
  const request = requestOf(context, "reconfigure", members, options, current.epoch);
  if (options.dryRun !== true) await start(context, joining);
  await refuseLeftOut(context, joining, current.epoch);
  await planAndChange(context, request, options);
}

/** `tq member remove`: sleds leave, for good. */
export async function memberRemove(
  context: Context,
  names: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const { rack, output } = context;
  const current = committedOrThrow(context);
  const removed = [...new Set(names.map((name) => rack.find(name)))];
  const members = [...current.members.keys()].filter((id) => !removed.includes(id));
  if (members.length === current.members.size) {
    return reportUnchanged(context, current, `${removed.map(serialOf).join(", ")}: no member`);
  }
  const request = requestOf(context, "reconfigure", members, options, current.epoch);
  const sure = async () => {
    if (options.yes === true) return;
    for (const id of removed) await confirm(context, serialOf(id));
  };
  await planAndChange(context, request, options, sure);
  if (options.dryRun === true) return;
  for (const serial of removed.map(serialOf)) {
    output.note(
      `${serial} has no share of this epoch; stop it (\`tq down ${serial}\`) and reset it before it is used again`,
    );
  }
}

/** `tq member list`: the members of the committed configuration. */
export function memberList(context: Context): void {
  const { output } = context;
  const current = committedOrThrow(context);
  const members = [...current.members];
  const shape = shapeOf(members.length);
  if (output.json) {
    const list = members.map(([id, { state }], index) => ({ id, x: index + 1, state }));
    output.value({ epoch: current.epoch, ...shape, members: list });
    return;
  }
  const rows = members.map(([id, { state }], index) => [
    serialOf(id),
    id.slice(0, id.indexOf(":")),
    String(index + 1),
    state,
    id === current.coordinator ? "coordinated it" : "",
  ]);
  output.line(output.table(["SLED", "PART", "SHARE", "STATE", ""], rows));
  output.line();
  output.line(
    `epoch ${current.epoch}: N = ${shape.members}, K = ${shape.threshold}, Z = ${shape.commitCrashTolerance}; ${shape.tolerance} may be lost`,
  );
}

async function planAndChange(
  context: Context,
  request: ChangeRequest,
  options: ChangeOptions,
  sure: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { output } = context;
  const plan = planOf(request, currentRecord(context));
  showPlan(context, plan);
  if (options.dryRun === true) {
    output.line("nothing was changed (--dry-run)");
    if (output.json) output.value({ result: "planned", ...planJson(plan) });
    return;
  }
  await sure();
  const deadline = context.deadline();
  await context.withControlPlane((controlPlane) =>
    changeConfiguration(context, controlPlane, request, { deadline }),
  );
}

function requestOf(
  context: Context,
  kind: ChangeRequest["kind"],
  members: readonly BaseboardId[],
  options: ChangeOptions,
  basedOn: Epoch | null,
): ChangeRequest {
  const { coordinator } = options;
  // Sizes that cannot be are refused before anything is touched.
  shapeOf(members.length);
  return {
    kind,
    members: [...members].sort(compareBaseboardIds),
    coordinator: coordinator === undefined ? undefined : context.rack.find(coordinator),
    // The plan is shown, and a person asked, before the journal is locked.
    basedOn,
  };
}

/** Every sled that holds a share of the bootstore's; all of them have to answer. */
async function sledsWithShare(context: Context): Promise<BaseboardId[]> {
  const latest = latestRecord(context);
  // What was begun goes on with the members that it began with.
  if (latest?.state === "preparing_lrtq_upgrade") return [...latest.members.keys()];
  const { answers, failures } = await survey(context.rack.sleds);
  const [silent] = failures;
  if (silent !== undefined) {
    const [id, error] = silent;
    const text = `${error.message}; bring it up (\`tq up ${serialOf(id)}\`), or name those that take part with --members`;
    throw new OperatorError("ERR_TQ_CLI_UNREACHABLE", text);
  }
  return [...answers].flatMap(([id, { node }]) => (node.persistentState.hasLrtqShare ? [id] : []));
}

/** What a `tq member add` without a name had begun when it was stopped. */
function begunAddition(context: Context, old: readonly BaseboardId[]): BaseboardId[] | null {
  const latest = latestRecord(context);
  if (latest?.state !== "preparing") return null;
  const members = [...latest.members.keys()];
  return old.every((id) => members.includes(id)) ? members : null;
}

function addedSleds(
  context: Context,
  names: readonly string[],
  current: ConfigurationRecord,
): BaseboardId[] {
  const { rack } = context;
  const runsHere = rack.local.length > 0;
  if (names.length === 0) {
    if (!runsHere) throw usageError("name the sled that joins: its serial number in rack.toml");
    return [spareSled(context, current) ?? (freshIds(1, rack.ids)[0] as BaseboardId)];
  }
  return names.map((name) => {
    try {
      return rack.find(name);
    } catch (error) {
      // On this machine a sled that does not exist is made.
      if (isOperatorError(error, "ERR_TQ_CLI_UNKNOWN_SLED") && runsHere) {
        return newId(name, rack.ids);
      }
      throw error;
    }
  });
}

/**
 * Refuses sleds that hold a configuration from before the committed one, which left them out: the
 * others may tell them at any time that they are expunged, and that is for good.
 */
async function refuseLeftOut(
  context: Context,
  joining: readonly BaseboardId[],
  committed: Epoch,
): Promise<void> {
  const { sleds } = context.rack;
  const { answers } = await survey(new Map([...sleds].filter(([id]) => joining.includes(id))));
  for (const [id, { node }] of answers) {
    const { configs, expunged } = node.persistentState;
    const latest = Math.max(0, ...configs);
    if (expunged === null && (latest === 0 || latest > committed)) continue;
    const text = `${serialOf(id)} belonged to this rack before epoch ${committed} left it out, and can only come back empty: stop it, empty both of its ledger folders and start it again, or add another sled`;
    throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
  }
}

/**
 * A sled that was made here and that no committed configuration has or has left out: left over from
 * what was stopped.
 */
function spareSled(context: Context, current: ConfigurationRecord): BaseboardId | undefined {
  const { records } = readRackJournal(context.rack.paths.folder);
  const used = records.filter(({ state, epoch }) => state !== "aborted" || epoch < current.epoch);
  const ever = new Set([
    ...current.members.keys(),
    ...used.flatMap(({ members }) => [...members.keys()]),
  ]);
  return context.rack.local.find((id) => !ever.has(id));
}

/** Starts the sleds that join and run on this machine; makes those that do not exist. */
async function start(context: Context, added: readonly BaseboardId[]): Promise<void> {
  const { rack, output } = context;
  const here = added.filter((id) => !rack.ids.includes(id) || rack.local.includes(id));
  if (here.length === 0) return;
  await output.steps(
    here.map((id) => ({
      title: serialOf(id),
      task: async (_, task) => {
        const known = rack.ids.includes(id);
        if (!known) await addLocalSled(rack, id, beginLedger);
        const { ran } = await startDaemon(context.localSled(id));
        const what = ran ? "is up" : known ? "is started" : "is made and started";
        task.title = `${serialOf(id)} ${what}`;
      },
    })),
  );
}

async function confirm(context: Context, serial: string): Promise<void> {
  const question = `${serial} leaves for good. Type its serial number to go on: `;
  const answer = await context.output.ask(question);
  if (answer === null) {
    throw usageError(`removing ${serial} needs a person at a terminal, or --yes`);
  }
  if (answer.trim() === serial) return;
  throw new OperatorError("ERR_TQ_CLI_NOT_DONE", `that is not ${serial}; nothing was changed`);
}

function latestRecord(context: Context): ConfigurationRecord | undefined {
  return readRackJournal(context.rack.paths.folder).records.at(-1);
}

function committedOrThrow(context: Context): ConfigurationRecord {
  const current = currentRecord(context);
  if (current !== undefined) return current;
  const how = context.rack.origin === "lrtq" ? "`tq upgrade`" : "`tq create`";
  const text = `no configuration is committed yet: ${how} makes the first; where the journal was lost, \`tq recover --journal\``;
  throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
}
