/**
 * Coordinates one new configuration (protocol sections 5.1, 5.2, 6.4, 6.5 and 7): collects the shares
 * that rebuild the previous secret, encrypts that under the new one, and sends every member its share.
 *
 * Invariants:
 * - While collecting, nothing of the new configuration is persisted. In `prepare`, the configuration and this
 *   sled's own share are persisted, and `acks` contains this sled.
 * - While collecting, the new shares of all members and the collected old shares are in memory; in `prepare`,
 *   only the new shares of the members that have not acknowledged.
 */
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import { SHARE_BYTES, Share } from "../base/share.ts";
import type { LrtqShare } from "../base/share.ts";
import type { Alarm } from "./alarms.ts";
import { Configuration } from "./configuration.ts";
import { attempt, recoveryAlarm } from "./core.ts";
import type { NodeCore } from "./core.ts";
import type { RackSecrets } from "./crypto.ts";
import type { RefusalReason } from "./diagnostics.ts";
import { LrtqShareCollector } from "./lrtq-collector.ts";
import type { LrtqShareData } from "./persistent-state.ts";
import { ShareCollector } from "./share-collector.ts";
import type { Offered } from "./share-collector.ts";
import type { ValidatedReconfiguration } from "./validated-reconfiguration.ts";

type Operation =
  | { kind: "collectShares"; collector: ShareCollector }
  | { kind: "collectLrtqShares"; collector: LrtqShareCollector }
  | { kind: "prepare"; acks: Set<BaseboardId> };

/** What a coordinator answers when the control plane (Nexus) polls it. */
export type CoordinatorStatus = { readonly epoch: Epoch; readonly lrtqUpgrade: boolean } & (
  | {
      readonly operation: "collectShares" | "collectLrtqShares";
      /** The sleds whose shares were collected, this one included. */
      readonly collected: readonly BaseboardId[];
      readonly threshold: number;
    }
  | {
      readonly operation: "prepare";
      readonly config: Configuration;
      /** The members that have persisted configuration and share, in member order. */
      readonly acks: readonly BaseboardId[];
    }
);

/** The coordination of one configuration; whoever replaces it calls {@link wipe} first. */
export class Coordinator {
  readonly #core: NodeCore;
  readonly request: ValidatedReconfiguration;
  readonly lrtqUpgrade: boolean;
  /** The new configuration's shares, flat and in member order; each is zeroed once it is no longer needed. */
  readonly #newShares: Uint8Array;
  #config: Configuration;
  #operation: Operation;

