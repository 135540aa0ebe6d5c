/**
 * Follows the real reconciler, `@trust-quorum/control-plane`, with the model of the simulator: it is the store
 * and the sleds that the reconciler works with. Every request must be one that the model's next steps name, by
 * the way that the round has found; every write must be a transition that the model grants, with the same
 * record after it; and no step may be left out.
 */
import type { ControlPlaneApi, NodeAnswer } from "@trust-quorum/api/client/api";
import { RefusedError, UnreachableError, isOperatorError } from "@trust-quorum/api/client/errors";
import { coordinatingJson } from "@trust-quorum/api/convert";
import type { RecordStore, Records, Transaction } from "@trust-quorum/control-plane/record-store";
import type { Random } from "@trust-quorum/random";
import type { BaseboardId, CoordinatorStatus, Epoch, ErrorCode } from "trust-quorum";
import * as control from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import type { Transition } from "../src/rack/database.ts";
import type { ModelRecord } from "../src/rack/record.ts";
import { nextSteps } from "../src/rack/steps.ts";
import type { Step } from "../src/rack/steps.ts";
import { RACK, statusOf } from "./coordinator-answers.ts";
import { Disagreement, compareRecords } from "./core-mirror.ts";
import { nameOf } from "./twin-records.ts";
import type { TwinRecords } from "./twin-records.ts";

/** The control plane's process dies. */
class Killed extends Error {}

type Asked = "poll" | "coordinate" | "upgrade" | "commit" | "prepareAndCommit";
/** What becomes of a request. */
type Fate =
  /** It is done, and the answer arrives. */
  | "answered"
  /** Nobody knows whether it is done. */
  | "lost"
  /** The protocol refuses. */
  | "refused"
  /** The sled is on its way out: that says nothing about the request. */
  | "stopping"
  /** The sled that should pass it on does not. */
  | "not passed on";

/** What the model knows of one round. */
interface Round {
  readonly reachable: ReadonlySet<BaseboardId>;
  readonly connections: ReadonlyMap<BaseboardId, readonly BaseboardId[]>;
  /** A sled that says that it has committed what was never decided. */
  readonly liar: BaseboardId | null;
  /** The record that the reconciler has read last. */
  read: ModelRecord | null;
  polled: CoordinatorStatus | null | undefined;
  /** The steps that were taken, by kind and sled. */
  readonly taken: Set<string>;
  /** The sleds through which a request is still to be tried. */
  readonly routes: Map<string, BaseboardId[]>;
  /** Those that had prepared and do not know it: they are to get the configuration. */
  readonly again: Set<BaseboardId>;
  /** What was answered, and is to be recorded. */
  pending: Transition[];
  aborted: boolean;
  /** Whether the other control plane has changed something meanwhile. */
  disturbed: boolean;
}

/** How often what goes wrong, from 0 to 1. */
export interface Rates {
  readonly unreachable: number;
  readonly lost: number;
  readonly refused: number;
  readonly odd: number;
  readonly other: number;
  readonly kill: number;
}

const REFUSALS: readonly ErrorCode[] = ["ERR_TQ_EXPUNGED", "ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH"];
const COMMIT_REFUSALS: readonly ErrorCode[] = ["ERR_TQ_NOT_PREPARED", "ERR_TQ_EXPUNGED"];
/** Of a record that somebody else has settled meanwhile: a reconciler takes that as it is. */
const OVERTAKEN: readonly (ErrorCode | null)[] = [
  "ERR_TQ_INVALID_TRANSITION",
  "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS",
];

/** The store and the sleds of a rack; what the reconciler does with them is compared. */
export class Follower implements RecordStore {
  readonly sleds: ReadonlyMap<BaseboardId, ControlPlaneApi>;
  readonly #twins: TwinRecords;
  readonly #random: Random;
  readonly #rates: Rates;
  readonly #now: () => number;
  #round: Round | null = null;
  #epoch = 0 as Epoch;
  /** With what the coordinator has refused; a reconciler keeps it from round to round. */
  #refused: ErrorCode | undefined;
  /** How often what was compared. */
  readonly compared = new Map<string, number>();

