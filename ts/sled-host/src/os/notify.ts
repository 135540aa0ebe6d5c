/** Reports the state of this process to the service manager (systemd, sd_notify(3)). */
import { hostAddon, refusal, withoutAddon } from "./native.ts";
import type { HostRefusal } from "./native.ts";

/** Whether the service manager was told. */
export type NotifyAnswer =
  | { readonly kind: "told" }
  /** No service manager waits for it: there is no `NOTIFY_SOCKET`. */
  | { readonly kind: "nobody" }
  /** `NOTIFY_SOCKET` is neither an absolute path nor `@` and a name. */
  | { readonly kind: "invalidAddress" }
  | HostRefusal;

/** What can be told; see sd_notify(3). Several of them go in one message. */
export interface ServiceState {
  /** The service is up. */
  readonly ready?: true;
  /** The service begins to stop. */
  readonly stopping?: true;
  /** The service is alive; due at least every `WATCHDOG_USEC`, see {@link watchdogMs}. */
  readonly watchdog?: true;
  /** One line for `systemctl status`; line breaks become spaces. */
  readonly status?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Tells the service manager, if there is one. It never waits and never throws.
 *
 * @example
 * import { notifyServiceManager } from "@trust-quorum/sled-host/os/notify";
 *
 * // Without a service manager, as in this environment, nothing is done.
 * notifyServiceManager({ ready: true, status: "unlocked at epoch 7" }, {}); // => { kind: "nobody" }
 */
export function notifyServiceManager(
  state: ServiceState,
  env: Environment = process.env,
): NotifyAnswer {
  const address = env["NOTIFY_SOCKET"];
  if (address === undefined || address === "") return { kind: "nobody" };
  const answer = hostAddon()?.hostNotify(address, assignments(state));
  if (answer === undefined) return withoutAddon();
  if (answer.kind === "done") return { kind: "told" };
  if (answer.kind === "invalidAddress") return { kind: "invalidAddress" };
  return refusal(answer);
}

/**
 * How often the watchdog wants to hear from this process, in ms, or undefined where it does not. Half
 * of it is a good interval.
 */
export function watchdogMs(env: Environment = process.env): number | undefined {
  const pid = env["WATCHDOG_PID"];
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  const text = env["WATCHDOG_USEC"] ?? "";
  const ms = Math.floor(Number(text) / 1000);
  return /^\d{1,15}$/.test(text) && ms > 0 ? ms : undefined;
}

function assignments({ ready, stopping, watchdog, status }: ServiceState): string {
  const lines: string[] = [];
  if (ready) lines.push("READY=1");
  if (stopping) lines.push("STOPPING=1");
  if (watchdog) lines.push("WATCHDOG=1");
  if (status !== undefined) lines.push(`STATUS=${status.replaceAll(/\s+/g, " ")}`);
  return lines.join("\n");
}
