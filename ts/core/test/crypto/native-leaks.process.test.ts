/**
 * A process that works for long does not grow: a million of everything, and the resident memory is
 * what it was after the warm-up. Each kind runs in a process of its own, so that none hides another.
 */
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";

const entryPoint = (name: string) =>
  JSON.stringify(new URL(`../../dist/${name}.js`, import.meta.url).href);
const MANY = 1_000_000;

/**
 * The heap's size goes up and down with the collector's mood by some MiB. What leaks 32 bytes each time
 * is found: that would be 30 MiB.
 */
const GROWTH_BYTES_MAX = 12 * 1024 * 1024;

/** What is done a million times: an expression in `crypto` and what the preparation made. */
const KINDS = {
  splits: "crypto.split(secret, { count: 5, threshold: 3 }).fill(0)",
  combines: "crypto.combine(three, 33).fill(0)",
  handles: "secrets.secret(1).dispose()",
  "sets of handles": "crypto.importSecrets(entries).dispose()",
  shares: "Share.copyOf(share).wipe()",
} as const;

/** What leaks on purpose: the test must see it. */
const LEAK = "kept.push(Share.copyOf(share))";

const program = (work: string): string => `
  import { nativeCrypto } from ${entryPoint("index")};
  import { Share } from ${entryPoint("protocol")};
  const crypto = nativeCrypto();
  const secret = new Uint8Array(32).fill(7);
  const entries = [{ epoch: 1, secret }];
  const secrets = crypto.importSecrets(entries);
  const three = crypto.split(secret, { count: 5, threshold: 3 }).slice(0, 99);
  const share = three.slice(0, 33);
  const kept = [];
  const run = async (times) => {
    for (let i = 0; i < times; i++) {
      ${work};
      // What is freed when it is collected is freed between turns of the event loop.
      if (i % 1000 === 0) await new Promise(setImmediate);
    }
    for (let i = 0; i < 5; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return process.memoryUsage.rss();
  };
  const before = await run(${String(MANY / 4)});
  const after = await run(${String(MANY)});
  console.log(JSON.stringify({ growth: after - before, kept: kept.length }));`;

describe(`after ${String(MANY)}`, () => {
  test.each(Object.entries(KINDS))(
    "%s the resident memory is what it was after a warm-up",
    async (_kind, work) => {
      expect(await growth(work)).toBeLessThan(GROWTH_BYTES_MAX);
    },
  );

  test("shares that are kept it is not: the control", async () => {
    expect(await growth(LEAK)).toBeGreaterThan(2 * GROWTH_BYTES_MAX);
  });
});

async function growth(work: string): Promise<number> {
  const child = spawn(
    process.execPath,
    ["--expose-gc", "--input-type=module", "--eval", program(work)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code).toBe(0);
  return (JSON.parse(output) as { growth: number }).growth;
}
