/**
 * The hosts of all sleds: they run the nodes as a daemon would, with the order that it must keep. An
 * input goes in, the outputs come out; what a node wants saved is written before anything is sent or
 * answered that rests on it.
 */
import { TrustQuorumNode, isTrustQuorumError, wipeMessage } from "trust-quorum";
import type {
  BaseboardId,
  DrivenNode,
  ErrorCode,
  PeerMessage,
  RestoredLedger,
  TrustQuorumCrypto,
} from "trust-quorum";
import type { SaveEnd } from "../schedule/actions.ts";
import type { Checks } from "../invariants/checks.ts";
import { Coverage } from "./coverage.ts";
import { SimulationFailure, must } from "../invariants/failure.ts";
import type { Network } from "./network.ts";
import type { Setup } from "../schedule/options.ts";
import type { Sled } from "./sled.ts";

/** How nodes are made: a recorder of event logs puts itself around them. */
export type NodeMaker = (options: {
  readonly self: BaseboardId;
  readonly ledger: RestoredLedger | null;
  readonly crypto: TrustQuorumCrypto;
}) => DrivenNode;

/** What became of a call on a node. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ErrorCode };

/** See the head of this file. */
export class Host {
  readonly sleds: readonly Sled[];
  readonly network: Network;
  readonly coverage = new Coverage();
  readonly #byId = new Map<BaseboardId, Sled>();
  readonly #slow: boolean;
  readonly #make: NodeMaker;
  #checks!: Checks;
  /** Virtual milliseconds. */
  time = 0;
  /** Calls on nodes so far: every input, restarts and polls of status included, outputs not. */
  calls = 0;
  /** Sees every message on its way, before it is handed to the network. */
  onSend: (from: Sled, to: Sled, message: PeerMessage) => void = () => undefined;

  constructor(options: {
    sleds: readonly Sled[];
    network: Network;
    setup: Setup;
    make?: NodeMaker | undefined;
  }) {
    this.sleds = options.sleds;
    this.network = options.network;
    this.#slow = options.setup.slowSaves;
    this.#make = options.make ?? ((node) => TrustQuorumNode.restore(node));
    for (const sled of options.sleds) this.#byId.set(sled.id, sled);
  }

  /** The checks look at what the hosts do, and need them for it. */
  set checks(checks: Checks) {
    this.#checks = checks;
  }

  sled(index: number): Sled {
    const sled = this.sleds[index];
    if (sled === undefined) throw new RangeError(`there is no sled ${index}`);
    return sled;
  }

  byId(id: BaseboardId): Sled {
    const sled = this.#byId.get(id);
    if (sled === undefined) throw new RangeError(`there is no sled ${id}`);
    return sled;
  }

  /** Starts a sled that is down from its disk. */
  start(sled: Sled): boolean {
    const { ledger, unreadable } = sled.disk.read();
    if (unreadable > 0) this.coverage.count("phases", "a replica that cannot be read");
    if (ledger === null && unreadable > 0) {
      // A host must not begin anew where there was a ledger.
      sled.lost = true;
      return false;
    }
    this.boot(sled, ledger);
    return true;
  }

  /** Starts a sled from a ledger that its disk holds. */
  boot(sled: Sled, ledger: RestoredLedger | null): void {
    this.#checks.states.restored(sled, ledger);
    this.calls += 1;
    this.coverage.count("calls", "restore");
    try {
      sled.node = this.#make({ self: sled.id, ledger, crypto: sled.crypto });
    } catch (cause) {
      throw new SimulationFailure("never-throws", `${sled.id} cannot be restored`, { cause });
    }
    sled.seen = sled.node.persistentState;
  }

  /** A sled's process dies. What its node has in memory is gone. */
  stop(sled: Sled): void {
    const { node } = sled;
    if (node === null) return;
    sled.disk.freeze();
    node.dispose();
    sled.node = null;
    sled.saving = null;
    sled.answers = [];
  }

