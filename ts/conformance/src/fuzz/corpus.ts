/** The inputs that the fuzzer mutates: recorded frames, messages and ledgers. */
import { readFileSync, readdirSync } from "node:fs";
import { hexToBytes } from "@noble/hashes/utils.js";

const TESTDATA = new URL("../../../../testdata/", import.meta.url);

/** Inputs that the decoders accept, but for one frame. */
export interface Corpus {
  /** Bodies of frames, without their lengths. */
  readonly bodies: readonly Uint8Array[];
  readonly peerMessages: readonly Uint8Array[];
  readonly ledgers: readonly Uint8Array[];
  readonly lrtqLedgers: readonly Uint8Array[];
}

/** Reads the corpus from `testdata/`; its frame with an epoch above 2^53−1 is refused by the decoder. */
export function readCorpus(): Corpus {
  const frames = json("frames.json") as { frame: string }[];
  const messages = json("peer-messages.json") as Record<string, { cbor: string }[]>;
  const ledgers = json("tq-ledgers.json") as { ledger: string }[];
  return {
    bodies: frames.map(({ frame }) => hexToBytes(frame).subarray(4)),
    peerMessages: Object.values(messages).flatMap((list) =>
      list.map(({ cbor }) => hexToBytes(cbor)),
    ),
    ledgers: ledgers.map(({ ledger }) => new TextEncoder().encode(ledger)),
    lrtqLedgers: readdirSync(new URL("lrtq-ledgers/3-sleds", TESTDATA))
      .sort()
      .map((file) => bytes(`lrtq-ledgers/3-sleds/${file}`)),
  };
}

function json(path: string): unknown {
  return JSON.parse(new TextDecoder().decode(bytes(path)));
}

function bytes(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(path, TESTDATA)));
}
