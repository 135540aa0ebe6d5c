/** Requests that no control plane makes, each with what a node must answer. */
import { parseRackId } from "trust-quorum";
import type { ErrorCode } from "trust-quorum";
import { latestCommittedEpoch } from "trust-quorum/protocol";
import type { Configuration, NodeLike } from "trust-quorum/protocol";
import type { InvalidRequest } from "./actions.ts";
import type { Setup } from "./options.ts";

/** A request, and the codes it may be refused with; null stands for success without an effect. */
export interface InvalidCall {
  readonly run: (node: NodeLike) => unknown;
  readonly expected: readonly (ErrorCode | null)[];
}

const OTHER_RACK = parseRackId("00000000-0000-4000-8000-000000000002");

/** Refusals that a node may check first, depending on its state. */
const BEFORE: readonly ErrorCode[] = [
  "ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS",
  "ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED",
];

/**
 * A request for this node; null where the node's state makes it an ordinary one.
 *
 * @param known a configuration of the rack, if there is one
 */
export function invalidRequest(
  request: InvalidRequest,
  node: NodeLike,
  setup: Setup,
  known: Configuration | null,
): InvalidCall | null {
  const { persistentState: state, self } = node;
  const { rackId } = setup;
  const ids = setup.sleds.map(({ id }) => id);
  const others = ids.filter((id) => id !== self);
  const members = [self, ...others.slice(0, 3)];
  const latest = Math.max(0, ...state.configs.keys());
  const committed = latestCommittedEpoch(state);
  const hasRack = state.lrtq !== null || state.configs.size > 0;
  const base = { rackId, epoch: latest + 1, members, threshold: 3, lastCommittedEpoch: committed };
  const coordinate = (change: object, ...expected: ErrorCode[]): InvalidCall => ({
    run: (on) => on.coordinateReconfiguration({ ...base, ...change }),
    expected: [...BEFORE, ...expected],
  });
  switch (request) {
    case "otherRack":
      return hasRack ? coordinate({ rackId: OTHER_RACK }, "ERR_TQ_INVALID_RACK_ID") : null;
    case "notAMember":
      return coordinate({ members: others }, "ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP");
    case "twoMembers":
      return coordinate(
        { members: members.slice(0, 2), threshold: 1 },
        "ERR_TQ_INVALID_MEMBERSHIP_SIZE",
      );
    case "thresholdOne":
      return coordinate({ threshold: 1 }, "ERR_TQ_INVALID_THRESHOLD");
    case "thresholdTooLarge":
      return coordinate({ threshold: 4 }, "ERR_TQ_THRESHOLD_MISMATCH");
    case "epochZero":
      return coordinate(
        { epoch: 0 },
        ...(latest > 0 ? (["ERR_TQ_PREPARED_EPOCH_MISMATCH"] as const) : []),
        "ERR_TQ_EXPUNGED",
        "ERR_TQ_RECONFIGURATION_IN_PROGRESS",
        ...(latest > 0 ? [] : (["ERR_TQ_INVALID_EPOCH"] as const)),
      );
    case "staleEpoch":
      if (latest === 0) return null;
      return coordinate({ epoch: latest }, "ERR_TQ_EXPUNGED", "ERR_TQ_PREPARED_EPOCH_MISMATCH");
    case "wrongLastCommitted":
      return coordinate(
        { lastCommittedEpoch: (committed ?? 0) + 1000 },
        "ERR_TQ_EXPUNGED",
        "ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH",
      );
    case "upgradeOfNothing":
      if (state.lrtq !== null && committed === null) return null;
      return {
        run: (on) =>
          on.coordinateUpgradeFromLrtq({ rackId, epoch: latest + 1, members, threshold: 3 }),
        expected: ["ERR_TQ_EXPUNGED", "ERR_TQ_NO_LRTQ_SHARE", "ERR_TQ_ALREADY_UPGRADED"],
      };
    default:
      return invalidCommitOrLoad(request, node, setup, known);
  }
}

function invalidCommitOrLoad(
  request: InvalidRequest,
  node: NodeLike,
  setup: Setup,
  known: Configuration | null,
): InvalidCall | null {
  const { persistentState: state, self } = node;
  const { rackId } = setup;
  const committed = latestCommittedEpoch(state);
  const hasRack = state.lrtq !== null || state.configs.size > 0;
  const expunged = state.expunged !== null;
  switch (request) {
    case "commitUnknown":
      return {
        run: (on) => on.commit({ rackId, epoch: 1_000_000 }),
        expected: [expunged ? "ERR_TQ_EXPUNGED" : "ERR_TQ_NOT_PREPARED"],
      };
    case "commitOtherRack":
      if (!hasRack) return null;
      return {
        run: (on) => on.commit({ rackId: OTHER_RACK, epoch: 1_000_000 }),
        expected: [expunged ? "ERR_TQ_EXPUNGED" : "ERR_TQ_INVALID_RACK_ID"],
      };
    case "commitOld":
      if (committed === null) return null;
      return {
        run: (on) => on.commit({ rackId, epoch: committed }),
        expected: [expunged ? "ERR_TQ_EXPUNGED" : null],
      };
    case "foreignConfiguration": {
      if (known === null || known.has(self)) return null;
      return {
        run: (on) => on.prepareAndCommit(known),
        expected: [expunged ? "ERR_TQ_EXPUNGED" : "ERR_TQ_NOT_A_MEMBER"],
      };
    }
    case "loadFuture":
      return {
        run: (on) => on.loadRackSecret(1_000_000),
        expected: [
          committed === null ? "ERR_TQ_NO_COMMITTED_CONFIGURATIONS" : "ERR_TQ_NOT_COMMITTED",
        ],
      };
    case "loadFraction":
      return {
        run: (on) => on.loadRackSecret(0.5),
        expected: [
          committed === null ? "ERR_TQ_NO_COMMITTED_CONFIGURATIONS" : "ERR_TQ_INVALID_EPOCH",
          "ERR_TQ_NOT_AVAILABLE",
        ],
      };
    default:
      return null;
  }
}
