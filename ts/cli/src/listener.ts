/** Which process listens on a unix socket, as this machine's kernel says and not as that process does. */
import { connect } from "node:net";
import { peerOf } from "@trust-quorum/sled-host/os/peer";
import type { PeerAnswer } from "@trust-quorum/sled-host/os/peer";

/** How long the kernel may take to connect to a socket of this machine, in milliseconds. */
const CONNECT_TIMEOUT_MS = 2000;

/**
 * Who listens on a unix socket (SO_PEERCRED of a connection to it, unix(7)). Its process id is a number
 * of the caller's own pid namespace; 0 where the process is outside of that.
 *
 * @returns `notOpen` where nobody listens
 */
export function listenerOf(file: string): Promise<PeerAnswer> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const answer = (peer: PeerAnswer): void => {
      socket.destroy();
      resolve(peer);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => answer({ kind: "notOpen" }));
    socket.once("error", () => answer({ kind: "notOpen" }));
    socket.once("connect", () => answer(peerOf(socket)));
  });
}
