/**
 * The files that the original keeps on each of its boot disks: `trust-quorum-state.json`, its ledger, and
 * `trust-quorum-network-config.json`. They are opened for nothing but reading.
 *
 * The original goes on where a write succeeded on one disk only. So one copy may be older than what the
 * sled has acknowledged, and which of them is the newest shows only where all are there. Every copy that is
 * given has to be readable, of this sled, and of one history with the others.
 */
import { lstat, stat } from "node:fs/promises";
import path from "node:path";
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { LEDGER_BYTES_MAX, decodeLedger, wipeState } from "trust-quorum/ledger";
import type { DecodedLedger } from "trust-quorum/ledger";
import { rackIdOf } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import { DaemonError, hasCode, problemOf } from "../errors.ts";
import { covers } from "./decide.ts";
import { hex, sha3 } from "./digest.ts";
import { readForeignFile } from "./node-file-system.ts";
import type { ForeignFile } from "./node-file-system.ts";
import { decodeOriginalNetworkConfig } from "./original-network-config.ts";
import { ORIGINAL_NETWORK_FILE, ORIGINAL_STATE_FILE } from "./replica-folder.ts";
import type { NetworkConfig } from "./types.ts";

/** The most copies that are taken; the original has two. */
export const ORIGINAL_COPIES_MAX = 8;

/** A ledger must leave room for the saves that follow. */
const GENERATION_MAX = 2 ** 52;

/** Which files, and whose they have to be. */
export interface OriginalSources {
  /**
   * Folders with the original's files, one of each of its disks, or the files themselves, told apart by
   * what is in them.
   */
  readonly paths: readonly string[];
  readonly self: BaseboardId;
  /** The rack that the sled belongs to, where that is known. */
  readonly rackId?: RackId | undefined;
  /**
   * Goes on with one copy where the others are lost. What only another copy held is forgotten: a
   * configuration or commit that this sled has acknowledged and that others count on.
   */
  readonly singleCopy?: boolean | undefined;
}

/** A file that was read. */
export interface OriginalFile {
  readonly file: string;
  /** The SHA3-256 of its bytes, in hex. */
  readonly digest: string;
}

/** What the original's copies say together. */
export interface OriginalLedger {
  /** That of the highest generation. The shares are the caller's to wipe. */
  readonly ledger: DecodedLedger;
  readonly rackId: RackId;
  readonly networkConfig: NetworkConfig | null;
  /** How many copies of the ledger were read. */
  readonly copies: number;
  readonly files: readonly OriginalFile[];
}

type State = OriginalFile & { readonly kind: "state"; readonly ledger: DecodedLedger };
type Network = OriginalFile & { readonly kind: "network"; readonly config: NetworkConfig };

/**
 * Reads the original's copies, all of them, and takes what has the highest generation.
 *
 * @throws DaemonError `ERR_TQD_ORIGINAL_UNUSABLE`, `ERR_TQD_ORIGINAL_CORRUPT`,
 * `ERR_TQD_ORIGINAL_FOREIGN`, `ERR_TQD_ORIGINAL_COPY_MISSING`, `ERR_TQD_ORIGINAL_CONTRADICTION`
 */
export async function readOriginal(sources: OriginalSources): Promise<OriginalLedger> {
  const states: State[] = [];
  const networks: Network[] = [];
  let chosen: State | undefined;
  try {
    const identities = new Map<string, string>();
    for (const { file, kind } of await filesOf(sources.paths)) {
      const read = await readOne(file, kind, sources, identities);
      if (read.kind === "state") states.push(read);
      else networks.push(read);
    }
    const best = chooseState(states, sources.singleCopy === true);
    const rackId = rackIdOf(best.ledger.state);
    if (rackId === null) throw unusable(best.file, NOTHING);
    const networkConfig = chooseNetwork(networks, states.length);
    chosen = best;
    const files = [...states, ...networks].map(({ file, digest }) => ({ file, digest }));
    return { ledger: best.ledger, rackId, networkConfig, copies: states.length, files };
  } finally {
    for (const state of states) if (state !== chosen) wipeState(state.ledger.state);
  }
}

