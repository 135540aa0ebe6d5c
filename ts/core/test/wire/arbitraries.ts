/** Random messages of every kind, well-formed in every field. */
import fc from "fast-check";
import { baseboardId, compareBaseboardIds } from "../../src/base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../../src/base/id-types.ts";
import { LrtqShare, Share } from "../../src/base/share.ts";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Alarm } from "../../src/protocol/alarms.ts";
import { Configuration } from "../../src/protocol/configuration.ts";
import type { PeerMessage } from "../../src/protocol/messages.ts";
import type {
  ProxiedCommitError,
  ProxiedStatus,
  ProxyOperation,
  ProxyResult,
  RequestId,
  WireMessage,
} from "../../src/wire/types.ts";

const u53 = fc.oneof(
  fc.nat({ max: 30 }),
  fc.constantFrom(255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);
export const arbitraryEpoch = u53.map((n) => Math.max(1, n) as Epoch);
const uuid = fc.uuid({ version: [1, 4, 7] });
const rackId = uuid.map((text) => text as RackId);
const requestId = uuid.map((text) => text as RequestId);

function isPart(text: string): boolean {
  try {
    return baseboardId(text, "x").length > 0;
  } catch (error) {
    if (isTrustQuorumError(error)) return false;
    throw error;
  }
}

const part = fc.oneof(
  fc.stringMatching(/^[A-Z0-9-]{1,20}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 16 }).filter(isPart),
);
export const arbitraryBaseboardId = fc
  .tuple(fc.oneof(fc.constant("913-0000019"), part), part)
  .map(([partNumber, serialNumber]) => baseboardId(partNumber, serialNumber));

function sledsInOrder(minLength: number, maxLength: number): fc.Arbitrary<BaseboardId[]> {
  return fc
    .uniqueArray(arbitraryBaseboardId, { minLength, maxLength })
    .map((ids) => ids.sort(compareBaseboardIds));
}

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

export const arbitraryConfiguration: fc.Arbitrary<Configuration> = sledsInOrder(3, 32).chain(
  (members) =>
    fc
      .record({
        rackId,
        epoch: arbitraryEpoch,
        coordinator: fc.constantFrom(...members),
        members: fc.constant(members),
        digests: bytes(members.length * 32),
        threshold: fc.integer({ min: 2, max: members.length - 1 }),
        encryptedRackSecrets: fc.option(
          fc.record({ salt: bytes(32), data: fc.uint8Array({ maxLength: 200 }) }),
        ),
      })
      .map((parts) => Configuration.create(parts)),
);

const shareBytes = fc
  .tuple(fc.integer({ min: 1, max: 255 }), bytes(32))
  .map(([x, y]) => Uint8Array.from([x, ...y]));

export const arbitraryPeerMessage: fc.Arbitrary<PeerMessage> = fc
  .tuple(
    rackId,
    arbitraryEpoch,
    arbitraryConfiguration,
    shareBytes,
    fc.constantFrom<PeerMessage["kind"]>(
      "prepare",
      "prepareAck",
      "getShare",
      "share",
      "getLrtqShare",
      "lrtqShare",
      "expunged",
      "commitAdvance",
    ),
  )
  .map(([rack, epoch, config, data, kind]): PeerMessage => {
    switch (kind) {
      case "prepare":
        return { kind, rackId: rack, config, share: Share.copyOf(data) };
      case "share":
        return { kind, rackId: rack, epoch, share: Share.copyOf(data) };
      case "lrtqShare":
        return { kind, rackId: rack, share: LrtqShare.copyOf(data) };
      case "getLrtqShare":
        return { kind, rackId: rack };
      case "commitAdvance":
        return { kind, rackId: rack, config };
      default:
        return { kind, rackId: rack, epoch };
    }
  });

const combineCode = fc.constantFrom<ErrorCode>(
  "ERR_TQ_TOO_FEW_SHARES",
  "ERR_TQ_DUPLICATE_X_COORDINATES",
  "ERR_TQ_INVALID_SHARE_LENGTHS",
  "ERR_TQ_INVALID_SHARE_ID",
);

