/** What callers in plain JavaScript may pass by mistake is refused with a typed error everywhere. */
import { describe, expect, test } from "vitest";
import { commitCrashTolerance, thresholdFor } from "../src/control.ts";
import {
  TrustQuorumError,
  TrustQuorumNode,
  baseboardId,
  epoch,
  parseBaseboardId,
  parseRackId,
  referenceCrypto,
} from "../src/index.ts";
import { decodeLedger, decodeLrtqLedger } from "../src/ledger.ts";
import { Configuration, LrtqShare, Share } from "../src/protocol.ts";
import { FrameReader, decodePeerMessage, decodeWireMessage } from "../src/wire.ts";

const crypto = referenceCrypto();
const sha3 = (bytes: Uint8Array) => crypto.sha3_256(bytes);
const self = baseboardId("913-0000019", "A");
const members = [self, baseboardId("913-0000019", "B"), baseboardId("913-0000019", "C")];
const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const request = { rackId, epoch: 1, lastCommittedEpoch: null, members, threshold: 2 };
const node = () => TrustQuorumNode.restore({ self, ledger: null, crypto });

const JUNK: readonly unknown[] = [
  null,
  undefined,
  0,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  10n,
  "x",
  Symbol("s"),
  true,
  {},
  [],
  () => 1,
  new Uint8Array(3),
  Object.create(null),
];

const CALLS: Readonly<Record<string, (junk: never) => unknown>> = {
  connect: (junk) => node().connect(junk),
  disconnect: (junk) => node().disconnect(junk),
  loadRackSecret: (junk) => node().loadRackSecret(junk),
  commit: (junk) => node().commit(junk),
  prepareAndCommit: (junk) => node().prepareAndCommit(junk),
  coordinateReconfiguration: (junk) => node().coordinateReconfiguration(junk),
  coordinateUpgradeFromLrtq: (junk) => node().coordinateUpgradeFromLrtq(junk),
  "a rack id": (junk) => node().coordinateReconfiguration({ ...request, rackId: junk }),
  "an epoch": (junk) => node().coordinateReconfiguration({ ...request, epoch: junk }),
  "a last epoch": (junk) =>
    node().coordinateReconfiguration({ ...request, lastCommittedEpoch: junk }),
  members: (junk) => node().coordinateReconfiguration({ ...request, members: junk }),
  "a member": (junk) => node().coordinateReconfiguration({ ...request, members: [self, junk] }),
  "a threshold": (junk) => node().coordinateReconfiguration({ ...request, threshold: junk }),
  persisted: (junk) => node().persisted(junk),
  restore: (junk) => TrustQuorumNode.restore({ self: junk, ledger: null, crypto }),
  Configuration: (junk) => Configuration.create(junk),
  Share: (junk) => Share.copyOf(junk),
  LrtqShare: (junk) => LrtqShare.copyOf(junk),
  baseboardId: (junk) => baseboardId(junk, junk),
  parseBaseboardId,
  parseRackId,
  epoch,
  decodeWireMessage,
  decodePeerMessage,
  decodeLedger: (junk) => decodeLedger(junk, sha3),
  decodeLrtqLedger: (junk) => decodeLrtqLedger(junk, sha3),
  FrameReader: (junk) => [...new FrameReader().push(junk)],
  thresholdFor,
  commitCrashTolerance,
};

/** What of it is no junk, after all. */
const VALID: Readonly<Record<string, (junk: unknown) => boolean>> = {
  "a last epoch": (junk) => junk === null,
  baseboardId: (junk) => junk === "x",
  FrameReader: (junk) => junk instanceof Uint8Array,
};

describe.each(Object.entries(CALLS))("%s", (name, call) => {
  test("takes what is valid and raises a TrustQuorumError for everything else", () => {
    for (const junk of JUNK) {
      const error = caught(() => call(junk as never));
      if (VALID[name]?.(junk) === true) expect(error).toBe(null);
      else expect(error).toBeInstanceOf(TrustQuorumError);
    }
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error;
  }
}
