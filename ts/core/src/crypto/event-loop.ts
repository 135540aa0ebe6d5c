/**
 * Giving way to the event loop, in Node and in browsers alike: nothing here is imported, so that the
 * same file runs in both.
 */

/** What is used of the platform, each where it is there. */
interface Platform {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly setTimeout?: (run: () => void, milliseconds: number) => unknown;
  readonly MessageChannel?: new () => {
    readonly port1: { onmessage: (() => void) | null; close(): void };
    readonly port2: { postMessage(message: null): void };
  };
}

// Taken when the module is loaded: tests that replace a program's timers do not stop what is awaited here.
const { setImmediate, setTimeout, MessageChannel } = globalThis as unknown as Platform;

/**
 * Waits until the event loop has run the tasks that are due. Browsers have no `setImmediate`, and delay
 * nested timeouts by 4 ms each: there a message to oneself is a task without a delay.
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
