/** Looks for a seeded bug in a process of its own, which loads a copy of the core that has the bug. */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { Invariant } from "../invariants/failure.ts";
import type { SeededBug } from "./list.ts";
import { makeTree, removeTree } from "./tree.ts";

/** What is looked for, and how hard. */
export interface Hunt {
  readonly options: SeededBug["options"];
  /** The seeds that may be tried, from 1. */
  readonly seeds: number;
  readonly shrink: boolean;
}

/** The bug as it was caught. */
export interface Caught {
  readonly seed: number;
  readonly invariant: Invariant;
  readonly message: string;
  /** Actions until it was caught. */
  readonly step: number;
  /**
   * The smallest run that shows the bug: of which seed, how many events are left, and whether it fails
   * only once the rack is healed (what that takes is not counted). Null where nothing was shrunk.
   */
  readonly shrunk: {
    readonly seed: number;
    readonly events: number;
    readonly healed: boolean;
  } | null;
}

const run = promisify(execFile);

/**
 * Hunts a bug, or, without one, makes sure that the same runs find nothing in the core as it is.
 *
 * @returns undefined where no seed caught it
 */
export async function hunt(bug: SeededBug | null, wanted: Hunt): Promise<Caught | undefined> {
  const tree = makeTree(bug);
  try {
    const program = path.join(tree, "ts/simulator/dist/bugs/hunter.js");
    const { stdout } = await run(process.execPath, [program, JSON.stringify(wanted)], {
      maxBuffer: 16 * 1024 * 1024,
    });
    return (JSON.parse(stdout) as Caught | null) ?? undefined;
  } finally {
    removeTree(tree);
  }
}
