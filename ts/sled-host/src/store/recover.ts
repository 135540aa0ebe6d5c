/**
 * Recovers a ledger that `openLedgerStore` refuses to open: an operator names the replica to continue
 * from, and confirms where that may lose something.
 *
 * Invariants:
 * - The replica to go on from durably says `alone` before anything else is changed. From then on it
 *   counts and the other one does not, so a crash at any point leaves a state from which the same
 *   recovery, run again, goes on.
 * - Where something may be lost, the ledger becomes a new pair: the old other half, should it ever come
 *   back, does not pass for this one's.
 * - What is replaced is kept under another name (quarantined); files of another sled are never touched.
 */
import { randomBytes } from "node:crypto";
import { baseboardParts } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { encodeLedger } from "trust-quorum/ledger";
import { initialState } from "trust-quorum/protocol";
import { DaemonError, isDaemonError, problemOf } from "../errors.ts";
import { assessReplicas, problemOfFinding, releaseReplicas } from "./assess.ts";
import type { Finding, Replicas } from "./assess.ts";
import {
  FIRST_GENERATION,
  bestReplica,
  decide,
  isUnready,
  isValid,
  lossFrom,
  other,
  sealOf,
} from "./decide.ts";
import type { Loss } from "./decide.ts";
import { hex, sha3 } from "./digest.ts";
import type { FileSystem } from "./file-system.ts";
import { formatReplicas } from "./format.ts";
import { SUPERSEDES_MAX, encodeMarker, withoutSeal } from "./marker.ts";
import type { Marker } from "./marker.ts";
import { readOnlyFileSystem, nodeFileSystem } from "./node-file-system.ts";
import { LEDGER_FILE, MARKER_FILE, WriteFailure } from "./replica-folder.ts";
import type { ReplicaFolder } from "./replica-folder.ts";
import type { ReplicaIndex } from "./types.ts";

/** What can be done. */
export type RecoveryMode =
  /** Writes the other replica anew from this one; its folder must be there, and may be blank. */
  | { readonly kind: "rebuild"; readonly from: ReplicaIndex }
  /** Goes on with this replica only; the daemon then starts in degraded mode. */
  | { readonly kind: "alone"; readonly from: ReplicaIndex }
  /** Gives up what this sled held, where no replica is valid, and begins an empty ledger. */
  | { readonly kind: "reinitialize" };

/** Whose ledger is looked at, and the two folders of it; `now` is in milliseconds since 1970. */
export interface RecoveryOptions {
  readonly self: BaseboardId;
  readonly folders: readonly [string, string];
  readonly fileSystem?: FileSystem | undefined;
  readonly now?: (() => number) | undefined;
}

/** How the replicas are, and what can be done. */
export interface RecoveryPlan {
  readonly replicas: readonly {
    readonly folder: string;
    readonly problem: string;
    /** The generation of its ledger, where that is valid. */
    readonly generation: number | null;
  }[];
  /** Whether the daemon starts as it is; then nothing needs to be done. */
  readonly starts: "yes" | "degraded" | "no";
  /** Why nothing is to be done, where the ledger was exported or the folders hold the original's. */
  readonly refusal: DaemonError | null;
  readonly choices: readonly RecoveryChoice[];
}

/** One way to go on, with what may be lost by it. */
export interface RecoveryChoice {
  readonly mode: RecoveryMode;
  readonly loss: Loss;
  /** What has to be typed to confirm it, or null where nothing can be lost. */
  readonly phrase: string | null;
}

/**
 * Looks at both replicas and says what can be done. It changes nothing, modes neither.
 *
 * @throws DaemonError where a folder is locked, or both are the same
 */
export async function planRecovery(options: RecoveryOptions): Promise<RecoveryPlan> {
  const replicas = await look({ fileSystem: readOnlyFileSystem, ...options });
  try {
    const { self } = options;
    const opens = (degraded: boolean): boolean =>
      decide(replicas, { create: false, degraded, self }).kind === "open";
    return {
      replicas: replicas.map(({ path: folder, finding }) => ({
        folder,
        problem: problemOfFinding(finding),
        generation: isValid(finding) ? finding.ledger.ledger.generation : null,
      })),
      starts: opens(false) ? "yes" : opens(true) ? "degraded" : "no",
      refusal: refusalOf(replicas, self),
      choices: choicesOf(replicas, self),
    };
  } finally {
    await releaseReplicas(replicas);
  }
}

/**
 * Carries a recovery out. Interrupted at any point, it can be run again.
 *
 * @param acceptLoss the phrase of the choice, where it has one
 * @throws DaemonError `ERR_TQD_STORE_SEALED`, `ERR_TQD_RECOVER_REFUSED`, `ERR_TQD_RECOVER_UNCONFIRMED`,
 * `ERR_TQD_STORE_SAVE_FAILED`, and where a folder is locked or another sled's
 */
export async function recover(
  options: RecoveryOptions & { readonly mode: RecoveryMode; readonly acceptLoss?: string },
): Promise<RecoveryChoice> {
  const replicas = await look(options);
  try {
    const { mode } = options;
    const sealed = sealOf(replicas);
    if (sealed !== null) throw sealed;
    const choice = choicesOf(replicas, options.self).find((one) => isSameMode(one.mode, mode));
    if (choice === undefined) throw refused(replicas, mode);
    if (choice.loss !== "none" && options.acceptLoss !== choice.phrase) {
      const details = { phrase: choice.phrase ?? "", loss: choice.loss };
      throw new DaemonError("ERR_TQD_RECOVER_UNCONFIRMED", details);
    }
    await carryOut(replicas, choice, options);
    return choice;
  } catch (error) {
    if (!(error instanceof WriteFailure)) throw error;
    const details = { folder: error.folder, step: error.step, problem: problemOf(error) };
    throw new DaemonError("ERR_TQD_STORE_SAVE_FAILED", details, { cause: error });
  } finally {
    await releaseReplicas(replicas);
  }
}

