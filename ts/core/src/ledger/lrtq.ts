/**
 * The bootstore's ledger. In operation it is only read: the upgrade takes the sled's share from it. With its
 * encrypted spare shares it can be checked that the bootstore's secret survived the upgrade.
 */
import { baseboardId, baseboardParts } from "../base/ids.ts";
import type { BaseboardId } from "../base/id-types.ts";
import type { LrtqShare } from "../base/share.ts";
import type { LrtqShareData } from "../protocol/persistent-state.ts";
import { JsonReader, corrupt } from "./json-reader.ts";
import { writtenJson } from "./json-writer.ts";
import type { JsonWriter } from "./json-writer.ts";
import { requireLedgerBytes } from "./limits.ts";
import { readLrtqData, writeLrtqData } from "./lrtq-data.ts";
import type { Sha3 } from "./lrtq-data.ts";
import { checked } from "./state.ts";

/** A sled as the bootstore names it: its model is the part number, its identifier the serial number. */
export type LrtqBaseboard =
  | { readonly kind: "gimlet"; readonly id: BaseboardId; readonly revision: number }
  | { readonly kind: "pc"; readonly id: BaseboardId };

/** A sled's state in the bootstore; the trust quorum takes over only {@link LrtqShareData}. */
export type LrtqState =
  /** No rack yet: no share. */
  | { readonly kind: "uninitialized" }
  /** A sled added later that has not got its share yet. */
  | { readonly kind: "learning" }
  /** A sled of the rack's first membership, with spare shares for sleds to come. */
  | {
      readonly kind: "initialMember";
      readonly common: LrtqShareData;
      /** The first members in sled order. */
      readonly initialMembership: readonly LrtqBaseboard[];
      /** This sled's 0-based place in `initialMembership`. */
      readonly position: number;
      /** 32 bytes. */
      readonly salt: Uint8Array;
      /** 12 bytes, the last of which is the position. */
      readonly nonce: Uint8Array;
      /** This sled's spare shares, encrypted under the LRTQ secret. */
      readonly encryptedShares: Uint8Array;
      /** To which sled which of the spare shares went, by its index. */
      readonly distributedShares: readonly {
        readonly to: LrtqBaseboard;
        readonly index: number;
      }[];
    }
  /** A sled added later, with a spare share of one that was there first. */
  | { readonly kind: "learned"; readonly common: LrtqShareData };

/** A bootstore ledger. */
export interface LrtqLedger {
  /** 0 to 2^53−1; of several replicas the highest wins. */
  readonly generation: number;
  readonly state: LrtqState;
}

/** A bootstore ledger as it was read. */
export interface DecodedLrtqLedger extends LrtqLedger {
  /** The SHA3-256 of the state's bytes: two replicas with the same digest hold the same state. */
  readonly stateDigest: Uint8Array;
}

/** What the trust quorum takes over from a bootstore ledger; null where the sled has no share. */
export function lrtqShareData(state: LrtqState): LrtqShareData | null {
  return state.kind === "initialMember" || state.kind === "learned" ? state.common : null;
}

/** The sled whose ledger it is; null where the ledger does not say: only an initial member's does. */
export function lrtqSled(state: LrtqState): BaseboardId | null {
  if (state.kind !== "initialMember") return null;
  return state.initialMembership[state.position]?.id ?? null;
}

/** Zeroes the share of a bootstore ledger that is not needed any more. */
export function wipeLrtqState(state: LrtqState): void {
  lrtqShareData(state)?.share.wipe();
}

const SALT_BYTES = 32;
const NONCE_BYTES = 12;

/**
 * Reads a bootstore ledger, strictly: only what the bootstore writes is accepted. The share has
 * one of the rack's digests, the digests ascend, the threshold can be reached, and an initial
 * member's position is in its membership. Bytes and share are the caller's, who zeroes them.
 *
 * @throws TrustQuorumError `ERR_TQ_LEDGER_TOO_LARGE`; `ERR_TQ_LEDGER_CORRUPT` with the byte offset
 * @example
 * import { referenceCrypto } from "trust-quorum";
 * import { decodeLrtqLedger, encodeLrtqLedger, lrtqShareData } from "trust-quorum/ledger";
 *
 * const crypto = referenceCrypto();
 * const bytes = encodeLrtqLedger({ generation: 1, state: { kind: "learning" } });
 * const { state } = decodeLrtqLedger(bytes, (data) => crypto.sha3_256(data));
 * lrtqShareData(state); // => null
 * bytes.fill(0);
 */
export function decodeLrtqLedger(bytes: Uint8Array, sha3_256: Sha3): DecodedLrtqLedger {
  requireLedgerBytes(bytes);
  let owned: LrtqShare | undefined;
  try {
    const reader = new JsonReader(bytes);
    reader.literal('{"generation":');
    const generation = reader.uint(Number.MAX_SAFE_INTEGER);
    reader.literal(',"state":');
    const start = reader.offset;
    const state = readState(reader, () =>
      readLrtqData(reader, sha3_256, (share) => {
        owned = share;
      }),
    );
    const stateDigest = sha3_256(bytes.subarray(start, reader.offset));
    reader.literal("}");
    reader.end();
    return { generation, state, stateDigest };
  } catch (error) {
    owned?.wipe();
    throw error;
  }
}

