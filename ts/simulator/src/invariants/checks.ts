/** The invariants of a simulation: section 10 of the protocol, and those that `failure.ts` adds. */
import type {
  Alarm,
  CoordinatorStatus,
  Epoch,
  ErrorCode,
  NodeEvent,
  PeerMessage,
  RestoredLedger,
} from "trust-quorum";
import { hasPrepared, latestCommittedEpoch, latestConfig, rackIdOf } from "trust-quorum/protocol";
import type { NodeLike, PersistentState } from "trust-quorum/protocol";
import { same } from "./bytes.ts";
import { holds } from "./context.ts";
import type { CheckContext } from "./context.ts";
import { assertInvariant } from "./failure.ts";
import type { ControlPlaneObserver, HostObserver } from "../rack/observer.ts";
import type { ModelRecord } from "../rack/record.ts";
import { GuardChecks } from "./guard-checks.ts";
import { SecretChecks } from "./secret-checks.ts";
import type { Sled } from "../rack/sled.ts";
import { StateChecks } from "./state-checks.ts";

/**
 * Checks the invariants incrementally: after each input only what that input has changed. Which of them are
 * checked depends on the run's profile; see `docs/simulator.md`. Each method throws a `SimulationFailure` where an
 * invariant does not hold.
 */
export class Checks implements HostObserver, ControlPlaneObserver {
  readonly #context: CheckContext;
  readonly states: StateChecks;
  readonly secrets: SecretChecks;
  readonly guards: GuardChecks;

  constructor(context: CheckContext) {
    this.#context = context;
    this.states = new StateChecks(context);
    this.secrets = new SecretChecks(context);
    this.guards = new GuardChecks(context);
  }

  /** Whether every sled follows the protocol and no disk loses a state that it has confirmed. */
  get strict(): boolean {
    return this.#context.strict;
  }

  onRestore(sled: Sled, ledger: RestoredLedger | null): void {
    this.guards.restored(sled);
    this.states.restored(sled, ledger);
  }

  onChange(sled: Sled, before: PersistentState, after: PersistentState): void {
    this.states.changed(sled, before, after);
  }

  onSave(sled: Sled, state: PersistentState): void {
    this.states.saved(sled, state);
  }

  onReceive(sled: Sled, from: Sled, message: PeerMessage, before: PersistentState): void {
    this.states.input = message.kind;
    this.guards.received(sled, from, message, before);
    const { node } = sled;
    if (node !== null && node.persistentState !== before && staleBefore(before, message)) {
      assertInvariant(
        false,
        "stale-changes-nothing",
        () => `${sled.id} takes a stale ${message.kind}`,
      );
    }
    if (message.kind === "prepareAck") this.#acks(sled, sled.node?.coordinatorStatus() ?? null);
    if (message.kind === "commitAdvance") this.#oneTask(sled);
  }

  onRequest(sled: Sled): void {
    this.states.input = null;
    const status = sled.node?.coordinatorStatus();
    if (status === null || status === undefined) return;
    this.#oneTask(sled);
    this.#acks(sled, status);
  }

  /** A message must not refer to anything that is not on its sender's disk. */
  onSend(sled: Sled, to: Sled, message: PeerMessage): void {
    if (sled.amnesiac) return;
    const { durable } = sled;
    const early = (holds: boolean): void =>
      assertInvariant(
        holds,
        "persist-before-speak",
        () => `${sled.id} → ${to.id}: ${message.kind}`,
      );
    switch (message.kind) {
      case "prepare": {
        const { config, share } = message;
        early(durable.shares.has(config.epoch) && holds(durable, config));
        const own = config.indexOf(to.id) + 1 === share.x;
        assertInvariant(
          own,
          "shares-only-for-members",
          () => `${sled.id} sends ${to.id} another's share`,
        );
        return;
      }
      case "prepareAck":
        early(hasPrepared(durable, message.epoch));
        return;
      case "share": {
        early(same(durable.shares.get(message.epoch)?.bytes, message.share.bytes));
        const member = durable.configs.get(message.epoch)?.has(to.id) === true;
        assertInvariant(
          member,
          "shares-only-for-members",
          () => `${to.id} gets share ${message.epoch}`,
        );
        return;
      }
      case "lrtqShare":
        early(same(durable.lrtq?.share.bytes, message.share.bytes));
        return;
      case "commitAdvance":
        early(durable.commits.has(message.config.epoch) && holds(durable, message.config));
        return;
      case "expunged": {
        const config = durable.configs.get(message.epoch);
        early(config !== undefined);
        const member = config?.has(to.id) === true;
        assertInvariant(
          !member,
          "expunged-for-a-reason",
          () => `${sled.id} expunges the member ${to.id}`,
        );
        return;
      }
      case "getShare":
      case "getLrtqShare":
        return;
      default:
        message satisfies never;
    }
  }

