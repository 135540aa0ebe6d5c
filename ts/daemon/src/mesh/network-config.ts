/**
 * The rack's early network configuration: kept, gossiped, and always the highest generation that was
 * seen. What peers send is saved at most once in an interval, and of several that arrive meanwhile only
 * the highest, so that a peer that sends many of them costs neither writes nor traffic. A peer cannot
 * take the last generations either, after which no operator could change anything: a jump that would
 * leave no room is refused.
 */
import type { BaseboardId } from "trust-quorum";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import type { MeshCounters } from "./counters.ts";
import {
  NETWORK_CONFIG_BYTES_MAX,
  NETWORK_CONFIG_FREE_GENERATION_MAX,
  NETWORK_CONFIG_GENERATION_MAX,
  NETWORK_CONFIG_JUMP_MAX,
} from "./limits.ts";
import type { RateLimitedLog } from "./rate-limited-log.ts";
import type { NetworkConfig, NetworkConfigStore } from "./types.ts";

/** What the keeper needs of the mesh. */
export interface NetworkConfigHost {
  readonly store: NetworkConfigStore;
  readonly counters: MeshCounters;
  readonly log: RateLimitedLog;
  /** The least time between two saves of what peers send, in milliseconds. */
  readonly intervalMs: number;
  /** A newer one is durable: tell every peer but the one it came from. */
  adopted(config: NetworkConfig, from: BaseboardId | undefined): void;
}

/** Keeps it. */
export class NetworkConfigs {
  readonly #host: NetworkConfigHost;
  #current: NetworkConfig | null;
  #offered: { readonly config: NetworkConfig; readonly from: BaseboardId } | undefined;
  #saving = false;
  #closed = false;
  /** Runs while the interval since the last save is not over. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #savedAt = -Infinity;
  /** Saves happen one after the other. */
  #chain: Promise<unknown> = Promise.resolve();

  constructor(host: NetworkConfigHost) {
    this.#host = host;
    this.#current = host.store.current;
  }

  /** What is held and durable, or null. Its blob is not to be changed. */
  get current(): NetworkConfig | null {
    return this.#current;
  }

  /** Takes nothing more from peers; resolves when what is being saved is saved or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#chain;
  }

  /**
   * Takes a new one from this sled's own operator; durable and on its way to the peers when it resolves.
   *
   * @throws DaemonError `ERR_TQD_NETWORK_CONFIG_TOO_LARGE`, `ERR_TQD_STALE_NETWORK_CONFIG`,
   * `ERR_TQD_BAD_REQUEST`
   */
  async set(config: NetworkConfig): Promise<void> {
    const { generation, blob } = config;
    if (blob.length > NETWORK_CONFIG_BYTES_MAX) {
      const details = { bytes: blob.length, limit: NETWORK_CONFIG_BYTES_MAX };
      throw new DaemonError("ERR_TQD_NETWORK_CONFIG_TOO_LARGE", details);
    }
    const copy = { generation, blob: blob.slice() };
    await this.#exclusively(async () => {
      const current = this.#current;
      const problem = generationProblem(generation, current);
      if (problem !== undefined) throw new DaemonError("ERR_TQD_BAD_REQUEST", { problem });
      if (current !== null && generation <= current.generation) throw staleAgainst(current, copy);
      await this.#save(copy, undefined);
    });
  }

  /** Takes what a peer holds, where it is newer. The blob becomes this object's own. */
  offer(config: NetworkConfig, from: BaseboardId): void {
    const { counters, log } = this.#host;
    const { generation, blob } = config;
    const current = this.#current;
    const problem = generationProblem(generation, current);
    if (blob.length > NETWORK_CONFIG_BYTES_MAX || problem !== undefined) {
      counters.add("networkConfigsRefused");
      log.warn(from, { generation, bytes: blob.length }, "refused a network configuration");
      return;
    }
    if (generation === current?.generation) {
      if (Buffer.compare(blob, current.blob) === 0) return;
      counters.add("networkConfigConflicts");
      log.warn(from, { generation }, "a peer holds another network configuration");
      return;
    }
    const known = Math.max(current?.generation ?? -1, this.#offered?.config.generation ?? -1);
    if (generation <= known) return;
    this.#offered = { config, from };
    this.#next();
  }

  /** Saves what is offered, now or when the interval is over. */
  #next(): void {
    const busy = this.#saving || this.#timer !== undefined;
    if (this.#closed || busy || this.#offered === undefined) return;
    const wait = this.#savedAt + this.#host.intervalMs - performance.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#next();
      }, wait);
      return;
    }
    this.#saving = true;
    void this.#exclusively(() => this.#take());
  }

  async #take(): Promise<void> {
    const offered = this.#offered;
    this.#offered = undefined;
    if (offered !== undefined && offered.config.generation > (this.#current?.generation ?? -1)) {
      const { config, from } = offered;
      try {
        await this.#save(config, from);
        this.#host.counters.add("networkConfigsAdopted");
      } catch (error) {
        // It comes again with the next connection.
        const problem = problemOf(error);
        this.#host.log.error(from, { problem }, "cannot save a network configuration");
      }
      this.#savedAt = performance.now();
    }
    this.#saving = false;
    this.#next();
  }

  async #save(config: NetworkConfig, from: BaseboardId | undefined): Promise<void> {
    const saved = await this.#host.store.save(config);
    if (!saved) throw staleAgainst(this.#host.store.current, config);
    this.#current = config;
    this.#host.adopted(config, from);
  }

  async #exclusively(task: () => Promise<void>): Promise<void> {
    const run = this.#chain.then(task);
    this.#chain = run.catch(() => undefined);
    await run;
  }
}

function staleAgainst(
  held: NetworkConfig | null,
  { generation }: NetworkConfig,
): DaemonError<"ERR_TQD_STALE_NETWORK_CONFIG"> {
  const details = { current: held?.generation ?? 0, got: generation };
  return new DaemonError("ERR_TQD_STALE_NETWORK_CONFIG", details);
}

/** Why nobody, operator or peer, may set this generation after what is held; undefined where they may. */
function generationProblem(generation: number, held: NetworkConfig | null): string | undefined {
  const isOne = Number.isSafeInteger(generation) && generation >= 0;
  if (!isOne || generation > NETWORK_CONFIG_GENERATION_MAX) {
    return `a generation is a whole number from 0 to ${NETWORK_CONFIG_GENERATION_MAX}`;
  }
  const highest = (held?.generation ?? 0) + NETWORK_CONFIG_JUMP_MAX;
  if (generation <= Math.max(NETWORK_CONFIG_FREE_GENERATION_MAX, highest)) return undefined;
  return `a generation above ${NETWORK_CONFIG_FREE_GENERATION_MAX} is at most ${NETWORK_CONFIG_JUMP_MAX} above the one that is held: ${highest}`;
}
