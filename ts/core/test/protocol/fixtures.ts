/** Sleds, racks, configurations and single nodes for the protocol's tests. */
import { expect } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import type { ErrorCode, TrustQuorumError } from "../../src/base/errors.ts";
import { baseboardId, compareBaseboardIds, epoch, parseRackId } from "../../src/base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../../src/base/id-types.ts";
import { DIGEST_BYTES, LrtqShare, SHARE_BYTES, Share } from "../../src/base/share.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import { Configuration } from "../../src/protocol/configuration.ts";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import type { RefusalReason } from "../../src/protocol/diagnostics.ts";
import type { GuardMode } from "../../src/protocol/guard/guard.ts";
import type { PeerMessage, PeerMessageBody } from "../../src/protocol/messages.ts";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { NodeEvent, PersistOutput } from "../../src/protocol/outputs.ts";
import { initialState } from "../../src/protocol/persistent-state.ts";
import type { LrtqShareData, PersistentState } from "../../src/protocol/persistent-state.ts";
import { bytes, lrtqVectors } from "../crypto/vectors.ts";

export const crypto = referenceCrypto();
export const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
export const OTHER_RACK = parseRackId("00000000-0000-4000-8000-000000000001");
export const e = epoch;

/** Sled number `i`; a larger number comes later in the protocol's order. */
export function sled(i: number): BaseboardId {
  return baseboardId("913-0000019", `BRM${String(i).padStart(8, "0")}`);
}

/** Sleds 0 … n-1. */
export function sleds(n: number): BaseboardId[] {
  return Array.from({ length: n }, (_, i) => sled(i));
}

/** A configuration and the share of each of its members. */
export interface Made {
  readonly config: Configuration;
  /** A fresh copy of a member's share. */
  share(member: BaseboardId): Share;
}

/** Makes what a coordinator would: shares of a fresh secret and their configuration. */
export function make(options: {
  epoch: number;
  members?: readonly BaseboardId[];
  threshold?: number;
  coordinator?: BaseboardId;
  rackId?: RackId;
  crypto?: TrustQuorumCrypto;
}): Made {
  const members = [...(options.members ?? sleds(4))].sort(compareBaseboardIds);
  const threshold = options.threshold ?? 2;
  const backend = options.crypto ?? crypto;
  const { shares, digests } = backend.createShares({ count: members.length, threshold });
  const config = Configuration.create({
    rackId: options.rackId ?? RACK,
    epoch: e(options.epoch),
    coordinator: options.coordinator ?? sled(1),
    members,
    digests,
    threshold,
    encryptedRackSecrets: null,
  });
  return {
    config,
    share: (member) => {
      const at = config.indexOf(member) * SHARE_BYTES;
      return Share.copyOf(shares.subarray(at, at + SHARE_BYTES));
    },
  };
}

/** The same configuration but for some of its parts. */
export function altered(
  config: Configuration,
  parts: Partial<Omit<Configuration, "has" | "equals">>,
): Configuration {
  return Configuration.create({ ...config, ...parts });
}

/** The same configuration with one bit of one member's digest flipped. */
export function withOtherDigest(config: Configuration, member: BaseboardId): Configuration {
  const digests = config.digests.slice();
  const at = config.indexOf(member) * DIGEST_BYTES;
  digests[at] = (digests[at] ?? 0) ^ 1;
  return altered(config, { digests });
}

/** A share with one y bit flipped. */
export function corrupted(share: Share): Share {
  const copy = share.bytes.slice();
  copy[5] = (copy[5] ?? 0) ^ 0x10;
  return Share.copyOf(copy);
}

/** The LRTQ data of each sled of a recorded bootstore rack of this size. */
export function lrtqRack(n: number): {
  rackId: RackId;
  threshold: number;
  secret: Uint8Array;
  data: (index: number) => LrtqShareData;
} {
  const rack = lrtqVectors.racks.find((candidate) => candidate.sleds === n);
  if (rack === undefined) throw new Error(`no recorded LRTQ rack has ${n} sleds`);
  const rackId = parseRackId(rack.rack_uuid);
  const digests = rack.shares.map(({ digest }) => digest).sort();
  const data = (index: number): LrtqShareData => ({
    rackId,
    epoch: 0,
    threshold: rack.threshold,
    share: LrtqShare.copyOf(bytes(rack.shares[index]?.share ?? "")),
    shareDigests: bytes(digests.join("")),
  });
  return { rackId, threshold: rack.threshold, secret: bytes(rack.secret), data };
}

/** A persistent state that holds these configurations, the named ones committed. */
export function stateWith(
  self: BaseboardId,
  options: {
    readonly prepared?: readonly Made[];
    readonly committed?: readonly Made[];
    /** Configurations without a share. */
    readonly known?: readonly Made[];
    readonly lrtq?: LrtqShareData;
    readonly expunged?: { epoch: Epoch; from: BaseboardId };
  },
): PersistentState {
  const withShare = [...(options.committed ?? []), ...(options.prepared ?? [])];
  return {
    ...initialState(options.lrtq ?? null),
    configs: new Map(
      [...withShare, ...(options.known ?? [])].map(({ config }) => [config.epoch, config]),
    ),
    shares: new Map(withShare.map((made) => [made.config.epoch, made.share(self)])),
    commits: new Set((options.committed ?? []).map(({ config }) => config.epoch)),
    expunged: options.expunged ?? null,
  };
}

