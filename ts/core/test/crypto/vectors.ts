/** The recorded vectors in `testdata/`, as the original implementations wrote them, with types. */
import { readFileSync } from "node:fs";
import { fromHex } from "../../src/base/bytes.ts";

export interface ShamirVector {
  readonly n: number;
  readonly k: number;
  readonly secret: string;
  readonly shares: readonly string[];
  readonly digests: readonly string[];
  readonly computed: readonly {
    readonly from_x: readonly number[];
    readonly x: number;
    readonly share: string;
    readonly digest: string;
  }[];
}

export interface LrtqRack {
  readonly sleds: number;
  readonly threshold: number;
  readonly rack_uuid: string;
  readonly secret: string;
  readonly salt: string;
  readonly shares: readonly { readonly share: string; readonly digest: string }[];
  readonly nonce_of_second: string;
  readonly encrypted_shares_of_second: string;
  readonly spare_shares_of_second: readonly string[];
}

export interface LrtqVectors {
  readonly racks: readonly LrtqRack[];
  readonly raw: readonly {
    readonly n: number;
    readonly k: number;
    readonly secret: string;
    readonly shares: readonly string[];
  }[];
}

export interface RackSecretsVector {
  readonly rack_id: string;
  readonly epoch: number;
  readonly rack_secret: string;
  readonly prior_secrets: Readonly<Record<string, string>>;
  readonly salt: string;
  readonly data: string;
}

export const shamirVectors = read("gf256-shamir.json") as readonly ShamirVector[];
export const lrtqVectors = read("lrtq.json") as LrtqVectors;
export const rackSecretsVectors = read("rack-secrets.json") as readonly RackSecretsVector[];

/** The bytes of a hex string of a vector. */
export function bytes(hex: string): Uint8Array {
  const decoded = fromHex(hex);
  if (decoded === undefined) throw new Error("a vector is not lower-case hex");
  return decoded;
}

/** Byte strings one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../testdata/${name}`, import.meta.url), "utf8"));
}
