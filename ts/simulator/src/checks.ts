/**
 * The invariants of the protocol's section 10, and some more, checked where something changes: each
 * step looks only at what it has touched. What is promised depends on the run's profile; see
 * `docs/simulator.md`.
 */
import {
  DIGEST_BYTES,
  LRTQ_EPOCH,
  SHARE_BYTES,
  UNCOMMITTED_CONFIGURATIONS_MAX,
  baseboardParts,
  hasPrepared,
  isCommitDecided,
  isTrustQuorumError,
  latestCommittedEpoch,
  latestConfig,
  preparedMembers,
  rackIdOf,
} from "trust-quorum";
import type {
  Alarm,
  BaseboardId,
  Configuration,
  ConfigurationRecord,
  CoordinatorStatus,
  DrivenNode,
  Epoch,
  NodeEvent,
  PeerMessage,
  PersistentState,
  RestoredLedger,
  TrustQuorumCrypto,
} from "trust-quorum";
import { must } from "./failure.ts";
import type { Host } from "./host.ts";
import type { Profile, Setup } from "./options.ts";
import type { Database } from "./plane.ts";
import type { Sled } from "./sled.ts";
import { same } from "./truth.ts";
import type { Truth } from "./truth.ts";

export class Checks {
  readonly #host: Host;
  readonly #database: Database;
  readonly #truth: Truth;
  readonly #setup: Setup;
  readonly #crypto: TrustQuorumCrypto;
  /** The first configuration on any disk for each epoch: one that was never saved was never told. */
  readonly #configs = new Map<Epoch, Configuration>();
  /** Configurations whose members were found to be in order. */
  readonly #ordered = new WeakSet<Configuration>();
  /** The kind of the message whose effects are being looked at. */
  #input: PeerMessage["kind"] | null = null;

  constructor(options: {
    host: Host;
    database: Database;
    truth: Truth;
    setup: Setup;
    crypto: TrustQuorumCrypto;
  }) {
    this.#host = options.host;
    this.#database = options.database;
    this.#truth = options.truth;
    this.#setup = options.setup;
    this.#crypto = options.crypto;
  }

  get profile(): Profile {
    return this.#setup.profile;
  }

