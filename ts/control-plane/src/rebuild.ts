/**
 * Rebuilds the control plane's records from what the sleds' ledgers hold, after the journal was lost.
 *
 * What comes back: every configuration that some sled still holds, with its members, digests and
 * encrypted secrets; that it was committed, where some sled knows of the commit; who has prepared and
 * committed it, by each sled's own word. An epoch of which no sled holds anything becomes an aborted
 * one, so that it is never used again. What does not come back: times, reasons of aborts, and the
 * members of epochs that nobody holds.
 *
 * The one danger is a commit that the lost journal had decided and that only a silent sled knows of.
 * So the latest epoch, where nobody knows of its commit, is taken up again only where the members that
 * are silent cannot make up for it: with them fewer than K + Z have prepared, or there are none.
 */
import { epoch as toEpoch } from "trust-quorum";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import {
  acknowledgeCommit,
  acknowledgementsNeeded,
  commitCrashTolerance,
  thresholdFor,
} from "trust-quorum/control";
import type { ConfigurationRecord, MemberRecord } from "trust-quorum/control";
import { LRTQ_EPOCH } from "trust-quorum/protocol";
import type { Configuration } from "trust-quorum/protocol";
import { OperatorError } from "@trust-quorum/api/client/errors";
import type { LedgerView } from "./survey.ts";

/** How many epochs are left out where a sled that may have used some does not answer. */
const SKIPPED_EPOCHS = 8;

/** What the sleds were found to hold. */
export interface Evidence {
  /** Every configuration that some sled holds. Those of one epoch have to be the same. */
  readonly configurations: readonly Configuration[];
  readonly ledgers: ReadonlyMap<BaseboardId, LedgerView>;
  /** Sleds that an operator says are gone for good, and will never answer. */
  readonly gone: ReadonlySet<BaseboardId>;
}

/** What could be rebuilt. */
export interface Rebuilt {
  /** Ascending by epoch, without a gap. */
  readonly records: readonly ConfigurationRecord[];
  /** Sentences for people: what is not as it was. */
  readonly notes: readonly string[];
}

/**
 * Rebuilds the records.
 *
 * @param now milliseconds since 1970, for the times that are not known
 * @throws OperatorError `ERR_TQ_CLI_CONTRADICTION` where two sleds hold different configurations of
 * one epoch, `ERR_TQ_CLI_JOURNAL_BEHIND` where a member that does not answer may know of a commit
 */
export function rebuildRecords(evidence: Evidence, now: number): Rebuilt {
  const configs = byEpoch(evidence.configurations);
  const known = highestEpochKnown(evidence.ledgers) ?? 0;
  const latest = highest([...configs.keys(), known].filter((epoch) => epoch > 0));
  if (latest === null) return { records: [], notes: [] };
  const committed = committedEpochs(evidence);
  const sample = [...configs.values()].at(-1);
  if (sample === undefined) {
    throw contradiction("the sleds name epochs, but none shows a configuration");
  }
  const records: ConfigurationRecord[] = [];
  const notes: string[] = [];
  let lastCommitted: Epoch | null = null;
  for (let number = firstEpoch(evidence); number <= latest; number++) {
    const epoch = toEpoch(number);
    const context = { evidence, epoch, lastCommitted, now };
    const config = configs.get(epoch);
    if (config === undefined) {
      if (committed.has(epoch)) throw contradiction(`nobody shows the committed epoch ${epoch}`);
      records.push(abortedRecord(context, configs.get(latest) ?? sample, "no sled holds it"));
      notes.push(`epoch ${epoch}: no sled holds it, so it counts as aborted`);
    } else if (committed.has(epoch)) {
      records.push(committedRecord(context, config, epoch === highest(committed)));
      lastCommitted = epoch;
    } else if (epoch < latest) {
      records.push(abortedRecord(context, config, "no sled knows of its commit"));
      notes.push(`epoch ${epoch}: no sled knows of its commit, so it counts as aborted`);
    } else {
      checkUndecided(context, config);
      records.push(preparingRecord(context, config));
      notes.push(`epoch ${epoch}: no sled knows of its commit, so it is being prepared`);
    }
  }
  const goesOn = records.at(-1)?.state.startsWith("preparing") === true;
  if (!goesOn && !everyCoordinatorAnswered(evidence, records)) {
    const last = records.at(-1)?.config ?? sample;
    for (let skipped = 0; skipped < SKIPPED_EPOCHS; skipped++) {
      const epoch = toEpoch((records.at(-1)?.epoch ?? latest) + 1);
      const context = { evidence, epoch, lastCommitted, now };
      records.push(abortedRecord(context, last, "a silent sled may coordinate it"));
    }
    notes.push(
      `epochs up to ${records.at(-1)?.epoch ?? latest} are skipped: a silent sled may be coordinating one`,
    );
  }
  return { records, notes };
}

/** The highest epoch that any sled knows of, or null. */
export function highestEpochKnown(ledgers: ReadonlyMap<BaseboardId, LedgerView>): number | null {
  return highest(
    [...ledgers.values()].flatMap(({ configs, commits, coordinating }) => [
      ...configs,
      ...commits,
      ...(coordinating == null ? [] : [coordinating]),
    ]),
  );
}

/**
 * A coordinator that still collects shares has its epoch in memory only. Whoever was not asked itself
 * may be one, and its epoch must not be used for anything else.
 */
function everyCoordinatorAnswered(
  evidence: Evidence,
  records: readonly ConfigurationRecord[],
): boolean {
  const members = new Set(records.flatMap((record) => [...record.members.keys()]));
  return [...members].every(
    (id) => evidence.gone.has(id) || evidence.ledgers.get(id)?.coordinating !== undefined,
  );
}

