/** Files that are changed, random, nested or endless: refused with a typed error, or exact. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { decodeLrtqLedger, encodeLrtqLedger } from "../../src/ledger/lrtq.ts";
import { decodeLedger, encodeLedger } from "../../src/ledger/tq.ts";
import { bytesOf, lrtqLedgers, sha3, textOf, tqLedgers } from "./fixtures.ts";
import { runs } from "../../../../scripts/vitest/effort.ts";

interface Codec {
  readonly name: string;
  readonly inputs: readonly Uint8Array[];
  /** Decodes and encodes again, in the form in which it came. */
  readonly again: (file: Uint8Array) => Uint8Array;
}

const small = tqLedgers.filter(({ bytes }) => bytes.length < 5000).map(({ bytes }) => bytes);

const codecs: readonly Codec[] = [
  {
    name: "a trust quorum ledger",
    inputs: [...small, ...small.map((bytes) => encodeLedger(decodeLedger(bytes, sha3), sha3))],
    again: (file) => {
      const decoded = decodeLedger(file, sha3);
      const ours = encodeLedger(decoded, sha3);
      if (decoded.hasDigest) return ours;
      return bytesOf(textOf(ours).replace(/,"sha3_256":"[0-9a-f]{64}"\}$/, "}"));
    },
  },
  {
    name: "a bootstore ledger",
    inputs: lrtqLedgers.filter(({ name }) => name.includes("3-sleds")).map(({ bytes }) => bytes),
    again: (file) => encodeLrtqLedger(decodeLrtqLedger(file, sha3)),
  },
];

/** The code of the refusal, or undefined where the file was accepted and came out as it went in. */
function refusedOrExact({ again }: Codec, file: Uint8Array): string | undefined {
  let output: Uint8Array;
  try {
    output = again(file);
  } catch (error) {
    if (!isTrustQuorumError(error) || !error.code.startsWith("ERR_TQ_LEDGER_")) throw error;
    return error.code;
  }
  if (Buffer.compare(output, file) !== 0) expect(textOf(output)).toBe(textOf(file));
  return undefined;
}

describe.each(codecs)("$name", (codec) => {
  test("as it is comes out as it went in", () => {
    for (const file of codec.inputs) expect(refusedOrExact(codec, file)).toBeUndefined();
  });

  test("with a span removed, added or changed anywhere is refused or exact", () => {
    const json = fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", ":", "0", "-", "e", " ", "\0");
    const added = fc.oneof(
      fc.array(json, { maxLength: 3 }).map((parts) => bytesOf(parts.join(""))),
      fc.uint8Array({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...codec.inputs),
        fc.nat(),
        fc.nat({ max: 4 }),
        added,
        (file, position, removed, bytes) => {
          const at = position % (file.length + 1);
          const rest = file.subarray(at + removed);
          refusedOrExact(codec, Buffer.concat([file.subarray(0, at), bytes, rest]));
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  test("of random text is refused", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytesOf)), (file) => {
        expect(refusedOrExact(codec, file)).toBe("ERR_TQ_LEDGER_CORRUPT");
      }),
      { numRuns: runs(1000) },
    );
  });

  test("nested a million deep, or with a text or number without end, is refused", () => {
    const start = '{"generation":7,"state":';
    for (const tail of [
      "[".repeat(1_000_000),
      '{"lrtq":'.repeat(200_000),
      '{"lrtq":null,"configs":[{"rack_id":"' + "0".repeat(1_000_000),
      '{"lrtq":null,"configs":[{"rack_id":"' + "\\\\".repeat(500_000) + '"',
      '{"lrtq":null,"configs":[],"shares":{"' + "1".repeat(1_000_000),
      '{"lrtq":null,"configs":[' + ",".repeat(1_000_000),
    ]) {
      expect(refusedOrExact(codec, bytesOf(start + tail))).toBe("ERR_TQ_LEDGER_CORRUPT");
    }
  });
});
