/** Hardens the process by `os/harden.ts` at its start, and reports what the system refused. */
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import { areSecretsLocked, forbidCoreDumps, swapping } from "@trust-quorum/sled-host/os/harden";
import type { HostAnswer, Swapping } from "@trust-quorum/sled-host/os/harden";
import type { Log } from "./logger.ts";

/**
 * Forbids core dumps and looks whether memory can be swapped, before there is a secret.
 *
 * @throws DaemonError `ERR_TQD_START_FAILED` where it can be and that was to be refused
 */
export function hardenProcess(
  { refuseSwap, allowDebugging }: Pick<Config["process"], "refuseSwap" | "allowDebugging">,
  log: Log,
): StatusAnswer["hardening"] {
  const dumps = forbidCoreDumps();
  const swap = swapping();
  const hardening = {
    noCoreDumps: { active: dumps.kind === "done", text: dumpsText(dumps) },
    noSwap: { active: swap.kind === "never", text: swapText(swap) },
    lockedSecrets: lockedSecrets(),
    noDebugger: { active: !allowDebugging, text: debuggerText(allowDebugging) },
  };
  if (refuseSwap && swap.kind !== "never") {
    const problem = `process.refuse_swap is set, but ${hardening.noSwap.text}`;
    throw new DaemonError("ERR_TQD_START_FAILED", { part: "hardening", problem });
  }
  for (const [measure, { active, text }] of Object.entries(hardening)) {
    if (!active) log.warn({ measure }, text);
  }
  return hardening;
}

function dumpsText(answer: HostAnswer): string {
  switch (answer.kind) {
    case "done":
      return "no core dumps, and no other process of this user can attach";
    case "unsupported":
      return `core dumps cannot be forbidden: ${answer.problem ?? "this system has no such thing"}`;
    case "refused":
      return `core dumps could not be forbidden: ${answer.code}`;
    default:
      return answer satisfies never;
  }
}

function debuggerText(isAllowed: boolean): string {
  return isAllowed
    ? "process.allow_debugging is set: SIGUSR1 lets every user of this machine read the secrets"
    : "no debugger can connect, and no switch that writes out memory is on";
}

function lockedSecrets(): { active: boolean; text: string } {
  const active = areSecretsLocked();
  const text = active
    ? "the memory of rack secrets is locked"
    : "the memory of rack secrets is not locked: allow 64 KiB (LimitMEMLOCK in its unit)";
  return { active, text };
}

function swapText(swap: Swapping): string {
  switch (swap.kind) {
    case "never":
      return swap.because === "noSwapSpace"
        ? "there is no swap space"
        : "this service may not use swap space";
    case "possible":
      return "this process's memory can end up in swap: set MemorySwapMax=0 in its unit, or swapoff";
    case "unknown":
      return "it is not known whether memory can end up in swap";
    default:
      return swap satisfies never;
  }
}
