/** Where to listen, also on a system that has no IPv6. */
import { createServer, isIPv6 } from "node:net";
import { DaemonError } from "../errors.ts";
import { parseAddress } from "./address.ts";
import type { HostPort } from "./address.ts";

/** Where to listen, and why the host is not the one that was asked for, if it is not. */
export interface ListenTarget extends HostPort {
  /** The system's code, or null where the host is what was asked for. */
  readonly without: string | null;
}

/** What the system says where it has no IPv6: none in the kernel, or none that is turned on. */
const NO_IPV6 = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EPROTONOSUPPORT"]);

/**
 * Where to listen for an address: where it asks for every address of the machine by `[::]`, and the system has no
 * IPv6, on every IPv4 address. Any other host is itself.
 *
 * @param key the configuration's key for it, for the error
 * @throws DaemonError `ERR_TQD_LISTEN_FAILED` where it is no address
 */
export async function listenTarget(address: string, key: string): Promise<ListenTarget> {
  const asked = parseAddress(address);
  if (asked === undefined) {
    const problem = "it is not host:port or [ipv6]:port";
    throw new DaemonError("ERR_TQD_LISTEN_FAILED", { address, problem, key });
  }
  if (!isEveryIpv6(asked.host)) return { ...asked, without: null };
  const code = await whyNot(asked.host);
  return code === null || !NO_IPV6.has(code)
    ? { ...asked, without: null }
    : { ...asked, host: "0.0.0.0", without: code };
}

/** Says in the log that IPv4 it is. */
export function warnOfNoIpv6(
  log: { warn(fields: object, text: string): void },
  fields: {
    readonly key: string;
    readonly address: string;
    readonly host: string;
    readonly code: string;
  },
): void {
  log.warn(fields, "this system has no IPv6: it listens on every IPv4 address instead");
}

function isEveryIpv6(host: string): boolean {
  if (!isIPv6(host) || host.includes("%")) return false;
  // However it is written.
  return new URL(`http://[${host}]`).hostname === "[::]";
}

/** What keeps this process from listening there, on any port. */
function whyNot(host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer((socket) => socket.destroy());
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    probe.listen({ host, port: 0 }, () => probe.close(() => resolve(null)));
  });
}
