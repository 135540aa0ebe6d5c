/** What the encoder writes and the decoder reads: the recorded bytes, and any message there and back. */
import { decode as cbor2Decode, encode as cbor2Encode } from "cbor2";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { decodePeerMessage, decodeWireMessage } from "../../src/wire/decode.ts";
import {
  encodeFramedMessage,
  encodePeerMessage,
  encodeWireMessage,
} from "../../src/wire/encode.ts";
import { FrameReader, encodeFrame } from "../../src/wire/frame.ts";
import { arbitraryPeerMessage, arbitraryWireMessage } from "./arbitraries.ts";
import { UNSAFE_EPOCH, frames, peerMessages } from "./fixtures.ts";
import { peerValue, picture, wireValue } from "./values.ts";
import { runs } from "../../../../scripts/vitest/effort.ts";

describe("the recorded frames", () => {
  test("are all there", () => {
    expect(frames).toHaveLength(23);
    expect(peerMessages).toHaveLength(48);
  });

  test.each(frames.filter(({ name }) => name !== UNSAFE_EPOCH))(
    "$name is read as its picture says and written byte for byte",
    ({ bytes, json }) => {
      const message = decodeWireMessage(bytes.subarray(4));
      expect(picture(wireValue(message))).toEqual(json);
      expect(encodeFramedMessage(message)).toEqual(bytes);
    },
  );

  test("with an epoch above 2^53-1 are refused, at the epoch", () => {
    const bytes = frames.find(({ name }) => name === UNSAFE_EPOCH)?.bytes ?? new Uint8Array();
    const body = bytes.subarray(4);
    expect(() => decodeWireMessage(body)).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_WIRE_OUT_OF_RANGE",
        details: { offset: body.length - 9, type: "epoch" },
      }),
    );
  });

  test.each(peerMessages)("peer message $name is read and written likewise", ({ cbor, json }) => {
    const message = decodePeerMessage(cbor);
    expect(picture(peerValue(message))).toEqual(json);
    expect(encodePeerMessage(message)).toEqual(cbor);
  });
});

describe("any message", () => {
  test("survives encoding and decoding, and the same bytes come out of the second encoding", () => {
    fc.assert(
      fc.property(arbitraryWireMessage, (message) => {
        const body = encodeWireMessage(message);
        const decoded = decodeWireMessage(body);
        expect(wireValue(decoded)).toEqual(wireValue(message));
        expect(encodeWireMessage(decoded)).toEqual(body);
      }),
      { numRuns: runs(400) },
    );
  });

  test("is the same frame in one step and in two, and comes out of a stream as it went in", () => {
    fc.assert(
      fc.property(fc.array(arbitraryWireMessage, { maxLength: 5 }), (messages) => {
        const bodies = messages.map((message) => encodeWireMessage(message));
        const frames = messages.map((message) => encodeFramedMessage(message));
        expect(frames).toEqual(bodies.map((body) => encodeFrame(body)));
        for (const frame of frames) {
          expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4);
        }
        expect([...new FrameReader().push(Buffer.concat(frames))]).toEqual(bodies);
      }),
      { numRuns: runs(200) },
    );
  });

  test("is to cbor2 what the format's description says, and cbor2 encodes that to the same bytes", () => {
    fc.assert(
      fc.property(arbitraryWireMessage, (message) => {
        const body = encodeWireMessage(message);
        const value = wireValue(message);
        expect(cbor2Decode(body)).toEqual(value);
        expect(new Uint8Array(cbor2Encode(value))).toEqual(new Uint8Array(body));
      }),
      { numRuns: runs(300) },
    );
  });

  test("out of a Buffer keeps nothing of it, also when it is decoded a second time", () => {
    fc.assert(
      fc.property(arbitraryWireMessage, (message) => {
        const body = encodeWireMessage(message);
        for (let i = 0; i < 2; i++) {
          const buffer = Buffer.from(body);
          const decoded = decodeWireMessage(buffer);
          buffer.fill(0xff);
          expect(wireValue(decoded)).toEqual(wireValue(message));
        }
      }),
      { numRuns: runs(200) },
    );
  });

  test("between peers is the same alone and in a frame", () => {
    fc.assert(
      fc.property(arbitraryPeerMessage, (message) => {
        const cbor = encodePeerMessage(message);
        expect(encodeWireMessage({ kind: "peer", message }).subarray(4)).toEqual(cbor);
        expect(peerValue(decodePeerMessage(cbor))).toEqual(peerValue(message));
      }),
      { numRuns: runs(200) },
    );
  });

  test("with one byte changed is refused with a typed error or is another message's exact bytes", () => {
    fc.assert(
      fc.property(
        arbitraryWireMessage,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (message, at, flip) => {
          const body = encodeWireMessage(message);
          const index = at % body.length;
          body[index] = (body[index] ?? 0) ^ flip;
          try {
            expect(encodeWireMessage(decodeWireMessage(body))).toEqual(body);
          } catch (error) {
            if (!isTrustQuorumError(error)) throw error;
            expect(error.code).toMatch(/^ERR_TQ_WIRE_/);
          }
        },
      ),
      { numRuns: runs(2000) },
    );
  });
});
