/** Short versions of what `npm run load-test` measures, on real daemons: all of it but the times. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseBaseboardId } from "trust-quorum";
import { issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";
import { TestRack } from "../tqd/rack.ts";
import { attack } from "./attack.ts";
import { boot } from "./boot.ts";
import { memory } from "./memory.ts";
import { growthIn, reconfigurations } from "./reconfigurations.ts";
import type { Sample } from "./reconfigurations.ts";

const silent = (): void => undefined;

describe("real daemons", () => {
  it("unlock by themselves after a power cut, also where the network comes up last", async () => {
    const times = await boot({ sleds: 3, rounds: 1, networkLast: true }, silent);
    expect(times).toHaveLength(3);
    for (const { fromEnoughPeers } of times) expect(fromEnoughPeers).toBeGreaterThanOrEqual(0);
  });

  it("gather nothing over reconfigurations but what the ledger itself needs", async () => {
    const samples = await reconfigurations({ sleds: 3, count: 10 }, silent);
    expect(samples.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(growthIn(samples)).toEqual([]);
    const sizes = samples.map(({ ledgerBytes }) => ledgerBytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(10);
  });

  it("lose no honest peer to hostile connections of every kind, and count each kind", async () => {
    const { connectionsLost, refused } = await attack({ connections: 300 }, silent);
    expect(connectionsLost).toBe(0);
    for (const reason of [
      "handshake_failed",
      "closed_in_handshake",
      "no_certificate",
      "untrusted_certificate",
      "certificate_expired",
      "unknown_peer",
      "own_identity",
    ]) {
      expect(refused[reason], reason).toBeGreaterThanOrEqual(30);
    }
  });

  it("take at most 40 MB more than an empty Node process when they are fresh", async () => {
    const { aboveEmpty } = await memory(silent);
    expect(aboveEmpty / 1e6).toBeLessThan(40);
  });
});

describe("what grew over reconfigurations", () => {
  const first: Sample = {
    epoch: 1,
    msEach: 10,
    residentBytes: 70e6,
    liveBytes: 17e6,
    openFiles: 26,
    files: 7,
    ledgerBytes: 2000,
    isExact: true,
    otherBytes: 900,
  };
  const later: Sample = { ...first, epoch: 1000, ledgerBytes: 40e6, liveBytes: 65e6 };

  it("is nothing where live memory follows the ledger", () => {
    expect(growthIn([first, later])).toEqual([]);
  });

  it.each<[string, Partial<Sample>, string]>([
    ["one more file", { files: 8 }, "8 files, 7 at first"],
    ["files left open", { openFiles: 31 }, "31 open files"],
    ["a ledger longer than its state", { isExact: false }, "not what the encoding"],
    ["another file that grows", { otherBytes: 2000 }, "2000 bytes besides the ledger"],
    ["memory that the ledger does not explain", { liveBytes: 75e6 }, "of live memory"],
  ])("is told of %s", (_, sample, text) => {
    const problems = growthIn([first, { ...later, ...sample }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`epoch 1000: `);
    expect(problems[0]).toContain(text);
  });
});

describe("a rack whose clock is wrong", () => {
  const DAY = 24 * 3600_000;
  /** What a certificate of today looks like to OpenSSL, and to this project, on such a day. */
  const clocks = [
    ["2106", { notBefore: new Date(0), days: 365 }, Date.UTC(2106, 1, 7)],
    ["1970", { notBefore: new Date(Date.now() + 365 * DAY), days: 365 }, 0],
  ] as const;
  it.each(clocks)(
    "of %s unlocks after a cold boot, those that come late too, and says so",
    async (_, validity, now) => {
      const rack = await TestRack.create(3);
      try {
        await rack.start();
        await rack.reconfigure({ epoch: 1, members: rack.sleds, threshold: 2 });
        await rack.allUnlocked(1);
        await Promise.all(rack.sleds.map((sled) => sled.kill("SIGKILL")));
        for (const sled of rack.sleds) {
          const issued = await issueSledCertificate(
            rack.authority,
            parseBaseboardId(sled.id),
            validity,
          );
          await writeCertificate(sled.certificate, issued);
        }
        // The clock of the processes themselves is wrong too.
        const preload = path.join(rack.folder, "clock.mjs");
        writeFileSync(preload, clockText(now));
        const env = { NODE_OPTIONS: `--import=${preload}` };
        await Promise.all(rack.sleds.map((sled) => sled.start({ env })));
        await rack.allUnlocked(1);
        for (const sled of rack.sleds) {
          const { clockWarnings } = await sled.status();
          expect(clockWarnings.join()).toContain("not valid");
        }
        // Whoever comes later still gets in, although the others are unlocked.
        const last = rack.sleds.at(-1);
        await last?.kill("SIGKILL");
        await last?.start({ env });
        await rack.allUnlocked(1);
      } finally {
        await rack.destroy();
      }
    },
  );
});

function clockText(now: number): string {
  return `const shift = ${now} - Date.now();
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + shift);
    else super(...args);
  }
  static now() {
    return Real.now() + shift;
  }
};
`;
}
