/** What is used of an `AbortSignal`: the sans-io layers, and users' compilers, may lack its type. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Calls `listener` once it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Takes back what `addEventListener` did. */
  removeEventListener(type: "abort", listener: () => void): void;
}
