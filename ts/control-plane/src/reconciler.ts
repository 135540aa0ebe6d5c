/**
 * Runs the core's policy on one record: look at the rack, do what is to be done, store what was
 * learnt. It keeps nothing that matters: everything is in the store and on the sleds, so it may be
 * killed anywhere, run again, and run twice at once on one store.
 */
import { epoch as toEpoch, isTrustQuorumError, parseBaseboardId } from "trust-quorum";
import type { BaseboardId, CoordinatorStatus, Epoch, ErrorCode, RackId } from "trust-quorum";
import {
  abortConfiguration,
  acknowledgeCommit,
  decideCommit,
  isCommitDecided,
  isPreparing,
  learnFromCoordinator,
  nextActions,
} from "trust-quorum/control";
import type {
  ConfigurationRecord,
  ControlAction,
  ReconcilerView,
  Target,
} from "trust-quorum/control";
import type { CoordinatingJson } from "@trust-quorum/api/schemas/node";
import {
  OperatorError,
  RefusedError,
  isOperatorError,
  messageOf,
} from "@trust-quorum/api/client/errors";
import type { ControlPlaneApi } from "@trust-quorum/api/client/api";
import { configurationOf, configurationJson } from "@trust-quorum/api/convert";
import type { RecordStore, Records } from "./record-store.ts";
import { connectionsOf, survey } from "./survey.ts";
import type { Sleds, Survey } from "./survey.ts";

/** What one round came to. */
export interface Round {
  /** The record as it is now. */
  readonly record: ConfigurationRecord;
  /** What the look at its begin showed. */
  readonly seen: Survey;
  /** What the coordinator answered; absent where it was not asked or did not answer. */
  readonly coordinator: CoordinatorStatus | null | undefined;
  /** The members that still have to be told of the commit, and why they were not. */
  readonly waitingFor: ReadonlyMap<BaseboardId, string>;
  /** Whether this round aborted the record, because it cannot be finished. */
  readonly gaveUp: boolean;
}

/** Codes of a daemon's core that say nothing about the request: the sled itself is on its way out. */
const SLED_FAILED: readonly string[] = ["ERR_TQ_NODE_STOPPED", "ERR_TQ_LEDGER_SAVE_FAILED"];

/** What a {@link Reconciler} works with. */
export interface ReconcilerOptions {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  readonly store: RecordStore;
  readonly sleds: Sleds;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Reconciles one epoch of a rack. */
export class Reconciler {
  readonly epoch: Epoch;
  readonly #rackId: RackId;
  readonly #store: RecordStore;
  readonly #sleds: Sleds;
  readonly #now: () => number;
  /** With what the coordinator refused this epoch, until a poll shows that it took it after all. */
  #refused: ErrorCode | undefined;

  constructor(options: ReconcilerOptions) {
    this.epoch = options.epoch;
    this.#rackId = options.rackId;
    this.#store = options.store;
    this.#sleds = options.sleds;
    this.#now = options.now;
  }

  /** The record as it is now. */
  async record(): Promise<ConfigurationRecord> {
    return this.#find(await this.#store.read(this.#rackId));
  }

  /**
   * One round: looks at the rack and does what is to be done now, each thing once.
   *
   * @throws OperatorError `ERR_TQ_CLI_CONTRADICTION` where the sleds are ahead of the record,
   * `ERR_TQ_CLI_REFUSED` where a sled does not let this operator do anything, and what the store throws
   */
  async round(): Promise<Round> {
    const seen = await survey(this.#sleds);
    let record = await this.record();
    this.#checkAgainst(record, seen);
    const view: ReconcilerView = {
      reachable: new Set(seen.answers.keys()),
      connections: connectionsOf(seen),
    };
    const found: Found = { waitingFor: new Map(), gaveUp: false };
    let coordinator: CoordinatorStatus | null | undefined;
    const done = new Set<string>();
    for (;;) {
      const known = { ...view, coordinator, refused: this.#refused };
      const next = nextActions(record, known).filter((action) => !done.has(keyOf(action)));
      if (next.length === 0) {
        return { record, seen, coordinator, ...found };
      }
      for (const action of next) done.add(keyOf(action));
      await Promise.all(
        next.map(async (action) => {
          const polled = await this.#perform(action, found);
          if (polled !== undefined) coordinator = polled;
        }),
      );
      record = await this.record();
    }
  }

  /** Does one thing. A poll answers with what it saw. */
  async #perform(
    action: ControlAction,
    found: Found,
  ): Promise<CoordinatorStatus | null | undefined> {
    switch (action.kind) {
      case "pollCoordinator":
        return this.#poll(action);
      case "upgrade":
      case "coordinate":
        await this.#coordinate(action);
        return undefined;
      case "recordCommit":
        await this.#update((record) => decideCommit(record, this.#now()));
        return undefined;
      case "commit":
      case "prepareAndCommit":
        await this.#tell(action, found.waitingFor);
        return undefined;
      case "abort":
        // Where an operator was faster, it is the operator's abort.
        found.gaveUp = await this.#update((record) =>
          abortConfiguration(record, action.reason, this.#now()),
        );
        return undefined;
      case "unreachable":
        found.waitingFor.set(action.sled, "neither it nor a sled connected to it can be reached");
        return undefined;
      case "done":
        return undefined;
      default:
        return action satisfies never;
    }
  }

  async #poll(target: Target): Promise<CoordinatorStatus | null | undefined> {
    const answer = await this.#ask(target, (api) => api.coordinator());
    if (answer.kind !== "value") return undefined;
    const status = coordinatorStatus(target.sled, answer.value.coordinating);
    await this.#update((record) => learnFromCoordinator(record, status, this.#now()));
    if (status?.epoch === this.epoch) this.#refused = undefined;
    return status;
  }

