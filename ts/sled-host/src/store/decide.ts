/**
 * What to do with two replicas as they were found: pure, so that it can be read, tested and reasoned
 * about in one place. The question behind every rule is: could this lose a commit?
 *
 * What is known (the head of `marker.ts` says why):
 * - A save is acknowledged once both replicas hold it durably or, in degraded mode, once one of them does
 *   and durably says that it is `alone`.
 * - So a replica is *complete*, it holds everything that was ever acknowledged, if it says `alone`; or
 *   if the marker of the other one can be read, is of the same pair and does not say `alone`, and the
 *   other one holds nothing later.
 * - No share and no commit ever vanishes from a ledger: a replica that lacks one that the other holds does
 *   not go back to the same history, and is never written over it.
 * - Where the other one's marker cannot be read (its disk is gone, say), nothing is known: it may have
 *   gone on alone. Only an operator can know that it did not.
 *
 * So the store opens without an operator only from a complete replica. A replica that is behind the other
 * one (any interrupted save leaves one behind) is brought up to date without a report. A damaged replica
 * is repaired automatically only in degraded mode; otherwise an operator has to confirm it, even where
 * nothing can be lost, since a disk that has lost synced data will lose it again.
 */
import { timingSafeEqual } from "node:crypto";
import type { LrtqShare, PersistentState, Share } from "trust-quorum/protocol";
import { DaemonError } from "../errors.ts";
import { problemOfFinding } from "./assess.ts";
import type { Finding, Replicas } from "./assess.ts";
import type { ReplicaIndex } from "./types.ts";

/** What is lost at most if a sled goes on from a replica. */
export type Loss = "none" | "possible" | "certain";

/** What opening a store should do. */
export type Decision =
  /** Begin a new ledger: nothing was ever acknowledged here. */
  | { readonly kind: "format" }
  | {
      readonly kind: "open";
      /** The replica that holds everything. */
      readonly source: ReplicaIndex;
      /** Whether the other replica is written anew too, or left alone. */
      readonly both: boolean;
    }
  | { readonly kind: "refuse"; readonly error: DaemonError };

type Marked = Extract<Finding, { kind: "marked" }>;
type Valid = Marked & { readonly ledger: { readonly kind: "valid" } };

/**
 * The generation that a ledger begins with: a new one, and one with a bootstore's share. One that was the
 * original's begins with the next generation after the original's.
 */
export const FIRST_GENERATION = { new: 0, import: 1 } as const;

/** Decides; the replicas are in the order of their folders. */
export function decide(
  replicas: Replicas,
  options: {
    readonly create: boolean;
    readonly degraded: boolean;
    readonly self: string;
  },
): Decision {
  for (const { path, finding } of replicas) {
    if (finding.kind === "foreign") return refuse(foreign(path, finding.owner, options.self));
  }
  const findings = findingsOf(replicas);
  const sealed = sealOf(replicas);
  if (sealed !== null) return refuse(sealed);
  const source = completeReplica(findings);
  if (source !== null) {
    const both = canBeMended(findings, source);
    const damaged = !isValid(findings[other(source)]);
    if (damaged && !options.degraded) return refuse(needsRecovery(replicas));
    return { kind: "open", source, both };
  }
  if (isUnbegun(findings)) {
    const folders = replicas.map(({ path }) => path);
    if (findings.some(isImporting)) {
      return refuse(new DaemonError("ERR_TQD_STORE_IMPORT_INTERRUPTED", { folders }));
    }
    const originals = replicas.filter(({ finding }) => finding.kind === "original");
    if (originals.length > 0) {
      const holders = originals.map(({ path }) => path);
      return refuse(new DaemonError("ERR_TQD_STORE_HOLDS_ORIGINAL", { folders: holders }));
    }
    if (options.create) return { kind: "format" };
    return refuse(new DaemonError("ERR_TQD_STORE_NOT_INITIALIZED", { folders }));
  }
  const unavailable = replicas.find(({ finding }) => finding.kind === "unavailable");
  if (unavailable?.finding.kind === "unavailable" && !findings.some(isValid)) {
    const { path: folder, finding } = unavailable;
    const details = { folder, problem: finding.problem };
    return refuse(new DaemonError("ERR_TQD_STORE_FOLDER_UNUSABLE", details));
  }
  return refuse(needsRecovery(replicas));
}

