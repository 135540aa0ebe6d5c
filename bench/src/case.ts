/** What a case is. */
import type { TrustQuorumCrypto } from "trust-quorum";
import type { Sampler, Subject } from "./measure.ts";
import type { Revision } from "./revisions/revision.ts";

/** What a sample is: nanoseconds of wall time, nanoseconds of CPU time, or bytes of memory. */
export type Quantity = "time" | "cpu" | "memory";

/** One piece of work that several implementations, or several revisions of this one, do. */
export interface Case {
  /** Unique, in lower case with hyphens. */
  readonly id: string;
  readonly title: string;
  /** Names of groups that `--only` finds it by as well. */
  readonly groups?: readonly string[];
  /** "time" where it is absent. */
  readonly quantity?: Quantity;
  /** Makes the sampler of this package's call with one of its backends. */
  readonly own?: (crypto: TrustQuorumCrypto) => Sampler;
  /** The same call with `into`, a buffer for the result, where there is such a form. */
  readonly ownInto?: (crypto: TrustQuorumCrypto) => Sampler;
  /** The subjects beside this package that run in this process. */
  readonly others?: () => Promise<readonly Subject[]>;
  /** Makes the sampler of a revision; only such cases are compared between revisions. */
  readonly revision?: (revision: Revision) => Sampler | Promise<Sampler>;
  /** Whether a run that compares no revisions leaves it out: another case has it as a subject. */
  readonly comparedOnly?: true;
  /** Whether each sample runs programs in processes of their own. */
  readonly startsPrograms?: true;
}
