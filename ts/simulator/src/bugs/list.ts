/**
 * Seeded bugs: each is a change of the core's source that one of the invariants must catch. A change
 * whose text is not found exactly once any more is an error, never a bug that is quietly left out.
 */
import type { SimulationOptions } from "../schedule/options.ts";

/** One edit of a file under `ts/core/src`. */
export interface Edit {
  readonly file: string;
  /** Text that occurs exactly once in the file. */
  readonly search: string;
  readonly replace: string;
}

/** A bug, and where to look for it. */
export interface SeededBug {
  readonly name: string;
  /** What is wrong with it, in a sentence. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /** What the runs that must find it are like. */
  readonly options: SimulationOptions;
}

const ROUGH: SimulationOptions = { profile: "rough", sleds: 5, lrtq: false, steps: 1500 };
const SLOW: SimulationOptions = { ...ROUGH, slowSaves: true };
const LRTQ: SimulationOptions = { profile: "faulty", sleds: 5, lrtq: true, steps: 600 };
const HOSTILE: SimulationOptions = { profile: "hostile", sleds: 5, lrtq: false, steps: 3000 };
/** The handlers alone: with a guard in front these bugs have no effect. */
const UNGUARDED: SimulationOptions = { ...HOSTILE, guard: "original" };
const SPOOFED: SimulationOptions = { ...HOSTILE, profile: "spoofed" };
const HOSTILE_LRTQ: SimulationOptions = { ...HOSTILE, lrtq: true, sleds: 7, steps: 600 };

