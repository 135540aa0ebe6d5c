/**
 * The marker of a replica's folder: whose it is, and what may be concluded from it.
 *
 * Invariants:
 * - A folder has a marker before it has anything else, and `ready` only once its ledger is durable. So
 *   a `ready` folder without a ledger has lost it.
 * - The two folders of a ledger share one random `pair`. Whatever starts the ledger's history anew (a
 *   new ledger, an import, a recovery that may have lost something) draws another, so that a disk with
 *   an older history never passes for the other replica, whatever its generation.
 * - A save is acknowledged without a replica only if the other one durably says `alone`. So of two
 *   replicas of a pair of which neither says so, each holds every acknowledged save; and one that
 *   says so holds every one of them, whatever the other holds.
 * - A ledger whose markers both say `sealed` was exported, and is never started from again.
 */
import Type from "typebox";
import type { Static } from "typebox";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { RecordRead } from "./record.ts";

const Text = Type.String({ minLength: 1, maxLength: 200 });
const Hex = (bytes: number) => Type.String({ pattern: `^[0-9a-f]{${2 * bytes}}$` });
const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);
const strict = { additionalProperties: false } as const;

/** How many replaced pairs a marker remembers. */
export const SUPERSEDES_MAX = 16;

/** How many folders an export goes to at most, one on each of the original's disks. */
export const EXPORT_FOLDERS_MAX = 8;
/** The longest path of one, in characters. */
export const EXPORT_PATH_MAX = 1024;

const MarkerSchema = Type.Object(
  {
    version: Type.Literal(1),
    /** Whose ledger it is. */
    sled: Text,
    /** The rack, once it is known; for people and for a check. */
    rack: Nullable(Text),
    pair: Hex(16),
    /** Pairs that this one's history replaced in a recovery, the latest last. */
    supersedes: Type.Array(Hex(16), { maxItems: SUPERSEDES_MAX }),
    replica: Type.Union([Type.Literal(0), Type.Literal(1)]),
    /** When, as ISO 8601 in UTC; for people. */
    created: Text,
    state: Type.Union([Type.Literal("formatting"), Type.Literal("ready")]),
    /** What the ledger began with: nothing, or the state of a bootstore ledger, by its digest. */
    origin: Type.Union([
      Type.Object({ kind: Type.Literal("new") }, strict),
      Type.Object({ kind: Type.Literal("import"), digest: Hex(32) }, strict),
    ]),
    /**
     * The generation that this replica held durably when it was last made ready or opened. A ledger
     * below it is an old copy that was put back.
     */
    synced: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    /** Whether degraded mode was chosen when the ledger was opened last. */
    degraded: Type.Boolean(),
    alone: Nullable(
      Type.Object(
        { since: Text, generation: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) },
        strict,
      ),
    ),
    /**
     * That the ledger was exported to the original: what is durable where, `export-original.ts` says. Earlier
     * versions do not know this field and refuse a marker that has it.
     */
    exported: Type.Optional(
      Type.Object(
        {
          /** `sealed`: the ledger is not started from any more. `pending`: it still is. */
          state: Type.Union([Type.Literal("pending"), Type.Literal("sealed")]),
          /** When, as ISO 8601 in UTC; for people. */
          at: Text,
          /** That of the exported ledger. */
          generation: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          /** The folders, as absolute paths; for people. */
          to: Type.Array(Type.String({ minLength: 1, maxLength: EXPORT_PATH_MAX }), {
            minItems: 1,
            maxItems: EXPORT_FOLDERS_MAX,
          }),
        },
        strict,
      ),
    ),
  },
  strict,
);

/** What a marker says of an export. */
export type ExportMark = NonNullable<Marker["exported"]>;

/**
 * The marker of a replica's folder: which sled and rack it belongs to, which of the two replicas it is, whether
 * its ledger was ever durable (`ready`), and whether saves were acknowledged without the other replica
 * (`alone`).
 */
export type Marker = Readonly<Static<typeof MarkerSchema>>;

/** The marker of a ledger whose export has not sealed both replicas: it is started from. */
export function withoutSeal(marker: Marker): Marker {
  const { exported } = marker;
  return exported === undefined
    ? marker
    : { ...marker, exported: { ...exported, state: "pending" } };
}

/** The marker of a ledger that was not exported. */
export function withoutExport({ exported: _, ...marker }: Marker): Marker {
  return marker;
}

/** What a ledger began with. */
export type Origin = Marker["origin"];

/** More than this is none: the paths of an export are the most of it. */
export const MARKER_BYTES_MAX = 64 * 1024;

/** A marker as the bytes of its file, with its digest. */
export function encodeMarker(marker: Marker): Uint8Array {
  return encodeRecord(marker);
}

/** Reads a marker's file; it never throws: what is wrong with the bytes is part of the answer. */
export function decodeMarker(bytes: Uint8Array): RecordRead<Marker> {
  return decodeRecord(bytes, MarkerSchema);
}
