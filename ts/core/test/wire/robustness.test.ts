/** Input that is cut, changed, random, nested or endless: refused with a typed error, or exact. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { decodePeerMessage, decodeWireMessage } from "../../src/wire/decode.ts";
import { encodePeerMessage, encodeWireMessage } from "../../src/wire/encode.ts";
import { FRAME_BODY_BYTES_MAX } from "../../src/wire/frame.ts";
import { cat, text } from "./cbor.ts";
import { bodies, peerMessages } from "./fixtures.ts";
import { runs, sampled } from "../../../../scripts/vitest/effort.ts";

interface Codec {
  readonly name: string;
  readonly inputs: readonly Uint8Array[];
  /** Decodes and encodes again. */
  readonly again: (body: Uint8Array) => Uint8Array;
}

const codecs: readonly Codec[] = [
  {
    name: "a frame's body",
    inputs: bodies,
    again: (body) => encodeWireMessage(decodeWireMessage(body)),
  },
  {
    name: "a peer message",
    inputs: peerMessages.map(({ cbor }) => cbor),
    again: (body) => encodePeerMessage(decodePeerMessage(body)),
  },
];

/** The code of the refusal, or undefined where the input was accepted and came out as it went in. */
function refusedOrExact({ again }: Codec, input: Uint8Array): string | undefined {
  let output: Uint8Array;
  try {
    output = again(input);
  } catch (error) {
    if (!isTrustQuorumError(error) || !error.code.startsWith("ERR_TQ_WIRE_")) throw error;
    return error.code;
  }
  if (Buffer.compare(output, input) !== 0) expect(output).toEqual(input);
  return undefined;
}

describe.each(codecs)("$name", (codec) => {
  test("cut off anywhere is truncated there", () => {
    for (const body of codec.inputs) {
      for (const length of sampled(body.keys(), 20)) {
        const truncated: unknown = expect.objectContaining({
          code: "ERR_TQ_WIRE_TRUNCATED",
          details: { offset: length },
        });
        expect(() => codec.again(body.subarray(0, length))).toThrow(truncated);
      }
    }
  });

  test("with any one byte changed is refused or is exactly another message", () => {
    let accepted = 0;
    for (const body of codec.inputs) {
      const input = body.slice();
      for (const [at, byte] of sampled(body.entries(), 20)) {
        for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
          input[at] = byte ^ flip;
          if (refusedOrExact(codec, input) === undefined) accepted++;
        }
        input[at] = byte;
      }
    }
    expect(accepted).toBeGreaterThan(0);
  });

  test("with a byte added or removed anywhere is refused or exact", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...codec.inputs),
        fc.nat(),
        fc.option(fc.nat({ max: 255 })),
        (body, position, added) => {
          const at = position % body.length;
          const rest = body.subarray(added === null ? at + 1 : at);
          refusedOrExact(codec, cat(body.subarray(0, at), added === null ? [] : [added], rest));
        },
      ),
      { numRuns: runs(3000) },
    );
  });

  test("with several bytes and spans changed is refused or exact", () => {
    const splice = fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...codec.inputs),
        fc.array(splice, { minLength: 1, maxLength: 4 }),
        (body, splices) => {
          let input = body;
          for (const [position, removed, added] of splices) {
            const at = position % (input.length + 1);
            input = cat(input.subarray(0, at), added, input.subarray(at + removed));
          }
          refusedOrExact(codec, input);
        },
      ),
      { numRuns: runs(3000) },
    );
  });

  test("of random bytes is refused or exact", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        refusedOrExact(codec, input);
      }),
      { numRuns: runs(5000) },
    );
  });

  test("nested as deep as a frame allows is refused without a stack to overflow", () => {
    for (const level of [
      Uint8Array.of(0x81),
      Uint8Array.of(0xa1),
      Uint8Array.of(0x9f),
      Uint8Array.of(0xbf),
      Uint8Array.of(0xc6),
      cat([0xa1], text("Tq")),
      cat([0xa1], text("Prepare")),
      cat([0xa2], text("rack_id")),
    ]) {
      const times = Math.floor(FRAME_BODY_BYTES_MAX / level.length);
      const input = new Uint8Array(times * level.length);
      for (let i = 0; i < times; i++) input.set(level, i * level.length);
      expect(refusedOrExact(codec, input)).toMatch(/^ERR_TQ_WIRE_/);
    }
  });
});

test("what is no byte string at all is the caller's mistake", () => {
  for (const body of [undefined, null, "Ping", [0x64], new ArrayBuffer(4)] as unknown[]) {
    expect(() => decodeWireMessage(body as Uint8Array)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }),
    );
  }
});
