/** The native addon's calls to the operating system, and how their answers look. */
import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";
import type * as Addon from "@trust-quorum/native";

/** Why the operating system did not do it. */
export type HostRefusal =
  /** This operating system has no such thing, or the addon does not load here. */
  | { readonly kind: "unsupported" }
  /** It refused; `code` is the name of its error, e.g. `EPERM`. */
  | { readonly kind: "refused"; readonly code: string };

let addon: typeof Addon | null | undefined;

/** The addon, or null where there is none that loads: then nothing of the host is supported. */
export function hostAddon(): typeof Addon | null {
  if (addon !== undefined) return addon;
  try {
    addon = createRequire(import.meta.url)("@trust-quorum/native") as typeof Addon;
  } catch {
    addon = null;
  }
  return addon;
}

/** What the addon answered, other than "done". */
export function refusal(answer: { readonly kind: string; readonly errno?: number }): HostRefusal {
  if (answer.kind !== "refused" || answer.errno === undefined) return { kind: "unsupported" };
  return { kind: "refused", code: errorName(answer.errno) };
}

function errorName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}
