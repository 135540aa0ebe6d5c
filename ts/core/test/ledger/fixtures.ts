/** The recorded ledgers, and states to make others of. */
import { readdirSync } from "node:fs";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { parseBaseboardId } from "../../src/base/ids.ts";
import type { BaseboardId } from "../../src/base/id-types.ts";
import { parseTestdata, readTestdata } from "../wire/fixtures.ts";

export const sha3 = (bytes: Uint8Array): Uint8Array => sha3_256(bytes);

export interface RecordedLedger {
  readonly node: BaseboardId;
  readonly bytes: Uint8Array;
}

export const tqLedgers: readonly RecordedLedger[] = (
  parseTestdata("tq-ledgers.json") as { node: string; ledger: string }[]
).map(({ node, ledger }) => ({
  node: parseBaseboardId(node),
  bytes: new TextEncoder().encode(ledger),
}));

export const lrtqLedgers: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  3, 4, 5, 16, 32,
]
  .map((sleds) => `lrtq-ledgers/${sleds}-sleds`)
  .flatMap((folder) =>
    readdirSync(new URL(`../../../../testdata/${folder}`, import.meta.url))
      .sort()
      .map((file) => ({ name: `${folder}/${file}`, bytes: readTestdata(`${folder}/${file}`) })),
  );

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Replaces the one occurrence of a text. */
export function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = textOf(bytes);
  if (text.split(from).length !== 2) throw new Error(`${from} does not occur once`);
  return bytesOf(text.replace(from, () => to));
}
