/** Puts the real parts of a sled together, in the order in which they can fail. */
import type { LogFiles } from "@trust-quorum/event-log/files";
import { TrustQuorumNode, isTrustQuorumError, nativeCrypto, parseBaseboardId } from "trust-quorum";
import type { RestoredLedger } from "trust-quorum";
import type { NodeLike } from "trust-quorum/protocol";
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { addonProblem } from "@trust-quorum/sled-host/os/native";
import { closeAll } from "./close-all.ts";
import { refuseDebugging } from "./debugging.ts";
import { openLedger } from "./ledger-adapter.ts";
import { hardenProcess } from "./hardening.ts";
import type { Log } from "./logger.ts";
import { startMesh } from "./mesh-adapter.ts";
import { Sled } from "./sled.ts";

/**
 * Starts a sled: no core dumps, no debugger, the ledger, the node, the mesh.
 *
 * @throws DaemonError whatever keeps it from starting, each with what to do
 */
export async function startSled(options: {
  readonly config: Config;
  readonly version: string;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
  readonly onDiverged: () => void;
}): Promise<Sled> {
  const { config, version, log, onFatal, onDiverged } = options;
  const crypto = loadCrypto();
  const hardening = hardenProcess(config.process, log);
  if (!config.process.allowDebugging) refuseDebugging(log);
  let sled: Sled | undefined;
  const { port, store } = await openLedger(config, log, (replica) => {
    sled?.events.publish("replicaDegraded", { replica });
  });
  try {
    const { node, closeLog } = await restoreNode(config, version, port.ledger);
    sled = await Sled.start({
      node,
      crypto,
      ledger: {
        ...port,
        close: () => closeAll(log, [closeLog, () => port.close()]),
      },
      mesh: (callbacks) =>
        startMesh({ config, networkConfigs: store.networkConfig, sled: callbacks, log }),
      unlock: config.unlock,
      verifyEveryMinutes: config.ledger.verifyEveryMinutes,
      version,
      hardening,
      eventLog: config.eventLog.enabled ? { folder: config.eventLog.folder } : null,
      log,
      onFatal,
      onDiverged,
    });
    return sled;
  } catch (error) {
    await port.close();
    throw error;
  }
}

/** The cryptography; where its addon does not load, the operator is told why. */
function loadCrypto(): ReturnType<typeof nativeCrypto> {
  try {
    return nativeCrypto();
  } catch (cause) {
    if (!isTrustQuorumError(cause, "ERR_TQ_NATIVE_UNAVAILABLE")) throw cause;
    const problem = addonProblem() ?? cause.message;
    throw new DaemonError("ERR_TQD_START_FAILED", { part: "cryptography", problem }, { cause });
  }
}

interface RestoredNode {
  readonly node: NodeLike;
  readonly closeLog: () => Promise<void>;
}

async function restoreNode(
  config: Config,
  version: string,
  ledger: RestoredLedger | null,
): Promise<RestoredNode> {
  const self = parseBaseboardId(config.sled.id);
  const crypto = nativeCrypto();
  if (!config.eventLog.enabled) {
    const node = TrustQuorumNode.restore({ self, ledger, crypto });
    return { node, closeLog: () => Promise.resolve() };
  }
  const { folder } = config.eventLog;
  // Loaded only where it is wanted: it costs some megabytes.
  const [{ Recorder }, eventLogFiles] = await Promise.all([
    import("@trust-quorum/event-log"),
    import("@trust-quorum/event-log/files"),
  ]);
  let sink: LogFiles;
  try {
    sink = await eventLogFiles.LogFiles.open({ folder });
  } catch (cause) {
    const problem = `${folder}: ${problemOf(cause)}`;
    throw new DaemonError("ERR_TQD_START_FAILED", { part: "event log", problem }, { cause });
  }
  const recorder = new Recorder({
    sink,
    producer: { name: "tqd", version },
    clock: { kind: "wall", now: Date.now },
    crypto,
  });
  return { node: recorder.add({ self, ledger }), closeLog: () => sink.close() };
}
