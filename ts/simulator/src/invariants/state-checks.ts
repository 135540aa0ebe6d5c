/** Checks of sleds' persistent states: in memory after each change, and on their disks. */
import { baseboardParts } from "trust-quorum";
import type { BaseboardId, Epoch, PeerMessage, RestoredLedger } from "trust-quorum";
import {
  EPOCHS_AHEAD_MAX,
  hasPrepared,
  latestCommittedConfig,
  latestCommittedEpoch,
  partOf,
} from "trust-quorum/protocol";
import type { Configuration, PersistentState } from "trust-quorum/protocol";
import { compareBytes, same } from "./bytes.ts";
import type { CheckContext } from "./context.ts";
import { assertInvariant } from "./failure.ts";
import type { Sled } from "../rack/sled.ts";

/** How many configurations that Nexus itself named may be under way or given up, at the most. */
const DIRECT_MAX = 16;

/** Checks of what one sled keeps, against what it kept before and what the others keep. */
export class StateChecks {
  readonly #context: CheckContext;
  /** The first configuration on any disk for each epoch: one that was never saved was never told. */
  readonly #configs = new Map<Epoch, Configuration>();
  /** Configurations whose members were found to be in order. */
  readonly #ordered = new WeakSet<Configuration>();
  /** The kind of the message whose effects are being looked at. */
  input: PeerMessage["kind"] | null = null;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** The persistent state in memory is another one. */
  changed(sled: Sled, before: PersistentState, after: PersistentState): void {
    this.#stays(sled, before, after);
    if (after.configs !== before.configs) this.#newConfigs(sled, before, after);
    if (after.shares !== before.shares) this.#newShares(sled, before, after);
    for (const epoch of after.commits === before.commits ? [] : after.commits) {
      if (before.commits.has(epoch)) continue;
      const whole = hasPrepared(after, epoch);
      assertInvariant(
        whole,
        "well-formed-state",
        () => `${sled.id}: commit ${epoch} lacks its share`,
      );
    }
    this.#expunged(sled, before, after);
  }

  /** A state is durable. */
  saved(sled: Sled, state: PersistentState): void {
    for (const epoch of sled.dropped) {
      if (state.configs.has(epoch)) continue;
      sled.keptShares.delete(epoch);
      sled.dropped.delete(epoch);
    }
    for (const [epoch, bytes] of sled.keptShares) {
      const kept = same(state.shares.get(epoch)?.bytes, bytes);
      assertInvariant(
        kept,
        "nothing-changes-or-vanishes",
        () => `${sled.id}: saved share ${epoch}`,
      );
    }
    for (const epoch of sled.keptCommits) {
      const kept = state.commits.has(epoch);
      assertInvariant(
        kept,
        "nothing-changes-or-vanishes",
        () => `${sled.id}: saved commit ${epoch}`,
      );
    }
    this.#keep(sled, state);
  }

  /** A sled is about to start from this. */
  restored(sled: Sled, ledger: RestoredLedger | null): void {
    sled.dropped.clear();
    if (sled.amnesiac) {
      sled.keptShares.clear();
      sled.keptCommits.clear();
    }
    if (ledger !== null) this.saved(sled, ledger.state);
    const nothing = ledger === null && sled.keptShares.size > 0;
    assertInvariant(!nothing, "nothing-changes-or-vanishes", () => `${sled.id}: its whole ledger`);
  }

