/**
 * What hostile members send: anything that can be made from the messages that they have sent or received
 * and from their own random numbers. They cannot read messages between honest sleds, except in the profile
 * `spoofed`, where the forger sees every message.
 */
import { epoch, parseRackId } from "trust-quorum";
import type { BaseboardId, PeerMessage, RackId, TrustQuorumCrypto } from "trust-quorum";
import { Configuration, LrtqShare, SHARE_BYTES, Share } from "trust-quorum/protocol";
import { encodeFramedMessage } from "trust-quorum/wire";
import { same } from "../invariants/bytes.ts";
import { decode } from "../rack/network.ts";
import type { Arrival } from "../rack/network.ts";

/** A description of a forged message that can be replayed: it does not contain the message itself. */
export type Forgery =
  /** A message seen before, as it was. */
  | { readonly kind: "replay"; readonly pick: number }
  /** A message seen before, under another epoch where it has one. */
  | { readonly kind: "otherEpoch"; readonly pick: number; readonly epoch: number }
  /** A message seen before, for another rack. */
  | { readonly kind: "otherRack"; readonly pick: number }
  /** A message seen before, with one bit of its frame flipped. */
  | { readonly kind: "bitFlip"; readonly pick: number; readonly bit: number }
  /** A message seen before whose configuration names another digest for somebody. */
  | { readonly kind: "otherDigest"; readonly pick: number }
  /** A configuration of the forger's own making, with the right share for the receiver or without. */
  | {
      readonly kind: "prepare" | "commitAdvance";
      readonly epoch: number;
      readonly members: readonly number[];
      readonly coordinator: number;
      readonly right: boolean;
    }
  /** A `CommitAdvance` of a configuration seen before, whether its commit was decided or not. */
  | { readonly kind: "earlyCommit"; readonly pick: number }
  /** The sender's own share of a configuration of the forgers' own making. */
  | { readonly kind: "ownShare"; readonly pick: number }
  | { readonly kind: "expunged" | "prepareAck" | "getShare"; readonly epoch: number }
  | { readonly kind: "getLrtqShare" }
  /** Somebody else's LRTQ share in the sender's name: its digest is among the rack's. */
  | { readonly kind: "othersLrtqShare"; readonly which: number }
  /** A share that is nobody's, of fixed bytes, so that no digest fits. */
  | { readonly kind: "share" | "lrtqShare"; readonly epoch: number; readonly x: number }
  /** Many configurations of the forger's own making, each for an epoch of its own. */
  | {
      readonly kind: "crowd";
      readonly epoch: number;
      readonly count: number;
      readonly members: readonly number[];
      readonly coordinator: number;
    }
  /** Many requests at once. */
  | { readonly kind: "flood"; readonly epoch: number; readonly count: number };

/** What can be done to a message that was seen before. */
type Alteration = "replay" | "otherEpoch" | "otherRack" | "bitFlip" | "otherDigest";

/** How many messages a forger remembers. */
const SEEN_MAX = 64;
/** Of how many of their own configurations the forgers keep the shares. */
const MADE_MAX = 8;

const OTHER_RACK = parseRackId("00000000-0000-4000-8000-000000000001");

/** All hostile members together, as they may share what they have seen. */
export class Forger {
  readonly #rackId: RackId;
  readonly #ids: readonly BaseboardId[];
  readonly #seen: PeerMessage[] = [];
  #next = 0;
  /** The forgers' own configurations, the latest one first. */
  #made: { readonly config: Configuration; readonly shares: Uint8Array }[] = [];
  /** LRTQ shares, each once: useful to forgers until the rack is upgraded. */
  readonly #lrtqShares: LrtqShare[] = [];

  constructor(options: { rackId: RackId; ids: readonly BaseboardId[] }) {
    this.#rackId = options.rackId;
    this.#ids = options.ids;
  }

  /** Remembers a message that the forgers have sent or received. */
  see(message: PeerMessage): void {
    if (message.kind === "lrtqShare") this.#keepLrtqShare(message.share);
    this.#seen[this.#next] = copyOf(message);
    this.#next = (this.#next + 1) % SEEN_MAX;
  }

