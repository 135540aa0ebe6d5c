/** What the fuzzer starts from: the recorded frames, messages and ledgers of the project. */
import { readFileSync, readdirSync } from "node:fs";

const TESTDATA = new URL("../../../../testdata/", import.meta.url);

export interface Corpus {
  /** Bodies of frames, without their lengths. */
  readonly bodies: readonly Uint8Array[];
  readonly peerMessages: readonly Uint8Array[];
  readonly ledgers: readonly Uint8Array[];
  readonly lrtqLedgers: readonly Uint8Array[];
}

/** The recorded frame that is refused, for its epoch above 2^53−1, is in it as well. */
export function readCorpus(): Corpus {
  const frames = json("frames.json") as { frame: string }[];
  const messages = json("peer-messages.json") as Record<string, { cbor: string }[]>;
  const ledgers = json("tq-ledgers.json") as { ledger: string }[];
  return {
    bodies: frames.map(({ frame }) => hex(frame).subarray(4)),
    peerMessages: Object.values(messages).flatMap((list) => list.map(({ cbor }) => hex(cbor))),
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

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
