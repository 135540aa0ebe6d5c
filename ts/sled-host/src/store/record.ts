/**
 * Small JSON records with a digest of themselves: `{"sha3_256":"…","record":{…}}` and a line break.
 * Neither holds anything secret. What was written by this module is read back, and nothing else.
 */
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { hex, sha3 } from "./digest.ts";

/** What became of reading a record. */
export type RecordRead<T> =
  | { readonly kind: "valid"; readonly value: T }
  | { readonly kind: "damaged"; readonly problem: string };

/** The bytes of a record. */
export function encodeRecord(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  return Buffer.from(`{"sha3_256":"${digestOf(text)}","record":${text}}\n`);
}

/** Reads a record, and checks its digest before anything in it counts. */
export function decodeRecord<S extends TSchema>(
  bytes: Uint8Array,
  schema: S,
): RecordRead<Static<S>> {
  const found = /^\{"sha3_256":"([0-9a-f]{64})","record":(.*)\}\n$/s.exec(textOf(bytes));
  const [, stated, text] = found ?? [];
  if (stated === undefined || text === undefined) {
    return { kind: "damaged", problem: "it is not complete" };
  }
  if (stated !== digestOf(text)) return { kind: "damaged", problem: "its digest is wrong" };
  const value: unknown = JSON.parse(text);
  if (!Value.Check(schema, value)) {
    return { kind: "damaged", problem: "a newer version wrote it" };
  }
  return { kind: "valid", value };
}

function digestOf(text: string): string {
  return hex(sha3(Buffer.from(text)));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}
