/**
 * Converts the library's types to the records of a log: for the recorder, which writes them, and for a
 * replay, which compares a replayed node's with the recorded ones.
 *
 * Invariants: no rack secret is passed in. A share is recorded as its number and the SHA3-256 of its
 * bytes; its bytes are recorded only in a log that is declared to hold secrets.
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import { isTrustQuorumError } from "trust-quorum";
import { configurationRecord } from "trust-quorum/protocol";
import type {
  Alarm,
  CollectionStatus,
  CoordinatorStatus,
  NodeEvent,
  Output,
  PeerMessage,
  RackId,
} from "trust-quorum";
import type {
  Configuration,
  LrtqShare,
  NodeActivity,
  PersistentState,
  Share,
} from "trust-quorum/protocol";
import type {
  LogAlarm,
  LogChange,
  LogCollection,
  LogConfig,
  LogCoordinating,
  LogMessage,
  LogNodeEvent,
  LogOut,
  LogResult,
  LogShare,
  LogState,
} from "./schema.ts";

/** Computes the SHA3-256 of some bytes. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** Gives a configuration the name under which the log knows it. */
export interface ConfigNames {
  nameOf(config: Configuration): string;
}

/** Converts shares to records. */
export interface ShareWriter {
  write(share: Share | LrtqShare): LogShare;
}

/** Records real shares: the number and the digest, and `y` in a log with secrets. */
export function realShares(hash: Hash, secrets: boolean): ShareWriter {
  // A node sends the shares that it keeps repeatedly. They never change, but they may be wiped.
  const known = new WeakMap<Share | LrtqShare, string>();
  return {
    write(share) {
      let sha3 = known.get(share);
      if (sha3 === undefined || share.wiped) {
        sha3 = bytesToHex(hash(share.bytes));
        known.set(share, sha3);
      }
      // A wiped share has no number; the record needs one that the format allows.
      const x = share.wiped ? 255 : share.x;
      return secrets ? { x, sha3, y: bytesToHex(share.bytes.subarray(1)) } : { x, sha3 };
    },
  };
}

/** The record of a configuration. */
export function configRecord(config: Configuration): LogConfig {
  const record = configurationRecord(config);
  return { ...record, members: [...record.members] };
}

const encoder = new TextEncoder();

/** The SHA3-256 of configurations' records, as hex: equal exactly where the configurations are equal. */
export class ConfigDigests {
  readonly #hash: Hash;
  readonly #known = new WeakMap<Configuration, string>();

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  of(config: Configuration): string {
    return this.#known.get(config) ?? this.describe(config).digest;
  }

  /** The digest, and the record where it had to be made for that: a large one takes its time. */
  describe(config: Configuration): { readonly digest: string; readonly record?: LogConfig } {
    const known = this.#known.get(config);
    if (known !== undefined) return { digest: known };
    const record = configRecord(config);
    const digest = this.#digestOf(record);
    this.#known.set(config, digest);
    return { digest, record };
  }

  /** The digest of a record whose fields are in the order of {@link configRecord}. */
  #digestOf(record: LogConfig): string {
    return bytesToHex(this.#hash(encoder.encode(JSON.stringify(record))));
  }
}

/** Converts the messages, events and states of nodes to records. */
export class Encoder {
  readonly #hash: Hash;
  readonly #digests: ConfigDigests;
  readonly #names: ConfigNames;
  readonly #shares: ShareWriter;
  readonly #rackId: () => RackId | null;

  constructor(options: {
    hash: Hash;
    digests: ConfigDigests;
    names: ConfigNames;
    shares: ShareWriter;
    /** The rack of a log; messages of this rack do not repeat it. */
    rackId: () => RackId | null;
  }) {
    this.#hash = options.hash;
    this.#digests = options.digests;
    this.#names = options.names;
    this.#shares = options.shares;
    this.#rackId = options.rackId;
  }

  nameOf(config: Configuration): string {
    return this.#names.nameOf(config);
  }

  share(share: Share | LrtqShare): LogShare {
    return this.#shares.write(share);
  }

