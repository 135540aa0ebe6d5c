/** What is fuzzed, and what must hold for every input. */
import { createHash } from "node:crypto";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Random } from "@trust-quorum/random";
import { decode as cbor2Decode, encode as cbor2Encode } from "cbor2";
import { isTrustQuorumError } from "trust-quorum";
import {
  decodeLedger,
  decodeLrtqLedger,
  encodeLedger,
  encodeLrtqLedger,
} from "trust-quorum/ledger";
import {
  FRAME_BODY_BYTES_MAX,
  FrameReader,
  decodePeerMessage,
  decodeWireMessage,
  encodeWireMessage,
  encodePeerMessage,
} from "trust-quorum/wire";
import type { Corpus } from "./corpus.ts";
import { hugeClaim, mutated, mutatedJson, mutatedValue, nested } from "./mutate.ts";

/** A decoder under test. */
export interface Target {
  readonly name: string;
  /** Draws an input. */
  readonly draw: (random: Random) => Uint8Array;
  /**
   * Runs it: returns the code of the refusal, or "accepted".
   *
   * @throws Error where the decoder did anything else
   */
  readonly run: (input: Uint8Array) => string;
}

/** All targets over one corpus. */
export function targetsOf(corpus: Corpus): readonly Target[] {
  return [
    {
      name: "decodeWireMessage",
      draw: (random) => drawCbor(random, corpus.bodies),
      run: (input) =>
        outcome("ERR_TQ_WIRE_", () => {
          const body = encodeWireMessage(decodeWireMessage(input));
          requireSame("the encoder's bytes", body, input);
          requireSameAsCbor2(input);
        }),
    },
    {
      name: "decodePeerMessage",
      draw: (random) => drawCbor(random, corpus.peerMessages),
      run: (input) =>
        outcome("ERR_TQ_WIRE_", () => {
          requireSame("the encoder's bytes", encodePeerMessage(decodePeerMessage(input)), input);
          requireSameAsCbor2(input);
        }),
    },
    { name: "FrameReader", draw: (random) => drawStream(random, corpus.bodies), run: runFrames },
    {
      name: "decodeLedger",
      draw: (random) => withDigest(random, drawJson(random, corpus.ledgers)),
      run: runLedger,
    },
    {
      name: "decodeLrtqLedger",
      draw: (random) => drawJson(random, corpus.lrtqLedgers),
      run: (input) =>
        outcome("ERR_TQ_LEDGER_", () => {
          requireSame(
            "the encoder's bytes",
            encodeLrtqLedger(decodeLrtqLedger(input, sha3)),
            input,
          );
          requireSameAsJson(input);
        }),
    },
  ];
}

function sha3(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha3-256").update(bytes).digest());
}

/** The outcome of a decoder, which may throw nothing but errors whose code begins like this. */
function outcome(family: string, run: () => void): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (isTrustQuorumError(error) && error.code.startsWith(family)) return error.code;
    throw error;
  }
}

function requireSame(what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  throw new Error(`${what} differ from the accepted input`);
}

/** Another implementation of CBOR reads an accepted input, and writes it in the same bytes. */
function requireSameAsCbor2(input: Uint8Array): void {
  const value: unknown = cbor2Decode(input, { rejectDuplicateKeys: true });
  requireSame("cbor2's bytes", cbor2Encode(value), input);
}

/** `JSON` reads an accepted ledger, and writes it in the same bytes. */
function requireSameAsJson(input: Uint8Array): void {
  const text = JSON.stringify(JSON.parse(new TextDecoder().decode(input)));
  requireSame("the bytes of JSON.stringify", new TextEncoder().encode(text), input);
}

function runLedger(input: Uint8Array): string {
  return outcome("ERR_TQ_LEDGER_", () => {
    const decoded = decodeLedger(input, sha3);
    const ours = encodeLedger(decoded, sha3);
    const text = new TextDecoder().decode(ours);
    const original = text.replace(/,"sha3_256":"[0-9a-f]{64}"\}$/, "}");
    const expected = decoded.hasDigest ? ours : new TextEncoder().encode(original);
    requireSame("the encoder's bytes", expected, input);
    requireSameAsJson(input);
  });
}

