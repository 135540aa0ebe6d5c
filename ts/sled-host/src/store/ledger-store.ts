/**
 * The durable ledger of a sled, in two replicas. What it decides when it opens is in `decide.ts`, and
 * why that loses nothing in the heads of `marker.ts` and `decide.ts`.
 *
 * Invariants:
 * - Before a store is handed out it has written both replicas in full. So what the sled starts from is
 *   durable whatever the page cache made of an earlier failure, and both folders can be written.
 * - A replica's word that it is alone is taken back only once the other one holds the same ledger durably.
 * - A replica that failed stays out of use until the store is opened anew: what a failing disk says of
 *   itself is not trusted within one life of a process.
 * - Encoded ledgers are zeroed once they are written.
 */
import { randomBytes } from "node:crypto";
import type { PersistOutput, RestoredLedger } from "trust-quorum";
import { encodeLedger } from "trust-quorum/ledger";
import { initialState, rackIdOf } from "trust-quorum/protocol";
import { DaemonError, problemOf } from "../errors.ts";
import { assessReplicas, problemOfFinding, releaseReplicas, wipeFinding } from "./assess.ts";
import type { Replicas } from "./assess.ts";
import { FIRST_GENERATION, decide, findingsOf, isValid, other } from "./decide.ts";
import { hex, sha3 } from "./digest.ts";
import type { FileSystem, Space } from "./file-system.ts";
import { formatReplicas } from "./format.ts";
import { DurableNetworkConfig } from "./network-config.ts";
import { withoutExport, withoutSeal } from "./marker.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { identityOf } from "./ledger-scan.ts";
import type { LedgerIdentity } from "./ledger-scan.ts";
import { LEDGER_FILE } from "./replica-folder.ts";
import { ReplicaSet } from "./replica-set.ts";
import type { Member, MemberInUse } from "./replica-set.ts";
import { scrubReplicas } from "./scrub.ts";
import type {
  LedgerStore,
  LedgerStoreOptions,
  ReplicaHealth,
  ReplicaIndex,
  ScrubReport,
} from "./types.ts";

/**
 * Opens the ledger of a sled: locks both folders, finds out what is in them, mends a replica that fell
 * behind, and refuses whatever it cannot be sure of. It changes nothing where it refuses.
 *
 * @throws DaemonError `ERR_TQD_STORE_FOLDER_LOCKED`, `ERR_TQD_STORE_SAME_FOLDER`,
 * `ERR_TQD_STORE_FOREIGN_FOLDER`, `ERR_TQD_STORE_NOT_INITIALIZED`, `ERR_TQD_STORE_IMPORT_INTERRUPTED`,
 * `ERR_TQD_STORE_HOLDS_ORIGINAL`, `ERR_TQD_STORE_SEALED`, `ERR_TQD_STORE_FOLDER_UNUSABLE`, `ERR_TQD_STORE_NEEDS_RECOVERY`, and `ERR_TQD_STORE_SAVE_FAILED` where
 * a folder cannot be written
 * @example
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import path from "node:path";
 * import {
 *   TrustQuorumDriver,
 *   TrustQuorumNode,
 *   baseboardId,
 *   nativeCrypto,
 *   wipeMessage,
 * } from "trust-quorum";
 * import { openLedgerStore } from "@trust-quorum/sled-host/store/ledger-store";
 *
 * const self = baseboardId("913-0000019", "BRM1");
 * const home = await mkdtemp(path.join(tmpdir(), "sled-"));
 * const folders = [path.join(home, "ledger-a"), path.join(home, "ledger-b")] as const;
 * const store = await openLedgerStore({ self, folders, degraded: false, create: true });
 * const driver = new TrustQuorumDriver({
 *   node: TrustQuorumNode.restore({ self, ledger: store.takeLedger(), crypto: nativeCrypto() }),
 *   save: (output) => store.save(output),
 *   send: ({ message }) => wipeMessage(message), // a real host encodes it and sends it
 * });
 *
 * await driver.stop();
 * await store.close();
 * await rm(home, { recursive: true });
 */
