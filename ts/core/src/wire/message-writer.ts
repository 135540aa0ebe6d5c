/**
 * A writer of whole messages, which caches the encodings that many of them have in common.
 *
 * Only public values are cached: the rack's id, and configurations. Everything else that was written, such as
 * a share, is zeroed by {@link CborWriter.wipe}.
 */
import { EncodingCache } from "../base/encoding-cache.ts";
import type { RackId } from "../base/id-types.ts";
import type { Configuration } from "../protocol/configuration.ts";
import { CborWriter } from "./cbor-writer.ts";
import { writeConfiguration, writeUuid } from "./encode-values.ts";
import { FRAME_BODY_BYTES_MAX } from "./frame.ts";
import { KEYS } from "./names.ts";

/** Encodings of what messages have in common, for any number of writers. */
export class CommonItems {
  /** A node belongs to one rack all its life. */
  #latestHead: { readonly rackId: RackId; readonly item: Uint8Array } | undefined;
  /** Encodings of the configurations that were sent last. */
  readonly #configurations = new EncodingCache<Configuration>({ bytesMax: 1 << 20 });

  /** How every message of a rack begins: its map, the rack's id, and the key of what kind it is. */
  head(rackId: RackId): Uint8Array {
    if (this.#latestHead?.rackId !== rackId) {
      const item = encoded((writer) => {
        writer.map(2);
        writer.name(KEYS.rackId);
        writeUuid(writer, rackId);
        writer.name(KEYS.kind);
      });
      this.#latestHead = { rackId, item };
    }
    return this.#latestHead.item;
  }

  /** A configuration. */
  configuration(config: Configuration): Uint8Array {
    return this.#configurations.encodingOf(config, () =>
      encoded((writer) => writeConfiguration(writer, config)),
    );
  }
}

/** Writes one message after the other, each up to the limit of a frame's body. */
export class MessageWriter extends CborWriter {
  readonly #common: CommonItems;

  constructor(common: CommonItems) {
    super({ limit: FRAME_BODY_BYTES_MAX });
    this.#common = common;
  }

  /** The beginning of a message between peers, up to what kind it is. */
  head(rackId: RackId): void {
    this.raw(this.#common.head(rackId));
  }

  /** A configuration. */
  configuration(config: Configuration): void {
    this.raw(this.#common.configuration(config));
  }
}

function encoded(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter({ limit: FRAME_BODY_BYTES_MAX });
  write(writer);
  return writer.finish();
}
