/** Short versions of what `npm run load-test` measures, on real daemons: all of it but the times. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseBaseboardId } from "trust-quorum";
import { issueSledCertificate } from "../../src/pki/authority.ts";
import { writeCertificate } from "../../src/pki/files.ts";
import { TestRack } from "../tqd/rack.ts";
import { attack } from "./attack.ts";
import { boot } from "./boot.ts";
import { memory } from "./memory.ts";
import { reconfigurations } from "./reconfigurations.ts";

const silent = (): void => undefined;

describe("real daemons", () => {
  it("unlock by themselves after a power cut, also where the network comes up last", async () => {
    const times = await boot({ sleds: 3, rounds: 1, networkLast: true }, silent);
    expect(times).toHaveLength(3);
    for (const { fromEnoughPeers } of times) expect(fromEnoughPeers).toBeGreaterThanOrEqual(0);
  });

  it("gather no files, neither open ones nor on disk, over reconfigurations", async () => {
    const samples = await reconfigurations({ sleds: 3, count: 10 }, silent);
    const [first] = samples;
    const last = samples.at(-1);
    expect(last?.epoch).toBe(10);
    expect(last?.files).toBe(first?.files);
    expect(last?.openFiles).toBeLessThanOrEqual((first?.openFiles ?? 0) + 2);
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
