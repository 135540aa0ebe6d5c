/**
 * Replays a log on the real state machine and reports every difference between both.
 *
 * Invariants: a replay goes forward only, each event is replayed once, and the differences are kept. To go
 * back in a log, use `Timeline`, which needs no replay: it has the recorded states. The state of a node
 * depends on its own events alone.
 */
import { isCall } from "@trust-quorum/event-log";
import type { EventLog, LogInitial } from "@trust-quorum/event-log";
import { ConfigDigests, Encoder, realShares } from "@trust-quorum/event-log/format";
import { referenceCrypto } from "trust-quorum";
import type { BaseboardId, TrustQuorumCrypto } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import { Decoder } from "./decoder.ts";
import { placeholderShares } from "./symbolic-crypto.ts";
import { ReplayedNode } from "./replayed-node.ts";
import type { Difference } from "./replayed-node.ts";

/** A {@link Difference} and its position. */
export interface Divergence extends Difference {
  /** The position of the event in the log, from 0; -1 for a difference in the initial state. */
  readonly position: number;
  /** The event's index in the log; null for the initial state. */
  readonly index: number | null;
  readonly node: BaseboardId;
  readonly call: string;
}

/** Options of a replay. */
export interface ReplayOptions {
  /** The backend that hashes and, for a log with secrets, computes. Default: the reference implementation. */
  readonly crypto?: TrustQuorumCrypto | undefined;
}

/**
 * A replay of a log.
 *
 * @example
 * import { readFile } from "node:fs/promises";
 * import { readLog } from "@trust-quorum/event-log";
 * import { Replay } from "@trust-quorum/replay";
 *
 * const log = readLog(await readFile("testdata/logs/rack.jsonl"));
 * const replay = new Replay(log);
 * replay.runTo(log.events.length);
 * replay.divergences; // => []
 */
export class Replay {
  readonly log: EventLog;
  readonly #nodes = new Map<BaseboardId, ReplayedNode>();
  readonly #divergences: Divergence[] = [];
  #position = 0;

  constructor(log: EventLog, options: ReplayOptions = {}) {
    this.log = log;
    const { header } = log;
    const backend = options.crypto ?? referenceCrypto();
    const hash = (bytes: Uint8Array) => backend.sha3_256(bytes);
    const digests = new ConfigDigests(hash);
    const encoder = new Encoder({
      hash,
      digests,
      names: { nameOf: (config: Configuration) => nameIn(log, digests.of(config)) },
      shares: header.secrets ? realShares(hash, true) : placeholderShares,
      rackId: () => header.rackId,
    });
    // Nodes of version 1 had no guard.
    const { secrets, guard = "original" } = header;
    const decoder = new Decoder(log);
    const context = { decoder, encoder, secrets, guard, crypto: options.crypto };
    for (const initial of header.nodes) {
      const node = new ReplayedNode(initial.id, context);
      this.#nodes.set(initial.id, node);
      const at = { position: -1, index: null, node: initial.id, call: "begin" };
      for (const difference of node.begin(initial))
        this.#divergences.push({ ...at, ...difference });
    }
  }

  /** How many events were replayed. */
  get position(): number {
    return this.#position;
  }

  /** The differences among the events replayed so far, in their order. */
  get divergences(): readonly Divergence[] {
    return this.#divergences;
  }

  /** Replays up to this many events of the log; does nothing where they were replayed already. */
  runTo(position: number): void {
    const { events } = this.log;
    const end = Math.min(position, events.length);
    for (; this.#position < end; this.#position++) {
      const event = events.get(this.#position);
      if (event === undefined || !isCall(event)) continue;
      const { index, node, call } = event;
      const at = { position: this.#position, index, node, call };
      for (const difference of this.#nodes.get(node)?.step(event) ?? []) {
        this.#divergences.push({ ...at, ...difference });
      }
    }
  }

  /** Whether these nodes have saved everything, so that a log can begin here. */
  atRest(nodes: ReadonlySet<BaseboardId>): boolean {
    return [...this.#nodes].every(([id, node]) => !nodes.has(id) || node.atRest);
  }

  /** The record of a node's current state for the header of a log that begins here. */
  initial(node: BaseboardId): LogInitial | undefined {
    return this.#nodes.get(node)?.initial();
  }

  /** Releases the nodes; the differences remain available. */
  dispose(): void {
    for (const node of this.#nodes.values()) node.dispose();
  }
}

function nameIn(log: EventLog, digest: string): string {
  return log.names.get(digest) ?? `unknown:${digest.slice(0, 16)}`;
}
