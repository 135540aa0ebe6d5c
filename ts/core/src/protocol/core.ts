/**
 * What every part of a node shares: its persistent state, its peers, its outputs. The parts change
 * the persistent state only through {@link NodeCore.update}, which opens a new generation, so that
 * nothing said afterwards can leave before the change is saved.
 */
import { isTrustQuorumError } from "../base/errors.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { Share } from "../base/share.ts";
import { Alarms } from "./alarms.ts";
import type { Alarm } from "./alarms.ts";
import type { Configuration } from "./configuration.ts";
import type { TrustQuorumCrypto } from "./crypto.ts";
import { Diagnostics } from "./diagnostics.ts";
import type { Refusal, RefusalReason } from "./diagnostics.ts";
import { wipeMessage } from "./messages.ts";
import type { PeerMessage } from "./messages.ts";
import { OutputQueue } from "./outputs.ts";
import type { NodeEvent } from "./outputs.ts";
import { latestCommittedEpoch, latestConfig, rackIdOf } from "./persistent-state.ts";
import type { PersistentState } from "./persistent-state.ts";

/** The most configurations kept above the latest committed epoch, however many peers offer. */
export const UNCOMMITTED_CONFIGURATIONS_MAX = 64;

/**
 * The most bytes of encrypted secrets in these configurations together: one has up to half a MiB,
 * and 64 of them would fill a ledger beyond what it may hold, so that no save would succeed any more.
 */
export const UNCOMMITTED_SECRETS_BYTES_MAX = 8 * 1024 * 1024;

export class NodeCore {
  readonly self: BaseboardId;
  readonly crypto: TrustQuorumCrypto;
  readonly outputs: OutputQueue;
  readonly alarms = new Alarms();
  readonly diagnostics = new Diagnostics();
  readonly connected = new Set<BaseboardId>();
  #state: PersistentState;
  // Derived from the state once for each change, since every message asks for them.
  #rackId!: RackId | null;
  #latestConfig!: Configuration | null;
  #latestCommittedEpoch!: Epoch | null;

  constructor(options: {
    self: BaseboardId;
    crypto: TrustQuorumCrypto;
    generation: number;
    state: PersistentState;
  }) {
    this.self = options.self;
    this.crypto = options.crypto;
    this.outputs = new OutputQueue(options.generation);
    this.#state = options.state;
    this.#derive(options.state);
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

  /** Whether this further configuration above the latest committed epoch may be kept. */
  hasRoomFor(config: Configuration): boolean {
    const floor = this.#latestCommittedEpoch ?? 0;
    let count = 1;
    let bytes = config.encryptedRackSecrets?.data.length ?? 0;
    for (const [epoch, { encryptedRackSecrets }] of this.#state.configs) {
      if (epoch <= floor) continue;
      count += 1;
      bytes += encryptedRackSecrets?.data.length ?? 0;
    }
    return count <= UNCOMMITTED_CONFIGURATIONS_MAX && bytes <= UNCOMMITTED_SECRETS_BYTES_MAX;
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
    if (change.commits !== undefined) this.event({ kind: "committed", epoch });
  }

  /** Sends a message; the share in it must be a copy made for it. */
  send(to: BaseboardId, message: PeerMessage): void {
    if (this.outputs.full) {
      wipeMessage(message);
      this.diagnostics.record({ reason: "outputs_full", from: to, epoch: null });
      return;
    }
    this.outputs.push({ kind: "send", envelope: { to, from: this.self, message } });
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
