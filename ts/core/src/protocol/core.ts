/**
 * What every part of a node shares: its persistent state, its peers, its outputs. The parts change
 * the persistent state only through {@link NodeCore.update}, which opens a new generation, so that
 * nothing said afterwards can leave before the change is saved.
 */
import { isTrustQuorumError } from "../base/errors.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import { LEDGER_BYTES_MAX } from "../base/limits.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import { Alarms } from "./alarms.ts";
import type { Alarm, AlarmSource } from "./alarms.ts";
import type { Configuration } from "./configuration.ts";
import type { TrustQuorumCrypto } from "./crypto.ts";
import { Diagnostics } from "./diagnostics.ts";
import type { Refusal, RefusalReason } from "./diagnostics.ts";
import { Guard } from "./guard/guard.ts";
import type { GuardMode } from "./guard/guard.ts";
import { ledgerBytes, ledgerBytesOf } from "./guard/ledger-size.ts";
import { LEDGER_ALARM_BYTES } from "./guard/limits.ts";
import { ledgerRoom } from "./guard/room.ts";
import type { Way } from "./guard/room.ts";
import { wipeMessage } from "./messages.ts";
import type { PeerMessage } from "./messages.ts";
import { OutputQueue } from "./outputs.ts";
import type { NodeEvent } from "./outputs.ts";
import { latestCommittedEpoch, latestConfig, rackIdOf } from "./persistent-state.ts";
import type { PersistentState } from "./persistent-state.ts";

export class NodeCore {
  readonly self: BaseboardId;
  readonly crypto: TrustQuorumCrypto;
  readonly outputs: OutputQueue;
  readonly alarms = new Alarms();
  readonly diagnostics = new Diagnostics();
  readonly connected = new Set<BaseboardId>();
  /** Who may say what; null where any peer is believed, as the original does. */
  guard: Guard | null;
  #state: PersistentState;
  /** Shares that the state has no more, and the first generation without them. */
  #dropped: { readonly share: Share | LrtqShare; readonly generation: number }[] = [];
  // Derived from the state once for each change, since every message asks for them.
  #rackId!: RackId | null;
  #latestConfig!: Configuration | null;
  #latestCommittedEpoch!: Epoch | null;

  constructor(options: {
    self: BaseboardId;
    crypto: TrustQuorumCrypto;
    generation: number;
    state: PersistentState;
    /** Default: strict. */
    guard?: GuardMode | undefined;
  }) {
    this.self = options.self;
    this.crypto = options.crypto;
    this.outputs = new OutputQueue(options.generation);
    this.#state = options.state;
    this.#derive(options.state);
    this.guard = options.guard === "original" ? null : new Guard(this);
    this.#watchLedger();
  }

  get state(): PersistentState {
    return this.#state;
  }

  get rackId(): RackId | null {
    return this.#rackId;
  }

  get latestConfig(): Configuration | null {
    return this.#latestConfig;
  }

  get latestCommittedEpoch(): Epoch | null {
    return this.#latestCommittedEpoch;
  }