export async function openLedgerStore(options: LedgerStoreOptions): Promise<LedgerStore> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  if (options.create) await makeFolders(fileSystem, options.folders);
  const replicas = await assessReplicas(fileSystem, options.folders, options.self);
  try {
    const decision = decide(replicas, options);
    if (decision.kind === "refuse") throw decision.error;
    if (decision.kind === "open") return await DurableLedger.open(replicas, decision, options);
    await begin(replicas, options);
  } catch (error) {
    await releaseReplicas(replicas);
    throw error;
  }
  // What was begun is read back, like any other ledger.
  await releaseReplicas(replicas);
  return openLedgerStore({ ...options, create: false });
}

class DurableLedger implements LedgerStore {
  readonly networkConfig: DurableNetworkConfig;
  readonly #replicas: ReplicaSet;
  readonly #now: () => number;
  readonly #saved: SavedLedger;
  #ledger: RestoredLedger | null;
  #generation: number;

  private constructor(parts: {
    readonly replicas: ReplicaSet;
    readonly ledger: RestoredLedger;
    readonly saved: SavedLedger;
    readonly networkConfig: DurableNetworkConfig;
    readonly now: () => number;
  }) {
    this.#replicas = parts.replicas;
    this.#ledger = parts.ledger;
    this.#generation = parts.ledger.generation;
    this.#saved = parts.saved;
    this.#now = parts.now;
    this.networkConfig = parts.networkConfig;
  }

  static async open(
    found: Replicas,
    { source, both }: { readonly source: ReplicaIndex; readonly both: boolean },
    options: LedgerStoreOptions,
  ): Promise<DurableLedger> {
    const finding = found[source].finding;
    if (!isValid(finding)) throw new Error("the source is valid, as decided");
    const { generation, state } = finding.ledger.ledger;
    const now = options.now ?? Date.now;
    const members = membersOf(found, both, now);
    const notice = options.onNotice ?? (() => undefined);
    const replicas = new ReplicaSet(members, { degraded: options.degraded, now, notice });
    tellWhatWasFound(replicas, found, source, both);

    const saved = new SavedLedger();
    await saved.save(replicas, { generation, state }, async ({ folder }) => folder.clean());
    // An export did not get as far as sealing both. No marker may say `sealed` beside one that says nothing.
    await replicas.changeMarkers(withoutSeal);
    const networkConfig = await DurableNetworkConfig.open(replicas);
    const isWhole = replicas.inUse.length === 2;
    await replicas.changeMarkers((marker) => ({
      // Beside a replica that is not there now and may say `sealed`, the word that this is not so stays.
      ...(isWhole ? withoutExport(marker) : marker),
      rack: rackIdOf(state) ?? marker.rack,
      synced: generation,
      degraded: options.degraded,
      alone: isWhole ? null : marker.alone,
    }));
    wipeFinding(found[other(source)].finding);
    const ledger = { generation, state };
    return new DurableLedger({ replicas, ledger, saved, networkConfig, now });
  }

  takeLedger(): RestoredLedger {
    const ledger = this.#ledger;
    if (ledger === null) throw new DaemonError("ERR_TQD_STORE_CLOSED", {});
    this.#ledger = null;
    return ledger;
  }

  async save(output: PersistOutput): Promise<void> {
    const { generation } = output;
    if (generation <= this.#generation) {
      const details = { generation, current: this.#generation };
      throw new DaemonError("ERR_TQD_STORE_INVALID_GENERATION", details);
    }
    this.#generation = generation;
    await this.#saved.save(this.#replicas, output);
  }

  scrub(): Promise<ScrubReport> {
    return scrubReplicas(this.#replicas, {
      ledger: () => this.#saved.identity,
      networkConfig: this.networkConfig,
      now: this.#now,
    });
  }

  space(): Promise<readonly [Space | null, Space | null]> {
    return this.#replicas.space();
  }

  get ledgerBytes(): number {
    return this.#saved.identity.bytes;
  }

  health(): readonly [ReplicaHealth, ReplicaHealth] {
    return this.#replicas.health();
  }

  close(): Promise<void> {
    return this.#replicas.close();
  }
}

/** What was saved last: its identity is all of it that stays here. */
class SavedLedger {
  #identity: LedgerIdentity = { bytes: 0, generation: null, digest: null };

