/** What the mesh counts since it was made. Counters only ever grow. */
import { MESH_REASON_NAMES } from "./reasons.ts";
import type { MeshReason } from "./reasons.ts";

/** Things that happen besides what ends connections: each is a counter, and its name a label. */
export const MESH_EVENTS = {
  connectionsAccepted: "connections that were accepted, whoever came",
  connectionsDialed: "attempts to connect to a peer",
  connectionsOpened: "connections that became a peer's",
  framesReceived: "frames of peers",
  framesSent: "frames to peers",
  bytesReceived: "bytes of peers",
  bytesSent: "bytes to peers",
  framesUndecodable: "frames of peers that were no message",
  messagesUnsent: "messages to peers that were not connected, or too slow",
  datesOverlooked: "certificates whose dates were wrong and had no say",
  networkConfigsAdopted: "network configurations that were taken from peers",
  networkConfigsRefused: "network configurations of peers that were too large or too far ahead",
  networkConfigConflicts: "network configurations of peers that differ at the same generation",
  proxyRequestsSent: "requests forwarded to peers",
  proxyRequestsAnswered: "requests answered for peers",
  proxyRequestsDropped: "requests of peers beyond what is answered at once",
  proxyRequestsFailed: "requests of peers that could not be answered",
  proxyTimeouts: "requests to peers that were not answered in time",
  proxyResponsesUnmatched: "answers of peers that nobody waited for",
  handlerFailures: "mistakes of this program while it handled a peer's message",
  reloads: "certificates that were loaded again",
  reloadsRefused: "certificates that could not be loaded again",
} as const satisfies Record<string, string>;

/** The name of something that is counted. */
export type MeshEvent = keyof typeof MESH_EVENTS;

const EVENT_NAMES = Object.keys(MESH_EVENTS) as readonly MeshEvent[];

/** A copy of the counters. */
export interface MeshCounts {
  /** Connections refused or ended, and attempts that failed, by reason. */
  readonly endings: Readonly<Record<MeshReason, number>>;
  readonly events: Readonly<Record<MeshEvent, number>>;
}

/** The counters. */
export class MeshCounters {
  readonly #endings = zeros(MESH_REASON_NAMES);
  readonly #events = zeros(EVENT_NAMES);

  ended(reason: MeshReason): void {
    this.#endings[reason]++;
  }

  add(event: MeshEvent, count = 1): void {
    this.#events[event] += count;
  }

  counts(): MeshCounts {
    return { endings: { ...this.#endings }, events: { ...this.#events } };
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
