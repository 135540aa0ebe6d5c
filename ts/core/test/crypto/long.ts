import { setImmediate as yieldToEventLoop } from "node:timers/promises";

/** A buffer that can be resized, which the compiler does not know yet. */
type Resizable = ArrayBuffer & { resize(bytes: number): void };

/** A buffer of so many bytes that can have up to twice as many. */
export function resizable(bytes: number): Resizable {
  const options = { maxByteLength: 2 * bytes };
  return Reflect.construct(ArrayBuffer, [bytes, options]) as Resizable;
}

/**
 * The length of a result, for an assertion that a promise is rejected: where it is not, the runner prints
 * what it was resolved with, and runs out of memory over some millions of bytes.
 */
export async function lengthOf(result: Promise<Uint8Array>): Promise<number> {
  return (await result).length;
}

/** Waits until the first piece of shares is in the caller's buffer, or the call is over. */
export async function begun(result: Promise<Uint8Array>, into: Uint8Array): Promise<void> {
  const call = { isOver: false };
  const over = () => {
    call.isOver = true;
  };
  result.then(over, over);
  // It brings the first share's x-coordinate.
  while (into[0] !== 1 && !call.isOver) await yieldToEventLoop();
}
