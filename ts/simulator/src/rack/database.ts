/** The control plane's database: the records of one rack. */
import type { BaseboardId } from "trust-quorum";
import { isCommitDecided } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";

/** The records of the rack: what all control planes share, and what survives them. */
export class Database {
  readonly records: ConfigurationRecord[] = [];

  get latest(): ConfigurationRecord | undefined {
    return this.records.at(-1);
  }

  get lastDecided(): ConfigurationRecord | undefined {
    return this.records.findLast(isCommitDecided);
  }

  /**
   * Whether a sled may still keep something of a configuration from after `reset` that was committed,
   * or that another one was committed after. Unless the latest one has it as a member, the others may
   * tell it at any time that it is expunged.
   */
  mayKeepOld(sled: BaseboardId, reset: number): boolean {
    const { lastDecided } = this;
    return this.records.some(
      (record) =>
        record.epoch > reset &&
        record.members.has(sled) &&
        (isCommitDecided(record) || record.epoch < (lastDecided?.epoch ?? 0)),
    );
  }

  find(epoch: number): ConfigurationRecord | undefined {
    return this.records.find((record) => record.epoch === epoch);
  }

  /** Changes a record in one transaction. */
  store(record: ConfigurationRecord): void {
    const at = this.records.findIndex(({ epoch }) => epoch === record.epoch);
    this.records[at] = record;
  }
}
