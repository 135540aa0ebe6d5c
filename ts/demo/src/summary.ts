/** The machine-readable summary of `--json`. */
import type { BaseboardId } from "trust-quorum";
import { committedMembers, preparedMembers } from "trust-quorum/control";
import type { ConfigurationRecord, ConfigurationState } from "trust-quorum/control";
import type { BootstoreRack, LeftOut } from "./bootstore.ts";
import type { OnDisk, Unlocked } from "./cold-boot.ts";
import { ledgerKind, spareShares } from "./locked.ts";
import type { Network } from "./network.ts";
import { serialOf } from "./rack.ts";

/** Every sled is named by its serial number; times are milliseconds. Nothing in it is secret. */
export interface Summary {
  readonly ok: true;
  readonly crypto: string;
  readonly rackId: string;
  /** The rack as the bootstore left it. */
  readonly bootstore: {
    readonly threshold: number;
    readonly initialSleds: number;
  };
  readonly sleds: readonly {
    readonly serial: string;
    readonly id: BaseboardId;
    readonly ledger: string;
    readonly generation: number;
    /** The x-coordinate of its LRTQ share. */
    readonly share: number | null;
    readonly spareShares: number;
  }[];
  readonly leftOut: readonly LeftOut[];
  readonly epochs: readonly EpochSummary[];
  /** The members in the end. */
  readonly members: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Frames, and how many of them never arrived. */
  readonly messages: {
    readonly total: number;
    readonly lost: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
  /** Bytes of the frames, lengths included. */
  readonly bytes: {
    readonly total: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
  readonly ledgers: {
    /** Where they are kept, or null. */
    readonly folder: string | null;
    readonly files: number;
    readonly bytes: number;
    readonly writes: number;
  };
  readonly timings: Readonly<Record<string, number>>;
  readonly proofs: Proofs;
}

/** One configuration that was tried. */
export interface EpochSummary {
  readonly epoch: number;
  readonly state: ConfigurationState;
  readonly abortReason: string | null;
  readonly coordinator: string;
  readonly members: readonly string[];
  /** K */
  readonly threshold: number;
  /** Z */
  readonly commitCrashTolerance: number;
  /** The members of which the control plane knows that they were handed their share and saved it. */
  readonly prepared: readonly string[];
  /** The members that have acknowledged the commit. */
  readonly committed: readonly string[];
  /** The members that computed their share from those of others. */
  readonly computedShares: readonly string[];
}

/** What was shown to be so; had it not been, there would be no summary. */
export interface Proofs {
  readonly lockedBelowK: true;
  readonly lockedWith: number;
  readonly unlockedWith: number;
  readonly unlockedSleds: readonly string[];
  readonly sameSecretsOnAll: true;
  /** The epochs of the secrets that each of them has loaded. */
  readonly secretChain: readonly number[];
  readonly secretsSurvivedPowerLoss: true;
  readonly expungedSledsKnow: true;
  readonly lrtqSecretRecovered: true;
  readonly spareSharesChecked: number;
}

/** What a run has come to. */
export interface Outcome {
  readonly crypto: string;
  readonly bootstore: BootstoreRack;
  readonly records: readonly ConfigurationRecord[];
  readonly computed: BaseboardId;
  readonly removed: BaseboardId;
  readonly network: Network;
  readonly folder: { readonly path: string; readonly temporary: boolean; readonly saves: number };
  readonly onDisk: OnDisk;
  readonly unlocked: Unlocked;
  readonly spareSharesChecked: number;
  readonly timings: Readonly<Record<string, number>>;
}

/** Puts the summary together. */
export function summarizeOutcome(outcome: Outcome): Summary {
  const { bootstore, records, removed, folder, onDisk, unlocked } = outcome;
  const { rackId, threshold, initialSleds, leftOut, newcomers } = bootstore;
  return {
    ok: true,
    crypto: outcome.crypto,
    rackId,
    bootstore: { threshold, initialSleds },
    sleds: bootstore.sleds.map((sled) => ({
      serial: sled.serial,
      id: sled.id,
      ledger: ledgerKind(sled),
      generation: sled.generation,
      share: sled.lrtq?.share.x ?? null,
      spareShares: spareShares(sled),
    })),
    leftOut,
    epochs: records.map((record) => epochSummary(record, outcome.computed)),
    members: serials(records.at(-1)?.members.keys() ?? []),
    added: serials(newcomers),
    removed: serials([removed]),
    ...trafficSummary(outcome.network),
    ledgers: {
      folder: folder.temporary ? null : folder.path,
      files: onDisk.files,
      bytes: onDisk.bytes,
      writes: folder.saves,
    },
    timings: outcome.timings,
    proofs: {
      lockedBelowK: true,
      lockedWith: unlocked.lockedWith,
      unlockedWith: unlocked.sleds.length,
      unlockedSleds: serials(unlocked.sleds),
      sameSecretsOnAll: true,
      secretChain: unlocked.epochs,
      secretsSurvivedPowerLoss: true,
      expungedSledsKnow: true,
      lrtqSecretRecovered: true,
      spareSharesChecked: outcome.spareSharesChecked,
    },
  };
}

function epochSummary(record: ConfigurationRecord, computed: BaseboardId): EpochSummary {
  const { epoch, state, abortReason, threshold, commitCrashTolerance } = record;
  // The share was missed in the one upgrade that was committed.
  const upgraded = state === "committed" && record.lastCommittedEpoch === null;
  const prepared = preparedMembers(record).filter((sled) => !upgraded || sled !== computed);
  return {
    epoch,
    state,
    abortReason,
    coordinator: serialOf(record.coordinator),
    members: serials(record.members.keys()),
    threshold,
    commitCrashTolerance,
    prepared: serials(prepared),
    committed: serials(committedMembers(record)),
    computedShares: upgraded ? [serialOf(computed)] : [],
  };
}

function trafficSummary({ sent, lost }: Network): Pick<Summary, "messages" | "bytes"> {
  const messages = Object.fromEntries([...sent].map(([kind, traffic]) => [kind, traffic.messages]));
  const bytes = Object.fromEntries([...sent].map(([kind, traffic]) => [kind, traffic.bytes]));
  return {
    messages: { total: sum(messages), lost, byKind: messages },
    bytes: { total: sum(bytes), byKind: bytes },
  };
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}

function serials(sleds: Iterable<BaseboardId>): string[] {
  return Array.from(sleds, serialOf);
}
