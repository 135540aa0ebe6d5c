/**
 * A rack of drivers that can be crashed at any point that the outside can tell apart: after an input,
 * before a save has written, after it has written but before it says so, before and after a message
 * leaves, and before a caller gets its answer. Which event comes next is drawn from a seed, so a run
 * with the same seed is the same run up to the crash.
 */
import { Random } from "@trust-quorum/random";
import { expect } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { BaseboardId } from "../../src/base/id-types.ts";
import { TrustQuorumDriver } from "../../src/driver/driver.ts";
import { wipeMessage } from "../../src/protocol/messages.ts";
import type { Envelope, PeerMessage } from "../../src/protocol/messages.ts";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { NodeEvent, PersistOutput } from "../../src/protocol/outputs.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";
import { crypto } from "../protocol/fixtures.ts";
import { Disk } from "./disk.ts";

/** What became of a call: the process may have died before it answered. */
type Answer<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "refused"; readonly code: ErrorCode }
  | { readonly kind: "lost" };

/** The place of a crash. */
export interface Crash {
  readonly victim: BaseboardId;
  /** The position among the victim's points, from 1; 0 for never. */
  readonly at: number;
}

/** One life of a sled's process. */
class Life {
  readonly driver: TrustQuorumDriver;
  readonly died: Promise<void>;
  #alive = true;
  #die: () => void = () => undefined;

  constructor(make: (life: Life) => TrustQuorumDriver) {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    this.driver = make(this);
  }

  isAlive(): boolean {
    return this.#alive;
  }

  die(): void {
    this.#alive = false;
    this.#die();
  }
}

export class Rack {
  readonly members: readonly BaseboardId[];
  /** Points of the victim that were passed, in order. */
  readonly points: string[] = [];
  readonly #disks: Map<BaseboardId, Disk>;
  readonly #lives = new Map<BaseboardId, Life>();
  readonly #isolated = new Set<BaseboardId>();
  readonly #crash: Crash;
  readonly #random: Random;
  /** What the checks in callbacks have thrown: the driver keeps that from the rack. */
  readonly #failures: unknown[] = [];
  #tasks: (() => void)[] = [];
  #pauses: (() => void)[] = [];

