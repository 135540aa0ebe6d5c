/**
 * Handing a sled back to the original: writes the files that it reads, and seals this project's ledger, so
 * that the same identity does not run twice: two sleds that acknowledge in one name forget what the other
 * one acknowledged, and a rack may lose a secret by it.
 *
 * The sled is stopped: both replica folders and all target folders are locked throughout. The steps, each
 * durable everywhere before the next one begins:
 *
 * 1. in every target folder the content, whole, under names that the original does not read
 *    (`.trust-quorum-state.json.exporting-PAIR`): nobody can take it for a ledger;
 * 2. both markers say `pending`;
 * 3. both markers say `sealed`;
 * 4. in every target folder the files get their names: the network configuration first, then the state.
 *
 * Why a crash at any point leaves either a sled that still starts or a sealed one with a complete export:
 *
 * - Up to step 2 no marker says `sealed`: the sled starts, takes `pending` back, and no file in a target
 *   folder has a name that counts.
 * - Within step 3 one marker may say `sealed` and the other one still `pending`. That is not yet a seal
 *   (`sealOf` in `decide.ts`): step 4 cannot have begun, as it waits for both. So the sled starts here too,
 *   and takes `sealed` back to `pending` on disk before it removes either, lest `sealed` be left beside
 *   nothing. That is what `pending` is for: without it, a marker that says `sealed` beside one that says
 *   nothing might as well be a finished export of which one replica was restored from an old copy.
 * - After step 3 the sled is sealed, and all of the content is durable in every target folder, which is why
 *   step 1 comes first. Some files may lack their names: the same export, run again, gives them theirs, and
 *   only where the content is the one that was sealed. Until then the original finds nothing, or a copy that
 *   it can start from, since step 4 begins after the seal. That run writes the seal and syncs the folders anew:
 *   what it reads may be in the page cache only.
 *
 * A file that has its name is never replaced: the original may have gone on from it. A sealed ledger is not
 * exported to another folder, for that would make the second sled after all. No recovery takes the seal
 * away; a sled comes back by an import of the original's files into empty folders.
 */
import path from "node:path";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import { encodeLedgerState } from "trust-quorum/ledger";
import type { DecodedLedger } from "trust-quorum/ledger";
import { latestCommittedEpoch, rackIdOf } from "trust-quorum/protocol";
import { DaemonError, problemOf } from "../errors.ts";
import { assessReplicas, releaseReplicas } from "./assess.ts";
import type { Replicas } from "./assess.ts";
import { bestReplica, decide, isValid, sealOf } from "./decide.ts";
import { hex, sha3 } from "./digest.ts";
import { openTargets, releaseTargets, unfinishedName } from "./export-targets.ts";
import type { ExportFile, ExportTarget } from "./export-targets.ts";
import type { FileSystem } from "./file-system.ts";
import {
  EXPORT_FOLDERS_MAX,
  EXPORT_PATH_MAX,
  MARKER_BYTES_MAX,
  encodeMarker,
  withoutSeal,
} from "./marker.ts";
import type { ExportMark, Marker } from "./marker.ts";
import { newestNetworkConfig } from "./network-config.ts";
import { nodeFileSystem, readOnlyFileSystem } from "./node-file-system.ts";
import { encodeOriginalNetworkConfig } from "./original-network-config.ts";
import {
  MARKER_FILE,
  ORIGINAL_NETWORK_FILE,
  ORIGINAL_STATE_FILE,
  WriteFailure,
} from "./replica-folder.ts";
import type { ReplicaFolder } from "./replica-folder.ts";

