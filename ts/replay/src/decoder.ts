/** Converts the records of a log to the library's types. */
import { hexToBytes } from "@noble/hashes/utils.js";
import type { EventLog, LogMessage, LogShare, LogState } from "@trust-quorum/event-log";
import type { Epoch, PeerMessage, RackId } from "trust-quorum";
import { LrtqShare, SHARE_BYTES, Share } from "trust-quorum/protocol";
import type { Configuration, PersistentState } from "trust-quorum/protocol";
import { placeholder } from "./symbolic-crypto.ts";

/** Makes the arguments of the calls on replayed nodes. */
export class Decoder {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  config(key: string): Configuration {
    const config = this.#log.configs.get(key);
    if (config === undefined) throw new Error(`${key} was not defined`);
    return config;
  }

  /** A message. The caller wipes it. */
  message(record: LogMessage): PeerMessage {
    const rackId = record.rackId ?? (this.#log.header.rackId as RackId);
    const { kind } = record;
    switch (kind) {
      case "prepare": {
        const config = this.config(record.config);
        return { kind, rackId, config, share: Share.copyOf(this.#bytes(record.share)) };
      }
      case "share": {
        const share = Share.copyOf(this.#bytes(record.share));
        return { kind, rackId, epoch: record.epoch, share };
      }
      case "lrtqShare":
        return { kind, rackId, share: LrtqShare.copyOf(this.#bytes(record.share)) };
      case "commitAdvance":
        return { kind, rackId, config: this.config(record.config) };
      case "getLrtqShare":
        return { kind, rackId };
      case "prepareAck":
      case "getShare":
      case "expunged":
        return { kind, rackId, epoch: record.epoch };
      default:
        return record satisfies never;
    }
  }

  state(record: LogState): PersistentState {
    const { lrtq } = record;
    const configs = record.configs.map((key) => this.config(key));
    const shares = Object.entries(record.shares).map(([epoch, share]): [Epoch, Share] => [
      Number(epoch) as Epoch,
      Share.copyOf(this.#bytes(share)),
    ]);
    return {
      lrtq: lrtq && {
        rackId: lrtq.rackId,
        epoch: lrtq.epoch,
        threshold: lrtq.threshold,
        share: LrtqShare.copyOf(this.#bytes(lrtq.share)),
        shareDigests: hexToBytes(lrtq.digests),
      },
      configs: new Map(configs.map((config) => [config.epoch, config])),
      shares: new Map(shares),
      commits: new Set(record.commits),
      expunged: record.expunged && { ...record.expunged },
      ...(record.abandoned === undefined ? {} : { abandoned: record.abandoned }),
    };
  }

  /** The 33 bytes of a share, real in a log with secrets. */
  #bytes(share: LogShare): Uint8Array {
    if (share.y === undefined) return placeholder(share);
    const bytes = new Uint8Array(SHARE_BYTES);
    bytes[0] = share.x;
    bytes.set(hexToBytes(share.y), 1);
    return bytes;
  }
}
