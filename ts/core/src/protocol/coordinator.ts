/**
 * Coordinates one new configuration (protocol sections 5.1, 5.2, 6.4, 6.5 and 7): collects what
 * rebuilds the old secret, seals it under the new one, and hands every member its share.
 *
 * Invariants: at most one configuration is coordinated. While collecting, nothing of it is
 * persisted; in `prepare`, this sled's own share and the configuration are, and `acks` holds this
 * sled. The new shares of members that have not acknowledged are the only secrets held.
 */
import type { ErrorCode } from "../base/errors.ts";
import type { BaseboardId, Epoch } from "../base/ids.ts";
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
import type { ValidatedReconfiguration } from "./requests.ts";
import { ShareCollector } from "./share-collector.ts";
import type { Offered } from "./share-collector.ts";

type Operation =
  | { kind: "collectShares"; collector: ShareCollector; newShares: Uint8Array }
  | { kind: "collectLrtqShares"; collector: LrtqShareCollector; newShares: Uint8Array }
  | { kind: "prepare"; prepares: Map<BaseboardId, Share>; acks: Set<BaseboardId> };

/** What Nexus learns when it polls a coordinator. */
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

export class Coordinator {
  readonly #core: NodeCore;
  readonly request: ValidatedReconfiguration;
  readonly lrtqUpgrade: boolean;
  #config: Configuration;
  #operation: Operation;

  /** Makes the new secret and its shares; {@link begin} starts the work. */
  private constructor(
    core: NodeCore,
    request: ValidatedReconfiguration,
    start: (newShares: Uint8Array) => Operation,
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
    this.#operation = start(created.shares);
  }

  /** The first configuration of a rack that had none: there is no old secret to collect. */
  static fresh(core: NodeCore, request: ValidatedReconfiguration): Coordinator {
    const toPrepare = (newShares: Uint8Array) => prepareOperation(request, core.self, newShares);
    const coordinator = new Coordinator(core, request, toPrepare, false);
    coordinator.#persistOwn();
    return coordinator;
  }

  /** A configuration that follows `old`, the latest committed one. */
  static following(
    core: NodeCore,
    request: ValidatedReconfiguration,
    old: Configuration,
  ): Coordinator {
    const toCollect = (newShares: Uint8Array): Operation => {
      const collector = new ShareCollector(old, core.crypto);
      const own = core.state.shares.get(old.epoch);
      if (own !== undefined) collector.addOwn(core.self, own);
      return { kind: "collectShares", collector, newShares };
    };
    return new Coordinator(core, request, toCollect, false);
  }

