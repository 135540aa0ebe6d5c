/**
 * Places for connections, shared out so that nobody shuts the others out.
 *
 * Invariants: at most `total` connections hold a place, of these at most `unknown` whose owner is not known,
 * and at most `perPeer` of one peer (a user of the unix socket, an operator). Where there is no room the
 * newcomer gets it from whoever holds most: first from those that are not known, then from those that have no
 * request under way, of these the oldest. Only where all connections of a peer have requests under way is that
 * peer's newcomer turned away.
 */
import type { Socket } from "node:net";

/** How many places there are. */
export interface PlaceLimits {
  readonly total: number;
  readonly unknown: number;
  readonly perPeer: number;
}

/** Whose a connection is. */
export interface Owner {
  /** A peer that is known, or null. */
  readonly peer: string | null;
  /** A part of the peer, or of those that are not known, that makes room for the others: a process, a network. */
  readonly group: string;
}

/** Why a connection was ended to make room. */
export type PlaceReason = "madeRoom" | "peerLimit";

/** How many places somebody holds. */
interface Count {
  held: number;
}

interface Place {
  readonly socket: Socket;
  readonly owner: Owner;
  readonly peer: Count;
  readonly group: Count;
  requests: number;
}

/** Who holds which place. */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #onEnded: (reason: PlaceReason, owner: Owner) => void;
  /** The oldest first. */
  readonly #places = new Map<Socket, Place>();
  readonly #counts = new Map<string, Count>();

  /** @param onEnded is told of each connection that had to go */
  constructor(limits: PlaceLimits, onEnded: (reason: PlaceReason, owner: Owner) => void) {
    this.#limits = limits;
    this.#onEnded = onEnded;
  }

  /** How many are held. */
  get size(): number {
    return this.#places.size;
  }

  /**
   * Gives a new connection a place, until it closes.
   *
   * @returns whether it got one; if not, it is to be closed
   */
  take(socket: Socket, owner: Owner): boolean {
    socket.once("close", () => this.leave(socket));
    return this.#take(socket, owner);
  }

  /** Gives a place up; does nothing where there is none. */
  leave(socket: Socket): void {
    const place = this.#places.get(socket);
    if (place === undefined) return;
    this.#places.delete(socket);
    place.peer.held -= 1;
    place.group.held -= 1;
    if (place.peer.held === 0) this.#counts.delete(peerKey(place.owner));
    if (place.group.held === 0) this.#counts.delete(`${peerKey(place.owner)} ${place.owner.group}`);
  }

  /**
   * A connection has shown whose it is.
   *
   * @returns whether it keeps its place; if not, it is to be closed
   */
  identify(socket: Socket, owner: Owner): boolean {
    if (!this.#places.has(socket)) return false;
    this.leave(socket);
    return this.#take(socket, owner);
  }

  /** Ends all connections that hold a place. */
  endAll(): void {
    for (const socket of this.#places.keys()) socket.destroy();
  }

  /** A request on a connection begins (1) or is answered (-1). */
  request(socket: Socket, change: 1 | -1): void {
    const place = this.#places.get(socket);
    if (place !== undefined) place.requests += change;
  }

  #take(socket: Socket, owner: Owner): boolean {
    const key = peerKey(owner);
    if (!this.#makeRoom(owner, this.#counts.get(key)?.held ?? 0)) {
      this.#onEnded("peerLimit", owner);
      return false;
    }
    // Only now: what made room may have been the last place of this very peer, and its count went with it.
    const peer = this.#count(key);
    const group = this.#count(`${key} ${owner.group}`);
    peer.held += 1;
    group.held += 1;
    this.#places.set(socket, { socket, owner, peer, group, requests: 0 });
    return true;
  }

  #makeRoom({ peer }: Owner, held: number): boolean {
    const { total, unknown, perPeer } = this.#limits;
    if (peer === null) {
      if (held >= unknown) this.#end(this.#find((place) => place.owner.peer === null));
    } else if (held >= perPeer) {
      const own = this.#find((place) => place.owner.peer === peer && place.requests === 0);
      if (own === undefined) return false;
      this.#end(own);
    }
    if (this.#places.size < total) return true;
    const found =
      this.#find((place) => place.owner.peer === null) ??
      this.#find((place) => place.requests === 0) ??
      // All are at work: whoever holds most has one less, unless that is the newcomer.
      this.#find((place) => place.peer.held > held + 1);
    if (found === undefined) return false;
    this.#end(found);
    return true;
  }

  /** Who goes first among those that may. */
  #find(may: (place: Place) => boolean): Place | undefined {
    let found: Place | undefined;
    for (const place of this.#places.values()) {
      if (may(place) && (found === undefined || goesBefore(place, found))) found = place;
    }
    return found;
  }

  #end(place: Place | undefined): void {
    if (place === undefined) return;
    const { socket, owner } = place;
    this.leave(socket);
    this.#onEnded("madeRoom", owner);
    // A reset leaves nothing behind in the kernel, which matters when there are thousands.
    if (socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }

  #count(key: string): Count {
    const found = this.#counts.get(key) ?? { held: 0 };
    this.#counts.set(key, found);
    return found;
  }
}

/** Of two that were equal the older one goes first: it comes first, and so nothing goes before it. */
function goesBefore(a: Place, b: Place): boolean {
  if (a.peer !== b.peer) return a.peer.held > b.peer.held;
  return a.group.held > b.group.held;
}

function peerKey({ peer }: Owner): string {
  return peer === null ? "unknown" : `peer ${peer}`;
}

/** The network that an address belongs to: of IPv6, in which everybody has as many as they like, its /64. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [plain = ""] = address.split("%");
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  while (tail !== undefined && groups.length + after < 8) groups.push("0");
  return `${groups.slice(0, 4).join(":")}/64`;
}
