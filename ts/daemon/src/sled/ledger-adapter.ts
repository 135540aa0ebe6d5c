/** The durable ledger store as a sled sees it. */
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { openLedgerStore } from "@trust-quorum/sled-host/store/ledger-store";
import type { LedgerStore, ReplicaHealth } from "@trust-quorum/sled-host/store/types";
import { parseBaseboardId } from "trust-quorum";
import type { Log } from "./logger.ts";
import type { LedgerPort } from "./ports.ts";

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
  const port: LedgerPort = {
    ledger: store.takeLedger(),
    save: (output) => store.save(output),
    status: () => ({
      replicas: store.health().map(replicaStatus),
      degradedMode: config.ledger.degraded,
    }),
    close: () => store.close(),
  };
  return { port, store };
}

function replicaStatus(
  health: ReplicaHealth,
): ReturnType<LedgerPort["status"]>["replicas"][number] {
  const { folder, state, generation, lastError } = health;
  const error = lastError === null ? null : `${lastError.code}: ${lastError.text}`;
  return {
    folder,
    healthy: state === "ok",
    generation,
    problem: state === "ok" ? null : (error ?? state),
  };
}
