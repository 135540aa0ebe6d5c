/** Watches every `Uint8Array` that code makes: how large it is, and what is left in it afterwards. */
import { vi } from "vitest";

export interface Allocations {
  /** The buffers made while the code loaded and since the last `clear`; no views of existing ones. */
  readonly buffers: readonly Uint8Array[];
  /** Call it once the code under test is loaded: what it keeps for good stays watched. */
  loaded(): void;
  /** Forgets the buffers made since `loaded`. */
  clear(): void;
  /** The largest of those made since the last `clear` in bytes, or 0. */
  largest(): number;
  /** Those that hold these bytes somewhere. */
  holding(bytes: Uint8Array): readonly Uint8Array[];
}

/**
 * Replaces the global `Uint8Array`. Import the code under test afterwards, by `await import(…)`, so
 * that buffers it makes while it loads are watched as well; undo with `vi.unstubAllGlobals()` and
 * `vi.restoreAllMocks()`.
 */
export function watchAllocations(): Allocations {
  vi.resetModules();
  const buffers: Uint8Array[] = [];
  const Original = Uint8Array;
  const Watched = new Proxy(Original, {
    construct(target, args: unknown[], newTarget: new () => object): object {
      const made = Reflect.construct(target, args, newTarget) as Uint8Array;
      const view = args[0] instanceof ArrayBuffer && args.length > 1;
      if (!view) buffers.push(made);
      return made;
    },
  });
  vi.stubGlobal("Uint8Array", Watched);
  const slice = Original.prototype.slice;
  vi.spyOn(Original.prototype, "slice").mockImplementation(function (
    this: Uint8Array,
    start?: number,
    end?: number,
  ) {
    const made = slice.call(this, start, end);
    buffers.push(made);
    return made;
  });
  let kept = 0;
  return {
    buffers,
    loaded: () => void (kept = buffers.length),
    clear: () => void (buffers.length = kept),
    largest: () => Math.max(0, ...buffers.slice(kept).map(({ length }) => length)),
    holding: (bytes) =>
      buffers.filter((buffer) => Buffer.from(buffer.buffer).includes(Buffer.from(bytes))),
  };
}
