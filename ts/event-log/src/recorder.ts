/**
 * Records live nodes as an event log.
 *
 * Invariants: a node behaves as if it were not recorded; whatever goes wrong in here is counted and
 * never reaches it. An event is written once its outputs were taken, or when the next call begins, so
 * that lines stand in the order of calls. Real secrets are written only where the log says so.
 */
import { TrustQuorumNode } from "trust-quorum";
import type { BaseboardId, Output, RackId, RestoredLedger, TrustQuorumCrypto } from "trust-quorum";
import type { PersistentState } from "trust-quorum/protocol";
import { LOG_VERSION } from "./calls.ts";
import { ConfigNamer } from "./config-names.ts";
import {
  ConfigDigests,
  Encoder,
  NO_WORK,
  errorResult,
  realShares,
  workChange,
  workOf,
} from "./encoder.ts";
import type { WorkPicture } from "./encoder.ts";
import { EventLogError } from "./errors.ts";
import { MemoryTracker, initialOf } from "./memory.ts";
import { RecordedNode } from "./recorded-node.ts";
import type { NodeListener } from "./recorded-node.ts";
import { recordingCrypto } from "./recording-crypto.ts";
import type {
  Annotation,
  LogCall,
  LogCallEvent,
  LogCrypto,
  LogHeader,
  LogInitial,
  LogOut,
  LogResult,
} from "./schema.ts";
import type { LogSink } from "./sink.ts";

/** How often it is tried to begin a new file, in events. */
const AFRESH_EVERY = 16;
/** After how many events a new file begins even where it cannot be replayed from its beginning on. */
const AFRESH_WAIT_EVENTS = 4096;

/** How a recorder works. */
export interface RecorderOptions {
  readonly sink: LogSink;
  /** The program that writes the log. */
  readonly producer: { readonly name: string; readonly version: string };
  /** The clock of the log, in milliseconds. */
  readonly clock: { readonly kind: "virtual" | "wall"; readonly now: () => number };
  /** The backend of the nodes, unless one is given with a node; it also hashes. */
  readonly crypto: TrustQuorumCrypto;
  /** The rack, where it is known from the beginning; it shortens every message. */
  readonly rackId?: RackId | null | undefined;
  /** Whether shares and the draws of the cryptography are written: for simulated racks alone. */
  readonly secrets?: boolean | undefined;
  /** From what the run can be made again. */
  readonly simulation?: { readonly seed: string | number; readonly options: unknown } | undefined;
}

/** A node to be recorded; the node takes over the shares in its ledger. */
export interface NodeToRecord {
  readonly self: BaseboardId;
  readonly ledger: RestoredLedger | null;
  readonly crypto?: TrustQuorumCrypto | undefined;
}

/** What the recorder knows of one node. */
interface Recording {
  readonly node: RecordedNode;
  readonly crypto: LogCrypto[];
  readonly memory: MemoryTracker;
  work: WorkPicture;
}

/** The event whose call was made last. */
interface Pending {
  readonly recording: Recording;
  readonly time: number;
  readonly call: LogCall;
  readonly stateBefore: PersistentState;
  readonly generationBefore: number;
  readonly out: LogOut[];
  more: Partial<LogCallEvent>;
}

