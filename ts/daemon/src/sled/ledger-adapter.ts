/** The durable ledger store as a sled sees it. */
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { openLedgerStore } from "@trust-quorum/sled-host/store/ledger-store";
import type { LedgerStore, ReplicaHealth } from "@trust-quorum/sled-host/store/types";
import { parseBaseboardId } from "trust-quorum";
import type { Log } from "./logger.ts";
import type { LedgerPort } from "./ports.ts";
import { SpaceWatch } from "./space-watch.ts";

/** A sled's ledger, and the store behind it, which also keeps the network configuration. */
export interface OpenLedger {
  readonly port: LedgerPort;
  readonly store: LedgerStore;
}

/**
 * Opens the ledger of a sled.
 *
 * @param onDegraded called with the folder of a replica that goes out of use
 * @throws DaemonError what the store throws: each says what to do
 */
export async function openLedger(
  config: Config,
  log: Log,
  onDegraded: (replica: string) => void,
): Promise<OpenLedger> {
  const [first = "", second = ""] = config.ledger.replicas;
  const store = await openLedgerStore({
    self: parseBaseboardId(config.sled.id),
    folders: [first, second],
    degraded: config.ledger.degraded,
    create: config.ledger.create,
    onNotice: ({ kind, folder, text }) => {
      log.warn({ notice: kind, folder }, text);
      if (kind === "failed" || kind === "alone") onDegraded(folder);
    },
  });
  const space = new SpaceWatch(store, { folders: [first, second], log });
  await space.look();
  const port: LedgerPort = {
    ledger: store.takeLedger(),
    save: async (output) => {
      await store.save(output);
      void space.look();
    },
    status: () => ({
      replicas: store
        .health()
        .map((health) => ({ ...replicaStatus(health), space: space.of(health.replica) })),
      degradedMode: config.ledger.degraded,
    }),
    scrub: () => store.scrub(),
    close: () => {
      space.stop();
      return store.close();
    },
  };
  return { port, store };
}

function replicaStatus(
  health: ReplicaHealth,
): ReturnType<LedgerPort["status"]>["replicas"][number] {
  const { folder, state, generation, damage, lastError } = health;
  const failure = lastError === null ? null : `${lastError.code}: ${lastError.text}`;
  const error = state === "damaged" ? damage.join("; ") : failure;
  return {
    folder,
    healthy: state === "ok",
    generation,
    problem: state === "ok" ? null : (error ?? state),
  };
}