  /** Makes the new secret and its shares; {@link begin} starts the work. */
  private constructor(
    core: NodeCore,
    request: ValidatedReconfiguration,
    start: () => Operation,
    lrtqUpgrade: boolean,
  ) {
    const { members, threshold } = request;
    const created = core.crypto.createShares({ count: members.length, threshold });
    this.#core = core;
    this.request = request;
    this.lrtqUpgrade = lrtqUpgrade;
    this.#config = Configuration.create({
      ...request,
      coordinator: core.self,
      digests: created.digests,
      encryptedRackSecrets: null,
    });
    this.#newShares = created.shares;
    // Last, so that nothing secret is collected if no new secret could be made.
    this.#operation = start();
  }

  /** The first configuration of a rack that had none: there is no old secret to collect. */
  static fresh(core: NodeCore, request: ValidatedReconfiguration): Coordinator {
    const coordinator = new Coordinator(core, request, () => prepare(core.self), false);
    coordinator.#persistOwn();
    return coordinator;
  }

  /** A configuration that follows `old`, the latest committed one. */
  static following(
    core: NodeCore,
    request: ValidatedReconfiguration,
    old: Configuration,
  ): Coordinator {
    const collect = (): Operation => {
      const collector = new ShareCollector(old, core.crypto);
      const own = core.state.shares.get(old.epoch);
      if (own !== undefined) collector.addOwn(core.self, own);
      return { kind: "collectShares", collector };
    };
    return new Coordinator(core, request, collect, false);
  }

  /** The first configuration of a rack that still runs LRTQ. */
  static fromLrtq(
    core: NodeCore,
    request: ValidatedReconfiguration,
    lrtq: LrtqShareData,
  ): Coordinator {
    const collect = (): Operation => {
      const collector = new LrtqShareCollector(lrtq, core.crypto);
      collector.offer(core.self, lrtq.share);
      return { kind: "collectLrtqShares", collector };
    };
    return new Coordinator(core, request, collect, true);
  }

  get epoch(): Epoch {
    return this.#config.epoch;
  }

  status(): CoordinatorStatus {
    const { epoch, lrtqUpgrade } = this;
    const operation = this.#operation;
    switch (operation.kind) {
      case "collectShares":
      case "collectLrtqShares": {
        const threshold =
          operation.kind === "collectShares"
            ? operation.collector.config.threshold
            : operation.collector.threshold;
        const collected = operation.collector.received;
        return { epoch, lrtqUpgrade, operation: operation.kind, collected, threshold };
      }
      case "prepare": {
        const acks = this.#config.members.filter((member) => operation.acks.has(member));
        return { epoch, lrtqUpgrade, operation: "prepare", config: this.#config, acks };
      }
      default:
        return operation satisfies never;
    }
  }

  /** Sends every connected peer what is still needed from it or for it. */
  askAll(): void {
    for (const peer of this.#core.connected) this.ask(peer);
  }

  /** Sends one peer what is still needed from it or for it. */
  ask(peer: BaseboardId): void {
    const core = this.#core;
    const operation = this.#operation;
    const { rackId } = this.#config;
    switch (operation.kind) {
      case "collectShares":
        if (!operation.collector.wants(peer)) return;
        core.send(peer, { kind: "getShare", rackId, epoch: operation.collector.config.epoch });
        return;
      case "collectLrtqShares":
        if (!this.#config.has(peer) || !operation.collector.wants(peer)) return;
        core.send(peer, { kind: "getLrtqShare", rackId });
        return;
      case "prepare": {
        const index = operation.acks.has(peer) ? -1 : this.#config.indexOf(peer);
        if (index < 0) return;
        const share = Share.copyOf(this.#newShare(index));
        core.send(peer, { kind: "prepare", rackId, config: this.#config, share });
        return;
      }
      default:
        operation satisfies never;
    }
  }

  /** Counts a member's PrepareAck. Returns undefined, or why it does not count. */
  acknowledge(from: BaseboardId, epoch: Epoch): RefusalReason | undefined {
    const operation = this.#operation;
    const index = this.#config.indexOf(from);
    if (operation.kind !== "prepare" || epoch !== this.epoch || index < 0) {
      return "unexpected_prepare_ack";
    }
    if (operation.acks.has(from)) return "duplicate_prepare_ack";
    operation.acks.add(from);
    // The share is never sent again.
    this.#newShare(index).fill(0);
    return undefined;
  }

  /** A peer's share of the old configuration. */
  offerShare(from: BaseboardId, epoch: Epoch, share: Share): Offered {
    const operation = this.#operation;
    if (operation.kind !== "collectShares" || operation.collector.config.epoch !== epoch) {
      return "unexpected_share";
    }
    const offered = operation.collector.offer(from, share);
    if (offered === "complete") this.#recoverOld(operation.collector);
    return offered;
  }

  /** A peer's LRTQ share. */
  offerLrtqShare(from: BaseboardId, share: LrtqShare): Offered {
    const operation = this.#operation;
    if (operation.kind !== "collectLrtqShares") return "unexpected_lrtq_share";
    const offered = operation.collector.offer(from, share);
    if (offered === "complete") this.#recoverLrtq(operation.collector);
    return offered;
  }

  /** Zeroes every secret held; the coordinator is not used afterwards. */
  wipe(): void {
    if (this.#operation.kind !== "prepare") this.#operation.collector.wipe();
    this.#newShares.fill(0);
  }

  /** The new share of the member at this position: a view, not a copy. */
  #newShare(index: number): Uint8Array {
    return this.#newShares.subarray(index * SHARE_BYTES, (index + 1) * SHARE_BYTES);
  }

  #recoverOld(collector: ShareCollector): void {
    const { rackId, epoch, encryptedRackSecrets } = collector.config;
    const recovered = attempt(() =>
      this.#core.crypto.recover({
        shares: collector.shares,
        digests: collector.digests,
        rackId,
        epoch,
        encrypted: encryptedRackSecrets,
      }),
    );
    collector.wipe();
    if (recovered.ok) this.#seal(recovered.value);
    else this.#stuck(recoveryAlarm(epoch, recovered.code));
  }

  #recoverLrtq(collector: LrtqShareCollector): void {
    const recovered = attempt(() => this.#core.crypto.recoverLrtq({ shares: collector.shares }));
    collector.wipe();
    if (recovered.ok) this.#seal(recovered.value);
    else this.#stuck(lrtqAlarm(this.epoch, recovered.code));
  }

  /** Encrypts the prior secrets under the new one, then enters `prepare` (protocol section 7). */
  #seal(prior: RackSecrets): void {
    const core = this.#core;
    const { rackId, epoch } = this.#config;
    const shares = this.#newShares;
    const sealed = attempt(() => core.crypto.seal({ shares, rackId, epoch, prior }));
    prior.dispose();
    if (!sealed.ok) {
      this.#stuck(recoveryAlarm(epoch, sealed.code));
      return;
    }
    const config = this.#config.withEncryptedRackSecrets(sealed.value);
    // Others may have filled the ledger since this was asked for.
    const room = core.roomFor(config, { from: "Nexus", way: "prepared" });
    if (typeof room === "string") {
      this.#stuck(recoveryAlarm(epoch, "ERR_TQ_LEDGER_TOO_LARGE"));
      return;
    }
    core.drop(room);
    this.#config = config;
    this.#operation = prepare(core.self);
    this.#persistOwn();
    this.askAll();
  }

  #persistOwn(): void {
    const bytes = this.#newShare(this.#config.indexOf(this.#core.self));
    const own = Share.copyOf(bytes);
    this.#core.keep(this.#config, own, { commit: false });
    own.wipe();
    bytes.fill(0);
  }

  /** Raises an alarm. The operation makes no progress any more, until another one replaces it. */
  #stuck(alarm: Alarm): void {
    this.#core.alarm(alarm);
  }
}

function prepare(self: BaseboardId): Operation {
  return { kind: "prepare", acks: new Set([self]) };
}

function lrtqAlarm(epoch: Epoch, code: ErrorCode): Alarm {
  return { kind: "lrtqSecretReconstructionFailed", epoch, code };
}