  /** Whether every sled follows the protocol and no disk forgets what it has confirmed. */
  get strict(): boolean {
    return STRICT.includes(this.#setup.profile);
  }

  /** A node has taken a message; `before` is its state from before. */
  received(sled: Sled, message: PeerMessage, before: PersistentState): void {
    this.#input = message.kind;
    const { node } = sled;
    if (node !== null && node.persistentState !== before && staleBefore(before, message)) {
      must(false, "stale-changes-nothing", () => `${sled.id} takes a stale ${message.kind}`);
    }
    if (message.kind === "prepareAck") this.#acks(sled, sled.node?.coordinatorStatus() ?? null);
    if (message.kind === "commitAdvance") this.#oneTask(sled);
  }

  /** A request was granted. */
  called(sled: Sled): void {
    this.#input = null;
    const status = sled.node?.coordinatorStatus();
    if (status === null || status === undefined) return;
    this.#oneTask(sled);
    this.#acks(sled, status);
  }

  /** The persistent state in memory is another one. */
  changed(sled: Sled, before: PersistentState, after: PersistentState): void {
    this.#stays(sled, before, after);
    if (after.configs !== before.configs) this.#newConfigs(sled, before, after);
    if (after.shares !== before.shares) this.#newShares(sled, before, after);
    for (const epoch of after.commits === before.commits ? [] : after.commits) {
      if (before.commits.has(epoch)) continue;
      const whole = hasPrepared(after, epoch);
      must(whole, "well-formed-state", () => `${sled.id}: commit ${epoch} lacks its share`);
    }
    this.#expunged(sled, before, after);
  }

  /** A state is durable. */
  saved(sled: Sled, state: PersistentState): void {
    for (const [epoch, bytes] of sled.keptShares) {
      const kept = same(state.shares.get(epoch)?.bytes, bytes);
      must(kept, "nothing-changes-or-vanishes", () => `${sled.id}: saved share ${epoch}`);
    }
    for (const epoch of sled.keptCommits) {
      const kept = state.commits.has(epoch);
      must(kept, "nothing-changes-or-vanishes", () => `${sled.id}: saved commit ${epoch}`);
    }
    this.#keep(sled, state);
  }

  /** A sled is about to start from this. */
  restored(sled: Sled, ledger: RestoredLedger | null): void {
    if (sled.amnesiac) {
      sled.keptShares.clear();
      sled.keptCommits.clear();
    }
    if (ledger !== null) this.saved(sled, ledger.state);
    const nothing = ledger === null && sled.keptShares.size > 0;
    must(!nothing, "nothing-changes-or-vanishes", () => `${sled.id}: its whole ledger`);
  }

  /** What leaves a node must rest on what its disk holds. */
  spoken(sled: Sled, to: Sled, message: PeerMessage): void {
    if (sled.amnesiac) return;
    const { durable } = sled;
    const early = (holds: boolean): void =>
      must(holds, "persist-before-speak", () => `${sled.id} → ${to.id}: ${message.kind}`);
    switch (message.kind) {
      case "prepare": {
        const { config, share } = message;
        early(durable.shares.has(config.epoch) && holds(durable, config));
        const own = config.indexOf(to.id) + 1 === share.x;
        must(own, "shares-only-for-members", () => `${sled.id} sends ${to.id} another's share`);
        return;
      }
      case "prepareAck":
        early(hasPrepared(durable, message.epoch));
        return;
      case "share": {
        early(same(durable.shares.get(message.epoch)?.bytes, message.share.bytes));
        const member = durable.configs.get(message.epoch)?.has(to.id) === true;
        must(member, "shares-only-for-members", () => `${to.id} gets share ${message.epoch}`);
        return;
      }
      case "lrtqShare":
        early(same(durable.lrtq?.share.bytes, message.share.bytes));
        return;
      case "commitAdvance":
        early(durable.commits.has(message.config.epoch) && holds(durable, message.config));
        return;
      case "expunged": {
        const config = durable.configs.get(message.epoch);
        early(config !== undefined);
        const member = config?.has(to.id) === true;
        must(!member, "expunged-for-a-reason", () => `${sled.id} expunges the member ${to.id}`);
        return;
      }
      case "getShare":
      case "getLrtqShare":
        return;
      default:
        message satisfies never;
    }
  }

  /** What a node tells its host. */
  told(sled: Sled, event: NodeEvent): void {
    const { coverage } = this.#host;
    const { durable } = sled;
    switch (event.kind) {
      case "committed": {
        const kept = durable.commits.has(event.epoch);
        must(kept, "persist-before-speak", () => `${sled.id} tells of commit ${event.epoch}`);
        break;
      }
      case "expunged": {
        const kept = durable.expunged !== null;
        must(kept, "persist-before-speak", () => `${sled.id} tells that it is expunged`);
        break;
      }
      case "rackSecretsReady":
        this.loaded(sled, event.epoch);
        break;
      case "alarm": {
        sled.alarms += 1;
        coverage.count("alarms", event.alarm.kind);
        const { alarm } = event;
        must(!this.#unexpected(sled, alarm), "no-alarms", () => `${sled.id}: ${alarm.kind}`);
        break;
      }
      case "refused":
        coverage.count("refusals", event.refusal.reason);
        return;
      default:
        event satisfies never;
    }
    coverage.count("events", event.kind);
  }

  /** A coordinator has answered a poll. */
  statusAnswered(sled: Sled, status: CoordinatorStatus | null): void {
    if (status?.operation !== "prepare" || !sled.honest) return;
    const { durable } = sled;
    const kept = durable.shares.has(status.epoch) && holds(durable, status.config);
    must(
      kept,
      "persist-before-speak",
      () => `${sled.id} answers with configuration ${status.epoch}`,
    );
  }

  /** A control plane counts a sled as committed. */
  commitAcknowledged(sled: Sled, epoch: number): void {
    if (!sled.honest) return;
    const { durable } = sled;
    // A sled that was told of a later commit first has no need of this one.
    const latest = latestCommittedEpoch(durable) ?? 0;
    const kept = latest >= epoch && hasPrepared(durable, latest as Epoch);
    must(kept, "acknowledged-commits-are-kept", () => `${sled.id}: commit ${epoch}`);
  }

  /** The commit of a configuration was decided: from now on its secret must never be lost. */
  commitDecided(record: ConfigurationRecord): void {
    const { config, threshold } = record;
    if (config === null) return;
    const holders = preparedMembers(record)
      .map((id) => this.#host.byId(id))
      .filter((sled) => sled.honest && sled.keptShares.has(record.epoch));
    if (this.strict) {
      const enough = holders.length >= threshold + record.commitCrashTolerance;
      must(enough, "acks-are-prepared", () => `${holders.length} sleds have share ${record.epoch}`);
    }
    if (holders.length >= threshold) this.rebuilds(record, holders, record.epoch);
  }

  /** Any K of these sleds' shares rebuild the secret of a record and open the chain; fewer do not. */
  rebuilds(
    record: ConfigurationRecord,
    holders: readonly Sled[],
    offset: number,
    all = false,
  ): void {
    const { config, threshold, epoch } = record;
    const expected = config === null ? undefined : this.#truth.secretOf(config);
    if (config === null || expected === undefined) return;
    const chosen = Array.from({ length: threshold }, (_, i) => {
      return holders[(i + offset) % holders.length] as Sled;
    });
    const shares = new Uint8Array(threshold * SHARE_BYTES);
    const digests = new Uint8Array(threshold * DIGEST_BYTES);
    chosen.forEach((sled, i) => {
      shares.set(sled.keptShares.get(epoch) ?? new Uint8Array(), i * SHARE_BYTES);
      digests.set(config.digestAt(config.indexOf(sled.id)), i * DIGEST_BYTES);
    });
    const { rackId, encryptedRackSecrets: encrypted } = config;
    try {
      const secrets = this.#crypto.recover({ shares, digests, rackId, epoch, encrypted });
      const wanted = this.#chain(epoch);
      const got = secrets.epochs.join(", ");
      const complete = got === [...wanted.keys()].join(", ");
      must(
        complete,
        "any-k-rebuild",
        () => `epoch ${epoch} opens ${got}, not ${[...wanted.keys()].join(", ")}`,
      );
      for (const prior of sample([...wanted.keys()], offset, all)) {
        const secret = wanted.get(prior);
        const handle = secrets.secret(prior);
        const right = handle?.expose((bytes) => same(bytes, secret)) === true;
        handle?.dispose();
        must(right, "any-k-rebuild", () => `epoch ${epoch} yields another secret of ${prior}`);
      }
      secrets.dispose();
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      must(false, "any-k-rebuild", () => `epoch ${epoch}: ${error.code}`);
    }
    const fewer = shares.subarray(0, (threshold - 1) * SHARE_BYTES);
    const wrong =
      threshold > 2 ? this.#crypto.combine(fewer, SHARE_BYTES) : fewer.slice(1, SHARE_BYTES);
    must(!same(wrong, expected), "fewer-rebuild-nothing", () => `epoch ${epoch}`);
  }

  /** The secrets that a sled has loaded are those that were made. */
  loaded(sled: Sled, epoch: Epoch, all = false): void {
    const { node } = sled;
    const config = node?.persistentState.configs.get(epoch);
    if (node === null || config === undefined) return;
    const maker = this.#truth.makerOf(config);
    // A configuration that a hostile sled has made holds what that sled wants.
    if (!this.strict && (maker === undefined || !this.#host.sled(maker).honest)) return;
    const { loaded } = node.work().rackSecrets;
    // The event may come out late, behind a save, when the secrets were cleared already.
    if (!all && !loaded.includes(epoch)) return;
    const expected = this.#chain(epoch);
    const secret = this.#truth.secretOf(config);
    if (secret !== undefined) expected.set(epoch, secret);
    if (this.strict) {
      const complete = loaded.join(", ") === [...expected.keys()].join(", ");
      must(complete, "right-secret", () => `${sled.id} loads ${loaded.join(", ")} for ${epoch}`);
    }
    for (const one of sample(loaded, sled.index, all)) {
      const wanted = expected.get(one);
      if (wanted === undefined) continue;
      const handle = node.loadRackSecret(one);
      const right = handle?.expose((bytes) => same(bytes, wanted)) === true;
      handle?.dispose();
      must(right, "right-secret", () => `${sled.id} loads another secret of ${one}`);
    }
  }

  /** What is kept of others' messages is bounded. */
  bounded(sled: Sled, node: DrivenNode): void {
    const { alarms, diagnostics } = node.status();
    const small = alarms.length <= 64 && diagnostics.recent.length <= 256;
    must(small, "bounded-memory", () => `${sled.id}: alarms or refusals`);
  }

  /** The secrets that an epoch must open, itself included, ascending. */
  #chain(epoch: Epoch): Map<Epoch, Uint8Array> {
    const chain = new Map<Epoch, Uint8Array>();
    const { bootstore } = this.#setup;
    if (bootstore !== null) chain.set(LRTQ_EPOCH, bootstore.secret);
    for (const record of this.#database.records) {
      if (record.epoch > epoch || !isCommitDecided(record) || record.config === null) continue;
      const secret = this.#truth.secretOf(record.config);
      if (secret !== undefined) chain.set(record.epoch, secret);
    }
    return chain;
  }

  /** What was there is there, unchanged. A change makes new maps, and most are the same ones. */
  #stays(sled: Sled, before: PersistentState, after: PersistentState): void {
    for (const [epoch, config] of after.configs === before.configs ? [] : before.configs) {
      const now = after.configs.get(epoch);
      const kept = now === config || now?.equals(config) === true;
      must(kept, "nothing-changes-or-vanishes", () => `${sled.id}: configuration ${epoch}`);
    }
    for (const [epoch, share] of after.shares === before.shares ? [] : before.shares) {
      const now = after.shares.get(epoch);
      const kept = now === share ? !share.wiped : same(now?.bytes, share.bytes);
      must(kept, "nothing-changes-or-vanishes", () => `${sled.id}: share ${epoch}`);
    }
    for (const epoch of after.commits === before.commits ? [] : before.commits) {
      const kept = after.commits.has(epoch);
      must(kept, "nothing-changes-or-vanishes", () => `${sled.id}: commit ${epoch}`);
    }
  }

  #keep(sled: Sled, state: PersistentState): void {
    for (const [epoch, config] of this.strict ? state.configs : []) {
      const first = this.#configs.get(epoch);
      if (first === undefined) this.#configs.set(epoch, config);
      const one = first === undefined || first.equals(config);
      must(one, "one-configuration", () => `${sled.id} saves another configuration of ${epoch}`);
    }
    for (const [epoch, share] of state.shares) {
      if (!sled.keptShares.has(epoch)) sled.keptShares.set(epoch, share.bytes.slice());
    }
    for (const epoch of state.commits) sled.keptCommits.add(epoch);
  }

  #acks(sled: Sled, status: CoordinatorStatus | null): void {
    if (status?.operation !== "prepare") return;
    if (this.#setup.profile === "spoofed" || !sled.honest) return;
    for (const id of status.acks) {
      const member = this.#host.byId(id);
      if (member === sled || !member.honest || status.epoch <= member.resetUpTo) continue;
      const prepared = member.keptShares.has(status.epoch);
      must(prepared, "acks-are-prepared", () => `${sled.id} counts ${id} for ${status.epoch}`);
    }
  }

  /**
   * Hostile members can make sleds see two configurations of an epoch. They cannot make the shares of a
   * configuration that an honest sled has made fail, as each share is checked when it arrives.
   */
  #unexpected(sled: Sled, alarm: Alarm): boolean {
    if (this.strict) return true;
    if (this.#setup.profile === "amnesia" || alarm.kind === "mismatchedConfigurations")
      return false;
    if (alarm.kind === "committedConfigurationLost") return true;
    if (alarm.kind === "lrtqSecretReconstructionFailed") return true;
    const config = sled.node?.persistentState.configs.get(alarm.epoch);
    const maker = config === undefined ? undefined : this.#truth.makerOf(config);
    return maker !== undefined && this.#host.sled(maker).honest;
  }

  #oneTask(sled: Sled): void {
    const { node } = sled;
    if (node === null || node.coordinatorStatus() === null) return;
    const { computingShare } = node.work();
    must(computingShare === null, "coordinates-or-computes", () => sled.id);
  }

  #newConfigs(sled: Sled, before: PersistentState, after: PersistentState): void {
    const committed = latestCommittedEpoch(after) ?? 0;
    let open = 0;
    for (const [epoch, config] of after.configs) {
      if (epoch > committed) open += 1;
      if (before.configs.has(epoch)) continue;
      const wellFormed = config.epoch === epoch && config.has(sled.id) && this.#inOrder(config);
      must(wellFormed, "well-formed-state", () => `${sled.id}: configuration ${epoch}`);
      if (!this.strict) continue;
      const one = this.#configs.get(epoch)?.equals(config) !== false;
      must(one, "one-configuration", () => `${sled.id} has another configuration of ${epoch}`);
    }
    // One more, since a node that Nexus asks to coordinate keeps its own in any case.
    const few = open <= UNCOMMITTED_CONFIGURATIONS_MAX + 1;
    must(few, "bounded-memory", () => `${sled.id} keeps ${open} uncommitted configurations`);
  }

