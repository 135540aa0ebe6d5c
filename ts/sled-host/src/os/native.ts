/** The native addon's calls to the operating system, and how their answers look. */
import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";
import type * as Addon from "@trust-quorum/native";

/** Why the operating system did not do it. */
export type HostRefusal =
  /** This operating system has no such thing; `problem` says why where the addon does not load here. */
  | { readonly kind: "unsupported"; readonly problem?: string }
  /** It refused; `code` is the name of its error, e.g. `EPERM`. */
  | { readonly kind: "refused"; readonly code: string };

let addon: typeof Addon | null | undefined;
let loadProblem: string | null = null;

/** The addon, or null where there is none that loads: then {@link withoutAddon} is the answer. */
export function hostAddon(): typeof Addon | null {
  if (addon !== undefined) return addon;
  try {
    addon = createRequire(import.meta.url)("@trust-quorum/native") as typeof Addon;
  } catch (error) {
    addon = null;
    loadProblem = `the native addon does not load: ${reason(error)}`;
  }
  return addon;
}

/** What keeps the addon from loading, on one line, or null where it loads. */
export function addonProblem(): string | null {
  hostAddon();
  return loadProblem;
}

/** The answer of every call where {@link hostAddon} is null. */
export function withoutAddon(): HostRefusal {
  return { kind: "unsupported", problem: addonProblem() ?? "" };
}

/** What the addon answered, other than "done". */
export function refusal(answer: { readonly kind: string; readonly errno?: number }): HostRefusal {
  if (answer.kind !== "refused" || answer.errno === undefined) return { kind: "unsupported" };
  return { kind: "refused", code: errorName(answer.errno) };
}

/** Why the addon does not load, on one line: its loader throws what the system said. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? `${String(error.code)}: ` : "";
  return code + (error.message.split("\n", 1)[0] ?? "");
}

function errorName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}
