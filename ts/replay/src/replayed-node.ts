/** Replays one node of a log: makes the recorded calls on a real node and compares the outcomes. */
import { sameJson } from "@trust-quorum/event-log";
import type {
  LogAlarm,
  LogCall,
  LogCallEvent,
  LogCrypto,
  LogInitial,
  LogOut,
  LogOutcome,
  LogResult,
  LogState,
} from "@trust-quorum/event-log";
import {
  MemoryTracker,
  NO_ACTIVITY,
  errorResult,
  initialOf,
  recordingCrypto,
  shownJson,
  activityChange,
  activityOf,
} from "@trust-quorum/event-log/format";
import type { Encoder, ActivityRecord } from "@trust-quorum/event-log/format";
import { TrustQuorumNode, isTrustQuorumError, referenceCrypto, wipeMessage } from "trust-quorum";
import type { BaseboardId, GuardMode, RestoredLedger, TrustQuorumCrypto } from "trust-quorum";
import { CryptoSource, UnrecordedDraw } from "./crypto-source.ts";
import type { Decoder } from "./decoder.ts";
import { drawnCrypto, drawsOf } from "./drawn-crypto.ts";
import { symbolicCrypto } from "./symbolic-crypto.ts";

/** A difference between the log and the replay. Neither side shows a secret. */
export interface Difference {
  /** What differs: `result`, `out[2]`, `state.digest`, `coordinating`, `crypto`, … */
  readonly field: string;
  readonly recorded: string;
  readonly replayed: string;
}

/** What all nodes of a replay use. */
export interface ReplayContext {
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly secrets: boolean;
  /** Whether the recorded nodes asked who may say what. */
  readonly guard: GuardMode;
  /** The backend of a log with secrets. */
  readonly crypto: TrustQuorumCrypto | undefined;
}

/** A node of a replay: the real state machine with the recorded calls and random draws. */
export class ReplayedNode {
  readonly #self: BaseboardId;
  readonly #context: ReplayContext;
  readonly #source = new CryptoSource();
  readonly #crypto: TrustQuorumCrypto;
  /** The results of the cryptography during the current call, in a log with secrets. */
  readonly #answers: LogCrypto[] = [];
  #node: TrustQuorumNode | null = null;
  #activity: ActivityRecord = NO_ACTIVITY;
  #memory = new MemoryTracker();
  /** Alarms from before the log began. The recorded node did not raise them again; this one may. */
  #raised: LogAlarm[] = [];
  /** Errors of calls whose arguments a log cannot hold, until they appear among the recorded outputs. */
  #unmade: string[] = [];
  /** An output that was taken in advance. */
  #ahead: LogOut | undefined = undefined;

  constructor(self: BaseboardId, context: ReplayContext) {
    this.#self = self;
    this.#context = context;
    this.#crypto = context.secrets ? this.#realCrypto() : symbolicCrypto(this.#source);
  }

  /** Whether everything is saved. */
  get atRest(): boolean {
    return this.#node?.generation === this.#node?.persistedGeneration;
  }

