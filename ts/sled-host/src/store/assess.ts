/** Looking at a replica: what is in its folder, without changing anything in it. */
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { LEDGER_BYTES_MAX, decodeLedger, wipeState } from "trust-quorum/ledger";
import type { DecodedLedger } from "trust-quorum/ledger";
import { rackIdOf } from "trust-quorum/protocol";
import { DaemonError, problemOf } from "../errors.ts";
import { sha3 } from "./digest.ts";
import type { FileSystem } from "./file-system.ts";
import { generationAtStart } from "./ledger-scan.ts";
import { MARKER_BYTES_MAX, decodeMarker } from "./marker.ts";
import type { Marker } from "./marker.ts";
import {
  ASIDE,
  LEDGER_FILE,
  MARKER_FILE,
  ORIGINAL_STATE_FILE,
  ReplicaFolder,
  codeOf,
} from "./replica-folder.ts";

/** What a marked folder's ledger is like. */
export type LedgerFinding =
  | { readonly kind: "valid"; readonly ledger: DecodedLedger }
  | { readonly kind: "missing" }
  | {
      readonly kind: "corrupt";
      readonly problem: string;
      /** What the damaged bytes say of their generation, where that can be read. */
      readonly claimedGeneration: number | null;
    }
  | { readonly kind: "unreadable"; readonly problem: string };

/** What a folder is like. */
export type Finding =
  /** It cannot be opened: it does not exist, for instance, or its disk fails. */
  | { readonly kind: "unavailable"; readonly problem: string; readonly code: string }
  /** Nothing of ours is in it. */
  | { readonly kind: "blank" }
  /** Nothing of ours is in it, and a ledger of the original is. */
  | { readonly kind: "original" }
  /** Something of ours is in it, and no marker that says whose. */
  | { readonly kind: "unmarked" }
  | { readonly kind: "markerDamaged"; readonly problem: string }
  | { readonly kind: "foreign"; readonly owner: string }
  /** A ledger was begun here, and that did not finish: nothing was ever acknowledged. */
  | { readonly kind: "formatting"; readonly marker: Marker }
  | { readonly kind: "marked"; readonly marker: Marker; readonly ledger: LedgerFinding };

/** A replica as it was found. */
export interface Replica {
  readonly path: string;
  /** Null where it could not be opened. */
  readonly folder: ReplicaFolder | null;
  readonly finding: Finding;
  /** Files and folders whose permissions had to be tightened. */
  readonly wereOpenToOthers: readonly string[];
}

/** Both replicas in the configured order, which {@link ReplicaIndex} counts. */
export type Replicas = readonly [Replica, Replica];

/**
 * Opens and locks both folders and looks at what is in them.
 *
 * @throws DaemonError where a folder is locked, or both are the same
 */
export async function assessReplicas(
  fileSystem: FileSystem,
  paths: readonly [string, string],
  self: BaseboardId,
): Promise<Replicas> {
  const opened: Replica[] = [];
  try {
    // One after the other: whether the second is the first one again shows in its lock.
    for (const path of paths) opened.push(await assess(fileSystem, path, self, opened[0]));
    return opened as unknown as Replicas;
  } catch (error) {
    await releaseReplicas(opened);
    throw error;
  }
}

/** Zeroes the shares that were read, and lets go of the folders. */
export async function releaseReplicas(replicas: readonly Replica[]): Promise<void> {
  for (const { finding, folder } of replicas) {
    wipeFinding(finding);
    await folder?.open.close().catch(() => undefined);
  }
}

/** Zeroes the shares of a finding. */
export function wipeFinding(finding: Finding): void {
  if (finding.kind === "marked" && finding.ledger.kind === "valid") {
    wipeState(finding.ledger.ledger.state);
  }
}

/** What a person is told of a finding. */
export function problemOfFinding(finding: Finding): string {
  switch (finding.kind) {
    case "unavailable":
      return `it cannot be opened (${finding.problem})`;
    case "blank":
      return "it is blank";
    case "original":
      return "the original's ledger is in it, and none of this project's";
    case "unmarked":
      return "its marker is missing";
    case "markerDamaged":
      return `its marker cannot be read (${finding.problem})`;
    case "foreign":
      return `it belongs to sled ${finding.owner}`;
    case "formatting":
      return "it was never made ready";
    case "marked": {
      const isSealed = finding.marker.exported?.state === "sealed";
      return problemOfLedger(finding.ledger) + (isSealed ? ", and is sealed" : "");
    }
    default:
      return finding satisfies never;
  }
}

