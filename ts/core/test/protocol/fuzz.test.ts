/**
 * Random walks of a small rack: calls, faults and messages in any order, honest and hostile. After
 * every step the invariants of section 10 are checked. fast-check prints seed and path of a failure,
 * and shrinks it to the shortest walk that still fails.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesEqual } from "../../src/base/bytes.ts";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import type { BaseboardId, Epoch } from "../../src/base/id-types.ts";
import { ALARMS_MAX } from "../../src/protocol/alarms.ts";
import type { Configuration } from "../../src/protocol/configuration.ts";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { DIAGNOSTICS_RING_MAX } from "../../src/protocol/diagnostics.ts";
import type { PeerMessage } from "../../src/protocol/messages.ts";
import type { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";
import { hasPrepared } from "../../src/protocol/persistent-state.ts";
import { BACKENDS } from "./backends.ts";
import { Cluster } from "./cluster.ts";
import {
  OTHER_RACK,
  RACK,
  altered,
  corrupted,
  e,
  lrtqRack,
  make,
  sled,
  withOtherDigest,
} from "./fixtures.ts";
import { either } from "../../../../scripts/vitest/effort.ts";

/**
 * - `honest`: every sled follows the protocol, and Nexus gives each epoch to one coordinator.
 * - `hostile`: messages are also replayed, corrupted, and sent under other names.
 * - `forging`: peers also make configurations of their own. Then two sleds may come to hold different
 *   ones, as nothing but the coordinator's honesty prevents that; everything else still holds.
 */
type Mode = "honest" | "hostile" | "forging";

