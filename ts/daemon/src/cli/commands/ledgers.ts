/** `tq inspect`, `recover` and `import-lrtq`: what is on disk, without ever showing a share. */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  baseboardParts,
  decodeLedger,
  decodeLrtqLedger,
  isTrustQuorumError,
  nativeCrypto,
  wipeState,
} from "trust-quorum";
import type { LrtqState, PersistentState } from "trust-quorum";
import { OperatorError, messageOf } from "../../client/errors.ts";
import { configurationJson } from "../../sled/json.ts";
import { usageError } from "../context.ts";
import type { Context } from "../context.ts";
import { importBootstore } from "../ledgers.ts";
import { findDaemon } from "../processes.ts";
import { serialOf } from "../rack.ts";

/** The file of a ledger in a replica's folder. */
const LEDGER_FILE = "ledger.json";

/** `tq inspect` */
export function inspect(context: Context, given: string): void {
  const { output } = context;
  const file = ledgerFile(given);
  const facts = readFacts(file);
  if (output.json) {
    output.value(facts);
    return;
  }
  const rows = Object.entries(facts).filter(([, value]) => !Array.isArray(value));
  output.line(
    output.table(
      ["", file],
      rows.map(([name, value]) => [name, text(value)]),
    ),
  );
  if (!("configurations" in facts)) return;
  output.line();
  const list = facts.configurations.map(({ config, shareDigest, committed }) => [
    String(config.epoch),
    String(config.members.length),
    String(config.threshold),
    serialOfText(config.coordinator),
    committed ? "committed" : "prepared",
    shareDigest ?? "none",
  ]);
  output.line(output.table(["EPOCH", "N", "K", "COORDINATOR", "", "DIGEST OF ITS SHARE"], list));
}

/** `tq recover` */
export async function recover(
  context: Context,
  name: string | undefined,
  options: {
    readonly journal?: boolean;
    readonly gone?: readonly string[];
    readonly dryRun?: boolean;
  },
): Promise<void> {
  const { rack } = context;
  if (options.journal === true) {
    if (name !== undefined)
      throw usageError("--journal concerns the whole rack: leave out the sled");
    await recoverJournal(
      context,
      (options.gone ?? []).map((sled) => rack.find(sled)),
    );
    return;
  }
  throw usageError("name the sled whose ledger is to be repaired, or say --journal");
}

async function recoverJournal(context: Context, gone: readonly string[]): Promise<void> {
  const { output } = context;
  await context.withPlane(async (plane) => {
    const { records, notes } = await plane.rebuild(new Set(gone) as never);
    for (const note of notes) output.note(note);
    output.line(
      records.length === 0
        ? "no sled holds a configuration: there is nothing to rebuild"
        : `rebuilt ${records.length} records up to epoch ${records.at(-1)?.epoch ?? 0} from what the sleds hold`,
    );
    if (output.json) output.value({ result: "rebuilt", records: records.length, notes });
  });
}

/** `tq import-lrtq` */
export async function importLedger(context: Context, file: string, name: string): Promise<void> {
  const { rack, output } = context;
  const id = rack.find(name);
  const home = rack.home(id);
  if ((await findDaemon(context.localSled(id))).kind !== "down") {
    throw usageError(`${serialOf(id)} runs; stop it first (\`tq down ${serialOf(id)}\`)`);
  }
  await importBootstore(id, path.resolve(file), home);
  output.line(`${serialOf(id)} has the share of ${file}, which stays as it is`);
  if (output.json) output.value({ result: "imported", sled: id });
}

function ledgerFile(given: string): string {
  try {
    return statSync(given).isDirectory() ? path.join(given, LEDGER_FILE) : given;
  } catch (cause) {
    const text = `${given} cannot be read: ${messageOf(cause)}`;
    throw new OperatorError("ERR_TQ_CLI_LEDGER", text, { cause });
  }
}

function readFacts(file: string) {
  const crypto = nativeCrypto();
  const sha3 = (data: Uint8Array) => crypto.sha3_256(data);
  let bytes: Buffer | undefined;
  try {
    bytes = readFileSync(file);
    try {
      const { generation, state } = decodeLedger(bytes, sha3);
      try {
        return trustQuorumFacts(generation, state, sha3);
      } finally {
        wipeState(state);
      }
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      const lrtq = tryLrtq(bytes, sha3);
      if (lrtq === null) throw error;
      return lrtq;
    }
  } catch (cause) {
    const why = isTrustQuorumError(cause) ? `${cause.message} (${cause.code})` : messageOf(cause);
    throw new OperatorError("ERR_TQ_CLI_LEDGER", `${file} cannot be read: ${why}`, { cause });
  } finally {
    bytes?.fill(0);
  }
}

function trustQuorumFacts(
  generation: number,
  state: PersistentState,
  sha3: (data: Uint8Array) => Uint8Array,
) {
  const { lrtq, configs, shares, commits, expunged } = state;
  return {
    kind: "trust quorum",
    generation,
    bootstoreShareDigest: lrtq === null ? null : hex(sha3(lrtq.share.bytes)),
    committed: Math.max(0, ...commits) || null,
    removed: expunged === null ? null : `epoch ${expunged.epoch}, by ${expunged.from}`,
    configurations: [...configs.values()].map((config) => {
      const share = shares.get(config.epoch);
      return {
        config: configurationJson(config),
        shareDigest: share === undefined ? null : hex(sha3(share.bytes)),
        committed: commits.has(config.epoch),
      };
    }),
  };
}

function tryLrtq(bytes: Uint8Array, sha3: (data: Uint8Array) => Uint8Array) {
  try {
    const { generation, state } = decodeLrtqLedger(bytes, sha3);
    return { kind: "bootstore (LRTQ)", generation, state: state.kind, ...lrtqFacts(state, sha3) };
  } catch (error) {
    if (isTrustQuorumError(error)) return null;
    throw error;
  }
}

function lrtqFacts(state: LrtqState, sha3: (data: Uint8Array) => Uint8Array) {
  if (state.kind !== "initialMember" && state.kind !== "learned") return {};
  const { common } = state;
  const shareDigest = hex(sha3(common.share.bytes));
  common.share.wipe();
  return { rack: common.rackId, threshold: common.threshold, shareDigest };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "-";
}

function serialOfText(id: string): string {
  return baseboardParts(id as never).serialNumber;
}
