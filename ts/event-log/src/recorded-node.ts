/** A node whose calls and outputs are reported to a recorder. */
import { parseBaseboardId, parseRackId } from "trust-quorum";
import type {
  AbandonRequest,
  BaseboardId,
  CallOptions,
  CommitRequest,
  CoordinatorStatus,
  ErrorCode,
  NodeStatus,
  Output,
  PeerMessage,
  RackSecret,
  ReconfigureRequest,
  RetireRequest,
  TrustQuorumNode,
  UpgradeRequest,
} from "trust-quorum";
import { Configuration as ConfigurationClass } from "trust-quorum/protocol";
import type {
  Configuration,
  ConfigurationParts,
  NodeLike,
  NodeActivity,
  NodeMemory,
  PersistentState,
} from "trust-quorum/protocol";
import type { Encoder } from "./encoder.ts";
import type { LogCall, LogResult } from "./schema.ts";

/** What a recorded node reports. */
export interface NodeListener {
  /** A call begins. `call` makes the record of its arguments. */
  called(node: RecordedNode, call: (encoder: Encoder) => LogCall): void;
  /** The call has ended. */
  returned(node: RecordedNode, result: LogResult | undefined): void;
  /** The call has thrown. */
  failed(node: RecordedNode, error: unknown): void;
  /** An output was taken, or there was none to take. */
  polled(node: RecordedNode, output: Output | undefined): void;
  /** The node was disposed of. */
  disposed(node: RecordedNode): void;
}

/**
 * A node that reports every call and every output to a listener. It behaves exactly like the node that it
 * wraps, also if the listener fails. `Recorder.add` makes it.
 */
export class RecordedNode implements NodeLike {
  readonly #inner: TrustQuorumNode;
  readonly #listener: NodeListener;

  constructor(inner: TrustQuorumNode, listener: NodeListener) {
    this.#inner = inner;
    this.#listener = listener;
  }

  get self(): BaseboardId {
    return this.#inner.self;
  }

  get generation(): number {
    return this.#inner.generation;
  }

  get persistedGeneration(): number {
    return this.#inner.persistedGeneration;
  }

  get persistentState(): PersistentState {
    return this.#inner.persistentState;
  }

