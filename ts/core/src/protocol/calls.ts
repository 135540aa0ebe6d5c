/**
 * What the control plane's calls on committed and abandoned configurations do (protocol sections 5.3, 5.4
 * and 6.0). A call that is refused throws before anything changes.
 */
import { invalidArgument } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import { LRTQ_EPOCH, isEpoch, parseBaseboardId, parseRackId } from "../base/ids.ts";
import { Configuration } from "./configuration.ts";
import type { ConfigurationParts } from "./configuration.ts";
import { configurationDigest } from "./configuration-digest.ts";
import type { NodeCore } from "./core.ts";
import { EPOCHS_AHEAD_MAX, LEDGER_RETIRE_BYTES } from "./guard/limits.ts";
import { ledgerBytes } from "./guard/ledger-size.ts";
import { offerConfiguration, problemOfOffer, stopCoordinating } from "./handlers.ts";
import type { NodeParts } from "./handlers.ts";
import { throwIfRefused } from "./node-checks.ts";
import { hasPrepared } from "./persistent-state.ts";
import { checkEpoch, checkNumber, checkRack } from "./requests.ts";

/** A configuration that is committed. */
export interface CommitRequest {
  readonly rackId: RackId;
  readonly epoch: number;
}

/** Through whom a call came. */
export interface CallOptions {
  /**
   * The peer that forwards the call. Its word is not the control plane's: it must be a member of the
   * latest committed configuration, must not coordinate that epoch itself, and what it brings takes its
   * part of the room. Absent for a call that the control plane makes itself.
   */
  readonly proxiedBy?: BaseboardId | undefined;
}

/** A configuration that is given up. */
export interface AbandonRequest {
  readonly rackId: RackId;
  readonly epoch: number;
  /**
   * The digest of the configuration, 64 hex digits, as `configurationDigest` has it; null where none was
   * ever made of it.
   */
  readonly digest: string | null;
}

/** The newest configuration, which every member has committed. */
export interface RetireRequest {
  readonly rackId: RackId;
  readonly epoch: number;
}

/** Section 5.3. */
export function commit(parts: NodeParts, request: CommitRequest, options: CallOptions): void {
  const { core } = parts;
  const { epoch } = request;
  checkNumber("epoch", epoch);
  const rackId = parseRackId(request.rackId);
  const proxiedBy = proxierOf(core, options);
  checkNotExpunged(core);
  const cleared = clearedBy(core, epoch, proxiedBy);
  checkRack(core, rackId, cleared);
  const config = core.state.configs.get(epoch as Epoch);
  if (proxiedBy !== null) checkProxied(core, proxiedBy, epoch, config);
  if (!core.hasCommittedAtLeast(epoch)) {
    if (config === undefined || !hasPrepared(core.state, config.epoch)) {
      throw new TrustQuorumError("ERR_TQ_NOT_PREPARED", { epoch });
    }
    core.keep(config, null, { commit: true });
    // Whatever is coordinated started from an older committed epoch: finishing it would leave
    // this one's secret out of the chain.
    stopCoordinating(parts);
  }
  clear(parts, cleared);
}

/** Section 5.4. */
export function prepareAndCommit(
  parts: NodeParts,
  given: Configuration | ConfigurationParts,
  options: CallOptions,
): "committed" | "pending" {
  const { core } = parts;
  const config = given instanceof Configuration ? given : Configuration.create(given);
  const { epoch, members } = config;
  const proxiedBy = proxierOf(core, options);
  checkNotExpunged(core);
  const cleared = clearedBy(core, epoch, proxiedBy);
  checkRack(core, config.rackId, cleared);
  if (proxiedBy !== null) checkProxied(core, proxiedBy, epoch, config);
  const from = proxiedBy ?? "Nexus";
  throwIfRefused(core, config, problemOfOffer(core, from, config));
  clear(parts, cleared);
  offerConfiguration(parts, from, config);
  const committed = core.hasCommittedAtLeast(epoch);
  if (proxiedBy === null && !committed) core.guard?.direct.add({ epoch, members });
  return committed ? "committed" : "pending";
}

/** Section 6.0, abandon. */
export function abandon(parts: NodeParts, request: AbandonRequest): void {
  const { core } = parts;
  const epoch = checkEpoch(request.epoch);
  const { digest } = request;
  if (digest !== null && typeof digest !== "string") {
    throw invalidArgument("digest", "is neither a string nor null");
  }
  const rackId = parseRackId(request.rackId);
  checkNotExpunged(core);
  checkRack(core, rackId);
  const problem = problemOfAbandoning(parts, epoch, digest);
  if (problem !== undefined)
    throw new TrustQuorumError("ERR_TQ_ABANDON_REFUSED", { epoch, problem });
  if (parts.coordinator?.epoch === epoch) stopCoordinating(parts);
  const abandoned = Math.max(epoch, core.state.abandoned ?? 0) as Epoch;
  if (core.state.configs.has(epoch)) core.drop([epoch], { abandoned });
  else if (abandoned !== core.state.abandoned) core.update({ abandoned });
  core.guard?.dropped([epoch]);
}

