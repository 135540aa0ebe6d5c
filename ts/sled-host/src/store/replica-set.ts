/**
 * The replicas of an open store, and what happens when one of them fails.
 *
 * Invariants:
 * - Changes run one at a time, each on all replicas in use at once.
 * - A change has succeeded once every replica in use has taken it. In degraded mode one may fail: it goes
 *   out of use, and the change counts once the other one's marker durably says `alone`. In any other
 *   case a failure breaks the set, and nothing can be changed any more.
 * - What a scrub does runs between two changes. Its failures break nothing: what it writes is what is there
 *   already, or should be.
 */
import { DaemonError, problemOf } from "../errors.ts";
import { encodeMarker } from "./marker.ts";
import type { Space } from "./file-system.ts";
import type { Marker } from "./marker.ts";
import { MARKER_FILE, WriteFailure, codeOf } from "./replica-folder.ts";
import type { ReplicaFolder } from "./replica-folder.ts";
import type { ReplicaHealth, ReplicaIndex, StoreNotice } from "./types.ts";

/** One of the two replicas. */
export interface Member {
  readonly replica: ReplicaIndex;
  readonly path: string;
  /** Null where it could not be opened. */
  readonly folder: ReplicaFolder | null;
  /** Null where it is not in use. */
  marker: Marker | null;
  state: Exclude<ReplicaHealth["state"], "damaged">;
  generation: number | null;
  lastSaveMs: number | null;
  lastError: ReplicaHealth["lastError"];
  /** What a scrub found wrong and could not mend, by file, until that file is written anew. */
  readonly damage: Map<string, string>;
}

/** A replica in use. */
export type MemberInUse = Member & { readonly folder: ReplicaFolder; marker: Marker };

/** What a set of replicas takes from its host. */
export interface ReplicaSetHost {
  readonly degraded: boolean;
  readonly now: () => number;
  readonly notice: (notice: StoreNotice) => void;
}

/** The replicas of an open store: changes run one at a time, each on all replicas in use. */
export class ReplicaSet {
  readonly #members: readonly [Member, Member];
  readonly #host: ReplicaSetHost;
  readonly #notices: StoreNotice[] = [];
  #last: Promise<unknown> = Promise.resolve();
  /** Why nothing can be changed any more, or null. */
  #ended: DaemonError | null = null;

  constructor(members: readonly [Member, Member], host: ReplicaSetHost) {
    this.#members = members;
    this.#host = host;
  }

  /** The replicas in use: both, or one. */
  get inUse(): readonly MemberInUse[] {
    return this.#members.filter(isInUse);
  }

  notice(notice: StoreNotice): void {
    this.#notices.push(notice);
    this.#host.notice(notice);
  }

  /**
   * Changes all replicas in use; waits for its turn.
   *
   * @throws DaemonError `ERR_TQD_STORE_SAVE_FAILED`, `ERR_TQD_STORE_CLOSED`
   */
  change(work: (member: MemberInUse) => Promise<void>): Promise<void> {
    return this.#inTurn(() => this.#change(work));
  }

  /**
   * Does something between two changes, on the replicas in use. What fails in it breaks nothing.
   *
   * @throws DaemonError `ERR_TQD_STORE_CLOSED`, and what {@link seal} was given
   */
  between<T>(work: (members: readonly MemberInUse[]) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.inUse));
  }

  /** From now on nothing is written: every change fails with this error. */
  seal(error: DaemonError): void {
    this.#ended ??= error;
  }

  /** Replaces the markers of the replicas in use by what `wanted` makes of them. */
  async changeMarkers(wanted: (marker: Marker) => Marker): Promise<void> {
    await this.change(async (member) => {
      const marker = wanted(member.marker);
      if (JSON.stringify(marker) === JSON.stringify(member.marker)) return;
      await member.folder.replace(MARKER_FILE, encodeMarker(marker));
      member.marker = marker;
      member.damage.delete(MARKER_FILE);
    });
  }

  health(): readonly [ReplicaHealth, ReplicaHealth] {
    const [first, second] = this.#members;
    return [this.#healthOf(first), this.#healthOf(second)];
  }

  /** How much room each replica's file system has, or null where that cannot be told. */
  async space(): Promise<readonly [Space | null, Space | null]> {
    const room = async ({ folder }: Member): Promise<Space | null> =>
      (await folder?.open.space().catch(() => null)) ?? null;
    const [first, second] = this.#members;
    return Promise.all([room(first), room(second)]);
  }

  /** Lets go of the folders once the last change is through. */
  async close(): Promise<void> {
    this.seal(closed());
    await this.#last;
    for (const { folder } of this.#members) await folder?.open.close().catch(() => undefined);
  }

  /** One after the other, for as long as the set can be changed. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#ended !== null) throw this.#ended;
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #change(work: (member: MemberInUse) => Promise<void>): Promise<void> {
    const members = this.inUse;
    const results = await Promise.allSettled(members.map((member) => work(member)));
    let failure: Error | undefined;
    for (const [at, result] of results.entries()) {
      const member = members[at];
      if (result.status === "fulfilled" || member === undefined) continue;
      failure ??= asError(result.reason);
      this.#fail(member, result.reason);
    }
    if (failure === undefined) return;
    try {
      const [survivor] = this.inUse;
      if (!this.#host.degraded || survivor === undefined) throw failure;
      await this.#goAlone(survivor);
    } catch (error) {
      this.seal(closed());
      throw saveFailed(error);
    }
  }

  #fail(member: Member, error: unknown): void {
    member.state = "failed";
    const text = problemOf(error);
    member.lastError = { code: codeOf(error), text, at: this.#host.now() };
    this.notice({ kind: "failed", folder: member.path, text: `it is out of use: ${text}` });
  }

  /** Notes on a replica that from now on it may be ahead of the other one. */
  async #goAlone(survivor: MemberInUse): Promise<void> {
    const since = new Date(this.#host.now()).toISOString();
    const generation = survivor.generation ?? 0;
    const alone = survivor.marker.alone ?? { since, generation };
    const marker: Marker = { ...survivor.marker, alone };
    await survivor.folder.replace(MARKER_FILE, encodeMarker(marker));
    survivor.marker = marker;
    const text = "only this replica is used from now on";
    this.notice({ kind: "alone", folder: survivor.path, text });
  }

  #healthOf(member: Member): ReplicaHealth {
    const { replica, path: folder, generation, lastSaveMs, lastError, marker } = member;
    const damage = member.state === "ok" ? [...member.damage.values()] : [];
    const state = damage.length > 0 ? "damaged" : member.state;
    const notices = this.#notices.filter((notice) => notice.folder === folder);
    const { degraded } = this.#host;
    const alone = member.state === "ok" ? (marker?.alone ?? null) : null;
    return {
      replica,
      folder,
      state,
      generation,
      damage,
      lastSaveMs,
      lastError,
      degraded,
      alone,
      notices,
    };
  }
}

function isInUse(member: Member): member is MemberInUse {
  return member.state === "ok" && member.folder !== null && member.marker !== null;
}

function closed(): DaemonError {
  return new DaemonError("ERR_TQD_STORE_CLOSED", {});
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function saveFailed(error: unknown): DaemonError {
  const { folder, step } = error instanceof WriteFailure ? error : { folder: "?", step: "?" };
  const details = { folder, step, problem: problemOf(error) };
  return new DaemonError("ERR_TQD_STORE_SAVE_FAILED", details, { cause: error });
}
