/** Who is at the other end of a unix socket. */
import type { Socket } from "node:net";
import { hostAddon, refusal, withoutAddon } from "./native.ts";
import type { HostRefusal } from "./native.ts";

/** Who connected, as the kernel noted it at that moment, or why that cannot be told. */
export type PeerAnswer =
  | {
      readonly kind: "peer";
      /** The effective user and group. */
      readonly uid: number;
      readonly gid: number;
      /** For logs only: the process may be gone, and its number another's. */
      readonly pid: number;
    }
  /** The socket is closed already, or is not one of the operating system. */
  | { readonly kind: "notOpen" }
  | HostRefusal;

/**
 * Who connected a unix socket that this process accepted. A TCP socket is "unsupported".
 *
 * @example
 * import { once } from "node:events";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { connect, createServer } from "node:net";
 * import type { Socket } from "node:net";
 * import { tmpdir } from "node:os";
 * import path from "node:path";
 * import { peerOf } from "@trust-quorum/sled-host/os/peer";
 *
 * const folder = await mkdtemp(path.join(tmpdir(), "peer-"));
 * const server = createServer().listen(path.join(folder, "api.sock"));
 * await once(server, "listening");
 * const client = connect(path.join(folder, "api.sock"));
 * const [socket] = (await once(server, "connection")) as [Socket];
 *
 * const peer = peerOf(socket);
 * peer.kind === "peer" && peer.uid === process.geteuid?.(); // => true
 *
 * client.destroy();
 * socket.destroy();
 * server.close();
 * await rm(folder, { recursive: true });
 */
export function peerOf(socket: Socket): PeerAnswer {
  const fd = descriptorOf(socket);
  if (fd === undefined) return { kind: "notOpen" };
  const answer = hostAddon()?.hostPeer(fd);
  if (answer === undefined) return withoutAddon();
  const { kind, uid, gid, pid } = answer;
  if (kind !== "done" || uid === undefined || gid === undefined || pid === undefined) {
    return refusal(answer);
  }
  return { kind: "peer", uid, gid, pid };
}

/** Node has no public way to a socket's descriptor; the handle has had this field ever since. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { _handle?: { fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}
