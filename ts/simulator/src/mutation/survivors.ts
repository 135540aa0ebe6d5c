/** The mutants of the protocol that may survive the tests, and why. */

/** Kinds of reasons. */
export const REASONS = {
  same: "The same result in every case",
  never: "A case that cannot come about, kept as a second line of defence or for the types",
  cost: "Only time or memory",
} as const satisfies Record<string, string>;

/** A mutant that may survive. */
export interface Survivor {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: keyof typeof REASONS;
  readonly why: string;
}

const ABSENT_COMMIT = "an absent `commit` is as good as a false one";
const NULL_EPOCH = "a map has nothing under null, and what is absent is null in the end";
const EXHAUSTIVE = "every kind has a case of its own; the compiler holds that";
const OWN_SHARE = "no node starts with a commit whose share it lacks";
const SAME_KIND = "only alarms of the same kind are compared; the types need it";
const DERIVE = "deriving anew what has not changed gives the same";
const COMPACT = "when the queue's array is shortened, not what comes out of it";

/**
 * The mutants that no test can or need notice, since they change no behaviour that is specified. One entry stands
 * for one mutant: `npm run mutation` fails where a mutant survives that is not listed here.
 */
export const SURVIVORS: readonly Survivor[] = [
  same(
    "configuration.ts",
    "this === other",
    "false",
    "then all fields are compared, and are equal",
  ),
  same("coordinator.ts", "{ commit: false }", "{}", ABSENT_COMMIT),
  same("handlers.ts", "{ commit: false }", "{}", ABSENT_COMMIT),
  same("handlers.ts", "{ commit: false }", "{}", ABSENT_COMMIT),
  same("persistent-state.ts", "epoch === null", "false", NULL_EPOCH),
  same("persistent-state.ts", "epoch === null", "false", NULL_EPOCH),
  same("core.ts", "epoch === null", "false", NULL_EPOCH),
  same("persistent-state.ts", "best === null", "false", "any epoch is above null"),
  same("persistent-state.ts", "epoch > best", "epoch >= best", "an epoch occurs once"),
  same(
    "secret-loader.ts",
    "running.config.epoch > config.epoch",
    "running.config.epoch >= config.epoch",
    "the same epoch has returned before",
  ),
  same(
    "secret-loader.ts",
    "{ onlyMissing: true }",
    "{}",
    "nothing but this sled's own share is there yet, and it is not its own peer",
  ),
  same(
    "secret-loader.ts",
    "true",
    "false",
    "nothing but this sled's own share is there yet, and it is not its own peer",
  ),
  same(
    "share-computer.ts",
    "this.#collector === null",
    "false",
    "without a collector its epoch is null, which no message has",
  ),
  same("outputs.ts", "this.#saving === null", "false", "no generation is null"),
  same("handlers.ts", "computing !== null", "true", "null is no epoch's equal, and above none"),
  same("handlers.ts", "core.latestCommittedEpoch !== null", "true", "null is above no epoch"),
  same("node.ts", "{ onlyMissing: false }", "{}", "an absent option is as good as a false one"),
  same(
    "lrtq-collector.ts",
    "at < lrtq.shareDigests.length",
    "at <= lrtq.shareDigests.length",
    "no share's digest is the empty one that this adds",
  ),
  same("core.ts", "change.configs !== undefined || change.lrtq !== undefined", "true", DERIVE),
  same("core.ts", "change.lrtq !== undefined", "change.lrtq === undefined", DERIVE),
  same("core.ts", "change.commits !== undefined", "true", DERIVE),
  never("core.ts", "change.lrtq !== undefined", "false", "LRTQ data never changes alone"),
  never("secret-loader.ts", "peer === this.#core.self", "false", "no node is its own peer"),
  never("coordinator.ts", "own !== undefined", "true", OWN_SHARE),
  never("secret-loader.ts", "own !== undefined", "true", OWN_SHARE),
  never("coordinator.ts", "default: return operation satisfies never;", "default:", EXHAUSTIVE),
  never("coordinator.ts", "default: operation satisfies never;", "default:", EXHAUSTIVE),
  never("alarms.ts", "b.kind === a.kind", "true", SAME_KIND),
  never("alarms.ts", "b.kind === a.kind", "true", SAME_KIND),
  never("alarms.ts", "b.kind === a.kind", "true", SAME_KIND),
  never("handlers.ts", "rackId === null", "false", "a sled with an LRTQ share has a rack"),
  never(
    "requests.ts",
    "threshold > THRESHOLD_MAX",
    "false",
    "such a threshold is not below the number of members, or they are too many",
  ),
  never(
    "requests.ts",
    "a.rackId === b.rackId",
    "true",
    "who collects shares has a rack, and another one's request was refused before",
  ),
  cost("outputs.ts", "this.#head < this.#queue.length", "true", COMPACT),
  cost(
    "outputs.ts",
    "this.#head < this.#queue.length",
    "this.#head <= this.#queue.length",
    COMPACT,
  ),
  cost("outputs.ts", "this.#head < 1024", "true", COMPACT),
  cost("outputs.ts", "this.#head < 1024", "false", COMPACT),
  cost("outputs.ts", "this.#head < 1024", "this.#head <= 1024", COMPACT),
  cost("outputs.ts", "this.#head < 1024", "this.#head >= 1024", COMPACT),
];

function same(file: string, original: string, replacement: string, why: string): Survivor {
  return { file, original, replacement, reason: "same", why };
}

function never(file: string, original: string, replacement: string, why: string): Survivor {
  return { file, original, replacement, reason: "never", why };
}

function cost(file: string, original: string, replacement: string, why: string): Survivor {
  return { file, original, replacement, reason: "cost", why };
}
