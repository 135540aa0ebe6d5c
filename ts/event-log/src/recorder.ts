/**
 * Records live nodes as an event log.
 *
 * Invariants: a node behaves as if it were not recorded; failures of recording are counted and never
 * reach the node. An event is written when its outputs have been taken, or when the next call begins, so
 * that lines are in the order of the calls. Real shares are written only if the log is declared to hold
 * secrets.
 */
import { TrustQuorumNode } from "trust-quorum";
import type {
  BaseboardId,
  GuardMode,
  Output,
  RackId,
  RestoredLedger,
  TrustQuorumCrypto,
} from "trust-quorum";
import { GUARD_LIMITS } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import { LOG_VERSION } from "./calls.ts";
import { ConfigNamer } from "./config-names.ts";
import {
  ConfigDigests,
  Encoder,
  NO_ACTIVITY,
  errorResult,
  realShares,
  activityChange,
  activityOf,
} from "./encoder.ts";
import type { ActivityRecord } from "./encoder.ts";
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

/** Where a new file is wanted: after how many events each it is checked whether it can begin. */
const ROTATION_CHECK_EVENTS = 16;
/** After how many events a new file begins even if some node in it cannot be replayed from its beginning. */
const ROTATION_WAIT_EVENTS_MAX = 4096;

/** The options of a {@link Recorder}. */
export interface RecorderOptions {
  readonly sink: LogSink;
  /** The program that writes the log. */
  readonly producer: { readonly name: string; readonly version: string };
  /** The clock of the log, in milliseconds. */
  readonly clock: { readonly kind: "virtual" | "wall"; readonly now: () => number };
  /** The backend of the nodes, unless one is given with a node; it also hashes. */
  readonly crypto: TrustQuorumCrypto;
  /** The rack, if it is known from the beginning: then no message of it repeats its id. */
  readonly rackId?: RackId | null | undefined;
  /** Whether shares and random draws are written: for simulated racks only. */
  readonly secrets?: boolean | undefined;
  /** Whether the nodes ask who may say what; default: they do. */
  readonly guard?: GuardMode | undefined;
  /** What a simulation can be repeated from. */
  readonly simulation?: { readonly seed: string | number; readonly options: unknown } | undefined;
}

/** A node to be recorded; the node takes over the shares in its ledger. */
export interface NodeToRecord {
  readonly self: BaseboardId;
  readonly ledger: RestoredLedger | null;
  readonly crypto?: TrustQuorumCrypto | undefined;
}

/** The recorder's state for one node. */
interface Recording {
  readonly node: RecordedNode;
  readonly crypto: LogCrypto[];
  readonly memory: MemoryTracker;
  activity: ActivityRecord;
}

/** The event of the latest call, until it is written. */
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
 * Records nodes. {@link add} restores a node and returns one that behaves in the same way and is recorded;
 * use that one, with a `TrustQuorumDriver` or directly.
 *
 * @example
 * import { TrustQuorumDriver, baseboardId, nativeCrypto, wipeMessage } from "trust-quorum";
 * import { LogLines, Recorder, isCall, readLog } from "@trust-quorum/event-log";
 *
 * const sink = new LogLines();
 * const recorder = new Recorder({
 *   sink,
 *   producer: { name: "example", version: "1.0.0" },
 *   clock: { kind: "wall", now: Date.now },
 *   crypto: nativeCrypto(),
 * });
 * const node = recorder.add({ self: baseboardId("913-0000019", "BRM1"), ledger: null });
 * const driver = new TrustQuorumDriver({
 *   node,
 *   save: () => Promise.resolve(),
 *   send: ({ message }) => wipeMessage(message),
 * });
 * driver.connect(baseboardId("913-0000019", "BRM2"));
 * await driver.stop();
 *
 * const log = readLog(new TextEncoder().encode(sink.text()));
 * const [first] = log.events;
 * first && isCall(first) && first.call; // => "connect"
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
  /** Events since the sink has wanted a new file. */
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

  /** The number of events so far. */
  get events(): number {
    return this.#index;
  }

  /** How often recording failed. Each time an event is missing in the log, which has an annotation there. */
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
   * Restarts a node from its ledger, and records that. The previous node of that sled must not be used any
   * more.
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

  /** Writes an event that is no call on a node: a fault, a decision, a text. */
  annotate(annotation: Annotation): void {
    this.#safely(() => {
      this.#begin();
      this.#write({ annotation });
    });
  }

  /** Writes what is buffered: the last event, and the header if there was no event. */
  flush(): void {
    this.#safely(() => this.#begin());
  }

  #restore({ self, ledger, crypto = this.#options.crypto }: NodeToRecord): Recording {
    const entries: LogCrypto[] = [];
    const recorded = recordingCrypto(crypto, (entry) => entries.push(entry), {
      secrets: this.#options.secrets ?? false,
      share: (share) => this.#encoder.share(share),
    });
    const inner = TrustQuorumNode.restore({
      self,
      ledger,
      crypto: recorded,
      guard: this.#options.guard,
    });
    const node = new RecordedNode(inner, this.#listener);
    return { node, crypto: entries, memory: new MemoryTracker(), activity: NO_ACTIVITY };
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
    const activity = activityOf(node.work());
    Object.assign(more, activityChange(recording.activity, activity));
    recording.activity = activity;
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

  /** Writes the previous event, or the header if there was none: another event begins. */
  #begin(): void {
    this.#finish();
    if (this.#begun) return;
    this.#begun = true;
    this.#options.sink.begin(JSON.stringify(this.#header(this.#initial)));
  }

  /** Writes the event of the latest call with the outputs that were taken. */
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
    if (options.drained === true && this.#options.sink.wantsHeader) this.#rotate();
  }

  /** Begins a new file, which replays on its own, if everything that the nodes changed is saved. */
  #rotate(): void {
    // A header with a node's memory has placeholders for shares: not in a log with secrets.
    if (this.#options.secrets === true) return;
    const recordings = [...this.#recordings.values()];
    this.#waited += 1;
    // The check takes some time, and most often a save or a collection has to end first.
    if (this.#waited % ROTATION_CHECK_EVENTS !== 1) return;
    if (recordings.some(({ node }) => node.generation !== node.persistedGeneration)) return;
    this.#names.reset();
    const nodes = recordings.map(({ node, memory }) => initialOf(node, memory, this.#encoder));
    const patient = this.#waited < ROTATION_WAIT_EVENTS_MAX;
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
    const { guard = "strict" } = this.#options;
    return {
      trustQuorumLog: LOG_VERSION,
      producer: { name: producer.name, version: producer.version },
      rackId,
      secrets,
      clock: clock.kind,
      first: this.#index,
      guard,
      ...(guard === "strict" ? { limits: { ...GUARD_LIMITS } } : {}),
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

  /** Runs a step of recording; a failure is counted and does not reach the node. */
  #safely(step: () => void): void {
    try {
      step();
    } catch {
      this.#failures += 1;
      this.#pending = null;
      this.#recordFailure();
    }
  }

  /** Writes why the log cannot be replayed from here on. */
  #recordFailure(): void {
    if (!this.#begun) return;
    try {
      const text = "an event could not be recorded";
      this.#write({ annotation: { kind: "fault", name: "recorder", text } });
    } catch {
      // The sink fails, and counts its failures itself.
    }
  }
}
