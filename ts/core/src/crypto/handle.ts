/** Handles of rack secrets: the parts that both backends share. */
import { isObject } from "../base/arguments.ts";
import { refuse } from "./arguments.ts";
import { withWiped } from "./memory.ts";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** Base class of handles. Conversions to text and JSON show the kind of handle and whether it is disposed. */
export abstract class SecretHandle {
  /** The kind of handle, e.g. `RackSecret`. */
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
 * Passes a copy of a secret to a synchronous callback and zeroes it afterwards.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` where the callback returns a promise
 */
export function lend<T>(copy: Uint8Array, use: (bytes: Uint8Array) => T): T {
  return withWiped(copy, (bytes) => {
    const result = use(bytes);
    // An asynchronous callback would continue after the bytes were zeroed.
    if (isThenable(result)) refuse("use", "must be synchronous");
    return result;
  });
}

function isThenable(value: unknown): boolean {
  return isObject(value) && "then" in value && typeof value.then === "function";
}
