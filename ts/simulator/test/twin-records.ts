/** The records of a rack twice: the model's, and those that the real control plane keeps. */
import { configurationJson } from "@trust-quorum/api/convert";
import { withRecords } from "@trust-quorum/control-plane/record-store";
import type { Records } from "@trust-quorum/control-plane/record-store";
import type { Random } from "@trust-quorum/random";
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, Epoch, ErrorCode } from "trust-quorum";
import * as control from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import type { Database, Transition } from "../src/rack/database.ts";
import type { ModelRecord } from "../src/rack/record.ts";
import { RACK, statusOf } from "./coordinator-answers.ts";
import { Disagreement, compareRecords } from "./core-mirror.ts";

/** What changes one of them changes the other, and they are compared each time. */
export class TwinRecords {
  readonly database: Database;
  /** Whether the rack's first configuration is an upgrade. */
  readonly #fromLrtq: boolean;
  #records: Records = [];

  constructor(options: { database: Database; fromLrtq: boolean }) {
    this.database = options.database;
    this.#fromLrtq = options.fromLrtq;
  }

  /** The real ones. */
  get real(): Records {
    return this.#records;
  }

  /** Takes over what the real control plane has written, after the model has. */
  write(changed: Records): void {
    this.#records = withRecords(this.#records, changed);
    this.#compare("write");
  }

  /** A proposal, on both sides. */
  propose(members: readonly BaseboardId[], coordinator: BaseboardId, now: number): void {
    const decided = this.database.lastDecided !== undefined;
    const code = codeOf(() => {
      const kind = decided ? "reconfigure" : this.#fromLrtq ? "upgradeFromLrtq" : "initial";
      const proposal = { rackId: RACK, kind, members, coordinator } as const;
      const { record, superseded } = control.proposeConfiguration(this.#records, proposal, now);
      const changed = superseded === null ? [record] : [superseded, record];
      this.#records = withRecords(this.#records, changed);
    });
    const refused = this.database.transact({ kind: "propose", members, coordinator, now });
    if ((code === null) !== (refused === null)) throw new Disagreement("propose", refused, code);
    this.#compare("propose");
  }

  /** Another control plane on the same store is faster. */
  disturb(epoch: Epoch, random: Random, now: number): void {
    const record = this.model(epoch);
    const sled = random.pick([...record.members]);
    const status = statusOf(random, record, epoch, 0);
    const draw = random.below(10);
    if (draw < 5) {
      this.#both({ kind: "learn", epoch, status, now }, (of) =>
        control.learnFromCoordinator(of, status, now),
      );
    } else if (draw < 7) {
      this.#both({ kind: "decide", epoch, now }, (of) => control.decideCommit(of, now));
    } else if (draw < 9) {
      this.#both({ kind: "acknowledge", epoch, sled, now }, (of) =>
        control.acknowledgeCommit(of, [sled], now),
      );
    } else {
      this.#both({ kind: "abort", epoch, reason: "why not", now }, (of) =>
        control.abortConfiguration(of, "why not", now),
      );
    }
  }

  #both(
    transition: Exclude<Transition, { kind: "propose" }>,
    change: (record: ConfigurationRecord) => ConfigurationRecord,
  ): void {
    const code = codeOf(() => {
      const record = this.#records.find(({ epoch }) => epoch === transition.epoch);
      if (record !== undefined) this.#records = withRecords(this.#records, [change(record)]);
    });
    const refused = this.database.transact(transition);
    if ((code === null) !== (refused === null)) {
      throw new Disagreement(transition.kind, refused, code);
    }
    this.#compare(transition.kind);
  }

  /** The model's record of an epoch. */
  model(epoch: Epoch): ModelRecord {
    const record = this.database.find(epoch);
    if (record === undefined) throw new Error(`the model has no record of epoch ${epoch}`);
    return record;
  }

  #compare(where: string): void {
    const { records } = this.database;
    if (records.length !== this.#records.length) {
      throw new Disagreement(where, records.length, this.#records.length);
    }
    records.forEach((model, i) => {
      const core = this.#records[i] as ConfigurationRecord;
      compareRecords(where, { model, core, rackId: RACK }, nameOf);
    });
  }
}

/** Configurations are read from JSON: equal ones are the same. */
export function nameOf(config: Parameters<typeof configurationJson>[0] | null): string | null {
  return config === null ? null : JSON.stringify(configurationJson(config));
}

function codeOf(change: () => void): ErrorCode | null {
  try {
    change();
    return null;
  } catch (error) {
    if (isTrustQuorumError(error)) return error.code;
    throw error;
  }
}
