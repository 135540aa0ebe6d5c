/** What the mesh counts since it was made. Counters only ever grow. */
import { MESH_REASON_NAMES } from "./reasons.ts";
import type { MeshReason } from "./reasons.ts";

/** Things that happen to messages, besides what ends connections. */
const EVENTS = [
  "connectionsAccepted",
  "connectionsDialed",
  "connectionsOpened",
  "framesReceived",
  "framesSent",
  "bytesReceived",
  "bytesSent",
  "framesUndecodable",
  "messagesUnsent",
  "datesOverlooked",
  "networkConfigsAdopted",
  "networkConfigsRefused",
  "networkConfigConflicts",
  "proxyRequestsSent",
  "proxyRequestsAnswered",
  "proxyRequestsDropped",
  "proxyRequestsFailed",
  "proxyTimeouts",
  "proxyResponsesUnmatched",
  "handlerFailures",
  "reloads",
  "reloadsRefused",
] as const;

/** The name of something that is counted. */
export type MeshEvent = (typeof EVENTS)[number];

/** A copy of the counters. */
export interface MeshCounts {
  /** Connections refused or ended, and attempts that failed, by reason. */
  readonly endings: Readonly<Record<MeshReason, number>>;
  readonly events: Readonly<Record<MeshEvent, number>>;
}

/** The counters. */
export class MeshCounters {
  readonly #endings = zeros(MESH_REASON_NAMES);
  readonly #events = zeros(EVENTS);

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