  get identity(): LedgerIdentity {
    return this.#identity;
  }

  /** Makes a ledger durable on every replica in use. */
  async save(
    replicas: ReplicaSet,
    ledger: RestoredLedger,
    before?: (member: MemberInUse) => Promise<void>,
  ): Promise<void> {
    const { generation } = ledger;
    const bytes = encodeLedger(ledger, sha3);
    const identity = identityOf(bytes);
    try {
      await replicas.change(async (member) => {
        await before?.(member);
        const start = performance.now();
        await member.folder.replace(LEDGER_FILE, bytes);
        member.lastSaveMs = performance.now() - start;
        member.generation = generation;
        member.damage.delete(LEDGER_FILE);
        // Here, and not once the change is through: what runs after it must find it.
        this.#identity = identity;
      });
    } finally {
      bytes.fill(0);
    }
  }
}

/** Makes the folders where they do not exist. */
export async function makeFolders(
  fileSystem: FileSystem,
  folders: readonly [string, string],
): Promise<void> {
  for (const folder of folders) {
    try {
      await fileSystem.makeFolder(folder);
    } catch (error) {
      const details = { folder, problem: problemOf(error) };
      throw new DaemonError("ERR_TQD_STORE_FOLDER_UNUSABLE", details, { cause: error });
    }
  }
}

function begin(replicas: Replicas, options: LedgerStoreOptions): Promise<void> {
  return formatReplicas(replicas, {
    self: options.self,
    ledger: { generation: FIRST_GENERATION.new, state: initialState() },
    origin: { kind: "new" },
    now: (options.now ?? Date.now)(),
    pair: hex(randomBytes(16)),
  });
}

function membersOf(found: Replicas, both: boolean, now: () => number): readonly [Member, Member] {
  const memberOf = (replica: ReplicaIndex): Member => {
    const { path, folder, finding } = found[replica];
    const marked = finding.kind === "marked" && (both || isValid(finding));
    const text = problemOfFinding(finding);
    return {
      replica,
      path,
      folder,
      marker: marked ? finding.marker : null,
      state: marked ? "ok" : "unusable",
      generation: null,
      lastSaveMs: null,
      damage: new Map(),
      lastError: marked ? null : { code: codeOfFinding(found, replica), text, at: now() },
    };
  };
  return [memberOf(0), memberOf(1)];
}

function codeOfFinding(found: Replicas, replica: ReplicaIndex): string {
  const { finding } = found[replica];
  return finding.kind === "unavailable" ? finding.code : finding.kind.toUpperCase();
}

function tellWhatWasFound(
  replicas: ReplicaSet,
  found: Replicas,
  source: ReplicaIndex,
  both: boolean,
): void {
  for (const { wereOpenToOthers, path: folder } of found) {
    for (const path of wereOpenToOthers) {
      const text = `others could read ${path}, and what it holds may be known to them; they no longer can`;
      replicas.notice({ kind: "wasOpenToOthers", folder, text });
    }
  }
  const [first, second] = found;
  if (first.folder?.open.device === second.folder?.open.device) {
    const text = "both replicas are on one file system: its loss is the loss of both";
    replicas.notice({ kind: "sameDevice", folder: second.path, text });
  }
  const folder = found[other(source)].path;
  const [own, peer] = [findingsOf(found)[source], findingsOf(found)[other(source)]];
  if (!both) {
    const text = `the other replica is not used: ${problemOfFinding(peer)}`;
    replicas.notice({ kind: "alone", folder: found[source].path, text });
    return;
  }
  if (!isValid(own)) return;
  const { generation } = own.ledger.ledger;
  if (!isValid(peer)) {
    replicas.notice({ kind: "repaired", folder, text: `written anew: ${problemOfFinding(peer)}` });
    return;
  }
  const theirs = peer.ledger.ledger.generation;
  if (theirs === generation) return;
  const text = `it was behind: generation ${theirs} instead of ${generation}`;
  const isRolledBack = theirs < own.marker.synced && own.marker.alone === null;
  replicas.notice({ kind: isRolledBack ? "rolledBack" : "repaired", folder, text });
}
