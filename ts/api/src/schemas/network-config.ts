/** `GET` and `PUT /v1/network-config`. */
import Type from "typebox";
import { Count, strict } from "./common.ts";

/** The most bytes of a network configuration: it has to fit into one frame, as an array of integers. */
const NETWORK_CONFIG_BYTES_MAX = 256 * 1024;
/** The early network configuration: opaque bytes in base64; the highest generation wins. */
export const NetworkConfigSchema = Type.Object(
  {
    generation: Count,
    blob: Type.String({
      description: "base64 (RFC 4648, section 4)",
      pattern: "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
      maxLength: Math.ceil(NETWORK_CONFIG_BYTES_MAX / 3) * 4,
    }),
  },
  strict,
);
