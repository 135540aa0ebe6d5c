/** Core dumps and debuggers are forbidden; whether memory can be swapped is checked. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { hostAddon, refusal, withoutAddon } from "./native.ts";
import type { HostRefusal } from "./native.ts";

/** Whether it was done, and if not, why. */
export type HostAnswer = { readonly kind: "done" } | HostRefusal;

/**
 * Sees to it that this process leaves no core dump and that no other process of the same user can
 * attach to it, for good: `PR_SET_DUMPABLE` 0 and `RLIMIT_CORE` 0. It never throws: what could not be
 * done is an answer, and the caller reports it. Call it first thing, before there is a secret.
 * Afterwards `/proc/self/fd` belongs to root.
 */
export function forbidCoreDumps(): HostAnswer {
  const answer = hostAddon()?.hostForbidCoreDumps();
  if (answer === undefined) return withoutAddon();
  return answer.kind === "done" ? { kind: "done" } : refusal(answer);
}

/**
 * Whether the memory in which the addon keeps rack secrets is locked, so that it is never swapped: a few
 * pages, which every process may lock unless `RLIMIT_MEMLOCK` forbids even those. All other memory is not;
 * see {@link swapping}.
 */
export function areSecretsLocked(): boolean {
  return hostAddon()?.isSecretMemoryLocked() ?? false;
}

/** Whether the memory of this process can end up in a swap space. */
export type Swapping =
  /** It cannot: there is no swap space, or the service may use none of it (`MemorySwapMax=0`). */
  | { readonly kind: "never"; readonly because: "noSwapSpace" | "serviceLimit" }
  | { readonly kind: "possible" }
  | { readonly kind: "unknown" };

/**
 * Whether the memory of this process, shares and all, can end up in a swap space. This is a check and
 * not a measure: locking all memory (mlockall(2)) is out of the question in a Node process, as V8
 * ends it the first time it gives locked memory back. What helps is `MemorySwapMax=0` in the unit.
 */
export function swapping(root = ""): Swapping {
  const swaps = linesOf(`${root}/proc/swaps`);
  if (swaps === undefined) return { kind: "unknown" };
  // The first line is a heading.
  if (swaps.length <= 1) return { kind: "never", because: "noSwapSpace" };
  const own = linesOf(`${root}/proc/self/cgroup`)?.find((line) => line.startsWith("0::/"));
  let group = own?.slice("0::".length);
  while (group !== undefined) {
    const [limit] = linesOf(`${root}/sys/fs/cgroup${group}/memory.swap.max`) ?? [];
    if (limit === "0") return { kind: "never", because: "serviceLimit" };
    // The topmost one counts too: in a container it is the container's own.
    group = group === "/" ? undefined : dirname(group);
  }
  return { kind: "possible" };
}

function linesOf(file: string): string[] | undefined {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n");
  } catch {
    return undefined;
  }
}
