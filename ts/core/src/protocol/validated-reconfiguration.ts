/** A reconfiguration request after validation, as the coordinator takes it. */
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";

/** A request that passed every check, its members in order. */
export interface ValidatedReconfiguration {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  readonly members: readonly BaseboardId[];
  readonly threshold: number;
}
