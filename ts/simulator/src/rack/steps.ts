/** What a control plane does next for a record: the reconciler of the model, from section 8. */
import type { BaseboardId, CoordinatorStatus, ErrorCode } from "trust-quorum";
import type { ModelRecord } from "./record.ts";

/** What a control plane has seen since it read the record. */
export interface View {
  /** What the coordinator has answered to a poll, null for "nothing"; undefined before the first one. */
  readonly polled: CoordinatorStatus | null | undefined;
  /** With what the coordinator has refused this configuration. */
  readonly refused: ErrorCode | undefined;
  /** The sleds that the control plane reaches by itself; null for all of them. */
  readonly reachable: ReadonlySet<BaseboardId> | null;
}

/** A request to a sled: `via` names those that can pass it on, and is empty for a direct one. */
interface Request {
  readonly sled: BaseboardId;
  readonly via: readonly BaseboardId[];
}

/** One thing to do. Each may be done twice. */
export type Step =
  | ({
      readonly kind: "poll" | "coordinate" | "upgrade" | "commit" | "prepareAndCommit";
    } & Request)
  | { readonly kind: "decide" }
  | { readonly kind: "abort"; readonly reason: string }
  /** Something is wanted of a sled that no way leads to. */
  | { readonly kind: "unreachable"; readonly sled: BaseboardId }
  /** Nothing is left to do for this record. */
  | { readonly kind: "done" };

/** The steps for a record as it was read, members in the protocol's order. */
export function nextSteps(record: ModelRecord, view: View): readonly Step[] {
  if (record.isPreparing) return [prepare(record, view)];
  if (record.state !== "committing") return [{ kind: "done" }];
  const { committedAt, preparedAt } = record.facts;
  return [...record.members]
    .filter((id) => !committedAt.has(id))
    .map((id) => request(preparedAt.has(id) ? "commit" : "prepareAndCommit", id, view));
}

function prepare(record: ModelRecord, view: View): Step {
  if (record.mayBeDecided) return { kind: "decide" };
  const { coordinator, epoch } = record;
  const { polled, refused } = view;
  if (polled === undefined || polled?.epoch === epoch) return request("poll", coordinator, view);
  const lost = (why: string): Step => ({ kind: "abort", reason: `the coordinator ${why}` });
  if (polled !== null && polled.epoch > epoch) return lost("is at a later epoch");
  // The shares were in its memory only: once it has begun and stopped, it cannot go on.
  if (record.config !== null) return lost("has forgotten this epoch");
  if (refused !== undefined) return lost(`refuses: ${refused}`);
  return request(record.facts.lrtqUpgrade ? "upgrade" : "coordinate", coordinator, view);
}

/** Directly where that is possible, and otherwise through any sled that can be reached. */
function request(
  kind: Extract<Step, Request>["kind"],
  sled: BaseboardId,
  { reachable }: View,
): Step {
  if (reachable === null || reachable.has(sled)) return { kind, sled, via: [] };
  return reachable.size === 0 ? { kind: "unreachable", sled } : { kind, sled, via: [...reachable] };
}