/** What an export takes. */
export interface OriginalExport {
  readonly self: BaseboardId;
  /** The two replica folders of the ledger, whose daemon is stopped. */
  readonly folders: readonly [string, string];
  /** Where the original's files go, one folder for each of its disks; they are made if they do not exist. */
  readonly to: readonly string[];
  /** Finds out whether it can be done, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly fileSystem?: FileSystem | undefined;
  readonly now?: (() => number) | undefined;
}

/** What was exported. Nothing of it is secret. */
export interface OriginalExported {
  /** `alreadyExported` where every file was there: nothing was changed. */
  readonly kind: "exported" | "alreadyExported";
  readonly rackId: RackId;
  /** That of the exported ledger: one above this sled's, as any writer's is. */
  readonly generation: number;
  /** The SHA3-256 of its state, in hex. */
  readonly stateDigest: string;
  readonly committed: Epoch | null;
  /** The generation of the network configuration, or null where the sled holds none. */
  readonly networkConfig: number | null;
  /** The folders, as absolute paths. */
  readonly to: readonly string[];
}

/**
 * Writes the files that the original reads, and seals the ledger; see the head of this file. Interrupted at
 * any point, it can be run again.
 *
 * @throws DaemonError `ERR_TQD_EXPORT_REFUSED`; `ERR_TQD_STORE_SEALED` where the ledger was exported to
 * other folders; `ERR_TQD_STORE_SAVE_FAILED`; and what `openLedgerStore` throws, since only a ledger that
 * would open is exported
 */
export async function exportOriginal(options: OriginalExport): Promise<OriginalExported> {
  const { folders, self, dryRun = false } = options;
  const fileSystem = options.fileSystem ?? (dryRun ? readOnlyFileSystem : nodeFileSystem);
  const to = requireTargets(options.to);
  const replicas = await assessReplicas(fileSystem, folders, self);
  let targets: readonly ExportTarget[] = [];
  let files: readonly ExportFile[] = [];
  try {
    const sealed = sealOf(replicas);
    const { ledger, pair } = sourceOf(replicas, self, sealed);
    const rackId = rackIdOf(ledger.state);
    if (rackId === null) throw refused(to[0] ?? "", "the ledger is empty");
    const networkConfig = await newestNetworkConfig(replicaFolders(replicas));
    const generation = ledger.generation + 1;
    files = filesOf({ generation, ledger, pair, networkConfig });
    targets = await openTargets(fileSystem, to, files, dryRun);
    const exported: Omit<OriginalExported, "kind"> = {
      rackId,
      generation,
      stateDigest: hex(ledger.stateDigest),
      committed: latestCommittedEpoch(ledger.state),
      networkConfig: networkConfig?.generation ?? null,
      to,
    };
    for (const target of targets) target.requireUsable(sealed);
    const isDone = sealed !== null && targets.every((target) => target.isDone);
    const kind = isDone ? "alreadyExported" : "exported";
    if (dryRun) return { kind, ...exported };
    if (sealed === null) {
      for (const target of targets) await target.write();
      const at = new Date((options.now ?? Date.now)()).toISOString();
      await seal(replicas, { at, generation, to: [...to] });
    } else {
      await sealAgain(replicas, sealed);
    }
    for (const target of targets) await target.finish();
    return { kind, ...exported };
  } catch (error) {
    if (!(error instanceof WriteFailure)) throw error;
    const details = { folder: error.folder, step: error.step, problem: problemOf(error) };
    throw new DaemonError("ERR_TQD_STORE_SAVE_FAILED", details, { cause: error });
  } finally {
    for (const { bytes } of files) bytes.fill(0);
    await releaseTargets(targets);
    await releaseReplicas(replicas);
  }
}

function requireTargets(given: readonly string[]): readonly string[] {
  const to = given.map((folder) => path.resolve(folder));
  const [first = "(none given)"] = to;
  if (to.length === 0 || to.length > EXPORT_FOLDERS_MAX) {
    throw refused(first, `it goes to 1 to ${EXPORT_FOLDERS_MAX} folders, not ${to.length}`);
  }
  for (const folder of to) {
    if (folder.length <= EXPORT_PATH_MAX) continue;
    throw refused(folder, `its path has more than ${EXPORT_PATH_MAX} characters`);
  }
  return to;
}

/**
 * The ledger. Before it is sealed both replicas must be there, for a seal that reaches one of them is none.
 * A sealed one may have lost a replica since: what is given its name has to be what was sealed in any case.
 */
function sourceOf(
  replicas: Replicas,
  self: BaseboardId,
  sealed: DaemonError | null,
): { readonly ledger: DecodedLedger; readonly pair: string } {
  let source = bestReplica(replicas);
  if (sealed === null) {
    const decision = decide(replicas, { create: false, degraded: false, self });
    if (decision.kind === "refuse") throw decision.error;
    source = decision.kind === "open" ? decision.source : null;
  }
  const finding = source === null ? undefined : replicas[source].finding;
  if (finding !== undefined && isValid(finding)) {
    return { ledger: finding.ledger.ledger, pair: finding.marker.pair };
  }
  throw sealed ?? new Error("a ledger that opens has a valid replica");
}

function replicaFolders(replicas: Replicas): ReplicaFolder[] {
  return replicas.flatMap(({ folder }) => (folder === null ? [] : [folder]));
}

/** The files of each folder, in the order in which they get their names: the state makes the rest count. */
function filesOf(of: {
  readonly generation: number;
  readonly ledger: DecodedLedger;
  readonly pair: string;
  readonly networkConfig: Parameters<typeof encodeOriginalNetworkConfig>[0] | null;
}): ExportFile[] {
  const { pair, networkConfig } = of;
  const file = (name: string, bytes: Uint8Array): ExportFile => ({
    name,
    // Of this ledger's history: nothing that another sled's export has left is taken for it.
    unfinished: unfinishedName(name, pair),
    bytes,
    digest: hex(sha3(bytes)),
  });
  const state = file(ORIGINAL_STATE_FILE, encodeOriginalLedger(of.generation, of.ledger));
  if (networkConfig === null) return [state];
  return [file(ORIGINAL_NETWORK_FILE, encodeOriginalNetworkConfig(networkConfig)), state];
}

/** Exactly what the original would write: without the digest that this project adds. */
function encodeOriginalLedger(generation: number, { state }: DecodedLedger): Uint8Array {
  const encoded = encodeLedgerState(state);
  const head = Buffer.from(`{"generation":${generation},"state":`);
  const bytes = new Uint8Array(head.length + encoded.length + 1);
  bytes.set(head);
  bytes.set(encoded, head.length);
  bytes.set(Buffer.from("}"), head.length + encoded.length);
  encoded.fill(0);
  return bytes;
}

/** Steps 2 and 3; see the head of this file. */
async function seal(replicas: Replicas, mark: Omit<ExportMark, "state">): Promise<void> {
  const marked = markedOf(replicas);
  if (marked.length !== replicas.length) throw new Error("both are marked, as decided");
  // An interrupted export may have sealed one of them: `sealed` never stands beside another export's mark.
  if (marked.some(({ marker }) => marker.exported?.state === "sealed")) {
    await changeMarkers(marked, withoutSeal);
  }
  for (const state of ["pending", "sealed"] as const) {
    await changeMarkers(marked, (marker) => ({ ...marker, exported: { state, ...mark } }));
  }
}

/**
 * Makes a seal durable that is read. Whoever wrote it may have died before the disk had it, and then what the
 * page cache says of it is gone with the next loss of power, and the files that have got their names stay.
 */
async function sealAgain(
  replicas: Replicas,
  { details: { at, generation, to } }: DaemonError<"ERR_TQD_STORE_SEALED">,
): Promise<void> {
  const mark: ExportMark = { state: "sealed", at, generation, to: [...to] };
  await changeMarkers(markedOf(replicas), (marker) => ({ ...marker, exported: mark }));
}

interface Marked {
  readonly folder: ReplicaFolder;
  readonly marker: Marker;
}

function markedOf(replicas: Replicas): Marked[] {
  return replicas.flatMap(({ folder, finding }) =>
    folder !== null && finding.kind === "marked" ? [{ folder, marker: finding.marker }] : [],
  );
}

/** Replaces the markers by what `change` makes of those that were found, durably. */
async function changeMarkers(
  marked: readonly Marked[],
  change: (marker: Marker) => Marker,
): Promise<void> {
  const results = await Promise.allSettled(
    marked.map(async ({ folder, marker }) => {
      const encoded = encodeMarker(change(marker));
      if (encoded.length > MARKER_BYTES_MAX) {
        throw refused(folder.path, "the paths of the folders are too long to be noted");
      }
      await folder.clean();
      await folder.replace(MARKER_FILE, encoded);
    }),
  );
  // Both are waited for: nothing may still be written once this has ended.
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function refused(folder: string, problem: string): DaemonError {
  return new DaemonError("ERR_TQD_EXPORT_REFUSED", { folder, problem });
}
