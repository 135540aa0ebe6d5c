/** Yielding to the event loop. Nothing is imported, so that the same file runs in Node and in browsers. */

/** The platform's functions that are used here; each may be missing. */
interface Platform {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly setTimeout?: (run: () => void, milliseconds: number) => unknown;
  readonly MessageChannel?: new () => {
    readonly port1: { onmessage: (() => void) | null; close(): void };
    readonly port2: { postMessage(message: null): void };
  };
}

// Read when the module is loaded, so that tests which replace timers later do not stop what is awaited here.
const { setImmediate, setTimeout, MessageChannel } = globalThis as unknown as Platform;

/**
 * Resolves after the event loop has run the tasks that are due. Browsers have no `setImmediate` and delay
 * nested timeouts by at least 4 ms; a message through a channel is a task without delay.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
    } else if (MessageChannel !== undefined) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    } else if (setTimeout !== undefined) {
      setTimeout(resolve, 0);
    } else {
      resolve();
    }
  });
}