  /** A configuration cannot be changed: where sleds hold the same object, it is looked at once. */
  #inOrder(config: Configuration): boolean {
    if (this.#ordered.has(config)) return true;
    const ordered = inOrder(config.members);
    if (ordered) this.#ordered.add(config);
    return ordered;
  }

  #newShares(sled: Sled, before: PersistentState, after: PersistentState): void {
    for (const [epoch, share] of after.shares) {
      if (before.shares.has(epoch)) continue;
      const config = after.configs.get(epoch);
      const index = config?.indexOf(sled.id) ?? -1;
      const own =
        config !== undefined &&
        share.x === index + 1 &&
        same(this.#crypto.sha3_256(share.bytes), config.digestAt(index));
      must(own, "well-formed-state", () => `${sled.id}: share ${epoch}`);
      if (config === undefined || this.#setup.profile !== "hostile") continue;
      if (this.#input !== "prepare" || !this.#host.byId(config.coordinator).honest) continue;
      const genuine = this.#truth.makerOf(config) === this.#host.byId(config.coordinator).index;
      must(genuine, "one-configuration", () => `${sled.id} prepares a forged configuration`);
    }
  }

  #expunged(sled: Sled, before: PersistentState, after: PersistentState): void {
    if (after.expunged === before.expunged) return;
    must(before.expunged === null, "nothing-changes-or-vanishes", () => `${sled.id}: expunged`);
    if (!this.strict || after.expunged === null) return;
    const { epoch } = after.expunged;
    const record = this.#database.find(epoch);
    const dropped = record !== undefined && isCommitDecided(record) && !record.members.has(sled.id);
    must(dropped, "expunged-for-a-reason", () => `${sled.id} by epoch ${epoch}`);
  }
}

/** The last of a chain and one other; all of them at the end of a run. */
function sample(epochs: readonly Epoch[], offset: number, all: boolean): readonly Epoch[] {
  if (all || epochs.length < 3) return epochs;
  const last = epochs.length - 1;
  return [offset % last, last].map((i) => epochs[i] as Epoch);
}

/** Whether a message must leave a sled in this state as it is. */
function staleBefore(state: PersistentState, message: PeerMessage): boolean {
  if (state.expunged !== null) return true;
  const rackId = rackIdOf(state);
  if (rackId !== null && rackId !== message.rackId) return true;
  if (message.kind === "expunged") return message.epoch < (latestConfig(state)?.epoch ?? Infinity);
  if (!("config" in message)) return false;
  const committed = latestCommittedEpoch(state) ?? 0;
  const { epoch } = message.config;
  return message.kind === "prepare" ? committed > epoch : committed >= epoch;
}

const STRICT: readonly Profile[] = ["calm", "faulty", "rough"];

function holds(state: PersistentState, config: Configuration): boolean {
  return state.configs.get(config.epoch)?.equals(config) === true;
}

/** The order that fixes who gets which share, by UTF-8 bytes: found here anew, not taken from the core. */
function inOrder(members: readonly BaseboardId[]): boolean {
  for (let i = 1; i < members.length; i++) {
    const one = baseboardParts(members[i - 1] as BaseboardId);
    const next = baseboardParts(members[i] as BaseboardId);
    const order =
      compareUtf8(one.partNumber, next.partNumber) ||
      compareUtf8(one.serialNumber, next.serialNumber);
    if (order >= 0) return false;
  }
  return true;
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}
