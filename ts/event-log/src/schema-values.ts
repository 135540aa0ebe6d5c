/** The values that lines of logs and of traces are made of, as schemas. */
import { Type } from "typebox";
import type { TObject, TProperties, TRecord, TSchema } from "typebox";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import {
  BASEBOARD_PART_BYTES_MAX,
  BASEBOARD_PART_CHARACTER,
  RACK_ID_PATTERN,
} from "trust-quorum/protocol";

/** An object with these fields and no other. */
export const strict = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false });

/** An object whose keys all have this pattern. */
export const recordOf = <V extends TSchema>(pattern: string, value: V): TRecord<string, V> =>
  Type.Record(Type.String({ pattern }), value, { additionalProperties: false });

/** A part of a sled's id, `part:serial`: no control character of one may reach a terminal. */
export const ID_PART = `${BASEBOARD_PART_CHARACTER}{1,${BASEBOARD_PART_BYTES_MAX}}`;
/** A sled. */
export const Id = Type.Unsafe<BaseboardId>(Type.String({ pattern: `^${ID_PART}:${ID_PART}$` }));
/** A rack's id, a UUID in lower case. */
export const Rack = Type.Unsafe<RackId>(Type.String({ pattern: RACK_ID_PATTERN }));
/** An epoch. */
export const EpochNumber = Type.Unsafe<Epoch>(
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
);
/** A whole number from 0 that JavaScript holds exactly. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Bytes as lower-case hex. */
export const Hex = Type.String({ pattern: "^([0-9a-f]{2})*$" });
/** 32 bytes. */
export const Hex32 = Type.String({ pattern: "^[0-9a-f]{64}$" });
