/**
 * Replays a trace step by step and compares everything that the original recorded: results and error
 * names, messages byte for byte (per recipient, in order), state digests, what the node coordinates
 * and computes, and how it ended.
 */
import { createHash } from "node:crypto";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import {
  drainSent,
  errorNameOf,
  performStep,
  sentByRecipient,
  stateOf,
} from "@trust-quorum/replay";
import type { Trace, TraceEnd, TraceResult, TraceSent, TraceStep } from "@trust-quorum/replay";
import { TrustQuorumNode, parseBaseboardId, wipeMessage } from "trust-quorum";
import type { BaseboardId, GuardMode, TrustQuorumCrypto } from "trust-quorum";
import { encodeLedgerState } from "trust-quorum/ledger";
import { GUARD_REASONS } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import { decodePeerMessage, wireAlarms } from "trust-quorum/wire";
import { DrawSource } from "./draws.ts";

/** Where this project and the original differ: `field` with both sides, without secrets. */
export interface Divergence {
  /** The line of the file, from 1; the header is line 1. */
  readonly line: number;
  readonly node: string;
  readonly call: string;
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** How often each rule of the guard has kept a node from what the original did. */
export type GuardDeviations = Readonly<Partial<Record<GuardReason, number>>>;
type GuardReason = (typeof GUARD_REASONS)[number];

/** A trace that was replayed. */
export interface Replayed {
  readonly steps: number;
  readonly divergences: Divergence[];
  /** Steps that differ where the guard's own refusal names the rule; none with `guard: "original"`. */
  readonly deviations: GuardDeviations;
}

/**
 * Replays a whole trace. With a guard each step begins from the state that the original had before it: what
 * the guard has refused is done after all, once it was seen what became of the refusal.
 */
export function replay(
  trace: Trace,
  base: TrustQuorumCrypto,
  guard: GuardMode = "original",
): Replayed {
  const deviations: Partial<Record<GuardReason, number>> = {};
  const cluster = new Map(
    trace.header.nodes.map((name) => {
      const initial = trace.header.initial[name];
      if (initial === undefined) throw new Error(`the header has no initial state of ${name}`);
      const state = stateOf(initial, base);
      return [name, new ReplayedNode(name, { state, base, guard, deviations })];
    }),
  );
  const divergences: Divergence[] = [];
  trace.steps.forEach((step, i) => {
    const node = cluster.get(step.node);
    if (node === undefined) throw new Error(`line ${i + 2} names the unknown node ${step.node}`);
    for (const difference of node.step(step)) {
      divergences.push({ line: i + 2, node: step.node, call: step.call, ...difference });
    }
  });
  for (const [name, node] of cluster) {
    const expected = trace.final[name];
    if (expected === undefined) throw new Error(`the last line does not say how ${name} ended`);
    for (const difference of node.compareFinal(expected)) {
      divergences.push({ line: trace.steps.length + 2, node: name, call: "final", ...difference });
    }
    node.dispose();
  }
  return { steps: trace.steps.length, divergences, deviations };
}

type Difference = Pick<Divergence, "field" | "expected" | "actual">;

class ReplayedNode {
  readonly #self: BaseboardId;
  readonly #base: TrustQuorumCrypto;
  readonly #draws: DrawSource;
  readonly #guard: GuardMode;
  readonly #deviations: Partial<Record<GuardReason, number>>;
  #node: TrustQuorumNode;

  constructor(
    name: string,
    options: {
      state: PersistentState;
      base: TrustQuorumCrypto;
      guard: GuardMode;
      deviations: Partial<Record<GuardReason, number>>;
    },
  ) {
    const { state, base, guard, deviations } = options;
    this.#self = parseBaseboardId(name);
    this.#base = base;
    this.#guard = guard;
    this.#deviations = deviations;
    this.#draws = new DrawSource(base);
    this.#node = this.#restore(state);
  }

  step(step: TraceStep): Difference[] {
    const before = this.#guardRefusals();
    const differences = this.#compare(step);
    const rule = ruleOf(before, this.#guardRefusals());
    if (rule === undefined || step.call === "restart") return differences;
    if (differences.length > 0) this.#deviations[rule] = (this.#deviations[rule] ?? 0) + 1;
    return this.#node.withoutGuard(() => this.#compare(step));
  }

  #guardRefusals(): Partial<Record<GuardReason, number>> {
    return this.#guard === "original" ? {} : this.#node.status().diagnostics.counts;
  }

