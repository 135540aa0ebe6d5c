/**
 * A connection with a peer that is authenticated: frames in and out, keep-alive, and every limit.
 *
 * Invariants: it is open from its first frame on, and closed for good once; `closed` is called exactly
 * once and nothing after it; buffers that may hold shares are zeroed as soon as they were handled or
 * written. Silence is counted in ticks of its own timer, so that a process that was stopped for a
 * while does not take its own sleep for the peer's.
 */
import type { TLSSocket } from "node:tls";
import { isTrustQuorumError, wipeMessage } from "trust-quorum";
import type { ErrorCode } from "trust-quorum";
import { FrameReader, decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";
import type { WireMessage } from "trust-quorum/wire";
import { problemOf } from "@trust-quorum/sled-host/errors";
import type { ReceiveBudget } from "./budget.ts";
import type { MeshCounters } from "./counters.ts";
import type { MeshLimits, MeshTimes } from "./limits.ts";
import type { CloseReason } from "./reasons.ts";

/** What a connection needs. */
export interface ConnectionOptions {
  readonly socket: TLSSocket;
  readonly limits: MeshLimits;
  readonly times: MeshTimes;
  readonly budget: ReceiveBudget;
  readonly counters: MeshCounters;
  /** The first frame has arrived. */
  readonly opened: () => void;
  /** A message, pings apart. What it holds of a share is zeroed when this returns. */
  readonly message: (message: WireMessage) => void;
  /** A frame that is no message. */
  readonly undecodable: (code: ErrorCode) => void;
  /** It has ended. */
  readonly closed: (closeReason: CloseReason) => void;
}

/** One connection. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: TLSSocket;
  readonly #reader = new FrameReader();
  readonly #tick: NodeJS.Timeout;
  readonly #deadTicks: number;
  #open = false;
  #doomed = false;
  #closed = false;
  #queuedBytes = 0;
  #queuedMessages = 0;
  #silentTicks = 0;
  #stalledTicks = 0;
  #undecodable = 0;
  #lastHeard = Date.now();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    const { ping, dead } = options.times;
    this.#deadTicks = Math.max(1, Math.ceil(dead / ping));
    this.#tick = setInterval(() => {
      this.#onTick();
    }, ping);
    this.#tick.unref();
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on("error", (error) => {
      this.close({ reason: this.#lost("connection_error"), problem: problemOf(error) });
    });
    socket.on("close", () => {
      this.close({ reason: this.#lost("closed_by_peer") });
    });
    // The first frame tells the other end that its certificate was accepted.
    this.send({ kind: "ping" });
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get queuedMessages(): number {
    return this.#queuedMessages;
  }

  /** When the last frame has arrived, in milliseconds since 1970. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /**
   * Sends a message, or closes the connection where too much is waiting already: what is lost then,
   * the protocol asks for again. The message is encoded when this returns and stays the caller's.
   *
   * @returns Whether it is on its way.
   * @throws TrustQuorumError as `encodeFramedMessage`
   */
  send(message: WireMessage): boolean {
    if (this.#closed || this.#doomed) return false;
    const frame = encodeFramedMessage(message);
    const { queueBytesMax, queueMessagesMax } = this.#options.limits;
    const bytes = this.#queuedBytes + frame.length;
    if (bytes > queueBytesMax || this.#queuedMessages >= queueMessagesMax) {
      frame.fill(0);
      this.#doomed = true;
      const problem = `${this.#queuedMessages} messages, ${this.#queuedBytes} bytes`;
      // Not from within the caller's own work: it is about to hear of the end of this peer.
      queueMicrotask(() => {
        this.close({ reason: "queue_overflow", problem });
      });
      return false;
    }
    this.#write(frame);
    return true;
  }

  /** Closes at once, or says nothing where it is closed already. */
  close(closeReason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#tick);
    this.#reader.wipe();
    this.#socket.destroy();
    this.#options.counters.ended(closeReason.reason);
    this.#options.closed(closeReason);
  }

  /** Sends what is waiting, for at most this long, and closes. */
  async finish(closeReason: CloseReason, timeoutMs: number): Promise<void> {
    if (this.#closed) return;
    this.#doomed = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#socket.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.close(closeReason);
  }

  #write(frame: Uint8Array): void {
    this.#queuedBytes += frame.length;
    this.#queuedMessages++;
    const { counters } = this.#options;
    this.#socket.write(frame, () => {
      // Written or given up, the frame may have held a share.
      frame.fill(0);
      this.#queuedBytes -= frame.length;
      this.#queuedMessages--;
      this.#stalledTicks = 0;
    });
    counters.add("framesSent");
    counters.add("bytesSent", frame.length);
  }

  #receive(chunk: Buffer): void {
    const { budget, counters } = this.#options;
    counters.add("bytesReceived", chunk.length);
    try {
      if (!budget.takeBytes(chunk.length)) {
        return this.close({ reason: "flooding", problem: "too many bytes" });
      }
      for (const body of this.#reader.push(chunk)) {
        this.#frame(body);
        if (this.#closed) return;
      }
    } catch (error) {
      if (!isTrustQuorumError(error, "ERR_TQ_FRAME_TOO_LARGE")) throw error;
      this.close({ reason: "frame_too_large", problem: `${error.details.length} bytes` });
    } finally {
      chunk.fill(0);
    }
  }

  #frame(body: Uint8Array): void {
    const { budget, counters } = this.#options;
    if (!budget.takeFrame()) {
      body.fill(0);
      return this.close({ reason: "flooding", problem: "too many frames" });
    }
    counters.add("framesReceived");
    this.#silentTicks = 0;
    this.#lastHeard = Date.now();
    const message = this.#decode(body);
    if (message === undefined) return;
    if (!this.#open) {
      this.#open = true;
      this.#options.opened();
    }
    if (message.kind === "ping") return;
    try {
      // To be heard of the opening may have been the end of it.
      if (!this.#closed) this.#options.message(message);
    } finally {
      if (message.kind === "peer") wipeMessage(message.message);
    }
  }

  #decode(body: Uint8Array): WireMessage | undefined {
    try {
      return decodeWireMessage(body);
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      this.#refuse(error.code);
      return undefined;
    } finally {
      body.fill(0);
    }
  }

  #refuse(code: ErrorCode): void {
    const { counters, limits, undecodable } = this.#options;
    counters.add("framesUndecodable");
    if (this.#open) undecodable(code);
    // Before the first message there is no reason for patience.
    if (++this.#undecodable >= (this.#open ? limits.undecodableFramesMax : 1)) {
      this.close({ reason: "undecodable_frames", problem: code });
    }
  }

  #onTick(): void {
    const waiting = this.#queuedMessages > 0;
    if (++this.#silentTicks > this.#deadTicks) {
      const reason = this.#reader.pending > 0 ? "frame_stalled" : "silent";
      return this.close({ reason });
    }
    this.#stalledTicks = waiting ? this.#stalledTicks + 1 : 0;
    if (this.#stalledTicks > this.#deadTicks) return this.close({ reason: "write_stalled" });
    this.send({ kind: "ping" });
  }

  #lost(reason: "connection_error" | "closed_by_peer"): CloseReason["reason"] {
    return this.#open ? reason : "closed_in_handshake";
  }
}
