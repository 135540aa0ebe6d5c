/** The ledgers that the demo writes: what is in them, who may read them, and what if they break. */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { baseboardId, nativeCrypto, referenceCrypto } from "trust-quorum";
import { decodeLedger } from "trust-quorum/ledger";
import { latestCommittedConfig, summarize } from "trust-quorum/protocol";
import type { Configuration, RackSecrets } from "trust-quorum/protocol";
import { describe, expect, test } from "vitest";
import { runDemo } from "../src/run.ts";
import { silentStory } from "../src/terminal.ts";
import { MAIN, demo, emptyFolder, formsOf, ledgersOf, recorded, summaryOf } from "./helpers.ts";

const crypto = referenceCrypto();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const sha3 = (bytes: Uint8Array): Uint8Array => crypto.sha3_256(bytes);

/** Decodes every kept ledger, as whoever takes them over would. */
function readKept(folder: string) {
  return readdirSync(folder).map((name) => {
    const serial = name.replace(".json", "");
    const self = baseboardId("913-0000019", serial);
    const bytes = readFileSync(join(folder, name));
    return { serial, self, text: bytes.toString(), ...decodeLedger(bytes, sha3, { self }) };
  });
}

/** Rebuilds a configuration's secrets from what these ledgers hold, without any protocol. */
function recover(
  config: Configuration,
  ledgers: readonly {
    self: Configuration["coordinator"];
    state: ReturnType<typeof decodeLedger>["state"];
  }[],
): RackSecrets {
  const held = ledgers.map(({ self, state }) => {
    const share = state.shares.get(config.epoch);
    if (share === undefined) throw new Error(`${self} has no share`);
    return { share: share.bytes, digest: config.digestAt(config.indexOf(self)) };
  });
  const { rackId, epoch, encryptedRackSecrets: encrypted } = config;
  const shares = new Uint8Array(Buffer.concat(held.map(({ share }) => share)));
  const digests = new Uint8Array(Buffer.concat(held.map(({ digest }) => digest)));
  return crypto.recover({ shares, digests, rackId, epoch, encrypted });
}

describe.each([3, 5, 32])("the ledgers kept of %i sleds", (sleds) => {
  const keep = join(emptyFolder(), "deep", "er");
  const { members, removed, ledgers, proofs } = summaryOf([
    "--sleds",
    String(sleds),
    "--keep",
    keep,
  ]);
  const kept = readKept(keep);
  const rack = recorded(sleds);

  test("are one for each sled that took part, and only their owner reads them", () => {
    expect(readdirSync(keep).sort()).toEqual(
      [...members, ...removed].map((s) => `${s}.json`).sort(),
    );
    expect(ledgers).toMatchObject({ folder: keep, files: kept.length });
    expect(ledgers.bytes).toBe(kept.reduce((sum, { text }) => sum + text.length, 0));
    expect(ledgers.writes).toBe(kept.reduce((sum, { generation }) => sum + generation, 0));
    if (process.platform === "win32") return;
    expect(statSync(keep).mode & 0o777).toBe(0o700);
    for (const { serial } of kept) {
      expect(statSync(join(keep, `${serial}.json`)).mode & 0o777).toBe(0o600);
    }
  });

  test("say who is a member, and who was expunged", () => {
    for (const { serial, state, hasDigest } of kept) {
      const { commits, shares, expunged } = summarize(state);
      expect(hasDigest).toBe(true);
      if (removed.includes(serial)) {
        expect([commits, expunged?.epoch]).toEqual([[3], 4]);
        continue;
      }
      expect(expunged).toBeNull();
      expect(commits.at(-1)).toBe(4);
      expect(shares.at(-1)).toBe(4);
      expect([...(latestCommittedConfig(state)?.members ?? [])]).toEqual(
        members.map((member) => baseboardId("913-0000019", member)),
      );
    }
  });

  test("hold the recorded LRTQ secret: any K of them open it, K − 1 do not", () => {
    const holders = kept.filter(({ serial }) => members.includes(serial));
    const config = holders[0] === undefined ? null : latestCommittedConfig(holders[0].state);
    if (config === null) throw new Error("nothing is committed");
    const { threshold } = config;
    expect(threshold).toBe(proofs.unlockedWith);
    for (const some of [holders.slice(0, threshold), holders.slice(-threshold), holders]) {
      using secrets = recover(config, some);
      expect([...secrets.epochs]).toEqual([1, 3, 4]);
      const lrtq = secrets.secret(1 as typeof config.epoch);
      expect(lrtq?.expose((bytes) => Buffer.from(bytes).toString("hex"))).toBe(rack.secret);
    }
    expect(() => recover(config, holders.slice(0, threshold - 1))).toThrow(/authenticate/);
  });

  test("hold no secret in clear, and no share of another sled", () => {
    for (const { serial, text } of kept) {
      for (const form of formsOf(rack.secret)) expect(text.includes(form)).toBe(false);
      for (const { serial: owner, share } of rack.shares) {
        const inClear = formsOf(share).some((form) => text.includes(form));
        expect(inClear, `${owner}'s share in ${serial}'s ledger`).toBe(owner === serial);
      }
    }
    const texts = kept.map(({ text }) => text);
    for (const { state } of kept) {
      for (const share of state.shares.values()) {
        const forms = formsOf(hex(share.bytes.subarray(1)));
        const holders = texts.filter((text) => forms.some((form) => text.includes(form)));
        expect(holders).toHaveLength(1);
      }
    }
  });
});