/**
 * Reads the files once more: the original may still be running.
 *
 * @throws DaemonError `ERR_TQD_ORIGINAL_UNUSABLE` where one is not what it was
 */
export async function requireUnchanged(files: readonly OriginalFile[]): Promise<void> {
  for (const { file, digest } of files) {
    const { bytes } = await readBytes(file);
    const now = hex(sha3(bytes));
    bytes.fill(0);
    if (now === digest) continue;
    throw unusable(file, "it changed meanwhile: stop the original, and run the import again");
  }
}

type Kind = "state" | "network";

/** The files that are meant; null: what is in it says which of the two it is. */
async function filesOf(
  paths: readonly string[],
): Promise<{ readonly file: string; readonly kind: Kind | null }[]> {
  if (paths.length > 2 * ORIGINAL_COPIES_MAX) {
    throw missing(`at most ${2 * ORIGINAL_COPIES_MAX} paths are taken, not ${paths.length}`);
  }
  const files: { file: string; kind: Kind | null }[] = [];
  for (const given of paths) {
    if (!(await isFolder(given))) {
      files.push({ file: given, kind: null });
      continue;
    }
    files.push({ file: path.join(given, ORIGINAL_STATE_FILE), kind: "state" });
    const network = path.join(given, ORIGINAL_NETWORK_FILE);
    if (await exists(network)) files.push({ file: network, kind: "network" });
  }
  return files;
}

async function isFolder(given: string): Promise<boolean> {
  try {
    return (await stat(given)).isDirectory();
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw missing(`there is no ${given}`);
    throw unusable(given, problemOf(error));
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    // Whatever else is wrong with it is told when it is read.
    return !hasCode(error, "ENOENT");
  }
}

async function readBytes(file: string): Promise<ForeignFile> {
  let found: ForeignFile | null;
  try {
    found = await readForeignFile(file, LEDGER_BYTES_MAX);
  } catch (error) {
    throw unusable(file, problemOf(error));
  }
  if (found === null) throw missing(`there is no ${file}`);
  return found;
}

async function readOne(
  file: string,
  given: Kind | null,
  sources: OriginalSources,
  identities: Map<string, string>,
): Promise<State | Network> {
  const { bytes, identity } = await readBytes(file);
  try {
    const same = identities.get(identity);
    if (same !== undefined) throw missing(`${same} and ${file} are one and the same file`);
    identities.set(identity, file);
    const digest = hex(sha3(bytes));
    if ((given ?? kindOf(file, bytes)) === "network") {
      return { kind: "network", file, digest, config: decodeOriginalNetworkConfig(file, bytes) };
    }
    const ledger = decode(file, bytes);
    try {
      requireThisSleds(file, ledger, sources);
    } catch (error) {
      wipeState(ledger.state);
      throw error;
    }
    return { kind: "state", file, digest, ledger };
  } finally {
    bytes.fill(0);
  }
}

const HEAD_BYTES = 48;

