/** A TCP proxy that a test puts between two sleds: it delays, swallows, holds and cuts. */
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";

type Mode = "pass" | "hold" | "drop";

/** Forwards connections to one port. Each direction has a mode of its own. */
export class TcpProxy {
  /** From whoever connects to the target, and back. `hold` stops reading, `drop` swallows. */
  toTarget: Mode = "pass";
  toClient: Mode = "pass";
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Refuse new connections. */
  closed = false;
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server);
    server.on("connection", (client) => {
      proxy.#forward(client, targetPort);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Cuts every connection, without a word to either end's TLS. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(client: Socket, targetPort: number): void {
    this.connections++;
    if (this.closed) {
      client.resetAndDestroy();
      return;
    }
    const target = connect(targetPort, "127.0.0.1");
    this.#pipe(client, target, () => this.toTarget);
    this.#pipe(target, client, () => this.toClient);
  }

  #pipe(from: Socket, to: Socket, mode: () => Mode): void {
    this.#sockets.add(from);
    from.on("data", (chunk) => {
      const pass = (): void => {
        const now = mode();
        if (now === "hold") {
          from.pause();
          setTimeout(pass, 5).unref();
          return;
        }
        from.resume();
        if (now === "pass" && !to.destroyed) to.write(chunk);
      };
      if (this.delayMs > 0) setTimeout(pass, this.delayMs);
      else pass();
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