test("nothing stays in the temporary folder, whether the demo succeeds or fails", () => {
  const TMPDIR = emptyFolder();
  expect(demo([], { TMPDIR }).code).toBe(0);
  expect(readdirSync(TMPDIR)).toEqual([]);
  const tampered = emptyFolder();
  for (const name of readdirSync(ledgersOf(3))) {
    const text = readFileSync(join(ledgersOf(3), name), "utf8");
    writeFileSync(join(tampered, name), text.replace(/"salt":\[\d+,/, '"salt":[0,'));
  }
  expect(demo(["--lrtq", tampered], { TMPDIR }).stderr).toContain("cannot be decrypted");
  expect(readdirSync(TMPDIR)).toEqual([]);
});

// At several moments: a write that is on its way must not come too late to be removed.
test.skipIf(process.platform === "win32").each([0, 0, 0, 10, 20, 50])(
  "nothing stays there when it is interrupted %i ms after the first write",
  async (delayMs) => {
    const TMPDIR = emptyFolder();
    const child = spawn(process.execPath, [MAIN, "--sleds", "32", "--crypto", "reference"], {
      env: { ...process.env, TMPDIR },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    const written = (): boolean =>
      readdirSync(TMPDIR, { recursive: true }).some((name) => String(name).endsWith(".json"));
    while (child.exitCode === null && !written()) await new Promise((go) => setTimeout(go, 2));
    await new Promise((go) => setTimeout(go, delayMs));
    child.kill("SIGINT");
    expect(await ended).toBe("SIGINT");
    expect(readdirSync(TMPDIR)).toEqual([]);
  },
);

test("--keep takes an empty folder, and the second run another one", () => {
  const [one, two] = [emptyFolder(), emptyFolder()];
  summaryOf(["--keep", one]);
  summaryOf(["--keep", two]);
  expect(readdirSync(one)).toEqual(readdirSync(two));
  const [a, b] = [one, two].map((folder) => readKept(folder).map(({ state }) => state));
  // Fresh secrets each time: no share of one run is one of the other.
  const digests = (states: typeof a): string[] =>
    (states ?? [])
      .flatMap(({ configs }) => [...configs.values()])
      .flatMap((config) => config.members.map((_, i) => hex(config.digestAt(i))));
  const first = new Set(digests(a));
  expect(first.size).toBeGreaterThan(0);
  expect(digests(b).filter((digest) => first.has(digest))).toEqual([]);
  expect(demo(["--keep", one]).code).toBe(1);
});

test("the bootstore's own ledgers are only read", () => {
  const before = readdirSync(ledgersOf(4)).map((name) =>
    readFileSync(join(ledgersOf(4), name), "hex"),
  );
  summaryOf(["--sleds", "4"]);
  const after = readdirSync(ledgersOf(4)).map((name) =>
    readFileSync(join(ledgersOf(4), name), "hex"),
  );
  expect(after).toEqual(before);
});

describe("half-way through", () => {
  const run = (keep: string, phase: string, disturb: () => void): Promise<unknown> => {
    const options = { folder: ledgersOf(5), keep, crypto: "native", json: false } as const;
    const story = {
      ...silentStory,
      phase: (title: string) => {
        if (title.startsWith(phase)) disturb();
      },
    };
    return runDemo(options, story);
  };

  test("a ledger that breaks is refused by its name when the sled boots from it", async () => {
    const keep = emptyFolder();
    const file = join(keep, "BRM42229999.json");
    const error = run(keep, "The rack unlocks itself", () => {
      const text = readFileSync(file, "utf8");
      writeFileSync(file, text.replace('"commits":[3,4]', '"commits":[3]'));
    });
    await expect(error).rejects.toMatchObject({ code: "ERR_DEMO_CORRUPT_LEDGER" });
    await expect(error).rejects.toThrow(file);
    await expect(error).rejects.toThrow("ERR_TQ_LEDGER_DIGEST_MISMATCH");
  });

  test("a ledger that vanishes is missed", async () => {
    const keep = emptyFolder();
    const error = run(keep, "The rack unlocks itself", () => {
      rmSync(join(keep, "BRM42229999.json"));
    });
    await expect(error).rejects.toThrow("It does not hold that BRM42229999 has a ledger.");
  });

  test("a ledger of another generation of secrets does not unlock", async () => {
    const keep = emptyFolder();
    let old: Buffer | undefined;
    const file = join(keep, "BRM42229999.json");
    const story = {
      ...silentStory,
      phase: (title: string) => {
        if (title.startsWith("Two sleds join")) old = readFileSync(file);
        if (title.startsWith("The rack unlocks") && old !== undefined) writeFileSync(file, old);
      },
    };
    const options = { folder: ledgersOf(5), keep, crypto: "native", json: false } as const;
    await expect(runDemo(options, story)).rejects.toMatchObject({ code: "ERR_DEMO_PROOF_FAILED" });
  });

  test("a disk that cannot be written stops the demo", async () => {
    const keep = join(emptyFolder(), "kept");
    const error = run(keep, "Another sled takes over", () => {
      rmSync(keep, { recursive: true });
    });
    await expect(error).rejects.toMatchObject({ code: "ERR_TQ_LEDGER_SAVE_FAILED" });
  });

  test("nothing is left over that was half written", async () => {
    const keep = emptyFolder();
    await run(keep, "nothing disturbs", () => undefined);
    expect(readdirSync(keep).filter((name) => !name.endsWith(".json"))).toEqual([]);
    appendFileSync(join(keep, "BRM42220008.json"), " ");
    expect(() => readKept(keep)).toThrow(/corrupt/);
  });
});

test("the native crypto reads what the reference one wrote", () => {
  const keep = emptyFolder();
  summaryOf(["--keep", keep, "--crypto", "reference"]);
  const native = nativeCrypto();
  for (const name of readdirSync(keep)) {
    const bytes = readFileSync(join(keep, name));
    expect(decodeLedger(bytes, (data) => native.sha3_256(data)).hasDigest).toBe(true);
  }
});