  /** An input that cannot be refused. */
  input(sled: Sled, name: string, run: (node: DrivenNode) => void): void {
    const { node } = sled;
    if (node === null) return;
    this.calls += 1;
    this.coverage.count("calls", name);
    try {
      run(node);
    } catch (cause) {
      throw new SimulationFailure("never-throws", `${name} on ${sled.id} threw`, { cause });
    }
    this.#after(sled, node);
  }

  /** A message arrives. The message is wiped afterwards. */
  receive(from: Sled, sled: Sled, message: PeerMessage): void {
    const { node } = sled;
    this.coverage.count("messages", message.kind);
    if (node !== null) {
      this.calls += 1;
      const { persistentState: before } = node;
      try {
        node.receive(from.id, message);
      } catch (cause) {
        const text = `${message.kind} from ${from.id} made ${sled.id} throw`;
        throw new SimulationFailure("never-throws", text, { cause });
      }
      this.#checks.received(sled, message, before);
      this.#after(sled, node);
    }
    wipeMessage(message);
  }

  /** A request, which may be refused; a refused one must not change anything. */
  call<T>(sled: Sled, name: string, run: () => T): Outcome<T> {
    const { node } = sled;
    if (node === null) throw new Error(`${sled.id} is down`);
    const { persistentState: state, generation } = node;
    this.calls += 1;
    this.coverage.count("calls", name);
    const outcome = outcomeOf(sled, name, run);
    if (outcome.ok) {
      this.#checks.called(sled);
    } else {
      const untouched = node.persistentState === state && node.generation === generation;
      must(untouched, "refusal-changes-nothing", () => `${name} on ${sled.id}: ${outcome.code}`);
    }
    this.#after(sled, node);
    return outcome;
  }

  /** Gives an answer to a call that was just made, once everything that it may speak of is durable. */
  answer(sled: Sled, give: () => void): void {
    const { node } = sled;
    if (node === null) return;
    if (node.generation <= node.persistedGeneration) give();
    else sled.answers.push({ generation: node.generation, give });
  }

  /** Ends the save that a sled waits for. Every end but `done` takes the process with it. */
  save(sled: Sled, end: SaveEnd): void {
    const { node, saving } = sled;
    if (node === null || saving === null) return;
    sled.saving = null;
    sled.disk.write(saving, end);
    if (end !== "done") return;
    this.#checks.states.saved(sled, saving.state);
    node.persisted(saving.generation);
    this.#drain(sled, node);
    this.#giveAnswers(sled, node);
  }

  #after(sled: Sled, node: DrivenNode): void {
    const state = node.persistentState;
    if (state !== sled.seen) {
      this.#checks.states.changed(sled, sled.seen, state);
      sled.seen = state;
    }
    this.#drain(sled, node);
    if (sled.answers.length > 0) this.#giveAnswers(sled, node);
  }

  #drain(sled: Sled, node: DrivenNode): void {
    for (let out = node.poll(); out !== undefined; out = node.poll()) {
      switch (out.kind) {
        case "persist":
          sled.saving = out;
          if (!this.#slow) {
            sled.saving = null;
            sled.disk.write(out, "done");
            this.#checks.states.saved(sled, out.state);
            node.persisted(out.generation);
          }
          break;
        case "send": {
          const { to, message } = out.envelope;
          const receiver = this.byId(to);
          this.#checks.spoken(sled, receiver, message);
          this.onSend(sled, receiver, message);
          this.network.send(sled.index, receiver.index, message);
          break;
        }
        case "event":
          this.#checks.told(sled, out.event);
          break;
        default:
          out satisfies never;
      }
    }
  }

  #giveAnswers(sled: Sled, node: DrivenNode): void {
    const { answers } = sled;
    if (answers.length === 0) return;
    const ready = answers.filter(({ generation }) => generation <= node.persistedGeneration);
    if (ready.length === 0) return;
    sled.answers = answers.filter(({ generation }) => generation > node.persistedGeneration);
    for (const { give } of ready) give();
  }
}

function outcomeOf<T>(sled: Sled, name: string, run: () => T): Outcome<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    if (isTrustQuorumError(error)) return { ok: false, code: error.code };
    throw new SimulationFailure("never-throws", `${name} on ${sled.id} threw`, { cause: error });
  }
}