  /** Makes what a forgery says; nothing where it has not seen what it takes. */
  make(
    forgery: Forgery,
    { from, to }: { readonly from: BaseboardId; readonly to: BaseboardId },
    crypto: TrustQuorumCrypto,
  ): Arrival[] {
    const rackId = this.#rackId;
    switch (forgery.kind) {
      case "replay":
      case "otherEpoch":
      case "otherRack":
      case "bitFlip":
      case "otherDigest": {
        const seen = this.#seen[forgery.pick % Math.max(this.#seen.length, 1)];
        return seen === undefined ? [] : alter(forgery, copyOf(seen));
      }
      case "prepare":
      case "commitAdvance":
        return this.#configuration(forgery, to, crypto);
      case "earlyCommit": {
        const configs = this.#seen.flatMap((seen) => ("config" in seen ? [seen.config] : []));
        const config = configs[forgery.pick % Math.max(configs.length, 1)];
        return config === undefined ? [] : [{ message: { kind: "commitAdvance", config, rackId } }];
      }
      case "ownShare":
        return this.#ownShare(forgery.pick, from);
      case "expunged":
      case "prepareAck":
      case "getShare":
        return [{ message: { kind: forgery.kind, epoch: epoch(forgery.epoch), rackId } }];
      case "getLrtqShare":
        return [{ message: { kind: "getLrtqShare", rackId } }];
      case "share": {
        const share = Share.copyOf(new Uint8Array(SHARE_BYTES).fill(forgery.x));
        return [{ message: { kind: "share", epoch: epoch(forgery.epoch), share, rackId } }];
      }
      case "othersLrtqShare": {
        const { length } = this.#lrtqShares;
        const share = this.#lrtqShares[forgery.which % Math.max(length, 1)];
        if (share === undefined) return [];
        return [{ message: { kind: "lrtqShare", share: share.clone(), rackId } }];
      }
      case "lrtqShare": {
        // A canonical scalar, which only its digest gives away.
        const bytes = new Uint8Array(SHARE_BYTES);
        bytes.set([forgery.x, forgery.x]);
        return [{ message: { kind: "lrtqShare", share: LrtqShare.copyOf(bytes), rackId } }];
      }
      case "crowd": {
        const { members, coordinator } = forgery;
        return Array.from({ length: forgery.count }, (_, i) => {
          const one = { kind: "prepare", epoch: forgery.epoch + i, members, coordinator } as const;
          return this.#configuration({ ...one, right: true }, to, crypto);
        }).flat();
      }
      case "flood":
        return Array.from({ length: forgery.count }, (_, i) => ({
          message: { kind: "getShare", epoch: epoch(forgery.epoch + (i % 7)), rackId },
        }));
      default:
        return forgery satisfies never;
    }
  }

  #keepLrtqShare(share: LrtqShare): void {
    const known = this.#lrtqShares.some((one) => same(one.bytes, share.bytes));
    if (!known && this.#lrtqShares.length < SEEN_MAX) this.#lrtqShares.push(share.clone());
  }

  #ownShare(pick: number, from: BaseboardId): Arrival[] {
    const made = this.#made[pick % Math.max(this.#made.length, 1)];
    const index = made?.config.indexOf(from) ?? -1;
    if (made === undefined || index < 0) return [];
    const { rackId, epoch } = made.config;
    const share = Share.copyOf(made.shares.slice(index * SHARE_BYTES, (index + 1) * SHARE_BYTES));
    return [{ message: { kind: "share", epoch, share, rackId } }];
  }

  #configuration(
    forgery: Extract<Forgery, { kind: "prepare" | "commitAdvance" }>,
    to: BaseboardId,
    crypto: TrustQuorumCrypto,
  ): Arrival[] {
    const rackId = this.#rackId;
    const members = forgery.members.map((i) => this.#ids[i] as BaseboardId);
    const threshold = Math.floor(members.length / 2) + 1;
    const { shares, digests } = crypto.createShares({ count: members.length, threshold });
    const config = Configuration.create({
      rackId,
      epoch: epoch(forgery.epoch),
      coordinator: this.#ids[forgery.coordinator] as BaseboardId,
      members,
      digests,
      threshold,
      encryptedRackSecrets: null,
    });
    this.#made = [{ config, shares }, ...this.#made].slice(0, MADE_MAX);
    if (forgery.kind === "commitAdvance") {
      return [{ message: { kind: "commitAdvance", config, rackId } }];
    }
    const at = Math.max(config.indexOf(to), 0) * SHARE_BYTES;
    const bytes = shares.slice(at, at + SHARE_BYTES);
    // The right number with other bytes: only the digest tells.
    if (!forgery.right) bytes[7] = (bytes[7] ?? 0) ^ 0x20;
    const share = Share.copyOf(bytes);
    return [{ message: { kind: "prepare", config, share, rackId } }];
  }
}

/** A copy with a share of its own. */
function copyOf(message: PeerMessage): PeerMessage {
  if (message.kind === "prepare" || message.kind === "share") {
    return { ...message, share: message.share.clone() };
  }
  return message.kind === "lrtqShare" ? { ...message, share: message.share.clone() } : message;
}

function alter(forgery: Extract<Forgery, { kind: Alteration }>, message: PeerMessage): Arrival[] {
  switch (forgery.kind) {
    case "replay":
      return [{ message }];
    case "otherEpoch":
      return "epoch" in message ? [{ message: { ...message, epoch: epoch(forgery.epoch) } }] : [];
    case "otherRack":
      return [{ message: { ...message, rackId: OTHER_RACK } }];
    case "bitFlip": {
      const frame = encodeFramedMessage({ kind: "peer", message });
      // The length stays: it would only close the connection.
      const at = 4 + ((forgery.bit >> 3) % (frame.length - 4));
      frame[at] = (frame[at] ?? 0) ^ (1 << (forgery.bit & 7));
      return [decode(frame)];
    }
    case "otherDigest": {
      if (!("config" in message)) return [];
      const { config } = message;
      const digests = config.digests.slice();
      const at = forgery.pick % digests.length;
      digests[at] = (digests[at] ?? 0) ^ 1;
      const { rackId, coordinator, members, threshold, encryptedRackSecrets } = config;
      const parts = { rackId, coordinator, members, threshold, encryptedRackSecrets, digests };
      const other = Configuration.create({ ...parts, epoch: config.epoch });
      return [{ message: { ...message, config: other } }];
    }
    default:
      return forgery satisfies never;
  }
}
