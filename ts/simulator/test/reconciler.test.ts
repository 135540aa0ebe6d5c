/**
 * The real reconciler, `@trust-quorum/control-plane`, does what the simulator's model of the protocol's section 8
 * says, whatever the sleds answer, another control plane does, and wherever it is killed; and a mistake in
 * either is found.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Reconciler } from "@trust-quorum/control-plane/reconciler";
import { Random } from "@trust-quorum/random";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { Database } from "../src/rack/database.ts";
import { ModelRecord } from "../src/rack/record.ts";
import { RACK, SLEDS } from "./coordinator-answers.ts";
import { Disagreement } from "./core-mirror.ts";
import { Follower } from "./reconciler-follower.ts";
import { TwinRecords } from "./twin-records.ts";
import { QUICK, either, sampled } from "../../../scripts/vitest/effort.ts";

// Refusals are errors, and there are many; nobody looks at where they were made.
const { stackTraceLimit } = Error;
Error.stackTraceLimit = 0;
// Other files may be run in the same process.
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** One rack's history: proposals, and rounds of reconcilers that are killed and run again. */
async function history(
  seed: number,
  compared: Map<string, number>,
  made: typeof Reconciler = Reconciler,
): Promise<void> {
  const random = new Random(seed, "reconciler");
  const fromLrtq = random.chance(0.4);
  const ids = SLEDS.slice(0, random.pick([4, 6, 9, 16, 24]));
  const database = new Database({ rackId: RACK, fromLrtq });
  const twins = new TwinRecords({ database, fromLrtq });
  let now = 0;
  const rates = {
    unreachable: random.pick([0, 0.1, 0.4]),
    lost: random.pick([0, 0.1, 0.3]),
    refused: random.pick([0, 0.1, 0.3]),
    odd: random.pick([0, 0, 0.3]),
    other: random.pick([0, 0.1]),
    kill: random.pick([0, 0.03]),
  };
  const follower = new Follower({ twins, ids, random, rates, now: () => now });
  try {
    for (let configurations = 0; configurations < 4; configurations++) {
      const members = random.shuffled(ids).slice(0, 3 + random.below(ids.length - 2));
      const eligible = database.eligibleCoordinators(members);
      twins.propose(members, random.pick(eligible.length > 0 ? eligible : members), now);
      const epoch = database.latest?.epoch;
      if (epoch === undefined) continue;
      const start = (): Reconciler => {
        const { sleds } = follower;
        return new made({ rackId: RACK, epoch, store: follower, sleds, now: () => now });
      };
      follower.restart();
      let reconciler = start();
      for (let round = 0; round < 8; round++) {
        now += random.below(3);
        follower.begin(epoch);
        try {
          follower.end(await reconciler.round());
        } catch (error) {
          follower.failed(error);
          reconciler = start();
        }
      }
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof Disagreement) error.message = `seed ${seed}: ${text}`;
    throw error;
  }
  for (const [kind, times] of follower.compared) {
    compared.set(kind, (compared.get(kind) ?? 0) + times);
  }
}

async function histories(seeds: number, made?: typeof Reconciler): Promise<Map<string, number>> {
  const compared = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) await history(seed, compared, made);
  return compared;
}

describe("the real reconciler and the model do the same", () => {
  it("over random histories, with faults", async () => {
    const compared = await histories(either(120, 10));
    // A sample does not get everywhere.
    if (QUICK) return;
    expect([...compared.keys()]).toEqual(expect.arrayContaining(REACHED));
    const often = [...compared.values()].reduce((sum, times) => sum + times, 0);
    expect(often).toBeGreaterThan(12_000);
  });
});

/** What must come up, or it was not compared. */
const REACHED = [
  "learn",
  "decide",
  "acknowledge",
  "abort",
  "step poll",
  "step coordinate",
  "step upgrade",
  "step commit",
  "step prepareAndCommit",
  "step decide",
  "step abort",
  "poll lost",
  "poll stopping",
  "coordinate refused",
  "upgrade refused",
  "commit refused",
  "commit lost",
  "commit not passed on",
  "prepareAndCommit not passed on",
  "told again",
  "commit by proxy",
  "prepareAndCommit by proxy",
  "another control plane",
  "killed",
  "a contradiction",
  "a commit that was not decided",
  "round of committed",
  "round of committing",
  "round of preparing",
  "round of preparing_lrtq_upgrade",
  "round of aborted",
];