/** One step: what happens, and numbers that choose whom and what it happens to. */
interface Step {
  readonly what: (typeof EVERYBODY)[number] | (typeof HOSTILE)[number] | (typeof FORGING)[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const EVERYBODY = [
  "deliver",
  "deliver all",
  "lose",
  "save",
  "connect",
  "connect all",
  "disconnect",
  "restart",
  "tick",
  "coordinate",
  "coordinate again",
  "commit",
  "commit latest",
  "commit everywhere",
  "prepare and commit",
  "load",
  "clear",
] as const;
const HOSTILE = [
  "replay",
  "wrong recipient",
  "wrong sender",
  "wrong rack",
  "wrong epoch",
  "wrong share",
  "wrong digest",
  "expunge",
  "ask",
  "advance",
  "acknowledge",
] as const;
const FORGING = ["forge prepare", "forge advance", "forge mismatch"] as const;

const WEIGHTS: Readonly<Partial<Record<Step["what"], number>>> = {
  deliver: 12,
  "deliver all": 8,
  save: 6,
  connect: 3,
  "connect all": 2,
  coordinate: 4,
  "commit latest": 2,
  "commit everywhere": 4,
  "prepare and commit": 3,
  load: 5,
  // For good: more of it would end most walks early.
  expunge: 0.2,
};

function steps(mode: Mode): fc.Arbitrary<Step[]> {
  const kinds = [
    ...EVERYBODY,
    ...(mode === "honest" ? [] : HOSTILE),
    ...(mode === "forging" ? FORGING : []),
  ];
  const what = fc.oneof(
    ...kinds.map((kind) => ({
      weight: Math.round((WEIGHTS[kind] ?? 1) * 10),
      arbitrary: fc.constant(kind),
    })),
  );
  const number = fc.nat({ max: 999 });
  return fc.array(fc.record({ what, a: number, b: number, c: number }), {
    minLength: 20,
    maxLength: 120,
    size: "max",
  });
}

/** The rack, what was seen of it, and what must still hold. */
class Walk {
  readonly mode: Mode;
  readonly crypto: TrustQuorumCrypto;
  readonly ids: readonly BaseboardId[];
  readonly cluster: Cluster;
  readonly rackId;
  #nextEpoch: number;
  /** Which sled coordinates which epoch: Nexus gives each to one. */
  readonly #coordinators = new Map<number, BaseboardId>();
  /** Copies of the last messages sent, for a hostile peer to play with. */
  readonly #seen: { from: BaseboardId; to: BaseboardId; message: PeerMessage }[] = [];
  /** What each disk held once, and must hold for ever. */
  readonly #shares = new Map<string, Uint8Array>();
  readonly #commits = new Set<string>();

  constructor(options: {
    mode: Mode;
    crypto: TrustQuorumCrypto;
    size: number;
    lrtq: boolean;
    /** Whether saves take their time. */
    slow: boolean;
    /** Whether the rack has a committed configuration to begin with. */
    established: boolean;
  }) {
    const { mode, crypto, size, lrtq, slow, established } = options;
    this.mode = mode;
    this.crypto = crypto;
    this.ids = Array.from({ length: size }, (_, i) => sled(i));
    const rack = lrtqRack(5);
    this.rackId = lrtq ? rack.rackId : RACK;
    this.#nextEpoch = lrtq ? 2 : 1;
    this.cluster = new Cluster({
      crypto,
      sleds: this.ids.map((id, i) => ({ id, lrtq: lrtq && i < 5 ? rack.data(i) : null })),
    });
    this.cluster.autoPersist = !slow;
    this.cluster.onSend = (from, to, message) => {
      this.#checkSpokenAfterSaved(from, message);
      this.#seen.push({ from, to, message: copyOf(message) });
      if (this.#seen.length > 300) this.#seen.shift();
    };
    this.cluster.connectAll();
    if (established) {
      this.#coordinate(sled(0), this.#nextEpoch++, 0, 1);
      this.#settle();
      this.#commitEverywhere(sled(0));
      this.check();
    }
  }

  step({ what, a, b, c }: Step): void {
    const { cluster, ids } = this;
    const one = pick(ids, a);
    const other = pick(ids, b);
    switch (what) {
      case "deliver":
        if (cluster.busyLinks.length > 0) cluster.deliver(pick(cluster.busyLinks, a));
        return;
      case "deliver all":
        this.#settle();
        return;
      case "lose":
        if (cluster.busyLinks.length > 0) cluster.drop(pick(cluster.busyLinks, a));
        return;
      case "save":
        cluster.save(one);
        return;
      case "connect":
        if (one !== other) cluster.connect(one, other);
        return;
      case "connect all":
        cluster.connectAll();
        return;
      case "disconnect":
        if (one !== other) cluster.disconnect(one, other);
        return;
      case "restart":
        cluster.restart(one);
        return;
      case "tick":
        cluster.call(one, (node) => node.tick());
        return;
      case "coordinate":
        this.#coordinate(one, this.#nextEpoch++, b, c);
        return;
      case "coordinate again": {
        const epoch = 1 + (a % this.#nextEpoch);
        this.#coordinate(this.#coordinators.get(epoch) ?? one, epoch, b, c);
        return;
      }
      case "commit":
        this.#call(one, (node) => node.commit({ rackId: this.rackId, epoch: b % 12 }));
        return;
      case "commit latest": {
        const epoch = cluster.node(one).status().persistentState.configs.at(-1) ?? 0;
        this.#call(one, (node) => node.commit({ rackId: this.rackId, epoch }));
        return;
      }
      case "commit everywhere":
        this.#commitEverywhere(one);
        return;
      case "prepare and commit": {
        const config = this.#someConfiguration(b, c);
        if (config) this.#call(one, (node) => node.prepareAndCommit(config));
        return;
      }
      case "load":
        this.#load(one, b, c);
        return;
      case "clear":
        cluster.call(one, (node) => node.clearSecrets());
        return;
      default:
        this.#attack(what, a, b, c);
    }
  }

  #attack(
    what: Exclude<Step["what"], (typeof EVERYBODY)[number]>,
    a: number,
    b: number,
    c: number,
  ) {
    const from = pick([...this.ids, sled(77)], a);
    const to = pick(this.ids, b);
    const epoch = e(1 + (c % (this.#nextEpoch + 2)));
    const { rackId } = this;
    const seen = this.#seen.length > 0 ? pick(this.#seen, c) : null;
    switch (what) {
      case "replay":
        if (seen) this.cluster.inject(seen.from, seen.to, copyOf(seen.message));
        return;
      case "wrong recipient":
        if (seen) this.cluster.inject(seen.from, to, copyOf(seen.message));
        return;
      case "wrong sender":
        if (seen) this.cluster.inject(from, seen.to, copyOf(seen.message));
        return;
      case "wrong rack": {
        // A sled without a rack would take the wrong one, as it should.
        if (seen && this.ids.includes(seen.to) && this.cluster.node(seen.to).status().rackId) {
          this.cluster.inject(seen.from, seen.to, { ...copyOf(seen.message), rackId: OTHER_RACK });
        }
        return;
      }
      case "wrong epoch":
        if (seen && "epoch" in seen.message && seen.message.kind !== "expunged") {
          this.cluster.inject(seen.from, seen.to, {
            ...copyOf(seen.message),
            epoch,
          } as PeerMessage);
        }
        return;
      case "wrong share":
        if (seen && (seen.message.kind === "share" || seen.message.kind === "prepare")) {
          const share = corrupted(seen.message.share);
          this.cluster.inject(seen.from, seen.to, { ...seen.message, share });
        }
        return;
      case "wrong digest":
        if (seen?.message.kind === "prepare") {
          const { config, share } = seen.message;
          const broken = withOtherDigest(config, seen.to);
          const message = { ...seen.message, config: broken, share: share.clone() };
          this.cluster.inject(seen.from, seen.to, message);
        }
        return;
      case "expunge":
        this.cluster.inject(from, to, { kind: "expunged", epoch, rackId });
        return;
      case "ask":
        this.cluster.inject(from, to, { kind: "getShare", epoch, rackId });
        this.cluster.inject(from, to, { kind: "getLrtqShare", rackId });
        return;
      case "advance": {
        const config = this.#someConfiguration(a, c);
        if (config) this.cluster.inject(from, to, { kind: "commitAdvance", config, rackId });
        return;
      }
      case "acknowledge":
        this.cluster.inject(from, to, { kind: "prepareAck", epoch, rackId });
        return;
      case "forge prepare":
      case "forge advance": {
        const made = make({
          epoch,
          members: this.#group(b + c),
          coordinator: pick(this.#group(b + c), a),
          crypto: this.crypto,
          rackId,
        });
        const { config } = made;
        if (what === "forge advance") {
          this.cluster.inject(from, to, { kind: "commitAdvance", config, rackId });
        } else if (config.has(to)) {
          const share = made.share(to);
          this.cluster.inject(config.coordinator, to, { kind: "prepare", config, share, rackId });
        }
        return;
      }
      case "forge mismatch": {
        const config = this.#someConfiguration(a, c);
        if (!config) return;
        const other = [
          () => withOtherDigest(config, config.coordinator),
          () => altered(config, { coordinator: pick(config.members, b) }),
          () => altered(config, { epoch }),
          () => altered(config, { encryptedRackSecrets: null }),
        ] as const;
        this.cluster.inject(from, to, {
          kind: "commitAdvance",
          config: pick(other, c)(),
          rackId,
        });
        return;
      }
      default:
        what satisfies never;
    }
  }

  /** Delivers everything, with the saves it takes. */
  #settle(): void {
    const { cluster, ids } = this;
    do {
      for (const id of ids) cluster.save(id);
      cluster.settle();
    } while (ids.some((id) => cluster.isSaving(id)));
  }

  /** What Nexus does where a coordinator has enough acknowledgements. */
  #commitEverywhere(coordinator: BaseboardId): void {
    const { cluster, rackId } = this;
    const status = cluster.node(coordinator).coordinatorStatus();
    if (status?.operation !== "prepare") return;
    const { config, acks, epoch } = status;
    if (acks.length < config.threshold) return;
    for (const id of config.members) {
      this.#call(id, (node) =>
        acks.includes(id) ? node.commit({ rackId, epoch }) : node.prepareAndCommit(config),
      );
    }
  }

  #load(id: BaseboardId, b: number, c: number): void {
    const commits = [...this.cluster.node(id).persistentState.commits, 0];
    const epoch = b % 4 === 0 ? c % 8 : pick(commits, c);
    this.#call(id, (node) => node.loadRackSecret(epoch)?.dispose());
  }

  /** All sleds, or all but one; `keep` is mostly among them. */
  #group(seed: number, keep?: BaseboardId): BaseboardId[] {
    const out = pick(this.ids, seed);
    if (this.ids.length < 4 || seed % 3 === 0) return [...this.ids];
    return this.ids.filter((id) => id !== out || (id === keep && seed % 5 > 0));
  }

  #coordinate(preferred: BaseboardId, epoch: number, b: number, c: number): void {
    const coordinator = this.#coordinators.get(epoch) ?? preferred;
    this.#coordinators.set(epoch, coordinator);
    const members = this.#group(b, coordinator);
    const threshold = 2 + (c % (members.length - 2));
    const request = { rackId: this.rackId, epoch, members, threshold };
    const { commits, lrtq } = this.cluster.node(coordinator).persistentState;
    this.#call(coordinator, (node) => {
      if (lrtq !== null && commits.size === 0) node.coordinateUpgradeFromLrtq(request);
      else {
        const lastCommittedEpoch = c % 7 === 0 ? null : Math.max(0, ...commits) || null;
        node.coordinateReconfiguration({ ...request, lastCommittedEpoch });
      }
    });
  }

  /** A call: what is refused must be refused with an error of ours and change nothing persistent. */
  #call(id: BaseboardId, run: (node: TrustQuorumNode) => unknown): void {
    const before = this.cluster.node(id).persistentState;
    try {
      this.cluster.call(id, run);
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      expect(this.cluster.node(id).persistentState, error.code).toBe(before);
    }
  }

  #someConfiguration(a: number, c: number): Configuration | undefined {
    const configs = [...this.cluster.saved(pick(this.ids, a)).configs.values()];
    return configs[c % Math.max(configs.length, 1)];
  }

  /** Nothing may be said that rests on what the speaker's disk does not hold. */
  #checkSpokenAfterSaved(from: BaseboardId, message: PeerMessage): void {
    const saved = this.cluster.saved(from);
    switch (message.kind) {
      case "prepare":
        expect(saved.configs.get(message.config.epoch)).toBe(message.config);
        expect(saved.shares.has(message.config.epoch)).toBe(true);
        break;
      case "prepareAck":
        expect(hasPrepared(saved, message.epoch)).toBe(true);
        break;
      case "share":
        expect(saved.shares.get(message.epoch)?.bytes).toEqual(message.share.bytes);
        break;
      case "commitAdvance":
        expect(saved.commits.has(message.config.epoch)).toBe(true);
        break;
      case "expunged":
        expect(saved.configs.has(message.epoch)).toBe(true);
        break;
      default:
    }
  }

  /** Section 10, as far as it holds in this mode. */
  check(): void {
    const byEpoch = new Map<Epoch, Configuration>();
    for (const id of this.ids) {
      const node = this.cluster.node(id);
      const saved = this.cluster.saved(id);
      const now = node.persistentState;
      this.#checkKept(id, saved, now);
      this.#checkConsistent(id, now);
      for (const [epoch, config] of [...saved.configs, ...now.configs]) {
        const first = byEpoch.get(epoch) ?? config;
        byEpoch.set(epoch, first);
        if (this.mode !== "forging") expect(config.equals(first), "invariant 1").toBe(true);
      }
      const status = node.status();
      const both = status.coordinating !== null && status.computingShare !== null;
      expect(both, "invariant 4").toBe(false);
      expect(status.alarms.length).toBeLessThanOrEqual(ALARMS_MAX);
      expect(status.diagnostics.recent.length).toBeLessThanOrEqual(DIAGNOSTICS_RING_MAX);
      if (this.mode !== "honest") continue;
      expect(status.alarms, "invariant 5").toEqual([]);
      if (status.coordinating?.operation !== "prepare") continue;
      for (const member of status.coordinating.acks) {
        const state = member === id ? now : this.cluster.saved(member);
        expect(hasPrepared(state, status.coordinating.epoch), "invariant 2").toBe(true);
      }
    }
  }

  /** Invariant 8, on disk and in memory. */
  #checkKept(id: BaseboardId, saved: PersistentState, now: PersistentState): void {
    for (const [epoch, share] of saved.shares) {
      const key = `${id} ${epoch}`;
      const first = this.#shares.get(key) ?? share.bytes.slice();
      this.#shares.set(key, first);
      expect(bytesEqual(first, share.bytes), "invariant 8: a share changed").toBe(true);
      const inMemory = now.shares.get(epoch)?.bytes ?? new Uint8Array();
      expect(bytesEqual(first, inMemory), "invariant 8: a share changed in memory").toBe(true);
    }
    for (const epoch of saved.commits) this.#commits.add(`${id} ${epoch}`);
    for (const key of this.#shares.keys()) {
      const [of, epoch] = split(key);
      if (of === id) expect(saved.shares.has(epoch), "invariant 8: a share vanished").toBe(true);
    }
    for (const key of this.#commits) {
      const [of, epoch] = split(key);
      if (of !== id) continue;
      expect(saved.commits.has(epoch), "invariant 8: a commit vanished").toBe(true);
      expect(now.commits.has(epoch), "invariant 8: a commit vanished in memory").toBe(true);
    }
  }

  #checkConsistent(id: BaseboardId, state: PersistentState): void {
    for (const epoch of state.commits) expect(hasPrepared(state, epoch), "invariant 3").toBe(true);
    for (const [epoch, share] of state.shares) {
      const config = state.configs.get(epoch);
      if (config === undefined) throw new Error(`${id} has a share without its configuration`);
      const index = config.indexOf(id);
      expect(share.x).toBe(index + 1);
      expect(this.crypto.verifyShare(share, config.digestAt(index))).toBe(true);
    }
    for (const [epoch, config] of state.configs) {
      expect(config.epoch).toBe(epoch);
      expect(config.has(id)).toBe(true);
    }
  }

  /** Frees what the walk holds. */
  end(): void {
    for (const id of this.ids) this.cluster.node(id).dispose();
  }
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error("there is nothing to choose from");
  return found;
}

