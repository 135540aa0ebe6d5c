/**
 * The part of an `AbortSignal` that is used here. The sans-io layers are compiled without the platform's types,
 * and so may a user's program be. Pass a real `AbortSignal`: `splitAsync` and `combineAsync` reject any other
 * object.
 */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Calls `listener` once it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Takes back what `addEventListener` did. */
  removeEventListener(type: "abort", listener: () => void): void;
}