  constructor(options: {
    ledgers: ReadonlyMap<BaseboardId, PersistentState | null>;
    crash: Crash;
    seed: number;
  }) {
    this.members = [...options.ledgers.keys()];
    this.#crash = options.crash;
    this.#random = new Random(options.seed);
    this.#disks = new Map(
      [...options.ledgers].map(([id, state]) => [
        id,
        new Disk(state === null ? null : { generation: 1, state }),
      ]),
    );
    for (const id of this.members) this.#start(id);
  }

  /** Runs a script of the control plane together with the rack. */
  async run<T>(script: () => Promise<T>): Promise<T> {
    const running = new Set([script]);
    const result = script().finally(() => running.clear());
    // Its failure is thrown below, once the loop has seen it.
    result.catch(() => undefined);
    for (let steps = 0; running.size > 0; steps++) {
      expect(steps).toBeLessThan(20_000);
      await settled();
      if (this.#failures.length > 0) throw this.#failures[0];
      const at = this.#random.below(this.#tasks.length);
      const [task] = this.#tasks.splice(at, 1);
      if (task !== undefined) task();
      else this.#idle();
    }
    return result;
  }

  /** Waits until nothing else is left to happen. */
  pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#pauses.push(resolve);
    });
  }

  /** Cuts a sled off, or connects it again. */
  isolate(id: BaseboardId, isolated: boolean): void {
    if (isolated) this.#isolated.add(id);
    else this.#isolated.delete(id);
    for (const other of this.members) if (other !== id) this.#link(id, other);
  }

  /** A call of the control plane. What is answered must not go beyond what the disk has confirmed. */
  async call<T>(
    id: BaseboardId,
    run: (driver: TrustQuorumDriver) => Promise<T>,
    check: (disk: PersistentState | null, value: T) => void,
  ): Promise<Answer<T>> {
    const life = this.#lives.get(id);
    if (life?.isAlive() !== true) return { kind: "lost" };
    const promise: Promise<Answer<T>> = run(life.driver).then(
      (value): Answer<T> => ({ kind: "value", value }),
      (error: unknown): Answer<T> => {
        if (!isTrustQuorumError(error)) throw error;
        return { kind: "refused", code: error.code };
      },
    );
    this.#passed(id, life, "after a call");
    const answer = await Promise.race([promise, life.died.then(() => ({ kind: "lost" as const }))]);
    if (!life.isAlive() || this.#passed(id, life, "before an answer")) return { kind: "lost" };
    if (answer.kind === "value") check(this.#disk(id).confirmed, answer.value);
    return answer;
  }

  #start(id: BaseboardId): void {
    const disk = this.#disk(id);
    const node = TrustQuorumNode.restore({ self: id, ledger: disk.read(), crypto });
    const life = new Life(
      (self) =>
        new TrustQuorumDriver({
          node,
          save: (output) => this.#save(id, self, output),
          send: (envelope) => this.#send(id, self, envelope),
          onEvent: (event) => this.#event(id, self, event),
          onError: (error) => this.#failures.push(error),
        }),
    );
    this.#lives.set(id, life);
    for (const other of this.members) if (other !== id) this.#link(id, other);
  }

  #link(a: BaseboardId, b: BaseboardId): void {
    const [one, two] = [this.#lives.get(a), this.#lives.get(b)];
    if (one?.isAlive() !== true || two?.isAlive() !== true) return;
    one.driver.disconnect(b);
    two.driver.disconnect(a);
    if (this.#isolated.has(a) || this.#isolated.has(b)) return;
    one.driver.connect(b);
    two.driver.connect(a);
  }

  #save(id: BaseboardId, life: Life, output: PersistOutput): Promise<void> {
    return new Promise((resolve) => {
      if (!life.isAlive() || this.#passed(id, life, "a save begins")) return;
      this.#tasks.push(() => {
        if (!life.isAlive() || this.#passed(id, life, "a save is lost")) return;
        this.#disk(id).write(output);
        if (this.#passed(id, life, "a save is written")) return;
        this.#tasks.push(() => {
          if (!life.isAlive()) return;
          this.#disk(id).confirm();
          resolve();
        });
      });
    });
  }

  #send(id: BaseboardId, life: Life, { to, from, message }: Envelope): void {
    if (!life.isAlive() || this.#passed(id, life, "before a message")) return;
    expect(from).toBe(id);
    checkMessage(this.#disk(id).confirmed, message);
    const onTheWire = copyOf(message);
    wipeMessage(message);
    this.#tasks.push(() => this.#deliver(from, to, onTheWire));
    this.#passed(id, life, "after a message");
  }

  #deliver(from: BaseboardId, to: BaseboardId, message: PeerMessage): void {
    const life = this.#lives.get(to);
    if (life?.isAlive() !== true || this.#isolated.has(from) || this.#isolated.has(to)) return;
    life.driver.receive(from, message);
    wipeMessage(message);
    this.#passed(to, life, "after an input");
  }

  #event(id: BaseboardId, life: Life, event: NodeEvent): void {
    if (!life.isAlive()) return;
    const disk = this.#disk(id).confirmed;
    if (event.kind === "committed") expect(disk?.commits).toContain(event.epoch);
    if (event.kind === "expunged") expect(disk?.expunged?.epoch).toBe(event.epoch);
    expect(event.kind).not.toBe("alarm");
  }

  /** Counts a point of the victim's. True where its process dies here. */
  #passed(id: BaseboardId, life: Life, point: string): boolean {
    if (id !== this.#crash.victim || !life.isAlive()) return false;
    this.points.push(point);
    if (this.points.length !== this.#crash.at) return false;
    life.die();
    for (const other of this.members) {
      if (other !== id) this.#lives.get(other)?.driver.disconnect(id);
    }
    this.#tasks.push(() => this.#start(id));
    return true;
  }

  #idle(): void {
    for (const life of this.#lives.values()) if (life.isAlive()) life.driver.tick();
    const pauses = this.#pauses;
    this.#pauses = [];
    for (const resume of pauses) resume();
  }

  #disk(id: BaseboardId): Disk {
    const disk = this.#disks.get(id);
    if (disk === undefined) throw new Error(`${id} has no disk`);
    return disk;
  }
}

/** What each message claims of its sender, against what the sender's disk has confirmed. */
function checkMessage(disk: PersistentState | null, message: PeerMessage): void {
  switch (message.kind) {
    case "prepare":
      expect(disk?.configs.get(message.config.epoch)?.equals(message.config)).toBe(true);
      expect(disk?.shares.has(message.config.epoch)).toBe(true);
      return;
    case "prepareAck":
      expect(disk?.configs.has(message.epoch)).toBe(true);
      expect(disk?.shares.has(message.epoch)).toBe(true);
      return;
    case "share":
      expect(disk?.shares.get(message.epoch)?.bytes).toEqual(message.share.bytes);
      return;
    case "lrtqShare":
      expect(disk?.lrtq?.share.bytes).toEqual(message.share.bytes);
      return;
    case "commitAdvance":
      expect(disk?.commits).toContain(message.config.epoch);
      return;
    case "expunged":
      expect(disk?.configs.has(message.epoch)).toBe(true);
      return;
    case "getShare":
    case "getLrtqShare":
      return;
    default:
      message satisfies never;
  }
}

function copyOf(message: PeerMessage): PeerMessage {
  if (message.kind === "prepare" || message.kind === "share") {
    return { ...message, share: message.share.clone() };
  }
  if (message.kind === "lrtqShare") return { ...message, share: message.share.clone() };
  return message;
}

/** Lets every promise that can go on do so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
