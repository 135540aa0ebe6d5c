/** Actions as they stand in event logs, those of version 0.1.0 with its names included. */
import type { Action } from "./actions.ts";

/** What version 0.1.0 called some kinds of actions; to be dropped with version 0.3. */
const FORMER_KINDS: Readonly<Record<string, Action["kind"]>> = {
  odd: "invalidRequest",
  planeCrash: "controlPlaneCrash",
  planeLink: "controlPlaneLink",
};

/**
 * The actions of a log's header under the names that they have now: version 0.1.0 had other ones for
 * some kinds, and `plane` for `controlPlane`. An action that no version knows does not apply.
 */
export function currentActions(recorded: readonly unknown[]): readonly Action[] {
  return recorded.map((action) => {
    const { kind, plane, ...rest } = action as { kind: string; plane?: unknown };
    const fields = plane === undefined ? rest : { controlPlane: plane, ...rest };
    return { kind: FORMER_KINDS[kind] ?? kind, ...fields } as Action;
  });
}
