/** The original's file of its network configuration: public, and a byte array in JSON. */
import Type from "typebox";
import { Value } from "typebox/value";
import { DaemonError } from "../errors.ts";
import { NETWORK_CONFIG_BYTES_MAX } from "./types.ts";
import type { NetworkConfig } from "./types.ts";

const FileSchema = Type.Object(
  {
    generation: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    blob: Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
      maxItems: NETWORK_CONFIG_BYTES_MAX,
    }),
  },
  { additionalProperties: false },
);

/** A byte takes at most three digits and a comma; the rest is the object around the array. */
const FILE_BYTES_MAX = 4 * NETWORK_CONFIG_BYTES_MAX + 64;

/** The bytes of the file, as the original writes it: `{"generation":7,"blob":[1,2,255]}`. */
export function encodeOriginalNetworkConfig({ generation, blob }: NetworkConfig): Uint8Array {
  return Buffer.from(`{"generation":${generation},"blob":[${blob.join(",")}]}`);
}

/**
 * Reads the file, strictly: accepted is exactly what {@link encodeOriginalNetworkConfig} writes.
 *
 * @throws DaemonError `ERR_TQD_ORIGINAL_UNUSABLE` where it is larger than what is kept of one,
 * `ERR_TQD_ORIGINAL_CORRUPT`
 */
export function decodeOriginalNetworkConfig(file: string, bytes: Uint8Array): NetworkConfig {
  if (bytes.length > FILE_BYTES_MAX) {
    const problem = `a network configuration has at most ${NETWORK_CONFIG_BYTES_MAX} bytes`;
    throw new DaemonError("ERR_TQD_ORIGINAL_UNUSABLE", { file, problem });
  }
  const value = parsed(bytes);
  if (Value.Check(FileSchema, value)) {
    const config = { generation: value.generation, blob: Uint8Array.from(value.blob) };
    if (Buffer.from(encodeOriginalNetworkConfig(config)).equals(bytes)) return config;
  }
  const problem = 'it is not {"generation":…,"blob":[…]} as the original writes it';
  throw new DaemonError("ERR_TQD_ORIGINAL_CORRUPT", { file, offset: null, problem });
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