  message(message: PeerMessage): LogMessage {
    const rack = message.rackId === this.#rackId() ? {} : { rackId: message.rackId };
    const { kind } = message;
    switch (kind) {
      case "prepare": {
        const config = this.nameOf(message.config);
        return { kind, ...rack, config, share: this.share(message.share) };
      }
      case "commitAdvance":
        return { kind, ...rack, config: this.nameOf(message.config) };
      case "share":
        return { kind, ...rack, epoch: message.epoch, share: this.share(message.share) };
      case "lrtqShare":
        return { kind, ...rack, share: this.share(message.share) };
      case "getLrtqShare":
        return { kind, ...rack };
      case "prepareAck":
      case "getShare":
      case "expunged":
        return { kind, ...rack, epoch: message.epoch };
      default:
        return kind satisfies never;
    }
  }

  output(output: Output): LogOut {
    switch (output.kind) {
      case "persist":
        return { persist: output.generation };
      case "send":
        return { to: output.envelope.to, message: this.message(output.envelope.message) };
      case "event":
        return { event: this.event(output.event) };
      default:
        return output satisfies never;
    }
  }

  event(event: NodeEvent): LogNodeEvent {
    switch (event.kind) {
      case "alarm":
        return { kind: "alarm", alarm: this.alarm(event.alarm) };
      case "refused": {
        // Its sequence number is left out: a log may begin after the node has started.
        const { reason, from, epoch, code } = event.refusal;
        const known = epoch !== null && Number.isFinite(epoch) ? epoch : null;
        const more = code === undefined ? {} : { code };
        return { kind: "refused", reason, from, epoch: known, ...more };
      }
      case "committed":
      case "rackSecretsReady":
        return { kind: event.kind, epoch: event.epoch };
      case "expunged":
        return { kind: "expunged", epoch: event.epoch, from: event.from };
      default:
        return event satisfies never;
    }
  }

  alarm(alarm: Alarm): LogAlarm {
    switch (alarm.kind) {
      case "mismatchedConfigurations": {
        const { kind, config1, config2, from } = alarm;
        return { kind, config1: this.nameOf(config1), config2: this.nameOf(config2), from };
      }
      case "unrelatedShares":
        return { ...alarm, members: [...alarm.members] };
      case "priorSecretsDiffer":
        return { ...alarm, epochs: [...alarm.epochs] };
      default:
        return { ...alarm };
    }
  }

  /** The whole persistent state. */
  state(state: PersistentState): LogState {
    const { lrtq } = state;
    return {
      lrtq: lrtq && {
        rackId: lrtq.rackId,
        epoch: lrtq.epoch,
        threshold: lrtq.threshold,
        share: this.share(lrtq.share),
        digests: bytesToHex(lrtq.shareDigests),
      },
      configs: sorted(state.configs).map(([, config]) => this.nameOf(config)),
      shares: Object.fromEntries(sorted(state.shares).map(([e, share]) => [e, this.share(share)])),
      commits: [...state.commits].sort((a, b) => a - b),
      expunged: state.expunged && { epoch: state.expunged.epoch, from: state.expunged.from },
      ...(state.abandoned === undefined ? {} : { abandoned: state.abandoned }),
    };
  }

  /** What a call added to the persistent state, and what it dropped. */
  change(before: PersistentState, after: PersistentState, generation: number): LogChange {
    const change: LogChange = { generation, digest: this.digest(after) };
    const configs = sorted(after.configs).filter(([e]) => !before.configs.has(e));
    if (configs.length > 0) change.configs = configs.map(([, config]) => this.nameOf(config));
    const shares = sorted(after.shares).filter(([e]) => !before.shares.has(e));
    if (shares.length > 0) {
      change.shares = Object.fromEntries(shares.map(([e, share]) => [e, this.share(share)]));
    }
    const commits = [...after.commits].filter((e) => !before.commits.has(e));
    if (commits.length > 0) change.commits = commits.sort((a, b) => a - b);
    if (after.expunged !== null && after.expunged !== before.expunged) {
      change.expunged = { epoch: after.expunged.epoch, from: after.expunged.from };
    }
    if (after.abandoned !== undefined && after.abandoned !== before.abandoned) {
      change.abandoned = after.abandoned;
    }
    const dropped = [...before.configs.keys()].filter((e) => !after.configs.has(e));
    if (dropped.length > 0) change.dropped = dropped.sort((a, b) => a - b);
    if (before.lrtq !== null && after.lrtq === null) change.lrtqDropped = true;
    return change;
  }

