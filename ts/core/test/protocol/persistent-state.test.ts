/** Facts that follow from a persistent state, whatever the order in which its parts were added. */
import { describe, expect, it } from "vitest";
import {
  ascending,
  initialState,
  latestCommittedConfig,
  latestCommittedEpoch,
  latestConfig,
  summarize,
} from "../../src/protocol/persistent-state.ts";
import { e, lrtqRack, make, sled, stateWith } from "./fixtures.ts";

const SELF = sled(0);
const [FIRST, SECOND, THIRD] = [make({ epoch: 1 }), make({ epoch: 2 }), make({ epoch: 3 })];
/** The third configuration first, the latest commit in the middle. */
const MIXED = stateWith(SELF, { committed: [SECOND, FIRST], prepared: [THIRD] });
const UPSIDE_DOWN = {
  ...MIXED,
  configs: new Map([...MIXED.configs].reverse()),
  shares: new Map([...MIXED.shares].reverse()),
};

describe("the latest", () => {
  it.each([MIXED, UPSIDE_DOWN])(
    "configuration and commit are those of the highest epoch (%#)",
    (state) => {
      expect(latestConfig(state)).toBe(THIRD.config);
      expect(latestCommittedEpoch(state)).toBe(2);
      expect(latestCommittedConfig(state)).toBe(SECOND.config);
    },
  );

  it("is null where there is none", () => {
    const state = stateWith(SELF, { prepared: [FIRST] });
    expect(latestConfig(initialState())).toBeNull();
    expect(latestCommittedEpoch(state)).toBeNull();
    expect(latestCommittedConfig(state)).toBeNull();
  });

  it("committed configuration is null where the state lacks it", () => {
    expect(latestCommittedConfig({ ...initialState(), commits: new Set([e(1)]) })).toBeNull();
  });
});

describe("the summary", () => {
  it("lists epochs ascending, whatever their order in the state", () => {
    for (const state of [MIXED, UPSIDE_DOWN]) {
      expect(summarize(state)).toEqual({
        hasLrtqShare: false,
        configs: [1, 2, 3],
        shares: [1, 2, 3],
        commits: [1, 2],
        expunged: null,
      });
    }
  });

  it("says whether there is an LRTQ share", () => {
    expect(summarize(stateWith(SELF, { lrtq: lrtqRack(3).data(0) })).hasLrtqShare).toBe(true);
  });

  it("orders epochs by their value, not by their digits", () => {
    expect(ascending([e(10), e(9), e(100), e(1)])).toEqual([1, 9, 10, 100]);
  });
});
