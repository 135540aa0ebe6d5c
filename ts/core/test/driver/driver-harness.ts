/** One driver under test, with saves that end when the test says so. */
import type { BaseboardId } from "../../src/base/id-types.ts";
import { TrustQuorumDriver } from "../../src/driver/driver.ts";
import { wipeMessage } from "../../src/protocol/messages.ts";
import type { Envelope, PeerMessageBody } from "../../src/protocol/messages.ts";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { NodeEvent, PersistOutput } from "../../src/protocol/outputs.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";
import { RACK, brief, crypto, sled } from "../protocol/fixtures.ts";
import type { Made } from "../protocol/fixtures.ts";

/** A save that the driver has asked for. */
interface Save {
  readonly output: PersistOutput;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/** What a promise has come to, without waiting for it. */
type Settlement = "pending" | { readonly value: unknown } | { readonly error: unknown };

export class DriverHarness {
  readonly self: BaseboardId = sled(0);
  readonly node: TrustQuorumNode;
  readonly driver: TrustQuorumDriver;
  readonly saves: Save[] = [];
  /** Receiver, kind and epoch of each message, in order. */
  readonly sent: string[] = [];
  readonly envelopes: Envelope[] = [];
  readonly events: NodeEvent[] = [];
  readonly errors: unknown[] = [];
  /** Called for every message and event, before the harness notes it. */
  onOutput: (output: string) => void = () => undefined;
  /** Replaces the save that waits for the test. */
  save: ((output: PersistOutput) => Promise<void>) | null = null;

  constructor(state: PersistentState | null, peers: readonly BaseboardId[] = []) {
    const ledger = state === null ? null : { generation: 1, state };
    this.node = TrustQuorumNode.restore({ self: this.self, ledger, crypto });
    this.driver = new TrustQuorumDriver({
      node: this.node,
      save: (output) => (this.save ?? this.#wait)(output),
      send: (envelope) => this.#send(envelope),
      onEvent: (event) => {
        this.onOutput(event.kind);
        this.events.push(event);
      },
      onError: (error) => this.errors.push(error),
    });
    for (const peer of peers) this.driver.connect(peer);
  }

  /** Hands the driver a message for its rack, and zeroes it as a host does. */
  hear(from: BaseboardId, body: PeerMessageBody): void {
    const message = { ...body, rackId: RACK };
    this.driver.receive(from, message);
    wipeMessage(message);
  }

  prepare(made: Made): void {
    const { config } = made;
    this.hear(config.coordinator, { kind: "prepare", config, share: made.share(this.self) });
  }

  share(from: BaseboardId, made: Made): void {
    this.hear(from, { kind: "share", epoch: made.config.epoch, share: made.share(from) });
  }

  /** Ends the save in flight. */
  async saved(): Promise<void> {
    this.#next().succeed();
    await settled();
  }

  async failed(cause: unknown): Promise<void> {
    this.#next().fail(cause);
    await settled();
  }

  #next(): Save {
    const save = this.saves.shift();
    if (save === undefined) throw new Error("no save is in flight");
    return save;
  }

  readonly #wait = (output: PersistOutput): Promise<void> =>
    new Promise((resolve, reject) => {
      this.saves.push({ output, succeed: resolve, fail: reject });
    });

  #send(envelope: Envelope): void {
    const text = `${envelope.to.slice(-1)} ${brief(envelope.message)}`;
    this.onOutput(text);
    this.sent.push(text);
    this.envelopes.push(envelope);
  }
}

/** What a promise has come to once everything that can go on has gone on. */
export async function settlement(promise: Promise<unknown>): Promise<Settlement> {
  let result: Settlement = "pending";
  promise.then(
    (value) => (result = { value }),
    (error: unknown) => (result = { error }),
  );
  await settled();
  return result;
}

/** Lets every promise that can go on do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