  connect(peer: BaseboardId): void {
    this.#call(
      () => ({ call: "connect", args: argsOf({ peer }, () => ({ peer: parseBaseboardId(peer) })) }),
      () => this.#inner.connect(peer),
    );
  }

  disconnect(peer: BaseboardId): void {
    this.#call(
      () => ({
        call: "disconnect",
        args: argsOf({ peer }, () => ({ peer: parseBaseboardId(peer) })),
      }),
      () => this.#inner.disconnect(peer),
    );
  }

  receive(from: BaseboardId, message: PeerMessage): void {
    this.#call(
      (encoder) => ({ call: "receive", args: { from, message: encoder.message(message) } }),
      () => this.#inner.receive(from, message),
    );
  }

  refuseUndecodable(from: BaseboardId, code: ErrorCode): void {
    this.#call(
      () => ({ call: "refuseUndecodable", args: { from, code } }),
      () => this.#inner.refuseUndecodable(from, code),
    );
  }

  coordinateReconfiguration(request: ReconfigureRequest): void {
    const given = withMembers(request);
    this.#call(
      () => ({
        call: "coordinateReconfiguration",
        args: argsOf(given, () => ({
          ...requestArgs(given),
          lastCommittedEpoch: nullOr(given.lastCommittedEpoch),
        })),
      }),
      () => this.#inner.coordinateReconfiguration(given),
    );
  }

  coordinateUpgradeFromLrtq(request: UpgradeRequest): void {
    const given = withMembers(request);
    this.#call(
      () => ({
        call: "coordinateUpgradeFromLrtq",
        args: argsOf(given, () => requestArgs(given)),
      }),
      () => this.#inner.coordinateUpgradeFromLrtq(given),
    );
  }

  commit(request: CommitRequest, options: CallOptions = {}): void {
    this.#call(
      () => ({
        call: "commit",
        args: argsOf(request, () => ({
          rackId: parseRackId(request.rackId),
          epoch: finite(request.epoch),
          ...proxierOf(options),
        })),
      }),
      () => this.#inner.commit(request, options),
    );
  }

  prepareAndCommit(
    config: Configuration | ConfigurationParts,
    options: CallOptions = {},
  ): "committed" | "pending" {
    return this.#call(
      (encoder) => ({
        call: "prepareAndCommit",
        args: argsOf(config, () => {
          const checked =
            config instanceof ConfigurationClass ? config : ConfigurationClass.create(config);
          return { config: encoder.nameOf(checked), ...proxierOf(options) };
        }),
      }),
      () => this.#inner.prepareAndCommit(config, options),
      (answer) => answer,
    );
  }

  abandon(request: AbandonRequest): void {
    this.#call(
      () => ({
        call: "abandon",
        args: argsOf(request, () => ({
          rackId: parseRackId(request.rackId),
          epoch: finite(request.epoch),
          digest: textOrNull(request.digest),
        })),
      }),
      () => this.#inner.abandon(request),
    );
  }

  retire(request: RetireRequest): void {
    this.#call(
      () => ({
        call: "retire",
        args: argsOf(request, () => ({
          rackId: parseRackId(request.rackId),
          epoch: finite(request.epoch),
        })),
      }),
      () => this.#inner.retire(request),
    );
  }

  loadRackSecret(epoch: number): RackSecret | undefined {
    return this.#call(
      () => ({
        call: "loadRackSecret",
        args: argsOf({ epoch }, () => ({ epoch: finite(epoch) })),
      }),
      () => this.#inner.loadRackSecret(epoch),
      (secret) => (secret === undefined ? "pending" : "loaded"),
    );
  }

  clearSecrets(): void {
    this.#call(
      () => ({ call: "clearSecrets" }),
      () => this.#inner.clearSecrets(),
    );
  }

  tick(): void {
    this.#call(
      () => ({ call: "tick" }),
      () => this.#inner.tick(),
    );
  }

  coordinatorStatus(): CoordinatorStatus | null {
    return this.#inner.coordinatorStatus();
  }

  work(): NodeActivity {
    return this.#inner.work();
  }

  status(): NodeStatus {
    return this.#inner.status();
  }

  memory(): NodeMemory | null {
    return this.#inner.memory();
  }

  /** For comparisons with the original alone: a log does not say that the guard was not asked. */
  withoutGuard<T>(run: () => T): T {
    return this.#inner.withoutGuard(run);
  }

  /** For replays alone, which record nothing. */
  resumeMemory(memory: NodeMemory): void {
    this.#inner.resumeMemory(memory);
  }

  poll(): Output | undefined {
    const output = this.#inner.poll();
    this.#listener.polled(this, output);
    return output;
  }

  persisted(generation: number): void {
    this.#call(
      () => ({ call: "persisted", args: { generation } }),
      () => this.#inner.persisted(generation),
    );
  }

  dispose(): void {
    this.#listener.disposed(this);
    this.#inner.dispose();
  }

  #call<T>(
    describe: (encoder: Encoder) => LogCall,
    run: () => T,
    answer?: (value: T) => LogResult,
  ): T {
    this.#listener.called(this, describe);
    let value: T;
    try {
      value = run();
    } catch (error) {
      this.#listener.failed(this, error);
      throw error;
    }
    this.#listener.returned(this, answer?.(value));
    return value;
  }
}

/** Thrown and caught in this file only: a log cannot hold this argument. */
class Unrepresentable extends Error {}

/** The record of arguments, or null if a log cannot hold what a caller passed, which may be anything in plain JavaScript. */
function argsOf<T>(given: unknown, make: () => T): T | null {
  if (typeof given !== "object" || given === null) return null;
  try {
    return make();
  } catch {
    return null;
  }
}

/** The request with its members as an array: an iterator could be read only once. */
function withMembers<R extends UpgradeRequest>(request: R): R {
  try {
    return { ...request, members: Array.from(request.members) };
  } catch {
    return request;
  }
}

function requestArgs(request: UpgradeRequest) {
  return {
    rackId: parseRackId(request.rackId),
    epoch: finite(request.epoch),
    members: Array.from(request.members, (id) => parseBaseboardId(id)),
    threshold: finite(request.threshold),
  };
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Unrepresentable();
  return value;
}

function textOrNull(value: string | null): string | null {
  if (value !== null && typeof value !== "string") throw new Unrepresentable();
  return value;
}

function proxierOf({ proxiedBy }: CallOptions): { proxiedBy?: BaseboardId } {
  return proxiedBy === undefined ? {} : { proxiedBy: parseBaseboardId(proxiedBy) };
}

function nullOr(value: number | null): number | null {
  return value === null ? null : finite(value);
}
