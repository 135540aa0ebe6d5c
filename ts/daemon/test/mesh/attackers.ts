/** Hostile or broken ends of connections. */
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls, createServer } from "node:tls";
import type { ConnectionOptions, Server, TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import type { IssuedCertificate } from "@trust-quorum/sled-host/pki/authority";

/** A TCP connection, made; errors on it are expected. */
export async function tcp(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connectTcp(port, host);
  socket.on("error", () => undefined);
  socket.on("data", () => undefined);
  await new Promise((resolve) => {
    socket.once("connect", resolve);
    socket.once("close", resolve);
  });
  return socket;
}

/** A TLS client with this certificate, past its own handshake or closed. It speaks no frames. */
export async function tls(
  port: number,
  issued: IssuedCertificate | undefined,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connectTls({
    port,
    host: "127.0.0.1",
    ...(issued === undefined ? {} : { cert: issued.certificate, key: issued.key }),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    minVersion: "TLSv1.3",
    ALPNProtocols: ["trust-quorum/1"],
    ...options,
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => {
    socket.once("secureConnect", resolve);
    socket.once("close", resolve);
  });
  return socket;
}

/** A TLS server with this certificate that accepts everyone and does what it is told. */
export async function tlsServer(
  issued: IssuedCertificate,
  serve: (socket: TLSSocket) => void = () => undefined,
): Promise<{ server: Server; port: number; close: () => Promise<void> }> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    {
      cert: issued.certificate,
      key: issued.key,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
      ALPNProtocols: ["trust-quorum/1"],
    },
    (socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
      serve(socket);
    },
  );
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, port, close };
}

/** Resolves when the socket is closed; whatever arrives meanwhile is thrown away. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
}
