/**
 * The wires between the sleds. Every message crosses as the bytes that the original would send: it
 * is encoded to a frame, cut at odd points, read back by the receiver's `FrameReader` and decoded.
 *
 * There is one queue for the whole rack, so that the order is the same in every run and each link
 * keeps its own order.
 */
import { wipeMessage } from "trust-quorum";
import type { BaseboardId, Envelope, PeerMessage } from "trust-quorum";
import { FrameReader, decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";

/** A frame on its way. */
export interface Flight {
  readonly from: BaseboardId;
  readonly to: BaseboardId;
  readonly kind: PeerMessage["kind"];
  readonly frame: Uint8Array;
}

/** Frames and their bytes, lengths included. */
export interface Traffic {
  messages: number;
  bytes: number;
}

export class Network {
  readonly #queue: Flight[] = [];
  /** What has arrived of a link's stream: by sender and receiver. */
  readonly #readers = new Map<string, FrameReader>();
  readonly #sent = new Map<PeerMessage["kind"], Traffic>();
  #lost = 0;
  #cuts = 0;

  /** Messages and bytes that were sent, by kind. */
  get sent(): ReadonlyMap<PeerMessage["kind"], Readonly<Traffic>> {
    return this.#sent;
  }

  /** How many of the messages sent never arrived. */
  get lost(): number {
    return this.#lost;
  }

  /** What is on its way, oldest first. */
  get inFlight(): readonly Flight[] {
    return this.#queue;
  }

  /** Encodes a message and puts it on its way; the share in it is zeroed. */
  send({ from, to, message }: Envelope): void {
    const { kind } = message;
    const frame = encodeFramedMessage({ kind: "peer", message });
    wipeMessage(message);
    const traffic = this.#sent.get(kind) ?? { messages: 0, bytes: 0 };
    traffic.messages += 1;
    traffic.bytes += frame.length;
    this.#sent.set(kind, traffic);
    this.#queue.push({ from, to, kind, frame });
  }

  /** Takes the oldest frame off the wire. */
  next(): Flight | undefined {
    return this.#queue.shift();
  }

  /** The messages that come out at the other end of the wire. The receiver zeroes their shares. */
  *arrive({ from, to, frame }: Flight): IterableIterator<PeerMessage> {
    // No identifier has a control character in it.
    const link = `${from}\n${to}`;
    const reader = this.#readers.get(link) ?? new FrameReader();
    this.#readers.set(link, reader);
    for (const chunk of this.#cut(frame)) {
      for (const body of reader.push(chunk)) {
        const message = decodeWireMessage(body);
        body.fill(0);
        if (message.kind === "peer") yield message.message;
      }
    }
    frame.fill(0);
  }

  /** Loses a frame. */
  lose(flight: Flight): void {
    flight.frame.fill(0);
    this.#lost += 1;
  }

  /** Everything between this sled and the others is lost, and later connections start afresh. */
  cut(sled: BaseboardId): void {
    for (const flight of this.#queue.splice(0)) {
      if (flight.from === sled || flight.to === sled) this.lose(flight);
      else this.#queue.push(flight);
    }
    for (const [link, reader] of this.#readers) {
      if (!link.split("\n").includes(sled)) continue;
      reader.wipe();
      this.#readers.delete(link);
    }
  }

  /** Cuts a frame where no protocol would: within its length, and then at ever other odd points. */
  *#cut(frame: Uint8Array): IterableIterator<Uint8Array> {
    for (let start = 0; start < frame.length;) {
      const end = start + 1 + ((this.#cuts++ * 37) % 211);
      yield frame.subarray(start, end);
      start = end;
    }
  }
}