  constructor(options: {
    twins: TwinRecords;
    ids: readonly BaseboardId[];
    random: Random;
    rates: Rates;
    now: () => number;
  }) {
    this.#twins = options.twins;
    this.#random = options.random;
    this.#rates = options.rates;
    this.#now = options.now;
    this.sleds = new Map(options.ids.map((id) => [id, this.#sled(id)]));
  }

  /** A new process of the control plane: it remembers nothing. */
  restart(): void {
    this.#refused = undefined;
    this.#round = null;
  }

  /** Before a round of a reconciler: how the rack is, as the round will find it. */
  begin(epoch: Epoch): void {
    const random = this.#random;
    const ids = [...this.sleds.keys()];
    const reachable = ids.filter(() => !random.chance(this.#rates.unreachable));
    const connections = new Map(reachable.map((id) => [id, ids.filter(() => random.chance(0.4))]));
    const lies = random.chance(0.02) && reachable.length > 0;
    this.#epoch = epoch;
    this.#round = {
      reachable: new Set(reachable),
      connections,
      liar: lies ? random.pick(reachable) : null,
      read: null,
      polled: undefined,
      taken: new Set(),
      routes: new Map(),
      again: new Set(),
      pending: [],
      aborted: false,
      disturbed: false,
    };
  }

  /** After a round that ended by itself: nothing was left out, and what it says is so. */
  end(said: {
    readonly record: ConfigurationRecord;
    readonly waitingFor: ReadonlyMap<BaseboardId, string>;
    readonly gaveUp: boolean;
  }): void {
    const round = this.#current();
    const record = this.#twins.model(this.#epoch);
    if (this.#contradicts(round, record)) throw new Disagreement("end", "another's commit", "none");
    this.#recorded(round);
    const open = this.#steps(record, round)
      .filter((step) => !round.taken.has(keyOf(step)) && this.#canBeDone(step, round))
      .map(keyOf);
    if (open.length > 0) throw new Disagreement("left out", open, [...round.taken]);
    if (round.again.size > 0)
      throw new Disagreement("left out", [...round.again], "not told again");
    const untried = [...round.routes.values()].flat();
    if (untried.length > 0) throw new Disagreement("not asked", untried, "nobody");
    compareRecords("end", { model: record, core: said.record, rackId: RACK }, nameOf);
    if (said.gaveUp !== round.aborted) throw new Disagreement("gaveUp", round.aborted, said.gaveUp);
    const waiting = this.#waitingFor(record, round).sort();
    const told = [...said.waitingFor.keys()].sort();
    if (!round.disturbed && String(waiting) !== String(told)) {
      throw new Disagreement("waitingFor", waiting, told);
    }
    this.#count(`round of ${record.state}`);
    this.#round = null;
  }

  /** After a round that ended with an error: it must be one that the model expects. */
  failed(error: unknown): void {
    const round = this.#current();
    if (error instanceof Killed) {
      this.#count("killed");
      return this.restart();
    }
    if (!isOperatorError(error, "ERR_TQ_CLI_CONTRADICTION")) throw error;
    const lies = this.#contradicts(round, this.#twins.model(this.#epoch)) && round.taken.size === 0;
    const contradiction = round.pending.some((one) => {
      const code = this.#twins.database.transact(one);
      return code !== null && !OVERTAKEN.includes(code);
    });
    if (!lies && !contradiction) throw new Disagreement("contradiction", "none", error.message);
    this.#count(lies ? "a commit that was not decided" : "a contradiction");
    this.restart();
  }

  read(): Promise<Records> {
    if (this.#round !== null) this.#round.read = this.#twins.model(this.#epoch);
    return Promise.resolve(this.#twins.real);
  }

  async change<T>(_rackId: string, decide: (records: Records) => Transaction<T>): Promise<T> {
    await Promise.resolve();
    if (this.#random.chance(this.#rates.other)) this.#disturb();
    const dies = this.#random.chance(this.#rates.kill)
      ? this.#random.pick(["before", "after"])
      : "";
    if (dies === "before") throw new Killed();
    const { write, result } = decide(this.#twins.real);
    for (const record of write) this.#wrote(record);
    this.#twins.write(write);
    if (dies === "after") throw new Killed();
    await Promise.resolve();
    return result;
  }

  /** The reconciler has changed a record: the model must, too. */
  #wrote(after: ConfigurationRecord): void {
    const round = this.#current();
    const before = this.#twins.real.find(({ epoch }) => epoch === after.epoch);
    if (before === undefined || after.epoch !== this.#epoch) {
      throw new Disagreement("write", this.#epoch, after.epoch);
    }
    const now = this.#now();
    const { epoch } = after;
    if (
      after.state === "aborted" ||
      control.isCommitDecided(after) !== control.isCommitDecided(before)
    ) {
      const kind = after.state === "aborted" ? "abort" : "decide";
      this.#named(round, { kind, reason: "" });
      if (kind === "abort") round.aborted = true;
      const transition = { kind, epoch, reason: "given up", now } as const;
      return this.#grant(transition);
    }
    const newly = control
      .committedMembers(after)
      .find((id) => !control.committedMembers(before).includes(id));
    const at = round.pending.findIndex((one) =>
      newly === undefined ? one.kind === "learn" : one.kind === "acknowledge" && one.sled === newly,
    );
    const [transition] = at < 0 ? [] : round.pending.splice(at, 1);
    if (transition === undefined) throw new Disagreement("write", "nothing was answered", newly);
    this.#grant(transition);
  }

  #grant(transition: Transition): void {
    const refused = this.#twins.database.transact(transition);
    if (refused !== null) throw new Disagreement(transition.kind, refused, "written");
    this.#count(transition.kind);
  }

  /** What was answered and led to no write must be nothing new. */
  #recorded(round: Round): void {
    for (const transition of round.pending) {
      const before = this.#twins.database.find(this.#epoch);
      const refused = this.#twins.database.transact(transition);
      if (refused !== null && !OVERTAKEN.includes(refused)) {
        throw new Disagreement(transition.kind, refused, "no contradiction");
      }
      if (this.#twins.database.find(this.#epoch) !== before) {
        throw new Disagreement(transition.kind, "to be recorded", "not written");
      }
    }
    round.pending = [];
  }

  #sled(id: BaseboardId): ControlPlaneApi {
    return {
      status: () => this.#status(id),
      coordinator: async () => {
        await this.#ask("poll", id, null);
        const record = this.#twins.model(this.#epoch);
        const shift = this.#random.chance(0.9) ? 0 : this.#random.pick([1, -1]);
        const epoch = Math.max(1, record.epoch + shift) as Epoch;
        const status = statusOf(this.#random, record, epoch, this.#rates.odd);
        const round = this.#current();
        round.polled = status;
        if (status?.epoch === this.#epoch) this.#refused = undefined;
        round.pending.push({ kind: "learn", epoch: this.#epoch, status, now: this.#now() });
        return { coordinating: coordinatingJson(status) };
      },
      configurations: () => Promise.reject(new Disagreement("asked", "nothing", "configurations")),
      reconfigure: (body) => this.#coordinate("coordinate", id, body),
      upgrade: (body) => this.#coordinate("upgrade", id, body),
      commit: async (body) => {
        this.#sameRequest(body, { rackId: RACK, epoch: this.#epoch });
        await this.#ask("commit", id, null);
        this.#acknowledged(id);
        return { status: "committed" };
      },
      prepareAndCommit: async (config) => {
        this.#sameConfiguration(config);
        await this.#ask("prepareAndCommit", id, null);
        return { status: this.#acknowledged(id, true) };
      },
      proxy: async (peer, body) => {
        const sled = peer as BaseboardId;
        if (body.kind === "status") throw new Disagreement("asked", "nothing", "a status");
        if (body.kind === "prepareAndCommit") this.#sameConfiguration(body.config);
        else this.#sameRequest(body, { kind: body.kind, rackId: RACK, epoch: this.#epoch });
        await this.#ask(body.kind, sled, id);
        this.#count(`${body.kind} by proxy`);
        const status = this.#acknowledged(sled, body.kind === "prepareAndCommit");
        return { kind: "commit", status };
      },
    };
  }

  async #status(id: BaseboardId): Promise<NodeAnswer> {
    const { reachable, connections, liar } = this.#current();
    await this.#delay();
    if (!reachable.has(id)) throw new UnreachableError(id, "nothing listens there");
    const commits = liar === id ? [this.#epoch] : [];
    const node = { connectedPeers: connections.get(id) ?? [], persistentState: { commits } };
    return { node } as unknown as NodeAnswer;
  }

  async #coordinate(kind: "coordinate" | "upgrade", id: BaseboardId, body: object): Promise<void> {
    const { epoch, threshold, members, facts } = this.#twins.model(this.#epoch);
    const request = { rackId: RACK, epoch, members: [...members], threshold };
    const { lastCommittedEpoch } = facts;
    this.#sameRequest(body, kind === "upgrade" ? request : { ...request, lastCommittedEpoch });
    await this.#ask(kind, id, null);
  }

  /** A request, which must be one of the model's next steps. Returns where it is done and answered. */
  async #ask(kind: Asked, sled: BaseboardId, proxy: BaseboardId | null): Promise<void> {
    const round = this.#current();
    this.#routed(round, kind, sled, proxy);
    const fate = this.#fate(kind, proxy);
    this.#count(`${kind} ${fate}`);
    // Only a commit of an epoch rests on having prepared it.
    const code = this.#random.pick(kind === "commit" ? COMMIT_REFUSALS : REFUSALS);
    const key = `${kind} ${sled}`;
    // The sled's own word ends the search for a way to it.
    if (fate === "answered" || fate === "refused") round.routes.delete(key);
    await this.#delay();
    switch (fate) {
      case "answered":
        return;
      case "lost":
        throw new UnreachableError(sled, "the answer was lost");
      case "stopping":
        throw refusal(proxy ?? sled, "ERR_TQ_NODE_STOPPED", "core");
      case "not passed on":
        throw refusal(
          proxy ?? sled,
          this.#random.pick(["ERR_TQD_PEER_NOT_CONNECTED", "ERR_TQD_PROXY_REFUSED"]),
          "daemon",
        );
      case "refused":
        if (kind === "coordinate" || kind === "upgrade") this.#refused = code;
        // With its configuration it can compute its share anew.
        if (kind === "commit" && code === "ERR_TQ_NOT_PREPARED") round.again.add(sled);
        throw refusal(sled, code, "core");
      default:
        fate satisfies never;
    }
  }

  #fate(kind: Asked, proxy: BaseboardId | null): Fate {
    const random = this.#random;
    if (random.chance(this.#rates.lost)) {
      return random.pick([
        "lost",
        "stopping",
        ...(proxy === null ? [] : ["not passed on" as const]),
      ]);
    }
    return kind !== "poll" && random.chance(this.#rates.refused) ? "refused" : "answered";
  }

  /** Whether the model would ask this sled for this now, and in this way. */
  #routed(round: Round, kind: Asked, sled: BaseboardId, proxy: BaseboardId | null): void {
    const key = `${kind} ${sled}`;
    let route = round.routes.get(key);
    if (route === undefined) {
      if (kind === "prepareAndCommit" && round.again.delete(sled)) this.#count("told again");
      else this.#named(round, { kind, sled });
      route = round.reachable.has(sled) ? [] : this.#proxies(round, sled);
      // Asked directly it is asked once.
      if (route.length === 0 && proxy === null) return;
    }
    if (proxy === null || !route.includes(proxy))
      throw new Disagreement(`way of ${key}`, route, proxy);
    const rest = route.filter((id) => id !== proxy);
    if (rest.length > 0) round.routes.set(key, rest);
    else round.routes.delete(key);
  }

  /** Whether a step is next by the model, and was not taken in this round. */
  #named(round: Round, wanted: { kind: Step["kind"]; sled?: BaseboardId; reason?: string }): void {
    const { read } = round;
    const key = keyOf(wanted as Step);
    const keys = read === null ? [] : this.#steps(read, round).map(keyOf);
    if (!keys.includes(key) || round.taken.has(key)) throw new Disagreement("step", keys, key);
    round.taken.add(key);
    this.#count(`step ${wanted.kind}`);
  }

  #steps(record: ModelRecord, { polled, reachable }: Round): readonly Step[] {
    return nextSteps(record, { polled, refused: this.#refused, reachable });
  }

  /** The sleds that can pass something on: those that are reached and connected to the sled. */
  #proxies({ reachable, connections }: Round, sled: BaseboardId): BaseboardId[] {
    return [...reachable].filter((id) => connections.get(id)?.includes(sled) === true);
  }

  /** Coordinators are asked directly only; the next round looks again. */
  #canBeDone(step: Step, round: Round): boolean {
    if (!("via" in step)) return step.kind === "decide" || step.kind === "abort";
    if (round.reachable.has(step.sled)) return true;
    const told = step.kind === "commit" || step.kind === "prepareAndCommit";
    return told && this.#proxies(round, step.sled).length > 0;
  }

  /** The members that are still to be told; or the coordinator, where no way leads to it. */
  #waitingFor(record: ModelRecord, round: Round): BaseboardId[] {
    if (!record.isPreparing) {
      const missing = [...record.members].filter((id) => !record.facts.committedAt.has(id));
      return record.state === "committing" ? missing : [];
    }
    const { coordinator } = record;
    const reached =
      round.reachable.has(coordinator) || this.#proxies(round, coordinator).length > 0;
    return reached ? [] : [coordinator];
  }

  #contradicts({ liar }: Round, record: ModelRecord): boolean {
    return liar !== null && !record.isDecided;
  }

  #acknowledged(sled: BaseboardId, mayWait = false): "committed" | "pending" {
    if (mayWait && this.#random.chance(0.3)) return "pending";
    const transition = { kind: "acknowledge", epoch: this.#epoch, sled, now: this.#now() } as const;
    this.#current().pending.push(transition);
    return "committed";
  }

  #sameRequest(got: object, wanted: object): void {
    const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort());
    if (sorted(got) !== sorted(wanted)) throw new Disagreement("request", wanted, got);
  }

  #sameConfiguration(json: object): void {
    const { config } = this.#twins.model(this.#epoch);
    const wanted = config === null ? null : nameOf(config);
    if (JSON.stringify(json) !== wanted) throw new Disagreement("configuration", wanted, json);
  }

  /** Another control plane on the same store is faster. */
  #disturb(): void {
    if (this.#round !== null) this.#round.disturbed = true;
    this.#count("another control plane");
    this.#twins.disturb(this.#epoch, this.#random, this.#now());
  }

  #current(): Round {
    if (this.#round === null) throw new Disagreement("asked", "no round", "something");
    return this.#round;
  }

  async #delay(): Promise<void> {
    for (let i = this.#random.below(4); i > 0; i--) await Promise.resolve();
  }

  #count(kind: string): void {
    this.compared.set(kind, (this.compared.get(kind) ?? 0) + 1);
  }
}

function keyOf(step: Step): string {
  return "sled" in step ? `${step.kind} ${step.sled}` : step.kind;
}

function refusal(sled: BaseboardId, code: string, origin: "core" | "daemon"): RefusedError {
  return new RefusedError(sled, { status: 409, code, origin, message: code, details: {} });
}