const alarm: fc.Arbitrary<Alarm> = fc.oneof(
  fc.record({
    kind: fc.constant("mismatchedConfigurations" as const),
    config1: arbitraryConfiguration,
    config2: arbitraryConfiguration,
    from: fc.oneof(fc.constant("Nexus" as const), arbitraryBaseboardId),
  }),
  fc.record({
    kind: fc.constant("shareComputationFailed" as const),
    epoch: arbitraryEpoch,
    code: combineCode,
  }),
  fc.record({
    kind: fc.constant("committedConfigurationLost" as const),
    latestCommittedEpoch: arbitraryEpoch,
    collectingEpoch: arbitraryEpoch,
  }),
  fc.record({
    kind: fc.constant("rackSecretDecryptionFailed" as const),
    epoch: arbitraryEpoch,
    code: fc.constantFrom<ErrorCode>(
      "ERR_TQ_AUTHENTICATION_FAILED",
      "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
    ),
  }),
  fc.record({
    kind: fc.constant("rackSecretReconstructionFailed" as const),
    epoch: arbitraryEpoch,
    code: fc.oneof(combineCode, fc.constant<ErrorCode>("ERR_TQ_INVALID_RACK_SECRET")),
  }),
);

const epochs = fc
  .uniqueArray(arbitraryEpoch, { maxLength: 6 })
  .map((list) => list.sort((a, b) => a - b));
const expungedBy = fc.record({ epoch: arbitraryEpoch, from: arbitraryBaseboardId });

const status: fc.Arbitrary<ProxiedStatus> = fc.record({
  connectedPeers: sledsInOrder(0, 6),
  alarms: fc.array(alarm, { maxLength: 3 }),
  persistentState: fc.record({
    hasLrtqShare: fc.boolean(),
    configs: epochs,
    shares: epochs,
    commits: epochs,
    expunged: fc.option(expungedBy),
  }),
  proxiedRequests: u53,
});

const op: fc.Arbitrary<ProxyOperation> = fc.oneof(
  fc.record({ kind: fc.constant("commit" as const), rackId, epoch: arbitraryEpoch }),
  fc.record({ kind: fc.constant("prepareAndCommit" as const), config: arbitraryConfiguration }),
  fc.constant({ kind: "status" as const }),
);

const commitError: fc.Arbitrary<ProxiedCommitError> = fc.oneof(
  fc.record({ kind: fc.constant("invalidRackId" as const), expected: rackId, got: rackId }),
  fc.record({ kind: fc.constant("notPrepared" as const), epoch: arbitraryEpoch }),
  expungedBy.map((by) => ({ kind: "expunged" as const, ...by })),
);

const result: fc.Arbitrary<ProxyResult> = fc.oneof(
  fc.record({
    kind: fc.constant("commit" as const),
    status: fc.constantFrom("committed" as const, "pending" as const),
  }),
  fc.record({ kind: fc.constant("status" as const), status }),
  fc.record({
    kind: fc.constant("error" as const),
    error: fc.oneof(
      fc.record({ kind: fc.constant("commit" as const), error: commitError }),
      fc.record({ kind: fc.constant("prepareAndCommit" as const), error: commitError }),
      fc.constant({ kind: "noInnerError" as const }),
    ),
  }),
);

export const arbitraryWireMessage: fc.Arbitrary<WireMessage> = fc.oneof(
  fc.constant({ kind: "ping" as const }),
  {
    weight: 4,
    arbitrary: arbitraryPeerMessage.map((message) => ({ kind: "peer" as const, message })),
  },
  fc.record({
    kind: fc.constant("networkConfig" as const),
    generation: u53,
    blob: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({ kind: fc.constant("proxyRequest" as const), requestId, op }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("proxyResponse" as const), requestId, result }),
  },
);
