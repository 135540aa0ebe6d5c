/** What can be seen of a node, and what it is restored from. */
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { Alarm } from "./alarms.ts";
import type { CoordinatorStatus } from "./coordinator.ts";
import type { DiagnosticsReport } from "./diagnostics.ts";
import type { GuardMemory, GuardMode } from "./guard/guard.ts";
import type { RemovalReports } from "./guard/removal-reports.ts";
import type { PersistentState, PersistentStateSummary } from "./persistent-state.ts";
import type { LoaderMemory } from "./secret-loader.ts";
import type { ShareCollector } from "./share-collector.ts";

/** Shares on their way to a threshold. */
export interface CollectionStatus {
  readonly epoch: Epoch;
  readonly threshold: number;
  readonly collected: readonly BaseboardId[];
}

/** What a node is at, in memory alone: it is gone after a restart. */
export interface NodeActivity {
  readonly coordinating: CoordinatorStatus | null;
  readonly computingShare: CollectionStatus | null;
  readonly rackSecrets: {
    readonly loaded: readonly Epoch[];
    readonly collecting: CollectionStatus | null;
  };
}

/** What an operator can see of a node: never a secret or a share. */
export interface NodeStatus extends NodeActivity {
  readonly self: BaseboardId;
  readonly rackId: RackId | null;
  /** In the protocol's order. */
  readonly connectedPeers: readonly BaseboardId[];
  readonly alarms: readonly Alarm[];
  readonly diagnostics: DiagnosticsReport;
  readonly persistentState: PersistentStateSummary;
  /** Whether this node asks who may say what. */
  readonly guard: GuardMode;
  /** That fewer members than it takes say that this sled was removed; null where none does. */
  readonly removalReports: RemovalReports | null;
  /** Epochs whose shares or chain of secrets the loader found wrong (see the alarms), ascending. */
  readonly suspectEpochs: readonly Epoch[];
  /** The highest epoch that the control plane has given up, if any. */
  readonly abandoned: Epoch | null;
  /** The generation of the latest change, and the latest one known to be durable. */
  readonly generation: number;
  readonly persistedGeneration: number;
}

/** What a node remembers of its peers and of its checks, and a status does not show whole. */
export type NodeMemory = GuardMemory & LoaderMemory;

/** What the disk held. The node takes over the shares in it. */
export interface RestoredLedger {
  readonly generation: number;
  readonly state: PersistentState;
}

/** How far a collection is. */
export function collectionStatus(collector: ShareCollector | null): CollectionStatus | null {
  if (collector === null) return null;
  const { epoch, threshold } = collector.config;
  return { epoch, threshold, collected: collector.received };
}