/** All seeded bugs, in the order in which they are hunted. */
export const BUGS: readonly SeededBug[] = [
  bug("prepare-from-anyone", "a Prepare counts whoever has sent it", HOSTILE, {
    file: "protocol/handlers.ts",
    search: `if (from !== config.coordinator) return "prepare_not_from_coordinator";`,
    replace: "",
  }),
  bug("prepare-digest-unchecked", "the share of a Prepare is not checked", HOSTILE, {
    file: "protocol/handlers.ts",
    search: "share.x !== index + 1 || !core.crypto.verifyShare(share, config.digestAt(index))",
    replace: "share.x !== index + 1",
  }),
  bug("stale-prepare-accepted", "a Prepare older than the latest commit is kept", UNGUARDED, {
    file: "protocol/handlers.ts",
    search: "core.latestCommittedEpoch !== null && core.latestCommittedEpoch > epoch",
    replace: "core.latestCommittedEpoch === -epoch",
  }),
  bug(
    "prepare-below-a-forged-one-refused",
    "a Prepare must be for the latest epoch known",
    UNGUARDED,
    {
      file: "protocol/handlers.ts",
      search: "core.latestCommittedEpoch !== null && core.latestCommittedEpoch > epoch",
      replace: "core.latestConfig !== null && core.latestConfig.epoch > epoch",
    },
  ),
  {
    name: "configuration-and-share-overwritten",
    what: "a second Prepare of an epoch replaces the first one",
    options: HOSTILE,
    edits: [
      {
        file: "protocol/handlers.ts",
        search: `  } else if (!existing.equals(config)) {
    return mismatch(core, existing, config, from);
  }
  core.keep(config, share, { commit: false });`,
        replace: "  }\n  core.keep(config, share, { commit: false });",
      },
      {
        file: "protocol/core.ts",
        search: "if (configs.get(epoch)?.equals(config) === false) return;",
        replace: "",
      },
      {
        file: "protocol/core.ts",
        search: "if (!configs.has(epoch)) change.configs",
        replace: "change.configs",
      },
      {
        file: "protocol/core.ts",
        search: "if (share !== null && !shares.has(epoch)) {",
        replace: "if (share !== null) {",
      },
    ],
  },
  bug("commit-forgets-earlier-ones", "recording a commit drops the earlier ones", ROUGH, {
    file: "protocol/core.ts",
    search: "change.commits = new Set(commits).add(epoch)",
    replace: "change.commits = new Set([epoch])",
  }),
  bug("commit-not-recorded", "a commit succeeds without being recorded", ROUGH, {
    file: "protocol/calls.ts",
    search: "core.keep(config, null, { commit: true });",
    replace: "",
  }),
  bug("commit-epoch-not-compared", "any earlier commit counts as this one", ROUGH, {
    file: "protocol/calls.ts",
    search: "if (!core.hasCommittedAtLeast(epoch)) {",
    replace: "if (core.latestCommittedEpoch === null) {",
  }),
  bug("commit-of-what-was-not-prepared", "a commit does not need the share", ROUGH, {
    file: "protocol/handlers.ts",
    search: "} else if (hasPrepared(core.state, epoch)) {",
    replace: "} else if (core.state.configs.has(epoch)) {",
  }),
  bug("pending-answered-as-committed", "prepareAndCommit says committed too early", ROUGH, {
    file: "protocol/calls.ts",
    search: `return committed ? "committed" : "pending";`,
    replace: `return "committed";`,
  }),
  bug("send-before-persist", "outputs leave before their generation is saved", ROUGH, {
    file: "protocol/outputs.ts",
    search: "next.generation <= this.#persisted",
    replace: "next.generation <= this.#generation",
  }),
  bug("change-opens-no-generation", "a change does not ask for a save", ROUGH, {
    file: "protocol/outputs.ts",
    search: "this.#generation += 1;",
    replace: "this.#generation += 0;",
  }),
  bug("output-waits-for-an-older-save", "an output carries the generation saved last", ROUGH, {
    file: "protocol/outputs.ts",
    search: "this.#queue.push({ generation: this.#generation, output });",
    replace: "this.#queue.push({ generation: this.#persisted, output });",
  }),
  bug("save-confirms-later-changes", "a finished save counts for changes made meanwhile", SLOW, {
    file: "protocol/outputs.ts",
    search: "this.#persisted = generation;\n    this.#saving = null;",
    replace: "this.#persisted = this.#generation;\n    this.#saving = null;",
  }),
  bug("no-tick", "tick asks nobody", ROUGH, {
    file: "protocol/node.ts",
    search: `  tick(): void {
    for (const peer of this.#core.connected) {`,
    replace: `  tick(): void {
    for (const peer of new Set<BaseboardId>()) {`,
  }),
  bug("tick-without-coordinator", "tick forgets what the coordinator still needs", ROUGH, {
    file: "protocol/node.ts",
    search: "this.#parts.coordinator?.ask(peer);",
    replace: "",
  }),
  bug("ack-epoch-not-compared", "an acknowledgement of another epoch counts", ROUGH, {
    file: "protocol/coordinator.ts",
    search: `operation.kind !== "prepare" || epoch !== this.epoch || index < 0`,
    replace: `operation.kind !== "prepare" || index < 0`,
  }),
  bug("status-names-all-members", "a coordinator's status names members that did not ack", ROUGH, {
    file: "protocol/coordinator.ts",
    search: "this.#config.members.filter((member) => operation.acks.has(member))",
    replace:
      "this.#config.members.filter((member) => operation.acks.has(this.#core.self) || member)",
  }),
  bug("own-share-not-persisted", "a coordinator does not keep its own configuration", ROUGH, {
    file: "protocol/coordinator.ts",
    search: "this.#core.keep(this.#config, own, { commit: false });",
    replace: "",
  }),
  bug("chain-drops-older-secrets", "the secrets before the last one are not carried on", ROUGH, {
    file: "protocol/coordinator.ts",
    search: `        epoch,
        encrypted: encryptedRackSecrets,`,
    replace: `        epoch,
        encrypted: encryptedRackSecrets && null,`,
  }),
  bug("share-digest-unchecked", "a share of a peer is collected without its digest", HOSTILE, {
    file: "protocol/share-collector.ts",
    search: "!this.#crypto.verifyShare(share, this.config.digestAt(index))",
    replace: "!this.#crypto.verifyShare(share, this.#crypto.sha3_256(share.bytes))",
  }),
  bug("threshold-off-by-one", "K − 1 shares count as enough", ROUGH, {
    file: "protocol/share-collector.ts",
    search: `return this.#received.size === this.config.threshold ? "complete"`,
    replace: `return this.#received.size === this.config.threshold - 1 ? "complete"`,
  }),
  bug("one-share-too-many", "K + 1 shares are waited for", ROUGH, {
    file: "protocol/share-collector.ts",
    search: `return this.#received.size === this.config.threshold ? "complete"`,
    replace: `return this.#received.size === this.config.threshold + 1 ? "complete"`,
  }),
  bug("share-for-anyone", "a share is given to whoever asks", HOSTILE, {
    file: "protocol/handlers.ts",
    search: "if (!config.has(to)) {",
    replace: "if (config.epoch < 0) {",
  }),
  bug("share-given-away-not-copied", "the node's own share is sent, and wiped by the host", ROUGH, {
    file: "protocol/handlers.ts",
    search: `epoch, share: share.clone() }`,
    replace: `epoch, share }`,
  }),
  bug("latest-share-not-given", "the share of the latest commit itself is refused", ROUGH, {
    file: "protocol/handlers.ts",
    search: "if (committed !== null && committed.epoch > epoch) {",
    replace: "if (committed !== null && committed.epoch >= epoch) {",
  }),
  bug("members-told-expunged", "members and others are mixed up", ROUGH, {
    file: "protocol/handlers.ts",
    search: "if (committed.has(to)) core.send",
    replace: "if (!committed.has(to)) core.send",
  }),
  bug("expunged-not-honoured", "an expunged sled goes on", ROUGH, {
    file: "protocol/handlers.ts",
    search: `if (core.state.expunged !== null) return "own_sled_expunged";`,
    replace: "",
  }),
  bug("dropped-sled-not-told", "a dropped sled is not told that it is expunged", ROUGH, {
    file: "protocol/handlers.ts",
    search: `else core.send(to, { kind: "expunged", rackId, epoch });`,
    replace: "",
  }),
  bug("stale-expunged-honoured", "an old Expunged ends a member that was added again", HOSTILE, {
    file: "protocol/handlers.ts",
    search: `if (epoch < latest.epoch) return "stale_expunged";`,
    replace: "",
  }),
  bug("other-rack-accepted", "a message for another rack is taken", UNGUARDED, {
    file: "protocol/handlers.ts",
    search: "core.rackId !== null && core.rackId !== message.rackId",
    replace: "core.rackId === null && message.rackId.length === 0",
  }),
  bug("coordinates-and-computes", "a later commit does not stop the coordinator", ROUGH, {
    file: "protocol/handlers.ts",
    search: `    stopCoordinating(parts);
  }

  const computing`,
    replace: `  }

  const computing`,
  }),
  bug("coordinator-not-stopped-on-commit", "a committed upgrade is coordinated for ever", LRTQ, {
    file: "protocol/calls.ts",
    search: `    // this one's secret out of the chain.
    stopCoordinating(parts);`,
    replace: "    // this one's secret out of the chain.",
  }),
  bug("computes-another-sleds-share", "the computed share is the next member's", ROUGH, {
    file: "protocol/share-computer.ts",
    search: "x: index + 1,",
    replace: "x: index + 2,",
  }),
  bug("computed-share-not-kept", "a computed share is thrown away", ROUGH, {
    file: "protocol/share-computer.ts",
    search: "core.keep(config, computed.value, { commit: true });",
    replace: "",
  }),
  bug("computer-never-asks", "nobody is asked for the shares to compute from", ROUGH, {
    file: "protocol/share-computer.ts",
    search: "if (this.#collector === null || !this.#collector.wants(peer)) return;",
    replace: "if (this.#collector === null || this.#collector.wants(peer)) return;",
  }),
  bug("prepared-counts-as-committed", "the latest configuration counts as committed", ROUGH, {
    file: "protocol/persistent-state.ts",
    search: "return highest(state.commits);",
    replace: "return highest(state.configs.keys());",
  }),
  bug("oldest-commit-is-the-latest", "the first commit counts as the latest", ROUGH, {
    file: "protocol/persistent-state.ts",
    search: "if (best === null || epoch > best) best = epoch;",
    replace: "if (best === null || epoch < best) best = epoch;",
  }),
  bug("used-epoch-coordinated-again", "an epoch that was prepared is coordinated again", ROUGH, {
    file: "protocol/requests.ts",
    search: "if (epoch <= existing && existing > 0) {",
    replace: "if (epoch < existing && existing > 0) {",
  }),
  bug("last-committed-not-compared", "a request may rest on another commit", ROUGH, {
    file: "protocol/requests.ts",
    search: "if (lastCommittedEpoch !== core.latestCommittedEpoch) {",
    replace: "if (lastCommittedEpoch === undefined) {",
  }),
  bug("request-of-another-rack", "a request for another rack is granted", ROUGH, {
    file: "protocol/requests.ts",
    search: "if (expected !== null && expected !== got) refuse",
    replace: "if (expected !== null && got.length === 0) refuse",
  }),
  bug("threshold-of-all-members", "a threshold may be as large as the membership", ROUGH, {
    file: "protocol/requests.ts",
    search: "if (members <= threshold) refuse",
    replace: "if (members < threshold) refuse",
  }),
  bug("coordinator-outside", "a sled coordinates a group that it is not in", ROUGH, {
    file: "protocol/requests.ts",
    search: "if (!request.members.includes(self)) {",
    replace: "if (request.members.length === 0) {",
  }),
  bug("loads-what-is-not-committed", "a secret above the latest commit is collected for", ROUGH, {
    file: "protocol/secret-loader.ts",
    search: `if (epoch > config.epoch) throw new TrustQuorumError("ERR_TQ_NOT_COMMITTED", { epoch });`,
    replace: "",
  }),
  bug("lrtq-digest-unchecked", "an LRTQ share is taken whatever its digest", HOSTILE_LRTQ, {
    file: "protocol/lrtq-collector.ts",
    search: `if (!this.#known.has(digest)) return "lrtq_share_unknown_digest";`,
    replace: "",
  }),
  bug("lrtq-share-counted-twice", "one LRTQ share counts for two sleds", HOSTILE_LRTQ, {
    file: "protocol/lrtq-collector.ts",
    search: `if (this.#held.has(digest)) return "lrtq_share_held_from_another";`,
    replace: "",
  }),
  bug("lrtq-threshold-off-by-one", "K − 1 LRTQ shares count as enough", LRTQ, {
    file: "protocol/lrtq-collector.ts",
    search: `return this.#received.size === this.threshold ? "complete"`,
    replace: `return this.#received.size === this.threshold - 1 ? "complete"`,
  }),
  bug("configurations-without-a-limit", "peers may fill the ledger", SPOOFED, {
    file: "protocol/guard/room.ts",
    search: "if (count > places || size > bytes) return",
    replace: "if (size > bytes) return",
  }),
  bug("advance-unasked", "a CommitAdvance counts though nobody asked for it", HOSTILE, {
    file: "protocol/guard/guard.ts",
    search: `answeredBySaying(from, message.config.epoch) ? undefined : "not_asked";`,
    replace: "answeredBySaying(from, message.config.epoch) ? undefined : undefined;",
  }),
  bug("expunged-by-one", "one member's word that a sled was removed is enough", ROUGH, {
    file: "protocol/guard/removal-reports.ts",
    search: "this.#said.size >= known.threshold",
    replace: "this.#said.size >= 1",
  }),
  bug("coordinated-by-an-outsider", "a Prepare counts whoever coordinates it", HOSTILE, {
    file: "protocol/guard/guard.ts",
    search: "return this.#mayCoordinate(message.config) ? undefined",
    replace: "return this.#mayCoordinate(message.config) !== null ? undefined",
  }),
  bug("epochs-without-a-limit", "a message may bring whatever epoch", HOSTILE, {
    file: "protocol/guard/guard.ts",
    search: `if (this.isTooHigh(epochOf(message))) return "epoch_too_high";`,
    replace: "",
  }),
  bug(
    "members-in-utf16-order",
    "members are ordered by UTF-16 code units",
    { ...ROUGH, sleds: 9 },
    {
      file: "base/ids.ts",
      search: "if (isAscii(a) && isAscii(b)) return a < b ? -1 : 1;",
      replace: "if (isAscii(a) || !isAscii(a)) return a < b ? -1 : 1;",
    },
  ),
];

function bug(name: string, what: string, options: SimulationOptions, edit: Edit): SeededBug {
  return { name, what, options, edits: [edit] };
}
