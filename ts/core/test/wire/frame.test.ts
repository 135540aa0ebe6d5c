/** Frames out of a stream, however it is cut; and frames that are too large, in both directions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeFramedMessage,
  encodePeerMessage,
  encodeWireMessage,
} from "../../src/wire/encode.ts";
import { decodeWireMessage } from "../../src/wire/decode.ts";
import { FRAME_BODY_BYTES_MAX, FrameReader, encodeFrame } from "../../src/wire/frame.ts";
import { Configuration } from "../../src/protocol/configuration.ts";
import { epoch } from "../../src/base/ids.ts";
import { bodies, bodyOf, frames } from "./fixtures.ts";
import { runs } from "../../../../scripts/vitest/effort.ts";

const stream = Uint8Array.from(frames.flatMap(({ bytes }) => [...bytes]));
const allBodies = frames.map(({ bytes }) => bytes.slice(4));

function lengthPrefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

describe("reading a stream", () => {
  test("gives the same bodies however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (sizes) => {
        const reader = new FrameReader();
        const read: Uint8Array[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          read.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
          if (at >= stream.length) break;
        }
        expect(read).toEqual(allBodies);
        expect(reader.pending).toBe(0);
      }),
      { numRuns: runs(100) },
    );
  });

  test("works byte by byte, and says what is pending", () => {
    const reader = new FrameReader();
    const read: Uint8Array[] = [];
    for (const byte of stream) read.push(...reader.push(Uint8Array.of(byte)));
    expect(read).toEqual(allBodies);
    expect([...reader.push(stream.subarray(0, 3))]).toEqual([]);
    expect(reader.pending).toBe(3);
    reader.wipe();
    expect(reader.pending).toBe(0);
  });

  test("takes bytes when they come, not when the bodies are looked at", () => {
    const reader = new FrameReader();
    const chunk = stream.slice();
    const first = reader.push(chunk.subarray(0, 1000));
    const second = reader.push(chunk.subarray(1000));
    chunk.fill(0xff);
    const one = first.next();
    expect([one.value, ...second]).toEqual(allBodies);
    expect([...first]).toEqual([]);
  });

  test("hands out an empty body, and one of the largest size", () => {
    const reader = new FrameReader();
    const large = new Uint8Array(FRAME_BODY_BYTES_MAX).fill(7);
    const read = [...reader.push(lengthPrefix(0)), ...reader.push(lengthPrefix(large.length))];
    expect(read).toEqual([new Uint8Array()]);
    expect([...reader.push(large.subarray(1))]).toEqual([]);
    const [body] = reader.push(large.subarray(0, 1));
    expect(Buffer.compare(body ?? new Uint8Array(), large)).toBe(0);
  });

  test("fails for good at a length above the limit, after the frames before it", () => {
    const reader = new FrameReader();
    const length = FRAME_BODY_BYTES_MAX + 1;
    const ping = encodeFramedMessage({ kind: "ping" });
    const bodiesOfChunk = reader.push(Uint8Array.from([...ping, ...lengthPrefix(length), 1, 2]));
    expect(bodiesOfChunk.next().value).toEqual(ping.subarray(4));
    const failure: unknown = expect.objectContaining({
      code: "ERR_TQ_FRAME_TOO_LARGE",
      details: { length, limit: FRAME_BODY_BYTES_MAX },
    });
    expect(() => bodiesOfChunk.next()).toThrow(failure);
    expect(reader.pending).toBe(0);
    expect(() => reader.push(ping)).toThrow(failure);
    expect(() => reader.push(new Uint8Array())).toThrow(failure);
  });

  test("refuses a length as soon as its four bytes are there", () => {
    const reader = new FrameReader();
    expect([...reader.push(Uint8Array.of(0xff, 0xff, 0xff))]).toEqual([]);
    expect(() => [...reader.push(Uint8Array.of(0xff))]).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_FRAME_TOO_LARGE",
        details: { length: 0xffffffff, limit: FRAME_BODY_BYTES_MAX },
      }),
    );
  });
});

describe("writing a frame", () => {
  test("puts the length before a body, which the reader takes off again", () => {
    for (const [i, body] of allBodies.entries()) {
      const frame = encodeFrame(body);
      expect(frame).toEqual(frames[i]?.bytes);
      expect([...new FrameReader().push(frame)]).toEqual([body]);
      // A frame of its own: whoever zeroes one does not zero the other.
      frame.fill(0);
      expect(body).toEqual(frames[i]?.bytes.slice(4));
    }
    expect(encodeFrame(new Uint8Array())).toEqual(lengthPrefix(0));
  });

  test("refuses a body that is too large, or none", () => {
    const length = FRAME_BODY_BYTES_MAX + 1;
    expect(encodeFrame(new Uint8Array(length - 1))).toHaveLength(4 + length - 1);
    expect(() => encodeFrame(new Uint8Array(length))).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_FRAME_TOO_LARGE",
        details: { length, limit: FRAME_BODY_BYTES_MAX },
      }),
    );
    // What took a message once takes a body now: it says so.
    const message = { kind: "ping" } as unknown as Uint8Array;
    expect(() => encodeFrame(message)).toThrow(
      expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }),
    );
  });

  test("fills the largest body exactly", () => {
    const head = 1 + 14 + 1 + 11 + 1 + 5 + 5;
    const blob = new Uint8Array(FRAME_BODY_BYTES_MAX - head).fill(23);
    const frame = encodeFramedMessage({ kind: "networkConfig", generation: 1, blob });
    expect(frame.length).toBe(4 + FRAME_BODY_BYTES_MAX);
    expect(frame.subarray(0, 4)).toEqual(lengthPrefix(FRAME_BODY_BYTES_MAX));
    const message = decodeWireMessage(frame.subarray(4));
    expect("blob" in message && Buffer.compare(message.blob, blob)).toBe(0);

    blob[0] = 24;
    expect(() => encodeFramedMessage({ kind: "networkConfig", generation: 1, blob })).toThrow(
      expect.objectContaining({
        code: "ERR_TQ_FRAME_TOO_LARGE",
        details: { length: FRAME_BODY_BYTES_MAX + 1, limit: FRAME_BODY_BYTES_MAX },
      }),
    );
  });

  test("refuses a body that is too large before it makes room for it", () => {
    const message = decodeWireMessage(bodyOf("commit_advance"));
    if (message.kind !== "peer" || message.message.kind !== "commitAdvance") throw new Error();
    const config = Configuration.create({
      ...message.message.config,
      epoch: epoch(9),
      encryptedRackSecrets: { salt: new Uint8Array(32), data: new Uint8Array(600_000) },
    });
    const large = { ...message.message, config };
    const tooLarge: unknown = expect.objectContaining({ code: "ERR_TQ_FRAME_TOO_LARGE" });
    expect(() => encodeFramedMessage({ kind: "peer", message: large })).toThrow(tooLarge);
    expect(() => encodePeerMessage(large)).toThrow(tooLarge);
    // The next message is none the worse for it.
    expect(encodeWireMessage(message)).toEqual(bodyOf("commit_advance"));
  });

  test("leaves every recorded frame below the limit", () => {
    for (const body of bodies) expect(body.length).toBeLessThanOrEqual(FRAME_BODY_BYTES_MAX);
  });
});