function problemOfLedger(ledger: LedgerFinding): string {
  switch (ledger.kind) {
    case "valid":
      return `its ledger is valid (generation ${ledger.ledger.generation})`;
    case "missing":
      return "its ledger is missing";
    case "corrupt":
      return `its ledger is corrupt (${ledger.problem})`;
    case "unreadable":
      return `its ledger cannot be read (${ledger.problem})`;
    default:
      return ledger satisfies never;
  }
}

async function assess(
  fileSystem: FileSystem,
  path: string,
  self: BaseboardId,
  first: Replica | undefined,
): Promise<Replica> {
  let folder: ReplicaFolder;
  try {
    const opened = await fileSystem.openFolder(path);
    if (opened.kind === "locked") {
      if (first?.folder !== undefined && first.folder !== null && (await isSame(path, first))) {
        throw sameFolder(first.path, path);
      }
      throw new DaemonError("ERR_TQD_STORE_FOLDER_LOCKED", { folder: path });
    }
    folder = new ReplicaFolder(opened.folder);
  } catch (error) {
    if (error instanceof DaemonError) throw error;
    const finding = {
      kind: "unavailable",
      problem: problemOf(error),
      code: codeOf(error),
    } as const;
    return { path, folder: null, finding, wereOpenToOthers: [] };
  }
  if (folder.open.identity === first?.folder?.open.identity) {
    await folder.open.close();
    throw sameFolder(first.path, path);
  }
  const wereOpenToOthers = folder.open.wasOpenToOthers ? [path] : [];
  const finding = await look(folder, self, wereOpenToOthers);
  return { path, folder, finding, wereOpenToOthers };
}

/** Whether a path that is locked leads to the folder that this process has just locked itself. */
async function isSame(path: string, first: Replica): Promise<boolean> {
  return (await first.folder?.open.isReachedBy(path)) ?? false;
}

function sameFolder(folder: string, other: string): DaemonError {
  return new DaemonError("ERR_TQD_STORE_SAME_FOLDER", { folder, other });
}

async function look(folder: ReplicaFolder, self: BaseboardId, open: string[]): Promise<Finding> {
  try {
    const content = await folder.read(MARKER_FILE, MARKER_BYTES_MAX);
    if (content === null) {
      const names = await folder.open.names();
      if (names.some(isOurs)) return { kind: "unmarked" };
      return { kind: names.includes(ORIGINAL_STATE_FILE) ? "original" : "blank" };
    }
    if (content.wasOpenToOthers) open.push(`${folder.path}/${MARKER_FILE}`);
    const read = decodeMarker(content.bytes);
    if (read.kind === "damaged") return { kind: "markerDamaged", problem: read.problem };
    const marker = read.value;
    if (marker.sled !== self) return { kind: "foreign", owner: marker.sled };
    if (marker.state === "formatting") return { kind: "formatting", marker };
    return { kind: "marked", marker, ledger: await readLedger(folder, marker, self, open) };
  } catch (error) {
    return { kind: "markerDamaged", problem: problemOf(error) };
  }
}

/**
 * Files that a recovery quarantined count too: a folder with it is not blank. Temporary files of an interrupted
 * marker do not: without a marker nothing was begun.
 */
function isOurs(name: string): boolean {
  return name === LEDGER_FILE || name.includes(ASIDE);
}

async function readLedger(
  folder: ReplicaFolder,
  marker: Marker,
  self: BaseboardId,
  open: string[],
): Promise<LedgerFinding> {
  let bytes: Uint8Array;
  try {
    const content = await folder.read(LEDGER_FILE, LEDGER_BYTES_MAX);
    if (content === null) return { kind: "missing" };
    if (content.wasOpenToOthers) open.push(`${folder.path}/${LEDGER_FILE}`);
    bytes = content.bytes;
  } catch (error) {
    return { kind: "unreadable", problem: problemOf(error) };
  }
  try {
    const ledger = decodeLedger(bytes, sha3, { self });
    const problem = contradictionOf(marker, ledger);
    if (problem === null) return { kind: "valid", ledger };
    wipeState(ledger.state);
    return { kind: "corrupt", problem, claimedGeneration: ledger.generation };
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    const claimedGeneration = generationAtStart(bytes);
    return { kind: "corrupt", problem: error.message, claimedGeneration };
  } finally {
    bytes.fill(0);
  }
}

/** Why a ledger cannot be the one that its folder's marker speaks of, or null. */
function contradictionOf(marker: Marker, { state, generation }: DecodedLedger): string | null {
  const rack = rackIdOf(state);
  if (marker.rack !== null && rack !== marker.rack) {
    return `it belongs to rack ${rack ?? "none"}, and the folder to rack ${marker.rack}`;
  }
  if (generation < marker.synced) {
    return `an old copy was put back: generation ${generation} after ${marker.synced}`;
  }
  return null;
}
