/** JSON's texts and numbers, byte for byte as `JSON.stringify` (and serde_json) write them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { JsonReader } from "../../src/ledger/json-reader.ts";
import { writtenJson } from "../../src/ledger/json-writer.ts";
import { bytesOf, textOf } from "./fixtures.ts";
import { runs } from "../../../../scripts/vitest/effort.ts";

// Control characters, quotes, backslashes and text of every width, and no lone surrogates.
const anyText = fc.string({
  unit: fc.oneof(
    fc.nat({ max: 0x1f }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('"', "\\", "/", "\u007f", "\u2028", "é", "\u{1f980}"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});

function written(text: string): Uint8Array {
  return writtenJson((writer) => {
    writer.text(text);
  });
}

describe("a text", () => {
  test("is written as JSON.stringify does, and read back", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = written(text);
        expect(textOf(bytes)).toBe(JSON.stringify(text));
        const reader = new JsonReader(bytes);
        expect(reader.text()).toBe(text);
        expect(reader.offset).toBe(bytes.length);
      }),
      { numRuns: runs(500) },
    );
  });

  test("has no second form that is read", () => {
    const piece = fc.constantFrom(
      ...'0123456789abcdefABCDEFnrtbfu\\\\\\/" \n\u0000é',
      "\\u00",
      "\\u001",
      "\\u000",
      '\\"',
      "\\\\",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const bytes = bytesOf(`"${pieces.join("")}"`);
        const reader = new JsonReader(bytes);
        let text: string;
        try {
          text = reader.text();
        } catch (error) {
          if (isTrustQuorumError(error, "ERR_TQ_LEDGER_CORRUPT")) return;
          throw error;
        }
        expect(written(text)).toEqual(bytes.slice(0, reader.offset));
      }),
      { numRuns: runs(5000) },
    );
  });

  test.each(["\\u000a", "\\u0022", "\\u005c", "\\u0041", "\\u001F", "\\/", "\n", "\\u12", "\\"])(
    "escaped as %j is refused",
    (escaped) => {
      expect(() => new JsonReader(bytesOf(`"${escaped}"`)).text()).toThrow(
        expect.objectContaining({ code: "ERR_TQ_LEDGER_CORRUPT" }),
      );
    },
  );
});

describe("a number", () => {
  test("is read up to its limit, and in one form", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (value, max) => {
        const read = (): number => new JsonReader(bytesOf(`${value},`)).uint(max);
        if (value <= max) expect(read()).toBe(value);
        else expect(read).toThrow(expect.objectContaining({ code: "ERR_TQ_LEDGER_CORRUPT" }));
      }),
    );
    for (const text of [
      "",
      "00",
      "01",
      "-1",
      "+1",
      ".5",
      "x",
      "9007199254740992",
      "9".repeat(400),
    ]) {
      expect(() => new JsonReader(bytesOf(text)).uint(Number.MAX_SAFE_INTEGER), text).toThrow(
        expect.objectContaining({
          code: "ERR_TQ_LEDGER_CORRUPT",
          details: { offset: 0, problem: expect.any(String) as string },
        }),
      );
    }
  });
});