function look({ self, folders, fileSystem = nodeFileSystem }: RecoveryOptions): Promise<Replicas> {
  return assessReplicas(fileSystem, folders, self);
}

/** The store's own refusal, where it is one that no recovery changes. */
function refusalOf(replicas: Replicas, self: BaseboardId): DaemonError | null {
  const decision = decide(replicas, { create: false, degraded: true, self });
  if (decision.kind !== "refuse") return null;
  const { error } = decision;
  const isFinal =
    isDaemonError(error, "ERR_TQD_STORE_SEALED") ||
    isDaemonError(error, "ERR_TQD_STORE_HOLDS_ORIGINAL");
  return isFinal ? error : null;
}

function choicesOf(replicas: Replicas, self: BaseboardId): RecoveryChoice[] {
  if (sealOf(replicas) !== null) return [];
  const findings = replicas.map(({ finding }) => finding);
  const phrase = baseboardParts(self).serialNumber;
  const choice = (mode: RecoveryMode, loss: Loss): RecoveryChoice => ({
    mode,
    loss,
    phrase: loss === "none" ? null : phrase,
  });
  const choices: RecoveryChoice[] = [];
  for (const from of [0, 1] as const) {
    if (!isValid(replicas[from].finding)) continue;
    const loss = lossFrom(replicas, from);
    if (isOurs(replicas[other(from)].finding))
      choices.push(choice({ kind: "rebuild", from }, loss));
    choices.push(choice({ kind: "alone", from }, loss));
  }
  const isLost = bestReplica(replicas) === null && !findings.every(isUnready);
  if (isLost && findings.every(isOurs)) choices.push(choice({ kind: "reinitialize" }, "certain"));
  return choices;
}

/** Whether a folder may be written: it is there, and is not known to be another sled's. */
function isOurs({ kind }: Finding): boolean {
  return kind !== "foreign" && kind !== "unavailable";
}

function isSameMode(a: RecoveryMode, b: RecoveryMode): boolean {
  if (a.kind === "reinitialize" || b.kind === "reinitialize") return a.kind === b.kind;
  return a.kind === b.kind && a.from === b.from;
}

function refused(replicas: Replicas, mode: RecoveryMode): DaemonError {
  const problem = (index: ReplicaIndex): string =>
    `${replicas[index].path}: ${problemOfFinding(replicas[index].finding)}`;
  const text =
    mode.kind === "reinitialize"
      ? `starting over is for a sled of which no replica is valid; ${problem(0)}; ${problem(1)}`
      : isValid(replicas[mode.from].finding)
        ? `the other replica cannot be written; ${problem(other(mode.from))}`
        : `there is nothing to go on from; ${problem(mode.from)}`;
  return new DaemonError("ERR_TQD_RECOVER_REFUSED", { problem: text });
}

async function carryOut(
  replicas: Replicas,
  { mode, loss }: RecoveryChoice,
  options: RecoveryOptions,
): Promise<void> {
  const now = (options.now ?? Date.now)();
  if (mode.kind === "reinitialize") {
    for (const { folder } of replicas) await folder?.quarantine(now);
    await formatReplicas(replicas, {
      self: options.self,
      ledger: { generation: FIRST_GENERATION.new, state: initialState() },
      origin: { kind: "new" },
      now,
      pair: hex(randomBytes(16)),
    });
    return;
  }
  const { from } = mode;
  const source = replicas[from];
  const target = replicas[other(from)];
  if (!isValid(source.finding) || source.folder === null) throw refused(replicas, mode);
  const { ledger } = source.finding.ledger;
  const marker = markerAlone(source.finding.marker, target.finding, {
    generation: ledger.generation,
    since: new Date(now).toISOString(),
    isNewPair: loss !== "none",
  });
  await source.folder.clean();
  await source.folder.replace(MARKER_FILE, encodeMarker(marker));
  if (mode.kind === "alone" || target.folder === null) return;
  await rewrite(target.folder, target.finding, { marker, ledger, now });
}

/** Writes the other replica anew: its ledger first, so that its marker never promises too much. */
async function rewrite(
  folder: ReplicaFolder,
  finding: Finding,
  to: {
    readonly marker: Marker;
    readonly ledger: Parameters<typeof encodeLedger>[0];
    readonly now: number;
  },
): Promise<void> {
  await folder.clean();
  const isBlank = finding.kind === "blank";
  if (!isBlank) await folder.quarantine(to.now);
  const bytes = encodeLedger(to.ledger, sha3);
  try {
    await folder.replace(LEDGER_FILE, bytes);
  } finally {
    bytes.fill(0);
  }
  const marker: Marker = { ...to.marker, replica: other(to.marker.replica), alone: null };
  await folder.replace(MARKER_FILE, encodeMarker(marker));
}

function markerAlone(
  own: Marker,
  peer: Finding,
  to: { readonly generation: number; readonly since: string; readonly isNewPair: boolean },
): Marker {
  const alone = own.alone ?? { since: to.since, generation: to.generation };
  const known = peer.kind === "marked" || peer.kind === "formatting" ? [peer.marker.pair] : [];
  const pair = to.isNewPair ? hex(randomBytes(16)) : own.pair;
  const old = [...new Set([...own.supersedes, own.pair, ...known])].filter((one) => one !== pair);
  return {
    ...withoutSeal(own),
    pair,
    supersedes: old.slice(-SUPERSEDES_MAX),
    synced: to.generation,
    alone,
  };
}
