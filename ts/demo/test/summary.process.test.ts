/** The main job, on every rack and with both cryptos: what `--json` says must follow from the rack. */
import { describe, expect, test } from "vitest";
import { SIZES, demo, ledgersOf, recorded, summaryOf } from "./helpers.ts";
import { readdirSync } from "node:fs";

const K = (members: number): number => Math.floor(members / 2) + 1;
const Z = (members: number): number => [4, 8, 15, 23].filter((limit) => members > limit).length;

const LEARNED = "BRM42229999";
const LEARNING = "BRM42228888";

describe.each(SIZES)("a rack of %i sleds", (sleds) => {
  const rack = recorded(sleds);
  const initial = rack.shares.map(({ serial }) => serial).sort();
  // The learned sled takes part, where a trust quorum has room for it.
  const upgraded = sleds < 32 ? [...initial, LEARNED] : initial;
  const crashed = initial[0] ?? "";
  const computed = upgraded.at(-1) ?? "";
  const added = sleds < 32 ? [LEARNING, "BRM42230001"] : [LEARNING];
  const final = [...upgraded.filter((serial) => serial !== crashed), ...added].sort();

  test.each(["native", "reference"] as const)("upgrades and unlocks with %s crypto", (crypto) => {
    const summary = summaryOf(["--sleds", String(sleds), "--crypto", crypto]);
    expect(summary).toMatchObject({
      ok: true,
      crypto,
      rackId: rack.rack_uuid,
      bootstore: { threshold: rack.threshold, initialSleds: sleds },
      leftOut:
        sleds < 32 ? [] : [{ serial: LEARNED, reason: "a trust quorum has at most 32 members" }],
      members: final,
      added,
      removed: [crashed],
    });
    expect(summary.epochs).toEqual([
      {
        epoch: 2,
        state: "aborted",
        abortReason: `its coordinator 913-0000019:${crashed} cannot be reached`,
        coordinator: crashed,
        members: upgraded,
        threshold: K(upgraded.length),
        commitCrashTolerance: Z(upgraded.length),
        prepared: [crashed],
        committed: [],
        computedShares: [],
      },
      {
        epoch: 3,
        state: "committed",
        abortReason: null,
        coordinator: initial[1],
        members: upgraded,
        threshold: K(upgraded.length),
        commitCrashTolerance: Z(upgraded.length),
        prepared: upgraded.filter((serial) => serial !== computed),
        committed: upgraded,
        computedShares: [computed],
      },
      {
        epoch: 4,
        state: "committed",
        abortReason: null,
        coordinator: computed,
        members: final,
        threshold: K(final.length),
        commitCrashTolerance: Z(final.length),
        prepared: final,
        committed: final,
        computedShares: [],
      },
    ]);
    expect(summary.proofs).toEqual({
      lockedBelowK: true,
      lockedWith: K(final.length) - 1,
      unlockedWith: K(final.length),
      unlockedSleds: final.slice(-K(final.length)),
      sameSecretsOnAll: true,
      secretChain: [1, 3, 4],
      secretsSurvivedPowerLoss: true,
      expungedSledsKnow: true,
      lrtqSecretRecovered: true,
      spareSharesChecked: sleds * (Math.floor(255 / sleds) - 1),
    });
  });

  test("names every ledger of the folder", () => {
    const { sleds: named } = summaryOf(["--lrtq", ledgersOf(sleds)]);
    const files = readdirSync(ledgersOf(sleds)).map((name) => name.replace(".json", ""));
    expect(named.map(({ serial }) => serial).sort()).toEqual(files.sort());
    for (const { serial, id, ledger, share, spareShares } of named) {
      expect(id).toBe(`913-0000019:${serial}`);
      const record = rack.shares.find((one) => one.serial === serial);
      const second = rack.spare_shares_of_second[0] ?? "";
      const x = (hex: string): number => Number.parseInt(hex.slice(0, 2), 16);
      if (record !== undefined) {
        expect([ledger, share]).toEqual(["InitialMember", x(record.share)]);
        expect(spareShares).toBe(Math.floor(255 / sleds) - 1);
      } else {
        // The learned sled was given the second sled's first spare share.
        const expected = serial === LEARNED ? ["Learned", x(second)] : ["Learning", null];
        expect([ledger, share]).toEqual(expected);
        expect(spareShares).toBe(0);
      }
    }
  });
});

test("the messages are the same in every run, whichever crypto makes them", () => {
  const [one, two, three] = [[], [], ["--crypto", "reference"]].map((args) => summaryOf(args));
  expect(one?.messages).toEqual(two?.messages);
  expect(one?.messages).toEqual(three?.messages);
  expect(one?.ledgers.writes).toBe(three?.ledgers.writes);
});

test("messages, bytes and timings add up", () => {
  const { messages, bytes, timings } = summaryOf([]);
  const sum = (values: Readonly<Record<string, number>>): number =>
    Object.values(values).reduce((total, value) => total + value, 0);
  expect(sum(messages.byKind)).toBe(messages.total);
  expect(sum(bytes.byKind)).toBe(bytes.total);
  expect(Object.keys(bytes.byKind)).toEqual(Object.keys(messages.byKind));
  // Every kind that the story needs: nothing is ever advanced by a peer in it.
  expect(Object.keys(messages.byKind).sort()).toEqual(
    ["expunged", "getLrtqShare", "getShare", "lrtqShare", "prepare", "prepareAck", "share"].sort(),
  );
  // A crash and a pulled cable lose something, but not much of it.
  expect(messages.lost).toBeGreaterThan(0);
  expect(messages.lost).toBeLessThan(messages.total / 2);
  // A frame is a length and a body of at least a rack id and a kind.
  expect(bytes.total).toBeGreaterThan(messages.total * 30);
  const { total = 0, ...laps } = timings;
  expect(Object.keys(laps)).toEqual([
    "read",
    "crash",
    "upgrade",
    "reconfigure",
    "powerLoss",
    "unlock",
    "proof",
  ]);
  expect(sum(laps)).toBeCloseTo(total, 0);
});

test("stdout is the JSON document in one line, and stderr is empty", () => {
  const { stdout, stderr, code } = demo(["--json"]);
  expect(code).toBe(0);
  expect(stderr).toBe("");
  expect(stdout.endsWith("}\n")).toBe(true);
  expect(stdout.trimEnd()).not.toContain("\n");
});
