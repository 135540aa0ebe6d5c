/** Where to listen on a system that has no IPv6. */
import { createServer, isIPv6 } from "node:net";

/** A host to listen on, and why it is not the one that was asked for, if it is not. */
export interface ListenHost {
  readonly host: string;
  /** The system's code, or null where the host is what was asked for. */
  readonly without: string | null;
}

/** What the system says where it has no IPv6: none in the kernel, or none that is turned on. */
const NO_IPV6 = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EPROTONOSUPPORT"]);

/**
 * The host to listen on: where every address of the machine is asked for by `[::]`, and the system has no IPv6,
 * that is every IPv4 address. Any other host is itself.
 */
export async function listenHost(host: string): Promise<ListenHost> {
  if (!isEveryIpv6(host)) return { host, without: null };
  const code = await whyNot(host);
  return code === null || !NO_IPV6.has(code)
    ? { host, without: null }
    : { host: "0.0.0.0", without: code };
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
