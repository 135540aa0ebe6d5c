/** What the encoder refuses, so that nothing leaves that no decoder would accept; and alarms. */
import { describe, expect, test } from "vitest";
import { baseboardId, epoch, parseRackId } from "../../src/base/ids.ts";
import type { Epoch } from "../../src/base/id-types.ts";
import type { Alarm } from "../../src/protocol/alarms.ts";
import { wireAlarms } from "../../src/wire/alarms.ts";
import { decodeWireMessage } from "../../src/wire/decode.ts";
import { encodeWireMessage, encodePeerMessage } from "../../src/wire/encode.ts";
import { parseRequestId } from "../../src/wire/types.ts";
import type { ProxiedStatus, RequestId } from "../../src/wire/types.ts";
import { bodyOf } from "./fixtures.ts";

const requestId = parseRequestId("a7db6b2f-d20c-45b5-9887-cf7729a8e92d");
const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const [a, b] = [baseboardId("p", "a"), baseboardId("p", "b")];

const STATUS: ProxiedStatus = {
  connectedPeers: [],
  alarms: [],
  persistentState: { hasLrtqShare: false, configs: [], shares: [], commits: [], expunged: null },
  proxiedRequests: 0,
};

function encodeStatus(status: Partial<ProxiedStatus>): Uint8Array {
  return encodeWireMessage({
    kind: "proxyResponse",
    requestId,
    result: { kind: "status", status: { ...STATUS, ...status } },
  });
}

function refusal(argument: string): unknown {
  return expect.objectContaining({
    code: "ERR_TQ_INVALID_ARGUMENT",
    details: expect.objectContaining({ argument }) as object,
  });
}

describe("the encoder refuses", () => {
  test("peers and epochs that are not in strict order", () => {
    expect(() => encodeStatus({ connectedPeers: [a, b] })).not.toThrow();
    for (const connectedPeers of [
      [b, a],
      [a, a],
    ]) {
      expect(() => encodeStatus({ connectedPeers })).toThrow(refusal("connectedPeers"));
    }
    for (const list of ["configs", "shares", "commits"] as const) {
      for (const epochs of [
        [epoch(2), epoch(1)],
        [epoch(2), epoch(2)],
      ]) {
        const persistentState = { ...STATUS.persistentState, [list]: epochs };
        expect(() => encodeStatus({ persistentState })).toThrow(refusal(list));
      }
    }
  });

  test("numbers that are not integers in range", () => {
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53, Infinity]) {
      expect(() => encodeStatus({ proxiedRequests: value })).toThrow(refusal("proxiedRequests"));
      expect(() =>
        encodeWireMessage({ kind: "networkConfig", generation: value, blob: new Uint8Array() }),
      ).toThrow(refusal("generation"));
    }
    for (const value of [0, -1, 0.5, 2 ** 53]) {
      expect(() => encodePeerMessage({ kind: "getShare", rackId, epoch: value as Epoch })).toThrow(
        refusal("epoch"),
      );
    }
  });

  test("ids that are no uuids", () => {
    const op = { kind: "status" } as const;
    for (const id of ["", "a7db6b2f", "A7DB6B2F-D20C-45B5-9887-CF7729A8E92D", `${requestId}00`]) {
      expect(() =>
        encodeWireMessage({ kind: "proxyRequest", requestId: id as RequestId, op }),
      ).toThrow(refusal("uuid"));
      expect(() => parseRequestId(id)).toThrow(refusal("requestId"));
    }
    expect(parseRequestId(requestId)).toBe(requestId);
  });
});

describe("alarms", () => {
  const decoded = decodeWireMessage(bodyOf("proxy response status with alarms"));
  const recorded =
    decoded.kind === "proxyResponse" && decoded.result.kind === "status"
      ? decoded.result.status.alarms
      : [];
  const unknown: Alarm[] = [
    {
      kind: "lrtqSecretReconstructionFailed",
      epoch: epoch(2),
      code: "ERR_TQ_TOO_FEW_SHARES",
    },
    { kind: "shareComputationFailed", epoch: epoch(2), code: "ERR_TQ_SHARE_DIGEST_MISMATCH" },
    { kind: "shareComputationFailed", epoch: epoch(2), code: "ERR_TQ_INVALID_RACK_SECRET" },
    { kind: "rackSecretDecryptionFailed", epoch: epoch(2), code: "ERR_TQ_INVALID_PLAINTEXT" },
    {
      kind: "rackSecretReconstructionFailed",
      epoch: epoch(2),
      code: "ERR_TQ_AUTHENTICATION_FAILED",
    },
  ];

  test("of the original are all known, in the codes of this project", () => {
    expect(recorded.map((alarm) => [alarm.kind, "code" in alarm ? alarm.code : null])).toEqual([
      ["mismatchedConfigurations", null],
      ["shareComputationFailed", "ERR_TQ_DUPLICATE_X_COORDINATES"],
      ["committedConfigurationLost", null],
      ["rackSecretDecryptionFailed", "ERR_TQ_AUTHENTICATION_FAILED"],
      ["rackSecretReconstructionFailed", "ERR_TQ_TOO_FEW_SHARES"],
    ]);
  });

  test("that the original does not know are left out of a status, and refused in one", () => {
    expect(wireAlarms([...unknown, ...recorded, ...unknown])).toEqual(recorded);
    for (const alarm of unknown) {
      expect(() => encodeStatus({ alarms: [alarm] })).toThrow(refusal("alarms"));
    }
    expect(() => encodeStatus({ alarms: recorded })).not.toThrow();
  });
});