/** Reads a stream in pieces, whose lengths its own bytes choose: the frames must not depend on them. */
function runFrames(input: Uint8Array): string {
  const expected = framesOf(input);
  const reader = new FrameReader();
  const read: Uint8Array[] = [];
  let code = "accepted";
  try {
    for (let at = 0, i = 0; at < input.length; i++) {
      const size = 1 + ((input[(i * 31) % input.length] ?? 0) % 97) ** 2;
      for (const body of reader.push(input.subarray(at, at + size))) read.push(body);
      at += size;
    }
  } catch (error) {
    if (!isTrustQuorumError(error, "ERR_TQ_FRAME_TOO_LARGE")) throw error;
    code = error.code;
  }
  if (read.length !== expected.bodies.length || code !== expected.code) {
    throw new Error("the frames depend on where the stream is cut");
  }
  read.forEach((body, i) => {
    requireSame("a frame's bytes", body, expected.bodies[i] ?? new Uint8Array());
  });
  if (code === "accepted" && reader.pending !== expected.pending) {
    throw new Error("the reader does not say what is pending");
  }
  return code;
}

function framesOf(stream: Uint8Array): { bodies: Uint8Array[]; code: string; pending: number } {
  const bodies: Uint8Array[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  let at = 0;
  while (at + 4 <= stream.length) {
    const length = view.getUint32(at);
    if (length > FRAME_BODY_BYTES_MAX)
      return { bodies, code: "ERR_TQ_FRAME_TOO_LARGE", pending: 0 };
    if (at + 4 + length > stream.length) break;
    bodies.push(stream.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { bodies, code: "accepted", pending: stream.length - at };
}

const CBOR_LEVELS = [
  [0x81], [0xa1], [0x9f], [0xbf], [0xc6], [0xa1, 0x62, 0x54, 0x71],
  [0xa2, 0x67, 0x72, 0x61, 0x63, 0x6b, 0x5f, 0x69, 0x64], [0xa1, 0x62, 0x4f, 0x6b],
].map((level) => Uint8Array.from(level)); // prettier-ignore

const JSON_LEVELS = ["[", '{"state":', '{"lrtq":', '{"generation":0,"state":', '[{"'].map((level) =>
  new TextEncoder().encode(level),
);

function drawCbor(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const input = random.pick(corpus);
  const kind = random.below(20);
  if (kind === 0) return random.bytes(random.below(300));
  if (kind === 1) return joined(input, random.below(input.length + 1), nested(random, CBOR_LEVELS));
  if (kind <= 3) return joined(input, random.below(input.length + 1), hugeClaim(random));
  if (kind <= 7) return new Uint8Array(cbor2Encode(mutatedValue(random, cbor2Decode(input))));
  if (kind === 8) return input;
  return mutated(random, input, random.pick(corpus));
}

function drawJson(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const input = random.pick(corpus);
  const kind = random.below(20);
  if (kind === 0) return random.bytes(random.below(300));
  if (kind === 1) return joined(input, random.below(input.length + 1), nested(random, JSON_LEVELS));
  if (kind === 2) return input;
  return mutatedJson(random, input, random.pick(corpus));
}

/** Sometimes adds the digest that the decoder demands, so that mutations are looked at beyond it. */
function withDigest(random: Random, input: Uint8Array): Uint8Array {
  if (random.chance(1 / 2)) return input;
  const digest = bytesToHex(sha3(input));
  const tail = new TextEncoder().encode(`,"sha3_256":"${digest}"}`);
  const file = joined(input, Math.max(0, input.length - 1), tail);
  return random.chance(1 / 8) ? mutatedJson(random, file, file) : file;
}

function drawStream(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  let stream: Uint8Array = new Uint8Array();
  for (let frames = random.below(8); frames > 0; frames--) {
    const body = random.chance(1 / 6) ? random.bytes(random.below(5000)) : random.pick(corpus);
    const frame = new Uint8Array(4 + body.length);
    new DataView(frame.buffer).setUint32(0, body.length);
    frame.set(body, 4);
    stream = joined(stream, stream.length, frame);
  }
  return random.chance(1 / 3) ? mutated(random, stream, random.bytes(8)) : stream;
}

function joined(start: Uint8Array, length: number, end: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(length + end.length);
  bytes.set(start.subarray(0, length));
  bytes.set(end, length);
  return bytes;
}