/**
 * Records nodes: hand each of them to {@link add}, then use what comes back in its stead, with a
 * `TrustQuorumDriver` or directly.
 *
 * @example
 * const recorder = new Recorder({ sink, producer, clock: { kind: "wall", now: Date.now }, crypto });
 * const node = recorder.add({ self, ledger });
 * const driver = new TrustQuorumDriver({ node, save, send });
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #digests: ConfigDigests;
  readonly #names: ConfigNamer;
  readonly #encoder: Encoder;
  readonly #recordings = new Map<BaseboardId, Recording>();
  readonly #initial: LogInitial[] = [];
  readonly #listener: NodeListener;
  #pending: Pending | null = null;
  #index = 0;
  #begun = false;
  #failures = 0;
  /** Events since the sink wanted a header. */
  #waited = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    const hash = (bytes: Uint8Array) => options.crypto.sha3_256(bytes);
    this.#digests = new ConfigDigests(hash);
    this.#names = new ConfigNamer(this.#digests);
    this.#encoder = new Encoder({
      hash,
      digests: this.#digests,
      names: this.#names,
      shares: realShares(hash, options.secrets ?? false),
      rackId: () => options.rackId ?? null,
    });
    this.#listener = {
      called: (node, call) => this.#safely(() => this.#called(node, call)),
      returned: (node, result) => this.#safely(() => this.#returned(node, result)),
      failed: (node, error) => this.#safely(() => this.#returned(node, errorResult(error))),
      polled: (node, output) => this.#safely(() => this.#polled(node, output)),
      disposed: () => this.#safely(() => this.#finish()),
    };
  }

  /** How many events there were so far. */
  get events(): number {
    return this.#index;
  }

  /** How often recording failed; each time an event is missing in the log, and says so there. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Restores a node and records it. All nodes are added before the first call of any.
   *
   * @throws EventLogError `ERR_TQ_LOG_RECORDER` for a node added twice or too late, and what
   * `TrustQuorumNode.restore` throws
   */
  add(options: NodeToRecord): RecordedNode {
    const { self } = options;
    if (this.#begun) this.#refuse(`${self} was added after the first event`);
    if (this.#recordings.has(self)) this.#refuse(`${self} was added twice`);
    const recording = this.#restore(options);
    const { generation, persistentState } = recording.node;
    this.#initial.push({
      id: self,
      generation,
      state: this.#encoder.state(persistentState),
      digest: this.#encoder.digest(persistentState),
    });
    this.#recordings.set(self, recording);
    return recording.node;
  }

  /**
   * Restarts a node from what its disk held, and records that. The node from before must not be used
   * any more.
   *
   * @throws EventLogError `ERR_TQ_LOG_RECORDER` for a node that was not added, and what
   * `TrustQuorumNode.restore` throws
   */
  restart(options: NodeToRecord): RecordedNode {
    const before = this.#recordings.get(options.self);
    if (before === undefined) this.#refuse(`${options.self} was not added`);
    const recording = this.#restore(options);
    const { self, generation, persistentState } = recording.node;
    this.#safely(() => {
      const state = this.#encoder.state(persistentState);
      const digest = this.#encoder.digest(persistentState);
      this.#begin();
      this.#write({ node: self, call: "restart", args: { generation, state, digest } });
    });
    this.#recordings.set(self, recording);
    return recording.node;
  }

  /** Writes something that is no call on a node: a fault, a decision, a remark. */
  annotate(annotation: Annotation): void {
    this.#safely(() => {
      this.#begin();
      this.#write({ annotation });
    });
  }

  /** Writes what is still held back: the header, if nothing happened, and the last event. */
  flush(): void {
    this.#safely(() => this.#begin());
  }

  #restore({ self, ledger, crypto = this.#options.crypto }: NodeToRecord): Recording {
    const entries: LogCrypto[] = [];
    const recorded = recordingCrypto(crypto, (entry) => entries.push(entry), {
      secrets: this.#options.secrets ?? false,
      share: (share) => this.#encoder.share(share),
    });
    const inner = TrustQuorumNode.restore({ self, ledger, crypto: recorded });
    const node = new RecordedNode(inner, this.#listener);
    return { node, crypto: entries, memory: new MemoryTracker(), work: NO_WORK };
  }

  #called(node: RecordedNode, describe: (encoder: Encoder) => LogCall): void {
    const recording = this.#recordingOf(node);
    this.#begin();
    recording.crypto.length = 0;
    this.#pending = this.#pendingOf(recording, describe(this.#encoder));
  }

  #returned(node: RecordedNode, result: LogResult | undefined): void {
    const pending = this.#pending;
    if (pending?.recording.node !== node) return;
    const { recording, stateBefore, generationBefore } = pending;
    const { generation, persistentState } = node;
    const more: Partial<LogCallEvent> = result === undefined ? {} : { result };
    if (generation !== generationBefore) {
      more.state = this.#encoder.change(stateBefore, persistentState, generation);
    }
    const work = workOf(node.work());
    Object.assign(more, workChange(recording.work, work));
    recording.work = work;
    if (recording.crypto.length > 0) more.crypto = [...recording.crypto];
    pending.more = more;
  }

  #polled(node: RecordedNode, output: Output | undefined): void {
    if (output === undefined) {
      if (this.#pending?.recording.node === node) this.#finish({ drained: true });
      return;
    }
    if (this.#pending?.recording.node !== node) {
      this.#begin();
      this.#pending = this.#pendingOf(this.#recordingOf(node), { call: "drain" });
    }
    this.#pending.out.push(this.#encoder.output(output));
  }

  #pendingOf(recording: Recording, call: LogCall): Pending {
    const { node } = recording;
    return {
      recording,
      time: this.#options.clock.now(),
      call,
      stateBefore: node.persistentState,
      generationBefore: node.generation,
      out: [],
      more: {},
    };
  }

  /** Writes what comes before the next event. */
  #begin(): void {
    this.#finish();
    if (this.#begun) return;
    this.#begun = true;
    this.#options.sink.begin(JSON.stringify(this.#header(this.#initial)));
  }

  /** Writes the event whose outputs were taken, or are not going to be taken as a part of it. */
  #finish(options: { drained?: boolean } = {}): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#pending = null;
    const { recording, time, call, out, more } = pending;
    recording.memory.observe(call, more);
    this.#write({
      time,
      node: recording.node.self,
      ...call,
      ...(more.result === undefined ? {} : { result: more.result }),
      ...(out.length === 0 ? {} : { out }),
      ...(options.drained === true ? {} : { undrained: true }),
      ...more,
    });
    if (options.drained === true && this.#options.sink.wantsHeader) this.#beginAfresh();
  }

  /** Begins a new file, which replays on its own, as soon as the nodes are at rest. */
  #beginAfresh(): void {
    // What a node holds in memory can be told without real shares only.
    if (this.#options.secrets === true) return;
    const recordings = [...this.#recordings.values()];
    this.#waited += 1;
    // Looking costs something, and most waits are for a save or a collection to end.
    if (this.#waited % AFRESH_EVERY !== 1) return;
    if (recordings.some(({ node }) => node.generation !== node.persistedGeneration)) return;
    this.#names.reset();
    const nodes = recordings.map(({ node, memory }) => initialOf(node, memory, this.#encoder));
    const patient = this.#waited < AFRESH_WAIT_EVENTS;
    if (patient && nodes.some(({ unverifiable }) => unverifiable !== undefined)) {
      this.#names.restore();
      return;
    }
    this.#waited = 0;
    this.#options.sink.begin(JSON.stringify(this.#header(nodes)));
  }

  #write(line: { readonly time?: number } & Record<string, unknown>): void {
    const { time = this.#options.clock.now(), ...rest } = line;
    const { sink } = this.#options;
    sink.line(JSON.stringify({ index: this.#index++, time, ...rest, ...this.#names.take() }));
  }

  #header(nodes: LogInitial[]): LogHeader {
    const { producer, rackId = null, secrets = false, clock, simulation } = this.#options;
    return {
      trustQuorumLog: LOG_VERSION,
      producer: { name: producer.name, version: producer.version },
      rackId,
      secrets,
      clock: clock.kind,
      first: this.#index,
      ...(simulation === undefined ? {} : { simulation }),
      nodes,
      ...this.#names.take(),
    };
  }

  #recordingOf(node: RecordedNode): Recording {
    const recording = this.#recordings.get(node.self);
    if (recording?.node !== node) this.#refuse(`${node.self} was restarted, and its old self used`);
    return recording;
  }

  #refuse(problem: string): never {
    throw new EventLogError("ERR_TQ_LOG_RECORDER", { problem });
  }

  /** A log is never a node's problem. */
  #safely(step: () => void): void {
    try {
      step();
    } catch {
      this.#failures += 1;
      this.#pending = null;
      this.#tellOfFailure();
    }
  }

  /** What follows can no longer be replayed, and the log says why. */
  #tellOfFailure(): void {
    if (!this.#begun) return;
    try {
      const text = "an event could not be recorded";
      this.#write({ annotation: { kind: "fault", name: "recorder", text } });
    } catch {
      // The sink is broken, which is its own to count.
    }
  }
}
