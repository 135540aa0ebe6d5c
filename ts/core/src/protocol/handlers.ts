/**
 * Handles each message of a peer (protocol section 6), with the checks in the protocol's order. A
 * message that is dropped or has no effect is counted under its reason; none makes the node throw.
 */
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { AlarmSource } from "./alarms.ts";
import type { Configuration } from "./configuration.ts";
import type { Coordinator } from "./coordinator.ts";
import type { NodeCore } from "./core.ts";
import type { RefusalReason } from "./diagnostics.ts";
import { epochOf } from "./guard/guard.ts";
import type { PeerMessage } from "./messages.ts";
import { hasPrepared } from "./persistent-state.ts";
import type { SecretLoader } from "./secret-loader.ts";
import type { ShareComputer } from "./share-computer.ts";
import type { Offered } from "./share-collector.ts";

/** A node's parts; at most one of coordinator and computer is at work. */
export interface NodeParts {
  readonly core: NodeCore;
  readonly computer: ShareComputer;
  readonly loader: SecretLoader;
  coordinator: Coordinator | null;
}

/** Handles one message. */
export function handleMessage(parts: NodeParts, from: BaseboardId, message: PeerMessage): void {
  const { core } = parts;
  const refused =
    check(core, message) ?? core.guard?.check(from, message) ?? dispatch(parts, from, message);
  if (refused !== undefined) core.refuse(refused, from, epochOf(message));
}

/**
 * Why a configuration that is said to be committed cannot be taken, if so: the reasons for which a call
 * is refused. Nothing changes but the alarm of a mismatch.
 */
export function problemOfOffer(
  core: NodeCore,
  from: AlarmSource,
  config: Configuration,
): RefusalReason | undefined {
  if (!config.has(core.self)) return "not_a_member";
  if (core.hasCommittedAtLeast(config.epoch)) return undefined;
  const existing = core.state.configs.get(config.epoch);
  if (existing === undefined) {
    const room = core.roomFor(config, { from, way: "told" });
    return typeof room === "string" ? room : undefined;
  }
  return existing.equals(config) ? undefined : mismatch(core, existing, config, from);
}

/**
 * A configuration that the sender says is committed (protocol section 6.6, and 5.4 where it comes
 * from Nexus).
 *
 * @returns why it was refused or led to nothing more, if so
 */
export function offerConfiguration(
  parts: NodeParts,
  from: AlarmSource,
  config: Configuration,
): RefusalReason | undefined {
  const { core } = parts;
  const { epoch } = config;
  if (!config.has(core.self)) return "not_a_member";
  if (core.hasCommittedAtLeast(epoch)) return "already_committed";

  const existing = core.state.configs.get(epoch);
  let justCommitted = false;
  if (existing === undefined) {
    const room = core.roomFor(config, { from, way: "told" });
    if (typeof room === "string") return room;
    core.drop(room);
    core.keep(config, null, { commit: false });
    core.guard?.room.toldBy(epoch, from);
  } else if (!existing.equals(config)) {
    return mismatch(core, existing, config, from);
  } else if (hasPrepared(core.state, epoch)) {
    core.keep(existing, null, { commit: true });
    justCommitted = true;
  }

  if (parts.coordinator !== null) {
    // The configuration being coordinated does not include the commit that was just recorded.
    if (parts.coordinator.epoch > epoch && !justCommitted) return "coordinating_later_epoch";
    stopCoordinating(parts);
  }

  const computing = parts.computer.epoch;
  if (computing !== null && computing >= epoch) {
    if (computing === epoch && justCommitted) parts.computer.stop();
    return justCommitted ? undefined : "computing_share_already";
  }
  parts.computer.stop();
  if (!justCommitted) parts.computer.start(config);
  return undefined;
}

function check(core: NodeCore, message: PeerMessage): RefusalReason | undefined {
  if (core.state.expunged !== null) return "own_sled_expunged";
  if (core.rackId !== null && core.rackId !== message.rackId) return "rack_id_mismatch";
  if ("config" in message && message.config.rackId !== message.rackId) {
    return "configuration_rack_id_mismatch";
  }
  return undefined;
}

function dispatch(
  parts: NodeParts,
  from: BaseboardId,
  message: PeerMessage,
): RefusalReason | undefined {
  switch (message.kind) {
    case "prepare":
      return prepare(parts, from, message.config, message.share);
    case "prepareAck":
      return parts.coordinator === null
        ? "unexpected_prepare_ack"
        : parts.coordinator.acknowledge(from, message.epoch);
    case "getShare":
      return giveShare(parts.core, from, message.epoch);
    case "share":
      return takeShare(parts, from, message.epoch, message.share);
    case "getLrtqShare":
      return giveLrtqShare(parts.core, from);
    case "lrtqShare":
      return takeLrtqShare(parts, from, message.share);
    case "expunged":
      return expunge(parts, from, message.epoch);
    case "commitAdvance":
      return offerConfiguration(parts, from, message.config);
    default:
      message satisfies never;
      return "undecodable_message";
  }
}

