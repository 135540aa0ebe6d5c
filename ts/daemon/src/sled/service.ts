/** What the service manager (systemd) is told of a daemon: ready, its status, watchdog, stopping. */
import type { LockAnswer } from "@trust-quorum/api/schemas/lock";
import { notifyServiceManager, watchdogMs } from "@trust-quorum/sled-host/os/notify";
import type { ServiceState } from "@trust-quorum/sled-host/os/notify";
import type { Log } from "./logger.ts";
import type { Sled } from "./sled.ts";

/** Tells the service manager (systemd) the state of the daemon, and feeds its watchdog. */
export class ServiceReporter {
  readonly #log: Log;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The daemon runs: it may well be locked, which is its status and not a failed start. */
  running(sled: Sled): void {
    this.#tell({ ready: true, status: "running" });
    const tellLock = (lock: LockAnswer): void => this.#tell({ status: lockText(lock) });
    void sled.lock().then(tellLock, () => undefined);
    sled.events.subscribe((event) => {
      if (event.kind === "lock") tellLock(event["lock"] as LockAnswer);
    });
    const every = watchdogMs();
    if (every === undefined) return;
    // A timer that comes due shows that the event loop turns; a daemon that hangs misses it.
    this.#watchdog = setInterval(() => this.#tell({ watchdog: true }), Math.floor(every / 2));
    this.#watchdog.unref();
  }

  stopping(): void {
    this.#tell({ stopping: true, status: "stopping" });
  }

  #tell(state: ServiceState): void {
    const answer = notifyServiceManager(state);
    if (answer.kind === "told" || answer.kind === "nobody") return;
    this.#log.warn({ answer: answer.kind }, "the service manager could not be told");
  }
}

function lockText(lock: LockAnswer): string {
  const epoch = lock.epoch === null ? "" : ` at epoch ${lock.epoch}`;
  if (lock.state !== "locked") return `${lock.state}${epoch}`;
  const shares = `${lock.collected.length} of ${lock.threshold ?? 0} shares`;
  return `locked${epoch}: ${shares}`;
}
