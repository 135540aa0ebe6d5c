/** What a simulation shows of its rack. */
import type { BaseboardId, Epoch, NodeStatus } from "trust-quorum";
import type { RecordState } from "../rack/record.ts";
import type { World } from "../rack/world.ts";

/** A sled as it is now. */
export interface SledView {
  readonly id: BaseboardId;
  /** It sends what it likes. */
  readonly hostile: boolean;
  /** Neither of its replicas can be read: it stays down for good. */
  readonly lost: boolean;
  /** It waits for a save to end: see the action `save`. */
  readonly saving: boolean;
  /** What its node says; null while it is down. */
  readonly status: NodeStatus | null;
}

/** A link, from one sled to another, and what is on its way there. */
export interface LinkView {
  /** The numbers of the sleds. */
  readonly from: number;
  readonly to: number;
  readonly messages: number;
  /** A partition holds the messages back. */
  readonly blocked: boolean;
}

/** A configuration as the control planes have it on record. */
export interface ConfigurationView {
  readonly epoch: Epoch;
  /** By the names of section 8 of the protocol. */
  readonly state: RecordState;
  readonly coordinator: BaseboardId;
  /** In the protocol's order, as are those who have prepared and committed. */
  readonly members: readonly BaseboardId[];
  readonly prepared: readonly BaseboardId[];
  readonly committed: readonly BaseboardId[];
}

export function sledsOf({ sleds }: World): readonly SledView[] {
  return sleds.all.map(({ id, hostile, lost, saving, node }) => {
    return { id, hostile, lost, saving: saving !== null, status: node?.status() ?? null };
  });
}

export function linksOf({ network }: World): readonly LinkView[] {
  return network.waiting();
}

export function configurationsOf({ database }: World): readonly ConfigurationView[] {
  return database.records.map(({ epoch, state, coordinator, members, prepared, facts }) => {
    const committed = [...members].filter((id) => facts.committedAt.has(id));
    return { epoch, state, coordinator, members: [...members], prepared, committed };
  });
}