/**
 * The refusal to start from a ledger that was exported, or null where it was not.
 *
 * One marker that says `sealed` is enough: the other replica may be gone or damaged since. But where the
 * other one of the pair says `pending`, the export had not sealed both yet, so that no exported file has
 * its name yet (the head of `export-original.ts` says why), and the sled goes on. A marker counts for nothing
 * where the other replica has replaced its history since, in a recovery that saw no seal.
 */
export function sealOf(replicas: Replicas): DaemonError<"ERR_TQD_STORE_SEALED"> | null {
  const markers = findingsOf(replicas).map((finding) =>
    finding.kind === "marked" ? finding.marker : null,
  );
  for (const [at, marker] of markers.entries()) {
    const mark = marker?.exported;
    if (marker === null || mark?.state !== "sealed") continue;
    const peer = markers[1 - at] ?? null;
    if (peer?.pair === marker.pair && peer.exported?.state === "pending") continue;
    if (peer?.supersedes.includes(marker.pair) === true) continue;
    const folders = replicas.map(({ path }) => path);
    const { to, at: when, generation } = mark;
    return new DaemonError("ERR_TQD_STORE_SEALED", { folders, to, at: when, generation });
  }
  return null;
}

/** What is lost at most by going on from this replica. */
export function lossFrom(replicas: Replicas, index: ReplicaIndex): Loss {
  const findings = findingsOf(replicas);
  if (!isValid(findings[index])) return "certain";
  return isComplete(findings, index) ? "none" : "possible";
}

/** The replica that a person would go on from, or null where none is valid. */
export function bestReplica(replicas: Replicas): ReplicaIndex | null {
  const findings = findingsOf(replicas);
  const complete = completeReplica(findings);
  if (complete !== null) return complete;
  const [first, second] = findings;
  if (!isValid(first)) return isValid(second) ? 1 : null;
  if (!isValid(second)) return 0;
  return second.ledger.ledger.generation > first.ledger.ledger.generation ? 1 : 0;
}

/** Whether both replicas are valid and nothing was ever saved to them. */
export function isPristine(findings: readonly [Finding, Finding]): boolean {
  return findings.every(
    (finding) =>
      isValid(finding) &&
      finding.marker.origin.kind === "new" &&
      finding.ledger.ledger.generation === FIRST_GENERATION.new,
  );
}

/** Whether nothing was ever acknowledged from these folders. */
export function isUnbegun(findings: readonly [Finding, Finding]): boolean {
  const [first, second] = findings;
  if (isUnready(first) && isUnready(second)) return true;
  // A crash between the two last steps of making both ready.
  if (isAlmostReady(first, second) || isAlmostReady(second, first)) return true;
  // A crash while an import takes over a pristine ledger, between the two first steps.
  return isBeingTakenOver(first, second) || isBeingTakenOver(second, first);
}

/** What was found in both folders, without the open folders themselves. */
export function findingsOf([first, second]: Replicas): readonly [Finding, Finding] {
  return [first.finding, second.finding];
}

/** The index of the replica that this one is not. */
export function other(index: ReplicaIndex): ReplicaIndex {
  return index === 0 ? 1 : 0;
}

/** Whether a marker and an intact ledger are there: such a replica may be started from. */
export function isValid(finding: Finding): finding is Valid {
  return finding.kind === "marked" && finding.ledger.kind === "valid";
}

function completeReplica(findings: readonly [Finding, Finding]): ReplicaIndex | null {
  if (isComplete(findings, 0)) return 0;
  return isComplete(findings, 1) ? 1 : null;
}

function isComplete(findings: readonly [Finding, Finding], index: ReplicaIndex): boolean {
  const own = findings[index];
  const peer = findings[other(index)];
  if (!isValid(own)) return false;
  const { alone } = own.marker;
  if (peer.kind !== "marked" && peer.kind !== "formatting") return alone !== null;
  if (peer.marker.pair !== own.marker.pair) {
    // Another history: which of them counts is known only where one was replaced by the other.
    return alone !== null && own.marker.supersedes.includes(peer.marker.pair);
  }
  if (peer.kind === "formatting") return alone !== null;
  // One is a copy of the other: there is no telling what became of the real one.
  if (peer.marker.replica === own.marker.replica) return false;
  const { generation, state } = own.ledger.ledger;
  // It was ahead once: an old copy was put back, marker and all.
  if (generation < peer.marker.synced) return false;
  if (isValid(peer)) {
    const theirs = peer.ledger.ledger;
    if (!covers(state, theirs.state)) return false;
    const same = Buffer.from(own.ledger.ledger.stateDigest).equals(theirs.stateDigest);
    if (alone === null) {
      if (peer.marker.alone !== null) return false;
      return generation > theirs.generation || (generation === theirs.generation && same);
    }
    // What the other one has and this one has not was never acknowledged, unless it was alone too.
    return peer.marker.alone === null || theirs.generation <= alone.generation;
  }
  if (peer.marker.alone !== null) return false;
  const claimed = peer.ledger.kind === "corrupt" ? peer.ledger.claimedGeneration : null;
  return alone !== null || claimed === null || claimed <= generation;
}

