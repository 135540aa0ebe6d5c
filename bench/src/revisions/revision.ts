/** A revision of this repository that is built. */
import { ROOT } from "../machine.ts";
import { CURRENT } from "../rack.ts";
import type { Library } from "./library.ts";

/** What is measured of a revision: its packages and its programs. */
export interface Revision {
  /** How it is called in errors. */
  readonly name: string;
  /** The folder of its workspace, where its programs are. */
  readonly root: string;
  readonly library: Library;
}

/** The revision that this benchmark is part of. */
export const CURRENT_REVISION: Revision = {
  name: "this revision",
  root: ROOT,
  library: CURRENT,
};
