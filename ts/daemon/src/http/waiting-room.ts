/** Connections that have sent nothing yet, of all listeners together. */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { Places } from "./places.ts";
import type { Owner, PlaceReason } from "./places.ts";

/** The most that have sent nothing yet, of all listeners together. */
const SILENT_CONNECTIONS_MAX = 2048;
/** How long a connection may say nothing at first, in milliseconds. */
const SILENT_MS = 10_000;

/**
 * The connections that have not sent anything yet. They cost next to nothing, so there may be many: an honest
 * client sends its request at once, and needs its place for that moment only. Where there are too many, whoever
 * has most of them loses the oldest.
 */
export class WaitingRoom {
  readonly #places: Places;

  /** @param openFilesMax what the system allows this process; the ledger's files must always be among them */
  constructor(openFilesMax: number, onEnded: (reason: PlaceReason, owner: Owner) => void) {
    const max = Math.min(SILENT_CONNECTIONS_MAX, Math.floor(openFilesMax / 2));
    this.#places = new Places({ total: max, unknown: max, perPeer: max }, onEnded);
  }

  /** Calls back with the first bytes of a connection, which are left to be read. */
  wait(socket: Socket, { peer, group }: Owner, onBytes: () => void): void {
    // Strangers are peers of their own here: they must not go before those who are known and hold more.
    const owner = { peer: peer ?? `network ${group}`, group };
    if (!this.#places.take(socket, owner)) {
      socket.destroy();
      return;
    }
    const late = (): void => void socket.destroy();
    const leave = (): void => {
      this.#places.leave(socket);
      socket.off("timeout", late);
      socket.off("close", leave);
    };
    socket.setTimeout(SILENT_MS, late);
    socket.once("close", leave);
    socket.once("readable", () => {
      leave();
      // Or the other end has gone without a word.
      if (socket.readableLength > 0) onBytes();
      else socket.destroy();
    });
  }

  /** Ends all that wait. */
  close(): void {
    this.#places.endAll();
  }
}

/** How many files this process may have open; a cautious guess where the system does not say. */
export function openFilesMax(file = "/proc/self/limits"): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync(file, "utf8"));
    return Number(found?.[1] ?? 1024);
  } catch {
    return 1024;
  }
}