  /** The first configuration of a rack that still runs LRTQ. */
  static fromLrtq(
    core: NodeCore,
    request: ValidatedReconfiguration,
    lrtq: LrtqShareData,
  ): Coordinator {
    const toCollect = (newShares: Uint8Array): Operation => {
      const collector = new LrtqShareCollector(lrtq, core.crypto);
      collector.offer(core.self, lrtq.share);
      return { kind: "collectLrtqShares", collector, newShares };
    };
    return new Coordinator(core, request, toCollect, true);
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
        core.send(peer, rackId, {
          kind: "getShare",
          epoch: operation.collector.config.epoch,
        });
        return;
      case "collectLrtqShares":
        if (!this.#config.has(peer) || !operation.collector.wants(peer)) return;
        core.send(peer, rackId, { kind: "getLrtqShare" });
        return;
      case "prepare": {
        const share = operation.prepares.get(peer);
        if (share === undefined) return;
        core.send(peer, rackId, { kind: "prepare", config: this.#config, share: share.clone() });
        return;
      }
      default:
        operation satisfies never;
    }
  }

  /** A member says that it has prepared. Undefined where that counted. */
  acknowledge(from: BaseboardId, epoch: Epoch): RefusalReason | undefined {
    const operation = this.#operation;
    if (operation.kind !== "prepare" || epoch !== this.epoch || !this.#config.has(from)) {
      return "unexpected_prepare_ack";
    }
    if (operation.acks.has(from)) return "duplicate_prepare_ack";
    operation.acks.add(from);
    // It is never sent again, so it need not stay in memory.
    operation.prepares.get(from)?.wipe();
    operation.prepares.delete(from);
    return undefined;
  }

  /** A peer's share of the old configuration. */
  offerShare(from: BaseboardId, epoch: Epoch, share: Share): Offered {
    const operation = this.#operation;
    if (operation.kind !== "collectShares" || operation.collector.config.epoch !== epoch) {
      return "unexpected_share";
    }
    const offered = operation.collector.offer(from, share);
    if (offered === "complete") this.#recoverOld(operation.collector, operation.newShares);
    return offered;
  }

  /** A peer's LRTQ share. */
  offerLrtqShare(from: BaseboardId, share: LrtqShare): Offered {
    const operation = this.#operation;
    if (operation.kind !== "collectLrtqShares") return "unexpected_lrtq_share";
    const offered = operation.collector.offer(from, share);
    if (offered === "complete") this.#recoverLrtq(operation.collector, operation.newShares);
    return offered;
  }

  /** Zeroes every secret held; the coordinator is not used afterwards. */
  wipe(): void {
    const operation = this.#operation;
    if (operation.kind === "prepare") {
      for (const share of operation.prepares.values()) share.wipe();
      return;
    }
    operation.collector.wipe();
    operation.newShares.fill(0);
  }

  #recoverOld(collector: ShareCollector, newShares: Uint8Array): void {
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
    if (recovered.ok) this.#seal(recovered.value, newShares);
    else this.#stuck(recoveryAlarm(epoch, recovered.code));
  }

  #recoverLrtq(collector: LrtqShareCollector, newShares: Uint8Array): void {
    const recovered = attempt(() => this.#core.crypto.recoverLrtq({ shares: collector.shares }));
    collector.wipe();
    if (recovered.ok) this.#seal(recovered.value, newShares);
    else this.#stuck(lrtqAlarm(this.epoch, recovered.code));
  }

  /** From collected to preparing (protocol section 7). */
  #seal(prior: RackSecrets, newShares: Uint8Array): void {
    const core = this.#core;
    const { rackId, epoch } = this.#config;
    const sealed = attempt(() => core.crypto.seal({ shares: newShares, rackId, epoch, prior }));
    prior.dispose();
    if (!sealed.ok) {
      this.#stuck(recoveryAlarm(epoch, sealed.code));
      return;
    }
    this.#config = this.#config.withEncryptedRackSecrets(sealed.value);
    this.#operation = prepareOperation(this.request, core.self, newShares);
    this.#persistOwn();
    this.askAll();
  }

  #persistOwn(): void {
    const operation = this.#operation;
    if (operation.kind !== "prepare") return;
    const own = operation.prepares.get(this.#core.self);
    if (own === undefined) return;
    this.#core.keep(this.#config, own, { commit: false });
    own.wipe();
    operation.prepares.delete(this.#core.self);
  }

  /** The operation stays where it is until it is pre-empted; the alarm says why. */
  #stuck(alarm: Alarm): void {
    this.#core.alarm(alarm);
  }
}

function prepareOperation(
  request: ValidatedReconfiguration,
  self: BaseboardId,
  newShares: Uint8Array,
): Operation {
  const prepares = new Map<BaseboardId, Share>();
  request.members.forEach((member, i) => {
    const bytes = newShares.subarray(i * SHARE_BYTES, (i + 1) * SHARE_BYTES);
    prepares.set(member, Share.copyOf(bytes));
  });
  newShares.fill(0);
  return { kind: "prepare", prepares, acks: new Set([self]) };
}

function lrtqAlarm(epoch: Epoch, code: ErrorCode): Alarm {
  return { kind: "lrtqSecretReconstructionFailed", epoch, code };
}
