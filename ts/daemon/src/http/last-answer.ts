/** An answer after which a connection ends. */
import type { Socket } from "node:net";

/** How long the other end has to read it, and how many may have that time at once. */
const LINGER_MS = 200;
const LINGERING_MAX = 32;

let lingering = 0;

/**
 * Sends an answer and ends the connection. What the other end still sends is read and forgotten for a
 * moment: a connection that is closed with something unread is reset, and the answer with it.
 */
export function endWith(socket: Socket, answer: string): void {
  socket.on("error", () => undefined);
  socket.end(answer);
  if (lingering >= LINGERING_MAX) {
    socket.destroySoon();
    return;
  }
  lingering += 1;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => {
    lingering -= 1;
    clearTimeout(timer);
  });
  socket.resume();
}
