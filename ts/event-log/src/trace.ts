/**
 * Opens traces of the original implementation: runs this project's nodes through what a trace did,
 * with the random numbers that it recorded, and records that as an event log. Where these nodes did
 * anything else than the original, the log says so in its notices.
 */
import {
  Configuration,
  baseboardId,
  decodeLedger,
  decodePeerMessage,
  encodeLedgerState,
  encodePeerMessage,
  isTrustQuorumError,
  parseBaseboardId,
  parseRackId,
  wipeMessage,
} from "trust-quorum";
import type {
  BaseboardId,
  Epoch,
  PersistentState,
  TrustQuorumCrypto,
  UpgradeRequest,
} from "trust-quorum";
import { drawnCrypto } from "./drawn-crypto.ts";
import { EventLogError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import { readLog } from "./read.ts";
import type { EventLog } from "./read.ts";
import type { RecordedNode } from "./recorded-node.ts";
import { Recorder } from "./recorder.ts";
import { LogLines } from "./sink.ts";
import type { TraceConfig, TraceHeader, TraceId, TraceState, TraceStep } from "./trace-types.ts";

/**
 * The event log of a trace; it holds secrets, as the trace does.
 *
 * @throws EventLogError with the line of the trace that makes no sense
 */
export function readTrace(bytes: Uint8Array, crypto: TrustQuorumCrypto): EventLog {
  const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
  const header = parse(lines[0] ?? "", 1) as TraceHeader;
  if (header.trace !== 1) {
    const found = String(header.trace).slice(0, 20);
    throw new EventLogError("ERR_TQ_LOG_VERSION", { found, supported: 1 }, { line: 1 });
  }
  const run = new TraceRun(header, crypto);
  // The last line says how the nodes ended, which the steps have shown.
  const steps = lines.slice(1, -1);
  steps.forEach((text, i) => {
    const line = i + 2;
    const step = parse(text, line) as TraceStep;
    try {
      run.step(step, i);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : "it cannot be run";
      const field = `the step ${step.call.slice(0, 40)}`;
      throw new EventLogError("ERR_TQ_LOG_INVALID_FIELD", { field, problem }, { line, cause });
    }
  });
  return run.end();
}

function parse(text: string, line: number): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below, without the line's text: a trace holds secrets.
  }
  throw new EventLogError("ERR_TQ_LOG_BAD_JSON", { problem: "it cannot be parsed" }, { line });
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
      shares: () => joined(this.#random?.shares ?? missing("shares")),
      salt: () => fromHex(this.#random?.salt ?? missing("salt")),
      computes: () => undefined,
    });
    this.#recorder = new Recorder({
      sink: this.#sink,
      producer: { name: "trace of the original", version: "1" },
      clock: { kind: "virtual", now: () => this.#time },
      crypto: this.#crypto,
      rackId: parseRackId(header.rack_id),
      secrets: true,
      simulation: { seed: header.seed, options: null },
    });
    for (const name of header.nodes) {
      const initial = header.initial[name];
      if (initial === undefined) throw notATrace(`it has no initial state of ${name}`);
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
    const sent = drain(after);
    const changed = after.generation !== before;
    const digest = changed
      ? toHex(this.#crypto.sha3_256(encodeLedgerState(after.persistentState)))
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

  end(): EventLog {
    this.#recorder.flush();
    const log = readLog(new TextEncoder().encode(this.#sink.text()), {
      hash: (bytes) => this.#crypto.sha3_256(bytes),
    });
    for (const node of this.#nodes.values()) node.dispose();
    const notice =
      this.#first === null
        ? "a trace of the original: every step did here what it did there"
        : `a trace of the original: ${this.#differing} steps did something else here, the first at line ${this.#first}`;
    return { ...log, notices: [...log.notices, notice] };
  }

  #perform(node: RecordedNode, step: TraceStep): unknown {
    try {
      return this.#call(node, step);
    } catch (error) {
      if (isTrustQuorumError(error)) return { error: error.kind };
      throw error;
    }
  }

  #call(node: RecordedNode, { call, args = {} }: TraceStep): unknown {
    switch (call) {
      case "onConnect":
        return node.connect(parseBaseboardId(args.peer ?? ""));
      case "onDisconnect":
        return node.disconnect(parseBaseboardId(args.peer ?? ""));
      case "restart": {
        const ledger = { generation: node.generation, state: node.persistentState };
        this.#nodes.set(node.self, this.#recorder.restart({ self: node.self, ledger }));
        return undefined;
      }
      case "clearSecrets":
        return node.clearSecrets();
      case "handle":
        return receive(node, parseBaseboardId(args.from ?? ""), fromHex(args.msg ?? ""));
      case "coordinateReconfiguration": {
        const lastCommittedEpoch = args.last_committed_epoch ?? null;
        node.coordinateReconfiguration({ ...requestOf(args), lastCommittedEpoch });
        return "ok";
      }
      case "coordinateUpgradeFromLrtq":
        node.coordinateUpgradeFromLrtq(requestOf(args));
        return "ok";
      case "commit":
        node.commit({ rackId: parseRackId(args.rack_id ?? ""), epoch: args.epoch ?? 0 });
        return "ok";
      case "prepareAndCommit":
        if (args.config === undefined) throw new Error("it has no configuration");
        node.prepareAndCommit(configurationOf(args.config));
        return "ok";
      case "loadRackSecret": {
        const secret = node.loadRackSecret(args.epoch ?? 0);
        secret?.dispose();
        return secret === undefined ? "pending" : { secret: "" };
      }
      default:
        throw new Error("there is no such call");
    }
  }
}

