/** The racks that the tests simulate in browsers, and what Node's native cryptography makes of them. */
import { recordLog, record, simulate } from "@trust-quorum/simulator";
import type { SimulationOptions } from "@trust-quorum/simulator";
import { nativeCrypto } from "trust-quorum";

/** One of a bootstore, one with everything that goes wrong by itself, one with hostile members. */
export const RUNS: readonly { readonly seed: number; readonly options: SimulationOptions }[] = [
  { seed: 4, options: { profile: "faulty", sleds: 5, lrtq: true, steps: 600 } },
  { seed: 9, options: { profile: "rough", sleds: 6, lrtq: false, slowSaves: true, steps: 600 } },
  { seed: 21, options: { profile: "hostile", sleds: 5, encode: true, steps: 400 } },
];

/** What the program should find, in the order of the runs. */
export function simulatedInNode(): unknown {
  return RUNS.map(({ seed, options }) => {
    const { failure, steps, calls, coverage } = simulate(seed, options, "native");
    const log = recordLog(record(seed, options, "native"), "native");
    const digest = nativeCrypto().sha3_256(new TextEncoder().encode(log));
    return { failure, steps, calls, coverage, bytes: log.length, digest: [...digest] };
  });
}
