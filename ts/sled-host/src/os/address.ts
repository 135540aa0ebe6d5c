/** Addresses as people write them: `host:port`, with IPv6 in brackets. */

/** A host and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The host and port of an address, or undefined where it is none. */
export function parseAddress(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:[\]/]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** An address as a person writes it. */
export function addressText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
