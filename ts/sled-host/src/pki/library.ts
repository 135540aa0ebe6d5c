/**
 * `@peculiar/x509`, loaded when it is needed and not before: it costs more memory than the rest of the
 * transport, and a daemon needs it only where its clock is wrong.
 */
import type * as x509 from "@peculiar/x509";

let loading: Promise<typeof x509> | undefined;

/** The library. It wants `Reflect.getMetadata` to be there first. */
export function library(): Promise<typeof x509> {
  loading ??= import("reflect-metadata").then(() => import("@peculiar/x509"));
  return loading;
}