  onEvent(sled: Sled, event: NodeEvent): void {
    const { coverage } = this.#context;
    const { durable } = sled;
    switch (event.kind) {
      case "committed": {
        const kept = durable.commits.has(event.epoch);
        assertInvariant(
          kept,
          "persist-before-speak",
          () => `${sled.id} tells of commit ${event.epoch}`,
        );
        break;
      }
      case "expunged": {
        const kept = durable.expunged !== null;
        assertInvariant(kept, "persist-before-speak", () => `${sled.id} tells that it is expunged`);
        break;
      }
      case "rackSecretsReady":
        this.secrets.loaded(sled, event.epoch);
        break;
      case "alarm": {
        sled.alarms += 1;
        coverage.count("alarms", event.alarm.kind);
        const { alarm } = event;
        assertInvariant(
          !this.#unexpected(sled, alarm),
          "no-alarms",
          () => `${sled.id}: ${alarm.kind}`,
        );
        break;
      }
      case "refused":
        coverage.count("refusals", event.refusal.reason);
        return;
      default:
        event satisfies never;
    }
    coverage.count("events", event.kind);
  }

  onStatus(sled: Sled, status: CoordinatorStatus | null): void {
    if (status?.operation !== "prepare" || !sled.honest) return;
    const { durable } = sled;
    const kept = durable.shares.has(status.epoch) && holds(durable, status.config);
    assertInvariant(
      kept,
      "persist-before-speak",
      () => `${sled.id} answers with configuration ${status.epoch}`,
    );
  }

  onContradiction(message: string): void {
    // Only a coordinator whose disk was rolled back may make another configuration of one epoch.
    assertInvariant(!this.strict, "one-configuration", () => message);
  }

  onCoordinationRefused(request: string, code: ErrorCode): void {
    const expected = code === "ERR_TQ_PREPARED_EPOCH_MISMATCH" || !this.strict;
    assertInvariant(expected, "no-unexpected-refusal", () => `${request}: ${code}`);
  }

  onCommitDecided(record: ModelRecord): void {
    this.secrets.commitDecided(record);
  }

  onCommitRefused(sled: Sled, request: string, code: ErrorCode, superseded: boolean): void {
    // One that was superseded may be told late, to a sled that was dropped since.
    const expected = superseded || !this.strict || !sled.honest;
    assertInvariant(expected, "no-unexpected-refusal", () => `${request}: ${code}`);
  }

  onCommitAcknowledged(sled: Sled, epoch: number): void {
    if (!sled.honest) return;
    const { durable } = sled;
    // A sled that has a later commit does not need this one: the later configuration has it as a member
    // and opens this epoch's secret. That commit must have been decided, not forged.
    const latest = latestCommittedEpoch(durable) ?? 0;
    const kept = latest >= epoch && hasPrepared(durable, latest as Epoch);
    assertInvariant(kept, "acknowledged-commits-are-kept", () => `${sled.id}: commit ${epoch}`);
    const lies = this.strict ? this.#context.influence.falseCommits(durable) : [];
    assertInvariant(lies.length === 0, "acknowledged-commits-are-kept", () => {
      return `${sled.id}: commit ${epoch}, resting on commit ${lies.join(", ")}`;
    });
  }

  /** What is kept of others' messages is bounded. */
  bounded(sled: Sled, node: NodeLike): void {
    const { alarms, diagnostics } = node.status();
    const small = alarms.length <= 64 && diagnostics.recent.length <= 256;
    assertInvariant(small, "bounded-memory", () => `${sled.id}: alarms or refusals`);
  }

  #acks(sled: Sled, status: CoordinatorStatus | null): void {
    if (status?.operation !== "prepare") return;
    if (this.#context.setup.profile === "spoofed" || !sled.honest) return;
    for (const id of status.acks) {
      const member = this.#context.sleds.of(id);
      if (member === sled || !member.honest || status.epoch <= member.resetUpTo) continue;
      const prepared = member.keptShares.has(status.epoch);
      assertInvariant(
        prepared,
        "acks-are-prepared",
        () => `${sled.id} counts ${id} for ${status.epoch}`,
      );
    }
  }

  /**
   * Hostile members can make sleds see two configurations of an epoch. They cannot make the shares of a
   * configuration that an honest sled has made fail, as each share is checked when it arrives.
   */
  #unexpected(sled: Sled, alarm: Alarm): boolean {
    if (this.strict) return true;
    if (this.#context.setup.profile === "amnesia" || alarm.kind === "mismatchedConfigurations")
      return false;
    if (alarm.kind === "committedConfigurationLost") return true;
    if (alarm.kind === "lrtqSecretReconstructionFailed") return true;
    if (alarm.kind === "ledgerAlmostFull") return true;
    const config = sled.node?.persistentState.configs.get(alarm.epoch);
    const maker = config === undefined ? undefined : this.#context.oracle.makerOf(config);
    return maker !== undefined && this.#context.sleds.at(maker).honest;
  }

  #oneTask(sled: Sled): void {
    const { node } = sled;
    if (node === null || node.coordinatorStatus() === null) return;
    const { computingShare } = node.work();
    assertInvariant(computingShare === null, "coordinates-or-computes", () => sled.id);
  }
}

/** Whether a message must leave a sled in this state as it is. */
function staleBefore(state: PersistentState, message: PeerMessage): boolean {
  if (state.expunged !== null) return true;
  const rackId = rackIdOf(state);
  if (rackId !== null && rackId !== message.rackId) return true;
  if (message.kind === "expunged") return message.epoch < (latestConfig(state)?.epoch ?? Infinity);
  if (!("config" in message)) return false;
  const committed = latestCommittedEpoch(state) ?? 0;
  const { epoch } = message.config;
  return message.kind === "prepare" ? committed > epoch : committed >= epoch;
}