  #compare(step: TraceStep): Difference[] {
    this.#draws.begin(step);
    const before = this.#node.generation;
    const result = this.#call(step);
    const sent = drainSent(this.#node);
    const problem = this.#draws.end();
    const changed = this.#node.generation !== before;
    const coordinating = this.#coordinating();
    const differences = [
      compare("result", describeResult(step.result), describeResult(result)),
      ...compareSent(step.sent ?? [], sent),
      compare("state_sha3", step.state_sha3 ?? "unchanged", changed ? this.#digest() : "unchanged"),
      compare("coordinating", JSON.stringify(orderedCoordinating(step.coordinating)), coordinating),
      compare(
        "computing_share",
        String(step.computing_share ?? false),
        String(this.#node.status().computingShare !== null),
      ),
      problem === null ? null : { field: "random", expected: "as recorded", actual: problem },
    ];
    return differences.filter((difference) => difference !== null);
  }

  compareFinal(expected: TraceEnd[string]): Difference[] {
    const { alarms, persistentState } = this.#node.status();
    const differences = [
      compare("state_sha3", expected.state_sha3, this.#digest()),
      compare("commits", expected.commits.join(" "), persistentState.commits.join(" ")),
      compare("expunged", String(expected.expunged), String(persistentState.expunged !== null)),
      compare("alarms", String(expected.alarms), String(wireAlarms(alarms).length)),
    ];
    return differences.filter((difference) => difference !== null);
  }

  dispose(): void {
    this.#node.dispose();
  }

  #call(step: TraceStep): TraceResult {
    if (step.call === "restart") {
      this.#node = this.#restore(this.#node.persistentState, this.#node.generation);
      return undefined;
    }
    try {
      // Traces hold no real secrets: theirs are compared, and never printed.
      return performStep(this.#node, step, (secret) => secret.expose((bytes) => bytesToHex(bytes)));
    } catch (error) {
      // The draw source throws a plain error, which `end()` reports.
      if (this.#draws.end() !== null) return { error: "(drew beyond the recording)" };
      throw error;
    }
  }

  #restore(state: PersistentState, generation = 1): TrustQuorumNode {
    const ledger = { generation, state };
    const { crypto } = this.#draws;
    return TrustQuorumNode.restore({ self: this.#self, ledger, crypto, guard: this.#guard });
  }

  #digest(): string {
    const bytes = encodeLedgerState(this.#node.persistentState);
    return bytesToHex(this.#base.sha3_256(bytes));
  }

  #coordinating(): string | undefined {
    const status = this.#node.coordinatorStatus();
    if (status === null) return undefined;
    const op = {
      collectShares: "collect shares",
      collectLrtqShares: "collect lrtq shares",
      prepare: "prepare",
    }[status.operation];
    const acked = status.operation === "prepare" ? status.acks : [];
    return JSON.stringify({ epoch: status.epoch, op, acked });
  }
}

/** The rule by which a step was refused, if it was. */
function ruleOf(
  before: Partial<Record<GuardReason, number>>,
  after: Partial<Record<GuardReason, number>>,
): GuardReason | undefined {
  return GUARD_REASONS.find((reason) => (after[reason] ?? 0) > (before[reason] ?? 0));
}

function orderedCoordinating(json: TraceStep["coordinating"]): unknown {
  return json && { epoch: json.epoch, op: json.op, acked: json.acked };
}

function compare(
  field: string,
  expected: string | undefined,
  actual: string | undefined,
): Difference | null {
  if (expected === actual) return null;
  return { field, expected: expected ?? "nothing", actual: actual ?? "nothing" };
}

/** The result in words; a secret is named by its fingerprint alone. */
function describeResult(result: TraceResult): string {
  if (result === undefined) return "nothing";
  if (typeof result === "string") return result;
  if ("secret" in result) return `secret ${fingerprint(result.secret)}`;
  return `error ${errorNameOf(result.error)}`;
}

function compareSent(
  expected: readonly TraceSent[],
  actual: readonly TraceSent[],
): (Difference | null)[] {
  const [left, right] = [sentByRecipient(expected), sentByRecipient(actual)];
  const recipients = [...new Set([...left.keys(), ...right.keys()])].sort();
  return recipients.map((to) => {
    const [theirs, ours] = [left.get(to) ?? [], right.get(to) ?? []];
    if (theirs.length === ours.length && theirs.every((msg, i) => msg === ours[i])) return null;
    const field = `sent to ${to}`;
    return {
      field,
      expected: theirs.map(describe).join(", "),
      actual: ours.map(describe).join(", "),
    };
  });
}

/** A message by its kind, epoch, length and fingerprint: it may hold a share. */
function describe(msg: string): string {
  const about = `${msg.length / 2} bytes, ${fingerprint(msg)}`;
  try {
    const message = decodePeerMessage(hexToBytes(msg));
    wipeMessage(message);
    const epoch =
      "config" in message ? message.config.epoch : "epoch" in message ? message.epoch : "";
    return `${message.kind} ${epoch} (${about})`;
  } catch {
    return `undecodable (${about})`;
  }
}

function fingerprint(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