/** What one sent message was, in short. */
export interface Sent {
  readonly to: BaseboardId;
  readonly message: PeerMessage;
}

/** Everything a node put out. */
export interface Drained {
  readonly sent: Sent[];
  readonly events: NodeEvent[];
  readonly persists: PersistOutput[];
}

/** Drains a node, saving at once whatever it wants saved. */
export function drain(node: TrustQuorumNode): Drained {
  const drained: Drained = { sent: [], events: [], persists: [] };
  for (let out = node.poll(); out !== undefined; out = node.poll()) {
    switch (out.kind) {
      case "persist":
        drained.persists.push(out);
        node.persisted(out.generation);
        break;
      case "send":
        drained.sent.push({ to: out.envelope.to, message: out.envelope.message });
        break;
      case "event":
        drained.events.push(out.event);
        break;
      default:
        out satisfies never;
    }
  }
  return drained;
}

/** `kind` and epoch of each message to a sled, e.g. `getShare 3`. */
export function saidTo(drained: Drained, to: BaseboardId): string[] {
  return drained.sent.filter((sent) => sent.to === to).map(({ message }) => brief(message));
}

/** `kind` and epoch of a message. */
export function brief(message: PeerMessage): string {
  if ("epoch" in message) return `${message.kind} ${message.epoch}`;
  if ("config" in message) return `${message.kind} ${message.config.epoch}`;
  return message.kind;
}

/** One node under test, with shorthands. Sled 0 unless told. */
export class Subject {
  readonly self: BaseboardId;
  readonly node: TrustQuorumNode;
  rackId = RACK;

  constructor(
    state: PersistentState | null = null,
    options: {
      self?: BaseboardId;
      peers?: readonly BaseboardId[];
      crypto?: TrustQuorumCrypto;
      guard?: GuardMode;
    } = {},
  ) {
    this.self = options.self ?? sled(0);
    this.node = TrustQuorumNode.restore({
      self: this.self,
      ledger: state === null ? null : { generation: 1, state },
      crypto: options.crypto ?? crypto,
      // Most tests are of the handlers, which the guard would keep most of their messages from.
      guard: options.guard ?? "original",
    });
    for (const peer of options.peers ?? []) this.node.connect(peer);
    drain(this.node);
  }

  get state(): PersistentState {
    return this.node.persistentState;
  }

  /** Hands the node a message for its rack, and drains. */
  hear(from: BaseboardId, body: PeerMessageBody, rackId: RackId = this.rackId): Drained {
    this.node.receive(from, { ...body, rackId });
    return drain(this.node);
  }

  /** A Prepare as the coordinator would send it. */
  prepare(made: Made, from: BaseboardId = made.config.coordinator): Drained {
    return this.hear(from, { kind: "prepare", config: made.config, share: made.share(this.self) });
  }

  share(from: BaseboardId, made: Made): Drained {
    return this.hear(from, { kind: "share", epoch: made.config.epoch, share: made.share(from) });
  }

  advance(from: BaseboardId, config: Configuration): Drained {
    return this.hear(from, { kind: "commitAdvance", config });
  }

  count(reason: RefusalReason | ErrorCode): number {
    return this.node.status().diagnostics.counts[reason] ?? 0;
  }

  /**
   * Hears a message that must be refused for exactly this reason: the reason is counted once and
   * told in one event, nothing is sent and nothing persistent changes.
   */
  refuses(reason: RefusalReason, from: BaseboardId, body: PeerMessageBody, rackId?: RackId): void {
    const before = { state: this.state, count: this.count(reason) };
    const drained = this.hear(from, body, rackId);
    expect(drained.events).toMatchObject([
      ...drained.events.filter((event) => event.kind === "alarm"),
      { kind: "refused", refusal: { reason, from } },
    ]);
    expect(this.count(reason)).toBe(before.count + 1);
    expect(drained.sent).toEqual([]);
    expect(this.state).toBe(before.state);
  }

  /**
   * Makes a call that must be refused with this code and must change nothing: the same persistent
   * state, no message, no save, the same status but for the one refusal counted.
   */
  callRefused(code: ErrorCode, call: () => unknown): TrustQuorumError {
    const before = { state: this.state, status: withoutDiagnostics(this.node) };
    const error = thrown(call);
    expect(error.code).toBe(code);
    const { sent, events, persists } = drain(this.node);
    expect(sent).toEqual([]);
    expect(persists).toEqual([]);
    expect(events).toMatchObject([{ kind: "refused", refusal: { reason: code, from: "Nexus" } }]);
    expect(this.state).toBe(before.state);
    expect(withoutDiagnostics(this.node)).toEqual(before.status);
    return error;
  }
}

/** The `TrustQuorumError` that a call throws. */
export function thrown(call: () => unknown): TrustQuorumError {
  try {
    call();
  } catch (error) {
    if (isTrustQuorumError(error)) return error;
    throw error;
  }
  throw new Error("the call did not throw");
}

function withoutDiagnostics(node: TrustQuorumNode): object {
  const { diagnostics: _, ...rest } = node.status();
  return rest;
}
