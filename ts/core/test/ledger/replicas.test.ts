/** Which of several replicas counts. */
import { describe, expect, test } from "vitest";
import { decodeLrtqLedger } from "../../src/ledger/lrtq.ts";
import { chooseLedger } from "../../src/ledger/replicas.ts";
import { decodeLedger, encodeLedger } from "../../src/ledger/tq.ts";
import { initialState } from "../../src/protocol/persistent-state.ts";
import { bytesOf, sha3, tqLedgers } from "./fixtures.ts";

describe("of several replicas", () => {
  const [one, two] = tqLedgers.map(({ bytes }) => decodeLedger(bytes, sha3));
  if (one === undefined || two === undefined) throw new Error("no ledgers");

  test("the highest generation counts, wherever it is", () => {
    const newer = { ...two, generation: one.generation + 1 };
    expect(chooseLedger([one, newer])).toBe(newer);
    expect(chooseLedger([newer, one])).toBe(newer);
    expect(chooseLedger([one, newer, two])).toBe(newer);
    expect(chooseLedger([one])).toBe(one);
    expect(chooseLedger([])).toBeUndefined();
  });

  test("two of the same generation and state are one, whether with a digest or without", () => {
    const ours = decodeLedger(encodeLedger(one, sha3), sha3);
    expect(chooseLedger([one, ours])).toBe(one);
  });

  test("two of the highest generation with different states are refused", () => {
    const conflict: unknown = expect.objectContaining({ code: "ERR_TQ_LEDGER_CORRUPT" });
    expect(() => chooseLedger([one, two])).toThrow(conflict);
    expect(() => chooseLedger([two, one, one])).toThrow(conflict);
    const older = { ...one, generation: 1 };
    expect(chooseLedger([{ ...two, generation: 1 }, older, two])).toBe(two);
  });

  test("it works for bootstore ledgers likewise", () => {
    const [learning, uninitialized] = ["Learning", "Uninitialized"].map((state) =>
      decodeLrtqLedger(bytesOf(`{"generation":2,"state":"${state}"}`), sha3),
    );
    if (learning === undefined || uninitialized === undefined) throw new Error();
    expect(chooseLedger([learning, learning])?.state).toEqual({ kind: "learning" });
    expect(() => chooseLedger([learning, uninitialized])).toThrow();
  });

  test("an empty ledger of generation 0 counts if there is no other", () => {
    const empty = decodeLedger(encodeLedger({ generation: 0, state: initialState() }, sha3), sha3);
    expect(chooseLedger([empty])).toBe(empty);
    expect(chooseLedger([empty, one])).toBe(one);
  });
});
