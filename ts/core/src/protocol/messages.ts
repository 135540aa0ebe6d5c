/** Messages between the sleds of a rack (protocol section 6). */
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";

/** A message between sleds, without the id of their rack. */
export type PeerMessageBody =
  /** The coordinator sends a member the new configuration and its share. */
  | { readonly kind: "prepare"; readonly config: Configuration; readonly share: Share }
  /** The member has persisted both. */
  | { readonly kind: "prepareAck"; readonly epoch: Epoch }
  /** Asks for the receiver's share of an epoch. */
  | { readonly kind: "getShare"; readonly epoch: Epoch }
  | { readonly kind: "share"; readonly epoch: Epoch; readonly share: Share }
  /** Asks for the receiver's bootstore share. */
  | { readonly kind: "getLrtqShare" }
  | { readonly kind: "lrtqShare"; readonly share: LrtqShare }
  /** The receiver is no member of this or any later configuration. */
  | { readonly kind: "expunged"; readonly epoch: Epoch }
  /** This configuration is committed. */
  | { readonly kind: "commitAdvance"; readonly config: Configuration };

/**
 * A message with the rack it belongs to. Whoever holds one owns the share in it: the node copies
 * what it keeps of a message it receives, and what it sends holds copies of its own.
 */
export type PeerMessage = PeerMessageBody & { readonly rackId: RackId };

/** A message with its sender and receiver. */
export interface Envelope {
  readonly to: BaseboardId;
  readonly from: BaseboardId;
  readonly message: PeerMessage;
}

/** Zeroes the share in a message, if it has one. Call it when the message is encoded, or was received. */
export function wipeMessage(message: PeerMessage): void {
  if ("share" in message) message.share.wipe();
}