  /** The record of the node for the header of a log that begins here; undefined before it can be replayed. */
  initial(): LogInitial | undefined {
    if (this.#node === null) return undefined;
    const initial = initialOf(this.#node, this.#memory, this.#context.encoder);
    const alarms = [...this.#raised, ...(initial.alarms ?? [])];
    return alarms.length === 0 ? initial : { ...initial, alarms };
  }

  /** Restores the node from the header. */
  begin(initial: LogInitial): Difference[] {
    this.#raised = initial.alarms ?? [];
    if (initial.unverifiable !== undefined) return [];
    const { memory, guardMemory } = initial;
    // What leads to a node's state is not what it has heard: the guard would refuse it.
    const guard = guardMemory === undefined ? this.#context.guard : "original";
    const node = this.#restore(memory ?? initial, guard);
    for (const call of memory?.calls ?? []) {
      const before = activityOf(node.work());
      this.#source.begin(call.crypto ?? []);
      this.#answer(node, call);
      this.#discardOutputs(node);
      const change = activityChange(before, activityOf(node.work())) as LogOutcome;
      this.#memory.observe(call, { ...change, crypto: call.crypto ?? [] });
    }
    if (memory === undefined) {
      for (const peer of initial.connected ?? []) {
        node.connect(peer);
        this.#memory.connected.add(peer);
      }
    }
    if (guardMemory !== undefined) node.resumeMemory(guardMemory);
    this.#activity = activityOf(node.work());
    const { digest, generation } = initial;
    const { coordinating = null, computing = null, collecting = null, loaded = [] } = initial;
    return [
      ...differ("initial generation", generation, node.generation),
      ...differ("initial digest", digest, this.#context.encoder.digest(node.persistentState)),
      ...differ("initial work", { coordinating, computing, collecting, loaded }, this.#activity),
    ];
  }

  /** Replays one event and compares its outcome. */
  step(event: LogCallEvent): Difference[] {
    if (event.call === "restart") return this.#restart(event);
    const node = this.#node;
    if (node === null) return [];
    if (event.args === null) return this.#skip(event);
    this.#source.begin(event.crypto ?? []);
    this.#answers.length = 0;
    this.#memory.observe(event, event);
    const before = { state: node.persistentState, generation: node.generation };
    const result = this.#answer(node, event);
    const problem = this.#source.end();
    const changed = node.generation !== before.generation;
    const state = changed
      ? this.#context.encoder.change(before.state, node.persistentState, node.generation)
      : undefined;
    const activity = activityOf(node.work());
    const change = activityChange(this.#activity, activity);
    this.#activity = activity;
    return [
      ...differ("result", event.result, result),
      ...(problem === null ? [] : [{ field: "crypto", recorded: "as logged", replayed: problem }]),
      ...(this.#context.secrets ? differ("crypto", event.crypto ?? [], this.#answers) : []),
      ...differ("state", event.state, state),
      ...differ("coordinating", event.coordinating, change.coordinating),
      ...differ("computing", event.computing, change.computing),
      ...differ("collecting", event.collecting, change.collecting),
      ...differ("loaded", event.loaded, change.loaded),
      ...this.#compareOutputs(node, event),
    ];
  }

  dispose(): void {
    this.#node?.dispose();
    this.#node = null;
  }

  #restart(event: LogCallEvent & { readonly call: "restart" }): Difference[] {
    if (event.args == null) return [];
    this.dispose();
    this.#activity = NO_ACTIVITY;
    this.#raised = [];
    this.#memory = new MemoryTracker();
    this.#unmade = [];
    this.#ahead = undefined;
    try {
      const node = this.#restore(event.args, this.#context.guard);
      const digest = this.#context.encoder.digest(node.persistentState);
      return differ("digest", event.args.digest, digest);
    } catch (error) {
      return differ("result", undefined, errorResult(error));
    }
  }

  /** A call that cannot be repeated changed nothing, but its refusal is among the recorded outputs. */
  #skip(event: LogCallEvent): Difference[] {
    const { result } = event;
    if (result !== undefined && typeof result === "object" && "error" in result) {
      this.#unmade.push(result.error);
    }
    return this.#node === null ? [] : this.#compareOutputs(this.#node, event);
  }

  #restore(
    { generation, state }: { generation: number; state: LogState },
    guard: GuardMode,
  ): TrustQuorumNode {
    const ledger: RestoredLedger = { generation, state: this.#context.decoder.state(state) };
    this.#node = TrustQuorumNode.restore({ self: this.#self, ledger, crypto: this.#crypto, guard });
    return this.#node;
  }

  #answer(node: TrustQuorumNode, call: LogCall): LogResult | undefined {
    try {
      return perform(node, call, this.#context.decoder);
    } catch (error) {
      if (error instanceof UnrecordedDraw) return { thrown: error.name };
      if (isTrustQuorumError(error)) return plain(errorResult(error));
      return errorResult(error);
    }
  }

  #compareOutputs(node: TrustQuorumNode, event: LogCallEvent): Difference[] {
    const differences: Difference[] = [];
    const recorded = event.out ?? [];
    recorded.forEach((expected, i) => {
      if (this.#wasUnmade(node, expected)) return;
      differences.push(...differ(`out[${i}]`, expected, this.#poll(node)));
    });
    if (event.undrained === true) return differences;
    for (let i = recorded.length, more = this.#poll(node); more !== undefined; i++) {
      differences.push(...differ(`out[${i}]`, undefined, more));
      more = this.#poll(node);
    }
    return differences;
  }

  /** Whether a recorded output is the refusal of a call that was not repeated, and not an equal one. */
  #wasUnmade(node: TrustQuorumNode, expected: LogOut): boolean {
    if (!("event" in expected) || expected.event.kind !== "refused") return false;
    const { reason } = expected.event;
    const at = this.#unmade.indexOf(reason);
    if (at < 0) return false;
    this.#ahead ??= this.#poll(node);
    if (sameJson(this.#ahead, expected)) return false;
    this.#unmade.splice(at, 1);
    return true;
  }

  #poll(node: TrustQuorumNode): LogOut | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) return ahead;
    for (let output = node.poll(); output !== undefined; output = node.poll()) {
      const record = this.#context.encoder.output(output);
      if (output.kind === "send") wipeMessage(output.envelope.message);
      if ("event" in record && record.event.kind === "alarm") {
        const { alarm } = record.event;
        if (this.#raised.some((known) => sameJson(known, alarm))) continue;
      }
      return record;
    }
    return undefined;
  }

  #discardOutputs(node: TrustQuorumNode): void {
    for (let output = node.poll(); output !== undefined; output = node.poll()) {
      if (output.kind === "persist") node.persisted(output.generation);
      if (output.kind === "send") wipeMessage(output.envelope.message);
    }
  }

  #realCrypto(): TrustQuorumCrypto {
    const base = this.#context.crypto ?? referenceCrypto();
    return recordingCrypto(
      drawnCrypto(base, drawsOf(this.#source)),
      (entry) => this.#answers.push(entry),
      {
        secrets: true,
        share: (share) => this.#context.encoder.share(share),
      },
    );
  }
}

/** Makes a recorded call. */
function perform(node: TrustQuorumNode, call: LogCall, decoder: Decoder): LogResult | undefined {
  const refused = (): never => {
    throw new Error(`${call.call} has no arguments`);
  };
  switch (call.call) {
    case "connect":
      node.connect((call.args ?? refused()).peer);
      return undefined;
    case "disconnect":
      node.disconnect((call.args ?? refused()).peer);
      return undefined;
    case "receive": {
      const { from, message } = call.args ?? refused();
      const decoded = decoder.message(message);
      node.receive(from, decoded);
      wipeMessage(decoded);
      return undefined;
    }
    case "refuseUndecodable": {
      const { from, code } = call.args ?? refused();
      node.refuseUndecodable(from, code);
      return undefined;
    }
    case "tick":
      node.tick();
      return undefined;
    case "clearSecrets":
      node.clearSecrets();
      return undefined;
    case "persisted":
      node.persisted((call.args ?? refused()).generation);
      return undefined;
    case "coordinateReconfiguration":
      node.coordinateReconfiguration(call.args ?? refused());
      return undefined;
    case "coordinateUpgradeFromLrtq":
      node.coordinateUpgradeFromLrtq(call.args ?? refused());
      return undefined;
    case "commit": {
      const { rackId, epoch, proxiedBy } = call.args ?? refused();
      node.commit({ rackId, epoch }, { proxiedBy });
      return undefined;
    }
    case "prepareAndCommit": {
      const { config, proxiedBy } = call.args ?? refused();
      return node.prepareAndCommit(decoder.config(config), { proxiedBy });
    }
    case "abandon":
      node.abandon(call.args ?? refused());
      return undefined;
    case "retire":
      node.retire(call.args ?? refused());
      return undefined;
    case "loadRackSecret": {
      const secret = node.loadRackSecret((call.args ?? refused()).epoch);
      secret?.dispose();
      return secret === undefined ? "pending" : "loaded";
    }
    case "drain":
    case "restart":
      return undefined;
    default:
      return call satisfies never;
  }
}

function differ(field: string, recorded: unknown, replayed: unknown): Difference[] {
  if (sameJson(recorded, replayed)) return [];
  return [{ field, recorded: shownJson(recorded), replayed: shownJson(replayed) }];
}

/** A value after it was written as JSON and read again. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