  async #coordinate(
    action: Extract<ControlAction, { kind: "coordinate" | "upgrade" }>,
  ): Promise<void> {
    const answer = await this.#ask(action, (api) => {
      const { request } = action;
      const body = { ...request, members: [...request.members] };
      if (action.kind === "upgrade") return api.upgrade(body);
      return api.reconfigure({ ...body, lastCommittedEpoch: action.request.lastCommittedEpoch });
    });
    if (answer.kind === "refused") this.#refused = answer.error.refusal as ErrorCode;
  }

  async #tell(
    action: Extract<ControlAction, { kind: "commit" | "prepareAndCommit" }>,
    waitingFor: Map<BaseboardId, string>,
  ): Promise<void> {
    let answer = await this.#tellOnce(action);
    // It had prepared, and lost what it had: with the configuration it can compute its share anew.
    if (answer.kind === "refused" && answer.error.refusal === "ERR_TQ_NOT_PREPARED") {
      const { config } = await this.record();
      if (config !== null) {
        answer = await this.#tellOnce({ ...action, kind: "prepareAndCommit", config });
      }
    }
    if (answer.kind === "value" && answer.value === "committed") {
      await this.#update((record) => acknowledgeCommit(record, [action.sled], this.#now()));
      return;
    }
    waitingFor.set(
      action.sled,
      answer.kind === "value" ? "it is still computing its share" : answer.error.message,
    );
  }

  #tellOnce(
    action: Extract<ControlAction, { kind: "commit" | "prepareAndCommit" }>,
  ): Promise<Answer<"committed" | "pending">> {
    if (action.kind === "commit") {
      const { rackId, epoch } = action.request;
      const body = { rackId, epoch };
      return this.#askAny(action, {
        direct: async (api) => (await api.commit(body)).status,
        proxied: async (api, peer) =>
          commitStatus(await api.proxy(peer, { kind: "commit", ...body })),
      });
    }
    const config = configurationJson(action.config);
    return this.#askAny(action, {
      direct: async (api) => (await api.prepareAndCommit(config)).status,
      proxied: async (api, peer) =>
        commitStatus(await api.proxy(peer, { kind: "prepareAndCommit", config })),
    });
  }

  /** Asks the sled itself, or in turn through those that can pass it on. */
  async #askAny<T>(
    target: Target,
    how: {
      direct: (api: ControlPlaneApi) => Promise<T>;
      proxied: (api: ControlPlaneApi, peer: BaseboardId) => Promise<T>;
    },
  ): Promise<Answer<T>> {
    if (target.via.length === 0) return this.#ask(target, how.direct);
    let answer: Answer<T> | undefined;
    for (const proxy of target.via) {
      answer = await this.#ask({ sled: proxy, via: [] }, (api) => how.proxied(api, target.sled));
      if (answer.kind === "value") return answer;
      // What the proxy itself says (not connected, no answer in time) is not the sled's word.
      if (answer.kind === "refused" && answer.error.origin === "core") return answer;
    }
    return answer ?? lost(target.sled);
  }

  async #ask<T>(target: Target, call: (api: ControlPlaneApi) => Promise<T>): Promise<Answer<T>> {
    const api = this.#sleds.get(target.sled);
    // Coordinators cannot be asked through others; the next round looks again.
    if (api === undefined || target.via.length > 0) return lost(target.sled);
    try {
      return { kind: "value", value: await call(api) };
    } catch (error) {
      if (!isOperatorError(error)) throw error;
      if (!(error instanceof RefusedError)) return { kind: "lost", error };
      if (error.status === 401 || error.status === 403) throw error;
      if (error.origin === "core" && !SLED_FAILED.includes(error.refusal)) {
        return { kind: "refused", error };
      }
      return error.refusal === "ERR_TQD_PROXY_REFUSED"
        ? { kind: "refused", error }
        : { kind: "lost", error };
    }
  }

  /**
   * One transaction. What another reconciler settled meanwhile stays as it is.
   *
   * @returns whether it changed something
   */
  #update(change: (record: ConfigurationRecord) => ConfigurationRecord): Promise<boolean> {
    return this.#store.change(this.#rackId, (records) => {
      const before = this.#find(records);
      const after = this.#tryChange(before, change);
      const changed = after !== before;
      return { write: changed ? [after] : [], result: changed };
    });
  }

  #tryChange(
    before: ConfigurationRecord,
    change: (record: ConfigurationRecord) => ConfigurationRecord,
  ): ConfigurationRecord {
    try {
      return change(before);
    } catch (error) {
      if (isTrustQuorumError(error, "ERR_TQ_INVALID_TRANSITION")) return before;
      if (isTrustQuorumError(error, "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS")) return before;
      if (!isTrustQuorumError(error)) throw error;
      throw anotherControlPlane(this.epoch, error.message, error);
    }
  }

  #find(records: Records): ConfigurationRecord {
    const record = records.find(({ epoch }) => epoch === this.epoch);
    if (record !== undefined) return record;
    throw new OperatorError(
      "ERR_TQ_CLI_CONTRADICTION",
      `there is no record of epoch ${this.epoch}`,
    );
  }

  /** Sleds that know of a commit that was never decided here were told by somebody else. */
  #checkAgainst(record: ConfigurationRecord, { answers }: Survey): void {
    if (isCommitDecided(record)) return;
    for (const [id, { node }] of answers) {
      if (!node.persistentState.commits.includes(this.epoch)) continue;
      const problem = `${id} has committed it, but this control plane has not decided that`;
      throw anotherControlPlane(this.epoch, problem);
    }
  }
}