  get latestCommittedConfig(): Configuration | null {
    const epoch = this.#latestCommittedEpoch;
    return epoch === null ? null : (this.#state.configs.get(epoch) ?? null);
  }

  /** Whether this epoch, or a later one, is committed. */
  hasCommittedAtLeast(epoch: number): boolean {
    return this.#latestCommittedEpoch !== null && this.#latestCommittedEpoch >= epoch;
  }

  /**
   * Looks for room for one more configuration (protocol section 6.0). A call of the control plane always
   * has some, as long as the ledger can be saved.
   *
   * @returns the epochs to give up for it, or why there is no room
   */
  roomFor(
    config: Configuration,
    source: { readonly from: AlarmSource; readonly way: Way },
  ): readonly Epoch[] | "too_many_configurations" | "ledger_full" {
    const { from, way } = source;
    if (this.guard === null || this.guard.suspended) return [];
    if (from !== "Nexus") return this.guard.room.find(this.#state, config, { from, way });
    return ledgerRoom(this.#state, ledgerBytesOf(config)) ?? "ledger_full";
  }

  /** Replaces parts of the persistent state: the only way it ever changes. */
  update(change: Partial<PersistentState>): void {
    this.#state = { ...this.#state, ...change };
    this.outputs.open();
    this.#derive(change);
  }

  /**
   * Keeps a configuration, and its share and commit where given, in one change. What is kept already
   * stays: a configuration, a share or a commit is never overwritten, and nothing is added to a
   * configuration that is another one.
   */
  keep(config: Configuration, share: Share | null, options: { commit: boolean }): void {
    const { epoch } = config;
    const { configs, shares, commits } = this.#state;
    if (configs.get(epoch)?.equals(config) === false) return;
    const change: { -readonly [K in keyof PersistentState]?: PersistentState[K] } = {};
    if (!configs.has(epoch)) change.configs = new Map(configs).set(epoch, config);
    if (share !== null && !shares.has(epoch)) {
      change.shares = new Map(shares).set(epoch, share.clone());
    }
    if (options.commit && !commits.has(epoch)) change.commits = new Set(commits).add(epoch);
    if (Object.keys(change).length === 0) return;
    this.update(change);
    const committed = change.commits !== undefined;
    if (change.configs !== undefined || committed) this.guard?.kept(config, { committed });
    if (committed) this.event({ kind: "committed", epoch });
    if (change.configs !== undefined) this.#watchLedger();
  }

  /**
   * Drops configurations, with their shares and commits, as protocol section 6.0 allows; with other
   * changes in one. The shares are zeroed once no save needs them any more.
   */
  drop(epochs: readonly Epoch[], change: Partial<PersistentState> = {}): void {
    if (epochs.length === 0 && Object.keys(change).length === 0) return;
    const configs = new Map(this.#state.configs);
    const shares = new Map(this.#state.shares);
    const commits = new Set(this.#state.commits);
    const dropped: (Share | LrtqShare)[] = [];
    for (const epoch of epochs) {
      const share = shares.get(epoch);
      if (share !== undefined) dropped.push(share);
      configs.delete(epoch);
      shares.delete(epoch);
      commits.delete(epoch);
    }
    const { lrtq } = this.#state;
    if (change.lrtq === null && lrtq !== null) dropped.push(lrtq.share);
    this.update({ configs, shares, commits, ...change });
    this.guard?.dropped(epochs);
    const { generation } = this.outputs;
    this.#dropped.push(...dropped.map((share) => ({ share, generation })));
  }

  /** A generation is durable. */
  persisted(generation: number): void {
    this.outputs.persisted(generation);
    const needed = this.#dropped.filter((one) => one.generation > generation);
    for (const one of this.#dropped) if (one.generation <= generation) one.share.wipe();
    this.#dropped = needed;
  }

  /** Zeroes all shares: nothing is saved any more. */
  wipe(): void {
    for (const { share } of this.#dropped) share.wipe();
    for (const share of this.#state.shares.values()) share.wipe();
    this.#state.lrtq?.share.wipe();
  }

  /** Sends a message; the share in it must be a copy made for it. */
  send(to: BaseboardId, message: PeerMessage): void {
    if (this.outputs.full) {
      wipeMessage(message);
      this.diagnostics.record({ reason: "outputs_full", from: to, epoch: null });
      return;
    }
    this.outputs.push({ kind: "send", envelope: { to, from: this.self, message } });
    this.guard?.asks.sent(to, message);
  }

  event(event: NodeEvent): void {
    this.outputs.push({ kind: "event", event });
  }

  /** Raises an alarm once. */
  alarm(alarm: Alarm): void {
    if (this.alarms.raise(alarm)) this.event({ kind: "alarm", alarm });
  }

  /** Counts a message that had no effect. */
  refuse(reason: RefusalReason, from: BaseboardId | "Nexus", epoch: number | null): void {
    this.record({ reason, from, epoch });
  }

  /** Counts any refused input and tells the host. */
  record(refusal: Omit<Refusal, "sequence">): void {
    const entry = this.diagnostics.record(refusal);
    if (!this.outputs.full) this.event({ kind: "refused", refusal: entry });
  }

  /** A ledger that grows on cannot be saved some day: somebody has to know early enough. */
  #watchLedger(): void {
    if (this.guard === null || ledgerBytes(this.#state) <= LEDGER_ALARM_BYTES) return;
    this.alarm({ kind: "ledgerAlmostFull", bytes: LEDGER_ALARM_BYTES, limit: LEDGER_BYTES_MAX });
  }

  #derive(change: Partial<PersistentState>): void {
    if (change.configs !== undefined || change.lrtq !== undefined) {
      this.#latestConfig = latestConfig(this.#state);
      this.#rackId = rackIdOf(this.#state);
    }
    if (change.commits !== undefined) {
      this.#latestCommittedEpoch = latestCommittedEpoch(this.#state);
    }
  }
}

/**
 * Runs a step of cryptography that peers' data can make fail.
 *
 * @returns its value, or the code of its `TrustQuorumError`; anything else is a programming error
 * and is thrown
 */
export function attempt<T>(
  step: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ErrorCode } {
  try {
    return { ok: true, value: step() };
  } catch (error) {
    if (isTrustQuorumError(error)) return { ok: false, code: error.code };
    throw error;
  }
}

/** The alarm for a failed rebuild or decryption of the rack secret of an epoch. */
export function recoveryAlarm(epoch: Epoch, code: ErrorCode): Alarm {
  const decryption =
    code === "ERR_TQ_AUTHENTICATION_FAILED" ||
    code === "ERR_TQ_INVALID_PLAINTEXT_LENGTH" ||
    code === "ERR_TQ_INVALID_PLAINTEXT";
  const kind = decryption ? "rackSecretDecryptionFailed" : "rackSecretReconstructionFailed";
  return { kind, epoch, code };
}
