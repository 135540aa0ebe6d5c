/** The links between sleds, and the messages on them. */
import { isTrustQuorumError, wipeMessage } from "trust-quorum";
import type { ErrorCode, PeerMessage } from "trust-quorum";
import { FrameReader, decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";

/** A message on its way, or its frame where the simulation encodes. */
type Parcel = PeerMessage | Uint8Array;

interface Link {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  queue: Parcel[];
  head: number;
  blocked: boolean;
  /** The place among the busy links, or -1. */
  busyAt: number;
}

/** What arrives: a message, or why the bytes are none. */
export type Arrival = { readonly message: PeerMessage } | { readonly code: ErrorCode };

/**
 * The directed links between all sleds. Messages of a link arrive in order; a closed connection discards those
 * that are on their way, and a fault can take one away. A partition blocks links: their messages stay until it ends.
 */
export class Network {
  readonly #size: number;
  readonly #encode: boolean;
  readonly #links: Link[] = [];
  /** Whether there is a connection; symmetrical. */
  readonly #up: Uint8Array;
  readonly #busy: Link[] = [];
  /** Messages on their way. */
  inFlight = 0;

  constructor(size: number, encode: boolean) {
    this.#size = size;
    this.#encode = encode;
    this.#up = new Uint8Array(size * size);
    for (let index = 0; index < size * size; index++) {
      const [from, to] = [Math.floor(index / size), index % size];
      this.#links.push({ index, from, to, queue: [], head: 0, blocked: false, busyAt: -1 });
    }
  }

  isConnected(a: number, b: number): boolean {
    return this.#up[a * this.#size + b] === 1;
  }

  connect(a: number, b: number): void {
    this.#set(a, b, 1);
  }

  /** Ends a connection: what is on its way is lost. */
  disconnect(a: number, b: number): void {
    this.#set(a, b, 0);
    this.#empty(this.#link(a, b));
    this.#empty(this.#link(b, a));
  }

  /** Takes a message over from its sender; without a connection it is lost. */
  send(from: number, to: number, message: PeerMessage): void {
    if (!this.isConnected(from, to)) {
      wipeMessage(message);
      return;
    }
    let parcel: Parcel = message;
    if (this.#encode) {
      parcel = encodeFramedMessage({ kind: "peer", message });
      wipeMessage(message);
    }
    const link = this.#link(from, to);
    link.queue.push(parcel);
    this.inFlight += 1;
    if (link.busyAt < 0 && !link.blocked) this.#enlist(link);
  }

  /** How many links have a message that can arrive. */
  get busy(): number {
    return this.#busy.length;
  }

  /** One of the busy links. */
  busyLink(index: number): { readonly from: number; readonly to: number } {
    const link = this.#busy[index];
    if (link === undefined) throw new RangeError("no such busy link");
    return link;
  }

  /** Takes the next message of a link; undefined where none can arrive. */
  take(from: number, to: number): Arrival | undefined {
    const link = this.#link(from, to);
    if (link.blocked || link.head >= link.queue.length) return undefined;
    const parcel = link.queue[link.head++];
    this.inFlight -= 1;
    if (link.head >= link.queue.length) {
      link.queue = [];
      link.head = 0;
      this.#delist(link);
    }
    if (parcel === undefined) return undefined;
    return parcel instanceof Uint8Array ? decode(parcel) : { message: parcel };
  }

  /** Holds back, or lets pass, what goes from one sled to another. */
  block(from: number, to: number, blocked: boolean): void {
    const link = this.#link(from, to);
    if (link.blocked === blocked) return;
    link.blocked = blocked;
    if (blocked) this.#delist(link);
    else if (link.head < link.queue.length) this.#enlist(link);
  }

  /** The links on which messages are on their way. */
  waiting(): { from: number; to: number; messages: number; blocked: boolean }[] {
    return this.#links
      .filter(({ queue, head }) => head < queue.length)
      .map(({ from, to, queue, head, blocked }) => {
        return { from, to, messages: queue.length - head, blocked };
      });
  }

  /** How many links are blocked by partitions. */
  get blockedLinks(): number {
    let count = 0;
    for (const { blocked } of this.#links) if (blocked) count += 1;
    return count;
  }

  /** Ends all partitions. */
  unblockAll(): void {
    for (const link of this.#links) if (link.blocked) this.block(link.from, link.to, false);
  }

  #set(a: number, b: number, up: 0 | 1): void {
    this.#up[a * this.#size + b] = up;
    this.#up[b * this.#size + a] = up;
  }

  #link(from: number, to: number): Link {
    return this.#links[from * this.#size + to] as Link;
  }

  #empty(link: Link): void {
    if (link.head >= link.queue.length) return;
    for (let i = link.head; i < link.queue.length; i++) wipeParcel(link.queue[i] as Parcel);
    this.inFlight -= link.queue.length - link.head;
    link.queue = [];
    link.head = 0;
    this.#delist(link);
  }

  #enlist(link: Link): void {
    link.busyAt = this.#busy.length;
    this.#busy.push(link);
  }

  #delist(link: Link): void {
    if (link.busyAt < 0) return;
    const last = this.#busy.pop() as Link;
    if (last !== link) {
      this.#busy[link.busyAt] = last;
      last.busyAt = link.busyAt;
    }
    link.busyAt = -1;
  }
}

/** What the bytes of one frame are, or why they are nothing. The bytes are zeroed. */
export function decode(frame: Uint8Array): Arrival {
  try {
    for (const body of new FrameReader().push(frame)) {
      const wire = decodeWireMessage(body);
      body.fill(0);
      if (wire.kind === "peer") return { message: wire.message };
    }
    return { code: "ERR_TQ_WIRE_TRUNCATED" };
  } catch (error) {
    if (isTrustQuorumError(error)) return { code: error.code };
    throw error;
  } finally {
    frame.fill(0);
  }
}

function wipeParcel(parcel: Parcel): void {
  if (parcel instanceof Uint8Array) parcel.fill(0);
  else wipeMessage(parcel);
}
