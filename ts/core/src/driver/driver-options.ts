/** What a driver needs of its host, and how it ends. */
import type { TrustQuorumError } from "../base/errors.ts";
import type { Envelope } from "../protocol/messages.ts";
import type { NodeLike } from "../protocol/node.ts";
import type { NodeEvent, PersistOutput } from "../protocol/outputs.ts";

/** What a `TrustQuorumDriver` needs of its host. */
export interface DriverOptions {
  /** The node, as it was restored. From now on only the driver may be used. */
  readonly node: NodeLike;
  /**
   * Makes `output.state` durable under `output.generation`, and resolves when it is: written, synced
   * and in its final place. When it rejects, the node stops for good. It must settle at some time, as
   * `stop()` waits for it; it must not keep or change the shares in the state.
   */
  readonly save: (output: PersistOutput) => Promise<void>;
  /**
   * Takes a message to be sent. The host owns the share in it: it encodes the message and then calls
   * `wipeMessage(envelope.message)`. Losing a message is fine, as on any network.
   */
  readonly send: (envelope: Envelope) => void;
  /** Takes an event. It is called only once what the event speaks of is durable. */
  readonly onEvent?: ((event: NodeEvent) => void) | undefined;
  /**
   * Takes what `send` or `onEvent` has thrown. Without it such an error becomes an unhandled
   * rejection, which ends a Node process unless the process handles it.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Why a driver has stopped. */
export type DriverStop =
  /** The host asked for it; everything accepted before is durable, sent and answered. */
  | { readonly reason: "requested" }
  /** A save failed: `ERR_TQ_LEDGER_SAVE_FAILED`, with what `save` has thrown as its cause. */
  | {
      readonly reason: "saveFailed";
      readonly error: TrustQuorumError<"ERR_TQ_LEDGER_SAVE_FAILED">;
    };