function problemOfAbandoning(
  { core, computer }: NodeParts,
  epoch: Epoch,
  digest: string | null,
): string | undefined {
  const { commits, configs } = core.state;
  if (commits.has(epoch)) return "it is committed here";
  if (computer.epoch === epoch) return "this sled's share of it is being computed";
  const config = configs.get(epoch);
  if (config !== undefined) {
    const own = configurationDigest(config, (bytes) => core.crypto.sha3_256(bytes));
    return own === digest ? undefined : "this sled has another configuration of it";
  }
  // No change could be proposed any more above an epoch that nobody can have proposed.
  const known = Math.max(core.latestCommittedEpoch ?? 0, core.latestConfig?.epoch ?? 0);
  const tooHigh = core.latestCommittedEpoch !== null && epoch > known + EPOCHS_AHEAD_MAX;
  return tooHigh ? "it is further above the latest committed epoch than any can be" : undefined;
}

/** Section 6.0, retire. */
export function retire({ core, loader }: NodeParts, request: RetireRequest): void {
  const epoch = checkEpoch(request.epoch);
  const rackId = parseRackId(request.rackId);
  checkNotExpunged(core);
  checkRack(core, rackId);
  const latest = core.latestCommittedEpoch;
  if (latest !== epoch) {
    const problem =
      latest === null
        ? "nothing is committed here"
        : `the latest committed epoch here is ${latest}`;
    throw new TrustQuorumError("ERR_TQ_RETIRE_REFUSED", { epoch, problem });
  }
  if (loader.suspect.includes(epoch)) {
    const problem = "its shares or its chain of secrets are wrong (see the alarms)";
    throw new TrustQuorumError("ERR_TQ_RETIRE_REFUSED", { epoch, problem });
  }
  if (ledgerBytes(core.state) <= LEDGER_RETIRE_BYTES) return;
  const confirmed = loader.confirmedIn(epoch);
  const retired = confirmed.filter((one) => one < epoch && core.state.commits.has(one));
  const lrtq = core.state.lrtq !== null && confirmed.includes(LRTQ_EPOCH);
  core.drop(retired, lrtq ? { lrtq: null } : {});
}

/** Refuses calls on a sled that knows that it is no member any more. */
function checkNotExpunged(core: NodeCore): void {
  const { expunged } = core.state;
  if (expunged !== null) throw new TrustQuorumError("ERR_TQ_EXPUNGED", expunged);
}

/** What a direct call at this epoch clears away (section 6.0, G4). */
export function clearedBy(
  core: NodeCore,
  epoch: number,
  proxiedBy: BaseboardId | null = null,
): readonly Epoch[] {
  // What is no epoch at all is refused later, in the protocol's order.
  if (proxiedBy !== null || !isEpoch(epoch)) return [];
  return core.guard?.leftAbove(epoch) ?? [];
}

/** Clears it. */
export function clear(parts: NodeParts, epochs: readonly Epoch[]): void {
  const computing = parts.computer.epoch;
  if (computing !== null && epochs.includes(computing)) parts.computer.stop();
  parts.core.drop(epochs);
}

/** Without a guard a call is the control plane's, whoever forwards it. */
function proxierOf(core: NodeCore, { proxiedBy }: CallOptions): BaseboardId | null {
  if (proxiedBy === undefined) return null;
  const id = parseBaseboardId(proxiedBy);
  return core.guard === null ? null : id;
}

/** Section 6.0, G5. */
function checkProxied(
  core: NodeCore,
  by: BaseboardId,
  epoch: number,
  config: Configuration | undefined,
): void {
  const problem = problemOfProxying(core, by, epoch, config);
  if (problem !== undefined) {
    throw new TrustQuorumError("ERR_TQ_PROXY_REFUSED", { epoch, by, problem });
  }
}

function problemOfProxying(
  core: NodeCore,
  by: BaseboardId,
  epoch: number,
  config: Configuration | undefined,
): string | undefined {
  const committed = core.latestCommittedConfig;
  if (committed !== null && !committed.has(by)) {
    return "it is no member of the latest committed configuration";
  }
  // What is committed already is only confirmed: nothing is done on its word.
  const own = config?.coordinator === by && !core.hasCommittedAtLeast(epoch);
  if (own) return "it coordinates that epoch itself";
  const tooHigh = core.guard?.isTooHigh(epoch) === true;
  return tooHigh ? "the epoch is too far above the latest committed one" : undefined;
}
