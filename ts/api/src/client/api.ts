/** What the operator's side asks a sled for; every call ends within its time. */
import type { CommitAnswer, CommitBody, ReconfigureBody, UpgradeBody } from "../schemas/changes.ts";
import type { ConfigurationJson, ConfigurationsAnswer } from "../schemas/configuration.ts";
import type { KeyBody } from "../schemas/key.ts";
import type { LockAnswer } from "../schemas/lock.ts";
import type { LogAnswer } from "../schemas/log.ts";
import type { CoordinatorAnswer } from "../schemas/node.ts";
import type { ProxyAnswer, ProxyBody } from "../schemas/proxy.ts";
import type { StatusAnswer } from "../schemas/status.ts";
import type { VerifyAnswer } from "../schemas/verify.ts";

/** The part of a status that a control plane looks at. */
export type NodeAnswer = Pick<StatusAnswer, "node">;

/** What the control plane asks of a sled. */
export interface ControlPlaneApi {
  status(): Promise<NodeAnswer>;
  coordinator(): Promise<CoordinatorAnswer>;
  configurations(): Promise<ConfigurationsAnswer>;
  reconfigure(body: ReconfigureBody): Promise<void>;
  upgrade(body: UpgradeBody): Promise<void>;
  commit(body: CommitBody): Promise<CommitAnswer>;
  prepareAndCommit(config: ConfigurationJson): Promise<CommitAnswer>;
  /** Asks another sled through this one. */
  proxy(peer: string, body: ProxyBody): Promise<ProxyAnswer>;
}

/** Everything that `tq` asks of a sled. */
export interface SledApi extends ControlPlaneApi {
  status(): Promise<StatusAnswer>;
  lock(): Promise<LockAnswer>;
  /** @param timeoutMs how long the sled may wait before it answers */
  unlock(timeoutMs: number): Promise<LockAnswer>;
  /** A derived key, the caller's to zero, and the epoch whose secret it comes from. */
  key(request: KeyBody): Promise<{ readonly key: Uint8Array; readonly epoch: number }>;
  /** Has both replicas of its ledger read again. */
  verify(): Promise<VerifyAnswer>;
  logFiles(): Promise<LogAnswer>;
  /** The bytes of one file of the event log, chunk by chunk. */
  logFile(name: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
