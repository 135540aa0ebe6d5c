/** Ending this process in any case. */
import { hostAddon } from "./native.ts";

/**
 * Ends this process with an exit code once a time has passed, whatever it does meanwhile: also where its
 * event loop is blocked, or `process.exit` waits for a thread that writes to a pipe which nobody reads.
 * Nothing takes it back; whoever calls it is about to end the process anyway. It never throws.
 *
 * @param milliseconds 0 to 2^32-1
 * @param code the exit code, 0 to 255
 * @returns whether it will: without the addon there is no such thing
 * @example
 * import { once } from "node:events";
 * import { endProcessWithin } from "@trust-quorum/sled-host/os/end";
 *
 * endProcessWithin(1000, 4);
 * // May wait for as long as nobody reads.
 * if (!process.stdout.write("the end\n")) await once(process.stdout, "drain");
 * process.exit(4);
 */
export function endProcessWithin(milliseconds: number, code: number): boolean {
  try {
    return hostAddon()?.hostEndWithin(milliseconds, code).kind === "done";
  } catch {
    // An addon of an earlier build, say. This is no time for another failure.
    return false;
  }
}
