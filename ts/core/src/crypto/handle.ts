/** What the handles of rack secrets of both backends have in common. */
import { isObject, refuse } from "./arguments.ts";
import { withWiped } from "./memory.ts";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A handle says what it is and whether it is disposed of, and no more. */
export abstract class SecretHandle {
  /** What kind of handle it is. */
  protected abstract readonly label: string;
  abstract readonly disposed: boolean;
  abstract dispose(): void;

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Public facts only: `RackSecret(hidden)`, `RackSecrets(disposed)`. */
  toString(): string {
    return `${this.label}(${this.disposed ? "disposed" : "hidden"})`;
  }

  /** The same as {@link toString}: JSON never holds a secret. */
  toJSON(): string {
    return this.toString();
  }

  [inspect](): string {
    return this.toString();
  }
}

/**
 * Lends a copy of a secret to a synchronous callback, and zeroes it afterwards.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` where the callback answers with a promise
 */
export function lend<T>(copy: Uint8Array, use: (bytes: Uint8Array) => T): T {
  return withWiped(copy, (bytes) => {
    const result = use(bytes);
    // The bytes are zero before an asynchronous callback could go on with them.
    if (isThenable(result)) refuse("use", "must be synchronous");
    return result;
  });
}

function isThenable(value: unknown): boolean {
  return isObject(value) && "then" in value && typeof value.then === "function";
}
