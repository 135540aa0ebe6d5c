/**
 * The rack's early network configuration: kept, gossiped, and always the highest generation that was
 * seen. Of several that arrive during a save only the highest is saved next, so that a peer that sends
 * many of them costs one write at a time.
 */
import type { BaseboardId } from "trust-quorum";
import { DaemonError, problemOf } from "../errors.ts";
import type { MeshCounters } from "./counters.ts";
import { NETWORK_CONFIG_BYTES_MAX, NETWORK_CONFIG_GENERATION_MAX } from "./limits.ts";
import type { MeshLog, NetworkConfig, NetworkConfigStore } from "./types.ts";

/** What the keeper needs of the mesh. */
export interface NetworkConfigHost {
  readonly store: NetworkConfigStore;
  readonly counters: MeshCounters;
  readonly log: MeshLog;
  /** A newer one is durable: tell every peer but the one it came from. */
  adopted(config: NetworkConfig, from: BaseboardId | undefined): void;
}

/** Keeps it. */
export class NetworkConfigs {
  readonly #host: NetworkConfigHost;
  #current: NetworkConfig | null;
  #offered: { readonly config: NetworkConfig; readonly from: BaseboardId } | undefined;
  #pumping = false;
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

  /** Resolves when what was offered so far is saved or refused. */
  async settle(): Promise<void> {
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
    if (!isGeneration(generation)) {
      const problem = `a generation is a whole number from 0 to ${NETWORK_CONFIG_GENERATION_MAX}`;
      throw new DaemonError("ERR_TQD_BAD_REQUEST", { problem });
    }
    const copy = { generation, blob: blob.slice() };
    await this.#exclusively(async () => {
      const current = this.#current;
      if (current !== null && generation <= current.generation) throw staleAgainst(current, copy);
      await this.#save(copy, undefined);
    });
  }

  /** Takes what a peer holds, where it is newer. The blob becomes this object's own. */
  offer(config: NetworkConfig, from: BaseboardId): void {
    const { counters, log } = this.#host;
    const { generation, blob } = config;
    if (blob.length > NETWORK_CONFIG_BYTES_MAX || !isGeneration(generation)) {
      counters.add("networkConfigsRefused");
      log.warn({ peer: from, generation, bytes: blob.length }, "refused a network configuration");
      return;
    }
    const current = this.#current;
    if (generation === current?.generation) {
      if (Buffer.compare(blob, current.blob) === 0) return;
      counters.add("networkConfigConflicts");
      log.warn({ peer: from, generation }, "a peer holds another network configuration");
      return;
    }
    const known = Math.max(current?.generation ?? -1, this.#offered?.config.generation ?? -1);
    if (generation <= known) return;
    this.#offered = { config, from };
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#exclusively(() => this.#pump());
  }

  async #pump(): Promise<void> {
    for (let next = this.#offered; next !== undefined; next = this.#offered) {
      this.#offered = undefined;
      const { config, from } = next;
      if (config.generation <= (this.#current?.generation ?? -1)) continue;
      try {
        await this.#save(config, from);
        this.#host.counters.add("networkConfigsAdopted");
      } catch (error) {
        // It comes again with the next connection.
        const details = { peer: from, problem: problemOf(error) };
        this.#host.log.error(details, "cannot save a network configuration");
      }
    }
    this.#pumping = false;
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

function isGeneration(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= NETWORK_CONFIG_GENERATION_MAX;
}
