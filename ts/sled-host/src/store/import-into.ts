/** What every import does with the two folders that it begins a ledger in. */
import { randomBytes } from "node:crypto";
import type { BaseboardId, RestoredLedger } from "trust-quorum";
import { DaemonError } from "../errors.ts";
import { assessReplicas, releaseReplicas } from "./assess.ts";
import type { Finding, Replicas } from "./assess.ts";
import { decide, findingsOf, isPristine, isUnbegun, isUnready } from "./decide.ts";
import { hex } from "./digest.ts";
import type { FileSystem } from "./file-system.ts";
import { formatReplicas } from "./format.ts";
import { makeFolders } from "./ledger-store.ts";
import { nodeFileSystem, readOnlyFileSystem } from "./node-file-system.ts";
import type { NetworkConfig } from "./types.ts";

/** What is begun, and where. */
export interface ImportInto {
  /** They are made if they do not exist. */
  readonly folders: readonly [string, string];
  readonly self: BaseboardId;
  /** The shares stay the caller's. */
  readonly ledger: RestoredLedger;
  readonly networkConfig?: NetworkConfig | null;
  /** 64 hex digits: what makes two imports the same. */
  readonly identity: string;
  /** Runs with the folders locked, before the first of them is changed; what it throws ends the import. */
  readonly check?: () => Promise<void>;
  /** Changes nothing: finds out whether an import would be refused. */
  readonly dryRun?: boolean | undefined;
  readonly fileSystem?: FileSystem | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * Begins a ledger in two folders that are empty, or in which an empty ledger was begun and nothing was
 * ever saved. Doing it twice is fine.
 *
 * @returns `alreadyImported` where the folders were made by the same import before: nothing was changed
 * @throws DaemonError `ERR_TQD_IMPORT_REFUSED` where the folders hold something else; and what
 * `openLedgerStore` throws
 */
export async function importInto(options: ImportInto): Promise<"imported" | "alreadyImported"> {
  const { folders, self, identity, dryRun = false } = options;
  const fileSystem = options.fileSystem ?? (dryRun ? readOnlyFileSystem : nodeFileSystem);
  if (!dryRun) await makeFolders(fileSystem, folders);
  const replicas = await assessReplicas(fileSystem, folders, self);
  try {
    const findings = findingsOf(replicas);
    const isEmpty =
      isUnbegun(findings) || isPristine(findings) || (dryRun && findings.every(canBeBegun));
    if (!isEmpty) refuseOtherState(replicas, identity, self);
    await options.check?.();
    if (!isEmpty) return "alreadyImported";
    if (dryRun) return "imported";
    await formatReplicas(replicas, {
      self,
      ledger: options.ledger,
      networkConfig: options.networkConfig ?? null,
      origin: { kind: "import", digest: identity },
      now: (options.now ?? Date.now)(),
      pair: hex(randomBytes(16)),
    });
    return "imported";
  } finally {
    await releaseReplicas(replicas);
  }
}

/** Whether a folder would be made, or has nothing in it that counts. */
function canBeBegun(finding: Finding): boolean {
  return finding.kind === "unavailable" ? finding.code === "ENOENT" : isUnready(finding);
}

/** Refuses folders that hold anything but this same import, whatever became of it since. */
function refuseOtherState(replicas: Replicas, identity: string, self: BaseboardId): void {
  const decision = decide(replicas, { create: false, degraded: true, self });
  if (decision.kind === "refuse") throw decision.error;
  for (const { path: folder, finding } of replicas) {
    if (finding.kind !== "marked") continue;
    const { origin } = finding.marker;
    if (origin.kind === "import" && origin.digest === identity) continue;
    const problem =
      origin.kind === "import"
        ? "it holds a ledger that was imported from another share"
        : "it holds a ledger already";
    throw new DaemonError("ERR_TQD_IMPORT_REFUSED", { folder, problem });
  }
}
