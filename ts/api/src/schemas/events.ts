/** `GET /v1/events`: server-sent events. */
import Type from "typebox";
import type { Static } from "typebox";
import { Count, Time, oneOf } from "./common.ts";

/** The kinds of events of `GET /v1/events`: each is the SSE event's name, and `kind` in its data. */
export const STREAM_EVENT_KINDS = [
  /** A configuration was committed: `epoch`. */
  "committed",
  /** `lock`: as in `GET /v1/lock`, whenever its state changed. */
  "lock",
  /** This sled was removed from the rack: `epoch`, `from`. */
  "expunged",
  /** `alarm`, as in the node's status. */
  "alarm",
  /** `refusal`, as in the diagnostics. */
  "refused",
  /** `peer`. */
  "peerConnected",
  /** `peer`, and `reason` where there is one. */
  "peerDisconnected",
  /** `replica`: a folder could not be written and the daemon goes on without it. */
  "replicaDegraded",
  /** `generation`: a newer network configuration is held. */
  "networkConfig",
  /** Configuration, certificates and peers were loaded again: `configGeneration`. */
  "reloaded",
  /** The client was too slow, or asked to resume beyond what is kept: `missed` events, -1 if unknown. */
  "gap",
] as const;
/** The name of an event, in the SSE's `event` field and in the data. */
export type StreamEventKind = (typeof STREAM_EVENT_KINDS)[number];
/** One event's data. Its SSE id is `<start of the daemon>-<sequence>`; send it back as Last-Event-ID. */
export const StreamEventSchema = Type.Object({
  sequence: Count,
  at: Time,
  kind: oneOf(STREAM_EVENT_KINDS),
});
/** An event with what its kind adds; see {@link STREAM_EVENT_KINDS}. */
export type StreamEvent = Static<typeof StreamEventSchema> & Readonly<Record<string, unknown>>;
