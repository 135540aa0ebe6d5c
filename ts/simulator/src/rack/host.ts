/** The hosts of all sleds: what a daemon does around its node. */
import { TrustQuorumNode, isTrustQuorumError, wipeMessage } from "trust-quorum";
import type {
  BaseboardId,
  ErrorCode,
  GuardMode,
  PeerMessage,
  RestoredLedger,
  TrustQuorumCrypto,
} from "trust-quorum";
import type { NodeLike } from "trust-quorum/protocol";
import type { SaveEnd } from "../schedule/actions.ts";
import type { Coverage } from "./coverage.ts";
import { SimulationFailure, assertInvariant } from "../invariants/failure.ts";
import type { Arrival, Network } from "./network.ts";
import type { HostObserver } from "./observer.ts";
import type { Sled, Sleds } from "./sled.ts";

/** After how many rounds of {@link Host.settle} the exchange of messages counts as endless. */
const DELIVERIES_MAX = 2_000_000;

/** How nodes are made: a recorder of event logs puts itself around them. */
export type NodeMaker = (options: {
  readonly self: BaseboardId;
  readonly ledger: RestoredLedger | null;
  readonly crypto: TrustQuorumCrypto;
  readonly guard: GuardMode;
}) => NodeLike;

/** What became of a call on a node. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ErrorCode };

/**
 * Runs the nodes of a rack as daemons would. Each input is followed by the node's outputs, in their order:
 * states are written to the sled's disk, messages are handed to the network, events go to the observer. An answer
 * to a request is given only once the generation that it refers to is on the disk.
 */
export class Host {
  readonly sleds: Sleds;
  readonly network: Network;
  readonly coverage: Coverage;
  readonly #slow: boolean;
  readonly #make: NodeMaker;
  readonly #guard: GuardMode;
  readonly #observer: HostObserver;
  /** Virtual milliseconds. */
  time = 0;
  /** Calls on nodes so far: every input, restarts and polls of status included, outputs not. */
  calls = 0;
  /** Sees every message on its way, before it is handed to the network. */
  eavesdrop: (from: Sled, to: Sled, message: PeerMessage) => void = () => undefined;

  constructor(options: {
    sleds: Sleds;
    network: Network;
    coverage: Coverage;
    observer: HostObserver;
    /** Whether a save ends only when {@link Host.save} says so. */
    slowSaves: boolean;
    guard: GuardMode;
    make?: NodeMaker | undefined;
  }) {
    this.sleds = options.sleds;
    this.network = options.network;
    this.coverage = options.coverage;
    this.#observer = options.observer;
    this.#slow = options.slowSaves;
    this.#guard = options.guard;
    this.#make = options.make ?? ((node) => TrustQuorumNode.restore(node));
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
    this.#observer.onRestore(sled, ledger);
    this.calls += 1;
    this.coverage.count("calls", "restore");
    try {
      sled.node = this.#make({ self: sled.id, ledger, crypto: sled.crypto, guard: this.#guard });
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
  input(sled: Sled, name: string, run: (node: NodeLike) => void): void {
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

  /** Delivers the next message of a link. False where none can arrive. */
  deliver(from: number, to: number): boolean {
    const arrival = this.network.take(from, to);
    if (arrival === undefined) return false;
    this.arrive(this.sleds.at(from), this.sleds.at(to), arrival);
    return true;
  }

  /** A message arrives, or bytes that are none. */
  arrive(from: Sled, to: Sled, arrival: Arrival): void {
    if ("message" in arrival) {
      this.receive(from, to, arrival.message);
      return;
    }
    const { code } = arrival;
    this.coverage.count("messages", "undecodable");
    this.input(to, "refuseUndecodable", (node) => node.refuseUndecodable(from.id, code));
  }

  /** Delivers and ends saves until nothing is left to do. A millisecond passes for each. */
  settle(): void {
    for (let deliveries = 0; ; deliveries++) {
      assertInvariant(
        deliveries < DELIVERIES_MAX,
        "liveness",
        () => "messages go around without an end",
      );
      if (this.network.busy > 0) {
        const { from, to } = this.network.busyLink(0);
        this.time += 1;
        this.deliver(from, to);
        continue;
      }
      const saving = this.sleds.all.find((sled) => sled.saving !== null);
      if (saving === undefined) return;
      this.time += 1;
      this.save(saving, "done");
    }
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
      this.#observer.onReceive(sled, from, message, before);
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
      this.#observer.onRequest(sled);
    } else {
      const untouched = node.persistentState === state && node.generation === generation;
      assertInvariant(
        untouched,
        "refusal-changes-nothing",
        () => `${name} on ${sled.id}: ${outcome.code}`,
      );
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
    this.#observer.onSave(sled, saving.state);
    node.persisted(saving.generation);
    this.#drain(sled, node);
    this.#giveAnswers(sled, node);
  }

  #after(sled: Sled, node: NodeLike): void {
    const state = node.persistentState;
    if (state !== sled.seen) {
      this.#observer.onChange(sled, sled.seen, state);
      sled.seen = state;
    }
    this.#drain(sled, node);
    if (sled.answers.length > 0) this.#giveAnswers(sled, node);
  }

  #drain(sled: Sled, node: NodeLike): void {
    for (let out = node.poll(); out !== undefined; out = node.poll()) {
      switch (out.kind) {
        case "persist":
          sled.saving = out;
          if (!this.#slow) {
            sled.saving = null;
            sled.disk.write(out, "done");
            this.#observer.onSave(sled, out.state);
            node.persisted(out.generation);
          }
          break;
        case "send": {
          const { to, message } = out.envelope;
          const receiver = this.sleds.of(to);
          this.#observer.onSend(sled, receiver, message);
          this.eavesdrop(sled, receiver, message);
          this.network.send(sled.index, receiver.index, message);
          break;
        }
        case "event":
          this.#observer.onEvent(sled, out.event);
          break;
        default:
          out satisfies never;
      }
    }
  }

  #giveAnswers(sled: Sled, node: NodeLike): void {
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
