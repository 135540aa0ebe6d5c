/** Messages between the sleds of a rack (protocol section 6). */
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";

/** What one sled tells another, without the rack it speaks for. */
export type PeerMessageBody =
  /** The coordinator hands a member its configuration and share. */
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

/** A message on its way. */
export interface Envelope {
  readonly to: BaseboardId;
  readonly from: BaseboardId;
  readonly message: PeerMessage;
}

/** Zeroes the share in a message, if it has one: once it is encoded, or once it was received. */
export function wipeMessage(message: PeerMessage): void {
  if ("share" in message) message.share.wipe();
}