/** Whether everything that must never be lost of a state is in another one too. */
export function covers(state: PersistentState, older: PersistentState): boolean {
  for (const epoch of older.commits) if (!state.commits.has(epoch)) return false;
  for (const [epoch, share] of older.shares) {
    const held = state.shares.get(epoch);
    if (held === undefined || !isSameShare(held, share)) return false;
  }
  if (older.expunged !== null && state.expunged === null) return false;
  if (older.lrtq === null) return true;
  return state.lrtq !== null && isSameShare(state.lrtq.share, older.lrtq.share);
}

function isSameShare(a: Share | LrtqShare, b: Share | LrtqShare): boolean {
  return a.bytes.length === b.bytes.length && timingSafeEqual(a.bytes, b.bytes);
}

/** Whether the replica beside the complete one is known to be its other half, and is written anew. */
function canBeMended(findings: readonly [Finding, Finding], source: ReplicaIndex): boolean {
  const [own, peer] = [findings[source], findings[other(source)]];
  // A blank folder is never filled by itself: its disk may just not be mounted.
  return own.kind === "marked" && peer.kind === "marked" && own.marker.pair === peer.marker.pair;
}

/** Whether nothing of a sled was ever ready in a folder: it is blank, the original's, or half made. */
export function isUnready({ kind }: Finding): boolean {
  return kind === "blank" || kind === "original" || kind === "formatting";
}

function isImporting(finding: Finding): boolean {
  if (finding.kind !== "formatting" && finding.kind !== "marked") return false;
  return finding.marker.origin.kind === "import";
}

function isAlmostReady(ready: Finding, unready: Finding): boolean {
  return (
    isValid(ready) &&
    unready.kind === "formatting" &&
    unready.marker.pair === ready.marker.pair &&
    // What the marker that is not ready yet says it will be ready with: nothing was saved since.
    ready.ledger.ledger.generation === unready.marker.synced
  );
}

function isBeingTakenOver(pristine: Finding, importing: Finding): boolean {
  return (
    importing.kind === "formatting" &&
    importing.marker.origin.kind === "import" &&
    isValid(pristine) &&
    pristine.marker.origin.kind === "new" &&
    pristine.marker.alone === null &&
    pristine.ledger.ledger.generation === FIRST_GENERATION.new
  );
}

/** The error that asks a person to decide. */
function needsRecovery(replicas: Replicas): DaemonError {
  const from = bestReplica(replicas);
  const conflict = conflictOf(findingsOf(replicas));
  return new DaemonError("ERR_TQD_STORE_NEEDS_RECOVERY", {
    replicas: replicas.map(({ path: folder, finding }) => ({
      folder,
      problem: problemOfFinding(finding) + (conflict === null ? "" : `, but ${conflict}`),
    })),
    from,
    loss: from === null ? "certain" : lossFrom(replicas, from),
  });
}

/** Why two valid replicas do not go together, or null where they do or are not both valid. */
function conflictOf(findings: readonly [Finding, Finding]): string | null {
  const [a, b] = findings;
  if (!isValid(a) || !isValid(b) || completeReplica(findings) !== null) return null;
  if (a.marker.pair !== b.marker.pair) return "the two are not of one pair";
  if (a.marker.replica === b.marker.replica) return "one is a copy of the other";
  return "each may hold what the other lacks";
}

function refuse(error: DaemonError): Decision {
  return { kind: "refuse", error };
}

function foreign(folder: string, owner: string, self: string): DaemonError {
  const details = { folder, owner: owner as never, self: self as never };
  return new DaemonError("ERR_TQD_STORE_FOREIGN_FOLDER", details);
}