interface Context {
  readonly evidence: Evidence;
  readonly epoch: Epoch;
  readonly lastCommitted: Epoch | null;
  readonly now: number;
}

function byEpoch(configurations: readonly Configuration[]): Map<Epoch, Configuration> {
  const configs = new Map<Epoch, Configuration>();
  for (const config of configurations) {
    const known = configs.get(config.epoch);
    if (known !== undefined && !known.equals(config)) {
      throw contradiction(`two different configurations exist for epoch ${config.epoch}`);
    }
    configs.set(config.epoch, config);
  }
  return new Map([...configs].sort(([a], [b]) => a - b));
}

function committedEpochs({ ledgers }: Evidence): Set<number> {
  return new Set([...ledgers.values()].flatMap(({ commits }) => [...commits]));
}

/** A rack that came from the bootstore begins at epoch 2. */
function firstEpoch({ ledgers, configurations }: Evidence): number {
  const lrtq = [...ledgers.values()].some(({ hasLrtqShare }) => hasLrtqShare);
  const first = Math.min(...configurations.map(({ epoch }) => epoch));
  // A first configuration holds no prior secrets; with some it follows LRTQ.
  const follows = configurations.find(({ epoch }) => epoch === first)?.encryptedRackSecrets;
  return lrtq || (first === LRTQ_EPOCH + 1 && follows !== null) ? LRTQ_EPOCH + 1 : LRTQ_EPOCH;
}

function baseRecord(context: Context, config: Configuration): ConfigurationRecord {
  const { evidence, epoch, lastCommitted, now } = context;
  const members = config.members.map((id) => [
    id,
    memberState(evidence.ledgers.get(id), epoch, now),
  ]);
  const fromLrtq = firstEpoch(evidence) > LRTQ_EPOCH;
  return {
    rackId: config.rackId,
    epoch,
    lastCommittedEpoch: lastCommitted,
    state: fromLrtq && lastCommitted === null ? "preparing_lrtq_upgrade" : "preparing",
    threshold: config.threshold,
    commitCrashTolerance: commitCrashTolerance(config.members.length),
    coordinator: config.coordinator,
    members: new Map(members as [BaseboardId, MemberRecord][]),
    config,
    abortReason: null,
    timeCreated: now,
    timeCommitting: null,
    timeCommitted: null,
    timeAborted: null,
  };
}

function memberState(view: LedgerView | undefined, epoch: Epoch, now: number): MemberRecord {
  const prepared = view?.shares.includes(epoch) === true && view.configs.includes(epoch);
  return {
    state: prepared ? "prepared" : "unacked",
    timePrepared: prepared ? now : null,
    timeCommitted: null,
  };
}

function preparingRecord(context: Context, config: Configuration): ConfigurationRecord {
  return baseRecord(context, config);
}

function committedRecord(
  context: Context,
  config: Configuration,
  latest: boolean,
): ConfigurationRecord {
  const { evidence, epoch, now } = context;
  const base: ConfigurationRecord = {
    ...baseRecord(context, config),
    state: "committing",
    timeCommitting: now,
  };
  const told = config.members.filter((id) => evidence.ledgers.get(id)?.commits.includes(epoch));
  const record = acknowledgeCommit(base, told, now);
  if (record.state === "committed" || latest) return record;
  return { ...record, state: "committed_partially", timeCommitted: now };
}

function abortedRecord(context: Context, like: Configuration, reason: string): ConfigurationRecord {
  const { epoch, lastCommitted, now, evidence } = context;
  const unacked: MemberRecord = { state: "unacked", timePrepared: null, timeCommitted: null };
  const own = like.epoch === epoch ? baseRecord(context, like) : null;
  return {
    ...(own ?? {
      rackId: like.rackId satisfies RackId,
      epoch,
      lastCommittedEpoch: lastCommitted,
      threshold: thresholdFor(like.members.length),
      commitCrashTolerance: commitCrashTolerance(like.members.length),
      coordinator: like.coordinator,
      members: new Map(like.members.map((id) => [id, unacked])),
      config: null,
      timeCreated: now,
      timeCommitting: null,
      timeCommitted: null,
    }),
    state: "aborted",
    abortReason: `rebuilt from ${evidence.ledgers.size} sleds: ${reason}`,
    timeAborted: now,
  };
}

/** Refuses to take up an epoch whose commit may have been decided already, and be known to a silent sled. */
function checkUndecided(context: Context, config: Configuration): void {
  const { evidence, epoch } = context;
  const record = baseRecord(context, config);
  const silent = config.members.filter((id) => !evidence.ledgers.has(id) && !evidence.gone.has(id));
  const prepared = [...record.members.values()].filter(({ state }) => state !== "unacked").length;
  if (silent.length === 0 || prepared + silent.length < acknowledgementsNeeded(record)) return;
  const text =
    `the commit of epoch ${epoch} may be known to ${silent.join(", ")}, which nobody reaches; ` +
    "bring it up, or name it with --gone if it is lost for good";
  throw new OperatorError("ERR_TQ_CLI_JOURNAL_BEHIND", text);
}

function contradiction(problem: string): OperatorError {
  const text = `the sleds contradict each other: ${problem}; run \`tq doctor\``;
  return new OperatorError("ERR_TQ_CLI_CONTRADICTION", text);
}

function highest(numbers: Iterable<number>): Epoch | null {
  let best: number | null = null;
  for (const number of numbers) if (best === null || number > best) best = number;
  return best === null ? null : toEpoch(best);
}