/**
 * The bytes of a bootstore ledger, as the bootstore writes it: for tests and simulated racks. They
 * contain the share: zero them after use.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_LEDGER_TOO_LARGE`
 */
export function encodeLrtqLedger(ledger: LrtqLedger): Uint8Array {
  return writtenJson((writer) => {
    writer.literal('{"generation":');
    writer.uint(ledger.generation, "generation");
    writer.literal(',"state":');
    writeState(writer, ledger.state);
    writer.literal("}");
  });
}

function readState(reader: JsonReader, readCommon: () => LrtqShareData): LrtqState {
  if (reader.maybe('"Uninitialized"')) return { kind: "uninitialized" };
  if (reader.maybe('"Learning"')) return { kind: "learning" };
  if (reader.maybe('{"Learned":{"pkg":{"common":')) {
    const common = readCommon();
    reader.literal("}}}");
    return { kind: "learned", common };
  }
  reader.literal('{"InitialMember":{"pkg":{"common":');
  const common = readCommon();
  reader.literal(',"initial_membership":[');
  const initialMembership = readMembership(reader);
  const salt = new Uint8Array(SALT_BYTES);
  reader.literal(',"salt":');
  reader.byteArray(salt);
  const nonce = new Uint8Array(NONCE_BYTES);
  reader.literal(',"nonce":');
  const nonceAt = reader.offset;
  reader.byteArray(nonce);
  const position = nonce[NONCE_BYTES - 1] ?? 0;
  if (position >= initialMembership.length) {
    throw corrupt(nonceAt, "the nonce names a place outside the membership");
  }
  reader.literal(',"encrypted_shares":');
  const encryptedShares = reader.bytes();
  reader.literal('},"distributed_shares":[');
  const distributedShares: { to: LrtqBaseboard; index: number }[] = [];
  reader.list("]", () => {
    reader.literal("[");
    const to = readBaseboard(reader);
    reader.literal(",");
    distributedShares.push({ to, index: reader.uint(0xff) });
    reader.literal("]");
  });
  reader.literal("}}");
  return {
    kind: "initialMember",
    common,
    initialMembership,
    position,
    salt,
    nonce,
    encryptedShares,
    distributedShares,
  };
}

function readMembership(reader: JsonReader): LrtqBaseboard[] {
  const membership: LrtqBaseboard[] = [];
  const seen = new Set<BaseboardId>();
  reader.list("]", () => {
    const at = reader.offset;
    const baseboard = readBaseboard(reader);
    if (seen.has(baseboard.id)) throw corrupt(at, "the membership names a sled twice");
    seen.add(baseboard.id);
    membership.push(baseboard);
  });
  return membership;
}

function readBaseboard(reader: JsonReader): LrtqBaseboard {
  const at = reader.offset;
  const gimlet = reader.maybe('{"type":"gimlet","identifier":');
  if (!gimlet) reader.literal('{"type":"pc","identifier":');
  const identifier = reader.text();
  reader.literal(',"model":');
  const model = reader.text();
  const id = checked(at, () => baseboardId(model, identifier));
  if (!gimlet) {
    reader.literal("}");
    return { kind: "pc", id };
  }
  reader.literal(',"revision":');
  const revision = reader.uint(Number.MAX_SAFE_INTEGER);
  reader.literal("}");
  return { kind: "gimlet", id, revision };
}

function writeState(writer: JsonWriter, state: LrtqState): void {
  switch (state.kind) {
    case "uninitialized":
      writer.literal('"Uninitialized"');
      return;
    case "learning":
      writer.literal('"Learning"');
      return;
    case "learned":
      writer.literal('{"Learned":{"pkg":{"common":');
      writeLrtqData(writer, state.common);
      writer.literal("}}}");
      return;
    case "initialMember":
      writer.literal('{"InitialMember":{"pkg":{"common":');
      writeLrtqData(writer, state.common);
      writer.literal(',"initial_membership":[');
      writer.list(state.initialMembership, (baseboard) => {
        writeBaseboard(writer, baseboard);
      });
      writer.literal('],"salt":');
      writer.byteArray(state.salt);
      writer.literal(',"nonce":');
      writer.byteArray(state.nonce);
      writer.literal(',"encrypted_shares":');
      writer.byteArray(state.encryptedShares);
      writer.literal('},"distributed_shares":[');
      writer.list(state.distributedShares, ({ to, index }) => {
        writer.literal("[");
        writeBaseboard(writer, to);
        writer.literal(",");
        writer.uint(index, "distributedShares");
        writer.literal("]");
      });
      writer.literal("]}}");
      return;
    default:
      state satisfies never;
  }
}

function writeBaseboard(writer: JsonWriter, baseboard: LrtqBaseboard): void {
  const { partNumber, serialNumber } = baseboardParts(baseboard.id);
  writer.literal(`{"type":"${baseboard.kind}","identifier":`);
  writer.text(serialNumber);
  writer.literal(',"model":');
  writer.text(partNumber);
  if (baseboard.kind === "gimlet") {
    writer.literal(',"revision":');
    writer.uint(baseboard.revision, "revision");
  }
  writer.literal("}");
}
