/** What a reconciler is told to ask of whom. */
import { describe, expect, test } from "vitest";
import { epoch } from "../../src/base/ids.ts";
import { nextActions } from "../../src/control/next-actions.ts";
import { abortConfiguration, acknowledgeCommit, decideCommit } from "../../src/control/record.ts";
import { proposeConfiguration } from "../../src/control/propose.ts";
import type { ConfigurationRecord } from "../../src/control/record.ts";
import {
  RACK,
  committing,
  configOf,
  prepared,
  preparing,
  proposal,
  proposed,
  sled,
  sleds,
} from "./racks.ts";

const reconfigure = { kind: "reconfigure" } as const;

describe("while preparing", () => {
  test("polls the coordinator first", () => {
    expect(nextActions(proposed())).toEqual([{ kind: "pollCoordinator", sled: sled(0), via: [] }]);
  });

  test("asks a coordinator that coordinates nothing, or something older, for what was proposed", () => {
    const first = committing(proposed(), 5);
    const record = proposed(6, reconfigure, [first]);
    const older = preparing(first, sleds(1));
    for (const coordinator of [null, older]) {
      expect(nextActions(record, { coordinator })).toEqual([
        {
          kind: "coordinate",
          sled: sled(0),
          via: [],
          request: {
            rackId: RACK,
            epoch: 2,
            lastCommittedEpoch: 1,
            members: sleds(6),
            threshold: 4,
          },
        },
      ]);
    }
  });

  test("asks for an upgrade where the rack runs LRTQ", () => {
    const record = proposed(5, { kind: "upgradeFromLrtq" });
    const request = { rackId: RACK, epoch: 2, members: sleds(5), threshold: 3 };
    expect(nextActions(record, { coordinator: null })).toEqual([
      { kind: "upgrade", sled: sled(0), via: [], request },
    ]);
  });

  test("goes on polling a coordinator that is at work", () => {
    const record = prepared(proposed(), 3);
    const poll = [{ kind: "pollCoordinator", sled: sled(0), via: [] }];
    expect(nextActions(record, { coordinator: preparing(record, sleds(3)) })).toEqual(poll);
    // Another reconciler was faster: the refusal says nothing then.
    const refused = "ERR_TQ_PREPARED_EPOCH_MISMATCH";
    expect(nextActions(record, { coordinator: preparing(record, []), refused })).toEqual(poll);
    expect(nextActions(proposed(), { refused })).toEqual(poll);
  });

  test("has the commit recorded at K + Z, whatever became of the coordinator", () => {
    const record = prepared(proposed(), 4);
    expect(nextActions(record, { coordinator: null })).toEqual([{ kind: "recordCommit" }]);
  });

  test("gives up a coordinator that forgot, moved on or refuses", () => {
    const known = prepared(proposed(), 3);
    expect(nextActions(known, { coordinator: null })).toEqual([
      { kind: "abort", reason: `${sled(0)} no longer coordinates epoch 1` },
    ]);
    const newer = preparing(known, [], { epoch: epoch(3) });
    expect(nextActions(proposed(), { coordinator: newer })).toEqual([
      { kind: "abort", reason: `${sled(0)} coordinates epoch 3 already` },
    ]);
    const refused = "ERR_TQ_PREPARED_EPOCH_MISMATCH";
    const [action] = nextActions(proposed(), { coordinator: null, refused });
    expect(action).toEqual({
      kind: "abort",
      reason: `${sled(0)} refuses to coordinate epoch 1: ERR_TQ_PREPARED_EPOCH_MISMATCH`,
    });
    // Each of these reasons is one.
    if (action?.kind === "abort") abortConfiguration(proposed(), action.reason, 1);
  });
});

describe("while committing", () => {
  const decided = decideCommit(prepared(proposed(), 4), 30);
  const commit = { kind: "commit", request: { rackId: RACK, epoch: 1 } };

  test("sends commit to the prepared and the configuration to the others", () => {
    const prepareAndCommit = { kind: "prepareAndCommit", config: configOf(decided) };
    expect(nextActions(decided)).toEqual([
      ...sleds(4).map((id) => ({ ...commit, sled: id, via: [] })),
      { ...prepareAndCommit, sled: sled(4), via: [] },
    ]);
  });

  test("leaves those alone that have acknowledged", () => {
    const some = acknowledgeCommit(decided, [sled(0), sled(2), sled(4)], 40);
    expect(nextActions(some)).toEqual([
      { ...commit, sled: sled(1), via: [] },
      { ...commit, sled: sled(3), via: [] },
    ]);
  });

  test("goes through sleds that can be reached to those that cannot", () => {
    const rest = acknowledgeCommit(decided, [sled(1), sled(2), sled(3)], 40);
    const view = { reachable: new Set([sled(0), sled(2), sled(3)]) };
    expect(nextActions(rest, view)).toMatchObject([
      { kind: "commit", sled: sled(0), via: [] },
      { kind: "prepareAndCommit", sled: sled(4), via: [sled(0), sled(2), sled(3)] },
    ]);
    const connections = new Map([
      [sled(0), [sled(2)]],
      [sled(2), [sled(0), sled(4)]],
    ]);
    expect(nextActions(rest, { ...view, connections })[1]).toMatchObject({ via: [sled(2)] });
    expect(nextActions(rest, { ...view, connections: new Map() })[1]).toEqual({
      kind: "unreachable",
      sled: sled(4),
    });
    expect(nextActions(rest, { reachable: new Set() })).toEqual([
      { kind: "unreachable", sled: sled(0) },
      { kind: "unreachable", sled: sled(4) },
    ]);
  });
});

test("reaches the coordinator through others too", () => {
  const view = { reachable: new Set([sled(3)]), coordinator: null };
  expect(nextActions(proposed(), view)).toMatchObject([{ kind: "coordinate", via: [sled(3)] }]);
  expect(nextActions(proposed(), { reachable: new Set([sled(3)]) })).toMatchObject([
    { kind: "pollCoordinator", via: [sled(3)] },
  ]);
});

test("is done with what is committed, superseded or aborted", () => {
  const { superseded } = proposeConfiguration(
    [committing(proposed(), 4)],
    proposal(5, reconfigure),
    60,
  );
  const records: ConfigurationRecord[] = [
    committing(proposed(), 5),
    superseded as ConfigurationRecord,
    abortConfiguration(proposed(), "lost", 20),
  ];
  for (const record of records) {
    expect(nextActions(record, { coordinator: null })).toEqual([{ kind: "done" }]);
  }
});
