/** The decisions of a reconciler: which requests to send to which sleds next (protocol section 8). */
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { Configuration } from "../protocol/configuration.ts";
import type { CoordinatorStatus } from "../protocol/coordinator.ts";
import type { ReconfigureRequest, UpgradeRequest } from "../protocol/requests.ts";
import { readyToCommit } from "./record.ts";
import type { ConfigurationRecord } from "./record.ts";

/** What a reconciler has observed in this round, after it read the record. All of it is optional. */
export interface ReconcilerView {
  /** What the coordinator answered to a poll, null for "nothing"; absent where it was not polled. */
  readonly coordinator?: CoordinatorStatus | null | undefined;
  /**
   * The code with which the coordinator refused this record's request *before* that poll. Another
   * reconciler may have been faster, so a refusal counts only when a later poll shows nothing.
   */
  readonly refused?: ErrorCode | undefined;
  /** The sleds that the control plane reaches itself; absent: all of them. */
  readonly reachable?: ReadonlySet<BaseboardId> | undefined;
  /** What `NodeStatus.connectedPeers` of reachable sleds said; where absent, any may be a proxy. */
  readonly connections?: ReadonlyMap<BaseboardId, Iterable<BaseboardId>> | undefined;
}

/** A sled to ask, and how to reach it. */
export interface Target {
  readonly sled: BaseboardId;
  /** The sleds that can pass the request on, to be tried in turn; empty: ask the sled itself. */
  readonly via: readonly BaseboardId[];
}

/** One thing to do next. All of them are idempotent. */
export type ControlAction =
  /** Call `coordinatorStatus` and then `learnFromCoordinator`. */
  | ({ readonly kind: "pollCoordinator" } & Target)
  /** Call `coordinateReconfiguration`. */
  | ({ readonly kind: "coordinate"; readonly request: ReconfigureRequest } & Target)
  /** Call `coordinateUpgradeFromLrtq`. */
  | ({ readonly kind: "upgrade"; readonly request: UpgradeRequest } & Target)
  /** K + Z have prepared: store `decideCommit(record)`. */
  | { readonly kind: "recordCommit" }
  /** Call `commit`; its success is for `acknowledgeCommit`. */
  | ({
      readonly kind: "commit";
      readonly request: { readonly rackId: RackId; readonly epoch: Epoch };
    } & Target)
  /** Call `prepareAndCommit`; its "committed" is for `acknowledgeCommit`, "pending" is not. */
  | ({ readonly kind: "prepareAndCommit"; readonly config: Configuration } & Target)
  /** This epoch cannot be finished: store `abortConfiguration`, then propose again. */
  | { readonly kind: "abort"; readonly reason: string }
  /** There is a request for this sled, but neither it nor a proxy can be reached. */
  | { readonly kind: "unreachable"; readonly sled: BaseboardId }
  /** The record is final: nothing is left to do. */
  | { readonly kind: "done" };

/**
 * What to do next for a record. A reconciler reads the record, polls, asks this function, does what it
 * says, stores what it learnt, and comes back later; it keeps no state of its own.
 *
 * @returns at least one action, the members in order
 * @example
 * import {
 *   TrustQuorumDriver,
 *   TrustQuorumNode,
 *   baseboardId,
 *   nativeCrypto,
 *   parseRackId,
 *   wipeMessage,
 * } from "trust-quorum";
 * import type { BaseboardId } from "trust-quorum";
 * import {
 *   acknowledgeCommit,
 *   decideCommit,
 *   learnFromCoordinator,
 *   nextActions,
 *   proposeConfiguration,
 * } from "trust-quorum/control";
 *
 * // A rack of three in one process.
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const crypto = nativeCrypto();
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * const rack = new Map(
 *   members.map((self) => {
 *     const node = TrustQuorumNode.restore({ self, ledger: null, crypto });
 *     const save = () => Promise.resolve(); // a real host: on disk when it resolves
 *     const driver = new TrustQuorumDriver({
 *       node,
 *       save,
 *       send: ({ to, message }) => {
 *         sled(to).receive(self, message);
 *         wipeMessage(message);
 *       },
 *     });
 *     return [self, driver];
 *   }),
 * );
 * function sled(id: BaseboardId): TrustQuorumDriver {
 *   const driver = rack.get(id);
 *   if (driver === undefined) throw new Error(`${id} is not there`);
 *   return driver;
 * }
 * for (const a of members) for (const b of members) if (a !== b) sled(a).connect(b);
 *
 * // A real control plane stores each new record before the next step.
 * const [coordinator] = members;
 * if (coordinator === undefined) throw new Error("a rack has members");
 * const proposal = { rackId, kind: "initial", members, coordinator } as const;
 * let { record } = proposeConfiguration([], proposal, Date.now());
 * while (record.state !== "committed") {
 *   const status = await sled(coordinator).coordinatorStatus();
 *   for (const action of nextActions(record, { coordinator: status })) {
 *     switch (action.kind) {
 *       case "coordinate":
 *         await sled(action.sled).coordinateReconfiguration(action.request);
 *         break;
 *       case "pollCoordinator":
 *         record = learnFromCoordinator(record, status, Date.now());
 *         break;
 *       case "recordCommit":
 *         record = decideCommit(record, Date.now());
 *         break;
 *       case "commit":
 *         await sled(action.sled).commit(action.request);
 *         record = acknowledgeCommit(record, [action.sled], Date.now());
 *         break;
 *       default:
 *         throw new Error(`nothing does ${action.kind} yet`);
 *     }
 *   }
 * }
 * record.epoch; // => 1
 */
