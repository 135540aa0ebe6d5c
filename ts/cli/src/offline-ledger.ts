/** What `tq doctor` reads of a sled that does not answer: its ledger, where this machine has its disks. */
import { isDaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { planRecovery } from "@trust-quorum/sled-host/store/recover";
import type { RecoveryPlan } from "@trust-quorum/sled-host/store/recover";
import type { Check } from "./checks.ts";
import { configFile, configuredLedger } from "./ledgers.ts";

/**
 * Looks at the ledger of a sled that runs on this machine and does not answer, without changing it. Its
 * daemon may be there nevertheless: then it has the folders, and they are left to it.
 *
 * @param where the sled's serial number
 * @param home its folder
 */
export async function checkOfflineLedger(where: string, home: string): Promise<Check> {
  const what = "disks";
  try {
    return checkPlan(where, await planRecovery(configuredLedger(configFile(home))));
  } catch (error) {
    if (!isDaemonError(error)) throw error;
    if (isDaemonError(error, "ERR_TQD_STORE_FOLDER_LOCKED")) {
      const text = "a process has the ledger open, and does not answer";
      const advice = `look at ${home}/log/tqd.log, then restart it (\`tq down --force ${where}\`, \`tq up ${where}\`)`;
      return { where, what, verdict: "failed", text, advice };
    }
    const advice = `see to the folders that ${configFile(home)} names`;
    return { where, what, verdict: "failed", text: problemOf(error), advice };
  }
}

function checkPlan(where: string, { replicas, starts, refusal }: RecoveryPlan): Check {
  const what = "disks";
  const generations = replicas.map(({ generation }) => generation ?? "none");
  if (starts === "yes") {
    const text = `it is stopped, and its ledger is in order (generations ${generations.join(" and ")})`;
    return { where, what, verdict: "ok", text, advice: null };
  }
  if (refusal !== null) {
    const advice = "docs/operators/original.md says how a sled is taken over, and handed back";
    return { where, what, verdict: "failed", text: refusal.message, advice };
  }
  const text = replicas.map(({ folder, problem }) => `${folder}: ${problem}`).join("; ");
  const advice = `\`tq recover ${where} --dry-run\` says what can be done and what it costs`;
  return { where, what, verdict: "failed", text, advice };
}
