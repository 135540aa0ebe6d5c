/** Shares: where their bytes are left, and where they never show. And how much memory input can claim. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as Decode from "../../src/wire/decode.ts";
import type * as Encode from "../../src/wire/encode.ts";
import type * as FrameModule from "../../src/wire/frame.ts";
import type * as ShareModule from "../../src/base/share.ts";
import { watchAllocations } from "./allocations.ts";
import type { Allocations } from "./allocations.ts";
import { bodies, bodyOf, hex } from "./fixtures.ts";
import { either, sampled } from "../../../../scripts/vitest/effort.ts";

let allocations: Allocations;
let decode: typeof Decode;
let encode: typeof Encode;
let frame: typeof FrameModule;
let share: typeof ShareModule;

beforeEach(async () => {
  allocations = watchAllocations();
  decode = await import("../../src/wire/decode.ts");
  encode = await import("../../src/wire/encode.ts");
  frame = await import("../../src/wire/frame.ts");
  share = await import("../../src/base/share.ts");
  allocations.loaded();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

// Every byte of these shares is above 23, so that its CBOR is 0x18 and the byte.
const SECRET = hex("e1".repeat(8) + "a7c3d9b5" + "f0".repeat(21));
const IN_CBOR = hex("18a718c318d918b5");
const IN_MEMORY = hex("a7c3d9b5");
const rackId = "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0" as Parameters<
  typeof encode.encodePeerMessage
>[0]["rackId"];

function lrtqShare(): Parameters<typeof encode.encodePeerMessage>[0] {
  return { kind: "lrtqShare", rackId, share: share.LrtqShare.copyOf(SECRET) };
}

function prepare(): Parameters<typeof encode.encodePeerMessage>[0] {
  const message = decode.decodeWireMessage(bodyOf("prepare"));
  if (message.kind !== "peer" || message.message.kind !== "prepare") throw new Error();
  return { ...message.message, share: share.Share.copyOf(SECRET) };
}

describe("the bytes of a share", () => {
  test("are left in the frame alone by encoding, also where the writer had to grow", () => {
    const small = encode.encodeFramedMessage({ kind: "peer", message: lrtqShare() });
    const withConfig = encode.encodeFramedMessage({ kind: "peer", message: prepare() });
    expect(allocations.holding(IN_CBOR)).toEqual([small, withConfig]);
    small.fill(0);
    withConfig.fill(0);
    expect(allocations.holding(IN_CBOR)).toEqual([]);
  });

  test("are left in the share alone by decoding", () => {
    for (const message of [lrtqShare(), prepare()]) {
      const cbor = encode.encodePeerMessage(message);
      allocations.clear();
      const decoded = decode.decodePeerMessage(cbor);
      const kept = "share" in decoded ? decoded.share.bytes : undefined;
      expect(kept).toEqual(SECRET);
      expect(allocations.holding(IN_MEMORY)).toEqual([kept]);
      expect(allocations.holding(IN_CBOR)).toEqual([]);
    }
  });

  test("are wiped where bytes follow the message, and where the share itself is cut off", () => {
    const makers = [lrtqShare(), prepare()];
    allocations.clear();
    for (const message of makers) {
      const cbor = encode.encodePeerMessage(message);
      const whole = encode.encodeWireMessage({ kind: "peer", message });
      for (const bad of [
        () => decode.decodePeerMessage(Buffer.concat([cbor, cbor.subarray(0, 1)])),
        () => decode.decodeWireMessage(Buffer.concat([whole, whole.subarray(0, 1)])),
        () => decode.decodePeerMessage(cbor.subarray(0, -1)),
      ]) {
        expect(bad).toThrow(/ byte /);
      }
      expect(allocations.holding(IN_MEMORY)).toEqual([]);
    }
  });

  test("are left by the frame reader in the bodies alone", () => {
    const stream = encode.encodeFramedMessage({ kind: "peer", message: lrtqShare() });
    const reader = new frame.FrameReader();
    allocations.clear();
    const read: Uint8Array[] = [];
    for (const at of stream.keys()) read.push(...reader.push(stream.subarray(at, at + 1)));
    expect(allocations.holding(IN_CBOR)).toEqual(read);

    for (const body of read) body.fill(0);
    expect([...reader.push(stream.subarray(0, -1))]).toEqual([]);
    expect(allocations.holding(IN_CBOR)).toHaveLength(1);
    reader.wipe();
    expect(allocations.holding(IN_CBOR)).toEqual([]);

    // The buffer is full when the last byte comes: it moves, with the share in it.
    allocations.clear();
    expect([...reader.push(stream.subarray(0, -1))]).toEqual([]);
    const moved = [...reader.push(stream.subarray(-1))];
    expect(moved).toHaveLength(1);
    expect(allocations.holding(IN_CBOR)).toEqual(moved);

    const hostile = Uint8Array.from([...stream, 0xff, 0xff, 0xff, 0xff, ...stream.subarray(4)]);
    allocations.clear();
    const partly = reader.push(hostile);
    partly.next().value?.fill(0);
    expect(() => partly.next()).toThrow();
    expect(allocations.holding(IN_CBOR)).toEqual([]);
  });

  test("are never written once the share is wiped", () => {
    for (const message of [lrtqShare(), prepare()]) {
      if ("share" in message) message.share.wipe();
      expect(() => encode.encodePeerMessage(message)).toThrow(
        expect.objectContaining({
          code: "ERR_TQ_INVALID_ARGUMENT",
          details: { argument: "share", problem: "was wiped" },
        }),
      );
    }
  });
});

test("an error never quotes the input", () => {
  const body = bodyOf("prepare");
  const marked = Buffer.from(body).toString("latin1").replace("913-", "X:\u0001-");
  expect(() => decode.decodeWireMessage(Buffer.from(marked, "latin1"))).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("X") as string }),
  );
});

describe("memory", () => {
  // Room for what does not depend on the input: an entry of a cache, the digest buffer of 32 members.
  const CONSTANT_BYTES = 1024;

  const HUGE = [
    ...[0x5a, 0x7a, 0x9a, 0xba].map((initial) => [initial, 0xff, 0xff, 0xff, 0xff]),
    ...[0x5a, 0x7a, 0x9a, 0xba].map((initial) => [initial, 0x00, 0x10, 0x00, 0x00]),
    ...[0x5b, 0x7b, 0x9b, 0xbb].map((initial) => [initial, ...Array<number>(8).fill(0xff)]),
    ...[0x5b, 0x7b, 0x9b, 0xbb].map((initial) => [initial, 0, 0, 0, 1, 0, 0, 0, 0]),
  ];

  test("is never taken for a length that the input only claims, wherever it claims it", () => {
    let refused = 0;
    for (const body of bodies) {
      for (const at of sampled(body.keys(), 20)) {
        for (const claim of HUGE) {
          const input = Buffer.concat([body.subarray(0, at), Uint8Array.from(claim)]);
          allocations.clear();
          // Some claims fall into the content of a text or digest and are no claims there.
          try {
            decode.decodeWireMessage(input);
          } catch {
            refused++;
          }
          const largest = allocations.largest();
          if (largest > input.length + CONSTANT_BYTES) expect(largest).toBe(input.length);
        }
      }
    }
    expect(refused).toBeGreaterThan(either(10_000, 500));
  });

  test("is taken by the frame reader for what arrived, not for what was announced", () => {
    const reader = new frame.FrameReader();
    allocations.clear();
    expect([...reader.push(Uint8Array.of(0x00, 0x0f, 0xff, 0xfc))]).toEqual([]);
    for (let i = 0; i < 1000; i++) reader.push(Uint8Array.of(1));
    expect(allocations.largest()).toBeLessThanOrEqual(2 * 1004);
  });

  test("is given back by the frame reader once a frame above 64 KiB is out, and kept below that", () => {
    const small = Uint8Array.of(0, 0, 0, 100, ...new Uint8Array(100));
    for (const [bytes, kept] of [
      [64 * 1024, true],
      [64 * 1024 + 1, false],
    ] as const) {
      const reader = new frame.FrameReader();
      const large = new Uint8Array(bytes);
      new DataView(large.buffer).setUint32(0, bytes - 4);
      expect([...reader.push(large)]).toHaveLength(1);
      allocations.clear();
      expect([...reader.push(small)]).toEqual([new Uint8Array(100)]);
      // The body that is handed out, or a new buffer that the whole frame was put into.
      expect(allocations.largest()).toBe(kept ? 100 : 104);
    }
  });
});