export function nextActions(
  record: ConfigurationRecord,
  view: ReconcilerView = {},
): readonly ControlAction[] {
  switch (record.state) {
    case "preparing":
    case "preparing_lrtq_upgrade":
      return readyToCommit(record) ? [{ kind: "recordCommit" }] : [prepare(record, view)];
    case "committing":
      return [...record.members]
        .filter(([, { state }]) => state !== "committed")
        .map(([sled, { state }]) => tellCommit(record, sled, state === "prepared", view));
    case "committed":
    case "committed_partially":
    case "aborted":
      return [{ kind: "done" }];
    default:
      return record.state satisfies never;
  }
}

function prepare(record: ConfigurationRecord, view: ReconcilerView): ControlAction {
  const { coordinator: sled, epoch } = record;
  const polled = view.coordinator;
  if (polled === undefined || polled?.epoch === epoch) {
    return toward(sled, view, (target) => ({ kind: "pollCoordinator", ...target }));
  }
  if (polled !== null && polled.epoch > epoch) {
    return { kind: "abort", reason: `${sled} coordinates epoch ${polled.epoch} already` };
  }
  // The shares that it had not sent yet were only in its memory.
  if (record.config !== null) {
    return { kind: "abort", reason: `${sled} no longer coordinates epoch ${epoch}` };
  }
  if (view.refused !== undefined) {
    const reason = `${sled} refuses to coordinate epoch ${epoch}: ${view.refused}`;
    return { kind: "abort", reason };
  }
  return toward(sled, view, (target) => ask(record, target));
}

function ask(record: ConfigurationRecord, target: Target): ControlAction {
  const { rackId, epoch, threshold, lastCommittedEpoch } = record;
  const upgrade: UpgradeRequest = { rackId, epoch, members: [...record.members.keys()], threshold };
  if (record.state === "preparing_lrtq_upgrade") {
    return { kind: "upgrade", request: upgrade, ...target };
  }
  return { kind: "coordinate", request: { ...upgrade, lastCommittedEpoch }, ...target };
}

function tellCommit(
  record: ConfigurationRecord,
  sled: BaseboardId,
  prepared: boolean,
  view: ReconcilerView,
): ControlAction {
  const { rackId, epoch, config } = record;
  return toward(sled, view, (target) => {
    // A commit is decided only with the configuration known, so this null is for the compiler.
    if (prepared || config === null) {
      return { kind: "commit", request: { rackId, epoch }, ...target };
    }
    return { kind: "prepareAndCommit", config, ...target };
  });
}

/** Finds the way to a sled: directly, else through those that the control plane reaches. */
function toward(
  sled: BaseboardId,
  view: ReconcilerView,
  action: (target: Target) => ControlAction,
): ControlAction {
  const { reachable, connections } = view;
  if (reachable === undefined || reachable.has(sled)) return action({ sled, via: [] });
  const via = [...reachable].filter((proxy) => {
    const peers = connections?.get(proxy);
    return connections === undefined || (peers !== undefined && [...peers].includes(sled));
  });
  return via.length === 0 ? { kind: "unreachable", sled } : action({ sled, via });
}