/** Section 6.1. */
function prepare(
  parts: NodeParts,
  from: BaseboardId,
  config: Configuration,
  share: Share,
): RefusalReason | undefined {
  const { core } = parts;
  const { epoch } = config;
  if (core.latestCommittedEpoch !== null && core.latestCommittedEpoch > epoch) {
    return "stale_prepare";
  }
  if ((core.state.abandoned ?? 0) >= epoch) return "abandoned_epoch";
  const index = config.indexOf(core.self);
  if (index < 0) return "not_a_member";
  if (from !== config.coordinator) return "prepare_not_from_coordinator";
  if (share.x !== index + 1 || !core.crypto.verifyShare(share, config.digestAt(index))) {
    return "prepare_share_mismatch";
  }
  const existing = core.state.configs.get(epoch);
  if (existing === undefined) {
    const room = core.roomFor(config, { from, way: "prepared" });
    if (typeof room === "string") return room;
    core.drop(room);
  } else if (!existing.equals(config)) {
    return mismatch(core, existing, config, from);
  }
  core.keep(config, share, { commit: false });
  core.guard?.room.forget(epoch);
  if (parts.coordinator !== null && parts.coordinator.epoch <= epoch) stopCoordinating(parts);
  core.send(from, { kind: "prepareAck", rackId: config.rackId, epoch });
  return undefined;
}

/** Section 6.3. */
function giveShare(core: NodeCore, to: BaseboardId, epoch: Epoch): RefusalReason | undefined {
  const committed = core.latestCommittedConfig;
  if (committed !== null && committed.epoch > epoch) {
    advance(core, to, committed);
    return undefined;
  }
  const config = core.state.configs.get(epoch);
  if (config === undefined) return "no_share_for_epoch";
  if (!config.has(to)) {
    core.send(to, { kind: "expunged", rackId: config.rackId, epoch });
    return undefined;
  }
  const share = core.state.shares.get(epoch);
  if (share === undefined) return "no_share_for_epoch";
  // Sent also if this sled has not learnt of the commit: others may need the share to unlock while the
  // control plane is down.
  core.send(to, { kind: "share", rackId: config.rackId, epoch, share: share.clone() });
  return undefined;
}

/** Section 6.4. */
function takeShare(
  parts: NodeParts,
  from: BaseboardId,
  epoch: Epoch,
  share: Share,
): RefusalReason | undefined {
  const first =
    parts.coordinator === null
      ? parts.computer.offer(from, epoch, share)
      : parts.coordinator.offerShare(from, epoch, share);
  const second = parts.loader.offer(from, epoch, share);
  const reasons = [refusalOf(first), refusalOf(second)];
  if (reasons.includes(undefined)) return undefined;
  return reasons.find((reason) => reason !== "unexpected_share") ?? "unexpected_share";
}

/** Section 6.5, asked. */
function giveLrtqShare(core: NodeCore, to: BaseboardId): RefusalReason | undefined {
  const committed = core.latestCommittedConfig;
  if (committed !== null) {
    advance(core, to, committed);
    return undefined;
  }
  const { lrtq } = core.state;
  const { rackId } = core;
  if (lrtq === null || rackId === null) return "no_lrtq_share";
  core.send(to, { kind: "lrtqShare", rackId, share: lrtq.share.clone() });
  return undefined;
}

/** Section 6.5, received. */
function takeLrtqShare(
  parts: NodeParts,
  from: BaseboardId,
  share: LrtqShare,
): RefusalReason | undefined {
  if (parts.coordinator === null) return "unexpected_lrtq_share";
  return refusalOf(parts.coordinator.offerLrtqShare(from, share));
}

/** Section 6.7. */
function expunge(parts: NodeParts, from: BaseboardId, epoch: Epoch): RefusalReason | undefined {
  const { core } = parts;
  const latest = core.latestConfig;
  if (latest === null) return "expunged_without_configuration";
  if (epoch < latest.epoch) return "stale_expunged";
  core.update({ expunged: { epoch, from } });
  core.guard?.expunged();
  stopCoordinating(parts);
  parts.computer.stop();
  core.event({ kind: "expunged", epoch, from });
  return undefined;
}

/** Tells a peer of a later commit: the configuration, or that it is no member of it. */
function advance(core: NodeCore, to: BaseboardId, committed: Configuration): void {
  const { rackId, epoch } = committed;
  if (committed.has(to)) core.send(to, { kind: "commitAdvance", rackId, config: committed });
  else core.send(to, { kind: "expunged", rackId, epoch });
}

function mismatch(
  core: NodeCore,
  config1: Configuration,
  config2: Configuration,
  from: AlarmSource,
): RefusalReason {
  core.alarm({ kind: "mismatchedConfigurations", config1, config2, from });
  return "mismatched_configurations";
}

/** Ends what is coordinated and zeroes its secrets. */
export function stopCoordinating(parts: NodeParts): void {
  parts.coordinator?.wipe();
  parts.coordinator = null;
}

function refusalOf(offered: Offered): RefusalReason | undefined {
  return offered === "collected" || offered === "complete" ? undefined : offered;
}
