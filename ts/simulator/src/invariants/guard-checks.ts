/** Who may say what (section 10, 9): checked against what each sled has held and heard, not as the core does. */
import type { BaseboardId, PeerMessage } from "trust-quorum";
import {
  EPOCHS_AHEAD_MAX,
  latestCommittedConfig,
  latestCommittedEpoch,
  latestConfig,
} from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import type { CheckContext } from "./context.ts";
import { assertInvariant } from "./failure.ts";
import type { Sled } from "../rack/sled.ts";

/** Checks of what messages may change, for sleds that ask who may say what. */
export class GuardChecks {
  readonly #context: CheckContext;
  /** Who has ever told a sled, since it started, that it was removed. */
  readonly #told = new Map<Sled, Set<BaseboardId>>();

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** A sled starts: it remembers nothing that it was told. */
  restored(sled: Sled): void {
    this.#told.delete(sled);
  }

  /** A sled has taken a message. */
  received(sled: Sled, from: Sled, message: PeerMessage, before: PersistentState): void {
    const { node } = sled;
    if (node === null || this.#context.setup.guard === "original") return;
    if (message.kind === "expunged") this.#tell(sled, from.id);
    const after = node.persistentState;
    if (after === before) return;
    this.#outsider(sled, from, message, before);
    this.#expunged(sled, before, after);
    this.#epochs(sled, before, after);
  }

  #tell(sled: Sled, from: BaseboardId): void {
    const told = this.#told.get(sled);
    if (told === undefined) this.#told.set(sled, new Set([from]));
    else told.add(from);
  }

  /** A peer that is in no configuration known to a sled with a commit changes nothing of its state. */
  #outsider(sled: Sled, from: Sled, message: PeerMessage, before: PersistentState): void {
    if (before.commits.size === 0) return;
    const known = [...before.configs.values()].some((config) => config.has(from.id));
    const named = sled.node?.memory()?.direct.some(({ members }) => members.includes(from.id));
    assertInvariant(
      known || named === true,
      "outsiders-change-nothing",
      () => `${sled.id} takes a ${message.kind} of ${from.id}`,
    );
  }

  /** Fewer than K members expunge nobody. */
  #expunged(sled: Sled, before: PersistentState, after: PersistentState): void {
    if (after.expunged === null || before.expunged !== null) return;
    const config = latestCommittedConfig(before) ?? latestConfig(before);
    const told = [...(this.#told.get(sled) ?? [])].filter((id) => config?.has(id) === true);
    assertInvariant(
      config !== null && told.length >= config.threshold,
      "k-members-expunge",
      () => `${sled.id} is expunged by ${told.length}`,
    );
  }

  /** No message brings an epoch that is out of reach of the control plane. */
  #epochs(sled: Sled, before: PersistentState, after: PersistentState): void {
    const committed = latestCommittedEpoch(before);
    if (committed === null || after.configs === before.configs) return;
    const direct = sled.node?.memory()?.direct.map(({ epoch }) => epoch) ?? [];
    const highest = Math.max(committed, ...direct) + EPOCHS_AHEAD_MAX;
    for (const epoch of after.configs.keys()) {
      const reach = before.configs.has(epoch) || epoch <= highest;
      assertInvariant(reach, "epochs-in-reach", () => `${sled.id} keeps epoch ${epoch}`);
    }
  }
}
