/**
 * Converts a trace of the original implementation to an event log: runs the steps of the trace on this
 * project's nodes, with the recorded random bytes, and records the run. If these nodes behave differently
 * from the original, a notice of the log says so.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { EventLogError, LogLines, Recorder, readLog, sameJson } from "@trust-quorum/event-log";
import type { EventLog, ReadOptions, RecordedNode } from "@trust-quorum/event-log";
import { parseBaseboardId } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import { encodeLedgerState } from "trust-quorum/ledger";
import { drawnCrypto } from "../drawn-crypto.ts";
import { stateOf } from "./convert.ts";
import type { Trace } from "./read.ts";
import type { TraceHeader, TraceStep } from "./schema.ts";
import { drainSent, errorNameOf, performStep, sentByRecipient } from "./steps.ts";
import type { TraceResult, TraceSent } from "./steps.ts";

/**
 * The event log of a trace. It holds secrets, as traces do.
 *
 * @throws EventLogError with the line of the trace that cannot be run
 */
export function logOfTrace(
  { header, steps }: Trace,
  { crypto, observers }: { crypto: TrustQuorumCrypto; observers?: ReadOptions["observers"] },
): EventLog {
  const run = at(1, "/initial", () => new TraceRun(header, crypto));
  steps.forEach((step, i) => at(i + 2, `the step ${step.call}`, () => run.step(step, i)));
  return run.end(observers);
}

function at<T>(line: number, field: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : "it cannot be run";
    throw new EventLogError("ERR_TQ_LOG_INVALID_FIELD", { field, problem }, { line, cause });
  }
}

class TraceRun {
  readonly #crypto: TrustQuorumCrypto;
  readonly #sink = new LogLines();
  readonly #recorder: Recorder;
  readonly #nodes = new Map<string, RecordedNode>();
  #random: TraceStep["random"] = undefined;
  #time = 0;
  #differing = 0;
  #first: number | null = null;

  constructor(header: TraceHeader, crypto: TrustQuorumCrypto) {
    this.#crypto = drawnCrypto(crypto, {
      shares: (count) => this.#shares(count),
      salt: () => hexToBytes(this.#random?.salt ?? missing("salt")),
      computes: () => undefined,
    });
    this.#recorder = new Recorder({
      sink: this.#sink,
      producer: { name: "trace of the original", version: "1" },
      clock: { kind: "virtual", now: () => this.#time },
      crypto: this.#crypto,
      rackId: header.rack_id,
      secrets: true,
      guard: "original",
      simulation: { seed: header.seed, options: null },
    });
    for (const name of header.nodes) {
      const initial = header.initial[name];
      if (initial === undefined) throw new Error(`says nothing of ${name}`);
      const ledger = { generation: 1, state: stateOf(initial, crypto) };
      this.#nodes.set(name, this.#recorder.add({ self: parseBaseboardId(name), ledger }));
    }
  }

  step(step: TraceStep, time: number): void {
    this.#time = time;
    this.#random = step.random;
    const node = this.#nodes.get(step.node);
    if (node === undefined) throw new Error(`its node is not among those of the header`);
    const before = node.generation;
    const result = this.#perform(node, step);
    const after = this.#nodes.get(step.node) ?? node;
    const sent = drainSent(after);
    const changed = after.generation !== before;
    const digest = changed
      ? bytesToHex(this.#crypto.sha3_256(encodeLedgerState(after.persistentState)))
      : undefined;
    const same =
      sameSent(step.sent ?? [], sent) &&
      step.state_sha3 === digest &&
      (step.computing_share ?? false) === (after.work().computingShare !== null) &&
      sameResult(step.result, result);
    if (same) return;
    this.#differing += 1;
    this.#first ??= time + 2;
  }

  end(observers: ReadOptions["observers"]): EventLog {
    this.#recorder.flush();
    const log = readLog(new TextEncoder().encode(this.#sink.text()), {
      hash: (bytes) => this.#crypto.sha3_256(bytes),
      observers,
    });
    for (const node of this.#nodes.values()) node.dispose();
    const notice =
      this.#first === null
        ? "a trace of the original: every step did here what it did there"
        : `a trace of the original: ${this.#differing} ${this.#differing === 1 ? "step" : "steps"} did something else here, the first at line ${this.#first}`;
    return { ...log, notices: [...log.notices, notice] };
  }

  #perform(node: RecordedNode, step: TraceStep): TraceResult {
    if (step.call !== "restart") return performStep(node, step, () => "");
    const ledger = { generation: node.generation, state: node.persistentState };
    this.#nodes.set(node.self, this.#recorder.restart({ self: node.self, ledger }));
    return undefined;
  }

  #shares(count: number): Uint8Array {
    const { shares = missing("shares") } = this.#random ?? {};
    if (shares.length !== count)
      throw new Error(`it records ${shares.length} shares, not ${count}`);
    return hexToBytes(shares.join(""));
  }
}

/** Whether every recipient gets the same messages in the same order. */
function sameSent(theirs: readonly TraceSent[], ours: readonly TraceSent[]): boolean {
  const grouped = (sent: readonly TraceSent[]) => Object.fromEntries(sentByRecipient(sent));
  return sameJson(grouped(theirs), grouped(ours));
}

/** Whether the results agree. Secrets are not compared: the data that was sealed with them is. */
function sameResult(theirs: TraceStep["result"], ours: TraceResult): boolean {
  if (typeof theirs !== "object" || typeof ours !== "object") return theirs === ours;
  if ("secret" in theirs) return "secret" in ours;
  return "error" in ours && ours.error === errorNameOf(theirs.error);
}

function missing(what: string): never {
  throw new Error(`it records no ${what}`);
}
