/**
 * Where the records of racks are kept (protocol section 8): the journal of one rack, a database of
 * many, or memory. The reconciler and the control plane know nothing else of it.
 */
import type { Epoch, RackId } from "trust-quorum";
import type { ConfigurationRecord } from "trust-quorum/control";

/** All records of one rack, ascending by epoch. */
export type Records = readonly ConfigurationRecord[];

/** What a transaction comes to: the records that it adds or replaces, by epoch, and its result. */
export interface Transaction<T> {
  /** All of them become durable together, or none; empty: nothing changes. */
  readonly write: Records;
  readonly result: T;
}

/**
 * Keeps records. A commit is irreversible because its decision is here, so nothing counts before it is
 * durable, and no record is ever taken back.
 *
 * @example
 * import { MemoryRecordStore } from "@trust-quorum/control-plane/record-store";
 * import { parseRackId } from "trust-quorum";
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const store = new MemoryRecordStore();
 * const count = await store.change(rackId, (records) => ({ write: [], result: records.length }));
 * console.log(count); // => 0
 */
export interface RecordStore {
  /** The records of a rack as they are now; none where nothing was ever proposed for it. */
  read(rackId: RackId): Promise<Records>;
  /**
   * Runs one transaction on a rack's records. No other transaction on that rack comes between what
   * `decide` is given and what it answers. `decide` must not do anything but compute: a store may call
   * it again with newer records. What it throws leaves everything as it was and reaches the caller.
   *
   * @returns what `decide` answered as its result, once what it writes is durable
   */
  change<T>(rackId: RackId, decide: (records: Records) => Transaction<T>): Promise<T>;
}

/** These records with those of the same epochs replaced and new ones added, ascending by epoch. */
export function withRecords(records: Records, changed: Records): Records {
  const byEpoch = new Map<Epoch, ConfigurationRecord>(
    [...records, ...changed].map((record) => [record.epoch, record]),
  );
  return [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
}

/** Records of racks in memory, for a demo and for tests: they are gone with the process. */
export class MemoryRecordStore implements RecordStore {
  readonly #racks = new Map<RackId, Records>();

  read(rackId: RackId): Promise<Records> {
    return Promise.resolve(this.#racks.get(rackId) ?? []);
  }

  // Nothing is awaited between reading and writing: that makes it one transaction.
  // eslint-disable-next-line @typescript-eslint/require-await -- what `decide` throws rejects
  async change<T>(rackId: RackId, decide: (records: Records) => Transaction<T>): Promise<T> {
    const records = this.#racks.get(rackId) ?? [];
    const { write, result } = decide(records);
    this.#racks.set(rackId, withRecords(records, write));
    return result;
  }
}
