/** What is said of alarms stays small, however large the configurations are that peers send. */
import { randomBytes } from "node:crypto";
import { alarmJson, nodeStatusJson } from "@trust-quorum/api/convert";
import { Configuration, configurationDigest } from "trust-quorum/protocol";
import { TrustQuorumNode, baseboardId, epoch, nativeCrypto, parseRackId } from "trust-quorum";
import type { Alarm, TrustQuorumDriver } from "trust-quorum";
import { decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";
import type { ProxyResult } from "trust-quorum/wire";
import { expect, test } from "vitest";
import { answerProxied } from "../../src/sled/proxied.ts";

const crypto = nativeCrypto();
const members = Array.from({ length: 32 }, (_, i) =>
  baseboardId("913-0000019", `ZZ${String(i).padStart(2, "0")}`),
);
const [SELF] = members as [(typeof members)[number]];

function config(bytes: number): Configuration {
  return Configuration.create({
    rackId: parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0"),
    epoch: epoch(7),
    coordinator: SELF,
    members,
    digests: crypto.createShares({ count: members.length, threshold: 3 }).digests,
    threshold: 3,
    encryptedRackSecrets: { salt: randomBytes(32), data: randomBytes(bytes) },
  });
}

function mismatches(count: number, bytes: number): Alarm[] {
  const config1 = config(bytes);
  return Array.from({ length: count }, () => {
    return { kind: "mismatchedConfigurations", config1, config2: config(bytes), from: SELF };
  });
}

function statusWith(alarms: readonly Alarm[]): ReturnType<TrustQuorumNode["status"]> {
  const node = TrustQuorumNode.restore({ self: SELF, ledger: null, crypto });
  const status = { ...node.status(), alarms };
  node.dispose();
  return status;
}

test("alarms name configurations by the digests that also name them elsewhere", () => {
  const [alarm] = mismatches(1, 1000) as [Extract<Alarm, { kind: "mismatchedConfigurations" }>];
  const digest = (one: Configuration): string =>
    configurationDigest(one, (bytes) => crypto.sha3_256(bytes));
  expect(alarmJson(alarm).details).toEqual({
    epoch: 7,
    config1: digest(alarm.config1),
    config2: digest(alarm.config2),
    from: SELF,
  });
});

test("a status with as many alarms as a node keeps is a fraction of 256 KiB", () => {
  const epochs = Array.from({ length: 1000 }, (_, i) => epoch(1_000_000_000 + i));
  const other = Array.from({ length: 32 }, (): Alarm => {
    return { kind: "priorSecretsDiffer", epoch: epoch(2_000_000_000), epochs };
  });
  const status = statusWith([...mismatches(32, 100_000), ...other]);
  expect(JSON.stringify(nodeStatusJson(status)).length).toBeLessThan(64 * 1024);
});

async function answered(alarms: readonly Alarm[]): Promise<ProxyResult> {
  const driver = { status: () => Promise.resolve(statusWith(alarms)) };
  return answerProxied(
    driver as unknown as TrustQuorumDriver,
    { kind: "status" },
    { peer: SELF, commits: "members", inFlight: () => 0 },
  );
}

/** Which of the alarms an answer has. */
function placesOf(result: ProxyResult, alarms: readonly Alarm[]): number[] {
  if (result.kind !== "status") throw new Error(result.kind);
  return result.status.alarms.map((alarm) => alarms.indexOf(alarm));
}

function onTheWire(result: ProxyResult): unknown {
  const requestId = "7d2b0d4e-2d43-4b5e-9a56-0d2b1f6a7c11" as never;
  const frame = encodeFramedMessage({ kind: "proxyResponse", requestId, result });
  expect(frame.length).toBeLessThanOrEqual(1024 * 1024);
  return decodeWireMessage(frame.subarray(4));
}

test("a status on the wire keeps the original's form, with the first alarms that fit into a frame", async () => {
  const lost: Alarm = {
    kind: "committedConfigurationLost",
    latestCommittedEpoch: epoch(3),
    collectingEpoch: epoch(4),
  };
  // Two configurations of 480 kB take twice a frame, two of 100 kB not half of one.
  const [large] = mismatches(1, 480_000) as [Alarm];
  const [first, second, third] = mismatches(3, 100_000) as [Alarm, Alarm, Alarm];
  const alarms = [large, first, second, third, lost];
  const result = await answered(alarms);
  expect(placesOf(result, alarms)).toEqual([1, 2, 4]);
  onTheWire(result);
});

test("all alarms are there as long as they fit", async () => {
  const alarms = mismatches(32, 1000);
  const result = await answered(alarms);
  expect(placesOf(result, alarms)).toEqual(alarms.map((_, i) => i));
  onTheWire(result);
});