  /**
   * SHA3-256 of a persistent state without its secrets, as hex: of the JSON of
   * `[lrtq, configs, shares, commits, expunged]`, and the abandoned epoch if there is one, where a share is `[x, sha3]` and a configuration the
   * SHA3-256 of its record, everything ordered by epoch.
   */
  digest(state: PersistentState): string {
    const { lrtq, expunged } = state;
    const share = (one: Share | LrtqShare): [number, string] => {
      const { x, sha3 } = this.share(one);
      return [x, sha3];
    };
    const view = [
      lrtq && [
        lrtq.rackId,
        lrtq.epoch,
        lrtq.threshold,
        share(lrtq.share),
        bytesToHex(lrtq.shareDigests),
      ],
      sorted(state.configs).map(([, config]) => this.#digests.of(config)),
      sorted(state.shares).map(([e, one]) => [e, ...share(one)]),
      [...state.commits].sort((a, b) => a - b),
      expunged && [expunged.epoch, expunged.from],
      ...(state.abandoned === undefined ? [] : [state.abandoned]),
    ];
    return bytesToHex(this.#hash(encoder.encode(JSON.stringify(view))));
  }
}

/** The activity of a node: what it coordinates, computes, collects and has loaded. */
export interface ActivityRecord {
  readonly coordinating: LogCoordinating | null;
  readonly computing: LogCollection | null;
  readonly collecting: LogCollection | null;
  readonly loaded: NodeActivity["rackSecrets"]["loaded"];
}

/** The record of a node's activity. */
export function activityOf(work: NodeActivity): ActivityRecord {
  return {
    coordinating: coordinatingOf(work.coordinating),
    computing: collectionOf(work.computingShare),
    collecting: collectionOf(work.rackSecrets.collecting),
    loaded: work.rackSecrets.loaded,
  };
}

/** The activity of a node that has just started: none. */
export const NO_ACTIVITY: ActivityRecord = {
  coordinating: null,
  computing: null,
  collecting: null,
  loaded: [],
};

/** The fields of an activity that changed, as an event holds them. */
export function activityChange(
  before: ActivityRecord,
  after: ActivityRecord,
): { -readonly [K in keyof ActivityRecord]?: ActivityRecord[K] } {
  const change: { -readonly [K in keyof ActivityRecord]?: ActivityRecord[K] } = {};
  if (!sameActivity(before.coordinating, after.coordinating))
    change.coordinating = after.coordinating;
  if (!sameActivity(before.computing, after.computing)) change.computing = after.computing;
  if (!sameActivity(before.collecting, after.collecting)) change.collecting = after.collecting;
  if (!sameList(before.loaded, after.loaded)) change.loaded = after.loaded;
  return change;
}

/** The record of an error that a call threw. */
export function errorResult(error: unknown): LogResult {
  if (isTrustQuorumError(error)) return { error: error.code, details: { ...error.details } };
  return { thrown: error instanceof Error ? error.name : typeof error };
}

function sameActivity(
  a: LogCoordinating | LogCollection | null,
  b: LogCoordinating | LogCollection | null,
): boolean {
  if (a === null || b === null) return a === b;
  if (a.epoch !== b.epoch) return false;
  const [left, right] = ["operation" in a ? a.operation : "", "operation" in b ? b.operation : ""];
  return (
    left === right &&
    sameList("acks" in a ? a.acks : a.collected, "acks" in b ? b.acks : b.collected)
  );
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

function coordinatingOf(status: CoordinatorStatus | null): LogCoordinating | null {
  if (status === null) return null;
  const { epoch, lrtqUpgrade, operation } = status;
  if (operation === "prepare") return { epoch, lrtqUpgrade, operation, acks: [...status.acks] };
  const { threshold, collected } = status;
  return { epoch, lrtqUpgrade, operation, threshold, collected: [...collected] };
}

function collectionOf(status: CollectionStatus | null): LogCollection | null {
  if (status === null) return null;
  const { epoch, threshold, collected } = status;
  return { epoch, threshold, collected: [...collected] };
}

function sorted<K extends number, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => a - b);
}
