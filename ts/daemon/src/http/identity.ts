/**
 * Who asks: the user at the other end of the unix socket, as the kernel says, or the operator whose
 * certificate the TLS handshake has verified. Both are looked up once for each connection.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import { peerOf } from "@trust-quorum/sled-host/os/peer";
import { identityOf } from "@trust-quorum/sled-host/pki/identity";

/** Someone who may use the API, or why they may not. */
export type Caller =
  | { readonly kind: "user"; readonly uid: number; readonly pid: number }
  | { readonly kind: "operator"; readonly name: string }
  | { readonly kind: "nobody"; readonly problem: string; readonly known: boolean };

/** Who may use the unix socket, besides root and this process's own user. */
export interface SocketAccess {
  readonly uids: readonly number[];
  /** By the effective group of who connects. */
  readonly gids: readonly number[];
}

/** Who connected to the unix socket. */
export function callerOfSocket(socket: Socket, access: SocketAccess): Caller {
  const peer = peerOf(socket);
  if (peer.kind !== "peer") {
    return nobody(`the system does not say who connected (${peer.kind})`, { known: false });
  }
  const { uid, gid, pid } = peer;
  const own = process.geteuid?.();
  const allowed =
    uid === 0 || uid === own || access.uids.includes(uid) || access.gids.includes(gid);
  if (allowed) return { kind: "user", uid, pid };
  return nobody(`user ${uid} may not use this socket; api.allowed_uids lists who may`, {
    known: true,
  });
}

/** Whose certificate a TLS connection showed; an empty list allows every operator of the ca. */
export function callerOfTls(socket: Socket, operators: readonly string[]): Caller {
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    return nobody("a certificate of an operator is needed", { known: false });
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return nobody("there is no certificate", { known: false });
  try {
    const identity = identityOf(certificate);
    if (identity.kind !== "operator") {
      return nobody("the certificate is a sled's, not an operator's", { known: true });
    }
    const { name } = identity;
    if (operators.length > 0 && !operators.includes(name)) {
      return nobody("this operator is not listed in api.tls.operators", { known: true });
    }
    return { kind: "operator", name };
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    return nobody(error.message, { known: false });
  }
}

/** How a caller is shown in a log. */
export function callerText(caller: Caller): string {
  switch (caller.kind) {
    case "user":
      return `uid ${caller.uid}`;
    case "operator":
      return `operator ${caller.name}`;
    case "nobody":
      return "nobody";
    default:
      return caller satisfies never;
  }
}

/** @throws DaemonError `ERR_TQD_UNAUTHENTICATED`, `ERR_TQD_FORBIDDEN` */
export function checkAllowed(caller: Caller): void {
  if (caller.kind !== "nobody") return;
  const { problem } = caller;
  if (caller.known) throw new DaemonError("ERR_TQD_FORBIDDEN", { problem });
  throw new DaemonError("ERR_TQD_UNAUTHENTICATED", { problem });
}

function nobody(problem: string, { known }: { readonly known: boolean }): Caller {
  return { kind: "nobody", problem, known };
}
