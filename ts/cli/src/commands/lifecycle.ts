/** `tq init`, `up`, `down` and `create`: makes, starts, stops and runs a rack on this machine. */
import path from "node:path";
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { readBootstore } from "../bootstore.ts";
import {
  reportUnchanged,
  changeConfiguration,
  currentRecord,
  shapeOf,
  unfinishedNote,
} from "../configuration-change.ts";
import { usageError } from "../context.ts";
import type { Context } from "../context.ts";
import { beginLedger, importBootstore, replicaFolders } from "../ledgers.ts";
import { freshIds, makeRack } from "../local-rack.ts";
import { startDaemon, stopDaemon } from "../processes.ts";
import { serialOf, shownPath } from "../rack.ts";
import { readRackFile } from "../rack-file.ts";

/** How many sleds a new rack has by default. */
const SLEDS_DEFAULT = 5;

/** Options of `init` and `up`. */
export interface MakeOptions {
  readonly sleds?: number;
  /** A folder of bootstore ledgers. */
  readonly from?: string;
}

/** `tq init`: makes the rack's folder, without starting anything. */
export async function init(context: Context, options: MakeOptions): Promise<void> {
  await make(context, options);
  const { rack, output } = context;
  output.line(
    `made a rack of ${rack.ids.length} sleds in ${shownPath(context.folder)}; \`tq up\` starts them`,
  );
  if (output.json) output.value({ result: "made", folder: context.folder, sleds: rack.ids });
}

/** `tq up`: starts the daemons of this machine, and makes the rack where there is none. */
export async function up(
  context: Context,
  names: readonly string[],
  options: MakeOptions & { readonly create: boolean },
): Promise<void> {
  if (readRackFile(context.folder) !== null) checkSame(context, options);
  else if (names.length === 0) await make(context, options);
  const { rack, output } = context;
  const wanted = names.length === 0 ? rack.local : names.map((name) => rack.find(name));
  if (wanted.length === 0) {
    throw usageError("no sled of this rack runs on this machine (none has a home in rack.toml)");
  }
  const started = new Map<BaseboardId, { pid: number; ran: boolean }>();
  await output.steps(
    wanted.map((id) => ({
      title: serialOf(id),
      task: async (_, task) => {
        const daemon = await startDaemon(context.localSled(id));
        started.set(id, daemon);
        task.title = `${serialOf(id)} ${daemon.ran ? "was up already" : "is up"}`;
      },
    })),
    { concurrent: true },
  );
  const note = unfinishedNote(context);
  const none = currentRecord(context) === undefined && note === null;
  if (none && rack.origin === "new" && names.length === 0 && options.create) {
    await form(context, rack.ids, output.json);
  }
  output.line(`${started.size} of ${rack.ids.length} sleds run in ${shownPath(context.folder)}`);
  if (none && rack.origin === "lrtq") {
    output.line("they run on the bootstore's shares; `tq upgrade` gives them a trust quorum");
  }
  if (note !== null) output.note(note);
  if (output.json) {
    const sleds = [...started].map(([id, { pid, ran }]) => ({ id, pid, ran }));
    output.value({ result: "up", folder: context.folder, sleds });
  }
}

/** `tq down`: stops daemons of this machine, all or some. */
export async function down(
  context: Context,
  names: readonly string[],
  options: { readonly force?: boolean },
): Promise<void> {
  const { rack, output } = context;
  const wanted = names.length === 0 ? rack.local : names.map((name) => rack.find(name));
  const stopped: BaseboardId[] = [];
  await output.steps(
    wanted.map((id) => ({
      title: serialOf(id),
      task: async (_, task) => {
        const ran = await stopDaemon(context.localSled(id), options.force === true);
        if (ran) stopped.push(id);
        task.title = `${serialOf(id)} ${ran ? "is stopped" : "was not running"}`;
      },
    })),
    { concurrent: true },
  );
  output.line(`${stopped.length} of ${wanted.length} sleds were stopped`);
  if (output.json) output.value({ result: "down", stopped: stopped.sort(compareBaseboardIds) });
}

/** `tq create`: forms the first configuration of a rack that never ran the bootstore. */
export async function create(
  context: Context,
  options: { readonly members?: readonly string[] },
): Promise<void> {
  const { rack } = context;
  if (rack.origin !== "new") {
    throw usageError("this rack ran the bootstore; `tq upgrade` gives it a trust quorum");
  }
  const current = currentRecord(context);
  if (current !== undefined) {
    const text = `the rack has a configuration already: epoch ${current.epoch} is committed`;
    return reportUnchanged(context, current, text);
  }
  const members = options.members?.map((name) => rack.find(name)) ?? rack.ids;
  await form(context, members, false);
}

async function form(
  context: Context,
  members: readonly BaseboardId[],
  silent: boolean,
): Promise<void> {
  // Sizes that cannot be are refused before anything is touched.
  shapeOf(members.length);
  const request = { kind: "initial", members } as const;
  const deadline = context.deadline();
  await context.withControlPlane((controlPlane) =>
    changeConfiguration(context, controlPlane, request, { deadline, silent }),
  );
}

async function make(context: Context, options: MakeOptions): Promise<void> {
  const { folder, callTimeoutMs: timeoutMs } = context;
  if (options.from === undefined) {
    const ids = freshIds(options.sleds ?? SLEDS_DEFAULT, []);
    const prepare = (id: BaseboardId, home: string) => beginLedger(id, home);
    context.use(await makeRack(folder, { origin: "new", ids, timeoutMs, prepare }));
    return;
  }
  const { rackId, sleds } = await readBootstore(path.resolve(options.from), options.sleds);
  const ids = [...sleds.keys()];
  const prepare = (id: BaseboardId, home: string) =>
    importBootstore({ self: id, folders: replicaFolders(home) }, sleds.get(id) ?? "");
  context.use(await makeRack(folder, { origin: "lrtq", rackId, ids, timeoutMs, prepare }));
}

/** A rack that exists is started as it is: other wishes are a mistake that must not pass silently. */
function checkSame(context: Context, options: MakeOptions): void {
  const { rack } = context;
  const here = `the rack in ${shownPath(context.folder)} exists already`;
  if (options.from !== undefined && rack.origin !== "lrtq") {
    throw usageError(
      `${here} and did not come from a bootstore; leave out --from, or name another --rack`,
    );
  }
  if (options.sleds !== undefined && options.sleds > rack.ids.length) {
    throw usageError(`${here} with ${rack.ids.length} sleds; \`tq member add\` adds more`);
  }
}