/** Whether a round of this record has anything to wait for. */
export function isSettled(record: ConfigurationRecord): boolean {
  return !isPreparing(record) && record.state !== "committing";
}

/** What a round finds on its way. */
interface Found {
  readonly waitingFor: Map<BaseboardId, string>;
  gaveUp: boolean;
}

type Answer<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "refused"; readonly error: RefusedError }
  /** Nobody knows whether it was done. */
  | { readonly kind: "lost"; readonly error: OperatorError };

function lost(sled: BaseboardId): Answer<never> {
  const error = new OperatorError("ERR_TQ_CLI_UNREACHABLE", `${sled} cannot be asked`);
  return { kind: "lost", error };
}

function anotherControlPlane(epoch: Epoch, problem: string, cause?: unknown): OperatorError {
  const text =
    `epoch ${epoch}: ${problem}; another control plane changes this rack, or the journal is an old ` +
    "copy: stop the other one, move the journal away and run `tq recover --journal`";
  return new OperatorError("ERR_TQ_CLI_CONTRADICTION", text, { cause });
}

function commitStatus(
  answer: Awaited<ReturnType<ControlPlaneApi["proxy"]>>,
): "committed" | "pending" {
  if (answer.kind === "commit") return answer.status;
  throw new OperatorError("ERR_TQ_CLI_BAD_ANSWER", "a proxy answered with another sled's status");
}

function coordinatorStatus(
  sled: BaseboardId,
  json: CoordinatingJson | null,
): CoordinatorStatus | null {
  if (json === null) return null;
  try {
    const epoch = toEpoch(json.epoch);
    if (json.operation !== "prepare") {
      return { ...json, epoch, collected: json.collected.map(parseBaseboardId) };
    }
    const config = configurationOf(json.config);
    return { ...json, epoch, config, acks: json.acks.map(parseBaseboardId) };
  } catch (cause) {
    const text = `${sled} answers with an invalid coordination: ${messageOf(cause)}`;
    throw new OperatorError("ERR_TQ_CLI_BAD_ANSWER", text, { cause });
  }
}

function keyOf(action: ControlAction): string {
  return "sled" in action ? `${action.kind} ${action.sled}` : action.kind;
}
