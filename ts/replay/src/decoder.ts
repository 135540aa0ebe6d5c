/** From the format back to the library's types. */
import type { EventLog, LogMessage, LogShare, LogState } from "@trust-quorum/event-log";
import { fromHex } from "@trust-quorum/event-log/format";
import type { Epoch, PeerMessage, RackId } from "trust-quorum";
import { LrtqShare, SHARE_BYTES, Share } from "trust-quorum/protocol";
import type { Configuration, PersistentState } from "trust-quorum/protocol";
import { placeholder } from "./symbolic-crypto.ts";

/** Makes what a replayed node is fed. */
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

  /** A message; whoever gets it wipes it. */
  message(picture: LogMessage): PeerMessage {
    const rackId = picture.rackId ?? (this.#log.header.rackId as RackId);
    const { kind } = picture;
    switch (kind) {
      case "prepare": {
        const config = this.config(picture.config);
        return { kind, rackId, config, share: Share.copyOf(this.#bytes(picture.share)) };
      }
      case "share": {
        const share = Share.copyOf(this.#bytes(picture.share));
        return { kind, rackId, epoch: picture.epoch, share };
      }
      case "lrtqShare":
        return { kind, rackId, share: LrtqShare.copyOf(this.#bytes(picture.share)) };
      case "commitAdvance":
        return { kind, rackId, config: this.config(picture.config) };
      case "getLrtqShare":
        return { kind, rackId };
      case "prepareAck":
      case "getShare":
      case "expunged":
        return { kind, rackId, epoch: picture.epoch };
      default:
        return picture satisfies never;
    }
  }

  state(picture: LogState): PersistentState {
    const { lrtq } = picture;
    const configs = picture.configs.map((key) => this.config(key));
    const shares = Object.entries(picture.shares).map(([epoch, share]): [Epoch, Share] => [
      Number(epoch) as Epoch,
      Share.copyOf(this.#bytes(share)),
    ]);
    return {
      lrtq: lrtq && {
        rackId: lrtq.rackId,
        epoch: lrtq.epoch,
        threshold: lrtq.threshold,
        share: LrtqShare.copyOf(this.#bytes(lrtq.share)),
        shareDigests: fromHex(lrtq.digests),
      },
      configs: new Map(configs.map((config) => [config.epoch, config])),
      shares: new Map(shares),
      commits: new Set(picture.commits),
      expunged: picture.expunged && { ...picture.expunged },
    };
  }

  /** The 33 bytes of a share, real in a log with secrets. */
  #bytes(share: LogShare): Uint8Array {
    if (share.y === undefined) return placeholder(share);
    const bytes = new Uint8Array(SHARE_BYTES);
    bytes[0] = share.x;
    bytes.set(fromHex(share.y), 1);
    return bytes;
  }
}
