/** What a ledger file says, without anything secret: digests and epochs, never a share. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import {
  decodeLedger,
  decodeLrtqLedger,
  lrtqShareData,
  lrtqSled,
  wipeLrtqState,
  wipeState,
} from "trust-quorum/ledger";
import { rackIdOf } from "trust-quorum/protocol";
import type { LrtqShareData } from "trust-quorum/protocol";
import { DaemonError, problemOf } from "../errors.ts";
import { hex, sha3 } from "./digest.ts";
import { readFileOnly } from "./node-file-system.ts";
import { LEDGER_FILE, ORIGINAL_STATE_FILE } from "./replica-folder.ts";

/** What of an LRTQ share may be shown. */
export interface LrtqShareReport {
  readonly rackId: RackId;
  readonly threshold: number;
  /** The SHA3-256 of this sled's share, in hex. */
  readonly shareDigest: string;
  /** How many shares the rack has. */
  readonly shares: number;
}

/** A configuration of a trust quorum ledger. */
export interface ConfigurationReport {
  readonly epoch: Epoch;
  readonly coordinator: BaseboardId;
  readonly members: readonly BaseboardId[];
  readonly threshold: number;
  readonly committed: boolean;
  /** The x-coordinate and the SHA3-256 (hex) of this sled's share, or null where it has none. */
  readonly share: { readonly x: number; readonly digest: string } | null;
  /** Bytes of the encrypted secrets of earlier epochs, or null. */
  readonly encryptedSecretsBytes: number | null;
}

/** What a ledger file says. */
export type LedgerReport = { readonly file: string; readonly bytes: number } & (
  | {
      readonly kind: "trustQuorum";
      readonly generation: number;
      readonly rackId: RackId | null;
      /** The SHA3-256 of the state, in hex: replicas with the same one hold the same. */
      readonly stateDigest: string;
      /** Whether the file is protected by a digest of itself; the original's files are not. */
      readonly hasDigest: boolean;
      readonly lrtq: LrtqShareReport | null;
      readonly configurations: readonly ConfigurationReport[];
      readonly expunged: { readonly epoch: Epoch; readonly from: BaseboardId } | null;
    }
  | {
      readonly kind: "lrtq";
      readonly generation: number;
      readonly stateDigest: string;
      readonly state: "uninitialized" | "learning" | "initialMember" | "learned";
      readonly lrtq: LrtqShareReport | null;
      /** The first members in sled order, where the ledger names them. */
      readonly initialMembership: readonly BaseboardId[] | null;
      /** This sled, where the ledger names it. */
      readonly sled: BaseboardId | null;
    }
  | {
      readonly kind: "corrupt";
      /** What it would be. */
      readonly looksLike: "trustQuorum" | "lrtq" | "unknown";
      /** The core's error, e.g. `ERR_TQ_LEDGER_CORRUPT`. */
      readonly code: string;
      readonly problem: string;
      /** Where in the file, in bytes, if that is known. */
      readonly offset: number | null;
    }
);

/**
 * Reads a ledger file, of the trust quorum or of the bootstore, or the one in a replica's folder or the
 * original's. It is
 * opened for reading only, and the shares that were read are zeroed.
 *
 * @throws DaemonError `ERR_TQD_STORE_FOLDER_UNUSABLE` where it cannot be read
 */
export async function inspectLedger(path: string): Promise<LedgerReport> {
  const { file, bytes } = await readLedgerFile(path);
  try {
    const looksLike = kindOf(bytes);
    const base = { file, bytes: bytes.length };
    try {
      return looksLike === "lrtq"
        ? { ...base, ...lrtqReport(bytes) }
        : { ...base, ...trustQuorumReport(bytes) };
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      const offset = isTrustQuorumError(error, "ERR_TQ_LEDGER_CORRUPT")
        ? error.details.offset
        : null;
      const { code, message: problem } = error;
      return { ...base, kind: "corrupt", looksLike, code, problem, offset };
    }
  } finally {
    bytes.fill(0);
  }
}

type Report<K extends LedgerReport["kind"]> = Omit<
  Extract<LedgerReport, { kind: K }>,
  "file" | "bytes"
>;

async function readLedgerFile(path: string): Promise<{ file: string; bytes: Uint8Array }> {
  try {
    if (!(await stat(path)).isDirectory()) return { file: path, bytes: await readFileOnly(path) };
    const names = await readdir(path);
    const isOriginals = !names.includes(LEDGER_FILE) && names.includes(ORIGINAL_STATE_FILE);
    const file = join(path, isOriginals ? ORIGINAL_STATE_FILE : LEDGER_FILE);
    return { file, bytes: await readFileOnly(file) };
  } catch (error) {
    const details = { folder: path, problem: problemOf(error) };
    throw new DaemonError("ERR_TQD_STORE_FOLDER_UNUSABLE", details, { cause: error });
  }
}

const HEAD_BYTES = 64;

function kindOf(bytes: Uint8Array): "trustQuorum" | "lrtq" | "unknown" {
  // No share begins this early in either kind of ledger.
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString("latin1");
  const state = /^\{"generation":\d{1,20},"state":(.*)/s.exec(head)?.[1];
  if (state === undefined) return "unknown";
  if (state.startsWith('{"lrtq":')) return "trustQuorum";
  const isLrtq = /^("Uninitialized"|"Learning"|\{"InitialMember"|\{"Learned")/.test(state);
  return isLrtq ? "lrtq" : "unknown";
}

function trustQuorumReport(bytes: Uint8Array): Report<"trustQuorum"> {
  const { generation, state, hasDigest, stateDigest } = decodeLedger(bytes, sha3);
  try {
    const configurations = [...state.configs.values()].map((config) => {
      const share = state.shares.get(config.epoch);
      return {
        epoch: config.epoch,
        coordinator: config.coordinator,
        members: config.members,
        threshold: config.threshold,
        committed: state.commits.has(config.epoch),
        share: share === undefined ? null : { x: share.x, digest: hex(sha3(share.bytes)) },
        encryptedSecretsBytes: config.encryptedRackSecrets?.data.length ?? null,
      };
    });
    return {
      kind: "trustQuorum",
      generation,
      rackId: rackIdOf(state),
      stateDigest: hex(stateDigest),
      hasDigest,
      lrtq: state.lrtq === null ? null : lrtqShareReport(state.lrtq),
      configurations,
      expunged: state.expunged,
    };
  } finally {
    wipeState(state);
  }
}

function lrtqReport(bytes: Uint8Array): Report<"lrtq"> {
  const { generation, state, stateDigest } = decodeLrtqLedger(bytes, sha3);
  try {
    const common = lrtqShareData(state);
    const members = state.kind === "initialMember" ? state.initialMembership : null;
    return {
      kind: "lrtq",
      generation,
      stateDigest: hex(stateDigest),
      state: state.kind,
      lrtq: common === null ? null : lrtqShareReport(common),
      initialMembership: members?.map(({ id }) => id) ?? null,
      sled: lrtqSled(state),
    };
  } finally {
    wipeLrtqState(state);
  }
}

function lrtqShareReport({
  rackId,
  threshold,
  share,
  shareDigests,
}: LrtqShareData): LrtqShareReport {
  const shareDigest = hex(sha3(share.bytes));
  return { rackId, threshold, shareDigest, shares: shareDigests.length / 32 };
}