/** Mistakes in the reconciler: a text that occurs once in it, and what stands there instead. */
const MISTAKES: Readonly<Record<string, readonly [search: string, replace: string]>> = {
  "acknowledgements are not recorded": [
    'if (answer.kind === "value" && answer.value === "committed") {\n      await this.#update',
    'if (answer.kind === "value" && answer.value === "committed") {\n      if (action.via.length > 0) return;\n      await this.#update',
  ],
  "one that still computes its share counts as committed": [
    'answer.value === "committed"',
    'answer.value !== "refused"',
  ],
  "what the coordinator says is not recorded": [
    "learnFromCoordinator(record, status, this.#now())",
    "(status === null ? record : record)",
  ],
  "one that has lost what it had prepared is not told again": [
    'answer.error.refusal === "ERR_TQ_NOT_PREPARED"',
    'answer.error.refusal === "ERR_TQ_EXPUNGED"',
  ],
  "a refusal is forgotten": [
    'if (answer.kind === "refused") this.#refused = answer.error.refusal as ErrorCode;',
    "void answer;",
  ],
  "a sled that stops counts as one that refuses": [
    "!SLED_FAILED.includes(error.refusal)",
    "!SLED_FAILED.includes(error.message)",
  ],
  "only the first proxy is asked": [
    'if (answer.kind === "value") return answer;\n      //',
    'if (answer.kind !== "refused") return answer;\n      //',
  ],
  "what a proxy says is taken for the sled's word": [
    'if (answer.kind === "refused" && answer.error.origin === "core") return answer;',
    'if (answer.kind === "refused") return answer;',
  ],
  "everything is done twice": [
    "for (const action of next) done.add(keyOf(action));",
    'for (const action of next) if (action.kind !== "commit") done.add(keyOf(action));',
  ],
  "nobody is asked through another": [
    "if (target.via.length === 0) return this.#ask(target, how.direct);",
    "if (target.via.length >= 0) return this.#ask(target, how.direct);",
  ],
  "a commit that nobody decided is overlooked": [
    "if (isCommitDecided(record)) return;",
    "if (record.epoch > 0) return;",
  ],
  "a contradiction is overlooked": [
    "if (!isTrustQuorumError(error)) throw error;",
    "return before;",
  ],
  "an abort is not said": ["found.gaveUp = await", "await"],
  "an operator's abort is taken for its own": [
    "found.gaveUp = await",
    "found.gaveUp = true; await",
  ],
  "who cannot be asked is not said": [
    'case "unreachable":\n        found.waitingFor',
    'case "unreachable":\n        if (action.sled.length > 99) found.waitingFor',
  ],
};

describe("a mistake in the reconciler is found", () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** The reconciler with a mistake in it. */
  async function mistaken(search: string, replace: string): Promise<typeof Reconciler> {
    const src = path.join(ROOT, "ts/control-plane/src");
    const source = readFileSync(path.join(src, "reconciler.ts"), "utf8");
    expect(source.split(search)).toHaveLength(2);
    const text = source.replace(search, () => replace).replaceAll('"./', `"${src}/`);
    // Not below a `dist`, from where packages are imported as they are compiled.
    const target = path.join(ROOT, "target");
    mkdirSync(target, { recursive: true });
    const folder = mkdtempSync(path.join(target, "mistake-"));
    folders.push(folder);
    const file = path.join(folder, "reconciler.ts");
    writeFileSync(file, text);
    const module = (await import(/* @vite-ignore */ file)) as { Reconciler: typeof Reconciler };
    return module.Reconciler;
  }

  it("and without one nothing is", async () => {
    const made = await mistaken(
      "const done = new Set<string>();",
      "const done = new Set<string>();",
    );
    expect(made).not.toBe(Reconciler);
    await histories(40, made);
  });

  it.each(sampled(Object.entries(MISTAKES), 4))("%s", async (_, [search, replace]) => {
    const made = await mistaken(search, replace);
    await expect(histories(300, made)).rejects.toThrow(Disagreement);
  });
});

describe("a mistake in the model is found", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const mistakes: Readonly<Record<string, () => void>> = {
    "decided with K prepared members": () => {
      vi.spyOn(ModelRecord.prototype, "tolerance", "get").mockReturnValue(0);
    },
    "never decided": () => {
      vi.spyOn(ModelRecord.prototype, "mayBeDecided", "get").mockReturnValue(false);
    },
    "nobody counts as prepared": () => {
      vi.spyOn(ModelRecord.prototype, "isPreparing", "get").mockReturnValue(false);
    },
    "committed as soon as it is decided": () => {
      vi.spyOn(ModelRecord.prototype, "state", "get").mockImplementation(function (
        this: ModelRecord,
      ) {
        const { abortedAt, decidedAt, lrtqUpgrade } = this.facts;
        if (abortedAt !== null) return "aborted";
        if (decidedAt !== null) return "committed";
        return lrtqUpgrade ? "preparing_lrtq_upgrade" : "preparing";
      });
    },
    "acknowledgements are forgotten": () => {
      const { transact } = Database.prototype;
      vi.spyOn(Database.prototype, "transact").mockImplementation(function (this: Database, one) {
        return one.kind === "acknowledge" && one.now % 5 === 4 ? null : transact.call(this, one);
      });
    },
  };

  it.each(Object.entries(mistakes))("%s", async (_, make) => {
    make();
    await expect(histories(300)).rejects.toThrow(Disagreement);
  });
});