/** What a file is by its first bytes, in which no share begins. */
function kindOf(file: string, bytes: Uint8Array): Kind {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString("latin1");
  const rest = /^\{"generation":\d{1,20},(.*)/s.exec(head)?.[1] ?? "";
  if (rest.startsWith('"blob":')) return "network";
  if (/^"state":("Uninitialized"|"Learning"|\{"InitialMember"|\{"Learned")/.test(rest)) {
    throw unusable(file, "it is a ledger of the bootstore: `tq import-lrtq` imports it");
  }
  return "state";
}

function decode(file: string, bytes: Uint8Array): DecodedLedger {
  try {
    return decodeLedger(bytes, sha3);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    const isCorrupt = isTrustQuorumError(error, "ERR_TQ_LEDGER_CORRUPT");
    throw new DaemonError(
      "ERR_TQD_ORIGINAL_CORRUPT",
      {
        file,
        offset: isCorrupt ? error.details.offset : null,
        problem: isCorrupt ? error.details.problem : error.message,
      },
      { cause: error },
    );
  }
}

const NOTHING = "it holds neither a share nor a configuration: begin a new ledger instead";

function requireThisSleds(
  file: string,
  { generation, state }: DecodedLedger,
  { self, rackId }: OriginalSources,
): void {
  const rack = rackIdOf(state);
  if (rack === null) throw unusable(file, NOTHING);
  if (generation > GENERATION_MAX) {
    throw unusable(file, `its generation ${generation} leaves no room for the ones that follow`);
  }
  if (rackId !== undefined && rack !== rackId) {
    throw foreign(file, `it belongs to rack ${rack}, and this sled to rack ${rackId}`);
  }
  for (const { epoch, members } of state.configs.values()) {
    const place = members.indexOf(self);
    const share = state.shares.get(epoch);
    if (place >= 0 && (share === undefined || share.x === place + 1)) continue;
    const owner = share === undefined ? undefined : members[share.x - 1];
    const whose = owner === undefined ? "of another sled" : `of ${owner}`;
    throw foreign(file, `it is ${whose} (epoch ${epoch}), and this sled is ${self}`);
  }
}

function chooseState(states: readonly State[], singleCopy: boolean): State {
  const [first] = states;
  if (first === undefined) throw missing(`no ${ORIGINAL_STATE_FILE} was given`);
  if (states.length === 1 && !singleCopy) {
    const text = `only ${first.file} was given, and another one may hold what this sled has acknowledged since; give all of them, or --single-copy where the others are lost: what only they held is forgotten then`;
    throw missing(text);
  }
  const best = states.reduce((a, b) => (b.ledger.generation > a.ledger.generation ? b : a));
  for (const other of states) {
    const problem = other === best ? null : contradiction(best.ledger, other.ledger);
    if (problem !== null) throw contradicting(best.file, other.file, problem);
  }
  return best;
}

/** Why a copy cannot be an earlier state, or the same, of the one with the highest generation. */
function contradiction(best: DecodedLedger, other: DecodedLedger): string | null {
  if (rackIdOf(best.state) !== rackIdOf(other.state)) return "they belong to two racks";
  if (best.generation === other.generation) {
    const same = Buffer.from(best.stateDigest).equals(other.stateDigest);
    return same ? null : `they are two states of generation ${best.generation}`;
  }
  const newer = `the newer one, of generation ${best.generation},`;
  if (!hasConfigurationsOf(best.state, other.state)) {
    return `${newer} lacks a configuration of the other one, or has another in its place`;
  }
  if (covers(best.state, other.state)) return null;
  return `${newer} lacks a share or a commit of the other one`;
}

function hasConfigurationsOf(state: PersistentState, older: PersistentState): boolean {
  for (const [epoch, config] of older.configs) {
    if (state.configs.get(epoch)?.equals(config) !== true) return false;
  }
  return true;
}

function chooseNetwork(networks: readonly Network[], states: number): NetworkConfig | null {
  const [first] = networks;
  // The original has none before it was given one.
  if (first === undefined) return null;
  if (networks.length !== states) {
    const text = `there are ${states} of ${ORIGINAL_STATE_FILE} and ${networks.length} of ${ORIGINAL_NETWORK_FILE}`;
    throw missing(text);
  }
  const best = networks.reduce((a, b) => (b.config.generation > a.config.generation ? b : a));
  for (const { file, config } of networks) {
    if (config.generation < best.config.generation) continue;
    if (Buffer.from(config.blob).equals(best.config.blob)) continue;
    const text = `they are two network configurations of generation ${config.generation}`;
    throw contradicting(best.file, file, text);
  }
  return best.config;
}

function unusable(file: string, problem: string): DaemonError {
  return new DaemonError("ERR_TQD_ORIGINAL_UNUSABLE", { file, problem });
}

function missing(problem: string): DaemonError {
  return new DaemonError("ERR_TQD_ORIGINAL_COPY_MISSING", { problem });
}

function foreign(file: string, problem: string): DaemonError {
  return new DaemonError("ERR_TQD_ORIGINAL_FOREIGN", { file, problem });
}

function contradicting(file: string, other: string, problem: string): DaemonError {
  return new DaemonError("ERR_TQD_ORIGINAL_CONTRADICTION", { file, other, problem });
}