  /** What was there is there, unchanged. A change makes new maps, and most are the same ones. */
  #stays(sled: Sled, before: PersistentState, after: PersistentState): void {
    for (const [epoch, config] of after.configs === before.configs ? [] : before.configs) {
      const now = after.configs.get(epoch);
      if (now === undefined && mayDrop(before, after, epoch)) sled.dropped.add(epoch);
      if (sled.dropped.has(epoch)) continue;
      const kept = now === config || now?.equals(config) === true;
      assertInvariant(
        kept,
        "nothing-changes-or-vanishes",
        () => `${sled.id}: configuration ${epoch}`,
      );
    }
    for (const [epoch, share] of after.shares === before.shares ? [] : before.shares) {
      if (sled.dropped.has(epoch)) continue;
      const now = after.shares.get(epoch);
      const kept = now === share ? !share.wiped : same(now?.bytes, share.bytes);
      assertInvariant(kept, "nothing-changes-or-vanishes", () => `${sled.id}: share ${epoch}`);
    }
    for (const epoch of after.commits === before.commits ? [] : before.commits) {
      const kept = after.commits.has(epoch);
      assertInvariant(kept, "nothing-changes-or-vanishes", () => `${sled.id}: commit ${epoch}`);
    }
  }

  #keep(sled: Sled, state: PersistentState): void {
    for (const config of sled.honest ? state.configs.values() : []) {
      if (this.#isOwn(sled, config)) this.#context.oracle.noteGenuine(config);
    }
    for (const [epoch, config] of this.#context.strict ? state.configs : []) {
      const first = this.#configs.get(epoch);
      if (first === undefined) this.#configs.set(epoch, config);
      const one = first === undefined || first.equals(config);
      assertInvariant(
        one,
        "one-configuration",
        () => `${sled.id} saves another configuration of ${epoch}`,
      );
    }
    for (const [epoch, share] of state.shares) {
      if (!sled.keptShares.has(epoch)) sled.keptShares.set(epoch, share.bytes.slice());
    }
    for (const epoch of state.commits) sled.keptCommits.add(epoch);
  }

  /** Whether a sled has made this configuration because the control plane asked it to. */
  #isOwn({ id, index }: Sled, config: Configuration): boolean {
    const { coordinator, epoch } = config;
    if (coordinator !== id || this.#context.oracle.makerOf(config) !== index) return false;
    return this.#context.database.find(epoch)?.coordinator === id;
  }

  #newConfigs(sled: Sled, before: PersistentState, after: PersistentState): void {
    const committed = latestCommittedEpoch(after) ?? 0;
    let open = 0;
    for (const [epoch, config] of after.configs) {
      if (epoch > committed) open += 1;
      if (before.configs.has(epoch)) continue;
      const wellFormed = config.epoch === epoch && config.has(sled.id) && this.#inOrder(config);
      assertInvariant(wellFormed, "well-formed-state", () => `${sled.id}: configuration ${epoch}`);
      if (!this.#context.strict) continue;
      const one = this.#configs.get(epoch)?.equals(config) !== false;
      assertInvariant(
        one,
        "one-configuration",
        () => `${sled.id} has another configuration of ${epoch}`,
      );
    }
    // Without a guard a sled keeps whatever it is sent, as the original does.
    if (this.#context.setup.guard === "original") return;
    // Each coordinator has a part, and so has each who tells of others'; what Nexus asks for is kept in
    // any case.
    const group = latestCommittedConfig(after);
    const parts = group === null ? 1 : this.#context.sleds.all.length;
    const few = open <= parts * partOf(group).places + DIRECT_MAX;
    assertInvariant(
      few,
      "bounded-memory",
      () => `${sled.id} keeps ${open} uncommitted configurations`,
    );
  }

  /** A configuration cannot be changed: where sleds hold the same object, it is looked at once. */
  #inOrder(config: Configuration): boolean {
    if (this.#ordered.has(config)) return true;
    const ordered = inOrder(config.members);
    if (ordered) this.#ordered.add(config);
    return ordered;
  }

  #newShares(sled: Sled, before: PersistentState, after: PersistentState): void {
    for (const [epoch, share] of after.shares) {
      if (before.shares.has(epoch)) continue;
      const config = after.configs.get(epoch);
      const index = config?.indexOf(sled.id) ?? -1;
      const own =
        config !== undefined &&
        share.x === index + 1 &&
        same(this.#context.crypto.sha3_256(share.bytes), config.digestAt(index));
      assertInvariant(own, "well-formed-state", () => `${sled.id}: share ${epoch}`);
      if (this.#context.setup.profile !== "hostile") continue;
      if (this.input !== "prepare" || !this.#context.sleds.of(config.coordinator).honest) continue;
      const genuine =
        this.#context.oracle.makerOf(config) === this.#context.sleds.of(config.coordinator).index;
      assertInvariant(
        genuine,
        "one-configuration",
        () => `${sled.id} prepares a forged configuration`,
      );
    }
  }

  #expunged(sled: Sled, before: PersistentState, after: PersistentState): void {
    if (after.expunged === before.expunged) return;
    assertInvariant(
      before.expunged === null,
      "nothing-changes-or-vanishes",
      () => `${sled.id}: expunged`,
    );
    if (!this.#context.strict || after.expunged === null) return;
    const { epoch } = after.expunged;
    const record = this.#context.database.find(epoch);
    const dropped = record?.isDecided === true && !record.members.has(sled.id);
    assertInvariant(dropped, "expunged-for-a-reason", () => `${sled.id} by epoch ${epoch}`);
  }
}

/**
 * Whether an uncommitted configuration may be given up: nobody can need it any more, since a later one is
 * committed, or its epoch is one that nobody can have proposed.
 */
function mayDrop(before: PersistentState, after: PersistentState, epoch: Epoch): boolean {
  const committed = latestCommittedEpoch(after) ?? 0;
  if (before.commits.has(epoch)) return false;
  return epoch < committed || epoch > committed + EPOCHS_AHEAD_MAX;
}

/** The order of members, by UTF-8 bytes, which assigns the shares. Written here anew, to check the core's. */
function inOrder(members: readonly BaseboardId[]): boolean {
  for (let i = 1; i < members.length; i++) {
    const one = baseboardParts(members[i - 1] as BaseboardId);
    const next = baseboardParts(members[i] as BaseboardId);
    const order =
      compareUtf8(one.partNumber, next.partNumber) ||
      compareUtf8(one.serialNumber, next.serialNumber);
    if (order >= 0) return false;
  }
  return true;
}

const UTF8 = new TextEncoder();

function compareUtf8(a: string, b: string): number {
  return compareBytes(UTF8.encode(a), UTF8.encode(b));
}
