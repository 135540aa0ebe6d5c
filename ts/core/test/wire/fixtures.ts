/** The recorded frames and messages, and how to read the project's own pictures of them. */
import { readFileSync } from "node:fs";

export interface Frame {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly json: unknown;
}

export interface RecordedPeerMessage {
  readonly name: string;
  readonly cbor: Uint8Array;
  readonly json: unknown;
}

/** The one frame that this project refuses: its epoch is above 2^53−1. */
export const UNSAFE_EPOCH = "prepare_ack epoch beyond the safe integers";

export function readTestdata(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(`../../../../testdata/${path}`, import.meta.url)));
}

export function parseTestdata(path: string): unknown {
  return JSON.parse(new TextDecoder().decode(readTestdata(path)));
}

export const frames: readonly Frame[] = (
  parseTestdata("frames.json") as { name: string; frame: string; json: unknown }[]
).map(({ name, frame, json }) => ({ name, bytes: hex(frame), json }));

/** The bodies of all frames that are to be accepted. */
export const bodies: readonly Uint8Array[] = frames
  .filter(({ name }) => name !== UNSAFE_EPOCH)
  .map(({ bytes }) => bytes.slice(4));

export const peerMessages: readonly RecordedPeerMessage[] = Object.entries(
  parseTestdata("peer-messages.json") as Record<string, { cbor: string; json: unknown }[]>,
).flatMap(([kind, messages]) =>
  messages.map(({ cbor, json }, i) => ({ name: `${kind} ${i}`, cbor: hex(cbor), json })),
);

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** The body of the frame of this name. */
export function bodyOf(name: string): Uint8Array {
  const frame = frames.find((candidate) => candidate.name === name);
  if (frame === undefined) throw new Error(`no frame is named ${name}`);
  return frame.bytes.slice(4);
}
