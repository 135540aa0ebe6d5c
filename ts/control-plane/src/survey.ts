/** One look at all sleds of a rack: who answers, and through whom the others can be asked. */
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import type { ControlPlaneApi, NodeAnswer } from "@trust-quorum/api/client/api";
import { isOperatorError } from "@trust-quorum/api/client/errors";
import type { OperatorError } from "@trust-quorum/api/client/errors";

/** The sleds of a rack, each with the way to ask it. */
export type Sleds = ReadonlyMap<BaseboardId, ControlPlaneApi>;

/** What a look at the rack showed; `A` is what each sled answers with. */
export interface Survey<A extends NodeAnswer = NodeAnswer> {
  /** The sleds that answered themselves. */
  readonly answers: ReadonlyMap<BaseboardId, A>;
  /** The sleds that did not, and why. */
  readonly failures: ReadonlyMap<BaseboardId, OperatorError>;
}

/** What a sled's ledger holds, by its own word; a sled that was reached through another tells less. */
export interface LedgerView {
  readonly hasLrtqShare: boolean;
  readonly configs: readonly number[];
  readonly shares: readonly number[];
  readonly commits: readonly number[];
  readonly expunged: { readonly epoch: number; readonly from: string } | null;
  /** The epoch that it coordinates; undefined where it was not asked itself. */
  readonly coordinating?: number | null;
}

/** Asks every sled for its status, all at once; it takes as long as one call may. */
export async function survey<A extends NodeAnswer>(
  sleds: ReadonlyMap<BaseboardId, { status(): Promise<A> }>,
): Promise<Survey<A>> {
  const answers = new Map<BaseboardId, A>();
  const failures = new Map<BaseboardId, OperatorError>();
  await Promise.all(
    [...sleds].map(async ([id, api]) => {
      try {
        answers.set(id, await api.status());
      } catch (error) {
        if (!isOperatorError(error)) throw error;
        failures.set(id, error);
      }
    }),
  );
  return { answers, failures };
}

/** Whom each sled that answered is connected to. */
export function connectionsOf({ answers }: Survey): Map<BaseboardId, BaseboardId[]> {
  return new Map(
    [...answers].map(([id, { node }]) => [id, node.connectedPeers.map(parseBaseboardId)]),
  );
}

/**
 * What the ledgers of these sleds hold: by their own answer, else asked through a sled that is
 * connected to them. Absent: nobody could tell.
 */
export async function ledgers(
  sleds: Sleds,
  seen: Survey,
  wanted: Iterable<BaseboardId>,
): Promise<ReadonlyMap<BaseboardId, LedgerView>> {
  const views = new Map<BaseboardId, LedgerView>();
  const connections = connectionsOf(seen);
  await Promise.all(
    [...wanted].map(async (id) => {
      const node = seen.answers.get(id)?.node;
      const view =
        node === undefined
          ? await ledgerThrough(sleds, connections, id)
          : { ...node.persistentState, coordinating: node.coordinating?.epoch ?? null };
      if (view !== null) views.set(id, view);
    }),
  );
  return views;
}

async function ledgerThrough(
  sleds: Sleds,
  connections: ReadonlyMap<BaseboardId, readonly BaseboardId[]>,
  id: BaseboardId,
): Promise<LedgerView | null> {
  for (const [proxy, peers] of connections) {
    if (!peers.includes(id)) continue;
    try {
      const answer = await sleds.get(proxy)?.proxy(id, { kind: "status" });
      if (answer?.kind === "status") return answer.status.persistentState;
    } catch (error) {
      if (!isOperatorError(error)) throw error;
    }
  }
  return null;
}