function split(key: string): [string, Epoch] {
  const at = key.lastIndexOf(" ");
  return [key.slice(0, at), e(Number(key.slice(at + 1)))];
}

function copyOf(message: PeerMessage): PeerMessage {
  if (!("share" in message)) return message;
  const { share } = message;
  return { ...message, share: share.clone() } as PeerMessage;
}

const RUNS: readonly (readonly [Mode, number])[] = [
  ["honest", 30],
  ["hostile", 30],
  ["forging", 30],
];

describe.each(BACKENDS)("random walks over the $name crypto", ({ crypto }) => {
  it.each(RUNS)(
    "%s: nothing throws, nothing is said too early, nothing kept is lost",
    (mode, numRuns) => {
      fc.assert(
        fc.property(
          fc.record({
            size: fc.integer({ min: 4, max: 6 }),
            lrtq: fc.boolean(),
            slow: fc.boolean(),
            established: fc.boolean(),
          }),
          steps(mode),
          (rack, walked) => {
            const walk = new Walk({ ...rack, mode, crypto });
            for (const step of walked) {
              walk.step(step);
              walk.check();
            }
            walk.end();
          },
        ),
        { numRuns: Number(process.env["TQ_FUZZ_RUNS"] ?? either(numRuns, 3)) },
      );
    },
  );
});
