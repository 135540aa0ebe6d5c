/**
 * Replays a trace step by step and compares everything that the original recorded: results and error
 * names, messages byte for byte (per recipient, in order), state digests, what the node coordinates
 * and computes, and how it ended.
 */
import { createHash } from "node:crypto";
import {
  Configuration,
  TrustQuorumNode,
  decodePeerMessage,
  encodeLedgerState,
  encodePeerMessage,
  isTrustQuorumError,
  parseBaseboardId,
  parseRackId,
  wireAlarms,
  wipeMessage,
} from "trust-quorum";
import type { BaseboardId, PeerMessage, PersistentState, TrustQuorumCrypto } from "trust-quorum";
import { configurationOf, hex, idOf, stateOf } from "./json.ts";
import { DrawSource, replayCrypto } from "./replay-crypto.ts";
import type { RecordedDraws } from "./replay-crypto.ts";
import type { Trace, TraceFinal, TraceOutcome, TraceStep } from "./trace.ts";

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

/** What a call gave back: the trace's own forms, undefined where it returns nothing. */
type Result = TraceOutcome["result"];

/** Replays a whole trace. */
export function replay(
  trace: Trace,
  base: TrustQuorumCrypto,
): { steps: number; divergences: Divergence[] } {
  const cluster = new Map(
    trace.header.nodes.map((name) => {
      const initial = trace.header.initial[name];
      if (initial === undefined) throw new Error(`the header has no initial state of ${name}`);
      return [name, new ReplayedNode(name, stateOf(initial, base), base)];
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
  return { steps: trace.steps.length, divergences };
}

type Difference = Pick<Divergence, "field" | "expected" | "actual">;

class ReplayedNode {
  readonly #self: BaseboardId;
  readonly #base: TrustQuorumCrypto;
  readonly #crypto: TrustQuorumCrypto;
  readonly #draws = new DrawSource();
  #node: TrustQuorumNode;

  constructor(name: string, state: PersistentState, base: TrustQuorumCrypto) {
    this.#self = parseBaseboardId(name);
    this.#base = base;
    this.#crypto = replayCrypto(base, this.#draws);
    this.#node = this.#restore(state);
  }

  step(step: TraceStep): Difference[] {
    this.#draws.begin(drawsOf(step));
    const before = this.#node.generation;
    const result = this.#call(step);
    const sent = this.#drain();
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

  compareFinal(expected: TraceFinal): Difference[] {
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

  #call(step: TraceStep): Result {
    try {
      return this.#perform(step);
    } catch (error) {
      if (isTrustQuorumError(error)) return { error: error.kind };
      // The draw source throws a plain error, which `end()` reports.
      if (this.#draws.end() !== null) return { error: "(drew beyond the recording)" };
      throw error;
    }
  }

  #perform(step: TraceStep): Result {
    const node = this.#node;
    switch (step.call) {
      case "onConnect":
        node.connect(parseBaseboardId(step.args.peer));
        return undefined;
      case "onDisconnect":
        node.disconnect(parseBaseboardId(step.args.peer));
        return undefined;
      case "restart":
        this.#node = this.#restore(node.persistentState, node.generation);
        return undefined;
      case "clearSecrets":
        node.clearSecrets();
        return undefined;
      case "handle":
        this.#receive(parseBaseboardId(step.args.from), step.args.msg);
        return undefined;
      case "coordinateReconfiguration":
        node.coordinateReconfiguration({
          ...requestOf(step.args),
          lastCommittedEpoch: step.args.last_committed_epoch,
        });
        return "ok";
      case "coordinateUpgradeFromLrtq":
        node.coordinateUpgradeFromLrtq(requestOf(step.args));
        return "ok";
      case "commit":
        node.commit({ rackId: parseRackId(step.args.rack_id), epoch: step.args.epoch });
        return "ok";
      case "prepareAndCommit":
        node.prepareAndCommit(Configuration.create(configurationOf(step.args.config)));
        return "ok";
      case "loadRackSecret": {
        const secret = node.loadRackSecret(step.args.epoch);
        if (secret === undefined) return "pending";
        // Traces hold no real secrets: theirs are compared, and never printed.
        const text = secret.expose((bytes) => Buffer.from(bytes).toString("hex"));
        secret.dispose();
        return { secret: text };
      }
      default:
        throw new Error(`unknown call ${JSON.stringify((step as { call: unknown }).call)}`);
    }
  }

  #receive(from: BaseboardId, msg: string): void {
    let message: PeerMessage;
    try {
      message = decodePeerMessage(hex(msg));
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      this.#node.refuseUndecodable(from, error.code);
      return;
    }
    this.#node.receive(from, message);
    wipeMessage(message);
  }

  /** Everything the node has to say, with saves that succeed at once. */
  #drain(): { to: string; msg: string }[] {
    const sent: { to: string; msg: string }[] = [];
    for (let out = this.#node.poll(); out !== undefined; out = this.#node.poll()) {
      if (out.kind === "persist") this.#node.persisted(out.generation);
      if (out.kind !== "send") continue;
      const { to, message } = out.envelope;
      sent.push({ to, msg: Buffer.from(encodePeerMessage(message)).toString("hex") });
      wipeMessage(message);
    }
    return sent;
  }

  #restore(state: PersistentState, generation = 1): TrustQuorumNode {
    const ledger = { generation, state };
    return TrustQuorumNode.restore({ self: this.#self, ledger, crypto: this.#crypto });
  }

  #digest(): string {
    const bytes = encodeLedgerState(this.#node.persistentState);
    return Buffer.from(this.#base.sha3_256(bytes)).toString("hex");
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

function requestOf(args: {
  readonly rack_id: string;
  readonly epoch: number;
  readonly members: readonly { part_number: string; serial_number: string }[];
  readonly threshold: number;
}) {
  return {
    rackId: parseRackId(args.rack_id),
    epoch: args.epoch,
    members: args.members.map(idOf),
    threshold: args.threshold,
  };
}

function drawsOf(step: TraceStep): RecordedDraws {
  const { rack_secret: secret, shares, salt } = step.random ?? {};
  return {
    ...(secret !== undefined && shares !== undefined
      ? { shares: { secret: hex(secret), shares: shares.map(hex) } }
      : {}),
    ...(salt !== undefined ? { salt: hex(salt) } : {}),
  };
}

function orderedCoordinating(json: TraceOutcome["coordinating"]): unknown {
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
function describeResult(result: Result): string {
  if (result === undefined) return "nothing";
  if (typeof result === "string") return result;
  if ("secret" in result) return `secret ${fingerprint(result.secret)}`;
  // The original calls this error of the reconfiguration otherwise.
  return `error ${result.error === "DecommissionedSled" ? "Expunged" : result.error}`;
}

function compareSent(
  expected: readonly { to: string; msg: string }[],
  actual: readonly { to: string; msg: string }[],
): (Difference | null)[] {
  const [left, right] = [byRecipient(expected), byRecipient(actual)];
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

function byRecipient(sent: readonly { to: string; msg: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { to, msg } of sent) groups.set(to, [...(groups.get(to) ?? []), msg]);
  return groups;
}

/** A message by its kind, epoch, length and fingerprint: it may hold a share. */
function describe(msg: string): string {
  const about = `${msg.length / 2} bytes, ${fingerprint(msg)}`;
  try {
    const message = decodePeerMessage(hex(msg));
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
