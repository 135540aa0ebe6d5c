/** What the surroundings of a real `tqd` see of it: service manager, Prometheus. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestRack, waitFor } from "./rack.ts";
import type { TestSled } from "./rack.ts";

let rack: TestRack;
let sled: TestSled;
beforeAll(async () => {
  rack = await TestRack.create(1);
  sled = rack.sleds[0] as TestSled;
});
afterAll(() => rack.destroy());

describe.runIf(spawnSync("python3", ["--version"]).status === 0)("the service manager", () => {
  const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;
  let receiver: ChildProcess;
  let told = "";
  afterAll(() => void receiver.kill());

  test("hears that it is ready, alive, how its lock is, and that it stops", async () => {
    const address = path.join(rack.folder, "notify");
    receiver = spawn("python3", ["-c", RECEIVER, address], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    receiver.stdout?.on("data", (chunk: Buffer) => (told += chunk.toString()));
    await waitFor("somebody listens", () => told.includes("bound"));
    await sled.start({ env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "100000" } });
    await waitFor("it is alive twice", () => told.split("WATCHDOG=1").length > 2);
    expect(told).toContain("READY=1 STATUS=running");
    await waitFor("the lock is told", () => told.includes("STATUS=uninitialized"));
    expect(await sled.kill("SIGTERM")).toBe(0);
    await waitFor("it is told", () => told.includes("STOPPING=1 STATUS=stopping"));
  });
});

describe("a fresh daemon", () => {
  beforeAll(() => sled.start());

  test("has metrics that follow Prometheus' text format to the letter", async () => {
    const answer = await sled.get("/metrics");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    const families = parseMetrics(answer.text);
    const names = [...families.keys()];
    expect(names.filter((name) => name.startsWith("trust_quorum_")).length).toBeGreaterThan(25);
    expect(names).toContain("process_resident_memory_bytes");
    expect(families.get("trust_quorum_locked")?.samples).toEqual([["trust_quorum_locked", "", 1]]);
    const info = families.get("trust_quorum_info")?.samples[0];
    expect(info?.[1]).toContain(`sled="${sled.id}"`);
    // A second scrape counts the first one.
    const again = parseMetrics((await sled.get("/metrics")).text);
    const requests = again.get("trust_quorum_api_requests_total")?.samples ?? [];
    expect(requests.some(([, labels]) => labels.includes('route="/metrics",status="200"'))).toBe(
      true,
    );
  });
});

interface Family {
  readonly type: string;
  readonly samples: [name: string, labels: string, value: number][];
}

/**
 * Parses the text format (version 0.0.4) and throws where a line or a family is not as it should be:
 * HELP and TYPE first, each family once and together, no sample twice, counters that end in `_total`
 * and are not negative, histograms that are complete and cumulative.
 */
function parseMetrics(text: string): Map<string, Family> {
  expect(text.endsWith("\n")).toBe(true);
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help: string | undefined;
  let current: [string, Family] | undefined;
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment?.[1] === "HELP") {
      help = comment[2];
      continue;
    }
    if (comment?.[1] === "TYPE") {
      const [, , name = "", type = ""] = comment;
      expect(help, `HELP before TYPE of ${name}`).toBe(name);
      expect(["counter", "gauge", "histogram", "summary"]).toContain(type);
      expect(families.has(name), `${name} once`).toBe(false);
      current = [name, { type, samples: [] }];
      families.set(...current);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)( \d+)?$/.exec(
        line,
      );
    if (sample === null || current === undefined) throw new Error(`not a sample: ${line}`);
    const [, name = "", labels = "", number = ""] = sample;
    const value =
      number === "Nan" || number === "NaN" ? Number.NaN : Number(number.replace("Inf", "Infinity"));
    expect(name.replace(/_(bucket|sum|count)$/, ""), `${name} in its family`).toBe(
      current[1].type === "histogram" || current[1].type === "summary" ? current[0] : name,
    );
    if (current[1].type === "counter" || current[1].type === "gauge") expect(name).toBe(current[0]);
    expect(seen.has(`${name}{${labels}}`), `${name}{${labels}} once`).toBe(false);
    seen.add(`${name}{${labels}}`);
    current[1].samples.push([name, labels, value]);
  }
  for (const [name, { type, samples }] of families) {
    if (type === "counter") {
      expect(name).toMatch(/_total$/);
      expect(samples.every(([, , value]) => value >= 0)).toBe(true);
    }
    if (type === "histogram") checkHistogram(name, samples);
  }
  return families;
}

function checkHistogram(name: string, samples: Family["samples"]): void {
  const groups = new Map<string, number[]>();
  for (const [sample, labels, value] of samples) {
    if (sample !== `${name}_bucket`) continue;
    const rest = labels.replace(/le="[^"]*",?/, "").replace(/,$/, "");
    groups.set(rest, [...(groups.get(rest) ?? []), value]);
  }
  for (const [labels, buckets] of groups) {
    expect(buckets, `${name}{${labels}} is cumulative`).toEqual(buckets.toSorted((a, b) => a - b));
    const count = samples.find(([sample, each]) => sample === `${name}_count` && each === labels);
    expect(count?.[2], `${name}{${labels}} ends with its count`).toBe(buckets.at(-1));
  }
}