function receive(node: RecordedNode, from: BaseboardId, bytes: Uint8Array): void {
  let message;
  try {
    message = decodePeerMessage(bytes);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    node.refuseUndecodable(from, error.code);
    return;
  }
  node.receive(from, message);
  wipeMessage(message);
}

/** Everything that the node has to say, with saves that succeed at once. */
function drain(node: RecordedNode): { to: string; msg: string }[] {
  const sent: { to: string; msg: string }[] = [];
  for (let out = node.poll(); out !== undefined; out = node.poll()) {
    if (out.kind === "persist") node.persisted(out.generation);
    if (out.kind !== "send") continue;
    const { to, message } = out.envelope;
    sent.push({ to, msg: toHex(encodePeerMessage(message)) });
    wipeMessage(message);
  }
  return sent;
}

/** The same messages to everyone, in order for each. */
function sameSent(
  a: readonly { to: string; msg: string }[],
  b: readonly { to: string; msg: string }[],
): boolean {
  const ordered = (list: typeof a) =>
    list.toSorted((x, y) => (x.to < y.to ? -1 : x.to > y.to ? 1 : 0));
  const [left, right] = [ordered(a), ordered(b)];
  return (
    left.length === right.length &&
    left.every(({ to, msg }, i) => to === right[i]?.to && msg === right[i].msg)
  );
}

/** Secrets are not compared: what was sealed with them is. */
function sameResult(theirs: unknown, ours: unknown): boolean {
  if (typeof theirs !== "object" || theirs === null) return theirs === ours;
  if (typeof ours !== "object" || ours === null) return false;
  if ("secret" in theirs) return "secret" in ours;
  if (!("error" in theirs) || !("error" in ours)) return false;
  // The original calls this error of the reconfiguration otherwise.
  return ours.error === (theirs.error === "DecommissionedSled" ? "Expunged" : theirs.error);
}

function requestOf(args: NonNullable<TraceStep["args"]>): UpgradeRequest {
  return {
    rackId: parseRackId(args.rack_id ?? ""),
    epoch: args.epoch ?? 0,
    members: (args.members ?? []).map(idOf),
    threshold: args.threshold ?? 0,
  };
}

function idOf(id: TraceId): BaseboardId {
  return baseboardId(id.part_number, id.serial_number);
}

function configurationOf(config: TraceConfig): Configuration {
  const encrypted = config.encrypted_rack_secrets;
  return Configuration.create({
    rackId: parseRackId(config.rack_id),
    epoch: config.epoch as Epoch,
    coordinator: idOf(config.coordinator),
    members: config.members.map(([id]) => idOf(id)),
    digests: fromHex(config.members.map(([, digest]) => digest).join("")),
    threshold: config.threshold,
    encryptedRackSecrets: encrypted && {
      salt: fromHex(encrypted.salt),
      data: fromHex(encrypted.data),
    },
  });
}

/** A state: written as a ledger holds it, then read by the ledger's strict decoder. */
function stateOf(state: TraceState, crypto: TrustQuorumCrypto): PersistentState {
  const id = ({ part_number, serial_number }: TraceId) => ({ part_number, serial_number });
  const { lrtq, expunged } = state;
  const ordered = {
    lrtq: lrtq && {
      rack_uuid: lrtq.rack_uuid,
      epoch: lrtq.epoch,
      threshold: lrtq.threshold,
      share: lrtq.share,
      share_digests: lrtq.share_digests,
    },
    configs: state.configs.map((config) => ({
      rack_id: config.rack_id,
      epoch: config.epoch,
      coordinator: id(config.coordinator),
      members: config.members.map(([member, digest]) => [id(member), digest]),
      threshold: config.threshold,
      encrypted_rack_secrets: config.encrypted_rack_secrets && {
        salt: config.encrypted_rack_secrets.salt,
        data: config.encrypted_rack_secrets.data,
      },
    })),
    shares: Object.fromEntries(
      Object.entries(state.shares).map(([epoch, share]) => [
        epoch,
        { x_coordinate: share.x_coordinate, y_coordinates: share.y_coordinates },
      ]),
    ),
    commits: state.commits,
    expunged: expunged && { epoch: expunged.epoch, from: id(expunged.from) },
  };
  const ledger = new TextEncoder().encode(JSON.stringify({ generation: 1, state: ordered }));
  return decodeLedger(ledger, (bytes) => crypto.sha3_256(bytes)).state;
}

function joined(shares: readonly string[]): Uint8Array {
  return fromHex(shares.join(""));
}

function missing(what: string): never {
  throw new Error(`it records no ${what}`);
}

function notATrace(problem: string): EventLogError {
  return new EventLogError("ERR_TQ_LOG_NOT_A_LOG", { problem }, { line: 1 });
}
